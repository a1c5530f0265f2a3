//! A connection that speaks MLLP release 2: every block is committed before the next one.
//!
//! One message at a time: it is taken, committed with 0x06 or, when it could not be stored, with 0x15, and then
//! answered. An answer is a block like any other, so the sender commits it; it is sent again when it is not.
//! What a refusal of the content is stays in the answer: the block itself was taken.

use bytes::Bytes;
use metrics::counter;
use tokio::time::timeout;
use tracing::warn;

use super::connection::{End, Said, Writing};
use super::reading::Reading;
use super::{Reply, Ruling, guard_intake, guard_reply};
use crate::metrics::LISTENER_DEVIATIONS_TOTAL;
use crate::mllp::{Commit, Frame};

/// How often an answer is sent that the sender does not commit.
const SENDINGS_MAX: usize = 3;

/// Takes frames and answers them in turn, until either side ends it.
pub(super) async fn converse(reading: &mut Reading<'_>, writing: &mut Writing<'_>) -> End {
    let mut early = None;
    loop {
        let next = match early.take() {
            Some(frame) => Ok(frame),
            None => reading.next().await,
        };
        match next {
            Ok(frame) if Commit::read(&frame).is_some() => count_deviation(reading, "stray_commit"),
            Ok(frame) => match exchange(frame, reading, writing).await {
                Ok(next) => early = next,
                Err(end) => return end,
            },
            Err(end) => return end,
        }
    }
}

/// Takes one frame, commits and answers it. Returns the next one, where it came in the place of a commit block.
async fn exchange(
    frame: Frame,
    reading: &mut Reading<'_>,
    writing: &mut Writing<'_>,
) -> Result<Option<Frame>, End> {
    let is_too_large = matches!(frame, Frame::TooLarge { .. });
    let intake = reading.service.intake();
    let Some(reply) = guard_intake(&intake, reading.incoming(frame)).await else {
        reading.service.count_failure("intake_panic");
        return Err(End::Ours);
    };
    reading.release();
    let Some(reply) = guard_reply(reply).await else {
        reading.service.count_failure("intake_panic");
        return Err(End::Ours);
    };
    // Closed without an answer: the sender is to notice that nothing was taken.
    if reply.close && reply.frames.is_empty() {
        return Err(End::Ours);
    }
    let is_taken = reply.ruling != Ruling::Unavailable;
    write(writing, Commit::of(is_taken).block()).await?;
    let mut early = None;
    for frame in reply.frames.iter().filter(|_| is_taken) {
        if is_too_large || early.is_some() {
            // Nothing more is read, or the sender commits nothing: the rest is only written.
            write(writing, frame.clone()).await?;
        } else {
            early = answer(frame, reading, writing).await?;
        }
    }
    if reply.close {
        return Err(End::Ours);
    }
    Ok(early)
}

/// Writes an answer until it is committed.
async fn answer(
    frame: &Bytes,
    reading: &mut Reading<'_>,
    writing: &mut Writing<'_>,
) -> Result<Option<Frame>, End> {
    let limit = reading.service.settings().write_timeout;
    for _ in 0..SENDINGS_MAX {
        write(writing, frame.clone()).await?;
        let Ok(next) = timeout(limit, reading.next()).await else {
            continue;
        };
        let next = next?;
        match Commit::read(&next) {
            Some(Commit::Stored) => return Ok(None),
            Some(Commit::NotStored) => {}
            None => {
                count_deviation(reading, "missing_commit");
                return Ok(Some(next));
            }
        }
    }
    reading.service.count_failure("uncommitted_reply");
    warn!(
        listener = reading.service.name(),
        "connection closed: the sender commits no reply"
    );
    Err(End::Ours)
}

async fn write(writing: &mut Writing<'_>, block: Bytes) -> Result<(), End> {
    let said = writing.put(Some(Reply {
        frames: vec![block],
        ..Reply::default()
    }));
    if said == Said::Nothing {
        return Err(End::Ours);
    }
    writing.flush().await.map_err(|_| End::Peer)
}

fn count_deviation(reading: &Reading<'_>, kind: &'static str) {
    let name = reading.service.label();
    counter!(LISTENER_DEVIATIONS_TOTAL, "listener" => name, "kind" => kind).increment(1);
}
