//! A message as JSON for programs: everything that is shown, and every byte of it.
//!
//! The bytes are `before`, then each segment's `raw` and `terminator`, as characters of the `encoding`: UTF-8
//! where the message is UTF-8, else Latin-1, in which every byte is a character.

use serde_json::{Map, Value, json};

use crate::hl7::dictionary::Version;
use crate::hl7::{Delimiters, Terminators};

use super::place::{Held, Place};
use super::{Row, Shown, ShownSegment};

/// The version of this form, under its own key; it changes when a reader has to.
const FORM: (&str, u32) = ("weir_show", 1);

/// One message as one object.
pub(super) fn object(shown: &Shown<'_>) -> Value {
    // Nothing was edited, so these are the bytes as they came.
    let bytes = shown.message.write(Terminators::Preserve);
    let is_utf8 = std::str::from_utf8(&bytes).is_ok();
    let characters = |raw: &[u8]| match std::str::from_utf8(raw) {
        Ok(text) if is_utf8 => text.to_owned(),
        _ => raw.iter().map(|&byte| char::from(byte)).collect(),
    };
    let raws: Vec<_> = shown.message.segments().map(|segment| segment.raw()).collect();
    let starts: Vec<_> = raws.iter().map(|raw| offset(raw, &bytes)).collect();
    // A terminator reaches to the next segment, or to the end.
    let ends = starts.iter().copied().skip(1).chain([bytes.len()]);
    let shown_segments = shown.rows.iter().filter_map(Row::segment);
    let segments: Vec<_> = shown_segments
        .zip(raws.iter().zip(starts.iter().zip(ends)))
        .map(|(row, (raw, (start, end)))| {
            let terminator = bytes.get(start + raw.len()..end).unwrap_or_default();
            segment(row, &characters(raw), &characters(terminator))
        })
        .collect();
    let before = bytes.get(..starts.first().copied().unwrap_or_default());
    let problems: Vec<_> = shown
        .problems
        .iter()
        .map(|problem| json!({ "path": problem.path, "name": problem.name, "text": problem.text }))
        .collect();
    json!({
        FORM.0: FORM.1,
        "message": shown.number,
        "version": shown.version.map(Version::as_str),
        "structure": shown.structure,
        "encoding": if is_utf8 { "utf-8" } else { "latin-1" },
        "delimiters": delimiters(shown.message.delimiters()),
        "before": characters(before.unwrap_or_default()),
        "segments": segments,
        "problems": problems,
    })
}

/// Where a part begins in the very bytes that it was cut from.
fn offset(part: &[u8], whole: &[u8]) -> usize {
    part.as_ptr().addr().saturating_sub(whole.as_ptr().addr())
}

fn delimiters(delimiters: &Delimiters) -> Value {
    json!({
        "field": char::from(delimiters.field),
        "component": char::from(delimiters.component),
        "repetition": char::from(delimiters.repetition),
        "escape": delimiters.escape.map(char::from),
        "subcomponent": delimiters.subcomponent.map(char::from),
        "truncation": delimiters.truncation.map(char::from),
    })
}

fn segment(segment: &ShownSegment, raw: &str, terminator: &str) -> Value {
    json!({
        "path": segment.path,
        "name": segment.name,
        "groups": segment.groups,
        "raw": raw,
        "terminator": terminator,
        "fields": segment.fields.iter().map(place).collect::<Vec<_>>(),
    })
}

fn place(place: &Place) -> Value {
    let mut object = Map::new();
    object.insert("path".to_owned(), json!(place.path));
    object.insert("name".to_owned(), json!(place.name));
    object.insert("data_type".to_owned(), json!(place.data_type));
    match &place.held {
        Held::Null => object.insert("null".to_owned(), json!(true)),
        Held::Text(text) => object.insert("value".to_owned(), json!(text)),
        Held::Places(places) => {
            let parts = places.iter().map(self::place).collect::<Vec<_>>();
            object.insert("parts".to_owned(), json!(parts))
        }
    };
    object.into()
}
