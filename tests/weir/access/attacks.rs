//! What attackers send to the console: no login, foreign pages, too much, two lengths, guesses.

use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;

use serde_json::json;

use super::{Client, PASSWORD, Running};
use crate::harness::{PATIENCE, weir};

#[test]
fn c1_without_a_login_nothing_is_read_and_nothing_told() {
    let running = Running::start_set_up();
    let stranger = running.stranger();
    let none = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJhbm5hIiwicm9sZSI6ImFkbWluaXN0cmF0b3IifQ.";
    let name = running.cookie_name();
    let foreign = format!("{name}={}", "A".repeat(43));
    for client in [
        stranger.clone(),
        stranger.with("Authorization", "Bearer "),
        stranger.with("Authorization", &format!("Bearer {none}")),
        stranger.with("Authorization", &format!("Bearer weir_{}", "A".repeat(43))),
        stranger.with("Authorization", "Basic YW5uYTpjb3JyZWN0IGhvcnNlIGJhdHRlcnk="),
        stranger.with("Authorization", &format!("Bearer {}", "A".repeat(8_000))),
        stranger.with("Cookie", &foreign),
        stranger.with("Cookie", &format!("{name}=")),
        stranger.with("Cookie", &format!("__Host-{foreign}")),
    ] {
        let answer = client.get("/api/v1/status");
        assert_eq!(answer.code, 401, "{:?}", client.headers);
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    // The answer comes although the body never does: it is not waited for, and so not read.
    for length in ["100", "1000000000"] {
        let host = stranger.address;
        let head = format!(
            "POST /api/v1/users HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
        );
        let answer = stranger.raw(head.as_bytes());
        assert_eq!(answer.code, 401);
        assert_eq!(answer.header("connection"), Some("close"));
    }
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn c3_pages_of_others_change_nothing() {
    let running = Running::start_set_up();
    running.user("oscar", "operator");
    let oscar = running.logged_in("oscar");
    let pause = |client: &Client| client.ask("POST", "/api/v1/destinations/ehr/pause", None).code;
    let ours = format!("http://{}", running.engine.console());
    assert_eq!(pause(&oscar), 200);
    assert_eq!(pause(&oscar.with("Origin", &ours)), 200);
    let other = running.logged_in("oscar");
    let (_, csrf_of_other) = other
        .headers
        .iter()
        .find(|(name, _)| name == "x-csrf-token")
        .unwrap();
    for refused in [
        oscar.without("x-csrf-token"),
        oscar.with("x-csrf-token", ""),
        oscar.with("x-csrf-token", csrf_of_other),
        oscar.with("Origin", "http://evil.example"),
        oscar.with("Origin", "null"),
        oscar.with("Origin", "http://127.0.0.1:1"),
        oscar.with("Host", "evil.example"),
        oscar.with(
            "Host",
            &format!("evil.example:{}", running.engine.console().port()),
        ),
        oscar.with("Host", ""),
    ] {
        assert_eq!(pause(&refused), 403, "{:?}", refused.headers);
    }
    // A name that leads here by somebody else's wish reads nothing either, and a foreign page does not log in.
    let rebound = oscar.with("Host", "evil.example");
    assert_eq!(rebound.get("/api/v1/status").code, 403);
    assert_eq!(rebound.get("/api/v1/session").code, 403);
    let body = json!({ "name": "oscar", "password": PASSWORD });
    let foreign = running.stranger().with("Origin", "http://evil.example");
    assert_eq!(foreign.ask("POST", "/api/v1/session", Some(&body)).code, 403);
    assert_eq!(oscar.with("Host", "localhost").get("/api/v1/status").code, 200);
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn c4_bodies_that_are_too_much_or_not_what_is_expected() {
    let running = Running::start_set_up();
    let anna = running.bearer(&running.token("bridge", "administrator"));
    let post = |content_type: &str, length: usize, body: &str| {
        let (name, value) = &anna.headers[0];
        let host = anna.address;
        let head = format!(
            "POST /api/v1/users HTTP/1.1\r\nHost: {host}\r\n{name}: {value}\r\nConnection: close\r\n\
             Content-Type: {content_type}\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        let answer = anna.raw(head.as_bytes());
        assert!(answer.code < 300 || answer.json()["error"].is_string());
        answer
    };
    let json = |body: &str| post("application/json", body.len(), body);
    assert_eq!(post("application/json", 1_000_000_000, "").code, 413);
    assert_eq!(json(&"x".repeat(100_000)).code, 413);
    assert_eq!(json(&"[".repeat(60_000)).code, 400);
    assert_eq!(json(&r#"{"name":"#.repeat(7_000)).code, 400);
    let user = r#"{"name":"bert","password":"a password that nobody has","roles":["viewer"]}"#;
    for wrong in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "application/hl7-v2",
        "",
    ] {
        assert_eq!(post(wrong, user.len(), user).code, 415, "{wrong}");
    }
    for wrong in [
        "",
        "nonsense that is a secret",
        r#"{"name":"bert","name":"carl","password":"a password that nobody has","roles":["viewer"]}"#,
        r#"{"name":"bert","password":"a password that nobody has","roles":["viewer"],"surname":1}"#,
        r#"{"name":"bert","password":"a password that nobody has","roles":["secret"]}"#,
        r#"{"name":"bert","password":["a secret"],"roles":["viewer"]}"#,
        r#"{"name":"bert","password":"a password that nobody has","roles":["viewer"]} {}"#,
    ] {
        let answer = json(wrong);
        assert_eq!(answer.code, 400, "{wrong}");
        assert!(!answer.body.contains("secret"), "{}", answer.body);
    }
    assert_eq!(json(user).code, 201);
    assert_eq!(
        anna.get("/api/v1/destinations/ehr/queue?count=1000000000").code,
        200
    );
    for wrong in [
        "count=1e9",
        "count=-1",
        "count=100000000000000000000000",
        "after=x",
        "before=1",
    ] {
        assert_eq!(
            anna.get(&format!("/api/v1/destinations/ehr/queue?{wrong}")).code,
            400,
            "{wrong}"
        );
    }
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn c5_addresses_that_lead_elsewhere_lead_nowhere() {
    let running = Running::start_set_up();
    let editor = running.bearer(&running.token("bridge", "editor"));
    for path in [
        "/../../../../etc/passwd",
        "/api/v1/../../../etc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "/api/v1/%2e%2e/status",
        "/api/v1/status/../users",
        "/api/v1/status%00",
        "/api/v1/users/..%2f..%2fetc",
        "//evil.example/api/v1/status",
        "/api/v1/destinations/..%2fx/queue",
        "/api/v1/destinations/ehr/queue/1%00",
        "/api/v1/destinations/%ff/queue",
    ] {
        let answer = editor.get(path);
        assert!([404, 405].contains(&answer.code), "{path}: {}", answer.code);
        assert_eq!(answer.header("location"), None, "{path}");
    }
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn c6_whoever_reads_no_answer_is_given_up() {
    let running = Running::start_set_up();
    let mut deaf = TcpStream::connect(running.stranger().address).unwrap();
    deaf.set_write_timeout(Some(PATIENCE)).unwrap();
    let asked = format!(
        "GET /app.js HTTP/1.1\r\nHost: {}\r\n\r\n",
        running.stranger().address
    );
    // No more is taken of it as soon as no more is taken of the answers, until the connection is closed.
    let given_up = loop {
        if let Err(given_up) = deaf.write_all(asked.as_bytes()) {
            break given_up;
        }
    };
    assert!(
        matches!(
            given_up.kind(),
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe
        ),
        "{given_up}"
    );
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn c6_a_request_has_one_length_and_its_headers_come_in_time() {
    let running = Running::start_set_up();
    let stranger = running.stranger();
    // Says nothing, and is closed; the others are served meanwhile.
    let mut silent = TcpStream::connect(stranger.address).unwrap();
    silent.set_read_timeout(Some(PATIENCE)).unwrap();
    let host = stranger.address;
    let smuggled = "0\r\n\r\nGET /api/v1/status HTTP/1.1\r\nHost: x\r\n\r\n";
    for lengths in [
        format!(
            "Content-Length: {}\r\nTransfer-Encoding: chunked\r\n",
            smuggled.len()
        ),
        format!(
            "Transfer-Encoding: chunked\r\nContent-Length: {}\r\n",
            smuggled.len()
        ),
        "Transfer-Encoding: chunked\r\n".to_owned(),
        "Transfer-Encoding: identity, chunked\r\n".to_owned(),
        "Transfer-Encoding : chunked\r\n".to_owned(),
        "Content-Length: 4\r\nContent-Length: 40\r\n".to_owned(),
        "Content-Length: +4\r\n".to_owned(),
    ] {
        let request = format!("POST /api/v1/session HTTP/1.1\r\nHost: {host}\r\n{lengths}\r\n{smuggled}");
        let answer = stranger.raw(request.as_bytes());
        assert_eq!(answer.code, 400, "{lengths}");
        assert!(!answer.body.contains("HTTP/1.1"), "one answer: {}", answer.body);
    }
    let many = "X: y\r\n".repeat(100);
    let request = format!("GET /api/v1/session HTTP/1.1\r\nHost: {host}\r\n{many}\r\n");
    assert_eq!(stranger.raw(request.as_bytes()).code, 431);
    let long = format!(
        "GET /api/v1/session HTTP/1.1\r\nHost: {host}\r\nX: {}\r\n\r\n",
        "y".repeat(100_000)
    );
    assert_eq!(stranger.raw(long.as_bytes()).code, 431);
    let mut said = Vec::new();
    silent.read_to_end(&mut said).unwrap();
    assert_eq!(said, b"", "closed without a word");
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn c7_guessing_is_slowed_down_written_down_and_tells_nothing() {
    let running = Running::start_set_up();
    let stranger = running.stranger();
    let guess = |name: &str, password: &str| {
        let body = json!({ "name": name, "password": password });
        stranger.ask("POST", "/api/v1/session", Some(&body))
    };
    let (known, unknown) = (
        guess("anna", "a wrong password"),
        guess("nobody", "a wrong password"),
    );
    assert_eq!((known.code, unknown.code), (401, 401));
    assert_eq!(known.body, unknown.body);
    for _ in 0..3 {
        assert_eq!(guess("anna", "a wrong password").code, 401);
    }
    // The address has had its five; the right password of another account must wait as well.
    let slowed: Vec<_> = (0..200)
        .map(|_| guess("anna", "a wrong password"))
        .filter(|answer| answer.code == 429)
        .collect();
    assert!(slowed.len() > 150, "{} of 200", slowed.len());
    let wait: u64 = slowed
        .last()
        .unwrap()
        .header("retry-after")
        .unwrap()
        .parse()
        .unwrap();
    assert!(wait >= 1);
    // The machine itself is never locked out.
    let password = ["user", "password", "anna", "--site", "site"];
    assert_eq!(
        weir(running.site.folder(), &password, b"another long password\n").0,
        0
    );
    let records = running.records();
    let refused: Vec<_> = records
        .iter()
        .filter(|record| record["what"] == "session.begin" && record["outcome"] == "refused")
        .collect();
    assert!(refused.len() >= 5, "{refused:?}");
    assert_eq!(refused[0]["who"], "user:anna");
    // What was typed as a name may be a password.
    assert_eq!(refused[1]["who"], "nobody");
    assert_eq!(refused[0]["from"], "127.0.0.1");
    assert_eq!(running.engine.terminate(), 0);
}
