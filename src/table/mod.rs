//! Code tables: a code on the left, what it becomes on the right, in one column or several.
//!
//! Written in the site, in place or as a CSV file ([`Settings`]); read by the step `translate`, by `lookup` in
//! expressions and by scripts. Codes are compared exactly, letter case included.
//! Knows no message and opens no file; a code that is not there is reported by who asked, never logged.

mod csv;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

pub use csv::{FILE_BYTES_MAX, Settings};

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
    /// The number of each code's row.
    rows: HashMap<Box<str>, usize>,
    /// Row after row, each as long as there are columns.
    cells: Vec<Option<Box<str>>>,
}

impl Table {
    /// A table of one column, as written in place; of a code given twice the first counts.
    pub fn new(name: Arc<str>, codes: impl IntoIterator<Item = (String, String)>) -> Table {
        let mut table = Table::empty(name, vec![INLINE_COLUMN.to_owned()], Some(0));
        for (code, value) in codes {
            if !table.rows.contains_key(code.as_str()) {
                table.add(&code, [Some(value.into())]);
            }
        }
        table
    }

    /// Stands for a table that could not be read and was told: its name is known, its columns are not.
    pub fn wrong(name: Arc<str>) -> Table {
        Table::empty(name, Vec::new(), None)
    }

    /// Whether the table could not be read, so that nothing can be said about its columns.
    pub fn is_wrong(&self) -> bool {
        self.columns.is_empty()
    }

    fn empty(name: Arc<str>, columns: Vec<String>, default: Option<usize>) -> Table {
        Table {
            name,
            columns,
            default,
            rows: HashMap::new(),
            cells: Vec::new(),
        }
    }

    /// Adds a row: as many cells as there are columns.
    fn add(&mut self, code: &str, cells: impl IntoIterator<Item = Option<Box<str>>>) {
        self.rows.insert(code.into(), self.rows.len());
        self.cells.extend(cells);
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
    pub fn cell(&self, code: &str, column: usize) -> Option<&str> {
        let row = self.rows.get(code)?;
        if column >= self.columns.len() {
            return None;
        }
        self.cells.get(row * self.columns.len() + column)?.as_deref()
    }

    /// What a code has in the column of this name.
    pub fn lookup(&self, code: &str, column: &str) -> Option<&str> {
        self.cell(code, self.column(column)?)
    }

    /// What a code becomes: its value in the column that is meant where none is named.
    pub fn get(&self, code: &str) -> Option<&str> {
        self.cell(code, self.default?)
    }
}

impl std::fmt::Debug for Table {
    /// Prints the name and the size: a table may be long.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Table")
            .field("name", &self.name)
            .field("columns", &self.columns)
            .field("rows", &self.rows.len())
            .finish_non_exhaustive()
    }
}
