//! The baseline: secrets that a team has accepted, each named by a keyed hash that cannot be tested without the
//! secret, with who accepted it, why, and until when. One sorted line a secret, so that branches merge.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use sha2::{Digest, Sha256};

use crate::date::Date;
use crate::document::{Document, Mistakes, Table};
use crate::finding::Secret;

/// The name that a baseline has unless another is given.
pub const FILE_NAME: &str = "tokensweep.baseline";

/// What has been found out about a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is one, and it may stay.
    Accepted,
    /// It is none.
    FalsePositive,
    /// It was one.
    Revoked,
    /// It is a dummy for tests.
    Test,
}

impl Status {
    /// Every status, under its name in the file.
    pub const ALL: [(&'static str, Status); 4] = [
        ("accepted", Status::Accepted),
        ("false-positive", Status::FalsePositive),
        ("revoked", Status::Revoked),
        ("test", Status::Test),
    ];

    /// The name in the file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Status::Accepted => "accepted",
            Status::FalsePositive => "false-positive",
            Status::Revoked => "revoked",
            Status::Test => "test",
        }
    }
}

/// Where an accepted secret may stand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Reach {
    /// In any file.
    #[default]
    Anywhere,
    /// In the file that it was first seen in.
    SameFile,
}

impl Reach {
    const ALL: [(&'static str, Reach); 2] = [
        ("anywhere", Reach::Anywhere),
        ("same-file", Reach::SameFile),
    ];
}

/// One accepted secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The rule that found it.
    pub rule: String,
    /// The file that it was first seen in; a hint, unless the reach is [`Reach::SameFile`].
    pub seen: String,
    /// What has been found out about it.
    pub status: Status,
    /// Why it may stay.
    pub reason: String,
    /// Who says so.
    pub owner: String,
    /// Since when.
    pub added: Option<Date>,
    /// The last day on which it is accepted.
    pub expires: Option<Date>,
}

impl Entry {
    /// Whether it is accepted no more.
    #[must_use]
    pub fn is_expired(&self, today: Date) -> bool {
        self.expires.is_some_and(|last| last < today)
    }

    /// What is said of a finding at `path` that it accepts.
    #[must_use]
    pub fn words(&self, path: &str) -> String {
        let mut words = self.status.name().to_owned();
        if !self.reason.is_empty() {
            let _ = write!(words, ": {}", self.reason);
        }
        if self.seen != path {
            let _ = write!(words, " (first seen in {})", self.seen);
        }
        words
    }
}

/// The accepted secrets of a project.
#[derive(Clone, Debug)]
pub struct Baseline {
    salt: Vec<u8>,
    reach: Reach,
    entries: BTreeMap<String, Entry>,
}

/// How many bytes of the keyed hash name a secret.
const KEY_LEN: usize = 16;

const KEYS: [&str; 4] = ["version", "salt", "policy", "secrets"];
const ENTRY_KEYS: [&str; 7] = [
    "rule", "seen", "status", "reason", "owner", "added", "expires",
];

impl Baseline {
    /// An empty baseline; the salt should be random.
    #[must_use]
    pub fn new(salt: [u8; 16]) -> Self {
        Baseline {
            salt: salt.to_vec(),
            reach: Reach::default(),
            entries: BTreeMap::new(),
        }
    }

    /// The baseline in a file.
    ///
    /// # Errors
    /// With everything that is wrong with the file.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Mistakes> {
        let document = Document::parse(file, bytes)?;
        let root = document.root();
        root.only("a baseline", &KEYS);
        match root.number("version") {
            Some(1) => {}
            Some(n) => root.mistake_in(
                "version",
                format!("this program reads version 1, not {n}; use a newer tokensweep"),
            ),
            None => root.mistake(
                "a baseline needs its `version`; make one with `tokensweep baseline create`",
            ),
        }
        let salt = root.need("a baseline", "salt").and_then(|text| {
            let salt = data_encoding::HEXLOWER.decode(text.value.as_bytes()).ok();
            let salt = salt.filter(|s| s.len() >= 16);
            if salt.is_none() {
                text.mistake("`salt` is at least 32 lower-case hex digits; it was written by `baseline create`");
            }
            salt
        });
        let reach = root.choice("policy", &Reach::ALL).unwrap_or_default();
        let mut entries = BTreeMap::new();
        if let Some(secrets) = root.table("secrets") {
            for (key, table) in secrets.tables_by_key() {
                let is_key = key.len() == 2 * KEY_LEN
                    && key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !is_key {
                    table.mistake(format!(
                        "`{key}` names no secret; entries are written by `tokensweep baseline update`"
                    ));
                }
                entries.insert(key.to_owned(), entry(&table));
            }
        }
        document.finish(Baseline {
            salt: salt.unwrap_or_default(),
            reach,
            entries,
        })
    }

    /// The baseline as a file.
    #[must_use]
    pub fn to_toml(&self) -> String {
        let mut out = String::from(
            "# Secrets that tokensweep has found and this project has accepted: one line each, named by a keyed\n\
             # hash. Change status, reason, owner and expires by hand; add entries with `tokensweep baseline update`.\n\
             version = 1\n",
        );
        let _ = writeln!(
            out,
            "salt = \"{}\"",
            data_encoding::HEXLOWER.encode(&self.salt)
        );
        if self.reach == Reach::SameFile {
            out.push_str("policy = \"same-file\"\n");
        }
        out.push_str("\n[secrets]\n");
        for (key, entry) in &self.entries {
            let _ = write!(
                out,
                "{key} = {{ rule = {}, seen = {}, status = {}",
                quoted(&entry.rule),
                quoted(&entry.seen),
                quoted(entry.status.name())
            );
            for (name, text) in [("reason", &entry.reason), ("owner", &entry.owner)] {
                if !text.is_empty() {
                    let _ = write!(out, ", {name} = {}", quoted(text));
                }
            }
            for (name, date) in [("added", entry.added), ("expires", entry.expires)] {
                if let Some(date) = date {
                    let _ = write!(out, ", {name} = {date}");
                }
            }
            out.push_str(" }\n");
        }
        out
    }

    /// The name of a secret in this baseline: HMAC-SHA-256 of it, the salt being the key, cut to 16 bytes.
    #[must_use]
    pub fn key(&self, secret: &Secret) -> String {
        let mac = hmac_sha256(&self.salt, secret.expose_the_secret());
        data_encoding::HEXLOWER.encode(&mac[..KEY_LEN])
    }

    /// The entry that accepts a secret in a file, or why the entry that it has does not; `None` if it has none.
    #[must_use]
    pub fn accepts(
        &self,
        secret: &Secret,
        path: &str,
        today: Date,
    ) -> Option<Result<&Entry, String>> {
        let entry = self.entries.get(&self.key(secret))?;
        Some(match entry.expires {
            Some(last) if entry.is_expired(today) => {
                Err(format!("its secret was accepted until {last}, no longer"))
            }
            _ if self.reach == Reach::SameFile && entry.seen != path => Err(format!(
                "its secret is accepted in {} only (policy same-file)",
                entry.seen
            )),
            _ => Ok(entry),
        })
    }

    /// The entries, by the names of their secrets.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), entry))
    }

    /// Adds an entry for a secret that has none; says whether it was added.
    pub fn add(&mut self, secret: &Secret, entry: Entry) -> bool {
        let key = self.key(secret);
        let new = !self.entries.contains_key(&key);
        if new {
            self.entries.insert(key, entry);
        }
        new
    }

    /// Keeps only the entries for which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &Entry) -> bool) {
        self.entries.retain(|key, entry| keep(key, entry));
    }
}

fn entry(table: &Table<'_>) -> Entry {
    table.only("an entry", &ENTRY_KEYS);
    let words = |key| table.string(key).map(|t| t.value.to_owned());
    let rule = table.need("an entry", "rule");
    let status = table.choice("status", &Status::ALL);
    if !table.has("status") {
        table.mistake("an entry needs a `status`; write status = \"accepted\", \"false-positive\", \"revoked\" or \"test\"");
    }
    Entry {
        rule: rule.map(|t| t.value.to_owned()).unwrap_or_default(),
        seen: words("seen").unwrap_or_default(),
        status: status.unwrap_or(Status::Accepted),
        reason: words("reason").unwrap_or_default(),
        owner: words("owner").unwrap_or_default(),
        added: table.date("added"),
        expires: table.date("expires"),
    }
}

/// A string as TOML writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// HMAC (RFC 2104) with SHA-256.
fn hmac_sha256(key: &[u8], message: &[u8]) -> [u8; 32] {
    const BLOCK: usize = 64;
    let mut padded = [0; BLOCK];
    if key.len() > BLOCK {
        padded[..32].copy_from_slice(&Sha256::digest(key));
    } else {
        padded[..key.len()].copy_from_slice(key);
    }
    let keyed = |pad: u8| padded.map(|b| b ^ pad);
    let inner = Sha256::new()
        .chain_update(keyed(0x36))
        .chain_update(message)
        .finalize();
    Sha256::new()
        .chain_update(keyed(0x5c))
        .chain_update(inner)
        .finalize()
        .into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mint::Mint;
    use crate::rule::Shape;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn entry_for(path: &str) -> Entry {
        Entry {
            rule: "github-pat".into(),
            seen: path.into(),
            status: Status::Test,
            reason: "a \"dummy\" \\ \u{7}".into(),
            owner: "team é".into(),
            added: Some(day("2026-01-31")),
            expires: Some(day("2026-12-31")),
        }
    }

    #[test]
    fn the_keyed_hash_is_hmac_sha256() {
        // RFC 4231, test cases 2 and 6.
        let hex = |mac: [u8; 32]| data_encoding::HEXLOWER.encode(&mac);
        assert_eq!(
            hex(hmac_sha256(b"Jefe", b"what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"
        );
        assert_eq!(
            hex(hmac_sha256(
                &[0xaa; 131],
                b"Test Using Larger Than Block-Size Key - Hash Key First"
            )),
            "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"
        );
    }

    #[test]
    fn what_is_written_is_read_again_and_sorted() {
        let mut mint = Mint::new(4);
        let mut baseline = Baseline::new([7; 16]);
        for _ in 0..20 {
            let secret = Secret::new(&mint.token(Shape::Ghp));
            assert!(baseline.add(&secret, entry_for("a/b.env")));
            assert!(!baseline.add(&secret, entry_for("c")), "once");
        }
        let text = baseline.to_toml();
        let again = Baseline::parse("b", text.as_bytes()).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(again.entries, baseline.entries);
        assert_eq!(again.to_toml(), text);
        let keys: Vec<&str> = text.lines().filter(|l| l.contains(" = { ")).collect();
        assert_eq!(keys.len(), 20);
        assert!(keys.is_sorted());
    }

    #[test]
    fn nothing_of_the_secret_is_in_the_file_and_another_salt_gives_another_name() {
        let secret = Secret::new(&Mint::new(5).token(Shape::Ghp));
        let mut one = Baseline::new([1; 16]);
        one.add(&secret, entry_for("x"));
        let text = one.to_toml();
        for window in secret.expose_the_secret()[4..].windows(5) {
            assert!(memchr::memmem::find(text.as_bytes(), window).is_none());
        }
        assert_ne!(one.key(&secret), Baseline::new([2; 16]).key(&secret));
        assert!(!text.contains(
            &data_encoding::HEXLOWER.encode(&Sha256::digest(secret.expose_the_secret()))
        ));
    }

    #[test]
    fn an_entry_accepts_until_its_last_day_and_where_its_policy_says() {
        let secret = Secret::new(b"abc");
        let mut baseline = Baseline::new([3; 16]);
        baseline.add(&secret, entry_for("a.env"));
        let at = |b: &Baseline, path: &str, d: &str| {
            b.accepts(&secret, path, day(d))
                .unwrap()
                .map(|e| e.words(path))
        };
        assert!(at(&baseline, "a.env", "2026-12-31").is_ok());
        assert_eq!(
            at(&baseline, "a.env", "2027-01-01").unwrap_err(),
            "its secret was accepted until 2026-12-31, no longer"
        );
        assert!(
            at(&baseline, "b.env", "2026-06-01")
                .unwrap()
                .ends_with("(first seen in a.env)")
        );
        baseline.reach = Reach::SameFile;
        let baseline = Baseline::parse("b", baseline.to_toml().as_bytes()).unwrap();
        assert!(at(&baseline, "a.env", "2026-06-01").is_ok());
        assert!(
            at(&baseline, "b.env", "2026-06-01")
                .unwrap_err()
                .contains("in a.env only")
        );
        assert!(
            baseline
                .accepts(&Secret::new(b"abd"), "a.env", day("2026-06-01"))
                .is_none()
        );
    }

    #[test]
    fn every_mistake_says_where_it_is_and_what_to_write() {
        let say = |text: &str| {
            Baseline::parse("b", text.as_bytes())
                .unwrap_err()
                .to_string()
        };
        let head = "version = 1\nsalt = '00112233445566778899aabbccddeeff'\n";
        assert_eq!(
            say(&head
                .replace('1', "2")
                .replace("=", "= ")
                .replace("0022", "0011"))
            .lines()
            .next()
            .unwrap()
            .split(": ")
            .nth(1)
            .unwrap(),
            "this program reads version 1, not 2; use a newer tokensweep"
        );
        assert!(say("").contains("needs its `version`"));
        assert!(say("version = 1\nsalt = 'xyz'\n").starts_with("b:2:8: `salt` is at least 32"));
        let entry = |e: &str| say(&format!("{head}[secrets]\n{e}\n"));
        assert!(
            entry("abc = { rule = 'x', status = 'test' }")
                .starts_with("b:4:7: `abc` names no secret")
        );
        let key = "00112233445566778899aabbccddeeff";
        assert!(
            entry(&format!("{key} = {{ rule = 'x', status = 'tst' }}"))
                .ends_with("`status` cannot be `tst`; did you mean `test`?")
        );
        assert!(
            entry(&format!(
                "{key} = {{ rule = 'x', status = 'test', expires = '2026-02-30' }}"
            ))
            .ends_with("`expires` is no date; write expires = 2026-12-31")
        );
        assert!(
            entry(&format!("{key} = {{ status = 'test' }}")).contains("an entry needs a `rule`")
        );
        assert!(say(&format!("{head}<<<<<<< HEAD\n")).starts_with("b:3:"));
    }
}
