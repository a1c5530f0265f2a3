//! One piece of a site (a listener, a step, a route) from its YAML value to its `Settings`.
//!
//! Serde stops at the first thing it does not like; this goes on: the wrong key is told, taken out, and the
//! rest is read again, so that every wrong key of a piece is told at once. Words serde speaks to programmers
//! become words for people who write sites.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use serde_yaml::Value;

use crate::problem::{Place, Problem, ProblemName, Problems};

/// How often a piece is read again: more wrong keys than this in one piece are told after some are corrected.
const ATTEMPTS_MAX: usize = 50;

/// Reads a piece. `None` if anything but an unknown key was wrong; then it is told.
pub(super) fn read<T: DeserializeOwned>(
    place: &Place<'_>,
    mut value: Value,
    problems: &mut Problems,
) -> Option<T> {
    let mut only_unknown_keys = true;
    // Keys that were told already: taken out, or suggested for one that was.
    let mut told: Vec<Vec<Key>> = Vec::new();
    for _ in 0..ATTEMPTS_MAX {
        let error = match serde_path_to_error::deserialize::<_, T>(value.clone()) {
            Ok(settings) => return Some(settings).filter(|_| only_unknown_keys),
            Err(error) => error,
        };
        let mut path: Vec<Key> = error.path().iter().filter_map(Key::of).collect();
        let message = error.inner().to_string();
        if let Some((key, right)) = unknown_field(&message) {
            // Whether the path ends with the unknown key itself depends on how the piece is read.
            if path.last() != Some(&Key::Name(key.clone())) {
                path.push(Key::Name(key.clone()));
            }
            let problem = unknown_key(&key, &right).at_key(&descend(place, &path));
            told.extend(problem.suggestion.clone().map(|right| sibling(&path, right)));
            problems.push(problem);
        } else if let Some(key) = message.strip_prefix("missing field ").and_then(|rest| quoted(rest).pop()) {
            let place = descend(place, &path);
            path.push(Key::Name(key.clone()));
            if !told.contains(&path) {
                problems.push(missing_key(&key, &place));
            }
            return None;
        } else {
            only_unknown_keys = false;
            problems.push(wrong_value(&message).at(&descend(place, &path)));
            told.push(path.clone());
        }
        if !take_out(&mut value, &path) {
            return None;
        }
    }
    None
}

/// An unknown key: with the right ones, the nearest first.
pub(super) fn unknown_key<'a>(key: &str, right: &[impl AsRef<str> + 'a]) -> Problem {
    let list: Vec<String> = right.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    let help = match list.as_slice() {
        [] => "there are no keys here".to_owned(),
        [one] => format!("the only key here is {one}"),
        [first @ .., last] => format!("the keys here are {} and {last}", first.join(", ")),
    };
    Problem::error(ProblemName::UnknownKey, format!("there is no key `{key}` here"))
        .nearest(key, right.iter().map(AsRef::as_ref))
        .help(help)
}

/// A key that has no default.
pub(super) fn missing_key(key: &str, place: &Place<'_>) -> Problem {
    Problem::error(ProblemName::MissingKey, format!("`{key}` is missing"))
        .at_key(place)
        .label(format!("needs `{key}`"))
}

fn sibling(path: &[Key], name: String) -> Vec<Key> {
    let parent = path.iter().take(path.len().saturating_sub(1)).cloned();
    parent.chain([Key::Name(name)]).collect()
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Key {
    Name(String),
    Index(usize),
}

impl Key {
    fn of(segment: &Segment) -> Option<Key> {
        match segment {
            Segment::Seq { index } => Some(Key::Index(*index)),
            Segment::Map { key } => Some(Key::Name(key.clone())),
            Segment::Enum { variant } => Some(Key::Name(variant.clone())),
            Segment::Unknown => None,
        }
    }
}

fn descend<'a>(place: &Place<'a>, path: &[Key]) -> Place<'a> {
    path.iter().fold(place.clone(), |place, key| match key {
        Key::Name(name) => place.key(name),
        Key::Index(index) => place.index(*index),
    })
}

/// Takes the innermost key of the path out of the value; whether there was one.
fn take_out(value: &mut Value, path: &[Key]) -> bool {
    let Some(last) = path.iter().rposition(|key| matches!(key, Key::Name(_))) else { return false };
    let mut at = value;
    for (depth, key) in path.iter().enumerate() {
        // The kind of a listener, destination or step is kept as a tag.
        if let Value::Tagged(tagged) = at {
            if depth == last {
                return false;
            }
            at = &mut tagged.value;
            continue;
        }
        let next = match key {
            Key::Name(name) if depth == last => {
                return at.as_mapping_mut().is_some_and(|map| map.shift_remove(name.as_str()).is_some());
            }
            Key::Name(name) => at.get_mut(name.as_str()),
            Key::Index(index) => at.get_mut(*index),
        };
        let Some(next) = next else { return false };
        at = next;
    }
    false
}

/// The key and the right ones, out of serde's "unknown field `x`, expected one of `a`, `b`".
fn unknown_field(message: &str) -> Option<(String, Vec<String>)> {
    let rest = message.strip_prefix("unknown field ")?;
    let mut words = quoted(rest).into_iter();
    Some((words.next()?, words.collect()))
}

/// Every text between backticks.
fn quoted(text: &str) -> Vec<String> {
    text.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn wrong_value(message: &str) -> Problem {
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let mut words = quoted(rest).into_iter();
        let wrong = words.next().unwrap_or_default();
        let right: Vec<String> = words.collect();
        let list = right.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
        return Problem::error(ProblemName::InvalidValue, format!("`{wrong}` is not one of {list}"))
            .nearest(&wrong, right.iter().map(String::as_str));
    }
    for (prefix, name) in
        [("invalid type: ", ProblemName::WrongType), ("invalid value: ", ProblemName::InvalidValue)]
    {
        if let Some((found, expected)) =
            message.strip_prefix(prefix).and_then(|rest| rest.split_once(", expected "))
        {
            let expected = expected_words(expected);
            return Problem::error(name, format!("found {}, expected {expected}", found_words(found)))
                .label(format!("expected {expected}"));
        }
    }
    Problem::error(ProblemName::InvalidValue, message)
}

fn found_words(found: &str) -> String {
    match found {
        "map" => "a mapping".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" => "nothing".to_owned(),
        _ => {
            let text = found.strip_prefix("string \"").and_then(|rest| rest.strip_suffix('"'));
            match (text, found.strip_prefix("integer ")) {
                (Some(text), _) => format!("the text `{text}`"),
                (_, Some(number)) => format!("the number {number}"),
                _ => found.replace("boolean ", "the truth value "),
            }
        }
    }
}

fn expected_words(expected: &str) -> String {
    let number_max = match expected {
        "u8" => Some(u64::from(u8::MAX)),
        "u16" => Some(u64::from(u16::MAX)),
        "u32" => Some(u64::from(u32::MAX)),
        _ => None,
    };
    match (expected, number_max) {
        (_, Some(max)) => format!("a whole number from 0 to {max}"),
        ("u64" | "usize", _) => "a whole number".to_owned(),
        ("a boolean", _) => "`true` or `false`".to_owned(),
        ("a string", _) => "a text".to_owned(),
        ("a sequence", _) => "a list".to_owned(),
        ("a map", _) => "a mapping of keys and values".to_owned(),
        _ if expected.starts_with("struct ") => "a mapping of keys and values".to_owned(),
        _ => expected.to_owned(),
    }
}
