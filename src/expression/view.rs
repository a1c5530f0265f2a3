//! What an expression is evaluated over, and what it may name: the message, the place at hand, and what is given
//! from outside. An expression asks no clock and draws no random numbers: the time and the seed are given.

use std::fmt;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use jiff::Zoned;

use crate::hl7::{Message, Scope};
use crate::table::Tables;

/// What an expression is evaluated over.
#[derive(Debug, Clone, Copy)]
pub struct View<'a> {
    /// The message as it now is.
    pub message: &'a Message,
    /// What paths mean at the moment.
    pub scope: &'a Scope,
    /// What is given from outside.
    pub context: &'a Context,
}

/// What is given from outside to one run of one route over one message.
///
/// The same message, received at the same time, gives the same values; within a run each `uuid()` gives another.
pub struct Context {
    receipt: Option<Receipt>,
}

struct Receipt {
    at: Zoned,
    run: Arc<str>,
    /// The hash of all that tells this run from others; made when it is first asked for.
    seed: OnceLock<blake3::Hash>,
    /// How many identifiers were given.
    given: AtomicU64,
    /// How many segments and repetitions were looked at.
    looked_at: AtomicUsize,
}

/// How many segments and repetitions all expressions of one run may look at to find places: what a path with `[*]`, or
/// with a choice by value, goes through.
pub const LOOKED_AT_MAX: usize = 12_800_000;

/// What an expression may name besides places in the message.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The tables of the site.
    pub tables: &'a Tables,
    /// Whether it is known when the message was received; without it there is neither `now()` nor `uuid()`.
    pub is_received: bool,
}

impl Context {
    /// When the message was received, and the name of what runs over it: of the route.
    pub fn new(received: Zoned, run: Arc<str>) -> Context {
        let receipt = Receipt {
            at: received,
            run,
            seed: OnceLock::new(),
            given: AtomicU64::new(0),
            looked_at: AtomicUsize::new(0),
        };
        Context {
            receipt: Some(receipt),
        }
    }

    /// When the message was received, where that is given.
    pub fn received(&self) -> Option<&Zoned> {
        self.receipt.as_ref().map(|receipt| &receipt.at)
    }

    /// An identifier that no other call of this run is given, and no other run, route or message.
    ///
    /// A UUID of version 8 (RFC 9562): its bits are a hash of all that tells the call from others.
    pub(super) fn uuid(&self, message: &Message) -> String {
        let Some(receipt) = &self.receipt else {
            return String::new();
        };
        let seed = receipt.seed.get_or_init(|| {
            let mut hasher = blake3::Hasher::new();
            hasher.update(&receipt.at.timestamp().as_nanosecond().to_be_bytes());
            // The length keeps the name apart from what follows it.
            hasher.update(&receipt.run.len().to_be_bytes());
            hasher.update(receipt.run.as_bytes());
            hasher.update(message.received());
            hasher.finalize()
        });
        let number = receipt.given.fetch_add(1, Ordering::Relaxed);
        let hash = blake3::keyed_hash(seed.as_bytes(), &number.to_be_bytes());
        let mut bits = [0; 16];
        for (bit, hashed) in bits.iter_mut().zip(hash.as_bytes()) {
            *bit = *hashed;
        }
        let bits = u128::from_be_bytes(bits);
        let bits = bits & !(0xF << 76) & !(0x3 << 62) | 0x8 << 76 | 0x2 << 62;
        let mut uuid = format!("{bits:032x}");
        for hyphen in [20, 16, 12, 8] {
            uuid.insert(hyphen, '-');
        }
        uuid
    }

    /// How many segments and repetitions the expressions of this run have looked at so far.
    pub fn looked_at(&self) -> usize {
        let looked = |receipt: &Receipt| receipt.looked_at.load(Ordering::Relaxed);
        self.receipt.as_ref().map_or(0, looked)
    }

    /// Adds what was looked at in this run.
    pub fn look(&self, count: usize) {
        if let Some(receipt) = self.receipt.as_ref().filter(|_| count > 0) {
            receipt.looked_at.fetch_add(count, Ordering::Relaxed);
        }
    }

    /// Nothing is given: for expressions read with [`Known::nothing`].
    pub const fn none() -> Context {
        Context { receipt: None }
    }
}

impl<'a> View<'a> {
    /// The whole message, with nothing given from outside.
    pub fn of(message: &'a Message) -> View<'a> {
        static WHOLE: Scope = Scope::whole();
        static NOTHING: Context = Context::none();
        View {
            message,
            scope: &WHOLE,
            context: &NOTHING,
        }
    }
}

impl Known<'static> {
    /// No tables, and nothing about a receipt.
    pub fn nothing() -> Known<'static> {
        static NO_TABLES: Tables = Tables::new();
        Known {
            tables: &NO_TABLES,
            is_received: false,
        }
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let run = self.receipt.as_ref().map(|receipt| &receipt.run);
        write!(formatter, "Context({run:?})")
    }
}
