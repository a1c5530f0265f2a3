//! A `url` that is kept elsewhere: checked like one that stands in the site, and told by its place alone.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;

use super::*;

/// A site that posts by the address in the file `kept`: as a destination, a contact, a repository or a collector.
fn site(who: &str) -> String {
    let posting = |kind: &str| {
        let url = "{ url: { file: kept } }";
        if kind == who {
            url
        } else {
            "{ url: 'https://x.example/' }"
        }
    };
    format!(
        "engine: {{ data: ../data, traces: {} }}\n\
         listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:2575 }} }} }}\n\
         destinations: {{ lab: {{ http: {} }} }}\n\
         routes: {{ all: {{ from: in, to: lab }} }}\n\
         alerts: {{ contacts: {{ hook: {{ webhook: {} }} }} }}\n\
         audit: {{ forward: {{ arr: {{ fhir: {} }} }} }}\n",
        posting("traces"),
        posting("http"),
        posting("webhook"),
        posting("fhir"),
    )
}

/// What is told of it, where the file holds this.
fn told(who: &str, kept: &str) -> String {
    let folder = folder(&[("site.yaml", &site(who)), ("kept", kept)]);
    fs::set_permissions(folder.path().join("kept"), Permissions::from_mode(0o600)).unwrap();
    shown_in(&folder)
}

#[test]
fn it_is_checked_where_it_is_kept_and_told_without_its_value() {
    for who in ["traces", "http", "webhook", "fhir"] {
        assert_eq!(told(who, "https://x.example/SECRET?a=SECRET\n"), "", "{who}");
        assert_eq!(told(who, "http://127.0.0.1:1/SECRET"), "", "{who}");
        let wrong = told(who, "ftp://x.example/SECRET");
        assert!(wrong.contains("kept: expected an address as"), "{who}: {wrong}");
        let open = told(who, "http://x.example/SECRET");
        assert!(open.contains("could be read on the way"), "{who}: {open}");
        let empty = told(who, "\n");
        assert!(
            empty.contains("kept: expected a secret of 1 to"),
            "{who}: {empty}"
        );
        for text in [wrong, open, empty] {
            // The line of the site with a caret below it.
            assert!(
                text.contains("{ file: kept }") && text.contains("^^"),
                "{who}: {text}"
            );
            assert!(!text.contains("SECRET"), "{who}: {text}");
        }
        let folder = folder(&[("site.yaml", &site(who))]);
        assert!(shown_in(&folder).contains("kept: No such file"), "{who}");
    }
}

#[test]
fn a_loop_by_such_an_address_is_found() {
    let yaml = "engine: { data: ../data }\n\
                listeners: { in: { http: { bind: 127.0.0.1:2575, path: /hl7 } } }\n\
                destinations: { lab: { http: { url: { file: kept } } } }\n\
                routes: { all: { from: in, to: lab } }\n";
    let folder = folder(&[("site.yaml", yaml), ("kept", "http://127.0.0.1:2575/hl7")]);
    fs::set_permissions(folder.path().join("kept"), Permissions::from_mode(0o600)).unwrap();
    let told = shown_in(&folder);
    assert!(told.contains("comes back by `in`"), "{told}");
}
