//! What is told is there afterwards, once, whatever is told when.

use bytes::Bytes;

use super::super::{ArchiveError, Origin, Passage, Resent};
use super::*;

#[test]
fn a_message_is_there_with_all_that_became_of_it() {
    let mut bench = bench();
    let mut message = received(10, &adt(10), &["lab", "files"]);
    message.results = vec![Bytes::from_static(b"MSH|^~\\&|WEIR\r")];
    message.deliveries[1].result = Some(0);
    message.tags = vec![("ward".into(), "7W".to_owned())];
    message.routes.push(Passage {
        route: "other".into(),
        filtered: Some("not an order".into()),
    });
    message.origin = Some(Origin {
        message: 3,
        is_edited: true,
        by: "anna".to_owned(),
        why: "the ward was wrong".to_owned(),
    });
    bench.tell(vec![
        What::Received(message.clone()),
        tried("lab", 11, Some("refused with AE")),
        tried("lab", 11, None),
        ended("lab", 11, End::Delivered),
    ]);
    let kept = bench.archive.message(10).unwrap().unwrap();
    assert_eq!(kept.raw, message.raw);
    let sent = |destination: &str| {
        let made: Vec<_> = kept.made_for(destination).collect();
        made.iter()
            .map(|delivery| kept.sent(delivery).unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!(sent("files"), [&message.results[0]]);
    assert_eq!(sent("lab"), [&message.raw]);
    assert!(sent("nowhere").is_empty());
    assert_eq!(kept.found.received_at, at(10));
    assert_eq!(kept.found.listener, "door");
    assert_eq!(kept.found.message_type, "ADT^A01");
    assert_eq!(kept.found.control_id, "c-10");
    assert_eq!(kept.found.state, State::Queued);
    assert_eq!(
        kept.routes,
        [
            ("all".to_owned(), None),
            ("other".to_owned(), Some("not an order".to_owned()))
        ]
    );
    assert_eq!(kept.tags, [("ward".to_owned(), "7W".to_owned())]);
    assert_eq!(kept.origin, message.origin);
    let [lab, files] = &kept.deliveries[..] else {
        panic!("{} deliveries", kept.deliveries.len());
    };
    assert_eq!((lab.state, files.state), (State::Delivered, State::Queued));
    assert_eq!((lab.sequence, files.sequence), (11, 12));
    let problems: Vec<_> = lab
        .attempts
        .iter()
        .map(|attempt| attempt.problem.as_deref())
        .collect();
    assert_eq!(problems, [Some("refused with AE"), None]);
    assert!(lab.attempts[1].answer.is_some());
    assert_eq!(lab.attempts[0].took, Duration::from_millis(12));
}

#[test]
fn what_could_not_be_made_was_never_sent() {
    let mut bench = bench();
    let unmade = |number: u64, destinations: &[&str], dead: usize| {
        let mut message = received(number, &adt(number), destinations);
        message.deliveries[dead].dead = Some("a step failed".to_owned());
        What::Received(message)
    };
    let given_up = End::Dead {
        reason: "refused with AR".to_owned(),
    };
    bench.tell(vec![
        unmade(10, &["lab", "files"], 0),
        unmade(20, &["lab", "lab"], 1),
        came(30, &["lab"]),
        ended("lab", 31, given_up),
    ]);
    let sent = |number, destination: &str| {
        let message = bench.archive.message(number).unwrap().unwrap();
        let made: Vec<_> = message.made_for(destination).collect();
        assert!(made.len() < 2);
        made.first().and_then(|delivery| message.sent(delivery).cloned())
    };
    assert_eq!(sent(10, "lab"), None);
    assert_eq!(sent(10, "files"), Some(adt(10).into()));
    assert_eq!(sent(20, "lab"), Some(adt(20).into()), "the one that was made");
    assert_eq!(sent(30, "lab"), Some(adt(30).into()), "made, and refused");
}

#[test]
fn what_was_sent_again_is_known_from_both_sides_and_a_purge_takes_it_out() {
    let mut bench = bench();
    let again = |number, original, is_edited| {
        let mut message = received(number, &adt(number), &["lab"]);
        message.origin = Some(Origin {
            message: original,
            is_edited,
            by: "user:anna".to_owned(),
            why: "the ward lost it".to_owned(),
        });
        What::Received(message)
    };
    // In another bucket than the original, as years later.
    let far = 200_000;
    bench.tell(vec![
        came(10, &["lab"]),
        came(12, &["lab"]),
        again(20, 10, false),
        ended("lab", 21, End::Delivered),
    ]);
    bench.tell(vec![again(far, 10, true), again(far + 5, 12, false)]);
    let kept = |number| bench.archive.message(number).unwrap().unwrap();
    let of = |number, at_seconds, is_edited| Resent {
        message: number,
        at: Some(at(at_seconds)),
        is_edited,
        by: "user:anna".to_owned(),
        why: "the ward lost it".to_owned(),
    };
    assert_eq!(kept(10).resent_as, [of(far, far, true), of(20, 20, false)]);
    assert_eq!(kept(12).resent_as, [of(far + 5, far + 5, false)]);
    assert_eq!(kept(20).resent_as, []);
    assert_eq!(kept(20).origin.unwrap().why, "the ward lost it");
    assert_eq!(bench.archive.purge(&[20]).unwrap().deleted, 1);
    assert_eq!(kept(10).resent_as, [of(far, far, true)]);
    // A dead letter that is sent again keeps the time its message was received; when it was sent again is not known.
    let What::Received(mut replayed) = again(far + 10, 12, false) else {
        panic!("it is a message");
    };
    replayed.received_at = at(12);
    bench.tell(vec![What::Received(replayed)]);
    let untimed = Resent {
        at: None,
        ..of(far + 10, 12, false)
    };
    assert_eq!(
        bench.archive.message(12).unwrap().unwrap().resent_as,
        [untimed, of(far + 5, far + 5, false)]
    );
}

#[test]
fn who_has_ended_a_delivery_is_written_down() {
    let mut bench = bench();
    let ended_by = |sequence, by: Option<&str>| {
        let What::Settled(settlement) = ended("lab", sequence, End::Purged) else {
            panic!("it is a settlement");
        };
        What::Settled(Settlement {
            by: by.map(str::to_owned),
            ..settlement
        })
    };
    // One within its batch, one later.
    bench.tell(vec![
        came(10, &["lab"]),
        came(20, &["lab"]),
        ended_by(11, Some("anna")),
    ]);
    bench.tell(vec![ended_by(21, Some("bert"))]);
    bench.tell(vec![came(30, &["lab"]), ended_by(31, None)]);
    let by = |number| {
        let message = bench.archive.message(number).unwrap().unwrap();
        message.deliveries[0].ended_by.clone()
    };
    assert_eq!(
        [by(10), by(20), by(30)],
        [Some("anna".to_owned()), Some("bert".to_owned()), None]
    );
}

#[test]
fn states_follow_what_is_told_later() {
    let mut bench = bench();
    bench.tell(vec![came(10, &["lab", "files"]), came(20, &["lab"])]);
    assert_eq!(bench.state(10), State::Queued);
    let dead = End::Dead {
        reason: "refused with AR".to_owned(),
    };
    bench.tell(vec![ended("lab", 11, dead), ended("lab", 21, End::Delivered)]);
    assert_eq!(
        (bench.state(10), bench.state(20)),
        (State::Dead, State::Delivered)
    );
    bench.tell(vec![ended("files", 12, End::Delivered)]);
    assert_eq!(bench.state(10), State::Dead);
    bench.tell(vec![ended("lab", 11, End::Resent)]);
    assert_eq!(bench.state(10), State::Delivered);
    let kept = bench.archive.message(10).unwrap().unwrap();
    assert_eq!(kept.deliveries[0].state, State::Resent);
    assert_eq!(kept.deliveries[0].reason.as_deref(), Some("refused with AR"));
    for (state, expected) in [
        (State::Dead, vec![]),
        (State::Queued, vec![]),
        (State::Delivered, vec![20, 10]),
    ] {
        let query = Query {
            states: vec![state],
            ..Query::default()
        };
        assert_eq!(bench.find(&query), expected, "{state:?}");
    }
}

#[test]
fn the_same_told_in_one_batch_or_in_many_is_the_same() {
    let dead = || End::Dead {
        reason: "no".to_owned(),
    };
    let story = || {
        vec![
            came(10, &["lab", "lab", "files"]),
            tried("lab", 11, None),
            ended("lab", 11, End::Delivered),
            ended("lab", 12, dead()),
            came(20, &["lab"]),
            ended("files", 13, End::Purged),
            ended("lab", 12, End::Purged),
        ]
    };
    let (mut once, mut often) = (bench(), bench());
    once.tell(story());
    for what in story() {
        often.tell(vec![what]);
    }
    for number in [10, 20] {
        let [once, often] = [&once, &often].map(|bench| bench.archive.message(number).unwrap());
        assert!(once == often, "message {number} differs");
    }
    for state in State::ALL {
        for destination in [None, Some("lab".to_owned()), Some("files".to_owned())] {
            let query = Query {
                states: vec![state],
                destination,
                ..Query::default()
            };
            assert_eq!(once.find(&query), often.find(&query), "{query:?}");
        }
    }
}

#[test]
fn what_is_told_twice_is_written_once() {
    let mut bench = bench();
    let events = bench.events(vec![came(10, &["lab"]), tried("lab", 11, None), came(20, &[])]);
    bench.archive.write(STORE, &events[..2]).unwrap();
    assert_eq!(bench.archive.written(STORE).unwrap(), Some(events[1].number));
    bench.archive.write(STORE, &events).unwrap();
    bench.archive.write(STORE, &events).unwrap();
    assert_eq!(bench.find(&Query::default()), [20, 10]);
    let kept = bench.archive.message(10).unwrap().unwrap();
    assert_eq!(kept.deliveries[0].attempts.len(), 1);
    assert_eq!(bench.archive.summary().unwrap().messages, 2);
}

#[test]
fn a_second_outbox_counts_from_one_again_and_takes_nothing_away() {
    let mut bench = bench();
    bench.tell(vec![came(10, &["lab"])]);
    let events = [
        Event {
            number: 1,
            what: came(10, &["lab"]),
        },
        Event {
            number: 2,
            what: ended("lab", 11, End::Delivered),
        },
    ];
    bench.archive.write(8, &events).unwrap();
    let found = bench.find(&Query::default());
    let [second, first] = found[..] else {
        panic!("{found:?}");
    };
    assert_eq!(first, 10);
    assert_eq!(
        (bench.state(first), bench.state(second)),
        (State::Queued, State::Delivered)
    );
    let kept = bench.archive.message(second).unwrap().unwrap();
    assert_eq!(kept.deliveries[0].sequence, 11, "as its outbox knows it");
    bench.tell(vec![ended("lab", 11, End::Delivered)]);
    assert_eq!(bench.state(first), State::Delivered);
}

#[test]
fn a_batch_that_fails_leaves_nothing_of_itself() {
    let mut bench = bench();
    let mut events = bench.events(vec![came(10, &["new-name"]), came(20, &[])]);
    events[1].number = u64::MAX;
    let error = bench.archive.write(STORE, &events).unwrap_err();
    assert!(matches!(error, ArchiveError::TooLarge { .. }), "{error}");
    assert_eq!(bench.archive.written(STORE).unwrap(), None);
    assert!(bench.find(&Query::default()).is_empty());
    bench.tell(vec![came(10, &["new-name"])]);
    let kept = bench.archive.message(10).unwrap().unwrap();
    assert_eq!(kept.deliveries[0].destination, "new-name");
}

#[test]
fn what_no_archive_was_told_of_is_passed_over() {
    let mut bench = bench();
    bench.tell(vec![
        ended("lab", 11, End::Delivered),
        tried("lab", 11, None),
        came(20, &["lab"]),
        ended("lab", 22, End::Delivered),
    ]);
    assert_eq!(bench.find(&Query::default()), [20]);
    assert_eq!(bench.state(20), State::Queued);
}

#[test]
fn it_opens_again_with_all_that_was_written() {
    let mut bench = bench();
    bench.tell(vec![came(10, &["lab"])]);
    let Bench { archive, folder, .. } = bench;
    drop(archive);
    let again = Archive::open(folder.path(), None).unwrap();
    assert!(again.message(10).unwrap().is_some());
    assert_eq!(again.written(STORE).unwrap(), Some(2));
    assert!(
        Archive::open_existing(&folder.path().join("no"), None)
            .unwrap()
            .is_none()
    );
}

#[test]
fn a_readers_view_waits_for_nobody() {
    let mut bench = bench();
    bench.tell(vec![came(10, &[])]);
    let archive = bench.archive.clone();
    let writer = archive.writer();
    assert_eq!(bench.find(&Query::default()), [10]);
    drop(writer);
}

#[test]
fn debug_shows_no_content() {
    let kept = {
        let mut bench = bench();
        let mut message = received(10, &adt(10), &["lab"]);
        message.tags = vec![("patient".into(), "DOE".to_owned())];
        bench.tell(vec![What::Received(message.clone()), tried("lab", 11, None)]);
        let query = Query {
            name: Some("DOE".to_owned()),
            control_id: Some("c-10".to_owned()),
            ..Query::default()
        };
        format!(
            "{message:?} {:?} {query:?} {:?}",
            bench.archive.message(10).unwrap(),
            tried("lab", 11, None)
        )
    };
    for content in ["DOE", "JOHN", "c-10", "MSA", "acc-10"] {
        assert!(!kept.contains(content), "{content} in {kept}");
    }
}

#[test]
fn destinations_of_a_message_have_deliveries_of_the_same_number() {
    for at_once in [true, false] {
        let mut bench = bench();
        let mut message = received(7, &adt(7), &["lab", "ehr"]);
        message.deliveries.iter_mut().for_each(|owed| owed.sequence = 7);
        let mut told = vec![
            vec![What::Received(message)],
            vec![tried("ehr", 7, Some("refused with AE")), tried("lab", 7, None)],
            vec![ended("lab", 7, End::Delivered)],
            vec![ended("ehr", 7, End::Purged)],
        ];
        if at_once {
            told = vec![told.concat()];
        }
        for batch in told {
            bench.tell(batch);
        }
        let found = bench.archive.message(7).unwrap().unwrap();
        let deliveries: Vec<_> = found
            .deliveries
            .iter()
            .map(|delivery| (&*delivery.destination, delivery.sequence, delivery.state))
            .collect();
        let mut expected = [("lab", 7, State::Delivered), ("ehr", 7, State::Purged)];
        expected.sort_by_key(|(destination, ..)| deliveries[0].0 != *destination);
        assert_eq!(deliveries, expected);
        for delivery in &found.deliveries {
            let problems: Vec<_> = delivery
                .attempts
                .iter()
                .map(|attempt| attempt.problem.as_deref())
                .collect();
            let expected = (delivery.destination == "ehr").then_some("refused with AE");
            assert_eq!(problems, [expected], "{}", delivery.destination);
        }
        let purge = bench.archive.purge(&[7]).unwrap();
        assert_eq!(purge.deleted, 1);
    }
}
