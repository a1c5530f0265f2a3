//! The control socket: the API for whoever may act as weir's own user on this machine.
//!
//! A Unix socket `control.sock` in the data folder, which only its owner may open: the permission of the file is the
//! login. It is bound after the outbox has the folder's lock, so what lies there under its name is left from a
//! process that is gone.

use std::fs::{self, Permissions};
use std::io;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::net::{UnixListener, UnixSocket};

use super::api;
use crate::engine::Status;

/// How many connections may wait to be accepted.
const BACKLOG: u32 = 16;

/// Where the socket of an engine with this data folder is.
pub fn path(data: &Path) -> PathBuf {
    data.join("control.sock")
}

/// The control socket, bound and not yet serving.
pub struct Control {
    socket: UnixListener,
    path: PathBuf,
    sources: api::Sources,
}

impl Control {
    /// Binds the socket in the data folder of an engine that runs.
    ///
    /// # Errors
    /// When it cannot be made, for example because the path is longer than a socket's may be.
    pub fn bind(data: &Path, status: Arc<Status>) -> io::Result<Control> {
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
            path,
            sources: api::Sources { status },
        })
    }

    /// Serves until `stop` resolves, and takes the socket away.
    ///
    /// # Errors
    /// When the socket fails.
    pub async fn serve(self, stop: impl Future<Output = ()> + Send + 'static) -> io::Result<()> {
        let served = axum::serve(self.socket, api::router(self.sources))
            .with_graceful_shutdown(stop)
            .await;
        fs::remove_file(&self.path)?;
        served
    }
}
