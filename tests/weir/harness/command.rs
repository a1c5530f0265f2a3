//! Commands as a person types them: in a folder with the example site and the fixtures, all that they say kept.

use std::fmt::Write as _;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::JoinHandle;

use tempfile::TempDir;

use super::PATIENCE;

/// The program, with nothing of the caller's environment that changes what it says.
pub fn program(folder: &Path) -> Command {
    program_under(&[], folder)
}

/// The same, started by another program and its arguments.
pub fn program_under(under: &[&str], folder: &Path) -> Command {
    let weir = env!("CARGO_BIN_EXE_weir");
    let mut command = match under {
        [] => Command::new(weir),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(weir);
            command
        }
    };
    command.current_dir(folder);
    for variable in ["WEIR_LOG", "WEIR_LOG_FORMAT", "COLUMNS"] {
        command.env_remove(variable);
    }
    command
}

/// A folder with copies of `routes` and `fixtures`.
pub fn workplace() -> TempDir {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::tempdir().unwrap();
    for name in ["routes", "fixtures"] {
        copy(&root.join(name), &folder.path().join(name));
    }
    folder
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &target);
        } else {
            std::fs::copy(&path, &target).unwrap();
        }
    }
}

/// All that a command said, for a snapshot: what is not shown was not said. Control characters are made visible.
pub fn transcript((status, out, err): (i32, String, String)) -> String {
    let visible = |char: char| match char {
        '\n' => "\n".to_owned(),
        char if char.is_control() => format!("<{:02X}>", u32::from(char)),
        char => char.to_string(),
    };
    let mut shown: String = out.chars().map(visible).collect();
    for line in err.lines() {
        writeln!(shown, "{}", format!("! {line}").trim_end()).unwrap();
    }
    writeln!(shown, "= {status}").unwrap();
    shown
}

/// A command that goes on by itself.
pub struct Running {
    child: Child,
    lines: Receiver<String>,
    errors: Option<JoinHandle<String>>,
}

impl Running {
    pub fn start(folder: &Path, arguments: &[&str]) -> Running {
        Running::start_reading(folder, arguments, Stdio::null())
    }

    /// The same, which reads what is typed.
    pub fn start_typed(folder: &Path, arguments: &[&str]) -> Running {
        Running::start_reading(folder, arguments, Stdio::piped())
    }

    fn start_reading(folder: &Path, arguments: &[&str], input: Stdio) -> Running {
        let mut child = program(folder)
            .args(arguments)
            .stdin(input)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (out, mut err) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(out).lines() {
                // The test may have ended before the command.
                drop(sender.send(line.unwrap()));
            }
        });
        let errors = std::thread::spawn(move || {
            let mut text = String::new();
            err.read_to_string(&mut text).unwrap();
            text
        });
        Running {
            child,
            lines,
            errors: Some(errors),
        }
    }

    /// The next line of its output, when it comes; none at the end.
    pub fn line(&self) -> Option<String> {
        match self.lines.recv_timeout(PATIENCE) {
            Ok(line) => Some(line),
            Err(RecvTimeoutError::Disconnected) => None,
            Err(RecvTimeoutError::Timeout) => panic!("nothing was printed for {PATIENCE:?}"),
        }
    }

    /// Reads on until a line begins so, and returns it; none when the output ends before.
    pub fn line_beginning(&self, beginning: &str) -> Option<String> {
        std::iter::from_fn(|| self.line()).find(|line| line.starts_with(beginning))
    }

    /// Types a line.
    pub fn type_line(&mut self, line: &str) {
        let input = self.child.stdin.as_mut().expect("it was started to be typed to");
        writeln!(input, "{line}").unwrap();
    }

    /// A signal, as `kill` names it.
    pub fn signal(&self, name: &str) {
        let mut kill = Command::new("kill");
        kill.args(["-s", name, &self.child.id().to_string()]);
        assert!(kill.status().unwrap().success());
    }

    /// Its end: exit status, the rest of its output, all its errors.
    pub fn end(mut self) -> (i32, String, String) {
        let out = std::iter::from_fn(|| self.line())
            .map(|line| line + "\n")
            .collect();
        let status = self.child.wait().unwrap();
        let errors = self.errors.take().expect("taken once").join().unwrap();
        (status.code().expect("ended by itself"), out, errors)
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Only when a test failed before its end; otherwise the process is gone already.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Runs `weir` with an output that nobody reads, and then gives it its input.
pub fn unread(folder: &Path, arguments: &[&str], input: &[u8]) -> (i32, String) {
    let mut child = program(folder)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8(output.stderr).unwrap();
    (output.status.code().expect("ended by itself"), errors)
}

/// A file of the repository.
pub fn repository_file(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}
