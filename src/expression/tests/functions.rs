//! Functions and operators, case by case.

use super::*;

#[track_caller]
fn check(call: &str, expected: &str) {
    let message = Message::parse(EXAMPLE_MESSAGE.into()).unwrap();
    assert_eq!(rendered(&format!("{{{call}}}"), &message), expected, "{call}");
}

#[track_caller]
fn check_condition(text: &str, expected: bool) {
    let message = Message::parse(EXAMPLE_MESSAGE.into()).unwrap();
    assert_eq!(holds(text, &message), expected, "{text}");
}

#[test]
fn characters() {
    check("left('Glücose', 3)", "Glü");
    check("left('abc', 0)", "");
    check("left('abc', -1)", "");
    check("left('abc', number('x'))", "");
    check("left(upper('abc'), 2)", "AB");
    check("right('Glücose', 6)", "lücose");
    check("right('abc', 0)", "");
    check("right('abc', 9)", "abc");
    check("mid('abcdef', 3)", "cdef");
    check("mid('abcdef', 0, 2)", "ab");
    check("mid('abcdef', 9)", "");
    check("mid('abcdef', 2, -1)", "");
    check("pad('7', 3, '0')", "007");
    check("pad('7', -3)", "7  ");
    check("pad('1234', 3, '0')", "1234");
    check("pad(number(OBX-5), 6, '0')", "005.60");
    check("pad('é', 3, '·')", "··é");
    check("length(pad('x', 999999999))", "1000");
    check("length('Glücose')", "7");
    check("length(OBX[3]-5)", "17");
    check("upper('straße')", "STRASSE");
    check("trim(lower(' A B '))", "a b");
}

#[test]
fn replacing_and_splitting() {
    check("replace('a-b-c', '-', '')", "abc");
    check("replace('aaa', 'aa', 'b')", "ba");
    check("replace('abc', '', 'x')", "abc");
    check("replace('a.b', '.', '$1')", "a$1b");
    check("replace('a1b22', /[0-9]+/, '<$0>')", "a<1>b<22>");
    check(
        r"replace('Doe Anna', /(?<last>\w+) (\w+)/, '$2 $last')",
        "Anna Doe",
    );
    check("replace('x', /x/, '$$1')", "$1");
    // What comes from the message is no pattern of groups.
    check("replace('DOE', /D/, trim('$0'))", "$0OE");
    check(r"replace('a/b', /\//, '-')", "a-b");
    check("replace('ABC', /b/i, '-')", "A-C");
    check("replace(/PID-5-1, 'D', 'd')", "dOE");
    check("split('a, b', ', ', 1)", "a");
    check("split('a,b,', ',', -1)", "");
    check("split('a,b', ',', 0)", "");
    check("split('a,b', '', 1)", "a,b");
    check("split('a,b', '', 2)", "");
    check("split(lower('A,B'), ',', 2)", "b");
}

#[test]
fn numbers_print_as_they_are() {
    check("number('007')", "7");
    check("number('5.60')", "5.60");
    check("number('1e5')", "");
    check("12", "12");
    check("-0.50", "-0.50");
    check("round(number('x'))", "");
    check("round(5.6, number('x'))", "");
    check("round(2.675, 2)", "2.68");
    check("round(1, 99)", "1.000000000");
    check("count(OBX[*]-8)", "0");
    check("count(ZZZ)", "0");
    check("count(OBX[-2=NM])", "2");
    check("count(PID-3[.5=MR])", "1");
    check("count(OBX[*]-3.1)", "3");
}

#[test]
fn lists() {
    check("concat('a', 12, PID-40, PID-5.1)", "a12DOE");
    check("concat(PID-3[*].5, '!')", "MRSS!");
    check("join('-', PID-3[*].1, PID-40, 7)", "12-34-7");
    check("join('', NTE[*]-3)", "first linesecond line");
    check("first(PID-3[.5=SS].1)", "34");
    check("first(ZZZ[*]-1)", "");
    check("last(OBX[*]-5)", "taken & kept cold");
    check("coalesce('', OBX[*]-8, PID-2, 'x', 'y')", "x");
    check("coalesce(number('x'), 0)", "0");
    check("coalesce(PID-40)", "");
}

#[test]
fn tables_of_the_site() {
    check("lookup('patient-class', 'O')", "OP");
    check("lookup('patient-class', 'o')", "");
    check("lookup('units', PV1-2, 'name')", "inpatient");
    check("lookup('units', 'O', 'name')", "");
}

#[test]
fn times() {
    check("date('1980', '%Y')", "1980");
    check("date('1980', '%Y-%m')", "");
    check("date('198002', '%m/%Y')", "02/1980");
    check("date('19800230', '%Y')", "");
    check("date(' 19800102 ', '%d.%m.%y')", "02.01.80");
    check("date('198001021530', '%H:%M:%S')", "");
    check("date('19800102153012.1234', '%H:%M:%S%.4f')", "15:30:12.1234");
    check("date('20161231235960', '%H%M%S')", "235959");
    check(
        "date('20161231235960+0000', '%Y%m%d%H%M%S', 'Europe/Berlin')",
        "20170101005959",
    );
    check("date('20161231235960.5', '%H%M%S%.1f', 'UTC')", "235959.5");
    check("date('no time', '%Y')", "");
    check("date('19800102', '%A %e %B')", "Wednesday  2 January");
    // Offsets and zones.
    check("date('20260701120000', '%z')", "");
    check("date('20260701120000', '%H %z', 'Europe/Berlin')", "12 +0200");
    check(
        "date('20260701120000+0000', '%H %z', 'Europe/Berlin')",
        "14 +0200",
    );
    check("date('20260701120000+0000', '%H %z')", "12 +0000");
    check("date('202607011200+0000', '%H:%M', 'Asia/Kolkata')", "17:30");
    check("date('202607011200+0000', '%S', 'Asia/Kolkata')", "");
    check("date('2026070112+0000', '%H', 'Asia/Kolkata')", "");
    check("date('2026070112+0200', '%d %H %z', 'UTC')", "01 10 +0000");
    check("date('2026070112+0200', '%H:%M', 'UTC')", "");
    check("date('2026070112', '%H', 'Asia/Kolkata')", "12");
    check("date('20260701', '%d', 'Asia/Kolkata')", "01");
    check("now()", "20261122142536+0100");
    check("date(now(), '%H', 'America/New_York')", "08");
    check("add_days('20240228', 1)", "20240229");
    check("add_days('20241231', 1)", "20250101");
    check("add_days('202403010915-0500', -1)", "202402290915-0500");
    check("add_days('202403', 1)", "");
    check("add_days('99991231', 1)", "");
    check("add_days('00000101', -1)", "");
    check("add_days('20240101', 999999999999999)", "");
    check("add_days('20240101', number('x'))", "");
}

#[test]
fn ages() {
    check("age('19800102')", "46");
    check("age('19801122')", "46");
    check("age('19801123')", "45");
    check("age('20000229', '20010228')", "0");
    check("age('20000229', '20010301')", "1");
    check("age('20270101')", "");
    check("age('1980', '20261231')", "46");
    check("age('198011')", "");
    check("age('198010')", "46");
    check("age('198001', '2026')", "");
    check("age('x')", "");
    check_condition("age(PID-7) >= 18 and age(PID-7) < 65", true);
    check_condition("age(PID-40) < 200", false);
}

#[test]
fn raw_and_hash() {
    check("raw(PID-8)", "\"\"");
    check("raw(PID-40)", "");
    check("raw(PID-3[.5=SS])", "34^^^SSA^SS");
    check(
        "hash('')",
        "af1349b9f5f9a1a6a0404dea36dcc9499bcb25c9adc112b7cc9a93cae41f3262",
    );
}

#[test]
fn identifiers_differ_and_come_again() {
    let message = Message::parse(EXAMPLE_MESSAGE.into()).unwrap();
    let given = rendered("{uuid()} {uuid()}", &message);
    let (first, second) = given.split_once(' ').unwrap();
    assert_ne!(first, second);
    for uuid in [first, second] {
        assert_eq!(uuid.len(), 36);
        assert_eq!(uuid.get(14..15), Some("8"), "{uuid}");
        assert!(matches!(uuid.get(19..20), Some("8" | "9" | "a" | "b")), "{uuid}");
    }
    assert_eq!(
        rendered("{uuid()}", &message),
        first,
        "the same run gives the same"
    );
    let other = Message::parse(EXAMPLE_MESSAGE.replace("|42|", "|43|").into()).unwrap();
    assert_ne!(rendered("{uuid()}", &other), first);
    let uuid = |received: &str, route: &str| {
        let template = in_route(|known| Template::parse("{uuid()}", known).unwrap());
        let context = Context::new(received.parse().unwrap(), route.into());
        let view = View {
            context: &context,
            ..View::of(&message)
        };
        template.render(&view).unwrap()
    };
    assert_eq!(uuid("2026-11-22T14:25:36+01:00[Europe/Berlin]", "r"), first);
    assert_ne!(uuid("2026-11-22T14:25:37+01:00[Europe/Berlin]", "r"), first);
    assert_ne!(uuid("2026-11-22T14:25:36+01:00[Europe/Berlin]", "s"), first);
}

#[test]
fn any_of_several() {
    check_condition("OBX[*]-3.1 = 'NA'", true);
    check_condition("'NA' = OBX[*]-3.1", true);
    check_condition("OBX[*]-3.1 = 'XX'", false);
    check_condition("not OBX[*]-3.1 = 'XX'", true);
    check_condition("OBX[*]-2 != 'NM'", true);
    check_condition("OBX[*]-2 != 'XX'", true);
    check_condition("ZZZ[*]-1 != 'XX'", false);
    check_condition("ZZZ[*]-1 = ''", false);
    check_condition("OBX[*]-8 = ''", true);
    check_condition("OBX[*]-2 not in ('NM', 'TX')", false);
    check_condition("number(OBX[*]-5) > 100", true);
    check_condition("number(OBX[*]-5) not in (140)", true);
    check_condition("upper(left(OBX[*]-5, 5)) = 'TAKEN'", true);
    check_condition(r"OBX[*]-5 matches /^\d+$/", true);
    check_condition("OBX[*]-11 starts with 'P'", true);
    check_condition("OBX[*]-3.1 = OBX[*]-3.2", false);
    check_condition("OBX[*]-11 = OBX[last]-11", true);
    check_condition("OBX[*]-8 exists", true);
    check_condition("OBX[*]-99 exists", false);
    check_condition("PID-3[*].5 valued", true);
    check_condition("OBX[-3.1=NA] exists", true);
    check_condition("OBX[-3.1=XX] exists", false);
    check_condition("OBX[-3.1=NA]-5 = '140'", true);
    check_condition("PID-3[.5=XX].1 = ''", true);
    check_condition("PID-3[.5=XX].1 exists", false);
}

#[test]
fn texts_are_searched() {
    check_condition("PID-5.1 contains ''", true);
    check_condition("PID-40 contains 'x'", false);
    check_condition("PID-5.1 starts with PID-5.1", true);
    check_condition("PID-5.1 ends with 'e'", false);
    check_condition("PID-5.1 matches /o/i and not PID-5.1 matches /o/", true);
    check_condition("PID-40 matches /^$/", true);
    check_condition(r"concat(PID-5.1, ' ', PID-5.2) matches /^\w+ \w+$/", true);
}

#[test]
fn paths_mean_what_is_at_hand() {
    let message = Message::parse(EXAMPLE_MESSAGE.into()).unwrap();
    let mut scope = Scope::whole();
    scope.enter_segment(&message, 4);
    let context = context();
    let view = View {
        message: &message,
        scope: &scope,
        context: &context,
    };
    let template = in_route(|known| Template::parse("{OBX-3.1} of {count(OBX)}, {count(OBX[*])}", known));
    assert_eq!(template.unwrap().render(&view).unwrap(), "NA of 1, 3");
}

#[test]
fn values_have_a_limit() {
    let long = "x".repeat(1 << 20);
    let message = Message::parse(format!("MSH|^~\\&|{long}\r").into()).unwrap();
    let parse = |text: &str| in_route(|known| Template::parse(text, known).unwrap());
    for bomb in [
        format!("{{replace(MSH-3, 'x', '{}')}}", "p".repeat(300)),
        format!("{{replace(MSH-3, /x+/, '{}')}}", "$0".repeat(300)),
        format!("{{concat({})}}", vec!["MSH-3"; 70].join(", ")),
        format!("{{join(MSH-3, {})}}", vec!["MSH-3"; 40].join(", ")),
        "{MSH-3}".repeat(70),
    ] {
        assert_eq!(parse(&bomb).render(&View::of(&message)), Err(ValueTooLarge));
    }
    assert!(parse("{upper(MSH-3)}").render(&View::of(&message)).is_ok());
    let condition = format!("concat({}) != 'x'", vec!["MSH-3"; 70].join(", "));
    assert!(!in_route(|known| Condition::parse(&condition, known).unwrap()).holds(&View::of(&message)));
}
