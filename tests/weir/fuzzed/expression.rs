//! Any text as a condition or a value: checked or told where it is wrong, total over a message, and meaning the same
//! in its canonical form.

use std::sync::Arc;

use bytes::Bytes;
use weir::expression::{Condition, Context, Known, Template, View};
use weir::hl7::{Message, Scope};
use weir::table::{Table, Tables};

const MESSAGE: &[u8] =
    b"MSH|^~\\&|A|B|||20260101120000+0100\rPID|1||12^^^X~13||DOE^ANNA||1980\rOBX|1|NM|x||5.6\rOBX|2\r";

pub fn check(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let message = Message::parse(Bytes::from_static(MESSAGE)).expect("a message");
    let table = Table::new("t".into(), [("a".to_owned(), "b".to_owned())]);
    let tables = Tables::from([("t".into(), Arc::new(table))]);
    let known = Known {
        tables: &tables,
        is_received: true,
    };
    let holds = |condition: &Condition| with_view(&message, |view| condition.holds(view));
    match Condition::parse(text, known) {
        Ok(condition) => {
            let again = Condition::parse(&condition.to_string(), known).expect("the canonical form is one");
            assert_eq!(holds(&again), holds(&condition));
        }
        Err(error) => assert!(text.get(error.offset..error.offset + error.length).is_some()),
    }
    if let Ok(template) = Template::parse(text, known) {
        let again = Template::parse(&template.to_string(), known).expect("the canonical form is one");
        let render = |template: &Template| with_view(&message, |view| template.render(view));
        assert_eq!(render(&again), render(&template));
    }
}

fn with_view<T>(message: &Message, evaluate: impl FnOnce(&View<'_>) -> T) -> T {
    let received = "2026-11-22T12:00:00+01:00[Europe/Berlin]"
        .parse()
        .expect("a time");
    let (scope, context) = (Scope::whole(), Context::new(received, "r".into()));
    evaluate(&View {
        message,
        scope: &scope,
        context: &context,
    })
}
