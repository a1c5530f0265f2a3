//! `weir verify`: looks at every record of a data folder that no weir uses, and draws up the account.

use std::io::Write;

use clap::Args;

use crate::durable;
use crate::outbox::{self, Outbox, Verification};

use super::at_rest::{AtRest, Found};
use super::{CannotRun, Finding};

/// Checks the outbox of a weir that is stopped: every checksum, every body, and that nothing is unaccounted for.
///
/// Also for a copy or a restored backup, with --data.
///
/// A message is kept for whoever is owed it and for the notes of the journal that tell of it, until the archive has
/// them; one that is unclaimed is kept for neither, which takes room and loses nothing.
///
/// Exit status: 0 all is there, 1 something is damaged or missing, 2 it cannot be opened.
#[derive(Args)]
pub(super) struct Verify {
    #[command(flatten)]
    at_rest: AtRest,
}

impl Verify {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let Found { data, key, .. } = self.at_rest.find()?;
        let folder = data.join("outbox");
        if !folder.is_dir() {
            return Err(CannotRun::at(folder.display(), "there is no outbox"));
        }
        let settings = outbox::Settings {
            key,
            ..outbox::Settings::default()
        };
        let found = Outbox::verify(&folder, &settings);
        // Opening writes, too, and weir has to be able to read it.
        durable::hand_over(&folder, &folder).map_err(|error| CannotRun::at(folder.display(), error))?;
        let found = found.map_err(|error| CannotRun::Because(error.to_string()))?;
        show(&found, out)?;
        let is_whole = found.damages == 0 && found.difference() == 0;
        Ok(if is_whole { Finding::Fine } else { Finding::NotSo })
    }
}

fn show(found: &Verification, out: &mut dyn Write) -> std::io::Result<()> {
    let all = |counts: &std::collections::BTreeMap<String, u64>| counts.values().sum::<u64>();
    for (name, count) in [
        ("owed since the outbox was made", found.entries),
        ("delivered", found.delivered),
        ("purged", found.purged),
        ("dead letters sent again", found.resent),
        ("waiting", all(&found.queued)),
        ("dead letters", all(&found.dead)),
    ] {
        writeln!(out, "{name:<32} {count:>12}")?;
    }
    for (kind, counts) in [("waiting", &found.queued), ("dead", &found.dead)] {
        for (destination, count) in counts {
            writeln!(out, "  {kind:<8} {destination:<21} {count:>12}")?;
        }
    }
    for (name, count) in [
        ("messages kept", found.messages),
        ("bytes of messages", found.bytes),
        ("messages unclaimed", found.unclaimed),
        ("notes for the archive", found.notes),
        ("notes it will never have", found.notes_lost),
    ] {
        writeln!(out, "{name:<32} {count:>12}")?;
    }
    for damaged in &found.damaged {
        writeln!(out, "damaged: {damaged}")?;
    }
    if found.damages > found.damaged.len() as u64 {
        writeln!(out, "{} damaged in all", found.damages)?;
    }
    match found.difference() {
        0 => writeln!(out, "the account balances"),
        missing if missing > 0 => writeln!(out, "{missing} unaccounted for: damage has lost them"),
        more => writeln!(out, "{} more than were ever owed", -more),
    }
}
