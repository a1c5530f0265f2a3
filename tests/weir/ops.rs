//! The files in `ops/`, tried with what they are for: Prometheus and its promtool, the dashboard's queries against the
//! metrics there are, systemd's own opinion of the unit.
//!
//! A test that lacks its tool says so and leaves itself out; `.ci/run` installs them.

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use weir::alert::Kind;

use crate::harness::{Engine, PATIENCE, Receiver, Sender, Site, adt, repository_file};

/// The most that systemd may find exposed, of ten.
const EXPOSURE_MAX: f64 = 2.0;

fn ops(name: &str) -> String {
    fs::read_to_string(repository_file("ops").join(name)).unwrap()
}

/// Whether a program is there; said when it is not.
fn is_there(program: &str) -> bool {
    let found = Command::new(program)
        .arg("--version")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    if found.is_err() {
        eprintln!("left out: there is no {program} here");
    }
    found.is_ok()
}

#[test]
fn promtool_finds_the_rules_right_and_their_tests_pass() {
    if !is_there("promtool") {
        return;
    }
    for arguments in [
        ["check", "rules", "prometheus-rules.yaml"],
        ["test", "rules", "prometheus-rules-test.yaml"],
    ] {
        let ran = Command::new("promtool")
            .args(arguments)
            .current_dir(repository_file("ops"))
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
        assert!(ran.status.success(), "{said}");
    }
}

/// The rule that tells what an alert of this kind tells.
fn rule_for(kind: Kind) -> &'static str {
    match kind {
        Kind::OldQueue => "WeirQueueOld",
        Kind::Held => "WeirDestinationHeld",
        Kind::Paused => "WeirDestinationPaused",
        Kind::DeadLetters => "WeirDeadLetters",
        Kind::SilentListener => "WeirListenerSilent",
        Kind::OutboxFull => "WeirOutboxFull",
        Kind::OutboxNearlyFull => "WeirOutboxNearlyFull",
        Kind::CertificateEnds => "WeirCertificateEnds",
        Kind::CertificateRefused => "WeirCertificatesRefused",
        Kind::ListLate => "WeirRevocationListLate",
        Kind::ArchiveBehind => "WeirArchiveLags",
        Kind::ArchiveLost => "WeirArchiveLost",
        Kind::AuditBehind => "WeirAuditBehind",
        Kind::AuditUnwritten => "WeirAuditUnwritten",
    }
}

#[test]
fn whoever_has_prometheus_is_told_of_the_same_troubles() {
    let rules = ops("prometheus-rules.yaml");
    for kind in Kind::ALL {
        let rule = format!("- alert: {}\n", rule_for(kind));
        assert!(
            rules.contains(&rule),
            "{}: no `{}`",
            kind.as_str(),
            rule_for(kind)
        );
    }
}

/// Every word that begins as our metrics do.
fn metrics_in(text: &str) -> BTreeSet<&str> {
    text.split(|c: char| !c.is_ascii_alphanumeric() && c != '_')
        .filter(|word| word.starts_with("weir_"))
        .collect()
}

#[test]
fn rules_and_dashboard_name_metrics_that_there_are() {
    let is_known = |word: &str| {
        weir::metrics::ALL.iter().any(|metric| {
            let parts = match metric.kind {
                weir::metrics::Kind::Histogram => ["_bucket", "_sum", "_count"].as_slice(),
                weir::metrics::Kind::Counter | weir::metrics::Kind::Gauge => [""].as_slice(),
            };
            word.strip_prefix(metric.name)
                .is_some_and(|rest| parts.contains(&rest))
        })
    };
    let dashboard: Value = serde_json::from_str(&ops("grafana-dashboard.json")).unwrap();
    let mut expressions = Vec::new();
    let mut ids = BTreeSet::new();
    for panel in dashboard["panels"].as_array().unwrap() {
        assert!(ids.insert(panel["id"].as_u64().unwrap()), "{panel}");
        let targets = panel["targets"].as_array().into_iter().flatten();
        expressions.extend(targets.map(|target| target["expr"].as_str().unwrap().to_owned()));
    }
    assert!(expressions.len() > 20, "{}", expressions.len());
    expressions.push(ops("prometheus-rules.yaml"));
    for expression in &expressions {
        let named = metrics_in(expression);
        assert!(!named.is_empty(), "{expression}");
        let unknown: Vec<_> = named.iter().filter(|word| !is_known(word)).collect();
        assert!(unknown.is_empty(), "{unknown:?} in {expression}");
    }
}

#[test]
fn systemd_finds_little_exposed() {
    let unit = ops("weir.service");
    for line in [
        "LimitCORE=0",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "StateDirectory=weir",
    ] {
        assert!(unit.lines().any(|other| other == line), "{line}");
    }
    if !is_there("systemd-analyze") {
        return;
    }
    // It reads units that are called so.
    let path = repository_file("ops/weir.service");
    let ran = Command::new("systemd-analyze")
        .args(["security", "--offline=true", "--no-pager"])
        .arg(path)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stdout) + String::from_utf8_lossy(&ran.stderr);
    let verdict = said.lines().find(|line| line.contains("Overall exposure level"));
    let Some(verdict) = verdict else {
        // Older ones know no `--offline`.
        assert!(said.contains("offline"), "{said}");
        return eprintln!("left out: systemd-analyze reads no unit that is not installed");
    };
    let level = verdict.split(": ").nth(1).and_then(|rest| rest.split(' ').next());
    let level: f64 = level.unwrap().parse().unwrap();
    assert!(level <= EXPOSURE_MAX, "{verdict}");
}

#[test]
fn systemd_starts_it_again_however_often_it_has_failed() {
    let unit = ops("weir.service");
    let of = |section: &str| -> Vec<&str> {
        let after = unit.lines().skip_while(|line| *line != section).skip(1);
        after.take_while(|line| !line.starts_with('[')).collect()
    };
    // Elsewhere it would be unknown to systemd.
    assert!(of("[Unit]").contains(&"StartLimitIntervalSec=0"), "{unit}");
    for line in ["Restart=always", "RestartSec=2s", "RestartMaxDelaySec=1min"] {
        assert!(of("[Service]").contains(&line), "{line}");
    }
    assert!(!unit.contains("StartLimitBurst"), "{unit}");
}

/// A Prometheus that runs until the test ends.
struct Prometheus {
    child: Child,
    address: SocketAddr,
}

impl Prometheus {
    /// Scrapes this weir every second, with our rules made quick: nothing has to last, and two seconds are old.
    fn watching(engine: &Engine, folder: &Path) -> Prometheus {
        let rules = ops("prometheus-rules.yaml");
        let lines = rules
            .lines()
            .filter(|line| !line.trim_start().starts_with("for: "));
        let quick = lines.collect::<Vec<_>>().join("\n");
        assert!(quick.contains("weir_outbox_oldest_age_seconds > 900"), "{quick}");
        fs::write(
            folder.join("rules.yaml"),
            quick.replace("_age_seconds > 900", "_age_seconds > 2"),
        )
        .unwrap();
        let config = format!(
            "global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}\nrule_files: [rules.yaml]\n\
             scrape_configs: [{{ job_name: weir, static_configs: [{{ targets: [\"{}\"] }}] }}]\n",
            engine.console()
        );
        fs::write(folder.join("prometheus.yaml"), config).unwrap();
        // It cannot be asked which port it got: one that was free a moment ago.
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let child = Command::new("prometheus")
            .args(["--config.file=prometheus.yaml", "--storage.tsdb.path=tsdb"])
            .arg(format!("--web.listen-address={address}"))
            .current_dir(folder)
            .stdout(Stdio::null())
            .stderr(fs::File::create(folder.join("prometheus.log")).unwrap())
            .spawn()
            .unwrap();
        Prometheus { child, address }
    }

    /// The names of the alerts that fire now.
    fn firing(&self) -> BTreeSet<String> {
        let Some(answer) = self.get("/api/v1/alerts") else {
            return BTreeSet::new();
        };
        let alerts = answer["data"]["alerts"].as_array().cloned().unwrap_or_default();
        let firing = alerts.iter().filter(|alert| alert["state"] == "firing");
        firing
            .map(|alert| alert["labels"]["alertname"].as_str().unwrap().to_owned())
            .collect()
    }

    /// `None` while it does not answer yet.
    fn get(&self, path: &str) -> Option<Value> {
        let mut stream = TcpStream::connect(self.address).ok()?;
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream
            .write_all(format!("GET {path} HTTP/1.0\r\nHost: prometheus\r\n\r\n").as_bytes())
            .ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).ok()?;
        serde_json::from_str(answer.split_once("\r\n\r\n")?.1).ok()
    }

    /// Waits until those that fire are enough, doing something between two looks.
    fn wait(&self, what: &str, is_enough: impl Fn(&BTreeSet<String>) -> bool, mut meanwhile: impl FnMut()) {
        let begin = Instant::now();
        loop {
            let firing = self.firing();
            if is_enough(&firing) {
                return;
            }
            assert!(begin.elapsed() < PATIENCE, "{what}: what fires is {firing:?}");
            meanwhile();
            std::thread::sleep(Duration::from_millis(200));
        }
    }
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

#[test]
fn alerts_for_a_silent_feed_and_an_old_queue_fire_and_clear() {
    if !is_there("prometheus") {
        return;
    }
    let receiver = Receiver::accepting();
    let forwarding = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let listener = "in: { mllp: { bind: \"127.0.0.1:0\" } }";
    let expecting =
        "in: { mllp: { bind: \"127.0.0.1:0\" }, expect_traffic: { hours: [{ silence_max: 3s }] } }";
    assert!(forwarding.contains(listener));
    let site = Site::new(&forwarding.replace(listener, expecting));
    let engine = site.start();
    let prometheus = Prometheus::watching(&engine, site.folder());
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/pause").0, 200);
    let mut sender = Sender::connect(engine.listener("in"));
    assert!(sender.exchange(&adt("Q1")).is_some());
    let both = |firing: &BTreeSet<String>| {
        ["WeirListenerSilent", "WeirQueueOld"]
            .iter()
            .all(|name| firing.contains(*name))
    };
    prometheus.wait("they begin", both, || {});
    assert!(!prometheus.firing().contains("WeirDown"), "it is scraped");
    // Somebody lets the destination go on, and the feed speaks again.
    assert_eq!(site.ask("POST", "/api/v1/destinations/ehr/resume").0, 200);
    let mut count = 1;
    let neither = |firing: &BTreeSet<String>| {
        ["WeirListenerSilent", "WeirQueueOld"]
            .iter()
            .all(|name| !firing.contains(*name))
    };
    prometheus.wait("they end", neither, || {
        count += 1;
        assert!(sender.exchange(&adt(&format!("Q{count}"))).is_some());
    });
    assert_eq!(engine.terminate(), 0);
    // What is down is seen by whoever looks from outside.
    prometheus.wait("weir is down", |firing| firing.contains("WeirDown"), || {});
}
