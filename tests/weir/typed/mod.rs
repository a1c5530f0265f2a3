//! The typed model over whole messages: the fixtures give what they say, the corpus gives what plain reading
//! gives and never a panic.

mod alike;
mod dictionary;
mod fixtures;
pub(crate) mod walk;
