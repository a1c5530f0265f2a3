//! Any text as a file of a site in its canonical form: refused, or a form that stays as it is.

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(formatted) = weir::config::format("site.yaml", text) else {
        return;
    };
    let again = weir::config::format("site.yaml", &formatted).expect("the canonical form is YAML");
    assert_eq!(again, formatted, "the canonical form is its own");
}
