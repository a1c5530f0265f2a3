//! Where the log goes and how it looks: plain lines for people, JSON lines for programs.
//!
//! Log lines name listeners, destinations, sequence numbers and codes, never message content.
//! A panic is logged with its place alone, because its text could quote a message.

use std::panic::PanicHookInfo;

use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// How the log is written to standard error.
#[derive(Args)]
pub(super) struct Logging {
    /// How log lines look.
    #[arg(long, global = true, value_enum, default_value_t = Format::Plain, env = "WEIR_LOG_FORMAT")]
    log_format: Format,
    /// What is logged: error, warn, info, debug, or a filter such as `weir::engine=debug`.
    #[arg(
        long,
        global = true,
        default_value = "info",
        value_name = "FILTER",
        env = "WEIR_LOG"
    )]
    log: EnvFilter,
}

/// The form of a log line.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people, colored on a terminal.
    Plain,
    /// One JSON object a line, for log collectors.
    Json,
}

/// Starts logging and replaces the panic message by one without content.
pub(super) fn start(arguments: &Logging) {
    use std::io::IsTerminal;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(arguments.log.clone())
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    match arguments.log_format {
        Format::Plain => lines.with_target(false).init(),
        Format::Json => lines.json().flatten_event(true).init(),
    }
    std::panic::set_hook(Box::new(log_panic));
}

/// Says where, never what: the text of a panic may hold a piece of a message.
fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map_or_else(|| "unknown place".to_owned(), ToString::to_string);
    tracing::error!(place, "internal error (panic)");
}
