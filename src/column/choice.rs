//! Choice of columns by their names.

use std::collections::BTreeSet;

/// Number of names that an error lists.
const SHOWN: usize = 40;

/// Names of the columns to read. A dot leads into a nested field: `meta.text`.
#[derive(Clone, Debug)]
pub(crate) struct ColumnChoice(Vec<String>);

impl ColumnChoice {
    /// Returns the choice of these names, each once.
    #[must_use]
    pub(crate) fn new(names: &[String]) -> Self {
        let mut chosen: Vec<String> = Vec::new();
        for name in names {
            if !chosen.contains(name) {
                chosen.push(name.clone());
            }
        }
        ColumnChoice(chosen)
    }

    /// Returns the names, in the order in which they were given.
    #[must_use]
    pub(super) fn names(&self) -> &[String] {
        &self.0
    }
}

/// Returns the sentence on a column that a file does not have. `known` are the names that it has.
pub(super) fn describe_absent(name: &str, known: &BTreeSet<String>) -> String {
    if known.is_empty() {
        return format!("it has no column `{name}`, and no other");
    }
    let shown: Vec<&str> = known.iter().take(SHOWN).map(String::as_str).collect();
    let more = if known.len() > SHOWN { ", ..." } else { "" };
    format!(
        "it has no column `{name}`; its columns are {}{more}",
        shown.join(", ")
    )
}
