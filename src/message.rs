//! Texts that many messages contain: counts with their nouns, errors of the operating system, and paths.

use std::io;
use std::path::Path;

/// Returns a count and its noun, with the regular ending of a plural: `1 entry`, `2 entries`.
pub(crate) fn count_noun(count: u64, noun: &str) -> String {
    let number = group_digits(count);
    match noun.strip_suffix('y') {
        _ if count == 1 => format!("1 {noun}"),
        Some(stem) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number} {stem}ies"),
        _ => format!("{number} {noun}s"),
    }
}

/// Returns a number with a comma between its groups of three digits: `10,000`.
pub(crate) fn group_digits(number: u64) -> String {
    let digits = number.to_string();
    let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.char_indices() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    grouped
}

/// Returns a text without the error numbers of the operating system.
pub(crate) fn without_error_numbers(text: &str) -> String {
    let mut parts = text.split(" (os error ");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let rest = part.trim_start_matches(|c: char| c.is_ascii_digit());
        out.push_str(rest.strip_prefix(')').unwrap_or(rest));
    }
    out
}

/// Returns the message of the operating system without the error number, to stand within a sentence.
pub(crate) fn describe_io_error(error: &io::Error) -> String {
    let text = without_error_numbers(&error.to_string());
    let mut chars = text.chars();
    chars
        .next()
        .map_or_else(String::new, |c| c.to_lowercase().chain(chars).collect())
}

/// Returns a path with `/` between its parts, without a leading `./`.
pub(crate) fn portable_path(path: &Path) -> String {
    let text = path.to_string_lossy();
    let text = if cfg!(windows) {
        text.replace('\\', "/")
    } else {
        text.into_owned()
    };
    match text.strip_prefix("./") {
        Some(rest) if !rest.is_empty() => rest.to_owned(),
        _ => text,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nouns_agree_with_their_counts() {
        for (count, noun, wanted) in [
            (0, "file", "0 files"),
            (1, "file", "1 file"),
            (2, "more place", "2 more places"),
            (1, "entry", "1 entry"),
            (3, "entry", "3 entries"),
            (2, "key", "2 keys"),
            (1234, "entry", "1,234 entries"),
        ] {
            assert_eq!(count_noun(count, noun), wanted);
        }
    }

    #[test]
    fn digits_stand_in_groups_of_three() {
        for (number, wanted) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (123_456, "123,456"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(group_digits(number), wanted);
        }
    }

    #[test]
    fn errors_have_no_numbers() {
        let text = "cannot read a: No such file or directory (os error 2) (x)";
        let said = "cannot read a: No such file or directory (x)";
        assert_eq!(without_error_numbers(text), said);
        assert_eq!(without_error_numbers("plain (os)"), "plain (os)");
        let error = io::Error::from_raw_os_error(2);
        let said = describe_io_error(&error);
        assert!(!said.contains("os error"), "{said}");
        assert!(said.starts_with(char::is_lowercase), "{said}");
    }

    #[test]
    fn paths_are_shown_without_the_current_folder() {
        for (path, wanted) in [
            ("./a/b", "a/b"),
            ("a/./b", "a/./b"),
            ("./", "./"),
            ("/a", "/a"),
        ] {
            assert_eq!(portable_path(Path::new(path)), wanted);
        }
    }
}
