//! Every endpoint against every role, and against what the OpenAPI document says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Client, Running};
use crate::harness::{Sender, adt, wait_until};

/// What each endpoint asks for. A new one needs a row here.
const TABLE: &str = "
    get /api/v1/archive                                     see
    get /api/v1/archive/holds                               see
    post /api/v1/archive/holds                              administer
    delete /api/v1/archive/holds/{name}                     administer
    get /api/v1/archive/lost                                see
    delete /api/v1/archive/lost                             administer
    post /api/v1/archive/purge                              administer
    post /api/v1/archive/purge/preview                      administer
    get /api/v1/audit                                       audit
    get /api/v1/audit/export                                audit
    get /api/v1/audit/verification                          audit
    get /api/v1/backup                                      administer
    get /api/v1/dead                                        see
    delete /api/v1/destinations/{name}/dead/{sequence}      operate
    get /api/v1/destinations/{name}/dead/{sequence}         read
    post /api/v1/destinations/{name}/dead/{sequence}        operate
    get /api/v1/destinations/{name}/dead                    see
    get /api/v1/destinations/{name}/queue                   see
    delete /api/v1/destinations/{name}/queue/{sequence}     operate
    get /api/v1/destinations/{name}/queue/{sequence}        read
    post /api/v1/destinations/{name}/{order}                operate
    get /api/v1/events                                      see
    get /api/v1/history                                     see
    get /api/v1/messages                                    see
    get /api/v1/messages/{number}                           read
    get /api/v1/messages/{number}/raw                       read
    get /api/v1/messages/{number}/sent/{destination}        read
    get /api/v1/messages/{number}/text                      read
    post /api/v1/messages/check                             edit
    post /api/v1/messages/search                            read
    post /api/v1/messages/{number}/resend                   operate
    post /api/v1/messages/{number}/edited                   edit
    get /api/v1/openapi.json                                login
    post /api/v1/reload                                     administer
    post /api/v1/resends                                    operate
    get /api/v1/resends                                     see
    get /api/v1/resends/{id}                                see
    post /api/v1/resends/{id}/start                         operate
    delete /api/v1/resends/{id}                             operate
    get /api/v1/routes                                      see
    get /api/v1/routes/{name}                               see
    post /api/v1/routes/{name}/cases                        read
    post /api/v1/routes/{name}/try                          edit
    delete /api/v1/session                                  login
    get /api/v1/session                                     anybody
    post /api/v1/session                                    anybody
    post /api/v1/session/password                           login
    post /api/v1/setup                                      anybody
    get /api/v1/alerts                                      see
    get /api/v1/status                                      see
    get /api/v1/tokens                                      administer
    post /api/v1/tokens                                     administer
    delete /api/v1/tokens/{name}                            administer
    get /api/v1/users                                       administer
    post /api/v1/users                                      administer
    patch /api/v1/users/{name}                              administer
    delete /api/v1/users/{name}                             administer
";

/// What each role may.
const ROLES: [(&str, &[&str]); 6] = [
    ("viewer", &["see"]),
    ("operator", &["see", "operate"]),
    ("reader", &["see", "read"]),
    ("editor", &["see", "read", "edit"]),
    ("administrator", &["see", "administer"]),
    ("auditor", &["see", "audit"]),
];

/// Method and path, and what it asks for.
type Row = (&'static str, &'static str, &'static str);

fn rows() -> Vec<Row> {
    let lines = TABLE.lines().filter(|line| !line.trim().is_empty());
    lines
        .map(|line| {
            let mut words = line.split_whitespace();
            (
                words.next().unwrap(),
                words.next().unwrap(),
                words.next().unwrap(),
            )
        })
        .collect()
}

/// An address of that form, of what there is nothing at.
fn address(path: &str) -> String {
    path.replace("{name}", "ehr")
        .replace("{sequence}", "999")
        .replace("{number}", "999")
        .replace("{id}", "999")
        .replace("{destination}", "ehr")
        .replace("{order}", "retry")
}

#[test]
fn every_endpoint_is_open_to_those_roles_that_may_and_to_no_other() {
    let running = Running::start_set_up();
    let document = document(&running);
    let documented: BTreeSet<(String, String, String)> = operations(&document)
        .map(|(method, path, operation)| {
            let permission = operation["x-permission"].as_str().unwrap_or("anybody");
            (method.to_owned(), path.to_owned(), permission.to_owned())
        })
        .collect();
    let owned = |(method, path, permission): Row| (method.to_owned(), path.to_owned(), permission.to_owned());
    let expected: BTreeSet<_> = rows().into_iter().map(owned).collect();
    assert_eq!(documented, expected, "the document and the table");

    let mut callers: BTreeMap<&str, (Client, &[&str])> = BTreeMap::new();
    for (role, permissions) in ROLES {
        let client = running.bearer(&running.token(role, role));
        callers.insert(role, (client.with("x-weir-reason", "a test"), permissions));
    }
    for (method, path, needed) in rows() {
        let ask = |client: &Client| client.ask(&method.to_uppercase(), &address(path), None);
        let nobody = ask(&running.stranger());
        let is_open = needed == "anybody";
        assert_eq!(
            nobody.code == 401,
            !is_open,
            "{method} {path} for nobody: {}",
            nobody.body
        );
        for (role, (client, permissions)) in &callers {
            let answer = ask(client);
            let may = is_open || needed == "login" || permissions.contains(&needed);
            let is_refused = answer.code == 403
                && answer.json()["error"] == format!("this needs the permission to {needed}");
            assert_eq!(
                is_refused, !may,
                "{method} {path} for {role}: {} {}",
                answer.code, answer.body
            );
            assert_ne!(answer.code, 405, "{method} {path}");
            assert!(
                !answer.body.contains("there is no /api"),
                "{method} {path}: {}",
                answer.body
            );
            check_form(&document, method, path, &answer.head, answer.code, &answer.body);
        }
    }
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn what_is_made_and_done_has_the_form_the_document_says() {
    let running = Running::start_set_up();
    let document = document(&running);
    let anna = running.logged_in("anna");
    let token = json!({ "name": "bridge", "roles": ["viewer"], "days": 7 });
    let user = json!({ "name": "bert", "password": super::PASSWORD, "roles": ["reader", "operator"] });
    let change = json!({ "roles": ["viewer"] });
    for (method, path, body) in [
        ("post", "/api/v1/tokens", Some(&token)),
        ("get", "/api/v1/tokens", None),
        ("post", "/api/v1/users", Some(&user)),
        ("patch", "/api/v1/users/{name}", Some(&change)),
        ("get", "/api/v1/users", None),
        ("get", "/api/v1/session", None),
        ("post", "/api/v1/reload", None),
    ] {
        let place = path.replace("{name}", "bert");
        let answer = anna.ask(&method.to_uppercase(), &place, body);
        assert!(answer.code < 300, "{method} {path}: {}", answer.body);
        check_form(&document, method, path, &answer.head, answer.code, &answer.body);
    }
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn whom_messages_are_about_is_told_to_whom_may_read_and_that_is_written_down() {
    let running = Running::start_set_up();
    let mut sender = Sender::connect(running.engine.listener("in"));
    let message = String::from_utf8(adt("S1")).unwrap();
    // Not in UTF-8: what the archive knows it by is read in the message's character set.
    let message = message
        .replace("TESTPATIENT", "M\u{fc}LLER")
        .replace("^101^A", &format!("^101^A{}V-1", "|".repeat(16)));
    let message = format!("{message}ORC|NW|P-1|F-1\rOBR|1|P-1|F-2\r");
    let latin: Vec<u8> = message
        .chars()
        .map(|character| u8::try_from(character).unwrap())
        .collect();
    assert!(sender.exchange(&latin).is_some());
    running.receiver.wait_for(1);
    let [viewer, operator, reader] =
        ["viewer", "operator", "reader"].map(|role| running.bearer(&running.token(role, role)));
    let listed = |client: &Client| client.get("/api/v1/messages").json();
    wait_until(|| listed(&viewer)["messages"][0]["control_id"] == "S1");
    // The list without content stays without it, for whoever asks, and leaves no record of a look.
    for client in [&viewer, &operator, &reader] {
        let list = listed(client);
        assert_eq!(list["messages"][0].get("subject"), None, "{list}");
        assert!(!list.to_string().contains("LLER"), "{list}");
    }
    let looks = || {
        let records = running.records().into_iter();
        let looks = records.filter(|record| record["what"] == "message.search");
        looks
            .map(|record| (record["who"].clone(), record["outcome"].clone()))
            .collect::<Vec<_>>()
    };
    assert_eq!(looks(), []);
    let search = |client: &Client, asked: Value| client.ask("POST", "/api/v1/messages/search", Some(&asked));
    for client in [&viewer, &operator] {
        let refused = search(client, json!({}));
        assert_eq!(refused.code, 403);
        assert!(!refused.body.contains("LLER"), "{}", refused.body);
    }
    let found = search(&reader, json!({})).json();
    let subject = &found["messages"][0]["subject"];
    assert_eq!(subject["name"], "M\u{fc}LLER, ANNA");
    assert_eq!(
        looks(),
        [
            ("token:viewer".into(), "refused".into()),
            ("token:operator".into(), "refused".into()),
            ("token:reader".into(), "allowed".into()),
        ]
    );
    // What is shown of a message finds it.
    let kinds = [
        ("patient", "patients", json!(["100234"])),
        ("account", "accounts", json!(["V-1"])),
        ("order", "orders", json!(["P-1", "F-1", "F-2"])),
    ];
    for (asked, shown, expected) in kinds {
        assert_eq!(subject[shown], expected, "{shown}");
        for value in subject[shown].as_array().unwrap() {
            let found = search(&reader, json!({ asked: value })).json();
            assert_eq!(found["messages"][0]["control_id"], "S1", "{asked} {value}");
        }
    }
    assert_eq!(
        search(&reader, json!({ "name": subject["name"] })).json()["messages"][0]["control_id"],
        "S1"
    );
    assert_eq!(running.engine.terminate(), 0);
}

fn document(running: &Running) -> Value {
    let (code, document) = running.site.ask("GET", "/api/v1/openapi.json");
    assert_eq!(code, 200);
    assert_eq!(document["openapi"], "3.1.0");
    document
}

fn operations(document: &Value) -> impl Iterator<Item = (&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    paths.flat_map(|(path, operations)| {
        let operations = operations.as_object().unwrap().iter();
        operations.map(move |(method, operation)| (method.as_str(), path.as_str(), operation))
    })
}

/// Whether this answer is one that the document announces.
fn check_form(document: &Value, method: &str, path: &str, head: &str, code: u16, body: &str) {
    let place = format!("{method} {path}: {code} {body}");
    let responses = &document["paths"][path][method]["responses"];
    let said = responses.get(code.to_string());
    // A reload that is refused answers 409 in its own form.
    let said = said.unwrap_or(&responses["default"]);
    let Some(content) = said["content"].as_object() else {
        assert_eq!(body, "", "{place}");
        return;
    };
    let (media, form) = content.iter().next().unwrap();
    assert!(
        head.to_ascii_lowercase()
            .contains(&format!("content-type: {media}")),
        "{place}: {head}"
    );
    if media == "application/json" {
        let mut schema = form["schema"].clone();
        schema["components"] = document["components"].clone();
        let validator = jsonschema::validator_for(&schema).unwrap();
        let value: Value = serde_json::from_str(body).unwrap();
        let faults: Vec<_> = validator
            .iter_errors(&value)
            .map(|fault| fault.to_string())
            .collect();
        assert!(faults.is_empty(), "{place}: {faults:?}");
    }
}
