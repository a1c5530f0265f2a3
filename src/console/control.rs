//! The control socket: the API for whoever may act as weir's own user on this machine.
//!
//! A Unix socket `control.sock` in the data folder, which only its owner may open: the permission of the file is the
//! login. It is bound after the outbox has the folder's lock, so what lies there under its name is left from a
//! process that is gone.

use std::fmt;
use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::extract::connect_info::Connected;
use axum::serve::IncomingStream;
use tokio::net::{UnixListener, UnixSocket};
use tokio::sync::Semaphore;

use super::api;
use super::observer::Seen;
use crate::engine::{Reloader, Status};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 16;

/// Where the socket of an engine with this data folder is.
pub fn path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// Who is at the other end of a connection, as the system vouches for it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Peer {
    user: Option<u32>,
}

impl Connected<IncomingStream<'_, UnixListener>> for Peer {
    fn connect_info(stream: IncomingStream<'_, UnixListener>) -> Peer {
        let user = stream.io().peer_cred().ok().map(|peer| peer.uid());
        Peer { user }
    }
}

/// For the log.
impl fmt::Display for Peer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.user {
            Some(user) => write!(formatter, "user {user} on the control socket"),
            None => formatter.write_str("somebody on the control socket"),
        }
    }
}

/// The control socket, bound and not yet serving.
pub struct Control {
    socket: UnixListener,
    file: SocketFile,
    sources: api::Sources,
}

/// The name of the socket, which goes with it however it ends.
struct SocketFile(PathBuf);

impl Drop for SocketFile {
    fn drop(&mut self) {
        // One that is left is replaced by the next engine.
        drop(fs::remove_file(&self.0));
    }
}

impl Control {
    /// Binds the socket in the data folder of an engine that runs the site of that other folder.
    ///
    /// # Errors
    /// When it cannot be made, for example because the path is longer than a socket's may be.
    pub fn bind(
        data: &Path,
        status: Arc<Status>,
        reloader: Reloader,
        seen: Seen,
        site: &Path,
    ) -> io::Result<Control> {
        let path = path(data);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            Ok(()) | Err(_) => {}
        }
        let socket = UnixSocket::new_stream()?;
        socket.bind(&path)?;
        // Nobody can connect before it listens, so nobody gets in before this.
        fs::set_permissions(&path, Permissions::from_mode(0o600))?;
        Ok(Control {
            socket: socket.listen(BACKLOG)?,
            file: SocketFile(path),
            sources: api::Sources {
                status,
                reloader,
                seen,
                site: site.into(),
                cases: Arc::new(Semaphore::new(1)),
            },
        })
    }

    /// Serves until `stop` resolves, and takes the socket away.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let Control {
            socket,
            file,
            sources,
        } = self;
        let router = api::router(sources).into_make_service_with_connect_info::<Peer>();
        let served = axum::serve(socket, router).with_graceful_shutdown(stop).await;
        drop(file);
        served
    }
}
