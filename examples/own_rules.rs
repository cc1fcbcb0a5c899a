//! Scans a folder with rules of your own, and without one of the built-in ones, and writes a report.
//! `cargo run --example own_rules -- RULES.toml FOLDER`

use std::error::Error;
use std::io;

use tokensweep::{ReportFormat, ReportOptions, RuleSet, Scanner, WalkOptions, write_report};

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args().skip(1);
    let (Some(file), Some(folder)) = (args.next(), args.next()) else {
        return Err("name a rule file and a folder".into());
    };
    let mut rules = RuleSet::default();
    rules.add_toml(&file, &std::fs::read(&file)?)?;
    rules.retain(|rule| &*rule.id != "npm-access-token");
    let scanner = Scanner::builder().rules(rules).build();
    let outcome = scanner.scan_paths(&WalkOptions::new([folder]));
    let options = ReportOptions::new(scanner.rules());
    write_report(ReportFormat::Json, &outcome, &options, &mut io::stdout())?;
    Ok(())
}
