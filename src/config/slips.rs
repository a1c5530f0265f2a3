//! Steps that can run and hardly do what was meant: warnings.
//!
//! A path without `[…]` means the first of several; where something is to go, the rest of it stays.
//! A value is text: a delimiter typed into it arrives escaped, as a character.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use crate::hl7::dictionary::{Dictionary, Element, ElementKind, FieldDefinition, Version};
use crate::hl7::{FieldPath, Level, SegmentName, Selector, TargetSelector};
use crate::problem::{Place, Problem, ProblemName, Problems};

use super::sections::Sections;
use super::written::text;

/// Warns of every step of a route, or of one of its destinations, that looks like a slip.
pub(super) fn check(sections: &Sections<'_>, problems: &mut Problems) {
    for (_, route) in sections.routes() {
        of_steps(route, problems);
        let to = route.key("to");
        of_steps(&to, problems);
        to.elements().for_each(|receiver| of_steps(&receiver, problems));
    }
}

/// The steps of a route or destination, if it has any.
fn of_steps(place: &Place<'_>, problems: &mut Problems) {
    for (_, steps) in place.entries().filter(|(key, _)| *key == "steps") {
        of_list(&steps, AtHand::default(), problems);
    }
}

/// What paths without a number mean where a step stands.
#[derive(Clone, Default)]
struct AtHand {
    segments: Vec<SegmentName>,
    fields: Vec<(SegmentName, u16)>,
    /// Of most segments a group has one; of which it has several is not asked.
    is_group: bool,
}

impl AtHand {
    /// What a `for_each` goes through, or a `split` is at, is one from there on.
    fn enter(&mut self, each: &Place<'_>) {
        match text(each).map(str::parse) {
            Some(Ok(TargetSelector::Segments(segments))) => self.segments.push(segments.name()),
            Some(Ok(TargetSelector::Field(field))) => {
                self.segments.push(field.segment());
                self.fields.push((field.segment(), field.field()));
            }
            Some(Err(_)) => {}
            None => self.is_group = true,
        }
    }
}

/// The steps of a list, in their order, with those inside them. Loading bounds how deep they stand.
fn of_list(list: &Place<'_>, mut at_hand: AtHand, problems: &mut Problems) {
    for step in list.elements() {
        let mut inside = at_hand.clone();
        for (_, each) in step.entries().filter(|(key, _)| *key == "for_each") {
            inside.enter(&each);
        }
        for (key, value) in step.entries() {
            match key {
                "steps" | "then" | "else" => of_list(&value, inside.clone(), problems),
                "split" => at_hand.enter(&value),
                _ => of_step(key, &value, &at_hand, problems),
            }
        }
    }
}

fn of_step(key: &str, value: &Place<'_>, at_hand: &AtHand, problems: &mut Problems) {
    let mut gone = |place: &Place<'_>| {
        if let Some(problem) = path(text(place)).and_then(|path| first_of_several(&path, at_hand)) {
            problems.push(problem.at(place));
        }
    };
    match key {
        "clear" | "set_null" | "remove" => {
            gone(value);
            value.elements().for_each(|element| gone(&element));
        }
        "replace" => gone(&value.key("field")),
        "set" | "set_raw" => {
            for (left, right) in value.entries() {
                let Some(path) = path(Some(left)) else { continue };
                let typed = text(&right).unwrap_or_default();
                if typed.is_empty()
                    && let Some(problem) = first_of_several(&path, at_hand)
                {
                    problems.push(problem.at_key(&right));
                }
                if key == "set" {
                    problems_of_value(&path, typed, &right, problems);
                }
            }
        }
        "insert" => {
            for (left, right) in value.key("fields").entries() {
                if let Some(path) = path(Some(left)) {
                    problems_of_value(&path, text(&right).unwrap_or_default(), &right, problems);
                }
            }
        }
        "translate" | "format_date" => {
            let place = value.key("otherwise").key("value");
            if let Some(path) = path(text(&value.key("field")))
                && place.setting().ends_with(".otherwise.value")
                && let Some(problem) = delimiters(&path, text(&place).unwrap_or_default())
            {
                problems.push(problem.at(&place));
            }
        }
        _ => {}
    }
}

/// A path to a field or a part of one.
fn path(text: Option<&str>) -> Option<Selector> {
    match text?.parse() {
        Ok(TargetSelector::Field(path)) => Some(path),
        Ok(TargetSelector::Segments(_)) | Err(_) => None,
    }
}

/// What is wrong with a path that is to lose its value, if it is that of one of several.
fn first_of_several(path: &Selector, at_hand: &AtHand) -> Option<Problem> {
    let name = path.segment();
    let segment =
        path.is_of_any_segment() && !at_hand.is_group && !at_hand.segments.contains(&name) && repeats(name);
    let repetition = path.is_of_any_repetition()
        && !at_hand.fields.contains(&(name, path.field()))
        && field(path.path()).is_some_and(|field| field.repetitions_max != Some(1));
    let which = match (segment, repetition) {
        (true, true) => format!("the first repetition in the first {name}"),
        (true, false) => format!("the first {name}"),
        (false, true) => "the first repetition".to_owned(),
        (false, false) => return None,
    };
    let message = format!("{path} is in {which} alone, and what others hold stays");
    let (all, first) = (
        path.in_all(segment, repetition),
        path.in_first(segment, repetition),
    );
    let help = format!("write `{all}` for all, `{first}` for the first");
    Some(Problem::warning(ProblemName::FirstOfSeveral, message).help(help))
}

fn problems_of_value(path: &Selector, value: &str, place: &Place<'_>, problems: &mut Problems) {
    let problem = delimiters(path, value).or_else(|| whole_field(path, value));
    if let Some(problem) = problem {
        problems.push(problem.at(place));
    }
}

/// What is wrong with a text for a field, if it is typed as the field would stand in a message.
fn delimiters(path: &Selector, value: &str) -> Option<Problem> {
    let literal = outside_holes(value);
    let parted = |level: Level| path.level() <= level && is_parted(path.path(), level);
    let (delimiter, parts) = if literal.contains('^') && parted(Level::Repetition) {
        ('^', "component")
    } else if literal.contains('~') && parted(Level::Field) {
        ('~', "repetition")
    } else {
        return None;
    };
    let message =
        format!("`{delimiter}` in this text arrives as a character: {path} gets no second {parts} of it");
    let field = format!("{}-{}", path.segment(), path.field());
    let named = match delimiter {
        '^' => format!("`{field}.1`, `{field}.2`"),
        _ => format!("`{field}[1]`, `{field}[2]`"),
    };
    let help = format!("name the {parts}s, as {named}, or write `set_raw`, whose values count as they stand");
    Some(Problem::warning(ProblemName::EscapedDelimiter, message).help(help))
}

/// What is wrong with a value, if it is nothing but a field that has components.
fn whole_field(to: &Selector, value: &str) -> Option<Problem> {
    let hole = value.strip_prefix('{')?.strip_suffix('}')?;
    let from = path(Some(hole)).filter(|from| from.level() <= Level::Repetition)?;
    if field(from.path()).is_none() || !is_parted(from.path(), Level::Repetition) {
        return None;
    }
    let message = format!("{from} has components, and their delimiters arrive as characters of a text");
    let field = format!("{}-{}", from.segment(), from.field());
    let help = format!("write `copy: {{ {to}: {from} }}` for all of it, or name a part, as `{{{field}.1}}`");
    Some(Problem::warning(ProblemName::EscapedDelimiter, message).help(help))
}

/// Whether the standard has several parts below this level at a place; what it does not know may have.
fn is_parted(path: &FieldPath, level: Level) -> bool {
    let Some((version, field)) = newest(path) else {
        return true;
    };
    if level == Level::Field {
        return field.repetitions_max != Some(1);
    }
    let data_type = version.data_type(field.data_type);
    data_type.is_none_or(|data_type| !data_type.components.is_empty())
}

/// The field in the version most senders write.
fn field(path: &FieldPath) -> Option<&'static FieldDefinition> {
    let common = Dictionary::of(Version::COMMON);
    common.segment(path.segment().as_bytes())?.field(path.field())
}

/// The field in the newest version that has it: there a time is a time, without a degree of precision behind it.
fn newest(path: &FieldPath) -> Option<(&'static Dictionary, &'static FieldDefinition)> {
    Version::ALL.iter().rev().find_map(|version| {
        let version = Dictionary::of(*version);
        let field = version.segment(path.segment().as_bytes())?.field(path.field())?;
        (!field.data_type.is_empty()).then_some((version, field))
    })
}

/// What a template writes as it stands.
fn outside_holes(template: &str) -> String {
    let mut literal = String::new();
    let mut characters = template.chars().peekable();
    while let Some(character) = characters.next() {
        if character != '{' || characters.next_if_eq(&'{').is_some() {
            literal.push(character);
            continue;
        }
        let mut quote = None;
        for inner in characters.by_ref() {
            match quote {
                Some(open) if inner == open => quote = None,
                None if inner == '}' => break,
                None if inner == '"' || inner == '\'' => quote = Some(inner),
                None | Some(_) => {}
            }
        }
    }
    literal
}

/// Whether most structures of messages let a segment repeat, by itself or with a group around it.
fn repeats(name: SegmentName) -> bool {
    static REPEATING: OnceLock<BTreeSet<&'static str>> = OnceLock::new();
    let repeating = REPEATING.get_or_init(|| {
        let mut counts: BTreeMap<&'static str, (usize, usize)> = BTreeMap::new();
        for structure in Dictionary::of(Version::COMMON).structures() {
            let mut places = BTreeMap::new();
            for element in structure.elements() {
                first_places(element, false, &mut places);
            }
            for (name, repeats) in places {
                let (all, repeating) = counts.entry(name).or_default();
                *all += 1;
                *repeating += usize::from(repeats);
            }
        }
        let most = counts
            .into_iter()
            .filter(|(_, (all, repeating))| repeating * 2 > *all);
        most.map(|(name, _)| name).collect()
    });
    repeating.contains(name.as_str())
}

/// The first place of each segment, and whether it may repeat there.
fn first_places(element: Element<'static>, repeats: bool, found: &mut BTreeMap<&'static str, bool>) {
    let repeats = repeats || element.max() != Some(1);
    if element.kind() == ElementKind::Segment {
        found.entry(element.name()).or_insert(repeats);
        return;
    }
    for child in element.children() {
        first_places(child, repeats, found);
    }
}
