//! The control socket: the API for whoever may act as weir's own user on this machine.
//!
//! A Unix socket `control.sock` in the data folder, which only its owner may open: the permission of the file is the
//! login, and who opens it may do everything. It is bound after the outbox has the folder's lock, so what lies there under its name is left from a
//! process that is gone.

use std::fs::{self, Permissions};
use std::future::pending;
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use axum::middleware::from_fn;
use futures_util::FutureExt as _;
use tokio::net::{UnixListener, UnixSocket, UnixStream};

use super::guard::{self, Door};
use super::serve::{self, Peer, Visitor};
use super::{Sources, api};

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 16;

/// Where the socket of an engine with this data folder is.
pub fn path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// The control socket, bound and not yet serving.
pub struct Control {
    socket: UnixListener,
    file: SocketFile,
    sources: Sources,
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
    /// Binds the socket in the data folder of an engine that runs.
    ///
    /// # Errors
    /// When it cannot be made, for example because the path is longer than a socket's may be.
    pub fn bind(data: &Path, sources: Sources) -> io::Result<Control> {
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
            sources,
        })
    }

    /// Serves until `stop` resolves, and takes the socket away.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) {
        let Control {
            socket,
            file,
            sources,
        } = self;
        let router = api::router(&Door::Control, &sources).layer(from_fn(guard::house_rules));
        let visitor = |stream: &UnixStream, _| Visitor {
            peer: Peer::Local(stream.peer_cred().ok().map(|peer| peer.uid())),
            until: pending().boxed(),
        };
        serve::serve(socket, visitor, router, stop).await;
        drop(file);
    }
}
