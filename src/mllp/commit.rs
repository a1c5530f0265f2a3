//! MLLP release 2: the setting, and the blocks by which a receiver says whether it has stored the one before.

use bytes::Bytes;
use schemars::JsonSchema;
use serde::Deserialize;

use super::Frame;

/// Which release of MLLP a connection speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(try_from = "u8")]
#[schemars(with = "u8", extend("minimum" = 1, "maximum" = 2))]
pub enum Release {
    /// One answer to each message. What everybody speaks.
    #[default]
    One,
    /// Every block is committed before the next one is sent.
    Two,
}

impl TryFrom<u8> for Release {
    type Error = &'static str;

    fn try_from(number: u8) -> Result<Release, &'static str> {
        match number {
            1 => Ok(Release::One),
            2 => Ok(Release::Two),
            _ => Err("expected release `1` or `2` of MLLP"),
        }
    }
}

/// What a commit block says of the block before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Commit {
    /// It is in safe storage.
    Stored,
    /// It is not: it may be sent again.
    NotStored,
}

impl Commit {
    /// Whether a block is stored, as a commit.
    pub fn of(is_stored: bool) -> Commit {
        if is_stored {
            Commit::Stored
        } else {
            Commit::NotStored
        }
    }

    /// What a frame commits; `None` for one with content.
    pub fn read(frame: &Frame) -> Option<Commit> {
        match frame {
            Frame::Whole(content) => Commit::of_content(content),
            Frame::TooLarge { .. } => None,
        }
    }

    /// What this content of a frame commits.
    pub fn of_content(content: &[u8]) -> Option<Commit> {
        [Commit::Stored, Commit::NotStored]
            .into_iter()
            .find(|commit| commit.block() == content)
    }

    /// The content of its frame: 0x06 or 0x15.
    pub fn block(self) -> Bytes {
        Bytes::from_static(match self {
            Commit::Stored => &[0x06],
            Commit::NotStored => &[0x15],
        })
    }
}
