//! The cookbook in `routes/examples`: right, tidy, with cases that pass, and listed in the README.

use std::collections::BTreeMap;
use std::fs;

use serde_yaml::Value;

use crate::harness::{repository_file, weir, workplace};
use crate::readme::readme;

/// The file that holds what recipes share, and none itself.
const SHARED: &str = "engine.yaml";

/// The recipes as they are written, by the names of their files without the ending.
fn recipes() -> BTreeMap<String, String> {
    fs::read_dir(repository_file("routes/examples"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "yaml"))
        .filter(|path| path.file_name().is_some_and(|name| name != SHARED))
        .map(|path| {
            let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
            (name, fs::read_to_string(&path).unwrap())
        })
        .collect()
}

#[test]
fn the_cookbook_has_no_problem_is_in_its_canonical_form_and_its_cases_pass() {
    let folder = workplace();
    for line in [
        "check routes/examples --strict",
        "fmt routes/examples --check",
        "test routes/examples",
    ] {
        let arguments: Vec<_> = line.split_whitespace().collect();
        let (status, out, err) = weir(folder.path(), &arguments, b"");
        assert_eq!((status, err.as_str()), (0, ""), "{line}\n{out}");
    }
}

#[test]
fn each_recipe_is_one_route_with_cases_and_says_when_not_to_use_it() {
    let recipes = recipes();
    assert!(recipes.len() >= 20, "{} recipes", recipes.len());
    for (name, text) in &recipes {
        let comment: String = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .skip(1)
            .collect();
        for part in ["# For ", "# Not "] {
            assert!(
                comment.contains(part),
                "{name}: its comment has no line `{part}…`"
            );
        }
        let site: Value = serde_yaml::from_str(text).unwrap();
        let routes = site["routes"].as_mapping().unwrap();
        assert_eq!(routes.len(), 1, "{name}");
        let cases = routes
            .get(name.as_str())
            .unwrap_or_else(|| panic!("{name}: its route has another name"));
        let cases = cases["cases"].as_sequence().map_or(0, Vec::len);
        assert!(cases > 0, "{name}: no case");
    }
}

#[test]
fn the_readme_lists_every_recipe_and_no_other() {
    let listed: Vec<String> = readme()
        .lines()
        .filter_map(|line| line.split_once("](routes/examples/")?.1.split_once(".yaml)"))
        .map(|(name, _)| name.to_owned())
        .collect();
    let mut sorted = listed.clone();
    sorted.sort();
    assert_eq!(sorted, recipes().into_keys().collect::<Vec<_>>());
}
