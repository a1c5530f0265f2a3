//! What is shown while things go on: ages, lists and buttons are those of now, and stay in the hand of whoever holds them.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpStream;

use super::night::site;
use super::{go, open_as, picture, send, set_up};
use crate::harness::{Answer, Browser, Engine, Receiver, Sender, Site, adt, field, wait_until, weir};

/// The console of a running weir, opened by whoever may set going and look into messages.
fn open(browser: &mut Browser, site: &Site, engine: &Engine, hash: &str) {
    open_as(
        browser,
        site,
        engine,
        "[\"administrator\",\"operator\",\"editor\"]",
        hash,
    );
    browser.wait_for("document.querySelector('h1')");
}

/// Waits until an expression is another than it is now.
fn changes(browser: &mut Browser, expression: &str) {
    let before = browser.wait_for(expression);
    browser.wait_for(&format!("({expression}) !== {before}"));
}

#[test]
fn what_is_said_of_trouble_is_so_now_and_its_buttons_stay_in_hand() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    let address = ehr.address();
    ehr.stop();
    send(&mut sender, "L1");
    open(&mut browser, &site, &engine, "#/");

    // The words change, and the button is the one it was.
    browser.wait_for_text("ehr has not got through for");
    browser.wait_for("(window.held = document.querySelector('.need .actions button'))");
    browser.evaluate("window.held.focus()");
    changes(&mut browser, "document.querySelector('.need h2').innerText");
    assert_eq!(
        browser.evaluate("window.held.isConnected && document.activeElement === window.held"),
        true
    );

    go(&mut browser, "#/destinations/ehr", "ehr");
    browser.wait_for_text("It has not got through for");
    changes(
        &mut browser,
        "document.querySelector('main .why h2 time').innerText",
    );
    changes(
        &mut browser,
        "document.querySelector('main .why').innerText.match(/(\\d+) attempts/)[1]",
    );
    changes(&mut browser, "document.querySelector('td time').innerText");
    // What is selected to be copied stays selected while what stands beside it changes.
    browser.evaluate(
        "getSelection().selectAllChildren([...document.querySelectorAll('.facts > div')]\
         .find((fact) => fact.innerText.startsWith('Delivered')).querySelector('dd'))",
    );
    changes(&mut browser, "document.querySelector('.facts dd').innerText");
    assert_eq!(browser.evaluate("String(getSelection())"), "0 since the start");
    browser.evaluate("getSelection().removeAllRanges()");
    // By keyboard: the focus goes from a button to the one that takes its place.
    browser.evaluate(
        "[...document.querySelectorAll('.heading button')].find((node) => node.innerText === 'Pause').focus()",
    );
    browser.press("Enter");
    browser.wait_for("document.activeElement.innerText === 'Resume'");

    // On a telephone a page opens at its beginning.
    browser.look(360, 740, "light");
    go(&mut browser, "#/", "Overview");
    go(&mut browser, "#/destinations/ehr", "ehr");
    browser
        .evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => done(0))))");
    assert_eq!(browser.evaluate("scrollY"), 0);
    browser.look(1366, 900, "light");

    // What has become of it is told as soon as the archive knows.
    go(&mut browser, "#/destinations/ehr/sent", "ehr");
    browser.wait_for("document.querySelector('tbody .badge')?.innerText === 'queued'");
    browser.evaluate("document.querySelector('tbody a').focus()");
    let ehr = Receiver::at(address, |_, _| Answer::Code("AA"));
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/resume").0, 200);
    ehr.wait_for(1);
    browser.wait_for("document.querySelector('tbody .badge').innerText === 'delivered'");
    assert_eq!(browser.evaluate("document.activeElement.tagName"), "A");

    // Paused with nothing to send is worth a look, too.
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/pause").0, 200);
    go(&mut browser, "#/", "Overview");
    browser.wait_for_text("ehr is paused");
    browser.wait_for("document.querySelector('.health').innerText === '1 thing needs a look'");
    picture(&mut browser, "overview-paused");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

/// More than a page has.
const MANY: usize = 52;

#[test]
fn dead_letters_are_those_there_are_and_found_by_their_reason() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let ehr = Receiver::accepting();
    let billing = Receiver::scripted(|_, message| {
        let is_late = field(message, "MSH", 10).starts_with("LATE");
        Answer::CodeBecause("AR", if is_late { 204 } else { 203 })
    });
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    for number in 1..=MANY {
        send(&mut sender, &format!("D{number}"));
    }
    send(&mut sender, "LATE1");
    send(&mut sender, "LATE2");
    let dead = || site.ask("GET", "/api/v1/destinations/billing/dead?count=1000").1;
    wait_until(|| dead().as_array().unwrap().len() == MANY + 2);
    open(&mut browser, &site, &engine, "#/dead");

    // By a reason whose letters stand beyond the first page.
    browser.click("refused with AR and error 204");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 2");
    // The reasons come with a request of their own.
    let chosen = "document.querySelector('select').selectedOptions[0]?.innerText";
    browser.wait_for(&format!("{chosen} === 'refused with AR and error 204 (2)'"));
    picture(&mut browser, "dead-by-reason");
    // One of them is sent again elsewhere and refused again: as many as before, and not the same.
    let oldest = "Number(document.querySelector('tbody td.number').innerText)";
    let before = browser.evaluate(oldest);
    let resent = site.ask("POST", &format!("/api/v1/destinations/billing/dead/{before}"));
    assert_eq!(resent.0, 204);
    browser.wait_for(&format!(
        "{oldest} > {before} && document.querySelectorAll('tbody tr').length === 2"
    ));

    // All of them, page by page.
    browser.evaluate(
        "(() => { const filter = document.querySelector('select'); filter.value = ''; filter.dispatchEvent(new Event('change')); })()",
    );
    browser.wait_for("document.querySelectorAll('tbody tr').length === 50");
    browser.click("Next");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 4");
    picture(&mut browser, "dead-second-page");
    browser.click("From the oldest");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 50");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn messages_are_found_by_what_the_address_asks_and_follow_what_comes_in() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    send(&mut sender, "F1");
    let other = String::from_utf8(adt("F2")).unwrap().replace("100234", "777");
    sender.exchange(other.as_bytes()).unwrap();
    open(&mut browser, &site, &engine, "#/messages");

    // Opened by its address: what runs can be chosen as soon as it is known.
    browser.wait_for(
        "['destination', 'listener', 'route'].every((name) => document.querySelector(`select[name=${name}]`).options.length > 1)",
    );
    browser.wait_for("document.querySelectorAll('tbody tr').length === 2");
    // The list goes on while a link in it has the focus, which stays.
    browser.evaluate("(window.held = document.querySelector('tbody a')).focus()");
    send(&mut sender, "F3");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 3");
    assert_eq!(browser.evaluate("document.activeElement === window.held"), true);

    // What was searched for before narrows no link that asks for something else, and is there again without one.
    browser.evaluate("document.querySelector('input[name=patient]').focus()");
    browser.type_text("777");
    browser.press("Enter");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 1");
    browser.evaluate("location.hash = '#/messages?listener=hospital-adt'");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 3");
    browser.evaluate("location.hash = '#/messages'");
    browser.wait_for("document.querySelectorAll('tbody tr').length === 1");
    // No time at all is said, and the page is there.
    browser.evaluate("location.hash = '#/messages?since=yesterday'");
    browser.wait_for("document.querySelector('main .fault')?.innerText.includes('since')");
    assert_eq!(
        browser.evaluate("document.querySelector('h1').innerText"),
        "Messages"
    );
    picture(&mut browser, "messages-no-time");
    let complaints = browser.complaints();
    assert!(
        complaints.iter().all(|said| said.contains("400")),
        "{complaints:?}"
    );
    assert_eq!(engine.terminate(), 0);
}

/// How many may watch at once, and how many of one name.
const WATCHERS_MAX: usize = 64;
const WATCHERS_PER_IDENTITY_MAX: usize = 16;

/// Takes a place among those who watch; `None` when there is none.
fn watch(engine: &Engine, token: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(engine.console()).unwrap();
    let request = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
        engine.console()
    );
    stream.write_all(request.as_bytes()).unwrap();
    let mut line = String::new();
    BufReader::new(&stream).read_line(&mut line).unwrap();
    line.contains(" 200 ").then_some(stream)
}

#[test]
fn a_page_for_which_there_is_no_place_says_so_and_shows_what_it_is_told_when_it_asks() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let (ehr, billing) = (Receiver::accepting(), Receiver::accepting());
    let site = site(&ehr, &billing);
    let engine = site.start();
    set_up(&mut browser, &engine);
    browser.open("about:blank");
    let places = RefCell::new(Vec::new());
    for name in ["one", "two", "three", "four"] {
        let arguments = ["token", "add", name, "--role", "viewer", "--site", "site"];
        let (status, token, err) = weir(site.folder(), &arguments, b"");
        assert_eq!((status, err.as_str()), (0, ""));
        for _ in 0..WATCHERS_PER_IDENTITY_MAX {
            // The page that was left may hold its place for a moment.
            wait_until(|| {
                watch(&engine, token.trim_end()).is_some_and(|place| {
                    places.borrow_mut().push(place);
                    true
                })
            });
        }
    }
    assert_eq!(places.borrow().len(), WATCHERS_MAX);
    browser.open(&format!("http://{}/", engine.console()));
    browser.wait_for_text("64 pages watch already");
    browser.wait_for("document.querySelector('[data-name=ehr]')");
    picture(&mut browser, "overview-without-place");
    // As soon as there is one, it follows again.
    drop(places);
    browser.wait_for("document.querySelector('.lost').hidden");
    let complaints = browser.complaints();
    assert!(
        complaints.iter().all(|said| said.contains("503")),
        "{complaints:?}"
    );
    assert_eq!(engine.terminate(), 0);
}
