//! Any bytes as a file of a site: a site, or problems that can be shown, and the same each time.

use std::fs;

use tempfile::TempDir;
use weir::config;

thread_local! {
    /// A folder of its own for each thread, since threads check at once.
    static SITE: TempDir = TempDir::new().expect("the folder for what is temporary can be written");
    /// What stands beside a file that has no engine, doors and exits of its own.
    static COMPANION: Vec<u8> =
        fs::read(super::of_project("routes/examples/engine.yaml")).expect("the cookbook has an engine");
}

pub fn check(bytes: &[u8]) {
    let is_whole = bytes.starts_with(b"engine:") || bytes.windows(8).any(|window| window == b"\nengine:");
    SITE.with(|site| {
        let site = site.path();
        let write =
            |name, bytes: &[u8]| fs::write(site.join(name), bytes).expect("the folder can be written");
        write("site.yaml", bytes);
        COMPANION.with(|companion| write("companion.yaml", if is_whole { b"{}" } else { companion }));
        let (loaded, problems) = config::load(site);
        assert_eq!(loaded.is_none(), problems.error_count() > 0, "a site, or why not");
        assert!(problems.is_empty() || !problems.to_string().is_empty());
        if let Some(loaded) = loaded {
            let (again, _) = config::load(site);
            assert_eq!(again.map(|again| again.version), Some(loaded.version));
        }
    });
}
