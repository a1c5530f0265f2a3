//! One folder, held open: what is done in it is done in this folder and in no other.
//!
//! Everything is asked for by its plain name relative to the open folder. So nobody who may write there can lead weir
//! out of it by a link, be it planted under a name or put in place of the folder while weir is at work; and a link is
//! never followed, only found to be no file. How a folder is found is not decided here: the site may name a link.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read};
use std::os::fd::OwnedFd;
use std::os::unix::ffi::OsStringExt;
use std::path::Path;

use rustix::fs::{self, AtFlags, CWD, Dir, FileType, Mode, OFlags, RenameFlags};
use rustix::io::Errno;

/// For the group of weir's user too, as far as the umask lets it: somebody is to collect the files.
const MODE: Mode = Mode::from_raw_mode(0o660);

/// The open folder.
pub(super) struct Beneath {
    folder: OwnedFd,
}

impl Beneath {
    /// # Errors
    /// When there is no such folder, or it cannot be read.
    pub(super) fn open(folder: &Path) -> io::Result<Beneath> {
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
        let folder = fs::openat(CWD, folder, flags, Mode::empty())?;
        Ok(Beneath { folder })
    }

    /// A new file.
    ///
    /// # Errors
    /// Also when anything has the name, be it a link that leads nowhere.
    pub(super) fn create(&self, name: &str) -> io::Result<File> {
        let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        Ok(fs::openat(&self.folder, name, flags, MODE)?.into())
    }

    /// Gives a file another name; `false` when anything has that name already.
    pub(super) fn rename(&self, from: &str, to: &str) -> io::Result<bool> {
        let folder = &self.folder;
        match fs::renameat_with(folder, from, folder, to, RenameFlags::NOREPLACE) {
            // Some file systems, NFS among them, cannot do this, but can have two names for a file.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            Err(Errno::EXIST) => return Ok(false),
            renamed => return Ok(renamed.map(|()| true)?),
        }
        match fs::linkat(folder, from, folder, to, AtFlags::empty()) {
            Err(Errno::EXIST) => return Ok(false),
            linked => linked?,
        }
        self.remove(from)?;
        Ok(true)
    }

    /// The file of this name if it is a plain one with just this content. One that may not be read is somebody else's.
    pub(super) fn with_content(&self, name: &str, content: &[u8]) -> io::Result<Option<File>> {
        // Without waiting for who writes to a pipe.
        let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::CLOEXEC;
        let mut file = match fs::openat(&self.folder, name, flags, Mode::empty()) {
            Ok(file) => File::from(file),
            // A link, a socket, and what may not be read.
            Err(Errno::LOOP | Errno::NXIO | Errno::ACCESS | Errno::PERM) => return Ok(None),
            Err(errno) => return Err(errno.into()),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() || metadata.len() != content.len() as u64 {
            return Ok(None);
        }
        let mut found = Vec::with_capacity(content.len());
        file.by_ref().take(content.len() as u64).read_to_end(&mut found)?;
        Ok((found == content).then_some(file))
    }

    /// The names of all plain files, hidden ones too.
    pub(super) fn files(&self) -> io::Result<Vec<OsString>> {
        let mut files = Vec::new();
        for entry in Dir::read_from(&self.folder)? {
            let entry = entry?;
            let mut kind = entry.file_type();
            if kind == FileType::Unknown {
                // Not every file system tells.
                let told = fs::statat(&self.folder, entry.file_name(), AtFlags::SYMLINK_NOFOLLOW);
                kind = told.map_or(kind, |told| FileType::from_raw_mode(told.st_mode));
            }
            if kind == FileType::RegularFile {
                files.push(OsString::from_vec(entry.file_name().to_bytes().to_vec()));
            }
        }
        Ok(files)
    }

    /// Removes a file, or a link and not what it leads to.
    pub(super) fn remove(&self, name: impl rustix::path::Arg) -> io::Result<()> {
        Ok(fs::unlinkat(&self.folder, name, AtFlags::empty())?)
    }

    /// Makes the names durable.
    pub(super) fn sync(&self) -> io::Result<()> {
        Ok(fs::fsync(&self.folder)?)
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn a_link_planted_under_a_name_is_neither_followed_nor_replaced() {
        let root = tempfile::tempdir().unwrap();
        let (folder, outside) = (root.path().join("in"), root.path().join("outside"));
        fs::create_dir(&folder).unwrap();
        fs::write(&outside, "as it was").unwrap();
        symlink(&outside, folder.join("planted")).unwrap();
        symlink(root.path().join("new"), folder.join("dangling")).unwrap();
        let beneath = Beneath::open(&folder).unwrap();
        for name in ["planted", "dangling"] {
            let refused = beneath.create(name).unwrap_err();
            assert_eq!(refused.kind(), io::ErrorKind::AlreadyExists, "{name}");
            drop(beneath.create("aside").unwrap());
            assert!(!beneath.rename("aside", name).unwrap(), "{name}");
            beneath.remove("aside").unwrap();
            assert!(
                beneath.with_content(name, b"as it was").unwrap().is_none(),
                "{name}"
            );
        }
        assert_eq!(beneath.files().unwrap(), [""; 0]);
        assert_eq!(fs::read(&outside).unwrap(), b"as it was");
        beneath.remove("planted").unwrap();
        assert!(outside.exists() && !root.path().join("new").exists());
    }

    #[test]
    fn a_link_put_in_place_of_the_folder_leads_nobody_away() {
        let root = tempfile::tempdir().unwrap();
        let [folder, moved, outside] = ["in", "moved", "outside"].map(|name| root.path().join(name));
        fs::create_dir(&folder).unwrap();
        fs::create_dir(&outside).unwrap();
        let beneath = Beneath::open(&folder).unwrap();
        fs::rename(&folder, &moved).unwrap();
        symlink(&outside, &folder).unwrap();
        drop(beneath.create("a").unwrap());
        assert!(beneath.rename("a", "b").unwrap());
        assert_eq!(beneath.files().unwrap(), ["b"]);
        assert!(moved.join("b").exists());
        assert_eq!(fs::read_dir(&outside).unwrap().count(), 0);
    }

    #[test]
    fn only_a_plain_file_with_just_this_content_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("file"), "content").unwrap();
        fs::create_dir(folder.path().join("folder")).unwrap();
        let beneath = Beneath::open(folder.path()).unwrap();
        let is_same = |name: &str, content: &[u8]| beneath.with_content(name, content).unwrap().is_some();
        assert!(is_same("file", b"content"));
        for other in ["", "conten", "content.", "CONTENT"] {
            assert!(!is_same("file", other.as_bytes()), "{other}");
        }
        assert!(!is_same("folder", b""));
    }
}
