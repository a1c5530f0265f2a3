//! What is written to people: a line for each trouble, with since when or how long, and the same for programs.
//!
//! Names, numbers and times; nothing of what a message holds is known here.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::book::{Notice, State};
use super::judge::moment;

/// What one contact is told at once.
pub(super) struct Message<'a> {
    /// What this weir is called.
    pub(super) name: &'a str,
    pub(super) notices: &'a [Notice],
    pub(super) at: Timestamp,
}

impl Message<'_> {
    /// One line that says what it is about.
    pub(super) fn subject(&self) -> String {
        if let [only] = self.notices {
            return format!("weir {}: {}", self.name, headline(only));
        }
        let ended = self
            .notices
            .iter()
            .filter(|notice| notice.state == State::Ended)
            .count();
        let began = self.notices.len() - ended;
        match (began, ended) {
            (_, 0) => format!("weir {}: {began} troubles began", self.name),
            (0, _) => format!("weir {}: {ended} troubles ended", self.name),
            _ => format!("weir {}: {began} began, {ended} ended", self.name),
        }
    }

    /// A line for each.
    pub(super) fn text(&self) -> String {
        let lines: Vec<String> = self.notices.iter().map(line).collect();
        lines.join("\n")
    }

    /// The same for a program. `text` is what chat systems show of a webhook.
    pub(super) fn json(&self) -> Value {
        json!({
            "text": format!("{}\n{}", self.subject(), self.text()),
            "weir": self.name,
            "at": moment(self.at),
            "alerts": self.notices.iter().map(of_notice).collect::<Vec<_>>(),
        })
    }
}

fn of_notice(notice: &Notice) -> Value {
    let open = &notice.open;
    let mut value = json!({
        "kind": open.trouble.kind.as_str(),
        "state": match notice.state { State::Began => "began", State::Ended => "ended" },
        "critical": open.trouble.kind.is_critical(),
        "about": open.trouble.about.as_deref(),
        "since": moment(open.since),
        "text": open.said,
    });
    if let (Some(ended), Some(fields)) = (open.ended, value.as_object_mut()) {
        fields.insert("ended".to_owned(), moment(ended).into());
        fields.insert(
            "lasted_seconds".to_owned(),
            lasted(open.since, ended).as_secs().into(),
        );
    }
    value
}

/// `destination lab: old-queue`, and whether that is over.
fn headline(notice: &Notice) -> String {
    let trouble = &notice.open.trouble;
    let over = match notice.state {
        State::Began => "",
        State::Ended => " ended",
    };
    format!("{trouble}: {}{over}", trouble.kind.as_str())
}

fn line(notice: &Notice) -> String {
    let open = &notice.open;
    match open.ended {
        Some(ended) => format!(
            "{} after {}, at {}",
            headline(notice),
            humantime::format_duration(lasted(open.since, ended)),
            moment(ended)
        ),
        None => format!(
            "{}, since {}: {}",
            headline(notice),
            moment(open.since),
            open.said
        ),
    }
}

/// In whole seconds; a clock that was set back makes nothing last less than no time.
fn lasted(since: Timestamp, ended: Timestamp) -> Duration {
    let seconds = ended.duration_since(since).as_secs();
    Duration::from_secs(u64::try_from(seconds).unwrap_or_default())
}
