//! Tokens cut by the end of a line where each line has a margin of its own: a time, a host, a number, a colour.

use std::path::Path;

use tokensweep::internals::token::{Mint, Shape, StatelessForm};
use tokensweep::parts::Layer;
use tokensweep::{Confidence, Finding, Scanner};

use super::env::Env;

/// Texts before and behind that of the line with this number.
type Frame = fn(usize) -> (String, &'static str);

/// Logs as programs write them.
const FRAMES: [(&str, Frame); 29] = [
    ("GitHub Actions", |n| {
        (
            format!(
                "2026-11-27T03:12:{:02}.{:07}Z ",
                n % 60,
                n * 7919 % 10_000_000
            ),
            "",
        )
    }),
    ("GitLab", |n| {
        (
            format!(
                "2026-11-27T03:12:{:02}.{:06}Z 00O ",
                n % 60,
                n * 7919 % 1_000_000
            ),
            "",
        )
    }),
    ("Azure", |n| {
        (
            format!("2026-11-27T03:12:{:02}.{:07}Z ##[debug]", n % 60, n * 31),
            "",
        )
    }),
    ("BuildKit", |n| (format!("#12 {}.{} ", 7 + n, n % 10), "")),
    ("compose", |_| ("web_1  | ".to_owned(), "")),
    ("compose in colour", |_| {
        ("\u{1b}[36mweb-1  | \u{1b}[0m".to_owned(), "")
    }),
    ("syslog", |n| {
        (
            format!("Nov 27 03:12:{:02} build-7 app[{}]: ", n % 60, 4000 + n),
            "",
        )
    }),
    ("cat -n", |n| (format!("{:6}\t", n + 8), "")),
    ("grep -n", |n| (format!("src/config.py:{}:", n + 8), "")),
    ("log4j", |n| {
        (
            format!(
                "2026-11-27 03:12:{:02},{:03} INFO  [main] c.a.Api - ",
                n % 60,
                n * 37 % 1000
            ),
            "",
        )
    }),
    ("stern", |_| ("api-7d9f8b6c5-x2x9z app ".to_owned(), "")),
    ("kubectl", |_| {
        ("[pod/api-7d9f8b6c5-x2x9z/app] ".to_owned(), "")
    }),
    ("diff", |_| ("+".to_owned(), "")),
    ("quote", |_| ("> > ".to_owned(), "")),
    ("python", |n| {
        (
            format!(
                "2026-11-27 03:12:{:02},{:03} - root - DEBUG - ",
                n % 60,
                n * 37 % 1000
            ),
            "",
        )
    }),
    ("ruby", |n| {
        (
            format!(
                "D, [2026-11-27T03:12:{:02}.{:06} #4711] DEBUG -- : ",
                n % 60,
                n * 7919 % 1_000_000
            ),
            "",
        )
    }),
    ("ts", |n| (format!("03:12:{:02} ", n % 60), "")),
    ("gutter", |n| (format!("{:>4} | ", n + 98), "")),
    ("box", |_| ("│ ".to_owned(), " │")),
    ("colour", |_| ("\u{1b}[32m".to_owned(), "\u{1b}[0m")),
    ("terraform", |_| {
        ("aws_instance.web (remote-exec): ".to_owned(), "")
    }),
    ("ansible", |_| ("    \"".to_owned(), "\",")),
    ("json", |n| (format!("{{\"seq\":{n},\"msg\":\""), "\"}")),
    ("docker json", |_| {
        ("{\"log\":\"".to_owned(), "\\n\",\"stream\":\"stdout\"}")
    }),
    ("docker json in colour", |_| {
        (
            "{\"log\":\"\\u001b[32m".to_owned(),
            "\\u001b[0m\\r\\n\",\"stream\":\"stderr\"}",
        )
    }),
    ("logfmt", |_| ("msg=\"".to_owned(), "\" level=info")),
    ("right-aligned", |n| (format!("{:>3}: ", n + 98), "")),
    ("removed", |_| ("-".to_owned(), "")),
    ("comment", |_| ("// ".to_owned(), "")),
];

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).unwrap()
}

fn scanner() -> Scanner {
    Scanner::builder().min_confidence(Confidence::Low).build()
}

fn scan(text: &str) -> Vec<Finding> {
    scanner().scan_text(text.as_bytes(), Path::new("build.log"))
}

/// `body` in lines of `width` characters, each in its frame, with two lines before and behind.
fn framed(frame: Frame, body: &str, first: usize, width: usize) -> String {
    let (head, rest) = body.split_at(first.min(body.len()));
    let mut lines = vec!["Run make all", "cc -o a a.c", head];
    let rest = rest.as_bytes().chunks(width);
    lines.extend(rest.map(|line| std::str::from_utf8(line).unwrap()));
    lines.extend(["done", "exit 0"]);
    let lines = lines.iter().enumerate().map(|(number, line)| {
        let (before, behind) = frame(number);
        format!("{before}{line}{behind}\n")
    });
    lines.collect()
}

#[test]
fn a_token_cut_in_a_log_is_found_wherever_it_is_cut() {
    let mut mint = Mint::new(71);
    for (name, frame) in FRAMES {
        for shape in [Shape::Ghp, Shape::FineGrained] {
            let secret = text(mint.new_token(shape));
            for at in 1..secret.len() {
                let body = format!("token: {secret}");
                let log = framed(frame, &body, 7 + at, 200);
                let found = scan(&log);
                assert_eq!(found.len(), 1, "{name}, cut at {at}:\n{log}");
                assert_eq!(found[0].secret.expose_the_secret(), secret.as_bytes());
                assert_eq!(found[0].decoded_from, [Layer::Wrapped], "{name}");
                assert_eq!(found[0].confidence, Confidence::Certain);
            }
        }
    }
}

#[test]
fn a_stateless_token_cut_in_a_log_is_found_at_every_width() {
    let mut mint = Mint::new(72);
    for (name, frame) in FRAMES {
        for width in [40, 64, 80, 120] {
            for first in [8, 9, 10, 11, 13, 16, 19, 20, 24, 40] {
                let secret = text(mint.stateless(StatelessForm::Context, 15368, 1_790_000_000));
                let body = format!("token: {secret}");
                let log = framed(frame, &body, first, width);
                let mut found = scan(&log);
                // A claim of the token is base64 of 40 hex digits.
                found.retain(|f| f.confidence > Confidence::Low);
                assert_eq!(found.len(), 1, "{name}, {first} of {width}:\n{log}");
                assert_eq!(found[0].secret.expose_the_secret(), secret.as_bytes());
                assert_eq!(found[0].confidence, Confidence::Certain);
            }
        }
    }
}

#[test]
fn any_number_of_line_ends_may_stand_between_margins() {
    let mut mint = Mint::new(76);
    for (name, frame) in FRAMES {
        for shape in Shape::checked_shapes() {
            // One of the first two pieces has at least 20 characters.
            for (first, width) in [
                (1, 24),
                (3, 20),
                (7, 21),
                (12, 23),
                (19, 25),
                (20, 9),
                (26, 7),
            ] {
                let secret = text(mint.new_token(shape));
                let log = framed(frame, &format!("token: {secret}"), 7 + first, width);
                let found = scan(&log);
                assert_eq!(found.len(), 1, "{name}, {first} and {width}:\n{log}");
                assert_eq!(found[0].secret.expose_the_secret(), secret.as_bytes());
            }
        }
    }
}

#[test]
fn a_known_value_is_found_wherever_margins_part_it() {
    let mut mint = Mint::new(77);
    let env = Env::new();
    for (name, frame) in FRAMES {
        for at in [1 + mint.random_below(19), 20 + mint.random_below(20)] {
            let secret = text(mint.hex(40));
            let mut log = framed(frame, &format!("run with {secret}"), 9 + at, 200);
            log = log.replace('\n', "\r\n");
            env.write("build.log", &log);
            env.write("a.env", format!("GITHUB_TOKEN={secret}\n"));
            env.run("redact -q .").expect(0);
            let after = std::fs::read_to_string(env.root().join("build.log")).unwrap();
            let pieces = [&secret[..at], &secret[at..]];
            let stay = pieces.iter().filter(|p| p.len() > 3 && after.contains(**p));
            assert_eq!(stay.count(), 0, "{name}, cut at {at}:\n{after}");
            assert_eq!(after.lines().count(), log.lines().count(), "{name}");
        }
    }
}

#[test]
fn a_known_value_with_another_piece_is_not_joined() {
    let mut mint = Mint::new(78);
    for (name, frame) in FRAMES {
        let secret = text(mint.hex(40));
        let other = text(mint.hex(20));
        let log = framed(
            frame,
            &format!("run with {}{other}", &secret[..20]),
            29,
            200,
        );
        let found = scan(&format!("GITHUB_TOKEN={secret}\n{log}"));
        assert_eq!(found.len(), 1, "{name}: {found:?}");
    }
}

#[test]
fn pieces_that_prove_nothing_are_not_joined_over_margins() {
    let mut mint = Mint::new(73);
    for (name, frame) in FRAMES {
        for at in [5, 12, 20, 30] {
            let secret = mint.new_token(Shape::Ghp);
            let damaged = text(mint.damage_token(&secret, 33));
            let found = scan(&framed(frame, &format!("token: {damaged}"), 7 + at, 200));
            assert!(found.is_empty(), "{name}: {found:?}");
            let found = scan(&framed(frame, &text(mint.hex(40)), at, 200));
            assert!(found.is_empty(), "{name}: {found:?}");
        }
    }
}

#[test]
fn margins_stay_when_a_token_between_them_is_redacted() {
    let env = Env::new();
    let mut mint = Mint::new(74);
    for (name, frame) in FRAMES {
        let secret = text(mint.new_token(Shape::Ghp));
        let log = framed(frame, &format!("token: {secret}"), 30, 200);
        env.write("build.log", &log);
        env.run("redact build.log").expect(0);
        let after = std::fs::read_to_string(env.root().join("build.log")).unwrap();
        assert!(
            !after.contains(&secret[..23]) && !after.contains(&secret[23..]),
            "{name}: {after}"
        );
        let lines = |text: &str| text.lines().count();
        assert_eq!(lines(&after), lines(&log), "{name}");
        for (number, line) in after.lines().enumerate() {
            let (before, behind) = frame(number);
            assert!(
                line.starts_with(&before) && line.ends_with(behind),
                "{name}: {line}"
            );
        }
    }
}

#[test]
fn a_stream_lets_no_piece_through_that_a_margin_parts() {
    let env = Env::new();
    let mut mint = Mint::new(75);
    for (name, frame) in [
        ("a box", (|_| (String::new(), "")) as Frame),
        FRAMES[0],
        FRAMES[3],
        FRAMES[6],
        FRAMES[18],
        FRAMES[23],
        FRAMES[24],
    ] {
        for first in [8, 11, 13, 16, 18, 20, 60] {
            let secret = text(mint.stateless(StatelessForm::Subject, 15368, 1_790_000_000));
            let log = framed(frame, &format!("token: {secret}"), first, 80);
            let out = env.run_with("redact - -q", log.as_bytes()).expect(0).stdout;
            let (head, rest) = secret.as_bytes().split_at(first - 7);
            let pieces = rest.chunks(80).chain([head]);
            // A few characters also occur by chance.
            for piece in pieces.filter(|piece| piece.len() > 5) {
                let piece = std::str::from_utf8(piece).unwrap();
                assert!(!out.contains(piece), "{name}, {first}: {out}");
            }
            assert_eq!(out.lines().count(), log.lines().count(), "{name}: {out}");
        }
    }
}
