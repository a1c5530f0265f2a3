//! What `weir archive` and `weir resend` are to look for, as typed.

use clap::Args;
use jiff::{SignedDuration, Timestamp};

use crate::cli::CannotRun;
use crate::console::api::archive::Chosen;
use crate::console::api::messages::Search;
use crate::{clock, units};

/// What is searched for.
#[derive(Args, Clone)]
pub(super) struct Criteria {
    /// A condition, as `PID-5.1 = "DOE"`; tried on one message after the other
    #[arg(value_name = "CONDITION")]
    condition: Option<String>,
    #[command(flatten)]
    fields: Fields,
}

/// What is searched for by name.
#[derive(Args, Clone)]
pub(in crate::cli) struct Fields {
    /// A patient identifier (PID-2, PID-3, PID-4, MRG-1)
    #[arg(long, value_name = "ID")]
    patient: Option<String>,
    /// Words of the patient's name, in any order
    #[arg(long)]
    name: Option<String>,
    /// MSH-10
    #[arg(long, value_name = "ID")]
    control_id: Option<String>,
    /// An order or accession number (ORC-2, ORC-3, OBR-2, OBR-3, OBR-18 to OBR-21, IPC-1)
    #[arg(long, value_name = "NUMBER")]
    order: Option<String>,
    /// An account or visit number (PID-18, PV1-19, MRG-3)
    #[arg(long, value_name = "NUMBER")]
    account: Option<String>,
    /// MSH-9, as `ADT` or `ADT^A01`
    #[arg(long = "type", value_name = "TYPE")]
    message_type: Option<String>,
    /// The sending or receiving application (MSH-3, MSH-5)
    #[arg(long, value_name = "NAME")]
    application: Option<String>,
    /// The sending or receiving facility (MSH-4, MSH-6)
    #[arg(long, value_name = "NAME")]
    facility: Option<String>,
    /// The listener it came in by
    #[arg(long, value_name = "NAME")]
    listener: Option<String>,
    /// A route that is for it
    #[arg(long, value_name = "NAME")]
    route: Option<String>,
    /// A destination of it
    #[arg(long, value_name = "NAME")]
    destination: Option<String>,
    /// What has become of it, or of any delivery of it: queued, delivered, dead, purged, resent, filtered, unrouted, repeated, refused
    #[arg(long, value_name = "STATE[,STATE]")]
    state: Option<String>,
    /// A tag and its value
    #[arg(long, value_name = "NAME=VALUE")]
    tag: Option<String>,
    /// Received so long ago at most (`2h`, `3d`), or since a time (`2026-01-31T08:05:00Z`)
    #[arg(long, value_name = "TIME", value_parser = time)]
    since: Option<Timestamp>,
    /// Received before that
    #[arg(long, value_name = "TIME", value_parser = time)]
    until: Option<Timestamp>,
}

/// Which messages: by number, or all that are as asked.
#[derive(Args)]
pub(super) struct Which {
    /// Every message of the archive
    #[arg(long, conflicts_with_all = ["number", "condition", "Fields"])]
    all: bool,
    /// Numbers, as `search` shows them; instead of a search
    #[arg(long, value_name = "NUMBER", num_args = 1.., conflicts_with_all = ["condition", "Fields"])]
    number: Vec<u64>,
    #[command(flatten)]
    search: Criteria,
}

/// A time, or how long ago.
fn time(text: &str) -> Result<Timestamp, String> {
    if let Ok(ago) = units::parse_duration(text) {
        let ago = SignedDuration::try_from(ago).map_err(|error| error.to_string())?;
        return clock::now().checked_sub(ago).map_err(|error| error.to_string());
    }
    let moment = units::parse_moment(text).map_err(|error| format!("{error}, or how long ago, as `2h`"))?;
    Ok(moment.timestamp())
}

impl Criteria {
    pub(super) fn search(&self) -> Search {
        self.fields.search(self.condition.clone())
    }
}

impl Fields {
    /// With a condition, if there is one.
    pub(in crate::cli) fn search(&self, condition: Option<String>) -> Search {
        let all = self.clone();
        Search {
            condition,
            patient: all.patient,
            name: all.name,
            control_id: all.control_id,
            order: all.order,
            account: all.account,
            message_type: all.message_type,
            application: all.application,
            facility: all.facility,
            listener: all.listener,
            route: all.route,
            destination: all.destination,
            state: all.state,
            tag: all.tag,
            since: all.since,
            until: all.until,
            before: None,
            count: None,
        }
    }
}

impl Which {
    /// By number or by search.
    ///
    /// # Errors
    /// When neither was said.
    pub(super) fn chosen(&self) -> Result<Chosen, CannotRun> {
        let search = if self.number.is_empty() {
            Some(bounded_or_all(self.search.search(), self.all, "--number, ")?)
        } else {
            None
        };
        Ok(Chosen {
            numbers: self.number.clone(),
            search,
        })
    }
}

/// A search that is to be acted on: an empty one finds every message, so that has to be said.
///
/// # Errors
/// When it is empty, and not all are meant.
pub(in crate::cli) fn bounded_or_all(search: Search, all: bool, or: &str) -> Result<Search, CannotRun> {
    let is_empty = serde_json::to_value(&search).is_ok_and(|search| search == serde_json::json!({}));
    if is_empty && !all {
        let problem = format!(
            "expected {or}what to search for, as --since 1d, or --all for every message of the archive"
        );
        return Err(CannotRun::Because(problem));
    }
    Ok(search)
}
