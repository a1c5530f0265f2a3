//! What weir keeps on the disk is for its own user alone; and a small file that is replaced is, after a crash, the old
//! one or the new, whole.
//!
//! For files of the data folder that are written rarely and read when weir starts. Orders of an operator who is root
//! work on data of a weir that is not: whatever root makes here belongs to whom the folder belongs that it is in, or
//! weir could not read it any more.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::{AtFlags, Dir, FileType, Gid, Mode, OFlags, Uid};
use rustix::io::Errno;
use tempfile::Builder;

/// How the name of a file begins that was to replace another when the process was killed.
pub const UNFINISHED_PREFIX: &str = ".unfinished-";

/// What a full disk has no room for, and any other has.
const TRIED_BYTES: usize = 4_096;

/// Makes the file hold this and nothing else; returns when it would survive a power cut. Blocks on the disk.
///
/// # Errors
/// When the folder cannot be written; the old content is there then, unless the last sync alone failed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = folder_of(path);
    let mut file = Builder::new().prefix(UNFINISHED_PREFIX).tempfile_in(folder)?;
    give(file.as_file(), folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

/// Whether a file could be replaced in this folder: makes one, and removes it. Blocks on the disk.
///
/// # Errors
/// When it cannot.
pub fn try_to_write(folder: &Path) -> io::Result<()> {
    let mut file = Builder::new().prefix(UNFINISHED_PREFIX).tempfile_in(folder)?;
    file.write_all(&[0; TRIED_BYTES])?;
    file.as_file().sync_all()?;
    file.close()
}

/// Makes an empty file that only its owner may read. Blocks on the disk.
///
/// # Errors
/// When it cannot be made, or there is one.
pub fn private_file(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    let file = options.write(true).create_new(true).mode(0o600).open(path)?;
    give(&file, folder_of(path))?;
    Ok(file)
}

/// Makes a folder that only its owner may enter, and those it stands in that are not there; one that is there stays as
/// it is. Blocks on the disk.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    let mkdir = || DirBuilder::new().mode(0o700).create(folder);
    let parent = folder_of(folder);
    let made = match mkdir() {
        Err(error) if error.kind() == io::ErrorKind::NotFound && parent != folder => {
            private_folder(parent).and_then(|()| mkdir())
        }
        made => made,
    };
    match made {
        // Whoever else may write there may have put a link in its place meanwhile.
        Ok(()) => give(rustix::fs::open(folder, FOLDER, Mode::empty())?, parent),
        Err(_) if folder.is_dir() => Ok(()),
        made => made,
    }
}

/// Nothing but weir's is in this folder or file, and what patients' data it holds is for weir's own user: not for
/// others, who may have been let in by an earlier weir or by whoever made it. Nothing happens where nothing is. Blocks
/// on the disk.
///
/// # Errors
/// When the rights cannot be taken from them, as on a disk that somebody else has mounted there.
pub fn keep_others_out(path: &Path) -> io::Result<()> {
    let mode = match fs::metadata(path) {
        Ok(found) => found.permissions().mode(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
    };
    let own = mode & 0o7700;
    if own == mode & 0o7777 {
        return Ok(());
    }
    fs::set_permissions(path, Permissions::from_mode(own))
}

/// Removes what processes that were killed left of files that were to be replaced in this folder, in which nobody else
/// writes. Blocks on the disk.
///
/// # Errors
/// When the folder cannot be read, or one of them cannot be removed.
pub fn remove_unfinished(folder: &Path) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let is_ours = entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(UNFINISHED_PREFIX.as_bytes());
        if is_ours && entry.file_type()?.is_file() {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

/// Gives whatever is root's in this folder to whom another belongs, if this process is root's: for what others have
/// made there that know nothing of users. Blocks on the disk.
///
/// # Errors
/// When it cannot be looked at or given away.
pub fn hand_over(folder: &Path, like: &Path) -> io::Result<()> {
    let Some(owner) = owner_of(like)? else {
        return Ok(());
    };
    let opened = rustix::fs::open(folder, FOLDER, Mode::empty())?;
    hand_over_within(&opened, owner)?;
    may_fail_without_rights(rustix::fs::fchown(&opened, Some(owner.0), Some(owner.1)))
}

/// How a folder is opened whose name may be anybody's: a link that was put there leads nowhere.
const FOLDER: OFlags = OFlags::RDONLY
    .union(OFlags::DIRECTORY)
    .union(OFlags::NOFOLLOW)
    .union(OFlags::CLOEXEC);

fn hand_over_within(folder: impl AsFd, owner: (Uid, Gid)) -> io::Result<()> {
    for entry in Dir::read_from(&folder)? {
        let entry = entry?;
        let name = entry.file_name();
        if name == c"." || name == c".." {
            continue;
        }
        let found = rustix::fs::statat(&folder, name, AtFlags::SYMLINK_NOFOLLOW)?;
        let is_folder = FileType::from_raw_mode(found.st_mode) == FileType::Directory;
        if is_folder {
            let inner = rustix::fs::openat(&folder, name, FOLDER, Mode::empty())?;
            hand_over_within(&inner, owner)?;
        }
        // A file of several names may be one of somebody else's.
        if found.st_uid == 0 && (is_folder || found.st_nlink == 1) {
            let flags = AtFlags::SYMLINK_NOFOLLOW;
            let given = rustix::fs::chownat(&folder, name, Some(owner.0), Some(owner.1), flags);
            may_fail_without_rights(given)?;
        }
    }
    Ok(())
}

/// Gives what was just made in a folder to whom that belongs, if this process is root's.
fn give(made: impl AsFd, folder: &Path) -> io::Result<()> {
    match owner_of(folder)? {
        Some((user, group)) => may_fail_without_rights(rustix::fs::fchown(made, Some(user), Some(group))),
        None => Ok(()),
    }
}

/// To whom root gives what it makes in this folder; nothing for everybody else, and for what root has for itself.
fn owner_of(folder: &Path) -> io::Result<Option<(Uid, Gid)>> {
    if !rustix::process::geteuid().is_root() {
        return Ok(None);
    }
    let found = fs::metadata(folder)?;
    let is_roots = found.uid() == 0;
    Ok((!is_roots).then(|| (Uid::from_raw(found.uid()), Gid::from_raw(found.gid()))))
}

/// A root without root's rights, as in a container that has none, can give nothing away, and has no weir of another
/// user to keep out.
fn may_fail_without_rights(given: rustix::io::Result<()>) -> io::Result<()> {
    match given {
        Err(Errno::PERM | Errno::INVAL) => Ok(()),
        given => Ok(given?),
    }
}

/// The folder that a path is in.
fn folder_of(path: &Path) -> &Path {
    let parent = path.parent().filter(|parent| !parent.as_os_str().is_empty());
    parent.unwrap_or(Path::new("."))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A user and a group that need not exist.
    const SOMEBODY: (u32, u32) = (54_321, 54_322);

    /// A folder of somebody's; nothing where this is not root, who alone can make one.
    fn of_somebody() -> Option<tempfile::TempDir> {
        let folder = tempfile::tempdir().unwrap();
        let given = std::os::unix::fs::chown(folder.path(), Some(SOMEBODY.0), Some(SOMEBODY.1));
        if given.is_err() {
            eprintln!("left out: this is not root");
        }
        given.is_ok().then_some(folder)
    }

    fn owner(path: &Path) -> (u32, u32) {
        let found = path.symlink_metadata().unwrap();
        (found.uid(), found.gid())
    }

    #[test]
    fn what_root_makes_belongs_to_whom_the_folder_belongs() {
        let Some(folder) = of_somebody() else { return };
        let at = |name: &str| folder.path().join(name);
        replace(&at("replaced"), b"").unwrap();
        replace(&at("replaced"), b"again").unwrap();
        private_file(&at("made")).unwrap();
        private_folder(&at("outer/inner")).unwrap();
        replace(&at("outer/inner/file"), b"").unwrap();
        for name in ["replaced", "made", "outer", "outer/inner", "outer/inner/file"] {
            assert_eq!(owner(&at(name)), SOMEBODY, "{name}");
        }
        // What is root's stays so.
        let own = tempfile::tempdir().unwrap();
        replace(&own.path().join("file"), b"").unwrap();
        assert_eq!(owner(&own.path().join("file")).0, 0);
    }

    #[test]
    fn what_others_made_as_root_is_handed_over_and_no_link_is_followed() {
        let Some(folder) = of_somebody() else { return };
        let at = |name: &str| folder.path().join(name);
        let elsewhere = tempfile::tempdir().unwrap();
        let outside = elsewhere.path().join("outside");
        fs::write(&outside, "").unwrap();
        fs::create_dir_all(at("store/inner")).unwrap();
        for name in ["store/file", "store/inner/file", "store/of-a-third"] {
            fs::write(at(name), "").unwrap();
        }
        std::os::unix::fs::chown(at("store/of-a-third"), Some(54_400), None).unwrap();
        std::os::unix::fs::symlink(&outside, at("store/link")).unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), at("store/folder-link")).unwrap();
        fs::hard_link(&outside, at("store/name")).unwrap();
        hand_over(&at("store"), folder.path()).unwrap();
        for name in [
            "store",
            "store/file",
            "store/inner",
            "store/inner/file",
            "store/link",
        ] {
            assert_eq!(owner(&at(name)), SOMEBODY, "{name}");
        }
        assert_eq!(owner(&at("store/of-a-third")).0, 54_400);
        assert_eq!(owner(&outside).0, 0);
        assert_eq!(owner(elsewhere.path()).0, 0);
        // A link in the place of the folder itself leads nowhere.
        assert!(hand_over(&at("store/folder-link"), folder.path()).is_err());
    }

    #[test]
    fn a_folder_is_private_and_so_is_what_it_was_made_in() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("data/outbox");
        private_folder(&inner).unwrap();
        private_folder(&inner).unwrap();
        for made in [inner.parent().unwrap(), &inner] {
            assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
        fs::write(inner.join("file"), "").unwrap();
        assert!(private_folder(&inner.join("file")).is_err());
        assert!(private_folder(&inner.join("file/below")).is_err());
        assert!(private_folder(Path::new("")).is_err());
    }

    #[test]
    fn a_file_is_replaced_and_private() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("file");
        replace(&path, b"a long first content").unwrap();
        replace(&path, b"second").unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), b"second");
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1);
        assert!(replace(&folder.path().join("none/file"), b"").is_err());
    }

    #[test]
    fn what_killed_processes_left_is_removed_and_nothing_else() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        for name in [".unfinished-aB3dEf", ".unfinished-", "unfinished", "file"] {
            fs::write(at(name), "").unwrap();
        }
        fs::create_dir(at(".unfinished-folder")).unwrap();
        remove_unfinished(folder.path()).unwrap();
        remove_unfinished(&at("none")).unwrap();
        let names = fs::read_dir(folder.path()).unwrap();
        let mut names: Vec<_> = names.map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, [".unfinished-folder", "file", "unfinished"]);
    }
}
