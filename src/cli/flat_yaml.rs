//! The part of YAML that programs write into simple files: lists of objects with one value a line. There is no need for
//! a reader of the whole language.

/// Item of a list, or a value at the top of the file.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct YamlItem {
    /// Key of the list or of the value.
    pub(super) section: String,
    /// Keys with their values, in their order; an item that is a single value has an empty key.
    pub(super) fields: Vec<(String, String)>,
}

impl YamlItem {
    /// Returns the first value of a key.
    pub(super) fn value_of(&self, key: &str) -> Option<&str> {
        let field = self.fields.iter().find(|(name, _)| name == key)?;
        Some(&field.1)
    }
}

/// Reads the items of all lists, and the values at the top, in their order.
pub(super) fn parse_flat_yaml(text: &str) -> Vec<YamlItem> {
    let mut items: Vec<YamlItem> = Vec::new();
    let mut section = String::new();
    // Column of the dash of the current item, and the key whose list is inside it.
    let mut dash: Option<usize> = None;
    let mut inner = String::new();
    for line in text.lines() {
        let rest = line.trim_start();
        if rest.is_empty() || rest.starts_with(['#', '%']) || rest.starts_with("---") {
            continue;
        }
        let column = line.len() - rest.len();
        if let Some(entry) = rest.strip_prefix("- ") {
            if dash.is_some_and(|dash| column > dash)
                && let Some(item) = items.last_mut()
            {
                item.fields.push((inner.clone(), unquote(entry)));
                continue;
            }
            dash = Some(column);
            items.push(YamlItem {
                section: section.clone(),
                fields: vec![split_field(entry).unwrap_or((String::new(), unquote(entry)))],
            });
            continue;
        }
        let Some((key, value)) = split_field(rest) else {
            continue;
        };
        let in_item = items
            .last_mut()
            .filter(|_| dash.is_some_and(|dash| column > dash));
        match in_item {
            Some(_) if value.is_empty() => inner = key,
            Some(item) => item.fields.push((key, value)),
            None => {
                dash = None;
                if value.is_empty() {
                    section = key;
                } else {
                    items.push(YamlItem {
                        section: key,
                        fields: vec![(String::new(), value)],
                    });
                }
            }
        }
    }
    items
}

/// Splits `key: value` and `key:`.
fn split_field(text: &str) -> Option<(String, String)> {
    if text.starts_with(['"', '\'']) {
        return None;
    }
    let (key, value) = match text.strip_suffix(':') {
        Some(key) => (key, ""),
        None => text.split_once(": ")?,
    };
    let is_key = key
        .chars()
        .all(|c| c.is_alphanumeric() || "_-.".contains(c));
    is_key.then(|| (key.to_owned(), unquote(value)))
}

/// Returns a value without its quotes and without a comment behind it.
pub(super) fn unquote(value: &str) -> String {
    let value = value.trim();
    if let Some(rest) = value.strip_prefix('\'') {
        let end = rest.rfind('\'').unwrap_or(rest.len());
        return rest[..end].replace("''", "'");
    }
    if let Some(rest) = value.strip_prefix('"') {
        let end = rest.rfind('"').unwrap_or(rest.len());
        return rest[..end].replace("\\\"", "\"").replace("\\\\", "\\");
    }
    let end = value.find(" #").unwrap_or(value.len());
    value[..end].trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_of_objects_and_values_are_read() {
        let items = parse_flat_yaml(
            "---\n# x\nlist:\n- name: a  # first\n  sum: '1''2'\n  checks:\n  - one\n  - two\n- name: \"b \\\" c\"\n\
             plain:\n  - '[a: b]'\n  - a:b\nversion: 1.0\nouter:\n  deep:\n    - k: v\n",
        );
        let item = |section: &str, fields: &[(&str, &str)]| YamlItem {
            section: section.to_owned(),
            fields: fields
                .iter()
                .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()))
                .collect(),
        };
        assert_eq!(
            items,
            [
                item(
                    "list",
                    &[
                        ("name", "a"),
                        ("sum", "1'2"),
                        ("checks", "one"),
                        ("checks", "two")
                    ]
                ),
                item("list", &[("name", "b \" c")]),
                item("plain", &[("", "[a: b]")]),
                item("plain", &[("", "a:b")]),
                item("version", &[("", "1.0")]),
                item("deep", &[("k", "v")]),
            ]
        );
    }
}
