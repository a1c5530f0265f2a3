//! Files of a site that are meant to cost more than they hold: what reading them takes is bounded (Y1).
//!
//! Time is counted in allocations and their bytes, which are the same on every machine; `cargo bench --bench site`
//! gives milliseconds.

use std::fs;

use allocation_counter::measure;

/// What one file may take: beyond its own text, and a copy or two of that, next to nothing.
const BYTES_HELD_MAX: u64 = 50 << 20;
/// Every allocation costs well under a microsecond; a million of them are under 100 ms.
const ALLOCATIONS_MAX: u64 = 1_000_000;

fn alias_bomb() -> String {
    let mut bomb = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..20 {
        let alias = format!("*a{}", level - 1);
        bomb = format!("{bomb}a{level}: &a{level} [{}]\n", [alias.as_str(); 9].join(", "));
    }
    bomb
}

/// As much as is read of one file, of this.
fn full(piece: &str) -> String {
    piece.repeat(weir::config::FILE_BYTES_MAX / piece.len())
}

fn bombs() -> Vec<(&'static str, String)> {
    let deep: Vec<String> = (0..900)
        .map(|depth| format!("{}a:\n", " ".repeat(depth)))
        .collect();
    let keys: Vec<String> = (0..20_000).map(|number| format!("k{number}: 1\n")).collect();
    let codes: Vec<String> = (0..20_000)
        .map(|number| format!("  c{number}: {number}\n"))
        .collect();
    vec![
        ("aliases of aliases", alias_bomb()),
        ("an alias of itself", "a: &a [*a]\n".to_owned()),
        ("lists in lists", full("[")),
        ("mappings in mappings", full("{a: ")),
        ("dashes", full("- ")),
        ("a list to look ahead over", full("[b, ")),
        ("deep blocks", deep.concat()),
        ("many values", full("- a\n")),
        ("many values in one line", format!("tables: [{}]\n", full("a,"))),
        ("many wrong keys", keys.concat()),
        (
            "many wrong keys of a listener",
            format!("listeners:\n  a:\n    {}", keys.concat().replace('\n', "\n    ")),
        ),
        (
            "many wrong keys of a kind",
            format!(
                "listeners:\n  a:\n    mllp:\n      {}",
                keys.concat().replace('\n', "\n      ")
            ),
        ),
        (
            "many steps of no kind",
            format!(
                "routes:\n  r:\n    from: a\n    to: b\n    steps:\n{}",
                "    - x: y\n".repeat(19_000)
            ),
        ),
        (
            "many fields set",
            format!(
                "routes:\n  r:\n    from: a\n    to: b\n    steps:\n    - set:\n        {}",
                keys.concat().replace('\n', "\n        "),
            ),
        ),
        ("one long text", format!("tables: \"{}", full("x"))),
        ("quotes", full("\"\" ")),
        ("anchors", full("&a ")),
        ("comments", full("#\n")),
        ("colons", full("a:\n")),
        (
            "a large table that is right",
            format!("tables:\n  codes:\n  {}", codes.concat().replace('\n', "\n  ")),
        ),
    ]
}

#[test]
fn y1_what_a_bomb_takes_is_bounded() {
    for (name, bomb) in bombs() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("bomb.yaml"), bomb).unwrap();
        let mut is_refused = false;
        let taken = measure(|| {
            let (site, problems) = weir::config::load(folder.path());
            is_refused = site.is_none() && problems.error_count() > 0;
        });
        println!(
            "{name}: {} KiB held at most, {} allocations",
            taken.bytes_max >> 10,
            taken.count_total
        );
        assert!(is_refused, "{name}");
        assert!(
            taken.bytes_max < BYTES_HELD_MAX,
            "{name}: {} bytes",
            taken.bytes_max
        );
        assert!(
            taken.count_total < ALLOCATIONS_MAX,
            "{name}: {} allocations",
            taken.count_total
        );
    }
}

#[test]
fn y1_a_file_of_50_mb_is_not_read() {
    let folder = tempfile::tempdir().unwrap();
    let file = fs::File::create(folder.path().join("large.yaml")).unwrap();
    file.set_len(50 << 20).unwrap();
    let taken = measure(|| {
        let (site, _) = weir::config::load(folder.path());
        assert!(site.is_none());
    });
    assert!(taken.bytes_max < 1 << 20, "{} bytes", taken.bytes_max);
}
