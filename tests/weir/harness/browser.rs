//! A headless Chromium, spoken to in its own protocol over its pipe: what a person would see, press and type.
//!
//! The pipe needs no port and no driver beside the browser. All input goes in as keys and clicks at places, so that
//! what is covered, cut off or out of reach cannot be used here either. Whatever the page complains of is kept.

use std::io::{BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use base64::Engine as _;
use serde_json::{Value, json};
use tempfile::TempDir;

use super::PATIENCE;

/// What Debian and others call it.
const NAMES: [&str; 3] = ["chromium", "chromium-browser", "google-chrome"];

/// A browser with one page.
pub struct Browser {
    child: Child,
    input: ChildStdin,
    answers: Receiver<Value>,
    session: String,
    last: u64,
    complaints: Vec<String>,
    _profile: TempDir,
}

impl Browser {
    /// Starts one with a window as on a desk; nothing where there is none on this machine, which is said.
    pub fn start() -> Option<Browser> {
        let is_there = |name: &&&str| {
            let asked = Command::new(name)
                .arg("--version")
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .status();
            asked.is_ok_and(|status| status.success())
        };
        let Some(name) = NAMES.iter().find(is_there) else {
            println!("skipped: there is no Chromium here (Debian: apt-get install chromium)");
            return None;
        };
        let profile = tempfile::tempdir().unwrap();
        // It reads from its descriptor 3 and writes to 4. Its sandbox needs rights that a container has not.
        let mut child = Command::new("sh")
            .args([
                "-c",
                "exec 3<&0 4>&1 </dev/null >/dev/null; exec \"$@\"",
                "sh",
                name,
            ])
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--hide-scrollbars",
                "--no-first-run",
                "--disable-background-networking",
            ])
            .args(["--remote-debugging-pipe", "about:blank"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = child.stdin.take().unwrap();
        let answers = read(child.stdout.take().unwrap());
        let mut browser = Browser {
            child,
            input,
            answers,
            session: String::new(),
            last: 0,
            complaints: Vec::new(),
            _profile: profile,
        };
        browser.new_tab();
        browser.look(1366, 900, "light");
        Some(browser)
    }

    /// Opens another page beside the one there is and turns to it. Gives back the one before, for [`Browser::turn_to`].
    pub fn new_tab(&mut self) -> String {
        // The protocol's own session: what belongs to no page.
        let before = std::mem::take(&mut self.session);
        let target = self.call("Target.createTarget", &json!({ "url": "about:blank" }));
        let attach = json!({ "targetId": target["targetId"], "flatten": true });
        let attached = self.call("Target.attachToTarget", &attach);
        attached["sessionId"]
            .as_str()
            .unwrap()
            .clone_into(&mut self.session);
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.call(domain, &json!({}));
        }
        before
    }

    /// Turns to a page that was left. Gives back the one that is left now.
    pub fn turn_to(&mut self, tab: String) -> String {
        std::mem::replace(&mut self.session, tab)
    }

    /// A command of the protocol, and its answer.
    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.last += 1;
        let mut command = json!({ "id": self.last, "method": method, "params": parameters });
        if !self.session.is_empty() {
            command["sessionId"] = json!(self.session);
        }
        write!(self.input, "{command}\0").unwrap();
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let message = self.answers.recv_timeout(left);
            let message =
                message.unwrap_or_else(|_| panic!("the browser does not answer {method} {parameters}"));
            if message["id"] == self.last {
                assert!(
                    message["error"].is_null(),
                    "{method} {parameters}: {}",
                    message["error"]
                );
                return message["result"].clone();
            }
            self.listen(&message);
        }
    }

    /// Keeps what the page complains of.
    fn listen(&mut self, message: &Value) {
        let parameters = &message["params"];
        let is_complaint = match message["method"].as_str() {
            Some("Runtime.exceptionThrown") => true,
            Some("Runtime.consoleAPICalled") => ["error", "warning", "assert"]
                .iter()
                .any(|kind| parameters["type"] == *kind),
            Some("Log.entryAdded") => ["error", "warning"]
                .iter()
                .any(|level| parameters["entry"]["level"] == *level),
            _ => false,
        };
        if is_complaint {
            self.complaints.push(parameters.to_string());
        }
    }

    /// What the page has complained of since this was asked.
    pub fn complaints(&mut self) -> Vec<String> {
        // Whatever was said before this answer has arrived with it.
        self.evaluate("0");
        std::mem::take(&mut self.complaints)
    }

    /// How large the window is, and whether the system is dark.
    pub fn look(&mut self, width: u32, height: u32, scheme: &str) {
        let size = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.call("Emulation.setEmulatedMedia", &scheme);
    }

    pub fn open(&mut self, url: &str) {
        self.call("Page.navigate", &json!({ "url": url }));
    }

    /// The value of an expression of the page; a promise is waited for.
    pub fn evaluate(&mut self, expression: &str) -> Value {
        let asked = json!({ "expression": expression, "awaitPromise": true, "returnByValue": true });
        let answer = self.call("Runtime.evaluate", &asked);
        let failure = &answer["exceptionDetails"];
        assert!(failure.is_null(), "{expression}: {failure}");
        answer["result"]["value"].clone()
    }

    /// Waits until an expression holds in the page, looking again at each change of the page; its value.
    pub fn wait_for(&mut self, expression: &str) -> Value {
        let ms = PATIENCE.as_millis();
        let waiting = format!(
            "new Promise((resolve, reject) => {{
                const look = () => {{ try {{ return {expression}; }} catch {{ return null; }} }};
                const text = () => document.body.innerText.slice(0, 1500);
                const found = look();
                if (found) return resolve(found);
                const late = setTimeout(() => reject(new Error('it does not come to hold; the page says: ' + text())), {ms} - 5000);
                const observer = new MutationObserver(() => {{
                    const found = look();
                    if (!found) return;
                    observer.disconnect();
                    clearTimeout(late);
                    resolve(found);
                }});
                observer.observe(document, {{ subtree: true, childList: true, attributes: true, characterData: true }});
            }})"
        );
        self.evaluate(&waiting)
    }

    /// Waits until this text stands somewhere on the page.
    pub fn wait_for_text(&mut self, text: &str) {
        self.wait_for(&format!("document.body.innerText.includes({})", json!(text)));
    }

    /// Clicks what a person would find under this name: a button, a link, a field by its label. Waits for it.
    pub fn click(&mut self, name: &str) {
        let place = self.wait_for(&format!(
            "(() => {{
                const within = document.querySelector('dialog[open]') ?? document;
                const named = [...within.querySelectorAll('button, a, summary, input, select, textarea, label')].filter((node) => {{
                    const text = (node.getAttribute('aria-label') ?? node.innerText ?? '').trim();
                    return text === {name} && node.checkVisibility() && !node.disabled;
                }});
                const node = named[0];
                if (!node) return null;
                node.scrollIntoView({{ block: 'center' }});
                const box = node.getBoundingClientRect();
                const [x, y] = [box.left + box.width / 2, box.top + Math.min(box.height / 2, 12)];
                return node.contains(document.elementFromPoint(x, y)) ? [x, y] : null;
            }})()",
            name = json!(name)
        ));
        for kind in ["mousePressed", "mouseReleased"] {
            let event =
                json!({ "type": kind, "x": place[0], "y": place[1], "button": "left", "clickCount": 1 });
            self.call("Input.dispatchMouseEvent", &event);
        }
    }

    /// Types into whatever has the focus.
    pub fn type_text(&mut self, text: &str) {
        self.call("Input.insertText", &json!({ "text": text }));
    }

    /// Presses and releases a key: `Tab`, `Enter`, `Escape`.
    pub fn press(&mut self, key: &str) {
        self.press_for(key, 0);
    }

    /// Holds a key down until it has repeated itself so often.
    pub fn press_for(&mut self, key: &str, repeats: usize) {
        let (code, text) = match key {
            "Tab" => (9, ""),
            "Enter" => (13, "\r"),
            "Escape" => (27, ""),
            "Space" => (32, " "),
            _ => panic!("a key that no test has pressed: {key}"),
        };
        let name = if key == "Space" { " " } else { key };
        let mut send = |kind: &str, text: &str, is_repeated: bool| {
            let event = json!({ "type": kind, "key": name, "code": key, "windowsVirtualKeyCode": code, "text": text, "autoRepeat": is_repeated });
            self.call("Input.dispatchKeyEvent", &event);
        };
        for repeat in 0..=repeats {
            send("keyDown", text, repeat > 0);
        }
        send("keyUp", "", false);
    }

    /// A picture of the whole page, however long, in this file.
    pub fn screenshot(&mut self, file: &Path) {
        let size = self.call("Page.getLayoutMetrics", &json!({}));
        let size = &size["cssContentSize"];
        let clip = json!({ "x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1 });
        let asked = json!({ "format": "png", "captureBeyondViewport": true, "clip": clip });
        let picture = self.call("Page.captureScreenshot", &asked);
        let bytes = base64::prelude::BASE64_STANDARD.decode(picture["data"].as_str().unwrap());
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes.unwrap()).unwrap();
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The messages of the browser, each ended by a zero byte.
fn read(output: impl Read + Send + 'static) -> Receiver<Value> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut output = BufReader::new(output);
        let mut message = Vec::new();
        while std::io::BufRead::read_until(&mut output, 0, &mut message).is_ok_and(|count| count > 0) {
            message.pop();
            let Ok(value) = serde_json::from_slice(&message) else {
                return;
            };
            if sender.send(value).is_err() {
                return;
            }
            message.clear();
        }
    });
    receiver
}
