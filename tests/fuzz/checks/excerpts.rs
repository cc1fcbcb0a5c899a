//! Texts composed of secrets that touch, overlap, go on and hide in encodings, and what holds of every report on one:
//! no twelve consecutive characters of a found secret. The fuzz target and the tests of the suite share it.

use std::collections::HashSet;
use std::io::{self, Read, Write as _};
use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::time::SystemTime;

use tokensweep::internals::finding::SecretFragments;
use tokensweep::internals::redact::{
    FileAction, LeftAlone, RedactJob, RedactRecord, TextScanner, redact_file,
};
use tokensweep::internals::rule;
use tokensweep::internals::scan::FoundSecrets;
use tokensweep::internals::token::{Mint, Shape};
use tokensweep::parts::Layer;
use tokensweep::{
    Confidence, Finding, Outcome, RedactOptions, ReportFormat, ReportOptions, RuleSet, Scanner,
};

use super::Decisions;

/// The number of consecutive characters of a secret that no report holds.
const LENGTH: usize = 12;

/// Beginning of every token of a form, which is no secret.
const PUBLIC: &[u8] = b"github_pat_11";

/// Rules whose matches overlap each other and the tokens in them.
const RULES: &str = r#"
[[rule]]
id = "own-value"
title = "Value"
regex = 'secret[:=]\s*(?P<secret>[^\s"]{6,90})'
keywords = ["secret"]
[[rule]]
id = "own-hex"
title = "Hex"
regex = '(?P<secret>[0-9a-f]{24,64})'
[[rule]]
id = "own-pair"
title = "Pair"
regex = '(?P<secret>gh[a-z]_[0-9A-Za-z]{20,30})'
keywords = ["gh"]
"#;

/// One with the built-in rules, one with more.
static SCANNERS: LazyLock<[Scanner; 2]> = LazyLock::new(|| {
    let own = rule::load::parse("own.toml", RULES.as_bytes(), &rule::builtin_rules());
    let own = own.unwrap_or_else(|e| panic!("{e:?}"));
    let all = rule::builtin_rules()
        .iter()
        .cloned()
        .chain(own.into_iter().map(Arc::new))
        .collect();
    [rule::builtin_rules(), RuleSet::new(all)].map(|rules| {
        Scanner::builder()
            .rules(rules)
            .min_confidence(Confidence::Low)
            .rewrite_context()
            .build()
    })
});

const SHAPES: [Shape; 12] = [
    Shape::Ghp,
    Shape::Gho,
    Shape::Ghu,
    Shape::Ghs,
    Shape::Ghr,
    Shape::Npm,
    Shape::GhsStateless,
    Shape::FineGrained,
    Shape::V1Hex,
    Shape::R1Hex,
    Shape::Hex40,
    Shape::TestToken,
];

/// Texts that may stand between two secrets.
const BETWEEN: [&str; 26] = [
    "",
    "",
    "",
    " ",
    "\"",
    "','",
    "\" + \"",
    "\"+\"",
    "\n",
    "\r\n",
    "\r",
    "\t",
    "=",
    ".",
    "-",
    "_",
    "\\n",
    "\0",
    "\u{feff}",
    "令牌",
    "é",
    "GITHUB_TOKEN=",
    "secret=",
    "https://x:",
    "@github.com/",
    "\u{1b}[1m",
];

/// A text with secrets in it.
pub(crate) fn compose(decisions: &mut Decisions<'_>) -> Vec<u8> {
    let mut mint = Mint::new(decisions.below(256) as u64);
    let mut tokens: Vec<Vec<u8>> = Vec::new();
    let mut text = Vec::new();
    while !decisions.is_empty() && text.len() < 20_000 {
        text.extend(BETWEEN[decisions.below(BETWEEN.len())].as_bytes());
        let token = match (decisions.below(5), tokens.last()) {
            (0, Some(last)) => last.clone(),
            _ => mint.new_token(SHAPES[decisions.below(SHAPES.len())]),
        };
        tokens.push(token.clone());
        let part = match decisions.below(6) {
            0 => token[decisions.below(token.len())..].to_vec(),
            1 => token[..=decisions.below(token.len())].to_vec(),
            _ => token,
        };
        text.extend(dress(part, &mut mint, decisions));
    }
    match decisions.below(8) {
        0 => wide(&text, 2, true),
        1 => wide(&text, 2, false),
        2 => wide(&text, 4, true),
        _ => text,
    }
}

/// A token as it is, or encoded, cut or among other things.
fn dress(token: Vec<u8>, mint: &mut Mint, decisions: &mut Decisions<'_>) -> Vec<u8> {
    let base64 = |bytes: &[u8]| data_encoding::BASE64.encode(bytes).into_bytes();
    let cut = |text: &[u8], at: usize, between: &[u8]| {
        let (head, tail) = text.split_at(at % text.len().max(1));
        [head, between, tail].concat()
    };
    let at = 1 + decisions.below(200);
    match decisions.below(15) {
        0 => base64(&token),
        1 => cut(&base64(&token), at, b"\"+\""),
        2 => cut(&base64(&token), at, b"\n"),
        3 => cut(&token, at, b"\n"),
        4 => cut(&token, at, b"\n  | "),
        5 => cut(&token, at, b"<b>"),
        6 => token
            .iter()
            .flat_map(|b| format!("\\u{b:04x}").into_bytes())
            .collect(),
        7 => token
            .iter()
            .flat_map(|b| format!("%{b:02X}").into_bytes())
            .collect(),
        8 => wide(&token, 2, at.is_multiple_of(2)),
        9 => wide(&token, 4, at.is_multiple_of(2)),
        10 => base64(&[&mint.random_base62(at % 5), &b":"[..], &token].concat()),
        11 => [mint.random_base62(at), token].concat(),
        12 => [token, b" ".repeat(at), b"x".repeat(10 * at)].concat(),
        13 => [token, decisions.raw(at % 16).to_vec()].concat(),
        _ => token,
    }
}

/// The text with so many bytes a character.
fn wide(text: &[u8], bytes: usize, little: bool) -> Vec<u8> {
    let text = String::from_utf8_lossy(text);
    let units: Vec<u32> = match bytes {
        2 => text.encode_utf16().map(u32::from).collect(),
        _ => text.chars().map(u32::from).collect(),
    };
    let unit = |unit: u32| match little {
        true => unit.to_le_bytes()[..bytes].to_vec(),
        false => unit.to_be_bytes()[4 - bytes..].to_vec(),
    };
    units.into_iter().flat_map(unit).collect()
}

/// Scans the text with the built-in rules and with more, and panics if a report shows a part of what was found.
/// Returns the number of findings.
pub(crate) fn check(text: &[u8]) -> usize {
    SCANNERS
        .iter()
        .map(|scanner| {
            let outcome = Outcome::from(scanner.scan_text(text, Path::new("a.env")));
            check_reports(text, &outcome, scanner.rules());
            check_redaction(text, scanner, &outcome);
            outcome.findings.len()
        })
        .sum()
}

fn check_reports(text: &[u8], outcome: &Outcome, rules: &RuleSet) {
    let secrets: Vec<_> = outcome
        .findings
        .iter()
        .flat_map(|f| never_shown(f, text))
        .collect();
    let windows = parts_of(&secrets);
    for format in ReportFormat::ALL {
        // The other formats say the same at any verbosity.
        let verbosities = if format == ReportFormat::Human {
            0..4
        } else {
            3..4
        };
        for verbosity in verbosities {
            let said = write_report(format, outcome, rules, verbosity);
            refuse_parts(
                &said,
                &windows,
                text,
                &format!("{} at {verbosity}", format.name()),
            );
        }
    }
}

/// The parts of secrets that must not be shown.
fn parts_of(secrets: &[Vec<u8>]) -> HashSet<&[u8]> {
    let known = known_words();
    let is_public = |w: &&[u8]| PUBLIC.windows(LENGTH).any(|p| p == *w) || known.contains(*w);
    let windows = secrets.iter().flat_map(|s| s.windows(LENGTH));
    windows.filter(|w| !is_public(w)).collect()
}

fn refuse_parts(said: &[u8], parts: &HashSet<&[u8]>, text: &[u8], what: &str) {
    if let Some(shown) = said.windows(LENGTH).find(|w| parts.contains(w)) {
        panic!(
            "{what} shows {:?} of a secret in\n{}\nof the text {:?}",
            String::from_utf8_lossy(shown),
            String::from_utf8_lossy(said),
            String::from_utf8_lossy(text),
        );
    }
}

/// A scanner for the redactor, which keeps what was found in the original.
struct Looker<'s> {
    scanner: &'s Scanner,
    found: Mutex<FoundSecrets>,
    original: Mutex<Option<Vec<Finding>>>,
}

impl Looker<'_> {
    fn found(&self) -> FoundSecrets {
        self.found
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl TextScanner for Looker<'_> {
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>> {
        let findings = self
            .scanner
            .scan_stream_for(text, path, &self.found())
            .findings;
        let mut original = self.original.lock().unwrap_or_else(PoisonError::into_inner);
        original.get_or_insert_with(|| findings.clone());
        Ok(findings)
    }

    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding> {
        self.scanner.scan_text_for(text, path, &self.found())
    }

    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>> {
        self.scanner.partial_tokens(text)
    }

    fn remember_secrets(&self, findings: &[&Finding]) {
        let mut found = self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(more) = found.with(findings.iter().copied()) {
            *found = more;
        }
    }
}

/// Redacts the text, in a file whose name holds a secret of it, and panics if the difference, the record or the reason
/// against it shows a part of what was found.
fn check_redaction(text: &[u8], scanner: &Scanner, outcome: &Outcome) {
    let in_name = |f: &&Finding| {
        let secret = f.secret.expose_the_secret();
        secret.len() < 200 && secret.iter().all(u8::is_ascii_alphanumeric)
    };
    let secret = outcome
        .findings
        .iter()
        .find(in_name)
        .map(|f| f.secret.expose_the_secret());
    let name = String::from_utf8_lossy(secret.unwrap_or(b"a")).into_owned();
    let thread = std::thread::current().id();
    let root = std::env::temp_dir().join(format!("tokensweep-{}-{thread:?}", std::process::id()));
    let path = root.join(format!("x{name}y.env"));
    let fail = |e: io::Error| panic!("{}: {e}", root.display());
    std::fs::create_dir_all(&root)
        .and_then(|()| std::fs::File::create(&path))
        .and_then(|mut file| file.write_all(text))
        .unwrap_or_else(fail);
    let looker = Looker {
        scanner,
        found: Mutex::default(),
        original: Mutex::default(),
    };
    for min_confidence in [Confidence::Low, Confidence::High] {
        let said = show_redaction(&looker, &root, &path, min_confidence);
        let original = looker
            .original
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let found = original.as_deref().unwrap_or_default();
        let secrets: Vec<_> = found.iter().flat_map(|f| never_shown(f, text)).collect();
        refuse_parts(said.as_bytes(), &parts_of(&secrets), text, "the redaction");
    }
    std::fs::remove_dir_all(&root).unwrap_or_else(fail);
}

/// Appends the output of a redaction: the difference, and the record as JSON.
fn show_redaction(
    looker: &Looker<'_>,
    root: &Path,
    path: &Path,
    min_confidence: Confidence,
) -> String {
    let mut options = RedactOptions::default();
    options.min_confidence = min_confidence;
    options.reported_from = Confidence::Low;
    let done = redact_file(&RedactJob {
        path,
        root,
        action: FileAction::Check,
        diff: true,
        options: &options,
        look: looker,
    });
    let mut fragments = SecretFragments::default();
    let original = looker
        .original
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    fragments.add_findings(original.iter().flatten());
    let mask = |text: &str| fragments.mask_in(text).into_owned();
    let mut record = RedactRecord::new();
    let mut said = String::new();
    match done {
        Ok(done) => {
            let diff = String::from_utf8_lossy(&done.diffs.concat()).into_owned();
            said = diff.lines().map(mask).collect::<Vec<_>>().join("\n");
            record.replaced = done.replaced;
            record.remaining = done.remaining;
        }
        Err(refusal) => record.left_alone.push(LeftAlone {
            path: path.to_owned(),
            reason: refusal.to_string(),
        }),
    }
    let record = serde_json::to_string(&record.with_mask(&mask));
    said + &record.unwrap_or_else(|e| panic!("{e}"))
}

/// The secret of a finding, and the base64 that it was decoded from.
fn never_shown(finding: &Finding, text: &[u8]) -> Vec<Vec<u8>> {
    let mut out = vec![finding.secret.expose_the_secret().to_vec()];
    if finding.decoded_from == [Layer::Base64] {
        let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
        out.push(text[at(finding.bytes.start)..at(finding.bytes.end)].to_vec());
    }
    out
}

/// Returns the words in the rules and in the reports on a text without a secret.
fn known_words() -> &'static HashSet<Vec<u8>> {
    static WORDS: LazyLock<HashSet<Vec<u8>>> = LazyLock::new(|| {
        let mut said = Vec::new();
        for format in ReportFormat::ALL {
            said.extend(write_report(
                format,
                &Outcome::default(),
                SCANNERS[1].rules(),
                3,
            ));
        }
        for rule in SCANNERS[1].rules().iter() {
            for words in [&*rule.title, &*rule.revoke, &*rule.id, &*rule.why] {
                said.extend(words.as_bytes());
            }
        }
        said.windows(LENGTH).map(<[u8]>::to_vec).collect()
    });
    &WORDS
}

fn write_report(
    format: ReportFormat,
    outcome: &Outcome,
    rules: &RuleSet,
    verbosity: i8,
) -> Vec<u8> {
    let mut options = ReportOptions::new(rules);
    options.verbosity = verbosity;
    options.finished = SystemTime::UNIX_EPOCH;
    let mut out = Vec::new();
    tokensweep::write_report(format, outcome, &options, &mut out).unwrap_or_else(|e| panic!("{e}"));
    out
}
