//! A verdict on every file of the public corpus: how many messages it gives, what a listener answers to each and how
//! many faults validation finds, or why it gives none.
//!
//! `just corpus` prints them. The corpus is other people's and lies outside the repository; without it this test says
//! so and passes.

use std::collections::BTreeMap;
use std::{fmt, fs};

use bytes::Bytes;
use weir::hl7::{Expected, Message, Refusal, Severity, batch, charset};
use weir::validation::{Profile, validate};

use crate::harness::{corpus, hl7_files};

#[test]
fn corpus_has_a_verdict_on_every_file() {
    let Some(folder) = corpus() else { return };
    let files = hl7_files(&folder);
    let mut with_messages = 0;
    let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
    for file in &files {
        let name = file.strip_prefix(&folder).unwrap().display();
        let verdict = Verdict::on(&Bytes::from(fs::read(file).unwrap()));
        println!("{name}: {verdict}");
        let kind = match verdict.reasons.is_empty() {
            _ if verdict.messages == 0 => "no message",
            true => "taken",
            false => "refused in part or whole",
        };
        *verdicts.entry(kind).or_default() += 1;
        with_messages += usize::from(verdict.messages > 0);
    }
    println!("{} files: {verdicts:?}", files.len());
    assert!(files.len() >= 999, "the corpus is not whole");
    assert!(with_messages >= 990, "{with_messages} files give messages");
}

/// How many messages a file gives, and what becomes of them.
#[derive(Default)]
struct Verdict {
    messages: usize,
    faults: usize,
    /// Why one of them is refused, with its number.
    reasons: Vec<String>,
}

impl Verdict {
    fn on(file: &Bytes) -> Verdict {
        let mut verdict = Verdict::default();
        // As the commands read files; a listener cannot be sent UTF-16.
        for (number, piece) in (1..).zip(batch::split(&charset::narrowed(file))) {
            let refusal = match Message::parse(piece) {
                Ok(message) => {
                    verdict.messages += 1;
                    let faults = validate(&message, &Profile::default());
                    let errors = faults.iter().filter(|fault| fault.severity == Severity::Error);
                    verdict.faults += errors.count();
                    refusal(&message)
                }
                Err(error) => Some(error.refusal()),
            };
            let reason = refusal.map(|refusal| format!("{number} {}", answer(&refusal)));
            verdict.reasons.extend(reason);
        }
        verdict
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} messages, {} faults", self.messages, self.faults)?;
        self.reasons
            .iter()
            .try_for_each(|reason| write!(formatter, "; {reason}"))
    }
}

/// What a listener says that nobody has set anything for.
fn refusal(message: &Message) -> Option<Refusal> {
    if let Err(refusal) = message.header().check(&Expected::default()) {
        return Some(refusal);
    }
    let fault = message
        .character_set_fault()
        .or_else(|| message.control_character());
    let fault = fault.map(|fault| Refusal::error(vec![fault]));
    fault.or_else(|| Some(Refusal::rejection(vec![message.continuation()?])))
}

/// `AR 202 MSH-11`
fn answer(refusal: &Refusal) -> String {
    let faults = refusal.faults.iter().map(|fault| {
        let place = fault.location.map_or(String::new(), |place| format!(" {place}"));
        format!(" {}{place}", fault.code.number())
    });
    format!("{}{}", refusal.code, faults.collect::<String>())
}
