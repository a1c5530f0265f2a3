//! The archive with many messages: how fast they come in, what each takes on the disk, how long a search takes.
//!
//! `cargo bench --bench archive_search -- 5000000` for five millions; without a number a hundred thousand. Messages are
//! made up as they are written: admissions and results of half a million patients, to one to three destinations, one in
//! two hundred a dead letter. The archive is in a temporary folder (`TMPDIR`), and gone afterwards.
#![expect(
    clippy::cast_precision_loss,
    clippy::indexing_slicing,
    clippy::too_many_lines,
    reason = "figures for people, and messages made up from small numbers line by line"
)]

use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use weir::archive::{
    Archive, Attempt, End, Event, Outcome, Owed, Passage, Query, Received, Settlement, State, What,
};
use weir::clock;
use weir::expression::{Condition, Known};

/// Messages written at once.
const BATCH: u64 = 500;
const PATIENTS: u64 = 500_000;
const FACILITIES: u64 = 40;
const DESTINATIONS: [&str; 3] = ["laboratory", "registry", "billing"];
const FAMILIES: [&str; 8] = [
    "DOE", "ROE", "MILLER", "GARCIA", "NGUYEN", "SCHMIDT", "OKAFOR", "TANAKA",
];

fn main() {
    let mut out = std::io::stdout();
    // Cargo adds arguments of its own.
    let count = std::env::args().find_map(|argument| argument.parse().ok());
    let count: u64 = count.unwrap_or(100_000);
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let archive = Archive::open(folder.path(), None).expect("an archive can be made");
    let mut say = |line: String| writeln!(out, "{line}").expect("standard output is open");

    let (mut journal, mut bytes) = (0, 0);
    let began = clock::monotonic();
    let mut writing = Duration::ZERO;
    for first in (0..count).step_by(usize::try_from(BATCH).unwrap_or(1)) {
        let mut events = Vec::new();
        for index in first..count.min(first + BATCH) {
            bytes += tell(index, &mut journal, &mut events);
        }
        let wrote = clock::monotonic();
        archive.write(1, &events).expect("the archive can be written");
        writing += wrote.elapsed();
    }
    let summary = archive.summary().expect("the archive can be read");
    say(format!(
        "{count} messages, {} bytes each, written at {:.0} a second ({:.1} s with making them up)",
        bytes / count,
        count as f64 / writing.as_secs_f64(),
        began.elapsed().as_secs_f64()
    ));
    say(format!(
        "{} bytes on the disk each, {} MiB together; most memory {}",
        summary.stored_bytes / count,
        summary.stored_bytes >> 20,
        memory()
    ));
    for (name, query) in queries(count) {
        say(search(&archive, name, &query));
    }
    say(format!("most memory after the searches {}", memory()));
}

/// The first page of a search, often; the first time and the median of the others.
fn search(archive: &Archive, name: &str, query: &Query) -> String {
    let mut times = Vec::new();
    let mut told = String::new();
    for _ in 0..21 {
        let began = clock::monotonic();
        let page = archive.search(query, None, 50).expect("the archive can be read");
        times.push(began.elapsed().as_secs_f64() * 1_000.0);
        let more = if page.next.is_some() { ", more" } else { "" };
        told = format!("{} found of {} looked at{more}", page.found.len(), page.examined);
    }
    let first = times.remove(0);
    times.sort_by(f64::total_cmp);
    format!(
        "{name:<34} {first:>8.2} ms first, {:>8.2} ms median   {told}",
        times[times.len() / 2]
    )
}

fn queries(count: u64) -> Vec<(&'static str, Query)> {
    let some = |text: &str| Some(text.to_owned());
    let middle = count / 2;
    let patient = patient(middle);
    let of = Query::default;
    let when = |index| Some(received_at(index));
    vec![
        ("newest", of()),
        (
            "control id",
            Query {
                control_id: Some(format!("EHR{middle:09}")),
                ..of()
            },
        ),
        (
            "patient identifier",
            Query {
                patient: Some(format!("{patient:07}")),
                ..of()
            },
        ),
        (
            "patient identifier, unknown",
            Query {
                patient: some("none"),
                ..of()
            },
        ),
        (
            "name, common",
            Query {
                name: some("doe"),
                ..of()
            },
        ),
        (
            "name, rare",
            Query {
                name: Some(format!(
                    "{}^given{}",
                    FAMILIES[(patient % 8) as usize],
                    patient % 5_000
                )),
                ..of()
            },
        ),
        (
            "account",
            Query {
                account: Some(format!("A{middle:09}")),
                ..of()
            },
        ),
        (
            "order",
            Query {
                order: Some(format!("F{:09}", middle / 2 * 2 + 1)),
                ..of()
            },
        ),
        (
            "type",
            Query {
                message_type: some("ORU^R01"),
                ..of()
            },
        ),
        (
            "facility",
            Query {
                facility: some("FAC7"),
                ..of()
            },
        ),
        (
            "destination",
            Query {
                destination: some("billing"),
                ..of()
            },
        ),
        (
            "dead",
            Query {
                states: vec![State::Dead],
                ..of()
            },
        ),
        (
            "dead for a destination",
            Query {
                states: vec![State::Dead],
                destination: some("registry"),
                ..of()
            },
        ),
        (
            "refused (none)",
            Query {
                states: vec![State::Refused],
                ..of()
            },
        ),
        (
            "facility and type and dead",
            Query {
                facility: some("FAC7"),
                message_type: some("ADT"),
                states: vec![State::Dead],
                ..of()
            },
        ),
        (
            "route and listener, never together",
            Query {
                route: some("results"),
                message_type: some("ADT"),
                ..of()
            },
        ),
        (
            "a day in the middle",
            Query {
                since: when(middle),
                until: when(middle + 10_000),
                ..of()
            },
        ),
        (
            "a day in the middle, a facility",
            Query {
                since: when(middle),
                until: when(middle + 10_000),
                facility: some("FAC7"),
                ..of()
            },
        ),
        ("path, common", condition("PID-8 = \"F\"", of())),
        (
            "path, rare, of one patient",
            condition(
                "PV1-3.1 = \"NOWHERE\"",
                Query {
                    patient: Some(format!("{patient:07}")),
                    ..of()
                },
            ),
        ),
        ("path, never", condition("PV1-3.1 = \"NOWHERE\"", of())),
    ]
}

fn condition(text: &str, query: Query) -> Query {
    let condition = Condition::parse(text, Known::nothing()).expect("it is one");
    Query {
        condition: Some(condition),
        ..query
    }
}

/// All that the journal tells of a message; the length of its frame.
fn tell(index: u64, journal: &mut u64, events: &mut Vec<Event>) -> u64 {
    let mut event = |what| {
        *journal += 1;
        events.push(Event {
            number: *journal,
            what,
        });
    };
    let raw = if index.is_multiple_of(2) {
        admission(index)
    } else {
        observation(index)
    };
    let bytes = raw.len() as u64;
    let message = index * 4 + 1;
    let result = raw.replace("|LAB|", "|WEIR|");
    let route: Arc<str> = if index.is_multiple_of(2) {
        "admissions"
    } else {
        "results"
    }
    .into();
    let destinations = DESTINATIONS.iter().take(1 + (index % 3) as usize);
    let deliveries: Vec<_> = destinations
        .zip(1..)
        .map(|(destination, place)| Owed {
            destination: Arc::from(*destination),
            sequence: message + place,
            result: (*destination != "laboratory").then_some(0),
            dead: None,
        })
        .collect();
    event(What::Received(Received {
        message,
        received_at: received_at(index),
        listener: "hospital".into(),
        site_version: "0123456789ab".into(),
        charsets: Vec::new(),
        raw: raw.into(),
        outcome: Outcome::Accepted,
        routes: vec![Passage {
            route,
            filtered: None,
        }],
        tags: Vec::new(),
        results: vec![result.into()],
        deliveries: deliveries.clone(),
        origin: None,
    }));
    for Owed {
        destination,
        sequence,
        ..
    } in deliveries
    {
        let is_dead = index % 200 == 3;
        let at = received_at(index) + Duration::from_millis(40);
        let answer = format!(
            "MSH|^~\\&|REG|SOUTH|WEIR|NORTH|20260101080509||ACK^A01^ACK|{sequence}|P|2.5.1\rMSA|AA|EHR{index:09}\r"
        );
        event(What::Attempted(Attempt {
            destination: Arc::clone(&destination),
            sequence,
            at,
            took: Duration::from_millis(12),
            code: Some(if is_dead { "AR" } else { "AA" }.into()),
            problem: is_dead.then(|| "refused with AR".to_owned()),
            answer: Some(answer.into()),
        }));
        let end = if is_dead {
            End::Dead {
                reason: "refused with AR".to_owned(),
            }
        } else {
            End::Delivered
        };
        event(What::Settled(Settlement {
            destination,
            sequence,
            at,
            end,
            by: None,
        }));
    }
    bytes
}

fn received_at(index: u64) -> Timestamp {
    // Ten thousand a day.
    let beginning: Timestamp = "2025-01-01T00:00:00Z".parse().expect("it is a time");
    beginning + Duration::from_millis(index * 8_640)
}

/// Spread without order over all patients.
fn patient(index: u64) -> u64 {
    index.wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(23) % PATIENTS
}

fn header(index: u64, kind: &str) -> String {
    let patient = patient(index);
    let family = FAMILIES[(patient % 8) as usize];
    let sex = if patient.is_multiple_of(2) { "F" } else { "M" };
    format!(
        "MSH|^~\\&|EHR|FAC{}|LAB|NORTH|20260101080509||{kind}|EHR{index:09}|P|2.5.1|||AL|NE|||UNICODE UTF-8\r\
         PID|1||{patient:07}^^^NORTH&1.2.840.1&ISO^MR~S{patient:08}^^^SSA^SS||{family}^GIVEN{}^Q^^^^L||19{:02}0{}1{}|{sex}|||\
         {} MAIN STREET^^SPRINGFIELD^IL^62{:03}^USA^H||^PRN^PH^^1^217^555{:04}|||M||A{index:09}^^^NORTH^AN\r",
        index % FACILITIES,
        patient % 5_000,
        patient % 90 + 10,
        1 + patient % 9,
        patient % 9,
        patient % 9_000,
        patient % 1_000,
        patient % 10_000,
    )
}

fn admission(index: u64) -> String {
    format!(
        "{}EVN|A01|20260101080509|||{:04}^HUBERT^ANNA\r\
         NK1|1|DOE^MARY^^^^^L|SPO^SPOUSE^HL70063|{} MAIN STREET^^SPRINGFIELD^IL^62704^USA|^PRN^PH^^1^217^5550123\r\
         PV1|1|I|{}W^{}^A^NORTH||||{:05}^ATTENDING^ALICE^^^^MD|{:05}^REFERRING^ROBERT^^^^MD||MED||||7|||||V{index:09}^^^NORTH^VN\r",
        header(index, "ADT^A01^ADT_A01"),
        index % 10_000,
        index % 900,
        index % 12,
        index % 40,
        index % 700,
        index % 300,
    )
}

fn observation(index: u64) -> String {
    let mut text = format!(
        "{}PV1|1|O|OPD^1^A^NORTH\rORC|RE|P{index:09}^EHR|F{index:09}^LAB||CM\r\
         OBR|1|P{index:09}^EHR|F{index:09}^LAB|24323-8^Comprehensive metabolic panel^LN|||20260101073000|||||||||{:05}^ORDER^OLGA^^^^MD||||||20260101080300|||F\r",
        header(index, "ORU^R01^ORU_R01"),
        index % 500,
    );
    for (line, (code, name, unit)) in [
        ("2345-7", "Glucose", "mg/dL"),
        ("3094-0", "Urea nitrogen", "mg/dL"),
        ("2160-0", "Creatinine", "mg/dL"),
        ("2951-2", "Sodium", "mmol/L"),
        ("2823-3", "Potassium", "mmol/L"),
    ]
    .into_iter()
    .enumerate()
    {
        let value = (index * 31 + line as u64 * 17) % 400;
        let observation = format!(
            "OBX|{}|NM|{code}^{name}^LN||{value}|{unit}|10-200|N|||F|||20260101075900\r",
            line + 1
        );
        text += observation.as_str();
    }
    text
}

/// The most memory that this process had.
fn memory() -> String {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.map_or("unknown".to_owned(), |line| line.trim().to_owned())
}
