//! A checked expression: what can run. Made by `check`, run by `evaluate`.
//!
//! Two kinds of values: texts and numbers. A path with `[*]` gives several texts, which only some functions take;
//! in a comparison it stands for each of its places in turn.

use std::sync::Arc;

use jiff::tz::TimeZone;
use regex::Regex;

use super::decimal::Decimal;
use super::syntax::{Asked, Operator};
use crate::hl7::{SegmentSelector, Selector};
use crate::table::Table;

/// A checked condition.
#[derive(Debug, Clone)]
pub(super) enum Test {
    Any(Vec<Test>),
    All(Vec<Test>),
    Not(Box<Test>),
    SegmentExists(SegmentSelector),
    State(Selector, Asked),
    Text(Side<Text>, Operator, Side<Text>),
    Number(Side<Number>, Operator, Side<Number>),
    /// With whether it is `not in`.
    TextIn(Side<Text>, bool, Vec<String>),
    NumberIn(Side<Number>, bool, Vec<Decimal>),
    Matches(Side<Text>, Regex),
}

/// One side of a comparison.
#[derive(Debug, Clone)]
pub(super) struct Side<T> {
    pub(super) value: T,
    /// The path with `[*]` in it, whose places are tried in turn.
    pub(super) each: Option<Box<Selector>>,
}

/// Something that gives a text.
#[derive(Debug, Clone)]
pub(super) enum Text {
    Literal(String),
    Path(Selector),
    /// The place of a path with `[*]` whose turn it is.
    Each,
    Number(Box<Number>),
    Upper(Box<Text>),
    Lower(Box<Text>),
    Trim(Box<Text>),
    Left(Box<Text>, Box<Number>),
    Right(Box<Text>, Box<Number>),
    Mid(Box<Text>, Box<Number>, Option<Box<Number>>),
    Pad(Box<Text>, Box<Number>, char),
    /// The text, what, and by what.
    Replace(Box<Text>, Box<Text>, Box<Text>),
    ReplacePattern(Box<Text>, Regex, Box<Text>),
    Split(Box<Text>, Box<Text>, Box<Number>),
    Concat(Vec<Part>),
    Join(Box<Text>, Vec<Part>),
    First(Selector),
    Last(Selector),
    Coalesce(Vec<Part>),
    /// The table, the number of the column, and the code.
    Lookup(Arc<Table>, usize, Box<Text>),
    Date(Box<Text>, String, Option<TimeZone>),
    Now,
    AddDays(Box<Text>, Box<Number>),
    Uuid,
    Raw(Selector),
    Hash(Box<Text>),
}

/// One of several values, or several.
#[derive(Debug, Clone)]
pub(super) enum Part {
    One(Text),
    /// All values at a path.
    All(Selector),
}

/// Something that gives a number, or none.
#[derive(Debug, Clone)]
pub(super) enum Number {
    Literal(Decimal),
    Of(Box<Text>),
    Round(Box<Number>, Option<Box<Number>>),
    Length(Box<Text>),
    CountSegments(SegmentSelector),
    CountValues(Selector),
    Age(Box<Text>, Option<Box<Text>>),
}
