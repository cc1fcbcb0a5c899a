//! `tokensweep redact -`: a filter that holds nothing back for long and lets no secret through.

use std::io::{Read, Write};
use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;
use super::redact::{placeholder, token};

/// A filter that is fed by hand.
struct Filter {
    child: Child,
    out: std::sync::mpsc::Receiver<Vec<u8>>,
}

impl Filter {
    fn start(env: &Env) -> Filter {
        let mut child = env
            .command()
            .args(["redact", "-", "-q"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut stdout = child.stdout.take().unwrap();
        let (sender, out) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            let mut buffer = [0; 4096];
            while let Ok(n) = stdout.read(&mut buffer) {
                if n == 0 || sender.send(buffer[..n].to_vec()).is_err() {
                    break;
                }
            }
        });
        Filter { child, out }
    }

    fn send(&mut self, text: &str) {
        self.send_bytes(text.as_bytes());
    }

    fn send_bytes(&mut self, bytes: &[u8]) {
        let stdin = self.child.stdin.as_mut().unwrap();
        stdin.write_all(bytes).unwrap();
        stdin.flush().unwrap();
    }

    /// Returns the output until `wanted` is in it, or of a while.
    fn receive(&mut self, wanted: &str) -> String {
        let mut got = Vec::new();
        let start = Instant::now();
        while !got.starts_with(wanted.as_bytes()) && start.elapsed() < Duration::from_secs(10) {
            if let Ok(more) = self.out.recv_timeout(Duration::from_millis(100)) {
                got.extend(more);
            }
        }
        String::from_utf8(got).unwrap()
    }

    fn finish(self) -> String {
        String::from_utf8(self.finish_bytes()).unwrap()
    }

    fn finish_bytes(mut self) -> Vec<u8> {
        drop(self.child.stdin.take());
        let mut rest = Vec::new();
        while let Ok(more) = self.out.recv() {
            rest.extend(more);
        }
        assert!(self.child.wait().unwrap().success());
        rest
    }
}

/// The filter, with a pipe at each of its ends.
fn filter(env: &Env) -> Child {
    env.command()
        .args(["redact", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

#[test]
fn lines_and_prompts_come_through_at_once() {
    let env = Env::new();
    let mut filter = Filter::start(&env);
    for wanted in ["first\n", "second\nthird\n", "Password: ", "50% ....", "\n"] {
        filter.send(wanted);
        assert_eq!(filter.receive(wanted), wanted);
    }
    filter.send("the end");
    assert_eq!(filter.finish(), "the end");
}

#[test]
fn a_progress_bar_that_never_rests_moves_all_the_same() {
    let env = Env::new();
    let mut filter = Filter::start(&env);
    let (mut sent, mut got) = (String::new(), Vec::new());
    for step in 0..150 {
        let text = format!("\r[{:<30}] {step}", "#".repeat(step / 5));
        filter.send(&text);
        sent.push_str(&text);
        std::thread::sleep(Duration::from_millis(4));
        got.extend(filter.out.try_iter().flatten());
    }
    assert!(!got.is_empty(), "nothing came while it moved");
    got.extend(filter.finish().into_bytes());
    assert_eq!(String::from_utf8(got).unwrap(), sent);
}

#[test]
fn a_token_is_caught_however_it_is_cut_into_reads() {
    let env = Env::new();
    let mut mint = Mint::new(31);
    for cut in [1, 2, 3, 4, 5, 20, 39, 40] {
        let secret = token(&mut mint, Shape::Ghp);
        let mut filter = Filter::start(&env);
        let line = format!("export A={secret} # set\n");
        filter.send(&line[..9 + cut]);
        // A part of the prefix says nothing yet and is passed on, as it may be a word that somebody waits for.
        let passed = if cut < 4 { &secret[..cut] } else { "" };
        let mut out = String::new();
        if passed.is_empty() {
            std::thread::sleep(Duration::from_millis(120));
        } else {
            // The pause begins when the filter has read the first piece.
            out = filter.receive(&format!("export A={passed}"));
        }
        filter.send(&line[9 + cut..]);
        out.push_str(&filter.finish());
        let placeholder = placeholder("github-pat", &secret);
        assert_eq!(
            out,
            format!("export A={passed}{placeholder} # set\n"),
            "cut at {cut}"
        );
    }
}

#[test]
fn a_token_in_wide_text_is_caught_however_it_is_cut_into_reads() {
    let mut mint = Mint::new(38);
    let units = |text: &str, width: usize, is_little: bool| -> Vec<u8> {
        let unit = |c: char| match is_little {
            true => u32::from(c).to_le_bytes()[..width].to_vec(),
            false => u32::from(c).to_be_bytes()[4 - width..].to_vec(),
        };
        text.chars().flat_map(unit).collect()
    };
    let env = Env::new();
    let cuts = [4, 5, 17, 31, 39, 40];
    let forms = [(2, true), (2, false), (4, true), (4, false)];
    let mut filters = Vec::new();
    for (width, is_little) in forms {
        for mark in ["\u{feff}", ""] {
            for (cut, more) in cuts
                .iter()
                .flat_map(|cut| (0..width).map(move |more| (*cut, more)))
            {
                let secret = token(&mut mint, Shape::Ghp);
                let before = units(&format!("{mark}export A="), width, is_little);
                let line = units(
                    &format!("{mark}export A={secret} # set\n"),
                    width,
                    is_little,
                );
                let cut = before.len() + cut * width + more;
                let mut filter = Filter::start(&env);
                filter.send_bytes(&line[..cut]);
                let wanted = format!(
                    "{mark}export A={} # set\n",
                    placeholder("github-pat", &secret)
                );
                filters.push((
                    filter,
                    line[cut..].to_vec(),
                    units(&wanted, width, is_little),
                ));
            }
        }
    }
    // All of them pause at once.
    std::thread::sleep(Duration::from_millis(300));
    for (mut filter, rest, wanted) in filters {
        filter.send_bytes(&rest);
        let out = filter.finish_bytes();
        assert_eq!(
            String::from_utf8_lossy(&out),
            String::from_utf8_lossy(&wanted)
        );
    }
}

#[test]
fn a_long_stream_is_the_same_but_for_its_secrets() {
    let env = Env::new();
    let mut mint = Mint::new(32);
    let (mut text, mut wanted) = (String::new(), String::new());
    for number in 0..60_000 {
        let noise = String::from_utf8(mint.random_base62(60)).unwrap();
        let line = format!("2026-11-22T10:00:00Z line {number} {noise} done\n");
        text.push_str(&line);
        wanted.push_str(&line);
        if number % 1999 == 7 {
            let secret = token(&mut mint, Shape::Gho);
            text.push_str(&format!("token={secret};\n"));
            wanted.push_str(&format!(
                "token={};\n",
                placeholder("github-oauth", &secret)
            ));
        }
    }
    let run = env.run_with("redact -", text.as_bytes()).expect(0);
    assert!(run.stdout == wanted);
    run.says("31 secrets replaced");
    let check = env.run_with("redact --check -", text.as_bytes()).expect(1);
    assert!(check.stdout.is_empty());
}

#[test]
fn a_line_without_end_is_passed_on_in_pieces_and_redacted_all_the_same() {
    let env = Env::new();
    let mut mint = Mint::new(33);
    let (mut text, mut wanted) = (String::new(), String::new());
    for _ in 0..400 {
        let filler = String::from_utf8(mint.text(b"abc \",:{}", 9000)).unwrap();
        let secret = token(&mut mint, Shape::Ghs);
        text.push_str(&format!("{filler}\"{secret}\""));
        wanted.push_str(&format!(
            "{filler}\"{}\"",
            placeholder("github-installation", &secret)
        ));
    }
    let run = env.run_with("redact - -q", text.as_bytes()).expect(0);
    assert!(run.stdout == wanted);
}

#[test]
fn places_in_a_long_line_are_those_that_a_scan_of_it_gives() {
    let env = Env::new();
    let mut mint = Mint::new(38);
    let mut text = String::from("first\n");
    for _ in 0..40 {
        // Three bytes a character, so that windows begin inside of some.
        text.push_str(&"令".repeat(30_000 + mint.random_below(100)));
        text.push_str(&format!(" \"{}\" ", token(&mut mint, Shape::Ghp)));
    }
    let scanned = env
        .run_with("scan --format json -", text.as_bytes())
        .expect(1);
    env.run_with("redact - -q --report report.json", text.as_bytes())
        .expect(0);
    let places = |json: &str, list: &str, start: &str| -> Vec<[u64; 3]> {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        let place =
            |one: &serde_json::Value| [start, "line", "column"].map(|k| one[k].as_u64().unwrap());
        value[list].as_array().unwrap().iter().map(place).collect()
    };
    let report = std::fs::read_to_string(env.root().join("report.json")).unwrap();
    let filtered = places(&report, "replaced", "byte_start");
    assert_eq!(filtered, places(&scanned.stdout, "findings", "byte_start"));
    for [byte, line, column] in filtered {
        let before = &text[..usize::try_from(byte).unwrap()];
        let in_line = before.rsplit('\n').next().unwrap();
        assert_eq!((line, column), (2, 1 + in_line.chars().count() as u64));
    }
}

#[test]
fn base64_wrapped_over_lines_is_waited_for() {
    let env = Env::new();
    let mut mint = Mint::new(34);
    let secret = token(&mut mint, Shape::Ghp);
    let encoded = data_encoding::BASE64
        .encode(format!("{} {secret} and more of it", "u".repeat(40)).as_bytes());
    let (one, two) = encoded.split_at(76);
    let run = env
        .run_with("redact - -q", format!("data:\n{one}\n{two}\n").as_bytes())
        .expect(0);
    let joined: String = run.stdout["data:\n".len()..].split_whitespace().collect();
    let decoded = data_encoding::BASE64.decode(joined.as_bytes()).unwrap();
    assert!(
        String::from_utf8(decoded)
            .unwrap()
            .contains("REDACTED-github-pat-")
    );
}

/// A token in pieces, `gap` between them, as the lines that hold them.
fn wrapped(secret: &str, at: usize, gap: &str) -> (String, String) {
    let last = gap.rfind('\n').map_or(0, |n| n + 1);
    let (trail, lead) = gap.split_at(last);
    (
        format!("the token {}{trail}", &secret[..at]),
        format!("{lead}{} it is\n", &secret[at..]),
    )
}

#[test]
fn a_token_that_a_line_end_cuts_is_caught() {
    let env = Env::new();
    let mut mint = Mint::new(35);
    for gap in ["\n", "\r\n    ", " \\\n", "\n> ", "\" +\n  \""] {
        for at in [1, 4, 5, 16, 25, 39] {
            let secret = token(&mut mint, Shape::Ghp);
            let (one, two) = wrapped(&secret, at, gap);
            let run = env.run_with("redact - -q", format!("{one}{two}end\n").as_bytes());
            let wanted = format!(
                "the token {}{gap} it is\nend\n",
                placeholder("github-pat", &secret)
            );
            assert_eq!(run.expect(0).stdout, wanted, "cut at {at} by {gap:?}");
        }
    }
}

#[test]
fn a_line_that_ends_in_a_token_passes_after_a_pause_without_it() {
    let env = Env::new();
    let mut mint = Mint::new(36);
    for gap in ["\n", "\r\n    ", "\n> "] {
        for at in [1, 4, 10, 16, 25, 39] {
            let secret = token(&mut mint, Shape::Gho);
            let (one, two) = wrapped(&secret, at, gap);
            let mut filter = Filter::start(&env);
            filter.send(&one);
            let first = if at < 16 {
                // So little of it does not tell the rest.
                one.clone()
            } else {
                let cover = format!("REDACTED{}", "x".repeat(at - 8));
                one.replace(&secret[..at], &cover)
            };
            assert_eq!(filter.receive(&first), first, "cut at {at} by {gap:?}");
            filter.send(&two);
            let rest = two.replacen(&secret[at..], "", 1);
            assert_eq!(filter.finish(), rest, "cut at {at} by {gap:?}");
        }
    }
}

#[test]
fn covered_line_ends_are_told_and_others_are_not_covered() {
    let env = Env::new();
    let mut mint = Mint::new(37);
    let secret = token(&mut mint, Shape::Ghp);
    let mut child = filter(&env);
    let mut stdin = child.stdin.take().unwrap();
    for line in [
        "tokens begin with ghp_\n",
        &format!("{}\n", &secret[..30]),
        "and more\n",
    ] {
        stdin.write_all(line.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(150));
    }
    drop(stdin);
    let done = child.wait_with_output().unwrap();
    let (out, err) = (
        String::from_utf8(done.stdout).unwrap(),
        String::from_utf8(done.stderr).unwrap(),
    );
    assert_eq!(
        out,
        format!(
            "tokens begin with ghp_\nREDACTED{}\nand more\n",
            "x".repeat(22)
        )
    );
    assert!(err.contains("the ends of 1 line were covered"), "{err}");
}

#[test]
fn an_address_at_the_end_of_a_prompt_is_shown_at_once() {
    let env = Env::new();
    let mut filter = Filter::start(&env);
    for wanted in [
        "Open https://github.com/login/device/select_account",
        "\nAnd https://login.example.com/oauth2/device",
        "\nContinue y/n",
        "n\nrunning git",
    ] {
        filter.send(wanted);
        assert_eq!(filter.receive(wanted), wanted);
    }
    filter.finish();
}
