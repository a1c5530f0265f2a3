//! A disk whose power can be cut: an ext4 on a loop device, shut down without writing anything back.
//!
//! Killing a process does not show a missing sync, because the system still holds what the process wrote. The
//! `EXT4_IOC_SHUTDOWN` ioctl does: from that instant nothing reaches the disk any more, neither data nor the
//! journal. Unmounted and mounted again, the file system is what it was at the last syncs. It does not tear
//! sectors and has no drive cache that forgets; those need other means.
//!
//! This needs root, loop devices, `mkfs.ext4`, and `python3` for the ioctl (our own code forbids `unsafe`).

use std::{
    fs::{self, File},
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
};

/// Waits for a line, so that the cut itself takes no longer than one system call.
const CUT: &str = "
import fcntl, os, struct, sys
mount = os.open(sys.argv[1], os.O_RDONLY)
print('ready', flush=True)
sys.stdin.readline()
EXT4_IOC_SHUTDOWN, EXT4_GOING_FLAGS_NOLOGFLUSH = 0x8004587d, 2
fcntl.ioctl(mount, EXT4_IOC_SHUTDOWN, struct.pack('I', EXT4_GOING_FLAGS_NOLOGFLUSH))
print('cut', flush=True)
";

/// A mounted file system of its own. Unmounted when dropped.
pub(crate) struct Disk {
    folder: tempfile::TempDir,
    mounted: bool,
}

impl Disk {
    /// Makes a disk, or says why this machine cannot.
    pub(crate) fn new(megabytes: u64) -> Result<Disk, String> {
        let folder = tempfile::tempdir().map_err(|error| error.to_string())?;
        let mut disk = Disk {
            folder,
            mounted: false,
        };
        let image = File::create(disk.image()).map_err(|error| error.to_string())?;
        image
            .set_len(megabytes * 1024 * 1024)
            .map_err(|error| error.to_string())?;
        fs::create_dir(disk.path()).map_err(|error| error.to_string())?;
        run(Command::new("python3").arg("-c").arg(""))?;
        run(Command::new("mkfs.ext4").arg("-q").arg(disk.image()))?;
        disk.mount()?;
        Ok(disk)
    }

    /// Where it is mounted.
    pub(crate) fn path(&self) -> PathBuf {
        self.folder.path().join("mount")
    }

    /// Makes everything ready for a cut.
    pub(crate) fn arm(&self) -> Cut {
        let mut python = Command::new("python3")
            .args(["-c", CUT])
            .arg(self.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python3 was there when the disk was made");
        let trigger = python.stdin.take();
        let mut said = BufReader::new(python.stdout.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        assert_eq!(line, "ready\n");
        Cut {
            python,
            trigger,
            said,
        }
    }

    /// Power again: unmounts what is left and mounts it, which replays the journal. Nothing may use it.
    pub(crate) fn restore(&mut self) {
        self.unmount().unwrap();
        self.mount().unwrap();
    }

    fn image(&self) -> PathBuf {
        self.folder.path().join("image")
    }

    fn mount(&mut self) -> Result<(), String> {
        run(Command::new("mount")
            .args(["-o", "loop"])
            .arg(self.image())
            .arg(self.path()))?;
        self.mounted = true;
        Ok(())
    }

    fn unmount(&mut self) -> Result<(), String> {
        run(Command::new("umount").arg(self.path()))?;
        self.mounted = false;
        Ok(())
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        if self.mounted && self.unmount().is_err() {
            // Better a mount left behind than a folder removed through it.
            let _still_mounted = Command::new("umount").arg("-l").arg(self.path()).status();
        }
    }
}

/// A cut that waits for its moment.
pub(crate) struct Cut {
    python: Child,
    trigger: Option<ChildStdin>,
    said: BufReader<std::process::ChildStdout>,
}

impl Cut {
    /// Cuts the power. What is acknowledged before this call must survive.
    pub(crate) fn now(mut self) {
        self.trigger.take().unwrap().write_all(b"\n").unwrap();
        let mut line = String::new();
        self.said.read_line(&mut line).unwrap();
        assert_eq!(line, "cut\n", "the ioctl failed");
        assert!(self.python.wait().unwrap().success());
    }
}

fn run(command: &mut Command) -> Result<(), String> {
    let name = Path::new(command.get_program()).display().to_string();
    match command.output() {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!(
            "{name}: {}",
            String::from_utf8_lossy(&output.stderr).trim()
        )),
        Err(error) => Err(format!("{name}: {error}")),
    }
}

#[test]
fn a_cut_disk_forgets_what_was_not_synced() {
    let Some(mut disk) = disk_or_word(64) else { return };
    let (synced, written) = (disk.path().join("synced"), disk.path().join("written"));
    let mut file = File::create(&synced).unwrap();
    file.write_all(b"there").unwrap();
    file.sync_all().unwrap();
    File::open(disk.path()).unwrap().sync_all().unwrap();
    fs::write(&written, "gone").unwrap();
    disk.arm().now();
    assert!(
        file.write_all(b"more").and_then(|()| file.sync_all()).is_err(),
        "nothing is written any more"
    );
    drop(file);
    disk.restore();
    assert_eq!(fs::read(&synced).unwrap(), b"there");
    assert!(!written.exists());
}

/// A disk; or `None` with a word on why there is none, past the capture of test output.
pub(crate) fn disk_or_word(megabytes: u64) -> Option<Disk> {
    match Disk::new(megabytes) {
        Ok(disk) => Some(disk),
        Err(reason) => {
            let word =
                format!("NOT TRIED: power cuts need root, loop devices, mkfs.ext4 and python3: {reason}\n");
            std::io::stderr().write_all(word.as_bytes()).unwrap();
            None
        }
    }
}
