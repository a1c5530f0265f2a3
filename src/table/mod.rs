//! Code tables: a code on the left, what it becomes on the right, in one column or several.
//!
//! Written in the site, in place or as a CSV file ([`Settings`]), or given from outside ([`Table::give`]); read by the step `translate`, by `lookup` in
//! expressions and by scripts. Codes are compared exactly, letter case included.
//! Knows no message and opens no file; a code that is not there is reported by who asked, never logged.

mod csv;
#[cfg(test)]
mod tests;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, PoisonError, RwLock};

use thiserror::Error;

pub use csv::{FILE_BYTES_MAX, Settings, give_sample};

/// The tables of a site, by name.
pub type Tables = BTreeMap<Arc<str>, Arc<Table>>;

/// What the one column of a table written in place is called.
const INLINE_COLUMN: &str = "value";

/// A table with its name.
pub struct Table {
    name: Arc<str>,
    columns: Vec<String>,
    /// The column that is meant where none is named.
    default: Option<usize>,
    content: Content,
}

/// Where the rows are.
enum Content {
    /// They are those of the site, as long as it runs.
    Fixed(Rows),
    /// They are given from outside, and may be given anew while messages are at work.
    Given(RwLock<Rows>),
}

/// The rows of a table.
#[derive(Default, Clone)]
struct Rows {
    /// The number of each code's row.
    numbers: HashMap<Box<str>, usize>,
    /// Row after row, each as long as there are columns.
    cells: Vec<Option<Box<str>>>,
}

/// Why rows are no table. Rows are counted from 1.
#[derive(Debug, Error, Clone, Copy, PartialEq, Eq)]
pub enum RowsError {
    /// The cell of the column that holds the codes is empty.
    #[error("row {0} has no code")]
    NoCode(usize),
    /// Two rows have the same code.
    #[error("row {0} has a code that a row before it has")]
    CodeTwice(usize),
    /// More cells, or fewer, than there are columns.
    #[error("row {0} has not one cell for each column")]
    Uneven(usize),
}

impl Table {
    /// A table of one column, as written in place; of a code given twice the first counts.
    pub fn new(name: Arc<str>, codes: impl IntoIterator<Item = (String, String)>) -> Table {
        let mut table = Table::empty(name, vec![INLINE_COLUMN.to_owned()], Some(0));
        for (code, value) in codes {
            if !table.has(&code) {
                table.add(&code, [Some(value.into())]);
            }
        }
        table
    }

    /// A table without rows, which are [given](Table::give) to it; `default` is the number of the column that is
    /// meant where none is named.
    pub fn of_columns(name: Arc<str>, columns: Vec<String>, default: Option<usize>) -> Table {
        Table {
            content: Content::Given(RwLock::default()),
            ..Table::empty(name, columns, default)
        }
    }

    /// Puts these rows in the place of those that were given before; `key` is the number of the column that holds
    /// the codes. Does nothing to a table that stands in the site.
    ///
    /// # Errors
    /// When they are no table; then those that were given before stay.
    pub fn give(&self, key: usize, rows: &[Vec<Option<String>>]) -> Result<(), RowsError> {
        let mut new = Rows::default();
        for (index, cells) in rows.iter().enumerate() {
            let number = index + 1;
            if cells.len() != self.columns.len() {
                return Err(RowsError::Uneven(number));
            }
            let code = cells.get(key).and_then(Option::as_deref).unwrap_or_default();
            if code.is_empty() {
                return Err(RowsError::NoCode(number));
            }
            if new.numbers.contains_key(code) {
                return Err(RowsError::CodeTwice(number));
            }
            let is_something = |cell: &&str| !cell.is_empty();
            let cells = cells
                .iter()
                .map(|cell| cell.as_deref().filter(is_something).map(Into::into));
            new.add(code, cells);
        }
        if let Content::Given(rows) = &self.content {
            *rows.write().unwrap_or_else(PoisonError::into_inner) = new;
        }
        Ok(())
    }

    /// Stands for a table that could not be read and was told: its name is known, its columns are not.
    pub fn wrong(name: Arc<str>) -> Table {
        Table::empty(name, Vec::new(), None)
    }

    /// Whether the table could not be read, so that nothing can be said about its columns.
    pub fn is_wrong(&self) -> bool {
        self.columns.is_empty()
    }

    /// Gives this table the rows that the other was given, which has the same columns.
    pub fn give_those_of(&self, other: &Table) {
        if let (Content::Given(rows), Content::Given(others)) = (&self.content, &other.content) {
            let others = others.read().unwrap_or_else(PoisonError::into_inner).clone();
            *rows.write().unwrap_or_else(PoisonError::into_inner) = others;
        }
    }

    fn empty(name: Arc<str>, columns: Vec<String>, default: Option<usize>) -> Table {
        Table {
            name,
            columns,
            default,
            content: Content::Fixed(Rows::default()),
        }
    }

    /// Adds a row to a table that stands in the site: as many cells as there are columns.
    fn add(&mut self, code: &str, cells: impl IntoIterator<Item = Option<Box<str>>>) {
        if let Content::Fixed(rows) = &mut self.content {
            rows.add(code, cells);
        }
    }

    /// Whether there is a row of this code, whatever stands in it.
    pub fn has(&self, code: &str) -> bool {
        self.row(code).is_some()
    }

    /// The number of a code's row.
    fn row(&self, code: &str) -> Option<usize> {
        match &self.content {
            Content::Fixed(rows) => rows.numbers.get(code).copied(),
            Content::Given(rows) => {
                let rows = rows.read().unwrap_or_else(PoisonError::into_inner);
                rows.numbers.get(code).copied()
            }
        }
    }

    /// How many rows there are.
    pub fn len(&self) -> usize {
        match &self.content {
            Content::Fixed(rows) => rows.numbers.len(),
            Content::Given(rows) => rows.read().unwrap_or_else(PoisonError::into_inner).numbers.len(),
        }
    }

    /// Whether there is no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The name in the site.
    pub fn name(&self) -> &Arc<str> {
        &self.name
    }

    /// The columns by name; a table written in place has one, `value`.
    pub fn columns(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .map(String::as_str)
            .filter(|name| !name.is_empty())
    }

    /// The number of the column of this name, for [`Table::cell`].
    pub fn column(&self, name: &str) -> Option<usize> {
        if name.is_empty() {
            return None;
        }
        self.columns.iter().position(|column| column == name)
    }

    /// The number of the column that is meant where none is named; `None` if it must be named.
    pub fn default_column(&self) -> Option<usize> {
        self.default
    }

    /// What a code has in the column of this number; `None` for an unknown code and for an empty cell.
    pub fn cell(&self, code: &str, column: usize) -> Option<Cow<'_, str>> {
        let width = self.columns.len();
        match &self.content {
            Content::Fixed(rows) => rows.cell(code, column, width).map(Cow::Borrowed),
            Content::Given(rows) => {
                let rows = rows.read().unwrap_or_else(PoisonError::into_inner);
                rows.cell(code, column, width)
                    .map(|cell| Cow::Owned(cell.to_owned()))
            }
        }
    }

    /// What a code has in the column of this name.
    pub fn lookup(&self, code: &str, column: &str) -> Option<Cow<'_, str>> {
        self.cell(code, self.column(column)?)
    }

    /// What a code becomes: its value in the column that is meant where none is named.
    pub fn get(&self, code: &str) -> Option<Cow<'_, str>> {
        self.cell(code, self.default?)
    }
}

impl Rows {
    fn add(&mut self, code: &str, cells: impl IntoIterator<Item = Option<Box<str>>>) {
        self.numbers.insert(code.into(), self.numbers.len());
        self.cells.extend(cells);
    }

    fn cell(&self, code: &str, column: usize, width: usize) -> Option<&str> {
        let row = self.numbers.get(code)?;
        if column >= width {
            return None;
        }
        self.cells.get(row * width + column)?.as_deref()
    }
}

impl std::fmt::Debug for Table {
    /// Prints the name and the size: a table may be long.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Table")
            .field("name", &self.name)
            .field("columns", &self.columns)
            .field("rows", &self.len())
            .finish_non_exhaustive()
    }
}
