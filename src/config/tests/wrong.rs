//! Wrong sites, one mistake each, and what people are told about it.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots so"
)]

use expect_test::expect;

use super::*;

const RIGHT: &str = r#"engine: { data: ../data }
listeners:
  adt-in:
    mllp: { bind: 127.0.0.1:2575 }
destinations:
  lab:
    mllp: { address: lab.example:2576 }
tables:
  patient-class: { I: IP, O: OP }
routes:
  adt-to-lab:
    from: adt-in
    messages: [ADT^A01, ADT^A04]
    when: PV1-2 in ("I", "E")
    steps:
      - set: { MSH-5: LAB }
      - translate: { field: PV1-2, table: patient-class }
    to: lab
"#;

/// The right site with each of these changed in turn, and the problems each change makes.
fn told(changes: &[(&str, &str)]) -> String {
    changes
        .iter()
        .map(|(right, wrong)| {
            assert!(RIGHT.contains(right), "{right}");
            shown(&[("site.yaml", &RIGHT.replacen(right, wrong, 1))])
        })
        .collect()
}

#[test]
fn the_right_site_is_right() {
    assert_eq!(shown(&[("site.yaml", RIGHT)]), "");
}

#[test]
fn keys() {
    let told = told(&[
        ("listeners:", "listenrs:"),
        ("bind:", "bnd:"),
        ("{ bind:", "{ frame_bytes: 1MiB, bind:"),
        ("address: lab.example:2576", "acknowledgment_timeout: 1s"),
        ("mllp: { address: lab.example:2576 }", "file: { folder: out }"),
        (
            "    mllp: { address: lab.example:2576 }",
            "    mlp: { address: lab.example:2576 }",
        ),
        (
            "    mllp: { address: lab.example:2576 }",
            "    retry: { first: 1s }",
        ),
        (
            "    mllp: { address: lab.example:2576 }",
            "    mllp: { address: 'a:1' }\n    file: { folder: o, name: n }",
        ),
        ("    to: lab", "    too: lab"),
        ("    from: adt-in\n", ""),
        ("- set:", "- sett:"),
        ("      - translate:", "        translate:"),
        ("engine: { data: ../data }\n", ""),
    ]);
    expect![[r#"
        error[unknown-key]: there is no key `listenrs` here
          ┌─ site/site.yaml:2:1
          │
        2 │ listenrs:
          │ ^^^^^^^^ did you mean `listeners`?
          │
          = help: the keys here are `engine`, `listeners`, `destinations`, `tables` and `routes`

        error[unknown-key]: there is no key `bnd` here
          ┌─ site/site.yaml:4:13
          │
        4 │     mllp: { bnd: 127.0.0.1:2575 }
          │             ^^^ did you mean `bind`?
          │
          = help: the keys here are `bind`, `frame_bytes_max`, `frame_deadline`, `idle_timeout`, `write_timeout`, `connections_max`, `connections_per_address_max`, `pipeline_max`, `framing`, `stop_grace` and `acknowledgment`

        error[unknown-key]: there is no key `frame_bytes` here
          ┌─ site/site.yaml:4:13
          │
        4 │     mllp: { frame_bytes: 1MiB, bind: 127.0.0.1:2575 }
          │             ^^^^^^^^^^^ did you mean `frame_bytes_max`?
          │
          = help: the keys here are `bind`, `frame_bytes_max`, `frame_deadline`, `idle_timeout`, `write_timeout`, `connections_max`, `connections_per_address_max`, `pipeline_max`, `framing`, `stop_grace` and `acknowledgment`

        error[missing-key]: `address` is missing
          ┌─ site/site.yaml:7:5
          │
        7 │     mllp: { acknowledgment_timeout: 1s }
          │     ^^^^ needs `address`

        error[missing-key]: `name` is missing
          ┌─ site/site.yaml:7:5
          │
        7 │     file: { folder: out }
          │     ^^^^ needs `name`

        error[unknown-key]: there is no key `mlp` here
          ┌─ site/site.yaml:7:5
          │
        7 │     mlp: { address: lab.example:2576 }
          │     ^^^ did you mean `mllp`?
          │
          = help: the keys here are `mllp`, `file`, `retry` and `unsettled_max`

        error[missing-kind]: expected one of the keys `mllp` or `file`
          ┌─ site/site.yaml:6:3
          │
        6 │   lab:
          │   ^^^

        error[several-kinds]: `mllp` and `file` cannot stand in one entry
          ┌─ site/site.yaml:8:5
          │
        7 │     mllp: { address: 'a:1' }
          │     ---- the first
        8 │     file: { folder: o, name: n }
          │     ^^^^
          │
          = help: make two entries of them

        error[unknown-key]: there is no key `too` here
           ┌─ site/site.yaml:18:5
           │
        18 │     too: lab
           │     ^^^ did you mean `to`?
           │
           = help: the keys here are `from`, `messages`, `when`, `to` and `steps`

        error[missing-key]: `from` is missing
           ┌─ site/site.yaml:11:3
           │
        11 │   adt-to-lab:
           │   ^^^^^^^^^^ needs `from`

        error[unknown-key]: there is no key `sett` here
           ┌─ site/site.yaml:16:9
           │
        16 │       - sett: { MSH-5: LAB }
           │         ^^^^ did you mean `set`?
           │
           = help: the keys here are `set`, `copy`, `remove`, `translate`, `when` and `name`

        error[several-kinds]: `set` and `translate` cannot stand in one entry
           ┌─ site/site.yaml:17:9
           │
        16 │       - set: { MSH-5: LAB }
           │         --- the first
        17 │         translate: { field: PV1-2, table: patient-class }
           │         ^^^^^^^^^
           │
           = help: make two entries of them

        error[missing-key]: site: the site has no `engine`
         = help: add to one of its files, with a folder for what must survive a restart:
           engine: { data: ../data }

    "#]].assert_eq(&told);
}

#[test]
fn values() {
    let told = told(&[
        ("bind: 127.0.0.1:2575", "bind: 2575"),
        ("bind: 127.0.0.1:2575", "bind: 127.0.0.1:70000"),
        ("2575 }", "2575, idle_timeout: 5 mins }"),
        ("2575 }", "2575, idle_timeout: 300 }"),
        ("2575 }", "2575, frame_bytes_max: 16 }"),
        ("2575 }", "2575, connections_max: many }"),
        ("2575 }", "2575, connections_max: 0 }"),
        ("2575 }", "2575, acknowledgment: orignal }"),
        (
            "2575 }",
            "2575 }\n    permit: { processing: [X], versions: [2.51], messages: [adt^a01] }",
        ),
        ("2576 }", "2576 }\n    retry: 5s"),
        ("2576 }", "2576 }\n    retry: { first: 2m, longest: 60s }"),
        ("2576 }", "2576, unsafe_no_acknowledgment: yes }"),
        ("messages: [ADT^A01, ADT^A04]", "messages: [ADT-A01, ADT^A04]"),
        ("messages: [ADT^A01, ADT^A04]", "messages: []"),
        ("    to: lab", "    to: []"),
        ("    to: lab", "    to: { lab: now }"),
        (
            "tables:\n  patient-class: { I: IP, O: OP }",
            "tables:\n  patient-class: [I, O]",
        ),
    ]);
    expect![[r#"
        error[wrong-type]: found the number `2575`, expected an address and a port, as `127.0.0.1:2575`
          ┌─ site/site.yaml:4:19
          │
        4 │     mllp: { bind: 2575 }
          │                   ^^^^

        error[invalid-value]: expected an address and a port, as `127.0.0.1:2575`
          ┌─ site/site.yaml:4:19
          │
        4 │     mllp: { bind: 127.0.0.1:70000 }
          │                   ^^^^^^^^^^^^^^^

        error[invalid-value]: expected a duration with its unit, as `500ms`, `30s`, `5m`, `12h` or `30d`
          ┌─ site/site.yaml:4:49
          │
        4 │     mllp: { bind: 127.0.0.1:2575, idle_timeout: 5 mins }
          │                                                 ^^^^^^

        error[wrong-type]: found the number `300`, expected a duration with its unit, as `500ms`, `30s`, `5m`, `12h` or `30d`
          ┌─ site/site.yaml:4:49
          │
        4 │     mllp: { bind: 127.0.0.1:2575, idle_timeout: 300 }
          │                                                 ^^^

        error[wrong-type]: found the number `16`, expected a size with its unit, as `512B`, `64KiB`, `16MiB` or `1GiB`
          ┌─ site/site.yaml:4:52
          │
        4 │     mllp: { bind: 127.0.0.1:2575, frame_bytes_max: 16 }
          │                                                    ^^

        error[wrong-type]: found the text `many`, expected a whole number from 1
          ┌─ site/site.yaml:4:52
          │
        4 │     mllp: { bind: 127.0.0.1:2575, connections_max: many }
          │                                                    ^^^^

        error[invalid-value]: found the number `0`, expected a whole number from 1
          ┌─ site/site.yaml:4:52
          │
        4 │     mllp: { bind: 127.0.0.1:2575, connections_max: 0 }
          │                                                    ^

        error[invalid-value]: `orignal` is not one of `original`, `auto`, `enhanced`, `enhanced_aa` and `none`
          ┌─ site/site.yaml:4:51
          │
        4 │     mllp: { bind: 127.0.0.1:2575, acknowledgment: orignal }
          │                                                   ^^^^^^^ did you mean `original`?

        error[invalid-value]: `X` is not one of P, T, D
          ┌─ site/site.yaml:5:28
          │
        5 │     permit: { processing: [X], versions: [2.51], messages: [adt^a01] }
          │                            ^

        error[invalid-value]: `2.51` is not one of 2.1, 2.2, 2.3, 2.3.1, 2.4, 2.5, 2.5.1, 2.6, 2.7, 2.7.1, 2.8, 2.8.1, 2.8.2, 2.9
          ┌─ site/site.yaml:5:43
          │
        5 │     permit: { processing: [X], versions: [2.51], messages: [adt^a01] }
          │                                           ^^^^ did you mean `2.5`?

        error[bad-message-type]: `adt^a01` is no message type: expected a message type as in MSH-9: `ADT`, `ADT^A01` or `ADT^A01^ADT_A01`; `*` stands for any part
          ┌─ site/site.yaml:5:61
          │
        5 │     permit: { processing: [X], versions: [2.51], messages: [adt^a01] }
          │                                                             ^^^^^^^ did you mean `ADT^A01`?

        error[wrong-type]: found the text `5s`, expected a mapping of keys and values
          ┌─ site/site.yaml:8:12
          │
        8 │     retry: 5s
          │            ^^

        error[invalid-value]: the longest pause is shorter than the first
          ┌─ site/site.yaml:8:34
          │
        8 │     retry: { first: 2m, longest: 60s }
          │                     --           ^^^
          │                     │             
          │                     the first

        error[wrong-type]: found the text `yes`, expected `true` or `false`
          ┌─ site/site.yaml:7:66
          │
        7 │     mllp: { address: lab.example:2576, unsafe_no_acknowledgment: yes }
          │                                                                  ^^^

        error[bad-message-type]: `ADT-A01` is no message type: expected a message type as in MSH-9: `ADT`, `ADT^A01` or `ADT^A01^ADT_A01`; `*` stands for any part
           ┌─ site/site.yaml:13:16
           │
        13 │     messages: [ADT-A01, ADT^A04]
           │                ^^^^^^^ did you mean `ADT^A01`?

        error[nothing-to-do]: no type of message is listed, so none matches
           ┌─ site/site.yaml:13:15
           │
        13 │     messages: []
           │               ^^
           │
           = help: leave `messages` out to take every type

        error[nothing-to-do]: the route sends to no destination
           ┌─ site/site.yaml:18:9
           │
        18 │     to: []
           │         ^^
           │
           = help: name a destination; delete the route if it has no purpose

        error[wrong-type]: found a mapping, expected a text or a list of texts
           ┌─ site/site.yaml:18:9
           │
        18 │     to: { lab: now }
           │         ^^^^^^^^^^^^

        error[wrong-type]: found a list, expected a mapping of keys to values
          ┌─ site/site.yaml:9:18
          │
        9 │   patient-class: [I, O]
          │                  ^^^^^^

    "#]].assert_eq(&told);
}

#[test]
fn names() {
    let told = told(&[
        ("table: patient-class", "table: patient-clas"),
        ("    to: lab", "    to: [lab, lib]"),
        ("    to: lab", "    to: [lab, lab]"),
        ("from: adt-in", "from: adt-on"),
        ("  adt-to-lab:", "  ADT_to_lab:"),
        ("  adt-to-lab:", "  no:"),
        ("  adt-to-lab:", "  lab:"),
        ("tables:\n", "tables:\n  unused-one: { A: B }\n"),
        (
            "destinations:\n",
            "destinations:\n  copies: { file: { folder: out, name: '{MSH-10}' } }\n",
        ),
        (
            "listeners:\n",
            "listeners:\n  oru-in: { mllp: { bind: 127.0.0.1:2577 } }\n",
        ),
        (
            "listeners:\n",
            "listeners:\n  oru-in: { mllp: { bind: 0.0.0.0:2575 } }\n",
        ),
        ("lab.example:2576", "localhost:2575"),
    ]);
    expect![[r#"
        error[unknown-table]: table `patient-clas` is not defined
           ┌─ site/site.yaml:17:43
           │
        17 │       - translate: { field: PV1-2, table: patient-clas }
           │                                           ^^^^^^^^^^^^ did you mean `patient-class`?
           │
           = help: define it under `tables` in any file of the site

        error[unknown-destination]: destination `lib` is not defined
           ┌─ site/site.yaml:18:15
           │
        18 │     to: [lab, lib]
           │               ^^^ did you mean `lab`?
           │
           = help: define it under `destinations` in any file of the site

        error[duplicate-name]: `lab` is listed twice
           ┌─ site/site.yaml:18:15
           │
        18 │     to: [lab, lab]
           │               ^^^

        error[unknown-listener]: listener `adt-on` is not defined
           ┌─ site/site.yaml:12:11
           │
        12 │     from: adt-on
           │           ^^^^^^ did you mean `adt-in`?
           │
           = help: define it under `listeners` in any file of the site

        error[bad-name]: `ADT_to_lab` is no name: names are kebab-case, of at most 64 characters
           ┌─ site/site.yaml:11:3
           │
        11 │   ADT_to_lab:
           │   ^^^^^^^^^^ did you mean `adt-to-lab`?
           │
           = help: begin with a lower case letter; then lower case letters, digits and single hyphens

        error[bad-name]: `no` is no name: many readers of YAML take it for a truth value
           ┌─ site/site.yaml:11:3
           │
        11 │   no:
           │   ^^
           │
           = help: choose another name

        error[duplicate-name]: `lab` is given twice in this site
           ┌─ site/site.yaml:11:3
           │
         6 │   lab:
           │   --- first given here
           ·
        11 │   lab:
           │   ^^^ given again here
           │
           = help: names are unique over listeners, destinations, tables and routes of all files; there is one `engine`

        warning[unused-table]: no step uses table `unused-one`
          ┌─ site/site.yaml:9:3
          │
        9 │   unused-one: { A: B }
          │   ^^^^^^^^^^

        warning[unused-destination]: no route sends to destination `copies`
          ┌─ site/site.yaml:6:3
          │
        6 │   copies: { file: { folder: out, name: '{MSH-10}' } }
          │   ^^^^^^

        warning[unused-listener]: no route takes messages from listener `oru-in`
          ┌─ site/site.yaml:3:3
          │
        3 │   oru-in: { mllp: { bind: 127.0.0.1:2577 } }
          │   ^^^^^^

        error[same-address]: adt-in and oru-in both listen on port 2575
          ┌─ site/site.yaml:5:19
          │
        3 │   oru-in: { mllp: { bind: 0.0.0.0:2575 } }
          │                           ------------ taken here
        4 │   adt-in:
        5 │     mllp: { bind: 127.0.0.1:2575 }
          │                   ^^^^^^^^^^^^^^
          │
          = help: give one of them another port

        error[destination-loop]: what goes to `lab` comes back by `adt-in` and is sent there again
          ┌─ site/site.yaml:7:22
          │
        3 │   adt-in:
          │   ------ the listener it goes to
          ·
        7 │     mllp: { address: localhost:2575 }
          │                      ^^^^^^^^^^^^^^
          │
          = help: give the destination the address of its receiver, or let no route lead back to it

    "#]]
    .assert_eq(&told);
}

#[test]
fn expressions_and_paths() {
    let told = told(&[
        (r#"in ("I", "E")"#, r#"inn ("I", "E")"#),
        (r#"PV1-2 in ("I", "E")"#, "PV1-2 = I"),
        (r#"PV1-2 in ("I", "E")"#, "'PV1-2 in (''I'', E)'"),
        (r#"PV1-2 in ("I", "E")"#, r#""PV1-2 == \"I\"""#),
        ("MSH-5: LAB", "MSH-0: LAB"),
        ("MSH-5: LAB", "msh-5: LAB"),
        ("MSH-5: LAB", "MSH-5: '{uper(MSH-4)}'"),
        ("MSH-5: LAB", "MSH-5: LAB, MSH.5: EHR"),
        ("MSH-5: LAB", "MSH-1: LAB"),
        ("set: { MSH-5: LAB }", "copy: { PID-2.1: PID-3 }"),
        ("set: { MSH-5: LAB }", "copy: { PID-2: PID-2 }"),
        ("set: { MSH-5: LAB }", "remove: [NK1, pid-19]"),
        ("set: { MSH-5: LAB }", "remove: []"),
        ("field: PV1-2", "field: PID-3.99.x"),
        (
            "table: patient-class }",
            "table: patient-class, otherwise: skip }",
        ),
        (
            "table: patient-class }",
            "table: patient-class, otherwise: { valu: U } }",
        ),
    ]);
    expect![[r#"
        error[bad-expression]: expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `inn`
           ┌─ site/site.yaml:14:17
           │
        14 │     when: PV1-2 inn ("I", "E")
           │                 ^^^ did you mean `in`?

        error[bad-expression]: expected a path as `PID-5.1`, a text in quotes, or a number, found `I`
           ┌─ site/site.yaml:14:19
           │
        14 │     when: PV1-2 = I
           │                   ^ did you mean `"I"`?

        error[bad-expression]: expected a text in quotes or a number, found `E`
           ┌─ site/site.yaml:14:29
           │
        14 │     when: 'PV1-2 in (''I'', E)'
           │                             ^

        error[bad-expression]: expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `==`
           ┌─ site/site.yaml:14:18
           │
        14 │     when: "PV1-2 == \"I\""
           │                  ^^ did you mean `=`?

        error[bad-path]: `MSH-0` is not a path: expected a field number from 1 to 999
           ┌─ site/site.yaml:16:20
           │
        16 │       - set: { MSH-0: LAB }
           │                    ^

        error[bad-path]: `msh-5` is not a path: expected a segment name: a capital letter, then two capital letters or digits
           ┌─ site/site.yaml:16:16
           │
        16 │       - set: { msh-5: LAB }
           │                ^^^^^ did you mean `MSH-5`?

        error[bad-expression]: expected one of the functions upper, lower, trim and number, found `uper`
           ┌─ site/site.yaml:16:25
           │
        16 │       - set: { MSH-5: '{uper(MSH-4)}' }
           │                         ^^^^ did you mean `upper`?

        error[contradictory-step]: MSH-5 is set twice
           ┌─ site/site.yaml:16:28
           │
        16 │       - set: { MSH-5: LAB, MSH.5: EHR }
           │                            ^^^^^

        error[invalid-value]: MSH-1 and MSH-2 declare the delimiters of the message and cannot be changed
           ┌─ site/site.yaml:16:16
           │
        16 │       - set: { MSH-1: LAB }
           │                ^^^^^

        error[invalid-value]: PID-3 is wider than PID-2.1: it may hold delimiters that do not fit there
           ┌─ site/site.yaml:16:26
           │
        16 │       - copy: { PID-2.1: PID-3 }
           │                          ^^^^^
           │
           = help: name a part of PID-3, as deep as PID-2.1

        error[contradictory-step]: PID-2 is copied to itself
           ┌─ site/site.yaml:16:24
           │
        16 │       - copy: { PID-2: PID-2 }
           │                        ^^^^^

        error[bad-path]: `pid-19` is not a path: expected a segment name: a capital letter, then two capital letters or digits
           ┌─ site/site.yaml:16:23
           │
        16 │       - remove: [NK1, pid-19]
           │                       ^^^^^^ did you mean `PID-19`?

        error[nothing-to-do]: nothing to remove
           ┌─ site/site.yaml:16:17
           │
        16 │       - remove: []
           │                 ^^

        error[bad-path]: `PID-3.99.x` is not a path: expected a subcomponent number from 1 to 9999
           ┌─ site/site.yaml:17:38
           │
        17 │       - translate: { field: PID-3.99.x, table: patient-class }
           │                                      ^

        error[invalid-value]: `skip` is not one of `fail`, `keep` and `clear`
           ┌─ site/site.yaml:17:69
           │
        17 │       - translate: { field: PV1-2, table: patient-class, otherwise: skip }
           │                                                                     ^^^^

        error[unknown-key]: there is no key `valu` here
           ┌─ site/site.yaml:17:71
           │
        17 │       - translate: { field: PV1-2, table: patient-class, otherwise: { valu: U } }
           │                                                                       ^^^^ did you mean `value`?
           │
           = help: the only key here is `value`

    "#]].assert_eq(&told);
}

#[test]
fn yaml() {
    let told = told(&[
        ("    from: adt-in", "\tfrom: adt-in"),
        ("    from: adt-in", "   from: adt-in"),
        ("[ADT^A01, ADT^A04]", "[ADT^A01, ADT^A04"),
        (r#"when: PV1-2 in ("I", "E")"#, r#"when: "PV1-2 in (I)"#),
        ("set: { MSH-5: LAB }", "remove: [PID-3[2]]"),
        ("    to: lab", "    to: lab\n    to: ehr"),
        ("    to: lab", "    to: *lab"),
        ("    to: lab", "    to: !lab"),
        ("  lab:\n", "  lab: &lab\n"),
    ]);
    expect![[r#"
        error[tab-indentation]: a tab in the indentation
           ┌─ site/site.yaml:12:1
           │
        12 │     from: adt-in
           │ ^^^^ a tab
           │
           = help: indent with spaces

        error[yaml-syntax]: this is not YAML: mapping values are not allowed in this context
           ┌─ site/site.yaml:13:13
           │
        13 │     messages: [ADT^A01, ADT^A04]
           │             ^
           │
           = help: either this line is indented differently from the one it belongs to, or a value that holds `: ` needs quotes

        error[yaml-syntax]: this is not YAML: illegal placement of ':' indicator
           ┌─ site/site.yaml:14:9
           │
        14 │     when: PV1-2 in ("I", "E")
           │         ^
           │
           = help: look, here and in the lines above, for a `{` or `[` that is not closed, or a comma that is missing

        error[yaml-syntax]: this is not YAML: invalid indentation in quoted scalar
           ┌─ site/site.yaml:14:11
           │
        14 │     when: "PV1-2 in (I)
           │           ^
           │
           = help: a quote that is opened before this place is not closed

        error[yaml-syntax]: this is not YAML: while parsing a flow sequence, expected ',' or ']'
           ┌─ site/site.yaml:16:23
           │
        16 │       - remove: [PID-3[2]]
           │                       ^
           │
           = help: a path with brackets needs quotes inside `[ ]` and `{ }`: "PID-3[2]"

        error[duplicate-key]: `to` is given twice in one mapping
           ┌─ site/site.yaml:19:5
           │
        18 │     to: lab
           │     -- first given here
        19 │     to: ehr
           │     ^^ given again here
           │
           = help: keep one of the two

        error[unsupported-yaml]: an alias (`*name`) is not part of site files
           ┌─ site/site.yaml:18:9
           │
        18 │     to: *lab
           │         ^
           │
           = help: write the value where it is used; a text that begins with `!`, `&` or `*` needs quotes

        error[unsupported-yaml]: a tag (`!name`) is not part of site files
           ┌─ site/site.yaml:18:9
           │
        18 │     to: !lab
           │         ^^^^
           │
           = help: write the value where it is used; a text that begins with `!`, `&` or `*` needs quotes

        error[unsupported-yaml]: an anchor (`&name`) is not part of site files
          ┌─ site/site.yaml:6:8
          │
        6 │   lab: &lab
          │        ^^^^
          │
          = help: write the value where it is used; a text that begins with `!`, `&` or `*` needs quotes

    "#]].assert_eq(&told);
}

#[test]
fn several_files() {
    let shown = shown(&[
        ("engine.yaml", ENGINE),
        ("more/a.yaml", "tables:\n  one: { A: B }\n"),
        (
            "more/b.yaml",
            "tables:\n  one: { C: D }\nengine: { data: elsewhere }\n",
        ),
        ("more/c.yaml", "- a list\n"),
        ("more/d.yaml", "routes:\n"),
    ]);
    expect![[r#"
        error[duplicate-name]: `one` is given twice in this site
          ┌─ site/more/b.yaml:2:3
          │
        2 │   one: { C: D }
          │   ^^^ given again here
          │
          ┌─ site/more/a.yaml:2:3
          │
        2 │   one: { A: B }
          │   --- first given here
          │
          = help: names are unique over listeners, destinations, tables and routes of all files; there is one `engine`

        error[duplicate-name]: `engine` is given twice in this site
          ┌─ site/more/b.yaml:3:1
          │
        3 │ engine: { data: elsewhere }
          │ ^^^^^^ given again here
          │
          ┌─ site/engine.yaml:1:1
          │
        1 │ engine: { data: ../data }
          │ ------ first given here
          │
          = help: names are unique over listeners, destinations, tables and routes of all files; there is one `engine`

        error[wrong-type]: a file of a site is a mapping of `engine`, `listeners` and so on
          ┌─ site/more/c.yaml:1:1
          │
        1 │ - a list
          │ ^^^^^^^^

    "#]]
    .assert_eq(&shown);
}

/// Many mistakes are told together, and what is wrong in one place hides nothing in another.
#[test]
fn all_at_once() {
    let yaml = RIGHT
        .replace("bind: 127.0.0.1:2575", "bind: nowhere, fast: true, slow: true")
        .replace("address: lab", "acknowledgment_timeout: soon, address: lab")
        .replace("PV1-2 in", "PV1-2 on")
        .replace("MSH-5: LAB", "MSH-5: { a: b }")
        .replace("table: patient-class", "table: patient-clas")
        .replace("to: lab", "to: lob");
    expect![[r#"
        error[invalid-value]: expected an address and a port, as `127.0.0.1:2575`
          ┌─ site/site.yaml:4:19
          │
        4 │     mllp: { bind: nowhere, fast: true, slow: true }
          │                   ^^^^^^^

        error[unknown-key]: there is no key `fast` here
          ┌─ site/site.yaml:4:28
          │
        4 │     mllp: { bind: nowhere, fast: true, slow: true }
          │                            ^^^^
          │
          = help: the keys here are `bind`, `frame_bytes_max`, `frame_deadline`, `idle_timeout`, `write_timeout`, `connections_max`, `connections_per_address_max`, `pipeline_max`, `framing`, `stop_grace` and `acknowledgment`

        error[unknown-key]: there is no key `slow` here
          ┌─ site/site.yaml:4:40
          │
        4 │     mllp: { bind: nowhere, fast: true, slow: true }
          │                                        ^^^^
          │
          = help: the keys here are `bind`, `frame_bytes_max`, `frame_deadline`, `idle_timeout`, `write_timeout`, `connections_max`, `connections_per_address_max`, `pipeline_max`, `framing`, `stop_grace` and `acknowledgment`

        error[invalid-value]: expected a duration with its unit, as `500ms`, `30s`, `5m`, `12h` or `30d`
          ┌─ site/site.yaml:7:37
          │
        7 │     mllp: { acknowledgment_timeout: soon, address: lab.example:2576 }
          │                                     ^^^^

        error[bad-expression]: expected a comparison (`=`, `!=`, `<`, `in`, …), `exists`, `valued` or `is null`, found `on`
           ┌─ site/site.yaml:14:17
           │
        14 │     when: PV1-2 on ("I", "E")
           │                 ^^ did you mean `in`?

        error[wrong-type]: found a mapping, expected a text
           ┌─ site/site.yaml:16:23
           │
        16 │       - set: { MSH-5: { a: b } }
           │                       ^^^^^^^^

        error[unknown-table]: table `patient-clas` is not defined
           ┌─ site/site.yaml:17:43
           │
        17 │       - translate: { field: PV1-2, table: patient-clas }
           │                                           ^^^^^^^^^^^^ did you mean `patient-class`?
           │
           = help: define it under `tables` in any file of the site

        error[unknown-destination]: destination `lob` is not defined
           ┌─ site/site.yaml:18:9
           │
        18 │     to: lob
           │         ^^^ did you mean `lab`?
           │
           = help: define it under `destinations` in any file of the site

    "#]].assert_eq(&shown(&[("site.yaml", &yaml)]));
}

/// What a file that cannot be read may define is not told as undefined.
#[test]
fn a_broken_file_brings_no_others_into_disrepute() {
    let (engine, routes) = RIGHT.split_once("tables:").unwrap();
    let shown = shown(&[
        (
            "engine.yaml",
            &engine.replace("lab.example:2576 }", "lab.example:2576"),
        ),
        ("routes.yaml", &format!("tables:{routes}")),
    ]);
    expect![[r#"
        error[yaml-syntax]: this is not YAML: while parsing a flow mapping, did not find expected ',' or '}'
          ┌─ site/engine.yaml:7:38
          │
        7 │     mllp: { address: lab.example:2576
          │                                      ^
          │
          = help: look, here and in the lines above, for a `{` or `[` that is not closed, or a comma that is missing

    "#]]
    .assert_eq(&shown);
}

#[test]
fn colors_only_when_asked_for() {
    let (_, problems) = load_files(&[("site.yaml", "x: y\n")]);
    assert!(problems.render(true).contains('\u{1b}'));
    assert!(!problems.render(false).contains('\u{1b}'));
}

#[test]
fn places_for_programs() {
    let (_, problems) = load_files(&[(
        "site.yaml",
        &RIGHT.replace("table: patient-class", "table: patient-clas"),
    )]);
    let problem = problems.iter().next().unwrap();
    let location = problems.location(problem).unwrap();
    assert_eq!((location.line, location.column), (17, 43));
    assert_eq!(problem.setting, "routes.adt-to-lab.steps[1].translate.table");
    assert_eq!(problem.suggestion.as_deref(), Some("patient-class"));
}
