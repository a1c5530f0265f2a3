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
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::config;
use crate::console::{api, control};

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
        let mut response = send(stream, Method::GET, path, None)
            .await
            .map_err(|error| broken(&error))?;
        if response.status() != StatusCode::OK {
            let answer = whole(response).await.map_err(|error| broken(&error))?;
            return Err(CannotRun::Because(failure(&answer)?));
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
        self.send(method, path, None).await
    }

    /// Sends a request with a body of JSON, if there is one, and reads the answer.
    pub(super) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, CannotRun> {
        let socket = control::path(&self.data_folder()?);
        let stream = UnixStream::connect(&socket)
            .await
            .map_err(|error| CannotRun::at(socket.display(), not_there(&error)))?;
        let answer = timeout(ANSWER_MAX, exchange(stream, method, path, body)).await;
        let seconds = ANSWER_MAX.as_secs();
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {seconds} s").into()));
        answer.map_err(|error| CannotRun::at(socket.display(), error))
    }

    /// Where it keeps what must survive a restart.
    pub(super) fn data_folder(&self) -> Result<PathBuf, CannotRun> {
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

/// Sends a request; its answer as it begins.
async fn send(
    stream: UnixStream,
    method: Method,
    path: &str,
    body: Option<&serde_json::Value>,
) -> Result<Response<Incoming>, Broken> {
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
    // Ends with the answer.
    tokio::spawn(connection);
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header(header::HOST, "weir");
    if body.is_some() {
        request = request.header(header::CONTENT_TYPE, "application/json");
    }
    let body = body.map(ToString::to_string).unwrap_or_default();
    Ok(sender
        .send_request(request.body(Full::new(Bytes::from(body)))?)
        .await?)
}

async fn exchange(
    stream: UnixStream,
    method: Method,
    path: &str,
    body: Option<&serde_json::Value>,
) -> Result<Answer, Broken> {
    whole(send(stream, method, path, body).await?).await
}

async fn whole(response: Response<Incoming>) -> Result<Answer, Broken> {
    let code = response.status();
    let body = Limited::new(response.into_body(), ANSWER_BYTES_MAX)
        .collect()
        .await?;
    Ok(Answer {
        code,
        body: body.to_bytes(),
    })
}

/// Why a request was not answered as asked, in the words of the API.
pub(super) fn failure(answer: &Answer) -> Result<String, CannotRun> {
    read::<api::Failure>(answer).map(|failure| failure.error)
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
