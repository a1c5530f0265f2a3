//! Who may send messages of the archive again: whoever operates as they were, whoever edits as they like.

use serde_json::{Value, json};

use super::{Client, Running};
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
    let administrator = running.bearer(&running.token("root", "administrator"));
    archived_is_chosen_by_content_by_nobody_who_may_not_read(&administrator);
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

/// Holds and purges tell how many they chose.
fn archived_is_chosen_by_content_by_nobody_who_may_not_read(administrator: &Client) {
    let hold = |search: Value| json!({ "name": "court", "reason": "asked for", "messages": search });
    let purge = |search: Value| search;
    let ways: [(&str, &dyn Fn(Value) -> Value); 2] = [("holds", &hold), ("purge", &purge)];
    for (path, body) in ways {
        let asking = |search: Value| {
            let body = body(json!({ "search": search }));
            administrator.ask("POST", &format!("/api/v1/archive/{path}"), Some(&body))
        };
        let refused = asking(json!({ "where": "PID-19 starts with \"999\"" }));
        assert_eq!(refused.code, 403, "{path}: {}", refused.body);
        let answer = asking(json!({ "type": "ORU" }));
        assert_eq!(answer.code, 200, "{path}: {}", answer.body);
    }
}
