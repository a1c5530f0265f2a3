//! Every endpoint against every role, and against what the OpenAPI document says of it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Client, Running};

/// What each endpoint asks for. A new one needs a row here.
const TABLE: &str = "
    get /api/v1/archive                                     see
    get /api/v1/archive/holds                               see
    post /api/v1/archive/holds                              administer
    delete /api/v1/archive/holds/{name}                     administer
    post /api/v1/archive/purge                              administer
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
    post /api/v1/messages/search                            read
    post /api/v1/messages/{number}/resend                   operate
    post /api/v1/messages/{number}/edited                   edit
    get /api/v1/openapi.json                                login
    post /api/v1/reload                                     administer
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
