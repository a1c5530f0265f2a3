//! A connection that speaks MLLP release 2: every block is committed before the next one.
//!
//! One message at a time: it is taken, committed with 0x06 or, when it could not be stored, with 0x15, and then
//! answered. What follows an acknowledgment of the commit is sent when it is known, between other messages. An answer is a block like any other, so the sender commits it; it is sent again when it is not.
//! What a refusal of the content is stays in the answer: the block itself was taken.

use bytes::Bytes;
use futures_util::future::{FutureExt, ready};
use futures_util::stream::StreamExt;
use metrics::counter;
use tokio::time::timeout;
use tracing::warn;

use super::connection::{End, Rests, Said, Writing};
use super::reading::Reading;
use super::{Reply, Ruling, guard_intake, guard_part, guard_reply};
use crate::metrics::LISTENER_DEVIATIONS_TOTAL;
use crate::mllp::{Commit, Frame};

/// How often an answer is sent that the sender does not commit.
const SENDINGS_MAX: usize = 3;

/// Takes frames and answers them in turn, until either side ends it.
pub(super) async fn converse(reading: &mut Reading<'_>, writing: &mut Writing<'_>) -> End {
    let pipeline_max = reading.service.settings().pipeline_max.get();
    let mut early = None;
    let mut rests = Rests::new();
    loop {
        let next = if let Some(frame) = early.take() {
            Ok(frame)
        } else {
            tokio::select! {
                biased;
                Some(rest) = rests.next() => match follow(rest, reading, writing).await {
                    Ok(next) => {
                        early = next;
                        continue;
                    }
                    Err(end) => return end,
                },
                next = reading.next(), if rests.len() < pipeline_max => next,
            }
        };
        match next {
            Ok(frame) if Commit::read(&frame).is_some() => count_deviation(reading, "stray_commit"),
            Ok(frame) => match exchange(frame, reading, writing, &mut rests).await {
                Ok(next) => early = next,
                Err(end) => return end,
            },
            Err(end) => return finish(rests, reading, writing).await.err().unwrap_or(end),
        }
    }
}

/// Takes one frame, commits and answers it. Returns the next one, where it came in the place of a commit block.
async fn exchange(
    frame: Frame,
    reading: &mut Reading<'_>,
    writing: &mut Writing<'_>,
    rests: &mut Rests,
) -> Result<Option<Frame>, End> {
    let is_too_large = matches!(frame, Frame::TooLarge { .. });
    let intake = reading.service.intake();
    let Some(reply) = guard_intake(&intake, reading.incoming(frame)).await else {
        reading.service.count_failure("intake_panic");
        return Err(End::Ours);
    };
    reading.release();
    let mut reply = taken(guard_part(reply).await, reading)?;
    let is_taken = reply.ruling != Ruling::Unavailable;
    write(writing, Commit::of(is_taken).block()).await?;
    if reply.frames.is_empty() {
        reply = taken(guard_reply(ready(reply)).await, reading)?;
    }
    if let Some(rest) = reply.rest.take() {
        rests.push_back(guard_reply(rest).boxed());
    }
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

/// A reply that can be given.
fn taken(reply: Option<Reply>, reading: &Reading<'_>) -> Result<Reply, End> {
    let Some(reply) = reply else {
        reading.service.count_failure("intake_panic");
        return Err(End::Ours);
    };
    // Closed without an answer: the sender is to notice that nothing was taken.
    if reply.close && reply.frames.is_empty() {
        return Err(End::Ours);
    }
    Ok(reply)
}

/// Sends what follows a reply. Returns the next frame, where it came in the place of a commit block.
async fn follow(
    rest: Option<Reply>,
    reading: &mut Reading<'_>,
    writing: &mut Writing<'_>,
) -> Result<Option<Frame>, End> {
    let mut early = None;
    for frame in taken(rest, reading)?.frames {
        if early.is_some() {
            write(writing, frame).await?;
        } else {
            early = answer(&frame, reading, writing).await?;
        }
    }
    Ok(early)
}

/// Writes what is still to follow when nothing more is read: the sender commits nothing any more.
async fn finish(mut rests: Rests, reading: &Reading<'_>, writing: &mut Writing<'_>) -> Result<(), End> {
    while let Some(rest) = rests.next().await {
        for frame in taken(rest, reading)?.frames {
            write(writing, frame).await?;
        }
    }
    Ok(())
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
    let kind = "uncommitted_reply";
    reading.service.count_failure(kind);
    if let Some(leave) = reading.service.leave(kind) {
        let (listener, left_out) = (reading.service.name(), leave.left_out);
        warn!(
            listener,
            left_out, "connection closed: the sender commits no reply"
        );
    }
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
