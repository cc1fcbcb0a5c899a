//! Replaces the secrets in a text. `cargo run --example redact_text < file`

use std::io::{self, Read as _, Write as _};
use std::path::Path;

use tokensweep::{Confidence, RedactOptions, Scanner};

fn main() -> io::Result<()> {
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    let mut options = RedactOptions::default();
    options.min_confidence = Confidence::Medium;
    let redacted = Scanner::default()
        .redact_text(&text, Path::new("input.txt"), &options)
        .map_err(io::Error::other)?;
    // An editor applies `redacted.edits` to its buffer instead.
    io::stdout().write_all(&redacted.text)
}
