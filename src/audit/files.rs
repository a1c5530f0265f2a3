//! The files of the log: `audit/000000000001.jsonl` in the data folder, named by their first record, and beside the
//! folder `audit.head`, where the log ends.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::{Head, Record};

/// The folder of the log in the data folder.
pub const FOLDER_NAME: &str = "audit";
/// Where the log ends, in the data folder.
pub const HEAD_NAME: &str = "audit.head";
/// A file is not begun anew before it has this many bytes.
pub(super) const FILE_BYTES_MAX: u64 = 16 << 20;
/// A file that is longer than this was not written by weir.
const READ_BYTES_MAX: u64 = FILE_BYTES_MAX + (1 << 20);
const NUMBER_DIGITS: usize = 12;

/// Where everything is.
#[derive(Debug, Clone)]
pub(super) struct Place {
    data: PathBuf,
}

impl Place {
    pub(super) fn new(data: &Path) -> Place {
        Place {
            data: data.to_owned(),
        }
    }

    pub(super) fn data(&self) -> &Path {
        &self.data
    }

    pub(super) fn folder(&self) -> PathBuf {
        self.data.join(FOLDER_NAME)
    }

    pub(super) fn head(&self) -> PathBuf {
        self.data.join(HEAD_NAME)
    }

    pub(super) fn file(&self, first: u64) -> PathBuf {
        self.folder().join(format!("{first:0NUMBER_DIGITS$}.jsonl"))
    }

    /// The files there are, by the number of their first record.
    pub(super) fn files(&self) -> io::Result<Vec<(u64, PathBuf)>> {
        let entries = match fs::read_dir(self.folder()) {
            Ok(entries) => entries,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(error) => return Err(error),
        };
        let mut files = Vec::new();
        for entry in entries {
            let path = entry?.path();
            let name = path.file_name().and_then(|name| name.to_str());
            let number = name.and_then(|name| name.strip_suffix(".jsonl"));
            if let Some(first) = number.and_then(|number| number.parse().ok()) {
                files.push((first, path));
            }
        }
        files.sort();
        Ok(files)
    }

    /// What `audit.head` says; nothing before the first record, or when it is not what weir wrote.
    pub(super) fn read_head(&self) -> io::Result<Option<Head>> {
        match fs::read_to_string(self.head()) {
            Ok(text) => Ok(Head::parse(&text)),
            Err(error) if matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::InvalidData) => {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// The lines of a file, and how many bytes they are; what follows the last line end was cut off.
pub(super) struct Lines {
    bytes: Vec<u8>,
    whole: usize,
}

impl Lines {
    pub(super) fn read(path: &Path) -> io::Result<Lines> {
        if fs::metadata(path)?.len() > READ_BYTES_MAX {
            return Err(io::Error::other("longer than any file weir writes"));
        }
        let bytes = fs::read(path)?;
        let whole = memchr::memrchr(b'\n', &bytes).map_or(0, |at| at + 1);
        Ok(Lines { bytes, whole })
    }

    /// Each line as a record, or nothing where it is none.
    pub(super) fn records(&self) -> impl DoubleEndedIterator<Item = Option<Record>> {
        let whole = self.bytes.get(..self.whole).unwrap_or_default();
        let mut lines: Vec<_> = whole.split(|&byte| byte == b'\n').collect();
        // After the last line end there is nothing.
        lines.pop();
        lines.into_iter().map(Record::read)
    }

    pub(super) fn into_whole(mut self) -> Vec<u8> {
        self.bytes.truncate(self.whole);
        self.bytes
    }

    pub(super) fn whole_bytes(&self) -> u64 {
        self.whole as u64
    }

    pub(super) fn is_cut(&self) -> bool {
        self.whole != self.bytes.len()
    }
}
