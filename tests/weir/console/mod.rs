//! The console as a person uses it, in a real browser: what is seen, pressed and typed, and what must never happen.
//!
//! Pictures of every page are left in `target/console`, to be looked at.

mod bulk;
mod ends;
mod journey;
mod living;
mod many;
mod night;
mod roles;
mod search;
mod slips;
mod split;

use std::net::SocketAddr;
use std::path::PathBuf;

use crate::harness::{Browser, Engine, Sender, Site, adt, field};

const PASSWORD: &str = "correct horse battery";

/// Wide as a desk, narrow as a telephone.
const WIDTHS: [(u32, u32); 2] = [(1920, 1000), (360, 740)];

/// Opens the console and makes the first administrator by hand.
fn set_up(browser: &mut Browser, engine: &Engine) {
    set_up_at(browser, engine.console(), engine.setup_token().unwrap());
}

/// The same at an address.
fn set_up_at(browser: &mut Browser, console: SocketAddr, token: &str) {
    browser.open(&format!("http://{console}/"));
    browser.wait_for_text("Set up the first administrator");
    // The first field has the focus.
    for text in [token, "anna", PASSWORD] {
        browser.type_text(text);
        browser.press("Tab");
    }
    browser.press("Enter");
    browser.wait_for("document.querySelector('h1').innerText === 'Overview'");
}

/// Logs in with the fields as a keyboard reaches them.
fn log_in(browser: &mut Browser, name: &str) {
    browser.wait_for("document.activeElement.name === 'name'");
    browser.type_text(name);
    browser.press("Tab");
    browser.type_text(PASSWORD);
    browser.press("Enter");
    browser.wait_for("document.querySelector('h1').innerText === 'Overview'");
}

/// Makes the first administrator, gives them these roles, and opens the console anew at this place.
fn open_as(browser: &mut Browser, site: &Site, engine: &Engine, roles: &str, hash: &str) {
    set_up(browser, engine);
    night::give(site, roles);
    browser.open("about:blank");
    browser.open(&format!("http://{}/{hash}", engine.console()));
}

/// Sends a message, which is accepted.
fn send(sender: &mut Sender, control: &str) {
    let answer = sender.exchange(&adt(control)).unwrap();
    assert_eq!(field(&answer, "MSA", 1), "AA");
}

/// Goes to a page by its address, and waits until it has its heading.
fn go(browser: &mut Browser, hash: &str, heading: &str) {
    browser.evaluate(&format!("location.hash = {}", serde_json::json!(hash)));
    browser.wait_for(&format!(
        "document.querySelector('h1')?.innerText === {}",
        serde_json::json!(heading)
    ));
}

/// Tells of every text that is hard to tell from what is behind it.
const CONTRAST: &str = include_str!("contrast.js");

/// A picture of the page at both widths, light and dark; at neither is anything wider than the window or hard to read.
fn picture(browser: &mut Browser, name: &str) {
    for (width, height) in WIDTHS {
        for scheme in ["light", "dark"] {
            browser.look(width, height, scheme);
            let file = PathBuf::from(env!("CARGO_MANIFEST_DIR"))
                .join(format!("target/console/{name}-{width}-{scheme}.png"));
            browser.screenshot(&file);
            let beyond = browser.evaluate("document.documentElement.scrollWidth - innerWidth");
            assert!(
                beyond.as_i64().unwrap() <= 0,
                "{name} at {width}: {beyond} pixels too wide"
            );
            assert_eq!(
                browser.evaluate(CONTRAST),
                serde_json::json!([]),
                "{name} at {width}, {scheme}"
            );
        }
    }
    browser.look(1366, 900, "light");
}
