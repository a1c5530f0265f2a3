//! Names of files made from what messages hold.
//!
//! Whatever a template yields becomes one plain name in the destination's own folder: no separators, no parent
//! folders, no drives, no devices, nothing hidden, nothing longer than a file system takes.

/// Leaves room for a number below the 255 bytes of common file systems.
const NAME_BYTES_MAX: usize = 200;
/// What follows the last dot is kept when a name is cut, up to this length.
const EXTENSION_BYTES_MAX: usize = 16;

/// Names that Windows takes for devices, whatever their extension.
const DEVICES: [&str; 4] = ["CON", "PRN", "AUX", "NUL"];
/// Followed by a digit they are devices too.
const NUMBERED_DEVICES: [&str; 2] = ["COM", "LPT"];

/// The name under which such a file is safe to keep.
pub(super) fn safe(rendered: &str) -> String {
    let plain = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_' | '.');
    let mut name: String = rendered
        .chars()
        .map(|character| if plain(character) { character } else { '_' })
        .collect();
    if name.is_empty() {
        return "message".to_owned();
    }
    if name.starts_with('.') {
        name.replace_range(..1, "_");
    }
    if name.ends_with('.') {
        name.replace_range(name.len() - 1.., "_");
    }
    let (stem, extension) = split(&name);
    if name.len() > NAME_BYTES_MAX {
        let room = NAME_BYTES_MAX - extension.len();
        let kept = stem
            .char_indices()
            .take_while(|(at, character)| at + character.len_utf8() <= room);
        let kept: String = kept.map(|(_, character)| character).collect();
        name = format!("{kept}{extension}");
    }
    if is_device(&name) {
        name.insert(0, '_');
    }
    name
}

/// The name of the second, third, … file that would have the same name.
pub(super) fn numbered(name: &str, number: usize) -> String {
    if number == 1 {
        return name.to_owned();
    }
    let (stem, extension) = split(name);
    format!("{stem}-{number}{extension}")
}

/// The name before its last dot, and the dot with what follows when that is short enough to be an extension.
fn split(name: &str) -> (&str, &str) {
    let dot = name
        .rfind('.')
        .filter(|dot| *dot > 0 && name.len() - dot <= EXTENSION_BYTES_MAX);
    name.split_at_checked(dot.unwrap_or(name.len()))
        .unwrap_or((name, ""))
}

fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or_default();
    let upper = stem.to_ascii_uppercase();
    let unnumbered = upper.strip_suffix(|last: char| last.is_ascii_digit());
    DEVICES.contains(&upper.as_str()) || unnumbered.is_some_and(|device| NUMBERED_DEVICES.contains(&device))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(rendered: &str, expected: &str) {
        assert_eq!(safe(rendered), expected, "{rendered:?}");
    }

    #[test]
    fn plain_names_stay() {
        check("MSG00001.hl7", "MSG00001.hl7");
        check("2026-03-01_A.B-c", "2026-03-01_A.B-c");
        check("Müller.hl7", "Müller.hl7");
    }

    #[test]
    fn nothing_leaves_the_folder() {
        check("../../x", "_._.._x");
        check("..", "__");
        check(".", "_");
        check("/etc/passwd", "_etc_passwd");
        check("..\\..\\x.hl7", "_._.._x.hl7");
        check("C:", "C_");
        check("C:\\x", "C__x");
        check("a\0b\r\n\u{1b}[31m", "a_b____31m");
        check("file.txt:stream", "file.txt_stream");
    }

    #[test]
    fn nothing_is_hidden_or_a_device_or_without_a_name() {
        check(".profile", "_profile");
        check("name.", "name_");
        check("", "message");
        check("nul", "_nul");
        check("CON.hl7", "_CON.hl7");
        check("com1.a.hl7", "_com1.a.hl7");
        check("LPT9", "_LPT9");
        check("COM10.hl7", "COM10.hl7");
        check("console.hl7", "console.hl7");
    }

    #[test]
    fn long_names_are_cut_and_keep_their_extension() {
        assert_eq!(safe(&"x".repeat(4096)), "x".repeat(200));
        assert_eq!(
            safe(&format!("{}.hl7", "x".repeat(4096))),
            format!("{}.hl7", "x".repeat(196))
        );
        let cut = safe(&"é".repeat(4096));
        assert_eq!(cut, "é".repeat(100));
        assert!(numbered(&safe(&"é".repeat(4096)), 9_999).len() <= 255);
    }

    #[test]
    fn numbers_go_before_the_extension() {
        assert_eq!(numbered("a.hl7", 1), "a.hl7");
        assert_eq!(numbered("a.hl7", 2), "a-2.hl7");
        assert_eq!(numbered("a", 3), "a-3");
        assert_eq!(numbered("a.b.hl7", 12), "a.b-12.hl7");
    }
}
