//! Words: identifiers split into them, and what each means to the judge.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// What a word, or a set of words, speaks of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sense(u16);

impl Sense {
    pub(super) const NONE: Sense = Sense(0);
    pub(super) const GITHUB: Sense = Sense(1);
    pub(super) const SECRET: Sense = Sense(2);
    pub(super) const WEAK: Sense = Sense(4);
    pub(super) const CLIENT: Sense = Sense(8);
    pub(super) const HASH: Sense = Sense(16);
    pub(super) const MAYBE_HASH: Sense = Sense(32);
    pub(super) const VENDOR: Sense = Sense(64);
    /// Says that the value is derived from a secret and is none.
    pub(super) const DERIVED: Sense = Sense(128);
    /// GitHub and a credential within a few words of each other.
    pub(super) const PAIR: Sense = Sense(256);

    pub(super) fn has(self, other: Sense) -> bool {
        self.0 & other.0 != 0
    }

    pub(super) const fn or(self, other: Sense) -> Sense {
        Sense(self.0 | other.0)
    }
}

/// The longest word that is looked up; longer ones mean nothing.
const LONGEST: usize = 72;

/// A run of hex digits of this length is an id, not a word.
const LONG_HEX: usize = 16;

/// The endings and beginnings by which a word that is in no list is understood: `mytoken`, `githubapi`.
const PARTS: [(&[u8], Sense, bool); 30] = [
    (b"github", Sense::GITHUB, true),
    (b"octokit", Sense::GITHUB, true),
    (b"token", Sense::SECRET, false),
    (b"tokens", Sense::SECRET, false),
    (b"secret", Sense::SECRET, false),
    (b"oauth", Sense::SECRET, false),
    (b"password", Sense::SECRET, false),
    (b"commit", Sense::HASH, false),
    (b"checksum", Sense::HASH, false),
    (b"sha1", Sense::HASH, false),
    // Scripts that set no blanks between words.
    ("令牌".as_bytes(), Sense::SECRET, true),
    ("密钥".as_bytes(), Sense::SECRET, true),
    ("密码".as_bytes(), Sense::SECRET, true),
    ("トークン".as_bytes(), Sense::SECRET, true),
    ("토큰".as_bytes(), Sense::SECRET, true),
    ("口令".as_bytes(), Sense::SECRET, true),
    ("秘钥".as_bytes(), Sense::SECRET, true),
    ("密鑰".as_bytes(), Sense::SECRET, true),
    ("密碼".as_bytes(), Sense::SECRET, true),
    ("權杖".as_bytes(), Sense::SECRET, true),
    ("パスワード".as_bytes(), Sense::SECRET, true),
    ("비밀번호".as_bytes(), Sense::SECRET, true),
    ("암호".as_bytes(), Sense::SECRET, true),
    ("парол".as_bytes(), Sense::SECRET, true),
    ("깃허브".as_bytes(), Sense::GITHUB, true),
    ("提交".as_bytes(), Sense::HASH, true),
    ("コミット".as_bytes(), Sense::HASH, true),
    ("커밋".as_bytes(), Sense::HASH, true),
    ("коммит".as_bytes(), Sense::HASH, true),
    ("токен".as_bytes(), Sense::SECRET, true),
];

/// Within how many words of each other GitHub and a credential count as one phrase.
const PHRASE: usize = 4;

/// The words that are known.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexicon {
    words: HashMap<Box<[u8]>, Sense, BuildHasherDefault<WordHasher>>,
}

/// Hashes short words quickly (FNV-1a). The keys are our own, so nobody can choose them to collide.
#[derive(Clone, Copy, Debug)]
struct WordHasher(u64);

impl Default for WordHasher {
    fn default() -> Self {
        WordHasher(0xcbf2_9ce4_8422_2325)
    }
}

impl Hasher for WordHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for &b in bytes {
            self.0 = (self.0 ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    /// The length of a word says nothing that its bytes do not.
    fn write_usize(&mut self, _: usize) {}
}

impl Lexicon {
    pub(super) fn teach(&mut self, word: &str, sense: Sense) {
        let known = self.words.entry(word.as_bytes().into()).or_default();
        *known = known.or(sense);
    }

    /// What one word means, in lower case.
    fn word(&self, word: &[u8]) -> Sense {
        let digits = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        let stem = &word[..word.len() - digits];
        if let Some(&sense) = self.words.get(word) {
            return sense;
        }
        if digits > 0
            && let Some(&sense) = self.words.get(stem)
        {
            return sense;
        }
        if word.len() < 6 {
            return Sense::NONE;
        }
        let mut sense = Sense::NONE;
        for (part, means, anywhere) in PARTS {
            if word.ends_with(part) || (anywhere && word.windows(part.len()).any(|w| w == part)) {
                sense = sense.or(means);
            }
        }
        sense
    }

    /// The meanings of all words in `text` together, and that of the last one that means something.
    pub(super) fn read(&self, text: &[u8]) -> (Sense, Sense) {
        let (mut all, mut last) = (Sense::NONE, Sense::NONE);
        let (mut at, mut github, mut secret) = (0usize, None, None);
        each_word(text, |word| {
            let sense = self.word(word);
            at += 1;
            all = all.or(sense);
            if sense != Sense::NONE {
                last = sense;
            }
            if sense.has(Sense::GITHUB) {
                github = Some(at);
            }
            if sense.has(Sense::SECRET) {
                secret = Some(at);
            }
            if let (Some(a), Some(b)) = (github, secret)
                && a.abs_diff(b) <= PHRASE
            {
                all = all.or(Sense::PAIR);
            }
        });
        (all, last)
    }

    /// The meanings of all words in `text` together.
    pub(super) fn sense(&self, text: &[u8]) -> Sense {
        self.read(text).0
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Letter {
    Lower,
    Upper,
    Digit,
    /// Of a script that sets no blanks between words.
    Wide,
    Break,
}

fn letter(b: u8) -> Letter {
    match b {
        0xe3..=0xed => Letter::Wide,
        b'a'..=b'z' | 0x80.. => Letter::Lower,
        b'A'..=b'Z' => Letter::Upper,
        b'0'..=b'9' => Letter::Digit,
        _ => Letter::Break,
    }
}

/// Calls `then` with every word of `text` in lower case. Identifiers fall into their parts: `githubPAT`,
/// `GH_TOKEN2`, `X-Api-Key`, `HTTPToken`. A digit after a letter belongs to the word (`sha1`), and a long run of
/// hex digits is no word.
pub(super) fn each_word(text: &[u8], mut then: impl FnMut(&[u8])) {
    let mut word = [0u8; LONGEST];
    let mut len = 0;
    let mut flush = |word: &[u8; LONGEST], len: &mut usize| {
        if (2..=LONGEST).contains(len) {
            then(&word[..*len]);
        }
        *len = 0;
    };
    let mut before = Letter::Break;
    let mut skip = 0;
    for (i, &b) in text.iter().enumerate() {
        if skip > 0 {
            skip -= 1;
            continue;
        }
        let kind = match letter(b) {
            _ if before == Letter::Wide && matches!(b, 0x80..=0xbf) => Letter::Wide,
            kind => kind,
        };
        if before == Letter::Break && b.is_ascii_hexdigit() {
            let run = text[i..]
                .iter()
                .take_while(|b| b.is_ascii_hexdigit())
                .count();
            if run >= LONG_HEX {
                skip = run - 1;
                continue;
            }
        }
        let next = text.get(i + 1).map_or(Letter::Break, |&b| letter(b));
        let cut = match (before, kind) {
            (_, Letter::Break)
            | (Letter::Lower | Letter::Digit, Letter::Upper)
            | (Letter::Digit, Letter::Lower) => true,
            (Letter::Wide, kind) | (kind, Letter::Wide) => kind != Letter::Wide,
            (Letter::Upper, Letter::Upper) => next == Letter::Lower,
            _ => false,
        };
        // The name has a capital inside, whatever ending a language hangs on it.
        let name = kind == Letter::Upper
            && text[..i].ends_with(b"Git")
            && text[i + 1..].starts_with(b"ub");
        if cut && !name {
            flush(&word, &mut len);
        }
        if kind != Letter::Break {
            if len < LONGEST {
                word[len] = b.to_ascii_lowercase();
            }
            len += 1;
        }
        before = kind;
    }
    flush(&word, &mut len);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        each_word(text.as_bytes(), |w| {
            out.push(String::from_utf8_lossy(w).into_owned());
        });
        out
    }

    #[test]
    fn identifiers_fall_into_words() {
        assert_eq!(words("githubPAT"), ["github", "pat"]);
        assert_eq!(words("GH_TOK"), ["gh", "tok"]);
        assert_eq!(words("hubot-github-token"), ["hubot", "github", "token"]);
        assert_eq!(words("HTTPToken2"), ["http", "token2"]);
        assert_eq!(words("X-Api-Key: sha1"), ["api", "key", "sha1"]);
        assert_eq!(words("令牌 токен"), ["令牌", "токен"]);
        assert_eq!(words("GitHubのトークンx"), ["github", "のトークン"]);
        assert_eq!(words("GitHubToken GitHuba"), ["github", "token", "githuba"]);
        assert_eq!(
            words("a 0123456789abcdef0123456789abcdef01234567 b"),
            Vec::<String>::new()
        );
    }

    #[test]
    fn a_long_word_is_skipped_whole() {
        assert_eq!(words(&format!("{} ok", "x".repeat(90))), ["ok"]);
    }
}
