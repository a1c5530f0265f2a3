//! A message that a route splits: every part of it is on the page, and what is shown of one is that one's.

use super::{go, open_as, picture};
use crate::harness::{Browser, Sender, field};
use crate::parts::{TWO_ORDERS, refusing_the_second, site};

#[test]
fn each_part_is_shown_with_what_became_of_it() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let lab = refusing_the_second();
    let site = site(&lab);
    let engine = site.start();
    let acknowledgment = Sender::connect(engine.listener("in"))
        .exchange(TWO_ORDERS)
        .unwrap();
    assert_eq!(field(&acknowledgment, "MSA", 1), "AA");
    lab.wait_for(2);
    let roles = "[\"administrator\",\"operator\",\"editor\"]";
    open_as(&mut browser, &site, &engine, roles, "#/messages?state=delivered");
    // The message is dead, and is found by the part that was delivered.
    browser.wait_for_text("lab (delivered)");
    browser.evaluate("document.querySelector('tbody a').focus()");
    browser.press("Enter");
    browser.wait_for_text("Patient Identification");
    browser.click("Deliveries");
    browser.wait_for_text("Send all 2 again…");
    let shown = |browser: &mut Browser, part: usize, text: &str, other: &str| {
        let card = format!("[...document.querySelectorAll('main .card')][{part}]");
        browser.evaluate(&format!(
            "[...{card}.querySelectorAll('button')].find((node) => node.innerText === 'As sent').click()"
        ));
        browser.wait_for(&format!(
            "{card}.querySelector('.bar ~ div .raw')?.innerText.includes('|{text}')"
        ));
        let has_other = format!("{card}.querySelector('.bar ~ div .raw').innerText.includes('|{other}')");
        assert_eq!(browser.evaluate(&has_other), false);
    };
    shown(&mut browser, 0, "first", "second");
    shown(&mut browser, 1, "second", "first");
    picture(&mut browser, "message-parts");
    browser.click("Send all 2 again…");
    browser.wait_for(
        "document.querySelector('dialog[open] select').selectedOptions[0].innerText === \
         'To lab alone, as it was sent to it: all 2 that were made of it'",
    );
    browser.press("Escape");

    go(&mut browser, "#/destinations/lab/sent", "lab");
    browser.wait_for_text("Attempts");
    let badges = "[...document.querySelectorAll('tbody .badge')].map((node) => node.innerText).join()";
    browser.wait_for(&format!("{badges} === 'dead,delivered'"));
    browser.evaluate("document.querySelector('tbody button').click()");
    browser.wait_for("document.querySelectorAll('dialog[open] h3').length === 2");
    browser.wait_for("document.querySelector('dialog[open]').innerText.includes('AR: refused with AR')");
    browser.wait_for("document.querySelector('dialog[open]').innerText.includes('AA: taken')");
    picture(&mut browser, "attempts-of-parts");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}
