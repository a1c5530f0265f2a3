//! What a script can do with its message.
//!
//! The functions reach the message through [`Hand`], which the step fills before the script runs and empties after
//! it; between two runs nothing is kept. Their faults name no content: a path or reason is told only if it stands in
//! the script as it is told.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use rhai::{Dynamic, Engine, EvalAltResult, ImmutableString, NativeCallContext};

use super::super::{Notes, StepError, Stop};
use super::list::List;
use super::number::written;
use crate::hl7::{
    EditError, FieldPath, Message, PathError, Places, Scope, SegmentName, SegmentPath, SegmentSelector,
    Selector, State, Target, TargetSelector,
};
use crate::table::Tables;

/// The most bytes a script may write into its message.
pub(super) const WRITTEN_BYTES_MAX: usize = 1 << 20;
/// The most bytes of segments a script may pass over, each counted anew for each function called.
pub(super) const PASSED_BYTES_MAX: usize = 1 << 30;
/// Finding the place of a segment that is added costs as much for each segment as passing over so many bytes.
const SEGMENT_PLACING_BYTES: usize = 64;

/// The message while a script has it.
pub(super) struct Hand {
    pub(super) message: Message,
    pub(super) scope: Scope,
    pub(super) notes: Notes,
    pub(super) tables: Arc<Tables>,
    /// The text of the script, to know what stands in it.
    pub(super) script: Arc<str>,
    /// Why the script ended itself.
    pub(super) stop: Option<Stop>,
    pub(super) written_bytes: usize,
    pub(super) passed_bytes: usize,
}

/// What functions find in the tag of a call.
pub(super) type Held = Arc<Mutex<Hand>>;

/// What a function could not do, in words without content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault(pub(super) String);

type Called<T> = Result<T, Box<EvalAltResult>>;

impl From<Fault> for Box<EvalAltResult> {
    fn from(fault: Fault) -> Self {
        EvalAltResult::ErrorRuntime(Dynamic::from(fault), rhai::Position::NONE).into()
    }
}

impl fmt::Debug for Hand {
    /// Prints sizes, never the bytes.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Hand")
            .field("message", &self.message)
            .finish_non_exhaustive()
    }
}

/// Gives the engine every function of this file.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_fn("get", get)
        .register_fn("get_raw", get_raw)
        .register_fn("get_all", get_all)
        .register_fn("exists", |context: NativeCallContext<'_>, path: &str| {
            state(&context, path).map(|state| state != State::Absent)
        })
        .register_fn("valued", |context: NativeCallContext<'_>, path: &str| {
            state(&context, path).map(|state| state == State::Valued)
        })
        .register_fn("is_null", |context: NativeCallContext<'_>, path: &str| {
            state(&context, path).map(|state| state == State::Null)
        })
        .register_fn("count", count)
        .register_fn("segments", segments)
        .register_fn("set", set)
        .register_fn("set_raw", set_raw)
        .register_fn("set_null", |context: NativeCallContext<'_>, path: &str| {
            set_raw(context, path, "\"\"")
        })
        .register_fn("remove", remove)
        .register_fn("insert_after", insert_after)
        .register_fn(
            "lookup",
            |context: NativeCallContext<'_>, table: &str, code: &str| lookup(&context, table, code, None),
        )
        .register_fn(
            "lookup",
            |context: NativeCallContext<'_>, table: &str, code: &str, column: &str| {
                lookup(&context, table, code, Some(column))
            },
        )
        .register_fn("fail", |context: NativeCallContext<'_>, reason: &str| {
            end(&context, reason, |reason| Stop::Failed(StepError::new(reason)))
        })
        .register_fn("drop", |context: NativeCallContext<'_>, reason: &str| {
            end(&context, reason, |reason| Stop::Dropped {
                reason: reason.into(),
            })
        });
}

/// The decoded text of the first place a path means; empty where there is no value.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn get(context: NativeCallContext<'_>, path: &str) -> Called<ImmutableString> {
    with(&context, |hand| {
        let Some(path) = hand.place(path)? else {
            return Ok(ImmutableString::new());
        };
        Ok(hand.message.text(&path).unwrap_or_default().as_ref().into())
    })
}

/// The same as it stands in the message, escapes, deeper delimiters and the null (`""`) included.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn get_raw(context: NativeCallContext<'_>, path: &str) -> Called<ImmutableString> {
    with(&context, |hand| {
        let Some(path) = hand.place(path)? else {
            return Ok(ImmutableString::new());
        };
        let raw = hand.message.read(&path).bytes().unwrap_or_default();
        Ok(hand.message.characters(raw).as_ref().into())
    })
}

/// The decoded texts of all places a path means.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn get_all(context: NativeCallContext<'_>, path: &str) -> Called<List> {
    with(&context, |hand| {
        let places = hand.places(path)?;
        let text = |path: &FieldPath| hand.message.text(path).unwrap_or_default().as_ref().into();
        List::new(places.iter().map(text))
    })
}

fn state(context: &NativeCallContext<'_>, path: &str) -> Called<State> {
    with(context, |hand| {
        let place = hand.place(path)?;
        Ok(place.map_or(State::Absent, |path| hand.message.read(&path).state()))
    })
}

/// How many segments or places there are: of a field without an index, its repetitions.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn count(context: NativeCallContext<'_>, target: &str) -> Called<i64> {
    with(&context, |hand| {
        let count = match hand.target(target)? {
            TargetSelector::Segments(segments) => hand.message.resolve_segments(&segments, &hand.scope).len(),
            TargetSelector::Field(field) => {
                let places = hand.all(&field.in_each_repetition())?;
                places.len()
            }
        };
        Ok(i64::try_from(count).unwrap_or(i64::MAX))
    })
}

/// The names of all segments, in order.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn segments(context: NativeCallContext<'_>) -> Called<List> {
    with(&context, |hand| {
        hand.pass(hand.message.segments().count())?;
        let name = |name: &[u8]| String::from_utf8_lossy(name).as_ref().into();
        List::new(hand.message.segments().map(|segment| name(segment.name())))
    })
}

/// Gives all places a path means a value.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn set(context: NativeCallContext<'_>, path: &str, value: Dynamic) -> Called<()> {
    let text = if let Ok(number) = value.as_float() {
        written(number)?
    } else if value.is_string() || value.is_int() || value.is_char() {
        value.to_string()
    } else {
        return Err(Fault(
            "`set` takes a text or a number; `lookup` gives neither where a code is missing".into(),
        )
        .into());
    };
    with(&context, |hand| {
        for path in hand.places(path)? {
            hand.edit(&path, text.len(), |message| message.set(&path, &text))?;
        }
        Ok(())
    })
}

/// Gives all places a path means these bytes as they are, deeper delimiters and escapes included.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn set_raw(context: NativeCallContext<'_>, path: &str, raw: &str) -> Called<()> {
    with(&context, |hand| {
        for path in hand.places(path)? {
            hand.edit(&path, raw.len(), |message| message.set_raw_text(&path, raw))?;
        }
        Ok(())
    })
}

/// Takes segments, fields, repetitions or components away.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn remove(context: NativeCallContext<'_>, target: &str) -> Called<()> {
    with(&context, |hand| {
        match hand.target(target)? {
            TargetSelector::Segments(segments) => {
                if segments.name() == SegmentName::MSH {
                    return Err(Fault("a message cannot be without its MSH".into()).into());
                }
                let going = hand.segments(&segments)?;
                for &index in &going {
                    let place = |message: &Message| message.segment_path(index).map(Target::Segment);
                    hand.notes.goes(&hand.message, place);
                }
                hand.message.remove_segments_at(&going);
            }
            TargetSelector::Field(path) => {
                if path.is_delimiters() {
                    let why = "MSH-1 and MSH-2 declare the delimiters of the message and cannot be changed";
                    return Err(Fault(why.into()).into());
                }
                let places = hand.all(&path)?;
                for place in places.iter().rev() {
                    hand.spend(place, 0)?;
                    let target = Target::Field(*place);
                    let removed = hand
                        .notes
                        .watch(&mut hand.message, &[target], |message| message.remove(&target));
                    removed.map_err(|error| Fault(error.kind.to_string()))?;
                }
            }
        }
        Ok(())
    })
}

/// Adds a segment after the last of those named, and says how it is called from now on: `NTE[3]`.
#[expect(
    clippy::needless_pass_by_value,
    reason = "the form in which scripts call functions"
)]
fn insert_after(context: NativeCallContext<'_>, after: &str, name: &str) -> Called<ImmutableString> {
    with(&context, |hand| {
        let after: SegmentSelector = hand.parsed(after)?;
        let name = name.as_bytes().try_into().ok().and_then(SegmentName::new);
        let name = name.ok_or_else(|| Fault("expected the name of a segment, as \"NTE\"".into()))?;
        let Some(&anchor) = hand.segments(&after)?.last() else {
            return Err(Fault("there is no segment to insert after".into()).into());
        };
        hand.write(name.as_bytes().len())?;
        let added = hand.message.insert_segment(anchor + 1, name);
        added.map_err(|kind| Fault(kind.to_string()))?;
        let path = hand.message.segment_path(anchor + 1);
        hand.notes.added(&hand.message, |_| path.map(Target::Segment));
        let path = path.as_ref().map(SegmentPath::to_string);
        Ok(path.unwrap_or_default().into())
    })
}

/// What a code has in a table; nothing where it is not there, which counts as a miss.
fn lookup(context: &NativeCallContext<'_>, table: &str, code: &str, column: Option<&str>) -> Called<Dynamic> {
    with(context, |hand| {
        let table = hand.tables.get(table).cloned();
        let table = table.ok_or_else(|| Fault("there is no table of this name".into()))?;
        let column = match column {
            Some(column) => table.column(column),
            None => table.default_column(),
        };
        let column = column
            .ok_or_else(|| Fault("the table has no such column, or several and none is named".into()))?;
        let value = table.cell(code, column);
        if value.is_none() {
            hand.notes.misses.note(table.name(), code);
        }
        Ok(value.map_or(Dynamic::UNIT, |value| value.into_owned().into()))
    })
}

/// Ends the script and the route. The script cannot catch this.
fn end(context: &NativeCallContext<'_>, reason: &str, stop: impl FnOnce(&str) -> Stop) -> Called<()> {
    with(context, |hand| {
        // A reason that stands in the script holds no content; one that was put together may.
        let is_written = !reason.trim().is_empty() && hand.script.contains(reason);
        let reason = if is_written {
            reason
        } else {
            "the script ended with a reason that does not stand in it"
        };
        hand.stop = Some(stop(reason));
        Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, rhai::Position::NONE).into())
    })
}

/// Works on the message that the step put into the tag of this call.
fn with<T>(context: &NativeCallContext<'_>, work: impl FnOnce(&mut Hand) -> Called<T>) -> Called<T> {
    let held = context.tag().and_then(Dynamic::read_lock::<Held>);
    let held = held.ok_or_else(|| Fault("there is no message here".into()))?;
    let mut hand = held.lock().unwrap_or_else(PoisonError::into_inner);
    work(&mut hand)
}

impl Hand {
    /// A path, or what is wrong with it.
    fn parsed<P: std::str::FromStr<Err = PathError>>(&self, path: &str) -> Result<P, Fault> {
        path.parse().map_err(|error: PathError| {
            let shown = if self.script.contains(path) {
                format!("`{path}` is")
            } else {
                "this is".to_owned()
            };
            Fault(format!("{shown} not a path: expected {}", error.expected))
        })
    }

    fn target(&self, path: &str) -> Result<TargetSelector, Fault> {
        self.parsed(path)
    }

    /// The first place a path means.
    fn place(&mut self, path: &str) -> Called<Option<FieldPath>> {
        let path: Selector = self.parsed(path)?;
        let place = self.message.resolve(&path, &self.scope);
        if let Some(place) = &place {
            self.spend(place, 0)?;
        }
        Ok(place)
    }

    /// All places a path means.
    fn places(&mut self, path: &str) -> Called<Places> {
        let path: Selector = self.parsed(path)?;
        self.all(&path)
    }

    fn all(&mut self, path: &Selector) -> Called<Places> {
        let places = self.message.resolve_all(path, &self.scope);
        for place in &places {
            self.spend(place, 0)?;
        }
        Ok(places)
    }

    fn segments(&mut self, segments: &SegmentSelector) -> Called<Vec<usize>> {
        let found = self.message.resolve_segments(segments, &self.scope);
        self.pass(self.message.segments().count())?;
        Ok(found.into_iter().collect())
    }

    /// Does an edit of one place that writes so many bytes.
    fn edit(
        &mut self,
        path: &FieldPath,
        bytes: usize,
        edit: impl FnOnce(&mut Message) -> Result<(), EditError>,
    ) -> Called<()> {
        self.spend(path, bytes)?;
        let segments = self.message.segments().len();
        let charset = self.message.charset();
        let edited = self.notes.watch(&mut self.message, &[Target::Field(*path)], edit);
        edited.map_err(|error| Fault(error.kind.to_string()))?;
        if self.message.segments().len() > segments {
            self.pass(segments * SEGMENT_PLACING_BYTES)?;
        }
        if self.message.charset() != charset {
            self.pass(self.message.segments().map(|segment| segment.raw().len()).sum())?;
        }
        Ok(())
    }

    /// Counts the work at a place, and what is written there with the delimiters before it.
    fn spend(&mut self, path: &FieldPath, written_bytes: usize) -> Called<()> {
        let named = |name: &[u8]| name == path.segment().as_bytes();
        let mut segments = self.message.segments().filter(|segment| named(segment.name()));
        let segment = segments.nth(usize::from(path.occurrence()).saturating_sub(1));
        let bytes = segment.map_or(0, |segment| segment.raw().len());
        drop(segments);
        self.pass(bytes + self.message.segments().count())?;
        if written_bytes > 0 {
            let numbers = [
                Some(path.field()),
                path.repetition(),
                path.component(),
                path.subcomponent(),
            ];
            let padding: usize = numbers.into_iter().flatten().map(usize::from).sum();
            self.write(written_bytes + padding)?;
        }
        Ok(())
    }

    fn pass(&mut self, bytes: usize) -> Called<()> {
        self.passed_bytes = self.passed_bytes.saturating_add(bytes);
        if self.passed_bytes > PASSED_BYTES_MAX {
            return self.limit(format!(
                "the script passes over more than {} MiB",
                PASSED_BYTES_MAX >> 20
            ));
        }
        Ok(())
    }

    fn write(&mut self, bytes: usize) -> Called<()> {
        self.written_bytes = self.written_bytes.saturating_add(bytes);
        if self.written_bytes > WRITTEN_BYTES_MAX {
            return self.limit(format!(
                "the script writes more than {} KiB",
                WRITTEN_BYTES_MAX >> 10
            ));
        }
        Ok(())
    }

    /// Ends the script at a limit, which it cannot catch.
    fn limit(&mut self, reason: String) -> Called<()> {
        self.stop = Some(Stop::Failed(StepError::new(reason)));
        Err(EvalAltResult::ErrorTerminated(Dynamic::UNIT, rhai::Position::NONE).into())
    }
}
