//! Profiles for validation: those of a site, in its section `profiles`, and one in a file of its own.
//!
//! A file of its own is read as the files of a site are, with the same problems; it is for the command line, and is
//! no part of a site.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_yaml::Value;

use crate::hl7::dictionary::Version;
use crate::problem::{Content, Node, Place, Problem, ProblemName, Problems, Source};
use crate::typed::Pairs;
use crate::validation::{Profile, Settings};

use super::sections::Named;
use super::{files, piece, yaml};

/// More profiles that inherit from one another than any site needs.
const INHERITED_MAX: usize = 8;

/// The profiles of a site.
pub(super) struct Profiles<'a> {
    named: &'a [Named<'a>],
    /// What came of those that were read; `None` for one that is wrong, which has been told.
    read: BTreeMap<Arc<str>, Option<Profile>>,
    used: BTreeSet<Arc<str>>,
}

impl<'a> Profiles<'a> {
    /// Reads every profile.
    pub(super) fn read_all(named: &'a [Named<'a>], problems: &mut Problems) -> Profiles<'a> {
        let mut profiles = Profiles {
            named,
            read: BTreeMap::new(),
            used: BTreeSet::new(),
        };
        for (name, place) in named {
            profiles.read_one(name, place, &mut Vec::new(), problems);
        }
        profiles
    }

    /// The profile that a setting names; what is wrong with the name is told.
    pub(super) fn named(
        &mut self,
        name: &str,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Profile> {
        let Some((known, profile)) = self.read.get_key_value(name) else {
            problems.push(self.unknown(name, place));
            return None;
        };
        self.used.insert(Arc::clone(known));
        profile.clone()
    }

    /// Warns of profiles that nothing names.
    pub(super) fn warn_unused(&self, problems: &mut Problems) {
        for (name, place) in self.named.iter().filter(|(name, _)| !self.used.contains(name)) {
            let message = format!("no listener and no route validates by `{name}`");
            problems.push(Problem::warning(ProblemName::UnusedProfile, message).at_key(place));
        }
    }

    fn unknown(&self, name: &str, place: &Place<'_>) -> Problem {
        let message = format!("there is no profile `{name}`");
        let names = self.named.iter().map(|(name, _)| &**name);
        Problem::error(ProblemName::UnknownProfile, message)
            .at(place)
            .nearest(name, names)
    }

    /// Reads a profile and first what it inherits from; `open` are those that wait for this one.
    fn read_one(
        &mut self,
        name: &Arc<str>,
        place: &Place<'_>,
        open: &mut Vec<Arc<str>>,
        problems: &mut Problems,
    ) -> Option<Profile> {
        if let Some(profile) = self.read.get(name) {
            return profile.clone();
        }
        open.push(Arc::clone(name));
        let profile = read_place(place, problems, |base, place, problems| {
            let Some((base, base_place)) = self.named.iter().find(|(name, _)| **name == *base) else {
                problems.push(
                    self.unknown(base, place)
                        .help("or name a version of HL7, from 2.1 to 2.8.2"),
                );
                return None;
            };
            if open.contains(base) || open.len() > INHERITED_MAX {
                problems.push(too_long(place));
                return None;
            }
            self.used.insert(Arc::clone(base));
            self.read_one(base, base_place, open, problems)
        });
        open.pop();
        self.read.insert(Arc::clone(name), profile.clone());
        profile
    }
}

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
    read_place(&Place::root(&source), problems, |base, place, problems| {
        inherited(base, file, number, place, problems)
    })
}

/// Reads what stands at a place; `base` finds what `inherits` names if that is no version.
fn read_place(
    place: &Place<'_>,
    problems: &mut Problems,
    base: impl FnOnce(&str, &Place<'_>, &mut Problems) -> Option<Profile>,
) -> Option<Profile> {
    let errors_before = problems.error_count();
    let mut value = yaml::value(place.node());
    let inherits = value
        .as_mapping_mut()
        .and_then(|map| map.shift_remove("inherits"));
    let inherited = inherits.and_then(|inherits| {
        let name = inherits.as_str().unwrap_or_default();
        match name.parse() {
            Ok(version) => Some(Profile::of_version(version)),
            Err(_) => base(name, &place.key("inherits"), problems),
        }
    });
    let segments = rules(&mut value, &place.key("segments"), "segments", problems);
    let fields = rules(&mut value, &place.key("fields"), "fields", problems);
    let mut settings: Settings = piece::read_with(place, value, &["inherits"], problems)?;
    settings.segments = segments;
    settings.fields = fields;
    // What is wrong is told even where the inherited profile is wrong itself.
    let profile = settings.check(inherited.unwrap_or_default(), place, problems);
    profile.filter(|_| problems.error_count() == errors_before)
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

/// Another file that `inherits` names.
fn inherited(
    name: &str,
    file: &Path,
    number: usize,
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<Profile> {
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
        problems.push(too_long(place));
        return None;
    }
    let folder = file.parent().unwrap_or(Path::new(""));
    read_file(&folder.join(name), number + 1, problems)
}

fn too_long(place: &Place<'_>) -> Problem {
    let message = format!("more than {INHERITED_MAX} profiles inherit from one another, or one from itself");
    Problem::error(ProblemName::SiteTooLarge, message).at(place)
}
