//! What requests look like: what is taken, what is refused, and what is said of it.

use serde_json::{Value, json};

use super::Running;

#[test]
fn a_body_is_an_object_and_so_is_each_form_in_it() {
    let running = Running::start_set_up();
    let all = ["administrator", "operator", "editor"].map(|role| running.bearer(&running.token(role, role)));
    let [administrator, operator, editor] = &all;
    let chosen = json!([[1], null]);
    for (client, path, body, says) in [
        (
            administrator,
            "users",
            json!(["eve", "some long passphrase", ["viewer"]]),
            "not what is expected here",
        ),
        (editor, "messages/search", json!([]), "not what is expected here"),
        (
            administrator,
            "archive/purge",
            chosen.clone(),
            "not what is expected here",
        ),
        (
            administrator,
            "archive/purge",
            json!({ "search": [] }),
            "`search` is not",
        ),
        (
            administrator,
            "archive/holds",
            json!({ "name": "h", "reason": "r", "messages": chosen }),
            "`messages` is not",
        ),
        (operator, "resends", json!({ "search": [] }), "`search` is not"),
        (
            operator,
            "resends",
            json!({ "search": {}, "limit": 0 }),
            "`limit`: expected at least 1",
        ),
    ] {
        let answer = client.ask("POST", &format!("/api/v1/{path}"), Some(&body));
        assert_eq!(answer.code, 400, "{path} {body}: {}", answer.body);
        assert!(answer.body.contains(says), "{path} {body}: {}", answer.body);
    }
    assert_eq!(
        editor
            .ask("POST", "/api/v1/messages/search", Some(&json!({})))
            .code,
        200
    );
    assert_eq!(
        administrator
            .get("/api/v1/users")
            .json()
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn a_parameter_that_does_not_fit_is_named_and_its_value_is_not() {
    let running = Running::start_set_up();
    let viewer = running.bearer(&running.token("viewer", "viewer"));
    for (path, says) in [
        (
            "messages?since=2026-01-01",
            "`since`: expected received at this time or later, as `2026-01-31T08:05:00Z`",
        ),
        (
            "messages?state=dead&count=abc",
            "`count`: expected a whole number: at most so many",
        ),
        ("messages?count=1&count=2", "expected `count` once"),
        (
            "messages?bogus=1",
            "there is no `bogus`, expected some of `type`, `application`",
        ),
        ("messages?patient=100234", "there is no `patient`"),
        ("messages?ZEBRA%5EANNA", "expected some of `type`"),
        (
            "dead?destination=ehr&x=1",
            "there is no `x`, expected some of `destination`",
        ),
        (
            "destinations/ehr/dead?after=-1",
            "`after`: expected a whole number: those after this number",
        ),
    ] {
        let answer = viewer.get(&format!("/api/v1/{path}"));
        assert_eq!(answer.code, 400, "{path}: {}", answer.body);
        let error = answer.json()["error"].as_str().unwrap().to_owned();
        assert!(error.starts_with("after the `?`: "), "{path}: {error}");
        assert!(error.contains(says), "{path}: {error}");
        for value in ["2026-01-01", "abc", "100234", "ZEBRA", "-1"] {
            assert!(!error.contains(value), "{path}: {error}");
        }
    }
    // What the document promises is what is taken.
    let document = viewer.get("/api/v1/openapi.json").json();
    let parameters = document
        .pointer("/paths/~1api~1v1~1messages/get/parameters")
        .unwrap();
    let names = parameters
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["name"].as_str().unwrap());
    for name in names {
        let value = match name {
            "since" | "until" => "2026-01-31T08:05:00Z",
            "before" | "count" => "5",
            "state" => "dead",
            _ => "x",
        };
        let answer = viewer.get(&format!("/api/v1/messages?{name}={value}"));
        assert_eq!(answer.code, 200, "{name}: {}", answer.body);
    }
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn a_scheme_is_known_in_any_case_and_a_name_without_its_kind() {
    let running = Running::start_set_up();
    let token = running.token("reviser", "auditor");
    let asked = |scheme: &str, path: &str| {
        let client = running
            .stranger()
            .with("Authorization", &format!("{scheme} {token}"));
        client.get(path)
    };
    for scheme in ["Bearer", "bearer", "BEARER"] {
        assert_eq!(asked(scheme, "/api/v1/audit?count=1").code, 200, "{scheme}");
    }
    assert_eq!(asked("Basic", "/api/v1/audit?count=1").code, 401);
    for (who, is_found) in [
        ("reviser", true),
        ("token:reviser", true),
        ("revise", false),
        ("token", false),
    ] {
        let found = asked("Bearer", &format!("/api/v1/audit?who={who}")).json();
        let records: &Vec<Value> = found.as_array().unwrap();
        assert_eq!(!records.is_empty(), is_found, "{who}");
        assert!(records.iter().all(|record| record["who"] == "token:reviser"));
    }
    assert_eq!(running.engine.terminate(), 0);
}
