//! Every public HL7 file at hand, sent through a running engine: each message is accepted and arrives byte for
//! byte, exactly once, or is refused with a reason.
//!
//! The files are not part of the project; without them the test says so and passes.

use std::collections::BTreeMap;

use bytes::Bytes;
use weir::hl7::{Header, batch};

use crate::harness::{Receiver, Sender, Site, adt, corpus, field, hl7_files};

#[test]
fn every_message_arrives_as_it_came_or_is_refused_with_a_reason() {
    let Some(corpus) = corpus() else { return };
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let engine = site.start();
    let mut sender = Sender::connect(engine.listener("in"));
    let mut accepted: Vec<Bytes> = Vec::new();
    let mut refused: BTreeMap<String, Vec<String>> = BTreeMap::new();
    // Acknowledgments are never answered; whether they were taken is not told, so they do not count.
    let mut unanswered: Vec<Bytes> = Vec::new();
    let (files, mut messages) = (hl7_files(&corpus), 0);
    for file in &files {
        let content = Bytes::from(std::fs::read(file).unwrap());
        let mut parts: Vec<_> = batch::split(&content).collect();
        if parts.is_empty() {
            // What holds no message at all is a frame all the same.
            parts.push(content);
        }
        for message in parts {
            messages += 1;
            // A frame cannot hold its own delimiters: such a file is sent to see that nothing breaks.
            if memchr::memchr2(0x0B, 0x1C, &message).is_some() {
                refused
                    .entry("cannot be framed".to_owned())
                    .or_default()
                    .push(file.display().to_string());
                continue;
            }
            if Header::parse(&message).is_ok_and(|header| header.message_type() == b"ACK") {
                sender.send(&message).unwrap();
                unanswered.push(message);
                continue;
            }
            let reply = sender.exchange(&message).expect("every message is answered");
            match field(&reply, "MSA", 1).as_str() {
                "AA" => accepted.push(message),
                "AE" | "AR" => {
                    let reason = reason(&reply);
                    assert!(!reason.is_empty(), "{}: refused without a reason", file.display());
                    refused
                        .entry(reason)
                        .or_default()
                        .push(file.display().to_string());
                }
                other => panic!("{}: answered `{other}`", file.display()),
            }
        }
    }
    // Everything before this one has arrived when it has.
    sender.exchange(&adt("CORPUS-END")).unwrap();
    receiver.wait_until(|arrived| {
        arrived
            .last()
            .is_some_and(|last| field(last, "MSH", 10) == "CORPUS-END")
    });
    assert_eq!(engine.terminate(), 0);
    let mut arrived = receiver.stop();
    arrived.pop();
    arrived.retain(|message| !unanswered.iter().any(|other| other == message));
    accepted.retain(|message| !unanswered.contains(message));

    print(files.len(), messages, accepted.len(), &refused);
    assert_eq!(arrived.len(), accepted.len(), "exactly once");
    for (number, (arrived, accepted)) in arrived.iter().zip(&accepted).enumerate() {
        assert!(
            arrived == accepted,
            "message {number} of those accepted has changed on its way"
        );
    }
    assert!(
        accepted.len() * 10 > messages * 7,
        "most of what real systems send is accepted"
    );
}

/// The counts, and the refused ones by their reason.
fn print(files: usize, messages: usize, accepted: usize, refused: &BTreeMap<String, Vec<String>>) {
    println!("{files} files, {messages} messages, {accepted} accepted");
    for (reason, files) in refused {
        println!("{} refused: {reason}", files.len());
        for file in files {
            println!("    {file}");
        }
    }
}

/// The texts of all ERR segments, in either form, or MSA-3; whatever the delimiters of the answer.
fn reason(reply: &[u8]) -> String {
    let text = String::from_utf8_lossy(reply);
    let separator = text.chars().nth(3).unwrap_or('|');
    let of = |segment: &str, number: usize| -> Vec<String> {
        text.split('\r')
            .filter(|line| line.starts_with(segment))
            .filter_map(|line| line.split(separator).nth(number))
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
            .collect()
    };
    let texts = [of("ERR", 8), of("MSA", 3), of("ERR", 1)]
        .into_iter()
        .find(|texts| !texts.is_empty());
    texts.unwrap_or_default().join("; ")
}
