//! What must hold of a message that leaves a route, and what of it does not.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::expect::{Mismatch, What, Which};
use crate::hl7::{FieldPath, Level, Message, Scope, Selector, State, TargetSelector};

/// What must hold of a message that leaves the route.
#[derive(Debug, Default)]
pub(super) struct Output {
    pub(super) to: Option<BTreeSet<Arc<str>>>,
    pub(super) fields: Vec<(Selector, Expected)>,
    pub(super) absent: Vec<TargetSelector>,
    pub(super) count: Vec<(TargetSelector, usize)>,
    pub(super) message: Option<ExpectedMessage>,
}

/// A message that stands in a file.
#[derive(Debug)]
pub(super) struct ExpectedMessage {
    pub(super) file: String,
    /// None where it is yet to be written.
    pub(super) message: Option<Message>,
}

/// A value as typed. `Debug` shows its length: it may be of a message.
pub(super) struct Expected(pub(super) String);

impl std::fmt::Debug for Expected {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Expected({} bytes)", self.0.len())
    }
}

impl Output {
    /// Whether nothing is expected but receivers.
    pub(super) fn is_empty(&self) -> bool {
        self.fields.is_empty() && self.absent.is_empty() && self.count.is_empty() && self.message.is_none()
    }

    /// What of this message is not as expected, but for its receivers.
    pub(super) fn compare(&self, output: Option<&Which>, message: &Message, found: &mut Vec<Mismatch>) {
        let mut differs = |what| {
            found.push(Mismatch {
                output: output.cloned(),
                what,
            });
        };
        for (selector, expected) in &self.fields {
            compare_field(selector, expected, message, &mut differs);
        }
        for target in &self.absent {
            match target {
                TargetSelector::Field(selector) => {
                    for path in message.resolve_all(&selector.everywhere(), &Scope::whole()) {
                        if is_held(message.read(&path).state()) {
                            differs(field(path, String::new(), message));
                        }
                    }
                }
                TargetSelector::Segments(_) => compare_count(target, 0, message, &mut differs),
            }
        }
        for (target, expected) in &self.count {
            compare_count(target, *expected, message, &mut differs);
        }
        if let Some(expected) = &self.message
            && !expected
                .message
                .as_ref()
                .is_some_and(|expected| is_same(expected, message))
        {
            differs(What::Message {
                file: expected.file.clone(),
                expected: expected.message.clone().map(Box::new),
                got: Box::new(message.clone()),
            });
        }
    }
}

/// Compares the first place that is meant; all of them where the path has `[*]`.
fn compare_field(
    selector: &Selector,
    expected: &Expected,
    message: &Message,
    differs: &mut impl FnMut(What),
) {
    let mut places = message.resolve_all(selector, &Scope::whole());
    if !selector.is_many() {
        places.truncate(1);
    }
    if places.is_empty() && !expected.0.is_empty() {
        differs(What::Field {
            place: selector.to_string(),
            field: FieldPath::of_field(selector.segment(), selector.field()),
            expected: expected.0.clone(),
            got: String::new(),
        });
    }
    for path in places.into_iter().filter(|path| !expected.is_of(message, path)) {
        differs(field(path, expected.0.clone(), message));
    }
}

fn field(path: FieldPath, expected: String, message: &Message) -> What {
    What::Field {
        place: path.to_string(),
        field: Some(path),
        expected,
        got: standing(message, &path),
    }
}

fn compare_count(
    target: &TargetSelector,
    expected: usize,
    message: &Message,
    differs: &mut impl FnMut(What),
) {
    let got = match target {
        TargetSelector::Segments(segments) => message.resolve_segments(segments, &Scope::whole()).len(),
        TargetSelector::Field(selector) => {
            // A field without `[*]` is counted by its repetitions.
            let each = if selector.level() == Level::Field {
                selector.in_each_repetition()
            } else {
                selector.clone()
            };
            let places = message.resolve_all(&each, &Scope::whole());
            places
                .iter()
                .filter(|path| is_held(message.read(path).state()))
                .count()
        }
    };
    if got != expected {
        differs(What::Count {
            target: target.clone(),
            expected,
            got,
        });
    }
}

impl Expected {
    /// Whether a place holds this: as it stands there if the value has a delimiter in it, else as text.
    ///
    /// A text alone would not do: `a^b` as two components and `a\S\b` as one read the same.
    fn is_of(&self, message: &Message, path: &FieldPath) -> bool {
        let Expected(expected) = self;
        let delimiters = message.delimiters();
        let structural = [
            Some(delimiters.field),
            Some(delimiters.component),
            Some(delimiters.repetition),
            delimiters.escape,
            delimiters.subcomponent,
        ];
        let is_structural = |char: char| structural.iter().flatten().any(|byte| char::from(*byte) == char);
        match message.read(path).state() {
            State::Absent | State::Empty => expected.is_empty(),
            State::Null => expected == NULL,
            State::Valued if expected.contains(is_structural) => standing(message, path) == *expected,
            State::Valued => message.text(path).is_some_and(|text| text == *expected),
        }
    }
}

/// The HL7 null as it stands in messages.
const NULL: &str = "\"\"";

/// The characters at a place as they stand there, delimiters and escapes and all.
fn standing(message: &Message, path: &FieldPath) -> String {
    let value = message.read(path);
    match value.state() {
        State::Absent | State::Empty => String::new(),
        State::Null => NULL.to_owned(),
        State::Valued => message.characters(value.raw().unwrap_or_default()).into_owned(),
    }
}

fn is_held(state: State) -> bool {
    matches!(state, State::Valued | State::Null)
}

/// Whether two messages hold the same: what ends their lines and empty fields at the ends of segments aside.
fn is_same(one: &Message, other: &Message) -> bool {
    let mut others = other.segments();
    one.segments().all(|segment| {
        others
            .next()
            .is_some_and(|other| segment.name() == other.name() && segment.fields().eq(other.fields()))
    }) && others.next().is_none()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_means_every_one() {
        let given = "MSH|^~\\&|A\rPID|1||12~34^^^^SS||DOE^ANNA~ROE\rNK1|1\rNK1|2|||X\r";
        let check = |path: &str, expected: &[&str]| {
            let output = Output {
                absent: vec![path.parse().unwrap()],
                ..Output::default()
            };
            let mut found = Vec::new();
            output.compare(None, &Message::parse(given.into()).unwrap(), &mut found);
            let places = found.iter().map(|mismatch| {
                if let What::Field { place, .. } = &mismatch.what {
                    place.clone()
                } else {
                    "segments".to_owned()
                }
            });
            assert_eq!(places.collect::<Vec<_>>(), expected, "{path}");
        };
        check("NK1-4", &["NK1[2]-4"]);
        check("NK1[1]-4", &[]);
        check("PID-3.1", &["PID-3.1", "PID-3[2].1"]);
        check("PID-3.5", &["PID-3[2].5"]);
        check("PID-3[1].5", &[]);
        check("PID-3", &["PID-3"]);
        check("PID-5.2", &["PID-5.2"]);
        check("PV1-2", &[]);
        check("NK1", &["segments"]);
    }
}
