//! The files of one section of TLS, in parts that stand for themselves: a certificate with its key, each file of
//! authorities, each file of revoked certificates.
//!
//! Each part keeps what was last good in it, so that one that is broken keeps no other from counting: a certificate that
//! is not renewed must not keep out the list that revokes somebody else's. Blocks.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use jiff::Timestamp;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::CertificateRevocationListDer;

use super::file::{self, FileError, Identity, Lists};
use super::settings::{ClientSettings, Clients, ServerSettings};
use crate::clock;
use crate::secret::SecretPlace;

/// Files that are used together or not at all.
pub(super) trait Load: Send + 'static {
    /// What is made of them.
    type Made: Send + Sync;

    /// The files.
    fn files(&self) -> Vec<&Path>;

    /// Reads them. What is in use is given, since it may be better than what is new. Blocks.
    fn load(&self, in_use: Option<&Self::Made>) -> Result<Self::Made, Fault>;
}

/// Why files cannot be used.
pub(super) struct Fault {
    error: FileError,
    /// When that is over by itself.
    until: Option<Timestamp>,
}

impl From<FileError> for Fault {
    fn from(error: FileError) -> Fault {
        Fault { error, until: None }
    }
}

/// Times, sizes and places of files.
type Look = Vec<Option<[i64; 6]>>;

/// What a look at a part has found.
enum Looked {
    /// Nothing that was not known.
    Same,
    /// Something that is used from now on.
    New,
    /// Something that cannot be used. That is told once, and when it has rested for a look: somebody may be in the
    /// middle of writing several files.
    Wrong(FileError),
}

/// Files, and what was last made of them.
pub(super) struct Part<L: Load> {
    source: L,
    made: Option<Arc<L::Made>>,
    /// What the files looked like when they were read last.
    seen: Look,
    fault: Option<Fault>,
    is_told: bool,
}

impl<L: Load> Part<L> {
    /// Reads nothing yet.
    fn new(source: L) -> Part<L> {
        Part {
            source,
            made: None,
            seen: Look::new(),
            fault: None,
            is_told: false,
        }
    }

    fn look(&mut self) -> Looked {
        let seen = look(&self.source.files());
        let until = self.fault.as_ref().and_then(|fault| fault.until);
        let is_over = until.is_some_and(|until| clock::now() >= until);
        if self.made.is_some() && self.seen == seen && !is_over {
            return match &self.fault {
                Some(fault) if !self.is_told => {
                    self.is_told = true;
                    Looked::Wrong(fault.error.clone())
                }
                Some(_) | None => Looked::Same,
            };
        }
        self.seen = seen;
        match self.source.load(self.made.as_deref()) {
            Ok(made) => {
                (self.made, self.fault) = (Some(Arc::new(made)), None);
                Looked::New
            }
            Err(fault) => {
                (self.fault, self.is_told) = (Some(fault), false);
                Looked::Same
            }
        }
    }

    /// What was last good.
    fn made(&self) -> Result<&Arc<L::Made>, FileError> {
        self.made.as_ref().ok_or_else(|| match &self.fault {
            Some(fault) => fault.error.clone(),
            None => FileError {
                key: &[],
                message: "not read yet".to_owned(),
            },
        })
    }

    fn fault(&self) -> Option<&FileError> {
        self.fault.as_ref().map(|fault| &fault.error)
    }

    /// The same, where it was told.
    fn told(&self) -> Option<&FileError> {
        self.fault().filter(|_| self.is_told)
    }
}

/// All of a section.
pub(super) struct Parts {
    identity: Option<Part<IdentityFiles>>,
    /// None where nobody is named.
    trusted: Option<Vec<Part<SingleFile<RootCertStore>>>>,
    revoked: Vec<Part<SingleFile<Lists>>>,
    /// The setting of those who are trusted.
    trusted_key: &'static [&'static str],
}

/// What a look at all of them has found.
#[derive(Default)]
pub(super) struct Found {
    /// Whether anything counts from now on that did not before.
    pub(super) is_new: bool,
    /// What cannot be used, told for the first time.
    pub(super) wrong: Vec<FileError>,
}

/// What all of them are now.
pub(super) struct Made {
    /// Who weir is, where it shows that.
    pub(super) identity: Option<Arc<Identity>>,
    /// Who is trusted, where somebody is named.
    pub(super) roots: Option<RootCertStore>,
    /// Who is not, of those.
    pub(super) lists: Vec<CertificateRevocationListDer<'static>>,
}

impl Parts {
    pub(super) fn of_server(settings: &ServerSettings) -> Parts {
        let identity = IdentityFiles {
            certificate: Some(settings.certificate.clone()),
            key: Some(settings.key.clone()),
        };
        let (trusted, revoked) = match &settings.clients {
            Some(Clients { trusted, revoked, .. }) => (Some(trusted), revoked.0.as_slice()),
            None => (None, [].as_slice()),
        };
        Parts {
            identity: Some(Part::new(identity)),
            trusted: trusted
                .map(|files| SingleFile::parts(file::CLIENTS_TRUSTED, &files.0, file::authorities)),
            revoked: SingleFile::parts(file::CLIENTS_REVOKED, revoked, file::revocations),
            trusted_key: file::CLIENTS_TRUSTED,
        }
    }

    pub(super) fn of_client(settings: &ClientSettings) -> Parts {
        let is_shown = settings.certificate.is_some() || settings.key.is_some();
        let identity = is_shown.then(|| IdentityFiles {
            certificate: settings.certificate.clone(),
            key: settings.key.clone(),
        });
        let trusted = settings.trusted.as_ref();
        Parts {
            identity: identity.map(Part::new),
            trusted: trusted.map(|files| SingleFile::parts(file::TRUSTED, &files.0, file::authorities)),
            revoked: SingleFile::parts(file::REVOKED, &settings.revoked.0, file::revocations),
            trusted_key: file::TRUSTED,
        }
    }

    /// Whether there is nothing to look at.
    pub(super) fn is_empty(&self) -> bool {
        self.identity.is_none() && self.trusted.is_none() && self.revoked.is_empty()
    }

    /// Reads what looks different than before.
    pub(super) fn look(&mut self) -> Found {
        let identity = self.identity.iter_mut().map(Part::look);
        let trusted = self.trusted.iter_mut().flatten().map(Part::look);
        let revoked = self.revoked.iter_mut().map(Part::look);
        let mut found = Found::default();
        for looked in identity.chain(trusted).chain(revoked) {
            match looked {
                Looked::Same => {}
                Looked::New => found.is_new = true,
                Looked::Wrong(error) => found.wrong.push(error),
            }
        }
        found
    }

    /// What was last good of each.
    ///
    /// # Errors
    /// When one of them never was.
    pub(super) fn made(&self) -> Result<Made, FileError> {
        let mut lists = Vec::new();
        for part in &self.revoked {
            lists.extend(part.made()?.lists.iter().cloned());
        }
        let identity = self.identity.as_ref().map(|part| part.made().cloned());
        Ok(Made {
            identity: identity.transpose()?,
            roots: self.roots()?,
            lists,
        })
    }

    fn roots(&self) -> Result<Option<RootCertStore>, FileError> {
        let Some(trusted) = &self.trusted else {
            return Ok(None);
        };
        let mut roots = RootCertStore::empty();
        for part in trusted {
            roots.extend(part.made()?.roots.iter().cloned());
        }
        if roots.is_empty() {
            return Err(FileError {
                key: self.trusted_key,
                message: "nobody is trusted, so nobody could connect: name a file of certificates".to_owned(),
            });
        }
        Ok(Some(roots))
    }

    /// Who weir is, as far as that could be read.
    pub(super) fn identity(&self) -> Option<&Identity> {
        self.identity.as_ref()?.made.as_deref()
    }

    /// What is wrong with them now.
    pub(super) fn faults(&self) -> impl Iterator<Item = &FileError> {
        let identity = self.identity.iter().filter_map(Part::fault);
        let trusted = self.trusted.iter().flatten().filter_map(Part::fault);
        identity
            .chain(trusted)
            .chain(self.revoked.iter().filter_map(Part::fault))
    }

    /// The first of them that was told.
    pub(super) fn told(&self) -> Option<&FileError> {
        let identity = self.identity.iter().filter_map(Part::told);
        let trusted = self.trusted.iter().flatten().filter_map(Part::told);
        let revoked = self.revoked.iter().filter_map(Part::told);
        identity.chain(trusted).chain(revoked).next()
    }

    /// When the first of the lists in use should be replaced.
    pub(super) fn list_due(&self) -> Option<Timestamp> {
        let lists = self.revoked.iter().filter_map(|part| part.made.as_ref());
        lists.filter_map(|lists| lists.due).min()
    }
}

/// A certificate of our own, and its key.
struct IdentityFiles {
    certificate: Option<PathBuf>,
    key: Option<SecretPlace>,
}

impl Load for IdentityFiles {
    type Made = Identity;

    fn files(&self) -> Vec<&Path> {
        let mut files: Vec<&Path> = self.certificate.as_deref().into_iter().collect();
        if let Some(SecretPlace::File(key)) = &self.key {
            files.push(key);
        }
        files
    }

    fn load(&self, in_use: Option<&Identity>) -> Result<Identity, Fault> {
        let wrong = |key, message: &str| {
            Fault::from(FileError {
                key,
                message: message.to_owned(),
            })
        };
        let (certificate, key) = match (&self.certificate, &self.key) {
            (Some(certificate), Some(key)) => (certificate, key),
            (_, None) => return Err(wrong(file::CERTIFICATE, "a certificate needs its `key`")),
            (None, _) => return Err(wrong(file::KEY, "a key needs its `certificate`")),
        };
        let new = file::identity(certificate, key)?;
        let now = clock::now();
        match new.in_time(now) {
            // Whoever connects judges the dates, and may have another clock: so they keep nothing from running. But what
            // is valid does not give way to what is not.
            Err(error) if in_use.is_some_and(|in_use| in_use.in_time(now).is_ok()) => Err(Fault {
                error,
                until: Some(new.not_before).filter(|begin| *begin > now),
            }),
            Ok(()) | Err(_) => Ok(new),
        }
    }
}

/// A file that counts by itself.
struct SingleFile<M> {
    key: &'static [&'static str],
    path: PathBuf,
    read: Read<M>,
}

/// Reads what the setting of this key names.
type Read<M> = fn(key: &'static [&'static str], path: &Path) -> Result<M, FileError>;

impl<M: Send + Sync + 'static> SingleFile<M> {
    fn parts(key: &'static [&'static str], paths: &[PathBuf], read: Read<M>) -> Vec<Part<SingleFile<M>>> {
        let part = |path: &PathBuf| {
            let path = path.clone();
            Part::new(SingleFile { key, path, read })
        };
        paths.iter().map(part).collect()
    }
}

impl<M: Send + Sync + 'static> Load for SingleFile<M> {
    type Made = M;

    fn files(&self) -> Vec<&Path> {
        vec![&self.path]
    }

    fn load(&self, _in_use: Option<&M>) -> Result<M, Fault> {
        Ok((self.read)(self.key, &self.path)?)
    }
}

fn look(files: &[&Path]) -> Look {
    let file = |path: &&Path| {
        let file = fs::metadata(path).ok()?;
        let (size, place) = (file.len().cast_signed(), file.ino().cast_signed());
        Some([
            file.mtime(),
            file.mtime_nsec(),
            file.ctime(),
            file.ctime_nsec(),
            size,
            place,
        ])
    };
    files.iter().map(file).collect()
}
