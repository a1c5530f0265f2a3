//! Whoever answers `weir archive`: a weir that runs, or the archive itself.
//!
//! What is looked at or changed here is written to the audit log first, as a weir that runs does.

use std::io::Write;
use std::path::PathBuf;

use bytes::Bytes;
use hyper::{Method, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::archive::Archive;
use crate::config;
use crate::console::api::archive::Trouble;
use crate::secret::SecretPlace;

use super::super::control::{self, Answer, Weir};
use super::super::recorded::Recorded;
use super::super::{CannotRun, runtime};

/// As which command it is in the audit log.
pub(super) const COMMAND: &str = "weir archive";

/// Whoever answers: a weir that runs, or the archive itself.
pub(super) enum Source<'a> {
    Running(Weir<'a>),
    Here(Archive, Recorded),
}

impl<'a> Source<'a> {
    pub(super) fn of(weir: Weir<'a>, key: Option<SecretPlace>) -> Result<Source<'a>, CannotRun> {
        if weir.is_running()? {
            return Ok(Source::Running(weir));
        }
        let (data, kept) = kept(weir)?;
        let opened = Archive::open_existing(&kept.folder, key.or(kept.key).as_ref())
            .map_err(|error| CannotRun::Because(error.to_string()))?;
        let missing = || CannotRun::at(kept.folder.display(), "there is no archive yet");
        let archive = opened.ok_or_else(missing)?;
        Ok(Source::Here(archive, Recorded::new(&data, COMMAND)))
    }

    /// The answer of a weir that runs, or of the archive.
    pub(super) fn ask<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        here: impl FnOnce(&Archive) -> Result<T, Trouble>,
    ) -> Result<T, CannotRun> {
        self.answer((path, body), here, async |weir, body| {
            weir.send(method, path, body).await
        })
    }

    /// The answer to an order about any number of messages, however long it takes.
    pub(super) fn order<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
        here: impl FnOnce(&Archive) -> Result<T, Trouble>,
    ) -> Result<T, CannotRun> {
        self.answer((path, body), here, async |weir, body| {
            weir.send_and_wait(method, path, body).await
        })
    }

    fn answer<T: DeserializeOwned>(
        &self,
        (path, body): (&str, &impl Serialize),
        here: impl FnOnce(&Archive) -> Result<T, Trouble>,
        send: impl AsyncFnOnce(Weir<'_>, Option<&Value>) -> Result<Answer, CannotRun>,
    ) -> Result<T, CannotRun> {
        match self {
            Source::Here(archive, _) => {
                here(archive).map_err(|trouble| CannotRun::Because(trouble.to_string()))
            }
            Source::Running(weir) => {
                let body = serde_json::to_value(body).map_err(|error| CannotRun::at(path, error))?;
                let body = Some(&body).filter(|body| !body.is_null());
                said(&runtime()?.block_on(send(*weir, body))?)
            }
        }
    }

    /// Writes down what is going to be looked at or changed here; a weir that runs does so itself.
    pub(super) fn record(&self, what: &str, object: String, detail: Option<String>) -> Result<(), CannotRun> {
        let Source::Here(_, recorded) = self else {
            return Ok(());
        };
        recorded.allowed(what, object, detail).map(drop)
    }

    /// Copies bytes of a message, of any length.
    pub(super) fn copy(
        &self,
        path: &str,
        out: &mut dyn Write,
        here: impl FnOnce(&Archive) -> Result<Bytes, Trouble>,
    ) -> Result<(), CannotRun> {
        match self {
            Source::Here(archive, _) => {
                let bytes = here(archive).map_err(|trouble| CannotRun::Because(trouble.to_string()))?;
                Ok(out.write_all(&bytes)?)
            }
            Source::Running(weir) => {
                runtime()?.block_on(weir.copy_whole(path, out, &|_| {}))?;
                Ok(())
            }
        }
    }
}

/// What an answer says, or why it is none.
fn said<T: DeserializeOwned>(answer: &Answer) -> Result<T, CannotRun> {
    match answer.code {
        StatusCode::OK => control::read(answer),
        _ => Err(CannotRun::Because(control::failure(answer)?)),
    }
}

/// Where the data of a weir are, and its archive.
pub(super) fn kept(weir: Weir<'_>) -> Result<(PathBuf, config::Archive), CannotRun> {
    let (data, archive) = weir.data_and_archive()?;
    let off = || CannotRun::Because("the site says `archive: off`".to_owned());
    Ok((data, archive.ok_or_else(off)?))
}
