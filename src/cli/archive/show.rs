//! `weir archive show`: one message with all that became of it.

use std::io::Write;

use bytes::Bytes;
use clap::Args;
use hyper::Method;
use serde_json::Value;

use crate::archive::Archive as History;
use crate::console::api::messages::{self, OneOf};
use crate::hl7::{Message, ParseLimits};
use crate::shown::Shown;

use super::super::queue::escaped;
use super::super::show::{Look, tree};
use super::super::{CannotRun, Finding, text};
use super::source::Source;

#[derive(Args)]
pub(super) struct Show {
    /// The number, as `search` shows it
    number: u64,
    /// The bytes as received, and nothing else
    #[arg(long, conflicts_with_all = ["sent", "json"])]
    raw: bool,
    /// The bytes as they go, or went, to this destination, and nothing else
    #[arg(long, value_name = "DESTINATION", conflicts_with = "json")]
    sent: Option<String>,
    /// With --sent, of a message that was split: the delivery of this number, as it is shown without --sent
    #[arg(long, value_name = "NUMBER", requires = "sent")]
    sequence: Option<u64>,
    /// With --sent, of a message that was split: this one of its deliveries to the destination, from 1; for those of an
    /// outbox before this one, which are shown without a number
    #[arg(long, value_name = "PLACE", requires = "sent")]
    index: Option<u64>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl Show {
    pub(super) fn run(&self, source: &Source<'_>, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let number = self.number;
        source.record("message.read", format!("messages/{number}"), None)?;
        let of_message = format!("/api/v1/messages/{number}");
        let raw = format!("{of_message}/raw");
        let as_received = |archive: &History| Ok(messages::message(archive, number)?.raw);
        if let Some(destination) = &self.sent {
            let one_of = OneOf {
                sequence: self.sequence,
                index: self.index,
            };
            let path = format!("{of_message}/sent/{}{}", escaped(destination), asked(&one_of));
            source.copy(&path, out, |archive| {
                messages::sent_to(archive, number, destination, &one_of, true)
            })?;
            return Ok(Finding::Fine);
        }
        if self.raw {
            source.copy(&raw, out, as_received)?;
            return Ok(Finding::Fine);
        }
        if self.json {
            source.copy(&of_message, out, |archive| {
                let told = messages::told(&messages::message(archive, number)?, true);
                Ok(told.to_string().into())
            })?;
            writeln!(out)?;
            return Ok(Finding::Fine);
        }
        // The tree is made here, of the bytes.
        let facts = format!("{of_message}?tree=false");
        let told: Value = source.ask(Method::GET, &facts, &(), |archive| {
            Ok(messages::told(&messages::message(archive, number)?, false))
        })?;
        tell(&told, out)?;
        let mut bytes = Vec::new();
        source.copy(&raw, &mut bytes, as_received)?;
        let bytes = Bytes::from(bytes);
        writeln!(out)?;
        let charset = at(&told, "charset").parse().ok();
        match Message::parse_assuming(bytes.clone(), &ParseLimits::default(), charset) {
            Ok(message) => {
                let look = Look::of(&std::io::stdout());
                write!(out, "{}", tree(&Shown::of(1, &message), &look))?;
            }
            Err(_) => write!(out, "{}", text::lines(&bytes))?,
        }
        Ok(Finding::Fine)
    }
}

/// Which delivery, behind an address.
fn asked(one_of: &OneOf) -> String {
    let parts = [("sequence", one_of.sequence), ("index", one_of.index)];
    let parts = parts
        .into_iter()
        .filter_map(|(key, value)| Some(format!("{key}={}", value?)));
    let parts: Vec<String> = parts.collect();
    if parts.is_empty() {
        return String::new();
    }
    format!("?{}", parts.join("&"))
}

/// What became of a message, before the message itself.
fn tell(told: &Value, out: &mut dyn Write) -> Result<(), CannotRun> {
    writeln!(
        out,
        "message {}, {}, received {} by {}, site version {}",
        at(told, "number"),
        at(told, "state"),
        at(told, "received_at"),
        at(told, "listener"),
        at(told, "site_version")
    )?;
    let reason = [at(told, "code"), at(told, "reason")].join(" ");
    if !reason.trim().is_empty() {
        writeln!(out, "  answered    {}", reason.trim())?;
    }
    tell_trail(told, out)?;
    for route in items(told, "routes") {
        let filtered = at(route, "filtered");
        let filtered = if filtered.is_empty() {
            filtered
        } else {
            format!(": {filtered}")
        };
        writeln!(out, "  route       {}{filtered}", at(route, "route"))?;
    }
    for tag in items(told, "tags") {
        writeln!(out, "  tag         {}={}", at(tag, "name"), at(tag, "value"))?;
    }
    for hold in items(told, "holds") {
        writeln!(out, "  held        {}", word(hold))?;
    }
    for delivery in items(told, "deliveries") {
        let (by, reason) = (at(delivery, "ended_by"), at(delivery, "reason"));
        let is_told = by.is_empty() || reason.ends_with(&format!("by {by}"));
        let line = format!(
            "  {:<11} {} {} {}{}",
            at(delivery, "state"),
            at(delivery, "destination"),
            match at(delivery, "sequence") {
                none if none.is_empty() => "of an outbox before this one".to_owned(),
                sequence => format!("number {sequence}"),
            },
            if is_told {
                String::new()
            } else {
                format!("by {by} ")
            },
            reason
        );
        writeln!(out, "{}", line.trim_end())?;
        for attempt in items(delivery, "attempts") {
            let line = format!(
                "    {} {} ms {} {}",
                at(attempt, "at"),
                at(attempt, "took_ms"),
                at(attempt, "code"),
                at(attempt, "problem")
            );
            writeln!(out, "{}", line.trim_end())?;
        }
    }
    Ok(())
}

/// Which message it comes from, and which came of it.
fn tell_trail(told: &Value, out: &mut dyn Write) -> Result<(), CannotRun> {
    let after = |words: &str, text: String| {
        if text.is_empty() {
            text
        } else {
            format!("{words}{text}")
        }
    };
    let edited = |value: &Value| {
        let is_edited = value.get("edited").and_then(Value::as_bool);
        if is_edited == Some(true) { ", edited," } else { "" }
    };
    let why = |value: &Value| after(": ", at(value, "why"));
    if let Some(origin) = told.get("origin").filter(|origin| !origin.is_null()) {
        writeln!(
            out,
            "  comes from  message {}{} by {}{}",
            at(origin, "message"),
            edited(origin),
            at(origin, "by"),
            why(origin)
        )?;
    }
    for resent in items(told, "resent_as") {
        writeln!(
            out,
            "  sent again  as message {}{}{} by {}{}",
            at(resent, "message"),
            edited(resent),
            after(" at ", at(resent, "at")),
            at(resent, "by"),
            why(resent)
        )?;
    }
    Ok(())
}

fn word(value: &Value) -> String {
    match value.as_str() {
        Some(word) => text::safe(word),
        None if value.is_null() => String::new(),
        None => value.to_string(),
    }
}

fn at(value: &Value, key: &str) -> String {
    value.get(key).map(word).unwrap_or_default()
}

fn items<'v>(value: &'v Value, key: &str) -> impl Iterator<Item = &'v Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fact_is_told_once_and_only_what_is_known() {
        let told = serde_json::json!({
            "number": 1, "state": "dead", "received_at": "2026-01-02T03:04:05Z", "listener": "in", "site_version": "s1",
            "resent_as": [
                { "message": 8, "at": null, "edited": false, "by": "an operator", "why": "" },
                { "message": 9, "at": "2026-01-03T03:04:05Z", "edited": true, "by": "anna", "why": "lost" },
            ],
            "deliveries": [
                { "destination": "lab", "sequence": 5, "state": "dead", "ended_by": "an operator",
                  "reason": "skipped by an operator" },
                { "destination": "ehr", "sequence": 6, "state": "purged", "ended_by": "anna", "reason": null },
                { "destination": "old", "sequence": null, "state": "dead", "ended_by": null, "reason": null },
            ],
        });
        let mut out = Vec::new();
        tell(&told, &mut out).unwrap();
        assert_eq!(
            String::from_utf8(out).unwrap(),
            "message 1, dead, received 2026-01-02T03:04:05Z by in, site version s1\n  \
             sent again  as message 8 by an operator\n  \
             sent again  as message 9, edited, at 2026-01-03T03:04:05Z by anna: lost\n  \
             dead        lab number 5 skipped by an operator\n  \
             purged      ehr number 6 by anna\n  \
             dead        old of an outbox before this one\n"
        );
    }
}
