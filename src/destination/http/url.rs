//! Where something is posted: an address of HTTP, as it stands in the site, or kept elsewhere as a secret.
//!
//! Receivers that know their clients by the address alone, as chats do, make a secret of its path or query. Such an
//! address is read each time that something is posted, and nothing shows more of it than its host.

use std::fmt;
use std::path::Path;

use hyper::Uri;
use schemars::JsonSchema;
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};

use crate::secret::{SecretError, SecretPlace};
use crate::tls::{Name, Plaintext, is_this_machine};

/// What an address has to be.
const EXPECTED: &str = "an address as `https://lab.example/hl7`, without name or password";

/// An address, or where it is kept.
#[derive(Debug, Clone, PartialEq, Eq, JsonSchema)]
#[schemars(untagged)]
pub enum UrlPlace {
    /// As written.
    Plain(#[schemars(with = "String")] Url),
    /// Kept elsewhere, since it is a secret.
    Secret(SecretPlace),
}

impl<'de> Deserialize<'de> for UrlPlace {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<UrlPlace, D::Error> {
        let value = serde_yaml::Value::deserialize(deserializer)?;
        if value.is_mapping() {
            let place = serde_yaml::from_value(value).map_err(D::Error::custom)?;
            return Ok(UrlPlace::Secret(place));
        }
        let url = serde_yaml::from_value(value).map_err(D::Error::custom)?;
        Ok(UrlPlace::Plain(url))
    }
}

impl UrlPlace {
    /// A relative path of a secret taken from this folder.
    pub fn resolve(&mut self, folder: &Path) {
        if let UrlPlace::Secret(place) = self {
            *place = place.clone().below(folder);
        }
    }

    /// Whether the address is a secret.
    pub fn is_secret(&self) -> bool {
        matches!(self, UrlPlace::Secret(_))
    }

    /// The address, or why there is none, by its place and without its value. Blocks while a secret is read.
    ///
    /// # Errors
    /// When there is no secret, or what it holds is no address.
    pub fn read(&self) -> Result<Url, String> {
        match self {
            UrlPlace::Plain(url) => Ok(url.clone()),
            UrlPlace::Secret(place) => {
                let secret = place.read().map_err(|error| match error {
                    // The others name the place.
                    SecretError::NoText => format!("url: {place}: {error}"),
                    SecretError::Unset(_)
                    | SecretError::NoCredentials(_)
                    | SecretError::Unreadable { .. }
                    | SecretError::Exposed(_) => format!("url: {error}"),
                })?;
                Url::parse(secret.expose()).ok_or_else(|| format!("url: {place}: expected {EXPECTED}"))
            }
        }
    }

    /// The same for whoever posts: one that is kept elsewhere may have changed since the site was checked. Blocks.
    ///
    /// # Errors
    /// The same, and where what is posted, and a secret address with it, could be read on the way.
    pub fn read_to_post(&self, plaintext: Option<Plaintext>) -> Result<Url, String> {
        let url = self.read()?;
        match self {
            UrlPlace::Secret(place) if plaintext.is_none() && !url.is_protected() => Err(format!(
                "url: {place}: what goes there could be read on the way: expected an address of `https`"
            )),
            UrlPlace::Plain(_) | UrlPlace::Secret(_) => Ok(url),
        }
    }
}

/// `http://` or `https://`, a host, perhaps a port, a path.
#[derive(Clone, PartialEq, Eq)]
pub struct Url {
    uri: Uri,
    /// `https`.
    is_secure: bool,
}

/// The host alone: a path may hold what nobody else should see.
impl fmt::Debug for Url {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Url({})", self.address())
    }
}

impl<'de> Deserialize<'de> for Url {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Url, D::Error> {
        let text = String::deserialize(deserializer)?;
        Url::parse(&text).ok_or_else(|| D::Error::custom(format_args!("expected {EXPECTED}")))
    }
}

impl Url {
    fn parse(text: &str) -> Option<Url> {
        let uri: Uri = text.parse().ok()?;
        let authority = uri.authority()?;
        let host = authority.host();
        let has_login = authority.as_str().contains('@');
        if host.is_empty() || has_login || authority.port_u16() == Some(0) || text.contains('#') {
            return None;
        }
        let is_secure = match uri.scheme_str()? {
            "https" => true,
            "http" => false,
            _ => return None,
        };
        if is_secure && Name::parse(host).is_none() {
            return None;
        }
        Some(Url { uri, is_secure })
    }

    /// Whether it is spoken to within TLS.
    pub fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The host alone.
    pub fn host(&self) -> &str {
        self.uri.host().unwrap_or_default()
    }

    /// Host and port.
    pub fn address(&self) -> String {
        let standard = if self.is_secure { 443 } else { 80 };
        let host = self.host();
        format!("{host}:{}", self.uri.port_u16().unwrap_or(standard))
    }

    /// Whether what goes there cannot be read on the way.
    pub fn is_protected(&self) -> bool {
        self.is_secure || is_this_machine(self.host())
    }

    /// Whom it leads to: whether within TLS, and the host and port.
    pub(super) fn server(&self) -> (bool, String) {
        (self.is_secure, self.address())
    }

    /// As it was written.
    pub(super) fn authority(&self) -> &str {
        self.uri.authority().map_or("", |authority| authority.as_str())
    }

    /// The path and what follows it.
    pub fn path(&self) -> &str {
        self.uri.path_and_query().map_or("/", |path| path.as_str())
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    /// A file that holds this, and its name as a site writes it.
    fn kept(text: &str) -> (tempfile::TempDir, UrlPlace) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("hook-url");
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        let mut place: UrlPlace = serde_yaml::from_str("{ file: hook-url }").unwrap();
        place.resolve(folder.path());
        (folder, place)
    }

    #[test]
    fn an_address_is_read_anew_and_never_shown() {
        let (folder, place) = kept("https://chat.example/hooks/SECRET?token=SECRET\n");
        let url = place.read().unwrap();
        assert_eq!(
            (url.host(), url.path()),
            ("chat.example", "/hooks/SECRET?token=SECRET")
        );
        let shown = format!("{place:?} {url:?} {}", place.is_secret());
        assert!(!shown.contains("SECRET"), "{shown}");
        fs::write(folder.path().join("hook-url"), "https://other.example/").unwrap();
        assert_eq!(place.read().unwrap().host(), "other.example");
    }

    #[test]
    fn what_is_no_address_is_told_by_its_place_and_without_its_value() {
        for text in [
            "chat.example/SECRET",
            "ftp://chat.example/SECRET",
            "https://me:SECRET@chat.example/",
            "https://chat.example/#SECRET",
            "https://chat.example/SECRET SECRET",
            "https://chat.example/SECRET\nhttps://chat.example/SECRET",
        ] {
            let (_folder, place) = kept(text);
            let told = place.read().unwrap_err();
            assert!(
                told.contains("hook-url: expected an address as") && !told.contains("SECRET"),
                "{text}: {told}"
            );
        }
        let told = |yaml: &str| {
            let place: UrlPlace = serde_yaml::from_str(yaml).unwrap();
            place.read().unwrap_err()
        };
        assert_eq!(
            told("{ env: WEIR_TEST_UNSET }"),
            "url: the environment variable WEIR_TEST_UNSET is not set to a text"
        );
        assert!(told("{ file: /nowhere/hook }").starts_with("url: /nowhere/hook: "));
        for wrong in ["{ fil: x }", "{}", "7", "hunter2", "[a]"] {
            assert!(serde_yaml::from_str::<UrlPlace>(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn nothing_is_posted_where_it_could_be_read_on_the_way() {
        let check = |text: &str, plaintext: Option<Plaintext>, is_right: bool| {
            let (_folder, place) = kept(text);
            let read = place.read_to_post(plaintext);
            assert_eq!(read.is_ok(), is_right, "{text}");
            assert!(!format!("{read:?}").contains("SECRET"));
        };
        check("https://chat.example/SECRET", None, true);
        check("http://chat.example/SECRET", None, false);
        check("http://chat.example/SECRET", Some(Plaintext::Accepted), true);
        check("http://127.0.0.1:1/SECRET", None, true);
    }
}
