//! `on_nak` of a destination: what a negative acknowledgment makes of a delivery, by MSA-1 and ERR-3.
//!
//! HL7 leaves it open what a sender does with a refusal, and engines differ; so it is a setting. What no rule
//! names follows the default of [`NakPolicy::action`]. Who follows the policy is the engine's deliverer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{Deserializer, Error, MapAccess, Visitor};

use crate::hl7::AcknowledgmentCode;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::typed::Pairs;

/// More retries than this are meant to be without limit.
const RETRIES_MAX: u32 = 10_000;
/// How often a message found in error (AE, CE) is sent again by default: by then a locked record is free.
const ERROR_RETRIES: u32 = 3;

/// What to do with refusals.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct NakPolicy {
    rules: BTreeMap<Refusal, NakAction>,
}

/// MSA-1, alone or with the code of ERR-3 (table 0357).
type Refusal = (&'static str, Option<u16>);

/// What to do with a delivery that was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NakAction {
    /// Send it again, with back-off, without limit: the receiver is down.
    Retry,
    /// Send it again so many times, then end it.
    Then {
        /// How often it is sent again; 0 ends it at once.
        retries: u32,
        /// What ends it.
        end: NakEnd,
    },
}

/// What ends a delivery that is refused for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NakEnd {
    /// It is kept as a dead letter, and the next goes on.
    DeadLetter,
    /// The lane stops with it, order kept, until a person lets it go on.
    Hold,
    /// It counts as delivered.
    Ignore,
}

impl NakPolicy {
    /// What to do with a refusal: the rule for MSA-1 and ERR-3, else the one for MSA-1, else the default.
    ///
    /// The default: a receiver that rejects for a reason of its own (206, 207, or none given) is down, so retry
    /// without limit; one that rejects what stands in the message (100 to 205) will never take it; a message it
    /// finds in error is given up after three retries.
    pub fn action(&self, code: AcknowledgmentCode, error: Option<u16>) -> NakAction {
        let code_text = code.as_str();
        let rule = self
            .rules
            .get(&(code_text, error))
            .or_else(|| self.rules.get(&(code_text, None)));
        rule.copied().unwrap_or_else(|| default_action(code, error))
    }
}

fn default_action(code: AcknowledgmentCode, error: Option<u16>) -> NakAction {
    use AcknowledgmentCode::{
        ApplicationAccept, ApplicationError, ApplicationReject, CommitAccept, CommitError, CommitReject,
    };
    let dead_letter = |retries| NakAction::Then {
        retries,
        end: NakEnd::DeadLetter,
    };
    match (code, error) {
        (ApplicationReject | CommitReject, Some(100..=205)) => dead_letter(0),
        (ApplicationError | CommitError, _) => dead_letter(ERROR_RETRIES),
        (ApplicationReject | CommitReject | ApplicationAccept | CommitAccept, _) => NakAction::Retry,
    }
}

/// The policy as typed: `AE`, `AR/207` and so on, each with its action.
pub(super) type Settings = Pairs<Action>;

/// An action as typed: a word, or `{ retry: 3, then: dead_letter }`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Action(NakAction);

/// Reads the rules; those that are wrong are told and left out.
pub(super) fn check(typed: &Settings, place: &Place<'_>, problems: &mut Problems) -> NakPolicy {
    let mut rules = BTreeMap::new();
    for (key, Action(action)) in &typed.0 {
        if let Some(refusal) = refusal(key) {
            rules.insert(refusal, *action);
        } else {
            let message = format!("`{key}` is no negative acknowledgment");
            let problem = Problem::error(ProblemName::InvalidValue, message).at_key(&place.key(key));
            problems.push(problem.help(
                "expected AE, AR, CE or CR, alone or with the code of ERR-3 (table 0357), as `AR/207`",
            ));
        }
        if let NakAction::Then { retries, .. } = action
            && *retries > RETRIES_MAX
        {
            let message = format!("more than {RETRIES_MAX} retries");
            let problem = Problem::error(ProblemName::InvalidValue, message).at(&place.key(key));
            problems.push(problem.help("`retry` alone is without limit"));
        }
    }
    NakPolicy { rules }
}

fn refusal(key: &str) -> Option<Refusal> {
    let (code, error) = match key.split_once('/') {
        None => (key, None),
        Some((code, error)) => {
            let is_number = error.len() == 3 && error.bytes().all(|byte| byte.is_ascii_digit());
            (code, Some(error.parse().ok().filter(|_| is_number)?))
        }
    };
    let code = ["AE", "AR", "CE", "CR"]
        .into_iter()
        .find(|known| *known == code)?;
    Some((code, error))
}

const WORDS: &[&str] = &["retry", "dead_letter", "hold", "ignore"];
const ENDS: &[&str] = &["dead_letter", "hold", "ignore"];

fn end(word: &str) -> Option<NakEnd> {
    match word {
        "dead_letter" => Some(NakEnd::DeadLetter),
        "hold" => Some(NakEnd::Hold),
        "ignore" => Some(NakEnd::Ignore),
        _ => None,
    }
}

impl<'de> Deserialize<'de> for Action {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Action, D::Error> {
        deserializer.deserialize_any(ActionVisitor)
    }
}

impl JsonSchema for Action {
    fn schema_name() -> Cow<'static, str> {
        "NakAction".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "oneOf": [
                { "enum": WORDS },
                {
                    "type": "object",
                    "properties": {
                        "retry": {
                            "description": "How often it is sent again.",
                            "type": "integer",
                            "minimum": 0,
                            "maximum": RETRIES_MAX,
                        },
                        "then": { "description": "What ends it.", "enum": ENDS },
                    },
                    "required": ["retry", "then"],
                    "additionalProperties": false,
                },
            ],
        })
    }
}

struct ActionVisitor;

impl<'de> Visitor<'de> for ActionVisitor {
    type Value = Action;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("`retry`, `dead_letter`, `hold`, `ignore` or `{ retry: 3, then: dead_letter }`")
    }

    fn visit_str<E: Error>(self, word: &str) -> Result<Action, E> {
        if word == "retry" {
            return Ok(Action(NakAction::Retry));
        }
        let end = end(word).ok_or_else(|| E::unknown_variant(word, WORDS))?;
        Ok(Action(NakAction::Then { retries: 0, end }))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Action, A::Error> {
        let (mut retries, mut ending) = (None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "retry" => retries = Some(map.next_value::<u32>()?),
                "then" => {
                    let word: String = map.next_value()?;
                    ending = Some(end(&word).ok_or_else(|| A::Error::unknown_variant(&word, ENDS))?);
                }
                _ => return Err(A::Error::unknown_field(&key, &["retry", "then"])),
            }
        }
        let retries = retries.ok_or_else(|| A::Error::missing_field("retry"))?;
        let end = ending.ok_or_else(|| A::Error::missing_field("then"))?;
        Ok(Action(NakAction::Then { retries, end }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(yaml: &str) -> NakPolicy {
        let typed: Settings = serde_yaml::from_str(yaml).unwrap();
        let rules = typed
            .0
            .iter()
            .map(|(key, Action(action))| (refusal(key).unwrap(), *action));
        NakPolicy {
            rules: rules.collect(),
        }
    }

    #[test]
    fn the_nearest_rule_counts() {
        let policy = policy("{ AE: { retry: 5, then: hold }, AR: dead_letter, AR/207: retry, CE: ignore }");
        let then = |retries, end| NakAction::Then { retries, end };
        let check = |code: &str, error, expected| {
            assert_eq!(
                policy.action(code.parse().unwrap(), error),
                expected,
                "{code} {error:?}"
            );
        };
        check("AE", None, then(5, NakEnd::Hold));
        check("AE", Some(101), then(5, NakEnd::Hold));
        check("AR", None, then(0, NakEnd::DeadLetter));
        check("AR", Some(206), then(0, NakEnd::DeadLetter));
        check("AR", Some(207), NakAction::Retry);
        check("CE", Some(207), then(0, NakEnd::Ignore));
        check("CR", Some(203), then(0, NakEnd::DeadLetter));
        check("CR", Some(207), NakAction::Retry);
    }

    #[test]
    fn the_default() {
        let then = |retries| NakAction::Then {
            retries,
            end: NakEnd::DeadLetter,
        };
        let check = |code: &str, error, expected| {
            let action = NakPolicy::default().action(code.parse().unwrap(), error);
            assert_eq!(action, expected, "{code} {error:?}");
        };
        for code in ["AR", "CR"] {
            check(code, None, NakAction::Retry);
            check(code, Some(206), NakAction::Retry);
            check(code, Some(207), NakAction::Retry);
            check(code, Some(100), then(0));
            check(code, Some(205), then(0));
        }
        for code in ["AE", "CE"] {
            check(code, None, then(3));
            check(code, Some(207), then(3));
        }
    }

    #[test]
    fn what_is_no_refusal() {
        for wrong in [
            "AA", "CA", "ae", "AR/", "AR/20", "AR/2070", "AR/+07", "AR/2 7", "", "207",
        ] {
            assert_eq!(refusal(wrong), None, "{wrong}");
        }
    }
}
