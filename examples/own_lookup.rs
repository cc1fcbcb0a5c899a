//! Gives the scanner an object lookup of its own, as an editor or a server does that has the repository already. Needs
//! no feature of the crate: `cargo run --no-default-features --example own_lookup < file`

#![allow(clippy::print_stdout, reason = "an example shows what it finds")]

use std::collections::HashSet;
use std::io::{self, Read as _};
use std::path::Path;

use tokensweep::{Finding, ObjectLookup, Scanner};

/// Ids of the objects that the embedding program knows.
struct KnownObjects(HashSet<String>);

impl ObjectLookup for KnownObjects {
    fn describe_object(&self, _path: &Path, id: &str) -> Option<String> {
        let is_known = self.0.contains(id);
        is_known.then(|| "it is a commit of the open project".to_owned())
    }
}

fn main() -> io::Result<()> {
    let commits = ["0d5e7f1c2b3a49586776859483a2b1c0d9e8f7a6".to_owned()];
    let scanner = Scanner::builder()
        .object_lookup(KnownObjects(commits.into()))
        .build();
    let mut text = Vec::new();
    io::stdin().read_to_end(&mut text)?;
    let findings: Vec<Finding> = scanner.scan_text(&text, Path::new("buffer.txt"));
    println!("{}", serde_json::to_string_pretty(&findings)?);
    Ok(())
}
