//! The groups of a pattern that a replacement names: `$1`, `${name}`, as the crate `regex` reads them.

use regex::Regex;

/// A group that a replacement names and its pattern does not have: it would stand for nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UnknownGroup {
    /// The byte of the replacement where its `$` stands.
    pub offset: usize,
    /// Its name.
    pub name: String,
    /// What was meant, perhaps.
    pub help: String,
}

/// The first group that a replacement names and the pattern does not have.
pub fn unknown_group(with: &str, pattern: &Regex) -> Option<UnknownGroup> {
    let is_group = |name: &str| match name.parse::<usize>() {
        Ok(number) => number < pattern.captures_len(),
        Err(_) => pattern.capture_names().flatten().any(|known| known == name),
    };
    let mut rest = with;
    while let Some((_, after)) = rest.split_once('$') {
        let offset = with.len() - after.len() - 1;
        if let Some(after) = after.strip_prefix('$') {
            rest = after;
            continue;
        }
        let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = match after.strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some((name, _)) => name,
            None => after.split(|c| !is_name(c)).next().unwrap_or_default(),
        };
        if !name.is_empty() && !is_group(name) {
            let digits = name.len() - name.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            let (number, letters) = name.split_at_checked(digits).unwrap_or_default();
            let help = if is_group(number) && !letters.is_empty() {
                format!("write `${{{number}}}{letters}` for what group {number} found and then `{letters}`")
            } else {
                "write `$$` for a dollar sign".to_owned()
            };
            return Some(UnknownGroup {
                offset,
                name: name.to_owned(),
                help,
            });
        }
        rest = after;
    }
    None
}
