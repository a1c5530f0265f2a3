//! `weir test`: the cases of a site's routes, and what is not as expected.

mod junit;
mod told;
mod update;

use std::collections::BTreeSet;
use std::io::Write;
use std::num::NonZero;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use anstyle::{AnsiColor, Style};
use clap::Args;

use crate::case::{Case, Verdict};
use crate::config::{self, Missing, Site};

use super::site::SiteArgument;
use super::{CannotRun, Finding, text};

use update::Update;

/// Runs the cases that stand beside the routes of a site.
///
/// A case that fails is shown with the message it was given, and what was got and expected, place by place.
/// Nothing is received, stored or sent, and no result depends on the day.
/// Exit status: 0 all cases passed, 1 some failed, 2 the site cannot be loaded, or no case has the text.
#[derive(Args)]
#[command(after_help = "Example: weir test routes --filter adt-to-ehr")]
pub(super) struct Test {
    #[command(flatten)]
    site: SiteArgument,
    /// Only cases with this text in `route / case`.
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Write the files of expected messages anew with what was got, and nothing else.
    #[arg(long)]
    update: bool,
    /// Write the results to this file too, as JUnit XML.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
}

impl Test {
    pub(super) fn run(self, out: &mut dyn Write) -> Result<Finding, CannotRun> {
        let missing = if self.update {
            Missing::IsNew
        } else {
            Missing::IsWrong
        };
        let (loaded, problems) = config::load_with_cases(self.site.folder(), missing);
        let Some((site, cases)) = loaded else {
            return Err(CannotRun::Because(
                problems.render(text::is_colored(&std::io::stderr())),
            ));
        };
        let chosen = self.chosen(&cases)?;
        let mut results = run_all(&chosen);
        if self.update {
            let mut update = Update::of(self.site.folder(), &cases);
            for result in &mut results {
                update.take(result)?;
            }
        }
        let look = Look::of(text::is_colored(&std::io::stdout()));
        for result in &results {
            out.write_all(look.result(result).as_bytes())?;
        }
        if self.filter.is_none() {
            tell_untested(&site, &cases)?;
        }
        if let Some(file) = &self.junit {
            junit::write(file, &results)?;
        }
        let failed = results.iter().filter(|result| !result.is_passed()).count();
        writeln!(out, "{} passed, {failed} failed", results.len() - failed)?;
        Ok(if failed == 0 {
            Finding::Fine
        } else {
            Finding::NotSo
        })
    }

    fn chosen<'c>(&self, cases: &'c [Case]) -> Result<Vec<&'c Case>, CannotRun> {
        let Some(filter) = &self.filter else {
            return Ok(cases.iter().collect());
        };
        let chosen: Vec<_> = cases.iter().filter(|case| title(case).contains(filter)).collect();
        if chosen.is_empty() {
            let count = text::count(cases.len(), "case");
            let why = format!("none of its {count} has `{filter}` in its name");
            return Err(CannotRun::at(self.site.folder().display(), why));
        }
        Ok(chosen)
    }
}

/// `adt-to-ehr / an admission`
fn title(case: &Case) -> String {
    format!("{} / {}", case.route.name, case.name)
}

/// What came of a case.
struct Ran<'c> {
    case: &'c Case,
    verdict: Verdict,
    /// What became of the files of expected messages.
    notes: Vec<String>,
}

impl Ran<'_> {
    fn is_passed(&self) -> bool {
        self.verdict.is_passed()
    }
}

/// Runs the cases on all processors; the results are in the order of the cases.
/// The cases that do not pass.
pub(super) fn failed(cases: &[Case]) -> Vec<&Case> {
    let all: Vec<&Case> = cases.iter().collect();
    let failed = run_all(&all).into_iter().filter(|result| !result.is_passed());
    failed.map(|result| result.case).collect()
}

fn run_all<'c>(cases: &[&'c Case]) -> Vec<Ran<'c>> {
    let threads = thread::available_parallelism()
        .map_or(1, NonZero::get)
        .min(cases.len());
    let next = AtomicUsize::new(0);
    let work = || {
        let taken = std::iter::from_fn(|| {
            let index = next.fetch_add(1, Ordering::Relaxed);
            cases.get(index).map(|case| (index, run(case)))
        });
        taken.collect::<Vec<_>>()
    };
    let mut results: Vec<_> = thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        let results = workers
            .into_iter()
            .flat_map(|worker| worker.join().expect("a case that panics is caught where it runs"));
        results.collect()
    });
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn run(case: &Case) -> Ran<'_> {
    Ran {
        case,
        verdict: case.run(),
        notes: Vec::new(),
    }
}

/// Warns of routes that no case tests.
fn tell_untested(site: &Site, cases: &[Case]) -> Result<(), CannotRun> {
    let tested: BTreeSet<&str> = cases.iter().map(|case| case.route.name.as_ref()).collect();
    for route in site
        .routes
        .iter()
        .filter(|route| !tested.contains(route.name.as_ref()))
    {
        writeln!(std::io::stderr(), "warning: route `{}` has no cases", route.name)?;
    }
    Ok(())
}

/// How results look; without colors nothing is added.
struct Look {
    passed: Style,
    failed: Style,
    name: Style,
}

impl Look {
    fn of(is_colored: bool) -> Look {
        if !is_colored {
            return Look {
                passed: Style::new(),
                failed: Style::new(),
                name: Style::new(),
            };
        }
        Look {
            passed: AnsiColor::Green.on_default(),
            failed: AnsiColor::Red.on_default().bold(),
            name: Style::new().dimmed(),
        }
    }

    fn result(&self, result: &Ran<'_>) -> String {
        let title = text::safe(&title(result.case));
        let Look { passed, failed, name } = self;
        let notes = result.notes.iter().map(|note| text::safe(note) + "\n");
        let notes = told::indented(&notes.collect::<String>());
        if result.is_passed() {
            return format!("{passed}ok{passed:#}      {title}\n{notes}");
        }
        let details = told::details(result, name);
        format!("{failed}FAILED{failed:#}  {title}\n{notes}{details}")
    }
}
