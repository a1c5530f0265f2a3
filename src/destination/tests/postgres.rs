//! A PostgreSQL server of the test's own, from the machine's packages, in a temporary folder.
//!
//! It refuses to run as root, so under root it is the packages' user `postgres`. Where there is no server or no such
//! user, [`Postgres::start`] says so and gives `None`.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// The password of the user `weir`.
pub(crate) const PASSWORD: &str = "hunter2";

pub(crate) struct Postgres {
    folder: TempDir,
    programs: PathBuf,
    owner: Owner,
    pub(crate) port: u16,
    child: Option<Child>,
    has_tls: bool,
}

impl Postgres {
    /// A new server with the database `postgres` and the user `weir`.
    pub(crate) fn start() -> Option<Postgres> {
        let mut server = Postgres::make()?;
        server.run();
        Some(server)
    }

    /// The same with TLS, by this certificate and key in PEM.
    pub(crate) fn start_with_tls(certificate: &str, key: &str) -> Option<Postgres> {
        let mut server = Postgres::make()?;
        for (name, text) in [("server.crt", certificate), ("server.key", key)] {
            let path = server.folder.path().join("data").join(name);
            fs::write(&path, text).unwrap();
            // The server takes no key that others may read.
            fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
            if let Owner::User(user, group) = server.owner {
                chown(&path, Some(user), Some(group)).unwrap();
            }
        }
        server.has_tls = true;
        server.run();
        Some(server)
    }

    fn make() -> Option<Postgres> {
        let (Some(programs), Some(owner)) = (programs(), Owner::find()) else {
            eprintln!(
                "left out: there is no PostgreSQL server on this machine (Debian: apt-get install postgresql)"
            );
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        fs::write(&password, PASSWORD).unwrap();
        if let Owner::User(user, group) = owner {
            for path in [folder.path(), &password] {
                chown(path, Some(user), Some(group)).unwrap();
            }
        }
        let server = Postgres {
            folder,
            programs,
            owner,
            port: free_port(),
            child: None,
            has_tls: false,
        };
        let data = server.folder.path().join("data");
        let made = server
            .command("initdb")
            .args([
                "--auth=scram-sha-256",
                "--username=weir",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync",
            ])
            .arg(format!("--pwfile={}", password.display()))
            .arg("--pgdata")
            .arg(&data)
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(server)
    }

    /// Starts what is stopped, on the same port.
    pub(crate) fn run(&mut self) {
        let folder = self.folder.path();
        let mut child = self
            .command("postgres")
            .arg("-D")
            .arg(folder.join("data"))
            .args(["-c", if self.has_tls { "ssl=on" } else { "ssl=off" }])
            .args(["-c", "listen_addresses=127.0.0.1", "-c", "fsync=off"])
            .args(["-c", &format!("port={}", self.port)])
            .args(["-c", &format!("unix_socket_directories={}", folder.display())])
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
        let is_ready =
            |line: &std::io::Result<String>| line.as_ref().is_ok_and(|line| line.contains("ready to accept"));
        assert!(lines.any(|line| is_ready(&line)), "the server did not start");
        // Whatever it says later must not block it.
        std::thread::spawn(move || lines.count());
        self.child = Some(child);
    }

    /// Stops at once: open connections break.
    pub(crate) fn stop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let told = Command::new("kill")
                .args(["-QUIT", &child.id().to_string()])
                .status();
            assert!(told.unwrap().success());
            child.wait().unwrap();
        }
    }

    /// What the statements say, a line a row, the columns with `|` between them.
    pub(crate) fn ask(&self, statements: &str) -> String {
        let mut child = self
            .command("psql")
            .env("PGPASSWORD", PASSWORD)
            .args([
                "-h",
                "127.0.0.1",
                "-p",
                &self.port.to_string(),
                "-U",
                "weir",
                "-d",
                "postgres",
                "-qAt",
            ])
            .args(["-v", "ON_ERROR_STOP=1"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        child
            .stdin
            .take()
            .unwrap()
            .write_all(statements.as_bytes())
            .unwrap();
        let answer = child.wait_with_output().unwrap();
        assert!(answer.status.success(), "{statements}");
        String::from_utf8(answer.stdout).unwrap()
    }

    fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.programs.join(program));
        command.current_dir(self.folder.path()).stdout(Stdio::null());
        if let Owner::User(user, group) = self.owner {
            command.uid(user).gid(group);
        }
        command
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Debian keeps the server beside its version.
fn programs() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut folders: Vec<_> = versions.map(|entry| entry.unwrap().path().join("bin")).collect();
    folders.sort();
    folders
        .into_iter()
        .rev()
        .find(|folder| folder.join("initdb").exists())
}

/// Whose process the server is.
#[derive(Clone, Copy)]
enum Owner {
    Ours,
    User(u32, u32),
}

impl Owner {
    /// `None` for root on a machine without the user `postgres`.
    fn find() -> Option<Owner> {
        if fs::metadata("/proc/self").unwrap().uid() != 0 {
            return Some(Owner::Ours);
        }
        let users = fs::read_to_string("/etc/passwd").ok()?;
        let line = users.lines().find(|line| line.starts_with("postgres:"))?;
        let mut ids = line.split(':').skip(2).map(|id| id.parse().unwrap());
        Some(Owner::User(ids.next()?, ids.next()?))
    }
}

/// Free a moment ago; a server takes no socket that somebody else has bound.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
