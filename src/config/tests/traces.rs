//! The section `engine.traces`: what is right means, and what is told of what is wrong.

use expect_test::expect_file;

use super::*;

const SITE: &str = "listeners: { in: { mllp: { bind: 127.0.0.1:2575 } } }\n\
                    destinations: { lab: { mllp: { address: lab.example:2576, tls: {} } } }\n\
                    routes: { all: { from: in, to: lab } }\n";

#[test]
fn what_is_right() {
    let loaded = |traces: &str| {
        let yaml = format!("engine: {{ data: ../data{traces} }}\n{SITE}");
        let folder = folder(&[("site.yaml", &yaml)]);
        let (site, problems) = crate::config::load(folder.path());
        site.unwrap_or_else(|| panic!("{problems}")).traces
    };
    assert!(loaded("").is_none(), "nobody gets any by default");
    let local = loaded(", traces: { url: \"http://127.0.0.1:4318/v1/traces\" }").unwrap();
    assert_eq!(local.service, "weir");
    let far = ", traces: { url: \"https://otel.example/v1/traces\", service: hub, headers: { Accept: application/json } }";
    assert_eq!(loaded(far).unwrap().service, "hub");
}

#[test]
fn what_is_wrong() {
    let told: String = [
        ("", "service: hub"),
        ("", "url: \"http://otel.example:4318/v1/traces\""),
        (
            "",
            "url: \"https://otel.example/\", headers: { X-Token: hunter2 }",
        ),
        ("archive: off\n", "url: \"https://otel.example/\""),
    ]
    .iter()
    .map(|(archive, traces)| {
        let engine = format!("engine: {{ data: ../data, traces: {{ {traces} }} }}\n");
        shown(&[("site.yaml", &format!("{engine}{SITE}{archive}"))])
    })
    .collect();
    expect_file!["wrong/traces.txt"].assert_eq(&told);
}
