//! Destinations that come, change and go, with something still owed to them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::harness::{Answer, Engine, Receiver, Sender, Site, control_id};

use super::{IN, accepted, mllp, yaml};

/// The destinations that stand in the site, all of which get everything.
fn site_to(destinations: &[String]) -> String {
    let names: Vec<_> = destinations
        .iter()
        .map(|entry| entry.split(':').next().unwrap())
        .collect();
    let route = format!("all: {{ from: in, to: [{}] }}", names.join(", "));
    let entries: Vec<_> = destinations.iter().map(String::as_str).collect();
    yaml(&[IN], &entries, &[&route])
}

/// A receiver that is there only when told to be.
fn shaky() -> (Receiver, Arc<AtomicBool>) {
    let is_there = Arc::new(AtomicBool::new(false));
    let there = Arc::clone(&is_there);
    let receiver = Receiver::scripted(move |_, _| {
        if there.load(Ordering::SeqCst) {
            Answer::Code("AA")
        } else {
            Answer::Away
        }
    });
    (receiver, is_there)
}

/// The account of a destination that has come to rest.
fn wait_for_account(engine: &Engine, name: &str, [owed, delivered, purged, waiting]: [u32; 4]) {
    let series = |metric: &str| format!("weir_{metric}{{destination=\"{name}\"}}");
    engine.wait_for_metric(&series("deliveries_owed_total"), owed.into());
    engine.wait_for_metric(&series("deliveries_delivered_total"), delivered.into());
    engine.wait_for_metric(&series("deliveries_purged_total"), purged.into());
    engine.wait_for_metric(&series("outbox_depth"), waiting.into());
}

fn state(site: &Site, name: &str) -> String {
    let status = site.status();
    let destinations = status["destinations"].as_array().unwrap();
    let found = destinations
        .iter()
        .find(|destination| destination["name"] == name);
    found.map_or("gone".to_owned(), |found| {
        found["state"].as_str().unwrap().to_owned()
    })
}

/// A site with `ehr`, which takes all, and `lab`, which is away and is owed `M1` to `M3`.
struct Backlog {
    ehr: Receiver,
    lab: Receiver,
    lab_is_there: Arc<AtomicBool>,
    site: Site,
    engine: Engine,
    sender: Sender,
}

impl Backlog {
    fn with(keys: &str) -> Backlog {
        let ehr = Receiver::accepting();
        let (lab, lab_is_there) = shaky();
        let site = Site::new(&site_to(&[
            mllp("ehr", ehr.address(), ""),
            mllp("lab", lab.address(), keys),
        ]));
        let engine = site.start_logging("info");
        let mut sender = Sender::connect(engine.listener("in"));
        for id in ["M1", "M2", "M3"] {
            accepted(&mut sender, id);
        }
        Backlog {
            ehr,
            lab,
            lab_is_there,
            site,
            engine,
            sender,
        }
    }

    /// The site without `lab`.
    fn without(&self) -> String {
        site_to(&[mllp("ehr", self.ehr.address(), "")])
    }

    /// The site with `lab` again.
    fn with_again(&self) -> String {
        site_to(&[
            mllp("ehr", self.ehr.address(), ""),
            mllp("lab", self.lab.address(), ""),
        ])
    }
}

#[test]
fn a_destination_more_gets_what_is_accepted_from_then_on() {
    let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
    let site = Site::new(&site_to(&[mllp("ehr", ehr.address(), "")]));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "D1");
    let both = [mllp("ehr", ehr.address(), ""), mllp("lab", lab.address(), "")];
    assert!(site.change(&site_to(&both)).contains("added"));
    accepted(&mut sender, "D2");
    ehr.wait_for(2);
    lab.wait_for(1);
    assert_eq!(lab.control_ids(), ["D2"]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_destination_with_other_settings_goes_on_with_its_queue() {
    let mut backlog = Backlog::with("");
    let elsewhere = Receiver::accepting();
    let moved = [
        mllp("ehr", backlog.ehr.address(), ""),
        mllp("lab", elsewhere.address(), ""),
    ];
    assert!(backlog.site.change(&site_to(&moved)).contains("changed"));
    accepted(&mut backlog.sender, "M4");
    elsewhere.wait_for(4);
    assert_eq!(elsewhere.control_ids(), ["M1", "M2", "M3", "M4"]);
    wait_for_account(&backlog.engine, "lab", [4, 4, 0, 0]);
    // The one that did not change has kept its connection.
    let opened = backlog
        .engine
        .metric(r#"weir_destination_connections_total{destination="ehr"}"#);
    assert!((opened - 1.0).abs() < f64::EPSILON, "{opened}");
    assert_eq!(backlog.engine.terminate(), 0);
}

#[test]
fn the_attempt_under_way_ends_before_other_settings_count() {
    let slow = Receiver::scripted(|before, _| match before {
        0 => Answer::Silence,
        _ => Answer::Code("AA"),
    });
    let with = |timeout: &str| {
        let ehr = format!(
            "ehr: {{ mllp: {{ address: \"{}\", acknowledgment_timeout: {timeout} }}, retry: {{ first: 10ms, longest: 10ms }} }}",
            slow.address()
        );
        site_to(&[ehr])
    };
    let site = Site::new(&with("2s"));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    accepted(&mut sender, "U1");
    slow.wait_for(1);
    site.change(&with("10s"));
    accepted(&mut sender, "U2");
    // The first attempt timed out, as it would have without the reload; then all goes on in order.
    slow.wait_for(3);
    assert_eq!(slow.control_ids(), ["U1", "U1", "U2"]);
    engine.wait_for_metric(r#"weir_deliveries_ambiguous_total{destination="ehr"}"#, 1.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn y8_a_destination_with_a_backlog_is_not_taken_out_without_a_word() {
    let mut backlog = Backlog::with("");
    backlog.site.rewrite(&backlog.without());
    let (status, out, err) = backlog.site.reload();
    assert_eq!(status, 1, "{out}");
    assert!(out.starts_with("refused: site version "), "{out}");
    assert!(
        err.contains("error[removed-destination]: destination `lab` is not in the site any more, and 3 deliveries wait for it"),
        "{err}"
    );
    assert!(err.contains("on_remove: drain"), "{err}");
    accepted(&mut backlog.sender, "M4");
    wait_for_account(&backlog.engine, "lab", [4, 0, 0, 4]);
    assert_eq!(state(&backlog.site, "lab"), "delivering");
    // Nothing waits any more: then it goes without a word.
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    wait_for_account(&backlog.engine, "lab", [4, 4, 0, 0]);
    assert!(backlog.site.change(&backlog.without()).contains("removed"));
    backlog
        .engine
        .wait_for_metric(r#"weir_reloads_total{outcome="refused"}"#, 1.0);
    assert_eq!(backlog.engine.terminate(), 0);
}

#[test]
fn drain_delivers_what_was_owed_and_no_more() {
    let mut backlog = Backlog::with(", on_remove: drain");
    assert!(backlog.site.change(&backlog.without()).contains("removed"));
    assert_eq!(state(&backlog.site, "lab"), "draining");
    accepted(&mut backlog.sender, "M4");
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    backlog.lab.wait_for(3);
    wait_for_account(&backlog.engine, "lab", [3, 3, 0, 0]);
    backlog.ehr.wait_for(4);
    // And back again: what comes then is delivered once more.
    backlog.site.change(&backlog.with_again());
    accepted(&mut backlog.sender, "M5");
    backlog.lab.wait_for(4);
    assert_eq!(backlog.lab.control_ids(), ["M1", "M2", "M3", "M5"]);
    assert_eq!(state(&backlog.site, "lab"), "delivering");
    assert_eq!(backlog.engine.terminate(), 0);
}

#[test]
fn a_destination_that_comes_back_while_it_drains_delivers_all_in_order() {
    let mut backlog = Backlog::with(", on_remove: drain");
    backlog.site.change(&backlog.without());
    accepted(&mut backlog.sender, "M4");
    backlog.site.change(&backlog.with_again());
    assert_eq!(state(&backlog.site, "lab"), "delivering");
    accepted(&mut backlog.sender, "M5");
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    backlog.lab.wait_for(4);
    assert_eq!(backlog.lab.control_ids(), ["M1", "M2", "M3", "M5"]);
    wait_for_account(&backlog.engine, "lab", [4, 4, 0, 0]);
    assert_eq!(backlog.engine.terminate(), 0);
}

#[test]
fn park_keeps_what_was_owed_until_the_destination_is_back() {
    let mut backlog = Backlog::with(", on_remove: park");
    backlog.site.change(&backlog.without());
    accepted(&mut backlog.sender, "M4");
    backlog.ehr.wait_for(4);
    assert_eq!(state(&backlog.site, "lab"), "parked");
    // Only now, because an attempt that was under way may still end well.
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    wait_for_account(&backlog.engine, "lab", [3, 0, 0, 3]);
    backlog.site.change(&backlog.with_again());
    backlog.lab.wait_for(3);
    assert_eq!(backlog.lab.control_ids(), ["M1", "M2", "M3"]);
    wait_for_account(&backlog.engine, "lab", [3, 3, 0, 0]);
    assert_eq!(backlog.engine.terminate(), 0);
}

#[test]
fn what_is_parked_over_a_restart_is_counted_when_it_is_back() {
    let backlog = Backlog::with(", on_remove: park");
    backlog.site.change(&backlog.without());
    let again = backlog.with_again();
    assert_eq!(backlog.engine.terminate(), 0);
    let engine = backlog.site.start();
    assert_eq!(state(&backlog.site, "lab"), "parked");
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    backlog.site.change(&again);
    backlog.lab.wait_for(3);
    wait_for_account(&engine, "lab", [3, 3, 0, 0]);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn purge_throws_away_what_was_owed_and_says_who_wanted_it() {
    let mut backlog = Backlog::with(", on_remove: purge");
    backlog.site.change(&backlog.without());
    wait_for_account(&backlog.engine, "lab", [3, 0, 3, 0]);
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    backlog.site.change(&backlog.with_again());
    accepted(&mut backlog.sender, "M4");
    backlog.lab.wait_for(1);
    assert_eq!(backlog.lab.control_ids(), ["M4"]);
    let all = backlog.ehr.wait_for(4);
    assert_eq!(
        all.iter().map(|message| control_id(message)).collect::<Vec<_>>(),
        ["M1", "M2", "M3", "M4"]
    );
    assert_eq!(backlog.engine.terminate(), 0);
    let log = backlog.site.log();
    let line = log
        .lines()
        .find(|line| line.contains("is purged"))
        .expect("it is logged");
    for word in ["purged=3", "destination=lab", "from control socket"] {
        assert!(line.contains(word), "{line}");
    }
}

#[test]
fn what_is_gone_and_owed_nothing_is_paused_for_nobody() {
    for how in ["purge", "drain", "park"] {
        let (ehr, lab) = (Receiver::accepting(), Receiver::accepting());
        let both = Site::forwarding_yaml(&[("ehr", ehr.address()), ("lab", lab.address())]);
        let site = Site::new(&both.replace("    retry:", &format!("    on_remove: {how}\n    retry:")));
        let engine = site.start();
        assert_eq!(site.ask("POST", "/api/v1/destinations/lab/pause").0, 200);
        let stopped = r#"weir_destination_stopped{destination="lab",why="paused"}"#;
        let alerts = r#"weir_alerts{kind="paused"}"#;
        engine.wait_for_metric(stopped, 1.0);
        engine.wait_for_metric(alerts, 1.0);
        site.change(&Site::forwarding_yaml(&[("ehr", ehr.address())]));
        engine.wait_for_metric(stopped, 0.0);
        engine.wait_for_metric(alerts, 0.0);
        assert_eq!(state(&site, "lab"), "gone", "{how}");
        assert_eq!(engine.terminate(), 0);
    }
}

#[test]
fn a_destination_with_another_name_leaves_its_queue_to_its_last_settings() {
    let mut backlog = Backlog::with(", on_remove: drain");
    let renamed = [
        mllp("ehr", backlog.ehr.address(), ""),
        mllp("laboratory", backlog.lab.address(), ""),
    ];
    backlog.site.change(&site_to(&renamed));
    accepted(&mut backlog.sender, "M4");
    backlog.lab_is_there.store(true, Ordering::SeqCst);
    backlog.lab.wait_for(4);
    wait_for_account(&backlog.engine, "lab", [3, 3, 0, 0]);
    wait_for_account(&backlog.engine, "laboratory", [1, 1, 0, 0]);
    assert_eq!(backlog.engine.terminate(), 0);
}
