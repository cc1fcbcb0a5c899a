//! Manual pages and completions: what packages bring along besides the program.

use std::collections::BTreeSet;

use regex::Regex;
use tokensweep::ReportFormat;
use tokensweep::internals::rule::builtin_rules;

use crate::env::Env;

/// Names of the pages that a page lists as those of its commands.
fn listed(page: &str) -> Vec<String> {
    let name = Regex::new(r"(?m)^tokensweep\\-[a-z\\-]+\(1\)$").unwrap();
    let names = name.find_iter(page);
    names
        .map(|n| n.as_str().replace('\\', "").replace("(1)", ".1"))
        .collect()
}

fn write_pages(env: &Env) -> BTreeSet<String> {
    env.run("man --output-dir share/man1").expect(0);
    let entries = std::fs::read_dir(env.root().join("share/man1")).unwrap();
    let names = entries.map(|e| e.unwrap().file_name().into_string().unwrap());
    names.collect()
}

#[test]
fn every_page_that_a_page_lists_is_written() {
    let env = Env::new();
    let written = write_pages(&env);
    let mut seen = BTreeSet::from(["tokensweep.1".to_owned()]);
    for name in &written {
        let page = std::fs::read_to_string(env.root().join("share/man1").join(name)).unwrap();
        seen.extend(listed(&page));
    }
    assert_eq!(seen, written);
    for name in ["tokensweep-scan.1", "tokensweep-hook-install.1"] {
        assert!(written.contains(name), "{name}");
    }
}

#[test]
fn a_command_has_the_page_that_is_written_for_it() {
    let env = Env::new();
    write_pages(&env);
    for (args, name) in [
        ("man", "tokensweep.1"),
        ("man scan", "tokensweep-scan.1"),
        ("man hook install", "tokensweep-hook-install.1"),
    ] {
        let written = std::fs::read_to_string(env.root().join("share/man1").join(name)).unwrap();
        assert_eq!(env.run(args).expect(0).stdout, written, "{args}");
    }
}

#[test]
fn pages_of_what_is_no_command_are_refused() {
    let env = Env::new();
    env.run("man scna").expect(2).says("did you mean `scan`?");
    env.run("man hook instal")
        .expect(2)
        .says("did you mean `install`?");
    env.run("man scan all")
        .expect(2)
        .says("`tokensweep scan` has no commands of its own");
    env.write("full", "");
    let refused = env.run("man --output-dir full").expect(2);
    refused.says("cannot write the manual pages into full");
}

#[test]
fn completions_offer_formats_and_the_ids_of_rules() {
    let env = Env::new();
    let formats = ReportFormat::ALL.map(ReportFormat::name).join(" ");
    let rules = builtin_rules();
    let ids: Vec<&str> = rules.iter().map(|r| &*r.id).collect();
    // The scripts of clap_complete for other shells offer no values.
    for shell in ["bash", "zsh", "fish"] {
        let script = env.run(&format!("completions {shell}")).expect(0).stdout;
        for known in [formats.clone(), ids.join(" ")] {
            let is_offered = script.contains(&known)
                || known
                    .split(' ')
                    .all(|k| script.contains(&format!("{k}\\t''")));
            assert!(is_offered, "{shell} does not offer {known}");
        }
    }
}

#[test]
fn bash_completes_the_values_of_options() {
    let env = Env::new();
    for (line, offered) in [
        ("scan --format sa", "sarif"),
        ("scan --rule github-p", "github-pat"),
        ("rules show npm", "npm-access-token"),
    ] {
        let script = format!(
            "\"$0\" completions bash > c; bash --norc -c '. ./c; COMP_WORDS=(tokensweep {line}); \
             COMP_CWORD=$((${{#COMP_WORDS[@]}} - 1)); \
             _tokensweep tokensweep \"${{COMP_WORDS[-1]}}\" \"${{COMP_WORDS[-2]}}\"; printf \"%s \" \"${{COMPREPLY[@]}}\"'"
        );
        let output = env.shell(&script).output().unwrap();
        let said = String::from_utf8(output.stdout).unwrap();
        assert!(said.split(' ').any(|w| w == offered), "{line}: {said}");
        assert!(!said.split(' ').any(|w| w == "c"), "{line}: {said}");
    }
}
