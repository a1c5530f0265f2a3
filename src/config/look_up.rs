//! A table whose rows are read from a database: what is written of it, and the table as routes know it.
//!
//! Asks no database: routes are checked against the columns that the site names, and cases see the sample that lies
//! beside it. Who runs the site reads the rows and gives them to the table.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::destination::sql::LookUp;
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::table::{self, Table};
use crate::typed::Text;

use super::companion::Companions;
use super::piece::AsTyped;
use super::{piece, security, yaml};

/// The most columns of one table.
const COLUMNS_MAX: usize = 100;

/// What was typed for a table from a database.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// The database, and the query that gives the rows.
    sql: LookUp,
    /// The columns that the query gives, by name.
    columns: Vec<Text>,
    /// The column that holds the codes.
    key: Text,
    /// The column with what a code becomes, where a step or `lookup` names none. Without it: the other column, if
    /// there is just one.
    #[serde(default)]
    value: Option<Text>,
    /// A CSV file with the same columns in the same order, for `weir test` and `weir trace`, which ask no database.
    #[serde(default)]
    sample: Option<Text>,
}

/// A table that is given its rows by a database.
#[derive(Debug, Clone)]
pub struct LookUpTable {
    /// The table, which routes know too.
    pub table: Arc<Table>,
    /// What is known of its rows.
    pub source: RowSource,
}

/// Where rows come from.
#[derive(Debug, Clone)]
pub struct RowSource {
    /// The database and its query.
    pub look_up: LookUp,
    /// The columns, in the order of the table's.
    pub columns: Vec<String>,
    /// The number of the column that holds the codes.
    pub key: usize,
    /// The same as it was typed.
    pub typed: AsTyped,
}

/// Whether a table says what database it is read from instead of listing its codes.
pub(super) fn is_one(place: &Place<'_>) -> bool {
    let entries = place.node().entries();
    entries
        .iter()
        .any(|entry| entry.key == "sql" && !entry.value.entries().is_empty())
}

/// The table with the rows of its sample, and where its own come from.
pub(super) fn read(
    name: &Arc<str>,
    place: &Place<'_>,
    companions: &mut Companions<'_>,
    problems: &mut Problems,
) -> Option<(Table, RowSource)> {
    let value = yaml::value(place.node());
    let typed = AsTyped::whole(&value);
    let mut settings: Settings = piece::read(place, value, problems)?;
    settings.sql.resolve(companions.folder());
    security::check_database(
        &settings.sql.tls,
        settings.sql.plaintext,
        &place.key("sql"),
        problems,
    );
    let columns: Vec<String> = settings.columns.iter().map(|Text(name)| name.clone()).collect();
    let errors_before = problems.error_count();
    check_columns(&columns, &place.key("columns"), problems);
    let key = column(&settings.key, &columns, &place.key("key"), problems);
    let default = match &settings.value {
        Some(value) => column(value, &columns, &place.key("value"), problems),
        None => key.filter(|_| columns.len() == 2).map(|key| 1 - key),
    };
    let key = key.filter(|_| problems.error_count() == errors_before)?;
    let table = Table::of_columns(Arc::clone(name), columns.clone(), default);
    if let Some(Text(file)) = &settings.sample {
        let at = place.key("sample");
        let source = companions.read(file, &at, table::FILE_BYTES_MAX, problems)?;
        table::give_sample(&table, key, &source, &at, problems);
    }
    let source = RowSource {
        look_up: settings.sql,
        columns,
        key,
        typed,
    };
    Some((table, source))
}

fn check_columns(columns: &[String], place: &Place<'_>, problems: &mut Problems) {
    if columns.len() > COLUMNS_MAX {
        let message = format!("more than {COLUMNS_MAX} columns in one table");
        problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(place));
    }
    for (index, name) in columns.iter().enumerate() {
        let is_twice = columns.iter().take(index).any(|earlier| earlier == name);
        if name.is_empty() || is_twice {
            let message = if is_twice {
                format!("two columns are called `{name}`")
            } else {
                "a column has no name".to_owned()
            };
            problems.push(Problem::error(ProblemName::BadTable, message).at(&place.index(index)));
        }
    }
}

/// The number of a column that a setting names.
fn column(
    Text(name): &Text,
    columns: &[String],
    place: &Place<'_>,
    problems: &mut Problems,
) -> Option<usize> {
    let found = columns.iter().position(|column| column == name);
    if found.is_none() {
        let message = format!("`columns` has no `{name}`");
        let problem = Problem::error(ProblemName::UnknownColumn, message).at(place);
        problems.push(problem.nearest(name, columns.iter().map(String::as_str)));
    }
    found
}
