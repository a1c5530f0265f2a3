//! The step `validate`: checks the message against its version and a profile.

use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use super::notes::{TAGS_MAX, VALUE_BYTES_MAX};
use super::paths::tag_name;
use super::{Doc, Run, StepError, Stop};
use crate::hl7::dictionary::Version;
use crate::hl7::{Fault, Refusal, Severity};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::Text;
use crate::validation::{Profile, validate};

pub(super) const DOC: Doc = Doc {
    kind: "validate",
    summary: "checks the message, as it now is, against its version and a profile",
    details: "`profile` names one of the site's `profiles`; `version` is checked against instead of the one that the \
              profile or MSH-12 names; `{}` is the version of MSH-12 alone.\n\
              `on_fault` says what becomes of a message with errors: `reject` (the default) answers AE with an ERR for \
              each, `fail` makes it a dead letter, `warn` lets it go on with a tag that lists places and codes.\n\
              `faults_max` is how many are told, 20 if left out; `tag` the name of the tag, `validation` if left out.\n\
              Faults that are only warnings count for nothing.",
    tables: "",
    example: "validate: { version: 2.5.1 }",
    given: "MSH|^~\\&|EHR||||20240101||ADT^A03^ADT_A03|1|P|2.5.1\rEVN||20240101\rPID|1||||DOE\r\
            PV1|1|I|||||||||||||||||||||||||||||||||||||||||2024\r",
    becomes: "AE: Patient Identifier List is required",
};

/// How many faults are told if nothing is said.
const FAULTS_MAX: usize = 20;
/// The tag if nothing is said.
const TAG: &str = "validation";

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The profile, by its name in `profiles`. Left out, a version is all that is asked for.
    #[serde(default)]
    pub profile: Option<Text>,
    /// The version of the standard, instead of the one that the profile or MSH-12 names.
    #[serde(default)]
    pub version: Option<Text>,
    /// What becomes of a message with errors.
    #[serde(default)]
    pub on_fault: OnFault,
    /// How many faults are told.
    #[serde(default)]
    pub faults_max: Option<NonZeroU32>,
    /// With `warn`, the tag that lists them.
    #[serde(default)]
    pub tag: Option<Text>,
}

/// What becomes of a message with errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFault {
    /// The sender is told; nobody gets it. The default.
    #[default]
    Reject,
    /// It becomes a dead letter.
    Fail,
    /// It goes on, with a tag.
    Warn,
}

/// What a message is checked against, and what becomes of one with errors.
#[derive(Debug, Clone)]
pub(super) struct Validate {
    profile: Arc<Profile>,
    on_fault: OnFault,
    faults_max: usize,
    tag: Arc<str>,
}

impl Settings {
    /// `profile` is the one that is named, if it is one.
    pub(super) fn check(
        self,
        profile: Option<Profile>,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Validate> {
        let profile = profile.unwrap_or_default();
        let profile = match &self.version {
            Some(Text(text)) => {
                version(text, &place.key("version"), problems).map(|version| profile.with_version(version))
            }
            None => Some(profile),
        };
        let tag = match self.tag {
            Some(Text(name)) => {
                let at = place.key("tag");
                if self.on_fault != OnFault::Warn {
                    let message = "a tag is given only with `on_fault: warn`";
                    problems.push(Problem::error(ProblemName::ContradictoryStep, message).at(&at));
                }
                if let Some(problem) = tag_name(&name) {
                    problems.push(problem.at(&at));
                }
                name.into()
            }
            None => TAG.into(),
        };
        let faults_max = self
            .faults_max
            .and_then(|count| usize::try_from(count.get()).ok());
        Some(Validate {
            profile: Arc::new(profile?),
            on_fault: self.on_fault,
            faults_max: faults_max.unwrap_or(FAULTS_MAX),
            tag,
        })
    }
}

fn version(text: &str, place: &Place<'_>, problems: &mut Problems) -> Option<Version> {
    let version = text.parse().ok();
    if version.is_none() {
        let message = "expected a version of HL7 from 2.1 to 2.8.2";
        let versions = Version::ALL.iter().map(|version| version.as_str());
        let problem = Problem::error(ProblemName::InvalidValue, message).at(place);
        problems.push(problem.nearest(text, versions));
    }
    version
}

impl Validate {
    pub(super) fn run(&self, run: &mut Run<'_>) -> Result<(), Stop> {
        run.notes.count(run.message.segments().count())?;
        let mut faults = validate(&run.message, &self.profile);
        faults.retain(|fault| matches!(fault.severity, Severity::Error | Severity::Fatal));
        let Some(first) = faults.first() else {
            return Ok(());
        };
        match self.on_fault {
            OnFault::Reject => {
                faults.truncate(self.faults_max);
                Err(Stop::Rejected(Refusal::error(faults)))
            }
            OnFault::Fail => {
                let more = match faults.len() {
                    1 => String::new(),
                    count => format!(", and {} more", count - 1),
                };
                Err(StepError::new(format!("{}{more}", told(first))).into())
            }
            OnFault::Warn => {
                let listed = listed(faults.iter().take(self.faults_max));
                if run.notes.tag(&self.tag, listed) {
                    Ok(())
                } else {
                    Err(StepError::new(format!("the message has more than {TAGS_MAX} tags")).into())
                }
            }
        }
    }
}

/// A fault in words, without content.
fn told(fault: &Fault) -> String {
    match fault.location {
        Some(location) => format!("{location}: {}", fault.text),
        None => fault.text.clone(),
    }
}

/// Places and codes, `PID-3 101; PV1 100`, as many as a tag can hold.
fn listed<'f>(faults: impl Iterator<Item = &'f Fault>) -> String {
    let mut listed = String::new();
    for fault in faults {
        let code = fault.code.number();
        let one = match fault.location {
            Some(location) => format!("{location} {code}"),
            None => code.to_string(),
        };
        if listed.len() + 2 + one.len() > VALUE_BYTES_MAX {
            break;
        }
        if !listed.is_empty() {
            listed.push_str("; ");
        }
        listed.push_str(&one);
    }
    listed
}
