//! What no step names stays as it came, byte for byte: every shipped route over every fixture and, where it is at
//! hand, every message of the public corpus.

use std::collections::BTreeSet;
use std::path::Path;

use bytes::Bytes;
use serde_yaml::Value;
use weir::config;
use weir::hl7::{Message, TargetSelector, batch};
use weir::route::Outcome;

use crate::harness::{corpus, hl7_files};

/// The places that the steps of a route name as what they change.
#[derive(Default)]
struct Named {
    segments: BTreeSet<String>,
    fields: BTreeSet<(String, u16)>,
}

impl Named {
    fn add(&mut self, text: &str) {
        match text.parse().unwrap() {
            TargetSelector::Segments(segments) => {
                self.segments.insert(segments.name().to_string());
            }
            TargetSelector::Field(field) => {
                self.fields.insert((field.segment().to_string(), field.field()));
            }
        }
    }

    /// Reads the steps as they are written; a kind that is not known here has to be taught first.
    fn of(steps: &Value) -> Named {
        let mut named = Named::default();
        for step in steps.as_sequence().into_iter().flatten() {
            for (key, value) in step.as_mapping().unwrap() {
                match key.as_str().unwrap() {
                    "set" | "copy" => value
                        .as_mapping()
                        .unwrap()
                        .keys()
                        .for_each(|path| named.add(path.as_str().unwrap())),
                    "translate" => named.add(value["field"].as_str().unwrap()),
                    "remove" => value
                        .as_sequence()
                        .unwrap()
                        .iter()
                        .for_each(|path| named.add(path.as_str().unwrap())),
                    "when" | "name" => {}
                    other => panic!("this test does not know what the step `{other}` names"),
                }
            }
        }
        named
    }
}

/// The places of every shipped route, by its name.
fn named_by_routes(folder: &Path) -> Vec<(String, Named)> {
    let mut found = Vec::new();
    for file in ["adt.yaml", "laboratory.yaml"] {
        let text = std::fs::read_to_string(folder.join(file)).unwrap();
        let yaml: Value = serde_yaml::from_str(&text).unwrap();
        for (name, route) in yaml["routes"].as_mapping().unwrap() {
            found.push((name.as_str().unwrap().to_owned(), Named::of(&route["steps"])));
        }
    }
    found
}

fn segments(message: &Message) -> Vec<Vec<u8>> {
    message.segments().map(|segment| segment.raw().to_vec()).collect()
}

fn is_named(segment: &[u8], names: &BTreeSet<String>) -> bool {
    names.iter().any(|name| segment.starts_with(name.as_bytes()))
}

/// Fails unless the two differ in named places alone.
fn compare(given: &Message, result: &Message, named: &Named, place: &str) {
    let kept = segments(given)
        .into_iter()
        .filter(|segment| !is_named(segment, &named.segments));
    let before: Vec<Vec<u8>> = kept.collect();
    let after = segments(result);
    assert!(after.len() >= before.len(), "{place}: segments are missing");
    for added in &after[before.len()..] {
        let name = String::from_utf8_lossy(&added[..3]).into_owned();
        let is_of_named = named.fields.iter().any(|(segment, _)| *segment == name);
        assert!(is_of_named, "{place}: a segment {name} was added");
    }
    let separator = given.delimiters().field;
    for (before, after) in before.iter().zip(&after) {
        if before == after {
            continue;
        }
        let name = String::from_utf8_lossy(&before[..3]).into_owned();
        let of = |segment: &[u8]| -> Vec<Vec<u8>> {
            segment
                .split(|byte| *byte == separator)
                .map(<[u8]>::to_vec)
                .collect()
        };
        let (before, after) = (of(before), of(after));
        for index in 0..before.len().max(after.len()) {
            // MSH-1 is the separator itself.
            let number = u16::try_from(index).unwrap() + u16::from(name == "MSH");
            let empty = Vec::new();
            let (before, after) = (
                before.get(index).unwrap_or(&empty),
                after.get(index).unwrap_or(&empty),
            );
            let is_named = named.fields.contains(&(name.clone(), number));
            assert!(
                is_named || before == after,
                "{place}: {name}-{number} is not as it was"
            );
        }
    }
}

#[test]
fn fields_that_no_step_names_are_byte_for_byte_as_they_came() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let (site, problems) = config::load(&root.join("routes"));
    let site = site.unwrap_or_else(|| panic!("{problems}"));
    let named = named_by_routes(&root.join("routes"));
    assert_eq!(named.len(), site.routes.len(), "every route is compared");
    let received = "2026-01-01T12:00:00+01:00[+01:00]".parse().unwrap();
    let mut files = hl7_files(&root.join("fixtures"));
    files.extend(corpus().iter().flat_map(|corpus| hl7_files(corpus)));
    let mut delivered = 0;
    for file in files {
        let content = Bytes::from(std::fs::read(&file).unwrap());
        for given in batch::split(&content).filter_map(|bytes| Message::parse(bytes).ok()) {
            for route in &site.routes {
                let Outcome::Deliver { outputs, .. } = route.run(&given, &received, None) else {
                    continue;
                };
                let (_, named) = named.iter().find(|(name, _)| *name == *route.name).unwrap();
                let place = format!("{} by {}", file.display(), route.name);
                for output in outputs {
                    delivered += 1;
                    compare(&given, &output.message, named, &place);
                }
            }
        }
    }
    println!("{delivered} messages compared");
    assert!(delivered > 10, "{delivered} messages were delivered");
}
