//! Paths that no version of the standard knows: a warning, since senders do add their own.

use crate::hl7::dictionary::{Dictionary, Version};
use crate::hl7::{FieldPath, SegmentName, TargetSelector};
use crate::problem::{Problem, ProblemName, Problems};

use super::sections::Sections;
use super::written::{self, Written};

/// Warns of every path to a segment, field or component that is in no version.
pub(super) fn check(sections: &Sections<'_>, problems: &mut Problems) {
    let in_routes = sections
        .routes()
        .iter()
        .flat_map(|(_, route)| written::in_route(route));
    let destinations = sections.destinations().iter();
    let in_destinations = destinations.flat_map(|(_, destination)| written::in_destination(destination));
    for written in in_routes.chain(in_destinations) {
        problems_of(&written, problems);
    }
}

fn problems_of(written: &Written<'_>, problems: &mut Problems) {
    let segment = match &written.target {
        TargetSelector::Segments(segments) => segments.name(),
        TargetSelector::Field(field) => field.segment(),
    };
    // Z segments are the senders' own.
    if segment.as_str().starts_with('Z') {
        return;
    }
    if !versions().any(|version| version.segment(segment.as_bytes()).is_some()) {
        problems.push(unknown_segment(segment, written));
    } else if let TargetSelector::Field(field) = &written.target
        && !versions().any(|version| knows(version, field.path()))
    {
        problems.push(unknown_field(field.path(), written));
    }
}

/// The newest version first: it knows most, and only what it does not know costs the others.
fn versions() -> impl Iterator<Item = &'static Dictionary> {
    Version::ALL.iter().rev().map(|version| Dictionary::of(*version))
}

fn unknown_segment(segment: SegmentName, written: &Written<'_>) -> Problem {
    let name = segment.as_str();
    let message = format!("no version of HL7 has a segment {name}");
    let common = Dictionary::of(Version::COMMON).segments().iter();
    let problem = Problem::warning(ProblemName::UnknownPlace, message)
        .nearest(name, common.map(|segment| segment.name))
        .help("a segment of a sender's own begins with Z");
    // What is to be put right is the name alone, not the slash that may stand before it.
    let offset = written.text().find(name).unwrap_or(0);
    written.mark(problem, offset, name.len())
}

fn unknown_field(path: &FieldPath, written: &Written<'_>) -> Problem {
    let field = format!("{}-{}", path.segment(), path.field());
    let parts = [path.component(), path.subcomponent()].into_iter().flatten();
    let parts: Vec<String> = parts.map(|number| format!(".{number}")).collect();
    let message = format!("no version of HL7 has {field}{}", parts.concat());
    let above = if parts.is_empty() {
        path.segment().to_string()
    } else {
        field
    };
    let problem = Problem::warning(ProblemName::UnknownPlace, message)
        .help(format!("`weir explain {above}` shows what there is"));
    written.mark(problem, 0, written.bytes.len())
}

/// Whether there is something at a path; below a field whose type another field tells (OBX-5), anything may be.
fn knows(version: &Dictionary, path: &FieldPath) -> bool {
    let field = version
        .segment(path.segment().as_bytes())
        .and_then(|segment| segment.field(path.field()));
    field.is_some_and(|field| version.field(path).is_some() || version.data_type(field.data_type).is_none())
}
