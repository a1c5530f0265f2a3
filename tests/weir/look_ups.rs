//! A table from a database, without the database: checked, tested and traced by its sample; not run.

use std::fs;
use std::net::TcpListener;

use crate::harness::{Running, Site, weir};

const YAML: &str = r#"listeners:
  in: { mllp: { bind: "127.0.0.1:0" } }
destinations:
  copies: { file: { folder: copies, name: "{MSH-10}.hl7" } }
tables:
  providers:
    sql: { address: "127.0.0.1:1", database: d, user: u, query: "select npi, name from providers" }
    columns: [npi, name]
    key: npi
    sample: providers.csv
routes:
  all:
    from: in
    to: copies
    steps:
      - set: { PV1-8: '{lookup("providers", PV1-7, "name")}' }
      - translate: { field: PV1-7, table: providers }
    cases:
      - name: a provider of the sample
        given: |
          MSH|^~\&|A|B|C|D|20260301||ADT^A01^ADT_A01|1|P|2.5.1
          PV1|1|I|||||42
        expect: { fields: { PV1-7: House, PV1-8: House } }
"#;

fn site(yaml: &str, sample: &str) -> Site {
    let site = Site::new(yaml);
    fs::create_dir(site.folder().join("site/copies")).unwrap();
    fs::write(site.folder().join("site/providers.csv"), sample).unwrap();
    site
}

#[test]
fn the_sample_is_enough_for_check_and_test() {
    let site = site(YAML, "npi,name\n42,House\n");
    for command in ["check", "test"] {
        let (status, out, err) = weir(site.folder(), &[command, "site"], b"");
        assert_eq!(status, 0, "{out}{err}");
    }
}

#[test]
fn what_does_not_fit_is_told() {
    let check = |yaml: &str, sample: &str, expected: &str| {
        let (status, _, err) = weir(site(yaml, sample).folder(), &["check", "site"], b"");
        assert_ne!(status, 0, "{err}");
        assert!(err.contains(expected), "{err}");
    };
    check(YAML, "name,npi\nHouse,42\n", "is not that of the table");
    check(
        YAML,
        "npi,name\n42,a\n42,b\n",
        "row 2 has a code that a row before it has",
    );
    check(
        &YAML.replace("key: npi", "key: nip"),
        "npi,name\n",
        "`columns` has no `nip`",
    );
    check(
        &YAML.replace("PV1-7, \"name\"", "PV1-7, \"nam\""),
        "npi,name\n",
        "expected a column of the table",
    );
    check(
        &YAML.replace("[npi, name]", "[npi, npi]"),
        "npi,npi\n",
        "two columns are called `npi`",
    );
    check(
        &YAML.replace("user: u", "user: u, password: hunter2"),
        "npi,name\n",
        "password",
    );
}

#[test]
fn nothing_runs_on_a_sample() {
    let site = site(YAML, "npi,name\n42,House\n");
    let (status, _, err) = weir(site.folder(), &["run", "site"], b"");
    assert_eq!(status, 2, "{err}");
    assert!(
        err.contains("table providers: ") && err.contains("is the database there?"),
        "{err}"
    );
}

#[test]
fn a_start_that_waits_for_a_database_can_be_stopped() {
    // A server that takes the connection and never says a word.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!(
        "address: \"{}\", connect_timeout: 10m",
        silent.local_addr().unwrap()
    );
    let site = site(&YAML.replace("address: \"127.0.0.1:1\"", &address), "npi,name\n");
    let starting = Running::start(site.folder(), &["run", "site"]);
    let _connection = silent.accept().unwrap();
    starting.signal("TERM");
    let (status, out, err) = starting.end();
    assert_eq!((status, out.as_str()), (0, ""), "{err}");
    assert!(err.contains("told to terminate: the start is given up"), "{err}");
}
