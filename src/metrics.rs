//! Every metric name, once, with what it counts.
//!
//! Labels come from the configuration (listener, destination, route and table names) and from lists of our own (codes of
//! the standard, kinds of failure). Of a message there is its type alone, if the standard has it, and only so many. So
//! their number is bounded and no message content can reach them.
//! The values live in the process; `console` renders them in Prometheus text form.

use metrics::Unit;
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};

/// What a metric is to Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Only grows, until the process restarts.
    Counter,
    /// Goes up and down.
    Gauge,
    /// A distribution, as cumulative buckets.
    Histogram,
}

/// One metric: its name, kind, labels and meaning.
#[derive(Clone, Copy, Debug)]
pub struct Metric {
    /// The name as scraped.
    pub name: &'static str,
    /// Counter, gauge or histogram.
    pub kind: Kind,
    /// The label names it carries.
    pub labels: &'static [&'static str],
    /// One line of help.
    pub help: &'static str,
}

/// Messages whose frame was read completely.
pub const RECEIVED: &str = "weir_messages_received_total";
/// The same that are messages, by message type and trigger event; bounded.
pub const BY_TYPE: &str = "weir_messages_by_type_total";
/// Messages answered, by the code sent (`none` where the mode sends none).
pub const ACKNOWLEDGED: &str = "weir_acknowledgments_total";
/// Messages durably accepted with at least one delivery.
pub const ACCEPTED: &str = "weir_messages_accepted_total";
/// Messages whose routes all said no.
pub const FILTERED: &str = "weir_messages_filtered_total";
/// Messages no route of the listener takes.
pub const UNROUTED: &str = "weir_messages_unrouted_total";
/// Messages known from before, acknowledged again and not delivered again.
pub const REPEATED: &str = "weir_messages_repeated_total";
/// Messages not taken because weir crashed twice with them in hand.
pub const QUARANTINED: &str = "weir_messages_quarantined_total";
/// Messages not accepted, whatever the answer.
pub const REFUSED: &str = "weir_messages_refused_total";
/// Faults of messages not accepted, by table 0357 code; a message may have several.
pub const FAULTS: &str = "weir_message_faults_total";
/// Deviations from the standard that were accepted, by kind.
pub const WARNINGS: &str = "weir_message_warnings_total";
/// From the last byte of a frame to its acknowledgment.
pub const ACKNOWLEDGMENT_SECONDS: &str = "weir_acknowledgment_seconds";
/// Replies of synchronous routes, by what became of the wait for the destination's answer.
pub const REPLIES: &str = "weir_replies_total";
/// Notes of the journal that the archive has taken.
pub const ARCHIVE_NOTES: &str = "weir_archive_notes_total";
/// Attempts to write the archive that failed; each is made again.
pub const ARCHIVE_FAILURES: &str = "weir_archive_failures_total";
/// Notes that the archive will never have: the journal had no room for them.
pub const ARCHIVE_LOST: &str = "weir_archive_lost_notes_total";
/// Notes that the archive has not got yet.
pub const ARCHIVE_LAG_NOTES: &str = "weir_archive_lag_notes";
/// How long ago the oldest of them happened.
pub const ARCHIVE_LAG_SECONDS: &str = "weir_archive_lag_seconds";
/// How far the clock is ahead of the time that is believed.
pub const CLOCK_AHEAD_SECONDS: &str = "weir_clock_ahead_seconds";
/// Bytes of the journal, with the messages that it tells of.
pub const JOURNAL_BYTES: &str = "weir_journal_bytes";
/// Messages that were refused, or filtered, and that the archive cannot have: the outbox had no room for them.
pub const ARCHIVE_MISSED: &str = "weir_archive_missed_total";
/// Codes a table did not hold.
pub const TABLE_MISSES: &str = "weir_table_misses_total";
/// Readings of a table from its database: `read` or `failed`.
pub const TABLE_READS: &str = "weir_table_reads_total";
/// When the rows of a table were read from its database, as Unix time.
pub const TABLE_READ_TIMESTAMP: &str = "weir_table_read_timestamp_seconds";
/// Messages that a route took and did not want, by reason: which condition, or the text of the step `drop`.
pub const ROUTE_FILTERED: &str = "weir_route_filtered_total";
/// Messages that a route could not finish; they stand in the dead letters.
pub const ROUTE_FAILURES: &str = "weir_route_failures_total";
/// Messages that a route rejected: the sender was told, nobody got them.
pub const ROUTE_REJECTIONS: &str = "weir_route_rejections_total";
/// Gauge, by `listener`: connections open now.
pub const LISTENER_CONNECTIONS: &str = "weir_listener_connections";
/// Counter, by `listener` and `kind`: connections closed at once because a cap was reached.
pub const LISTENER_REFUSED_CONNECTIONS_TOTAL: &str = "weir_listener_refused_connections_total";
/// Counter, by `listener`: frames received.
pub const LISTENER_FRAMES_TOTAL: &str = "weir_listener_frames_total";
/// Counter, by `listener`: bytes of content in the frames received.
pub const LISTENER_FRAME_BYTES_TOTAL: &str = "weir_listener_frame_bytes_total";
/// Counter, by `listener` and `kind`: tolerated departures from MLLP.
pub const LISTENER_DEVIATIONS_TOTAL: &str = "weir_listener_deviations_total";
/// Counter, by `listener` and `kind`: connections given up, and sockets that could not be accepted.
pub const LISTENER_FAILURES_TOTAL: &str = "weir_listener_failures_total";
/// Gauge, by `listener`: 1 while nothing comes for longer than is normal.
pub const LISTENER_SILENT: &str = "weir_listener_silent";
/// Gauge, by `listener`: how long ago the last message came.
pub const LISTENER_LAST_MESSAGE_AGE_SECONDS: &str = "weir_listener_last_message_age_seconds";
/// Counter, by `destination`: connections opened.
pub const DESTINATION_CONNECTIONS_TOTAL: &str = "weir_destination_connections_total";
/// Counter, by `destination` and `kind`: tolerated departures in what a receiver answers.
pub const DESTINATION_DEVIATIONS_TOTAL: &str = "weir_destination_deviations_total";
/// Handshakes of TLS, by whose (`kind` and `name`) and what became of them.
pub const TLS_HANDSHAKES_TOTAL: &str = "weir_tls_handshakes_total";
/// Files of TLS that have changed while weir ran, by whether they could be used: `applied` or `refused`.
pub const CERTIFICATE_RENEWALS_TOTAL: &str = "weir_certificate_renewals_total";
/// How long a certificate that weir shows is still valid; less than nothing once it has expired.
pub const CERTIFICATE_EXPIRES_IN_SECONDS: &str = "weir_certificate_expires_in_seconds";
/// Messages refused because their sender's certificate is not that of the application or facility they name.
pub const SENDER_MISMATCHES_TOTAL: &str = "weir_sender_mismatches_total";
/// Deliveries accepted for a destination.
pub const OWED: &str = "weir_deliveries_owed_total";
/// Deliveries completed by a receipt.
pub const DELIVERED: &str = "weir_deliveries_delivered_total";
/// Deliveries thrown away because their destination was taken out of the site with `on_remove: purge`.
pub const PURGED: &str = "weir_deliveries_purged_total";
/// Deliveries given up, kept as dead letters.
pub const DEAD_LETTERED: &str = "weir_deliveries_dead_lettered_total";
/// Attempts by what became of them.
pub const ATTEMPTS: &str = "weir_delivery_attempts_total";
/// Attempts sent and not answered: the receiver may have the message.
pub const AMBIGUOUS: &str = "weir_deliveries_ambiguous_total";
/// Attempts at what the receiver may have had before: `no_answer` to an earlier attempt, or a `restart`.
pub const REPEATED_DELIVERIES: &str = "weir_deliveries_repeated_total";
/// Negative acknowledgments from a destination, by MSA-1.
pub const NEGATIVE_ACKNOWLEDGMENTS: &str = "weir_negative_acknowledgments_total";
/// From acceptance to the destination's receipt.
pub const DELIVERY_SECONDS: &str = "weir_delivery_seconds";
/// Deliveries waiting.
pub const OUTBOX_DEPTH: &str = "weir_outbox_depth";
/// Dead letters kept.
pub const OUTBOX_DEAD: &str = "weir_outbox_dead_letters";
/// Age of the oldest delivery that waits.
pub const OUTBOX_OLDEST_AGE_SECONDS: &str = "weir_outbox_oldest_age_seconds";
/// 1 while a destination is stopped, by why.
pub const DESTINATION_STOPPED: &str = "weir_destination_stopped";
/// Durable commits of the outbox.
pub const COMMITS: &str = "weir_outbox_commits_total";
/// Time of one durable commit.
pub const COMMIT_SECONDS: &str = "weir_outbox_commit_seconds";
/// Requests that shared one commit.
pub const COMMIT_REQUESTS: &str = "weir_outbox_commit_requests";
/// Bytes of messages kept in the outbox.
pub const OUTBOX_BYTES: &str = "weir_outbox_bytes";
/// 1 while the outbox accepts nothing because it is full.
pub const OUTBOX_FULL: &str = "weir_outbox_full";
/// What the files of the outbox take on the disk.
pub const OUTBOX_DISK_BYTES: &str = "weir_outbox_disk_bytes";
/// What is left on the disk of the outbox.
pub const DISK_FREE_BYTES: &str = "weir_disk_free_bytes";
/// Records whose checksum did not hold.
pub const DAMAGED_RECORDS: &str = "weir_outbox_damaged_records_total";
/// What the archive takes on the disk.
pub const ARCHIVE_BYTES: &str = "weir_archive_bytes";
/// Messages deleted from the archive.
pub const ARCHIVE_PURGED: &str = "weir_archive_purged_messages_total";
/// Reloads of the site, by what became of them: `applied` or `refused`.
pub const RELOADS: &str = "weir_reloads_total";
/// Records of the audit log that a repository has, or will not have, by what became of them.
pub const AUDIT_FORWARDED_TOTAL: &str = "weir_audit_forwarded_total";
/// Attempts to reach a repository that did not succeed.
pub const AUDIT_FORWARD_FAILURES_TOTAL: &str = "weir_audit_forward_failures_total";
/// Records that a repository does not have yet.
pub const AUDIT_FORWARD_WAITING: &str = "weir_audit_forward_waiting";
/// How old the oldest of them is.
pub const AUDIT_FORWARD_LAG_SECONDS: &str = "weir_audit_forward_lag_seconds";
/// Refusals that the audit log does not hold, since there were too many.
pub const AUDIT_UNWRITTEN_TOTAL: &str = "weir_audit_unwritten_total";
/// What happened to messages, by whether the collector of traces has it: `sent` or `dropped`.
pub const TRACE_SPANS: &str = "weir_trace_spans_total";
/// Troubles there are, by kind.
pub const ALERTS: &str = "weir_alerts";
/// Messages to people about them, by `contact` and whether they were `sent` or `failed`.
pub const ALERT_MESSAGES: &str = "weir_alert_messages_total";
/// 1 for the version of the site that runs, 0 for those that ran before.
pub const SITE_INFO: &str = "weir_site_info";
/// When the site that runs was loaded, as Unix time.
pub const SITE_LOADED: &str = "weir_site_loaded_timestamp_seconds";
/// Always 1; the version is a label.
pub const BUILD_INFO: &str = "weir_build_info";

/// Every metric weir shows, in the order of a message's journey.
#[rustfmt::skip]
pub const ALL: &[Metric] = &[
    Metric { name: RECEIVED, kind: Kind::Counter, labels: &["listener"], help: "Messages whose frame was read completely" },
    Metric { name: BY_TYPE, kind: Kind::Counter, labels: &["listener", "type"], help: "Messages read, by type; what is no type of the standard, and each beyond the first 64, is other" },
    Metric { name: ACKNOWLEDGED, kind: Kind::Counter, labels: &["listener", "code"], help: "Messages answered, by the code sent" },
    Metric { name: ACCEPTED, kind: Kind::Counter, labels: &["listener"], help: "Messages durably accepted with at least one delivery" },
    Metric { name: FILTERED, kind: Kind::Counter, labels: &["listener"], help: "Messages whose routes all said no" },
    Metric { name: UNROUTED, kind: Kind::Counter, labels: &["listener"], help: "Messages no route of the listener takes" },
    Metric { name: REPEATED, kind: Kind::Counter, labels: &["listener"], help: "Messages known from before, acknowledged again and not delivered again" },
    Metric { name: QUARANTINED, kind: Kind::Counter, labels: &["listener"], help: "Messages not taken because weir crashed twice with them in hand" },
    Metric { name: REFUSED, kind: Kind::Counter, labels: &["listener"], help: "Messages not accepted, whatever the answer" },
    Metric { name: FAULTS, kind: Kind::Counter, labels: &["listener", "code"], help: "Faults of messages not accepted, by HL7 table 0357 code; a message may have several" },
    Metric { name: WARNINGS, kind: Kind::Counter, labels: &["listener", "kind"], help: "Accepted deviations from the standard, by kind" },
    Metric { name: ACKNOWLEDGMENT_SECONDS, kind: Kind::Histogram, labels: &["listener"], help: "From the last byte of a frame to its acknowledgment" },
    Metric { name: REPLIES, kind: Kind::Counter, labels: &["listener", "outcome"], help: "Replies of synchronous routes, by what became of the wait for the answer" },
    Metric { name: ARCHIVE_NOTES, kind: Kind::Counter, labels: &[], help: "Notes of the journal that the archive has taken" },
    Metric { name: ARCHIVE_FAILURES, kind: Kind::Counter, labels: &[], help: "Attempts to write the archive that failed; each is made again" },
    Metric { name: ARCHIVE_LOST, kind: Kind::Counter, labels: &[], help: "Notes that the archive will never have: the journal had no room for them" },
    Metric { name: ARCHIVE_LAG_NOTES, kind: Kind::Gauge, labels: &[], help: "Notes of the journal that the archive has not got yet" },
    Metric { name: ARCHIVE_LAG_SECONDS, kind: Kind::Gauge, labels: &[], help: "How long ago the oldest of them happened" },
    Metric { name: CLOCK_AHEAD_SECONDS, kind: Kind::Gauge, labels: &[], help: "How far the clock is ahead of the time that things are deleted by: it leapt" },
    Metric { name: JOURNAL_BYTES, kind: Kind::Gauge, labels: &[], help: "Bytes of the journal, with the messages that it tells of" },
    Metric { name: ARCHIVE_MISSED, kind: Kind::Counter, labels: &["listener"], help: "Messages refused or filtered that the archive cannot have: the outbox had no room" },
    Metric { name: TABLE_MISSES, kind: Kind::Counter, labels: &["route", "table"], help: "Codes a table did not hold" },
    Metric { name: TABLE_READS, kind: Kind::Counter, labels: &["table", "outcome"], help: "Readings of a table from its database, by outcome" },
    Metric { name: TABLE_READ_TIMESTAMP, kind: Kind::Gauge, labels: &["table"], help: "When the rows of a table were read from its database, as Unix time" },
    Metric { name: ROUTE_FILTERED, kind: Kind::Counter, labels: &["route", "reason"], help: "Messages a route did not want, by reason as the site words it" },
    Metric { name: ROUTE_FAILURES, kind: Kind::Counter, labels: &["route"], help: "Messages a route could not finish, kept as dead letters" },
    Metric { name: ROUTE_REJECTIONS, kind: Kind::Counter, labels: &["route"], help: "Messages a route rejected: the sender was told, nobody got them" },
    Metric { name: LISTENER_CONNECTIONS, kind: Kind::Gauge, labels: &["listener"], help: "Connections open now" },
    Metric { name: LISTENER_REFUSED_CONNECTIONS_TOTAL, kind: Kind::Counter, labels: &["listener", "kind"], help: "Connections closed at once because a cap was reached" },
    Metric { name: LISTENER_FRAME_BYTES_TOTAL, kind: Kind::Counter, labels: &["listener"], help: "Bytes of content in the frames received" },
    Metric { name: LISTENER_FRAMES_TOTAL, kind: Kind::Counter, labels: &["listener"], help: "Frames received" },
    Metric { name: LISTENER_DEVIATIONS_TOTAL, kind: Kind::Counter, labels: &["listener", "kind"], help: "Tolerated departures from MLLP" },
    Metric { name: LISTENER_FAILURES_TOTAL, kind: Kind::Counter, labels: &["listener", "kind"], help: "Connections given up, and sockets that could not be accepted" },
    Metric { name: LISTENER_SILENT, kind: Kind::Gauge, labels: &["listener"], help: "1 while nothing comes for longer than is normal" },
    Metric { name: LISTENER_LAST_MESSAGE_AGE_SECONDS, kind: Kind::Gauge, labels: &["listener"], help: "How long ago the last message came" },
    Metric { name: DESTINATION_CONNECTIONS_TOTAL, kind: Kind::Counter, labels: &["destination"], help: "Connections opened" },
    Metric { name: DESTINATION_DEVIATIONS_TOTAL, kind: Kind::Counter, labels: &["destination", "kind"], help: "Tolerated departures in what a receiver answers" },
    Metric { name: TLS_HANDSHAKES_TOTAL, kind: Kind::Counter, labels: &["kind", "name", "outcome"], help: "Handshakes of TLS by listener, destination or console, and what became of them" },
    Metric { name: CERTIFICATE_RENEWALS_TOTAL, kind: Kind::Counter, labels: &["kind", "name", "outcome"], help: "Changed files of certificates, applied or refused" },
    Metric { name: CERTIFICATE_EXPIRES_IN_SECONDS, kind: Kind::Gauge, labels: &["kind", "name"], help: "How long the certificate that is shown is still valid" },
    Metric { name: SENDER_MISMATCHES_TOTAL, kind: Kind::Counter, labels: &["listener"], help: "Messages refused because the certificate is not that of the sender they name" },
    Metric { name: OWED, kind: Kind::Counter, labels: &["destination"], help: "Deliveries that waited at the start and those accepted since, those a route could not make included" },
    Metric { name: DELIVERED, kind: Kind::Counter, labels: &["destination"], help: "Deliveries completed by a receipt" },
    Metric { name: PURGED, kind: Kind::Counter, labels: &["destination"], help: "Deliveries thrown away with a destination that was taken out of the site" },
    Metric { name: DEAD_LETTERED, kind: Kind::Counter, labels: &["destination"], help: "Deliveries given up, kept as dead letters" },
    Metric { name: ATTEMPTS, kind: Kind::Counter, labels: &["destination", "outcome"], help: "Attempts, by what became of them" },
    Metric { name: AMBIGUOUS, kind: Kind::Counter, labels: &["destination"], help: "Attempts sent and not answered: the receiver may have the message" },
    Metric { name: REPEATED_DELIVERIES, kind: Kind::Counter, labels: &["destination", "why"], help: "Attempts at what the receiver may have had before, after no answer or a restart" },
    Metric { name: NEGATIVE_ACKNOWLEDGMENTS, kind: Kind::Counter, labels: &["destination", "code"], help: "Negative acknowledgments received, by MSA-1" },
    Metric { name: DELIVERY_SECONDS, kind: Kind::Histogram, labels: &["destination"], help: "From acceptance to the destination's receipt" },
    Metric { name: OUTBOX_DEPTH, kind: Kind::Gauge, labels: &["destination"], help: "Deliveries waiting" },
    Metric { name: OUTBOX_DEAD, kind: Kind::Gauge, labels: &["destination"], help: "Dead letters kept" },
    Metric { name: OUTBOX_OLDEST_AGE_SECONDS, kind: Kind::Gauge, labels: &["destination"], help: "Age of the oldest delivery that waits" },
    Metric { name: DESTINATION_STOPPED, kind: Kind::Gauge, labels: &["destination", "why"], help: "1 while nothing is sent because somebody paused it, it has drained, or a refusal holds it" },
    Metric { name: COMMITS, kind: Kind::Counter, labels: &[], help: "Durable commits of the outbox, one sync each" },
    Metric { name: COMMIT_SECONDS, kind: Kind::Histogram, labels: &[], help: "Time of one durable commit" },
    Metric { name: COMMIT_REQUESTS, kind: Kind::Histogram, labels: &[], help: "Requests that shared one commit" },
    Metric { name: OUTBOX_BYTES, kind: Kind::Gauge, labels: &[], help: "Bytes of messages kept" },
    Metric { name: OUTBOX_FULL, kind: Kind::Gauge, labels: &[], help: "1 while nothing is accepted because the outbox or its disk is full" },
    Metric { name: OUTBOX_DISK_BYTES, kind: Kind::Gauge, labels: &[], help: "Space that the files of the outbox take" },
    Metric { name: DISK_FREE_BYTES, kind: Kind::Gauge, labels: &[], help: "Space left on the disk of the outbox" },
    Metric { name: DAMAGED_RECORDS, kind: Kind::Counter, labels: &[], help: "Stored records whose checksum did not hold" },
    Metric { name: ARCHIVE_BYTES, kind: Kind::Gauge, labels: &[], help: "What the archive takes on the disk, without what it has to give back" },
    Metric { name: ARCHIVE_PURGED, kind: Kind::Counter, labels: &[], help: "Messages deleted from the archive, by age, size or order" },
    Metric { name: AUDIT_FORWARDED_TOTAL, kind: Kind::Counter, labels: &["repository", "outcome"], help: "Records of the audit log on their way to a repository: sent, refused by it, or missed since they were deleted first" },
    Metric { name: AUDIT_FORWARD_FAILURES_TOTAL, kind: Kind::Counter, labels: &["repository"], help: "Attempts to send records of the audit log that did not succeed and are made again" },
    Metric { name: AUDIT_FORWARD_WAITING, kind: Kind::Gauge, labels: &["repository"], help: "Records of the audit log that a repository does not have yet" },
    Metric { name: AUDIT_FORWARD_LAG_SECONDS, kind: Kind::Gauge, labels: &["repository"], help: "How old the oldest of them is; 0 when there is none" },
    Metric { name: AUDIT_UNWRITTEN_TOTAL, kind: Kind::Counter, labels: &["what"], help: "Refused senders and handshakes that are not in the audit log, since there were too many" },
    Metric { name: TRACE_SPANS, kind: Kind::Counter, labels: &["outcome"], help: "Spans of traces, sent to the collector, or dropped since it was slow or away" },
    Metric { name: ALERTS, kind: Kind::Gauge, labels: &["kind"], help: "Troubles there are, by kind" },
    Metric { name: ALERT_MESSAGES, kind: Kind::Counter, labels: &["contact", "outcome"], help: "Messages to people about them, sent or failed" },
    Metric { name: RELOADS, kind: Kind::Counter, labels: &["outcome"], help: "Reloads of the site, applied or refused" },
    Metric { name: SITE_INFO, kind: Kind::Gauge, labels: &["version"], help: "1 for the version of the site that runs, 0 for those that ran before" },
    Metric { name: SITE_LOADED, kind: Kind::Gauge, labels: &[], help: "When the site that runs was loaded, as Unix time" },
    Metric { name: BUILD_INFO, kind: Kind::Gauge, labels: &["version"], help: "Always 1; the version is a label" },
];

/// Buckets of durations, in seconds: from a commit on a fast disk to a receiver's time-out.
const SECONDS: &[f64] = &[
    0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0,
];

/// Buckets of deliveries, in seconds: a receiver may be away for a night or a week-end.
const DELIVERY: &[f64] = &[
    0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 900.0, 3_600.0, 14_400.0, 86_400.0,
];

/// Buckets of group sizes.
const REQUESTS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0, 512.0];

/// Installs the process's recorder and describes every metric.
///
/// # Errors
/// When the process already has a recorder.
pub fn install() -> Result<PrometheusHandle, BuildError> {
    let handle = PrometheusBuilder::new()
        .set_buckets_for_metric(Matcher::Suffix("_seconds".to_owned()), SECONDS)?
        .set_buckets_for_metric(Matcher::Full(DELIVERY_SECONDS.to_owned()), DELIVERY)?
        .set_buckets_for_metric(Matcher::Full(COMMIT_REQUESTS.to_owned()), REQUESTS)?
        .install_recorder()?;
    for metric in ALL {
        let unit = if metric.name.ends_with("_seconds") {
            Unit::Seconds
        } else {
            Unit::Count
        };
        match metric.kind {
            Kind::Counter => metrics::describe_counter!(metric.name, unit, metric.help),
            Kind::Gauge => metrics::describe_gauge!(metric.name, unit, metric.help),
            Kind::Histogram => metrics::describe_histogram!(metric.name, unit, metric.help),
        }
    }
    metrics::gauge!(BUILD_INFO, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
    Ok(handle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions_and_stand_once() {
        let mut seen = std::collections::BTreeSet::new();
        for metric in ALL {
            assert!(seen.insert(metric.name), "{} stands twice", metric.name);
            assert!(metric.name.starts_with("weir_"), "{}", metric.name);
            assert_eq!(
                metric.kind == Kind::Counter,
                metric.name.ends_with("_total"),
                "{}",
                metric.name
            );
            assert!(!metric.help.is_empty());
        }
    }
}
