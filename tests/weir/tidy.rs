//! The house rules a compiler does not know, as data: which module may import which, what none of them does.
//!
//! Reads the sources of this repository as text; never runs them. `ARCHITECTURE.md` gives the reasons.
//! The checker is itself tested, on files with planted faults.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The floors: each module and the modules it may import. `ARCHITECTURE.md` shows the same table.
const FLOORS: &str = "
    clock:
    durable:
    hl7:
    metrics:
    mllp:
    problem:
    secret:
    typed:
    units:

    calendar: clock durable metrics
    shown: hl7
    table: hl7 problem typed
    expression: table hl7 problem
    seal: durable secret
    seldom: clock
    outbox: seal clock durable metrics secret units
    tls: seldom clock metrics problem secret typed units
    access: clock durable
    audit: clock durable metrics
    listener: seldom tls mllp metrics problem typed units

    destination: tls expression hl7 mllp metrics problem secret typed units
    validation: expression hl7 problem typed
    archive: seal expression hl7 clock durable metrics problem secret typed units
    step: validation expression table hl7 problem typed units

    route: step validation expression table hl7 problem typed units

    case: route step hl7 problem typed units

    config: tls case route step validation expression table listener destination outbox archive hl7 problem secret typed units

    engine: calendar seldom tls audit config route step validation expression table listener destination outbox archive hl7 mllp clock durable metrics problem secret typed units

    alert: tls engine config destination audit clock durable metrics
    atna: tls engine config destination audit clock durable metrics
    console: tls case config alert engine expression hl7 outbox archive shown route step access audit seal clock metrics problem secret
";

/// Modules that may import any other: the command line, and the root.
const TOP: &[&str] = &["cli", "main", "lib"];

/// Modules that do no I/O, ask no clock and know no async, and the paths that would break that.
const PURE: &[&str] = &["hl7", "expression", "step", "validation", "route", "case"];
const IMPURE: &str = "async tokio futures_util std::fs std::io std::net std::process std::thread std::time";

/// Folders with one file per kind. The files named here help the kinds and are none themselves.
const KINDS: &[(&str, &[&str])] = &[
    (
        "cli",
        &[
            "at_rest", "client", "control", "input", "logging", "path", "receiver", "recorded", "serving",
            "site", "text", "tls", "watch",
        ],
    ),
    ("destination", &["beneath", "file_name", "stream"]),
    (
        "listener",
        &["budget", "connection", "door", "reading", "release_2", "sides"],
    ),
    (
        "step",
        &[
            "body",
            "changes",
            "doc",
            "each",
            "entry",
            "group",
            "moment",
            "notes",
            "otherwise",
            "paths",
            "run",
        ],
    ),
];

/// Longer files have become two things. Tests do not count: tables of cases grow, and are read by search.
const LINES_MAX: usize = 600;

/// Paths of somebody's own machine: a file that names one means nothing to anyone else.
const PRIVATE_PLACES: &[&str] = &["/home/", "/root/", "/Users/"];

/// A path from the root of the repository, and the text of the file.
type File = (String, String);

#[test]
fn the_house_is_tidy() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for top in fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path()) {
        if top.is_dir() {
            read_files(root, &top, &mut files);
        } else if top.extension().is_some_and(|extension| extension == "md") {
            read_file(root, &top, &mut files);
        }
    }
    assert!(
        files.iter().any(|(path, _)| path == "src/lib.rs"),
        "the sources are found"
    );
    let faults = faults(&files);
    assert!(
        faults.is_empty(),
        "{} faults:\n{}",
        faults.len(),
        faults.join("\n")
    );
}

/// Folders that builds, fuzzers and a running weir write.
const NOT_OURS: &[&str] = &["target", ".git", "data", "out", "corpus", "artifacts"];

fn read_files(root: &Path, folder: &Path, files: &mut Vec<File>) {
    if NOT_OURS.iter().any(|other| folder.ends_with(other)) {
        return;
    }
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if path.is_dir() {
            read_files(root, &path, files);
        } else {
            read_file(root, &path, files);
        }
    }
}

/// What is not UTF-8 is a fixture, not a text of ours.
fn read_file(root: &Path, path: &Path, files: &mut Vec<File>) {
    if let Ok(text) = fs::read_to_string(path) {
        files.push((path.strip_prefix(root).unwrap().display().to_string(), text));
    }
}

/// What is wrong in these files, one line each.
fn faults(files: &[File]) -> Vec<String> {
    let mut faults = Vec::new();
    for (path, text) in files {
        let places = PRIVATE_PLACES.iter().filter(|place| text.contains(*place));
        if !path.ends_with("tidy.rs") {
            faults.extend(places.map(|place| format!("{path}: names `{place}`, a place of one machine")));
        }
        if is_rust(path) && !text.starts_with("//!") {
            faults.push(format!("{path}: does not open with `//!`"));
        }
        let source = path
            .strip_prefix("src/")
            .and_then(|path| path.strip_suffix(".rs"));
        if let Some(inside) = source.filter(|inside| !inside.split('/').any(|part| part == "tests")) {
            faults.extend(source_faults(inside, text).map(|fault| format!("{path}: {fault}")));
        }
    }
    faults.extend(promise_faults(files));
    faults.extend(
        KINDS
            .iter()
            .flat_map(|(folder, helpers)| kind_faults(files, folder, helpers)),
    );
    faults
}

/// What is wrong in the source file `src/{inside}.rs`, before its tests.
fn source_faults(inside: &str, text: &str) -> impl Iterator<Item = String> {
    let mut faults = BTreeSet::new();
    let module = inside.split('/').next().unwrap_or_default();
    let work = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
    let lines = work.lines().count();
    if lines > LINES_MAX {
        faults.insert(format!("{lines} lines before its tests, more than {LINES_MAX}"));
    }
    let may_import = may_import(module);
    if may_import.is_none() && !TOP.contains(&module) {
        faults.insert(format!("module `{module}` stands on no floor"));
    }
    let all_used = paths(&code(work));
    // Inside the outbox the same word is also our own module, for those who import it as such.
    let is_our_sled = all_used
        .iter()
        .any(|used| is_within(used, "super::sled") || is_within(used, "self::sled"));
    let names_the_store = inside == "outbox/sled" || (module == "outbox" && is_our_sled);
    for used in all_used {
        let arrow = used
            .strip_prefix("crate::")
            .and_then(|rest| rest.split("::").next());
        if let (Some(to), Some(may)) = (arrow, &may_import)
            && to != module
            && !may.contains(&to)
        {
            faults.insert(format!("`{module}` may not import `{to}`"));
        }
        if PURE.contains(&module) && IMPURE.split(' ').any(|impure| is_within(&used, impure)) {
            faults.insert(format!("`{used}` in `{module}`, which is pure"));
        }
        if used.starts_with("sled::") && !names_the_store {
            faults.insert(format!("`{used}`: only outbox/sled.rs names the store"));
        }
        if used == "unsafe" {
            faults.insert("`unsafe`".to_owned());
        }
    }
    faults.into_iter()
}

fn may_import(module: &str) -> Option<Vec<&'static str>> {
    let floor = |line: &'static str| line.trim().strip_prefix(module)?.strip_prefix(':');
    FLOORS
        .lines()
        .find_map(floor)
        .map(|may| may.split_whitespace().collect())
}

/// Kinds that are missing from the list in their `mod.rs`, or from the README.
fn kind_faults(files: &[File], folder: &str, helpers: &[&str]) -> Vec<String> {
    let text = |wanted: &str| {
        files
            .iter()
            .find(|(path, _)| path == wanted)
            .map(|(_, text)| text.as_str())
    };
    let list = format!("src/{folder}/mod.rs");
    let listed = words(text(&list).unwrap_or_default());
    let mut faults = Vec::new();
    for (path, _) in files {
        let Some(file) = path.strip_prefix(&format!("src/{folder}/")) else {
            continue;
        };
        let kind = file.trim_end_matches(".rs").trim_end_matches("/mod");
        if kind.contains('/') || ["mod", "tests"].contains(&kind) || helpers.contains(&kind) {
            continue;
        }
        let variant: String = kind.split('_').map(capitalized).collect();
        if !listed.contains(variant.as_str()) {
            faults.push(format!("{path}: `{variant}` is not listed in {list}"));
        }
        if text("README.md").is_some_and(|readme| !words(readme).contains(kind)) {
            faults.push(format!(
                "{path}: README.md does not name the {folder} kind `{kind}`"
            ));
        }
    }
    faults
}

/// Tests that SECURITY.md or docs/security.md says hold a promise (`room::name_of_the_test`) and that are nowhere.
fn promise_faults(files: &[File]) -> Vec<String> {
    let sources = files.iter().filter(|(path, _)| is_rust(path));
    let tests: BTreeSet<_> = sources.flat_map(|(_, text)| words(text)).collect();
    let promises = files
        .iter()
        .filter(|(path, _)| ["SECURITY.md", "docs/security.md"].contains(&path.as_str()));
    let named = promises.flat_map(|(_, text)| text.split('`').skip(1).step_by(2));
    let missing = named.filter(|name| {
        name.rsplit_once("::")
            .is_some_and(|(_, test)| !tests.contains(test))
    });
    missing
        .map(|name| format!("SECURITY.md: there is no test `{name}`"))
        .collect()
}

fn is_rust(path: &str) -> bool {
    path.rsplit_once('.')
        .is_some_and(|(_, extension)| extension == "rs")
}

fn capitalized(word: &str) -> String {
    let (first, rest) = word.split_at(1);
    first.to_uppercase() + rest
}

fn words(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').collect()
}

fn is_within(path: &str, outer: &str) -> bool {
    path.strip_prefix(outer)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
}

/// The text without its comments. (A `//` in a string hides the rest of its line; nothing of ours hides there.)
fn code(text: &str) -> String {
    let lines = text
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default());
    lines.collect::<Vec<_>>().join("\n")
}

/// Every path and name in the code, in whole: `use std::{fs, io::Read}` gives `std::fs` and `std::io::Read`.
fn paths(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut outer: Vec<String> = Vec::new();
    let mut path = String::new();
    let mut tokens = tokens(code).into_iter();
    while let Some(token) = tokens.next() {
        if token == "as" {
            tokens.next();
            continue;
        }
        let is_name = token.starts_with(|c: char| c.is_alphanumeric() || c == '_');
        if token == "::" || (is_name && path.ends_with("::")) {
            path.push_str(token);
            continue;
        }
        let before = std::mem::take(&mut path);
        if token == "{" {
            outer.push(if before.ends_with("::") {
                before.clone()
            } else {
                String::new()
            });
        }
        found.push(before);
        if token == "}" {
            outer.pop();
        }
        if is_name {
            path = format!("{}{token}", outer.last().map_or("", String::as_str));
        }
    }
    found.push(path);
    found.retain(|path| !path.is_empty() && !path.ends_with("::"));
    found
}

/// Names, `::`, and any other character alone; blanks are left out.
fn tokens(code: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = code.trim_start();
    while let Some(c) = rest.chars().next() {
        let not_of_a_name = |c: char| !c.is_alphanumeric() && c != '_';
        let length = match rest.find(not_of_a_name) {
            Some(0) if rest.starts_with("::") => 2,
            Some(0) => c.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        };
        let (token, after) = rest.split_at(length);
        tokens.push(token);
        rest = after.trim_start();
    }
    tokens
}

/// Checks the checker: these files have exactly these faults.
#[track_caller]
fn check(files: &[(&str, &str)], expected: &[&str]) {
    let files: Vec<File> = files
        .iter()
        .map(|(path, text)| (path.to_string(), text.to_string()))
        .collect();
    assert_eq!(faults(&files), expected);
}

#[test]
fn an_arrow_upwards_is_seen() {
    let up = "//! x\nuse crate::route::Route;\n";
    check(
        &[("src/hl7/path.rs", up)],
        &["src/hl7/path.rs: `hl7` may not import `route`"],
    );
    let nested = "//! x\nuse crate::{hl7::Message, outbox::{Outbox, Sequence}};\n";
    check(
        &[("src/route/mod.rs", nested)],
        &["src/route/mod.rs: `route` may not import `outbox`"],
    );
    let in_place = "//! x\nfn f() { crate::hl7::parse(); }\n";
    check(
        &[("src/outbox/mod.rs", in_place)],
        &["src/outbox/mod.rs: `outbox` may not import `hl7`"],
    );
    check(
        &[("src/helper.rs", "//! x\n")],
        &["src/helper.rs: module `helper` stands on no floor"],
    );
}

#[test]
fn what_is_allowed_or_only_spoken_of_is_no_fault() {
    check(
        &[
            (
                "src/route/mod.rs",
                "//! See crate::engine.\nuse crate::{hl7::Message as M, step};\n",
            ),
            (
                "src/engine/mod.rs",
                "//! x\nuse crate::metrics::{self as names};\nuse crate::engine::x;\n",
            ),
            ("src/cli/mod.rs", "//! x\nuse crate::engine;\n"),
            (
                "src/hl7/mod.rs",
                "//! x\nfn f() {} // not sled, not crate::route, not unsafe\n",
            ),
            (
                "src/hl7/path.rs",
                "//! x\n#[cfg(test)]\nmod tests { use std::fs; }\n",
            ),
            ("src/hl7/tests.rs", "//! x\nuse std::fs;\n"),
        ],
        &[],
    );
}

#[test]
fn a_file_that_does_not_say_what_it_is_is_seen() {
    check(
        &[("tests/weir/x.rs", "use std::fs;\n")],
        &["tests/weir/x.rs: does not open with `//!`"],
    );
}

#[test]
fn the_store_named_elsewhere_is_seen() {
    let named = "//! x\nuse sled::Db;\n";
    check(
        &[
            ("src/engine/mod.rs", named),
            ("src/outbox/mod.rs", named),
            (
                "src/outbox/folder.rs",
                "//! x\nuse super::sled;\nfn f() { sled::open() }\n",
            ),
            ("src/outbox/sled.rs", named),
        ],
        &[
            "src/engine/mod.rs: `sled::Db`: only outbox/sled.rs names the store",
            "src/outbox/mod.rs: `sled::Db`: only outbox/sled.rs names the store",
        ],
    );
}

#[test]
fn a_pure_module_that_touches_the_world_is_seen() {
    check(
        &[(
            "src/route/mod.rs",
            "//! x\nuse std::{fmt, fs::File};\nasync fn f() { tokio::task::yield_now() }\n",
        )],
        &[
            "src/route/mod.rs: `async` in `route`, which is pure",
            "src/route/mod.rs: `std::fs::File` in `route`, which is pure",
            "src/route/mod.rs: `tokio::task::yield_now` in `route`, which is pure",
        ],
    );
}

#[test]
fn a_kind_that_is_not_listed_is_seen() {
    let kind = ("src/destination/carrier_pigeon.rs", "//! x\n");
    let list = (
        "src/destination/mod.rs",
        "//! x\nenum Destination { CarrierPigeon(Box<Pigeon>) }\n",
    );
    check(&[kind, list], &[]);
    check(&[kind, list, ("README.md", "It has `carrier_pigeon`.")], &[]);
    check(
        &[kind, ("README.md", "It has no pigeons.")],
        &[
            "src/destination/carrier_pigeon.rs: `CarrierPigeon` is not listed in src/destination/mod.rs",
            "src/destination/carrier_pigeon.rs: README.md does not name the destination kind `carrier_pigeon`",
        ],
    );
}

#[test]
fn a_promise_held_by_no_test_is_seen() {
    let tests = ("tests/weir/journey.rs", "//! x\n#[test]\nfn it_arrives() {}\n");
    let promises = (
        "SECURITY.md",
        "| G1 | held | `journey::it_arrives`, `journey::it_returns` |\n",
    );
    check(
        &[tests, promises],
        &["SECURITY.md: there is no test `journey::it_returns`"],
    );
}

#[test]
fn a_file_too_long_unsafe_code_and_private_places_are_seen() {
    let long = "//! x\n".repeat(LINES_MAX + 1);
    check(
        &[("src/clock.rs", &long)],
        &["src/clock.rs: 601 lines before its tests, more than 600"],
    );
    check(&[("src/hl7/tests.rs", &long)], &[]);
    check(
        &[("src/clock.rs", "//! x\nfn f() { unsafe { g() } }\n")],
        &["src/clock.rs: `unsafe`"],
    );
    let place = "data: /home/anna\n";
    check(
        &[("routes/x.yaml", place)],
        &["routes/x.yaml: names `/home/`, a place of one machine"],
    );
}
