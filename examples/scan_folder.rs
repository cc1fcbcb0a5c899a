//! Scans a folder, shows findings as they come and stops after ten. `cargo run --example scan_folder -- FOLDER`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::ops::ControlFlow;

use tokensweep::{Scanner, WalkOptions};

fn main() {
    let folder = std::env::args_os().nth(1).unwrap_or_else(|| ".".into());
    let scanner = Scanner::default();
    let mut count = 0;
    let outcome = scanner.scan_paths_with(&WalkOptions::new([folder]), |finding| {
        let (path, line) = (finding.path.display(), finding.start.line);
        println!("{path}:{line}: {} {}", finding.title, finding.secret);
        count += 1;
        if count < 10 {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    for skip in outcome.trouble_skips() {
        println!("{}: {}", skip.path.display(), skip.describe_reason());
    }
    println!(
        "{} files, complete: {}",
        outcome.files,
        outcome.is_complete()
    );
}
