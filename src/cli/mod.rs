//! The command line: one file per command, exit codes, where output goes.
//!
//! Standard output carries what was asked for, standard error what went wrong and the log.

use std::io::Write;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use rustix::process::{Resource, Rlimit, setrlimit};
use tracing::Level;

mod ack;
mod archive;
mod at_rest;
mod audit;
mod backup;
mod check;
mod client;
mod control;
mod demo;
mod diff;
mod explain;
mod fmt;
mod get;
mod input;
mod key;
mod list;
mod listen;
mod logging;
mod path;
mod queue;
mod receiver;
mod recorded;
mod reload;
mod replay;
mod resend;
mod restore;
mod run;
mod schema;
mod send;
mod serving;
mod set;
mod show;
mod site;
mod status;
mod test;
mod text;
mod tls;
mod token;
mod trace;
mod user;
mod validate;
mod verify;
mod watch;

/// HL7 v2 interface engine: receives messages over MLLP, routes them by YAML, delivers them at least once.
///
/// A site is a folder of YAML files (`routes` by default): listeners where messages come in, destinations
/// where they go, routes between them. Try `weir demo` first: it needs nothing.
#[derive(Parser)]
#[command(name = "weir", version, arg_required_else_help = true, max_term_width = 100)]
#[command(after_help = "Exit status: 0 fine, 1 a check did not hold, 2 could not run.")]
struct Arguments {
    #[command(flatten)]
    logging: logging::Logging,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    Run(run::Run),
    Reload(reload::Reload),
    Status(status::Status),
    Queue(queue::Queue),
    Archive(Box<archive::Archive>),
    Replay(replay::Replay),
    Resend(Box<resend::Resend>),
    Verify(verify::Verify),
    Backup(backup::Backup),
    Restore(restore::Restore),
    Key(key::Key),
    User(user::User),
    Token(token::Token),
    Audit(audit::Audit),
    Demo(demo::Demo),
    Check(check::Check),
    Test(test::Test),
    Trace(trace::Trace),
    Fmt(fmt::Fmt),
    Send(send::Send),
    Listen(listen::Listen),
    Get(get::Get),
    Show(show::Show),
    Set(set::Set),
    Diff(diff::Diff),
    Ack(ack::Ack),
    Validate(validate::Validate),
    Explain(explain::Explain),
    List(list::List),
    Schema(schema::Schema),
}

impl Command {
    /// What is logged unless the arguments say otherwise. A service tells its story; a tool only what is wrong.
    fn log_level(&self) -> Level {
        if matches!(self, Command::Run(_)) {
            Level::INFO
        } else {
            Level::WARN
        }
    }
}

/// What a command found out: its exit status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Finding {
    /// Everything holds: exit status 0.
    Fine,
    /// Something asked about does not hold: exit status 1.
    NotSo,
}

/// Why a command could not run: exit status 2.
#[derive(Debug)]
enum CannotRun {
    /// Says the place and what to do.
    Because(String),
    /// Standard output has said why already.
    Told,
    /// Whoever read our output has seen enough (`weir get … | head`): nothing to complain about.
    OutputClosed,
}

impl CannotRun {
    /// `place: why`, from any error.
    fn at(place: impl std::fmt::Display, why: impl std::fmt::Display) -> CannotRun {
        CannotRun::Because(format!("{place}: {why}"))
    }
}

impl From<std::io::Error> for CannotRun {
    fn from(error: std::io::Error) -> CannotRun {
        if error.kind() == std::io::ErrorKind::BrokenPipe {
            return CannotRun::OutputClosed;
        }
        CannotRun::Because(error.to_string())
    }
}

/// Parses the arguments, runs the command, returns the exit status.
pub fn main() -> ExitCode {
    // What is in memory, keys and messages, is not to be written to a file when weir crashes.
    let no_core = Rlimit {
        current: Some(0),
        maximum: Some(0),
    };
    // Less is always granted; and whoever forbids even that has a reason.
    setrlimit(Resource::Core, no_core).ok();
    let arguments = Arguments::parse();
    logging::start(arguments.logging, arguments.command.log_level());
    let mut out = std::io::stdout();
    let ended = match arguments.command {
        Command::Run(command) => command.run(&mut out),
        Command::Reload(command) => command.run(&mut out),
        Command::Status(command) => command.run(&mut out),
        Command::Queue(command) => command.run(&mut out),
        Command::Archive(command) => command.run(&mut out),
        Command::Replay(command) => command.run(&mut out),
        Command::Resend(command) => command.run(&mut out),
        Command::Verify(command) => command.run(&mut out),
        Command::Backup(command) => command.run(&mut out),
        Command::Restore(command) => command.run(&mut out),
        Command::Key(command) => command.run(&mut out),
        Command::User(command) => command.run(&mut out),
        Command::Token(command) => command.run(&mut out),
        Command::Audit(command) => command.run(&mut out),
        Command::Demo(command) => command.run(&mut out),
        Command::Check(command) => command.run(&mut out),
        Command::Test(command) => command.run(&mut out),
        Command::Trace(command) => command.run(&mut out),
        Command::Fmt(command) => command.run(&mut out),
        Command::Send(command) => command.run(&mut out),
        Command::Listen(command) => command.run(&mut out),
        Command::Get(command) => command.run(&mut out),
        Command::Show(command) => command.run(&mut out),
        Command::Set(command) => command.run(&mut out),
        Command::Diff(command) => command.run(&mut out),
        Command::Ack(command) => command.run(&mut out),
        Command::Validate(command) => command.run(&mut out),
        Command::Explain(command) => command.run(&mut out),
        Command::List(command) => command.run(&mut out),
        Command::Schema(command) => command.run(&mut out),
    };
    match ended.and_then(|finding| out.flush().map(|()| finding).map_err(CannotRun::from)) {
        Ok(Finding::Fine) | Err(CannotRun::OutputClosed) => ExitCode::SUCCESS,
        Ok(Finding::NotSo) => ExitCode::from(1),
        Err(CannotRun::Told) => ExitCode::from(2),
        Err(CannotRun::Because(why)) => {
            // Nobody is left to tell when standard error is closed too.
            drop(writeln!(std::io::stderr(), "{}", why.trim_end()));
            ExitCode::from(2)
        }
    }
}

/// The runtime of the commands that use the network.
fn runtime() -> Result<tokio::runtime::Runtime, CannotRun> {
    tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| CannotRun::at("starting threads", error))
}
