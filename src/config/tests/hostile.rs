//! Files that are broken, huge, or meant to do harm (the guarantees Y1 to Y5 and Y7).

use super::*;
use crate::config::FILE_BYTES_MAX;

/// Refused with this problem. What is not refused before it unfolds takes more time or memory than there is.
fn refused(row: &str, text: &[u8], problem: &str) {
    let folder = folder(&[("engine.yaml", ENGINE)]);
    fs::write(folder.path().join("x.yaml"), text).unwrap();
    let (site, problems) = load(folder.path());
    assert!(site.is_none(), "{row} is refused");
    let shown = problems.render(false);
    assert!(shown.contains(&format!("error[{problem}]")), "{row}: {shown}");
}

#[test]
fn y1_bombs_are_refused_at_once() {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let alias = format!("*a{}", level - 1);
        bomb = format!("{bomb}a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", "));
    }
    refused("alias bomb", bomb.as_bytes(), "unsupported-yaml");
    refused("self alias", b"a: &a [*a]\n", "unsupported-yaml");
    refused("alias", b"a: *b\n", "unsupported-yaml");
    refused("merge", b"a: { <<: *b }\n", "unsupported-yaml");
    refused("nested lists", "[".repeat(100_000).as_bytes(), "site-too-large");
    refused("nested maps", "{a: ".repeat(100_000).as_bytes(), "site-too-large");
    let nested_blocks: Vec<String> = (0..900)
        .map(|depth| {
            format!(
                "{}a:
",
                " ".repeat(depth)
            )
        })
        .collect();
    refused(
        "nested blocks",
        nested_blocks.concat().as_bytes(),
        "site-too-large",
    );
    refused("nested dashes", "- ".repeat(100_000).as_bytes(), "site-too-large");
    refused(
        "a list to look ahead over",
        "[b, ".repeat(100_000).as_bytes(),
        "site-too-large",
    );
    refused(
        "many values",
        "- a\n".repeat(200_000).as_bytes(),
        "site-too-large",
    );
    refused("one long line", &vec![b'a'; FILE_BYTES_MAX], "wrong-type");
    refused(
        "unclosed quote",
        format!("a: \"{}", "x".repeat(1_000_000)).as_bytes(),
        "yaml-syntax",
    );
    refused(
        "many keys",
        (0..20_000)
            .map(|n| {
                format!(
                    "k{n}: 1
"
                )
            })
            .collect::<Vec<_>>()
            .concat()
            .as_bytes(),
        "unknown-key",
    );
}

#[test]
fn y1_a_large_file_is_refused_by_its_size() {
    let folder = folder(&[("engine.yaml", ENGINE)]);
    let file = fs::File::create(folder.path().join("large.yaml")).unwrap();
    file.set_len(50 << 20).unwrap();
    let (site, problems) = load(folder.path());
    assert!(site.is_none());
    assert!(problems.render(false).contains("error[site-too-large]"));
}

#[test]
fn y2_keys_tabs_indentation() {
    refused("misspelt key", b"listenrs: {}\n", "unknown-key");
    refused("duplicate key", b"tables: {}\ntables: {}\n", "duplicate-key");
    refused(
        "wrong indent",
        b"tables:\n  a: { x: y }\n b: { x: y }\n",
        "yaml-syntax",
    );
    refused("tab", b"tables:\n\ta: { x: y }\n", "tab-indentation");
}

#[test]
fn y3_other_forms_of_yaml() {
    refused(
        "several documents",
        b"tables: {}\n---\ntables: {}\n",
        "unsupported-yaml",
    );
    refused(
        "python tag",
        b"tables: !!python/object:os.system {}\n",
        "unsupported-yaml",
    );
    refused("include tag", b"tables: !include ../../x\n", "unsupported-yaml");
    refused("binary tag", b"tables: !!binary aGk=\n", "unsupported-yaml");
    refused("not UTF-8", b"tables: { a: \"\xff\" }\n", "unreadable-file");
    refused("NUL", b"tables: \0\n", "yaml-syntax");
    let (site, problems) = load_files(&[("site.yaml", "")]);
    assert!(site.is_none());
    assert!(problems.render(false).contains("error[empty-site]"));
}

#[test]
fn y4_nothing_is_coerced() {
    let listener = |bind: &str| format!("listeners: {{ a: {{ mllp: {{ bind: {bind} }} }} }}\n");
    for port in [
        "0.0.0.0:70000",
        "0.0.0.0:-1",
        "0.0.0.0:2575.5",
        "0.0.0.0:0x1F",
        "0.0.0.0",
    ] {
        refused(port, listener(port).as_bytes(), "invalid-value");
    }
    refused("port 0", listener("0.0.0.0:0").as_bytes(), "port-zero");
    refused("a port alone", listener("2575").as_bytes(), "wrong-type");
    for number in ["2575.5", "0o17", "0x1F", "1e3", "'1000'", "1_000"] {
        let more = listener(&format!("127.0.0.1:1, connections_max: {number}"));
        refused(number, more.as_bytes(), "wrong-type");
    }
    let bare = listener("127.0.0.1:1, idle_timeout: 30");
    refused("a duration without unit", bare.as_bytes(), "wrong-type");
    for duration in ["'5 mins'", "-1s", "1.5h", "5 mins"] {
        let more = listener(&format!("127.0.0.1:1, idle_timeout: {duration}"));
        refused(duration, more.as_bytes(), "invalid-value");
    }
    for name in ["no", "yes", "on", "'null'", "y"] {
        refused(
            name,
            format!("tables: {{ {name}: {{ a: b }} }}\n").as_bytes(),
            "bad-name",
        );
    }
    let version = "listeners: { a: { mllp: { bind: 127.0.0.1:1 }, permit: { versions: [1.10] } } }\n";
    refused("1.10 as version", version.as_bytes(), "invalid-value");
}

#[test]
fn y5_names_ports_and_loops() {
    let two = "listeners:\n  a: { mllp: { bind: 0.0.0.0:2575 } }\n  b: { mllp: { bind: 127.0.0.1:2575 } }\n";
    refused("two listeners on one port", two.as_bytes(), "same-address");
    refused(
        "duplicate name",
        b"tables: { a: { x: y } }\nroutes: { a: { from: b, to: c } }\n",
        "duplicate-name",
    );
    let looping = "
listeners:
  a: { mllp: { bind: 127.0.0.1:2575 } }
  b: { mllp: { bind: 127.0.0.1:2576 } }
destinations:
  to-a: { mllp: { address: 'localhost:2575' } }
  to-b: { mllp: { address: '127.0.0.1:2576' } }
routes:
  there: { from: a, to: to-b }
  back: { from: b, to: to-a }
";
    refused("A to B to A", looping.as_bytes(), "destination-loop");
    refused(
        "to itself",
        looping.replace("to: to-b", "to: to-a").as_bytes(),
        "destination-loop",
    );
    let chain = format!(
        "{ENGINE}{}",
        looping.replace("  back: { from: b, to: to-a }\n", "")
    );
    let (site, problems) = load_files(&[("site.yaml", &chain)]);
    assert!(site.is_some(), "a chain is no loop: {problems}");
    // A destination for every listener, every one of them leading back: still at once.
    let many = |line: &dyn Fn(usize) -> String| (0..1_000).map(line).collect::<Vec<_>>().concat();
    let all = |letter: &str| {
        (0..1_000)
            .map(|n| format!("{letter}{n}"))
            .collect::<Vec<_>>()
            .join(", ")
    };
    let tangle = format!(
        "listeners:\n{}destinations:\n{}routes:\n  r: {{ from: [{}], to: [{}] }}\n",
        many(&|n| format!("  l{n}: {{ mllp: {{ bind: 127.0.0.1:{} }} }}\n", 3_000 + n)),
        many(&|n| format!("  d{n}: {{ mllp: {{ address: 'localhost:{}' }} }}\n", 3_000 + n)),
        all("l"),
        all("d"),
    );
    refused("a tangle", tangle.as_bytes(), "destination-loop");
    let undefined = "routes: { r: { from: nobody, to: nowhere } }\n";
    refused("undefined listener", undefined.as_bytes(), "unknown-listener");
    refused(
        "undefined destination",
        undefined.as_bytes(),
        "unknown-destination",
    );
}

#[test]
fn y7_paths_and_functions() {
    let route = |step: &str| format!("routes: {{ r: {{ from: a, to: b, steps: [ {step} ] }} }}\n");
    refused("bad path", route("{ remove: PID-3.99.x }").as_bytes(), "bad-path");
    refused(
        "bad path in a condition",
        route("{ remove: NK1, when: PID-3.99.x valued }").as_bytes(),
        "bad-expression",
    );
    refused(
        "unknown function",
        route("{ set: { PID-3: '{uper(PID-3)}' } }").as_bytes(),
        "bad-expression",
    );
    refused("header", route("{ remove: MSH }").as_bytes(), "invalid-value");
    refused(
        "delimiters",
        route("{ set: { MSH-2: x } }").as_bytes(),
        "invalid-value",
    );
    let deep = format!(
        "routes: {{ r: {{ from: a, to: b, when: \"{}\" }} }}\n",
        "(".repeat(3_000)
    );
    refused("deep expression", deep.as_bytes(), "bad-expression");
}
