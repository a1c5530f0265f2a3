//! Problems: what is wrong in a site's files, each with its stable name and its place.
//!
//! Never stops at the first: a room that checks its settings pushes every [`Problem`] it finds into
//! [`Problems`] and goes on. A [`Place`] comes from the reader of the files and is handed down; problems go up
//! to whoever loads the site and are shown together.
//! Knows no setting of any room, and holds configuration only, never a message.

mod name;
mod render;
mod report;
mod source;

use std::cmp::Reverse;
use std::ops::Range;
use std::sync::Arc;

pub use name::ProblemName;
pub use report::{End, Related, Report, Span};
pub use source::{Content, Entry, Location, Node, Place, ScalarStyle, Source};

/// More problems than this are counted, not kept: nobody reads on, and the memory is bounded.
pub const PROBLEMS_MAX: usize = 500;

/// Whether a problem stops the site from running.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// The site cannot run.
    Error,
    /// The site runs; probably not as meant.
    Warning,
}

/// A range of bytes in one of the sources.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Which source: its number among [`Problems`]' sources.
    pub source: usize,
    /// The bytes of its text.
    pub bytes: Range<usize>,
}

/// One thing that is wrong, where, and what to do.
#[derive(Debug, Clone)]
pub struct Problem {
    /// Its stable name.
    pub name: ProblemName,
    /// Whether it stops the site from running.
    pub severity: Severity,
    /// What is wrong: one sentence, lower case, without full stop.
    pub message: String,
    /// Where, unless it is about the folder as a whole.
    pub region: Option<Region>,
    /// The path of the setting, as `routes.adt-to-lab.steps[0].translate.table`.
    pub setting: String,
    /// What stands under the caret: usually the nearest right word.
    pub label: String,
    /// The nearest right word itself, for programs.
    pub suggestion: Option<String>,
    /// What to do about it.
    pub help: Option<String>,
    /// A second place that belongs to it, with what to say there.
    pub related: Option<(Region, String)>,
}

impl Problem {
    /// An error about the site as a whole.
    pub fn error(name: ProblemName, message: impl Into<String>) -> Problem {
        Problem {
            name,
            severity: Severity::Error,
            message: shortened(message.into()),
            region: None,
            setting: String::new(),
            label: String::new(),
            suggestion: None,
            help: None,
            related: None,
        }
    }

    /// A warning about the site as a whole.
    pub fn warning(name: ProblemName, message: impl Into<String>) -> Problem {
        Problem {
            severity: Severity::Warning,
            ..Problem::error(name, message)
        }
    }

    /// At the value of a setting.
    #[must_use]
    pub fn at(self, place: &Place<'_>) -> Problem {
        self.in_region(place, place.value_bytes())
    }

    /// At the key of a setting.
    #[must_use]
    pub fn at_key(self, place: &Place<'_>) -> Problem {
        self.in_region(place, place.key_bytes())
    }

    /// At a part of a text value: `offset` and `length` count bytes of the text as YAML gives it, and the
    /// caret stands under the same bytes as they were typed.
    #[must_use]
    pub fn within(self, place: &Place<'_>, offset: usize, length: usize) -> Problem {
        self.in_region(place, place.bytes_within(offset, length))
    }

    /// At a part of the key of a setting.
    #[must_use]
    pub fn within_key(self, place: &Place<'_>, offset: usize, length: usize) -> Problem {
        self.in_region(place, place.key_bytes_within(offset, length))
    }

    /// At bytes of a source that has no tree yet.
    #[must_use]
    pub fn at_bytes(self, source: usize, bytes: Range<usize>) -> Problem {
        Problem {
            region: Some(Region { source, bytes }),
            ..self
        }
    }

    fn in_region(self, place: &Place<'_>, bytes: Range<usize>) -> Problem {
        Problem {
            region: Some(Region {
                source: place.source_id(),
                bytes,
            }),
            setting: place.setting().to_owned(),
            ..self
        }
    }

    /// With the words under the caret.
    #[must_use]
    pub fn label(self, label: impl Into<String>) -> Problem {
        Problem {
            label: label.into(),
            ..self
        }
    }

    /// With the nearest right word to `wrong` among `right`, if one is near.
    #[must_use]
    pub fn nearest<'a>(self, wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Problem {
        match nearest(wrong, right) {
            Some(word) => self.suggest(word),
            None => self,
        }
    }

    /// With a right word.
    #[must_use]
    pub fn suggest(self, word: &str) -> Problem {
        Problem {
            label: format!("did you mean `{word}`?"),
            suggestion: Some(word.to_owned()),
            ..self
        }
    }

    /// With what to do about it.
    #[must_use]
    pub fn help(self, help: impl Into<String>) -> Problem {
        Problem {
            help: Some(help.into()),
            ..self
        }
    }

    /// With the key of another setting that belongs to it.
    #[must_use]
    pub fn related_key(self, place: &Place<'_>, label: impl Into<String>) -> Problem {
        let region = Region {
            source: place.source_id(),
            bytes: place.key_bytes(),
        };
        Problem {
            related: Some((region, label.into())),
            ..self
        }
    }

    /// With the value of another setting that belongs to it.
    #[must_use]
    pub fn related(self, place: &Place<'_>, label: impl Into<String>) -> Problem {
        let region = Region {
            source: place.source_id(),
            bytes: place.value_bytes(),
        };
        Problem {
            related: Some((region, label.into())),
            ..self
        }
    }
}

/// All problems of a site, with the sources they stand in.
#[derive(Debug, Clone, Default)]
pub struct Problems {
    sources: Vec<Arc<Source>>,
    found: Vec<Problem>,
    left_off: usize,
    errors: usize,
    /// Errors that are warnings here.
    mild: &'static [ProblemName],
}

impl Problems {
    /// None yet, about these sources: a [`Region`] counts them from 0.
    pub fn new() -> Problems {
        Problems::default()
    }

    /// None yet, where errors of these names keep nothing from running, and are warnings.
    pub fn mild_in(mild: &'static [ProblemName]) -> Problems {
        Problems {
            mild,
            ..Problems::default()
        }
    }

    /// Adds a source, so that its lines can be shown.
    pub fn add_source(&mut self, source: Arc<Source>) {
        self.sources.push(source);
    }

    /// How many sources there are: the number of the next.
    pub fn source_count(&self) -> usize {
        self.sources.len()
    }

    /// Adds a problem; beyond [`PROBLEMS_MAX`] it is only counted.
    pub fn push(&mut self, mut problem: Problem) {
        if self.mild.contains(&problem.name) {
            problem.severity = Severity::Warning;
        }
        if problem.severity == Severity::Error {
            self.errors += 1;
        }
        if self.found.len() < PROBLEMS_MAX {
            self.found.push(problem);
        } else {
            self.left_off += 1;
        }
    }

    /// Takes back all problems of these names: what they say may follow from another problem.
    pub fn withdraw(&mut self, names: &[ProblemName]) {
        let is_withdrawn = |problem: &Problem| names.contains(&problem.name);
        let errors = self
            .found
            .iter()
            .filter(|found| is_withdrawn(found) && found.severity == Severity::Error);
        self.errors -= errors.count();
        self.found.retain(|problem| !is_withdrawn(problem));
    }

    /// The problems kept, by file and line; those about the whole site come first.
    pub fn iter(&self) -> impl Iterator<Item = &Problem> {
        let mut sorted: Vec<&Problem> = self.found.iter().collect();
        sorted.sort_by_key(|problem| {
            problem
                .region
                .as_ref()
                .map(|region| (region.source, region.bytes.start))
        });
        sorted.into_iter()
    }

    /// The source that a region is in.
    pub fn source(&self, region: &Region) -> Option<&Source> {
        self.sources.get(region.source).map(AsRef::as_ref)
    }

    /// Whether the next problem would only be counted, so that its words need not be found.
    pub fn is_full(&self) -> bool {
        self.found.len() >= PROBLEMS_MAX
    }

    /// How many were counted and not kept.
    pub fn left_off(&self) -> usize {
        self.left_off
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// How many stop the site from running.
    pub fn error_count(&self) -> usize {
        self.errors
    }

    /// How many do not.
    pub fn warning_count(&self) -> usize {
        self.found.len() + self.left_off - self.errors
    }
}

impl std::fmt::Display for Problems {
    /// As [`Problems::render`] without colors.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.render(false))
    }
}

impl std::error::Error for Problems {}

/// A message may quote what was typed; nobody reads a page of it.
fn shortened(text: String) -> String {
    const CHARACTERS_MAX: usize = 300;
    match text.char_indices().nth(CHARACTERS_MAX) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}

/// The word of `right` that `wrong` was probably meant to be.
pub fn nearest<'a>(wrong: &str, right: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    /// Longer words are not compared: the distance costs the product of the lengths.
    const WORD_BYTES_MAX: usize = 100;
    if wrong.len() > WORD_BYTES_MAX {
        return None;
    }
    // One letter is near to every other.
    let edits_max = if wrong.chars().count() < 2 {
        0
    } else {
        wrong.chars().count().div_ceil(3)
    };
    let in_common = |word: &str| {
        wrong
            .chars()
            .zip(word.chars())
            .take_while(|(one, other)| one == other)
            .count()
    };
    right
        .into_iter()
        .filter(|word| word.len() <= WORD_BYTES_MAX && *word != wrong)
        .map(|word| {
            (
                strsim::damerau_levenshtein(&wrong.to_lowercase(), &word.to_lowercase()),
                word,
            )
        })
        .filter(|(edits, _)| *edits <= edits_max)
        .min_by_key(|(edits, word)| (*edits, Reverse(in_common(word))))
        .map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_word() {
        let check = |wrong, right: &[&'static str], expected| {
            assert_eq!(nearest(wrong, right.iter().copied()), expected, "{wrong}");
        };
        check("patient-clas", &["patient-class", "lab"], Some("patient-class"));
        check("PV1-2", &["lab"], None);
        check("Route", &["routes", "tables"], Some("routes"));
        check("lab", &["lab"], None);
        check("X", &["P", "T"], None);
        check("2.51", &["2.1", "2.5.1"], Some("2.5.1"));
        check(&"x".repeat(1000), &["in"], None);
    }

    #[test]
    fn problems_beyond_the_limit_are_counted() {
        let mut problems = Problems::new();
        for _ in 0..PROBLEMS_MAX + 3 {
            problems.push(Problem::error(ProblemName::UnknownKey, "no such key"));
        }
        problems.push(Problem::warning(ProblemName::UnusedTable, "unused"));
        assert_eq!(problems.iter().count(), PROBLEMS_MAX);
        assert_eq!(problems.error_count(), PROBLEMS_MAX + 3);
        assert_eq!(problems.warning_count(), 1);
        assert!(problems.render(false).ends_with("and 4 more\n"));
    }
}
