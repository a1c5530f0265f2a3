//! Any bytes as the CSV file of a table: rows, or problems.

use std::fs;

use tempfile::TempDir;
use weir::config;

const SITE_FILE: &str = "
engine: { data: data, console: { bind: 127.0.0.1:8687 } }
listeners: { in: { mllp: { bind: 127.0.0.1:2585 } } }
destinations: { out: { mllp: { address: 127.0.0.1:2611 } } }
tables: { codes: { file: codes.csv, key: code } }
routes:
  all: { from: in, steps: [translate: { field: OBX-3.1, table: codes, into: value, otherwise: keep }], to: out }
";

thread_local! {
    /// A folder of its own for each thread, since threads check at once.
    static SITE: TempDir = {
        let site = TempDir::new().expect("the folder for what is temporary can be written");
        fs::write(site.path().join("site.yaml"), SITE_FILE).expect("the folder can be written");
        site
    };
}

pub fn check(bytes: &[u8]) {
    SITE.with(|site| {
        fs::write(site.path().join("codes.csv"), bytes).expect("the folder can be written");
        let (loaded, problems) = config::load(site.path());
        assert_eq!(loaded.is_none(), problems.error_count() > 0, "a site, or why not");
        assert!(problems.is_empty() || !problems.to_string().is_empty());
    });
}
