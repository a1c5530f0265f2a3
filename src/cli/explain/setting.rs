//! What there is to say of a setting: where it stands, what it is for, what it takes, its default, its keys.

use crate::config::Setting;

use super::text;

/// The pages of every setting that the word may mean: a key, or the end of a path.
///
/// A path may hold the names of a site and numbers of steps, as problems show it:
/// `routes.adt-to-lab.steps[0].translate`.
pub(super) fn pages(word: &str, settings: &[Setting]) -> Vec<String> {
    let is_meant = |word: &str, setting: &Setting| {
        let before = setting.path.strip_suffix(word);
        before.is_some_and(|before| before.is_empty() || before.ends_with('.'))
    };
    // A step has a page of its own.
    let settings_of_no_step = settings
        .iter()
        .filter(|setting| setting.path != format!("routes.steps.{word}"));
    let mut meant: Vec<&Setting> = settings_of_no_step
        .filter(|setting| is_meant(word, setting))
        .collect();
    // A section before a key of the same name.
    meant.sort_by_key(|setting| setting.path != word);
    if meant.is_empty() {
        let path = without_names(word);
        meant.extend(settings.iter().filter(|setting| setting.path == path));
    }
    meant.into_iter().map(|setting| page(setting, settings)).collect()
}

/// `destinations.lab.retry` as `destinations.retry`.
fn without_names(word: &str) -> String {
    let mut parts: Vec<&str> = word
        .split('.')
        .map(|part| part.split('[').next().unwrap_or(part))
        .collect();
    if parts.len() > 1 && parts.first() != Some(&"engine") {
        parts.remove(1);
    }
    parts.join(".")
}

fn page(setting: &Setting, settings: &[Setting]) -> String {
    let title = format!("{}  (a setting)\n", setting.path);
    let words = text::wrapped(&setting.description, "  ");
    let value = format!("\n  value     {}\n", setting.value);
    let default = match &setting.default {
        Some(default) => format!("  default   {default}\n"),
        None if setting.is_required && !setting.is_kind => "  required\n".to_owned(),
        None => String::new(),
    };
    let choices = setting.choices.iter();
    let choices: Vec<(&str, &str)> = choices
        .map(|(word, meaning)| (word.as_str(), meaning.as_str()))
        .collect();
    let choices = if choices.is_empty() {
        String::new()
    } else {
        format!("\n{}", text::rows(&choices))
    };
    [
        title,
        words,
        value,
        default,
        choices,
        keys_of(&setting.path, settings),
    ]
    .concat()
}

/// A line for each key of a mapping; nothing if it has none.
pub(super) fn keys_of(path: &str, settings: &[Setting]) -> String {
    let mut keys: Vec<&Setting> = settings
        .iter()
        .filter(|setting| setting.parent() == path)
        .collect();
    keys.sort_by_key(|setting| !setting.is_kind);
    let rows: Vec<(&str, &str)> = keys
        .iter()
        .map(|key| (key.key(), text::first_sentence(&key.description)))
        .collect();
    if rows.is_empty() {
        return String::new();
    }
    format!("\n  keys\n{}", text::rows(&rows))
}
