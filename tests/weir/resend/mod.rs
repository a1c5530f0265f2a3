//! Messages of the archive sent again, through the real binary: one, edited, and many.

mod copies;
mod many;
mod one;

use serde_json::{Value, json};

use crate::harness::{Sender, Site, adt, control_id, field, wait_until};

/// One message in, which is acknowledged.
fn accepted(sender: &mut Sender, message: &[u8]) {
    let reply = sender.exchange(message).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
}

/// The numbers of all messages with this control id, the oldest first, once there are so many.
fn numbers(site: &Site, control: &str, count: usize) -> Vec<u64> {
    let search = json!({ "control_id": control });
    let find = || {
        let (code, page) = site.post("/api/v1/messages/search", &search);
        assert_eq!(code, 200, "{page}");
        let found = page["messages"].as_array().unwrap().iter().rev();
        found
            .map(|message| message["number"].as_u64().unwrap())
            .collect::<Vec<_>>()
    };
    wait_until(|| find().len() >= count);
    find()
}

/// A message of the archive, once it is there.
fn shown(site: &Site, number: u64) -> Value {
    let path = format!("/api/v1/messages/{number}");
    wait_until(|| site.ask("GET", &path).0 == 200);
    site.ask("GET", &path).1
}

/// What was sent again of a message.
fn again(site: &Site, number: u64, body: &Value) -> (u16, Value) {
    site.post(&format!("/api/v1/messages/{number}/resend"), body)
}

fn edited(site: &Site, number: u64, body: &Value) -> (u16, Value) {
    site.post(&format!("/api/v1/messages/{number}/edited"), body)
}

/// The audit log as it lies on the disk.
fn audit(site: &Site) -> String {
    let folder = site.folder().join("data/audit");
    let files = std::fs::read_dir(folder).unwrap();
    files
        .map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap())
        .collect()
}

fn ids(messages: &[Vec<u8>]) -> Vec<String> {
    messages.iter().map(|message| control_id(message)).collect()
}

fn text(message: &[u8]) -> String {
    String::from_utf8(message.to_vec()).unwrap()
}

/// What a search sent again would be.
fn preview(site: &Site, body: &Value) -> Value {
    let (code, preview) = site.post("/api/v1/resends", body);
    assert_eq!(code, 200, "{preview}");
    preview
}

/// Starts what was previewed.
fn start(site: &Site, preview: &Value) -> (u16, Value) {
    let body = json!({ "confirmation": preview["confirmation"], "reason": "the day again" });
    site.post(&format!("/api/v1/resends/{}/start", preview["id"]), &body)
}

/// A job, once it is in this state.
fn job_when(site: &Site, id: &Value, is_so: impl Fn(&Value) -> bool) -> Value {
    let path = format!("/api/v1/resends/{id}");
    wait_until(|| is_so(&site.ask("GET", &path).1));
    site.ask("GET", &path).1
}

fn message(control: &str) -> Vec<u8> {
    adt(control)
}
