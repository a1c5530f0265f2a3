//! The whole way of somebody who looks at weir for the first time: `weir demo --keep` and a browser.

use std::net::SocketAddr;

use super::night::hostile;
use super::{go, picture, set_up_at};
use crate::harness::{Browser, Running, Sender, field};

#[test]
fn a_visitor_of_the_demo_sees_what_weir_is_for() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    browser.look(1366, 900, "light");
    let folder = tempfile::tempdir().unwrap();
    let mut demo = Running::start_typed(folder.path(), &["demo", "--keep"]);
    let console = demo.line_beginning("Everything keeps running").unwrap();
    let console: SocketAddr = console
        .split("//")
        .nth(1)
        .unwrap()
        .trim_end_matches('/')
        .parse()
        .unwrap();
    let token = demo.line_beginning("To log in").unwrap();
    let listener = demo.line_beginning("  weir send FILE --to ").unwrap();
    let listener: SocketAddr = listener.split_whitespace().nth(4).unwrap().parse().unwrap();

    set_up_at(&mut browser, console, token.split_whitespace().last().unwrap());
    nothing_foreign_may_run(&mut browser);
    roles_are_given(&mut browser);
    traffic_arrives(&mut browser);
    a_message_is_found_and_read(&mut browser, listener);
    a_receiver_goes_away_and_comes_back(&mut browser, &mut demo);

    browser.click("Log out");
    browser.wait_for("document.querySelector('h1').innerText === 'Log in'");
    assert_eq!(browser.evaluate("window.broken ?? null"), serde_json::Value::Null);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    demo.signal("INT");
    assert_eq!(demo.end().0, 0);
}

/// The browser is told to run and load nothing but the console's own files.
fn nothing_foreign_may_run(browser: &mut Browser) {
    let policy =
        browser.evaluate("fetch('/').then((answer) => answer.headers.get('content-security-policy'))");
    let policy = policy.as_str().unwrap();
    assert!(
        policy.contains("default-src 'none'; script-src 'self'; style-src 'self';"),
        "{policy}"
    );
    assert!(!policy.contains("unsafe"), "{policy}");
}

/// The first administrator administers, and gives herself what the rest needs.
fn roles_are_given(browser: &mut Browser) {
    browser.wait_for_text("You administer, and that is all");
    picture(browser, "overview-administrator");
    browser.click("Give them, to yourself too");
    browser.wait_for_text("Users and tokens");
    browser.click("Roles…");
    for role in ["operator", "editor", "auditor"] {
        browser.evaluate(&format!(
            "document.querySelector('dialog [value={role}]').focus()"
        ));
        browser.press("Space");
    }
    picture(browser, "roles");
    browser.click("Change");
    browser
        .wait_for("[...document.querySelectorAll('.side a')].some((entry) => entry.innerText === 'Audit')");
}

/// What the hospital sends is seen without anybody reloading the page.
fn traffic_arrives(browser: &mut Browser) {
    go(browser, "#/", "Overview");
    let received = "Number.parseInt(document.querySelector('.tile small').innerText)";
    let before = browser.wait_for(received);
    browser.wait_for(&format!("{received} > {before}"));
    browser.wait_for("document.querySelector('[data-name=ehr] .node-main').innerText.endsWith('/min')");
    go(browser, "#/messages", "Messages");
    browser.wait_for_text("DEMO-");
    assert_eq!(
        browser.evaluate("document.body.innerText.includes('TESTPATIENT')"),
        false
    );
}

/// By a record number; names are shown to whoever may read, and a name that is markup is a name.
fn a_message_is_found_and_read(browser: &mut Browser, listener: SocketAddr) {
    let message = hostile("NIGHT1");
    let answer = Sender::connect(listener).exchange(&message).unwrap();
    assert_eq!(field(&answer, "MSA", 1), "AA");
    browser.wait_for_text("NIGHT1");
    browser.evaluate("document.querySelector('input[name=patient]').focus()");
    browser.type_text("100234");
    browser.press("Enter");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 1");
    browser.wait_for_text("<script>window.broken=1</script>");
    picture(browser, "messages-found");
    browser.evaluate("document.querySelector('tbody a').focus()");
    browser.press("Enter");
    browser.wait_for("[...document.querySelectorAll('.value')].some((value) => value.innerText === '<script>window.broken=1</script>')");
    browser.click("Steps");
    browser.wait_for_text("Receiving Application");
    picture(browser, "message-trace");
}

/// What is for a receiver that is away waits, somebody is told, and both end by themselves when it is back.
fn a_receiver_goes_away_and_comes_back(browser: &mut Browser, demo: &mut Running) {
    demo.type_line("stop ehr");
    demo.line_beginning("  ehr is away").unwrap();
    go(browser, "#/", "Overview");
    browser.wait_for_text("ehr has not got through for");
    let waiting = "Number.parseInt(document.querySelector('[data-name=ehr] .node-main').innerText)";
    let before = browser.wait_for(waiting);
    browser.wait_for(&format!("{waiting} > {before}"));
    go(browser, "#/alerts", "Alerts");
    browser.wait_for_text("Queue is old");
    browser.wait_for("[...document.querySelectorAll('.side a')].some((entry) => entry.innerText.split(/\\s+/).join() === 'Alerts,1')");
    picture(browser, "alerts");
    go(browser, "#/destinations/ehr", "ehr");
    browser.wait_for_text("Connection refused");
    picture(browser, "destination-away");
    demo.type_line("start ehr");
    demo.line_beginning("  ehr is there again").unwrap();
    browser.wait_for_text("Nothing waits.");
    go(browser, "#/alerts", "Alerts");
    browser.wait_for("document.querySelectorAll('main table').length === 1 && document.body.innerText.includes('No trouble')");
    picture(browser, "alerts-over");
}
