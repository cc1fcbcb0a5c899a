//! `tokensweep redact` on files: what changes, what does not, and what is left alone.

use std::path::Path;

use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;

/// A fresh token as text.
pub(crate) fn token(mint: &mut Mint, shape: Shape) -> String {
    String::from_utf8(mint.new_token(shape)).unwrap()
}

fn read(env: &Env, path: &str) -> Vec<u8> {
    std::fs::read(env.root().join(path)).unwrap()
}

fn text(env: &Env, path: &str) -> String {
    String::from_utf8(read(env, path)).unwrap()
}

/// The placeholder of a secret under a rule.
pub(crate) fn placeholder(rule: &str, secret: &str) -> String {
    let fingerprint = tokensweep::Secret::new(secret.as_bytes()).fingerprint(rule);
    format!("REDACTED-{rule}-{}", &fingerprint[..8])
}

#[test]
fn a_secret_is_replaced_everywhere_by_the_same_placeholder_and_nothing_else_changes() {
    let env = Env::new();
    let mut mint = Mint::new(1);
    let one = token(&mut mint, Shape::Ghp);
    let two = token(&mut mint, Shape::Ghp);
    env.write("a.env", format!("A={one}\r\nB={two}\r\nC={one}"));
    env.write("sub/b.txt", format!("\u{feff}says {one}.\n\n"));
    env.write("sub/c.txt", "nothing here\n");
    let run = env.run("redact .").expect(0);
    let (p, q) = (
        placeholder("github-pat", &one),
        placeholder("github-pat", &two),
    );
    assert_ne!(p, q);
    assert_eq!(text(&env, "a.env"), format!("A={p}\r\nB={q}\r\nC={p}"));
    assert_eq!(text(&env, "sub/b.txt"), format!("\u{feff}says {p}.\n\n"));
    run.says("4 secrets replaced in 2 files");
    assert!(!format!("{run:?}").contains(&one[10..20]));
    let again = env.run("redact .").expect(0);
    again.says("0 secrets replaced");
    assert_eq!(text(&env, "a.env"), format!("A={p}\r\nB={q}\r\nC={p}"));
}

#[test]
fn check_and_diff_change_nothing_and_show_no_secret() {
    let env = Env::new();
    let secret = token(&mut Mint::new(2), Shape::Gho);
    let dummy = String::from_utf8(Mint::new(3).damage_token(secret.as_bytes(), 20)).unwrap();
    let before = format!("one\ntwo {secret} {dummy} end\nthree\n");
    env.write("a.txt", &before);
    let check = env.run("redact --check .").expect(1);
    assert!(
        check.stdout.contains("1 secret would be replaced"),
        "{check:?}"
    );
    let diff = env.run("redact --diff .").expect(1);
    diff.prints("@@ -2,1 +2,1 @@");
    diff.prints("+two REDACTED-github-oauth-");
    for shown in [&secret[12..24], &dummy[12..24]] {
        assert!(!format!("{check:?}{diff:?}").contains(shown));
    }
    assert_eq!(text(&env, "a.txt"), before);
    env.write("a.txt", "clean\n");
    env.run("redact --check .").expect(0);
    env.run("redact --diff .").expect(0);
}

#[test]
fn base64_is_valid_again_with_its_padding_and_its_line_breaks() {
    let env = Env::new();
    let mut mint = Mint::new(5);
    for lead in 0..6 {
        let secret = token(&mut mint, Shape::Ghp);
        let plain = format!("{}:{secret}:{}", "u".repeat(lead), "v".repeat(lead * 7));
        let encoded = data_encoding::BASE64.encode(plain.as_bytes());
        for width in [10_000, 76, 64, 20] {
            let lines: Vec<&str> = encoded
                .as_bytes()
                .chunks(width)
                .map(|c| std::str::from_utf8(c).unwrap())
                .collect();
            env.write(
                "a.txt",
                format!("Authorization: basic {}\n", lines.join("\n  ")),
            );
            let before = text(&env, "a.txt");
            if env.run("scan -q a.txt").code == 0 {
                assert_eq!(width, 20, "only lines this short may hide it");
                continue;
            }
            env.run("redact a.txt").expect(0);
            let after = text(&env, "a.txt");
            assert_eq!(before.len(), after.len());
            let joined: String = after["Authorization: basic ".len()..]
                .split_whitespace()
                .collect();
            let decoded = data_encoding::BASE64.decode(joined.as_bytes()).unwrap();
            let decoded = String::from_utf8(decoded).unwrap();
            let wanted = plain.replace(
                &secret,
                &format!("{:x<40}", placeholder("github-pat", &secret)),
            );
            assert_eq!(decoded, wanted, "lead {lead}, width {width}");
        }
    }
}

#[test]
fn neighbours_in_base64_share_characters_and_are_both_replaced() {
    let env = Env::new();
    let mut mint = Mint::new(6);
    let (one, two) = (token(&mut mint, Shape::Ghp), token(&mut mint, Shape::Gho));
    let plain = format!("{one}:{two}:end of it");
    env.write("a.txt", data_encoding::BASE64.encode(plain.as_bytes()));
    env.run("redact a.txt").expect(0);
    let decoded = data_encoding::BASE64.decode(&read(&env, "a.txt")).unwrap();
    let decoded = String::from_utf8(decoded).unwrap();
    assert!(
        decoded.contains(&placeholder("github-pat", &one)),
        "{decoded}"
    );
    assert!(
        decoded.contains(&placeholder("github-oauth", &two)),
        "{decoded}"
    );
    assert!(decoded.ends_with(":end of it"));
}

#[test]
fn utf_16_keeps_its_byte_order_and_its_mark() {
    let env = Env::new();
    let secret = token(&mut Mint::new(7), Shape::Ghp);
    for little in [true, false] {
        let encode = |text: &str| -> Vec<u8> {
            text.encode_utf16()
                .flat_map(|u| {
                    if little {
                        u.to_le_bytes()
                    } else {
                        u.to_be_bytes()
                    }
                })
                .collect()
        };
        env.write(
            "a.txt",
            encode(&format!("\u{feff}ключ = {secret}\r\n🔑 end\r\n")),
        );
        env.run("redact a.txt").expect(0);
        let wanted = format!(
            "\u{feff}ключ = {}\r\n🔑 end\r\n",
            placeholder("github-pat", &secret)
        );
        assert!(
            read(&env, "a.txt") == encode(&wanted),
            "little endian: {little}"
        );
    }
}

#[test]
fn binary_files_keep_every_byte_in_its_place() {
    let env = Env::new();
    let mut mint = Mint::new(8);
    let secret = token(&mut mint, Shape::Ghp);
    let mut data = [&b"\x7fELF\0\0\0"[..], &mint.random_bytes(3000), b"\0"].concat();
    data.extend(secret.as_bytes());
    data.extend([&b"\0"[..], &mint.random_bytes(3000)].concat());
    env.write("a.bin", &data);
    env.run("redact a.bin").expect(0);
    let wanted = format!("{:x<40}", placeholder("github-pat", &secret));
    let at = 7 + 3000 + 1;
    data.splice(at..at + 40, wanted.bytes());
    assert!(read(&env, "a.bin") == data);
}

#[test]
fn an_archive_is_left_alone_and_named() {
    let env = Env::new();
    let secret = token(&mut Mint::new(9), Shape::Ghp);
    let data = [b"PK\x03\x04 stored: ", secret.as_bytes(), b"\0\0\0"].concat();
    env.write("a.zip", &data);
    env.write("b.txt", &secret);
    let run = env.run("redact a.zip b.txt").expect(2);
    assert!(
        run.stderr
            .contains("a.zip: left alone: a secret stands in a zip archive"),
        "{run:?}"
    );
    assert!(read(&env, "a.zip") == data);
    assert_eq!(
        text(&env, "b.txt"),
        placeholder("github-pat", &secret),
        "the others are done"
    );
}

#[test]
fn only_what_is_sure_enough_is_replaced() {
    let env = Env::new();
    let mut mint = Mint::new(10);
    let good = mint.new_token(Shape::Ghp);
    let dummy = String::from_utf8(mint.damage_token(&good, 15)).unwrap();
    env.write("a.txt", format!("dummy {dummy}\n"));
    env.run("redact .").expect(0);
    assert!(text(&env, "a.txt").contains(&dummy));
    env.run("redact . --min-confidence low").expect(0);
    assert!(!text(&env, "a.txt").contains(&dummy[8..]));
}

#[test]
fn the_report_names_fingerprints_and_places() {
    let env = Env::new();
    let secret = token(&mut Mint::new(11), Shape::Ghp);
    env.write("a.txt", format!("\n  {secret}"));
    env.write("b.zip", [b"PK\x03\x04 ", secret.as_bytes()].concat());
    env.run("redact a.txt b.zip --report r.json").expect(2);
    let report = text(&env, "r.json");
    assert!(!report.contains(&secret[10..20]));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let one = &report["replaced"][0];
    assert_eq!(one["path"], "a.txt");
    assert_eq!(one["rule_id"], "github-pat");
    assert_eq!((&one["line"], &one["column"]), (&2.into(), &3.into()));
    assert_eq!(
        (&one["byte_start"], &one["byte_end"]),
        (&3.into(), &43.into())
    );
    assert_eq!(report["left_alone"][0]["path"], "b.zip");
}

#[test]
fn a_copy_holds_all_that_was_scanned_and_the_original_stays() {
    let env = Env::new();
    let secret = token(&mut Mint::new(12), Shape::Ghp);
    env.write("in/a.txt", &secret);
    env.write("in/sub/clean.txt", "clean");
    env.write("in/sub/empty", "");
    env.write("in/z.zip", ["PK\x03\x04", &secret].concat());
    let run = env.run("redact in --output-dir out").expect(2);
    run.prints("in/a.txt: 1 secret replaced in its copy");
    run.says(
        "in/z.zip: not copied: a part of it was not read, and may hold a secret (in/z.zip: damaged",
    );
    run.says("1 secret replaced in copies of 3 files in out");
    run.says("the originals still hold them");
    assert_eq!(text(&env, "in/a.txt"), secret);
    assert_eq!(text(&env, "out/a.txt"), placeholder("github-pat", &secret));
    assert_eq!(text(&env, "out/sub/clean.txt"), "clean");
    assert_eq!(text(&env, "out/sub/empty"), "");
    let again = env.run("redact in --output-dir out").expect(2);
    again.says("name a new folder");
}

#[test]
fn what_is_fed_to_the_redactor_of_files_is_not_mistaken_for_leave_to_change_them() {
    let env = Env::new();
    let secret = token(&mut Mint::new(17), Shape::Ghp);
    env.write("a.txt", &secret);
    let run = env.run_with("redact", b"a line of a log\n").expect(2);
    run.says("`tokensweep redact -` filters it");
    assert_eq!(text(&env, "a.txt"), secret);
    let run = env
        .run_with("redact --check", b"a line of a log\n")
        .expect(2);
    run.says("`-` reads it");
    // Without anything on standard input the current folder is meant.
    let done = env.command().arg("redact").output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(
        said.contains("no PATH was given, so the files below the current folder"),
        "{said}"
    );
    assert_eq!(text(&env, "a.txt"), placeholder("github-pat", &secret));
}

#[test]
fn what_a_broad_rule_finds_is_replaced_once() {
    let env = Env::new();
    env.write(
        "rules.toml",
        "[[rule]]\nid = \"any-password\"\ntitle = \"password\"\nseverity = \"error\"\nwhy = \"w\"\n\
         revoke = \"r\"\nregex = 'password=(?P<secret>\\S{8,})'\nkeywords = [\"password\"]\n\
         confidence = \"high\"\n\
         [[rule.example]]\ntext = \"password=hunter2hunter2\"\n\
         [[rule.counterexample]]\ntext = \"password=x\"\nreason = \"short\"\n",
    );
    env.write("a.txt", "password=hunter2hunter2\n");
    env.run("redact a.txt --rules rules.toml").expect(0);
    let once = text(&env, "a.txt");
    assert!(
        once.starts_with("password=REDACTED-any-password-"),
        "{once}"
    );
    env.run("redact a.txt --rules rules.toml").expect(0);
    assert_eq!(text(&env, "a.txt"), once);
}

#[cfg(unix)]
mod unix {
    use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
    }

    #[test]
    fn the_mode_stays_and_no_temporary_file_is_left() {
        let env = Env::new();
        let secret = token(&mut Mint::new(20), Shape::Ghp);
        for wanted in [0o600, 0o640, 0o755] {
            let path = env.write("dir/a.sh", &secret);
            std::fs::set_permissions(&path, PermissionsExt::from_mode(wanted)).unwrap();
            env.run("redact dir").expect(0);
            assert_eq!(mode(&path), wanted);
        }
        assert_eq!(
            std::fs::read_dir(env.root().join("dir")).unwrap().count(),
            1
        );
    }

    #[test]
    fn hard_links_are_refused() {
        let env = Env::new();
        let secret = token(&mut Mint::new(21), Shape::Ghp);
        let a = env.write("a.txt", &secret);
        std::fs::hard_link(&a, env.root().join("b.txt")).unwrap();
        let run = env.run("redact .").expect(2);
        run.says("2 names (hard links)");
        assert_eq!(text(&env, "b.txt"), secret);
        assert_eq!(std::fs::metadata(&a).unwrap().nlink(), 2);
    }

    #[test]
    fn links_are_not_followed_out_of_the_named_folder() {
        let env = Env::new();
        let secret = token(&mut Mint::new(22), Shape::Ghp);
        let outside = env.write("outside/a.txt", &secret);
        env.write("inside/b.txt", &secret);
        symlink(&outside, env.root().join("inside/link")).unwrap();
        symlink("b.txt", env.root().join("inside/near")).unwrap();
        env.run("redact inside").expect(0);
        assert_eq!(text(&env, "outside/a.txt"), secret);
        assert_ne!(text(&env, "inside/b.txt"), secret);
        let run = env.run("redact inside/link").expect(2);
        run.says("it is a symbolic link to");
        assert_eq!(text(&env, "outside/a.txt"), secret);
        assert!(env.root().join("inside/near").is_symlink());
        env.run("redact inside inside/near").expect(0);
    }
}

#[test]
fn what_was_accepted_stays_unless_asked_for() {
    let env = Env::new();
    let mut mint = Mint::new(14);
    let (kept, gone) = (token(&mut mint, Shape::Ghp), token(&mut mint, Shape::Ghp));
    env.write("a.py", format!("a = '{kept}'\n"));
    env.run("baseline create --reason known").expect(0);
    env.write("a.py", format!("a = '{kept}'\nb = '{gone}'\n"));
    env.run("redact a.py").expect(0);
    let after = text(&env, "a.py");
    assert!(after.contains(&kept) && !after.contains(&gone), "{after}");
    env.run("redact a.py --include-accepted").expect(0);
    assert!(!text(&env, "a.py").contains(&kept));
}
