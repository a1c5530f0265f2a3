//! What comes back beside the outbox: users, the audit log, what destinations were told. What is there already stays.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::engine::{self, SWITCHES_FILE};
use crate::{access, audit, durable};

/// The names of files of the audit log: as many digits, and this.
const AUDIT_DIGITS: usize = 12;
const AUDIT_SUFFIX: &str = ".jsonl";

/// The files of a backup, made in one folder and put into another.
pub(super) struct Beside {
    /// Where they are made.
    folder: PathBuf,
    /// What stands in the file of switches, by the numbers of the outbox that was.
    switches: Option<Vec<u8>>,
    /// The deliveries that it speaks of, and their numbers in the new outbox as far as they are known.
    numbers: HashMap<(String, u64), Option<u64>>,
}

/// What became of a file of the backup.
#[derive(Clone, Copy)]
pub(super) enum Put {
    Restored,
    /// One was there.
    Stayed,
}

impl Beside {
    /// Files made in this folder.
    pub(super) fn new(folder: &Path) -> Beside {
        Beside {
            folder: folder.to_owned(),
            switches: None,
            numbers: HashMap::new(),
        }
    }

    /// Takes a file of the backup, whose content is in base64.
    pub(super) fn take(&mut self, name: &str, content: &str) -> Result<(), String> {
        let content = BASE64.decode(content).map_err(|_| "expected base64")?;
        if name == SWITCHES_FILE {
            self.numbers = spoken_of(&content)?;
            self.switches = Some(content);
            return Ok(());
        }
        let of_audit = name
            .strip_prefix(audit::FOLDER_NAME)
            .and_then(|rest| rest.strip_prefix('/'));
        let is_ours =
            name == access::FILE_NAME || name == audit::HEAD_NAME || of_audit.is_some_and(is_of_audit);
        if !is_ours {
            return Err("a file that no backup of this version of weir has".to_owned());
        }
        let path = self.folder.join(name);
        write(&path, &content).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Whether the new number of this delivery has to be known.
    pub(super) fn asks_for(&self, destination: &str, sequence: u64) -> bool {
        !self.numbers.is_empty() && self.numbers.contains_key(&(destination.to_owned(), sequence))
    }

    /// The number that a delivery has now.
    pub(super) fn is_now(&mut self, destination: &str, sequence: u64, now: u64) {
        self.numbers.insert((destination.to_owned(), sequence), Some(now));
    }

    /// Writes what destinations were told, by the numbers of this outbox.
    pub(super) fn write_switches(&self, store_id: u128) -> Result<(), String> {
        let Some(switches) = &self.switches else {
            return Ok(());
        };
        let now = |destination: &str, sequence| *self.numbers.get(&(destination.to_owned(), sequence))?;
        let content = engine::renumber(switches, store_id, &now)?;
        let path = self.folder.join(SWITCHES_FILE);
        write(&path, &content).map_err(|error| format!("{}: {error}", path.display()))
    }

    /// Puts the audit log into the data folder, unless there is one: what became of its files.
    pub(super) fn put_audit(&self, data: &Path) -> io::Result<Vec<(&'static str, Put)>> {
        // The head before its records: a log without its end is told as damaged.
        let names = [audit::HEAD_NAME, audit::FOLDER_NAME];
        let is_there = names.iter().any(|name| data.join(name).exists());
        let put = names.map(|name| self.put(name, data, is_there));
        put.into_iter().filter_map(io::Result::transpose).collect()
    }

    /// Puts the rest of it there: users, unless there are some, and what destinations were told.
    pub(super) fn put_others(&self, data: &Path) -> io::Result<Vec<(&'static str, Put)>> {
        let has_users = data.join(access::FILE_NAME).exists();
        let put = [
            self.put(access::FILE_NAME, data, has_users),
            self.put(SWITCHES_FILE, data, false),
        ];
        put.into_iter().filter_map(io::Result::transpose).collect()
    }

    /// Puts one there; nothing when the backup has none.
    fn put(
        &self,
        name: &'static str,
        data: &Path,
        is_there: bool,
    ) -> io::Result<Option<(&'static str, Put)>> {
        let made = self.folder.join(name);
        if !made.exists() {
            return Ok(None);
        }
        if is_there {
            return Ok(Some((name, Put::Stayed)));
        }
        fs::rename(made, data.join(name))?;
        Ok(Some((name, Put::Restored)))
    }
}

fn is_of_audit(name: &str) -> bool {
    let digits = name.strip_suffix(AUDIT_SUFFIX);
    digits.is_some_and(|digits| {
        digits.len() == AUDIT_DIGITS && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// The deliveries that switches speak of by their numbers.
fn spoken_of(switches: &[u8]) -> Result<HashMap<(String, u64), Option<u64>>, String> {
    let told: BTreeMap<String, BTreeSet<u64>> = engine::numbers_told(switches)?;
    let one = |(name, numbers): (String, BTreeSet<u64>)| {
        let numbers = numbers.into_iter();
        numbers.map(move |number| ((name.clone(), number), None))
    };
    Ok(told.into_iter().flat_map(one).collect())
}

/// Writes a new file that only its owner may read, and whose content is on the disk.
fn write(path: &Path, content: &[u8]) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        durable::private_folder(folder)?;
    }
    let mut file = durable::private_file(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
