//! What one may not do is not offered; what one may do is.

use super::night::{give, site};
use super::{PASSWORD, go, log_in, picture, set_up};
use crate::harness::{Browser, Receiver, Sender, Site, adt, field, weir};

#[test]
fn what_one_may_not_do_is_not_offered() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    assert_eq!(field(&sender.exchange(&adt("R1")).unwrap(), "MSA", 1), "AA");
    // Refused: it is nobody's to send again.
    drop(sender.exchange(b"no message\r"));
    ehr.wait_for(1);
    for role in ["viewer", "operator"] {
        let arguments = ["user", "add", role, "--role", role, "--site", "site"];
        let added = weir(site.folder(), &arguments, PASSWORD.as_bytes());
        assert_eq!(added.0, 0, "{added:?}");
    }
    set_up(&mut browser, &engine);

    // Whoever only sees has no way into a message, and none to cases and trials.
    browser.click("Log out");
    log_in(&mut browser, "viewer");
    go(&mut browser, "#/messages", "Messages");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 2");
    assert_eq!(
        browser.evaluate("document.querySelectorAll('tbody a, tbody button').length"),
        0
    );
    go(&mut browser, "#/routes/adt-to-ehr", "adt-to-ehr");
    let tabs = "[...document.querySelectorAll('.tabs a')].map((tab) => tab.innerText).join()";
    assert_eq!(browser.evaluate(tabs), "Text");

    // Whoever sets going sends again without seeing what is in it.
    browser.click("Log out");
    log_in(&mut browser, "operator");
    go(&mut browser, "#/messages", "Messages");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 2");
    let offered = "[...document.querySelectorAll('tbody tr')].map((row) => row.querySelectorAll('button').length).join()";
    assert_eq!(browser.evaluate(offered), "0,1");
    picture(&mut browser, "messages-operator");
    browser.click("Send again…");
    browser.wait_for("document.activeElement.name === 'where'");
    browser.press("Tab");
    browser.type_text("it was lost");
    browser.press("Enter");
    browser.wait_for_text("It is on its way");
    ehr.wait_for(2);
    assert_eq!(
        browser.evaluate("document.querySelectorAll('main .why a[href*=messages]').length"),
        0
    );

    // A preview that nobody here has seen starts nothing.
    go(&mut browser, "#/messages?destination=ehr", "Messages");
    browser.click("Send all of these again…");
    browser.click("Preview");
    browser.wait_for_text("Send 1 message again?");
    assert_eq!(browser.evaluate("document.querySelectorAll('tbody a').length"), 0);
    let address = browser.evaluate("location.href");
    browser.open("about:blank");
    browser.open(address.as_str().unwrap());
    browser.wait_for_text("was shown when it was made");
    assert_eq!(
        browser.evaluate("document.querySelectorAll('main form').length"),
        0
    );
    picture(&mut browser, "bulk-unseen");

    what_was_refused_is_not_offered_again(&mut browser, &site);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

/// Not to whoever may look into it, either.
fn what_was_refused_is_not_offered_again(browser: &mut Browser, site: &Site) {
    give(site, "[\"administrator\",\"operator\",\"editor\"]");
    browser.click("Log out");
    log_in(browser, "anna");
    go(browser, "#/messages?state=refused", "Messages");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 1");
    browser.evaluate("document.querySelector('tbody a').click()");
    browser.wait_for("document.querySelector('.tabs')");
    assert_eq!(
        browser.evaluate(
            "[...document.querySelectorAll('main button')].some((node) => node.innerText === 'Send again…')"
        ),
        false
    );
}
