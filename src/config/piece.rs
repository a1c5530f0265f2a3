//! One piece of a site (a listener, a step, a route) from its YAML value to its `Settings`.
//!
//! Serde stops at the first thing it does not like; this goes on: the wrong key is told, taken out, and the
//! rest is read again, so that every wrong key of a piece is told at once. Words serde speaks to programmers
//! become words for people who write sites.

use serde::de::DeserializeOwned;
use serde_path_to_error::Segment;
use serde_yaml::Value;

use super::yaml;
use crate::problem::{Content, Node, Place, Problem, ProblemName, Problems, nearest};

/// How often a piece is read again: more wrong keys than this in one piece are told after some are corrected.
const ATTEMPTS_MAX: usize = 50;

/// A piece that says by one key what kind it is, taken apart.
pub(super) struct Parts {
    /// The key.
    pub(super) kind: String,
    /// What stands under it.
    pub(super) value: Value,
    /// The keys beside it.
    pub(super) common: Value,
}

/// A piece as it was typed, to see whether it has changed. `Debug` does not print it: it may be long.
#[derive(Clone, PartialEq)]
pub struct AsTyped(Value);

impl AsTyped {
    /// One of its keys, with what stands there.
    pub(super) fn only(value: &Value, key: &str) -> AsTyped {
        let entry = value.get(key).map(|value| (Value::from(key), value.clone()));
        AsTyped(Value::Mapping(entry.into_iter().collect()))
    }

    /// All of it.
    pub(super) fn whole(value: &Value) -> AsTyped {
        AsTyped(value.clone())
    }

    /// All but what stands under one of the keys.
    pub(super) fn without(value: &Value, key: &str) -> AsTyped {
        let mut value = value.clone();
        if let Some(map) = value.as_mapping_mut() {
            map.shift_remove(key);
        }
        AsTyped(value)
    }
}

impl std::fmt::Debug for AsTyped {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("AsTyped")
    }
}

/// Takes a piece apart into its kind and the keys beside it. Told as problems: no kind, several kinds, and keys
/// that are neither.
pub(super) fn kind_and_common(
    place: &Place<'_>,
    value: Value,
    kinds: &[String],
    common_keys: &[&str],
    problems: &mut Problems,
) -> Option<Parts> {
    let Value::Mapping(map) = value else {
        let message = format!("expected a mapping with one of the keys {}", list(kinds, "or"));
        problems.push(Problem::error(ProblemName::WrongType, message).at(place));
        return None;
    };
    let mut found: Option<(String, Value)> = None;
    let mut common = serde_yaml::Mapping::new();
    let mut has_unknown = false;
    // A key without a value: what follows it may have been meant to stand below it.
    let mut empty: Option<String> = None;
    for (key, value) in map {
        let Value::String(name) = &key else { continue };
        if common_keys.contains(&name.as_str()) {
            common.insert(key, value);
        } else if !kinds.contains(name) {
            has_unknown = true;
            let right: Vec<&str> = kinds
                .iter()
                .map(String::as_str)
                .chain(common_keys.iter().copied())
                .collect();
            match &empty {
                Some(above) if !problems.is_full() && nearest(name, right.iter().copied()).is_none() => {
                    problems.push(not_below(name, above).at_key(&place.key(name)));
                }
                _ => push_unknown_key(name, &right, || place.key(name), problems),
            }
        } else if let Some((first, _)) = &found {
            let message = format!("`{first}` and `{name}` cannot stand in one entry");
            let problem = Problem::error(ProblemName::SeveralKinds, message).at_key(&place.key(name));
            problems.push(
                problem
                    .related_key(&place.key(first), "the first")
                    .help("make two entries of them"),
            );
        } else {
            empty = value.is_null().then(|| name.clone());
            found = Some((name.clone(), value));
        }
    }
    // A misspelt kind has been told.
    if found.is_none() && !has_unknown {
        let message = format!("expected one of the keys {}", list(kinds, "or"));
        problems.push(Problem::error(ProblemName::MissingKind, message).at_key(place));
    }
    found.map(|(kind, value)| Parts {
        kind,
        value,
        common: Value::Mapping(common),
    })
}

/// Reads what stands under the key that says the kind; `taken_out` as for [`read_with`].
pub(super) fn read_kind<T: DeserializeOwned>(
    place: &Place<'_>,
    kind: &str,
    value: Value,
    taken_out: &[&str],
    problems: &mut Problems,
) -> Option<T> {
    // Serde finds the variant of an enum in the tag of a value.
    let tag = serde_yaml::value::Tag::new(kind);
    let tagged = Value::Tagged(Box::new(serde_yaml::value::TaggedValue { tag, value }));
    read_with(place, tagged, taken_out, problems)
}

/// The kinds an enum of settings knows, as serde names them when asked for one there is not.
pub(super) fn variants<T: DeserializeOwned>() -> Vec<String> {
    let tag = serde_yaml::value::Tag::new("?");
    let unknown = Value::Tagged(Box::new(serde_yaml::value::TaggedValue {
        tag,
        value: Value::Null,
    }));
    let message = serde_yaml::from_value::<T>(unknown)
        .err()
        .map(|error| error.to_string());
    message
        .map(|message| quoted(&message).into_iter().skip(1).collect())
        .unwrap_or_default()
}

/// Reads a piece. `None` if anything but an unknown key was wrong; then it is told.
pub(super) fn read<T: DeserializeOwned>(
    place: &Place<'_>,
    value: Value,
    problems: &mut Problems,
) -> Option<T> {
    read_with(place, value, &[], problems)
}

/// Like [`read`], for a piece some of whose keys were taken out before: they are right too.
pub(super) fn read_with<T: DeserializeOwned>(
    place: &Place<'_>,
    mut value: Value,
    taken_out: &[&str],
    problems: &mut Problems,
) -> Option<T> {
    let mut only_unknown_keys = true;
    // Keys that were told already: taken out, or suggested for one that was.
    let mut told: Vec<Vec<Key>> = Vec::new();
    for _ in 0..ATTEMPTS_MAX {
        let error = match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(settings) => return Some(settings).filter(|_| only_unknown_keys),
            Err(error) => error,
        };
        let mut path: Vec<Key> = error.path().iter().filter_map(Key::of).collect();
        let message = error.inner().to_string();
        if let Some((key, mut right)) = unknown_field(&message) {
            // The top of a piece: below the tag of its kind, if it has one.
            if path.len() <= 1 + usize::from(matches!(value, Value::Tagged(_))) {
                right.extend(taken_out.iter().map(|&key| key.to_owned()));
            }
            // Whether the path ends with the unknown key itself depends on how the piece is read.
            if path.last() != Some(&Key::Name(key.clone())) {
                path.push(Key::Name(key.clone()));
            }
            let problem = unknown_key(&key, &right).at_key(&descend(place, &path));
            told.extend(problem.suggestion.clone().map(|right| sibling(&path, right)));
            problems.push(problem);
        } else if let Some(key) = message
            .strip_prefix("missing field ")
            .and_then(|rest| quoted(rest).pop())
        {
            let place = descend(place, &path);
            path.push(Key::Name(key.clone()));
            if !told.contains(&path) {
                problems.push(missing_key(&key, &place));
            }
            return None;
        } else {
            only_unknown_keys = false;
            let place = descend(place, &path);
            let problem = wrong_value(&message, || words_at::<T>(&value, &path)).at(&place);
            let is_hole = is_hole(&place) && problem.message.starts_with("found a mapping, expected a text");
            problems.push(if is_hole {
                problem.help(yaml::HOLE_HELP)
            } else {
                problem
            });
            // What is taken out is the innermost key: an element of a list goes with its list.
            let named = path.iter().rposition(|key| matches!(key, Key::Name(_)));
            told.extend(named.and_then(|named| path.get(..=named)).map(<[Key]>::to_vec));
        }
        if !take_out(&mut value, &path) {
            return None;
        }
    }
    None
}

/// Tells an unknown key. Finding its place and the nearest right one costs something, so that is done for those alone
/// that are kept.
pub(super) fn push_unknown_key<'a>(
    key: &str,
    right: &[&str],
    place: impl FnOnce() -> Place<'a>,
    problems: &mut Problems,
) {
    let problem = if problems.is_full() {
        Problem::error(ProblemName::UnknownKey, "")
    } else {
        unknown_key(key, right).at_key(&place())
    };
    problems.push(problem);
}

/// A key that stands beside the one it probably belongs to.
fn not_below(key: &str, above: &str) -> Problem {
    Problem::error(ProblemName::UnknownKey, format!("there is no key `{key}` here"))
        .help(format!("indent it below `{above}`, which has nothing"))
}

/// An unknown key: with the right ones, the nearest first.
fn unknown_key<'a>(key: &str, right: &[impl AsRef<str> + 'a]) -> Problem {
    let help = match right {
        [] => "there are no keys here".to_owned(),
        [one] => format!("the only key here is `{}`", one.as_ref()),
        several => format!("the keys here are {}", list(several, "and")),
    };
    Problem::error(ProblemName::UnknownKey, format!("there is no key `{key}` here"))
        .nearest(key, right.iter().map(AsRef::as_ref))
        .help(help)
}

/// The words as people list them: `a`, `b` or `c`.
fn list(words: &[impl AsRef<str>], conjunction: &str) -> String {
    let quoted: Vec<String> = words.iter().map(|word| format!("`{}`", word.as_ref())).collect();
    match quoted.as_slice() {
        [first @ .., last] if !first.is_empty() => format!("{} {conjunction} {last}", first.join(", ")),
        _ => quoted.concat(),
    }
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
    let last = path.iter().rposition(|key| matches!(key, Key::Name(_)));
    let split = last.and_then(|last| Some((path.get(..last)?, path.get(last)?)));
    let Some((above, Key::Name(name))) = split else {
        return false;
    };
    match reach(value, above) {
        Some(Value::Mapping(map)) => map.shift_remove(name.as_str()).is_some(),
        _ => false,
    }
}

/// What stands at the end of a path.
fn reach<'v>(value: &'v mut Value, path: &[Key]) -> Option<&'v mut Value> {
    let mut at = value;
    for key in path {
        at = match (at, key) {
            // The kind of a listener, destination or step is kept as a tag.
            (Value::Tagged(tagged), _) => &mut tagged.value,
            (at, Key::Name(name)) => at.get_mut(name.as_str())?,
            (at, Key::Index(index)) => at.get_mut(*index)?,
        };
    }
    Some(at)
}

/// The words of which one is expected at the end of a path. Serde names them only to whoever gives it another word.
fn words_at<T: DeserializeOwned>(value: &Value, path: &[Key]) -> Vec<String> {
    let mut value = value.clone();
    let Some(at) = reach(&mut value, path) else {
        return Vec::new();
    };
    *at = Value::from("?");
    let error = serde_path_to_error::deserialize::<_, T>(&value).err();
    let message = error.map(|error| error.inner().to_string());
    let message = message.filter(|message| message.starts_with("unknown variant "));
    message.map_or_else(Vec::new, |message| quoted(&message).into_iter().skip(1).collect())
}

/// Whether this looks like `{PID-5.1}`, which was meant to be a text: a mapping of a key without a value.
fn is_hole(place: &Place<'_>) -> bool {
    let is_nothing = |node: &Node| matches!(&node.content, Content::Scalar { text, .. } if text.is_empty());
    let entries = place.node().entries();
    !entries.is_empty() && entries.iter().all(|entry| is_nothing(&entry.value))
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

/// What serde says of a value, in words for people; `words` are those of which it expects one.
fn wrong_value(message: &str, words: impl FnOnce() -> Vec<String>) -> Problem {
    if let Some(rest) = message.strip_prefix("unknown variant ") {
        let mut words = quoted(rest).into_iter();
        let wrong = words.next().unwrap_or_default();
        let right: Vec<String> = words.collect();
        let message = format!("`{wrong}` is not one of {}", list(&right, "and"));
        return Problem::error(ProblemName::InvalidValue, message)
            .nearest(&wrong, right.iter().map(String::as_str));
    }
    for (prefix, name) in [
        ("invalid type: ", ProblemName::WrongType),
        ("invalid value: ", ProblemName::InvalidValue),
    ] {
        if let Some((found, expected)) = message
            .strip_prefix(prefix)
            .and_then(|rest| rest.split_once(", expected "))
        {
            let expected = match expected {
                ONE_OF_WORDS => one_of(&words()),
                _ => expected_words(expected),
            };
            return Problem::error(name, format!("found {}, expected {expected}", found_words(found)));
        }
    }
    let message = match message {
        "invalid socket address syntax" => "expected an address and a port, as `127.0.0.1:2575`",
        _ => message,
    };
    Problem::error(ProblemName::InvalidValue, message)
}

/// What serde calls one of several words, where it was given something that is no text.
const ONE_OF_WORDS: &str = "a Value::Tagged enum";

fn one_of(words: &[String]) -> String {
    if words.is_empty() {
        return "a text".to_owned();
    }
    list(words, "or")
}

fn found_words(found: &str) -> String {
    match found {
        "map" => "a mapping".to_owned(),
        "sequence" => "a list".to_owned(),
        "unit value" => "nothing".to_owned(),
        _ => {
            let text = found
                .strip_prefix("string \"")
                .and_then(|rest| rest.strip_suffix('"'));
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
        ("socket address", _) => "an address and a port, as `127.0.0.1:2575`".to_owned(),
        ("a nonzero usize" | "a nonzero u64" | "a nonzero u32" | "a nonzero u16", _) => {
            "a whole number from 1".to_owned()
        }
        ("u64" | "usize", _) => "a whole number".to_owned(),
        ("a boolean", _) => "`true` or `false`".to_owned(),
        ("a string", _) => "a text".to_owned(),
        ("a sequence", _) => "a list".to_owned(),
        ("a map", _) => "a mapping of keys and values".to_owned(),
        _ if expected.starts_with("struct ") => "a mapping of keys and values".to_owned(),
        _ => expected.to_owned(),
    }
}
