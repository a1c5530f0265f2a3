//! Power cuts and failing disks under an outbox at work.

use std::{env, path::Path, thread, time::Duration};

use weir::outbox::{Outbox, Settings};

use super::{
    checker::{self, Acknowledged, Arrivals, Verdict},
    child::{FAIL_STOP, Gathered, Notes, UNSETTLED_MAX, spawn},
    load::strace_or_word,
    powercut,
};

/// A store is used for that many cuts, then a new one is made: cuts while it is made count, too.
const CUTS_PER_STORE: u64 = 3;

/// `WEIR_POWER_CUTS` says how many cuts (3), `WEIR_POWER_CUT_SEED` repeats the instants of a run.
#[test]
fn what_was_acknowledged_survives_power_cuts() {
    let cuts = env::var("WEIR_POWER_CUTS").map_or(3, |cuts| cuts.parse().unwrap());
    let seed =
        env::var("WEIR_POWER_CUT_SEED").map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    let mut random = fastrand::Rng::with_seed(seed);
    let Some(mut disk) = powercut::disk_or_word(2_048) else {
        return;
    };
    let mut total = (0, 0);
    for cut in 0..cuts {
        let what = format!("cut {cut} of seed {seed}");
        let folder = disk.path().join(format!("outbox-{}", cut / CUTS_PER_STORE));
        let senders = [1, 4, 64][random.usize(0..3)];
        let trigger = disk.arm();
        let mut child = spawn(&[], "load", &folder, senders, cut);
        let notes = Notes::gather(child.stdout.take().unwrap());
        thread::sleep(Duration::from_millis(random.u64(10..1_500)));
        let acknowledged = notes.acknowledged();
        trigger.now();
        child.kill().unwrap();
        child.wait().unwrap();
        disk.restore();
        let verdict = drain(&folder, &acknowledged, notes.at_the_end(), &what);
        verdict.assert_holds(UNSETTLED_MAX, &what);
        let (accepted, duplicates) = (acknowledged.len(), verdict.duplicates());
        total = (total.0 + accepted, total.1 + duplicates);
        // The last cut of this store: all of it is accounted for, and it has done its work.
        if cut % CUTS_PER_STORE == CUTS_PER_STORE - 1 || cut + 1 == cuts {
            assert_balances(&folder, &what);
            std::fs::remove_dir_all(&folder).unwrap();
        }
        println!("{what}: {senders} senders, {accepted} acknowledged, 0 lost, {duplicates} duplicates");
    }
    println!(
        "{cuts} power cuts: {} acknowledged, 0 lost, {} duplicates, order kept",
        total.0, total.1
    );
}

/// Each system call that writes, made to fail in a running process.
#[test]
fn after_a_failed_write_the_process_ends_and_nothing_is_lost() {
    if !strace_or_word("failing writes") {
        return;
    }
    for (call, fault) in [
        ("fdatasync", "error=EIO:when=20"),
        ("pwrite64", "error=EIO:when=40"),
        ("pwrite64", "error=ENOSPC:when=45"),
        ("sync_file_range", "error=EIO:when=30"),
        ("rename", "error=ENOSPC:when=3"),
    ] {
        let what = format!("{call} with {fault}");
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path().join("outbox");
        // A writer that hangs is killed after a while, and shows in the exit code.
        let under = [
            "timeout",
            "-s",
            "KILL",
            "120",
            "strace",
            "-f",
            "-q",
            "-o",
            "/dev/null",
            "-e",
        ];
        let mut under: Vec<String> = under.map(str::to_owned).to_vec();
        under.extend([
            format!("trace={call}"),
            "-e".to_owned(),
            format!("inject={call}:{fault}"),
        ]);
        let mut child = spawn(&under, "load", &folder, 4, 0);
        let notes = Notes::gather(child.stdout.take().unwrap());
        assert_eq!(child.wait().unwrap().code(), Some(FAIL_STOP), "{what}");
        let gathered = notes.at_the_end();
        let acknowledged = gathered.0.clone();
        assert!(
            acknowledged.len() > 0,
            "{what}: it failed too early to show anything"
        );
        drain(&folder, &acknowledged, gathered, &what).assert_holds(UNSETTLED_MAX, &what);
        assert_balances(&folder, &what);
    }
}

fn assert_balances(folder: &Path, what: &str) {
    let found = Outbox::verify(folder, &Settings::default()).unwrap();
    assert_eq!((found.difference(), found.damages), (0, 0), "{what}: {found:?}");
    assert!(
        found.queued.values().all(|waiting| *waiting == 0),
        "{what}: {found:?}"
    );
}

/// Delivers what is still owed, in a new process, and judges the whole.
fn drain(folder: &Path, acknowledged: &Acknowledged, before: Gathered, what: &str) -> Verdict {
    let mut child = spawn(&[], "drain", folder, 0, 0);
    let notes = Notes::gather(child.stdout.take().unwrap());
    let opened = child.wait().unwrap().success();
    assert!(
        opened,
        "{what}: the outbox does not open or deliver, {} were acknowledged",
        acknowledged.len()
    );
    let mut arrivals = Arrivals::default();
    for (destination, id) in before.1.into_iter().chain(notes.at_the_end().1) {
        arrivals.note(&destination, id);
    }
    checker::check(acknowledged, &arrivals)
}
