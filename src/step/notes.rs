//! What the steps of a run leave behind besides the message: codes that were in no table, tags, and, only when
//! asked for, what each step changed.
//!
//! Codes, tags and changes hold content of the message: they are for whoever asked for the run, and no `Debug` here
//! prints them.

use std::fmt;
use std::sync::Arc;

use super::StepError;
use crate::expression::{Context, LOOKED_AT_MAX};
use crate::hl7::{Message, SegmentPath, Target};

/// How many messages may come of one, by all splits together.
const PARTS_MAX: usize = 1_000;
/// How many bytes they may have together.
const PARTS_BYTES_MAX: usize = 64 * 1024 * 1024;
/// How many splits may be of parts of one another.
const SPLITS_MAX: usize = 4;
/// How many operations a run may take: each step, each edit and each turn of a `for_each` is one. So no route can hang,
/// whatever the message holds.
pub const OPERATIONS_MAX: usize = 200_000;
/// So many segments are sorted into groups, or looked at by expressions, in the time of one operation.
pub(super) const SEGMENTS_PER_OPERATION: usize = LOOKED_AT_MAX / OPERATIONS_MAX;
/// How many bytes the operations may be over, each counted as if it were over the largest segment: with large segments
/// a run may take fewer.
pub const OPERATIONS_BYTES_MAX: u64 = 32 * 1024 * 1024 * 1024;
/// After so many operations the size of segments is looked at, and after as many again.
const OPERATIONS_UNWEIGHED: usize = 128;
/// Of how many codes that were in no table a run keeps the text; all are counted.
const MISSES_MAX: usize = 100;
/// How many tags a message may have.
pub(super) const TAGS_MAX: usize = 32;
/// How long the value of a tag may be.
pub(super) const VALUE_BYTES_MAX: usize = 1_000;

/// What a run left behind.
#[derive(Debug, Default)]
pub struct Notes {
    /// The codes that were in no table.
    pub misses: Misses,
    /// The tags that steps gave the message.
    pub tags: Vec<Tag>,
    /// The steps that were reached, in order; kept only when the run is traced.
    pub steps: Option<Vec<StepTrace>>,
    /// What is at hand: noted with each step.
    at_hand: Option<Target>,
    /// The numbers of the parts that a split, and a split of its parts, made.
    parts: Vec<usize>,
    /// How many parts all splits together made, and their bytes.
    parts_made: (usize, usize),
    /// How many operations there were.
    operations: usize,
    /// How many more what expressions have looked at is worth.
    looked: usize,
    /// How many there were when the size of segments was last looked at.
    weighed: usize,
}

/// The codes that were in no table, by table and code.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Misses(Vec<Miss>);

/// A code that was not in a table.
#[derive(Clone, PartialEq, Eq)]
pub struct Miss {
    /// The name of the table.
    pub table: Arc<str>,
    /// The code; `None` for those beyond the first hundred of a run.
    pub code: Option<Box<str>>,
    /// How often.
    pub count: u64,
}

/// A named value that a step gave the message.
#[derive(Clone, PartialEq, Eq)]
pub struct Tag {
    /// Its name, from the site.
    pub name: Arc<str>,
    /// Its value, which may be content.
    pub value: String,
}

/// What one step did.
#[derive(Debug, Clone)]
pub struct StepTrace {
    /// As `step 2 (translate)`.
    pub title: Arc<str>,
    /// Behind a split, the number of the part; behind two, the number of a part of a part follows.
    pub part: Vec<usize>,
    /// Within a `for_each`, what is at hand: the segment, the first segment of a group, or the repetition.
    pub at_hand: Option<Target>,
    /// Whether its condition holds, or it has none.
    pub applies: bool,
    /// The places that are not as they were before the step.
    pub changed: Vec<Change>,
    /// Why it ended the run, if it did; no content.
    pub stopped: Option<String>,
}

/// A place that is not as it was.
#[derive(Clone, PartialEq, Eq)]
pub struct Change {
    /// The place.
    pub place: Target,
    /// What stood there, escapes and delimiters as they are, segments one a line; `None` if the place was absent.
    pub before: Option<Box<str>>,
    /// What stands there now; `None` if the place is absent.
    pub after: Option<Box<str>>,
}

impl Notes {
    /// Notes that also say what each step did.
    pub fn traced() -> Notes {
        Notes {
            steps: Some(Vec::new()),
            ..Notes::default()
        }
    }

    /// Whether somebody wants to know what each step did.
    pub fn is_traced(&self) -> bool {
        self.steps.is_some()
    }

    /// Counts operations that are to come, unless there were too many.
    pub(super) fn count(&mut self, more: usize) -> Result<(), StepError> {
        self.operations = self.operations.saturating_add(more);
        if self.operations.saturating_add(self.looked) > OPERATIONS_MAX {
            let reason = format!("more than {OPERATIONS_MAX} operations on this message");
            return Err(StepError::new(reason));
        }
        Ok(())
    }

    /// Counts what expressions have looked at in this run so far, unless it was too much.
    pub fn count_looked(&mut self, context: &Context) -> Result<(), StepError> {
        self.looked = context.looked_at().div_ceil(SEGMENTS_PER_OPERATION);
        self.count(0)
    }

    /// Counts an edit; if it was one too many, the next step tells.
    pub(super) fn count_edit(&mut self) {
        self.operations = self.operations.saturating_add(1);
    }

    /// Counts what it took to find the place of a segment that is added.
    pub(super) fn count_placing(&mut self, segments: usize) {
        self.operations = self.operations.saturating_add(segments / SEGMENTS_PER_OPERATION);
    }

    /// Counts an edit that wrote every segment in another character set.
    pub(super) fn count_transcoding(&mut self, segments: usize) {
        self.operations = self.operations.saturating_add(segments);
    }

    /// Whether it is time to look at the size of segments again.
    pub(super) fn is_to_weigh(&mut self) -> bool {
        let is_time = self.operations >= self.weighed + OPERATIONS_UNWEIGHED;
        if is_time {
            self.weighed = self.operations;
        }
        is_time
    }

    /// Whether so many operations may be over segments this large.
    pub(super) fn weigh(&self, segment_bytes: usize) -> Result<(), StepError> {
        let bytes = (self.operations as u64).saturating_mul(segment_bytes as u64);
        if bytes > OPERATIONS_BYTES_MAX {
            let operations = self.operations;
            let reason = format!("more than {operations} operations on a message with a segment this large");
            return Err(StepError::new(reason));
        }
        Ok(())
    }

    /// Says what is at hand from now on, and gives back what was.
    pub(super) fn at_hand(&mut self, place: Option<Target>) -> Option<Target> {
        std::mem::replace(&mut self.at_hand, place)
    }

    /// Counts the parts that a split is to make, unless there would be too many, or too large ones.
    pub(super) fn count_parts(&mut self, more: usize, bytes: usize) -> Result<(), StepError> {
        let (made, made_bytes) = self.parts_made;
        self.parts_made = (made.saturating_add(more), made_bytes.saturating_add(bytes));
        let reason = if self.parts.len() >= SPLITS_MAX {
            format!("more than {SPLITS_MAX} splits of splits")
        } else if self.parts_made.0 > PARTS_MAX {
            format!("more than {PARTS_MAX} messages would come of this one")
        } else if self.parts_made.1 > PARTS_BYTES_MAX {
            format!("the messages that come of this one would have more than {PARTS_BYTES_MAX} bytes")
        } else {
            return Ok(());
        };
        Err(StepError::new(reason))
    }

    /// A part of a split begins; after it, [`Notes::end_part`].
    pub fn begin_part(&mut self, number: usize) {
        self.parts.push(number);
    }

    /// A part of a split ends.
    pub fn end_part(&mut self) {
        self.parts.pop();
    }

    /// A step begins; what is noted from here on is of this step.
    pub(super) fn reach(&mut self, title: &Arc<str>, applies: bool) -> usize {
        let Some(steps) = &mut self.steps else { return 0 };
        steps.push(StepTrace {
            title: Arc::clone(title),
            part: self.parts.clone(),
            at_hand: self.at_hand,
            applies,
            changed: Vec::new(),
            stopped: None,
        });
        steps.len() - 1
    }

    /// The step with this number, as [`Notes::reach`] gave it, ended the run.
    pub(super) fn stopped(&mut self, number: usize, why: impl FnOnce() -> String) {
        if let Some(step) = self.steps.as_mut().and_then(|steps| steps.get_mut(number)) {
            step.stopped = Some(why());
        }
    }

    /// Gives the message a tag, or an existing tag another value; false if it has too many.
    pub(super) fn tag(&mut self, name: &Arc<str>, value: String) -> bool {
        if let Some(tag) = self.tags.iter_mut().find(|tag| tag.name == *name) {
            tag.value = value;
            return true;
        }
        let has_room = self.tags.len() < TAGS_MAX;
        if has_room {
            let name = Arc::clone(name);
            self.tags.push(Tag { name, value });
        }
        has_room
    }

    /// A place that is not as it was; noted for the step reached last.
    pub fn change(&mut self, change: Change) {
        if let Some(step) = self.steps.as_mut().and_then(|steps| steps.last_mut()) {
            step.changed.push(change);
        }
    }
}

impl Misses {
    /// Counts a code that was not in this table.
    pub fn note(&mut self, table: &Arc<str>, code: &str) {
        let is_kept = |miss: &&mut Miss| *miss.table == **table && miss.code.as_deref() == Some(code);
        if let Some(known) = self.0.iter_mut().find(is_kept) {
            known.count += 1;
            return;
        }
        let code = (self.0.len() < MISSES_MAX).then(|| code.into());
        let is_beyond = |miss: &&mut Miss| *miss.table == **table && miss.code.is_none();
        match self.0.iter_mut().find(is_beyond).filter(|_| code.is_none()) {
            Some(beyond) => beyond.count += 1,
            None => self.0.push(Miss {
                table: Arc::clone(table),
                code,
                count: 1,
            }),
        }
    }

    /// All of them, in the order in which they were first met.
    pub fn iter(&self) -> impl Iterator<Item = &Miss> {
        self.0.iter()
    }
}

/// The characters at a field path, or of the segments meant, one a line; `None` if nothing is there.
pub(super) fn standing(place: &Target, message: &Message) -> Option<Box<str>> {
    let characters = |raw: &[u8]| message.characters(raw).into();
    match place {
        Target::Field(path) => message.read(path).bytes().map(characters),
        Target::Segment(segment) => segments(*segment, message).as_deref().map(characters),
    }
}

fn segments(path: SegmentPath, message: &Message) -> Option<Vec<u8>> {
    let named = message
        .segments()
        .filter(|segment| segment.name() == path.name.as_bytes());
    let raw = named.map(|segment| segment.raw());
    let meant: Vec<&[u8]> = match path.occurrence {
        None => raw.collect(),
        Some(occurrence) => raw
            .skip(usize::from(occurrence).saturating_sub(1))
            .take(1)
            .collect(),
    };
    (!meant.is_empty()).then(|| meant.join(&b'\r'))
}

impl fmt::Debug for Miss {
    /// Prints no code.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Miss")
            .field("table", &self.table)
            .field("count", &self.count)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tag {
    /// Prints no value.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Tag")
            .field("name", &self.name)
            .field("value_bytes", &self.value.len())
            .finish()
    }
}

impl fmt::Debug for Change {
    /// Prints sizes, never the texts.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Change")
            .field("place", &self.place)
            .field("before_bytes", &self.before.as_ref().map(|text| text.len()))
            .field("after_bytes", &self.after.as_ref().map(|text| text.len()))
            .finish()
    }
}
