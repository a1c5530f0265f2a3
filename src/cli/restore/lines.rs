//! The lines of a backup: read, numbered, decrypted; told without what they hold.

use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::console::api::backup::{self, Line};
use crate::seal::{Keys, KeysError, OperatorKey};
use crate::secret::SecretPlace;

use super::super::CannotRun;

/// The longest line read: a message of 256 MiB in base64, and what is said about it, and that encrypted in base64.
const LINE_BYTES_MAX: u64 = 540 << 20;

/// Why a backup that is not encrypted is not taken where there is a key.
pub(super) const PLAIN: &str = "not encrypted, and there is a key: whoever has no key could have written it, users and \
                                tokens included; if you know where it comes from, say `--plain`";

/// What there is to say of the keys of a backup.
pub(super) fn of_backup(error: KeysError) -> String {
    match error {
        KeysError::OtherKey {
            place,
            expected,
            given,
        } => format!(
            "{place}: encrypted under the operator's key {expected}, and the key given is {given}; give the key under \
             which it was made by `--backup-key`"
        ),
        other @ (KeysError::Io { .. } | KeysError::Damaged { .. } | KeysError::NoRandom(_)) => {
            other.to_string()
        }
    }
}

/// The lines of a file, with their numbers.
pub(super) struct Lines<'a> {
    path: PathBuf,
    reader: BufReader<File>,
    pub(super) number: u64,
    /// Where the operator's key of an encrypted backup is kept.
    key: Option<&'a SecretPlace>,
    /// Whether one that is not encrypted is taken, where there is a key.
    takes_plain: bool,
    /// Of an encrypted backup, once its head was read.
    keys: Option<Keys>,
}

impl<'a> Lines<'a> {
    pub(super) fn open(
        path: &Path,
        key: Option<&'a SecretPlace>,
        takes_plain: bool,
    ) -> Result<Lines<'a>, CannotRun> {
        let file = File::open(path).map_err(|error| CannotRun::at(path.display(), error))?;
        Ok(Lines {
            path: path.to_owned(),
            reader: BufReader::with_capacity(1 << 20, file),
            number: 0,
            key,
            takes_plain,
            keys: None,
        })
    }

    pub(super) fn next(&mut self) -> Result<Option<Vec<u8>>, CannotRun> {
        let mut line = Vec::new();
        let mut limited = std::io::Read::take(&mut self.reader, LINE_BYTES_MAX);
        let read = limited.read_until(b'\n', &mut line);
        self.number += 1;
        match read {
            Ok(0) => Ok(None),
            Ok(_) if line.ends_with(b"\n") => Ok(Some(line)),
            Ok(_) => Err(self.wrong("a line without an end")),
            Err(error) => Err(self.wrong(error)),
        }
    }

    pub(super) fn read(&mut self, line: &[u8]) -> Result<Line, CannotRun> {
        let line = self.parse(line)?;
        match (&line, &self.keys) {
            (Line::Head { keys: Some(text), .. }, None) => self.keys = Some(self.unlock(text)?),
            (Line::Sealed(sealed), Some(keys)) => {
                let sealed = BASE64.decode(sealed).map_err(|_| self.wrong("expected base64"))?;
                let opened = keys.open(&backup::place(self.number), &sealed);
                return self.parse(&opened.map_err(|error| self.wrong(error))?);
            }
            // Whoever has no key could have written it.
            (_, Some(_)) => return Err(self.wrong("a line that is not encrypted, in a backup that is")),
            (_, None) if self.key.is_some() && !self.takes_plain => return Err(self.wrong(PLAIN)),
            (_, None) => {}
        }
        Ok(line)
    }

    fn parse(&self, line: &[u8]) -> Result<Line, CannotRun> {
        // What the reader of JSON says may quote the line.
        serde_json::from_slice(line).map_err(|_| self.wrong("not a line of a backup of this version of weir"))
    }

    /// The data keys of an encrypted backup.
    fn unlock(&self, text: &str) -> Result<Keys, CannotRun> {
        let key = self.key.ok_or_else(|| {
            self.wrong("encrypted, and no key is given: name it by `--backup-key`, or `engine.encryption.key` of the site")
        })?;
        let operator = OperatorKey::read(key).map_err(|error| CannotRun::Because(error.to_string()))?;
        Keys::of_text(text, "the backup", &operator).map_err(|error| self.wrong(of_backup(error)))
    }

    pub(super) fn wrong(&self, why: impl std::fmt::Display) -> CannotRun {
        CannotRun::at(
            self.path.display(),
            format!("line {}: {why}; nothing is restored from it", self.number),
        )
    }
}
