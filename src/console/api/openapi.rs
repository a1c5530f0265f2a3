//! `GET /api/v1/openapi.json`: what the API is, for programs. Made from the table, so it tells neither more nor less.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use schemars::JsonSchema;
use schemars::generate::{SchemaGenerator, SchemaSettings};
use serde_json::{Map, Value, json};

use super::table::endpoints;
use crate::console::endpoint::{Audited, Content, Endpoint, Form, Needs};
use crate::console::guard::{CSRF_HEADER, Caller, REASON_HEADER};

/// An OpenAPI document.
#[derive(JsonSchema)]
#[schemars(rename = "OpenApi", extend("type" = "object"))]
pub(super) struct Document(
    #[expect(dead_code, reason = "only its name is used, in the document itself")] Value,
);

pub(super) async fn get(caller: Caller) -> Response {
    axum::Json(document(&endpoints(), caller.cookie_name())).into_response()
}

/// The document of these endpoints, OpenAPI 3.1, where sessions have a cookie of this name, if there are any.
fn document(endpoints: &[Endpoint], cookie: Option<&str>) -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
    });
    let mut forms = settings.into_generator();
    let mut paths: BTreeMap<&str, Map<String, Value>> = BTreeMap::new();
    for endpoint in endpoints {
        let operations = paths.entry(endpoint.path).or_default();
        operations.insert(endpoint.method.to_owned(), operation(endpoint, &mut forms).into());
    }
    // Every endpoint names it, also where nobody comes with one.
    let cookie = cookie.unwrap_or("weir");
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "weir",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What the console does, for programs. Send a token as `Authorization: Bearer …`.",
        },
        "paths": paths,
        "components": {
            "schemas": forms.take_definitions(true),
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer" },
                "session": { "type": "apiKey", "in": "cookie", "name": cookie },
            },
        },
    })
}

fn operation(endpoint: &Endpoint, forms: &mut SchemaGenerator) -> Map<String, Value> {
    let content = match endpoint.content {
        Content::Json(form) => Some(("application/json", json!({ "schema": form(forms) }))),
        // Bytes: OpenAPI 3.1 says so by leaving the schema out.
        Content::Media(media) => Some((media, json!({}))),
        Content::Nothing => None,
    };
    let mut answer = object(json!({ "description": reason(endpoint.code) }));
    if let Some((media, form)) = content {
        answer.insert("content".to_owned(), json!({ media: form }));
    }
    let failure: Form = SchemaGenerator::subschema_for::<super::Failure>;
    let mut operation = object(json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "description": description(endpoint),
        "security": security(endpoint.needs),
        "parameters": parameters(endpoint, forms),
        "responses": {
            endpoint.code.as_str(): answer,
            "default": {
                "description": "It was not done, and why",
                "content": { "application/json": { "schema": failure(forms) } },
            },
        },
        "x-permission": match endpoint.needs {
            Needs::Permission(permission) => json!(permission),
            Needs::Login => json!("login"),
            Needs::Nothing => Value::Null,
        },
        "x-audited-as": endpoint.audited.name(),
    }));
    if let Some(form) = endpoint.takes {
        let body = json!({ "schema": form(forms) });
        let body = json!({ "required": true, "content": { "application/json": body } });
        operation.insert("requestBody".to_owned(), body);
    }
    operation
}

fn reason(code: StatusCode) -> &'static str {
    code.canonical_reason().unwrap_or("Done")
}

/// `get /api/v1/users/{name}` is `get_users_name`.
fn operation_id(endpoint: &Endpoint) -> String {
    let path = endpoint.path.trim_start_matches("/api/v1/");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric());
    let words = std::iter::once(endpoint.method).chain(words.filter(|word| !word.is_empty()));
    words.collect::<Vec<_>>().join("_")
}

fn description(endpoint: &Endpoint) -> String {
    let needs = match endpoint.needs {
        Needs::Nothing => "Anybody may ask".to_owned(),
        Needs::Login => "Whoever is logged in may ask".to_owned(),
        Needs::Permission(permission) => format!("Needs the permission to {permission}"),
    };
    match endpoint.audited.name() {
        Some(name) => format!("{needs}. The audit log names it `{name}`."),
        None => format!("{needs}."),
    }
}

fn security(needs: Needs) -> Value {
    match needs {
        Needs::Nothing => json!([]),
        Needs::Login | Needs::Permission(_) => {
            json!([{ "token": [] }, { "session": [] }])
        }
    }
}

fn parameters(endpoint: &Endpoint, forms: &mut SchemaGenerator) -> Vec<Value> {
    let parameter = |name: &str, place: &str, required: bool, schema: &Value, description: &str| json!({ "name": name, "in": place, "required": required, "schema": schema, "description": description });
    let text = json!({ "type": "string" });
    let steps = endpoint.path.split('/');
    let names = steps.filter_map(|step| step.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = names
        .map(|name| parameter(name, "path", true, &text, "As other answers name it."))
        .collect();
    if let Some(form) = endpoint.asks {
        let form = form(forms);
        let properties = form.get("properties").and_then(Value::as_object);
        for (name, schema) in properties.into_iter().flatten() {
            let description = schema.get("description").and_then(Value::as_str);
            all.push(parameter(
                name,
                "query",
                false,
                schema,
                description.unwrap_or_default(),
            ));
        }
    }
    if endpoint.method != "get" {
        let csrf = "Of a session: its `csrf_token`. Not needed with a token.";
        all.push(parameter(CSRF_HEADER, "header", false, &text, csrf));
    }
    if endpoint.audited != Audited::No {
        let is_needed = matches!(endpoint.audited, Audited::WithReason(_));
        let why = "Why, for the audit log; percent-encoded where it is not plain ASCII.";
        all.push(parameter(REASON_HEADER, "header", is_needed, &text, why));
    }
    all
}

/// The members of an object written in place.
fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(members) => members,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => Map::new(),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_endpoint_is_told_once_and_every_reference_leads_somewhere() {
        let endpoints = endpoints();
        let document = document(&endpoints, None);
        let paths = document["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|path| path.as_object().unwrap().values());
        let ids: BTreeSet<_> = operations
            .map(|operation| operation["operationId"].to_string())
            .collect();
        assert_eq!(ids.len(), endpoints.len());
        for reference in references(&document) {
            assert!(
                document.pointer(reference.trim_start_matches('#')).is_some(),
                "{reference}"
            );
        }
        for schema in document["components"]["schemas"].as_object().unwrap().values() {
            assert!(jsonschema::meta::is_valid(schema), "{schema}");
        }
    }

    fn references(value: &Value) -> Vec<String> {
        match value {
            Value::Object(members) => {
                let own = members.get("$ref").and_then(Value::as_str).map(str::to_owned);
                members.values().flat_map(references).chain(own).collect()
            }
            Value::Array(items) => items.iter().flat_map(references).collect(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
        }
    }
}
