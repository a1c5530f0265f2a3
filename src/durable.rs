//! What weir keeps on the disk is for its own user alone; and a small file that is replaced is, after a crash, the old
//! one or the new, whole.
//!
//! For files of the data folder that are written rarely and read when weir starts.

use std::fs::{DirBuilder, File};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use tempfile::Builder;

/// How the name of a file begins that was to replace another when the process was killed.
pub const UNFINISHED_PREFIX: &str = ".unfinished-";

/// Makes the file hold this and nothing else; returns when it would survive a power cut. Blocks on the disk.
///
/// # Errors
/// When the folder cannot be written; the old content is there then, unless the last sync alone failed.
pub fn replace(path: &Path, content: &[u8]) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = Builder::new().prefix(UNFINISHED_PREFIX).tempfile_in(folder)?;
    file.write_all(content)?;
    file.as_file().sync_all()?;
    file.persist(path)?;
    File::open(folder)?.sync_all()
}

/// Makes a folder that only its owner may enter, and those it stands in that are not there; one that is there stays as
/// it is. Blocks on the disk.
///
/// # Errors
/// When it cannot be made.
pub fn private_folder(folder: &Path) -> io::Result<()> {
    DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn a_folder_is_private_and_so_is_what_it_was_made_in() {
        let folder = tempfile::tempdir().unwrap();
        let inner = folder.path().join("data/outbox");
        private_folder(&inner).unwrap();
        private_folder(&inner).unwrap();
        for made in [inner.parent().unwrap(), &inner] {
            assert_eq!(made.metadata().unwrap().permissions().mode() & 0o777, 0o700);
        }
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
}
