//! Who may send messages of the archive again: whoever operates as they were, whoever edits as they like.

use serde_json::{Value, json};

use super::Running;
use crate::harness::{Sender, adt, field, wait_until};

#[test]
fn whoever_operates_sends_again_whoever_edits_sends_what_they_write_and_both_say_why() {
    let running = Running::start_set_up();
    let mut sender = Sender::connect(running.engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("M1")).unwrap(), "MSA", 1), "AA");
    let client = |role: &str| running.bearer(&running.token(role, role));
    let [viewer, operator, editor] = ["viewer", "operator", "editor"].map(client);
    wait_until(|| viewer.get("/api/v1/messages").json()["messages"][0].is_object());
    let again = json!({ "reason": "the ward lost it" });
    let text = String::from_utf8(adt("M1")).unwrap().replace("ANNA", "ANNABEL");
    let edited = json!({ "reason": "her name", "text": text });
    let (resend, edit) = ("/api/v1/messages/1/resend", "/api/v1/messages/1/edited");
    for (client, path, body, code) in [
        (&viewer, resend, &again, 403),
        (&editor, resend, &again, 403),
        (&operator, resend, &again, 200),
        (&operator, edit, &edited, 403),
        (&editor, edit, &edited, 200),
        (&operator, resend, &json!({}), 400),
        (&operator, resend, &json!({ "reason": " " }), 400),
    ] {
        let answer = client.ask("POST", path, Some(body));
        assert_eq!(answer.code, code, "{path}: {}", answer.body);
    }
    running.receiver.wait_for(3);
    // Counts of what is found by content would tell content.
    let search = |search: serde_json::Value| json!({ "search": search });
    let preview = |body| operator.ask("POST", "/api/v1/resends", Some(&body));
    let refused = preview(search(json!({ "patient": "100234" })));
    assert_eq!(refused.code, 403);
    assert!(
        refused.body.contains("needs the permission to read"),
        "{}",
        refused.body
    );
    let audit = std::fs::read_to_string(running.site.folder().join("data/audit/000000000001.jsonl")).unwrap();
    let records = audit
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap());
    let previews: Vec<Value> = records
        .filter(|record| record["what"] == "resend.preview")
        .collect();
    let [refused] = previews.as_slice() else {
        panic!("expected one record of the refusal: {previews:?}");
    };
    assert_eq!(
        (&refused["outcome"], &refused["detail"]),
        (&json!("refused"), &json!("messages by patient"))
    );
    let found = preview(search(json!({ "type": "ADT" })));
    assert_eq!(found.code, 200, "{}", found.body);
    let start = format!("/api/v1/resends/{}/start", found.json()["id"]);
    let body = json!({ "confirmation": found.json()["confirmation"], "reason": "the day again" });
    assert_eq!(viewer.ask("POST", &start, Some(&body)).code, 403);
    assert_eq!(operator.ask("POST", &start, Some(&body)).code, 200);
    let count = usize::try_from(found.json()["count"].as_u64().unwrap()).unwrap();
    running.receiver.wait_for(3 + count);
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn whoever_may_not_read_learns_nothing_from_what_is_held_or_deleted() {
    let running = Running::start_set_up();
    let administrator = running.bearer(&running.token("root", "administrator"));
    let hold =
        |search: &Value| json!({ "name": "court", "reason": "asked for", "messages": { "search": search } });
    let purge = |search: &Value| json!({ "search": search });
    let by_content = json!({ "where": "PID-19 starts with \"999\"" });
    let by_type = json!({ "type": "ORU" });
    for (path, of_content, of_type) in [
        ("/api/v1/archive/holds", hold(&by_content), hold(&by_type)),
        ("/api/v1/archive/purge", purge(&by_content), purge(&by_type)),
        (
            "/api/v1/archive/purge/preview",
            purge(&by_content),
            purge(&by_type),
        ),
    ] {
        let refused = administrator.ask("POST", path, Some(&of_content));
        assert_eq!(refused.code, 403, "{path}: {}", refused.body);
        let answer = administrator.ask("POST", path, Some(&of_type));
        assert_eq!(answer.code, 200, "{path}: {}", answer.body);
    }
    let refusals = running.records();
    let refusals = refusals.iter().filter(|record| record["outcome"] == "refused");
    assert_eq!(refusals.count(), 3, "and all are written down");
    assert_eq!(running.engine.terminate(), 0);
}
