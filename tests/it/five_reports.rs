//! A small repository and the reports of five programs about it, made as these programs write them.

use serde_json::{Value, json};
use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;

/// Secrets of a small repository, and the reports of five programs about it.
pub(crate) struct FiveReports {
    pub(crate) env: Env,
    /// Classic token, in two files.
    pub(crate) classic: String,
    /// Token of the old form, in a URL of GitHub.
    pub(crate) legacy: String,
    /// Id of a commit, which two programs report.
    pub(crate) commit: String,
    /// Key of another service.
    pub(crate) foreign: String,
    /// Password, too short for a mask.
    pub(crate) password: String,
    /// Token in a file that is gone.
    pub(crate) npm: String,
}

pub(crate) const ALL: &str =
    "gitleaks.json betterleaks.json trufflehog.jsonl kingfisher.json .secrets.baseline";

impl FiveReports {
    pub(crate) fn new() -> FiveReports {
        let mut mint = Mint::new(170);
        let mut text = |alphabet: &[u8], len| String::from_utf8(mint.text(alphabet, len)).unwrap();
        let legacy = text(b"0123456789abcdef", 40);
        let commit = text(b"0123456789abcdef", 40);
        let foreign = format!("AKIA{}", text(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", 16));
        let password = text(b"abcdefgh0123", 9);
        let mut token = |shape| String::from_utf8(mint.new_token(shape)).unwrap();
        let all = FiveReports {
            env: Env::new(),
            classic: token(Shape::Ghp),
            npm: token(Shape::Npm),
            legacy,
            commit,
            foreign,
            password,
        };
        all.write_files();
        all.write_reports();
        all
    }

    fn write_files(&self) {
        let FiveReports {
            env,
            classic,
            legacy,
            commit,
            foreign,
            password,
            ..
        } = self;
        env.write(".env", format!("GITHUB_TOKEN={classic}\n"));
        env.write(
            "docs/setup.md",
            format!("# Setup\n\nexport GITHUB_TOKEN={classic}\n"),
        );
        env.write(
            "deploy.sh",
            format!("#!/bin/sh\ngit push \"https://{legacy}@github.com/acme/site.git\" main\n"),
        );
        env.write(
            ".github/workflows/ci.yml",
            format!("steps:\n  - uses: actions/checkout@{commit}\n"),
        );
        env.write(
            "app.py",
            format!("key = \"{foreign}\"\npassword = \"{password}\"\n"),
        );
    }

    fn write_reports(&self) {
        let FiveReports {
            classic,
            legacy,
            commit,
            foreign,
            password,
            npm,
            ..
        } = self;
        let gitleaks = json!([
            of_gitleaks("github-pat", ".env", 1, classic),
            of_gitleaks("generic-api-key", "deploy.sh", 2, legacy),
            of_gitleaks("generic-api-key", ".github/workflows/ci.yml", 2, commit),
            of_gitleaks("aws-access-token", "app.py", 1, foreign),
        ]);
        let betterleaks = json!({
            "schema_version": "1",
            "findings": [
                of_betterleaks("github-pat", "./.env", 1, classic),
                of_betterleaks("github-pat", "./docs/setup.md", 3, classic),
                of_betterleaks("generic-password", "./app.py", 2, password),
            ],
            "scan": {"state": "complete", "betterleaks_version": "2.0.0"},
        });
        let here = self.env.root().canonicalize().unwrap();
        let trufflehog = [
            of_trufflehog("Github", &here.join(".env").to_string_lossy(), 1, classic),
            of_trufflehog("AWS", &here.join("app.py").to_string_lossy(), 1, foreign),
            of_trufflehog("NpmToken", "gone.env", 4, npm),
        ];
        let trufflehog = trufflehog.map(|line| format!("{line}\n")).concat();
        let kingfisher = json!({
            "findings": [
                of_kingfisher("betterleaks.github-pat", "./.env", 1, classic),
                of_kingfisher("betterleaks.aws-access-token", "./app.py", 1, foreign),
            ],
            "audit": {"schema": "kingfisher.repository-audit.v1", "summary": {"scan_failed": 0}},
            "metadata": {"kingfisher_version": "2.14.0"},
        });
        let env = &self.env;
        env.write("gitleaks.json", gitleaks.to_string());
        env.write("betterleaks.json", betterleaks.to_string());
        env.write("trufflehog.jsonl", trufflehog);
        env.write("kingfisher.json", kingfisher.to_string());
        env.write(".secrets.baseline", self.baseline().to_string());
    }

    /// Baseline of detect-secrets.
    fn baseline(&self) -> Value {
        // Its plugin for GitHub hashes only the prefix.
        let found = |kind: &str, file: &str, line: u64, value: &str| {
            json!({"type": kind, "filename": file, "hashed_secret": sha1(value),
                   "is_verified": false, "line_number": line})
        };
        let ci = ".github/workflows/ci.yml";
        let hex = "Hex High Entropy String";
        json!({
            "version": "1.5.0",
            "plugins_used": [],
            "results": {
                ".env": [found("GitHub Token", ".env", 1, "ghp")],
                "deploy.sh": [
                    found("Basic Auth Credentials", "deploy.sh", 2, &self.legacy),
                    found(hex, "deploy.sh", 2, &self.legacy),
                ],
                ci: [found(hex, ci, 2, &self.commit)],
                "app.py": [
                    found("AWS Access Key", "app.py", 1, &self.foreign),
                    found("Secret Keyword", "app.py", 2, &self.password),
                ],
                "missing.cfg": [found(hex, "missing.cfg", 9, "unknown")],
            },
        })
    }

    /// Everything that no report may contain, with the length from which a part of it counts.
    pub(crate) fn secrets(&self) -> [(&str, usize); 6] {
        [
            (&self.classic, 12),
            (&self.legacy, 12),
            (&self.commit, 12),
            (&self.foreign, 12),
            (&self.npm, 12),
            (&self.password, 9),
        ]
    }
}

pub(crate) fn of_gitleaks(rule: &str, file: &str, line: u64, secret: &str) -> Value {
    json!({
        "RuleID": rule, "Description": format!("Description of {rule}"),
        "StartLine": line, "EndLine": line, "StartColumn": 2, "EndColumn": 70,
        "Match": format!("x = {secret}"), "Secret": secret, "File": file, "SymlinkFile": "",
        "Commit": "", "Author": "", "Email": "", "Date": "", "Message": "", "Tags": [],
        "Fingerprint": format!("{file}:{rule}:{line}"),
    })
}

fn of_betterleaks(rule: &str, path: &str, line: u64, secret: &str) -> Value {
    json!({
        "rule_id": rule, "description": format!("Description of {rule}"),
        "confidence": if rule == "generic-password" { "low" } else { "high" },
        "match": {"full": format!("x = {secret}"), "value": secret, "fingerprint": sha1(rule)},
        "attributes": {"resource": "fs.content"},
        "location": {"path": path, "start_line": line, "end_line": line, "start_column": 1, "end_column": 60},
    })
}

fn of_trufflehog(detector: &str, file: &str, line: u64, secret: &str) -> Value {
    json!({
        "SourceMetadata": {"Data": {"Filesystem": {"file": file, "line": line}}},
        "SourceID": 1, "SourceType": 15, "SourceName": "trufflehog - filesystem",
        "DetectorType": 8, "DetectorName": detector, "DecoderName": "PLAIN", "Verified": false,
        "Raw": secret, "RawV2": format!("{secret}:{secret}"), "Redacted": "", "ExtraData": null,
    })
}

fn of_kingfisher(rule: &str, path: &str, line: u64, secret: &str) -> Value {
    json!({
        "rule": {"name": rule, "id": rule, "description": format!("Description of {rule}")},
        "finding": {
            "snippet": secret, "fingerprint": "1", "confidence": "high", "path": path, "line": line,
            "column_start": 0, "column_end": 70,
            "validation": {"outcome": "not_attempted", "status": "Not Attempted"},
            "validate_command": format!("kingfisher validate --rule '{rule}' '{secret}'"),
        },
    })
}

fn sha1(value: &str) -> String {
    let digest = sha1dc::digest(value.as_bytes()).unwrap();
    data_encoding::HEXLOWER.encode(digest.as_ref())
}
