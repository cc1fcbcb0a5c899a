//! Baseline: secrets that a team has accepted, each named by a keyed hash that cannot be tested without the
//! secret, with who accepted it, why, and until when. One sorted line for each secret, so that branches merge.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use super::entry::{Entry, EntryScope};
use crate::date::Date;
use crate::document::{Diagnostics, TomlDocument, toml_quote};
use crate::finding::Secret;

/// Default name of a baseline file.
pub(crate) const FILE_NAME: &str = "tokensweep.baseline";

/// Accepted secrets of a project.
#[derive(Clone, Debug)]
pub struct Baseline {
    salt: Vec<u8>,
    reach: EntryScope,
    entries: BTreeMap<String, Entry>,
}

/// Number of bytes of the keyed hash that name a secret.
const KEY_LEN: usize = 16;

const KEYS: [&str; 4] = ["version", "salt", "policy", "secrets"];

/// Reason that the entry of a secret does not accept it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum EntryRefusal {
    /// Its last day has passed.
    Expired(Date),
    /// It is for these files only.
    OtherFile(String),
}

impl fmt::Display for EntryRefusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            EntryRefusal::Expired(last) => {
                write!(f, "its secret was accepted until {last}, no longer")
            }
            EntryRefusal::OtherFile(files) => {
                write!(
                    f,
                    "its secret is accepted in {files} only (policy same-file)"
                )
            }
        }
    }
}

impl Baseline {
    /// Creates an empty baseline. The salt should be random.
    #[must_use]
    pub fn new(salt: [u8; 16]) -> Self {
        Baseline {
            salt: salt.to_vec(),
            reach: EntryScope::default(),
            entries: BTreeMap::new(),
        }
    }

    /// Parses the baseline in a file.
    ///
    /// # Errors
    /// Returns all mistakes in the file.
    pub fn parse(file: &str, bytes: &[u8]) -> Result<Self, Diagnostics> {
        let document = TomlDocument::parse(file, bytes).map_err(explain_twice)?;
        let root = document.root();
        root.only("a baseline", &KEYS);
        match root.number("version") {
            Some(1) => {}
            Some(n) => root.report_mistake_in(
                "version",
                format!("this program reads version 1, not {n}; use a newer tokensweep"),
            ),
            None => root.report_mistake(
                "a baseline needs its `version`; make one with `tokensweep baseline create`",
            ),
        }
        let salt = root.required_string("a baseline", "salt").and_then(|text| {
            let salt = data_encoding::HEXLOWER.decode(text.value.as_bytes()).ok();
            let salt = salt.filter(|s| s.len() >= 16);
            if salt.is_none() {
                text.report_mistake("`salt` is at least 32 lower-case hex digits; it was written by `baseline create`");
            }
            salt
        });
        let reach = root
            .choice_value("policy", &EntryScope::ALL)
            .unwrap_or_default();
        let mut entries = BTreeMap::new();
        if let Some(secrets) = root.subtable("secrets") {
            for (key, table) in secrets.tables_by_key() {
                let is_key = key.len() == 2 * KEY_LEN
                    && key.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
                if !is_key {
                    table.report_mistake(format!(
                        "`{key}` names no secret; entries are written by `tokensweep baseline update`"
                    ));
                }
                entries.insert(key.to_owned(), Entry::read_table(&table));
            }
        }
        document.finish(Baseline {
            salt: salt.unwrap_or_default(),
            reach,
            entries,
        })
    }

    /// Returns the baseline as the text of a file.
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
        if self.reach == EntryScope::SameFile {
            out.push_str("policy = \"same-file\"\n");
        }
        out.push_str("\n[secrets]\n");
        for (key, entry) in &self.entries {
            let _ = write!(out, "{key} = {{ rule = {}", toml_quote(&entry.rule));
            if !entry.mask.is_empty() {
                let _ = write!(out, ", mask = {}", toml_quote(&entry.mask));
            }
            let files: Vec<_> = entry.seen.iter().map(|file| toml_quote(file)).collect();
            let _ = match &files[..] {
                [] => Ok(()),
                [one] => write!(out, ", seen = {one}"),
                all => write!(out, ", seen = [{}]", all.join(", ")),
            };
            let _ = write!(out, ", status = {}", toml_quote(entry.status.name()));
            for (name, text) in [("reason", &entry.reason), ("owner", &entry.owner)] {
                if !text.is_empty() {
                    let _ = write!(out, ", {name} = {}", toml_quote(text));
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

    /// Returns the name of a secret in this baseline: HMAC-SHA-256 of it with the salt as the key, cut to 16 bytes.
    #[must_use]
    pub fn derive_key(&self, secret: &Secret) -> String {
        let mac = Hmac::<Sha256>::new_from_slice(&self.salt)
            .unwrap_or_else(|_| unreachable!("a key of HMAC may have any length"))
            .chain_update(secret.expose_the_secret())
            .finalize();
        data_encoding::HEXLOWER.encode(&mac.into_bytes()[..KEY_LEN])
    }

    /// Returns the entry that accepts a secret in a file, or why its entry does not. `None` if it has no entry.
    #[must_use]
    pub(crate) fn find_entry(
        &self,
        secret: &Secret,
        path: &str,
        today: Date,
    ) -> Option<Result<&Entry, EntryRefusal>> {
        let entry = self.entries.get(&self.derive_key(secret))?;
        Some(match entry.expires {
            Some(last) if entry.is_expired(today) => Err(EntryRefusal::Expired(last)),
            _ if self.reach == EntryScope::SameFile && !entry.seen.iter().any(|f| f == path) => {
                Err(EntryRefusal::OtherFile(entry.describe_files()))
            }
            _ => Ok(entry),
        })
    }

    /// Iterates over the entries, with the names of their secrets.
    pub fn entries(&self) -> impl Iterator<Item = (&str, &Entry)> {
        self.entries
            .iter()
            .map(|(key, entry)| (key.as_str(), entry))
    }

    /// Adds an entry for a secret that has none. Returns true if it was added.
    pub fn add_entry(&mut self, secret: &Secret, entry: Entry) -> bool {
        let key = self.derive_key(secret);
        let new = !self.entries.contains_key(&key);
        if new {
            self.entries.insert(key, entry);
        }
        new
    }

    /// Returns the entry of a secret, to be changed.
    pub(crate) fn entry_mut(&mut self, secret: &Secret) -> Option<&mut Entry> {
        self.entries.get_mut(&self.derive_key(secret))
    }

    /// Iterates over the entries, to be changed, with the names of their secrets.
    pub(crate) fn entries_mut(&mut self) -> impl Iterator<Item = (&str, &mut Entry)> {
        let entries = self.entries.iter_mut();
        entries.map(|(key, entry)| (key.as_str(), entry))
    }

    /// Keeps only the entries for which `keep` returns true.
    pub fn retain_entries(&mut self, mut keep: impl FnMut(&str, &Entry) -> bool) {
        self.entries.retain(|key, entry| keep(key, entry));
    }
}

/// Adds to the mistake of a key that is there twice the way in which that comes about.
fn explain_twice(mut mistakes: Diagnostics) -> Diagnostics {
    for mistake in &mut mistakes.0 {
        if mistake.message.contains("duplicate key") {
            mistake.message.push_str(
                "; two branches may have accepted the same secret: keep one of the two lines",
            );
        }
    }
    mistakes
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::super::entry::EntryStatus;
    use super::*;
    use crate::date::Date;
    use crate::token::{Mint, Shape};

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    fn entry_for(path: &str) -> Entry {
        Entry {
            rule: "github-pat".into(),
            mask: String::new(),
            seen: vec![path.into()],
            status: EntryStatus::Test,
            reason: "a \"dummy\" \\ \u{7}".into(),
            owner: "team é".into(),
            added: Some(day("2026-01-31")),
            expires: Some(day("2026-12-31")),
        }
    }

    #[test]
    fn what_is_written_is_read_again_and_sorted() {
        let mut mint = Mint::new(4);
        let mut baseline = Baseline::new([7; 16]);
        for _ in 0..20 {
            let secret = Secret::new(&mint.new_token(Shape::Ghp));
            assert!(baseline.add_entry(&secret, entry_for("a/b.env")));
            assert!(!baseline.add_entry(&secret, entry_for("c")), "once");
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
        let secret = Secret::new(&Mint::new(5).new_token(Shape::Ghp));
        let mut one = Baseline::new([1; 16]);
        one.add_entry(&secret, entry_for("x"));
        let text = one.to_toml();
        for window in secret.expose_the_secret()[4..].windows(5) {
            assert!(memchr::memmem::find(text.as_bytes(), window).is_none());
        }
        assert_ne!(
            one.derive_key(&secret),
            Baseline::new([2; 16]).derive_key(&secret)
        );
        assert!(!text.contains(
            &data_encoding::HEXLOWER.encode(&Sha256::digest(secret.expose_the_secret()))
        ));
    }

    #[test]
    fn the_end_of_an_acceptance_is_near_in_its_last_two_weeks() {
        let entry = entry_for("a.env");
        for (today, left) in [
            ("2026-12-16", None),
            ("2026-12-17", Some(14)),
            ("2026-12-31", Some(0)),
            ("2027-01-01", None),
        ] {
            assert_eq!(entry.days_left(day(today)), left, "{today}");
        }
    }

    #[test]
    fn an_entry_accepts_until_its_last_day_and_where_its_policy_says() {
        let secret = Secret::new(b"abc");
        let mut baseline = Baseline::new([3; 16]);
        baseline.add_entry(&secret, entry_for("a.env"));
        let at = |b: &Baseline, path: &str, d: &str| {
            b.find_entry(&secret, path, day(d))
                .unwrap()
                .map(|e| e.describe_entry())
        };
        assert!(at(&baseline, "a.env", "2026-12-31").is_ok());
        assert_eq!(
            at(&baseline, "a.env", "2027-01-01"),
            Err(EntryRefusal::Expired(day("2026-12-31")))
        );
        assert!(at(&baseline, "b.env", "2026-06-01").is_ok());
        baseline.reach = EntryScope::SameFile;
        let baseline = Baseline::parse("b", baseline.to_toml().as_bytes()).unwrap();
        assert!(at(&baseline, "a.env", "2026-06-01").is_ok());
        assert_eq!(
            at(&baseline, "b.env", "2026-06-01"),
            Err(EntryRefusal::OtherFile("a.env".into()))
        );
        let mut baseline = baseline;
        baseline
            .entry_mut(&secret)
            .unwrap()
            .seen
            .push("b.env".to_owned());
        let baseline = Baseline::parse("b", baseline.to_toml().as_bytes()).unwrap();
        assert!(at(&baseline, "a.env", "2026-06-01").is_ok());
        assert!(at(&baseline, "b.env", "2026-06-01").is_ok());
        assert_eq!(
            at(&baseline, "c.env", "2026-06-01"),
            Err(EntryRefusal::OtherFile("a.env and 1 other file".into()))
        );
        assert!(
            baseline
                .find_entry(&Secret::new(b"abd"), "a.env", day("2026-06-01"))
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
        let twice = format!("{key} = {{ rule = 'x', status = 'test' }}");
        assert!(
            entry(&format!("{twice}\n{twice}")).ends_with("keep one of the two lines"),
            "{}",
            entry(&format!("{twice}\n{twice}"))
        );
    }
}
