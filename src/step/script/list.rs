//! Lists of texts, as scripts have them: made once, walked with `for`, never changed and never nested.

use std::sync::Arc;

use rhai::{Engine, EvalAltResult, ImmutableString, Position};

use super::sandbox::{LIST_TEXTS_MAX, TEXT_BYTES_MAX};

/// A list of texts.
#[derive(Clone)]
pub(super) struct List(Arc<Vec<ImmutableString>>);

impl List {
    /// A list within the limits.
    pub(super) fn new(texts: impl IntoIterator<Item = ImmutableString>) -> Result<List, Box<EvalAltResult>> {
        let mut bytes = 0;
        let mut list = Vec::new();
        for text in texts {
            bytes += text.len();
            if bytes > TEXT_BYTES_MAX || list.len() == LIST_TEXTS_MAX {
                return Err(EvalAltResult::ErrorDataTooLarge(String::new(), Position::NONE).into());
            }
            list.push(text);
        }
        Ok(List(Arc::new(list)))
    }
}

impl IntoIterator for List {
    type Item = ImmutableString;
    type IntoIter = std::vec::IntoIter<ImmutableString>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

/// Gives the engine what scripts do with lists.
pub(super) fn register(engine: &mut Engine) {
    engine
        .register_type_with_name::<List>("list")
        .register_iterator::<List>()
        .register_fn("len", |list: &mut List| {
            i64::try_from(list.0.len()).unwrap_or(i64::MAX)
        })
        .register_fn("item", item)
        .register_fn("join", join)
        .register_fn("contains", |list: &mut List, text: &str| {
            list.0.iter().any(|item| item == text)
        })
        .register_fn("split", |text: &str, between: &str| {
            let texts = text.split(between).filter(|_| !between.is_empty());
            List::new(texts.map(ImmutableString::from))
        });
}

/// The text of this number, from 1; empty where there is none.
fn item(list: &mut List, number: i64) -> ImmutableString {
    let index = usize::try_from(number)
        .ok()
        .and_then(|number| number.checked_sub(1));
    index
        .and_then(|index| list.0.get(index))
        .cloned()
        .unwrap_or_default()
}

fn join(list: &mut List, between: &str) -> Result<ImmutableString, Box<EvalAltResult>> {
    let between_bytes = between.len().saturating_mul(list.0.len());
    if between_bytes > TEXT_BYTES_MAX {
        return Err(EvalAltResult::ErrorDataTooLarge(String::new(), Position::NONE).into());
    }
    let texts: Vec<&str> = list.0.iter().map(ImmutableString::as_str).collect();
    Ok(texts.join(between).into())
}
