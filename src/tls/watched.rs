//! The files of a section of TLS as somebody sees them who uses none of them.
//!
//! It reads them by the same rules as whoever uses them, and so comes to the same: which certificate is shown, until when
//! it is valid, and what is there that cannot be used. Blocks.

use jiff::Timestamp;

use super::Owner;
use super::parts::Parts;
use super::settings::{ClientSettings, ServerSettings};

/// What is written of TLS at one place of a site.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Section {
    /// For who is connected to.
    Server(ServerSettings),
    /// For who connects.
    Client(ClientSettings),
}

/// A section, and whose it is.
pub struct Watched {
    owner: Owner,
    section: Section,
    parts: Parts,
}

/// How the files of a section stand.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// The moment from which the certificate that weir shows is valid.
    pub begins: Option<Timestamp>,
    /// The last moment at which it is, with those between it and its authority.
    pub ends: Option<Timestamp>,
    /// What is there that cannot be used; what was there before stays in use.
    pub refused: Option<String>,
    /// When the first of the revocation lists should be replaced.
    pub list_due: Option<Timestamp>,
}

impl Watched {
    /// The files of this section; none where it names none. Reads nothing yet.
    pub fn new(owner: Owner, section: Section) -> Option<Watched> {
        let parts = match &section {
            Section::Server(settings) => Parts::of_server(settings),
            Section::Client(settings) => Parts::of_client(settings),
        };
        (!parts.is_empty()).then_some(Watched {
            owner,
            section,
            parts,
        })
    }

    /// Whose they are.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// Whether these are the files of this section of this owner, whatever was read of them.
    pub fn is_of(&self, owner: &Owner, section: &Section) -> bool {
        self.owner == *owner && self.section == *section
    }

    /// Looks at them.
    pub fn look(&mut self) -> Standing {
        // What is wrong is said by whoever uses them.
        drop(self.parts.look());
        let identity = self.parts.identity();
        Standing {
            begins: identity.map(|identity| identity.not_before),
            ends: identity.map(|identity| identity.ends),
            refused: self.parts.told().map(ToString::to_string),
            list_due: self.parts.list_due(),
        }
    }
}

impl Standing {
    /// What is to be told of two sections of one owner: whatever comes first.
    #[must_use]
    pub fn and(self, other: Standing) -> Standing {
        let first = |one: Option<Timestamp>, other| one.into_iter().chain(other).min();
        Standing {
            begins: self.begins.max(other.begins),
            ends: first(self.ends, other.ends),
            refused: self.refused.or(other.refused),
            list_due: first(self.list_due, other.list_due),
        }
    }
}
