//! The control socket: what it shows, who may open it, and what is said when nobody is there.

use std::os::unix::fs::PermissionsExt;

use crate::harness::{Answer, Receiver, Sender, Site, adt, field, weir};

#[test]
fn status_shows_what_runs_and_what_waits() {
    let receiver = Receiver::scripted(|_, _| Answer::Away);
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    for id in ["S1", "S2"] {
        assert_eq!(field(&sender.exchange(&adt(id)).unwrap(), "MSA", 1), "AA");
    }
    let (status, out, err) = weir(site.folder(), &["status", "site", "--json"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(shown["ready"], true);
    assert_eq!(shown["site"]["version"].as_str().unwrap().len(), 12);
    assert_eq!(shown["routes"][0]["name"], "all");
    assert_eq!(shown["routes"][0]["to"][0], "ehr");
    let listener = &shown["listeners"][0];
    assert_eq!(listener["name"], "in");
    assert_eq!(listener["address"], engine.listener("in").to_string());
    assert_eq!(
        (&listener["received"], &listener["accepted"]),
        (&2.into(), &2.into())
    );
    let destination = &shown["destinations"][0];
    assert_eq!(destination["name"], "ehr");
    assert_eq!(destination["state"], "delivering");
    assert_eq!(
        (&destination["waiting"], &destination["owed"]),
        (&2.into(), &2.into())
    );
    assert!(destination["oldest_age_seconds"].is_u64(), "{destination}");

    let (status, out, err) = weir(site.folder(), &["status", "site"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    let line = |name: &str| out.lines().find(|line| line.starts_with(name)).unwrap();
    let words: Vec<_> = line("ehr").split_whitespace().collect();
    assert_eq!(words[..3], ["ehr", "delivering", "2"]);
    assert!(line("in").contains(&engine.listener("in").to_string()));
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn only_its_owner_can_open_the_socket_and_a_stop_takes_it_away() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let socket = site.folder().join("data/control.sock");
    let engine = site.start();
    assert_eq!(socket.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(engine.terminate(), 0);
    assert!(!socket.exists());
}

#[test]
fn nobody_there() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let ask = || weir(site.folder(), &["status", "site"], b"");
    let folder = site.folder().canonicalize().unwrap();
    let hint = "which is that of the site `site`; name another site by --site, or its data folder by --data";
    let told = format!(
        "{}: no weir is running with this data folder, {hint}\n",
        folder.join("data/control.sock").display()
    );
    let nobody = (2, String::new(), told);
    assert_eq!(ask(), nobody, "never started");
    let engine = site.start();
    engine.kill();
    assert_eq!(ask(), nobody, "killed, so that its socket is left");
    let engine = site.start();
    assert_eq!(ask().0, 0, "the socket that was left is replaced");
    for arguments in [["status", "--site", "site"], ["reload", "--site", "site"]] {
        assert_eq!(weir(site.folder(), &arguments, b"").0, 0, "{arguments:?}");
    }
    assert_eq!(
        weir(site.folder(), &["status", "site", "--site", "site"], b"").0,
        2,
        "one is enough"
    );
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_site_with_mistakes_can_be_asked_what_it_still_runs() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let file = site.folder().join("site/site.yaml");
    let yaml = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, yaml.replace("mllp:", "mlp:")).unwrap();
    assert_eq!(weir(site.folder(), &["status", "site"], b"").0, 0);
    std::fs::write(&file, "engine: [").unwrap();
    let (status, _, err) = weir(site.folder(), &["status", "site"], b"");
    assert_eq!(status, 2);
    assert!(err.contains("name its data folder by --data"), "{err}");
    assert_eq!(weir(site.folder(), &["status", "--data", "data"], b"").0, 0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_second_engine_on_the_same_data_leaves_the_first_its_socket() {
    let receiver = Receiver::accepting();
    let yaml = Site::forwarding_yaml(&[("ehr", receiver.address())]);
    let site = Site::new(&yaml);
    let engine = site.start();
    let second = site.folder().join("second");
    std::fs::create_dir(&second).unwrap();
    let engine_section =
        "engine:\n  data: ../data\n  console: { bind: \"127.0.0.1:0\" }\n  outbox: { lock_wait: 0s }\n";
    std::fs::write(second.join("site.yaml"), format!("{engine_section}{yaml}")).unwrap();
    let (status, _, err) = weir(site.folder(), &["run", "second"], b"");
    assert_eq!(status, 2, "{err}");
    assert!(err.contains("in use by another process"), "{err}");
    assert_eq!(weir(site.folder(), &["status", "site"], b"").0, 0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_cannot_be_read_is_refused_in_json() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    for (method, path, expected) in [
        ("GET", "/api/v1/destinations/ehr/queue?count=many", 400),
        ("GET", "/api/v1/destinations/ehr/dead?after=-1", 400),
        ("GET", "/api/v1/destinations/ehr/queue/first", 404),
        ("DELETE", "/api/v1/destinations/ehr/dead/%FF", 404),
        ("POST", "/api/v1/users", 415),
        ("GET", "/api/v1/nothing", 404),
        ("PUT", "/api/v1/status", 405),
    ] {
        let (code, answer) = site.ask(method, path);
        assert_eq!(code, expected, "{method} {path}: {answer}");
        assert!(answer["error"].is_string(), "{method} {path}: {answer}");
    }
    assert_eq!(engine.terminate(), 0);
}
