//! Properties of the terminal that the output goes to.

use std::io::{self, IsTerminal};

use anstream::AutoStream;

use super::options::ColorChoice;
use crate::report;

/// Returns the number of columns of standard output, from the terminal or else from `COLUMNS`.
pub(super) fn count_columns() -> usize {
    let size = io::stdout()
        .is_terminal()
        .then(terminal_size::terminal_size)
        .flatten();
    let columns = size.map(|(columns, _)| usize::from(columns.0)).or_else(|| {
        let set = std::env::var("COLUMNS").ok()?;
        set.parse().ok()
    });
    columns.filter(|n| *n > 0).unwrap_or(report::COLUMNS)
}

/// Returns true if a report on standard output has colours.
pub(super) fn is_coloured(when: ColorChoice) -> bool {
    match when {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => AutoStream::choice(&io::stdout()) != anstream::ColorChoice::Never,
    }
}

/// Returns true if places in a report on standard output are links.
pub(super) fn has_links(when: ColorChoice) -> bool {
    match when {
        ColorChoice::Always => true,
        ColorChoice::Never => false,
        ColorChoice::Auto => supports_hyperlinks::on(supports_hyperlinks::Stream::Stdout),
    }
}

/// Returns true if a person is at the terminal. A CI system may have a terminal, and would wait for a key for ever.
pub(super) fn is_attended() -> bool {
    let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
    io::stdout().is_terminal() && io::stdin().is_terminal() && !is_dumb && !is_set("CI")
}
