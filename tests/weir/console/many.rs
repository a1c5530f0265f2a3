//! A site of many destinations: what is the matter fits on a page, and each is found by its name.

use std::fmt::Write as _;
use std::path::PathBuf;

use super::{go, open_as, picture, send};
use crate::harness::{Browser, Receiver, Sender, Site};

/// How many of them there are.
const MANY: usize = 60;
/// How many of one kind stand by themselves.
const ALIKE_MAX: usize = 10;
/// How many cards the picture has of them.
const CARDS_MAX: usize = 24;

/// As many destinations with names as long as people give, all at one receiver.
fn site(receiver: &Receiver) -> Site {
    let address = receiver.address();
    let mut yaml = "listeners:\n  hospital-adt: { mllp: { bind: \"127.0.0.1:0\" }, duplicates: replay_acknowledgment }\n\
                    destinations:\n"
        .to_owned();
    let names: Vec<String> = (0..MANY)
        .map(|number| format!("clinic-{number:03}-of-the-registry-of-health-of-the-north"))
        .collect();
    for name in &names {
        writeln!(
            yaml,
            "  {name}: {{ mllp: {{ address: \"{address}\" }}, retry: {{ first: 5s, longest: 60s }} }}"
        )
        .unwrap();
    }
    let to = names.join(", ");
    writeln!(yaml, "routes:\n  all: {{ from: hospital-adt, to: [{to}] }}").unwrap();
    Site::new(&yaml)
}

#[test]
fn what_ails_hundreds_fits_on_a_page_and_each_is_found_by_its_name() {
    let Some(mut browser) = Browser::start() else {
        return;
    };
    let receiver = Receiver::accepting();
    let site = site(&receiver);
    let engine = site.start();
    receiver.stop();
    let mut sender = Sender::connect(engine.listener("hospital-adt"));
    send(&mut sender, "M1");
    // A message that is known already is told of, too.
    send(&mut sender, "M1");
    let roles = "[\"administrator\",\"operator\",\"reader\"]";
    open_as(&mut browser, &site, &engine, roles, "#/");

    let beyond = MANY - ALIKE_MAX;
    browser.wait_for_text(&format!("{beyond} more destinations have not got through"));
    let cards = "document.querySelectorAll('.attention > .needs > article').length";
    browser.wait_for(&format!("{cards} === {}", ALIKE_MAX + 1));
    browser.wait_for_text(&format!("Destinations: {CARDS_MAX} of {MANY}"));
    browser.wait_for(&format!(
        "document.querySelectorAll('.node.destination').length === {CARDS_MAX}"
    ));
    browser.wait_for_text("1 repeated");
    picture(&mut browser, "overview-many");
    pictures_between(&mut browser, "overview-many");
    browser.evaluate("document.querySelector('.many summary').focus()");
    browser.press("Enter");
    browser.wait_for(&format!(
        "document.querySelectorAll('.many article').length === {beyond}"
    ));
    picture(&mut browser, "overview-many-opened");
    pictures_between(&mut browser, "overview-many-opened");
    assert!(
        browser
            .evaluate("document.documentElement.scrollHeight")
            .as_i64()
            .unwrap()
            < 5_000
    );

    // By name: a card, and what is the matter with it.
    browser.evaluate("document.querySelector('.heading input').focus()");
    browser.type_text("CLINIC-059");
    browser.wait_for("document.querySelectorAll('.node.destination').length === 1");
    browser.wait_for(&format!("{cards} === 1"));
    browser.type_text("9");
    browser.wait_for_text("No destination has “CLINIC-0599” in its name.");

    // The row of a message has room for what it is for.
    go(&mut browser, "#/messages", "Messages");
    browser.wait_for(&format!(
        "[...document.querySelectorAll('td.whom')].some((cell) => cell.innerText.includes('+{}'))",
        MANY - 5
    ));
    picture(&mut browser, "messages-many");
    pictures_between(&mut browser, "messages-many");
    assert_eq!(browser.complaints(), Vec::<String>::new());
    assert_eq!(engine.terminate(), 0);
}

/// At widths between a desk's and a telephone's; no table is wider than its frame.
fn pictures_between(browser: &mut Browser, name: &str) {
    for width in [1280, 800] {
        for scheme in ["light", "dark"] {
            browser.look(width, 800, scheme);
            let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join(format!("target/console/{name}-{width}-{scheme}.png"));
            browser.screenshot(&file);
            let beyond = "Math.max(0, ...[...document.querySelectorAll('.table-frame')].map((frame) => frame.scrollWidth - frame.clientWidth))";
            assert_eq!(browser.evaluate(beyond), 0, "{name} at {width}");
        }
    }
    browser.look(1366, 900, "light");
}
