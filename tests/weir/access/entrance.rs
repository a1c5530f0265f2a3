//! First start, log-ins and log-outs, users and tokens.

use serde_json::json;

use super::{PASSWORD, Running};
use crate::harness::{Receiver, Site, weir};

#[test]
fn the_console_refuses_everything_before_there_is_an_administrator() {
    let running = Running::start();
    let stranger = running.stranger();
    let session = stranger.get("/api/v1/session");
    assert_eq!(session.json()["needs_setup"], true);
    for path in ["/api/v1/status", "/api/v1/openapi.json", "/api/v1/users"] {
        assert_eq!(stranger.get(path).code, 403, "{path}");
    }
    let log_in = json!({ "name": "anna", "password": PASSWORD });
    assert_eq!(stranger.ask("POST", "/api/v1/session", Some(&log_in)).code, 403);
    let set_up = |token: &str, password: &str| {
        let body = json!({ "token": token, "name": "anna", "password": password });
        stranger.ask("POST", "/api/v1/setup", Some(&body))
    };
    let token = running.engine.setup_token().unwrap();
    assert_eq!(set_up("guessed", PASSWORD).code, 403);
    let short = set_up(token, "hunter2");
    assert_eq!(short.code, 400);
    assert!(short.body.contains("at least 12 characters"), "{}", short.body);
    assert_eq!(set_up(token, PASSWORD).code, 201);
    assert_eq!(set_up(token, PASSWORD).code, 409);
    assert_eq!(stranger.get("/api/v1/session").json()["needs_setup"], false);
    assert_eq!(stranger.get("/api/v1/status").code, 401);
    assert_eq!(running.logged_in("anna").get("/api/v1/users").code, 200);
    assert_eq!(running.engine.terminate(), 0);
    let again = running.site.start();
    assert_eq!(again.setup_token(), None);
    assert_eq!(again.terminate(), 0);
    let log = running.site.log();
    assert!(!log.contains(PASSWORD) && !log.contains("guessed"), "{log}");
}

#[test]
fn metrics_are_for_whoever_logs_in_where_the_site_says_so() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let file = site.folder().join("site/site.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("console: {", "console: { metrics: login,")).unwrap();
    let running = Running {
        engine: site.start(),
        site,
        receiver,
    };
    running.user("anna", "administrator");
    let token = running.token("prometheus", "viewer");
    let stranger = running.stranger();
    assert_eq!(stranger.get("/metrics").code, 401);
    assert_eq!(running.bearer("guessed").get("/metrics").code, 401);
    let health = ["/health/live", "/health/ready"].map(|path| stranger.get(path).code);
    assert_eq!(health, [200, 200], "tells nothing but that");
    for who in [running.bearer(&token), running.logged_in("anna")] {
        let metrics = who.get("/metrics");
        assert_eq!(metrics.code, 200);
        assert!(metrics.body.contains("weir_build_info"), "{}", metrics.body);
    }
}

#[test]
fn a_session_is_a_strict_cookie_and_ends() {
    let running = Running::start_set_up();
    let body = json!({ "name": "anna", "password": PASSWORD });
    let answer = running.stranger().ask("POST", "/api/v1/session", Some(&body));
    let cookie = answer.header("set-cookie").unwrap();
    let (key, flags) = cookie.split_once(';').unwrap();
    assert_eq!(flags, " Path=/; HttpOnly; SameSite=Strict");
    let (name, key) = key.split_once('=').unwrap();
    assert!(name.starts_with("weir-") && key.len() >= 43, "{name} {key}");
    let document = running.logged_in("anna").get("/api/v1/openapi.json").json();
    assert_eq!(document["components"]["securitySchemes"]["session"]["name"], name);
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.json()["user"]["permissions"], json!(["see", "administer"]));
    let anna = running.logged_in("anna");
    assert_eq!(anna.get("/api/v1/session").json()["user"]["name"], "anna");
    let ended = anna.ask("DELETE", "/api/v1/session", None);
    assert_eq!(ended.code, 204);
    assert!(ended.header("set-cookie").unwrap().contains("Max-Age=0"));
    assert_eq!(anna.get("/api/v1/status").code, 401);
    // A restart ends them all.
    let anna = running.logged_in("anna");
    assert_eq!(running.engine.terminate(), 0);
    let engine = running.site.start();
    let running = Running { engine, ..running };
    let moved = anna
        .headers
        .iter()
        .fold(running.stranger(), |client, (name, value)| {
            client.with(name, value)
        });
    assert_eq!(moved.get("/api/v1/status").code, 401);
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn weirs_at_one_host_have_cookies_of_their_own_which_outlive_a_restart() {
    let [one, other] = [Running::start_set_up(), Running::start_set_up()];
    let name = one.cookie_name();
    assert_ne!(name, other.cookie_name());
    assert_eq!(one.engine.terminate(), 0);
    let engine = one.site.start();
    let one = Running { engine, ..one };
    assert_eq!(one.cookie_name(), name);
    assert_eq!(one.engine.terminate(), 0);
    assert_eq!(other.engine.terminate(), 0);
}

#[test]
fn behind_a_proxy_a_page_logs_in_by_its_own_name_or_is_told_what_the_proxy_lacks() {
    let receiver = Receiver::accepting();
    let site = Site::forwarding(&[("ehr", receiver.address())]);
    let file = site.folder().join("site/site.yaml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(
        &file,
        text.replace("console: {", "console: { names: [weir.example],"),
    )
    .unwrap();
    let running = Running {
        engine: site.start(),
        site,
        receiver,
    };
    running.user("anna", "administrator");
    let page = running.stranger().with("Origin", "https://weir.example");
    let log_in = json!({ "name": "anna", "password": PASSWORD });
    // The proxy asks by the address that it knows.
    let refused = page.ask("POST", "/api/v1/session", Some(&log_in));
    assert_eq!(refused.code, 403);
    let asked_for = format!(
        "of `https://weir.example`, and weir was asked for as `{}`",
        page.address
    );
    for told in [
        asked_for.as_str(),
        "must pass the Host on",
        "engine.console.names",
    ] {
        assert!(refused.body.contains(told), "{told}: {}", refused.body);
    }
    // What is told back of a name has an end.
    let long = page.with("Origin", &format!("https://{}", "x".repeat(4_000)));
    assert!(long.ask("POST", "/api/v1/session", Some(&log_in)).body.len() < 1_000);

    let page = page.with("Host", "weir.example");
    let answer = page.ask("POST", "/api/v1/session", Some(&log_in));
    assert_eq!(answer.code, 200, "{}", answer.body);
    let cookie = answer.header("set-cookie").unwrap();
    assert!(cookie.ends_with("; SameSite=Strict; Secure"), "{cookie}");
    let anna = page
        .with("Cookie", cookie.split(';').next().unwrap())
        .with("x-csrf-token", answer.json()["csrf_token"].as_str().unwrap());
    let events = anna.get("/api/v1/events");
    assert_eq!(events.header("cache-control"), Some("no-store"));
    assert_eq!(events.header("x-accel-buffering"), Some("no"));
    let ended = anna.ask("DELETE", "/api/v1/session", None);
    assert!(
        ended
            .header("set-cookie")
            .unwrap()
            .ends_with("; Secure; Max-Age=0")
    );
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn an_administrator_keeps_users_and_a_user_its_password() {
    let running = Running::start_set_up();
    let anna = running.logged_in("anna");
    let added = json!({ "name": "bert", "password": PASSWORD, "roles": ["viewer"] });
    assert_eq!(anna.ask("POST", "/api/v1/users", Some(&added)).code, 201);
    assert_eq!(anna.ask("POST", "/api/v1/users", Some(&added)).code, 409);
    let bert = running.logged_in("bert");
    assert_eq!(bert.get("/api/v1/users").code, 403);
    let own = |current: &str| json!({ "current": current, "new": "another long password" });
    let change = |current| bert.ask("POST", "/api/v1/session/password", Some(&own(current)));
    assert_eq!(change("not the current one").code, 403);
    assert_eq!(change(PASSWORD).code, 204);
    assert_eq!(bert.get("/api/v1/status").code, 401, "its sessions end");
    let roles = json!({ "roles": ["administrator"] });
    assert_eq!(anna.ask("PATCH", "/api/v1/users/bert", Some(&roles)).code, 204);
    let last = anna.ask("DELETE", "/api/v1/users/anna", None);
    assert_eq!(last.code, 204, "bert is one too");
    assert_eq!(
        anna.get("/api/v1/status").code,
        401,
        "who is removed is out at once"
    );
    let remove = ["user", "remove", "bert", "--site", "site"];
    let (status, _, err) = weir(running.site.folder(), &remove, b"");
    assert_eq!(status, 2);
    assert_eq!(err, "`bert` is the only administrator: make another one first\n");
    let users = weir(running.site.folder(), &["user", "list", "--site", "site"], b"").1;
    assert!(
        users
            .lines()
            .any(|line| line.starts_with("bert ") && line.ends_with(" administrator")),
        "{users}"
    );
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn a_lost_password_is_replaced_at_the_machine() {
    let running = Running::start_set_up();
    let folder = running.site.folder();
    let password = ["user", "password", "anna", "--site", "site"];
    let said = weir(folder, &password, b"another long password\n");
    assert_eq!(said, (0, "anna: another password\n".to_owned(), String::new()));
    let body = json!({ "name": "anna", "password": "another long password" });
    assert_eq!(
        running
            .stranger()
            .ask("POST", "/api/v1/session", Some(&body))
            .code,
        200
    );
    let (status, _, err) = weir(
        folder,
        &["user", "password", "nobody", "--site", "site"],
        b"another long one\n",
    );
    assert_eq!((status, err.as_str()), (1, "there is no `nobody`\n"));
    assert_eq!(running.engine.terminate(), 0);
}

#[test]
fn a_token_is_shown_once_and_holds_until_it_is_removed() {
    let running = Running::start_set_up();
    let token = running.token("bridge", "operator");
    assert!(token.starts_with("weir_"), "{token}");
    let bridge = running.bearer(&token);
    assert_eq!(bridge.get("/api/v1/status").code, 200);
    // A program sends no CSRF token.
    let paused = bridge.ask("POST", "/api/v1/destinations/ehr/pause", None);
    assert_eq!(paused.code, 200, "{}", paused.body);
    let list = weir(running.site.folder(), &["token", "list", "--site", "site"], b"").1;
    assert!(list.contains("bridge ") && !list.contains(&token), "{list}");
    let (status, _, _) = weir(
        running.site.folder(),
        &["token", "remove", "bridge", "--site", "site"],
        b"",
    );
    assert_eq!(status, 0);
    assert_eq!(bridge.get("/api/v1/status").code, 401);
    assert_eq!(running.engine.terminate(), 0);
}
