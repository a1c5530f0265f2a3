//! A table from a CSV file: the first row names the columns, one of which holds the codes.
//!
//! Given the text of the file by whoever loads the site; every problem is told with its line and column.
//! Blanks around a cell are not part of it, and a row without any value is none.

use std::ops::Range;
use std::sync::Arc;

use csv::{ReaderBuilder, StringRecord, Trim};
use schemars::JsonSchema;
use serde::Deserialize;

use super::Table;
use crate::problem::{Place, Problem, ProblemName, Problems, Region, Source};
use crate::typed::Text;

/// The largest CSV file read: all of LOINC with a name to each code fits.
pub const FILE_BYTES_MAX: usize = 16 << 20;
/// The most cells of one table, names of columns included.
const CELLS_MAX: usize = 2_000_000;
/// The most columns of one table.
const COLUMNS_MAX: usize = 100;
/// More wrong rows of one file are counted: nobody corrects them one by one.
const WRONG_ROWS_MAX: usize = 20;

/// What was typed for a table from a file.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Settings {
    /// The CSV file, relative to the folder of the site and below it. UTF-8; its first row names the columns.
    pub file: Text,
    /// The column that holds the codes.
    pub key: Text,
    /// The column with what a code becomes, where a step or `lookup` names none. Without it: the other column, if
    /// there is just one.
    #[serde(default)]
    pub value: Option<Text>,
    /// What separates the cells: one character, or `tab`.
    #[serde(default)]
    pub delimiter: Option<Text>,
}

impl Settings {
    /// Finds what is wrong with these settings and the file; a table only if nothing is.
    ///
    /// `place` is the table in the site, `source` the text of the file.
    pub fn check(
        &self,
        name: Arc<str>,
        place: &Place<'_>,
        source: &Source,
        problems: &mut Problems,
    ) -> Option<Table> {
        let delimiter = self.delimiter(place, problems)?;
        let errors_before = problems.error_count();
        let mut rows = Rows::new(source, delimiter);
        let Some(header) = rows.next() else {
            let message = format!(
                "{}: the file is empty; its first row names the columns",
                source.name
            );
            problems.push(Problem::error(ProblemName::BadTable, message).at(&place.key("file")));
            return None;
        };
        header_faults(&header, source, problems);
        let columns: Vec<String> = header.cells.iter().map(str::to_owned).collect();
        let key = self.column(&self.key, "key", &columns, &header, place, source, problems);
        let default = match &self.value {
            Some(value) => self.column(value, "value", &columns, &header, place, source, problems),
            None => only_other(&columns, key),
        };
        if problems.error_count() > errors_before {
            return None;
        }
        let mut reading = Reading {
            table: Table::empty(name, columns, default),
            places: Vec::new(),
            source,
            key: key?,
            wrong: 0,
            problems,
        };
        for row in rows {
            if !reading.take(&row) {
                break;
            }
        }
        let table = reading.finish();
        (problems.error_count() == errors_before).then_some(table)
    }

    fn delimiter(&self, place: &Place<'_>, problems: &mut Problems) -> Option<u8> {
        match self.delimiter.as_ref().map_or(",", |Text(text)| text) {
            "tab" | "\t" => Some(b'\t'),
            text => match text.as_bytes() {
                [byte] if byte.is_ascii_graphic() && !byte.is_ascii_alphanumeric() && *byte != b'"' => {
                    Some(*byte)
                }
                _ => {
                    let message = "expected one character as `,`, `;` or `|`, or the word `tab`";
                    let problem = Problem::error(ProblemName::InvalidValue, message);
                    problems.push(problem.at(&place.key("delimiter")));
                    None
                }
            },
        }
    }

    /// The number of a column that a setting names.
    #[expect(
        clippy::too_many_arguments,
        reason = "the problem names both files, the setting and the columns"
    )]
    fn column(
        &self,
        Text(name): &Text,
        setting: &str,
        columns: &[String],
        header: &Row<'_>,
        place: &Place<'_>,
        source: &Source,
        problems: &mut Problems,
    ) -> Option<usize> {
        let found = columns
            .iter()
            .position(|column| column == name && !name.is_empty());
        if found.is_none() {
            let known: Vec<&str> = columns.iter().map(String::as_str).collect();
            let message = format!("the file has no column `{name}`");
            let other = [';', '\t', '|', ',']
                .into_iter()
                .find(|other| matches!(columns, [only] if only.contains(*other)) && self.delimiter.is_none());
            let help = match other {
                Some('\t') => "the columns are separated by tabs: add `delimiter: tab`".to_owned(),
                Some(other) => {
                    format!("the columns are separated by `{other}`: add `delimiter: \"{other}\"`")
                }
                None => format!("its columns are `{}`", known.join("`, `")),
            };
            let mut problem = Problem::error(ProblemName::UnknownColumn, message)
                .at(&place.key(setting))
                .nearest(name, known)
                .help(help);
            let region = Region {
                source: source.id,
                bytes: header.bytes.clone(),
            };
            problem.related = Some((region, "the names of the columns".to_owned()));
            problems.push(problem);
        }
        found
    }
}

/// Gives a table the rows of a CSV file that has its columns, in its order.
pub fn give_sample(table: &Table, key: usize, source: &Source, place: &Place<'_>, problems: &mut Problems) {
    let mut rows = Rows::new(source, b',');
    let header = rows.next();
    let is_same = header.is_some_and(|header| header.cells.iter().eq(table.columns()));
    if !is_same {
        let columns: Vec<&str> = table.columns().collect();
        let message = format!("the first row of {} is not that of the table", source.name);
        let problem = Problem::error(ProblemName::BadTable, message).at(place);
        problems.push(problem.help(format!("expected `{}`", columns.join(","))));
        return;
    }
    let cells = |row: Row<'_>| row.cells.iter().map(|cell| Some(cell.to_owned())).collect();
    let rows: Vec<Vec<Option<String>>> = rows.map(cells).collect();
    if let Err(error) = table.give(key, &rows) {
        let message = format!("{}: {error}", source.name);
        problems.push(Problem::error(ProblemName::BadTable, message).at(place));
    }
}

/// The one column beside the key.
fn only_other(columns: &[String], key: Option<usize>) -> Option<usize> {
    let mut others = columns
        .iter()
        .enumerate()
        .filter(|(index, name)| Some(*index) != key && !name.is_empty())
        .map(|(index, _)| index);
    let other = others.next()?;
    others.next().is_none().then_some(other)
}

/// Columns of the same name, and too many of them.
fn header_faults(header: &Row<'_>, source: &Source, problems: &mut Problems) {
    for (index, name) in header.cells.iter().enumerate() {
        let earlier = header
            .cells
            .iter()
            .take(index)
            .position(|earlier| earlier == name);
        if let Some(earlier) = earlier.filter(|_| !name.is_empty()) {
            let problem = Problem::error(ProblemName::BadTable, format!("two columns are called `{name}`"))
                .at_bytes(source.id, header.cell_bytes(index));
            problems.push(with_first(problem, source, header.cell_bytes(earlier)));
        }
    }
    if header.cells.len() > COLUMNS_MAX {
        let message = format!("more than {COLUMNS_MAX} columns in one table");
        problems.push(
            Problem::error(ProblemName::SiteTooLarge, message).at_bytes(source.id, header.bytes.clone()),
        );
    }
}

fn with_first(problem: Problem, source: &Source, bytes: Range<usize>) -> Problem {
    let region = Region {
        source: source.id,
        bytes,
    };
    Problem {
        related: Some((region, "the first".to_owned())),
        ..problem
    }
}

/// A table while its rows are read.
struct Reading<'a> {
    table: Table,
    /// Where the code of each row stands.
    places: Vec<Range<usize>>,
    source: &'a Source,
    key: usize,
    wrong: usize,
    problems: &'a mut Problems,
}

impl Reading<'_> {
    /// Takes a row; whether there is room for another.
    fn take(&mut self, row: &Row<'_>) -> bool {
        let columns = self.table.columns.len();
        if row.cells.iter().all(str::is_empty) {
            return true;
        }
        if (self.table.len() + 2) * columns > CELLS_MAX {
            let message = format!("more than {CELLS_MAX} cells in one table");
            let problem = Problem::error(ProblemName::SiteTooLarge, message);
            self.problems
                .push(problem.at_bytes(self.source.id, row.bytes.clone()));
            return false;
        }
        let code = row.cells.get(self.key).unwrap_or_default();
        if let Some(index) = row.cells.iter().position(|cell| cell.contains(['\n', '\r'])) {
            let problem = Problem::error(ProblemName::BadTable, "a cell goes over several lines");
            self.tell(
                problem.help("close its quote: `\"` begins and ends a quoted cell"),
                row,
                index,
            );
        } else if row.cells.len() != columns {
            let message = format!(
                "expected {columns} cells, as there are columns, and found {}",
                row.cells.len()
            );
            let problem = Problem::error(ProblemName::BadTable, message);
            self.tell(
                problem.help("put a cell that holds the delimiter in double quotes"),
                row,
                columns,
            );
        } else if code.is_empty() {
            self.tell(
                Problem::error(ProblemName::BadTable, "the row has no code"),
                row,
                self.key,
            );
        } else if let Some(first) = self.table.row(code) {
            let first = self.places.get(first).cloned().unwrap_or_default();
            let message = format!("the code `{code}` is given twice in this table");
            let problem = Problem::error(ProblemName::DuplicateCode, message).label("given again here");
            self.tell(with_first(problem, self.source, first), row, self.key);
        } else {
            self.places.push(row.cell_bytes(self.key));
            let cells = row
                .cells
                .iter()
                .map(|cell| (!cell.is_empty()).then(|| cell.into()));
            self.table.add(code, cells);
        }
        true
    }

    fn tell(&mut self, problem: Problem, row: &Row<'_>, cell: usize) {
        self.wrong += 1;
        if self.wrong <= WRONG_ROWS_MAX {
            self.problems
                .push(problem.at_bytes(self.source.id, row.cell_bytes(cell)));
        }
    }

    fn finish(self) -> Table {
        if self.wrong > WRONG_ROWS_MAX {
            let count = self.wrong - WRONG_ROWS_MAX;
            let message = format!("{}: {count} more rows are wrong", self.source.name);
            self.problems.push(Problem::error(ProblemName::BadTable, message));
        }
        self.table
    }
}

/// A row, and where it stands.
struct Row<'a> {
    cells: StringRecord,
    bytes: Range<usize>,
    text: &'a str,
    delimiter: u8,
}

impl Row<'_> {
    /// Where a cell stands; the end of the row if it has fewer.
    fn cell_bytes(&self, index: usize) -> Range<usize> {
        let row = self.text.get(self.bytes.clone()).unwrap_or_default();
        let mut is_quoted = false;
        let (mut start, mut number) = (0, 0);
        for (at, byte) in row.bytes().enumerate() {
            if byte == b'"' {
                is_quoted = !is_quoted;
            } else if byte == self.delimiter && !is_quoted {
                if number == index {
                    return self.bytes.start + start..self.bytes.start + at;
                }
                number += 1;
                start = at + 1;
            }
        }
        let start = if number == index { start } else { row.len() };
        self.bytes.start + start..self.bytes.end
    }
}

/// The rows of a text, the first with the names of the columns.
struct Rows<'a> {
    reader: csv::Reader<&'a [u8]>,
    text: &'a str,
    delimiter: u8,
}

impl<'a> Rows<'a> {
    fn new(source: &'a Source, delimiter: u8) -> Rows<'a> {
        let reader = ReaderBuilder::new()
            .delimiter(delimiter)
            .has_headers(false)
            .flexible(true)
            .trim(Trim::All)
            .from_reader(source.text.as_bytes());
        Rows {
            reader,
            text: &source.text,
            delimiter,
        }
    }
}

impl<'a> Iterator for Rows<'a> {
    type Item = Row<'a>;

    fn next(&mut self) -> Option<Row<'a>> {
        let mut cells = StringRecord::new();
        let is_read = self.reader.read_record(&mut cells);
        if !is_read.expect("UTF-8 text in memory can be read, and rows may be of any length") {
            return None;
        }
        let place = |byte: u64| usize::try_from(byte).unwrap_or(self.text.len());
        let start = cells.position().map_or(0, |position| place(position.byte()));
        let end = place(self.reader.position().byte());
        // The reader counts the end of the line before to this row.
        let raw = self.text.get(start..end).unwrap_or_default();
        let start = start + (raw.len() - raw.trim_start_matches(['\r', '\n']).len());
        let end = start
            + self
                .text
                .get(start..end)
                .unwrap_or_default()
                .trim_end_matches(['\r', '\n'])
                .len();
        Some(Row {
            cells,
            bytes: start..end,
            text: self.text,
            delimiter: self.delimiter,
        })
    }
}
