//! Texts: what each function makes of its arguments.

use std::borrow::Cow;

use regex::{Captures, Regex};

use super::{Evaluation, Turn, time};
use crate::expression::value::{Number, Text};

/// The widest that `pad` makes a value.
const WIDTH_MAX: usize = 1_000;

impl<'v> Evaluation<'v> {
    /// The text a value gives.
    pub(in crate::expression) fn text(&self, text: &'v Text, turn: Turn<'v>) -> Cow<'v, str> {
        match text {
            Text::Literal(text) => Cow::Borrowed(text),
            Text::Path(path) => self.path(path),
            Text::Each => turn.and_then(|found| found.text()).unwrap_or_default(),
            Text::Number(number) => self.shown(number, turn),
            Text::Upper(text) => self.made_of(&self.text(text, turn), str::to_uppercase),
            Text::Lower(text) => self.made_of(&self.text(text, turn), str::to_lowercase),
            Text::Trim(text) => part(self.text(text, turn), str::trim),
            Text::Left(text, count) => {
                let count = self.count_of(count, turn);
                part(self.text(text, turn), |text| head(text, count))
            }
            Text::Right(text, count) => {
                let count = self.count_of(count, turn);
                part(self.text(text, turn), |text| tail(text, count))
            }
            Text::Mid(text, start, count) => {
                let start = self.count_of(start, turn);
                let count = count
                    .as_ref()
                    .map_or(usize::MAX, |count| self.count_of(count, turn));
                part(self.text(text, turn), |text| middle(text, start, count))
            }
            Text::Pad(text, width, fill) => {
                let width = self.whole(width, turn).unwrap_or(0);
                self.pad(self.text(text, turn), width, *fill)
            }
            Text::Replace(text, what, by) => {
                let (what, by) = (self.text(what, turn), self.text(by, turn));
                self.replace(self.text(text, turn), &what, &by)
            }
            Text::ReplacePattern(text, what, by) => {
                let groups = matches!(**by, Text::Literal(_));
                let by = self.text(by, turn);
                self.replace_pattern(self.text(text, turn), what, &by, groups)
            }
            Text::Split(text, separator, number) => {
                let separator = self.text(separator, turn);
                let number = self.whole(number, turn).unwrap_or(0);
                part(self.text(text, turn), |text| piece(text, &separator, number))
            }
            Text::Concat(parts) => self.concat(parts, turn),
            Text::Join(separator, parts) => self.join(&self.text(separator, turn), parts, turn),
            Text::First(path) => self.first(path),
            Text::Last(path) => self.last(path),
            Text::Coalesce(parts) => self.coalesce(parts, turn),
            Text::Lookup(table, column, code) => {
                let code = self.text(code, turn);
                table.cell(&code, *column).unwrap_or_default()
            }
            Text::Date(time, pattern, zone) => {
                let time = self.time(time, turn);
                time::date(&time, pattern, zone.as_ref()).into()
            }
            Text::Now => self.now().into(),
            Text::AddDays(time, days) => match self.whole(days, turn) {
                Some(days) => time::add_days(&self.time(time, turn), days).into(),
                None => Cow::Borrowed(""),
            },
            Text::Uuid => self.view.context.uuid(self.view.message).into(),
            Text::Raw(path) => self.raw(path),
            Text::Hash(text) => blake3::hash(self.text(text, turn).as_bytes())
                .to_hex()
                .to_string()
                .into(),
        }
    }

    /// A number of characters; none for what is no number or below zero.
    fn count_of(&self, number: &'v Number, turn: Turn<'v>) -> usize {
        let whole = self.whole(number, turn).unwrap_or(0);
        usize::try_from(whole.max(0)).unwrap_or(usize::MAX)
    }

    fn made_of(&self, text: &str, make: impl Fn(&str) -> String) -> Cow<'v, str> {
        // A character becomes three at most.
        if self.may_build(text.len().saturating_mul(3)) {
            make(text).into()
        } else {
            Cow::Borrowed("")
        }
    }

    /// Below zero, the fill stands behind the text.
    fn pad(&self, text: Cow<'v, str>, width: i64, fill: char) -> Cow<'v, str> {
        let wanted = usize::try_from(width.unsigned_abs()).map_or(WIDTH_MAX, |width| width.min(WIDTH_MAX));
        let missing = wanted.saturating_sub(text.chars().count());
        if missing == 0 {
            return text;
        }
        let fill: String = std::iter::repeat_n(fill, missing).collect();
        if !self.may_build(text.len() + fill.len()) {
            return Cow::Borrowed("");
        }
        let padded = if width < 0 {
            text.into_owned() + fill.as_str()
        } else {
            fill + text.as_ref()
        };
        padded.into()
    }

    fn replace(&self, text: Cow<'v, str>, what: &str, by: &str) -> Cow<'v, str> {
        if what.is_empty() || !text.contains(what) {
            return text;
        }
        let count = text.matches(what).count();
        let grown = count.saturating_mul(by.len().saturating_sub(what.len()));
        if self.may_build(text.len().saturating_add(grown)) {
            text.replace(what, by).into()
        } else {
            Cow::Borrowed("")
        }
    }

    fn replace_pattern(&self, text: Cow<'v, str>, what: &Regex, by: &str, groups: bool) -> Cow<'v, str> {
        if !what.is_match(&text) {
            return text;
        }
        if !self.may_build(text.len()) {
            return Cow::Borrowed("");
        }
        let references = by.matches('$').count();
        let replace = |captures: &Captures<'_>| {
            let found = captures.get(0).map_or(0, |found| found.len());
            // No group is longer than the whole.
            if !self.may_build(by.len().saturating_add(found.saturating_mul(references))) {
                return String::new();
            }
            let mut replaced = String::new();
            if groups {
                captures.expand(by, &mut replaced);
            } else {
                replaced.push_str(by);
            }
            replaced
        };
        what.replace_all(&text, replace).into_owned().into()
    }
}

/// A part of a text, without a copy where that can be.
fn part(text: Cow<'_, str>, part: impl Fn(&str) -> &str) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(part(text)),
        Cow::Owned(text) => Cow::Owned(part(&text).to_owned()),
    }
}

/// The first characters.
fn head(text: &str, count: usize) -> &str {
    let end = text.char_indices().nth(count).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

/// The characters from this one on, which count from 1.
fn middle(text: &str, start: usize, count: usize) -> &str {
    let skipped = head(text, start.saturating_sub(1)).len();
    head(text.get(skipped..).unwrap_or_default(), count)
}

/// The last characters.
fn tail(text: &str, count: usize) -> &str {
    let start = match count.checked_sub(1) {
        Some(skipped) => text
            .char_indices()
            .nth_back(skipped)
            .map_or(0, |(start, _)| start),
        None => text.len(),
    };
    text.get(start..).unwrap_or_default()
}

/// The part of this number between separators; below zero from the end.
fn piece<'t>(text: &'t str, separator: &str, number: i64) -> &'t str {
    let index = usize::try_from(number.unsigned_abs())
        .ok()
        .and_then(|number| number.checked_sub(1));
    let Some(index) = index else { return "" };
    if separator.is_empty() {
        return if index == 0 { text } else { "" };
    }
    let piece = if number < 0 {
        text.rsplit(separator).nth(index)
    } else {
        text.split(separator).nth(index)
    };
    piece.unwrap_or_default()
}
