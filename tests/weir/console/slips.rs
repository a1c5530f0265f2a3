//! What must not happen by a slip: a key held down, a window beneath another, a session that ends elsewhere.

use serde_json::json;

use super::night::site;
use super::{PASSWORD, go, open_as, picture, send, set_up};
use crate::harness::{Answer, Browser, Receiver, Sender, wait_until, weir};

/// How many dead letters there are at a destination.
fn dead(site: &crate::harness::Site, name: &str) -> usize {
    let (code, letters) = site.ask("GET", &format!("/api/v1/destinations/{name}/dead"));
    assert_eq!(code, 200);
    letters.as_array().unwrap().len()
}

#[test]
fn a_key_that_is_held_down_throws_nothing_away() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let ehr = Receiver::accepting();
    let billing = Receiver::scripted(|_, _| Answer::CodeBecause("AR", 203));
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    for number in 1..=3 {
        send(&mut sender, &format!("S{number}"));
    }
    wait_until(|| dead(&site, "billing") == 3);
    let roles = "[\"administrator\",\"operator\"]";
    open_as(&mut browser, &site, &engine, roles, "#/destinations/billing/dead");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 3");

    // Chosen ones: the focus begins where nothing is done, and what repeats itself is no answer.
    browser.click("Choose all shown");
    focus(&mut browser, "Throw 3 chosen away…");
    browser.press_for("Enter", 3);
    browser.wait_for_text("What billing loses: 3.");
    assert_eq!(browser.evaluate("document.activeElement.innerText"), "Cancel");
    picture(&mut browser, "throw-chosen-away");
    browser.press("Enter");
    browser.wait_for("!document.querySelector('dialog')");
    // Whoever has asked is where they were.
    assert_eq!(
        browser.evaluate("document.activeElement.innerText"),
        "Throw 3 chosen away…"
    );
    browser.click("Choose none");

    // All of them: with their number, and with words that nobody types by a slip.
    focus(&mut browser, "Throw all away…");
    browser.press_for("Enter", 3);
    browser.wait_for_text("What billing loses: all 3.");
    browser.press("Enter");
    assert_eq!(
        browser.evaluate("Boolean(document.querySelector('dialog[open]'))"),
        true
    );
    picture(&mut browser, "throw-all-away");
    assert_eq!(dead(&site, "billing"), 3, "nothing was thrown away");
    browser.type_text("throw away billing");
    browser.press("Enter");
    browser.wait_for_text("No dead letters.");
    assert_eq!(dead(&site, "billing"), 0);

    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

/// Puts the focus on the button of this name.
fn focus(browser: &mut Browser, name: &str) {
    browser.wait_for(&format!(
        "(() => {{ const named = [...document.querySelectorAll('button')].find((node) => node.innerText === {}); named?.focus(); return Boolean(named); }})()",
        json!(name)
    ));
}

#[test]
fn a_tab_in_which_nobody_works_ends_the_session_of_none_that_is_used() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    set_up(&mut browser, &engine);
    // A minute is what this one waits; when it looks is ours to say.
    browser.evaluate(
        "(async () => {
            const { idle } = await import('/idle.js');
            const interval = window.setInterval;
            window.setInterval = (look) => { window.look = look; };
            idle(60, new AbortController().signal, () => { window.isOut = true; });
            window.setInterval = interval;
        })()",
    );
    let later = "(() => { const real = Date.now; Date.now = () => real() + 70000; })()";
    let first = browser.new_tab();
    browser.open(&format!("http://{}/", engine.console()));
    browser.wait_for_text("Overview");
    browser.evaluate(later);
    browser.press("Tab");
    let second = browser.turn_to(first);
    // A browser takes a moment to tell one tab what another has kept.
    browser.evaluate(
        "new Promise((done) => {
            const isTold = () => Number(localStorage.getItem('weir.last-sign')) > Date.now() + 60000;
            const look = () => (isTold() ? done() : setTimeout(look, 20));
            look();
        })",
    );
    browser.evaluate(later);
    let look = "(() => { window.isOut = false; window.look(); return window.isOut; })()";
    assert_eq!(browser.evaluate(look), false, "the other tab is used");
    browser.evaluate(later);
    assert_eq!(browser.evaluate(look), true, "neither is");
    browser.turn_to(second);
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_fails_in_a_window_is_said_in_it_and_a_new_password_is_said() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    let added = weir(
        site.folder(),
        &["user", "add", "bert", "--role", "viewer", "--site", "site"],
        PASSWORD.as_bytes(),
    );
    assert_eq!(added.0, 0, "{added:?}");
    set_up(&mut browser, &engine);
    go(&mut browser, "#/users", "Users and tokens");
    browser.wait_for_text("bert");
    browser.click("New user…");
    for text in ["Bob Smith", PASSWORD] {
        browser.type_text(text);
        browser.press("Tab");
    }
    browser.click("Make the user");
    browser.wait_for(
        "document.querySelector('dialog[open] .fault')?.innerText.includes('expected a name of 1 to 64')",
    );
    picture(&mut browser, "new-user-refused");
    browser.click("Cancel");

    // Somebody else's is said here, one's own where one has to log in with it.
    let change = |browser: &mut Browser, name: &str, password: &str| {
        browser.evaluate(&format!(
            "[...document.querySelectorAll('tr')].find((row) => row.cells[0].innerText === '{name}').querySelectorAll('button')[1].click()"
        ));
        browser.wait_for("document.activeElement.name === 'password'");
        browser.type_text(password);
        browser.press("Enter");
    };
    change(&mut browser, "bert", "another battery staple");
    browser.wait_for_text("bert has another password");
    change(&mut browser, "anna", PASSWORD);
    browser.wait_for_text("Your password is changed: log in with the new one.");
    picture(&mut browser, "password-changed");
    browser.type_text("anna");
    browser.press("Tab");
    browser.type_text(PASSWORD);
    browser.press("Enter");
    browser.wait_for("document.querySelector('h1').innerText === 'Users and tokens'");
    let complaints = browser.complaints();
    assert!(
        complaints
            .iter()
            .all(|said| said.contains("400") || said.contains("401")),
        "{complaints:?}"
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_an_earlier_outbox_gave_up_goes_as_a_new_message_and_never_as_another_of_its_number() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let ehr = Receiver::accepting();
    let billing = Receiver::scripted(|_, _| Answer::CodeBecause("AR", 203));
    let site = site(&ehr, &billing);
    for id in ["FIRST", "SECOND"] {
        let engine = site.start();
        send(&mut Sender::connect(engine.listener("hospital-adt")), id);
        wait_until(|| dead(&site, "billing") == 1);
        engine.wait_for_metric("weir_archive_lag_notes", 0.0);
        if id == "FIRST" {
            assert_eq!(engine.terminate(), 0);
            std::fs::remove_dir_all(site.folder().join("data/outbox")).unwrap();
            continue;
        }
        let roles = "[\"administrator\",\"operator\",\"reader\"]";
        open_as(&mut browser, &site, &engine, roles, "#/messages/1");
        browser.wait_for_text("Message Header");
        browser.click("Deliveries");
        browser.wait_for_text("of an outbox before this one");
        let buttons = browser.evaluate(
            "[...document.querySelectorAll('button')].map((node) => node.innerText).filter((text) => text.startsWith('Send again')).join()",
        );
        assert!(
            !buttons
                .as_str()
                .unwrap()
                .split(',')
                .any(|name| name == "Send again"),
            "{buttons}"
        );
        assert_eq!(dead(&site, "billing"), 1, "that of the second");
        assert_eq!(browser.complaints(), Vec::<String>::new());
        assert_eq!(engine.terminate(), 0);
    }
}
