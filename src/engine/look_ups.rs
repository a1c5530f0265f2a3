//! Tables that a database gives: their rows are read before the first message is routed, and anew now and then.
//!
//! What was read last is kept in the data folder. Where the database is away at the start, or in a reload that brings
//! a new query, that copy is used; without one nothing starts, since every code would be missed. Later a failure
//! leaves the rows as they are: it is counted and told, and no message waits for it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use futures_util::future::join_all;
use metrics::{counter, gauge};
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::task::{JoinSet, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use tracing::{info, warn};

use crate::audit::Nodes;
use crate::config::{LookUpTable, RowSource};
use crate::destination::sql::Rows;
use crate::{clock, durable, metrics as names};

/// The format of a copy.
const VERSION: u32 = 1;

/// The tables of a site that a database gives, by name.
type Tables = BTreeMap<Arc<str>, LookUpTable>;

/// Why a table has no rows.
#[derive(Debug)]
pub(super) struct NoRows {
    pub(super) table: Arc<str>,
    pub(super) reason: String,
}

/// Keeps the tables of the site that runs filled.
pub(super) struct LookUps {
    place: Place,
    tables: watch::Sender<Tables>,
    /// Ends when it is dropped.
    _refreshing: JoinSet<()>,
}

/// Where it is kept what was read, and where it is written down whom weir does not trust, or who does not trust weir.
#[derive(Clone)]
struct Place {
    data: PathBuf,
    nodes: Nodes,
}

impl LookUps {
    /// None yet; what is read is kept in this folder.
    pub(super) fn new(data: &Path, nodes: Nodes) -> LookUps {
        let tables = watch::Sender::new(Tables::new());
        let mut refreshing = JoinSet::new();
        let place = Place {
            data: data.to_owned(),
            nodes,
        };
        refreshing.spawn(refresh(place.clone(), tables.subscribe()));
        LookUps {
            place,
            tables,
            _refreshing: refreshing,
        }
    }

    /// Gives rows to the tables of a site that is about to run: those that the site before had by the same query, or
    /// new ones.
    pub(super) async fn fill(&self, tables: &Tables) -> Result<(), Vec<NoRows>> {
        let before = self.tables.borrow().clone();
        let filling = tables.iter().map(async |(name, new)| match before.get(name) {
            Some(old) if old.source.typed == new.source.typed => {
                new.table.give_those_of(&old.table);
                Ok(())
            }
            Some(_) | None => fill_first(name, new, &self.place).await,
        });
        let failures: Vec<NoRows> = join_all(filling)
            .await
            .into_iter()
            .filter_map(Result::err)
            .collect();
        if failures.is_empty() {
            Ok(())
        } else {
            Err(failures)
        }
    }

    /// Refreshes these tables from now on.
    pub(super) fn keep(&self, tables: &Tables) {
        self.tables.send_replace(tables.clone());
    }
}

async fn fill_first(name: &Arc<str>, table: &LookUpTable, place: &Place) -> Result<(), NoRows> {
    let Err(reason) = read_anew(name, table, place).await else {
        return Ok(());
    };
    let path = path(name, &place.data);
    let identity = table.source.look_up.identity(&table.source.columns);
    let copy = spawn_blocking(move || read_copy(&path, &identity)).await;
    let copy = copy.ok().flatten();
    let given = copy.is_some_and(|copy| {
        let is_given = table.table.give(table.source.key, &copy.rows).is_ok();
        if is_given {
            warn!(table = %name, reason, read_at = copy.read_at, "not read: the copy of what was read last is used");
        }
        is_given
    });
    if given {
        return Ok(());
    }
    Err(NoRows {
        table: Arc::clone(name),
        reason: format!("{reason}; and there is no copy of rows that were read before"),
    })
}

/// Reads the rows of each table again when it is time, until nobody wants it any more.
async fn refresh(place: Place, mut tables: watch::Receiver<Tables>) {
    let mut due: BTreeMap<Arc<str>, Instant> = BTreeMap::new();
    loop {
        let now = Instant::now();
        let current = tables.borrow_and_update().clone();
        due.retain(|name, _| current.contains_key(name));
        for (name, table) in &current {
            let at = now + table.source.look_up.refresh;
            // A table that is to be read more often from now on is.
            due.entry(Arc::clone(name))
                .and_modify(|before| *before = at.min(*before))
                .or_insert(at);
        }
        let next = due.iter().min_by_key(|(_, at)| **at);
        let next = next.map(|(name, at)| (Arc::clone(name), *at));
        let waiting = async {
            match next {
                Some((name, at)) => {
                    sleep_until(at).await;
                    name
                }
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            changed = tables.changed() => if changed.is_err() {
                return;
            },
            name = waiting => {
                due.remove(&name);
                if let Some(table) = current.get(&name)
                    && let Err(reason) = read_anew(&name, table, &place).await
                {
                    warn!(table = %name, reason, "not read anew: it stays as it was");
                }
            }
        }
    }
}

/// Asks the database, gives its rows to the table and keeps a copy of them.
async fn read_anew(name: &Arc<str>, table: &LookUpTable, place: &Place) -> Result<(), String> {
    let RowSource {
        look_up,
        columns,
        key,
        ..
    } = &table.source;
    let node = format!("tables/{name}");
    let read = look_up.read(columns).await;
    match &read {
        Ok(_) => place.nodes.reached(&node),
        Err(failure) if failure.is_distrust => place.nodes.refused(&node, &failure.reason),
        Err(_) => {}
    }
    let read = read.map_err(|failure| failure.reason);
    let given = read.and_then(|rows| match table.table.give(*key, &rows) {
        Ok(()) => Ok(rows),
        Err(error) => Err(error.to_string()),
    });
    let outcome = if given.is_ok() { "read" } else { "failed" };
    counter!(names::TABLE_READS, "table" => Arc::clone(name), "outcome" => outcome).increment(1);
    let rows = given?;
    let now = clock::now();
    gauge!(names::TABLE_READ_TIMESTAMP, "table" => Arc::clone(name)).set(now.as_duration().as_secs_f64());
    info!(table = %name, rows = rows.len(), "read");
    let copy = Copy {
        version: VERSION,
        identity: look_up.identity(columns),
        read_at: now.to_string(),
        rows,
    };
    let path = path(name, &place.data);
    let kept = spawn_blocking(move || keep_copy(&path, &copy)).await;
    if let Err(error) = kept.unwrap_or_else(|panicked| Err(io::Error::other(panicked))) {
        warn!(table = %name, %error, "the rows that were read cannot be kept for a start without the database");
    }
    Ok(())
}

/// Rows that were read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Copy {
    version: u32,
    /// Of the query that gave them.
    identity: String,
    read_at: String,
    rows: Rows,
}

fn path(name: &str, data: &Path) -> PathBuf {
    data.join("tables").join(format!("{name}.json"))
}

/// The copy that was kept, if it is of this query.
fn read_copy(path: &Path, identity: &str) -> Option<Copy> {
    let bytes = std::fs::read(path).ok()?;
    let copy: Copy = serde_json::from_slice(&bytes).ok()?;
    (copy.version == VERSION && copy.identity == identity).then_some(copy)
}

/// As a whole or not at all; nobody else may read it.
fn keep_copy(path: &Path, copy: &Copy) -> io::Result<()> {
    durable::private_folder(path.parent().unwrap_or(Path::new(".")))?;
    durable::replace(path, &serde_json::to_vec(copy)?)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tempfile::TempDir;

    use super::*;
    use crate::audit;
    use crate::config;
    use crate::destination::tests::postgres::{PASSWORD, Postgres};

    fn look_ups(folder: &TempDir) -> LookUps {
        LookUps::new(folder.path(), Nodes::new(audit::Log::new(folder.path())))
    }

    const QUERY: &str = "query: select name as name, npi as npi from providers";

    /// The tables of a site with one that this server gives.
    fn tables(folder: &TempDir, port: u16, more: &str) -> Tables {
        let password = folder.path().join("password");
        std::fs::write(&password, PASSWORD).unwrap();
        std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        let yaml = format!(
            "engine: {{ data: data }}\n\
             listeners: {{ in: {{ mllp: {{ bind: 127.0.0.1:0 }} }} }}\n\
             destinations: {{ copies: {{ file: {{ folder: ., name: \"{{MSH-10}}.hl7\" }} }} }}\n\
             tables:\n  providers:\n    columns: [npi, name]\n    key: npi\n    sql:\n      \
             address: '127.0.0.1:{port}'\n      database: postgres\n      user: weir\n      plaintext: accepted\n      \
             password: {{ file: password }}\n      {}\n\
             routes: {{ all: {{ from: in, to: copies, steps: [{{ translate: {{ field: PV1-7, table: providers }} }}] }} }}\n",
            more.replace('\n', "\n      ")
        );
        std::fs::write(folder.path().join("site.yaml"), yaml).unwrap();
        let (site, problems) = config::load(folder.path());
        site.unwrap_or_else(|| panic!("{problems}")).look_ups
    }

    fn get(tables: &Tables, code: &str) -> Option<String> {
        tables["providers"]
            .table
            .get(code)
            .map(std::borrow::Cow::into_owned)
    }

    /// A server with the providers 1, A and 2, none.
    fn server() -> Option<Postgres> {
        let server = Postgres::start()?;
        server.ask(
            "create table providers (npi int, name text); insert into providers values (1, 'A'), (2, null);",
        );
        Some(server)
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn rows_are_read_first_and_then_anew() {
        let Some(mut server) = server() else { return };
        let folder = tempfile::tempdir().unwrap();
        let tables = tables(&folder, server.port, &format!("{QUERY}\nrefresh: 50ms"));
        assert_eq!(get(&tables, "1"), None);
        let look_ups = look_ups(&folder);
        look_ups.fill(&tables).await.unwrap();
        look_ups.keep(&tables);
        assert_eq!(
            (get(&tables, "1").as_deref(), get(&tables, "2")),
            (Some("A"), None)
        );
        server.ask("update providers set name = 'B' where npi = 1;");
        let deadline = Instant::now() + Duration::from_secs(60);
        while get(&tables, "1").as_deref() != Some("B") {
            assert!(Instant::now() < deadline);
            server.ask("select 1;");
        }
        server.stop();
        let table = &tables["providers"];
        let name = Arc::from("providers");
        assert!(read_anew(&name, table, &look_ups.place).await.is_err());
        assert_eq!(get(&tables, "1").as_deref(), Some("B"), "it stays as it was");
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn without_the_database_the_copy_of_the_same_query_is_used_and_nothing_else() {
        let Some(mut server) = server() else { return };
        let folder = tempfile::tempdir().unwrap();
        let before = tables(&folder, server.port, QUERY);
        look_ups(&folder).fill(&before).await.unwrap();
        server.stop();
        let port = server.port;
        let again = tables(&folder, port, QUERY);
        let look_ups = look_ups(&folder);
        look_ups.fill(&again).await.unwrap();
        assert_eq!(get(&again, "1").as_deref(), Some("A"));
        // In a reload the same query needs no database, and no copy either.
        look_ups.keep(&again);
        std::fs::remove_dir_all(folder.path().join("tables")).unwrap();
        let reloaded = tables(&folder, port, QUERY);
        look_ups.fill(&reloaded).await.unwrap();
        assert_eq!(get(&reloaded, "1").as_deref(), Some("A"));
        let other = tables(&folder, port, &format!("{QUERY} where npi = 1"));
        let failures = look_ups.fill(&other).await.unwrap_err();
        assert_eq!(&*failures[0].table, "providers");
        assert!(failures[0].reason.contains("no copy"), "{failures:?}");
        assert_eq!(get(&reloaded, "1").as_deref(), Some("A"));
    }

    #[tokio::test(flavor = "multi_thread")]
    async fn rows_that_are_no_table_are_refused_without_showing_them() {
        let Some(server) = server() else { return };
        server.ask("insert into providers values (3, 'SECRET'), (3, 'SECRET');");
        let check = async |more: &str, expected: &str| {
            let folder = tempfile::tempdir().unwrap();
            let tables = tables(&folder, server.port, more);
            let failures = look_ups(&folder).fill(&tables).await.unwrap_err();
            let reason = &failures[0].reason;
            assert!(reason.contains(expected), "{more}: {reason}");
            assert!(!reason.contains("SECRET"), "{reason}");
        };
        check(QUERY, "row 4 has a code that a row before it has").await;
        check("query: select null as npi, 'SECRET' as name", "row 1 has no code").await;
        check("query: select npi from providers", "no column `name`").await;
        check("query: select * from providers where npi = 9", "no rows").await;
        check(&format!("{QUERY}\nrows_max: 3"), "more than 3 rows").await;
        check(&format!("{QUERY}\nvalues_bytes_max: 5B"), "values_bytes_max").await;
        check("query: select npi, name from nowhere", "SQLSTATE 42P01").await;
        check(
            "query: select name::int as npi, name from providers",
            "SQLSTATE 22P02",
        )
        .await;
        check(
            "query: insert into providers values (9, 'x') returning npi, name",
            "SQLSTATE 25006",
        )
        .await;
        check(
            "query: select pg_sleep(60)::text as npi\nstatement_timeout: 200ms",
            "SQLSTATE 57014",
        )
        .await;
        assert_eq!(server.ask("select count(*) from providers;"), "4\n");
    }
}
