//! The manual, which is the README and the pages in `docs/`, is true: its commands run, its YAML loads, its tables
//! name what there is, its links lead somewhere.
//!
//! A block ```` ```sh run ```` is run line by line in a copy of the example site and the fixtures; a block
//! ```` ```text ```` right after it is all that it prints. In other `sh` blocks, which use fixed ports or take
//! minutes, every line that begins with `weir` must at least be a command line that weir understands.
//! A `yaml` block with `engine` is a site, one marked `yaml profile` is a profile, any other is one more file of the
//! example site. One marked `yaml sketch` names certificates or secrets that only its reader has, and fits the schema.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use crate::harness::{repository_file, weir, workplace};

/// A fenced block: what stands after the fence, and its lines.
pub struct Block {
    pub mark: String,
    pub text: String,
}

pub fn readme() -> String {
    fs::read_to_string(repository_file("README.md")).unwrap()
}

/// The pages of the manual with their texts, by their paths in the repository.
fn pages() -> BTreeMap<String, String> {
    let folder = fs::read_dir(repository_file("docs")).unwrap();
    let names = folder.map(|entry| format!("docs/{}", entry.unwrap().file_name().display()));
    ["README.md".to_owned()]
        .into_iter()
        .chain(names)
        .map(|name| {
            let text = fs::read_to_string(repository_file(&name)).unwrap();
            (name, text)
        })
        .collect()
}

/// The text of all of them.
pub fn manual() -> String {
    pages().into_values().collect()
}

pub fn blocks(text: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(mark) = line.strip_prefix("```") {
            let inside: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            blocks.push(Block {
                mark: mark.to_owned(),
                text: inside.join("\n") + "\n",
            });
        }
    }
    blocks
}

#[test]
fn every_command_that_is_marked_runs_and_prints_what_stands_there() {
    let blocks = blocks(&manual());
    let folder = workplace();
    let mut count = 0;
    for (index, block) in blocks
        .iter()
        .enumerate()
        .filter(|(_, block)| block.mark == "sh run")
    {
        let mut printed = String::new();
        for line in block.text.lines() {
            let arguments: Vec<_> = line.split_whitespace().collect();
            assert_eq!(arguments[0], "weir", "{line}");
            let (status, out, err) = weir(folder.path(), &arguments[1..], b"");
            assert_eq!((status, err.as_str()), (0, ""), "{line}");
            printed += &out;
            count += 1;
        }
        if let Some(expected) = blocks
            .get(index + 1)
            .filter(|next| next.mark == "text" && printed.len() < 1000)
        {
            assert_eq!(printed, expected.text, "{}", block.text);
        }
    }
    assert!(count >= 3, "{count} commands are marked");
}

/// The words of a command, as a shell finds them: what stands between quotes is in one word.
fn words(line: &str) -> Vec<String> {
    let (mut words, mut word, mut quote) = (Vec::new(), String::new(), None);
    for character in line.chars() {
        match (character, quote) {
            (character, Some(mark)) if character == mark => quote = None,
            ('"' | '\'', None) => quote = Some(character),
            (' ', None) => words.push(std::mem::take(&mut word)),
            (character, _) => word.push(character),
        }
    }
    words.push(word);
    words.retain(|word| !word.is_empty());
    words
}

#[test]
fn every_other_command_is_one_that_weir_understands() {
    let folder = workplace();
    let mut count = 0;
    for block in blocks(&manual()).iter().filter(|block| block.mark == "sh") {
        for line in block.text.lines().filter(|line| line.starts_with("weir ")) {
            let words = words(line);
            let arguments: Vec<_> = words
                .iter()
                .skip(1)
                .map(String::as_str)
                .chain(["--help"])
                .collect();
            let (status, _, err) = weir(folder.path(), &arguments, b"");
            assert_eq!((status, err.as_str()), (0, ""), "{line}");
            for file in line
                .split_whitespace()
                .filter(|word| word.starts_with("fixtures/"))
            {
                assert!(folder.path().join(file).exists(), "{line}");
            }
            count += 1;
        }
    }
    assert!(count >= 5, "{count} commands");
}

#[test]
fn every_piece_of_yaml_loads() {
    let mut count = 0;
    for block in blocks(&manual()).iter().filter(|block| block.mark == "yaml") {
        let folder = workplace();
        let is_whole = block.text.starts_with("engine:");
        let site = if is_whole { "whole" } else { "routes" };
        fs::create_dir_all(folder.path().join(site)).unwrap();
        fs::write(folder.path().join(site).join("readme.yaml"), &block.text).unwrap();
        let (status, _, err) = weir(folder.path(), &["check", site], b"");
        assert_eq!(status, 0, "{}{err}", block.text);
        let (status, out, _) = weir(folder.path(), &["test", site], b"");
        assert_eq!(status, 0, "{}{out}", block.text);
        count += 1;
    }
    assert!(count >= 4, "{count} pieces");
}

#[test]
fn every_profile_loads() {
    let mut count = 0;
    for block in blocks(&manual())
        .iter()
        .filter(|block| block.mark == "yaml profile")
    {
        let folder = workplace();
        fs::write(folder.path().join("profile.yaml"), &block.text).unwrap();
        let arguments = ["validate", "fixtures/adt-a01.hl7", "--profile", "profile.yaml"];
        let (status, out, err) = weir(folder.path(), &arguments, b"");
        assert_eq!(
            (status, out.as_str(), err.as_str()),
            (0, "", ""),
            "{}",
            block.text
        );
        count += 1;
    }
    assert!(count >= 1, "{count} profiles");
}

/// The words in backquotes in the first column of the tables.
fn told() -> BTreeSet<String> {
    let manual = manual();
    let cells = manual
        .lines()
        .filter_map(|line| line.strip_prefix("| ")?.split(" | ").next());
    cells
        .flat_map(|cell| cell.split('`').skip(1).step_by(2))
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_metric_stands_in_the_table_with_its_labels() {
    let manual = manual();
    for metric in weir::metrics::ALL {
        let labels: Vec<_> = metric.labels.iter().map(|label| format!("`{label}`")).collect();
        let row = format!("| `{}` | {}", metric.name, labels.join(" "));
        assert!(manual.contains(row.trim_end()), "no page has the row {row}");
    }
    let known: BTreeSet<_> = weir::metrics::ALL.iter().map(|metric| metric.name).collect();
    let told = told();
    let unknown: Vec<_> = told
        .iter()
        .filter(|word| word.starts_with("weir_") && !known.contains(word.as_str()))
        .collect();
    assert!(
        unknown.is_empty(),
        "the manual names metrics that are none: {unknown:?}"
    );
}

#[test]
fn every_step_and_every_command_stands_in_a_table() {
    let told = told();
    for doc in weir::step::DOCS {
        assert!(told.contains(doc.kind), "no table has the step {}", doc.kind);
    }
    let (_, help, _) = weir(workplace().path(), &["-h"], b"");
    let commands = help
        .lines()
        .skip_while(|line| *line != "Commands:")
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| {
            line.strip_prefix("  ")?
                .split_whitespace()
                .next()
                .filter(|_| !line.starts_with("   "))
        });
    let mut count = 0;
    for command in commands.filter(|command| *command != "help") {
        assert!(
            told.iter()
                .any(|word| word.split(' ').take(2).eq(["weir", command])),
            "no table has weir {command}"
        );
        count += 1;
    }
    assert!(count >= 7, "{count} commands");
}

/// The keys that weir offers where this site has the key `zzz`.
fn keys_offered(yaml: &str) -> Vec<String> {
    let folder = workplace();
    fs::create_dir(folder.path().join("site")).unwrap();
    fs::write(folder.path().join("site/site.yaml"), yaml).unwrap();
    let (_, _, err) = weir(folder.path(), &["check", "site"], b"");
    let offered = err
        .lines()
        .find(|line| line.contains("= help: the ") && line.contains(" here "));
    let offered = offered.unwrap_or_else(|| panic!("{yaml}: no keys are offered: {err}"));
    offered.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

/// How the keys of a place stand in the tables, and a site in which one of that place is misspelt.
const PLACES: &[(&str, &str)] = &[
    ("", "zzz: 1"),
    ("", "engine: { data: x, zzz: 1 }"),
    ("console.", "engine: { data: x, console: { zzz: 1 } }"),
    ("outbox.", "engine: { data: x, outbox: { zzz: 1 } }"),
    ("reload.", "engine: { data: x, reload: { zzz: 1 } }"),
    ("", "alerts: { zzz: 1 }"),
    (
        "",
        "alerts: { contacts: { a: { webhook: { url: \"http://a/\", zzz: 1 } } } }",
    ),
    (
        "",
        "alerts: { contacts: { a: { mail: { server: a, from: a, to: a, zzz: 1 } } } }",
    ),
    ("", "listeners: { a: { mllp: { tls: { zzz: 1 } } } }"),
    (
        "clients.",
        "listeners: { a: { mllp: { tls: { clients: { zzz: 1 } } } } }",
    ),
    ("", "destinations: { a: { mllp: { tls: { zzz: 1 } } } }"),
    ("", "listeners: { a: { mllp: {}, senders: { b: { zzz: 1 } } } }"),
    ("", "listeners: { a: { mllp: { zzz: 1 } } }"),
    ("", "listeners: { a: { folder: { zzz: 1 } } }"),
    ("", "listeners: { a: { http: { zzz: 1 } } }"),
    ("", "listeners: { a: { zzz: 1 } }"),
    ("permit.", "listeners: { a: { mllp: {}, permit: { zzz: 1 } } }"),
    (
        "validate.",
        "listeners: { a: { mllp: {}, validate: { zzz: 1 } } }",
    ),
    ("", "profiles: { a: { zzz: 1 } }"),
    ("", "profiles: { a: { segments: { PID: { zzz: 1 } } } }"),
    ("", "profiles: { a: { fields: { PID-3: { zzz: 1 } } } }"),
    ("", "destinations: { a: { mllp: { zzz: 1 } } }"),
    ("", "destinations: { a: { file: { zzz: 1 } } }"),
    ("", "destinations: { a: { http: { zzz: 1 } } }"),
    ("", "destinations: { a: { sql: { zzz: 1 } } }"),
    ("", "destinations: { a: { zzz: 1 } }"),
    ("retry.", "destinations: { a: { mllp: {}, retry: { zzz: 1 } } }"),
    ("", "tables: { a: { file: x.csv, zzz: 1 } }"),
    (
        "",
        "tables: { a: { sql: { address: \"d:1\", database: d, user: u, query: x }, zzz: 1 } }",
    ),
    ("sql.", "tables: { a: { sql: { zzz: 1 } } }"),
    ("", "routes: { a: { zzz: 1 } }"),
    ("", "routes: { a: { cases: [ { zzz: 1 } ] } }"),
    (
        "expect.",
        "cases: { a: [ { expect: { zzz: 1 } } ] }\nroutes: { a: {} }",
    ),
    ("", "routes: { a: { steps: [ { zzz: 1 } ] } }"),
    ("", "routes: { a: { steps: [ { translate: { zzz: 1 } } ] } }"),
    ("", "routes: { a: { steps: [ { remove: { zzz: 1 } } ] } }"),
    ("", "routes: { a: { steps: [ { insert: { zzz: 1 } } ] } }"),
    ("", "routes: { a: { steps: [ { replace: { zzz: 1 } } ] } }"),
    ("", "routes: { a: { steps: [ { format_date: { zzz: 1 } } ] } }"),
];

#[test]
fn every_key_stands_in_a_table() {
    let told = told();
    // A key whose own keys stand in the table instead, and a kind that has a table of its own.
    let stands =
        |key: &str| told.contains(key) || told.iter().any(|word| word.starts_with(&format!("{key}.")));
    let manual = manual();
    let has_table = |key: &str| manual.contains(&format!("| key in `{key}` | default | meaning |"));
    for (prefix, yaml) in PLACES {
        for key in keys_offered(yaml) {
            assert!(
                stands(&format!("{prefix}{key}")) || has_table(&key),
                "no table has `{prefix}{key}` of {yaml}"
            );
        }
    }
}

/// The name by which a link leads to a heading: lower case, without what is no word, blanks as hyphens.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The text without its fenced blocks, in which a `#` makes no heading.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_fenced = false;
    text.lines().filter(move |line| {
        is_fenced ^= line.starts_with("```");
        !is_fenced
    })
}

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let pages = pages();
    let anchors = |page: &str| -> BTreeSet<String> {
        let headings = prose(&pages[page]).filter(|line| line.starts_with('#'));
        headings
            .map(|line| anchor(line.trim_start_matches('#').trim()))
            .collect()
    };
    let mut count = 0;
    for (page, text) in &pages {
        let links = prose(text).flat_map(|line| line.split("](").skip(1));
        for link in links.filter_map(|rest| rest.split(')').next()) {
            if link.starts_with("https://") {
                continue;
            }
            count += 1;
            let (file, heading) = link
                .split_once('#')
                .map_or((link, None), |(file, h)| (file, Some(h)));
            let target = match (file, page.starts_with("docs/")) {
                ("", _) => page.clone(),
                (file, true) => file
                    .strip_prefix("../")
                    .map_or_else(|| format!("docs/{file}"), str::to_owned),
                (file, false) => file.to_owned(),
            };
            assert!(repository_file(&target).exists(), "{page}: {link}");
            if let Some(heading) = heading {
                assert!(anchors(&target).contains(heading), "{page}: {link}");
            }
        }
    }
    assert!(count >= 100, "{count} links");
}
