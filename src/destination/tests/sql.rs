//! SQL against a real PostgreSQL server.

use std::sync::Arc;

use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use super::postgres::{PASSWORD, Postgres};
use super::{message, outgoing, word};
use crate::destination::{DeliveryError, sql};

pub(super) fn client(port: u16, more: &str) -> (tempfile::TempDir, sql::Client) {
    let folder = tempfile::tempdir().unwrap();
    let password = folder.path().join("password");
    std::fs::write(&password, PASSWORD).unwrap();
    std::fs::set_permissions(&password, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
    let written = format!(
        "{{ address: '127.0.0.1:{port}', database: postgres, user: weir, password: {{ file: '{}' }}, {more} }}",
        password.display()
    );
    let settings = serde_yaml::from_str(&written).unwrap();
    (folder, sql::Client::new(Arc::from("db"), settings))
}

const TABLE: &str = "create table messages (id text primary key, patient int, born date, name text check (name <> 'BAD'), raw bytea, body text);";
const INSERT: &str = r#"plaintext: accepted,
    statement: "insert into messages values ($1, $2, $3, $4, $5, $6) on conflict (id) do nothing",
    values: ["{MSH-10}", "{PID-3.1}", "{PID-7}", "{PID-5.1}", { message: whole }, { message: whole }]"#;

fn patient(id: &str, number: &str, name: &str) -> super::Outgoing {
    outgoing(&format!(
        "MSH|^~\\&|EHR||||20260301||ADT^A01|{id}|P|2.5.1\rPID|||{number}||{name}||19800229\r"
    ))
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_become_rows_and_the_same_message_one_row() {
    let Some(server) = Postgres::start() else { return };
    server.ask(TABLE);
    let (_folder, mut client) = client(server.port, INSERT);
    let injection = "x'); drop table messages; --";
    for outgoing in [
        patient("1", "42", "Müller"),
        patient("1", "42", "Müller"),
        patient("2", "", injection),
    ] {
        assert_eq!(word(&client.deliver(&outgoing).await), "delivered");
    }
    let rows =
        server.ask("select id, patient, born, name, length(raw), length(body) from messages order by id;");
    let bytes = patient("1", "42", "Müller").bytes.len();
    let other = patient("2", "", injection).bytes.len();
    let expected = format!(
        "1|42|1980-02-29|Müller|{bytes}|{}\n2||1980-02-29|{injection}|{other}|{other}\n",
        bytes - 1
    );
    assert_eq!(rows, expected);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_server_says_decides_what_is_tried_again_and_quotes_nothing() {
    let Some(server) = Postgres::start() else { return };
    server.ask(TABLE);
    server.ask(
        "create function wait(text) returns text language sql as 'select pg_sleep(60)::text';
         create function refuse(text) returns text language plpgsql as $$begin raise exception 'SECRET %', $1; end$$;",
    );
    #[rustfmt::skip]
    let rows = [
        // The statement, what the message holds as PID-5.1, what is reported.
        ("insert into messages (id, name) values ('a', $1)", "BAD", "cannot be delivered: SQLSTATE 23514, constraint messages_name_check"),
        ("insert into messages (id) values ($1), ($1)", "SECRET", "cannot be delivered: SQLSTATE 23505, constraint messages_pkey"),
        ("insert into messages (id, patient) values ('b', $1)", "SECRET", "cannot be delivered: SQLSTATE 22P02"),
        ("select refuse($1)", "SECRET", "cannot be delivered: SQLSTATE P0001"),
        ("insert into nowhere values ($1)", "SECRET", "unreachable: SQLSTATE 42P01"),
        ("inzert $1", "SECRET", "unreachable: SQLSTATE 42601"),
        ("select $1::text, $2::text", "SECRET", "unreachable: the statement takes 2 values, the site gives 1"),
        ("select wait($1)", "SECRET", "unreachable: SQLSTATE 57014"),
    ];
    for (statement, name, expected) in rows {
        let more = format!(
            "plaintext: accepted, statement_timeout: 200ms, statement: \"{statement}\", values: [\"{{PID-5.1}}\"]"
        );
        let (_folder, mut client) = client(server.port, &more);
        let result = client.deliver(&patient("1", "1", name)).await;
        assert_eq!(word(&result), expected, "{statement}");
        assert!(!format!("{result:?}").contains("SECRET"), "{result:?}");
    }
    assert_eq!(
        server.ask("select count(*) from messages;"),
        "0\n",
        "an error means that nothing was done"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_goes_away_is_reached_again_when_it_comes_back() {
    let Some(mut server) = Postgres::start() else {
        return;
    };
    server.ask(TABLE);
    let (_folder, mut client) = client(server.port, INSERT);
    assert_eq!(word(&client.deliver(&message("1")).await), "delivered");
    server.stop();
    let result = client.deliver(&message("2")).await;
    assert!(
        matches!(
            result,
            Err(DeliveryError::Unreachable { .. } | DeliveryError::NoAcknowledgment { .. })
        ),
        "{result:?}"
    );
    let result = client.deliver(&message("2")).await;
    assert!(
        matches!(result, Err(DeliveryError::Unreachable { .. })),
        "{result:?}"
    );
    server.run();
    assert_eq!(word(&client.deliver(&message("2")).await), "delivered");
    assert_eq!(server.ask("select count(*) from messages;"), "2\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_is_mended_takes_what_it_did_not_over_the_same_connection_too() {
    let Some(server) = Postgres::start() else { return };
    server.ask("create table patients (id int, born date);");
    let more = "plaintext: accepted, statement: 'insert into patients values ($1, $2)', values: ['{PID-3.1}', '{PID-7}']";
    let (_folder, mut client) = client(server.port, more);
    let refused = "cannot be delivered: SQLSTATE 22P02";
    #[rustfmt::skip]
    let rows = [
        // What is done to the table, the number of a patient, what is reported, the number in the table.
        ("",                                                   "007",    "delivered",                  "7\n"),
        ("alter table patients alter id type text;",           "008",    "delivered",                  "008\n"),
        ("alter table patients alter id type int using null;", "SECRET", refused,                      ""),
        ("alter table patients alter id type text;",           "SECRET", "delivered",                  "SECRET\n"),
        ("alter table patients alter id type uuid using null;", "SECRET", refused,                     ""),
        ("alter table patients alter id type text;",           "SECRET", "delivered",                  "SECRET\n"),
        ("alter table patients rename to away;",               "SECRET", "unreachable: SQLSTATE 42P01", ""),
        ("alter table away rename to patients;",               "SECRET", "delivered",                  "SECRET\n"),
    ];
    for (mend, number, expected, stored) in rows {
        server.ask(mend);
        let result = client.deliver(&patient("1", number, "DOE")).await;
        assert_eq!(word(&result), expected, "{mend}");
        if !mend.ends_with("to away;") {
            let numbers = server.ask("select id from patients; truncate patients;");
            assert_eq!(numbers, stored, "{mend}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_user_is_given_after_an_error_counts_for_the_next_attempt() {
    let Some(server) = Postgres::start() else { return };
    server.ask(TABLE);
    server.ask("alter role weir set search_path = nowhere;");
    let (_folder, mut client) = client(server.port, INSERT);
    let outgoing = message("1");
    assert_eq!(
        word(&client.deliver(&outgoing).await),
        "unreachable: SQLSTATE 42P01"
    );
    server.ask("alter role weir reset search_path;");
    assert_eq!(word(&client.deliver(&outgoing).await), "delivered");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_read_anew_and_tls_is_asked_for_unless_the_site_says_otherwise() {
    let Some(server) = Postgres::start() else { return };
    server.ask(TABLE);
    let (folder, mut client) = client(server.port, INSERT);
    let password = folder.path().join("password");
    std::fs::write(&password, "wrong").unwrap();
    assert_eq!(
        word(&client.deliver(&message("1")).await),
        "unreachable: SQLSTATE 28P01"
    );
    std::fs::write(&password, PASSWORD).unwrap();
    assert_eq!(word(&client.deliver(&message("1")).await), "delivered");
    let (_folder, mut secure) = self::client(server.port, &INSERT.replace("plaintext: accepted", "tls: {}"));
    let told = word(&secure.deliver(&message("2")).await);
    assert!(told.starts_with("unreachable: "), "{told}");
    assert_eq!(server.ask("select count(*) from messages;"), "1\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_is_trusted_by_its_certificate_and_its_name_alone() {
    let signed = |name: &str| rcgen::generate_simple_self_signed([name.to_owned()]).unwrap();
    for (name, is_known, is_right) in [
        ("127.0.0.1", true, true),
        ("127.0.0.1", false, false),
        ("db.example", true, false),
    ] {
        let own = signed(name);
        let Some(server) = Postgres::start_with_tls(&own.cert.pem(), &own.signing_key.serialize_pem()) else {
            return;
        };
        server.ask(TABLE);
        let known = if is_known { own } else { signed(name) };
        let authorities = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&authorities, known.cert.pem()).unwrap();
        // The row says whether the server itself saw TLS.
        let more = format!(
            "tls: {{ trusted: '{}' }}, values: ['{{MSH-10}}'], statement: \"insert into messages (id, body)
             select $1, ssl::text from pg_stat_ssl where pid = pg_backend_pid()\"",
            authorities.path().display()
        );
        let (_folder, mut client) = client(server.port, &more);
        let result = client.deliver(&message("1")).await;
        assert_eq!(matches!(result, Err(DeliveryError::Untrusted { .. })), !is_right);
        let said = word(&result);
        let rows = server.ask("select id, body from messages;");
        if is_right {
            assert_eq!((said.as_str(), rows.as_str()), ("delivered", "1|true\n"));
            // Somebody else is trusted from here on: the connection that is open is of no use any more.
            std::fs::write(&authorities, signed(name).cert.pem()).unwrap();
            let result = client.deliver(&message("2")).await;
            assert!(
                matches!(result, Err(DeliveryError::Untrusted { .. })),
                "{}",
                word(&result)
            );
            assert_eq!(server.ask("select count(*) from messages;"), "1\n");
        } else {
            assert!(
                said.starts_with("unreachable: ") && rows.is_empty(),
                "{name}: {said}, {rows}"
            );
        }
    }
}

#[tokio::test]
async fn a_server_that_says_nothing_or_something_else_is_given_nothing() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (_folder, mut client) = client(port, &format!("connect_timeout: 200ms, {INSERT}"));
    for answer in [b"".as_slice(), b"HTTP/1.1 400 Bad Request\r\n\r\n"] {
        let script = async {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut received = Vec::new();
            stream.read_buf(&mut received).await.unwrap();
            tokio::io::AsyncWriteExt::write_all(&mut stream, answer)
                .await
                .unwrap();
            drop(stream.read_to_end(&mut received).await);
            received
        };
        let outgoing = patient("1", "1", "SECRET");
        let (result, received) = tokio::join!(client.deliver(&outgoing), script);
        assert!(
            matches!(result, Err(DeliveryError::Unreachable { .. })),
            "{result:?}"
        );
        assert!(!received.windows(6).any(|bytes| bytes == b"SECRET"));
    }
}

#[test]
fn settings_know_their_fields_and_hold_no_password() {
    let read = |text: &str| serde_yaml::from_str::<sql::Settings>(text);
    let right = "address: 'db.example:5432', database: d, user: u, statement: 's', values: ['{MSH-10}', { message: whole }]";
    assert!(read(&format!("{{ {right} }}")).unwrap().plaintext.is_none());
    for wrong in [
        "password: hunter2",
        "password: { env: A, file: b }",
        "tls: maybe",
        "values: [{ message: half }]",
        "values: ['{PID-}']",
    ] {
        let key = wrong.split(':').next().unwrap();
        let kept = if key == "values" {
            right.split(", values").next().unwrap()
        } else {
            right
        };
        assert!(read(&format!("{{ {kept}, {wrong} }}")).is_err(), "{wrong}");
    }
}
