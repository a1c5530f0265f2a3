//! Every setting of a site by its path, with what it is for: read out of the schema, so it is as true as that.
//!
//! For people who ask at the prompt; loading a site never looks here.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use crate::units;

/// One setting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setting {
    /// Its path without the names that a site gives, as `destinations.retry.first`.
    pub path: String,
    /// Its doc comment.
    pub description: String,
    /// What may stand there, in words.
    pub value: String,
    /// What it is when left out, if that can be written down.
    pub default: Option<String>,
    /// Whether it has to be given.
    pub is_required: bool,
    /// Whether it is the key that says of what kind its mapping is.
    pub is_kind: bool,
    /// The words it takes, each with its meaning.
    pub choices: Vec<(String, String)>,
}

impl Setting {
    /// The last part of the path: the key as it is typed.
    pub fn key(&self) -> &str {
        self.path.rsplit('.').next().unwrap_or(&self.path)
    }

    /// The path of the mapping it stands in; empty for a section.
    pub fn parent(&self) -> &str {
        self.path.rsplit_once('.').map_or("", |(parent, _)| parent)
    }
}

/// Every setting there is, in the order of the types that read them.
pub fn settings() -> Vec<Setting> {
    let schema = super::schema().to_value();
    let mut walk = Walk::default();
    walk.keys_of(&schema, "", false);
    walk.found
}

/// Where pieces are told that may stand in other places too.
const TOLD_ONCE: [&str; 2] = ["routes.steps", "routes.cases"];

/// The way through the schema.
#[derive(Default)]
struct Walk {
    /// Paths already found: a key beside several kinds stands in the schema once for each.
    seen: BTreeSet<String>,
    found: Vec<Setting>,
}

impl Walk {
    /// Takes every key below this schema; `is_one_of_kinds` says that its required key is the kind.
    ///
    /// A reference is not followed: nothing has one but steps within steps.
    fn keys_of(&mut self, schema: &Value, path: &str, is_one_of_kinds: bool) {
        let last = path.rsplit('.').next();
        let told = TOLD_ONCE.into_iter().find(|told| told.rsplit('.').next() == last);
        if told.is_some_and(|told| told != path) {
            return;
        }
        // The kind comes first; other keys may be required beside it.
        let required: Vec<&str> = texts(schema.get("required"));
        for (key, value) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let path = if path.is_empty() {
                key.clone()
            } else {
                format!("{path}.{key}")
            };
            if !self.seen.insert(path.clone()) {
                continue;
            }
            let is_required = required.contains(&key.as_str());
            let is_kind = is_one_of_kinds && required.first() == Some(&key.as_str());
            let words = if is_kind { schema } else { value };
            self.found
                .push(setting(path.clone(), words, value, is_required, is_kind));
            self.keys_of(value, &path, false);
        }
        for part in ["additionalProperties", "items"] {
            if let Some(below) = schema.get(part).filter(|below| below.is_object()) {
                self.keys_of(below, path, false);
            }
        }
        let are_kinds = alternatives(schema).all(|alternative| alternative.get("properties").is_some());
        for alternative in alternatives(schema) {
            self.keys_of(alternative, path, are_kinds);
        }
    }
}

fn setting(path: String, words: &Value, value: &Value, is_required: bool, is_kind: bool) -> Setting {
    let choices: Vec<(String, String)> = alternatives(value)
        .filter_map(|choice| {
            Some((
                choice.get("const")?.as_str()?.to_owned(),
                text(choice, "description"),
            ))
        })
        .collect();
    Setting {
        path,
        description: text(words, "description"),
        default: value
            .get("default")
            .filter(|default| !default.is_null())
            .map(plain),
        value: if choices.is_empty() {
            in_words(value)
        } else {
            "one of these words".to_owned()
        },
        is_required,
        is_kind,
        choices,
    }
}

/// What may stand there, for people.
fn in_words(schema: &Value) -> String {
    if let Some(Value::Array(words)) = schema.get("enum") {
        let words: Vec<String> = words.iter().map(|word| format!("`{}`", plain(word))).collect();
        return words.join(", ");
    }
    let types: Vec<&str> = match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        several => texts(several),
    };
    let pattern = schema.get("pattern").and_then(Value::as_str);
    let words = match types.as_slice() {
        ["string", ..] if pattern == Some(units::DURATION_PATTERN) => "a duration, as `30s`",
        ["string", ..] if pattern == Some(units::SIZE_PATTERN) => "a size, as `16MiB`",
        ["string", ..] => "a text",
        ["integer" | "number", ..] => {
            let least = schema.get("minimum").and_then(Value::as_u64).unwrap_or(0);
            return format!("a whole number from {least}");
        }
        ["boolean", ..] => "`true` or `false`",
        ["array", ..] => "a list",
        ["object", ..] => "a mapping of keys and values",
        _ => return of_alternatives(schema),
    };
    words.to_owned()
}

fn of_alternatives(schema: &Value) -> String {
    let mut words: Vec<String> = Vec::new();
    let is_something = |alternative: &&Value| alternative.get("type") != Some(&"null".into());
    for alternative in alternatives(schema).filter(is_something) {
        let word = in_words(alternative);
        if !words.contains(&word) {
            words.push(word);
        }
    }
    words.join(" or ")
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    let parts = ["oneOf", "anyOf"].into_iter();
    parts.filter_map(|part| schema.get(part)?.as_array()).flatten()
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn text(schema: &Value, key: &str) -> String {
    let map: Option<&Map<String, Value>> = schema.as_object();
    map.and_then(|map| map.get(key)?.as_str())
        .unwrap_or_default()
        .to_owned()
}

fn texts(list: Option<&Value>) -> Vec<&str> {
    list.and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(path: &str) -> Setting {
        let all = settings();
        all.into_iter().find(|setting| setting.path == path).unwrap()
    }

    #[test]
    fn a_setting_knows_what_it_takes() {
        let check = |path: &str, value: &str, default: Option<&str>| {
            let setting = found(path);
            assert_eq!(
                (setting.value.as_str(), setting.default.as_deref()),
                (value, default),
                "{path}"
            );
            assert!(
                setting.description.ends_with('.'),
                "{path}: {}",
                setting.description
            );
        };
        check("engine.data", "a text", None);
        check("engine.read_bytes_max", "a size, as `16MiB`", Some("256MiB"));
        check("destinations.retry.first", "a duration, as `30s`", Some("1s"));
        check("destinations.unsettled_max", "a whole number from 1", Some("64"));
        check(
            "listeners.mllp.connections_max",
            "a whole number from 1",
            Some("256"),
        );
        check("listeners.mllp.acknowledgment", "one of these words", None);
        check(
            "destinations.mllp.unsafe_no_acknowledgment",
            "`true` or `false`",
            Some("false"),
        );
        check("routes.from", "a text or a list", None);
        check(
            "routes.steps.translate.otherwise",
            "`fail`, `keep`, `clear` or a mapping of keys and values",
            None,
        );
        check("routes.steps.when", "a text", None);
        check("routes.steps", "a list", None);
        assert!(found("routes.from").is_required);
        assert!(found("listeners.mllp").is_kind && !found("listeners.permit").is_kind);
        assert_eq!(found("listeners.unrouted").choices.len(), 2);
    }

    #[test]
    fn every_setting_is_explained_and_told_once() {
        let all = settings();
        let mut paths: Vec<&str> = all.iter().map(|setting| setting.path.as_str()).collect();
        for setting in &all {
            assert!(
                !setting.description.is_empty() && !setting.value.is_empty(),
                "{setting:?}"
            );
        }
        let count = paths.len();
        paths.sort_unstable();
        paths.dedup();
        assert_eq!(paths.len(), count);
    }
}
