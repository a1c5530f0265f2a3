//! Scripts by example: what they can do, what they cannot reach, and what it costs them to try.

use super::super::{Change, Notes};
use super::*;
use crate::expression::Context;
use crate::hl7::{Message, Terminators};
use crate::problem::{Content, Node};
use crate::table::Table;

const ORU: &str = "MSH|^~\\&|LAB|W|||20240102||ORU^R01^ORU_R01|1|P|2.5.1\r\
    PID|1|X|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"\rOBX|1|NM|GLU||9\rNTE|1||a\\T\\b\rOBX|2|NM|NA||140\r";

fn compiled(text: &str) -> Result<Script, String> {
    let source = Source {
        id: 0,
        name: String::new(),
        text: String::new(),
        root: Node {
            bytes: 0..0,
            content: Content::Mapping(Vec::new()),
        },
    };
    let units = Table::new("units".into(), [("mg".to_owned(), "MG".to_owned())]);
    let tables = Tables::from([("units".into(), Arc::new(units))]);
    let known = Known {
        tables: &tables,
        is_received: true,
    };
    let mut problems = Problems::new();
    let settings = Settings::Text(text.to_owned());
    let script = settings.check(None, &Place::root(&source), known, &mut problems);
    script.ok_or_else(|| problems.iter().map(|problem| problem.message.clone()).collect())
}

/// Runs a script over a message; the changed lines, or why it ended.
fn run_over(given: &str, text: &str, notes: &mut Notes) -> String {
    let script = match compiled(text) {
        Ok(script) => script,
        Err(told) => return format!("not compiled: {told}"),
    };
    let context = Context::none();
    let message = Message::parse(given.to_owned().into()).unwrap();
    let mut run = Run::new(message, &context, notes);
    match script.run(&mut run) {
        Ok(()) => {
            let written = String::from_utf8(run.message.write(Terminators::Cr).to_vec()).unwrap();
            let is_new = |line: &&str| !given.split('\r').any(|old| old == *line);
            written
                .split_terminator('\r')
                .filter(is_new)
                .collect::<Vec<_>>()
                .join(" ")
        }
        Err(stop) => stop.to_string(),
    }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    assert_eq!(run_over(ORU, text, &mut Notes::default()), expected, "{text}");
}

/// What a script makes of an expression, as the value of ZZZ-1.
#[track_caller]
fn value(expression: &str, expected: &str) {
    check(
        &format!("set(\"ZZZ-1\", `${{{expression}}}`)"),
        &format!("ZZZ|{expected}"),
    );
}

#[test]
fn reads_the_message() {
    value("get(\"PID-5.1\")", "DOE");
    value("get(\"NTE-3\").len()", "3");
    value("get_raw(\"NTE-3\").len()", "5");
    value("get_raw(\"PID-7\")", "\"\"");
    value("get(\"PID-7\").len()", "0");
    value("get(\"PID-3[.5=PI].1\")", "34");
    value("get(\"PID-30\").len()", "0");
    value("get_all(\"OBX[*]-5\").len()", "2");
    value("get_all(\"OBX[*]-5\").item(2)", "140");
    value("get_all(\"OBX[*]-5\").item(3).len()", "0");
    value("get_all(\"OBX[*]-5\").join(\"-\")", "9-140");
    value("get_all(\"OBX[*]-5\").contains(\"9\")", "true");
    value("split(\"a,b,c\", \",\").item(2)", "b");
    value("count(\"OBX\")", "2");
    value("count(\"PID-3\")", "2");
    value("count(\"ZAB\")", "0");
    value("segments().len()", "5");
    value("segments().item(5)", "OBX");
    value("exists(\"PID-7\")", "true");
    value("valued(\"PID-7\")", "false");
    value("is_null(\"PID-7\")", "true");
    value("exists(\"PID-30\")", "false");
    value("lookup(\"units\", \"mg\")", "MG");
    value("lookup(\"units\", \"mg\", \"value\")", "MG");
    value("lookup(\"units\", \"kg\") == ()", "true");
}

#[test]
fn rounds_as_people_write_numbers() {
    value("0.1 + 0.2", "0.30000000000000004");
    value("round(0.1 + 0.2, 1)", "0.3");
    value("(0.1 + 0.2).round(9)", "0.300000000");
    value("round(2.675, 2)", "2.68");
    value("round(1.005 * 1000.0, 0)", "1005");
    value("round(-0.25, 1)", "-0.3");
    value("round(-0.001, 2)", "0.00");
    value("round(7, 2)", "7.00");
    value("round(get(\"OBX-5\"), 1)", "9.0");
    value("round(123456789012345.4, 0)", "123456789012345");
    let number = "line 1 of the script: `round` takes a number of at most 15 digits";
    check("round(1e15, 0)", number);
    check("round(0.0 / 0.0, 1)", number);
    check("round(get(\"PID-5\"), 1)", number);
    check("round(true, 1)", number);
    check(
        "round(1.5, 10)",
        "line 1 of the script: `round` takes 0 to 9 decimals",
    );
    check(
        "round(1.5, -1)",
        "line 1 of the script: `round` takes 0 to 9 decimals",
    );
}

#[test]
fn changes_the_message() {
    check(
        "set(\"PID-5.2\", \"BEN\"); set(\"PID-2\", 7 * 6)",
        "PID|1|42|12^^^W^MR~34^^^W^PI||DOE^BEN||\"\"",
    );
    check(
        "set(\"OBX[*]-11\", \"F\")",
        "OBX|1|NM|GLU||9||||||F OBX|2|NM|NA||140||||||F",
    );
    check(
        "set(\"PID-2\", \"a|b^c\\r\")",
        "PID|1|a\\F\\b\\S\\c\\X0D\\|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    check(
        "set_raw(\"PID-5\", \"A^B\"); set_null(\"PID-2\")",
        "PID|1|\"\"|12^^^W^MR~34^^^W^PI||A^B||\"\"",
    );
    check(
        "remove(\"PID-3[.5=MR]\"); remove(\"NTE\")",
        "PID|1|X|34^^^W^PI||DOE^ANNA||\"\"",
    );
    check(
        "let n = insert_after(\"OBX[1]\", \"NTE\"); set(`${n}-3`, n)",
        "NTE|||NTE[1]",
    );
    check(
        "fn twice(x) { x * 2 } set(\"OBX-1\", twice(2));",
        "OBX|4|NM|GLU||9",
    );
    check(
        "let n = 0; for value in get_all(\"OBX[*]-5\") { n += parse_int(value); } set(\"OBX-5\", n)",
        "OBX|1|NM|GLU||149",
    );
    check(
        "let m = #{ a: \"x\" }; set(\"OBX-5\", m.a + m.get(\"a\"))",
        "OBX|1|NM|GLU||xx",
    );
    check(
        "let x = get(\"PID-5.1\"); x.replace(\"O\", \"0\"); set(\"PID-5.1\", x)",
        "PID|1|X|12^^^W^MR~34^^^W^PI||D0E^ANNA||\"\"",
    );
}

#[test]
fn ends_its_route() {
    check("fail(\"no unit\")", "no unit");
    check("drop(\"not ours\")", "dropped: not ours");
    check("try { fail(\"no unit\") } catch { }", "no unit");
    check(
        "fail(\"patient \" + get(\"PID-5.1\"))",
        "the script ended with a reason that does not stand in it",
    );
    check("if get(\"OBX-2\") == \"NM\" { return; } fail(\"no\")", "");
}

#[test]
fn faults_name_their_line_and_no_content() {
    let path = "expected a segment name: a capital letter, then two capital letters or digits";
    check(
        "\n\nlet p = \"pid-5\"; get(p)",
        &format!("line 3 of the script: `pid-5` is not a path: {path}"),
    );
    check(
        "get(get(\"PID-5.1\") + \"!\")",
        "line 1 of the script: this is not a path: expected `-` and a field number",
    );
    check(
        "set(\"ZZZ[4]-1\", 1)",
        "line 1 of the script: the segment is missing; only the next one of its name can be added, this message has 0",
    );
    check(
        "set(\"MSH-\" + 1, \"#\")",
        "line 1 of the script: declares the delimiters and cannot be set or copied",
    );
    check(
        "set(\"PID-2\", lookup(\"units\", \"kg\"))",
        "line 1 of the script: `set` takes a text or a number; `lookup` gives neither where a code is missing",
    );
    check(
        "lookup(\"uni\" + \"t\", \"kg\")",
        "line 1 of the script: there is no table of this name",
    );
    check(
        "throw get(\"PID-5.1\")",
        "line 1 of the script: the script threw an error, or a value is not of the form that is expected",
    );
    check(
        "parse_int(get(\"PID-5.1\"))",
        "line 1 of the script: a number is too large, no number, or divided by zero",
    );
    check(
        "set_raw(\"PID-2\", 7)",
        "line 1 of the script: `set_raw` does not take such values",
    );
    check(
        "get(\"PID-5.1\") - 1",
        "line 1 of the script: `-` does not take such values",
    );
    check(
        "let name = \"MSH\"; remove(name)",
        "line 1 of the script: a message cannot be without its MSH",
    );
    check(
        "remove(\"MSH-\" + 2)",
        "line 1 of the script: MSH-1 and MSH-2 declare the delimiters of the message and cannot be changed",
    );
    check(
        "1 / 0",
        "line 1 of the script: a number is too large, no number, or divided by zero",
    );
    check(
        "let m = #{}; m.a",
        "line 1 of the script: there is no such element",
    );
    check(
        "fn f(x) {\n get(x) }\nf(\"x\")",
        &format!("line 2 of the script: `x` is not a path: {path}"),
    );
}

/// What fails whenever the script comes to it is told before it runs.
#[test]
fn told_before_it_runs() {
    let check = |text: &str, expected: &str| check(text, &format!("not compiled: {expected}"));
    check("uper(get(\"PID-5.1\"))", "there is no function `uper`");
    check("get(\"PID-5\").uper()", "there is no function `uper`");
    check("if false { gett(\"PID-5\"); }", "there is no function `gett`");
    check("fn f(x) { g(x) } f(1)", "there is no function `g`");
    check("get()", "`get` takes 1 or 2 values, not 0");
    check("lookup(\"units\")", "`lookup` takes 2 or 3 values, not 1");
    check("fn f(x) { x } f(1, 2)", "`f` takes 1 value, not 2");
    let path = "expected a segment name: a capital letter, then two capital letters or digits";
    check("get(\"pid-5\")", &format!("`pid-5` is not a path: {path}"));
    check(
        "fn f() { `${count(\"PID_3\")}` }",
        "`PID_3` is not a path: expected the end of the path",
    );
    check(
        "set(\"MSH-1\", \"#\")",
        "MSH-1 and MSH-2 declare the delimiters of the message and cannot be changed",
    );
    check("remove(\"MSH\")", "a message cannot be without its MSH");
    check(
        "insert_after(\"PID\", \"nte\")",
        "`nte` is no name of a segment: a capital letter, then two capital letters or digits",
    );
    check("lookup(\"nope\", \"x\")", "table `nope` is not defined");
    check(
        "lookup(\"units\", \"x\", \"y\")",
        "table `units` has no column `y`",
    );
}

/// What a script defines is its own, whatever it is called; what is put together is not read before.
#[test]
fn not_told_before_it_runs() {
    check(
        "fn get(x) { x } set(\"PID-2\", get(\"pid\"))",
        "PID|1|pid|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    check(
        "fn add(n) { this + n } let x = 1; set(\"PID-2\", x.add(2))",
        "PID|1|3|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    check(
        "set(\"PID-2\", type_of(1) + 1.type_of() + (1).to_string())",
        "PID|1|i64i641|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    check(
        "let n = 0; for i in range(0, 3) { n += i; n -= -1; } if !(\"n\" in #{}) && n != 1 && n ?? 1 == n { set(`PID-${1 + 1}`, n) }",
        "PID|1|6|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
}

/// S5: nothing of the host can be named.
#[test]
fn reaches_nothing_outside() {
    let is_stopped = |text: &str| {
        let ended = run_over(ORU, text, &mut Notes::default());
        assert!(
            ended.starts_with("not compiled") || ended.contains("of the script"),
            "{text}: {ended}"
        );
        assert!(!ended.contains("DOE"), "{text}: {ended}");
    };
    for text in [
        "eval(\"1\")",
        "eval(get(\"PID-5\"))",
        "let f = Fn(\"eval\"); f.call(\"1\")",
        "Fn(get(\"PID-5\"))",
        "print(get(\"PID-5\"))",
        "debug(1)",
        "import \"x\" as y;",
        "import \"/etc/passwd\" as y;",
        "export let x = 1;",
        "sleep(1)",
        "timestamp()",
        "exit(1)",
        "parse_json(\"{}\")",
        "open_file(\"/etc/passwd\")",
        "std::fs::read(\"x\")",
        "rand()",
        "global::x",
        "this.x",
        "get.tag",
        "let x = 1; x.set_tag(2)",
        "get_fn_metadata_list()",
        "undefined + 1",
        "undefined()",
        "private fn x() {} y()",
        "loop",
        "\u{0}",
        "`${",
        "(((((((((((((((((((((((((((((((((((((((((((1)))))))))))))))))))))))))))))))))))))))))))",
        "blob(1000000)",
    ] {
        is_stopped(text);
    }
}

/// S5: whatever a script does without end, it ends at a limit, and quickly.
#[test]
fn limits_hold() {
    let check = |text: &str, expected: &str| {
        let ended = run_over(ORU, text, &mut Notes::default());
        assert!(ended.ends_with(expected), "{text}: {ended}");
    };
    let operations = "more than 50000 operations";
    let large = "a text of more than 32 KiB, or a list or map that is too large";
    let deep = "functions call one another too deeply";
    check("loop { }", operations);
    check("while true { get(\"PID-5\"); }", operations);
    check("for i in 0..9223372036854775807 { }", operations);
    check("let x = 0; do { x += 1 } while x > 0", operations);
    check("try { loop { } } catch { loop { } }", operations);
    check("let s = \"x\"; loop { s += s }", large);
    check("let s = \"x\"; loop { s = `${s}${s}` }", large);
    check("let s = \"x\"; s.pad(1000000000, \"x\")", large);
    check(
        "let s = \"x\"; for i in 0..14 { s += s } s.replace(\"x\", s); s",
        large,
    );
    check(
        "let s = \"x\"; for i in 0..14 { s += s } s.replace('x', s); s",
        large,
    );
    check("let m = #{}; loop { m = #{ a: m } }", large);
    check(
        "let m = #{}; loop { let n = #{}; n.a = m; n.b = m; m = n }",
        large,
    );
    check("let m = #{}; loop { m.a = m; }", large);
    check(
        "let s = \"x\"; for i in 0..14 { s += \",\" + s } split(s, \",\")",
        large,
    );
    check(
        "let s = \",\"; for i in 0..12 { s += s } split(s, \",\").join(s)",
        large,
    );
    check("let m = #{}; for i in 0..1000000 { m.set(`${i}`, i) }", large);
    check("fn f(x) { f(x + 1) } f(1)", deep);
    check("fn f(x) { g(x) } fn g(x) { f(x) } f(1)", deep);
    check("fn f(x) { try { f(x) } catch { f(x) } } f(1)", deep);
    check(
        "let s = \"x\"; for i in 0..14 { s += s } for i in 1..1000 { set(`OBX[3]-5[${i}]`, s) }",
        "the script writes more than 1024 KiB",
    );
    check(
        "for i in 1..1000 { set(`OBX-5[9999].9999.9999`, 1) }",
        "the script writes more than 1024 KiB",
    );
    check("loop { insert_after(\"OBX\", \"NTE\") }", operations);
    let many: Vec<String> = (0..200).map(|number| format!("let v{number} = 1;")).collect();
    let many = many.concat();
    check(&many, "too many variables");
}

/// S5: a script may pass over a large message only so often.
#[test]
fn large_messages_cost_what_they_weigh() {
    let given = format!("MSH|^~\\&|A\rOBX|1||||{}\r", "x".repeat(8 << 20));
    let ended = run_over(
        &given,
        "for i in 1..1000 { set(\"OBX-1\", i) }",
        &mut Notes::default(),
    );
    assert_eq!(ended, "the script passes over more than 1024 MiB");
    let ended = run_over(&given, "get(\"OBX-5\")", &mut Notes::default());
    assert!(ended.contains("a text of more than 32 KiB"), "{ended}");
}

#[test]
fn one_script_knows_nothing_of_another_run() {
    check(
        "let seen = get(\"PID-5.1\"); set(\"PID-2\", seen)",
        "PID|1|DOE|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    check("set(\"PID-2\", seen)", "not compiled: Undefined variable: seen");
    let script = compiled("set(\"PID-2\", 1)").unwrap();
    assert!(!format!("{script:?}").contains("PID"));
}

#[test]
fn notes_misses_and_changes() {
    let mut notes = Notes::traced();
    notes.reach(&"step 1 (script)".into(), true);
    run_over(
        ORU,
        "lookup(\"units\", \"kg\"); set(\"PID-2\", 7); remove(\"NTE\")",
        &mut notes,
    );
    let misses: Vec<_> = notes
        .misses
        .iter()
        .map(|miss| (&*miss.table, miss.code.as_deref()))
        .collect();
    assert_eq!(misses, [("units", Some("kg"))]);
    let steps = notes.steps.unwrap();
    let place = |change: &Change| change.place.to_string();
    assert_eq!(
        steps[0].changed.iter().map(place).collect::<Vec<_>>(),
        ["PID-2", "NTE[1]"]
    );
}

/// S5: a script can be as deep as it is long; reading it, running it and dropping it ends in words.
#[test]
fn depth_is_no_way_out() {
    let deep = |open: &str, middle: &str, close: &str| {
        let times = SCRIPT_BYTES_MAX / (open.len() + close.len()) - 20;
        let text = format!("{}{middle}{}", open.repeat(times), close.repeat(times));
        let ended = run_over(ORU, &text, &mut Notes::default());
        assert!(!ended.is_empty(), "{open}");
    };
    deep("(", "1", ")");
    deep("{", "1", "}");
    deep("-", "1", "");
    deep("!", "true", "");
    deep("1+", "1", "");
    deep("1-(", "1", ")");
    deep("if true {", "1", "}");
    deep("if false {} else ", "{ fail(\"end\") }", "");
    deep("while true {", "1", "}");
    deep("#{a:", "1", "}");
    deep("get(", "1", ")");
    deep("a.", "b", "");
    deep("`${", "1", "}`");
    deep("switch 1 { 1 => ", "1", "}");
    deep("fn f() {", "1", "}");
    deep("|x| ", "1", "");
    deep("try {", "1", "} catch {}");
    deep("true && ", "throw 1", "");
    deep("() ?? ", "throw 1", "");
    deep("x = ", "1", "");
    deep("return ", "1", "");
    deep("1;", "throw 1", "");
}

#[test]
fn numbers_are_written_as_fields_hold_them() {
    check(
        "set(\"PID-1\", 123456789012345678.0); set(\"PID-2\", 0.00000001)",
        "PID|123456789012345680.0|0.00000001|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    check(
        "set(\"PID-1\", 100.0); set(\"PID-2\", 5.60)",
        "PID|100.0|5.6|12^^^W^MR~34^^^W^PI||DOE^ANNA||\"\"",
    );
    for number in ["1.0 / 0.0", "-1.0 / 0.0", "0.0 / 0.0"] {
        let ended = run_over(ORU, &format!("set(\"PID-2\", {number})"), &mut Notes::default());
        assert!(
            ended.contains("`set` takes a number, and this is none"),
            "{ended}"
        );
    }
}
