//! Message structures: which segments a message has, in which order, in which groups.

use std::collections::HashMap;
use std::fmt;

/// A message structure, `ADT_A01` (the abstract message syntax of chapters 3 to 17).
pub struct Structure {
    /// `ADT_A01`
    pub name: &'static str,
    /// `Admit/visit notification`; empty where no source has a name.
    pub description: &'static str,
    /// The whole tree, each element before its children.
    pub(super) elements: Vec<Place>,
}

/// An element of a structure, where it stands among the others.
pub(super) struct Place {
    pub(super) kind: ElementKind,
    pub(super) name: &'static str,
    pub(super) min: u16,
    pub(super) max: Option<u16>,
    /// The group around it; `None` at the top.
    pub(super) parent: Option<usize>,
    /// The place after its last descendant.
    pub(super) end: usize,
    /// Whether its group may begin with it: everything before it there may be missing.
    pub(super) may_open: bool,
    /// Whether the structure has this segment in one place only.
    pub(super) is_unique: bool,
}

/// What an element of a structure is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementKind {
    /// One segment. The names `Hxx` and `Zxx` stand for any segment and any Z segment.
    Segment,
    /// Elements that come one after the other.
    Group,
    /// Elements of which one comes.
    Choice,
}

/// A segment, a group or a choice in a structure, with how often it may stand there.
#[derive(Clone, Copy)]
pub struct Element<'a> {
    structure: &'a Structure,
    place: &'a Place,
    index: usize,
}

impl Structure {
    /// The elements at the top: MSH first.
    pub fn elements(&self) -> impl Iterator<Item = Element<'_>> {
        self.between(0, self.elements.len())
    }

    pub(super) fn element(&self, index: usize) -> Option<Element<'_>> {
        let place = self.elements.get(index)?;
        Some(Element {
            structure: self,
            place,
            index,
        })
    }

    /// The elements from `start` to `end` that stand beside each other.
    fn between(&self, start: usize, end: usize) -> impl Iterator<Item = Element<'_>> {
        std::iter::successors(self.element(start), |before| self.element(before.place.end))
            .take_while(move |element| element.index < end)
    }

    /// Reads the tree as the data writes it: `MSH PATIENT( PID NTE* )? CHOICE< OBR RXO >+`.
    pub(super) fn read(
        name: &'static str,
        description: &'static str,
        tree: &'static str,
    ) -> Option<Structure> {
        let mut reading = Reading::default();
        for token in tree.split(' ') {
            match token.strip_prefix([')', '>']) {
                Some(suffix) => reading.close(suffix)?,
                None => reading.element(token)?,
            }
        }
        if !reading.open.is_empty() {
            return None;
        }
        Some(Structure {
            name,
            description,
            elements: reading.elements,
        })
    }
}

/// A tree as far as it is read.
#[derive(Default)]
struct Reading {
    elements: Vec<Place>,
    /// The groups that are not closed yet, outermost first.
    open: Vec<usize>,
    /// Where each segment first stands.
    first: HashMap<&'static str, usize>,
}

impl Reading {
    /// A segment with its cardinality, or the beginning of a group, whose cardinality comes with its end.
    fn element(&mut self, token: &'static str) -> Option<()> {
        let length = token.find(|c: char| !is_of_name(c)).unwrap_or(token.len());
        let (name, suffix) = token.split_at_checked(length)?;
        let kind = match suffix {
            "(" => ElementKind::Group,
            "<" => ElementKind::Choice,
            _ => ElementKind::Segment,
        };
        let (min, max) = match kind {
            ElementKind::Segment => cardinality(suffix)?,
            ElementKind::Group | ElementKind::Choice => (1, Some(1)),
        };
        let index = self.elements.len();
        let earlier = *self.first.entry(name).or_insert(index);
        if let Some(earlier) = self.elements.get_mut(earlier) {
            earlier.is_unique = false;
        }
        self.elements.push(Place {
            kind,
            name,
            min,
            max,
            parent: self.open.last().copied(),
            end: index + 1,
            may_open: self.may_open(),
            is_unique: earlier == index,
        });
        if kind != ElementKind::Segment {
            self.open.push(index);
        }
        Some(())
    }

    /// The end of the innermost open group.
    fn close(&mut self, suffix: &str) -> Option<()> {
        let end = self.elements.len();
        let group = self.elements.get_mut(self.open.pop()?)?;
        (group.min, group.max) = cardinality(suffix)?;
        group.end = end;
        Some(())
    }

    /// Whether the next element may be the first to stand in its group: of a choice each may, in a group all
    /// before it must be such that they may be missing.
    fn may_open(&self) -> bool {
        let Some(group) = self.open.last().copied() else {
            return self.elements.is_empty();
        };
        let is_choice = self
            .elements
            .get(group)
            .is_some_and(|group| group.kind == ElementKind::Choice);
        let before = self.elements.get(group + 1..).unwrap_or_default();
        is_choice
            || before
                .iter()
                .all(|place| place.parent != Some(group) || place.min == 0)
    }
}

fn is_of_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Nothing is once, `?` is at most once, `*` any number, `+` at least once, `{2,5}` just that.
fn cardinality(suffix: &str) -> Option<(u16, Option<u16>)> {
    match suffix {
        "" => Some((1, Some(1))),
        "?" => Some((0, Some(1))),
        "*" => Some((0, None)),
        "+" => Some((1, None)),
        _ => {
            let (min, max) = suffix.strip_prefix('{')?.strip_suffix('}')?.split_once(',')?;
            let max = if max.is_empty() {
                None
            } else {
                Some(max.parse().ok()?)
            };
            Some((min.parse().ok()?, max))
        }
    }
}

impl<'a> Element<'a> {
    /// Its number in the structure, from 0, each element before what it holds: a name may stand in several places.
    pub fn index(&self) -> usize {
        self.index
    }

    /// What it is.
    pub fn kind(&self) -> ElementKind {
        self.place.kind
    }

    /// `PID`, or the name of the group: `PATIENT`.
    pub fn name(&self) -> &'static str {
        self.place.name
    }

    /// How often it must be there.
    pub fn min(&self) -> u16 {
        self.place.min
    }

    /// How often it may be there; `None` means without limit.
    pub fn max(&self) -> Option<u16> {
        self.place.max
    }

    /// What the group or choice holds; nothing for a segment.
    pub fn children(&self) -> impl Iterator<Item = Element<'a>> + use<'a> {
        self.structure.between(self.index + 1, self.place.end)
    }
}

impl fmt::Debug for Structure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}({} elements)", self.name, self.elements.len())
    }
}

impl fmt::Debug for Element<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}", self.place.name)
    }
}
