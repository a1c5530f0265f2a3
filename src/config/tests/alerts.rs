//! The section `alerts`: what is right means, and what is told of what is wrong.

use std::time::Duration;

use expect_test::expect_file;

use super::*;
use crate::config::{Contact, MailTls};

const SITE: &str = "engine: { data: ../data }\n\
                    listeners: { in: { mllp: { bind: 127.0.0.1:2575 } } }\n\
                    destinations: { lab: { mllp: { address: lab.example:2576, tls: {} } } }\n\
                    routes: { all: { from: in, to: lab } }\n";

#[test]
fn what_is_right() {
    let alerts = "alerts:\n  contacts:\n    \
                  team: { mail: { server: smtp.example, from: weir@hub.example, to: [a@hub.example, b@hub.example] } }\n    \
                  hook: { webhook: { url: \"https://chat.example/x\" } }\n  \
                  destinations: { lab: { owners: team, queue_age_max: 1h } }\n  \
                  quiet_hours: mon-fri 22:00-06:00\n";
    let folder = folder(&[("site.yaml", &format!("{SITE}{alerts}"))]);
    let (site, problems) = crate::config::load(folder.path());
    let alerts = site.unwrap_or_else(|| panic!("{problems}")).alerts;
    let owners: Vec<&str> = alerts.owners.iter().map(|name| &**name).collect();
    assert_eq!(owners, ["hook", "team"], "all, where none are named");
    assert_eq!(alerts.destination_queue_age_max["lab"], Duration::from_secs(3600));
    assert_eq!(&*alerts.destination_owners["lab"][0], "team");
    assert_eq!(alerts.quiet_hours.len(), 1);
    let Contact::Mail(mail) = &alerts.contacts["team"] else {
        panic!("a mail");
    };
    assert_eq!((mail.port, mail.tls, mail.to.len()), (587, MailTls::Starttls, 2));
}

#[test]
fn what_is_wrong() {
    let hook = "hook: { webhook: { url: \"https://chat.example/x\" } }";
    let mail =
        |more: &str| format!("contacts: {{ a: {{ mail: {{ server: s, from: w@hub, to: a@hub{more} }} }} }}");
    let wrong = [
        "zzz: 1".to_owned(),
        "contacts: { On: { webhook: { url: \"https://chat.example/x\" } } }".to_owned(),
        "contacts: { a: {} }".to_owned(),
        "contacts: { a: { webhook: { url: ftp://x } } }".to_owned(),
        "contacts: { a: { webhook: { url: \"https://x\", headers: { X-Token: hunter2 } } } }".to_owned(),
        "contacts: { a: { mail: { server: s, from: nobody, to: [] } } }".to_owned(),
        mail(", user: u"),
        mail(", tls: none, user: u, password: { env: WEIR_TEST_UNSET }"),
        format!("contacts: {{ {hook} }}, owners: hok"),
        format!("contacts: {{ {hook} }}, destinations: {{ lob: {{ owners: hook }} }}"),
        "destinations: { lab: { queue_age_max: 5 mins } }".to_owned(),
        "outbox_percent_max: 100, messages_per_hour_max: 0, quiet_hours: nights, zone: Mars".to_owned(),
    ];
    let told: String = wrong
        .iter()
        .map(|alerts| shown(&[("site.yaml", &format!("{SITE}alerts: {{ {alerts} }}\n"))]))
        .collect();
    expect_file!["wrong/alerts.txt"].assert_eq(&told);
}
