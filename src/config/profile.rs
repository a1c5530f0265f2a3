//! A profile for validation: one YAML file, with those it inherits from.
//!
//! Read as the files of a site are, with the same problems; a profile is no part of a site and starts nothing.

use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use crate::hl7::dictionary::Version;
use crate::problem::{Content, Node, Place, Problem, ProblemName, Problems, Source};
use crate::typed::Pairs;
use crate::validation::{Profile, Settings};

use super::{files, piece, yaml};

/// More files that inherit from one another than any site needs.
const INHERITED_MAX: usize = 8;

/// Reads the profile in this file. Without a profile there is at least one error among the problems.
pub fn read(file: &Path) -> (Option<Profile>, Problems) {
    let mut problems = Problems::new();
    let profile = read_file(file, 0, &mut problems);
    (profile, problems)
}

/// Reads a file and first what it inherits from; `number` counts the files, and is that of its source.
fn read_file(file: &Path, number: usize, problems: &mut Problems) -> Option<Profile> {
    let text = files::read_text(file, files::FILE_BYTES_MAX)
        .map_err(|problem| problems.push(*problem))
        .ok()?;
    let root = yaml::read(number, &text, problems);
    let is_read = root.is_some();
    let source = Arc::new(Source {
        id: number,
        name: file.display().to_string(),
        text,
        root: root.unwrap_or(Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        }),
    });
    problems.add_source(Arc::clone(&source));
    if !is_read {
        return None;
    }
    let place = Place::root(&source);
    let mut value = yaml::value(place.node());
    let inherits = value
        .as_mapping_mut()
        .and_then(|map| map.shift_remove("inherits"));
    let inherited = match inherits {
        Some(inherits) => inherited(&inherits, file, number, &place.key("inherits"), problems),
        None => Some(Profile::default()),
    };
    let segments = rules(&mut value, &place.key("segments"), "segments", problems);
    let fields = rules(&mut value, &place.key("fields"), "fields", problems);
    let mut settings: Settings = piece::read_with(&place, value, &["inherits"], problems)?;
    settings.segments = segments;
    settings.fields = fields;
    // What is wrong is told even where the inherited profile is wrong itself.
    let profile = settings.check(inherited.unwrap_or_default(), &place, problems);
    profile.filter(|_| problems.error_count() == 0)
}

/// The rules of a section, each read by itself, so that one that is wrong hides no other.
fn rules<T: DeserializeOwned>(
    value: &mut Value,
    place: &Place<'_>,
    section: &str,
    problems: &mut Problems,
) -> Option<Pairs<T>> {
    value.as_mapping_mut()?.shift_remove(section)?;
    if !matches!(place.node().content, Content::Mapping(_)) {
        return piece::read(place, yaml::value(place.node()), problems);
    }
    let mut read = Vec::new();
    for (name, place) in place.entries() {
        let rule = piece::read(&place, yaml::value(place.node()), problems);
        read.extend(rule.map(|rule| (name.to_owned(), rule)));
    }
    Some(Pairs(read))
}

/// What `inherits` names: a version of the standard, or another file.
fn inherited(
    inherits: &Value,
    file: &Path,
    number: usize,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Profile> {
    let name = match inherits {
        Value::String(name) => name.as_str(),
        Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::Sequence(_)
        | Value::Mapping(_)
        | Value::Tagged(_) => "",
    };
    if let Ok(version) = name.parse() {
        return Some(Profile::of_version(version));
    }
    if !Path::new(name)
        .extension()
        .is_some_and(|extension| extension == "yaml" || extension == "yml")
    {
        let message =
            "expected a version of HL7 from 2.1 to 2.8.2, or the name of another profile's YAML file";
        let versions = Version::ALL.iter().map(|version| version.as_str());
        let problem = Problem::error(ProblemName::InvalidValue, message);
        problems.push(problem.at(place).nearest(name, versions));
        return None;
    }
    if number == INHERITED_MAX {
        let message =
            format!("more than {INHERITED_MAX} profiles inherit from one another, or one from itself");
        problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(place));
        return None;
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    read_file(&folder.join(name), number + 1, problems)
}
