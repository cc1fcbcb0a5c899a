//! The way to a value in a JSON text: keys, and numbers of elements.

/// Object or array that is open.
struct JsonLevel {
    /// Key of the value that is read; `None` in an array.
    key: Option<String>,
    /// Number of the element that is read, 1-based.
    number: u64,
}

/// Returns the keys on the way to the value that contains the byte at `at`, each with the number of the element in an
/// array that is its value.
pub(super) fn find_steps(text: &[u8], at: usize) -> Vec<(String, Option<u64>)> {
    let mut levels: Vec<JsonLevel> = Vec::new();
    let mut is_key = false;
    let mut rest = 0;
    while rest < at.min(text.len()) {
        let byte = text[rest];
        rest += 1;
        match byte {
            b'"' => {
                let len = text_length(&text[rest..]);
                let is_inside = rest + len >= at;
                if is_inside {
                    break;
                }
                if std::mem::take(&mut is_key)
                    && let Some(level) = levels.last_mut()
                {
                    let key = String::from_utf8_lossy(&text[rest..rest + len]);
                    level.key = Some(key.into_owned());
                }
                rest += len + 1;
            }
            b'{' | b'[' => {
                is_key = byte == b'{';
                let key = is_key.then(String::new);
                levels.push(JsonLevel { key, number: 1 });
            }
            b'}' | b']' => _ = levels.pop(),
            b',' => {
                let level = levels.last_mut();
                is_key = level.as_ref().is_some_and(|level| level.key.is_some());
                if let Some(level) = level {
                    level.number += 1;
                }
            }
            _ => {}
        }
    }
    let mut steps: Vec<(String, Option<u64>)> = Vec::new();
    for level in levels {
        match (level.key, steps.last_mut()) {
            (Some(key), _) => steps.push((key, None)),
            (None, Some((_, number))) => *number = Some(level.number),
            (None, None) => {}
        }
    }
    steps
}

/// Returns the number of bytes up to the quote that ends a text.
fn text_length(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(found) = text
        .get(at..)
        .and_then(|rest| memchr::memchr2(b'"', b'\\', rest))
    {
        at += found;
        if text[at] == b'"' {
            return at;
        }
        at += 2;
    }
    text.len()
}
