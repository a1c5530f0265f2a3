//! Deletes records of the audit log that are older than the site keeps them: at the start, when that changes, and once
//! an hour.

use std::sync::Arc;
use std::time::Duration;

use jiff::SignedDuration;
use tokio::sync::watch;
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{error, info};

use crate::audit::Log;
use crate::engine::Status;

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(60 * 60);

/// Looks until nobody says any more how long they are kept.
pub(super) async fn keep(log: Log, status: Arc<Status>, mut keep: watch::Receiver<Duration>) {
    loop {
        let age = *keep.borrow_and_update();
        let (log, status) = (log.clone(), Arc::clone(&status));
        let deleted = spawn_blocking(move || {
            let age = SignedDuration::try_from(age).ok()?;
            // Kept for longer than there was time: nothing is that old.
            let before = status.calendar().now().checked_sub(age).ok()?;
            log.delete_before(before).transpose()
        });
        match deleted.await {
            Ok(Some(Ok(deleted))) => info!(
                records = deleted.records,
                through = deleted.through.number,
                "records of the audit log were deleted by age"
            ),
            Ok(Some(Err(failure))) => error!(%failure, "old records of the audit log could not be deleted"),
            Ok(None) | Err(_) => {}
        }
        match timeout(PAUSE, keep.changed()).await {
            Ok(Ok(())) | Err(_) => {}
            Ok(Err(_)) => return,
        }
    }
}
