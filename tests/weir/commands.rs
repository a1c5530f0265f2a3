//! Every command as it is typed: what it prints, what it complains of, and its exit status.
//!
//! A snapshot is all that was said: lines of standard output, lines of standard error after `!`, the exit status
//! after `=`. `UPDATE_EXPECT=1` accepts what a command says now.

#![allow(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots with them"
)]

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use expect_test::{Expect, expect};

use crate::harness::{
    Answer, Receiver, Running, Sender, Site, adt, control_id, field, transcript, unread, weir, workplace,
};

/// Runs a command line in a folder with the example site and the fixtures.
fn check(line: &str, expected: &Expect) {
    check_in(workplace().path(), line, b"", expected);
}

/// The same in this folder and with this on its standard input.
fn check_in(folder: &Path, line: &str, input: &[u8], expected: &Expect) {
    let arguments: Vec<_> = line.split_whitespace().collect();
    expected.assert_eq(&transcript(weir(folder, &arguments, input)));
}

/// Sends to a receiver; its address is shown as ADDRESS.
fn check_send(to: SocketAddr, line: &str, expected: &Expect) {
    let folder = workplace();
    let to = to.to_string();
    let arguments: Vec<_> = ["send", "--to", &to]
        .into_iter()
        .chain(line.split_whitespace())
        .collect();
    let said = transcript(weir(folder.path(), &arguments, b""));
    expected.assert_eq(&said.replace(&to, "ADDRESS"));
}

/// An address at which nobody listens.
fn nobody() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap()
}

#[test]
fn help_names_every_command() {
    check(
        "-h",
        &expect![[r#"
            HL7 v2 interface engine: receives messages over MLLP, routes them by YAML, delivers them at least
            once

            Usage: weir [OPTIONS] <COMMAND>

            Commands:
              run       Runs a site until it is stopped (Ctrl-C, or SIGTERM)
              demo      Shows weir at work: a hospital, the example site, two receiving systems
              check     Checks a site: every problem at once, with file, line and what to do
              send      Sends messages over MLLP and prints what the receiver answers
              listen    Receives messages over MLLP, prints them and answers each
              get       Prints the values of fields, one a line
              show      Shows a message: one line for each field that holds something, with the path that names
                        it
              validate  Checks messages against their version of the standard and a profile: one fault a line
              explain   Explains a word of HL7, or the name of a problem that `weir check` found
              help      Print this message or the help of the given subcommand(s)

            Options:
              -h, --help     Print help (see more with '--help')
              -V, --version  Print version

            Log, on standard error:
                  --log <FILTER>         What is logged: error, warn, info, debug, or a filter such as
                                         `weir::engine=debug`; info for `run`, else warn [env: WEIR_LOG=]
                  --log-format <FORMAT>  How log lines look: plain for people, json for log collectors [env:
                                         WEIR_LOG_FORMAT=] [default: plain]

            Exit status: 0 fine, 1 a check did not hold, 2 could not run.
            = 0
        "#]],
    );
}

#[test]
fn a_command_line_that_is_wrong_is_explained() {
    let folder = workplace();
    let (_, help, _) = weir(folder.path(), &["-h"], b"");
    assert_eq!(weir(folder.path(), &[], b""), (2, String::new(), help));
    check(
        "chek routes",
        &expect![[r#"
        ! error: unrecognized subcommand 'chek'
        !
        !   tip: a similar subcommand exists: 'check'
        !
        ! Usage: weir [OPTIONS] <COMMAND>
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "check --stric",
        &expect![[r#"
        ! error: unexpected argument '--stric' found
        !
        !   tip: a similar argument exists: '--strict'
        !
        ! Usage: weir check --strict [SITE]
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "send fixtures/adt-a01.hl7 --to 127.0.0.1",
        &expect![[r#"
        ! error: invalid value '127.0.0.1' for '--to <HOST:PORT>': expected a host and a port, as 127.0.0.1:2575
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "send fixtures/adt-a01.hl7 --to localhost:2575 --timeout 30",
        &expect![[r#"
            ! error: invalid value '30' for '--timeout <DURATION>': expected a duration with its unit, as `500ms`, `30s`, `5m`, `12h` or `30d`
            !
            ! For more information, try '--help'.
            = 2
        "#]],
    );
    check(
        "listen --port 0 --answer OK",
        &expect![[r#"
        ! error: invalid value 'OK' for '--answer <CODE>': expected one of AA, AE, AR, CA, CE, CR
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "listen --port 0 --count 0",
        &expect![[r#"
        ! error: invalid value '0' for '--count <MESSAGES>': 0 is not in 1..18446744073709551615
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
}

#[test]
fn get_prints_a_line_for_each_path() {
    check(
        "get fixtures/adt-a01.hl7 MSH-9 PID-3.1 PID-5 PID-19 /PID-5-1 NK1.2.1",
        &expect![[r#"
            ADT^A01^ADT_A01
            900101
            TESTPATIENT^ANNA^Q^^^^L

            TESTPATIENT
            TESTPATIENT
            = 0
        "#]],
    );
    check(
        "get fixtures/odd/escapes.hl7 NTE-3 PID-5.1",
        &expect![[r#"
        caret ^ bar | tilde ~ amp & backslash \ hex <0D>
         line\.br\break \H\loud\N\
        TESTPATIENT
        = 0
    "#]],
    );
    check(
        "get fixtures/odd/escapes.hl7 NTE-3 PID-5.1 --raw",
        &expect![[r#"
        caret \S\ bar \F\ tilde \R\ amp \T\ backslash \E\ hex \X0D0A\ line\.br\break \H\loud\N\
        TESTPATIENT
        = 0
    "#]],
    );
    check(
        "get fixtures/batch.hl7 MSH-10 PID-3.1",
        &expect![[r#"
        NB000001
        900101
        NB000002
        900104
        NB000003
        900601
        = 0
    "#]],
    );
    check(
        "get fixtures/batch.hl7 MSH-10 --message 2",
        &expect![[r#"
        NB000002
        = 0
    "#]],
    );
    check_in(
        workplace().path(),
        "get - MSH-10",
        &adt("FROM-STDIN"),
        &expect![[r#"
            FROM-STDIN
            = 0
        "#]],
    );
}

#[test]
fn get_says_what_it_cannot_do() {
    check(
        "get fixtures/adt-a01.hl7 pid-5",
        &expect![[r#"
        ! error: invalid value 'pid-5' for '<PATH>...':
        !
        !   pid-5
        !   ^ expected a segment name: a capital letter, then two capital letters or digits; did you mean PID-5?
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "get fixtures/adt-a01.hl7 PID-3[2",
        &expect![[r#"
        ! error: invalid value 'PID-3[2' for '<PATH>...':
        !
        !   PID-3[2
        !          ^ expected `]`
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "get PID-3 fixtures/adt-a01.hl7",
        &expect![[r#"
        ! error: invalid value 'fixtures/adt-a01.hl7' for '<PATH>...':
        !
        !   fixtures/adt-a01.hl7
        !   ^ expected a segment name: a capital letter, then two capital letters or digits
        !
        ! The file stands before the paths: weir get FILE PATH...
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "get fixtures/absent.hl7 PID-5",
        &expect![[r#"
        ! fixtures/absent.hl7: No such file or directory (os error 2)
        = 2
    "#]],
    );
    check(
        "get fixtures/broken/pdf.hl7 PID-5",
        &expect![[r#"
        ! fixtures/broken/pdf.hl7: message 1: byte 0: expected MSH as the first segment
        = 2
    "#]],
    );
    check(
        "get fixtures/batch.hl7 MSH-10 --message 4",
        &expect![[r#"
        ! fixtures/batch.hl7: there is no such message, it holds 3 messages
        = 2
    "#]],
    );
    check(
        "get - MSH-10",
        &expect![[r#"
        ! standard input: no message found: expected a line that begins with MSH
        = 2
    "#]],
    );
}

#[test]
fn show_puts_a_path_before_every_field() {
    check(
        "show fixtures/odd/header-only.hl7",
        &expect![[r#"
        MSH
          MSH-1        |
          MSH-2        ^~\&
          MSH-3        ADTTEST
          MSH-4        NORTHTEST
          MSH-5        EHRTEST
          MSH-6        HIOTEST
          MSH-7        20260302081530.120-0500
          MSH-9        ADT^A08^ADT_A01
          MSH-10       OD000022
          MSH-11       P
          MSH-12       2.5.1
        = 0
    "#]],
    );
    check(
        "show fixtures/batch.hl7 --message 3",
        &expect![[r#"
        MSH
          MSH-1        |
          MSH-2        ^~\&
          MSH-3        ADTTEST
          MSH-4        NORTHTEST
          MSH-5        EHRTEST
          MSH-6        HIOTEST
          MSH-7        20260304000100-0500
          MSH-9        ADT^A08^ADT_A01
          MSH-10       NB000003
          MSH-11       P
          MSH-12       2.5.1
        EVN
          EVN-1        A08
          EVN-2        20260304000000-0500
        PID
          PID-1        1
          PID-3        900601^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^MR
          PID-5        TESTPATIENT^ANNA^^^^^L
          PID-7        19840512
          PID-8        F
          PID-11       0101 EXAMPLE STREET^^TESTVILLE^MA^01999^USA^H
          PID-13       ^PRN^PH^^1^555^55500101
          PID-18       A900601^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^AN
        PV1
          PV1-1        1
          PV1-2        I
          PV1-3        4W^412^A^NORTHTEST
          PV1-19       V900601^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^VN
        = 0
    "#]],
    );
    check(
        "show fixtures/broken/no-msh.hl7",
        &expect![[r#"
        ! fixtures/broken/no-msh.hl7: message 1: byte 0: expected MSH as the first segment
        = 2
    "#]],
    );
}

#[test]
fn a_message_cannot_control_the_terminal() {
    let message = b"MSH|^~\\&|A\x1b]0;owned\x07|B\x1b[31m|||20260101||ADT^A01|1\r\x1b[2JPID|1\r";
    check_in(
        workplace().path(),
        "show -",
        message,
        &expect![[r#"
        MSH
          MSH-1        |
          MSH-2        ^~\&
          MSH-3        A\x1b]0;owned\x07
          MSH-4        B\x1b[31m
          MSH-7        20260101
          MSH-9        ADT^A01
          MSH-10       1
        \x1b[2JPID
          \x1b[2JPID-1 1
        warning: segment-name
        = 0
    "#]],
    );
}

#[test]
fn a_closed_output_is_no_fault() {
    let folder = workplace();
    for arguments in [["show", "-"].as_slice(), &["get", "-", "MSH-10"]] {
        assert_eq!(
            unread(folder.path(), arguments, &adt("X")),
            (0, String::new()),
            "{arguments:?}"
        );
    }
}

#[test]
fn check_accepts_the_example_site() {
    check(
        "check",
        &expect![[r#"
        routes: 2 listeners, 3 destinations, 5 routes; no problem found
        = 0
    "#]],
    );
    check(
        "check routes --strict",
        &expect![[r#"
        routes: 2 listeners, 3 destinations, 5 routes; no problem found
        = 0
    "#]],
    );
}

#[test]
fn check_warns_and_strict_minds() {
    let folder = workplace();
    std::fs::write(
        folder.path().join("routes/more.yaml"),
        "tables:\n  ward: { A: B }\n",
    )
    .unwrap();
    check_in(
        folder.path(),
        "check",
        b"",
        &expect![[r#"
        routes: 2 listeners, 3 destinations, 5 routes; 1 warning found
        ! warning[unused-table]: no route uses `ward`
        !   ┌─ routes/more.yaml:2:3
        !   │
        ! 2 │   ward: { A: B }
        !   │   ^^^^
        !
        = 0
    "#]],
    );
    check_in(
        folder.path(),
        "check --strict",
        b"",
        &expect![[r#"
        routes: 2 listeners, 3 destinations, 5 routes; 1 warning found
        ! warning[unused-table]: no route uses `ward`
        !   ┌─ routes/more.yaml:2:3
        !   │
        ! 2 │   ward: { A: B }
        !   │   ^^^^
        !
        = 1
    "#]],
    );
}

#[test]
fn check_shows_every_error_with_its_place() {
    let folder = workplace();
    let wrong = "routes:\n  wrong:\n    from: hospital-adt\n    when: PV1-2 == \"I\"\n    steps:\n      \
                 - set: { PID5.1: X }\n    to: [ehr, registy]\n";
    std::fs::write(folder.path().join("routes/wrong.yaml"), wrong).unwrap();
    check_in(
        folder.path(),
        "check",
        b"",
        &expect![[r#"
        ! error[bad-expression]: expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `==`
        !   ┌─ routes/wrong.yaml:4:17
        !   │
        ! 4 │     when: PV1-2 == "I"
        !   │                 ^^ did you mean `=`?
        !
        ! error[bad-path]: `PID5.1` is not a path: expected `-` and a field number
        !   ┌─ routes/wrong.yaml:6:19
        !   │
        ! 6 │       - set: { PID5.1: X }
        !   │                   ^^^
        !
        ! error[unknown-destination]: destination `registy` is not defined
        !   ┌─ routes/wrong.yaml:7:15
        !   │
        ! 7 │     to: [ehr, registy]
        !   │               ^^^^^^^ did you mean `registry`?
        !   │
        !   = help: define it under `destinations` in any file of the site
        = 2
    "#]],
    );
    assert_eq!(
        weir(folder.path(), &["run"], b""),
        weir(folder.path(), &["check"], b"")
    );
    check(
        "check fixtures",
        &expect![[r#"
        ! error[empty-site]: fixtures: there is no site in this folder
        !  = help: a site is a folder of YAML files with `engine`, `listeners`, `destinations` and `routes`
        = 2
    "#]],
    );
    check(
        "check absent",
        &expect![[r#"
        ! error[unreadable-file]: absent: No such file or directory (os error 2)
        = 2
    "#]],
    );
    check(
        "check routes/adt.yaml",
        &expect![[r#"
        ! error[unreadable-file]: routes/adt.yaml is a file, not the folder of a site
        !  = help: name the folder that holds it
        = 2
    "#]],
    );
}

#[test]
fn send_prints_every_answer() {
    let receiver = Receiver::scripted(|count, _| match count {
        1 => Answer::CodeBecause("AE", 103),
        2 => Answer::Text("this is no HL7"),
        _ => Answer::Code("AA"),
    });
    let address = receiver.address();
    check_send(
        address,
        "fixtures/adt-a01.hl7",
        &expect![[r#"
        ADT^A01  NT000101  AA
        1 sent, 1 accepted, 0 not accepted
        = 0
    "#]],
    );
    check_send(
        address,
        "fixtures/batch.hl7 fixtures/adt-a03.hl7",
        &expect![[r#"
        ADT^A08  NB000001  AE error 103
        ADT^A08  NB000002  not an acknowledgment: byte 0: expected MSH as the first segment
        ADT^A08  NB000003  AA
        ADT^A03  NT000103  AA
        4 sent, 2 accepted, 2 not accepted
        = 1
    "#]],
    );
    check_send(
        address,
        "fixtures/adt-a01.hl7 fixtures/adt-a03.hl7 --repeat 2 --quiet",
        &expect![[r#"
            4 sent, 4 accepted, 0 not accepted
            = 0
        "#]],
    );
    let control_ids = receiver.control_ids();
    assert_eq!(control_ids[..1], ["NT000101"]);
    assert_eq!(control_ids[5..], ["NT000101", "NT000103", "NT000101", "NT000103"]);
}

#[test]
fn send_says_who_does_not_answer() {
    let silent = Receiver::scripted(|_, _| Answer::Silence);
    check_send(
        silent.address(),
        "fixtures/adt-a01.hl7 --timeout 50ms",
        &expect![[r#"
            ADT^A01  NT000101  no answer in time
            1 sent, 0 accepted, 1 not accepted
            = 1
        "#]],
    );
    let rude = Receiver::scripted(|count, _| {
        if count == 0 {
            Answer::Code("AA")
        } else {
            Answer::Close
        }
    });
    check_send(
        rude.address(),
        "fixtures/adt-a01.hl7 --repeat 3",
        &expect![[r#"
        ADT^A01  NT000101  AA
        1 of 3 sent and answered, 1 accepted
        ! ADDRESS: closed the connection without an answer
        = 2
    "#]],
    );
    check_send(
        nobody(),
        "fixtures/adt-a01.hl7",
        &expect![[r#"
        ! ADDRESS: Connection refused (os error 111): is something listening there?
        = 2
    "#]],
    );
    check_send(
        nobody(),
        "fixtures/absent.hl7",
        &expect![[r#"
        ! fixtures/absent.hl7: No such file or directory (os error 2)
        = 2
    "#]],
    );
}

#[test]
fn listen_prints_what_comes_and_answers_all_of_it() {
    let folder = workplace();
    let listening = Running::start(
        folder.path(),
        &["listen", "--port", "0", "--answer", "AE", "--count", "2"],
    );
    let first = listening.line().unwrap();
    let address: SocketAddr = first.split([' ', ',']).nth(2).unwrap().parse().unwrap();
    assert_eq!(first, format!("listening on {address}, answering AE"));
    let mut sender = Sender::connect(address);
    for id in ["ONE", "TWO"] {
        let message = [adt(id).as_slice(), b"NTE|1||\x1b[31mred\r"].concat();
        let reply = sender
            .exchange(&message)
            .expect("the last message is answered too");
        assert_eq!(
            (field(&reply, "MSA", 1), field(&reply, "MSA", 2)),
            ("AE".to_owned(), id.to_owned())
        );
        assert_ne!(control_id(&reply), id);
    }
    drop(sender);
    expect![[r#"
        ADT^A01  ONE
          MSH|^~\&|ADT|GENERAL|WEIR|HUB|20260301080509+0000||ADT^A01^ADT_A01|ONE|P|2.5.1
          EVN||20260301080509+0000
          PID|1||100234^^^GENERAL^MR||TESTPATIENT^ANNA||19800101|F
          PV1|1|I|WARD1^101^A
          NTE|1||\x1b[31mred
        ADT^A01  TWO
          MSH|^~\&|ADT|GENERAL|WEIR|HUB|20260301080509+0000||ADT^A01^ADT_A01|TWO|P|2.5.1
          EVN||20260301080509+0000
          PID|1||100234^^^GENERAL^MR||TESTPATIENT^ANNA||19800101|F
          PV1|1|I|WARD1^101^A
          NTE|1||\x1b[31mred
        = 0
    "#]]
    .assert_eq(&transcript(listening.end()));
}

#[test]
fn listen_names_a_port_that_is_taken() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let said = transcript(weir(workplace().path(), &["listen", "--port", &port], b""));
    expect![[r#"
        ! 127.0.0.1:PORT: Address already in use (os error 98)
        = 2
    "#]]
    .assert_eq(&said.replace(&port, "PORT"));
}

#[test]
fn demo_ends_with_an_account_that_balances() {
    let (status, out, err) = weir(workplace().path(), &["demo"], b"");
    let (play, account) = out.rsplit_once("\n\n  listener ").expect("an account");
    assert!(
        play.contains("  metrics ") && play.contains("/metrics\n"),
        "{play}"
    );
    assert!(
        play.contains("94 bytes that are no message     AR error 100"),
        "{play}"
    );
    expect![[r#"
          listener              received =  accepted +  filtered +  unrouted +   refused
          hospital-adt                10 =         6 +         1 +         0 +         3
          hospital-laboratory          4 =         4 +         0 +         0 +         0

          destination               owed = delivered +      dead +    queued
          copies                       4 =         4 +         0 +         0
          ehr                         10 =        10 +         0 +         0
          registry                     4 =         4 +         0 +         0

        It balances: nothing was lost.
        = 0
    "#]]
    .assert_eq(&transcript((status, format!("  listener {account}"), err)));
}

#[test]
fn demo_keeps_running_when_asked_and_ends_on_ctrl_c() {
    let demo = Running::start(workplace().path(), &["demo", "--keep"]);
    assert!(
        demo.line_beginning("Everything keeps running until Ctrl-C")
            .is_some()
    );
    let sends = demo.line_beginning("  weir send FILE --to ").expect("an address");
    let address = sends.split_whitespace().nth(4).unwrap().parse().unwrap();
    let reply = Sender::connect(address).exchange(&adt("MINE")).unwrap();
    assert_eq!(field(&reply, "MSA", 1), "AA");
    assert!(
        demo.line_beginning("                       ──▶  ADT^A01  MINE")
            .is_some()
    );
    demo.signal("INT");
    assert_eq!(demo.end().0, 0);
}

/// A site whose second start says at once that the first is running.
fn impatient_site(listener: SocketAddr) -> Site {
    Site::new(&format!(
        "  outbox: {{ lock_wait: 0s }}\n\
         listeners:\n  in: {{ mllp: {{ bind: \"{listener}\" }} }}\n\
         destinations:\n  out: {{ file: {{ folder: ., name: \"{{MSH-10}}\" }} }}\n\
         routes:\n  all: {{ from: in, to: out }}\n"
    ))
}

#[test]
fn run_names_what_is_in_its_way() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let site = impatient_site(address);
    let said = transcript(weir(site.folder(), &["run", "site"], b""));
    expect![[r#"
        ! in: binding ADDRESS: Address already in use (os error 98): is another weir running, or another program on that port?
        = 2
    "#]].assert_eq(&said.replace(&address.to_string(), "ADDRESS"));

    let site = impatient_site("127.0.0.1:0".parse().unwrap());
    let first = site.start();
    check_in(
        site.folder(),
        "run site",
        b"",
        &expect![[r#"
            ! outbox: site/../data/outbox/store/db: in use by another process; stop that one first (waited 0 s)
            = 2
        "#]],
    );
    assert_eq!(first.terminate(), 0);

    let stranger = site.folder().join("data/outbox");
    std::fs::remove_dir_all(&stranger).unwrap();
    std::fs::create_dir(&stranger).unwrap();
    std::fs::write(stranger.join("thesis.txt"), "chapter one").unwrap();
    check_in(
        site.folder(),
        "run site",
        b"",
        &expect![[r#"
            ! outbox: site/../data/outbox: holds files but no outbox; name an empty or a new folder
            = 2
        "#]],
    );
}

#[test]
fn run_stops_on_ctrl_c_and_on_a_term_signal_and_logs_json_when_asked() {
    for signal in ["INT", "TERM"] {
        let site = impatient_site("127.0.0.1:0".parse().unwrap());
        let unused = "tables:\n  ward: { A: B }\n";
        std::fs::write(site.folder().join("site/unused.yaml"), unused).unwrap();
        let running = Running::start(site.folder(), &["run", "site", "--log-format", "json"]);
        assert_eq!(running.line_beginning("ready").as_deref(), Some("ready"));
        running.signal(signal);
        let (status, out, err) = running.end();
        assert_eq!((status, out.as_str()), (0, ""), "{signal}");
        let lines: Vec<serde_json::Value> = err
            .lines()
            .map(|line| serde_json::from_str(line).expect("every line is JSON"))
            .collect();
        let messages: Vec<_> = lines
            .iter()
            .map(|line| line["message"].as_str().unwrap())
            .collect();
        assert_eq!(messages[..2], ["no route uses `ward`", "accepting"], "{signal}");
        assert_eq!(messages.last(), Some(&"stopped"), "{signal}");
        assert_eq!(lines[0]["place"], "site/unused.yaml:2:3");
    }
}
