//! Selectors: what is read, printed and refused; and what they mean in messages and scopes.

use std::convert::Infallible;
use std::ops::ControlFlow;

use proptest::prelude::*;

use super::*;
use crate::hl7::Message;

const ORU: &str = "MSH|^~\\&|LAB|NORTH\rPID|1||A1^^^W^MR~B2^^^W&x^M R~C3^^^^MR||DOE^ANNA\r\
    NTE|1||of the patient\r\
    OBR|1|||GLU\rOBX|1|NM|1554-5^Glucose||5.6\rNTE|1||fasting\rOBX|2|TX|X||a~b~c\r\
    OBR|2|||NA\rOBX|1|NM|2951-2||140\rOBX|2|NM|1554-5||6\r";

fn message() -> Message {
    Message::parse(ORU.into()).unwrap()
}

#[test]
fn reads_and_prints_the_canonical_form() {
    let check = |text: &str, canonical: &str| {
        let shown = match text.parse::<TargetSelector>() {
            Ok(selector) => selector.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, canonical, "{text}");
    };
    check("PID.5.1", "PID-5.1");
    check("/PID-5-1", "PID-5.1");
    check("PID-3[1].4.2", "PID-3[1].4.2");
    check("OBX[1]-5", "OBX[1]-5");
    check("PID-3[*]", "PID-3[*]");
    check("PID.3[last].1", "PID-3[last].1");
    check("PID-3[.5=MR].1", "PID-3[.5=MR].1");
    check("PID-3[.5 = 'MR']-1", "PID-3[.5=MR].1");
    check("PID-3[.4.2=\"M R\"]", "PID-3[.4.2=\"M R\"]");
    check("PID-3[.5='\"']", "PID-3[.5='\"']");
    check("PID-3[-5=\"it's\"]", "PID-3[.5=\"it's\"]");
    check("PID-3[.5=\"\"]", "PID-3[.5=\"\"]");
    check("OBX[*]-5[*].1", "OBX[*]-5[*].1");
    check("OBX[-3.1=\"1554-5\"]-5", "OBX[-3.1=1554-5]-5");
    check("OBX[.3=X]-5", "OBX[-3=X]-5");
    check("OBX[last]", "OBX[last]");
    check("NTE", "NTE");
    check("OBX[-3.1=1554-5]", "OBX[-3.1=1554-5]");
}

#[test]
fn says_where_and_what_was_expected() {
    let check = |text: &str, offset: usize, expected: &str| {
        let error = text.parse::<TargetSelector>().unwrap_err();
        assert!(error.expected.contains(expected), "{text}: {error}");
        assert_eq!(error.offset, offset, "{text}");
    };
    check("PID-3[]", 6, "as `.5=MR` which of the repetitions");
    check("PID-3[first]", 6, "`*`, `last`");
    check("PID-3[0]", 6, "a number from 1 to 9999");
    check("PID-3[* ]", 7, "`]`");
    check("PID-3[.5]", 8, "`=` and the value");
    check("PID-3[.5=]", 9, "a value");
    check("PID-3[.5=M R]", 10, "`]`");
    check("PID-3[.5=\"MR]", 9, "the quote that closes");
    check("PID-3[.x=MR]", 7, "a component number");
    check("PID-3[=MR]", 6, "which of the repetitions");
    check("PID-3[.1.2.3=MR]", 10, "`=` and the value");
    check("OBX[3.1=X]-5", 5, "`]`");
    check("OBX[-0=X]-5", 5, "a field number");
    check("OBX[-3.1=X", 10, "`]`");
    check("/OBX", 4, "`-` and a field number");
    check("PID-3[1][2]", 8, "the end of the path");
    assert_eq!("OBX[last]".parse::<Selector>().unwrap_err().offset, 9);
    assert_eq!("PID-3[*]".parse::<FieldPath>().unwrap_err().offset, 6);
}

#[test]
fn reads_what_a_text_begins_with() {
    let check = |text: &str, path: &str, length: usize| {
        let (selector, found) = Selector::read_prefix(text).unwrap();
        assert_eq!((selector.to_string().as_str(), found), (path, length));
    };
    check("PID-3[.5=\"a] b\"].1 = 'x'", "PID-3[.5=\"a] b\"].1", 18);
    check("OBX exists", "OBX", 3);
    check("PID-5.1}", "PID-5.1", 7);
}

/// The places, and what stands there.
fn places(message: &Message, text: &str, scope: &Scope) -> String {
    let selector: Selector = text.parse().unwrap_or_else(|error| panic!("{text}: {error}"));
    let mut shown = Vec::new();
    let ControlFlow::<Infallible>::Continue(()) = message.visit(&selector, scope, |found| {
        assert_eq!(found.value(), message.read(&found.path), "{text}");
        assert_eq!(found.text(), message.text(&found.path), "{text}");
        shown.push(format!("{}={}", found.path, found.text().unwrap_or_default()));
        ControlFlow::Continue(())
    });
    let all = message.resolve_all(&selector, scope);
    assert_eq!(all.len(), shown.len(), "{text}");
    assert_eq!(message.resolve(&selector, scope), all.first().copied(), "{text}");
    shown.join(" ")
}

#[test]
fn means_places_in_the_whole_message() {
    let message = message();
    let check = |text: &str, expected: &str| assert_eq!(places(&message, text, &Scope::whole()), expected);
    check("PID-5.1", "PID-5.1=DOE");
    check("PID-40", "PID-40=");
    check("ZPI-1", "ZPI-1=");
    check("OBX[9]-5", "OBX[9]-5=");
    check("PID-3[*].1", "PID-3.1=A1 PID-3[2].1=B2 PID-3[3].1=C3");
    check("PID-3[last].1", "PID-3[3].1=C3");
    check("PID-3[.5=MR].1", "PID-3.1=A1 PID-3[3].1=C3");
    check("PID-3[.5=\"M R\"].1", "PID-3[2].1=B2");
    check("PID-3[.4.2=x].1", "PID-3[2].1=B2");
    check("PID-3[.6=\"\"].1", "PID-3.1=A1 PID-3[2].1=B2 PID-3[3].1=C3");
    check("PID-3[.5=XX]", "");
    check("PID-3[.5=MR].9", "PID-3.9= PID-3[3].9=");
    // A field that holds nothing has no repetitions.
    check("PID-2[*]", "");
    check("PID-2[last]", "");
    check("PID-40[*]", "");
    check("ZPI-1[*]", "");
    check("MSH-2[*]", "");
    check("OBX[*]-5", "OBX-5=5.6 OBX[2]-5=a~b~c OBX[3]-5=140 OBX[4]-5=6");
    check("OBX[last]-5", "OBX[4]-5=6");
    check("OBX[-3.1=\"1554-5\"]-5", "OBX-5=5.6 OBX[4]-5=6");
    check("OBX[-2=TX]-5[last]", "OBX[2]-5[3]=c");
    check("OBX[2]-5[*]", "OBX[2]-5[1]=a OBX[2]-5[2]=b OBX[2]-5[3]=c");
    check("ZPI[*]-1", "");
    check("ZPI[last]-1", "");
}

#[test]
fn means_what_is_at_hand_in_a_scope() {
    let mut message = message();
    let mut scope = Scope::whole();
    let nte: SegmentName = "NTE-1".parse::<FieldPath>().unwrap().segment();
    // The second OBR with its OBX and NTE.
    scope.enter_group(&message, 7..10, &[nte]);
    let check = |message: &Message, scope: &Scope, text: &str, expected: &str| {
        assert_eq!(places(message, text, scope), expected, "{text}");
    };
    check(&message, &scope, "OBX[*]-5", "OBX[3]-5=140 OBX[4]-5=6");
    check(&message, &scope, "OBX-5", "OBX[3]-5=140");
    check(&message, &scope, "OBX[2]-5", "OBX[4]-5=6");
    check(&message, &scope, "OBX[3]-5", "");
    check(&message, &scope, "OBR-4", "OBR[2]-4=NA");
    // A name of the group is never sought outside; any other is.
    check(&message, &scope, "NTE-3", "");
    check(&message, &scope, "PID-5.1", "PID-5.1=DOE");
    check(&message, &scope, "ZPI-1", "ZPI-1=");
    scope.enter_segment(&message, 9);
    check(&message, &scope, "OBX-5", "OBX[4]-5=6");
    check(&message, &scope, "OBX[1]-5", "OBX[3]-5=140");
    check(&message, &scope, "OBX[*]-5", "OBX[3]-5=140 OBX[4]-5=6");
    check(&message, &scope, "OBR-4", "OBR[2]-4=NA");
    // What edits put before it or take away leaves it at hand.
    message.remove(&"OBX[3]".parse().unwrap()).unwrap();
    message.remove(&"NTE".parse().unwrap()).unwrap();
    check(&message, &scope, "OBX-5", "OBX[3]-5=6");
    check(&message, &scope, "OBX[*]-5", "OBX[3]-5=6");
    message.remove(&"OBX[3]".parse().unwrap()).unwrap();
    check(&message, &scope, "OBX-5", "");
    scope.leave();
    check(&message, &scope, "OBX[*]-5", "");
    check(&message, &scope, "OBR-4", "OBR[2]-4=NA");
    message.remove(&"OBR[2]".parse().unwrap()).unwrap();
    // What was of the group stays so: never the segment of another group.
    check(&message, &scope, "OBR-4", "");
}

#[test]
fn means_the_repetition_at_hand() {
    let mut message = message();
    let mut scope = Scope::whole();
    scope.enter_repetition(&message, &"PID-3[2]".parse().unwrap());
    let check = |message: &Message, text: &str, expected: &str| {
        assert_eq!(places(message, text, &scope), expected, "{text}");
    };
    check(&message, "PID-3.1", "PID-3[2].1=B2");
    check(&message, "PID-3", "PID-3[2]=B2^^^W&x^M R");
    check(&message, "PID-3[1].1", "PID-3.1=A1");
    check(&message, "PID-3[last].1", "PID-3[3].1=C3");
    check(&message, "PID-5.1", "PID-5.1=DOE");
    message.remove(&"PID-3[1]".parse().unwrap()).unwrap();
    check(&message, "PID-3.1", "PID-3.1=B2");
    message.remove(&"PID-3[1]".parse().unwrap()).unwrap();
    // It is gone; what moved up is another.
    check(&message, "PID-3.1", "");
}

#[test]
fn means_segments() {
    let message = message();
    let mut scope = Scope::whole();
    let indices =
        |text: &str, scope: &Scope| message.resolve_segments(&text.parse().unwrap(), scope).to_vec();
    assert_eq!(indices("OBX", &scope), [4, 6, 8, 9]);
    assert_eq!(indices("OBX[*]", &scope), [4, 6, 8, 9]);
    assert_eq!(indices("OBX[last]", &scope), [9]);
    assert_eq!(indices("OBX[3]", &scope), [8]);
    assert_eq!(indices("OBX[-3.1=1554-5]", &scope), [4, 9]);
    assert!(indices("OBX[5]", &scope).is_empty());
    scope.enter_group(&message, 3..7, &[]);
    assert_eq!(indices("OBX", &scope), [4, 6]);
    scope.enter_segment(&message, 6);
    assert_eq!(indices("OBX", &scope), [6]);
    assert_eq!(indices("OBX[*]", &scope), [4, 6]);
    assert_eq!(message.segment_path(6).unwrap().to_string(), "OBX[2]");
}

/// A selector as its parts, so that a slow reading can follow it.
#[derive(Debug, Clone)]
struct Parts {
    name: &'static str,
    segment: Which,
    field: u16,
    repetition: Which,
    component: Option<u16>,
}

#[derive(Debug, Clone, PartialEq)]
enum Which {
    Unsaid,
    Number(usize),
    Last,
    All,
    /// What the first component (of the first field) is.
    Is(&'static str),
}

fn which() -> impl Strategy<Value = Which> {
    prop_oneof![
        Just(Which::Unsaid),
        (1..4_usize).prop_map(Which::Number),
        Just(Which::Last),
        Just(Which::All),
        proptest::sample::select(vec!["a", "b", ""]).prop_map(Which::Is),
    ]
}

fn parts() -> impl Strategy<Value = Parts> {
    let name = proptest::sample::select(vec!["OBX", "NTE", "ZZZ"]);
    let component = proptest::option::of(1..3_u16);
    (name, which(), 1..4_u16, which(), component).prop_map(|(name, segment, field, repetition, component)| {
        Parts {
            name,
            segment,
            field,
            repetition,
            component,
        }
    })
}

impl Parts {
    fn text(&self) -> String {
        let which = |which: &Which, place: &str| match which {
            Which::Unsaid => String::new(),
            Which::Number(number) => format!("[{number}]"),
            Which::Last => "[last]".to_owned(),
            Which::All => "[*]".to_owned(),
            Which::Is(text) => format!("[{place}=\"{text}\"]"),
        };
        let component = self
            .component
            .map_or(String::new(), |number| format!(".{number}"));
        format!(
            "{}{}-{}{}{component}",
            self.name,
            which(&self.segment, "-1.1"),
            self.field,
            which(&self.repetition, ".1"),
        )
    }

    /// The places by the plainest reading of the message as a text without escapes.
    fn places(&self, message: &str) -> Vec<String> {
        let field = |line: &str, number: u16| line.split('|').nth(usize::from(number)).map(str::to_owned);
        let first = |repetition: &str| repetition.split('^').next().unwrap_or_default().to_owned();
        let lines: Vec<&str> = message
            .split('\r')
            .filter(|line| line.starts_with(self.name))
            .collect();
        let firsts = lines.iter().map(|line| {
            let field = field(line, 1).unwrap_or_default();
            first(field.split('~').next().unwrap_or_default())
        });
        let mut places = Vec::new();
        for number in pick(&self.segment, &firsts.collect::<Vec<_>>(), true) {
            let line = number.checked_sub(1).and_then(|index| lines.get(index));
            let field = line.and_then(|line| field(line, self.field)).unwrap_or_default();
            let repetitions: Vec<String> = field
                .split('~')
                .map(first)
                .filter(|_| !field.is_empty())
                .collect();
            let component = self
                .component
                .map_or(String::new(), |number| format!(".{number}"));
            let place = format!("{}[{number}]-{}", self.name, self.field);
            let repetitions = if self.repetition == Which::Unsaid {
                vec![String::new()]
            } else {
                pick(&self.repetition, &repetitions, line.is_some() || self.is_plain())
                    .iter()
                    .map(|number| format!("[{number}]"))
                    .collect()
            };
            places.extend(
                repetitions
                    .iter()
                    .map(|repetition| format!("{place}{repetition}{component}")),
            );
        }
        let canonical = |path: String| path.parse::<FieldPath>().unwrap().to_string();
        places.into_iter().map(canonical).collect()
    }

    fn is_plain(&self) -> bool {
        matches!(self.segment, Which::Unsaid | Which::Number(_))
    }
}

/// The numbers of those that are meant, by the first component of each.
fn pick(which: &Which, firsts: &[String], may_be_absent: bool) -> Vec<usize> {
    let all = 1..=firsts.len();
    match which {
        Which::Unsaid if may_be_absent => vec![1],
        Which::Number(number) if may_be_absent => vec![*number],
        Which::Unsaid | Which::Number(_) => Vec::new(),
        Which::Last => all.last().into_iter().collect(),
        Which::All => all.collect(),
        Which::Is(text) => all
            .filter(|number| firsts.get(number - 1).is_some_and(|first| first == text))
            .collect(),
    }
}

proptest! {
    #[test]
    fn selectors_mean_what_a_plain_reading_finds(
        lines in proptest::collection::vec("(OBX|NTE|ABC)(\\|[ab~^]{0,5}){0,3}", 0..6),
        parts in parts(),
    ) {
        let text = format!("MSH|^~\\&\r{}", lines.join("\r"));
        let message = Message::parse(text.clone().into()).unwrap();
        let selector: Selector = parts.text().parse().unwrap();
        prop_assert_eq!(selector.to_string().parse::<Selector>().unwrap(), selector.clone());
        let places: Vec<String> = message
            .resolve_all(&selector, &Scope::whole())
            .iter()
            .map(ToString::to_string)
            .collect();
        prop_assert_eq!(&places, &parts.places(&text), "{} in {}", selector, text);
        // What stands there is what stands at the place, however it was found.
        let ControlFlow::<Infallible>::Continue(()) = message.visit(&selector, &Scope::whole(), |found| {
            assert_eq!(found.value(), message.read(&found.path), "{}", found.path);
            ControlFlow::Continue(())
        });
    }

    /// A group of all segments is the whole message, for what is there.
    #[test]
    fn a_group_of_all_is_the_whole(
        lines in proptest::collection::vec("(OBX|NTE|ABC)(\\|[ab~^]{0,5}){0,3}", 0..6),
        parts in parts(),
    ) {
        let text = format!("MSH|^~\\&\r{}", lines.join("\r"));
        let message = Message::parse(text.into()).unwrap();
        let selector: Selector = parts.text().parse().unwrap();
        let mut group = Scope::whole();
        group.enter_group(&message, 0..message.segments().count(), &[]);
        let whole = message.resolve_all(&selector, &Scope::whole());
        let there: Vec<FieldPath> = whole
            .into_iter()
            .filter(|path| message.count(path.segment()) >= usize::from(path.occurrence()))
            .collect();
        prop_assume!(message.count(selector.segment()) > 0);
        prop_assert_eq!(message.resolve_all(&selector, &group).to_vec(), there);
    }

    #[test]
    fn remembered_names_change_no_meaning(
        lines in proptest::collection::vec("(OBX|NTE|ABC)(\\|[ab~^]{0,5}){0,3}", 0..8),
        parts in parts(),
        (start, length) in (0..8_usize, 0..8_usize),
        edit in 0..4_u8,
    ) {
        let text = format!("MSH|^~\\&|A\r{}\r", lines.join("\r"));
        let mut plain = Message::parse(text.into()).unwrap();
        let mut remembering = plain.clone();
        remembering.remember_names();
        let mut scope = Scope::whole();
        scope.enter_group(&plain, start..(start + length).min(plain.segments().len()).max(start), &[]);
        // What is remembered is forgotten where an edit moves or renames a segment.
        for message in [&mut plain, &mut remembering] {
            match edit {
                0 => message.insert_segment(1, SegmentName::new(*b"OBX").unwrap()).unwrap(),
                1 => message.remove_segments_at(&[2]),
                2 => message.rename_segment(1, SegmentName::new(*b"ZZZ").unwrap()).unwrap(),
                _ => {}
            }
        }
        for scope in [&Scope::whole(), &scope] {
            prop_assert_eq!(places(&plain, &parts.text(), scope), places(&remembering, &parts.text(), scope));
        }
        remembering.remember_names();
        prop_assert_eq!(places(&plain, &parts.text(), &scope), places(&remembering, &parts.text(), &scope));
    }

    #[test]
    fn no_text_makes_reading_a_path_panic(text in "(PID|OBX)?[-.\\[\\]*=\"'a-zA-Z0-9 é/]{0,20}") {
        match text.parse::<TargetSelector>() {
            Ok(selector) => {
                prop_assert_eq!(selector.to_string().parse::<TargetSelector>().unwrap(), selector);
            }
            Err(error) => prop_assert!(text.is_char_boundary(error.offset)),
        }
        if let Ok(path) = text.parse::<FieldPath>() {
            // Whatever is a plain path is a selector of the same place.
            let selector: Selector = text.parse().unwrap();
            prop_assert_eq!(selector.plain(), Some(path));
        }
    }
}
