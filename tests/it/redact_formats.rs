//! `tokensweep redact` in the formats where care is needed: the result is valid, and says what it said.

use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;
use super::redact::{placeholder, token};

/// A token, its placeholder, and a place to put them.
struct Case {
    env: Env,
    secret: String,
    wanted: String,
}

impl Case {
    fn new(seed: u64) -> Case {
        let secret = token(&mut Mint::new(seed), Shape::Ghp);
        Case {
            env: Env::new(),
            wanted: placeholder("github-pat", &secret),
            secret,
        }
    }

    /// `text` as file `name`, `TOKEN` in it standing for the token, after it was redacted.
    fn redact(&self, name: &str, text: &str) -> String {
        let path = self.env.write(name, text.replace("TOKEN", &self.secret));
        self.env.run(&format!("redact {name}")).expect(0);
        String::from_utf8(std::fs::read(path).unwrap()).unwrap()
    }

    /// The same, where what stood for the token now stands for its placeholder.
    fn replaces(&self, name: &str, text: &str) -> String {
        let after = self.redact(name, text);
        assert_eq!(after, text.replace("TOKEN", &self.wanted));
        after
    }
}

/// The strings in a JSON value.
fn strings(value: &serde_json::Value) -> Vec<String> {
    match value {
        serde_json::Value::String(text) => vec![text.clone()],
        serde_json::Value::Array(all) => all.iter().flat_map(strings).collect(),
        serde_json::Value::Object(all) => all.values().flat_map(strings).collect(),
        _ => Vec::new(),
    }
}

#[test]
fn json_and_json_lines() {
    let case = Case::new(51);
    let minified = r#"{"a":["TOKEN",1],"b":{"c":"x\nTOKEN\t\"TOKEN\""}}"#;
    let after = case.replaces("a.json", minified);
    let value: serde_json::Value = serde_json::from_str(&after).unwrap();
    let quoted = format!("x\n{0}\t\"{0}\"", case.wanted);
    assert_eq!(strings(&value), [case.wanted.clone(), quoted]);
    let lines = "{\"t\":\"TOKEN\"}\n{\"t\":\"Bearer TOKEN\"}\r\n{}\n";
    for line in case.replaces("a.jsonl", lines).lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap();
    }
}

#[test]
fn json_with_escapes_inside_the_token() {
    let case = Case::new(52);
    for at in [0, 3, 4, 20, 39] {
        let byte = case.secret.as_bytes()[at];
        let written = format!(
            "{}\\u{byte:04X}{}",
            &case.secret[..at],
            &case.secret[at + 1..]
        );
        let after = case.redact(
            "a.json",
            &format!("{{\"a\": \"<{written}>\", \"b\": \"\\u00e9\"}}"),
        );
        assert_eq!(
            after,
            format!("{{\"a\": \"<{}>\", \"b\": \"\\u00e9\"}}", case.wanted)
        );
    }
    let template = "redact a.json --mask template=\"{id}\\";
    case.env.write(
        "a.json",
        format!("{{\"a\": \"\\u0067{}\"}}", &case.secret[1..]),
    );
    case.env.run(template).expect(0);
    let after = std::fs::read_to_string(case.env.root().join("a.json")).unwrap();
    let value: serde_json::Value = serde_json::from_str(&after).unwrap();
    assert!(strings(&value)[0].starts_with('"'), "{after}");
}

#[test]
fn notebooks_outputs_included() {
    let case = Case::new(53);
    let notebook = r##"{
 "cells": [
  {
   "cell_type": "code",
   "execution_count": 1,
   "metadata": {},
   "outputs": [
    {
     "name": "stdout",
     "output_type": "stream",
     "text": [
      "token: TOKEN\n",
      "\u001b[31mTOKEN\u001b[0m\n"
     ]
    }
   ],
   "source": [
    "headers = {\"Authorization\": \"token TOKEN\"}"
   ]
  }
 ],
 "metadata": {},
 "nbformat": 4,
 "nbformat_minor": 5
}
"##;
    let after = case.replaces("a.ipynb", notebook);
    let value: serde_json::Value = serde_json::from_str(&after).unwrap();
    assert_eq!(value["nbformat"], 4);
    assert_eq!(after.matches(&case.wanted).count(), 3);
}

#[test]
fn yaml_dotenv_and_csv() {
    let case = Case::new(54);
    case.replaces(
        "a.yaml",
        "a: TOKEN\nb: 'TOKEN'\nc:\n  - \"TOKEN\" # TOKEN\nd: |\n  TOKEN\n",
    );
    case.replaces(
        ".env",
        "export A=TOKEN\nB='TOKEN'\nC=\"x TOKEN\"\r\n# D=TOKEN",
    );
    case.replaces(
        "a.csv",
        "id;token\n1;TOKEN\n2;\"TOKEN\"\n\"3\"\"\";TOKEN,TOKEN\n",
    );
    case.replaces("a.sql", "INSERT INTO t VALUES ('TOKEN', 1); -- TOKEN\n");
}

#[test]
fn the_extraheader_in_git_config() {
    let case = Case::new(55);
    let plain = format!("x-access-token:{}", case.secret);
    let encoded = data_encoding::BASE64.encode(plain.as_bytes());
    let before =
        format!("[http \"https://github.com/\"]\n\textraheader = AUTHORIZATION: basic {encoded}\n");
    let path = case.env.write(".git/config", &before);
    case.env.run("redact .").expect(0);
    let after = std::fs::read_to_string(path).unwrap();
    assert_eq!(after.len(), before.len());
    let value = after.trim_end().rsplit(' ').next().unwrap();
    let decoded = data_encoding::BASE64.decode(value.as_bytes()).unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    assert!(
        decoded.starts_with(&format!("x-access-token:{}", case.wanted)),
        "{decoded}"
    );
}

#[test]
fn recordings_of_the_browser_and_reports_of_other_tools() {
    let case = Case::new(56);
    let har = r#"{"log":{"entries":[{"request":{"url":"https://api.github.com/user?access_token=TOKEN",
"headers":[{"name":"authorization","value":"Bearer TOKEN"}],
"postData":{"mimeType":"application/x-www-form-urlencoded","text":"a=%20b&token=TOKEN&c=d"}},
"response":{"content":{"text":"{\"token\":\"TOKEN\"}"}}}]}}"#;
    serde_json::from_str::<serde_json::Value>(&case.replaces("a.har", har)).unwrap();
    let sarif = r#"{"version":"2.1.0","runs":[{"results":[{"message":{"text":"TOKEN has leaked"},
"locations":[{"physicalLocation":{"region":{"snippet":{"text":"  token = \"TOKEN\"\n"}}}}]}]}]}"#;
    serde_json::from_str::<serde_json::Value>(&case.replaces("a.sarif", sarif)).unwrap();
}

#[test]
fn html_with_a_token_split_by_markup_or_entities() {
    let case = Case::new(57);
    let (a, b) = case.secret.split_at(15);
    let entity = format!("{a}&#{};{}", b.as_bytes()[0], &b[1..]);
    let after = case.redact(
        "a.html",
        &format!(
            "<p>plain TOKEN</p>\n<pre>{a}<b>{b}</b></pre>\n<td>{entity}</td>\n<i>{a}<wbr>{b}</i>"
        ),
    );
    let w = &case.wanted;
    let wanted = format!("<p>plain {w}</p>\n<pre>{w}<b></b></pre>\n<td>{w}</td>\n<i>{w}<wbr></i>");
    assert_eq!(after, wanted);
}

#[test]
fn logs_with_a_token_split_by_colour_codes() {
    let case = Case::new(58);
    let (a, b) = case.secret.split_at(22);
    let after = case.redact(
        "ci.log",
        &format!("\x1b[32mok\x1b[0m {a}\x1b[1;31m{b}\x1b[0m end\n\x1b[36mTOKEN\x1b[0m\n"),
    );
    let w = &case.wanted;
    assert_eq!(
        after,
        format!("\x1b[32mok\x1b[0m {w}\x1b[1;31m\x1b[0m end\n\x1b[36m{w}\x1b[0m\n")
    );
}

#[test]
fn mail_keeps_its_line_lengths_where_a_token_is_wrapped() {
    let case = Case::new(59);
    let (a, b) = case.secret.split_at(10);
    let before = format!(
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nThe token=3D{a}=\r\n{b} and=\r\n more.\r\n"
    );
    let after = case.redact("a.eml", &before);
    let filled = format!("{:x<40}", case.wanted);
    assert_eq!(
        after,
        before.replace(a, &filled[..10]).replace(b, &filled[10..])
    );
}

#[test]
fn addresses_in_addresses() {
    let case = Case::new(60);
    let before =
        "https://x.org/?next=https%3A%2F%2Fapi.github.com%2Fuser%3Faccess_token%3DTOKEN%26a%3D1";
    case.replaces("a.txt", before);
    let written = format!("%67{}", &case.secret[1..]);
    let after = case.redact("b.txt", &format!("https://x.org/?t={written}&b=%20"));
    assert_eq!(after, format!("https://x.org/?t={}&b=%20", case.wanted));
    let template = "redact b.txt --mask template=<{id}>";
    case.env
        .write("b.txt", format!("https://x.org/?t={written}&b=%20"));
    case.env.run(template).expect(0);
    let after = std::fs::read_to_string(case.env.root().join("b.txt")).unwrap();
    assert!(
        after.starts_with("https://x.org/?t=%3C") && after.ends_with("%3E&b=%20"),
        "{after}"
    );
}

/// Runs git in a folder.
fn git(env: &Env, args: &[&str]) {
    let done = std::process::Command::new("git")
        .args([
            "-c",
            "user.name=n",
            "-c",
            "user.email=e@example.com",
            "-c",
            "init.defaultBranch=main",
        ])
        .args(args)
        .current_dir(env.root())
        .env("GIT_CONFIG_NOSYSTEM", "1")
        .env("HOME", env.root())
        .output()
        .unwrap();
    assert!(done.status.success(), "{done:?}");
}

#[test]
fn a_plan_for_the_history_says_what_to_do_first_and_the_file_is_for_the_user_alone() {
    let case = Case::new(61);
    let env = &case.env;
    git(env, &["init", "-q"]);
    env.write("a.txt", format!("token {}\n", case.secret));
    git(env, &["add", "."]);
    git(env, &["commit", "-qm", "one"]);
    std::fs::remove_file(env.root().join("a.txt")).unwrap();
    git(env, &["commit", "-qam", "two"]);
    let plan = env.run("scan --history --format plan").expect(1);
    let first = plan.stdout.find("1. Revoke").unwrap();
    let revoke = plan
        .stdout
        .find("https://api.github.com/credentials/revoke")
        .unwrap();
    let rewrite = plan.stdout.find("git filter-repo --replace-text").unwrap();
    assert!(first < revoke && revoke < rewrite, "{}", plan.stdout);
    plan.prints("refs/heads/main");
    assert!(!plan.stdout.contains(&case.secret[12..30]));
    assert!(
        !env.root().join("secrets.txt").exists(),
        "not written unless asked for"
    );

    let run = env
        .run("scan --history -q --replace-text secrets.txt")
        .expect(1);
    run.says("secrets.txt holds the secrets");
    let path = env.root().join("secrets.txt");
    let lines = std::fs::read_to_string(&path).unwrap();
    assert_eq!(
        lines,
        format!("literal:{}==>{}\n", case.secret, case.wanted)
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    env.run("scan --history -q --replace-text secrets.txt")
        .expect(2);
    env.write("clean/a", "nothing");
    let clean = env.run("scan clean --format plan").expect(0);
    assert_eq!(clean.stdout, "Nothing to do: no leaks.\n");
}
