//! Reloads of a site that runs: what may change, what is left alone, what is refused.
//!
//! Every site here has listeners on port 0; where they ended up is asked of `weir status`.

mod destinations;
mod listeners;
mod refused;
mod told;

use std::fmt::Write as _;
use std::net::{SocketAddr, TcpListener};

use crate::harness::{Sender, adt, field};

/// A site with these listeners, destinations and routes, each an entry of its section.
fn yaml(listeners: &[&str], destinations: &[&str], routes: &[&str]) -> String {
    let mut yaml = String::new();
    for (section, entries) in [
        ("listeners", listeners),
        ("destinations", destinations),
        ("routes", routes),
    ] {
        writeln!(yaml, "{section}:").unwrap();
        for entry in entries {
            writeln!(yaml, "  {entry}").unwrap();
        }
    }
    yaml
}

const IN: &str = "in: { mllp: { bind: \"127.0.0.1:0\" } }";

/// A destination at this address, with keys beside its kind.
fn mllp(name: &str, address: SocketAddr, keys: &str) -> String {
    format!(
        "{name}: {{ mllp: {{ address: \"{address}\" }}, retry: {{ first: 10ms, longest: 100ms }}{keys} }}"
    )
}

/// A section with a table from this database, which is waited for as long as it says nothing.
pub fn table_from(database: &TcpListener) -> String {
    let address = database.local_addr().unwrap();
    format!(
        "tables:\n  codes:\n    columns: [code, name]\n    key: code\n    \
         sql: {{ address: \"{address}\", database: d, user: u, query: q, plaintext: accepted, connect_timeout: 1h }}\n"
    )
}

fn accepted(sender: &mut Sender, id: &str) {
    let reply = sender.exchange(&adt(id)).expect("the connection is open");
    assert_eq!(field(&reply, "MSA", 1), "AA");
}
