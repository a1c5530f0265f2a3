//! What a site is open to when it says nothing of it.

use super::*;

const REST: &str = "destinations: { lab: { mllp: { address: 127.0.0.1:2576 } } }\n\
                    routes: { all: { from: in, to: lab } }\n";

/// What is told of a site with this engine and listener.
fn told(engine: &str, listener: &str) -> String {
    shown(&[(
        "site.yaml",
        &format!("engine: {{ data: ../data{engine} }}\nlisteners: {{ in: {{ {listener} }} }}\n{REST}"),
    )])
}

#[test]
fn s23_nothing_listens_beyond_this_machine_unless_told() {
    let yaml = format!(
        "engine: {{ data: ../data }}\nlisteners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n{REST}"
    );
    let folder = folder(&[("site.yaml", &yaml)]);
    let (site, problems) = crate::config::load(folder.path());
    let site = site.unwrap_or_else(|| panic!("{problems}"));
    assert!(site.console.bind.ip().is_loopback(), "{}", site.console.bind);
    // A listener has no address of its own choice.
    for kind in ["mllp", "http"] {
        let missing = told("", &format!("{kind}: {{}}"));
        assert!(missing.contains("`bind` is missing"), "{missing}");
        for everywhere in ["0.0.0.0:2575", "\"[::]:2575\"", "192.0.2.1:2575"] {
            let open = told("", &format!("{kind}: {{ bind: {everywhere} }}"));
            assert!(open.contains("error[plaintext]"), "{open}");
        }
    }
    let open = told(", console: { bind: 0.0.0.0:8080 }", "mllp: { bind: 127.0.0.1:0 }");
    assert!(open.contains("error["), "{open}");
}

#[test]
fn s24_no_address_takes_anything_from_a_message() {
    let told = |destination: &str| {
        let site = format!(
            "engine: {{ data: ../data }}\nlisteners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
             destinations: {{ lab: {{ {destination} }} }}\nroutes: {{ all: {{ from: in, to: lab }} }}\n"
        );
        shown(&[("site.yaml", &site)])
    };
    for template in ["{MSH-3}", "${MSH-3}", "{{MSH-3}}"] {
        let url = told(&format!("http: {{ url: \"https://{template}/hl7\" }}"));
        assert!(url.contains("error["), "{url}");
    }
    // Nor can a step name an address: where a message goes is the name of a destination of the site.
    let step = shown(&[(
        "site.yaml",
        "engine: { data: ../data }\nlisteners: { in: { mllp: { bind: 127.0.0.1:0 } } }\n\
         destinations: { lab: { mllp: { address: 127.0.0.1:2576 } } }\nroutes: { all: { from: in, to: \"{MSH-5}\" } }\n",
    )]);
    assert!(
        step.contains("error[unknown-destination]") || step.contains("error[bad-name]"),
        "{step}"
    );
}
