//! The folders of one folder listener, and how a file goes from one to the next.
//!
//! Every step is one rename within one file system. Where a file ends up is made durable; a claim need not be, for a
//! file that is back where it was is only taken again. Links and other things that are no
//! plain files are never opened: `working` is for weir's user alone, and what is in it is looked at before it is read.

use std::collections::BinaryHeap;
use std::ffi::{OsStr, OsString};
use std::fs::{self, DirBuilder, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;
use rustix::fs::{Mode, OFlags};

use super::{Accepted, Order};
use crate::listener::Ruling;
use crate::mllp::Frame;

/// How many files one look tells of: the first in order.
const FILES_MAX: usize = 10_000;
/// How much of a file that is too large is kept, to read its header.
const PREFIX_BYTES: usize = 4 * 1024;

/// Why something in `working` is never read.
const NO_FILE: &str = "expected a file, found something else";

/// What follows the name of a file that has failed in that of its reason.
pub(super) const NOTE: &str = ".reason.txt";

/// The longest name that the common file systems take.
const NAME_BYTES_MAX: usize = 255;
/// How long an extension is kept when a name is cut.
const EXTENSION_BYTES_MAX: usize = 16;

/// What stands in `working` under a name.
#[derive(Debug)]
pub(super) enum Content {
    /// A file, and this in it.
    File(Frame),
    /// Something that can never be read, and why.
    Unreadable(&'static str),
    /// A file that changed while it was read.
    Changing,
    /// Nothing any more: somebody else took it away.
    Gone,
}

/// What tells that a file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Stamp {
    bytes: u64,
    modified: SystemTime,
}

impl Stamp {
    pub(super) fn of(metadata: &fs::Metadata) -> io::Result<Stamp> {
        Ok(Stamp {
            bytes: metadata.len(),
            modified: metadata.modified()?,
        })
    }
}

/// A file that has come.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) name: OsString,
    pub(super) stamp: Stamp,
}

/// The folder that is watched, and those inside it.
#[derive(Debug)]
pub(super) struct Folders {
    root: PathBuf,
    working: PathBuf,
    done: PathBuf,
    failed: PathBuf,
}

impl Folders {
    /// The folder has to be there; those in it are made.
    pub(super) fn open(root: &Path) -> io::Result<Folders> {
        fs::read_dir(root)?;
        let [working, done, failed] = ["working", "done", "failed"].map(|name| root.join(name));
        for folder in [&working, &done, &failed] {
            match private_folder().create(folder) {
                Err(failure) if failure.kind() == io::ErrorKind::AlreadyExists => {}
                made => made?,
            }
            if !fs::symlink_metadata(folder)?.is_dir() {
                let message = format!("{} is no folder", folder.display());
                return Err(io::Error::new(io::ErrorKind::NotADirectory, message));
            }
        }
        sync(root)?;
        Ok(Folders {
            root: root.to_owned(),
            working,
            done,
            failed,
        })
    }

    /// What is in work, by name.
    pub(super) fn claimed(&self) -> io::Result<Vec<OsString>> {
        let names = fs::read_dir(&self.working)?.map(|entry| entry.map(|entry| entry.file_name()));
        let mut names: Vec<OsString> = names.take(FILES_MAX).collect::<io::Result<_>>()?;
        names.sort();
        Ok(names)
    }

    /// The files that have come, in order.
    pub(super) fn arrived(&self, suffix: Option<&str>, order: Order) -> io::Result<Vec<Seen>> {
        // The first in order are kept, whatever the folder holds.
        let mut first: BinaryHeap<(SystemTime, OsString, u64, SystemTime)> = BinaryHeap::new();
        for entry in fs::read_dir(&self.root)? {
            let entry = entry?;
            let name = entry.file_name();
            let is_hidden = name.as_encoded_bytes().starts_with(b".");
            let is_asked = suffix.is_none_or(|suffix| name.as_encoded_bytes().ends_with(suffix.as_bytes()));
            if is_hidden || !is_asked || !entry.file_type()?.is_file() {
                continue;
            }
            // It may be gone by now: not every sender waits.
            let Ok(metadata) = entry.metadata() else { continue };
            let Stamp { bytes, modified } = Stamp::of(&metadata)?;
            let rank = match order {
                Order::Name => SystemTime::UNIX_EPOCH,
                Order::Time => modified,
            };
            first.push((rank, name, bytes, modified));
            if first.len() > FILES_MAX {
                first.pop();
            }
        }
        let seen = first
            .into_sorted_vec()
            .into_iter()
            .map(|(_, name, bytes, modified)| Seen {
                name,
                stamp: Stamp { bytes, modified },
            });
        Ok(seen.collect())
    }

    /// Takes a file into work; `None` when somebody else took it, something of its name is in work, or it has
    /// changed since it was seen: others may have been in work for long meanwhile.
    pub(super) fn claim(&self, Seen { name, stamp }: &Seen) -> io::Result<Option<OsString>> {
        let claimed = self.working.join(name);
        if exists(&claimed)? || self.stamp(name)? != Some(*stamp) {
            return Ok(None);
        }
        match fs::rename(self.root.join(name), claimed) {
            Ok(()) => Ok(Some(name.to_owned())),
            Err(failure) if failure.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// How a file that has come is now; `None` when it is gone.
    fn stamp(&self, name: &OsStr) -> io::Result<Option<Stamp>> {
        match fs::symlink_metadata(self.root.join(name)) {
            Ok(metadata) => Stamp::of(&metadata).map(Some),
            Err(failure) if failure.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(failure) => Err(failure),
        }
    }

    /// The content of a file in work. What fails here may go well another time.
    pub(super) fn read(&self, name: &OsStr, bytes_max: usize) -> io::Result<Content> {
        match self.read_file(name, bytes_max) {
            Err(failure) if failure.kind() == io::ErrorKind::NotFound => Ok(Content::Gone),
            Err(failure) if failure.kind() == io::ErrorKind::PermissionDenied => {
                Ok(Content::Unreadable("expected a file that weir's user may read"))
            }
            read => read,
        }
    }

    fn read_file(&self, name: &OsStr, bytes_max: usize) -> io::Result<Content> {
        let path = self.working.join(name);
        if !fs::symlink_metadata(&path)?.is_file() {
            return Ok(Content::Unreadable(NO_FILE));
        }
        // It may be something else by now: a link is not followed, nor a pipe waited for.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let file = File::from(rustix::fs::open(path, flags, Mode::empty())?);
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Ok(Content::Unreadable(NO_FILE));
        }
        if metadata.len() > bytes_max as u64 {
            let mut prefix = Vec::new();
            file.take(PREFIX_BYTES as u64).read_to_end(&mut prefix)?;
            let prefix = Bytes::from(prefix);
            return Ok(Content::File(Frame::TooLarge { prefix }));
        }
        read_whole(&file, &file, Stamp::of(&metadata)?, bytes_max)
    }

    /// Puts a file in work where it belongs now, durably.
    pub(super) fn put_away(&self, name: &OsStr, ruling: &Ruling, accepted: Accepted) -> io::Result<()> {
        // What is not there is put away already: before a sync that failed, or by somebody.
        if exists(&self.working.join(name))? {
            self.move_away(name, ruling, accepted)?;
        }
        match ruling {
            Ruling::Accepted if accepted == Accepted::Delete => {}
            Ruling::Accepted => sync(&self.done)?,
            Ruling::Erroneous(_) | Ruling::Rejected(_) => sync(&self.failed)?,
            Ruling::Unavailable => return Ok(()),
        }
        sync(&self.working)
    }

    fn move_away(&self, name: &OsStr, ruling: &Ruling, accepted: Accepted) -> io::Result<()> {
        let working = self.working.join(name);
        match ruling {
            Ruling::Accepted if accepted == Accepted::Delete => fs::remove_file(working),
            Ruling::Accepted => fs::rename(working, self.done.join(free_name(&self.done, name, "")?)),
            Ruling::Erroneous(reason) => self.fail(name, &format!("AE {reason}")),
            Ruling::Rejected(reason) => self.fail(name, &format!("AR {reason}")),
            Ruling::Unavailable => Ok(()),
        }
    }

    fn fail(&self, name: &OsStr, reason: &str) -> io::Result<()> {
        let free = free_name(&self.failed, name, NOTE)?;
        let mut note = free.clone();
        note.push(NOTE);
        let note = self.failed.join(note);
        // The reason first: a file without one says nothing.
        let mut file = File::create_new(&note)?;
        let moved = writeln!(file, "{reason}")
            .and_then(|()| file.sync_all())
            .and_then(|()| fs::rename(self.working.join(name), self.failed.join(free)));
        if moved.is_err() {
            // Or each further attempt would leave another; what cannot be removed is of no harm.
            drop(fs::remove_file(note));
        }
        moved
    }
}

/// All of a file, unless it is too large by now, or changed meanwhile: a sender that kept it open may still write.
pub(super) fn read_whole(
    file: &File,
    reading: impl Read,
    before: Stamp,
    bytes_max: usize,
) -> io::Result<Content> {
    let mut content = Vec::new();
    // One more, to see that there is more.
    reading.take(bytes_max as u64 + 1).read_to_end(&mut content)?;
    if content.len() > bytes_max {
        content.truncate(PREFIX_BYTES);
        let prefix = Bytes::from(content);
        return Ok(Content::File(Frame::TooLarge { prefix }));
    }
    if content.len() as u64 != before.bytes || Stamp::of(&file.metadata()?)? != before {
        return Ok(Content::Changing);
    }
    Ok(Content::File(Frame::Whole(content.into())))
}

/// For weir's user and no other.
fn private_folder() -> DirBuilder {
    let mut builder = DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder
}

/// The name, or one like it when something has it, or has what stands beside it: senders use the same name again
/// and again. It is cut where there would be no room for what is to stand beside it.
fn free_name(folder: &Path, name: &OsStr, beside: &str) -> io::Result<OsString> {
    let number = || format!("-{:08x}", fastrand::u32(..));
    let name = cut(name, NAME_BYTES_MAX - beside.len() - number().len());
    let mut free = name.clone();
    let is_taken = |free: &OsStr| -> io::Result<bool> {
        let mut other = free.to_owned();
        other.push(beside);
        Ok(exists(&folder.join(free))? || exists(&folder.join(other))?)
    };
    while is_taken(&free)? {
        let path = Path::new(&name);
        path.file_stem().unwrap_or(&name).clone_into(&mut free);
        free.push(number());
        if let Some(extension) = path.extension() {
            free.push(".");
            free.push(extension);
        }
    }
    Ok(free)
}

/// The name in no more than so many bytes, with its extension.
pub(super) fn cut(name: &OsStr, bytes_max: usize) -> OsString {
    if name.len() <= bytes_max {
        return name.to_owned();
    }
    let path = Path::new(name);
    let extension = path
        .extension()
        .map(|extension| format!(".{}", extension.to_string_lossy()));
    let extension = extension.filter(|extension| extension.len() <= EXTENSION_BYTES_MAX);
    let extension = extension.unwrap_or_default();
    let mut cut = name.to_string_lossy().into_owned();
    let room = bytes_max - extension.len();
    let end = (0..=room).rev().find(|end| cut.is_char_boundary(*end));
    cut.truncate(end.unwrap_or_default());
    cut.push_str(&extension);
    cut.into()
}

/// Whether there is anything, be it a link that leads nowhere.
fn exists(path: &Path) -> io::Result<bool> {
    match fs::symlink_metadata(path) {
        Ok(_) => Ok(true),
        Err(failure) if failure.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(failure) => Err(failure),
    }
}

/// Makes the names in a folder durable.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}
