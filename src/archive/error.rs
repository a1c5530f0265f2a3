//! The errors of the archive. They name files, places and reasons; never content of a message.

use std::io;
use std::path::PathBuf;

use rusqlite::ErrorCode;

use crate::seal::{KeyError, KeysError};

/// Why the archive does not open, or could not do what was asked. No delivery depends on it.
#[derive(Debug, thiserror::Error)]
pub enum ArchiveError {
    /// A file or folder could not be used.
    #[error("{}: {source}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The file is a database of somebody else's.
    #[error("{}: this is no archive of weir; name another folder for it in `archive:`", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// A newer weir has written the file.
    #[error(
        "{}: this archive has form {found}, and this weir knows forms up to {known}; run the newer weir, or move the \
         file away to begin a new archive", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its form.
        found: i64,
        /// The newest form known here.
        known: i64,
    },
    /// The file cannot be read as what it is.
    #[error("{}: the archive is damaged ({reason}); move it away to begin a new one, no delivery is lost by that", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What SQLite says.
        reason: String,
    },
    /// It is encrypted, and no key is given.
    #[error(
        "{}: encrypted, and no key is given; name where its key is kept: `engine.encryption.key` of the site, or \
         `--key` of a command", path.display()
    )]
    Encrypted {
        /// The file.
        path: PathBuf,
    },
    /// It is not encrypted, and a key is given.
    #[error(
        "{}: not encrypted, and the site names a key; move the folder of the archive away to begin a new one, or \
         encrypt what is in it by `weir archive encrypt`, while weir does not run", path.display()
    )]
    NotEncrypted {
        /// The file.
        path: PathBuf,
    },
    /// The data keys of an encrypted archive are gone.
    #[error(
        "{}: missing, though the archive is encrypted; put it back from a copy: without it nothing in the archive \
         can be read", path.display()
    )]
    KeysMissing {
        /// The file.
        path: PathBuf,
    },
    /// The data keys belong to another archive.
    #[error("{}: encrypted by other data keys than those beside it; put database and keys of one archive together", path.display())]
    OtherKeys {
        /// The file.
        path: PathBuf,
    },
    /// The operator's key cannot be had.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The data keys cannot be had.
    #[error(transparent)]
    Keys(#[from] KeysError),
    /// The bodies of one message cannot be read.
    #[error("message {number}: what is kept of it is damaged")]
    DamagedMessage {
        /// Its number in the archive.
        number: u64,
    },
    /// A number that no archive can hold.
    #[error("{what} {number} is larger than an archive can count")]
    TooLarge {
        /// What.
        what: &'static str,
        /// How large.
        number: u64,
    },
    /// There is a hold of that name, or none.
    #[error("{0}")]
    Hold(String),
    /// The database could not do it now: a full disk, a lock that somebody keeps.
    #[error("the archive: {0}")]
    Database(#[source] rusqlite::Error),
}

impl ArchiveError {
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(io::Error) -> ArchiveError + '_ {
        move |source| ArchiveError::Io {
            path: path.to_owned(),
            source,
        }
    }

    /// Whether the file itself is broken, so that another attempt would say the same.
    pub fn is_damage(&self) -> bool {
        match self {
            ArchiveError::Damaged { .. } | ArchiveError::DamagedMessage { .. } => true,
            ArchiveError::Database(error) => is_damage(error),
            ArchiveError::Io { .. }
            | ArchiveError::Encrypted { .. }
            | ArchiveError::NotEncrypted { .. }
            | ArchiveError::KeysMissing { .. }
            | ArchiveError::OtherKeys { .. }
            | ArchiveError::Key(_)
            | ArchiveError::Keys(_)
            | ArchiveError::Foreign { .. }
            | ArchiveError::Newer { .. }
            | ArchiveError::TooLarge { .. }
            | ArchiveError::Hold(_) => false,
        }
    }

    /// Whether the site says something else about encryption than the archive: somebody has to decide, and no
    /// second attempt helps.
    pub fn is_refusal(&self) -> bool {
        matches!(
            self,
            ArchiveError::Encrypted { .. }
                | ArchiveError::NotEncrypted { .. }
                | ArchiveError::Keys(KeysError::OtherKey { .. })
                | ArchiveError::Key(_)
        )
    }
}

pub(super) fn is_damage(error: &rusqlite::Error) -> bool {
    let code = error.sqlite_error_code();
    matches!(code, Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase))
}

impl From<rusqlite::Error> for ArchiveError {
    fn from(error: rusqlite::Error) -> ArchiveError {
        ArchiveError::Database(error)
    }
}
