//! Text for XML: escaped, and without the characters that XML 1.0 cannot contain.

/// Escapes text for an attribute's value or an element's content.
pub(super) fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&apos;"),
            '\n' => out.push_str("&#10;"),
            '\t' => out.push_str("&#9;"),
            // XML allows no escape for these either, so the Rust notation is shown.
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                out.extend(c.escape_unicode());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_closes_an_attribute_and_nothing_is_left_that_xml_cannot_hold() {
        assert_eq!(
            escape("a\"b'<c>&\x1b\0\n\u{ffff}"),
            "a&quot;b&apos;&lt;c&gt;&amp;\\u{1b}\\u{0}&#10;\\u{ffff}"
        );
    }
}
