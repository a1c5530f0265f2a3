//! weir: an HL7 v2 interface engine.
//!
//! The journey of a message, which is also the reading order of the modules:
//!
//! ```text
//! bytes ──mllp──▶ frame ──hl7──▶ message ──route──▶ steps ──▶ outcome ──outbox──▶ durable ──▶ acknowledgment
//!                                                               │
//!                                   destination ◀── deliverer ◀─┘
//! ```
//!
//! `ARCHITECTURE.md` tells which module may import which, and what none of them ever does.

pub mod clock;
pub mod durable;
pub mod metrics;
pub mod problem;
pub mod secret;
pub mod typed;
pub mod units;

pub mod hl7;
pub mod mllp;

pub mod shown;

pub mod expression;
pub mod table;

pub mod calendar;
pub mod seal;
pub mod seldom;

pub mod outbox;

pub mod access;
pub mod audit;
pub mod tls;

pub mod destination;
pub mod listener;

pub mod step;
pub mod validation;

pub mod archive;

pub mod route;

pub mod case;

pub mod config;

pub mod engine;

pub mod alert;
pub mod atna;
pub mod console;

pub mod cli;
