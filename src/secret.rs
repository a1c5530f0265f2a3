//! Secrets: passwords and tokens, which a site names and never holds.
//!
//! A site says where a secret is kept, an environment variable or a file; it is read when it is needed, so that a new
//! one counts without a restart. What was read is overwritten when it is dropped, and no `Debug` shows it.

use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Component, Path, PathBuf};

use schemars::JsonSchema;
use serde::Deserialize;
use thiserror::Error;
use zeroize::Zeroizing;

/// The longest secret; tokens with many claims have a few thousand bytes.
const SECRET_BYTES_MAX: usize = 64 * 1024;

/// Where a secret is kept: `{ env: NAME }`, `{ file: PATH }` or `{ credential: NAME }`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(try_from = "Written")]
#[schemars(with = "Written")]
pub enum SecretPlace {
    /// An environment variable of weir's process.
    Env(String),
    /// A file that only weir's user can read; a line end after the secret is not part of it.
    File(PathBuf),
    /// A credential that systemd hands to the service, as `LoadCredential=` names it.
    Credential(String),
}

/// Where systemd puts the credentials of a service.
const CREDENTIALS: &str = "CREDENTIALS_DIRECTORY";

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Written {
    /// An environment variable of weir's process.
    #[serde(default)]
    env: Option<String>,
    /// A file that only weir's user can read.
    #[serde(default)]
    file: Option<PathBuf>,
    /// A credential that systemd hands to the service, by its name in `LoadCredential=`.
    #[serde(default)]
    credential: Option<String>,
}

impl TryFrom<Written> for SecretPlace {
    type Error = &'static str;

    fn try_from(written: Written) -> Result<SecretPlace, &'static str> {
        match (written.env, written.file, written.credential) {
            (Some(name), None, None) => Ok(SecretPlace::Env(name)),
            (None, Some(path), None) => Ok(SecretPlace::File(path)),
            // It names a file of one folder, and nothing outside.
            (None, None, Some(name)) if !name.contains('/') && !name.starts_with('.') => {
                Ok(SecretPlace::Credential(name))
            }
            _ => Err(
                "expected where the secret is kept: `{ env: NAME }`, `{ file: PATH }` or `{ credential: NAME }`",
            ),
        }
    }
}

/// Why there is no secret.
#[derive(Debug, Error)]
pub enum SecretError {
    /// The environment variable is not set, or is no UTF-8.
    #[error("the environment variable {0} is not set to a text")]
    Unset(String),
    /// There is no folder of credentials: this process is not the service.
    #[error(
        "the credential {0}: systemd hands it to the service alone; a command outside of it is told by \
         {CREDENTIALS} in which folder a file of this name is, and of the key for encryption at rest by `--key FILE`"
    )]
    NoCredentials(String),
    /// The file cannot be read.
    #[error("{}: {cause}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the operating system said.
        cause: io::Error,
    },
    /// Somebody else can read the file.
    #[error("{}: others than its owner may read it: make it private, as `chmod 600` does", .0.display())]
    Exposed(PathBuf),
    /// There is nothing in it, or too much, or no text.
    #[error("expected a secret of 1 to {SECRET_BYTES_MAX} bytes of text")]
    NoText,
}

/// The place alone, for people.
impl fmt::Display for SecretPlace {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            SecretPlace::Env(name) => write!(formatter, "the environment variable {name}"),
            SecretPlace::File(path) => write!(formatter, "the file {}", path.display()),
            SecretPlace::Credential(name) => write!(formatter, "the credential {name}"),
        }
    }
}

impl SecretPlace {
    /// The same place, a relative path taken from this folder.
    #[must_use]
    pub fn below(self, folder: &Path) -> SecretPlace {
        match self {
            SecretPlace::File(path) => SecretPlace::File(folder.join(path)),
            elsewhere @ (SecretPlace::Env(_) | SecretPlace::Credential(_)) => elsewhere,
        }
    }

    /// Reads the secret. Blocks while a file is read.
    pub fn read(&self) -> Result<Secret, SecretError> {
        let text = match self {
            SecretPlace::Env(name) => {
                let text = std::env::var(name).map_err(|_| SecretError::Unset(name.clone()))?;
                Zeroizing::new(text)
            }
            SecretPlace::File(path) => read_file(path)?,
            SecretPlace::Credential(name) => {
                let folder = std::env::var_os(CREDENTIALS);
                let folder = folder.ok_or_else(|| SecretError::NoCredentials(name.clone()))?;
                read_file(&PathBuf::from(folder).join(name))?
            }
        };
        let secret = text.trim_end_matches(['\r', '\n']);
        if secret.is_empty() || secret.len() > SECRET_BYTES_MAX {
            return Err(SecretError::NoText);
        }
        Ok(Secret(Zeroizing::new(secret.to_owned())))
    }
}

fn read_file(path: &Path) -> Result<Zeroizing<String>, SecretError> {
    let unreadable = |cause| SecretError::Unreadable {
        path: path.to_owned(),
        cause,
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    // What systemd hands over lies in a folder of the service's own, and grants its user by an ACL, which looks exposed.
    let credentials = std::env::var_os(CREDENTIALS).map(PathBuf::from);
    if is_exposed(&metadata) && !is_within(path, credentials.as_deref()) {
        return Err(SecretError::Exposed(path.to_owned()));
    }
    // Its final size at once: a text that grows would leave copies behind.
    let mut bytes = Zeroizing::new(Vec::with_capacity(SECRET_BYTES_MAX + 1));
    file.take(SECRET_BYTES_MAX as u64 + 1)
        .read_to_end(&mut bytes)
        .map_err(unreadable)?;
    let text = std::str::from_utf8(&bytes).map_err(|_| SecretError::NoText)?;
    Ok(Zeroizing::new(text.to_owned()))
}

/// Whether a file lies below a folder, by its name alone.
fn is_within(path: &Path, folder: Option<&Path>) -> bool {
    let climbs = path.components().any(|part| part == Component::ParentDir);
    !climbs && folder.is_some_and(|folder| path.starts_with(folder))
}

#[cfg(unix)]
fn is_exposed(metadata: &fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
}

/// Elsewhere the rights of files are another affair.
#[cfg(not(unix))]
fn is_exposed(_metadata: &fs::Metadata) -> bool {
    false
}

/// A secret that was read.
#[derive(Clone)]
pub struct Secret(Zeroizing<String>);

impl Secret {
    /// The secret itself, for whom it is meant.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// That there is one, and nothing of it.
impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(content: &[u8], mode: u32) -> (tempfile::TempDir, SecretPlace) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        fs::write(&path, content).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(mode)).unwrap();
        let place = SecretPlace::File(PathBuf::from("token")).below(folder.path());
        (folder, place)
    }

    #[test]
    fn a_secret_is_read_from_a_private_file_and_never_shown() {
        let (_folder, place) = file(b"hunter2\n", 0o600);
        let secret = place.read().unwrap();
        assert_eq!(secret.expose(), "hunter2");
        assert_eq!(format!("{secret:?}"), "Secret");
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_can_read_is_refused() {
        for mode in [0o640, 0o604, 0o644] {
            let (_folder, place) = file(b"hunter2", mode);
            assert!(matches!(place.read(), Err(SecretError::Exposed(_))), "{mode:o}");
        }
    }

    #[test]
    fn what_systemd_hands_over_is_not_exposed() {
        let check = |path: &str, folder: Option<&str>, expected| {
            assert_eq!(
                is_within(Path::new(path), folder.map(Path::new)),
                expected,
                "{path}"
            );
        };
        let folder = Some("/run/credentials/weir.service");
        check("/run/credentials/weir.service/token", folder, true);
        check("/run/credentials/weir.service/../other/token", folder, false);
        check("/run/credentials/weir.services/token", folder, false);
        check("/etc/weir/token", folder, false);
        check("/run/credentials/weir.service/token", None, false);
    }

    #[test]
    fn what_is_no_secret_is_told_without_content() {
        let long = "x".repeat(SECRET_BYTES_MAX + 1);
        for content in [b"".as_slice(), b"\r\n", b"\xFF\xFE", long.as_bytes()] {
            let (_folder, place) = file(content, 0o600);
            let told = place.read().unwrap_err().to_string();
            assert_eq!(told, "expected a secret of 1 to 65536 bytes of text");
        }
        let missing = SecretPlace::File(PathBuf::from("/nowhere/token"))
            .read()
            .unwrap_err();
        assert!(missing.to_string().starts_with("/nowhere/token: "), "{missing}");
        let unset = SecretPlace::Env("WEIR_TEST_UNSET".to_owned()).read().unwrap_err();
        assert_eq!(
            unset.to_string(),
            "the environment variable WEIR_TEST_UNSET is not set to a text"
        );
        // The tests are no service of systemd's.
        let none = SecretPlace::Credential("weir.key".to_owned()).read().unwrap_err();
        let told = none.to_string();
        assert!(told.contains("the credential weir.key: systemd"), "{told}");
        assert!(
            told.contains("CREDENTIALS_DIRECTORY") && told.contains("--key FILE"),
            "{told}"
        );
    }

    #[test]
    fn a_place_is_written_with_one_key() {
        let read = |text: &str| serde_yaml::from_str::<SecretPlace>(text);
        assert_eq!(
            read("{ env: TOKEN }").unwrap(),
            SecretPlace::Env("TOKEN".to_owned())
        );
        assert_eq!(
            read("{ file: a/b }").unwrap(),
            SecretPlace::File(PathBuf::from("a/b"))
        );
        assert_eq!(
            read("{ credential: weir.key }").unwrap(),
            SecretPlace::Credential("weir.key".to_owned())
        );
        for wrong in [
            "{ credential: ../a }",
            "{ credential: a/b }",
            "hunter2",
            "{ env: A, file: b }",
            "{}",
            "{ envv: A }",
        ] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
