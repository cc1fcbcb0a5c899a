//! Text in UTF-16, UTF-32 and UTF-8 with a byte order mark: found, placed as editors place it, shown as it reads, and
//! redacted in its own charset.

use crate::env::Env;
use tokensweep::internals::token::{Mint, Shape};

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

const CHARSETS: [&str; 5] = ["utf-8", "utf-16le", "utf-16be", "utf-32le", "utf-32be"];

fn encode(text: &str, charset: &str) -> Vec<u8> {
    let wide = text.encode_utf16();
    let wider = text.chars().map(u32::from);
    match charset {
        "utf-16le" => wide.flat_map(u16::to_le_bytes).collect(),
        "utf-16be" => wide.flat_map(u16::to_be_bytes).collect(),
        "utf-32le" => wider.flat_map(u32::to_le_bytes).collect(),
        "utf-32be" => wider.flat_map(u32::to_be_bytes).collect(),
        _ => text.as_bytes().to_vec(),
    }
}

/// Line, column and end of the only finding, and its offsets.
fn place(env: &Env, args: &str) -> [u64; 6] {
    let findings = env.run(args).expect(1).findings();
    assert_eq!(findings.len(), 1, "{findings:?}");
    let names = [
        "line",
        "column",
        "end_line",
        "end_column",
        "byte_start",
        "byte_end",
    ];
    names.map(|name| findings[0][name].as_u64().unwrap())
}

#[test]
fn lines_and_columns_count_characters_in_every_charset_with_a_mark_and_without() {
    let env = Env::new();
    let token = token(1);
    for charset in CHARSETS {
        for mark in ["", "\u{feff}"] {
            for (before, line, column) in [
                ("TOKEN = \"", 1, 10),
                (
                    "# é\u{301}\t令牌 \u{1f511}\u{2028}\u{85}\r\nTOKEN = \"",
                    2,
                    10,
                ),
                ("\u{1f511}令\t=", 1, 5),
                ("one\rtwo\r\nthree\n\rTOKEN=", 5, 7),
            ] {
                let head = encode(&format!("{mark}{before}"), charset);
                let all = encode(&format!("{mark}{before}{token}\"\r\nnext\r\n"), charset);
                env.write("a.txt", &all);
                let len = encode(&token, charset).len();
                let at = head.len();
                let expected = [
                    line,
                    column,
                    line,
                    column + 40,
                    at as u64,
                    (at + len) as u64,
                ];
                let found = place(&env, "scan a.txt --format json");
                assert_eq!(found, expected, "{charset} {mark:?} {before:?}");
            }
        }
    }
}

#[test]
fn sarif_says_what_its_lines_and_columns_count() {
    let env = Env::new();
    env.write(
        "a.txt",
        encode(&format!("\u{feff}\u{1f511}\rT={}", token(2)), "utf-16le"),
    );
    let run = env.run("scan a.txt --format sarif").expect(1).json()["runs"][0].clone();
    assert_eq!(run["columnKind"], "unicodeCodePoints");
    assert_eq!(
        run["newlineSequences"],
        serde_json::json!(["\r\n", "\n", "\r"])
    );
    let region = &run["results"][0]["locations"][0]["physicalLocation"]["region"];
    assert_eq!(region["startLine"], 2);
    assert_eq!(region["startColumn"], 3);
    assert_eq!(region["endColumn"], 43);
    assert_eq!(region["byteOffset"], 12);
}

#[test]
fn text_of_another_charset_in_a_log_or_a_program_has_its_lines_and_columns() {
    let env = Env::new();
    let token = token(3);
    for charset in &CHARSETS[1..] {
        // A shell has appended to a log.
        let appended = encode(&format!("\u{feff}é one\r\nTOKEN={token}\r\n"), charset);
        env.write(
            "a.log",
            [&b"first line\nsecond line\n"[..], &appended].concat(),
        );
        assert_eq!(
            place(&env, "scan a.log --format json")[..2],
            [4, 7],
            "{charset}"
        );
        // A table of strings in a program; the line that it stands on has no text before it.
        let resource = encode(&format!("令牌\n\tTOKEN={token}\n"), charset);
        env.write(
            "a.exe",
            [&b"MZ\x90\0\x03\0\0\0\n\x01\x02\x03\0\0\0\0"[..], &resource].concat(),
        );
        assert_eq!(
            place(&env, "scan a.exe --format json")[..2],
            [3, 8],
            "{charset}"
        );
    }
}

#[test]
fn large_files_are_counted_from_window_to_window() {
    let env = Env::new();
    let token = token(4);
    for charset in CHARSETS {
        let lines = "\u{1f511} a line of text, and 令牌 in it\r\n".repeat(40_000);
        env.write(
            "a.txt",
            encode(&format!("\u{feff}{lines}\u{1f511} T={token}\r\n"), charset),
        );
        for args in [
            "scan a.txt --format json",
            "scan a.txt --format json --threads 1",
        ] {
            assert_eq!(place(&env, args)[..2], [40_001, 5], "{charset}");
        }
    }
}

#[test]
fn excerpts_show_text_and_carets_stand_under_the_secret() {
    let env = Env::new();
    let token = token(5);
    for charset in CHARSETS {
        env.write(
            "a.txt",
            encode(
                &format!("\u{feff}GITHUB_TOKEN=\"{token}\" # 令牌\r\n"),
                charset,
            ),
        );
        let run = env.run("scan a.txt --color never").expect(1);
        let line = format!(
            "1 | GITHUB_TOKEN=\"{}…{}\" # 令牌\n",
            &token[..8],
            &token[36..]
        );
        run.prints(line);
        run.prints("\n  |               ^^^^^^^^^^^^^");
        env.run("explain a.txt:1").expect(0).prints("a.txt:1:15: ");
    }
    let binary = [
        &b"\x7fELF\0\0\x01\x02\xff\xfe\0TOKEN="[..],
        token.as_bytes(),
        b"\0\0\0next\0\x01",
    ]
    .concat();
    env.write("a.txt", binary);
    let run = env.run("scan a.txt --color never").expect(1);
    run.prints(format!(
        "| \\u{{7f}}ELF\u{fffd}TOKEN={}…{}\u{fffd}next\u{fffd}\n",
        &token[..8],
        &token[36..]
    ));
}

#[test]
fn utf_32_is_redacted_in_utf_32_and_all_else_stays() {
    let env = Env::new();
    let token = token(6);
    for charset in CHARSETS {
        for mark in ["", "\u{feff}"] {
            let text = format!("{mark}# 令牌 \u{1f511}\r\nTOKEN=\"{token}\"\r\nnext\r\n");
            env.write("a.txt", encode(&text, charset));
            env.run("redact a.txt").expect(0);
            let new = std::fs::read(env.root().join("a.txt")).unwrap();
            let (before, behind) = text.split_once(&token).unwrap();
            let middle = new.strip_prefix(&encode(before, charset)[..]).unwrap();
            let placeholder = middle.strip_suffix(&encode(behind, charset)[..]).unwrap();
            let ascii: String = placeholder
                .iter()
                .filter(|b| **b != 0)
                .map(|b| char::from(*b))
                .collect();
            assert!(
                ascii.starts_with("REDACTED-github-pat-"),
                "{charset} {ascii}"
            );
            assert_eq!(placeholder, encode(&ascii, charset));
        }
        let run = env
            .run_with("redact -", &encode(&format!("T={token}\n"), charset))
            .expect(0);
        assert!(
            run.stdout
                .replace('\0', "")
                .starts_with("T=REDACTED-github-pat-"),
            "{charset}"
        );
    }
}

#[test]
fn a_comment_accepts_what_stands_on_its_line_whatever_ends_lines() {
    let env = Env::new();
    let (one, two) = (token(7), token(8));
    for end in ["\n", "\r\n", "\r"] {
        let text = format!("A={one} # tokensweep:allow a dummy{end}B=x{end}C={two}{end}");
        env.write("a.env", text);
        let findings = env.run("scan a.env --format json").expect(1).findings();
        let open = findings.iter().filter(|f| f["status"] == "open");
        let lines: Vec<_> = open.map(|f| f["line"].as_u64().unwrap()).collect();
        assert_eq!(lines, [3], "{end:?}");
    }
}
