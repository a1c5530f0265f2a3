# `just` lists these; each is a plain command that works without just.

# Shows this list.
default:
    @just --list

# Formatting, lints and the example site, without running tests.
check:
    cargo fmt --check
    cargo clippy --all-targets --locked -- -D warnings
    cargo run --locked --quiet -- check routes

# Every test; `just test mllp::` runs those whose name holds mllp::
test *filter:
    cargo test --locked {{ filter }}

# What continuous integration runs.
ci:
    .ci/run

# A verdict on each file of the public corpus, where it lies beside the repository.
corpus:
    cargo test --locked --test weir -- --nocapture corpus_has_a_verdict

# Speed of parsing, routing and the outbox; `just bench parse` runs those of that name.
bench *filter:
    cargo bench --locked {{ filter }}

# A million messages queued for a destination that is away, or so many: memory, disk, restart, draining, and what it costs others.
backlog messages="1000000":
    cargo bench --locked --bench backlog -- {{ messages }}

# Five million messages in an archive, or so many: bytes on the disk, memory, and the time of each kind of search; 20 minutes and 7 GB for all of them.
archive-search messages="5000000":
    cargo bench --locked --bench archive_search -- {{ messages }}

# What keeping an archive costs whoever sends: rounds of so many messages, with and without.
archive-intake messages="60000":
    cargo bench --locked --bench archive_intake -- {{ messages }}

# How soon weir serves, and what it takes when nothing comes, over so many seconds.
idle seconds="30":
    cargo bench --locked --bench idle -- {{ seconds }}

# 10,000 idle and 1,000 slow connections beside a good sender, or so many and a tenth; needs as many files (`ulimit -n 12000`).
crowd idle="10000":
    cargo bench --locked --bench crowd -- {{ idle }}

# A hospital, weir and two receivers in one process, for a look around.
demo:
    cargo run --locked --release -- demo

# Cut the power under load, `cuts` times; needs root and mkfs.ext4, about a second each.
power-cuts cuts="200":
    WEIR_POWER_CUTS={{ cuts }} cargo test --locked --release --test weir -- --nocapture survives_power_cuts

# Kill the process under load, `kills` times, at random instants.
kills kills="200":
    WEIR_KILLS={{ kills }} cargo test --locked --release --test weir -- --nocapture survives_kills

# Kill the process at each system call that writes, syncs, renames or removes; needs strace.
sweep points="1000":
    WEIR_SWEEP={{ points }} cargo test --locked --release --test weir -- --nocapture a_kill_at_any_system_call

# Failing, full and slow disks, and a system that runs short; needs root, strace, mkfs.ext4 and libfaketime.
faults:
    cargo test --locked --release --test weir -- --nocapture durability::faults --test-threads 1

# All of these, one after the other, and one table of what came of them; hours. `just durability 10 5 2 10` is the quick form.
durability kills="500" cuts="500" points="1000" reloads="200":
    tools/durability {{ kills }} {{ cuts }} {{ points }} {{ reloads }}

# Change and reload the site under load, `reloads` times.
reloads reloads="200":
    WEIR_RELOADS={{ reloads }} cargo test --locked --release --test weir -- --nocapture reloads_under_load

# Whether the HL7 dictionary is what its two sources give; needs python3, pip, node and npm.
dictionary-check:
    python3 tools/dictionary/generate.py --check

# Licenses, known advisories, banned crates (needs `cargo install cargo-deny`).
deny:
    cargo deny check

# The manual of the library.
doc:
    cargo doc --locked --no-deps --open

# Fuzz one target for so many seconds (needs `cargo install cargo-fuzz`); the targets are the files in fuzz/fuzz_targets. Folders of other beginnings may follow.
fuzz target seconds="60" *more:
    #!/usr/bin/env bash
    set -euo pipefail
    case {{ target }} in
        site | format) seeds=routes ;;
        table) seeds="routes/tables routes/examples/tables" ;;
        body) seeds=fuzz/seeds/body ;;
        record) seeds= ;;
        *) seeds=fixtures ;;
    esac
    mkdir -p fuzz/corpus/{{ target }}
    cargo fuzz run -s none {{ target }} fuzz/corpus/{{ target }} $seeds {{ more }} -- \
        -max_total_time={{ seconds }} -max_len=65536 -rss_limit_mb=2048 -timeout=10

# Fuzz all targets, one after the other, each for so many seconds.
fuzz-all seconds="7200" *more:
    #!/usr/bin/env bash
    set -euo pipefail
    for target in fuzz/fuzz_targets/*.rs; do
        just fuzz "$(basename "$target" .rs)" {{ seconds }} {{ more }}
    done
