//! Asking a weir that runs: finds its control socket, sends one request, reads the answer.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper::body::Incoming;
use hyper::{Method, Request, Response, StatusCode, header};
use hyper_util::rt::TokioIo;
use tokio::net::UnixStream;
use tokio::time::timeout;

use crate::config;
use crate::console::{api, control};
use crate::problem::Problems;

use super::CannotRun;
use super::site::{NamedSite, SiteArgument};

/// The longest answer read at once: the status of a site of the greatest size is far shorter. Messages are copied.
const ANSWER_BYTES_MAX: usize = 16 << 20;
/// How long an answer may take: a reload reads the whole site, however slow its disk.
#[cfg(not(test))]
const ANSWER_MAX: Duration = Duration::from_secs(120);
#[cfg(test)]
const ANSWER_MAX: Duration = Duration::from_millis(100);

/// Which weir is meant.
#[derive(Args)]
pub(super) struct Which {
    #[command(flatten)]
    site: SiteArgument,
    #[command(flatten)]
    data: Data,
}

/// Which weir is meant, where the site cannot be an argument of its own.
#[derive(Args)]
pub(super) struct WhichByName {
    #[command(flatten)]
    site: NamedSite,
    #[command(flatten)]
    data: Data,
}

/// Where a weir keeps its control socket.
#[derive(Args)]
struct Data {
    /// Its data folder, where the site's files do not tell.
    #[arg(id = "data", long = "data", value_name = "FOLDER", global = true)]
    folder: Option<PathBuf>,
}

/// A weir that may run: the site that names it, and its data folder if that was named.
#[derive(Clone, Copy)]
pub(super) struct Weir<'a> {
    site: &'a Path,
    data: Option<&'a Path>,
}

impl Which {
    pub(super) fn weir(&self) -> Weir<'_> {
        Weir {
            site: self.site.folder(),
            data: self.data.folder.as_deref(),
        }
    }
}

impl WhichByName {
    pub(super) fn weir(&self) -> Weir<'_> {
        Weir {
            site: self.site.folder(),
            data: self.data.folder.as_deref(),
        }
    }
}

/// What became of an answer that was to be copied.
pub(super) enum Copied {
    /// So many bytes of it.
    Whole(u64),
    /// It was another one than that which was asked for.
    Refused(Answer),
}

/// What it said.
pub(super) struct Answer {
    pub(super) code: StatusCode,
    pub(super) body: Bytes,
}

impl Weir<'_> {
    /// Copies an answer of any length as it comes; how many bytes it has. `progress` is told after each piece.
    pub(super) async fn copy(
        self,
        path: &str,
        to: &mut dyn Write,
        progress: &dyn Fn(u64),
    ) -> Result<Copied, CannotRun> {
        let (socket, stream) = self.connect().await?;
        let broken = |error: &dyn std::fmt::Display| CannotRun::at(socket.display(), error);
        let mut response = send(stream, Method::GET, path, None)
            .await
            .map_err(|error| broken(&error))?;
        if response.status() != StatusCode::OK {
            let answer = whole(response).await.map_err(|error| broken(&error))?;
            return Ok(Copied::Refused(answer));
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
        Ok(Copied::Whole(bytes))
    }

    /// The same where no other answer than that which was asked for is of use.
    pub(super) async fn copy_whole(
        self,
        path: &str,
        to: &mut dyn Write,
        progress: &dyn Fn(u64),
    ) -> Result<u64, CannotRun> {
        match self.copy(path, to, progress).await? {
            Copied::Whole(bytes) => Ok(bytes),
            Copied::Refused(answer) => Err(CannotRun::Because(failure(&answer)?)),
        }
    }

    /// Sends a request without a body and reads the answer.
    pub(super) async fn ask(self, method: Method, path: &str) -> Result<Answer, CannotRun> {
        self.send(method, path, None).await
    }

    /// Sends a request with a body of JSON, if there is one, and reads the answer.
    pub(super) async fn send(
        self,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, CannotRun> {
        let (socket, stream) = self.connect().await?;
        let answer = timeout(ANSWER_MAX, exchange(stream, method, path, body)).await;
        let seconds = ANSWER_MAX.as_secs();
        let answer = answer.unwrap_or_else(|_| Err(format!("no answer within {seconds} s").into()));
        answer.map_err(|error| CannotRun::at(socket.display(), error))
    }

    /// The same, however long it takes: work that goes on in weir when nobody waits for it must not be told as failed.
    pub(super) async fn send_and_wait(
        self,
        method: Method,
        path: &str,
        body: Option<&serde_json::Value>,
    ) -> Result<Answer, CannotRun> {
        let (socket, stream) = self.connect().await?;
        let answer = exchange(stream, method, path, body).await;
        answer.map_err(|error| CannotRun::at(socket.display(), error))
    }

    async fn connect(self) -> Result<(PathBuf, UnixStream), CannotRun> {
        let socket = control::path(&self.data_folder()?);
        match UnixStream::connect(&socket).await {
            Ok(stream) => Ok((socket, stream)),
            Err(error) => Err(self.not_there(&socket, &error)),
        }
    }

    /// Where it keeps what must survive a restart.
    pub(super) fn data_folder(self) -> Result<PathBuf, CannotRun> {
        let data = match self.data {
            Some(data) => data.to_owned(),
            None => config::data_folder(self.site).map_err(|problems| {
                let shown = problems.render(false);
                let site = self.site.display();
                CannotRun::Because(format!(
                    "{shown}{site}: without `engine.data` it is not known which weir is meant; name its data folder by --data, or another site by --site"
                ))
            })?,
        };
        Ok(plain(&data))
    }

    /// Whether a weir answers at the control socket.
    pub(super) fn is_running(self) -> Result<bool, CannotRun> {
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
            Err(error) => Err(self.not_there(&socket, &error)),
        }
    }

    /// Where the data of that weir is, and its archive, if it keeps one.
    pub(super) fn data_and_archive(self) -> Result<(PathBuf, Option<config::Archive>), CannotRun> {
        let kept = config::kept(self.site, self.data.map(Path::to_owned));
        let because = |problems: Problems| CannotRun::Because(problems.render(false));
        let kept = kept.map_err(because)?;
        Ok((plain(&kept.data), kept.archive.map_err(because)?))
    }

    /// What it means that the socket cannot be opened.
    fn not_there(self, socket: &Path, error: &io::Error) -> CannotRun {
        let is_nobody = matches!(
            error.kind(),
            io::ErrorKind::NotFound | io::ErrorKind::ConnectionRefused
        );
        let why = match (is_nobody, self.data) {
            (true, Some(_)) => "no weir is running with this data folder".to_owned(),
            (true, None) => format!(
                "no weir is running with this data folder, which is that of the site `{}`; name another site by --site, or its data folder by --data",
                self.site.display()
            ),
            (false, _) if error.kind() == io::ErrorKind::PermissionDenied => {
                format!("{error}: only the user weir runs as may ask it")
            }
            (false, _) => error.to_string(),
        };
        CannotRun::at(socket.display(), why)
    }
}

/// The folder without `site/..` and the like, where it, or at least the folder around it, is there.
fn plain(folder: &Path) -> PathBuf {
    if let Ok(plain) = folder.canonicalize() {
        return plain;
    }
    let around = folder.parent().and_then(|around| around.canonicalize().ok());
    match (around, folder.file_name()) {
        (Some(around), Some(name)) => around.join(name),
        _ => folder.to_owned(),
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
        .await;
    let body = body.map_err(|error| {
        if error.is::<LengthLimitError>() {
            format!("the answer is longer than {} MiB", ANSWER_BYTES_MAX >> 20).into()
        } else {
            error
        }
    })?;
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
