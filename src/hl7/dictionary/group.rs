//! Assigns the segments of a message to the groups of its structure: an ORU's OBR owns its OBX, NTE and SPM.
//!
//! Never refuses and never drops a segment: what the structure does not know, or not here, hangs where it stands.
//! The work is linear in the number of segments and the depth is that of the structure, whatever the message holds.

use std::ops::Range;

use super::super::message::Message;
use super::super::segment::Segment;
use super::structure::{Element, ElementKind, Place, Structure};

/// A message's segments in the groups of its structure.
pub struct Grouping<'a> {
    structure: &'a Structure,
    /// Each group before what it holds.
    entries: Vec<Entry<'a>>,
}

enum Entry<'a> {
    Group {
        element: usize,
        end: usize,
    },
    Segment {
        segment: Segment<'a>,
        placement: Placement<'a>,
    },
}

/// A group, or a segment outside any deeper group, in the order of the message.
pub enum Item<'a> {
    /// One repetition of a group or choice.
    Group(Group<'a>),
    /// A segment.
    Segment(Segment<'a>, Placement<'a>),
}

/// How a segment came to its place.
#[derive(Debug, Clone, Copy)]
pub enum Placement<'a> {
    /// The structure has it here.
    Expected(Element<'a>),
    /// The structure has such a segment, but not here.
    Misplaced,
    /// The structure has no such segment: a Z segment, or one of another version.
    Unknown,
}

/// One repetition of a group in a message.
#[derive(Clone, Copy)]
pub struct Group<'a> {
    grouping: &'a Grouping<'a>,
    element: Element<'a>,
    start: usize,
    end: usize,
}

/// Assigns a message's segments to the groups of a structure.
///
/// A segment goes to the nearest place from where the last one stood: the same place if it repeats, then forward
/// in the innermost open group, then a new repetition of that group, then the same one group further out.
/// What has begun an open group begins it anew rather than a deeper group that may be left out.
/// A group is begun by a segment that may come first in it; a segment with one place only in the whole structure
/// may also begin one group that lacks its beginning (an RXA without its ORC).
pub fn group<'a>(message: &'a Message, structure: &'a Structure) -> Grouping<'a> {
    let mut walk = Walk {
        structure,
        entries: Vec::new(),
        open: Vec::new(),
        last: None,
    };
    for segment in message.segments() {
        let placement = walk.place(segment.name());
        walk.entries.push(Entry::Segment { segment, placement });
    }
    walk.close_to(0);
    Grouping {
        structure,
        entries: walk.entries,
    }
}

/// The way through a structure.
struct Walk<'a> {
    structure: &'a Structure,
    entries: Vec<Entry<'a>>,
    /// The groups that are open, outermost first: the entry and the element.
    open: Vec<(usize, usize)>,
    /// The element of the last segment that was expected.
    last: Option<usize>,
}

/// Where a segment goes: how many open groups stay open, and its element.
struct Way {
    stay_open: usize,
    element: usize,
}

/// What a search goes through first.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Beside {
    /// The rest of this open group, or of the top: all of it can come next.
    Open(Option<usize>),
    /// A group that would be begun anew.
    Anew,
}

impl<'a> Walk<'a> {
    fn place(&mut self, name: &[u8]) -> Placement<'a> {
        let places = &self.structure.elements;
        let mut known = places.iter().filter(|place| is_segment(place, name)).peekable();
        let Some(first) = known.peek() else {
            return Placement::Unknown;
        };
        let is_unique = first.is_unique;
        let way = self
            .again(name, |place| place.max != Some(1))
            .or_else(|| self.find(name, false))
            .or_else(|| is_unique.then(|| self.find(name, true)).flatten())
            // Once too often is a matter for validation; its place is still here.
            .or_else(|| self.again(name, |_| true));
        match way {
            Some(way) => self.go(&way).map_or(Placement::Unknown, Placement::Expected),
            None => Placement::Misplaced,
        }
    }

    /// The place of the last segment, if this is the same again and may be.
    fn again(&self, name: &[u8], may: impl Fn(&Place) -> bool) -> Option<Way> {
        let element = self.last?;
        let place = self.structure.elements.get(element)?;
        (is_segment(place, name) && may(place)).then_some(Way {
            stay_open: self.open.len(),
            element,
        })
    }

    /// The nearest place, group by group from the innermost open one.
    fn find(&self, name: &[u8], may_lack: bool) -> Option<Way> {
        let places = &self.structure.elements;
        let mut from = self.last.map_or(0, |last| last + 1);
        for stay_open in (1..=self.open.len()).rev() {
            let (_, open) = *self.open.get(stay_open - 1)?;
            let group = places.get(open)?;
            // Of a choice one element comes, so nothing follows within it.
            if group.kind == ElementKind::Group
                && let Some(element) = self.search(from..group.end, Beside::Open(Some(open)), name, may_lack)
            {
                let onward = Way { stay_open, element };
                return Some(self.anew_instead(&onward, open, name).unwrap_or(onward));
            }
            if group.max != Some(1)
                && let Some(element) = self.search(open + 1..group.end, Beside::Anew, name, may_lack)
            {
                return Some(Way {
                    stay_open: stay_open - 1,
                    element,
                });
            }
            from = group.end;
        }
        let element = self.search(from..places.len(), Beside::Open(None), name, may_lack)?;
        Some(Way {
            stay_open: 0,
            element,
        })
    }

    /// A new repetition of an open group that this segment began, where the way onward would begin a group that may
    /// be left out: the second ORC of an `OML_O21` is the next order and no prior result of the first.
    fn anew_instead(&self, onward: &Way, around: usize, name: &[u8]) -> Option<Way> {
        let places = &self.structure.elements;
        let parent = |element: usize| places.get(element)?.parent;
        let begun = std::iter::successors(parent(onward.element), |group| parent(*group))
            .take_while(|group| *group != around)
            .last()?;
        if places.get(begun)?.min > 0 {
            return None;
        }
        (0..onward.stay_open).rev().find_map(|stay_open| {
            let (entry, open) = *self.open.get(stay_open)?;
            let group = places.get(open)?;
            if group.max == Some(1) || !self.is_begun_by(entry, name) {
                return None;
            }
            let element = self.search(open + 1..group.end, Beside::Anew, name, false)?;
            Some(Way { stay_open, element })
        })
    }

    /// Whether the first segment of the group at this entry has this name.
    fn is_begun_by(&self, entry: usize, name: &[u8]) -> bool {
        let first = self.entries.iter().skip(entry).find_map(|entry| match entry {
            Entry::Segment { segment, .. } => Some(segment),
            Entry::Group { .. } => None,
        });
        first.is_some_and(|segment| segment.name() == name)
    }

    /// The first place of the segment in a range.
    ///
    /// A group is entered by what may come first in it; with `may_lack`, one group on the way may lack its beginning.
    fn search(&self, range: Range<usize>, beside: Beside, name: &[u8], may_lack: bool) -> Option<usize> {
        let mut index = range.start;
        let mut lacking_until = range.start;
        while index < range.end {
            let place = self.structure.elements.get(index)?;
            let is_reached = place.may_open || beside == Beside::Open(place.parent);
            if !is_reached && (!may_lack || index < lacking_until) {
                index = place.end;
                continue;
            }
            if is_segment(place, name) {
                return Some(index);
            }
            if !is_reached {
                lacking_until = place.end;
            }
            index += 1;
        }
        None
    }

    /// Closes and opens groups so that the element's own is the innermost open one.
    fn go(&mut self, way: &Way) -> Option<Element<'a>> {
        self.close_to(way.stay_open);
        let around = self.open.last().map(|(_, element)| *element);
        let mut inward: Vec<usize> = Vec::new();
        let mut parent = self.structure.elements.get(way.element)?.parent;
        while let Some(group) = parent.filter(|_| parent != around) {
            inward.push(group);
            parent = self.structure.elements.get(group)?.parent;
        }
        for element in inward.into_iter().rev() {
            self.open.push((self.entries.len(), element));
            self.entries.push(Entry::Group { element, end: 0 });
        }
        self.last = Some(way.element);
        self.structure.element(way.element)
    }

    fn close_to(&mut self, stay_open: usize) {
        let here = self.entries.len();
        for (entry, _) in self.open.drain(stay_open.min(self.open.len())..) {
            if let Some(Entry::Group { end, .. }) = self.entries.get_mut(entry) {
                *end = here;
            }
        }
    }
}

fn is_segment(place: &Place, name: &[u8]) -> bool {
    place.kind == ElementKind::Segment && place.name.as_bytes() == name
}

impl Grouping<'_> {
    /// The structure that was asked for.
    pub fn structure(&self) -> &Structure {
        self.structure
    }

    /// The message from its top: segments and groups in their order.
    pub fn items(&self) -> impl Iterator<Item = Item<'_>> {
        self.between(0, self.entries.len())
    }

    /// How each segment came to its place, in the order of the message.
    pub(super) fn placements(&self) -> impl Iterator<Item = Placement<'_>> {
        self.entries.iter().filter_map(|entry| match entry {
            Entry::Segment { placement, .. } => Some(*placement),
            Entry::Group { .. } => None,
        })
    }

    fn between(&self, start: usize, end: usize) -> impl Iterator<Item = Item<'_>> {
        let mut index = start;
        std::iter::from_fn(move || {
            let entry = self.entries.get(index).filter(|_| index < end)?;
            let start = index + 1;
            match *entry {
                Entry::Segment { segment, placement } => {
                    index = start;
                    Some(Item::Segment(segment, placement))
                }
                Entry::Group { element, end } => {
                    index = end;
                    let element = self.structure.element(element)?;
                    Some(Item::Group(Group {
                        grouping: self,
                        element,
                        start,
                        end,
                    }))
                }
            }
        })
    }
}

impl<'a> Group<'a> {
    /// `ORDER_OBSERVATION`
    pub fn name(&self) -> &'static str {
        self.element.name()
    }

    /// What the structure says of the group.
    pub fn element(&self) -> Element<'a> {
        self.element
    }

    /// How many segments the group has, in all its groups.
    pub fn segment_count(&self) -> usize {
        let entries = self
            .grouping
            .entries
            .get(self.start..self.end)
            .unwrap_or_default();
        let is_segment = |entry: &&Entry<'_>| matches!(entry, Entry::Segment { .. });
        entries.iter().filter(is_segment).count()
    }

    /// What the group holds, in the order of the message.
    pub fn items(&self) -> impl Iterator<Item = Item<'a>> + use<'a> {
        self.grouping.between(self.start, self.end)
    }
}
