//! Opens the archive when the engine starts. It may be lost, and no delivery is: without it the engine runs all the same.

use tracing::error;

use crate::archive::Archive;
use crate::config::Site;

/// The archive of a site; `None` where none is kept, or it cannot be opened, which is told.
pub(super) async fn open(site: &Site) -> Option<Archive> {
    let folder = site.archive.as_ref()?.folder.clone();
    let opened = tokio::task::spawn_blocking(move || Archive::open(&folder))
        .await
        .ok()?;
    opened
        .inspect_err(
            |error| error!(%error, "weir runs without its archive: what becomes of messages is not recorded"),
        )
        .ok()
}
