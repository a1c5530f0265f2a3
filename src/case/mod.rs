//! Cases: a message given to a route, and what must come of it.
//!
//! [`Settings`] are what was typed; [`Settings::check`] finds everything that is wrong with them and gives the
//! [`Case`]; [`Case::run`] gives what is not as expected, nothing if all is. Pure: the files that a case names
//! are read by who asks for the check, and the time is the one that the case says.

mod check;
mod expect;
mod output;
mod settings;

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use jiff::Zoned;

use crate::hl7::{Message, Selector};
use crate::problem::Location;
use crate::route::Route;

pub use expect::{Mismatch, What, Which, times};
pub use settings::{AT, Files, Known, Settings};

/// A message given to a route, and what must come of it.
#[derive(Debug)]
pub struct Case {
    /// What it shows; unique in its route.
    pub name: Arc<str>,
    /// Where it is written.
    pub location: Location,
    /// The route that is asked.
    pub route: Arc<Route>,
    /// The message it is given.
    pub given: Given,
    /// When it is received.
    pub at: Zoned,
    expect: expect::Expect,
}

/// What came of a case.
pub enum Verdict {
    /// What is not as expected; nothing if all is.
    Compared(Vec<Mismatch>),
    /// The route panicked, which is a mistake in weir.
    Broke,
}

impl Verdict {
    /// Whether all is as expected.
    pub fn is_passed(&self) -> bool {
        matches!(self, Verdict::Compared(mismatches) if mismatches.is_empty())
    }
}

/// The message that a case gives to its route.
#[derive(Debug)]
pub struct Given {
    /// The file as typed; `None` for a text in the case itself.
    pub file: Option<String>,
    /// The places that the case itself set.
    pub set: Vec<Selector>,
    /// The message, with what was set.
    pub message: Message,
}

impl Case {
    /// Runs the route over the given message, and tells what is not as expected.
    pub fn run(&self) -> Verdict {
        // A route is pure: after a panic there is nothing half changed to look at.
        let compared = catch_unwind(AssertUnwindSafe(|| {
            let outcome = self.route.run(&self.given.message, &self.at, None);
            self.expect.compare(&outcome)
        }));
        compared.map_or(Verdict::Broke, Verdict::Compared)
    }
}
