//! Whether a site that was replaced is still in use: by frames that were read before and are not answered yet.

use tokio::sync::watch;

/// Held by everything that works for one site.
#[derive(Clone)]
pub(super) struct InUse {
    _held: watch::Sender<()>,
}

/// Tells when nothing works for that site any more.
#[derive(Clone)]
pub(super) struct Released(watch::Receiver<()>);

/// A site that begins to be used.
pub(super) fn begin() -> (InUse, Released) {
    let (held, released) = watch::channel(());
    (InUse { _held: held }, Released(released))
}

impl Released {
    pub(super) async fn wait(mut self) {
        // Nothing is ever sent: the only change is the end.
        while self.0.changed().await.is_ok() {}
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn it_is_released_with_the_last_that_held_it() {
        let (one, released) = begin();
        let other = one.clone();
        drop(one);
        assert!(released.clone().wait().now_or_never().is_none());
        drop(other);
        assert!(released.clone().wait().now_or_never().is_some());
        assert!(
            released.wait().now_or_never().is_some(),
            "everyone who waits is told"
        );
    }
}
