//! Reports for programs, and secrets only on request.

use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;

#[test]
fn secrets_are_masked_in_every_form_unless_asked_for() {
    let env = Env::new();
    let token = String::from_utf8(Mint::new(43).new_token(Shape::FineGrained)).unwrap();
    env.write("a.txt", format!("pat: {token}\n"));
    for format in ["human", "json", "jsonl"] {
        let run = env.run(&format!("scan -v --format {format}")).expect(1);
        for part in token.as_bytes().windows(12) {
            let part = std::str::from_utf8(part).unwrap();
            assert!(!run.stdout.contains(part), "{format}: {}", run.stdout);
        }
        let run = env
            .run(&format!("scan --show-secrets --format {format}"))
            .expect(1);
        assert!(run.stdout.contains(&token), "{format}: {}", run.stdout);
    }
}

#[test]
fn colours_and_progress_are_for_terminals() {
    let env = Env::new();
    env.write("a.txt", Mint::new(44).new_token(Shape::Ghp));
    let plain = env.run("scan a.txt").expect(1);
    assert!(!plain.stdout.contains('\x1b') && plain.stderr.is_empty());
    let coloured = env.run("scan --color always a.txt").expect(1);
    assert!(
        coloured
            .stdout
            .contains("\x1b[1m\x1b[31merror[github-pat]\x1b[0m")
    );
}

#[test]
fn completions_and_the_manual_are_generated() {
    let env = Env::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let run = env.run(&format!("completions {shell}")).expect(0);
        assert!(run.stdout.contains("min-confidence"), "{shell}");
    }
    assert!(env.run("man").expect(0).stdout.starts_with(".ie"));
}
