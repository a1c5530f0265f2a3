//! TLS on both sides: who weir is, whom it trusts, the handshake, and certificates that change while it runs.
//!
//! TLS 1.3 and 1.2 by rustls, with its suites: authenticated encryption and ephemeral keys, nothing else is compiled in.
//! Nothing here turns a check off: a certificate has to be valid now, of a trusted authority, for this purpose and, of
//! a receiver, for its name. No session is resumed, so that each connection is judged by what is trusted when it begins.
//! Files come from the settings of listeners, destinations and the pages; no message passes through.

mod certificate;
mod check;
mod client;
mod file;
mod fresh;
mod outcome;
mod parts;
mod server;
mod settings;
mod stream;
#[cfg(test)]
pub(crate) mod tests;
mod watched;

use std::sync::Arc;

pub use certificate::Certificate;
pub use check::EXPIRES_SOON;
pub use client::{Client, Since};
pub use outcome::{NotReached, is_distrust, is_refusal};
pub use server::{Accepted, Server, Trust, Witness, keep_fresh};
pub use settings::{
    ClientSettings, Clients, Files, Name, Plaintext, ServerSettings, Version, is_this_machine,
};
pub use stream::{Stream, linger};
pub use watched::{Section, Standing, Watched};

/// Who speaks TLS here, for logs and metrics: a listener, a destination, a contact, a repository or the pages.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Owner {
    /// `listener`, `destination`, `contact`, `repository`, `traces`, `table` or `console`.
    pub kind: &'static str,
    /// Its name in the site.
    pub name: Arc<str>,
}

impl Owner {
    /// A listener of this name.
    pub fn listener(name: &Arc<str>) -> Owner {
        Owner {
            kind: "listener",
            name: Arc::clone(name),
        }
    }

    /// A destination of this name.
    pub fn destination(name: &Arc<str>) -> Owner {
        Owner {
            kind: "destination",
            name: Arc::clone(name),
        }
    }

    /// A contact of this name, who is told of alerts.
    pub fn contact(name: &Arc<str>) -> Owner {
        Owner {
            kind: "contact",
            name: Arc::clone(name),
        }
    }

    /// An audit record repository of this name.
    pub fn repository(name: &Arc<str>) -> Owner {
        Owner {
            kind: "repository",
            name: Arc::clone(name),
        }
    }

    /// The collector of traces, of which there is one.
    pub fn traces() -> Owner {
        Owner {
            kind: "traces",
            name: Arc::from("collector"),
        }
    }

    /// A table that is read from this database.
    pub fn table(database: &str) -> Owner {
        Owner {
            kind: "table",
            name: Arc::from(database),
        }
    }

    /// The pages.
    pub fn console() -> Owner {
        Owner {
            kind: "console",
            name: Arc::from("console"),
        }
    }
}

/// What is spoken within TLS, where the two sides agree on that by name (ALPN).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Within {
    /// HTTP/1.1.
    Http,
    /// Something without a name: MLLP, a database.
    Other,
}

impl Within {
    fn names(self) -> Vec<Vec<u8>> {
        match self {
            Within::Http => vec![b"http/1.1".to_vec()],
            Within::Other => Vec::new(),
        }
    }
}
