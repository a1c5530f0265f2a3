//! A message is found by what somebody on the telephone has: a record number.

use super::{go, picture, set_up};
use crate::harness::Browser;

use super::night::{give, hostile, site};
use crate::harness::{Receiver, Sender, adt, field};

#[test]
fn a_message_is_found_by_its_record_number_and_read() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    set_up(&mut browser, &engine);
    give(&site, "[\"operator\",\"editor\",\"administrator\"]");
    browser.open("about:blank");
    browser.open(&format!("http://{}/#/messages", engine.console()));
    browser.wait_for_text("No message has come in yet.");

    // The list follows what comes in.
    let other = String::from_utf8(adt("M2")).unwrap().replace("100234", "777");
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    for message in [hostile("M1"), other.into_bytes()] {
        assert_eq!(field(&sender.exchange(&message).unwrap(), "MSA", 1), "AA");
    }
    browser.wait_for_text("M2");
    picture(&mut browser, "messages");
    browser.evaluate("document.querySelector('input[name=patient]').focus()");
    browser.type_text("100234");
    browser.press("Enter");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 1");
    browser.wait_for_text("M1");
    browser.evaluate("document.querySelector('tbody a').focus()");
    browser.press("Enter");

    // Its tree, where a name that is markup is a name; what each step made of it; who has it, and what they said.
    browser.wait_for_text("Patient Identification");
    browser.wait_for("[...document.querySelectorAll('.value')].some((value) => value.innerText === '<script>window.broken=1</script>')");
    picture(&mut browser, "message");
    browser.click("Raw");
    browser.wait_for("document.querySelector('.raw')?.innerText.includes('<script>')");
    browser.click("Steps");
    browser.wait_for_text("Receiving Application");
    picture(&mut browser, "message-steps");
    browser.click("Deliveries");
    browser.wait_for_text("AA: taken");
    browser.click("As sent");
    browser.wait_for("document.querySelector('.raw')?.innerText.includes('|ADT^A01^ADT_A01|M1|')");
    picture(&mut browser, "message-deliveries");
    go(&mut browser, "#/messages/999999", "Message 999999");
    browser.wait_for_text("there is no message 999999 in the archive");
    assert_eq!(browser.evaluate("window.broken ?? null"), serde_json::Value::Null);
    let complaints = browser.complaints();
    assert!(
        complaints.iter().all(|said| said.contains("404")),
        "{complaints:?}"
    );
    assert_eq!(engine.terminate(), 0);
}
