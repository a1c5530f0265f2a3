//! `weir audit`: whether the audit log is what was written, and a copy of it.

use std::io::Write;
use std::path::PathBuf;

use clap::{Args, Subcommand};
use hyper::Method;

use crate::audit::{self as log, Head, Record};

use super::control::{self, WhichByName};
use super::queue::{Asked, not_there};
use super::{CannotRun, Finding, backup, runtime, text};

/// Looks at the audit log: who looked at what and did what.
///
/// `verify` reads the files of the data folder, whether weir runs or not; `list` and `export` ask a running weir and
/// are themselves written down. Exit status: 0 fine, 1 the log is not what was written, 2 it could not be read.
#[derive(Args)]
pub(super) struct Audit {
    #[command(subcommand)]
    order: Order,
    #[command(flatten)]
    running: WhichByName,
}

#[derive(Subcommand)]
enum Order {
    /// Whether every record is what was written: changed, deleted, swapped and cut off ones are found
    Verify(Verify),
    /// The newest records
    List(List),
    /// Copy all records, as lines of JSON
    Export(Export),
}

#[derive(Args)]
struct Verify {
    /// A head that `verify` printed before and that was noted elsewhere: that record must still be there
    #[arg(long, value_name = "NUMBER:HASH", value_parser = head)]
    expect: Option<Head>,
}

#[derive(Args)]
struct List {
    /// At most so many
    #[arg(long, value_name = "COUNT", default_value_t = 50)]
    count: usize,
    /// As JSON
    #[arg(long)]
    json: bool,
}

#[derive(Args)]
struct Export {
    /// The file to write, or `-`; one that is there is replaced when the copy is whole
    file: PathBuf,
}

fn head(text: &str) -> Result<Head, &'static str> {
    Head::parse(text).ok_or("expected a number, a colon and 64 hexadecimal digits, as `verify` prints them")
}

impl Audit {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        match &self.order {
            Order::Verify(verify) => verify.run(&self.running, out),
            Order::List(list) => list.run(&self.running, out),
            Order::Export(export) => {
                let weir = self.running.weir();
                let copy = |to: &mut dyn Write| {
                    runtime()?.block_on(weir.copy_whole("/api/v1/audit/export", to, &|_| {}))
                };
                backup::keep(&export.file, &copy, out)
            }
        }
    }
}

impl Verify {
    fn run(&self, running: &WhichByName, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let data = running.weir().data_folder()?;
        let found = log::verify(&data, self.expect.as_ref());
        let found = found.map_err(|error| CannotRun::at(data.join("audit").display(), error))?;
        for fault in &found.faults {
            let file = fault.file.display();
            match fault.line {
                0 => writeln!(out, "{file}: {}", fault.what)?,
                line => writeln!(out, "{file}:{line}: {}", fault.what)?,
            }
        }
        if found.deleted > 0 {
            writeln!(out, "{} records before them were deleted by age", found.deleted)?;
        }
        writeln!(out, "{} records hold, head {}", found.records, found.head)?;
        Ok(if found.faults.is_empty() {
            Finding::Fine
        } else {
            Finding::NotSo
        })
    }
}

impl List {
    fn run(&self, running: &WhichByName, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let path = format!("/api/v1/audit?count={}", self.count);
        let answer = match runtime()?.block_on(running.ask(Method::GET, &path))? {
            Asked::Done(answer) => answer,
            Asked::NotThere(why) => return not_there(&why),
        };
        if self.json {
            out.write_all(&answer.body)?;
            writeln!(out)?;
            return Ok(Finding::Fine);
        }
        writeln!(
            out,
            "{:>9} {:<20} {:<20} {:<16} {:<20} {:<8} object",
            "number", "at", "who", "from", "what", "outcome"
        )?;
        for record in control::read::<Vec<Record>>(&answer)? {
            let at = record.at.get(..19).unwrap_or(&record.at);
            let outcome = record.outcome.as_str();
            let (number, who, from, what) = (record.number, &record.who, &record.from, &record.what);
            let object = text::safe(&record.object);
            write!(
                out,
                "{number:>9} {at:<20} {who:<20} {from:<16} {what:<20} {outcome:<8} {object}"
            )?;
            for more in [&record.detail, &record.reason].into_iter().flatten() {
                write!(out, "; {}", text::safe(more))?;
            }
            writeln!(out)?;
        }
        Ok(Finding::Fine)
    }
}
