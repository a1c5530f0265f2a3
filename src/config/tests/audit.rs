//! The section `audit`: what is right means, and what is told of what is wrong.

use std::time::Duration;

use expect_test::expect_file;

use super::*;
use crate::config::Repository;

const SITE: &str = "engine: { data: ../data }\n\
                    listeners: { in: { mllp: { bind: 127.0.0.1:2575 } } }\n\
                    destinations: { lab: { mllp: { address: lab.example:2576, tls: {} } } }\n\
                    routes: { all: { from: in, to: lab } }\n";

#[test]
fn what_is_right() {
    let audit = "audit:\n  keep: 30d\n  source: hub\n  forward:\n    \
                 arr: { syslog: { address: arr.example:6514 } }\n    \
                 balp: { fhir: { url: \"https://arr.example/fhir/AuditEvent\", headers: { Accept: application/json } } }\n";
    let loaded = |yaml: &str| {
        let folder = folder(&[("site.yaml", yaml)]);
        let (site, problems) = crate::config::load(folder.path());
        site.unwrap_or_else(|| panic!("{problems}")).audit
    };
    let audit = loaded(&format!("{SITE}{audit}"));
    assert_eq!(audit.keep, Duration::from_secs(30 * 24 * 60 * 60));
    assert_eq!(audit.source.as_deref(), Some("hub"));
    assert!(matches!(&audit.forward["arr"], Repository::Syslog(arr) if arr.address == "arr.example:6514"));
    assert!(matches!(&audit.forward["balp"], Repository::Fhir(_)));
    let default = loaded(SITE);
    assert!(default.forward.is_empty() && default.keep > Duration::from_secs(6 * 365 * 24 * 60 * 60));
}

#[test]
fn what_is_wrong() {
    let wrong = [
        "zzz: 1",
        "keep: 6y",
        "keep: 1h",
        "forward: { On: { syslog: { address: arr.example:6514 } } }",
        "forward: { arr: {} }",
        "forward: { arr: { syslog: { address: arr.example } } }",
        "forward: { arr: { syslog: { address: arr.example:6514, tls: { trusted: none.pem } } } }",
        "forward: { arr: { fhir: { url: \"http://arr.example/AuditEvent\" } } }",
        "forward: { arr: { fhir: { url: \"https://arr.example/\", headers: { X-Token: hunter2 } } } }",
    ];
    let told: String = wrong
        .iter()
        .map(|audit| shown(&[("site.yaml", &format!("{SITE}audit: {{ {audit} }}\n"))]))
        .collect();
    expect_file!["wrong/audit.txt"].assert_eq(&told);
}
