//! Every name of a metric, once.

// wire: `listener` and `destination` are names from the configuration, `kind` is one of the fixed words of
// `mllp::Deviation::kind`, `mllp::FrameError::kind` and the rooms that count.

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
/// Counter, by `destination`: connections opened.
pub const DESTINATION_CONNECTIONS_TOTAL: &str = "weir_destination_connections_total";
/// Counter, by `destination` and `kind`: tolerated departures in what a receiver answers.
pub const DESTINATION_DEVIATIONS_TOTAL: &str = "weir_destination_deviations_total";
