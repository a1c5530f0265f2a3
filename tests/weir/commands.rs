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
    Answer, Receiver, Running, Sender, Site, adt, control_id, field, hl7_files, program, transcript, unread,
    weir, workplace,
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
              reload    Makes a running weir read its site anew, and shows what changed or what is wrong with it
              status    Shows what a running weir does: its listeners, and how much waits for each destination
              queue     Looks at what a running weir owes a destination and at its dead letters, and pauses,
                        resumes or skips
              archive   Searches the history of messages: what came in, what became of it, what was sent where
              replay    Sends dead letters of a destination again: each becomes a delivery behind all that the
                        destination is owed
              resend    Sends messages of the archive again, through the routes as they are now or to one
                        destination
              verify    Checks the outbox of a weir that is stopped: every checksum, every body, and that
                        nothing is unaccounted for
              backup    Copies everything a running weir owes, and its dead letters, into one file that `weir
                        restore` reads
              restore   Makes the outbox of a data folder that has none from a file of `weir backup`
              key       Makes keys for encryption at rest (`engine.encryption`), and exchanges one for another
              user      Adds, changes and removes those who may log in at the console of a running weir
              token     Makes and removes the tokens by which programs ask the API of a running weir
              audit     Looks at the audit log: who looked at what and did what
              demo      Shows weir at work: a hospital, the example site, two receiving systems
              check     Checks a site: every problem at once, with file, line and what to do
              test      Runs the cases that stand beside the routes of a site
              trace     Shows what a route makes of a message: whether it takes it, what each step changes, and
                        what comes of it
              fmt       Writes the files of a site in their canonical form: paths as PID-5.1, two spaces a
                        level, no stray blanks
              send      Sends messages over MLLP and prints what the receiver answers
              listen    Receives messages over MLLP, prints them and answers each
              get       Prints the values of fields, one a line
              show      Shows a message as a tree: groups, segments, fields and components with names and values
              set       Prints a file of messages with fields changed
              diff      Compares two messages field by field, down to components
              ack       Prints the acknowledgment that weir builds for a message
              validate  Checks messages against their version of the standard and a profile: one fault a line
              explain   Explains a word: of HL7, a step, a function, a setting, or a problem that `weir check`
                        found
              list      Lists steps, functions, operators, kinds, settings or problems; without a word, some of
                        each
              schema    Prints the JSON Schema of a site's files, so that an editor completes and checks while
                        you type
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
            !   tip: some similar subcommands exist: 'ack', 'schema', 'check'
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
fn get_takes_paths_that_choose_and_that_mean_several() {
    check(
        "get fixtures/oru-r01-chemistry.hl7 OBX[*]-3.1 OBX[last]-1",
        &expect![[r#"
            2345-7
            3094-0
            2160-0
            2951-2
            2823-3
            2075-0
            17861-6
            62238-1
            32693-4
            9
            = 0
        "#]],
    );
    check(
        "get fixtures/adt-a01.hl7 PID-3[*].5 PID-3[last].1 PID-3[.5=MR].1 PID-3[.5=XX].1 ZZZ[*]-1 OBX[*]-5 PID-8",
        &expect![[r#"
            MR
            900101
            900101

            F
            = 0
        "#]],
    );
    check(
        "get fixtures/adt-a01.hl7 PID-3[*].5 PID-3[.5=XX].1 ZZZ[*]-1 --json",
        &expect![[r#"
            {"message":1,"path":"PID-3.5","state":"valued","value":"MR"}
            {"message":1,"path":"PID-3[.5=XX].1","state":"absent","value":null}
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
        ! The file stands before the paths.
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
fn show_puts_path_and_name_before_every_value() {
    check(
        "show fixtures/odd/header-only.hl7",
        &expect![[r#"
        MSH  Message Header
          MSH-1      Field Separator        |
          MSH-2      Encoding Characters    ^~\&
          MSH-3      Sending Application    ADTTEST
          MSH-4      Sending Facility       NORTHTEST
          MSH-5      Receiving Application  EHRTEST
          MSH-6      Receiving Facility     HIOTEST
          MSH-7      Date/Time Of Message   20260302081530.120-0500
          MSH-9      Message Type
            MSH-9.1  Message Code           ADT
            MSH-9.2  Trigger Event          A08
            MSH-9.3  Message Structure      ADT_A01
          MSH-10     Message Control ID     OD000022
          MSH-11     Processing ID          P
          MSH-12     Version ID             2.5.1
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
fn show_parts_messages_by_a_blank_line() {
    let two = b"BHS|^~\\&\rMSH|^~\\&|ONE||||||ACK|1|P|2.5.1\rMSH|^~\\&|TWO||||||ACK|2|P|2.5.1\rBTS|2\r";
    check_in(
        workplace().path(),
        "show -",
        two,
        &expect![[r#"
        MSH  Message Header
          MSH-1   Field Separator      |
          MSH-2   Encoding Characters  ^~\&
          MSH-3   Sending Application  ONE
          MSH-9   Message Type         ACK
          MSH-10  Message Control ID   1
          MSH-11  Processing ID        P
          MSH-12  Version ID           2.5.1

        MSH  Message Header
          MSH-1   Field Separator      |
          MSH-2   Encoding Characters  ^~\&
          MSH-3   Sending Application  TWO
          MSH-9   Message Type         ACK
          MSH-10  Message Control ID   2
          MSH-11  Processing ID        P
          MSH-12  Version ID           2.5.1
        = 0
    "#]],
    );
    check_in(
        workplace().path(),
        "show - --message 2",
        two,
        &expect![[r#"
        MSH  Message Header
          MSH-1   Field Separator      |
          MSH-2   Encoding Characters  ^~\&
          MSH-3   Sending Application  TWO
          MSH-9   Message Type         ACK
          MSH-10  Message Control ID   2
          MSH-11  Processing ID        P
          MSH-12  Version ID           2.5.1
        = 0
    "#]],
    );
}

#[test]
fn show_puts_segments_into_the_groups_of_their_structure() {
    let message = b"MSH|^~\\&|LAB|NORTH|||20260101||ORU^R01^ORU_R01|1|P|2.5.1\r\
                    PID|1||A~B^^^X&1.2&ISO||\"\"\rOBR|1\rOBX|1|SN|GLU||>^5.5\rOBX|2|TX|C||a \\T\\ b\rOBR|2\rOBX|1|ZZ|C||1^2\r";
    check_in(
        workplace().path(),
        "show -",
        message,
        &expect![[r#"
        MSH  Message Header
          MSH-1                 Field Separator          |
          MSH-2                 Encoding Characters      ^~\&
          MSH-3                 Sending Application      LAB
          MSH-4                 Sending Facility         NORTH
          MSH-7                 Date/Time Of Message     20260101
          MSH-9                 Message Type
            MSH-9.1             Message Code             ORU
            MSH-9.2             Trigger Event            R01
            MSH-9.3             Message Structure        ORU_R01
          MSH-10                Message Control ID       1
          MSH-11                Processing ID            P
          MSH-12                Version ID               2.5.1
        PATIENT_RESULT
          PATIENT
            PID  Patient Identification
              PID-1             Set ID - PID             1
              PID-3[1]          Patient Identifier List  A
              PID-3[2]          Patient Identifier List
                PID-3[2].1      ID Number                B
                PID-3[2].4      Assigning Authority
                  PID-3[2].4.1  Namespace ID             X
                  PID-3[2].4.2  Universal ID             1.2
                  PID-3[2].4.3  Universal ID Type        ISO
              PID-5             Patient Name             ""
          ORDER_OBSERVATION
            OBR  Observation Request
              OBR-1             Set ID - OBR             1
            OBSERVATION
              OBX  Observation/Result
                OBX-1           Set ID - OBX             1
                OBX-2           Value Type               SN
                OBX-3           Observation Identifier   GLU
                OBX-5           Observation Value
                  OBX-5.1       Comparator               >
                  OBX-5.2       Num1                     5.5
            OBSERVATION[2]
              OBX[2]  Observation/Result
                OBX[2]-1        Set ID - OBX             2
                OBX[2]-2        Value Type               TX
                OBX[2]-3        Observation Identifier   C
                OBX[2]-5        Observation Value        a & b
          ORDER_OBSERVATION[2]
            OBR[2]  Observation Request
              OBR[2]-1          Set ID - OBR             2
            OBSERVATION
              OBX[3]  Observation/Result
                OBX[3]-1        Set ID - OBX             1
                OBX[3]-2        Value Type               ZZ
                OBX[3]-3        Observation Identifier   C
                OBX[3]-5        Observation Value
                  OBX[3]-5.1                             1
                  OBX[3]-5.2                             2
        = 0
    "#]],
    );
}

#[test]
fn show_puts_problems_in_their_place() {
    let odd = b"\xEF\xBB\xBFMSH|^~|LAB||||yesterday||ADT^A01^ORU_R01|1|P|2.5.9\rPV1|1\rPID|1\rOBR|1\rTXA|1\rZPI|1\rpid|1";
    check_in(
        workplace().path(),
        "show -",
        odd,
        &expect![[r#"
        warning: byte-order-mark
        warning: last-terminator-missing
        MSH  Message Header
          MSH-1        Field Separator       |
          MSH-2        Encoding Characters   ^~
            warning: encoding-characters-missing
          MSH-3        Sending Application   LAB
          MSH-7        Date/Time Of Message  yesterday
            warning: datetime
          MSH-9        Message Type
            warning: message-structure
            MSH-9.1    Message Code          ADT
            MSH-9.2    Trigger Event         A01
            MSH-9.3    Message Structure     ORU_R01
          MSH-10       Message Control ID    1
          MSH-11       Processing ID         P
          MSH-12       Version ID            2.5.9
            warning: version: unknown, read as 2.5.1
        PATIENT_RESULT
          PATIENT
            VISIT
              PV1  Patient Visit
                PV1-1  Set ID - PV1          1
        PATIENT_RESULT[2]
          PATIENT
            PID  Patient Identification
              PID-1    Set ID - PID          1
          ORDER_OBSERVATION
            OBR  Observation Request
              OBR-1    Set ID - OBR          1
            TXA  Transcription Document Header
              warning: unexpected-segment: ORU_R01 has none
              TXA-1    Set ID- TXA           1
            ZPI
              ZPI-1                          1
            pid
              warning: segment-name
              pid-1                          1
        = 0
    "#]],
    );
}

#[test]
fn show_does_without_what_the_dictionary_does_not_know() {
    check_in(
        workplace().path(),
        "show -",
        b"MSH||LAB|NORTH\rZPI||A^B&C\r",
        &expect![[r#"
            warning: version: none that is known: shown without names
            MSH
              MSH-1      |
              MSH-3      LAB
              MSH-4      NORTH
            ZPI
              ZPI-2
                ZPI-2.1  A
                ZPI-2.2  B&C
            warning: MSH-2: encoding-characters-missing
            = 0
        "#]],
    );
    check_in(
        workplace().path(),
        "show -",
        b"MSH|^~\\&|LAB||||||QQQ^Q99|1|P|2.3\r",
        &expect![[r#"
            MSH  Message header segment
              MSH-1      Field Separator      |
              MSH-2      Encoding Characters  ^~\&
              MSH-3      Sending Application  LAB
              MSH-9      Message Type
                warning: structure: HL7 2.3 has none for this message: shown without groups
                MSH-9.1  Message Type         QQQ
                MSH-9.2  Trigger Event        Q99
              MSH-10     Message Control ID   1
              MSH-11     Processing ID        P
              MSH-12     Version ID           2.3
            = 0
        "#]],
    );
}

#[test]
fn show_tells_of_segments_that_stand_elsewhere() {
    let misplaced = b"MSH|^~\\&|||||||ADT^A01^ADT_A01|1|P|2.5.1\rPID|1\rEVN|A01\r";
    check_in(
        workplace().path(),
        "show -",
        misplaced,
        &expect![[r#"
        MSH  Message Header
          MSH-1      Field Separator      |
          MSH-2      Encoding Characters  ^~\&
          MSH-9      Message Type
            MSH-9.1  Message Code         ADT
            MSH-9.2  Trigger Event        A01
            MSH-9.3  Message Structure    ADT_A01
          MSH-10     Message Control ID   1
          MSH-11     Processing ID        P
          MSH-12     Version ID           2.5.1
        PID  Patient Identification
          PID-1      Set ID - PID         1
        EVN  Event Type
          warning: misplaced-segment: ADT_A01 has it elsewhere
          EVN-1      Event Type Code      A01
        = 0
    "#]],
    );
}

#[test]
fn show_gives_all_of_a_message_as_json() {
    let message = b"MSH|^~\\&|LAB|NORTH|||20260101||ACK^A01^ACK|1|P|2.5.1\nMSA|AA|7|\"\"\n\nERR||PID^1~\xFC";
    check_in(
        workplace().path(),
        "show - --json",
        message,
        &expect![[r#"
        {"weir_show":1,"message":1,"version":"2.5.1","structure":"ACK","encoding":"latin-1","delimiters":{"field":"|","component":"^","repetition":"~","escape":"\\","subcomponent":"&","truncation":null},"before":"","segments":[{"path":"MSH","name":"Message Header","groups":[],"raw":"MSH|^~\\&|LAB|NORTH|||20260101||ACK^A01^ACK|1|P|2.5.1","terminator":"\n","fields":[{"path":"MSH-1","name":"Field Separator","data_type":"ST","value":"|"},{"path":"MSH-2","name":"Encoding Characters","data_type":"ST","value":"^~\\&"},{"path":"MSH-3","name":"Sending Application","data_type":"HD","value":"LAB"},{"path":"MSH-4","name":"Sending Facility","data_type":"HD","value":"NORTH"},{"path":"MSH-7","name":"Date/Time Of Message","data_type":"TS","value":"20260101"},{"path":"MSH-9","name":"Message Type","data_type":"MSG","parts":[{"path":"MSH-9.1","name":"Message Code","data_type":"ID","value":"ACK"},{"path":"MSH-9.2","name":"Trigger Event","data_type":"ID","value":"A01"},{"path":"MSH-9.3","name":"Message Structure","data_type":"ID","value":"ACK"}]},{"path":"MSH-10","name":"Message Control ID","data_type":"ST","value":"1"},{"path":"MSH-11","name":"Processing ID","data_type":"PT","value":"P"},{"path":"MSH-12","name":"Version ID","data_type":"VID","value":"2.5.1"}]},{"path":"MSA","name":"Message Acknowledgment","groups":[],"raw":"MSA|AA|7|\"\"","terminator":"\n\n","fields":[{"path":"MSA-1","name":"Acknowledgment Code","data_type":"ID","value":"AA"},{"path":"MSA-2","name":"Message Control ID","data_type":"ST","value":"7"},{"path":"MSA-3","name":"Text Message","data_type":"ST","null":true}]},{"path":"ERR","name":"Error","groups":[],"raw":"ERR||PID^1~ü","terminator":"","fields":[{"path":"ERR-2[1]","name":"Error Location","data_type":"ERL","parts":[{"path":"ERR-2[1].1","name":"Segment ID","data_type":"ST","value":"PID"},{"path":"ERR-2[1].2","name":"Segment Sequence","data_type":"NM","value":"1"}]},{"path":"ERR-2[2]","name":"Error Location","data_type":"ERL","value":"ü"}]}],"problems":[{"path":"","name":"terminators","text":""},{"path":"","name":"blank-lines","text":""},{"path":"","name":"last-terminator-missing","text":""}]}
        = 0
    "#]],
    );
}

/// The bytes of the messages in what `weir show --json` printed.
fn rebuilt(shown: &str) -> Vec<Vec<u8>> {
    let object = |line| serde_json::from_str::<serde_json::Value>(line).expect("every line is JSON");
    let message = |object: serde_json::Value| {
        assert_eq!(object["weir_show"], 1);
        let segments = object["segments"].as_array().unwrap();
        let pieces = segments
            .iter()
            .flat_map(|segment| [&segment["raw"], &segment["terminator"]]);
        let text: String = std::iter::once(&object["before"])
            .chain(pieces)
            .map(|piece| piece.as_str().unwrap())
            .collect();
        match object["encoding"].as_str().unwrap() {
            "utf-8" => text.into_bytes(),
            "latin-1" => text.chars().map(|char| u8::try_from(char).unwrap()).collect(),
            other => panic!("{other}"),
        }
    };
    shown.lines().map(object).map(message).collect()
}

#[test]
fn what_show_prints_as_json_rebuilds_every_message() {
    let folder = workplace();
    let mut count = 0;
    for file in hl7_files(&folder.path().join("fixtures")) {
        let name = file.to_str().unwrap();
        // A file in UTF-16 is shown as the UTF-8 that it is read as.
        let content = weir::hl7::charset::narrowed(&bytes::Bytes::from(std::fs::read(&file).unwrap()));
        let pieces: Vec<_> = weir::hl7::batch::split(&content).collect();
        let (status, shown, _) = weir(folder.path(), &["show", name, "--json"], b"");
        let is_readable = !pieces.is_empty()
            && pieces
                .iter()
                .all(|piece| weir::hl7::Message::parse(piece.clone()).is_ok());
        assert_eq!(status == 0, is_readable, "{name}");
        if is_readable {
            assert_eq!(rebuilt(&shown), pieces, "{name}");
            count += 1;
        }
    }
    assert!(count > 50, "{count} files of messages");
}

#[test]
fn a_message_cannot_control_the_terminal() {
    let message = b"MSH|^~\\&|A\x1b]0;owned\x07|B\x1b[31m|||20260101||ADT^A01|1\r\x1b[2JPID|1\r";
    check_in(
        workplace().path(),
        "show -",
        message,
        &expect![[r#"
            warning: version: none that is known: shown without names
            MSH
              MSH-1         |
              MSH-2         ^~\&
              MSH-3         A\x1b]0;owned\x07
              MSH-4         B\x1b[31m
              MSH-7         20260101
              MSH-9
                MSH-9.1     ADT
                MSH-9.2     A01
              MSH-10        1
            \x1b[2JPID
              warning: segment-name
              \x1b[2JPID-1  1
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
fn get_tells_states_apart_as_json() {
    check(
        "get fixtures/odd/nulls.hl7 MSH-10 PID-5.1 PID-8 PID-19 PID-2 ZPI-1 --json",
        &expect![[r#"
            {"message":1,"path":"MSH-10","state":"valued","value":"OD000006"}
            {"message":1,"path":"PID-5.1","state":"valued","value":"TESTPATIENT"}
            {"message":1,"path":"PID-8","state":"valued","value":"F"}
            {"message":1,"path":"PID-19","state":"null","value":null}
            {"message":1,"path":"PID-2","state":"empty","value":null}
            {"message":1,"path":"ZPI-1","state":"absent","value":null}
            = 0
        "#]],
    );
    check(
        "get fixtures/batch.hl7 MSH-10 --json",
        &expect![[r#"
        {"message":1,"path":"MSH-10","state":"valued","value":"NB000001"}
        {"message":2,"path":"MSH-10","state":"valued","value":"NB000002"}
        {"message":3,"path":"MSH-10","state":"valued","value":"NB000003"}
        = 0
    "#]],
    );
    check(
        "get fixtures/batch.hl7 MSH-10 --json --raw",
        &expect![[r#"
        ! error: the argument '--json' cannot be used with '--raw'
        !
        ! Usage: weir get --json <FILE> <PATH>...
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
}

/// Runs a command in which words may hold blanks, and reads the bytes it printed.
fn printed(folder: &Path, arguments: &[&str]) -> Vec<u8> {
    let output = program(folder).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(
        (output.status.code(), said.as_str()),
        (Some(0), ""),
        "{arguments:?}"
    );
    output.stdout
}

#[test]
fn set_changes_what_it_is_told_and_nothing_else() {
    check(
        "set fixtures/adt-a08.hl7 PID-5.1=O|NEIL MSH-11=T ZPI-2=x NK1[9]-1=",
        &expect![[r#"
            MSH|^~\&|ADTTEST|NORTHTEST|EHRTEST|HIOTEST|20260303101544.310-0500||ADT^A08^ADT_A01|NT000108|T|2.5.1|||||USA|UNICODE UTF-8<0D>EVN|A08|20260303101500-0500||02<0D>PID|1||900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^MR||O\F\NEIL^ANNA^Q^^^^L||19840512|F||2106-3^White^HL70005|7 SPECIMEN AVENUE^^SAMPLETON^MA^01998^USA^H~PO BOX 555^^SAMPLETON^MA^01998^USA^M||^PRN^PH^^1^555^5550107~^PRN^CP^^1^555^5550108~^NET^Internet^anna.testpatient@example.org||eng^English^ISO6392|M^Married^HL70002||A900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^AN||||N^Not Hispanic or Latino^HL70189<0D>NK1|1|TESTPATIENT^BORIS^^^^^L|SPO^Spouse^HL70063|101 EXAMPLE STREET^APT 2^TESTVILLE^MA^01999^USA^H|^PRN^PH^^1^555^5550102||C^Emergency Contact^HL70131<0D>PV1|1|I|4W^414^B^NORTHTEST^^N^MAIN^4|E||4W^412^A^NORTHTEST^^N^MAIN^4|9991001^EXAMPLE^DORA^^^DR^MD^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^L^^^DN|||MED||||7||||IP|V900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^VN|||||||||||||||||||||||||20260302080000-0500<0D>ZPI||x<0D>= 0
        "#]],
    );
    check(
        "set fixtures/odd/crlf.hl7 PID-5=A^B --raw",
        &expect![[r#"
        MSH|^~\&|ADTTEST|NORTHTEST|EHRTEST|HIOTEST|20260304000100-0500||ADT^A08^ADT_A01|OD000002|P|2.5.1<0D>
        EVN|A08|20260304000000-0500<0D>
        PID|1||900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^MR||A^B||19840512|F|||0101 EXAMPLE STREET^^TESTVILLE^MA^01999^USA^H||^PRN^PH^^1^555^55500101|||||A900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^AN<0D>
        PV1|1|I|4W^412^A^NORTHTEST||||||||||||||||V900101^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^VN<0D>
        = 0
    "#]],
    );
    let folder = workplace();
    let batch = std::fs::read(folder.path().join("fixtures/batch.hl7")).unwrap();
    let expected = String::from_utf8(batch).unwrap().replace("|NB000002|", "|TWO|");
    let given = ["set", "fixtures/batch.hl7", "MSH-10=TWO", "--message", "2"];
    assert_eq!(printed(folder.path(), &given), expected.as_bytes());
}

#[test]
fn set_without_assignments_gives_every_byte_back() {
    let folder = workplace();
    let mut count = 0;
    for file in hl7_files(&folder.path().join("fixtures")) {
        let name = file.to_str().unwrap();
        let output = program(folder.path()).args(["set", name]).output().unwrap();
        if output.status.success() {
            assert_eq!(output.stdout, std::fs::read(&file).unwrap(), "{name}");
            count += 1;
        } else {
            assert!(output.stdout.is_empty(), "{name}");
            assert!(name.contains("/broken/"), "{name}");
        }
    }
    assert!(count > 50, "{count} files of messages");
}

#[test]
fn set_says_what_it_cannot_do() {
    check(
        "set fixtures/adt-a01.hl7 PID-5",
        &expect![[r#"
        ! error: invalid value 'PID-5' for '[PATH=VALUE]...': expected a path, `=` and a value, as PID-5.1=DOE; quote a value with blanks
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "set fixtures/adt-a01.hl7 pid-5=DOE",
        &expect![[r#"
        ! error: invalid value 'pid-5=DOE' for '[PATH=VALUE]...':
        !
        !   pid-5
        !   ^ expected a segment name: a capital letter, then two capital letters or digits; did you mean PID-5?
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "set fixtures/adt-a01.hl7 MSH-2=^",
        &expect![[r#"
        ! fixtures/adt-a01.hl7: message 1: MSH-2: declares the delimiters and cannot be set or copied
        = 2
    "#]],
    );
    check(
        "set fixtures/adt-a01.hl7 NK1[5]-2=DOE",
        &expect![[r#"
        ! fixtures/adt-a01.hl7: message 1: NK1[5]-2: the segment is missing; only the next one of its name can be added, this message has 1
        = 2
    "#]],
    );
    check(
        "set fixtures/batch.hl7 PID-5.1=A^B --raw",
        &expect![[r#"
        ! fixtures/batch.hl7: message 1: PID-5.1: the raw value holds a control character, or a delimiter that its target cannot hold
        = 2
    "#]],
    );
    check(
        "set fixtures/broken/no-msh.hl7 PID-5=A",
        &expect![[r#"
        ! fixtures/broken/no-msh.hl7: message 1: byte 0: expected MSH as the first segment
        = 2
    "#]],
    );
}

#[test]
fn diff_names_every_field_that_differs() {
    check(
        "diff fixtures/adt-a01.hl7 fixtures/adt-a01.hl7",
        &expect![[r#"
        = 0
    "#]],
    );
    check(
        "diff fixtures/odd/lf.hl7 fixtures/odd/crlf.hl7",
        &expect![[r#"
        MSH-10  Message Control ID
          - OD000001
          + OD000002
        = 1
    "#]],
    );
    let folder = workplace();
    let chemistry = std::fs::read_to_string(folder.path().join("fixtures/oru-r01-chemistry.hl7")).unwrap();
    let changed: String = chemistry
        .split_inclusive('\r')
        .filter(|segment| !segment.starts_with("OBX|2|"))
        .map(|segment| {
            segment
                .replace("|6.4|", "|4.6|")
                .replace("TESTPATIENT^ANNA^Q", "\x1b[2J")
        })
        .collect();
    std::fs::write(folder.path().join("changed.hl7"), changed + "ZPI|1|new\r").unwrap();
    check_in(
        folder.path(),
        "diff fixtures/oru-r01-chemistry.hl7 changed.hl7",
        b"",
        &expect![[r#"
            PID-5.1  Patient Name, Family Name
              - TESTPATIENT
              + \x1b[2J
            PID-5.2  Patient Name, Given Name
              - ANNA
              +
            PID-5.3  Patient Name, Second and Further Given Names or Initials Thereof
              - Q
              +
            PID-5.5  Patient Name, Prefix (e.g., DR)
              -
              + L
            PID-5.7  Patient Name, Name Type Code
              - L
              +
            OBX[2]  Observation/Result
              - OBX|2|NM|3094-0^Urea nitrogen [Mass/volume] in Serum or Plasma^LN^BUN^Urea Nitrogen^L||14|mg/dL^milligram per deciliter^UCUM|7-20|N|||F|||20260302101500-0500
            OBX[5]-5 (OBX[4]-5 in B)  Observation Value
              - 6.4
              + 4.6
            ZPI
              + ZPI|1|new
            = 1
        "#]],
    );
}

#[test]
fn diff_compares_what_is_written_otherwise_by_what_it_stands_for() {
    let folder = workplace();
    let write = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
    let head = "|A|B|C|D|20260101||ADT^A01|1|P|2.5.1||||||";
    let utf_8 = format!("MSH|^~\\&{head}UNICODE UTF-8\rPID|1||7^^^N&1&ISO~8||M\u{fc}LLER^A\\T\\B\rOBX|1\r");
    write("utf-8.hl7", utf_8.as_bytes());
    let mut latin_1 = utf_8.replace("UNICODE UTF-8", "8859/1").into_bytes();
    let at = latin_1.iter().position(|byte| *byte == 0xC3).unwrap();
    latin_1.splice(at..at + 2, [0xFC]);
    write("latin-1.hl7", &latin_1);
    let other = utf_8
        .replace("^~\\&|", "$*!%|")
        .replace("\\T\\", "&")
        .replace("N&1&ISO~8", "N%1%ISO*9")
        .replace('^', "$");
    write("other.hl7", other.as_bytes());
    check_in(
        folder.path(),
        "diff utf-8.hl7 latin-1.hl7",
        b"",
        &expect![[r#"
            MSH-18  Character Set
              - UNICODE UTF-8
              + 8859/1
            = 1
        "#]],
    );
    check_in(
        folder.path(),
        "diff utf-8.hl7 latin-1.hl7 --raw --ignore MSH-18",
        b"",
        &expect![[r#"
            PID-5.1  Patient Name, Family Name
              - MüLLER
              + MüLLER
            = 1
        "#]],
    );
    check_in(
        folder.path(),
        "diff utf-8.hl7 other.hl7",
        b"",
        &expect![[r#"
            MSH-2  Encoding Characters
              - ^~\&
              + $*!%
            PID-3[2]  Patient Identifier List
              - 8
              + 9
            = 1
        "#]],
    );
}

#[test]
fn commands_read_a_file_in_utf_16_or_say_what_to_do() {
    let folder = workplace();
    let (status, out, _) = weir(folder.path(), &["ack", "fixtures/broken/utf-16.hl7"], b"");
    assert_eq!(status, 0);
    let asked = weir(
        folder.path(),
        &["get", "fixtures/broken/utf-16.hl7", "MSH-10"],
        b"",
    )
    .1;
    assert!(out.contains(&format!("MSA|AA|{}\r", asked.trim())), "{out}");
    check(
        "set fixtures/broken/utf-16.hl7 PID-5.1=DOE",
        &expect![[r#"
            ! fixtures/broken/utf-16.hl7: in UTF-16 or UTF-32, which no message is sent in: make it UTF-8 first, as `iconv -f UTF-16 -t UTF-8` does
            = 2
        "#]],
    );
}

#[test]
fn diff_tells_messages_that_only_one_file_has() {
    let folder = workplace();
    let batch = std::fs::read_to_string(folder.path().join("fixtures/batch.hl7")).unwrap();
    let (two, _) = batch.rsplit_once("MSH|").unwrap();
    std::fs::write(folder.path().join("two.hl7"), two.replace("|NB000002|", "|TWO|")).unwrap();
    check_in(
        folder.path(),
        "diff fixtures/batch.hl7 two.hl7",
        b"",
        &expect![[r#"
            message 2
            MSH-10  Message Control ID
              - NB000002
              + TWO
            message 3 only in A
              - MSH|^~\&|ADTTEST|NORTHTEST|EHRTEST|HIOTEST|20260304000100-0500||ADT^A08^ADT_A01|NB000003|P|2.5.1
              - EVN|A08|20260304000000-0500
              - PID|1||900601^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^MR||TESTPATIENT^ANNA^^^^^L||19840512|F|||0101 EXAMPLE STREET^^TESTVILLE^MA^01999^USA^H||^PRN^PH^^1^555^55500101|||||A900601^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^AN
              - PV1|1|I|4W^412^A^NORTHTEST||||||||||||||||V900601^^^NORTHTEST&2.16.840.1.113883.19.4.6&ISO^VN
            = 1
        "#]],
    );
}

/// A folder with a message and another that differs from it.
fn differing() -> tempfile::TempDir {
    let folder = workplace();
    let adt = std::fs::read_to_string(folder.path().join("fixtures/adt-a01.hl7")).unwrap();
    let changed = adt
        .replace("|NT000101|", "|NT000102|")
        .replace("TESTPATIENT^", "PATIENTTEST^")
        .replace("PV1|1|I|", "PV1|1|E~I|");
    let changed = changed.replace("^^^^L|", "^^^^&&~SECOND^NAME|") + "ZPI|1\r";
    std::fs::write(folder.path().join("changed.hl7"), changed).unwrap();
    folder
}

const DIFFERING: &str = "diff fixtures/adt-a01.hl7 changed.hl7";

#[test]
fn diff_goes_down_to_components() {
    let folder = differing();
    check_in(
        folder.path(),
        DIFFERING,
        b"",
        &expect![[r#"
        MSH-10  Message Control ID
          - NT000101
          + NT000102
        PID-5.1  Patient Name, Family Name
          - TESTPATIENT
          + PATIENTTEST
        PID-5.7  Patient Name, Name Type Code
          - L
          +
        PID-5[2]  Patient Name
          -
          + SECOND^NAME
        NK1-2.1  Name, Family Name
          - TESTPATIENT
          + PATIENTTEST
        NK1-2.7  Name, Name Type Code
          - L
          +
        NK1-2[2]  Name
          -
          + SECOND^NAME
        PV1-2  Patient Class
          - I
          + E
        PV1-2[2]  Patient Class
          -
          + I
        ZPI
          + ZPI|1
        = 1
    "#]],
    );
}

#[test]
fn diff_passes_over_what_it_is_told_to() {
    let folder = differing();
    let ignoring = format!("{DIFFERING} --ignore MSH-10 --ignore PID-5.1 --ignore ZPI --ignore PV1");
    check_in(
        folder.path(),
        &ignoring,
        b"",
        &expect![[r#"
        PID-5.7  Patient Name, Name Type Code
          - L
          +
        PID-5[2]  Patient Name
          -
          + SECOND^NAME
        NK1-2.1  Name, Family Name
          - TESTPATIENT
          + PATIENTTEST
        NK1-2.7  Name, Name Type Code
          - L
          +
        NK1-2[2]  Name
          -
          + SECOND^NAME
        = 1
    "#]],
    );
    check_in(
        folder.path(),
        &format!("{ignoring} --ignore PID-5 --ignore PID-9"),
        b"",
        &expect![[r#"
        NK1-2.1  Name, Family Name
          - TESTPATIENT
          + PATIENTTEST
        NK1-2.7  Name, Name Type Code
          - L
          +
        NK1-2[2]  Name
          -
          + SECOND^NAME
        = 1
    "#]],
    );
}

#[test]
fn diff_as_json_and_what_it_cannot_ignore() {
    let folder = differing();
    check_in(
        folder.path(),
        &format!("{DIFFERING} --json"),
        b"",
        &expect![[r#"
            {"message":1,"path":"MSH-10","path_in_b":"MSH-10","name":"Message Control ID","a":"NT000101","b":"NT000102"}
            {"message":1,"path":"PID-5.1","path_in_b":"PID-5.1","name":"Patient Name, Family Name","a":"TESTPATIENT","b":"PATIENTTEST"}
            {"message":1,"path":"PID-5.7","path_in_b":"PID-5.7","name":"Patient Name, Name Type Code","a":"L","b":null}
            {"message":1,"path":"PID-5[2]","path_in_b":"PID-5[2]","name":"Patient Name","a":null,"b":"SECOND^NAME"}
            {"message":1,"path":"NK1-2.1","path_in_b":"NK1-2.1","name":"Name, Family Name","a":"TESTPATIENT","b":"PATIENTTEST"}
            {"message":1,"path":"NK1-2.7","path_in_b":"NK1-2.7","name":"Name, Name Type Code","a":"L","b":null}
            {"message":1,"path":"NK1-2[2]","path_in_b":"NK1-2[2]","name":"Name","a":null,"b":"SECOND^NAME"}
            {"message":1,"path":"PV1-2","path_in_b":"PV1-2","name":"Patient Class","a":"I","b":"E"}
            {"message":1,"path":"PV1-2[2]","path_in_b":"PV1-2[2]","name":"Patient Class","a":null,"b":"I"}
            {"message":1,"path":"ZPI","path_in_b":"ZPI","name":"","a":null,"b":"ZPI|1"}
            = 1
        "#]],
    );
    check_in(
        folder.path(),
        &format!("{DIFFERING} --ignore PID-5[1]"),
        b"",
        &expect![[r#"
        ! error: invalid value 'PID-5[1]' for '--ignore <PATH>': every one is meant: leave out the numbers in brackets
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check_in(
        folder.path(),
        &format!("{DIFFERING} --ignore pid-5"),
        b"",
        &expect![[r#"
        ! error: invalid value 'pid-5' for '--ignore <PATH>':
        !
        !   pid-5
        !   ^ expected a segment name: a capital letter, then two capital letters or digits; did you mean PID-5?
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
}

#[test]
fn diff_says_what_it_cannot_do() {
    check(
        "diff - -",
        &expect![[r#"
        ! only one of the files can be standard input
        = 2
    "#]],
    );
    check(
        "diff fixtures/adt-a01.hl7 absent.hl7",
        &expect![[r#"
        ! absent.hl7: No such file or directory (os error 2)
        = 2
    "#]],
    );
    check(
        "diff fixtures/adt-a01.hl7 fixtures/broken/pdf.hl7",
        &expect![[r#"
            ! fixtures/broken/pdf.hl7: message 1: byte 0: expected MSH as the first segment
            = 2
        "#]],
    );
}

/// What `weir ack` prints, with what differs from run to run named.
fn check_ack(arguments: &[&str], expected: &Expect) {
    let folder = workplace();
    let built = printed(folder.path(), &[&["ack"], arguments].concat());
    let mut shown = String::from_utf8(built.clone()).unwrap().replace('\r', "<CR>\n");
    for (number, name) in [(7, "NOW"), (10, "ID")] {
        let value = field(&built, "MSH", number);
        assert!(!value.is_empty(), "MSH-{number}");
        shown = shown.replace(&value, name);
    }
    expected.assert_eq(&shown);
}

#[test]
fn ack_prints_what_weir_answers() {
    check_ack(
        &["fixtures/adt-a01.hl7"],
        &expect![[r#"
        MSH|^~\&|EHRTEST|HIOTEST|ADTTEST|NORTHTEST|NOW||ACK^A01^ACK|ID|P|2.5.1||||||UNICODE UTF-8<CR>
        MSA|AA|NT000101<CR>
    "#]],
    );
    check_ack(
        &[
            "fixtures/adt-a01.hl7",
            "--code",
            "AE",
            "--text",
            "no bed | no ward",
        ],
        &expect![[r#"
            MSH|^~\&|EHRTEST|HIOTEST|ADTTEST|NORTHTEST|NOW||ACK^A01^ACK|ID|P|2.5.1||||||UNICODE UTF-8<CR>
            MSA|AE|NT000101|no bed \F\ no ward<CR>
            ERR|||207^Application internal error^HL70357|E||||no bed \F\ no ward<CR>
        "#]],
    );
    check_ack(
        &["fixtures/adt-a04-v2.3.hl7", "--code", "ar", "--text", "no bed"],
        &expect![[r#"
            MSH|^~\&|EHRTEST|HIOTEST|OLDCLINIC|CLINICTEST|NOW||ACK^A04|ID|P|2.3<CR>
            MSA|AR|OC230001|no bed<CR>
            ERR|^^^207&Application internal error&HL70357<CR>
        "#]],
    );
    check_ack(
        &["fixtures/odd/custom-delimiters.hl7", "--code", "CA"],
        &expect![[r#"
            MSH#@*!%#EHRTEST#HIOTEST#ADTTEST#NORTHTEST#NOW##ACK@A08@ACK#ID#P#2.5.1###NE#NE<CR>
            MSA#CA#OD000008<CR>
        "#]],
    );
    check_ack(
        &["fixtures/broken/pdf.hl7", "--code", "AR"],
        &expect![[r#"
        MSH|^~\&|||||NOW||ACK|ID|P|2.5.1<CR>
        MSA|AR<CR>
    "#]],
    );
    check(
        "ack fixtures/adt-a01.hl7 --code OK",
        &expect![[r#"
        ! error: invalid value 'OK' for '--code <CODE>': expected one of AA, AE, AR, CA, CE, CR
        !
        ! For more information, try '--help'.
        = 2
    "#]],
    );
    check(
        "ack fixtures/adt-a01.hl7 --text why",
        &expect![[r#"
        ! --text: AA accepts and has no error to tell; use AE, AR, CE or CR
        = 2
    "#]],
    );
}

#[test]
fn list_names_what_there_is() {
    for topic in [
        "steps",
        "functions",
        "operators",
        "settings",
        "problems",
        "listeners",
        "destinations",
    ] {
        let (status, out, err) = weir(workplace().path(), &["list", topic], b"");
        assert_eq!((status, err.as_str()), (0, ""));
        let is_row = |line: &str| line.starts_with("  ") && line.chars().count() <= 130;
        assert!(!out.is_empty() && out.lines().all(is_row), "{out}");
    }
    let (_, out, _) = weir(workplace().path(), &["list"], b"");
    for word in ["steps", "translate", "mllp", "unknown-key", "settings"] {
        assert!(out.contains(word), "{word}: {out}");
    }
}

#[test]
fn fmt_writes_files_anew_and_checks_them() {
    check(
        "fmt --check",
        &expect![[r#"
        = 0
    "#]],
    );
    let folder = workplace();
    let untidy =
        "routes:\n    more: # é\n        from: hospital-adt\n        when: PID.3.1 valued\n        to: ehr\n";
    let tidy = "routes:\n  more: # é\n    from: hospital-adt\n    when: PID-3.1 valued\n    to: ehr\n";
    let file = folder.path().join("routes/more.yaml");
    std::fs::write(&file, untidy).unwrap();
    check_in(
        folder.path(),
        "fmt --check",
        b"",
        &expect![[r#"
        routes/more.yaml: not in its canonical form
        = 1
    "#]],
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), untidy, "only checked");
    check_in(
        folder.path(),
        "fmt routes",
        b"",
        &expect![[r#"
        routes/more.yaml: written anew
        = 0
    "#]],
    );
    assert_eq!(std::fs::read_to_string(&file).unwrap(), tidy);
    check_in(
        folder.path(),
        "fmt routes/more.yaml --check",
        b"",
        &expect![[r#"
        = 0
    "#]],
    );
    check_in(
        folder.path(),
        "fmt -",
        untidy.as_bytes(),
        &expect![[r#"
        routes:
          more: # é
            from: hospital-adt
            when: PID-3.1 valued
            to: ehr
        = 0
    "#]],
    );
}

#[test]
fn fmt_tells_what_it_cannot_read() {
    let folder = workplace();
    let file = folder.path().join("routes/more.yaml");
    std::fs::write(&file, "routes: [\n").unwrap();
    check_in(
        folder.path(),
        "fmt routes absent.yaml",
        b"",
        &expect![[r#"
            ! error[yaml-syntax]: this is not YAML: while parsing a node, did not find expected node content
            !   ┌─ routes/more.yaml:1:10
            !   │
            ! 1 │ routes: [
            !   │          ^
            !   │
            !   = help: a value is missing here, or a `{` or `[` above is not closed; a text that begins with `%` or `@` needs quotes
            !
            !
            ! absent.yaml: No such file or directory (os error 2)
            = 2
        "#]],
    );
}

#[cfg(unix)]
#[test]
fn fmt_keeps_permissions_and_links() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let folder = workplace();
    let (file, link) = (folder.path().join("site.yaml"), folder.path().join("link.yaml"));
    std::fs::write(&file, "a: 1  \n").unwrap();
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o640)).unwrap();
    symlink("site.yaml", &link).unwrap();
    let (status, _, err) = weir(folder.path(), &["fmt", "link.yaml"], b"");
    assert_eq!((status, err.as_str()), (0, ""));
    assert!(link.is_symlink());
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "a: 1\n");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o640
    );
}

#[test]
fn check_accepts_the_example_site() {
    check(
        "check",
        &expect![[r#"
            routes: 2 listeners, 3 destinations, 5 routes, 31 cases; no problem found
            = 0
        "#]],
    );
    check(
        "check routes --strict",
        &expect![[r#"
            routes: 2 listeners, 3 destinations, 5 routes, 31 cases; no problem found
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
            routes: 2 listeners, 3 destinations, 5 routes, 31 cases; 1 warning found
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
            routes: 2 listeners, 3 destinations, 5 routes, 31 cases; 1 warning found
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
fn check_for_programs() {
    let folder = workplace();
    let wrong = "tables: { sex: { Ä: B }, ehr: { A: B } }\n";
    std::fs::write(folder.path().join("routes/wrong.yaml"), wrong).unwrap();
    check_in(
        folder.path(),
        "check --json",
        b"",
        &expect![[r#"
            {
              "version": 1,
              "site": "routes",
              "errors": 1,
              "warnings": 0,
              "left_off": 0,
              "problems": [
                {
                  "name": "duplicate-name",
                  "severity": "error",
                  "message": "`ehr` is given twice in this site",
                  "at": {
                    "file": "routes/wrong.yaml",
                    "start": {
                      "byte": 26,
                      "line": 1,
                      "column": 26
                    },
                    "end": {
                      "byte": 29,
                      "line": 1,
                      "column": 29
                    }
                  },
                  "setting": "tables.ehr",
                  "label": "given again here",
                  "suggestion": null,
                  "help": "names are unique over listeners, destinations, tables, profiles and routes of all files; there is one `engine`, one `archive`, one `audit` and one `alerts`",
                  "related": [
                    {
                      "message": "first given here",
                      "at": {
                        "file": "routes/engine.yaml",
                        "start": {
                          "byte": 1481,
                          "line": 33,
                          "column": 3
                        },
                        "end": {
                          "byte": 1484,
                          "line": 33,
                          "column": 6
                        }
                      }
                    }
                  ]
                }
              ]
            }
            = 2
        "#]],
    );
}

#[test]
fn check_for_programs_has_the_same_exit_status() {
    let folder = workplace();
    std::fs::write(
        folder.path().join("routes/more.yaml"),
        "tables: { Ä: { A: B } }\n",
    )
    .unwrap();
    let check = |arguments: &[&str], expected_status, expected_counts: [u64; 2]| {
        let (status, out, err) = weir(folder.path(), arguments, b"");
        assert_eq!((status, err.as_str()), (expected_status, ""), "{arguments:?}");
        let report: serde_json::Value = serde_json::from_str(&out).unwrap();
        let counts = ["errors", "warnings"].map(|key| report[key].as_u64().unwrap());
        assert_eq!(counts, expected_counts, "{arguments:?}");
    };
    check(&["check", "--json"], 2, [1, 0]);
    std::fs::write(
        folder.path().join("routes/more.yaml"),
        "tables: { ward: { A: B } }\n",
    )
    .unwrap();
    check(&["check", "--json"], 0, [0, 1]);
    check(&["check", "--json", "--strict"], 1, [0, 1]);
    std::fs::remove_file(folder.path().join("routes/more.yaml")).unwrap();
    check(&["check", "--json", "--strict"], 0, [0, 0]);
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
            ! error[bad-expression]: expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `==`
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
    assert!(play.contains("  metrics "), "{play}");
    let (account, metrics) = account
        .split_once("The metrics were at http://")
        .expect("where the metrics were");
    assert!(metrics.contains("/metrics;"), "{metrics}");
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
