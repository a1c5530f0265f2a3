//! Secrets: each is used, by a weir that logs all it can, and none is shown, logged, told or kept as it is.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use serde_json::json;

use super::{Client, PASSWORD, Running};
use crate::harness::{PATIENCE, Receiver, Sender, Site, adt, read_request, serve, wait_until, weir};

/// What is kept in files of the site, by the file's name.
const IN_FILES: [(&str, &str); 4] = [
    ("http", "Bearer Zs00SecretBird00Yv"),
    ("database", "Zs01SecretBird01Yv"),
    ("mail", "Zs02SecretBird02Yv"),
    ("webhook", "Bearer Zs03SecretBird03Yv"),
];

/// Addresses that are secrets too, by the file's name: their paths and queries.
const ADDRESSES: [(&str, &str); 4] = [
    ("http-url", "/Zs04SecretBird04Yv?a=Zs05SecretBird05Yv"),
    ("webhook-url", "/hooks/Zs06SecretBird06Yv"),
    ("repository-url", "/Zs07SecretBird07Yv"),
    ("collector-url", "/v1/Zs08SecretBird08Yv?b"),
];

/// A request by HTTP, refused with its own words.
fn refuse_request(mut stream: TcpStream) -> Option<String> {
    let (head, _) = read_request(&stream)?;
    let echo = head.lines().find(|line| line.contains("Bird")).unwrap_or("none");
    let answer = format!(
        "HTTP/1.1 401 {echo}\r\nX-Echo: {echo}\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{echo}",
        echo.len()
    );
    stream.write_all(answer.as_bytes()).ok()?;
    Some(head)
}

/// A log-in at a database, refused with the password in its words.
fn refuse_password(mut stream: TcpStream) -> Option<String> {
    let packet = |with_kind: bool, stream: &mut TcpStream| {
        let mut head = vec![0; if with_kind { 5 } else { 4 }];
        stream.read_exact(&mut head).ok()?;
        let length = u32::from_be_bytes(*head.last_chunk().unwrap()) as usize;
        let mut body = vec![0; length - 4];
        stream.read_exact(&mut body).ok()?;
        Some(body)
    };
    packet(false, &mut stream)?;
    stream.write_all(b"R\0\0\0\x08\0\0\0\x03").ok()?;
    let password = packet(true, &mut stream)?;
    let password = String::from_utf8(password).unwrap();
    let password = password.trim_end_matches('\0');
    let fields = format!("SFATAL\0VFATAL\0C28P01\0M{password} is wrong\0D{password}\0\0");
    let length = u32::try_from(fields.len() + 4).unwrap().to_be_bytes();
    stream
        .write_all(&[b"E".as_slice(), &length, fields.as_bytes()].concat())
        .ok()?;
    Some(password.to_owned())
}

/// A mail server without TLS, which therefore gets no password.
fn greet(stream: TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    reader.get_mut().write_all(b"220 mail\r\n").ok()?;
    let mut line = String::new();
    reader.read_line(&mut line).ok().filter(|count| *count > 0)?;
    reader
        .get_mut()
        .write_all(b"250-mail\r\n250 AUTH PLAIN\r\n")
        .ok()?;
    reader.read_to_string(&mut line).ok()?;
    Some(line)
}

/// A file that only weir's user can read.
fn keep(site: &Site, name: &str, secret: &str) {
    let file = site.folder().join("site").join(name);
    fs::write(&file, secret).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
}

/// A site that goes by HTTP to these, in the order of [`ADDRESSES`].
fn site(by_http: [SocketAddr; 4], database: SocketAddr, mail: SocketAddr, to: SocketAddr) -> Site {
    let site = Site::new("routes: {}\n");
    for (name, secret) in IN_FILES {
        keep(&site, name, secret);
    }
    for (address, (name, path)) in by_http.iter().zip(ADDRESSES) {
        keep(&site, name, &format!("http://{address}{path}\n"));
    }
    let made = weir(site.folder(), &["key", "new", "weir.key"], b"");
    assert_eq!(made.0, 0);
    site.rewrite(&format!(
        "  encryption: {{ key: {{ file: ../weir.key }} }}\n  \
           traces: {{ url: {{ file: collector-url }} }}\n\
         listeners: {{ in: {{ mllp: {{ bind: \"127.0.0.1:0\" }} }} }}\n\
         destinations:\n  \
           ehr: {{ mllp: {{ address: \"{to}\" }} }}\n  \
           web: {{ http: {{ url: {{ file: http-url }}, headers: {{ Authorization: {{ file: http }} }} }} }}\n  \
           base:\n    sql:\n      address: \"{database}\"\n      database: hospital\n      user: weir\n      \
             password: {{ file: database }}\n      plaintext: accepted\n      \
             statement: insert into admissions values ($1)\n      values: [\"{{MSH-10}}\"]\n\
         routes: {{ all: {{ from: in, to: [ehr, web, base] }} }}\n\
         audit: {{ forward: {{ arr: {{ fhir: {{ url: {{ file: repository-url }} }} }} }} }}\n\
         alerts:\n  contacts:\n    \
           hook: {{ webhook: {{ url: {{ file: webhook-url }}, headers: {{ Authorization: {{ file: webhook }} }} }} }}\n    \
           team: {{ mail: {{ server: 127.0.0.1, port: {}, user: weir, password: {{ file: mail }}, \
             from: weir@hub.example, to: ehr@hub.example }} }}\n  owners: [hook, team]\n",
        mail.port()
    ));
    site
}

/// What the commands and the API say, right or wrong.
fn shown(running: &Running, somebody: &Client) -> Vec<(String, String)> {
    let folder = running.site.folder();
    let mut shown = Vec::new();
    for arguments in [
        &["check", "site", "--json"][..],
        &["status", "site", "--json"],
        &["queue", "list", "web", "--json", "--site", "site"],
        &["queue", "list", "base", "--site", "site"],
        &["audit", "export", "-", "--site", "site"],
        &["user", "list", "--site", "site"],
        &["token", "list", "--site", "site"],
        &["list", "listeners", "--site", "site"],
        &["archive", "search", "--json", "--site", "site"],
        &["archive", "show", "1", "--json", "--site", "site"],
        &["explain", "engine.encryption.key"],
        &["reload", "site"],
        &["key", "id", "weir.key"],
        &["key", "id", "site/database"],
        &["key", "rotate", "--to", "site/mail", "site"],
        &["get", "site/http", "MSH-9"],
        &["get", "site/webhook-url", "MSH-9"],
        &["explain", "alerts.contacts.webhook.url"],
        &["test", "site"],
        &["restore", "weir.key", "site"],
        &["backup", "copy", "--plain", "--site", "site"],
    ] {
        let (_, out, err) = weir(folder, arguments, b"");
        shown.push((arguments.join(" "), out + err.as_str()));
    }
    let copy = fs::read(folder.join("copy")).unwrap();
    shown.push(("backup".to_owned(), String::from_utf8_lossy(&copy).into_owned()));
    for path in [
        "/metrics",
        "/health",
        "/api/v1/status",
        "/api/v1/alerts",
        "/api/v1/openapi.json",
        "/api/v1/routes",
        "/api/v1/routes/all",
        "/api/v1/users",
        "/api/v1/tokens",
        "/api/v1/audit",
        "/api/v1/nowhere",
        "/api/v1/destinations/web/queue",
    ] {
        let answer = somebody.get(path);
        shown.push((path.to_owned(), answer.head + answer.body.as_str()));
    }
    shown
}

/// Every file below this folder.
fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push((path.display().to_string(), fs::read(&path).unwrap()));
        }
    }
    found
}

/// Makes the first administrator by the token of the start, logs in rightly and wrongly, makes a token and uses it: who
/// is logged in, and the token.
fn log_in(running: &Running, setup: &str) -> (Client, String) {
    let first = json!({ "token": setup, "name": "anna", "password": PASSWORD });
    assert_eq!(
        running.stranger().ask("POST", "/api/v1/setup", Some(&first)).code,
        201
    );
    let somebody = running.logged_in("anna");
    let wrong = json!({ "name": "anna", "password": format!("{PASSWORD}!") });
    assert_eq!(
        running
            .stranger()
            .ask("POST", "/api/v1/session", Some(&wrong))
            .code,
        401
    );
    let token = running.token("dashboard", "viewer");
    assert_eq!(running.bearer(&token).get("/api/v1/status").code, 200);
    (somebody, token)
}

#[test]
fn no_secret_is_logged_shown_told_or_kept_as_it_is() {
    let (http, requests) = serve(refuse_request);
    let (database, passwords) = serve(refuse_password);
    let (mail, logins) = serve(greet);
    let (webhook, posts) = serve(refuse_request);
    let (repository, events) = serve(refuse_request);
    let (collector, traces) = serve(refuse_request);
    let receiver = Receiver::accepting();
    let by_http = [http, webhook, repository, collector];
    let site = site(by_http, database, mail, receiver.address());
    let engine = site.start_logging("trace");
    let setup = engine.setup_token().unwrap().to_owned();
    let running = Running {
        site,
        engine,
        receiver,
    };
    let (somebody, token) = log_in(&running, &setup);
    let pause = running.site.ask("POST", "/api/v1/destinations/ehr/pause");
    assert_eq!(pause.0, 200);
    let mut sender = Sender::connect(running.engine.listener("in"));
    assert!(sender.exchange(&adt("SECRETS1")).is_some());
    // Each has been read, so it was there to be told; that for mails goes over TLS alone.
    let used = [&requests, &passwords, &logins, &posts];
    let used = used.map(|arrivals| arrivals.recv_timeout(PATIENCE).expect("it is used"));
    let [request, password, greeting, post] = &used;
    assert!(request.contains(IN_FILES[0].1) && password == IN_FILES[1].1 && post.contains(IN_FILES[3].1));
    assert!(!greeting.contains("AUTH"), "{greeting}");
    let [event, trace] = [&events, &traces].map(|arrivals| arrivals.recv_timeout(PATIENCE).unwrap());
    for (head, (_, path)) in [request, post, &event, &trace].into_iter().zip(ADDRESSES) {
        assert!(head.starts_with(&format!("POST {path} HTTP/1.1")), "{head}");
    }
    // The second attempt comes when what went wrong with the first is written down.
    for attempts in [requests, passwords] {
        attempts.recv_timeout(PATIENCE).expect("it is tried again");
    }
    wait_until(|| {
        let (_, alerts) = running.site.ask("GET", "/api/v1/alerts");
        alerts["failures"]
            .as_array()
            .is_some_and(|failures| failures.len() == 2)
    });

    let mut shown = shown(&running, &somebody);
    let cookie = somebody
        .headers
        .iter()
        .find(|(name, _)| name == "Cookie")
        .unwrap();
    let session = cookie.1.split_once('=').unwrap().1.to_owned();
    let key = fs::read_to_string(running.site.folder().join("weir.key")).unwrap();
    let mut secrets: Vec<String> = IN_FILES.map(|(_, secret)| secret.replace("Bearer ", "")).to_vec();
    let paths = ADDRESSES.iter().flat_map(|(_, path)| path.split(['/', '?', '=']));
    secrets.extend(paths.filter(|part| part.contains("Bird")).map(str::to_owned));
    secrets.extend([PASSWORD.to_owned(), token, session, setup, key.trim().to_owned()]);
    assert_eq!(running.engine.terminate(), 0);
    assert!(running.site.log().contains("TRACE"), "the level was asked for");
    shown.push(("the log".to_owned(), running.site.log()));
    let kept = files(&running.site.folder().join("data")).into_iter();
    shown.extend(kept.map(|(file, bytes)| (file, String::from_utf8_lossy(&bytes).into_owned())));
    for (place, text) in &shown {
        assert!(
            !text.is_empty() || place.contains("data/"),
            "{place} says nothing"
        );
        for (number, secret) in secrets.iter().enumerate() {
            let digits = BASE64.encode(secret);
            for form in [secret.as_str(), &digits[..digits.len() - 2]] {
                assert!(!text.contains(form), "secret {number} in {place}");
            }
        }
    }
}
