//! Asking a weir that runs: finds its control socket, sends one request, reads the answer.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use serde::Serialize;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::config;
use crate::console::control;

use super::CannotRun;

/// The longest answer read: the status of a site of the greatest size is far shorter.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// How long an answer may take: a reload reads the whole site, however slow its disk.
const ANSWER_MAX: Duration = Duration::from_secs(120);

/// Which weir is meant.
#[derive(Args)]
pub(super) struct Which {
    /// The folder of YAML files that it runs.
    #[arg(default_value = "routes")]
    pub(super) site: PathBuf,
    /// Its data folder, where the site's files do not tell.
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
}

/// What it said.
pub(super) struct Answer {
    pub(super) code: StatusCode,
    pub(super) body: Bytes,
}

impl Which {
    pub(super) fn new(site: PathBuf, data: Option<PathBuf>) -> Which {
        Which { site, data }
    }

    /// Copies an answer of any length as it comes; how many bytes it has. `progress` is told after each piece.
    pub(super) async fn copy(
        &self,
        path: &str,
        to: &mut dyn Write,
        progress: &dyn Fn(u64),
    ) -> Result<u64, CannotRun> {
        let socket = control::path(&self.data_folder()?);
        let stream = UnixStream::connect(&socket)
            .await
            .map_err(|error| CannotRun::at(socket.display(), not_there(&error)))?;
        let broken = |error: &dyn std::fmt::Display| CannotRun::at(socket.display(), error);
        let mut response = send(stream, Method::GET, path, Bytes::new())
            .await
            .map_err(|error| broken(&error))?;
        if response.status() != StatusCode::OK {
            return Err(broken(&response.status()));
        }
        let mut bytes = 0;
        while let Some(frame) = response.frame().await {
            let Ok(piece) = frame.map_err(|error| broken(&error))?.into_data() else {
                continue;
            };
            to.write_all(&piece)?;
            bytes += piece.len() as u64;
            progress(bytes);
        }
        to.flush()?;
        Ok(bytes)
    }

    /// Sends a request without a body and reads the answer.
    pub(super) async fn ask(&self, method: Method, path: &str) -> Result<Answer, CannotRun> {
        self.ask_with(method, path, &()).await
    }

    /// Sends a request with this as its body of JSON, without one for `()`, and reads the answer.
    pub(super) async fn ask_with(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> Result<Answer, CannotRun> {
        let body = serde_json::to_vec(body).map_err(|error| CannotRun::at(path, error))?;
        let body = if body == b"null" {
            Bytes::new()
        } else {
            body.into()
        };
        let socket = control::path(&self.data_folder()?);
        let stream = UnixStream::connect(&socket)
            .await
            .map_err(|error| CannotRun::at(socket.display(), not_there(&error)))?;
        let answer = timeout(ANSWER_MAX, exchange(stream, method, path, body)).await;
        let seconds = ANSWER_MAX.as_secs();
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {seconds} s").into()));
        answer.map_err(|error| CannotRun::at(socket.display(), error))
    }

    /// Whether a weir answers at the control socket.
    pub(super) fn is_running(&self) -> Result<bool, CannotRun> {
        let socket = control::path(&self.data_folder()?);
        match std::os::unix::net::UnixStream::connect(&socket) {
            Ok(_) => Ok(true),
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(CannotRun::at(socket.display(), not_there(&error))),
        }
    }

    /// Where the data of that weir is, and its archive, if it keeps one.
    pub(super) fn data_and_archive(&self) -> Result<(PathBuf, Option<PathBuf>), CannotRun> {
        let folders = config::folders(&self.site, self.data.clone());
        let (data, archive) = folders.map_err(|problems| CannotRun::Because(problems.render(false)))?;
        Ok((data, archive.map(|archive| archive.folder)))
    }

    fn data_folder(&self) -> Result<PathBuf, CannotRun> {
        if let Some(data) = &self.data {
            return Ok(data.clone());
        }
        config::data_folder(&self.site).map_err(|problems| {
            let shown = problems.render(false);
            let site = self.site.display();
            CannotRun::Because(format!(
                "{shown}{site}: without `engine.data` it is not known which weir is meant; name its data folder by --data"
            ))
        })
    }
}

/// What it means that the socket cannot be opened.
fn not_there(error: &io::Error) -> String {
    if matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
    ) {
        "no weir is running with this data folder".to_owned()
    } else if error.kind() == io::ErrorKind::PermissionDenied {
        format!("{error}: only the user weir runs as may ask it")
    } else {
        error.to_string()
    }
}

type Broken = Box<dyn std::error::Error + Send + Sync>;

/// Sends a request, with a body of JSON unless that is empty; its answer as it begins.
async fn send(
    stream: UnixStream,
    method: Method,
    path: &str,
    body: Bytes,
) -> Result<Response<Incoming>, Broken> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the answer.
    tokio::spawn(connection);
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "weir")
        .header(header::CONTENT_TYPE, "application/json")
        .body(Full::new(body))?;
    Ok(sender.send_request(request).await?)
}

async fn exchange(stream: UnixStream, method: Method, path: &str, body: Bytes) -> Result<Answer, Broken> {
    let response = send(stream, method, path, body).await?;
    let code = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await?;
    Ok(Answer {
        code,
        body: body.to_bytes(),
    })
}

/// What an answer says, in the words of its own kind.
pub(super) fn read<T: serde::de::DeserializeOwned>(answer: &Answer) -> Result<T, CannotRun> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        CannotRun::at(
            "control socket",
            format!("{error}: is another version of weir running?"),
        )
    })
}
