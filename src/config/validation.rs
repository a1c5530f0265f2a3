//! Whether and how a listener validates: the key `validate` beside its kind.

use std::num::NonZeroU32;
use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::problem::{Place, Problems};
use crate::typed::Text;
use crate::validation::Profile;

use super::profile::Profiles;

/// The most faults that one acknowledgment tells if nothing is said.
const FAULTS_MAX: usize = 20;

/// How a listener validates.
#[derive(Debug, Clone)]
pub struct Validation {
    /// What messages are checked against.
    pub profile: Arc<Profile>,
    /// What becomes of a message with errors.
    pub on_fault: OnFault,
    /// The most faults that one acknowledgment tells.
    pub faults_max: usize,
}

/// What becomes of a message with errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnFault {
    /// It is refused with AE. The default.
    #[default]
    Reject,
    /// It is taken, and counted among the warnings.
    Warn,
}

/// The key as typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct ValidateSettings {
    /// The profile, by its name in `profiles`. Left out, the version that MSH-12 declares is all that is asked for.
    #[serde(default)]
    profile: Option<Text>,
    /// What becomes of a message with errors: `reject` (the default) or `warn`.
    #[serde(default)]
    on_fault: OnFault,
    /// The most faults that one acknowledgment tells; 20 if left out.
    #[serde(default)]
    faults_max: Option<NonZeroU32>,
}

impl ValidateSettings {
    pub(super) fn check(
        self,
        profiles: &mut Profiles<'_>,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<Validation> {
        let profile = match self.profile {
            Some(Text(name)) => profiles.named(&name, &place.key("profile"), problems)?,
            None => Profile::default(),
        };
        let faults_max = self
            .faults_max
            .and_then(|count| usize::try_from(count.get()).ok());
        Some(Validation {
            profile: Arc::new(profile),
            on_fault: self.on_fault,
            faults_max: faults_max.unwrap_or(FAULTS_MAX),
        })
    }
}
