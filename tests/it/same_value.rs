//! A found value is a secret wherever it stands whole: `scan` reports every place of it, `redact` leaves none.

use std::io::{Read as _, Write as _};
use std::process::{Child, Stdio};

use tokensweep::internals::token::{Mint, Shape};

use super::env::{Env, Run};
use super::git::git_out;
use super::redact::token;

/// Texts in which one place tells what H is and another does not.
const NATURAL: [(&str, &str); 8] = [
    (
        "trace.log",
        "+ export GITHUB_TOKEN=<H>\n+ GITHUB_TOKEN=<H>\n+ python bot.py <H> run\n++ echo <H>\n",
    ),
    (
        "ps.txt",
        "  PID ARGS\n 4711 python bot.py <H> run\n 4712 env GITHUB_TOKEN=<H> python bot.py\n",
    ),
    (
        "traceback.txt",
        "Traceback (most recent call last):\n  File \"bot.py\", line 3, in <module>\n    \
         gh = Github(\"<H>\")\nValueError: bad argv ['bot.py', '<H>']\n",
    ),
    (
        "run.json",
        "{\"env\": {\"GITHUB_TOKEN\": \"<H>\"}, \"argv\": [\"bot.py\", \"<H>\"], \"note\": \"used <H> here\"}\n",
    ),
    (
        "chat.txt",
        "alice: what is the token?\nbob: GITHUB_TOKEN=<H>\nalice: so I run bot.py <H>\nbob: yes, <H>\n",
    ),
    (
        "http.log",
        "> GET /user HTTP/1.1\n> Host: api.github.com\n> Authorization: token <H>\n< 200\nretry with <H>\nusing <H>\n",
    ),
    (
        "request.txt",
        "curl -H \"Authorization: token <H>\" https://api.github.com/user\nusing <H>\ncommit <H>\n",
    ),
    (
        "run.sh",
        "#!/bin/sh\nexport GITHUB_TOKEN=<H>\nset -- <H> run\n./bot.py \"$1\" # was <H>\n",
    ),
];

fn hex(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).hex(40)).unwrap()
}

/// `secret` in every encoding that is known, each with a name.
fn encodings(secret: &str) -> Vec<(&'static str, Vec<u8>)> {
    let each = |f: &dyn Fn(u8) -> String| secret.bytes().map(f).collect::<String>().into_bytes();
    let base64 = |before: &[u8]| {
        let text = [before, secret.as_bytes(), b" and more\x02"].concat();
        data_encoding::BASE64.encode(&text).into_bytes()
    };
    let long = [&b"\x01".repeat(41)[..], secret.as_bytes(), b"\x03"].concat();
    let long = data_encoding::BASE64.encode(&long);
    let lines: Vec<&[u8]> = long.as_bytes().chunks(76).collect();
    let cut =
        |at: usize, what: &str| format!("{}{what}{}", &secret[..at], &secret[at..]).into_bytes();
    vec![
        ("plain", secret.as_bytes().to_vec()),
        ("base64, first alignment", base64(b"\x01\x02\x03")),
        ("base64, second alignment", base64(b"\x01")),
        ("base64, third alignment", base64(b"\x01\x02")),
        ("base64 over lines", lines.join(&b"\n   "[..])),
        ("percent", each(&|b| format!("%{b:02x}"))),
        ("JSON", each(&|b| format!("\\u{b:04x}"))),
        ("a string of bytes", each(&|b| format!("\\x{b:02X}"))),
        ("HTML", each(&|b| format!("&#{b};"))),
        ("HTML in hex", each(&|b| format!("&#x{b:x};"))),
        ("quoted-printable", each(&|b| format!("={b:02X}"))),
        ("a soft line break", cut(17, "=\n")),
        ("a line end", cut(23, "\n")),
        ("a string over lines", cut(9, "\"\n    + \"")),
        ("a comment over lines", cut(31, "\n# ")),
        ("a colour", cut(12, "\x1b[31m")),
        ("a tag", cut(5, "<wbr>")),
    ]
}

fn start_filter(env: &Env) -> Child {
    env.command()
        .args(["redact", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

/// Runs a filter that gets `text` in pieces that end at these places.
fn filter_in_pieces(env: &Env, text: &[u8], cuts: &[usize]) -> Run {
    let mut child = start_filter(env);
    let mut input = child.stdin.take().unwrap();
    let mut at = 0;
    for &cut in cuts.iter().chain([&text.len()]) {
        input.write_all(&text[at..cut]).unwrap();
        at = cut;
    }
    drop(input);
    let done = child.wait_with_output().unwrap();
    Run {
        code: done.status.code().unwrap_or(-1),
        stdout: String::from_utf8(done.stdout).unwrap(),
        stderr: String::from_utf8(done.stderr).unwrap(),
    }
}

#[test]
fn every_place_in_a_natural_text_is_reported_and_replaced() {
    for (number, (path, text)) in (900..).zip(NATURAL) {
        let value = hex(number);
        let env = Env::new();
        env.write(path, text.replace("<H>", &value));
        let places = text.matches("<H>").count();
        let found = env.run("scan --format json .").expect(1).findings();
        assert_eq!(found.len(), places, "{path}: {found:?}");
        for finding in &found {
            assert_eq!(finding["fingerprint"], found[0]["fingerprint"], "{path}");
            assert_eq!(finding["rule_id"], found[0]["rule_id"], "{path}");
            assert_eq!(finding["confidence"], "high", "{path}");
        }
        let stream = text.replace("<H>", &value);
        let stream = env.run_with("scan --format json -", stream.as_bytes());
        assert_eq!(stream.expect(1).findings().len(), places, "{path}");
        env.run("redact . --check").expect(1);
        let run = env.run("redact .").expect(0);
        run.prints(format!("{places} secrets replaced"));
        let left = std::fs::read_to_string(env.root().join(path)).unwrap();
        assert!(!left.contains(&value), "{path}: {left}");
        env.run("redact . --check").expect(0);
        env.run("scan .").expect(0);
    }
}

#[test]
fn a_secret_of_github_is_one_kind_of_secret_wherever_it_stands() {
    let env = Env::new();
    let value = hex(941);
    for (path, text) in [
        ("a/netbox.env", "NETBOX_TOKEN=<H>\n"),
        ("b/ci.env", "GITHUB_TOKEN=<H>\n"),
        ("c/gitea.yml", "gitea:\n  token: <H>\n"),
    ] {
        env.write(path, text.replace("<H>", &value));
    }
    let scan = |paths: &str| {
        env.run(&format!(
            "scan --min-confidence low --format json --no-ignore {paths}"
        ))
        .expect(1)
        .findings()
    };
    let alone = scan("a c");
    assert_eq!(alone.len(), 2, "{alone:?}");
    for finding in &alone {
        assert_eq!(finding["rule_id"], "other-vendor-secret");
        assert_eq!(finding["confidence"], "low");
    }
    let beside = scan("a b c");
    assert_eq!(beside.len(), 3, "{beside:?}");
    for finding in &beside {
        for field in [
            "rule_id",
            "title",
            "severity",
            "confidence",
            "remediation",
            "fingerprint",
        ] {
            assert_eq!(finding[field], beside[1][field], "{finding}");
        }
        assert_eq!(finding["rule_id"], "github-legacy-token");
    }
}

#[test]
fn every_place_in_a_stream_is_replaced_wherever_its_pieces_end() {
    let env = Env::new();
    let mut mint = Mint::new(77);
    for (number, (path, text)) in (950..).zip(NATURAL) {
        // In what was passed on a moment ago nothing can be replaced, so the telling place comes first here.
        let value = hex(number);
        let text = format!("GITHUB_TOKEN={value}\n{}", text.replace("<H>", &value));
        for pieces in [0, 1, 3, 9] {
            let mut cuts: Vec<usize> = (0..pieces).map(|_| mint.random_below(text.len())).collect();
            cuts.sort_unstable();
            let run = filter_in_pieces(&env, text.as_bytes(), &cuts).expect(0);
            assert!(!run.stdout.contains(&value), "{path} cut at {cuts:?}");
        }
    }
}

#[test]
fn a_stream_in_one_piece_is_replaced_also_before_the_telling_place() {
    let env = Env::new();
    let value = hex(970);
    let text = format!("argv: bot.py {value} run\nGITHUB_TOKEN={value}\n");
    let run = env.run_with("redact -", text.as_bytes()).expect(0);
    assert!(!run.stdout.contains(&value), "{}", run.stdout);
}

#[test]
fn what_a_stream_passed_on_before_it_could_know_is_told() {
    let env = Env::new();
    let value = hex(971);
    let first = format!("argv: bot.py {value} run\n");
    // Near enough to be context of what tells, and too far for that.
    for filler in ["", "nothing at all\n"] {
        let filler = filler.repeat(20_000);
        let mut child = start_filter(&env);
        let mut input = child.stdin.take().unwrap();
        let mut output = child.stdout.take().unwrap();
        let mut passed = vec![0; first.len()];
        input.write_all(first.as_bytes()).unwrap();
        output.read_exact(&mut passed).unwrap();
        assert_eq!(passed, first.as_bytes());
        let text = format!("{filler}GITHUB_TOKEN={value}\nand {value}\n");
        let feeder = std::thread::spawn(move || input.write_all(text.as_bytes()).unwrap());
        let mut rest = String::new();
        output.read_to_string(&mut rest).unwrap();
        feeder.join().unwrap();
        let done = child.wait_with_output().unwrap();
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(!rest.contains(&value));
        assert_eq!(done.status.code(), Some(1), "{said}");
        let told = "1 place of a secret was passed on before";
        assert!(said.contains(told), "{said}");
    }
}

#[test]
fn a_stream_too_long_to_be_kept_is_searched_for_what_was_found_or_incomplete() {
    let filler =
        "nothing to see in this line of a long stream, and nothing in the next\n".repeat(500_000);
    let env = Env::new();
    let value = hex(950);
    let place = format!("bot.py {value} run\n");
    let told = format!("GITHUB_TOKEN={value}\n");
    // Found at the start, so all behind it was searched; the first window as a whole.
    let early = [&place, &told, &place, &filler, &place]
        .map(String::as_str)
        .concat();
    let run = env
        .run_with("scan --format json -", early.as_bytes())
        .expect(1);
    assert_eq!(run.findings().len(), 4);
    assert_eq!(run.json()["scan"]["complete"], true);
    // Found at the end: what comes before it may hold it as well.
    let late = [&place, &filler, &told].map(String::as_str).concat();
    let run = env
        .run_with("scan --format json -", late.as_bytes())
        .expect(2);
    assert_eq!(run.json()["scan"]["complete"], false);
    run.says("what comes before a secret was not searched for the same value");
    // A proved token is found by its form in every place.
    let secret = token(&mut Mint::new(951), Shape::Ghp);
    let proved = format!("T={secret}\n{filler}{secret}\n");
    let run = env
        .run_with("scan --format json -", proved.as_bytes())
        .expect(1);
    assert_eq!(run.findings().len(), 2);
    assert_eq!(run.json()["scan"]["complete"], true);
}

#[test]
fn a_known_secret_is_found_and_replaced_in_every_encoding() {
    let mut mint = Mint::new(980);
    let secrets = [
        hex(981),
        token(&mut mint, Shape::Ghp),
        token(&mut mint, Shape::FineGrained),
    ];
    for secret in &secrets {
        let env = Env::new();
        env.write("a.env", format!("GITHUB_TOKEN={secret}\n"));
        let all = encodings(secret);
        for (number, (_, encoded)) in all.iter().enumerate() {
            let text = [b"a line before\nx: ", &encoded[..], b"\na line behind\n"].concat();
            env.write(&format!("{number}.txt"), &text);
        }
        let found = env.run("scan --format json .").expect(1).findings();
        for finding in &found {
            assert_eq!(finding["fingerprint"], found[0]["fingerprint"]);
        }
        for (number, (name, _)) in all.iter().enumerate() {
            let path = format!("{number}.txt");
            let there = found.iter().filter(|f| f["path"] == path.as_str());
            assert_eq!(there.count(), 1, "{name}");
        }
        env.run("redact .").expect(0);
        for (number, (name, _)) in all.iter().enumerate() {
            let left = std::fs::read(env.root().join(format!("{number}.txt"))).unwrap();
            for (other, trace) in &all {
                let holds = left.windows(trace.len()).any(|w| w == trace);
                assert!(!holds, "{name} leaves {other}");
            }
            assert!(left.starts_with(b"a line before\nx: "), "{name}");
            assert!(left.ends_with(b"\na line behind\n"), "{name}");
        }
        env.run("scan .").expect(0);
    }
}

#[test]
fn wide_text_capitals_and_words_around_it_hold_the_same_secret() {
    let value = hex(990);
    let env = Env::new();
    env.write("a.env", format!("GITHUB_TOKEN={value}\n"));
    let wide = format!("\u{feff}seen {value}\r\n");
    let wide = || wide.encode_utf16();
    env.write(
        "le.txt",
        wide().flat_map(u16::to_le_bytes).collect::<Vec<u8>>(),
    );
    env.write(
        "be.txt",
        wide().flat_map(u16::to_be_bytes).collect::<Vec<u8>>(),
    );
    env.write(
        "shout.txt",
        format!("SEEN {}\n", value.to_ascii_uppercase()),
    );
    env.write("name.txt", format!("log_{value}_x.txt y{value}y\n"));
    let found = env.run("scan --format json .").expect(1).findings();
    assert_eq!(found.len(), 6, "{found:?}");
    env.run("redact .").expect(0);
    env.run("scan .").expect(0);
    let read = |name: &str| std::fs::read(env.root().join(name)).unwrap();
    assert!(read("shout.txt").starts_with(b"SEEN REDACTED-"));
    let name = String::from_utf8(read("name.txt")).unwrap();
    assert!(
        !name.contains(&value) && name.starts_with("log_REDACTED-"),
        "{name}"
    );
}

#[test]
fn all_files_of_a_run_are_one_text_whatever_the_threads() {
    let value = hex(991);
    let env = Env::new();
    env.write("in/a/first.txt", format!("argv: bot.py {value}\n"));
    env.write("in/m/.env", format!("GITHUB_TOKEN={value}\n"));
    env.write("in/z/last.txt", format!("commit {value}\nand {value}\n"));
    let mut reports = Vec::new();
    for threads in [1, 2, 5] {
        let run = env.run(&format!("scan --format json --threads {threads} in"));
        let found = run.expect(1).findings();
        assert_eq!(found.len(), 4, "{found:?}");
        reports.push(found);
    }
    assert!(reports.windows(2).all(|two| two[0] == two[1]));
    env.run("redact in --output-dir copy").expect(0);
    let copied = std::fs::read_to_string(env.root().join("copy/z/last.txt")).unwrap();
    assert!(!copied.contains(&value));
    env.run("redact in").expect(0);
    env.run("scan .").expect(0);
}

#[test]
fn a_value_that_is_an_id_and_nowhere_a_secret_is_left_in_peace() {
    let value = hex(992);
    let env = Env::new();
    let log = format!("commit {value}\nusing {value}\nbot.py {value} run\n");
    env.write("log.txt", &log);
    env.write(
        "doubt.py",
        format!("# pages of the GitHub list\nnext_token = '{value}'\n"),
    );
    env.run("scan .").expect(0);
    env.run("redact .").expect(0);
    assert_eq!(
        std::fs::read(env.root().join("log.txt")).unwrap(),
        log.as_bytes()
    );
}

#[test]
fn an_accepted_place_makes_no_other_place_a_secret() {
    let value = hex(993);
    let env = Env::new();
    env.write(
        "a.sh",
        format!("GITHUB_TOKEN={value} # tokensweep:allow a dummy\n"),
    );
    env.write("log.txt", format!("argv: bot.py {value} run\n"));
    env.run("scan .").expect(0);
    env.run("redact .").expect(0);
}

#[test]
fn git_is_searched_for_the_same_value_too() {
    let value = hex(994);
    let env = Env::new();
    let git = |args: &str| git_out(env.root(), &args.split_whitespace().collect::<Vec<_>>());
    let count = |args: &str| env.run(args).expect(1).findings().len();
    git("init -q .");
    env.write("log.txt", format!("argv: bot.py {value}\n"));
    git("add -A");
    git("commit -q -m one");
    env.write("x.env", format!("GITHUB_TOKEN={value}\n"));
    env.write("y.txt", format!("seen {value}\n"));
    git("add -A");
    assert_eq!(count("scan --staged --format json"), 2);
    git("commit -q -m two");
    // Twice, as a scan remembers what it found clean.
    assert_eq!(count("scan --history --format json ."), 3);
    assert_eq!(count("scan --history --format json ."), 3);
    assert_eq!(count("scan --range HEAD~1..HEAD --format json ."), 2);
}

#[test]
fn a_value_of_a_users_rule_is_followed_if_it_cannot_stand_by_chance() {
    let env = Env::new();
    let long = String::from_utf8(Mint::new(995).random_base62(24)).unwrap();
    env.write(
        "r.toml",
        "[[rule]]\nid = \"acme\"\ntitle = \"An Acme key\"\nregex = 'acme_key=(?P<secret>\\w+)'\n",
    );
    env.write(
        "d/a.txt",
        format!("acme_key={long}\nargv: {long} run\n{long}s\nenough\n"),
    );
    env.write("d/b.txt", "acme_key=enough\nnot enough\n");
    let found = env
        .run("scan --rules r.toml --format json d")
        .expect(1)
        .findings();
    let lines: Vec<_> = found
        .iter()
        .map(|f| (f["path"].as_str().unwrap(), f["line"].as_u64().unwrap()))
        .collect();
    assert_eq!(lines, [("d/a.txt", 1), ("d/a.txt", 2), ("d/b.txt", 1)]);
}

#[test]
fn explain_says_that_the_value_is_a_secret_elsewhere() {
    let value = hex(996);
    let env = Env::new();
    env.write("a.env", format!("GITHUB_TOKEN={value}\n"));
    env.write(
        "log.txt",
        format!("commit {value}\nlog_{value}_x\nnothing\n"),
    );
    for line in [1, 2] {
        let run = env.run(&format!("why-not log.txt:{line}")).expect(0);
        run.prints("reported: confidence high");
        run.prints("same-value-is-secret");
        let run = env.run(&format!("explain log.txt:{line}")).expect(0);
        run.prints("same-value-is-secret");
    }
    env.run("why-not log.txt:3")
        .expect(0)
        .prints("nothing that has the form");
    let own = env.run("why-not a.env:1").expect(0);
    assert!(!own.stdout.contains("same-value"), "{}", own.stdout);
}
