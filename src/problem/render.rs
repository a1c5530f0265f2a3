//! Problems as text: the line of the file, a caret under the very word, the nearest right word, what to do.
//!
//! Colors only when asked for. Writes into a string; never prints.

use std::fmt;

use codespan_reporting::diagnostic::{Diagnostic, Label};
use codespan_reporting::files::SimpleFiles;
use codespan_reporting::term::termcolor::{Buffer, ColorSpec};
use codespan_reporting::term::{Config, DisplayStyle, Styles, StylesWriter, emit_to_write_style};

use super::{Location, Problem, Problems, Region, Severity};

impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}:{}:{}", self.file, self.line, self.column)
    }
}

impl Problems {
    /// All problems as text, in the order of files and lines, and a last line that counts those left off.
    pub fn render(&self, color: bool) -> String {
        let mut files = SimpleFiles::new();
        for source in &self.sources {
            files.add(source.name.as_str(), source.text.as_str());
        }
        let mut buffer = if color { Buffer::ansi() } else { Buffer::no_color() };
        let styles = styles();
        for problem in self.iter() {
            let mut writer = StylesWriter::new(&mut buffer, &styles);
            let display_style = if self.has_long_line(problem) {
                DisplayStyle::Medium
            } else {
                DisplayStyle::Rich
            };
            let config = Config {
                display_style,
                ..Config::default()
            };
            emit_to_write_style(&mut writer, &config, &files, &diagnostic(problem))
                .expect("memory can be written to, and every region lies in its source");
        }
        let mut text = String::from_utf8_lossy(buffer.as_slice()).into_owned();
        if self.left_off > 0 {
            text = format!("{text}and {} more\n", self.left_off);
        }
        text
    }

    /// Whether the line to be shown is no line a person wrote; then only its place is shown.
    fn has_long_line(&self, problem: &Problem) -> bool {
        const SHOWN_LINE_BYTES_MAX: usize = 400;
        let regions = problem
            .region
            .iter()
            .chain(problem.related.iter().map(|(region, _)| region));
        regions.into_iter().any(|Region { source, bytes }| {
            let text = self
                .sources
                .get(*source)
                .map_or("", |source| source.text.as_str());
            let (before, after) = text.split_at_checked(bytes.start).unwrap_or_default();
            let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
            let line_end = bytes.start + after.find('\n').unwrap_or(after.len());
            line_end - line_start > SHOWN_LINE_BYTES_MAX
        })
    }

    /// Where a problem stands, for programs; `None` when it is about the folder as a whole.
    pub fn location(&self, problem: &Problem) -> Option<Location> {
        let region = problem.region.as_ref()?;
        let source = self.sources.get(region.source)?;
        Some(source.location(region.bytes.start))
    }
}

fn diagnostic(problem: &Problem) -> Diagnostic<usize> {
    let start = match problem.severity {
        Severity::Error => Diagnostic::error(),
        Severity::Warning => Diagnostic::warning(),
    };
    let primary = problem.region.as_ref().map(|region| {
        let Region { source, bytes } = region.clone();
        Label::primary(source, bytes).with_message(&problem.label)
    });
    let related = problem.related.as_ref().map(|(region, label)| {
        let Region { source, bytes } = region.clone();
        Label::secondary(source, bytes).with_message(label)
    });
    start
        .with_code(problem.name.as_str())
        .with_message(&problem.message)
        .with_labels_iter(primary.into_iter().chain(related))
        .with_notes_iter(problem.help.iter().map(|help| format!("help: {help}")))
}

/// The default colors without blue on black, which nobody can read.
fn styles() -> Styles {
    let mut styles = Styles::default();
    let mut border = ColorSpec::new();
    border.set_dimmed(true);
    styles.source_border = border.clone();
    styles.line_number = border;
    styles
}
