//! A search sent again: looked at first, started by words that are typed, stopped, and gone on with.

use super::night::site;
use super::{go, open_as, picture};
use crate::harness::{Browser, Receiver, Sender, adt, field};

/// How many messages are sent again.
const COUNT: usize = 8;

#[test]
fn a_search_is_sent_again_by_words_that_are_typed_and_stopped() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    for number in 1..=COUNT {
        let answer = sender.exchange(&adt(&format!("B{number}"))).unwrap();
        assert_eq!(field(&answer, "MSA", 1), "AA");
    }
    ehr.wait_for(COUNT);
    let roles = "[\"operator\",\"reader\",\"administrator\"]";
    open_as(&mut browser, &site, &engine, roles, "#/messages");
    // As soon as the archive has all of them.
    browser.wait_for(&format!(
        "document.querySelectorAll('tbody tr').length === {COUNT} && document.body.innerText.includes('B{COUNT}')"
    ));

    go(&mut browser, "#/messages?destination=ehr", "Messages");
    browser.click("Send all of these again…");
    browser.wait_for_text("What is searched for");
    picture(&mut browser, "bulk-new");
    browser.evaluate(
        "(() => { const rate = document.querySelector('[name=rate]'); rate.focus(); rate.select(); })()",
    );
    browser.type_text("1");
    browser.click("Preview");
    browser.wait_for_text(&format!("Send {COUNT} messages again?"));
    picture(&mut browser, "bulk-preview");
    assert_eq!(ehr.messages().len(), COUNT, "a preview sends nothing");

    start(&mut browser, "the clinics restored a backup");
    browser.wait_for_text("goes on");
    browser.click("Stop");
    browser.wait_for_text("Go on where it stands");
    picture(&mut browser, "bulk-stopped");
    assert!(ehr.messages().len() < 2 * COUNT, "it was stopped in between");
    start(&mut browser, "it was not that");
    browser.wait_for("document.querySelector('.card h2').innerText === 'done'");
    ehr.wait_for(2 * COUNT);
    picture(&mut browser, "bulk-done");
    go(&mut browser, "#/resends", "Sent again in bulk");
    browser.wait_for_text(&format!("{COUNT} of {COUNT}"));
    picture(&mut browser, "bulk-list");

    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

/// Says why, and types the words, without which the button stays as it is.
fn start(browser: &mut Browser, why: &str) {
    let words = browser.wait_for("document.querySelector('form code').innerText");
    browser.evaluate("document.querySelector('[name=why]').focus()");
    browser.type_text(why);
    browser.press("Tab");
    let button = "document.querySelector('form button[type=submit]').disabled";
    browser.type_text("send");
    assert_eq!(browser.evaluate(button), true);
    browser.type_text(words.as_str().unwrap().trim_start_matches("send"));
    assert_eq!(browser.evaluate(button), false);
    browser.press("Enter");
}
