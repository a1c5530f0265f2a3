//! What ends by itself: news that stop, and a session under the hands of somebody who works.

use super::night::site;
use super::{PASSWORD, go, log_in, open_as, picture, send, set_up};
use crate::harness::{Answer, Browser, Receiver, Sender, Site, weir};

/// The page's clock goes on by so much, as if it had waited.
fn later(browser: &mut Browser, seconds: u32) {
    browser.evaluate(&format!(
        "(() => {{ const real = Date.now; Date.now = () => real() + {seconds}000; }})()"
    ));
}

#[test]
fn a_weir_that_hangs_is_not_well_and_is_followed_again_when_it_goes_on() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    set_up(&mut browser, &engine);
    browser.wait_for("document.querySelector('.health').innerText === 'all is well'");

    // It neither answers nor closes a connection.
    engine.signal("STOP");
    later(&mut browser, 180);
    browser.wait_for("document.querySelector('.health').innerText === 'not connected'");
    browser.wait_for("!document.querySelector('.lost').hidden");
    let age = "document.querySelector('.lost time').innerText";
    browser.wait_for(&format!("{age}.startsWith('3')"));
    browser.wait_for("document.querySelector('.calm').hidden");
    picture(&mut browser, "overview-lost");
    // How long that is goes on by itself.
    later(&mut browser, 120);
    browser.wait_for(&format!("{age}.startsWith('5')"));
    engine.signal("CONT");
    browser.wait_for("document.querySelector('.lost').hidden");
    browser.wait_for("document.querySelector('.health').innerText === 'all is well'");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

/// Ends every session of the first administrator from elsewhere, by the password that it has.
fn end_sessions(site: &Site) {
    let password = ["user", "password", "anna", "--site", "site"];
    let (status, out, err) = weir(site.folder(), &password, PASSWORD.as_bytes());
    assert_eq!(status, 0, "{out}{err}");
}

#[test]
fn a_session_that_ends_says_why_and_gives_back_what_was_typed_to_whoever_typed_it() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    send(&mut Sender::connect(engine.listener("hospital-adt")), "E1");
    ehr.wait_for(1);
    engine.wait_for_metric("weir_archive_lag_notes", 0.0);
    let added = weir(
        site.folder(),
        &[
            "user", "add", "bert", "--role", "operator", "--role", "editor", "--site", "site",
        ],
        PASSWORD.as_bytes(),
    );
    assert_eq!(added.0, 0, "{added:?}");
    let roles = "[\"administrator\",\"operator\",\"editor\"]";
    open_as(&mut browser, &site, &engine, roles, "#/messages/1/edit");
    let area = "document.querySelector('textarea.draft')";
    let is_typed = format!("{area}?.value.includes('SOMEBODYELSE')");
    browser.wait_for(&format!("{area}?.value.includes('TESTPATIENT')"));
    browser.evaluate(&format!(
        "{area}.value = {area}.value.replace('TESTPATIENT', 'SOMEBODYELSE'); {area}.dispatchEvent(new Event('input'))"
    ));
    browser.wait_for_text("1 place changed");

    end_sessions(&site);
    browser.wait_for_text("Your session has ended: it does after a while without use");
    picture(&mut browser, "session-ended");
    // Another user finds the message as it is.
    log_in_at(&mut browser, "bert");
    browser.wait_for(&format!("{area}?.value.includes('TESTPATIENT')"));
    browser.click("Log out");
    browser.wait_for("document.querySelector('h1').innerText === 'Log in'");
    assert_eq!(
        browser.evaluate("document.body.innerText.includes('has ended')"),
        false,
        "who asked for it needs no reason"
    );
    browser.evaluate("location.hash = '#/messages/1/edit'");
    log_in_at(&mut browser, "anna");
    browser.wait_for(&is_typed);
    browser.wait_for_text("1 place changed");

    // Nobody touches it: said in its own words, and the place and what was typed are kept too.
    later(&mut browser, 15 * 60);
    browser.wait_for_text("Your session has ended: nobody has touched this page for 15 minutes.");
    log_in_at(&mut browser, "anna");
    browser.wait_for(&is_typed);
    // Who logs out leaves nothing.
    browser.click("Log out");
    browser.wait_for("document.querySelector('h1').innerText === 'Log in'");
    browser.evaluate("location.hash = '#/messages/1/edit'");
    log_in_at(&mut browser, "anna");
    browser.wait_for(&format!("{area}?.value.includes('TESTPATIENT')"));
    let complaints = browser.complaints();
    assert!(
        complaints.iter().all(|said| said.contains("401")),
        "{complaints:?}"
    );
    assert_eq!(engine.terminate(), 0);
}

/// Logs in where the address leads to somewhere else than the overview.
fn log_in_at(browser: &mut Browser, name: &str) {
    browser.wait_for("document.activeElement.name === 'name'");
    for text in [name, PASSWORD] {
        browser.type_text(text);
        browser.press("Tab");
    }
    browser.click("Log in");
}

#[test]
fn sending_many_again_that_is_cut_off_says_how_many_went() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let ehr = Receiver::accepting();
    let billing = Receiver::scripted(|_, _| Answer::CodeBecause("AR", 203));
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    for number in 1..=3 {
        send(&mut sender, &format!("B{number}"));
    }
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="billing"}"#, 3.0);
    let roles = "[\"administrator\",\"operator\"]";
    open_as(&mut browser, &site, &engine, roles, "#/destinations/billing/dead");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 3");
    assert_eq!(site.ask("POST", "/api/v1/destinations/billing/pause").0, 200);
    // The second one waits until the session has ended.
    browser.evaluate(
        "(() => {
            const real = window.fetch;
            let sent = 0;
            window.fetch = async (path, options) => {
                const isSent = options?.method === 'POST' && path.includes('/dead/');
                if (isSent && (sent += 1) === 2) await new Promise((go) => { window.goOn = go; });
                return real(path, options);
            };
        })()",
    );
    browser.click("Send all again…");
    browser.click("Send again");
    browser.wait_for("window.goOn");
    end_sessions(&site);
    browser.evaluate("window.goOn()");
    browser.wait_for_text("Sending again: 1 done, then cut off: your session has ended");
    browser.wait_for("document.querySelector('h1').innerText === 'Log in'");
    picture(&mut browser, "cut-off");
    browser.click("Close");
    browser.wait_for("!document.querySelector('.notice')");
    engine.wait_for_metric(r#"weir_outbox_dead_letters{destination="billing"}"#, 2.0);
    let complaints = browser.complaints();
    assert!(
        complaints.iter().all(|said| said.contains("401")),
        "{complaints:?}"
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_destination_that_drains_is_not_paused_and_one_that_is_paused_is_not_tried() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    ehr.stop();
    send(&mut Sender::connect(engine.listener("hospital-adt")), "P1");
    let roles = "[\"administrator\",\"operator\"]";
    open_as(&mut browser, &site, &engine, roles, "#/destinations/ehr");
    browser.wait_for_text("It has not got through for");
    browser.click("Drain…");
    browser.click("Drain");
    browser.wait_for_text("What it was owed when somebody said so is sent");
    browser.wait_for_text("draining, and failing");
    let orders = "[...document.querySelectorAll('.heading button')].map((one) => one.innerText).join()";
    browser.wait_for(&format!("{orders} === 'Retry now,Resume,Pause'"));
    let facts = "document.querySelector('.facts').innerText.includes('Next attempt')";
    browser.wait_for(facts);
    picture(&mut browser, "destination-drains");
    go(&mut browser, "#/", "Overview");
    browser.wait_for_text("ehr has not got through for");
    go(&mut browser, "#/destinations/ehr", "ehr");
    browser.click("Pause");
    browser.wait_for_text("Somebody has paused it");
    browser.wait_for(&format!("!{facts}"));
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn two_weirs_at_one_host_log_nobody_out_of_each_other() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let sites = [site(&ehr, &billing), site(&ehr, &billing)];
    let engines = sites.each_ref().map(Site::start);
    set_up(&mut browser, &engines[0]);
    set_up(&mut browser, &engines[1]);
    browser.open("about:blank");
    browser.open(&format!("http://{}/", engines[0].console()));
    browser.wait_for("document.querySelector('h1').innerText === 'Overview'");
    browser.click("Log out");
    log_in(&mut browser, "anna");
    browser.open("about:blank");
    browser.open(&format!("http://{}/", engines[1].console()));
    browser.wait_for("document.querySelector('h1').innerText === 'Overview'");
    for engine in engines {
        assert_eq!(engine.terminate(), 0);
    }
}
