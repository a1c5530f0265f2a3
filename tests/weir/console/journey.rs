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
    it_is_sent_again(&mut browser, &demo);
    it_is_edited_and_sent(&mut browser, &demo);

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

/// To whom had it, with a reason; the new message names the old one.
fn it_is_sent_again(browser: &mut Browser, demo: &Running) {
    find(browser, "NIGHT1");
    browser.click("Deliveries");
    browser.wait_for_text("AA: taken");
    picture(browser, "message-deliveries");
    browser.click("Send again…");
    browser.wait_for("document.activeElement.name === 'where'");
    picture(browser, "send-again");
    browser.press("Tab");
    browser.type_text("the clinics lost it");
    browser.press("Enter");
    browser.wait_for_text("It is on its way");
    arrived(demo, "NIGHT1");
    picture(browser, "sent-again");
    follow_message(browser, "is what it became");
    browser.wait_for_text("by user:anna: “the clinics lost it”");
    browser.wait_for_text("from message");
    picture(browser, "message-again");
}

/// The original stays; what changed is seen before it is sent, and what is wrong with it too.
fn it_is_edited_and_sent(browser: &mut Browser, demo: &Running) {
    follow_message(browser, "from message");
    browser.wait_for_text("as message");
    browser.click("Edit");
    browser.wait_for("document.querySelector('textarea').value.startsWith('MSH|')");
    picture(browser, "edit");
    let edit = |browser: &mut Browser, from: &str, to: &str| {
        // As if typed: what stood there is chosen and typed over.
        browser.evaluate(&format!(
            "(() => {{ const area = document.querySelector('textarea'); const at = area.value.indexOf('{from}'); area.focus(); area.setSelectionRange(at, at + {}); }})()",
            from.len()
        ));
        browser.type_text(to);
    };
    edit(browser, "PV1|", "pv1|");
    browser.wait_for_text("Expected a segment");
    browser.click("line 4");
    assert_eq!(
        browser.evaluate(
            "document.activeElement.value.slice(document.activeElement.selectionStart).startsWith('pv1|')"
        ),
        true
    );
    picture(browser, "edit-wrong");
    edit(browser, "pv1|", "PV1|");
    edit(browser, "<script>window.broken=1</script>", "TESTPATIENT");
    browser.wait_for_text("1 place changed");
    browser.click("Check");
    browser.wait_for_text("Delivered to ehr");
    browser.evaluate("document.querySelector('[name=why]').focus()");
    browser.type_text("the name was markup");
    picture(browser, "edit-checked");
    browser.click("Send…");
    browser.wait_for("document.querySelector('dialog[open] ins').innerText.includes('TESTPATIENT')");
    picture(browser, "edit-review");
    browser.click("Send it");
    browser.wait_for_text("It is on its way");
    arrived(demo, "NIGHT1");
    picture(browser, "edit-sent");
    follow_message(browser, "is what it became");
    browser.wait_for_text("Edited and sent again");
    browser.wait_for(
        "[...document.querySelectorAll('.value')].some((value) => value.innerText === 'TESTPATIENT')",
    );
    // Both ways: the original lists what came of it, and holds what it held.
    follow_message(browser, "from message");
    browser.wait_for("document.querySelectorAll('.trail p').length === 2");
    browser.wait_for("[...document.querySelectorAll('.value')].some((value) => value.innerText === '<script>window.broken=1</script>')");
    picture(browser, "message-trail");
}

/// A message by its control id, the oldest of those that have it.
fn find(browser: &mut Browser, control_id: &str) {
    go(browser, "#/messages", "Messages");
    browser.click("Clear");
    browser.evaluate("document.querySelector('input[name=control_id]').focus()");
    browser.type_text(control_id);
    browser.press("Enter");
    browser.wait_for(&format!(
        "document.querySelector('tbody code ~ code, tbody td:nth-child(3)').innerText === '{control_id}'"
    ));
    browser.evaluate("[...document.querySelectorAll('tbody a')].filter((link) => link.hash.startsWith('#/messages/')).at(-1).focus()");
    browser.press("Enter");
    browser.wait_for_text("Message Header");
}

/// Goes where the link to a message leads that stands in a line with these words.
fn follow_message(browser: &mut Browser, words: &str) {
    browser.wait_for(&format!(
        "(() => {{ const line = [...document.querySelectorAll('.why p')].find((line) => line.innerText.includes('{words}')); const link = line?.querySelector('a[href^=\"#/messages/\"]'); link?.focus(); return Boolean(link); }})()"
    ));
    browser.press("Enter");
    browser.wait_for_text("Message Header");
}

/// The clinics have it: the demo says so.
fn arrived(demo: &Running, control_id: &str) {
    let line =
        std::iter::from_fn(|| demo.line()).find(|line| line.contains(control_id) && line.ends_with("ehr"));
    assert!(line.is_some(), "{control_id} arrives");
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
