//! The judge, through the whole engine: what stands around 40 hex digits decides.

use std::path::Path;

use tokensweep::internals::token::{Mint, Shape};
use tokensweep::{Confidence, Finding, Scanner};

use crate::env::Env;
use crate::git::git_out;

/// Returns the findings of a scan of `text` at the default confidence, every `<H>` filled with a fresh value and `<I>` with a
/// fresh client id.
fn scan(path: &str, text: &str) -> Vec<Finding> {
    let mut mint = Mint::new(text.len() as u64);
    let mut filled = text.to_owned();
    for (mark, len) in [("<H>", 40), ("<I>", 20)] {
        while filled.contains(mark) {
            let value = String::from_utf8(mint.hex(len)).unwrap();
            filled = filled.replacen(mark, &value, 1);
        }
    }
    let scanner = Scanner::default();
    scanner.scan_text(filled.as_bytes(), Path::new(path))
}

fn rules(path: &str, text: &str) -> Vec<String> {
    let findings = scan(path, text);
    findings.iter().map(|f| f.rule_id.to_string()).collect()
}

#[test]
fn a_page_that_hands_out_a_token_is_a_leak() {
    let page = "Tokens you have generated that can be used to access the GitHub API.\n\n\
        Make sure to copy your new personal access token now. You won't be able to see it again!\n\n\
        ✓ <H> \n\n[Delete](#)\n";
    let findings = scan("article.txt", page);
    assert_eq!(findings.len(), 1);
    assert_eq!(&*findings[0].rule_id, "github-legacy-token");
    assert!(findings[0].confidence >= Confidence::Medium);
    let names: Vec<&str> = findings[0].evidence.iter().map(|e| &*e.name).collect();
    assert!(names.contains(&"token-page"), "{names:?}");
}

#[test]
fn tokens_and_client_secrets_are_told_apart() {
    for (path, text, rule) in [
        (".env", "GITHUB_TOKEN=<H>\n", "github-legacy-token"),
        (".gist", "<H>\n", "github-legacy-token"),
        (
            "a.sh",
            "git clone https://<H>:x-oauth-basic@github.com/o/r\n",
            "github-legacy-token",
        ),
        (
            "a.env",
            "GITHUB_CLIENT_ID=<I>\nGITHUB_CLIENT_SECRET=<H>\n",
            "github-client-secret",
        ),
        (
            "a.rb",
            "provider :github, '<I>', '<H>'\n",
            "github-client-secret",
        ),
    ] {
        assert_eq!(rules(path, text), [rule], "{text}");
    }
}

#[test]
fn ids_and_checksums_are_silent() {
    for (path, text) in [
        (
            ".github/workflows/ci.yml",
            "- uses: actions/create-github-app-token@<H> # v1\n  with:\n    token: x\n",
        ),
        (
            "CHANGELOG.md",
            "* fix the github token ([abc](https://github.com/o/r/commit/<H>))\n",
        ),
        (
            "Cargo.lock",
            "source = \"git+https://github.com/o/github-token?rev=<H>#<H>\"\n",
        ),
        (
            "composer.lock",
            "\"type\": \"git\",\n\"url\": \"https://github.com/o/oauth.git\",\n\"reference\": \"<H>\"\n",
        ),
        (
            "log",
            "commit <H>\nAuthor: A <a@example.com>\n\n    Rotate GITHUB_TOKEN\n",
        ),
        (
            "sums",
            "<H>  gh-token_linux.tar.gz\n<H>  gh-token_darwin.tar.gz\n",
        ),
    ] {
        assert_eq!(rules(path, text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_secret_of_another_service_is_never_called_githubs() {
    for text in ["GITEA_TOKEN=<H>\n", "export CIRCLECI_API_TOKEN=<H>\n"] {
        assert_eq!(rules("a.sh", text), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn a_secret_of_another_service_is_low_in_any_file() {
    let scanner = Scanner::builder().min_confidence(Confidence::Low).build();
    let mut mint = Mint::new(43);
    for (path, text) in [
        ("train.py", "os.environ['WANDB_API_KEY'] = '<H>'\n"),
        (".env", "WANDB_API_KEY=<H>\n"),
        ("conf/a.yml", "todoist:\n  token: <H>\n"),
        ("b.sh", "curl -H 'X-Auth-Token: <H>' https://a.example/v2\n"),
    ] {
        let value = String::from_utf8(mint.hex(40)).unwrap();
        let text = text.replace("<H>", &value);
        let findings = scanner.scan_text(text.as_bytes(), Path::new(path));
        let said: Vec<_> = findings
            .iter()
            .map(|f| (&*f.rule_id, f.confidence))
            .collect();
        assert_eq!(said, [("other-vendor-secret", Confidence::Low)], "{text}");
    }
}

#[test]
fn explain_shows_every_piece_the_sum_and_the_threshold_and_no_secret() {
    let env = Env::new();
    let mut mint = Mint::new(41);
    let mut hex = || String::from_utf8(mint.hex(40)).unwrap();
    let (value, sha) = (hex(), hex());
    let text = format!("PORT=1\nGITHUB_TOKEN={value}\nSHA={sha}\n");
    env.write("a.env", text);
    let run = env.run("explain a.env:2").expect(0);
    for part in [
        "a.env:2:14",
        "key-github-secret",
        "`GITHUB_TOKEN`",
        "the sum",
        "medium above",
        "reported: confidence",
    ] {
        assert!(run.stdout.contains(part), "{part}\n{}", run.stdout);
    }
    assert!(!run.stdout.contains(&value[8..20]), "{}", run.stdout);
    let finding = &env.run("scan --format json a.env").expect(1).findings()[0];
    let by_print = format!("explain {} a.env", finding["fingerprint"].as_str().unwrap());
    assert_eq!(env.run(&by_print).expect(0).stdout, run.stdout);
    let sum: f64 = finding["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|e| e["weight"].as_f64().unwrap())
        .sum();
    assert!(
        run.stdout.contains(&format!("{sum:+7.2}  the sum")),
        "{sum} {}",
        run.stdout
    );

    let not = env.run("why-not a.env:3").expect(0).stdout;
    assert!(
        not.contains("not reported") && not.contains("key-hash"),
        "{not}"
    );
    assert!(
        env.run("why-not a.env:1")
            .expect(0)
            .stdout
            .contains("holds nothing")
    );
    assert!(
        env.run("why-not a.env")
            .expect(2)
            .stderr
            .contains("FILE:LINE")
    );
    assert!(
        env.run("why-not a.env:99")
            .expect(2)
            .stderr
            .contains("there is no line 99")
    );
    assert!(
        env.run("explain nonsense")
            .expect(2)
            .stderr
            .contains("fingerprint")
    );
}

#[test]
fn explain_works_a_checksum_out() {
    let env = Env::new();
    let mut mint = Mint::new(42);
    let token = mint.new_token(Shape::Ghp);
    let damaged = mint.damage_token(&token, 8);
    env.write("a.txt", [&token[..], b"\n", &damaged, b"\n"].concat());
    let right = env.run("explain a.txt:1").expect(0).stdout;
    assert!(
        right.contains("CRC-32") && right.contains("equal: it holds"),
        "{right}"
    );
    let wrong = env.run("explain a.txt:2").expect(0).stdout;
    assert!(wrong.contains("different: it does not hold"), "{wrong}");
    assert!(wrong.contains("only with --min-confidence low"), "{wrong}");
}

/// Returns a text in which `value` may be a credential by its own place, and no more: `medium`.
fn doubtful(value: &str) -> String {
    format!("# pages of the GitHub list\nnext_token = '{value}'\n")
}

/// The file names of the findings, sorted.
fn files(findings: &[serde_json::Value]) -> Vec<String> {
    let name = |f: &serde_json::Value| {
        let path = f["path"].as_str().unwrap();
        path.rsplit('/').next().unwrap().to_owned()
    };
    let mut names: Vec<String> = findings.iter().map(name).collect();
    names.sort();
    names
}

#[test]
fn a_doubtful_value_that_is_an_id_elsewhere_is_no_credential() {
    let mut mint = Mint::new(41);
    let mut value = || String::from_utf8(mint.hex(40)).unwrap();
    let (pinned, shouted, alone) = (value(), value(), value());
    let env = Env::new();
    env.write("a/lock.nix", format!("  rev = \"{pinned}\";\n"));
    env.write("m.py", doubtful(&pinned));
    env.write("n.py", doubtful(&shouted));
    env.write("o.py", doubtful(&alone));
    env.write(
        "z/log.txt",
        format!("HEAD is now at https://github.com/o/r/commit/{shouted}\n"),
    );
    for threads in [1, 2, 7] {
        let run = env.run(&format!("scan --format json --threads {threads} ."));
        assert_eq!(files(&run.expect(1).findings()), ["o.py"]);
    }
    // By itself it is one: the witness speaks of what is scanned only.
    env.run("scan m.py").expect(1);
    let said = env.run("why-not m.py:2").expect(0).stdout;
    assert!(said.contains("hash-elsewhere"), "{said}");
    let said = env.run("explain o.py:2").expect(0).stdout;
    assert!(!said.contains("hash-elsewhere"), "{said}");
}

#[test]
fn a_plain_credential_stays_one_though_it_is_called_an_id_elsewhere() {
    for (path, text) in [
        (".env", "GITHUB_TOKEN=<H>\n"),
        (
            "a.sh",
            "git clone https://<H>:x-oauth-basic@github.com/o/r\n",
        ),
        (
            "a.rb",
            "c = Octokit::Client.new(:access_token => \"<H>\")\n",
        ),
        (
            "a.http",
            "GET https://api.github.com/user\nAuthorization: token <H>\n",
        ),
        (".netrc", "machine api.github.com login bot password <H>\n"),
    ] {
        let value = String::from_utf8(Mint::new(59).hex(40)).unwrap();
        let env = Env::new();
        env.write(path, text.replace("<H>", &value));
        env.write(
            "ids.json",
            format!("[{{\"file\": \"x\", \"sha1\": \"{value}\"}}]\n"),
        );
        env.write("list.txt", format!("commit {value}\nrev: {value}\n"));
        let found = env.run("scan --format json .").expect(1).findings();
        // The same value is the same secret, whatever it is called there.
        let mut places = vec![path, "ids.json", "list.txt", "list.txt"];
        places.sort_unstable();
        assert_eq!(files(&found), places);
        for finding in &found {
            assert_eq!(finding["confidence"], "high", "{finding}");
            assert_eq!(finding["fingerprint"], found[0]["fingerprint"]);
            let first = &finding["evidence"][0]["name"];
            let is_named = finding["path"].as_str().unwrap().ends_with(path);
            assert_eq!(*first == "same-value-is-secret", !is_named, "{finding}");
        }
    }
}

#[test]
fn ids_elsewhere_count_in_git_and_in_a_stream() {
    let value = String::from_utf8(Mint::new(61).hex(40)).unwrap();
    let env = Env::new();
    let git = |args: &str| {
        let args: Vec<_> = args.split_whitespace().collect();
        git_out(env.root(), &args);
    };
    git("init -q .");
    let commit = |message: &str| {
        git("add -A");
        git(&format!("commit -q -m {message}"));
    };
    env.write("p.py", doubtful(&value));
    commit("one");
    env.run("scan --history .").expect(1);
    // In a later commit, which the doubtful file is no part of.
    env.write("lock.nix", format!("  rev = \"{value}\";\n"));
    commit("two");
    env.run("scan --history .").expect(0);
    // An earlier scan had found nothing in the file of ids, and it is not read again but for this.
    env.write("p.py", format!("{}# x\n", doubtful(&value)));
    commit("again");
    env.run("scan --history .").expect(0);
    git("rm -q p.py");
    commit("gone");
    env.write("p.py", format!("{}# y\n", doubtful(&value)));
    commit("back");
    env.run("scan --range HEAD~1..HEAD .").expect(1);
    env.run("scan --range HEAD~4..HEAD .").expect(0);
    // What is staged is all that is scanned, and all that speaks.
    let other = String::from_utf8(Mint::new(62).hex(40)).unwrap();
    env.write("q.py", doubtful(&other));
    git("add -A");
    env.run("scan --staged").expect(1);
    env.write("ids.json", format!("{{\"sha\": \"{other}\"}}\n"));
    env.run("scan --staged").expect(1);
    git("add -A");
    env.run("scan --staged").expect(0);
    let stream = format!("{}{{\"sha\": \"{other}\"}}\n", doubtful(&other));
    env.run_with("scan -", stream.as_bytes()).expect(0);
    env.run_with("scan -", doubtful(&other).as_bytes())
        .expect(1);
}

#[test]
fn a_listing_or_a_path_makes_no_id_of_a_token() {
    let value = String::from_utf8(Mint::new(43).hex(40)).unwrap();
    let env = Env::new();
    env.write("a.env", format!("GITHUB_TOKEN={value}\n"));
    env.write(
        "notes.txt",
        format!("tokens:\n{value}  the one of the bot\n"),
    );
    env.write("b.txt", format!("https://example.com/grants/{value}\n"));
    let found = env.run("scan --format json .").expect(1).findings();
    assert!(
        found
            .iter()
            .any(|f| f["path"].as_str().unwrap().ends_with("a.env"))
    );
}

#[test]
fn one_of_forty_in_a_manifest_is_none_and_the_same_line_alone_is_one() {
    const NAMES: [&str; 8] = [
        "parser", "token", "hub", "build", "login", "render", "queue", "widget",
    ];
    let head = "# modules of the github client\n";
    let row = |name: &&str| format!("{name}: <H>\n");
    let manifest: String = (0..5).flat_map(|_| NAMES.iter().map(row)).collect();
    assert!(rules("modules.txt", &format!("{head}{manifest}")).is_empty());
    let alone = rules("modules.txt", &format!("{head}{}", row(&"token")));
    assert_eq!(alone, ["github-legacy-token"]);
}

/// The words of two lists of the judge's vocabulary.
fn words_for_credentials() -> Vec<String> {
    let text = include_str!("../../rules/judge/words.toml");
    let table: toml::Table = toml::from_str(text).unwrap();
    let list = |name: &str| {
        let words = table["words"][name].as_str().unwrap().split_whitespace();
        words.map(str::to_owned).collect::<Vec<String>>()
    };
    [list("secret"), list("shared")].concat()
}

#[test]
fn every_word_for_a_credential_is_heard_without_any_other() {
    let words = words_for_credentials();
    assert!(words.len() > 70);
    let mut missed = Vec::new();
    for word in &words {
        for text in [
            format!("github-{word}: <H>\n"),
            format!("{{\"github_{word}\": \"<H>\"}}\n"),
            format!("image: ghcr.io/acme/app\nreplicas: 2\ngithub.{word} = <H>\n"),
        ] {
            if rules("conf/app.yml", &text).is_empty() {
                missed.push(text);
            }
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn explain_gives_the_true_reason_for_a_value_that_was_not_weighed() {
    let env = Env::new();
    let mut mint = Mint::new(61);
    let mut hex = || String::from_utf8(mint.hex(40)).unwrap();
    env.write("lonely.txt", format!("github: {}\n", hex()));
    env.write("sum.txt", format!("github token\nsha1: {}\n", hex()));
    env.write("path.txt", format!("github token\nsee data/{}\n", hex()));
    let sha = hex();
    let url = format!("github token\nid {sha}\nhttps://github.com/o/r/commit/{sha}\n");
    env.write("url.txt", url);
    for (place, reason) in [
        (
            "lonely.txt:1",
            "no word for a credential stands within 1500 bytes",
        ),
        (
            "sum.txt:2",
            "the bytes beside it make it an id or a checksum",
        ),
        ("path.txt:2", "it stands in a path"),
        ("url.txt:2", "in the URL of a commit"),
    ] {
        let run = env.run(&format!("explain {place}")).expect(0);
        assert!(run.stdout.contains(reason), "{place}\n{}", run.stdout);
        assert!(
            run.stdout.contains("does not weigh"),
            "{place}\n{}",
            run.stdout
        );
    }
}

/// The ids in backticks behind "Case" or "Cases", in any case, in the comments of a text.
fn cited_cases(text: &str) -> Vec<String> {
    let mut ids = Vec::new();
    for line in text.lines().map(str::trim_start) {
        let comment = line.strip_prefix("//").or(line.strip_prefix('#'));
        let Some((_, list)) = comment.and_then(|c| c.split_once("ase")) else {
            continue;
        };
        let quoted = list.split('`').skip(1).step_by(2);
        let is_id = |id: &&str| id.starts_with("own-") || id.starts_with("corpus-");
        ids.extend(quoted.filter(is_id).map(str::to_owned));
    }
    ids
}

#[test]
fn every_case_that_the_judge_cites_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut known = std::collections::HashSet::new();
    for name in ["corpus", "leaks", "innocent"] {
        let file = root.join(format!("tests/cases/{name}.jsonl"));
        for line in std::fs::read_to_string(file).unwrap().lines() {
            let case: serde_json::Value = serde_json::from_str(line).unwrap();
            known.insert(case["id"].as_str().unwrap().to_owned());
        }
    }
    let mut files = vec![root.join("rules/judge/words.toml")];
    let mut folders = vec![root.join("src/judge")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let list = if path.is_dir() {
                &mut folders
            } else {
                &mut files
            };
            list.push(path);
        }
    }
    let texts = files
        .iter()
        .map(|file| std::fs::read_to_string(file).unwrap());
    let cited: Vec<String> = texts.flat_map(|text| cited_cases(&text)).collect();
    assert!(cited.len() > 20, "{cited:?}");
    let missing: Vec<&String> = cited.iter().filter(|id| !known.contains(*id)).collect();
    assert!(missing.is_empty(), "{missing:?}");
}
