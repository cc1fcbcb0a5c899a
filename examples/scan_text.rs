//! Scans a text in memory: nothing is read from the disk. `cargo run --example scan_text < file`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::io::{self, Read as _};
use std::path::Path;

use tokensweep::Scanner;

fn main() -> io::Result<()> {
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    // The path helps to decide: a value in a lock file is rarely a token.
    for finding in Scanner::default().scan_text(&text, Path::new("input.txt")) {
        let (line, column) = (finding.start.line, finding.start.column);
        println!("{line}:{column}: {} {}", finding.title, finding.secret);
    }
    Ok(())
}
