//! Disks that fail, fill up or are slow, and a system that runs short, under an engine at work.
//!
//! `strace` makes system calls fail or last, a small ext4 of its own fills up or turns read-only, `prlimit` limits
//! files, signals stop the process, `libfaketime` moves its clock. Each leaves itself out with a word where its
//! tool is missing.

use std::io::Write;
use std::net::TcpListener;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use super::load::{DUPLICATES_MAX, Load, Round, assert_balances, seeded, strace_or_word};
use super::powercut;
use crate::harness::{Answer, Engine, Receiver, Sender, Site, adt, field, wait_until, weir};
use crate::reload::table_from;

const SYNC: &str = "trace=fdatasync";
/// Small disks have less than the default reserve.
const NO_RESERVE: &str = "  outbox: { disk_free_bytes_min: 0B }\n";
/// Where Debian puts it.
const FAKETIME: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

/// What a program is started under whose system calls of this kind are to end like this.
fn strace<'a>(trace: &'a str, fault: &'a str) -> [&'a str; 10] {
    [
        "strace",
        "-D",
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        trace,
        "-e",
        fault,
    ]
}

/// Judges a round and looks at every record.
fn assert_held(round: &Round, place: &Path, what: &str) {
    assert!(round.acknowledged > 0, "{what}: no load, nothing shown");
    round.verdict.assert_holds(DUPLICATES_MAX, &what);
    assert_balances(place);
    println!(
        "{what}: {} acknowledged, 0 lost, {} duplicates",
        round.acknowledged,
        round.verdict.duplicates()
    );
}

/// It must end by itself and say that it cannot run; says how long after the fault.
fn fails(engine: Engine, what: &str) {
    let since = Instant::now();
    let status = engine.end();
    assert_eq!(status.code(), Some(2), "{what}: {status}");
    println!("{what}: {status} after {:.1} s", since.elapsed().as_secs_f64());
}

#[test]
fn after_a_failed_sync_or_write_the_engine_ends_and_a_restart_recovers() {
    if !strace_or_word("failing syncs and writes") {
        return;
    }
    for (trace, fault) in [
        (SYNC, "inject=fdatasync:error=EIO:when=25+"),
        ("trace=pwrite64", "inject=pwrite64:error=EIO:when=12+"),
        ("trace=rename", "inject=rename:error=EROFS:when=3+"),
    ] {
        let place = tempfile::tempdir().unwrap();
        let under = strace(trace, fault);
        let load = Load::start_under(&under, "", place.path(), &mut seeded(), 0);
        assert_held(
            &load.end(|engine| fails(engine, fault), || ()),
            place.path(),
            fault,
        );
    }
}

#[test]
fn after_a_sync_that_hangs_the_engine_ends_and_a_restart_recovers() {
    if !strace_or_word("syncs that hang") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let hangs = strace(SYNC, "inject=fdatasync:delay_enter=8000000:when=25");
    // Not for good: what `strace` delays cannot end before that is over.
    let hasty = "  outbox: { write_timeout: 2s }\n";
    let load = Load::start_under(&hangs, hasty, place.path(), &mut seeded(), 0);
    let what = "a sync of eight seconds";
    assert_held(&load.end(|engine| fails(engine, what), || ()), place.path(), what);
}

#[test]
fn after_a_failed_sync_the_engine_ends_in_the_middle_of_a_reload_too() {
    if !strace_or_word("failing syncs") {
        return;
    }
    let receiver = Receiver::accepting();
    let database = TcpListener::bind("127.0.0.1:0").unwrap();
    let yaml = Site::forwarding_yaml(&[("out", receiver.address())]);
    let site = Site::new(&yaml);
    let fault = "inject=fdatasync:error=EIO:when=40+";
    let engine = site.start_under(&strace(SYNC, fault));
    site.rewrite(&format!("{yaml}{}", table_from(&database)));
    engine.signal("HUP");
    let _connection = database.accept().unwrap();
    let mut sender = Sender::connect(engine.listener("in"));
    let sent = (0..200).take_while(|number| sender.exchange(&adt(&format!("M{number}"))).is_some());
    assert!(sent.count() > 0, "it still ran");
    fails(engine, "a failed sync in the middle of a reload");
}

#[test]
fn no_positive_answer_leaves_after_a_failed_sync() {
    if !strace_or_word("failing syncs") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let trace = folder.path().join("trace");
    // Nothing is settled, so that every sync is that of a message.
    let receiver = Receiver::scripted(|_, _| Answer::Silence);
    let site = Site::write(
        folder.path(),
        &Site::forwarding_yaml(&[("out", receiver.address())]),
    );
    let engine = site.start_under(&[
        "strace",
        "-D",
        "-f",
        "-qq",
        "-s",
        "400",
        "-o",
        &trace.display().to_string(),
        "-e",
        "trace=fdatasync,sendto,sendmsg,write,writev",
        "-e",
        "inject=fdatasync:error=EIO:when=10",
    ]);
    let mut sender = Sender::connect(engine.listener("in"));
    let mut accepted = 0;
    while let Some(reply) = sender.exchange(&adt(&format!("M{accepted}"))) {
        if field(&reply, "MSA", 1) != "AA" {
            break;
        }
        accepted += 1;
    }
    assert!(accepted > 0, "it failed too early to show anything");
    assert!(!engine.end().success());
    let trace = std::fs::read_to_string(trace).unwrap();
    let (before, after) = trace.split_once("(INJECTED)").expect("a sync has failed");
    assert_eq!(
        before.matches("MSA|AA|").count(),
        accepted,
        "the trace shows every reply"
    );
    assert!(!after.contains("MSA|AA|"), "{after}");
    assert!(!after.contains("the archive takes nothing"), "{after}");
}

#[test]
fn interrupted_and_short_writes_lose_nothing() {
    if !strace_or_word("interrupted writes") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let interrupted = strace(
        "trace=fdatasync,pwrite64",
        "inject=fdatasync,pwrite64:error=EINTR:when=3+5",
    );
    let load = Load::start_under(&interrupted, "", place.path(), &mut seeded(), 0);
    load.wait_for_more(200);
    assert_held(
        &load.end(Engine::kill, || ()),
        place.path(),
        "interrupted writes and syncs",
    );
    // At the limit on the length of a file, the system really writes less than it was told to; and then it kills.
    let place = tempfile::tempdir().unwrap();
    let load = Load::start_under(
        &["prlimit", "--fsize=3000001"],
        "",
        place.path(),
        &mut seeded(),
        0,
    );
    let what = "a short write";
    assert_held(&load.end(fails_by_signal, || ()), place.path(), what);
}

/// It must be ended, by whatever.
fn fails_by_signal(engine: Engine) {
    assert!(!engine.end().success());
}

#[test]
fn slow_syncs_are_shared_and_lose_nothing() {
    if !strace_or_word("slow syncs") {
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let slow = strace(SYNC, "inject=fdatasync:delay_exit=300000");
    let load = Load::start_under(&slow, "", place.path(), &mut seeded(), 0);
    load.wait_for_more(400);
    let commits = load.engine.metric("weir_outbox_commits_total");
    println!("400 messages and their settlements in {commits} commits");
    assert!(
        commits < 200.0,
        "{commits} commits for 400 messages: nobody shares"
    );
    assert_held(&load.end(Engine::kill, || ()), place.path(), "syncs of 0.3 s");
}

#[test]
fn a_disk_that_fills_up_refuses_before_it_fails_and_takes_again_by_itself() {
    let Some(disk) = powercut::disk_or_word(256) else {
        return;
    };
    let (place, ballast) = (disk.path().join("place"), disk.path().join("ballast"));
    let receiver = Receiver::accepting();
    let yaml = Site::forwarding_yaml(&[("out", receiver.address())]);
    let site = Site::write(
        &place,
        &format!("  outbox: {{ disk_free_bytes_min: 64MiB }}\n{yaml}"),
    );
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut count = 0;
    let mut answer = || {
        count += 1;
        let reply = sender.exchange(&adt(&format!("M{count}"))).expect("a reply");
        (field(&reply, "MSA", 1), field(&reply, "ERR", 3))
    };
    assert_eq!(answer().0, "AA");
    fill(&ballast, 170 << 20);
    engine.wait_for_metric("weir_outbox_full", 1.0);
    let (code, error) = answer();
    assert_eq!(code, "AR");
    assert!(error.starts_with("207"), "{error}");
    std::fs::remove_file(&ballast).unwrap();
    engine.wait_for_metric("weir_outbox_full", 0.0);
    assert_eq!(answer().0, "AA");
    engine.wait_for_metric("weir_outbox_depth{destination=\"out\"}", 0.0);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.stop().len(), 2, "what was refused is not delivered");
    assert_balances(&place);
}

/// A file of so many bytes, or as many as there is room for.
fn fill(path: &Path, bytes: usize) {
    let mut file = std::fs::File::create(path).unwrap();
    let block = vec![0; 1 << 20];
    for _ in 0..bytes >> 20 {
        if file.write_all(&block).is_err() {
            break;
        }
    }
    // Space counts as taken only when it is.
    drop(file.sync_all());
}

#[test]
fn a_full_disk_stops_the_engine_and_a_restart_recovers() {
    let Some(disk) = powercut::disk_or_word(128) else {
        return;
    };
    let (place, ballast) = (disk.path().join("place"), disk.path().join("ballast"));
    let load = Load::start_under(&[], NO_RESERVE, &place, &mut seeded(), 0);
    load.wait_for_more(100);
    let what = "a full disk without reserve";
    let round = load.end(
        |engine| {
            fill(&ballast, 1 << 30);
            fails(engine, what);
        },
        || std::fs::remove_file(&ballast).unwrap(),
    );
    assert_held(&round, &place, what);
}

#[test]
fn a_disk_that_turns_read_only_stops_the_engine_and_a_restart_recovers() {
    let Some(mut disk) = powercut::disk_or_word(256) else {
        return;
    };
    let place = disk.path().join("place");
    let load = Load::start_under(&[], NO_RESERVE, &place, &mut seeded(), 0);
    load.wait_for_more(100);
    let what = "a disk that turns read-only";
    let mount = disk.path();
    let round = load.end(
        |engine| {
            // As ext4 does by itself when it finds itself damaged.
            let aborted = Command::new("mount")
                .args(["-o", "remount,abort"])
                .arg(&mount)
                .output()
                .unwrap();
            assert!(aborted.status.success(), "{aborted:?}");
            fails(engine, what);
        },
        || disk.restore(),
    );
    assert_held(&round, &place, what);
}

#[test]
fn a_second_process_waits_and_then_says_who_is_in_its_way() {
    let receiver = Receiver::accepting();
    let yaml = Site::forwarding_yaml(&[("out", receiver.address())]);
    let site = Site::new(&format!("  outbox: {{ lock_wait: 100ms }}\n{yaml}"));
    let engine = site.start();
    let (status, out, err) = weir(site.folder(), &["run", "site"], b"");
    assert_eq!((status, out.as_str()), (2, ""), "{err}");
    assert!(err.contains("lock") || err.contains("another"), "{err}");
    let mut sender = Sender::connect(engine.listener("in"));
    let reply = sender.exchange(&adt("STILL")).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA", "the first one does not notice");
    receiver.wait_for(1);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn without_file_descriptors_open_connections_work_and_others_wait() {
    let receiver = Receiver::accepting();
    let yaml = Site::forwarding_yaml(&[("out", receiver.address())]);
    let roomy = "bind: \"127.0.0.1:0\", connections_per_address_max: 200";
    let site = Site::new(&yaml.replacen("bind: \"127.0.0.1:0\"", roomy, 1));
    let engine = site.start_under(&["prlimit", "--nofile=64"]);
    let listener = engine.listener("in");
    let mut first = Sender::connect(listener);
    let exchange = |sender: &mut Sender, id: &str| {
        let reply = sender.exchange(&adt(id)).expect("a reply");
        assert_eq!(field(&reply, "MSA", 1), "AA", "{id}");
    };
    exchange(&mut first, "BEFORE");
    receiver.wait_for(1);
    // The system completes connections that nobody has accepted yet.
    let mut crowd: Vec<Sender> = (0..100).map(|_| Sender::connect(listener)).collect();
    let mut last = crowd.pop().unwrap();
    last.send(&adt("WAITS")).unwrap();
    exchange(&mut first, "MEANWHILE");
    let seen = receiver.wait_for(2);
    assert_eq!(seen.len(), 2, "there is no room for the last one yet");
    drop(crowd);
    let reply = last.reply().expect("accepted as soon as others are gone");
    assert_eq!(field(&reply, "MSA", 2), "WAITS");
    receiver.wait_for(3);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_process_that_was_stopped_for_seconds_goes_on() {
    let place = tempfile::tempdir().unwrap();
    let load = Load::start(place.path(), &mut seeded(), 0);
    load.wait_for_more(100);
    load.engine.signal("STOP");
    // Longer than the destinations wait for an answer.
    std::thread::sleep(Duration::from_secs(3));
    load.engine.signal("CONT");
    load.wait_for_more(100);
    let round = load.end(|engine| assert_eq!(engine.terminate(), 0), || ());
    assert_held(&round, place.path(), "stopped for 3 s");
}

#[test]
fn a_clock_that_is_wrong_deletes_nothing() {
    if !Path::new(FAKETIME).exists() {
        std::io::stderr()
            .write_all(b"NOT TRIED: jumps of the clock need libfaketime\n")
            .unwrap();
        return;
    }
    let receiver = Receiver::accepting();
    let site = Site::new(&format!(
        "archive: {{ age_max: 90d }}\n{}",
        Site::forwarding_yaml(&[("ehr", receiver.address())])
    ));
    let archived = || {
        let (_, found) = site.ask("GET", "/api/v1/messages");
        found["messages"].as_array().map_or(0, Vec::len)
    };
    let send = |engine: &Engine, id: &str, count: usize| {
        let mut sender = Sender::connect(engine.listener("in"));
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
        wait_until(|| archived() == count);
    };
    let engine = site.start();
    send(&engine, "ONE", 1);
    assert_eq!(engine.terminate(), 0);
    // The archive looks for what is too old before it takes what came.
    let faked = [
        "env",
        &format!("LD_PRELOAD={FAKETIME}"),
        "FAKETIME=+10y",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ];
    let engine = site.start_under(&faked);
    send(&engine, "TWO", 2);
    let ahead = engine.metric("weir_clock_ahead_seconds");
    assert!(ahead > 9.0 * 365.0 * 86_400.0, "{ahead}");
    assert!(site.log().contains("the clock leapt ahead"), "{}", site.log());
    assert_eq!(engine.terminate(), 0);
    // And when it has been put right, all is as before.
    let engine = site.start();
    send(&engine, "THREE", 3);
    assert!(engine.metric("weir_clock_ahead_seconds").abs() < 60.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn jumps_of_the_clock_lose_reorder_and_spin_nothing() {
    if !Path::new(FAKETIME).exists() {
        std::io::stderr()
            .write_all(b"NOT TRIED: jumps of the clock need libfaketime\n")
            .unwrap();
        return;
    }
    let place = tempfile::tempdir().unwrap();
    let clock = place.path().join("clock");
    std::fs::write(&clock, "+0").unwrap();
    let file = format!("FAKETIME_TIMESTAMP_FILE={}", clock.display());
    let preload = format!("LD_PRELOAD={FAKETIME}");
    let faked = [
        "env",
        &preload,
        &file,
        "FAKETIME_NO_CACHE=1",
        "FAKETIME_DONT_FAKE_MONOTONIC=1",
    ];
    let load = Load::start_under(&faked, "", place.path(), &mut seeded(), 0);
    load.wait_for_more(100);
    for jump in ["+10y", "-10y", "+1h", "-1h", "+0"] {
        std::fs::write(&clock, jump).unwrap();
        load.wait_for_more(100);
    }
    std::fs::write(&clock, "-10y").unwrap();
    let round = load.end(|engine| assert_eq!(engine.terminate(), 0), || ());
    assert_held(&round, place.path(), "jumps of the clock by ten years");
}
