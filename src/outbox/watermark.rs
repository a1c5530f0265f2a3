//! The watermark: how far the store had come when someone last looked, kept beside the store.
//!
//! sled has been seen to open a damaged file without a word and with less in it. So a small file of our own says
//! which store this is and how far it was; a store that opens older than that is refused. The file is replaced
//! atomically and only after the barrier, so it never claims more than the store holds durably. It is text, for
//! the eyes of whoever has to repair.

use std::{
    fs::{self, File},
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::Sequence;
use super::record::{Meta, Totals};

const MAGIC: &str = "weir outbox watermark 1";

/// Why a watermark cannot be read.
#[derive(Debug, thiserror::Error)]
pub(super) enum WatermarkError {
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("its content is damaged")]
    Damaged,
}

/// The file.
pub(super) struct Watermark {
    path: PathBuf,
    /// What it says now.
    written: Option<Meta>,
}

impl Watermark {
    /// Reads the file; none is there before the store's creation has finished.
    pub(super) fn read(path: PathBuf) -> Result<Watermark, WatermarkError> {
        let written = match fs::read_to_string(&path) {
            Ok(text) => Some(decode(&text).ok_or(WatermarkError::Damaged)?),
            Err(error) if error.kind() == io::ErrorKind::NotFound => None,
            Err(error) if error.kind() == io::ErrorKind::InvalidData => return Err(WatermarkError::Damaged),
            Err(error) => return Err(error.into()),
        };
        Ok(Watermark { path, written })
    }

    /// Where the file is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What the file says.
    pub(super) fn written(&self) -> Option<&Meta> {
        self.written.as_ref()
    }

    /// Makes the file say `durable`, of which the barrier must have passed.
    pub(super) fn write(&mut self, durable: &Meta) -> io::Result<()> {
        if self.written.as_ref() != Some(durable) {
            replace(&self.path, encode(durable).as_bytes())?;
            self.written = Some(*durable);
        }
        Ok(())
    }
}

/// Replaces a file so that after any crash either the old or the new content is there, whole.
pub(super) fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let new = path.with_extension("new");
    let mut file = File::create(&new)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&new, path)?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

fn encode(meta: &Meta) -> String {
    let Meta {
        store_id,
        next,
        commits,
        queued,
        dead,
        bytes,
        totals,
    } = meta;
    let Totals {
        entries,
        delivered,
        purged,
        resent,
    } = totals;
    let text = format!(
        "{MAGIC}\nstore {store_id:032x}\nnext {next}\ncommits {commits}\nqueued {queued}\ndead {dead}\nbytes {bytes}\n\
         entries {entries}\ndelivered {delivered}\npurged {purged}\nresent {resent}\n"
    );
    format!("{text}checksum {:08x}\n", crc32fast::hash(text.as_bytes()))
}

fn decode(text: &str) -> Option<Meta> {
    let mut lines = text.lines();
    (lines.next()? == MAGIC).then_some(())?;
    let mut value = |name| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
    let meta = Meta {
        store_id: u128::from_str_radix(value("store")?, 16).ok()?,
        next: Sequence(value("next")?.parse().ok()?),
        commits: value("commits")?.parse().ok()?,
        queued: value("queued")?.parse().ok()?,
        dead: value("dead")?.parse().ok()?,
        bytes: value("bytes")?.parse().ok()?,
        totals: Totals {
            entries: value("entries")?.parse().ok()?,
            delivered: value("delivered")?.parse().ok()?,
            purged: value("purged")?.parse().ok()?,
            resent: value("resent")?.parse().ok()?,
        },
    };
    // Written again and compared: this checks the checksum and every byte's form at once.
    (encode(&meta) == text).then_some(meta)
}

#[cfg(test)]
mod tests {
    use super::*;

    const META: Meta = Meta {
        store_id: 0xabc,
        next: Sequence(17),
        commits: 5,
        queued: 3,
        dead: 2,
        bytes: 4_096,
        totals: Totals {
            entries: 9,
            delivered: 4,
            purged: 0,
            resent: 0,
        },
    };

    #[test]
    fn it_reads_back_and_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("watermark");
        let mut watermark = Watermark::read(path.clone()).unwrap();
        assert_eq!(watermark.written(), None);
        watermark.write(&META).unwrap();
        let newer = Meta {
            next: Sequence(18),
            ..META
        };
        watermark.write(&newer).unwrap();
        assert_eq!(Watermark::read(path).unwrap().written(), Some(&newer));
        assert_eq!(
            fs::read_dir(folder.path()).unwrap().count(),
            1,
            "no temporary file is left"
        );
    }

    #[test]
    fn every_changed_byte_is_seen() {
        let text = encode(&META);
        assert_eq!(decode(&text), Some(META));
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(
                String::from_utf8(bytes).ok().and_then(|text| decode(&text)),
                None,
                "byte {at}"
            );
            assert_eq!(text.get(..at).and_then(decode), None, "cut at {at}");
        }
    }
}
