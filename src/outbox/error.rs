//! The errors of the outbox. They name files, places and reasons; never content of a message.

use std::{io, path::PathBuf};

use super::StoreError;
use crate::seal::{KeyError, KeysError};

/// Why the outbox stopped.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the outbox has stopped accepting: {reason}; nothing acknowledged is lost, start weir again")]
pub struct OutboxFailure {
    /// The failed operation and the system's reason.
    pub reason: String,
}

/// Why the outbox could not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum OutboxError {
    /// A write failed, now or earlier. Nothing more is accepted.
    #[error(transparent)]
    Failed(#[from] OutboxFailure),
    /// It was closed.
    #[error("the outbox is closed")]
    Closed,
    /// What was offered is over a limit of the records, and would be however often it is offered: its sender is
    /// not to send it again. Only [`Outbox::offer`](super::Outbox::offer) says so, before the message has a place
    /// in the order; the outbox is as it was.
    #[error("{what} is over the outbox's limit of {limit}")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit.
        limit: usize,
    },
    /// There is too much in it, or too little space left on its disk. It takes more by itself as soon as there is
    /// room.
    #[error("the outbox is full: {what}")]
    Full {
        /// What there is too much or too little of.
        what: &'static str,
    },
    /// An entry of what was offered names a result that is not among the results: a mistake of who offered it.
    #[error("a delivery names a result that was not given")]
    NoSuchResult,
    /// The store could not be read.
    #[error("the outbox cannot be read: {0}")]
    Read(#[from] StoreError),
}

/// Why an outbox does not open. Each says what to do; opening changed nothing unless the variant says so.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The folder holds something, and it is no outbox.
    #[error("{}: holds files but no outbox; name an empty or a new folder", folder.display())]
    NotAnOutbox {
        /// The folder.
        folder: PathBuf,
    },
    /// The outbox was written by another version.
    #[error(
        "{}: an outbox of format {found}, this weir reads {readable}; run the version of weir that wrote it, \
         let it drain, then upgrade", path.display()
    )]
    OtherFormat {
        /// The file that says so.
        path: PathBuf,
        /// What it says.
        found: String,
        /// What this code reads.
        readable: u32,
    },
    /// It is encrypted, and no key is given.
    #[error(
        "{}: encrypted, and no key is given; name where its key is kept: `engine.encryption.key` of the site, or \
         `--key` of a command", folder.display()
    )]
    Encrypted {
        /// The folder.
        folder: PathBuf,
    },
    /// It is not encrypted, and a key is given.
    #[error(
        "{}: not encrypted, and the site names a key; to encrypt it, run weir without `engine.encryption`, make a \
         `weir backup`, stop weir, move the folder away, put `engine.encryption` back and run `weir restore`; then \
         destroy the old folder and the backup", folder.display()
    )]
    NotEncrypted {
        /// The folder.
        folder: PathBuf,
    },
    /// The operator's key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The data keys of an encrypted outbox cannot be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The data keys of an encrypted outbox are gone.
    #[error(
        "{}: missing, though the outbox is encrypted; put it back from a copy of the folder: without it nothing in \
         the outbox can be read", path.display()
    )]
    KeysMissing {
        /// The file.
        path: PathBuf,
    },
    /// Files that belong to the outbox are gone.
    #[error(
        "{}: missing or empty, though the outbox was in use up to number {next}; put the disk or the folder \
         back, restore the whole folder from a backup, or, to begin anew and lose what was owed, move the \
         folder away", path.display()
    )]
    Missing {
        /// What is missing.
        path: PathBuf,
        /// The number the next message would have had.
        next: u64,
    },
    /// The store is not as far as it once was: an old copy, or sled lost its end. sled may already have
    /// rewritten the end of its own file when this is found.
    #[error(
        "{}: the store ends at number {found} (commit {found_commits}), but had reached {expected} (commit \
         {expected_commits}); restore a newer copy, or, to go on with what is there and lose the rest, remove \
         {}", folder.display(), watermark.display()
    )]
    Older {
        /// The folder.
        folder: PathBuf,
        /// The file that knows.
        watermark: PathBuf,
        /// The next number of the store.
        found: u64,
        /// Its batches.
        found_commits: u64,
        /// The next number it had.
        expected: u64,
        /// The batches it had.
        expected_commits: u64,
    },
    /// Store and watermark are of two different outboxes.
    #[error(
        "{}: the store and the watermark are of two outboxes; put back the folder that belongs here, whole",
        folder.display()
    )]
    OtherStore {
        /// The folder.
        folder: PathBuf,
    },
    /// A file is damaged. When it is the store, sled may already have rewritten the end of its own file.
    #[error(
        "{}: damaged: {reason}; copy the folder, then restore it whole from a backup, or move it away to begin \
         anew and lose what was owed", path.display()
    )]
    Damaged {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Another process has it open.
    #[error("{}: in use by another process; stop that one first (waited {waited_secs} s)", path.display())]
    Locked {
        /// The locked file.
        path: PathBuf,
        /// How long was waited.
        waited_secs: u64,
    },
    /// Its first contents could not be written or read.
    #[error("{}: {source}", path.display())]
    Store {
        /// The store.
        path: PathBuf,
        /// What failed.
        source: StoreError,
    },
}
