//! Writes the first inputs of the fuzz targets: the rule files, configurations, baselines and texts of the suite's own
//! cases, with fresh tokens in the place of their placeholders.

use std::error::Error;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use tokensweep::internals::rule::example::ExampleFiller;
use tokensweep::internals::token::Mint;

/// First byte of an input that is a text as it stands.
const RAW: &[u8] = b"#";

type Outcome<T> = Result<T, Box<dyn Error>>;

/// Writes seeds of a target, numbered.
struct Corpus {
    root: PathBuf,
    mint: Mint,
    count: usize,
}

impl Corpus {
    fn add(&mut self, target: &str, text: &str) -> Outcome<()> {
        // Text with braces that are no placeholder is a seed as it stands.
        let filled = ExampleFiller::new(&mut self.mint).fill_text(text);
        let filled = filled.unwrap_or_else(|_| text.as_bytes().to_vec());
        let folder = self.root.join(target);
        fs::create_dir_all(&folder)?;
        self.count += 1;
        let mut file = fs::File::create(folder.join(format!("seed-{}", self.count)))?;
        file.write_all(&[RAW, &filled].concat())?;
        Ok(())
    }
}

fn main() -> Outcome<()> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut corpus = Corpus {
        root: Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus"),
        mint: Mint::new(1),
        count: 0,
    };
    for file in fs::read_dir(tests.join("../rules"))? {
        let path = file?.path();
        if path.extension().is_some_and(|e| e == "toml") {
            corpus.add("rules", &fs::read_to_string(path)?)?;
        }
    }
    for file in fs::read_dir(tests.join("cmd"))? {
        add_files(&fs::read_to_string(file?.path())?, &mut corpus)?;
    }
    for file in fs::read_dir(tests.join("cases"))? {
        for case in fs::read_to_string(file?.path())?.lines() {
            let case: serde_json::Value = serde_json::from_str(case)?;
            corpus.add("layers", case["text"].as_str().unwrap_or_default())?;
        }
    }
    println!("{} seeds in {}", corpus.count, corpus.root.display());
    Ok(())
}

/// Adds the files and the input of a case of the command line.
fn add_files(case: &str, corpus: &mut Corpus) -> Outcome<()> {
    let case: toml::Table = case.parse()?;
    let files = case.get("files").and_then(toml::Value::as_table);
    for (name, text) in files.into_iter().flatten() {
        let text = text.as_str().unwrap_or_default();
        corpus.add("layers", text)?;
        let is_named = |end: &str| name.ends_with(end);
        if is_named("tokensweep.toml") || is_named("pyproject.toml") {
            corpus.add("config", text)?;
        } else if is_named(".toml") {
            corpus.add("rules", text)?;
        } else if is_named("baseline") {
            corpus.add("baseline", text)?;
        }
    }
    if let Some(input) = case.get("stdin").and_then(toml::Value::as_str) {
        corpus.add("layers", input)?;
    }
    Ok(())
}
