//! What comes back beside the outbox: users, the audit log, what destinations were told. What is there already stays.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;

use crate::engine::{self, SWITCHES_FILE};
use crate::{access, audit};

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

    /// Puts all of it into the data folder; what is there already stays. The names of what was put, and of what stayed.
    pub(super) fn put(&self, data: &Path) -> io::Result<(Vec<&'static str>, Vec<&'static str>)> {
        let (mut put, mut stayed) = (Vec::new(), Vec::new());
        let has_audit = [audit::HEAD_NAME, audit::FOLDER_NAME]
            .iter()
            .any(|name| data.join(name).exists());
        for (name, is_there) in [
            (access::FILE_NAME, data.join(access::FILE_NAME).exists()),
            // The head before its records: a log without its end is told as damaged.
            (audit::HEAD_NAME, has_audit),
            (audit::FOLDER_NAME, has_audit),
            (SWITCHES_FILE, false),
        ] {
            let made = self.folder.join(name);
            if !made.exists() {
                continue;
            }
            if is_there {
                stayed.push(name);
            } else {
                fs::rename(made, data.join(name))?;
                put.push(name);
            }
        }
        Ok((put, stayed))
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
        DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)?;
    file.write_all(content)?;
    file.sync_all()?;
    File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}
