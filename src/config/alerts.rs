//! The section `alerts`: what is worth telling people, whom, and when they want to be left alone.
//!
//! Reads and checks; what is wrong with a running weir is judged in the room `alert`, which also tells it.
//! Without the section the same is watched, shown on the pages, and told to nobody.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use jiff::Zoned;
use jiff::tz::TimeZone;
use lettre::message::Mailbox;
use schemars::JsonSchema;
use serde::Deserialize;

use crate::destination::http::{HeaderText, UrlPlace};
use crate::problem::{Place, Problem, ProblemName, Problems};
use crate::secret::SecretPlace;
use crate::tls::ClientSettings;
use crate::typed::{OneOrMany, Text};
use crate::units;

use super::sections::{Named, bad_name};
use super::window::{self, Window};
use super::{piece, security, yaml};

/// More people than a hospital has on call.
const CONTACTS_MAX: usize = 100;

/// What was typed.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Settings {
    /// Who can be told, by name: each a `webhook` or a `mail`.
    #[serde(default)]
    contacts: BTreeMap<String, ContactSettings>,
    /// Who is told of what has no owners of its own, by the names of contacts; all of them, if left out.
    #[serde(default)]
    owners: Option<OneOrMany<Text>>,
    /// What is different for a destination, by its name.
    #[serde(default)]
    destinations: BTreeMap<String, DestinationSettings>,
    /// How long a delivery may wait before its destination's queue is told as old, as `15m` (the default).
    #[serde(default = "default_queue_age_max", deserialize_with = "units::time_limit")]
    queue_age_max: Duration,
    /// How long no dead letter may have come until they are told as over, as `1h` (the default).
    #[serde(default = "default_dead_letters_calm", deserialize_with = "units::time_limit")]
    dead_letters_calm: Duration,
    /// How full the outbox may be, in percent of any of its limits: 80 by default.
    #[serde(default = "default_outbox_percent_max")]
    #[schemars(range(min = 1, max = 99))]
    outbox_percent_max: u8,
    /// How long before its end a certificate that weir shows is told, as `14d` (the default).
    #[serde(
        default = "default_certificate_left_min",
        deserialize_with = "units::duration"
    )]
    certificate_left_min: Duration,
    /// How long what happened to a message may wait for the archive before that is told, as `5m` (the default).
    #[serde(default = "default_archive_lag_max", deserialize_with = "units::time_limit")]
    archive_lag_max: Duration,
    /// How long an audit record repository may lack a record, as `15m` (the default).
    #[serde(default = "default_queue_age_max", deserialize_with = "units::time_limit")]
    audit_age_max: Duration,
    /// When nobody wants to hear what can wait, as `22:00-06:00`: it is told when they end, if it is still so.
    #[serde(default)]
    quiet_hours: OneOrMany<Text>,
    /// The time zone of the quiet hours, as `America/Chicago`; the machine's, if left out.
    #[serde(default)]
    zone: Option<String>,
    /// The most messages to one contact within an hour, 20 by default, and as many again that tell of something critical
    /// that begins. What comes beyond waits and goes as one message.
    #[serde(default = "default_messages_per_hour_max")]
    #[schemars(range(min = 1, max = 1000))]
    messages_per_hour_max: u16,
    /// What this weir is called in messages; the machine's name, if left out.
    #[serde(default)]
    name: Option<Text>,
}

/// Somebody who can be told: one of the two.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct ContactSettings {
    /// JSON by HTTP: each message is one POST.
    #[serde(default)]
    webhook: Option<Webhook>,
    /// A mail by SMTP.
    #[serde(default)]
    mail: Option<MailSettings>,
}

/// Where to post.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Webhook {
    /// Where to post, as `https://chat.example/hooks/weir`, or where that is kept
    /// if it is a secret, as `{ env: HOOK_URL }` or `{ file: hook-url }`.
    pub url: UrlPlace,
    /// Headers of each request: a text, or where a secret is kept, as `{ env: HOOK_TOKEN }` or `{ file: token }`.
    #[serde(default)]
    pub headers: BTreeMap<String, HeaderText>,
    /// Whom to trust, and who weir is, as for destinations.
    #[serde(default)]
    pub tls: ClientSettings,
}

/// A mail server, and who writes to whom.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct MailSettings {
    /// The host of the server, as `smtp.example`.
    server: String,
    /// Its port; 587, 465 or 25, as `tls` has it, if left out.
    #[serde(default)]
    port: Option<u16>,
    /// How the connection is protected.
    #[serde(default)]
    tls: MailTls,
    /// Who writes, as `weir@hospital.example`.
    from: String,
    /// Who reads: one address or several.
    to: OneOrMany<Text>,
    /// Who logs in, where the server asks for it.
    #[serde(default)]
    user: Option<Text>,
    /// Where the password is kept, as `{ env: SMTP_PASSWORD }` or `{ file: smtp-password }`.
    #[serde(default)]
    password: Option<SecretPlace>,
    /// A PEM file of the certificate authorities to trust, instead of those that the machine trusts.
    #[serde(default)]
    trusted: Option<PathBuf>,
}

/// How the connection to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum MailTls {
    /// TLS after a greeting in the open, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte on.
    Implicit,
    /// Not at all: for a relay on the same machine. No password is sent so.
    None,
}

/// What is different for one destination.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct DestinationSettings {
    /// Who is told of it, by the names of contacts.
    #[serde(default)]
    owners: OneOrMany<Text>,
    /// How long a delivery to it may wait.
    #[serde(default)]
    #[schemars(with = "Option<Duration>")]
    queue_age_max: Option<Text>,
}

fn default_queue_age_max() -> Duration {
    Duration::from_secs(15 * 60)
}

fn default_dead_letters_calm() -> Duration {
    Duration::from_secs(60 * 60)
}

fn default_outbox_percent_max() -> u8 {
    80
}

fn default_certificate_left_min() -> Duration {
    Duration::from_secs(14 * 24 * 60 * 60)
}

fn default_archive_lag_max() -> Duration {
    Duration::from_secs(5 * 60)
}

fn default_messages_per_hour_max() -> u16 {
    20
}

/// What is worth telling, whom, and when not.
#[derive(Debug, Clone)]
pub struct Alerts {
    /// What this weir is called in messages, where the site says so.
    pub name: Option<String>,
    /// Who can be told.
    pub contacts: BTreeMap<Arc<str>, Contact>,
    /// Who is told of what has no owners of its own.
    pub owners: Vec<Arc<str>>,
    /// Who is told of a destination, where it has owners.
    pub destination_owners: BTreeMap<Arc<str>, Vec<Arc<str>>>,
    /// How long a delivery may wait.
    pub queue_age_max: Duration,
    /// The same for destinations where it is different.
    pub destination_queue_age_max: BTreeMap<Arc<str>, Duration>,
    /// How long no dead letter may have come until they are over.
    pub dead_letters_calm: Duration,
    /// How full the outbox may be.
    pub outbox_percent_max: u8,
    /// How long before its end a certificate is told.
    pub certificate_left_min: Duration,
    /// How long what happened to a message may wait for the archive.
    pub archive_lag_max: Duration,
    /// How long an audit record repository may lack a record.
    pub audit_age_max: Duration,
    /// When nobody wants to hear what can wait.
    pub quiet_hours: Vec<Window>,
    /// The time zone of those; the machine's, if there is none.
    pub zone: Option<TimeZone>,
    /// The most messages to one contact within an hour.
    pub messages_per_hour_max: u16,
}

impl Default for Alerts {
    /// What is watched where a site says nothing of it; nobody is told.
    fn default() -> Alerts {
        Alerts {
            name: None,
            contacts: BTreeMap::new(),
            owners: Vec::new(),
            destination_owners: BTreeMap::new(),
            queue_age_max: default_queue_age_max(),
            destination_queue_age_max: BTreeMap::new(),
            dead_letters_calm: default_dead_letters_calm(),
            outbox_percent_max: default_outbox_percent_max(),
            certificate_left_min: default_certificate_left_min(),
            archive_lag_max: default_archive_lag_max(),
            audit_age_max: default_queue_age_max(),
            quiet_hours: Vec::new(),
            zone: None,
            messages_per_hour_max: default_messages_per_hour_max(),
        }
    }
}

impl Alerts {
    /// Whether nobody wants to hear now what can wait.
    pub fn is_quiet(&self, now: &Zoned) -> bool {
        let zone = self.zone.as_ref().unwrap_or(now.time_zone());
        let there = now.with_time_zone(zone.clone()).datetime();
        self.quiet_hours.iter().any(|window| window.is_open(there))
    }
}

/// Somebody who can be told.
#[derive(Debug, Clone)]
pub enum Contact {
    /// By HTTP.
    Webhook(Webhook),
    /// By mail.
    Mail(Mail),
}

/// A mail server, and who writes to whom.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The host of the server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// How the connection is protected.
    pub tls: MailTls,
    /// Who writes.
    pub from: Mailbox,
    /// Who reads.
    pub to: Vec<Mailbox>,
    /// Who logs in, and where the password is kept.
    pub login: Option<(String, SecretPlace)>,
    /// A PEM file of the certificate authorities to trust instead of the machine's.
    pub trusted: Option<PathBuf>,
}

/// Reads the section.
pub(super) fn read(
    place: &Place<'_>,
    destinations: &[Named<'_>],
    folder: &Path,
    problems: &mut Problems,
) -> Option<Alerts> {
    let settings: Settings = piece::read(place, yaml::value(place.node()), problems)?;
    settings.check_numbers(place, problems);
    let reader = Reader {
        known: settings
            .contacts
            .keys()
            .map(|name| Arc::from(name.as_str()))
            .collect(),
        folder,
    };
    let contacts = reader.contacts(&settings.contacts, &place.key("contacts"), problems);
    let owners = match &settings.owners {
        Some(names) => reader.owners(names, &place.key("owners"), problems),
        None => reader.known.clone(),
    };
    let mut alerts = Alerts {
        name: settings.name.map(|Text(name)| name),
        contacts,
        owners,
        destination_owners: BTreeMap::new(),
        queue_age_max: settings.queue_age_max,
        destination_queue_age_max: BTreeMap::new(),
        dead_letters_calm: settings.dead_letters_calm,
        outbox_percent_max: settings.outbox_percent_max,
        certificate_left_min: settings.certificate_left_min,
        archive_lag_max: settings.archive_lag_max,
        audit_age_max: settings.audit_age_max,
        quiet_hours: window::read_all(&settings.quiet_hours, &place.key("quiet_hours"), problems),
        zone: window::zone(settings.zone.as_deref(), &place.key("zone"), problems),
        messages_per_hour_max: settings.messages_per_hour_max,
    };
    for (name, own) in &settings.destinations {
        let place = place.key("destinations").key(name);
        let Some((name, _)) = destinations.iter().find(|(known, _)| **known == **name) else {
            let problem = Problem::error(
                ProblemName::UnknownDestination,
                format!("there is no destination `{name}`"),
            );
            let known = destinations.iter().map(|(known, _)| &**known);
            problems.push(problem.at_key(&place).nearest(name, known));
            continue;
        };
        if !own.owners.0.is_empty() {
            let owners = reader.owners(&own.owners, &place.key("owners"), problems);
            alerts.destination_owners.insert(Arc::clone(name), owners);
        }
        if let Some(Text(text)) = &own.queue_age_max {
            match units::parse_duration(text) {
                Ok(age) => {
                    alerts.destination_queue_age_max.insert(Arc::clone(name), age);
                }
                Err(error) => {
                    let problem = Problem::error(ProblemName::InvalidValue, error.to_string());
                    problems.push(problem.at(&place.key("queue_age_max")));
                }
            }
        }
    }
    Some(alerts)
}

impl Settings {
    fn check_numbers(&self, place: &Place<'_>, problems: &mut Problems) {
        let mut check = |key: &str, number: u16, max: u16| {
            if !(1..=max).contains(&number) {
                let message = format!("expected a number from 1 to {max}");
                problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place.key(key)));
            }
        };
        check("outbox_percent_max", u16::from(self.outbox_percent_max), 99);
        check("messages_per_hour_max", self.messages_per_hour_max, 1_000);
    }
}

/// What contacts are read with.
struct Reader<'a> {
    /// All that are named, those too that are wrong.
    known: Vec<Arc<str>>,
    folder: &'a Path,
}

impl Reader<'_> {
    fn contacts(
        &self,
        typed: &BTreeMap<String, ContactSettings>,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> BTreeMap<Arc<str>, Contact> {
        if typed.len() > CONTACTS_MAX {
            let message = format!("more than {CONTACTS_MAX} contacts");
            problems.push(Problem::error(ProblemName::SiteTooLarge, message).at(place));
        }
        let mut contacts = BTreeMap::new();
        for (name, typed) in typed {
            let place = place.key(name);
            if let Some(problem) = bad_name(name) {
                problems.push(problem.at_key(&place));
            }
            let contact = match (typed.webhook.clone(), typed.mail.as_ref()) {
                (Some(webhook), None) => Some(Contact::Webhook(self.webhook(
                    webhook,
                    &place.key("webhook"),
                    problems,
                ))),
                (None, Some(mail)) => self.mail(mail, &place.key("mail"), problems).map(Contact::Mail),
                (None, None) | (Some(_), Some(_)) => {
                    let message = "expected one of the keys `webhook` or `mail`";
                    problems.push(Problem::error(ProblemName::MissingKind, message).at_key(&place));
                    None
                }
            };
            contacts.extend(contact.map(|contact| (Arc::from(name.as_str()), contact)));
        }
        contacts
    }

    fn webhook(&self, mut webhook: Webhook, place: &Place<'_>, problems: &mut Problems) -> Webhook {
        webhook.tls.resolve(self.folder);
        webhook.tls.check(&place.key("tls"), problems);
        webhook.url.resolve(self.folder);
        security::check_secret_url(&webhook.url, place, problems);
        security::check_headers(&mut webhook.headers, self.folder, place, problems);
        webhook
    }

    fn mail(&self, typed: &MailSettings, place: &Place<'_>, problems: &mut Problems) -> Option<Mail> {
        let mut address = |text: &str, place: Place<'_>| -> Option<Mailbox> {
            let read = text.parse().ok();
            if read.is_none() {
                let message = format!("`{text}` is no address of a mail, as `weir@hospital.example`");
                problems.push(Problem::error(ProblemName::InvalidValue, message).at(&place));
            }
            read
        };
        let from = address(&typed.from, place.key("from"));
        let readers = typed.to.0.iter();
        let to: Vec<Mailbox> = readers
            .filter_map(|Text(text)| address(text, place.key("to")))
            .collect();
        if typed.to.0.is_empty() {
            let problem = Problem::error(ProblemName::NothingToDo, "nobody reads it").at(&place.key("to"));
            problems.push(problem);
        }
        let login = self.login(typed, place, problems);
        Some(Mail {
            server: typed.server.clone(),
            port: typed.port.unwrap_or(match typed.tls {
                MailTls::Starttls => 587,
                MailTls::Implicit => 465,
                MailTls::None => 25,
            }),
            tls: typed.tls,
            from: from?,
            to,
            login,
            trusted: typed.trusted.as_ref().map(|path| self.folder.join(path)),
        })
    }

    fn login(
        &self,
        typed: &MailSettings,
        place: &Place<'_>,
        problems: &mut Problems,
    ) -> Option<(String, SecretPlace)> {
        let wrong = |message: &str| Problem::error(ProblemName::InvalidValue, message).at(place);
        let login = match (&typed.user, &typed.password) {
            (None, None) => return None,
            (Some(Text(user)), Some(password)) => (user.clone(), password.clone().below(self.folder)),
            (Some(_), None) | (None, Some(_)) => {
                problems.push(wrong("`user` and `password` go together"));
                return None;
            }
        };
        if typed.tls == MailTls::None {
            problems.push(wrong("no password is sent without TLS").help("take `tls: none` away"));
        }
        if let Err(error) = login.1.read() {
            let place = place.key("password");
            problems.push(Problem::error(ProblemName::InvalidValue, error.to_string()).at(&place));
        }
        Some(login)
    }

    /// These contacts; those that there are not are told.
    fn owners(&self, names: &OneOrMany<Text>, place: &Place<'_>, problems: &mut Problems) -> Vec<Arc<str>> {
        let mut owners = Vec::new();
        for Text(name) in &names.0 {
            if let Some(known) = self.known.iter().find(|known| ***known == **name) {
                owners.push(Arc::clone(known));
            } else {
                let message = format!("there is no contact `{name}`");
                let problem = Problem::error(ProblemName::UnknownContact, message).at(place);
                problems.push(problem.nearest(name, self.known.iter().map(|known| &**known)));
            }
        }
        owners
    }
}
