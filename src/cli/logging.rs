//! Where the log goes and how it looks: plain lines for people, JSON lines for programs.
//!
//! Log lines name listeners, destinations, sequence numbers and codes, never message content.
//! A panic is logged with its place and thread alone, because its text could quote a message.

use std::panic::PanicHookInfo;

use clap::{Args, ValueEnum};
use tracing::Level;
use tracing_subscriber::EnvFilter;

/// How the log is written to standard error.
#[derive(Args)]
#[command(next_help_heading = "Log, on standard error")]
pub(super) struct Logging {
    /// What is logged: error, warn, info, debug, or a filter such as `weir::engine=debug`; info for `run`, else
    /// warn.
    #[arg(long, global = true, value_name = "FILTER", env = "WEIR_LOG")]
    log: Option<EnvFilter>,
    /// How log lines look: plain for people, json for log collectors.
    #[arg(
        long,
        global = true,
        value_enum,
        value_name = "FORMAT",
        default_value_t = Format::Plain,
        hide_possible_values = true,
        env = "WEIR_LOG_FORMAT"
    )]
    log_format: Format,
}

/// The form of a log line.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For people, colored on a terminal.
    Plain,
    /// One JSON object a line, for log collectors.
    Json,
}

/// Starts logging, at `level` unless the arguments say otherwise, and replaces the panic message by one without
/// content.
pub(super) fn start(arguments: Logging, level: Level) {
    use std::io::IsTerminal;
    let filter = arguments
        .log
        .unwrap_or_else(|| EnvFilter::default().add_directive(level.into()));
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // It would tell of a line it cannot write by a panic, as when the log lies on a disk that is full.
        .log_internal_errors(false)
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
    let current = std::thread::current();
    let thread = current.name().unwrap_or("without a name");
    tracing::error!(place, thread, "internal error (panic)");
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;

    const CHILD: &str = "WEIR_TEST_PANIC";
    const CONTENT: &str = "PID|1||4711^^^GENERAL^MR||DO\u{cb}^JOHN";

    /// This test again, as a process of its own: what a panic says is the process's affair.
    #[test]
    fn a_panic_tells_its_place_and_thread_and_nothing_of_what_it_says() {
        if std::env::var_os(CHILD).is_some() {
            return panic_over_content();
        }
        let test = std::thread::current().name().map(str::to_owned);
        let child = Command::new(std::env::current_exe().unwrap())
            .args([test.as_deref().unwrap(), "--exact", "--nocapture"])
            .env(CHILD, "1")
            .env("RUST_BACKTRACE", "full")
            .output()
            .unwrap();
        assert!(child.status.success());
        let told = [child.stdout, child.stderr].concat();
        let told = String::from_utf8_lossy(&told);
        for (thread, _) in PANICS {
            let thread = format!("thread=\"{thread}\"");
            let line = told.lines().find(|line| line.contains(&thread));
            let line = line.unwrap_or_else(|| panic!("{thread} in {told}"));
            assert!(
                line.contains("internal error (panic)") && line.contains(".rs:"),
                "{line}"
            );
        }
        for content in ["4711", "GENERAL", "JOHN"] {
            assert!(!told.contains(content), "{content} in {told}");
        }
    }

    /// Panics that quote what they are about, each in the thread of that name.
    type Panic = (&'static str, fn(&str) -> usize);
    const PANICS: [Panic; 3] = [
        ("tells", |content| panic!("no such field in {content}")),
        ("splits", |content| content.split_at(29).0.len()),
        ("expects", |content| {
            "".parse::<usize>().map_err(|_| content.to_owned()).unwrap()
        }),
    ];

    fn panic_over_content() {
        let logging = Logging {
            log: None,
            log_format: Format::Plain,
        };
        start(logging, Level::TRACE);
        for (name, panic) in PANICS {
            let thread = std::thread::Builder::new().name(name.to_owned());
            let panicked = thread.spawn(move || panic(CONTENT)).unwrap().join();
            assert!(panicked.is_err(), "{name}");
        }
    }
}
