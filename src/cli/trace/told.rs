//! A trace as lines for people.

use std::fmt::Write as _;

use anstyle::{AnsiColor, Style};

use crate::hl7::{Refusal, Target, Terminators};
use crate::route::{Failure, Outcome, Output};
use crate::step::{Change, Misses, StepTrace};

use super::super::text;
use crate::console::api::traced::Traced;

/// Values longer than this are cut, and their length is told.
const VALUE_CHARS_MAX: usize = 200;
/// Changes longer than this take a line for each value.
const CHANGE_CHARS_MAX: usize = 100;

/// How the parts of a trace look; nothing changes where colors are off.
#[derive(Default)]
pub(super) struct Look {
    heading: Style,
    faint: Style,
    stopped: Style,
    outcome: Style,
}

impl Look {
    pub(super) fn of(is_colored: bool) -> Look {
        if !is_colored {
            return Look::default();
        }
        Look {
            heading: Style::new().bold(),
            faint: Style::new().dimmed(),
            stopped: AnsiColor::Yellow.on_default(),
            outcome: AnsiColor::Cyan.on_default(),
        }
    }
}

/// The lines of one message.
pub(super) fn lines(traced: &Traced<'_>, look: &Look) -> String {
    let mut told = Told {
        traced,
        look,
        out: String::new(),
    };
    told.beginning();
    for step in &traced.trace.steps {
        told.step(step);
    }
    told.end();
    told.out
}

struct Told<'t> {
    traced: &'t Traced<'t>,
    look: &'t Look,
    out: String,
}

impl Told<'_> {
    fn beginning(&mut self) {
        let Look { heading, stopped, .. } = *self.look;
        let message = self.traced.message.write(Terminators::Preserve);
        let title = format!("{}: {}", self.traced.route.name, text::title(&message));
        self.line(format_args!("{heading}{title}{heading:#}"));
        let trace = self.traced.trace;
        if !trace.is_mine {
            self.line(format_args!(
                "  {stopped}its `messages` do not name this type{stopped:#}"
            ));
        }
        match trace.condition_holds {
            Some(true) | None => {}
            Some(false) => self.line(format_args!("  {stopped}its `when` does not hold{stopped:#}")),
        }
    }

    fn step(&mut self, step: &StepTrace) {
        let Look {
            heading,
            faint,
            stopped,
            ..
        } = *self.look;
        let title = Self::title(step);
        if !step.applies {
            return self.line(format_args!(
                "  {faint}{title}: its `when` does not hold{faint:#}"
            ));
        }
        self.line(format_args!("  {heading}{title}{heading:#}"));
        for change in &step.changed {
            self.change(change);
        }
        match &step.stopped {
            Some(why) => self.line(format_args!("    {stopped}{}{stopped:#}", text::safe(why))),
            None if step.changed.is_empty() => self.line(format_args!("    {faint}changes nothing{faint:#}")),
            None => {}
        }
    }

    /// Which step, and for what it ran: within a `for_each` what is at hand, behind a `split` which part.
    fn title(step: &StepTrace) -> String {
        let at_hand = step.at_hand.map_or(String::new(), |place| format!(" at {place}"));
        let part: Vec<String> = step.part.iter().map(usize::to_string).collect();
        let part = if part.is_empty() {
            String::new()
        } else {
            format!(", part {}", part.join("."))
        };
        format!("{}{at_hand}{part}", text::safe(&step.title))
    }

    fn change(&mut self, change: &Change) {
        let faint = self.look.faint;
        let name = self.traced.name(&change.place);
        let place = if name.is_empty() {
            change.place.to_string()
        } else {
            format!("{}  {faint}{name}{faint:#}", change.place)
        };
        let (before, after) = (change.before.as_deref(), change.after.as_deref());
        let is_field = matches!(change.place, Target::Field(_));
        let (was, is) = (Self::shown(before), Self::shown(after));
        if is_field && was.chars().count() + is.chars().count() <= CHANGE_CHARS_MAX {
            return self.line(format_args!("    {place}  {was} → {is}"));
        }
        self.line(format_args!("    {place}"));
        for (sign, value) in [('-', before), ('+', after)] {
            // Segments stand one a line.
            for part in value.into_iter().flat_map(|value| value.split('\r')) {
                let shown = Self::shown(Some(part));
                self.line(format_args!("      {sign} {shown}"));
            }
        }
    }

    /// What stood at a place, or stands there now.
    fn shown(value: Option<&str>) -> String {
        let value = match value {
            None => return "absent".to_owned(),
            Some("") => return "empty".to_owned(),
            Some(value) => text::safe(value),
        };
        match value.char_indices().nth(VALUE_CHARS_MAX) {
            Some((end, _)) => {
                let beginning = value.get(..end).unwrap_or_default();
                format!("{beginning}… ({} characters)", value.chars().count())
            }
            None => value,
        }
    }

    fn end(&mut self) {
        let Look { outcome, stopped, .. } = *self.look;
        for miss in self.traced.misses().into_iter().flat_map(Misses::iter) {
            let code = match &miss.code {
                Some(code) => format!("`{}`", text::safe(code)),
                None => "others".to_owned(),
            };
            let times = text::count(usize::try_from(miss.count).unwrap_or(usize::MAX), "time");
            self.line(format_args!(
                "  {stopped}not in table `{}`: {code}, {times}{stopped:#}",
                miss.table
            ));
        }
        for tag in self.traced.tags() {
            self.line(format_args!("  tag {} = {}", tag.name, text::safe(&tag.value)));
        }
        match self.traced.outcome {
            Outcome::NotMine => self.line(format_args!("{outcome}not the route's{outcome:#}")),
            Outcome::Filtered { reason, .. } => {
                self.line(format_args!(
                    "{outcome}filtered{outcome:#}: {}",
                    text::safe(reason)
                ));
            }
            Outcome::Rejected { refusal, .. } => self.refusal(refusal),
            Outcome::Failed { failure, .. } => self.failure(failure),
            Outcome::Deliver {
                outputs, failures, ..
            } => {
                for output in outputs {
                    self.output(output);
                }
                for failure in failures {
                    self.failure(failure);
                }
            }
        }
    }

    fn failure(&mut self, Failure { reason, to }: &Failure) {
        let stopped = self.look.stopped;
        let (to, reason) = (to.join(", "), text::safe(reason));
        self.line(format_args!(
            "{stopped}failed, a dead letter for {to}{stopped:#}: {reason}"
        ));
    }

    fn refusal(&mut self, refusal: &Refusal) {
        let stopped = self.look.stopped;
        self.line(format_args!(
            "{stopped}rejected with {}{stopped:#}",
            refusal.code.as_str()
        ));
        for fault in &refusal.faults {
            let place = fault.location.map_or(String::new(), |place| format!("{place}: "));
            let (code, told) = (fault.code.number(), text::safe(&fault.text));
            self.line(format_args!("  {place}{told} ({code})"));
        }
    }

    fn output(&mut self, output: &Output) {
        let Look { outcome, .. } = *self.look;
        self.line(format_args!("{outcome}to {}{outcome:#}", output.to.join(", ")));
        for segment in output.message.segments() {
            let segment = Self::shown(Some(&output.message.characters(segment.raw())));
            self.line(format_args!("  {segment}"));
        }
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        writeln!(self.out, "{line}").expect("a string takes whatever is written to it");
    }
}
