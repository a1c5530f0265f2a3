//! Where paths are written in a site: in which settings, as what, at which bytes.
//!
//! Goes by the keys alone, which mean the same wherever they stand; so it finds the paths of files that are wrong
//! in other respects too. What it finds there is what loading the site reads there.

use std::ops::Range;

use crate::expression::{paths_of_condition, paths_of_template};
use crate::hl7::TargetSelector;
use crate::problem::{Content, Place, Problem};

/// A path as written.
#[derive(Debug)]
pub(super) struct Written<'a> {
    /// The setting it stands in.
    pub(super) place: Place<'a>,
    /// The key, if it stands in that.
    pub(super) key: Option<&'a str>,
    /// The bytes of the key's or value's text.
    pub(super) bytes: Range<usize>,
    /// What it means.
    pub(super) target: TargetSelector,
}

impl Written<'_> {
    /// The path as it was typed.
    pub(super) fn text(&self) -> &str {
        let whole = self.key.or_else(|| text(&self.place));
        whole
            .and_then(|whole| whole.get(self.bytes.clone()))
            .unwrap_or_default()
    }

    /// The problem at these bytes of the path.
    pub(super) fn mark(&self, problem: Problem, offset: usize, length: usize) -> Problem {
        let offset = self.bytes.start + offset;
        if self.key.is_some() {
            problem.within_key(&self.place, offset, length)
        } else {
            problem.within(&self.place, offset, length)
        }
    }

    /// The bytes of the file, as far as that can be told.
    pub(super) fn in_file(&self) -> Range<usize> {
        let (offset, length) = (self.bytes.start, self.bytes.len());
        if self.key.is_some() {
            self.place.key_bytes_within(offset, length)
        } else {
            self.place.bytes_within(offset, length)
        }
    }
}

/// Keys whose value is a condition.
const CONDITIONS: &[&str] = &["when", "if"];
/// Keys whose value is a path, or a list of paths.
const PATHS: &[&str] = &[
    "absent",
    "after",
    "before",
    "clear",
    "field",
    "for_each",
    "group",
    "location",
    "remove",
    "repetition",
    "segment",
    "set_null",
    "split",
];
/// Keys that hold a mapping with paths on the left.
const PATHS_ON_THE_LEFT: &[&str] = &[
    "copy", "count", "fields", "into", "move", "rename", "set", "set_raw", "swap",
];
/// Of these, those with paths on the right as well.
const PATHS_ON_THE_RIGHT: &[&str] = &["copy", "move", "rename", "swap"];
/// Keys that hold a mapping with values on the right that may have holes.
const TEMPLATES: &[&str] = &["fields", "set", "set_raw", "tag"];
/// Cases hold messages and texts that are compared: no value there has holes.
const CASES: &str = "cases";

/// Every path in a route.
pub(super) fn in_route<'a>(place: &Place<'a>) -> Vec<Written<'a>> {
    let mut found = Vec::new();
    // A stack of its own: depth costs no call stack.
    let mut open: Vec<(Place<'a>, bool)> = vec![(place.clone(), false)];
    while let Some((place, in_cases)) = open.pop() {
        open.extend(place.elements().map(|element| (element, in_cases)));
        for (key, value) in place.entries() {
            of_key(key, &value, in_cases, &mut found);
            open.push((value, in_cases || key == CASES));
        }
    }
    found
}

/// Every path in a destination.
pub(super) fn in_destination<'a>(place: &Place<'a>) -> Vec<Written<'a>> {
    let mut found = Vec::new();
    for (key, value) in place.entries() {
        if key == "file" {
            let names = value.entries().filter(|(key, _)| *key == "name");
            names.for_each(|(_, name)| in_text(&name, paths_of_template, &mut found));
        } else if key == "order" {
            in_text(&value, paths_of_condition, &mut found);
        }
    }
    found
}

fn of_key<'a>(key: &str, value: &Place<'a>, in_cases: bool, found: &mut Vec<Written<'a>>) {
    if CONDITIONS.contains(&key) {
        in_text(value, paths_of_condition, found);
    }
    if PATHS.contains(&key) {
        whole(value, found);
        value.elements().for_each(|element| whole(&element, found));
    }
    if !PATHS_ON_THE_LEFT.contains(&key) && !TEMPLATES.contains(&key) {
        return;
    }
    for (left, right) in value.entries() {
        if PATHS_ON_THE_LEFT.contains(&key)
            && let Ok(target) = left.parse()
        {
            let (place, bytes) = (right.clone(), 0..left.len());
            found.push(Written {
                place,
                key: Some(left),
                bytes,
                target,
            });
        }
        if PATHS_ON_THE_RIGHT.contains(&key) {
            whole(&right, found);
        }
        if TEMPLATES.contains(&key) && !in_cases {
            in_text(&right, paths_of_template, found);
        }
    }
}

/// A value that is a path.
fn whole<'a>(place: &Place<'a>, found: &mut Vec<Written<'a>>) {
    if let Some(text) = text(place)
        && let Ok(target) = text.parse()
    {
        found.push(Written {
            place: place.clone(),
            key: None,
            bytes: 0..text.len(),
            target,
        });
    }
}

/// A value with paths in it.
fn in_text<'a>(place: &Place<'a>, paths: fn(&str) -> Vec<Range<usize>>, found: &mut Vec<Written<'a>>) {
    let Some(text) = text(place) else { return };
    for bytes in paths(text) {
        if let Some(target) = text.get(bytes.clone()).and_then(|path| path.parse().ok()) {
            found.push(Written {
                place: place.clone(),
                key: None,
                bytes,
                target,
            });
        }
    }
}

pub(super) fn text<'a>(place: &Place<'a>) -> Option<&'a str> {
    match &place.node().content {
        Content::Scalar { text, .. } => Some(text),
        Content::Sequence(_) | Content::Mapping(_) => None,
    }
}
