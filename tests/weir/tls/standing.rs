//! Certificates that have run out, that are renewed wrongly or are of no site any more; and receivers that are not
//! trusted any more.

use super::*;

fn expires(kind: &str, name: &str) -> String {
    format!(r#"weir_certificate_expires_in_seconds{{kind="{kind}",name="{name}"}}"#)
}

fn alerts(kind: &str) -> String {
    format!(r#"weir_alerts{{kind="{kind}"}}"#)
}

/// The settings of a destination that shows this certificate.
fn showing_as(pki: &Pki, name: &str) -> String {
    showing(pki).replace("/weir.", &format!("/{name}."))
}

#[test]
fn a_certificate_that_has_run_out_holds_up_nobody_else() {
    let pki = pki();
    pki.issue("old", Flaw::Expired);
    let receiver = Receiver::accepting();
    let listener = asking(&pki).replace("/weir.", "/old.");
    let yaml = format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n  \
         late: {{ mllp: {{ bind: \"127.0.0.1:0\", {listener} }} }}\n\
         destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n  \
         partner: {{ mllp: {{ address: \"127.0.0.1:1\", {} }} }}\n\
         routes:\n  all: {{ from: [in, late], to: [ehr, partner] }}\n",
        receiver.address(),
        showing_as(&pki, "old"),
    );
    let site = Site::new(&yaml);
    let (status, out, err) = weir(site.folder(), &["check", "site"], b"");
    assert_eq!(status, 2, "{out}{err}");
    assert!(err.contains("error[certificate-not-valid]"), "{err}");

    let engine = site.start();
    assert!(site.log().contains("has expired"), "{}", site.log());
    let mut sender = Sender::connect(engine.listener("in"));
    assert_eq!(field(&sender.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");
    receiver.wait_for(1);
    let (status, out, err) = site.reload();
    assert_eq!(status, 0, "{out}{err}");
    assert!((out + err.as_str()).contains("certificate-not-valid"));
    // It refuses whoever would believe it, and is there for who will when it is renewed.
    assert!(SecureSender::connect(&pki, Some("lab.example"), engine.listener("late")).is_err());
    engine.wait_for_metric(&alerts("certificate-ends"), 2.0);
    assert!(engine.metric(&expires("destination", "partner")) < 0.0);
    pki.issue("old", Flaw::None);
    engine.wait_for_metric(&alerts("certificate-ends"), 0.0);
    let mut late = None;
    wait_until(|| {
        late = SecureSender::connect(&pki, Some("lab.example"), engine.listener("late")).ok();
        late.is_some()
    });
    let reply = late.unwrap().exchange(&adt("TWO")).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
    receiver.wait_for(2);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_list_counts_although_the_certificate_and_another_list_cannot_be_used() {
    let pki = pki();
    let receiver = Receiver::accepting();
    let tls = asking(&pki).replace(
        &format!("\"{}/ca.crl\"", pki.folder().display()),
        &format!("[\"{0}/another.crl\", \"{0}/ca.crl\"]", pki.folder().display()),
    );
    let listener = format!("mllp: {{ bind: \"127.0.0.1:0\", {tls} }}");
    let to = format!("mllp: {{ address: \"{}\" }}", receiver.address());
    let site = site(&listener, &to);
    let engine = site.start();
    let mut lab = SecureSender::connect(&pki, Some("lab.example"), engine.listener("in")).unwrap();
    assert_eq!(field(&lab.exchange(&adt("ONE")).unwrap(), "MSA", 1), "AA");

    pki.write("weir.pem", "half a file");
    pki.write("another.crl", "half a list");
    let refused = r#"weir_certificate_renewals_total{kind="listener",name="in",outcome="refused"}"#;
    engine.wait_for_metric(refused, 2.0);
    pki.revoke("lab.example");
    lab.wait_for_end();
    let again = SecureSender::connect(&pki, Some("lab.example"), engine.listener("in"));
    again.and_then(|mut lab| lab.exchange(&adt("TWO"))).unwrap_err();
    let revoked = r#"weir_tls_handshakes_total{kind="listener",name="in",outcome="certificate_revoked"}"#;
    engine.wait_for_metric(revoked, 1.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn what_is_told_of_a_certificate_is_told_of_the_one_in_use() {
    let pki = pki();
    pki.issue_until("weir", 10);
    let receiver = Receiver::accepting();
    let (_site, engine) = secured(&pki, &receiver, "");
    let left = || engine.metric(&expires("listener", "in"));
    let days = 86_400.0;
    engine.wait_for_metric(&alerts("certificate-ends"), 1.0);
    assert!(left() < 10.0 * days);
    let key = std::fs::read_to_string(pki.path("weir.key")).unwrap();

    // A new certificate, and not its key.
    pki.issue("weir", Flaw::None);
    let new_key = std::fs::read_to_string(pki.path("weir.key")).unwrap();
    pki.write_key("weir.key", &key);
    engine.wait_for_metric(&alerts("certificate-refused"), 1.0);
    assert!(left() < 10.0 * days);
    assert!((engine.metric(&alerts("certificate-ends")) - 1.0).abs() < f64::EPSILON);
    // None at all.
    std::fs::remove_file(pki.path("weir.key")).unwrap();
    pki.write("weir.pem", "");
    let refused = r#"weir_certificate_renewals_total{kind="listener",name="in",outcome="refused"}"#;
    engine.wait_for_metric(refused, 2.0);
    assert!(left() > 9.0 * days && left() < 10.0 * days, "{}", left());

    pki.issue("weir", Flaw::None);
    assert_ne!(std::fs::read_to_string(pki.path("weir.key")).unwrap(), new_key);
    engine.wait_for_metric(&alerts("certificate-refused"), 0.0);
    engine.wait_for_metric(&alerts("certificate-ends"), 0.0);
    assert!(left() > 365.0 * days);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn every_certificate_that_is_shown_is_watched_while_it_is_in_the_site() {
    let (pki, ehr) = (pki(), Receiver::accepting());
    let tls = showing(&pki);
    let forwarding = Site::forwarding_yaml(&[("ehr", ehr.address())]);
    let traces = format!("  traces: {{ url: \"https://127.0.0.1:1/\", {tls} }}\n");
    let others = format!(
        "audit:\n  forward:\n    \
         arr: {{ syslog: {{ address: \"127.0.0.1:1\", {tls} }} }}\n    \
         balp: {{ fhir: {{ url: \"https://127.0.0.1:1/\", {tls} }} }}\n\
         alerts:\n  contacts:\n    hook: {{ webhook: {{ url: \"https://127.0.0.1:1/\", {tls} }} }}\n"
    );
    let site = Site::new(&format!("{traces}{forwarding}{others}"));
    let engine = site.start();
    let owners = [
        ("repository", "arr"),
        ("repository", "balp"),
        ("contact", "hook"),
        ("traces", "collector"),
    ];
    for (kind, name) in owners {
        wait_until(|| engine.metric(&expires(kind, name)) > 365.0 * 86_400.0);
    }
    site.change(&format!("{traces}{forwarding}"));
    for (kind, name) in owners.iter().take(3) {
        wait_until(|| engine.metric(&expires(kind, name)).is_nan());
    }
    assert!(engine.metric(&expires("traces", "collector")) > 0.0);
    assert_eq!(engine.terminate(), 0);
}

#[test]
fn a_receiver_whose_certificate_is_revoked_gets_nothing_more_over_the_open_connection() {
    let (pki, ehr) = (pki(), Receiver::accepting());
    pki.issue("ehr.example", Flaw::None);
    let shown = asking(&pki).replace("/weir.", "/ehr.example.");
    let listeners = format!(
        "listeners:\n  mllp: {{ mllp: {{ bind: \"127.0.0.1:0\", {shown} }} }}\n  \
         http: {{ http: {{ bind: \"127.0.0.1:0\", {shown} }} }}\n"
    );
    let receiving = Site::new(&format!(
        "{listeners}destinations:\n  ehr: {{ mllp: {{ address: \"{}\" }} }}\n\
         routes:\n  all: {{ from: [mllp, http], to: ehr }}\n",
        ehr.address()
    ));
    let receiver = receiving.start();
    let (mllp, http) = (receiver.listener("mllp").port(), receiver.listener("http").port());
    let tls = showing(&pki).replace(
        "tls: {",
        &format!("tls: {{ revoked: \"{}/ca.crl\",", pki.folder().display()),
    );
    let retry = "retry: { first: 10ms, longest: 100ms }";
    let site = Site::new(&format!(
        "listeners:\n  in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }}\n\
         destinations:\n  mllp: {{ mllp: {{ address: \"localhost:{mllp}\", {tls} }}, {retry} }}\n  \
         http: {{ http: {{ url: \"https://localhost:{http}/\", {tls} }}, {retry} }}\n\
         routes:\n  all: {{ from: in, to: [mllp, http] }}\n"
    ));
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut send = |id: &str| {
        let reply = sender.exchange(&adt(id)).unwrap();
        assert_eq!(field(&reply, "MSA", 1), "AA");
    };
    let count = |name: &str, metric: &str, value: f64| {
        engine.wait_for_metric(&format!("{metric}{{destination=\"{name}\"}}"), value);
    };
    for (number, id) in ["ONE", "TWO"].iter().enumerate() {
        send(id);
        let delivered = f64::from(u32::try_from(number + 1).unwrap());
        for name in ["mllp", "http"] {
            count(name, "weir_deliveries_delivered_total", delivered);
            count(name, "weir_destination_connections_total", 1.0);
        }
    }
    pki.revoke("ehr.example");
    send("THREE");
    for name in ["mllp", "http"] {
        let revoked = format!(
            r#"weir_tls_handshakes_total{{kind="destination",name="{name}",outcome="certificate_revoked"}}"#
        );
        wait_until(|| engine.metric(&revoked) >= 1.0);
        count(name, "weir_deliveries_delivered_total", 2.0);
    }
    assert_eq!(ehr.wait_for(4).len(), 4);
    assert_eq!(engine.terminate(), 0);
    assert_eq!(receiver.terminate(), 0);
}
