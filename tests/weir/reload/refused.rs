//! Sites that do not take the place of the one that runs.

use std::fs;
use std::net::TcpListener;

use crate::harness::{Engine, Receiver, Sender, Site};

use super::{IN, accepted, mllp, yaml};

fn site_of(listeners: &[&str], receiver: &Receiver) -> String {
    yaml(
        listeners,
        &[&mllp("ehr", receiver.address(), "")],
        &["all: { from: in, to: ehr }"],
    )
}

/// A site that runs, with a sender connected.
fn running(receiver: &Receiver) -> (Site, Engine, Sender) {
    let site = Site::new(&site_of(&[IN], receiver));
    let engine = site.start();
    let sender = Sender::connect(engine.listener("in"));
    (site, engine, sender)
}

/// A reload is refused with these words, and all goes on as it was.
fn check(site: &Site, engine: &Engine, sender: &mut Sender, words: &[&str]) {
    let before = site.status()["site"].clone();
    let (status, out, err) = site.reload();
    assert_eq!(status, 1, "{out}{err}");
    let version = before["version"].as_str().unwrap();
    assert_eq!(
        out,
        format!("refused: site version {version} goes on as it was\n")
    );
    for word in words {
        assert!(err.contains(word), "{word}: {err}");
    }
    assert_eq!(site.status()["site"], before);
    accepted(sender, "R");
    engine.wait_for_metric(r#"weir_reloads_total{outcome="refused"}"#, 1.0);
    engine.wait_for_metric(r#"weir_reloads_total{outcome="applied"}"#, 0.0);
}

#[test]
fn a_site_whose_cases_must_pass_takes_over_only_when_they_do() {
    let receiver = Receiver::accepting();
    let (site, engine, mut sender) = running(&receiver);
    let given = "MSH|^~\\\\&|A|B|||2026||ADT^A01|1|P|2.5.1\\r";
    let with_case = |expected: &str| {
        let text = site_of(&[IN], &receiver).replace(
            "{ from: in, to: ehr }",
            &format!(
                "{{ from: in, to: ehr, cases: [ {{ name: goes, given: \"{given}\", expect: {{ to: {expected} }} }} ] }}"
            ),
        );
        site.rewrite(&text);
        let path = site.folder().join("site/site.yaml");
        let text = fs::read_to_string(&path).unwrap();
        let required = "  data: ../data\n  reload: { cases: required }\n";
        fs::write(&path, text.replacen("  data: ../data\n", required, 1)).unwrap();
    };
    with_case("[]");
    let words = ["error[failed-case]", "`all / goes` (site/site.yaml:", "weir test"];
    check(&site, &engine, &mut sender, &words);
    with_case("ehr");
    let (status, out, err) = site.reload();
    assert_eq!(status, 0, "{out}{err}");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_wrong_site_changes_nothing_and_every_mistake_is_told() {
    let receiver = Receiver::accepting();
    let (site, engine, mut sender) = running(&receiver);
    let wrong = site_of(&[IN], &receiver).replace("to: ehr", "to: her, when: PID-3 =");
    site.rewrite(&wrong);
    let words = [
        "error[unknown-destination]",
        "did you mean `ehr`?",
        "error[bad-expression]",
        "site/site.yaml:",
    ];
    check(&site, &engine, &mut sender, &words);
    assert_eq!(engine.terminate(), 0);
    let log = site.log();
    let line = log
        .lines()
        .find(|line| line.contains("unknown-destination"))
        .expect("it is logged");
    assert!(line.contains("site/site.yaml:"), "with its place: {line}");
    assert!(log.contains("reload refused"), "{log}");
}

#[test]
fn programs_are_told_every_problem_with_its_place() {
    let receiver = Receiver::accepting();
    let (site, engine, _sender) = running(&receiver);
    let right = site_of(&[IN], &receiver);
    site.rewrite(&right.replace("to: ehr", "to: her"));
    let (code, answer) = site.ask("POST", "/api/v1/reload");
    assert_eq!((code, &answer["outcome"]), (409, &"refused".into()));
    assert_eq!(answer["version"], site.status()["site"]["version"]);
    let problem = &answer["problems"][0];
    assert_eq!(problem["name"], "unknown-destination");
    assert_eq!(problem["severity"], "error");
    assert_eq!(problem["setting"], "routes.all.to");
    let text = fs::read_to_string(site.folder().join("site/site.yaml")).unwrap();
    let line = text.lines().position(|line| line.contains("her")).unwrap();
    assert_eq!(problem["at"]["start"]["line"], line + 1);
    assert_eq!(problem["at"]["file"], "site/site.yaml");
    assert!(answer["text"].as_str().unwrap().contains("did you mean `ehr`?"));

    let more = site_of(&[IN, "more: { mllp: { bind: \"127.0.0.1:0\" } }"], &receiver);
    site.rewrite(&more);
    let (code, answer) = site.ask("POST", "/api/v1/reload");
    assert_eq!((code, &answer["outcome"]), (200, &"applied".into()));
    let added = serde_json::json!([{ "name": "more", "change": "added" }]);
    assert_eq!(answer["listeners"], added);
    assert_eq!(answer["destinations"], serde_json::json!([]));
    assert_eq!(answer["problems"][0]["name"], "unused-listener", "a warning");
    assert_eq!(site.ask("GET", "/api/v1/reload").0, 405);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_site_that_is_gone_changes_nothing() {
    let receiver = Receiver::accepting();
    let (site, engine, mut sender) = running(&receiver);
    fs::remove_file(site.folder().join("site/site.yaml")).unwrap();
    engine.signal("HUP");
    engine.wait_for_metric(r#"weir_reloads_total{outcome="refused"}"#, 1.0);
    accepted(&mut sender, "E1");
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_needs_a_restart_is_said() {
    for (typed, changed, setting) in [
        ("data: ../data", "data: ../elsewhere", "`engine.data`"),
        (
            "console: { bind: \"127.0.0.1:0\" }",
            "console: { bind: \"[::1]:0\" }",
            "`engine.console`",
        ),
        (
            "console:",
            "outbox: { cache_bytes_max: 32MiB }\n  console:",
            "`engine.outbox`",
        ),
        (
            "console:",
            "read_bytes_max: 64MiB\n  console:",
            "`engine.read_bytes_max`",
        ),
    ] {
        let receiver = Receiver::accepting();
        let (site, engine, mut sender) = running(&receiver);
        // Which weir is meant is said by the folder, since the site names another.
        let file = site.folder().join("site/site.yaml");
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(typed));
        fs::write(&file, text.replace(typed, changed)).unwrap();
        let arguments = ["reload", "site", "--data", "data"];
        let (status, _, err) = crate::harness::weir(site.folder(), &arguments, b"");
        assert_eq!(status, 1, "{err}");
        assert!(
            err.contains("error[needs-restart]") && err.contains(setting),
            "{err}"
        );
        accepted(&mut sender, "F1");
        fs::write(&file, text).unwrap();
        assert_eq!(site.reload().0, 0, "put back, it is taken");
        assert_eq!(engine.terminate(), 0);
    }
}

#[test]
fn a_port_that_is_taken_changes_nothing() {
    let receiver = Receiver::accepting();
    let (site, engine, mut sender) = running(&receiver);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let other = format!("other: {{ mllp: {{ bind: \"{address}\" }} }}");
    site.rewrite(&site_of(&[IN, &other], &receiver));
    let binding = format!("listener `other`: binding {address}: ");
    check(&site, &engine, &mut sender, &["error[cannot-bind]", &binding]);
    drop(taken);
    assert_eq!(site.reload().0, 0, "freed, it is taken");
    accepted(&mut Sender::connect(address), "T1");
    assert_eq!(engine.terminate(), 0);
}
