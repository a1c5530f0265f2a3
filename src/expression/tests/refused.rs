//! What is refused: where the caret stands, with which words, and what is suggested.

#![expect(
    clippy::needless_raw_string_hashes,
    reason = "expect-test writes its snapshots so"
)]

use expect_test::expect;

use super::*;

/// Shows the place under the text, then the words.
fn shown(text: &str, error: &ExpressionError) -> String {
    let caret = "^".repeat(error.length.max(1));
    let suggestion = error
        .suggestion
        .as_ref()
        .map(|word| format!(" (did you mean {word}?)"));
    format!(
        "{text}\n{}{caret} {error}{}\n",
        " ".repeat(error.offset),
        suggestion.unwrap_or_default()
    )
}

/// What is wrong with each of these conditions.
fn conditions(texts: &[&str]) -> String {
    let errors = texts.iter().map(|text| {
        let error = in_route(|known| Condition::parse(text, known)).expect_err(text);
        shown(text, &error)
    });
    errors.collect()
}

/// What is wrong with each of these templates.
fn templates(texts: &[&str]) -> String {
    let errors = texts.iter().map(|text| {
        let error = in_route(|known| Template::parse(text, known)).expect_err(text);
        shown(text, &error)
    });
    errors.collect()
}

const REFUSED: &[&str] = &[
    "",
    "PV1-2",
    "PV1-2 == 'I'",
    "PV1-2 = I",
    "PV1-2 = 'I",
    "PV1-2 inn ('I')",
    "PV1-2 in 'I'",
    "PV1-2 in ('I' 'E')",
    "PV1-2 in (PV1-3)",
    "PV1-2 in ('I', 3)",
    "PV1-2 exist",
    "NOT PV1-2 exists",
    "PV1-2 exists AND PV1-3 exists",
    "PV1-2 exists && PV1-3 exists",
    "PID-3.99.x = '1'",
    "PID-0 exists",
    "PIDD-3 exists",
    "pid-3 exists",
    "PID = '1'",
    "PID-1 < 12",
    "number(PID-1) < '12'",
    "number(PID-1) < PID-2",
    "number(PID-1) = 1234567890123456",
    "uper(PID-5) = 'X'",
    "contains(PID-5, 'X')",
    "upper(number(PID-5)) = 'X'",
    "upper(PID-5 = 'X'",
    "(PV1-2 = 'I'",
    "PV1-2 = 'I')",
    "'x' exists",
    "PV1-2 = 12a",
    "PV1-2 = null",
    "PV1-2 in (NULL)",
    "PV1-2 is empty",
];

#[test]
fn refused_conditions() {
    let refused = conditions(REFUSED);
    expect![[r#"

        ^ expected a path as `PID-5.1`, a text in quotes, a number, or a function
        PV1-2
             ^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`
        PV1-2 == 'I'
              ^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `==` (did you mean =?)
        PV1-2 = I
                ^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `I` (did you mean "I"?)
        PV1-2 = 'I
                ^ expected the quote that closes this text, found `'`
        PV1-2 inn ('I')
              ^^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `inn` (did you mean in?)
        PV1-2 in 'I'
                 ^ expected a list, as `("A01", "A04")`, found `'`
        PV1-2 in ('I' 'E')
                      ^ expected `,` or `)`, found `'`
        PV1-2 in (PV1-3)
                  ^^^^^ expected a text in quotes or a number, found `PV1-3` (did you mean "PV1-3"?)
        PV1-2 in ('I', 3)
                       ^ expected a text here, and this is a number (did you mean "3"?)
        PV1-2 exist
              ^^^^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `exist` (did you mean exists?)
        NOT PV1-2 exists
        ^^^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `NOT` (did you mean not?)
        PV1-2 exists AND PV1-3 exists
                     ^^^ expected `and`, `or` or the end, found `AND` (did you mean and?)
        PV1-2 exists && PV1-3 exists
                     ^^ expected `and`, `or` or the end, found `&&` (did you mean and?)
        PID-3.99.x = '1'
                 ^ expected a subcomponent number from 1 to 9999, found `x`
        PID-0 exists
            ^ expected a field number from 1 to 999, found `0`
        PIDD-3 exists
           ^^^ expected `-` and a field number, or the end of the path, found `D-3`
        pid-3 exists
        ^^^^^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `pid-3` (did you mean PID-3?)
        PID = '1'
           ^ expected `-` and a field number
        PID-1 < 12
        ^^^^^ expected a number here, and this is a text (did you mean number(PID-1)?)
        number(PID-1) < '12'
                        ^^^^ expected a number here, and this is a text (did you mean 12?)
        number(PID-1) < PID-2
                        ^^^^^ expected a number here, and this is a text (did you mean number(PID-2)?)
        number(PID-1) = 1234567890123456
                        ^^^^^^^^^^^^^^^^ expected a number of at most 15 digits
        uper(PID-5) = 'X'
        ^^^^ expected one of the functions upper, lower, trim, left, right, mid, pad, replace, split, concat, join, length, number, round, count, first, last, coalesce, lookup, date, now, add_days, age, uuid, raw, hash, found `uper` (did you mean upper?)
        contains(PID-5, 'X')
        ^^^^^^^^ expected `TEXT contains TEXT`, which is no function, found `contains`
        upper(number(PID-5)) = 'X'
              ^^^^^^^^^^^^^ expected a text here, and this is a number
        upper(PID-5 = 'X'
                    ^ expected `,` or `)`, found `=`
        (PV1-2 = 'I'
                    ^ expected `)`, `and` or `or`
        PV1-2 = 'I')
                   ^ expected `and`, `or` or the end, found `)`
        'x' exists
        ^^^ expected a path before `exists`, `valued` and `is null`
        PV1-2 = 12a
                ^^^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `12a` (did you mean "12a"?)
        PV1-2 = null
                ^^^^ expected a text in quotes or a number; the HL7 null is asked for as `PID-5 is null`, and nothing as `not PID-5 valued`, found `null`
        PV1-2 in (NULL)
                  ^^^^ expected a text in quotes or a number; the HL7 null is asked for as `PID-5 is null`, and nothing as `not PID-5 valued`, found `NULL`
        PV1-2 is empty
              ^^ expected `is null` for the HL7 null, `valued`, or `not PID-5 valued` for what is absent or empty, found `is`
    "#]].assert_eq(&refused);
}

#[test]
fn refused_templates() {
    let texts = [
        "x {MSH-10",
        "x {}",
        "x {MSH-0} y",
        "x {upper MSH-4}",
        "x {MSH-4 = 'a'}",
        "x {lowr(MSH-4)}",
    ];
    let refused = templates(&texts);
    expect![[r#"
        x {MSH-10
                 ^ expected `}` after the value
        x {}
           ^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `}`
        x {MSH-0} y
               ^ expected a field number from 1 to 999, found `0`
        x {upper MSH-4}
                 ^^^^^ expected `(` after the function, found `MSH-4`
        x {MSH-4 = 'a'}
                 ^ expected `}` after the value, found `=`
        x {lowr(MSH-4)}
           ^^^^ expected one of the functions upper, lower, trim, left, right, mid, pad, replace, split, concat, join, length, number, round, count, first, last, coalesce, lookup, date, now, add_days, age, uuid, raw, hash, found `lowr` (did you mean lower?)
    "#]].assert_eq(&refused);
}

const WRONG_ARGUMENTS: &[&str] = &[
    "{uppr(PID-5)}",
    "{substring(PID-5, 1)}",
    "{upper()}",
    "{upper(PID-5, PID-6)}",
    "{upper(12)}",
    "{upper(OBX[*]-5)}",
    "{OBX[*]-5}",
    "{left(PID-5)}",
    "{left(PID-5, PID-6)}",
    "{left(PID-5, \"2\")}",
    "{pad(PID-5, 3, \"ab\")}",
    "{replace(PID-5, /(/, \"\")}",
    "{replace(PID-5, /a, \"\")}",
    "{replace(PID-5, /\\w{999}{999}/, \"\")}",
    "{replace(PID-5, /(a)(b)/, \"x $1_$2\")}",
    "{replace(PID-5, /a/, \"[$1]\")}",
    "{replace(PID-5, /(?<one>a)/, \"${one} $0 $$ ${two}\")}",
    "{split(PID-5, \"-\")}",
    "{count(PID-3)}",
    "{count(\"x\")}",
    "{first(PID-3.1)}",
    "{raw(OBX[*]-5)}",
    "{raw(upper(PID-5))}",
];

const WRONG_NAMES: &[&str] = &[
    "{lookup(\"patient-clas\", PV1-2)}",
    "{lookup(patient-class, PV1-2)}",
    "{lookup(\"units\", PV1-2)}",
    "{lookup(\"units\", PV1-2, \"nam\")}",
    "{date(PID-7, \"yyyy-MM-dd\")}",
    "{date(PID-7, \"%Y-%i\")}",
    "{date(PID-7, PID-8)}",
    "{date(PID-7, \"%Y\", \"Europe/Berln\")}",
    "{now(1)}",
    "{add_days(PID-7)}",
    "{add_days(PID-7, number(PID-1)",
    "{OBX}",
    "{upper(/a/)}",
    "{round(PID-1)}",
    "{join(\",\")}",
];

/// Calls of functions: the number of arguments and their kinds.
#[test]
fn refused_arguments() {
    let refused = templates(WRONG_ARGUMENTS);
    expect![[r#"
        {uppr(PID-5)}
         ^^^^ expected one of the functions upper, lower, trim, left, right, mid, pad, replace, split, concat, join, length, number, round, count, first, last, coalesce, lookup, date, now, add_days, age, uuid, raw, hash, found `uppr` (did you mean upper?)
        {substring(PID-5, 1)}
         ^^^^^^^^^ expected one of the functions upper, lower, trim, left, right, mid, pad, replace, split, concat, join, length, number, round, count, first, last, coalesce, lookup, date, now, add_days, age, uuid, raw, hash, found `substring` (did you mean mid?)
        {upper()}
               ^ expected more: upper(TEXT)
        {upper(PID-5, PID-6)}
                      ^^^^^ expected `)`: upper(TEXT)
        {upper(12)}
               ^^ expected a text here, and this is a number (did you mean "12"?)
        {upper(OBX[*]-5)}
               ^^^^^^^^ expected one value: a path with `[*]` may have several (did you mean first(OBX[*]-5)?)
        {OBX[*]-5}
         ^^^^^^^^ expected one value: a path with `[*]` may have several (did you mean first(OBX[*]-5)?)
        {left(PID-5)}
                   ^ expected more: left(TEXT, NUMBER)
        {left(PID-5, PID-6)}
                     ^^^^^ expected a number here, and this is a text (did you mean number(PID-6)?)
        {left(PID-5, "2")}
                     ^^^ expected a number here, and this is a text (did you mean 2?)
        {pad(PID-5, 3, "ab")}
                       ^^^^ expected one character to fill with, in quotes
        {replace(PID-5, /(/, "")}
                         ^ expected a regular expression as the Rust crate `regex` reads it: no look-around, no back-references
        {replace(PID-5, /a, "")}
                        ^ expected the slash that closes this regular expression, found `/`
        {replace(PID-5, /\w{999}{999}/, "")}
                         ^^^^^^^^^^^^ expected a smaller regular expression
        {replace(PID-5, /(a)(b)/, "x $1_$2")}
                                  ^^^^^^^^^ expected groups that the pattern has, and it has no `1_`: write `${1}_` for what group 1 found and then `_`
        {replace(PID-5, /a/, "[$1]")}
                             ^^^^^^ expected groups that the pattern has, and it has no `1`: write `$$` for a dollar sign
        {replace(PID-5, /(?<one>a)/, "${one} $0 $$ ${two}")}
                                     ^^^^^^^^^^^^^^^^^^^^^ expected groups that the pattern has, and it has no `two`: write `$$` for a dollar sign
        {split(PID-5, "-")}
                         ^ expected more: split(TEXT, SEPARATOR, NUMBER)
        {count(PID-3)}
               ^^^^^ expected a path with `[*]`: this one has one value at most (did you mean PID-3[*]?)
        {count("x")}
               ^^^ expected a path as `PID-5.1`
        {first(PID-3.1)}
               ^^^^^^^ expected a path with `[*]`: this one has one value at most (did you mean PID-3[*].1?)
        {raw(OBX[*]-5)}
             ^^^^^^^^ expected a path without `[*]`
        {raw(upper(PID-5))}
             ^^^^^^^^^^^^ expected a path as `PID-5.1`
    "#]].assert_eq(&refused);
}

/// Calls of functions: tables, columns, patterns and zones.
#[test]
fn refused_names() {
    let refused = templates(WRONG_NAMES);
    expect![[r#"
        {lookup("patient-clas", PV1-2)}
                ^^^^^^^^^^^^^^ expected the name of a table of the site (did you mean "patient-class"?)
        {lookup(patient-class, PV1-2)}
                ^^^^^^^^^^^^^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `patient-class` (did you mean "patient-class"?)
        {lookup("units", PV1-2)}
                              ^ expected a column, as the table has several: ehr, lab, name
        {lookup("units", PV1-2, "nam")}
                                ^^^^^ expected a column of the table: ehr, lab, name (did you mean "name"?)
        {date(PID-7, "yyyy-MM-dd")}
                     ^^^^^^^^^^^^ expected a pattern of strftime, as `%Y-%m-%d %H:%M:%S` (did you mean "%Y-%m-%d"?)
        {date(PID-7, "%Y-%i")}
                     ^^^^^^^ expected a pattern of strftime, as `%Y-%m-%d %H:%M:%S`
        {date(PID-7, PID-8)}
                     ^^^^^ expected a text in quotes
        {date(PID-7, "%Y", "Europe/Berln")}
                           ^^^^^^^^^^^^^^ expected the name of a time zone, as `Europe/Berlin` (did you mean "Europe/Berlin"?)
        {now(1)}
             ^ expected `)`: now()
        {add_days(PID-7)}
                       ^ expected more: add_days(TIME, NUMBER)
        {add_days(PID-7, number(PID-1)
                                      ^ expected `,` or `)`
        {OBX}
            ^ expected `-` and a field number
        {upper(/a/)}
               ^^^ expected a text; a regular expression stands after `matches` and in `replace`
        {round(PID-1)}
               ^^^^^ expected a number here, and this is a text (did you mean number(PID-1)?)
        {join(",")}
                 ^ expected more: join(SEPARATOR, VALUE, …)
    "#]].assert_eq(&refused);
}

/// Comparisons that cannot be meant.
#[test]
fn refused_comparisons() {
    let refused = conditions(&[
        "PID-5 matches 'x'",
        "PID-5 matches /x",
        "PID-5 matches /(?=x)/",
        "number(PID-5) matches /1/",
        "PID-5 not matches /1/",
        "PID-5 =~ /1/",
        "PID-5 like 'x'",
        "PID-5 startsWith 'x'",
        "PID-5 starts 'x'",
        "PID-5 contains 12",
        "number(PID-1) contains '1'",
        "count(OBX) = '3'",
        "replace(OBX[*]-5, OBX[*]-6, '') = 'x'",
        "PID-5 = ('a', 'b')",
        "OBX[-3.1=] exists",
        "OBX[*] valued",
        "PID-3[.5=M R] exists",
        "count(OBX) exists",
        "PID-5.1.1.1 = 'x'",
        "PIDX = 'x'",
    ]);
    expect![[r#"
        PID-5 matches 'x'
                      ^ expected a regular expression between slashes, as `/^A0/`, found `'`
        PID-5 matches /x
                      ^ expected the slash that closes this regular expression, found `/`
        PID-5 matches /(?=x)/
                       ^^^^^ expected a regular expression as the Rust crate `regex` reads it: no look-around, no back-references
        number(PID-5) matches /1/
        ^^^^^^^^^^^^^ expected a text here, and this is a number
        PID-5 not matches /1/
              ^^^ expected `in` after `not`; before a whole comparison it stands as in `not PID-5 valued`, found `not`
        PID-5 =~ /1/
              ^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `=~` (did you mean matches?)
        PID-5 like 'x'
              ^^^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `like` (did you mean matches?)
        PID-5 startsWith 'x'
              ^^^^^^^^^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `startsWith` (did you mean starts with?)
        PID-5 starts 'x'
              ^^^^^^ expected a comparison (`=`, `!=`, `<`, `in`, `matches`, `contains`, …), `exists`, `valued` or `is null`, found `starts` (did you mean starts with?)
        PID-5 contains 12
                       ^^ expected a text here, and this is a number (did you mean "12"?)
        number(PID-1) contains '1'
        ^^^^^^^^^^^^^ expected a text here, and this is a number
        count(OBX) = '3'
                     ^^^ expected a number here, and this is a text (did you mean 3?)
        replace(OBX[*]-5, OBX[*]-6, '') = 'x'
                          ^^^^^^^^ expected one path with `[*]` on this side of the comparison, not two
        PID-5 = ('a', 'b')
                ^ expected one value; `in` compares with a list, found `(`
        OBX[-3.1=] exists
                 ^ expected a value; in quotes, if it is not of letters and digits, found `]`
        OBX[*] valued
              ^ expected `-` and a field number
        PID-3[.5=M R] exists
                  ^ expected `]`, or quotes around the whole value, found ` `
        count(OBX) exists
        ^^^^^^^^^^ expected a path before `exists`, `valued` and `is null`
        PID-5.1.1.1 = 'x'
                 ^^ expected `-` and a field number, or the end of the path, found `.1`
        PIDX = 'x'
        ^^^^ expected a path as `PID-5.1`, a text in quotes, a number, or a function, found `PIDX` (did you mean "PIDX"?)
    "#]].assert_eq(&refused);
}

/// Where nothing was received, there is no time of receipt; and no tables where there are none.
#[test]
fn refused_without_a_receipt() {
    let texts = [
        "{now()}",
        "{uuid()}",
        "{age(PID-7)}",
        "{lookup(\"patient-class\", PV1-2)}",
    ];
    let refused = texts.map(|text| shown(text, &Template::parse(text, Known::nothing()).unwrap_err()));
    expect![[r#"
        {now()}
         ^^^^^ expected a function that does not ask when the message was received: here, that is not known
        {uuid()}
         ^^^^^^ expected a function that does not ask when the message was received: here, that is not known
        {age(PID-7)}
         ^^^^^^^^^^ expected a function that does not ask when the message was received: here, that is not known
        {lookup("patient-class", PV1-2)}
                ^^^^^^^^^^^^^^^ expected the name of a table of the site
    "#]]
    .assert_eq(&refused.concat());
    assert!(Template::parse("{age(PID-7, MSH-7)}", Known::nothing()).is_ok());
}
