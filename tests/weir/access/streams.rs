//! Streams of events: how many there may be, and what ends them.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::TcpStream;

use super::{Client, Running, has_event};
use crate::harness::PATIENCE;

/// What the console lets watch at once.
const WATCHERS_MAX: usize = 64;
/// And of them one user or program.
const WATCHERS_PER_IDENTITY_MAX: usize = 16;

/// A stream that has brought its first event, or the code it was refused with.
fn watch(client: &Client) -> Result<TcpStream, u16> {
    let mut stream = TcpStream::connect(client.address).unwrap();
    let mut request = format!(
        "GET /api/v1/events HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
        client.address
    );
    for (name, value) in &client.headers {
        write!(request, "{name}: {value}\r\n").unwrap();
    }
    stream.write_all(format!("{request}\r\n").as_bytes()).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let (mut answer, mut part) = (Vec::new(), [0; 4096]);
    while !has_event(&answer) {
        let count = stream.read(&mut part).unwrap();
        if count == 0 {
            let text = String::from_utf8_lossy(&answer).into_owned();
            return Err(text.split(' ').nth(1).unwrap().parse().unwrap());
        }
        answer.extend_from_slice(&part[..count]);
    }
    Ok(stream)
}

#[test]
fn more_than_so_many_may_not_watch_and_a_log_out_ends_the_stream() {
    let running = Running::start_set_up();
    let anna = running.logged_in("anna");
    let mut hers = watch(&anna).unwrap();
    let programs = ["one", "two", "three", "four"];
    let [bridge, others @ ..] = programs.map(|name| running.bearer(&running.token(name, "viewer")));
    let mut streams: Vec<_> = (0..WATCHERS_PER_IDENTITY_MAX)
        .map(|_| watch(&bridge).unwrap())
        .collect();
    // One alone does not take all places.
    assert_eq!(watch(&bridge).unwrap_err(), 503);
    for other in &others {
        let left = WATCHERS_MAX - 1 - streams.len();
        streams.extend((0..left.min(WATCHERS_PER_IDENTITY_MAX)).map(|_| watch(other).unwrap()));
    }
    let [.., last] = &others;
    assert_eq!(watch(last).unwrap_err(), 503);

    // What is left of hers comes to an end, and makes room.
    assert_eq!(anna.ask("DELETE", "/api/v1/session", None).code, 204);
    let mut rest = Vec::new();
    hers.read_to_end(&mut rest).unwrap();
    assert!(watch(last).is_ok());
    drop(streams);
    // A stop waits for nobody who watches.
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn the_last_hour_is_known_to_whoever_comes_later() {
    let running = Running::start_set_up();
    let bridge = running.bearer(&running.token("bridge", "viewer"));
    // The first look is made when weir starts; whoever watches has had it.
    drop(watch(&bridge).unwrap());
    let history = bridge.get("/api/v1/history").json();
    let sample = &history["samples"][0];
    assert_eq!(sample["listeners"]["in"], serde_json::json!([0, 0]));
    assert_eq!(sample["destinations"]["ehr"], serde_json::json!([0, 0, 0]));
    assert_eq!(running.engine.terminate(), 0);
}
