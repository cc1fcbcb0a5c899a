//! Writes the inputs of `end_to_end.sh`, `filter.py` and `guard.sh`, the same on every machine.
//!
//! ```text
//! cargo bench --bench generate -- text KIND BYTES FILE    one of the kinds of corpus.rs
//! cargo bench --bench generate -- log KIND BYTES FILE     one of the kinds of logs.rs
//! cargo bench --bench generate -- logs                    the names of those kinds
//! cargo bench --bench generate -- tree KIND FILES FOLDER  that many files of 2 to 60 KB
//! cargo bench --bench generate -- rules COUNT FILE        a rule file
//! ```

mod corpus;
mod logs;

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::Path;

use tokensweep::internals::token::Mint;

/// Number of bytes after which a longer text repeats, at a line break in kinds with a candidate in every 100 bytes.
const PERIOD: usize = 16_000_000;

fn main() -> io::Result<()> {
    let args: Vec<String> = std::env::args()
        .skip(1)
        .filter(|a| a != "--bench")
        .collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["text", kind, bytes, file] => text(kind, number(bytes)?, Path::new(file)),
        ["log", kind, bytes, file] => log(kind, number(bytes)?, Path::new(file)),
        ["logs"] => writeln!(io::stdout(), "{}", logs::KINDS.map(|k| k.0).join("\n")),
        ["tree", kind, files, folder] => tree(kind, number(files)?, Path::new(folder)),
        ["rules", count, file] => File::create(file)?.write_all(rules(number(count)?).as_bytes()),
        // `cargo bench` runs every bench without arguments.
        _ => Ok(()),
    }
}

fn number(text: &str) -> io::Result<usize> {
    text.parse().map_err(io::Error::other)
}

fn text(kind: &str, bytes: usize, file: &Path) -> io::Result<()> {
    let mut file = File::create(file)?;
    if kind == "sparse" {
        return file.set_len(bytes as u64);
    }
    write_periods(&mut file, &corpus::text(kind, bytes.min(PERIOD)), bytes)
}

fn log(kind: &str, bytes: usize, file: &Path) -> io::Result<()> {
    let period = logs::text(kind, bytes.min(4 * PERIOD));
    write_periods(&mut File::create(file)?, &period, bytes)
}

fn write_periods(file: &mut File, period: &[u8], bytes: usize) -> io::Result<()> {
    let mut left = bytes;
    while left > 0 {
        let len = left.min(period.len());
        file.write_all(&period[..len])?;
        left -= len;
    }
    Ok(())
}

fn tree(kind: &str, files: usize, folder: &Path) -> io::Result<()> {
    let mut mint = Mint::new(7);
    let text = corpus::text(kind, PERIOD);
    for n in 0..files {
        let folder = folder
            .join(format!("{}", n % 97))
            .join(format!("{}", n % 7));
        fs::create_dir_all(&folder)?;
        let len = 2_000 + mint.random_below(58_000);
        let from = mint.random_below(text.len() - len);
        File::create(folder.join(format!("{n}.txt")))?.write_all(&text[from..from + len])?;
    }
    Ok(())
}

/// Returns rules of common forms: a prefixed token, a key and its value, a URL.
fn rules(count: usize) -> String {
    let mut mint = Mint::new(9);
    let mut out = String::new();
    for n in 0..count {
        let name = String::from_utf8_lossy(&mint.text(b"bdfghjklmnprstvz", 6)).into_owned();
        let regex = match n % 5 {
            0 => format!(r"\b{name}_[A-Za-z0-9]{{36}}\b"),
            1 => format!(
                r"(?i){name}[a-z0-9_ .\-]{{0,20}}[=:]{{1,2}}[ ]{{0,3}}[\x22']([0-9a-f]{{32}})[\x22']"
            ),
            2 => format!(r"{name}-[0-9a-f]{{20,}}"),
            3 => format!(r"\b{name}_(?:live|test)_(?<secret>[0-9A-Za-z]{{24,99}})"),
            _ => format!(r"https://hooks\.{name}\.example/services/[A-Za-z0-9/]{{24,64}}"),
        };
        out += &format!(
            "[[rule]]\nid = \"synthetic-{n}\"\ntitle = \"Synthetic {n}\"\nseverity = \"error\"\n\
             why = \"It is here to be timed.\"\nrevoke = \"Nothing to do.\"\nregex = '''{regex}'''\n\n"
        );
    }
    out
}
