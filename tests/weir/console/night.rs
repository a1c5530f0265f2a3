//! A night: something is stuck, which, since when, why, what was in it, and how it goes again.

use super::{PASSWORD, go, log_in, open_as, picture, set_up};
use crate::harness::{Answer, Browser, Receiver, Sender, Site, adt, field, weir};

/// Two receivers behind one listener; the second one refuses whatever comes.
pub(super) fn site(ehr: &Receiver, billing: &Receiver) -> Site {
    Site::new(&format!(
        "listeners:\n  hospital-adt: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  ehr:\n    mllp: {{ address: \"{}\" }}\n    retry: {{ first: 50ms, longest: 200ms }}\n  \
         billing:\n    mllp: {{ address: \"{}\" }}\n\
         routes:\n  # What the clinics get.\n  adt-to-ehr:\n    from: hospital-adt\n    messages: ADT\n    steps:\n      \
         - set: {{ MSH-5: EHR }}\n    to: ehr\n    cases:\n      - name: the clinics are told\n        given: |\n          \
         MSH|^~\\&|ADT|GENERAL|X|Y|20260301||ADT^A01|1|P|2.5.1\n        expect: {{ fields: {{ MSH-5: EHR }} }}\n  \
         adt-to-billing: {{ from: hospital-adt, messages: ADT, to: billing }}\n",
        ehr.address(),
        billing.address()
    ))
}

/// With a name that would be markup.
pub(super) fn hostile(control: &str) -> Vec<u8> {
    let message = String::from_utf8(adt(control)).unwrap();
    message
        .replace(
            "TESTPATIENT^ANNA",
            "<script>window.broken=1</script>^<img src=x onerror=window.broken=1>",
        )
        .into_bytes()
}

#[test]
fn somebody_called_at_night_finds_what_is_stuck_and_sets_it_going() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let ehr = Receiver::accepting();
    let billing = Receiver::scripted(|_, _| Answer::CodeBecause("AR", 203));
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    let mut send = |message: &[u8]| {
        let answer = sender.exchange(message).unwrap();
        assert_eq!(field(&answer, "MSA", 1), "AA");
    };

    let roles = "[\"administrator\",\"operator\",\"editor\",\"auditor\"]";
    open_as(&mut browser, &site, &engine, roles, "");
    browser.wait_for_text("All is well");
    picture(&mut browser, "overview-calm");

    // Traffic arrives, and what becomes of it is seen without a reload of the page.
    send(&hostile("N1"));
    ehr.wait_for(1);
    browser.wait_for_text("billing has 1 dead letter");
    browser.wait_for("document.querySelector('[data-name=ehr] .node-main').innerText.includes('/min')");

    // A receiver goes away: which, since when, why.
    let address = ehr.address();
    ehr.stop();
    send(&adt("N2"));
    send(&adt("N3"));
    browser.wait_for_text("ehr has not got through for");
    browser.wait_for_text("2 messages waiting");
    picture(&mut browser, "overview-stuck");
    go(&mut browser, "#/destinations/ehr", "ehr");
    browser.wait_for_text("Connection refused");
    browser.wait_for_text("N3");
    picture(&mut browser, "destination-stuck");

    // What was in it.
    browser.click("Look");
    browser.wait_for("document.querySelector('dialog[open] .raw')?.innerText.includes('TESTPATIENT')");
    picture(&mut browser, "look");
    browser.click("Close");

    // Paused, one is given up, and it goes again.
    browser.click("Pause");
    browser.wait_for_text("Somebody has paused it");
    let ehr = Receiver::at(address, |_, _| Answer::Code("AA"));
    browser.click("Skip…");
    browser.wait_for_text("Give up number");
    picture(&mut browser, "question");
    browser.click("Skip it");
    browser.wait_for_text("is given up as soon as its turn comes");
    browser.click("Resume");
    ehr.wait_until(|messages| messages.iter().any(|message| field(message, "MSH", 10) == "N3"));
    browser.wait_for_text("Nothing waits.");

    what_was_given_up_is_sent_again(&mut browser, &ehr);
    go(&mut browser, "#/destinations/billing/dead", "billing");
    browser.click("Look");
    browser.wait_for(
        "document.querySelector('dialog[open] .raw')?.innerText.includes('<script>window.broken=1</script>')",
    );
    picture(&mut browser, "look-hostile");
    browser.press("Escape");
    assert_eq!(browser.evaluate("window.broken ?? null"), serde_json::Value::Null);

    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
    drop((ehr, billing));
}

/// What was given up is found by its reason, looked at and sent again.
fn what_was_given_up_is_sent_again(browser: &mut Browser, ehr: &Receiver) {
    go(browser, "#/dead", "Dead letters");
    browser.wait_for_text("skipped by an operator");
    browser.wait_for_text("refused with AR and error 203");
    picture(browser, "dead-letters");
    browser.click("skipped by an operator");
    browser.wait_for_text("N2");
    picture(browser, "destination-dead");
    browser.click("Send again");
    ehr.wait_until(|messages| messages.iter().any(|message| field(message, "MSH", 10) == "N2"));
    browser.wait_for_text("No dead letters.");
}

#[test]
fn every_other_page_is_there_and_a_log_out_ends_all_of_it() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    let console = format!("http://{}/", engine.console());
    browser.open(&console);
    browser.wait_for_text("Set up the first administrator");
    picture(&mut browser, "setup");
    set_up(&mut browser, &engine);
    give(&site, "[\"administrator\",\"operator\",\"editor\",\"auditor\"]");
    browser.open("about:blank");
    browser.open(&console);

    // By keyboard alone: the first key leads past the navigation, the rest through it, and the focus is seen.
    browser.wait_for("document.activeElement.tagName === 'H1'");
    browser.evaluate("document.activeElement.blur()");
    browser.press("Tab");
    assert_eq!(
        browser.evaluate("document.activeElement.innerText"),
        "Skip to the page"
    );
    let outline = "getComputedStyle(document.activeElement).outlineStyle";
    assert_eq!(browser.evaluate(outline), "solid");

    routes_are_read_tested_and_tried(&mut browser);
    assert!(ehr.messages().is_empty(), "a trial sends nothing");
    a_site_is_reloaded_and_refused(&mut browser, &site);
    people_and_their_records(&mut browser);

    browser.look(1366, 900, "light");
    browser.click("Log out");
    browser.wait_for_text("Log in");
    picture(&mut browser, "log-in");
    let gone = browser.evaluate("fetch('/api/v1/status').then((answer) => answer.status)");
    assert_eq!(gone, 401);
    // A refusal that was asked for stands in the browser's console; nothing else does.
    let complaints = browser.complaints();
    assert!(
        complaints
            .iter()
            .all(|said| said.contains("401") || said.contains("409")),
        "{complaints:?}"
    );

    // Whoever may only see has no way to content, users and audit.
    log_in(&mut browser, "bert");
    browser.wait_for_text("All is well");
    let entries = "[...document.querySelectorAll('.side a')].map((entry) => entry.innerText.trim())";
    let shown = browser.evaluate(entries);
    assert!(
        !shown.to_string().contains("Users") && !shown.to_string().contains("Audit"),
        "{shown}"
    );
    // Whoever is taken away is out at once, with the page still open.
    let removed = weir(site.folder(), &["user", "remove", "bert", "--site", "site"], b"");
    assert_eq!(removed.0, 0, "{removed:?}");
    browser.wait_for("document.querySelector('h1').innerText === 'Log in'");
    assert_eq!(engine.terminate(), 0);
}

fn routes_are_read_tested_and_tried(browser: &mut Browser) {
    go(browser, "#/routes", "Routes");
    browser.wait_for_text("adt-to-billing");
    picture(browser, "routes");
    browser.click("adt-to-ehr");
    browser.wait_for_text("# What the clinics get.");
    picture(browser, "route");
    browser.click("Cases");
    browser.wait_for_text("1 case, all as expected");
    picture(browser, "cases");
    browser.click("Try a message");
    browser.wait_for("document.querySelector('textarea')");
    browser.evaluate("document.querySelector('textarea').focus()");
    browser.type_text(&String::from_utf8(adt("T1")).unwrap().replace('\r', "\n"));
    browser.click("Try it");
    browser.wait_for_text("Delivered to ehr");
    browser.wait_for_text("Receiving Application");
    picture(browser, "try");
}

fn a_site_is_reloaded_and_refused(browser: &mut Browser, site: &Site) {
    go(browser, "#/site", "Site");
    browser.click("Reload the site");
    browser.wait_for_text("Swapped in");
    site.rewrite("listeners: { hospital-adt: { mlp: {} } }\n");
    browser.click("Reload the site");
    browser.wait_for_text("Refused: the site that ran goes on");
    browser.wait_for_text("site.yaml:");
    picture(browser, "site-refused");
}

fn people_and_their_records(browser: &mut Browser) {
    go(browser, "#/users", "Users and tokens");
    browser.wait_for_text("anna");
    browser.click("New user…");
    browser.type_text("bert");
    browser.press("Tab");
    browser.type_text(PASSWORD);
    picture(browser, "new-user");
    browser.click("Make the user");
    browser.wait_for("[...document.querySelectorAll('td')].some((cell) => cell.innerText === 'bert')");
    picture(browser, "users");
    go(browser, "#/audit", "Audit");
    browser.wait_for_text("route.try");
    browser.click("Verify the log");
    browser.wait_for_text("records are what was written");
    picture(browser, "audit");
    go(browser, "#/account", "anna");
    picture(browser, "account");
}

/// Roles for the first administrator, as the operator of the machine gives them.
pub(super) fn give(site: &Site, roles: &str) {
    let roles: Vec<String> = serde_json::from_str(roles).unwrap();
    let mut arguments = vec!["user", "roles", "anna", "--site", "site"];
    for role in &roles {
        arguments.extend(["--role", role]);
    }
    let (status, out, err) = weir(site.folder(), &arguments, b"");
    assert_eq!(status, 0, "{out}{err}");
}
