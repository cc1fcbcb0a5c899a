//! Splitting of identifiers into words, and the word class of each.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::ops::Range;

use super::mention::is_inside_word;

/// Class of a word, or classes of a set of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WordClass(u32);

impl WordClass {
    pub(super) const NONE: WordClass = WordClass(0);
    pub(super) const GITHUB: WordClass = WordClass(1);
    pub(super) const SECRET: WordClass = WordClass(2);
    pub(super) const WEAK: WordClass = WordClass(4);
    pub(super) const CLIENT: WordClass = WordClass(8);
    pub(super) const HASH: WordClass = WordClass(16);
    pub(super) const MAYBE_HASH: WordClass = WordClass(32);
    pub(super) const VENDOR: WordClass = WordClass(64);
    /// Class of words for a value derived from a secret that is no secret itself.
    pub(super) const DERIVED: WordClass = WordClass(128);
    /// GitHub and a credential within a few words of each other.
    pub(super) const PAIR: WordClass = WordClass(256);
    /// Class of the last word of a callee that makes a client or logs it in.
    pub(super) const OPENS: WordClass = WordClass(512);
    /// Class of words for making something, a client if that is named too.
    pub(super) const MAKES: WordClass = WordClass(1024);
    /// Class of words for the owner of a repository, or for a branch.
    pub(super) const OWNER: WordClass = WordClass(2048);
    /// Class of words for many ids or checksums, as in the heading above them.
    pub(super) const SUMS: WordClass = WordClass(4096);
    /// Class of words for a repository.
    pub(super) const REPOSITORY: WordClass = WordClass(8192);
    /// Classes of all words for a credential except `secret` itself.
    pub(super) const CREDENTIAL: WordClass = WordClass::SECRET.or(WordClass::SHOWN);
    /// Class of words for a secret with which one side signs and the other checks, such as that of a webhook.
    pub(super) const SIGNING: WordClass = WordClass(16384);
    /// Class of words for a credential that its holder sends, such as a token, not one that two sides share.
    pub(super) const SHOWN: WordClass = WordClass(32768);
    /// Class of words for webhooks or signatures, whatever the value is for.
    pub(super) const HOOK: WordClass = WordClass(65536);
    /// Class of words for a query or the end of a token, which log nobody in: `check`, `revoke`, `find`.
    pub(super) const ASKS: WordClass = WordClass(131_072);
    /// Class of words for a thing that may be named after a credential but contains none: an action, a package, a tool.
    pub(super) const THING: WordClass = WordClass(262_144);
    /// Class of words for a folder of a secret store, or for its stage: `prod`, `ci`.
    pub(super) const STORE: WordClass = WordClass(524_288);
    /// Classes that describe the value itself.
    pub(super) const ANY: WordClass = WordClass(511);

    pub(super) fn has(self, other: WordClass) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns the classes that are among `these`.
    pub(super) const fn only(self, these: WordClass) -> WordClass {
        WordClass(self.0 & these.0)
    }

    /// Returns the classes that are not among `these`.
    pub(super) const fn without(self, these: WordClass) -> WordClass {
        WordClass(self.0 & !these.0)
    }

    pub(super) const fn or(self, other: WordClass) -> WordClass {
        WordClass(self.0 | other.0)
    }
}

/// Maximum length in bytes of a word that is looked up; longer ones have no class.
const LONGEST: usize = 72;

/// Minimum length of a run of hex digits that counts as an id, not a word.
const LONG_HEX: usize = 16;

/// Endings that give a class to a word that is in no list: `mytoken`.
const ENDINGS: [(&[u8], WordClass); 8] = [
    (b"token", WordClass::CREDENTIAL),
    (b"tokens", WordClass::CREDENTIAL),
    (b"secret", WordClass::SECRET),
    (b"oauth", WordClass::CREDENTIAL),
    (b"password", WordClass::CREDENTIAL),
    (b"commit", WordClass::HASH),
    (b"checksum", WordClass::HASH),
    (b"sha1", WordClass::HASH),
];

/// Names that give a class to a word from any place in it: `githubapi`.
const NAMES: [(&str, WordClass); 2] = [
    ("github", WordClass::GITHUB),
    ("octokit", WordClass::GITHUB),
];

/// Similar names in scripts without blanks between words, and in languages that add endings to them.
const PARTS: [(&str, WordClass); 21] = [
    ("令牌", WordClass::CREDENTIAL),
    ("密钥", WordClass::CREDENTIAL),
    ("密码", WordClass::CREDENTIAL),
    ("トークン", WordClass::CREDENTIAL),
    ("토큰", WordClass::CREDENTIAL),
    ("口令", WordClass::CREDENTIAL),
    ("秘钥", WordClass::CREDENTIAL),
    ("密鑰", WordClass::CREDENTIAL),
    ("密碼", WordClass::CREDENTIAL),
    ("權杖", WordClass::CREDENTIAL),
    ("パスワード", WordClass::CREDENTIAL),
    ("비밀번호", WordClass::CREDENTIAL),
    ("암호", WordClass::CREDENTIAL),
    ("парол", WordClass::CREDENTIAL),
    ("깃허브", WordClass::GITHUB),
    ("гитхаб", WordClass::GITHUB),
    ("提交", WordClass::HASH),
    ("コミット", WordClass::HASH),
    ("커밋", WordClass::HASH),
    ("коммит", WordClass::HASH),
    ("токен", WordClass::CREDENTIAL),
];

/// Iterates over the endings of words for a credential.
pub(super) fn endings_of_credentials() -> impl Iterator<Item = &'static str> {
    let named = ENDINGS
        .iter()
        .filter(|(_, means)| means.has(WordClass::SECRET));
    named.filter_map(|(ending, _)| std::str::from_utf8(ending).ok())
}

/// Iterates over the texts that name a credential anywhere: parts of words, and pairs of words.
pub(super) fn parts_of_credentials() -> impl Iterator<Item = String> {
    const PAIRS: [(&str, &str); 2] = [("api", "key"), ("secure", "string")];
    const JOINTS: [&str; 5] = ["", "_", "-", " ", "."];
    let named = PARTS
        .iter()
        .filter(|(_, means)| means.has(WordClass::SECRET));
    let pairs = PAIRS
        .iter()
        .flat_map(|(a, b)| JOINTS.iter().map(move |joint| format!("{a}{joint}{b}")));
    named.map(|(part, _)| (*part).to_owned()).chain(pairs)
}

/// Iterates over the parts of words that name GitHub.
pub(super) fn github_names() -> impl Iterator<Item = &'static str> {
    let named = PARTS
        .iter()
        .filter(|(_, means)| means.has(WordClass::GITHUB));
    NAMES
        .iter()
        .map(|(name, _)| *name)
        .chain(named.map(|(part, _)| *part))
}

/// Minimum length in bytes of a word that gets its class from its parts.
const SHORTEST_OF_PARTS: usize = 6;

/// Maximum number of words from GitHub to a credential in one phrase.
const PHRASE: usize = 4;

/// Word classes of a name or of a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct WordReading {
    /// Classes of all words together.
    pub(super) all: WordClass,
    /// Classes of the last word that describes the value.
    pub(super) last: WordClass,
    /// Classes of the last word.
    pub(super) end: WordClass,
}

/// Lexicon of the known words.
#[derive(Clone, Debug, Default)]
pub(super) struct Lexicon {
    words: HashMap<Box<[u8]>, WordClass, BuildHasherDefault<WordHasher>>,
    glance: BloomBits,
}

/// Filter that rejects most unknown words without a lookup: one bit for each length, beginning and end of a known word.
#[derive(Clone, Debug)]
struct BloomBits([u64; 64]);

impl Default for BloomBits {
    fn default() -> Self {
        BloomBits([0; 64])
    }
}

impl BloomBits {
    /// Returns the place of a word's bit. Words of one byte are never looked up.
    fn bit_of(word: &[u8]) -> Option<(usize, u64)> {
        let seen = [word.first()?, word.get(1)?, word.last()?];
        let mix = |sum: usize, &&b: &&u8| sum * 37 + usize::from(b);
        let mixed = seen.iter().fold(word.len(), mix);
        Some((mixed >> 6 & 63, 1 << (mixed & 63)))
    }

    fn learn(&mut self, word: &[u8]) {
        if let Some((at, bit)) = BloomBits::bit_of(word) {
            self.0[at] |= bit;
        }
    }

    fn may_contain(&self, word: &[u8]) -> bool {
        BloomBits::bit_of(word).is_some_and(|(at, bit)| self.0[at] & bit != 0)
    }
}

/// Hash of short words, fast (FNV-1a). The keys are our own, so nobody can choose them to collide.
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

    /// Ignores the length of a word, which adds nothing to its bytes.
    fn write_usize(&mut self, _: usize) {}
}

impl Lexicon {
    pub(super) fn add_word(&mut self, word: &str, sense: WordClass) {
        self.glance.learn(word.as_bytes());
        let known = self.words.entry(word.as_bytes().into()).or_default();
        *known = known.or(sense);
    }

    /// Returns the classes of a word that is in a list.
    fn known(&self, word: &[u8]) -> Option<WordClass> {
        let known = self.glance.may_contain(word).then(|| self.words.get(word));
        known.flatten().copied()
    }

    /// Returns the classes of one word in lower case.
    fn word_class(&self, word: &[u8]) -> WordClass {
        if let Some(sense) = self.known(word) {
            return sense;
        }
        let digits = word.iter().rev().take_while(|b| b.is_ascii_digit()).count();
        if digits > 0
            && let Some(sense) = self.known(&word[..word.len() - digits])
        {
            return sense;
        }
        if word.len() < SHORTEST_OF_PARTS {
            return WordClass::NONE;
        }
        class_by_parts(word)
    }

    /// Returns the reading of the words in `text`.
    pub(super) fn read(&self, text: &[u8]) -> WordReading {
        let (mut all, mut last, mut end) = (WordClass::NONE, WordClass::NONE, WordClass::NONE);
        let (mut at, mut github, mut secret, mut api) = (0usize, None, None, None);
        for_each_word(text, |word| {
            let sense = match self.word_class(word) {
                _ if word == b"hub" && !has_own_hub(text) => WordClass::NONE,
                sense => sense,
            };
            at += 1;
            all = all.or(sense);
            end = sense;
            if sense.has(WordClass::ANY) {
                last = sense;
            }
            if sense.has(WordClass::GITHUB) {
                github = Some(at);
            }
            // `api key` is a credential, though neither word is one alone.
            let api_key = api == Some(at - 1) && matches!(word, b"key" | b"keys");
            if word == b"api" {
                api = Some(at);
            }
            if sense.has(WordClass::SECRET) || api_key {
                secret = Some(at);
            }
            if let (Some(a), Some(b)) = (github, secret)
                && a.abs_diff(b) <= PHRASE
            {
                all = all.or(WordClass::PAIR);
            }
        });
        WordReading { all, last, end }
    }

    /// Returns the classes of all words in `text` together.
    pub(super) fn sense(&self, text: &[u8]) -> WordClass {
        self.read(text).all
    }
}

/// Returns `true` if a `hub` in this text is the tool or GitHub's, not the end of another name (`DockerHub`).
fn has_own_hub(text: &[u8]) -> bool {
    let named = |at: &usize| text[*at..*at + 3].eq_ignore_ascii_case(b"hub");
    (0..text.len().saturating_sub(2)).filter(named).any(|at| {
        let joint = matches!(text[..at].last(), Some(b'_' | b'-'));
        let head = &text[..at - usize::from(joint)];
        let len = head
            .iter()
            .rev()
            .take_while(|b| b.is_ascii_alphanumeric())
            .count();
        let name = &head[head.len() - len..];
        let tail = &name[len - len.min(3)..];
        len == 0 || tail.eq_ignore_ascii_case(b"git")
    })
}

/// Returns this part of a text without the rest of a word that its start cuts in two.
pub(super) fn without_cut_words(text: &[u8], part: &Range<usize>) -> Range<usize> {
    let mut start = part.start;
    while start < part.end && is_inside_word(text, start) {
        start += 1;
    }
    start..part.end
}

/// Returns the classes of a word in no list, by its ending and its parts.
fn class_by_parts(word: &[u8]) -> WordClass {
    let mut sense = WordClass::NONE;
    if let Some(b'n' | b's' | b't' | b'h' | b'd' | b'm' | b'1') = word.last() {
        let ended = ENDINGS.iter().filter(|(part, _)| word.ends_with(part));
        sense = ended.fold(sense, |sense, (_, means)| sense.or(*means));
    }
    for (i, b) in word.iter().enumerate() {
        if let b'g' | b'o' = b {
            let named = NAMES
                .iter()
                .filter(|(part, _)| word[i..].starts_with(part.as_bytes()));
            sense = named.fold(sense, |sense, (_, means)| sense.or(*means));
        }
    }
    if !word.is_ascii() {
        let holds = |part: &str| memchr::memmem::find(word, part.as_bytes()).is_some();
        let held = PARTS.iter().filter(|(part, _)| holds(part));
        sense = held.fold(sense, |sense, (_, means)| sense.or(*means));
    }
    sense
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum LetterClass {
    Lower,
    Upper,
    Digit,
    /// Letter of a script without blanks between words.
    Wide,
    Break,
}

/// Kind of every byte.
const LETTERS: [LetterClass; 256] = {
    let mut letters = [LetterClass::Break; 256];
    let mut b = 0u8;
    loop {
        letters[b as usize] = match b {
            0xe3..=0xed => LetterClass::Wide,
            b'a'..=b'z' | 0x80.. => LetterClass::Lower,
            b'A'..=b'Z' => LetterClass::Upper,
            b'0'..=b'9' => LetterClass::Digit,
            _ => LetterClass::Break,
        };
        if b == u8::MAX {
            break letters;
        }
        b += 1;
    }
};

fn letter_class(b: u8) -> LetterClass {
    LETTERS[usize::from(b)]
}

/// Calls `then` with every word of `text` in lower case. Identifiers are split into their parts: `githubPAT`,
/// `GH_TOKEN2`, `X-Api-Key`, `HTTPToken`. A digit after a letter belongs to the word (`sha1`), and a long run of
/// hex digits is no word.
pub(super) fn for_each_word(text: &[u8], mut then: impl FnMut(&[u8])) {
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        if letter_class(first) == LetterClass::Break {
            rest = after;
            continue;
        }
        if first.is_ascii_hexdigit() {
            let hex = rest.iter().take_while(|b| b.is_ascii_hexdigit()).count();
            if hex >= LONG_HEX {
                rest = &rest[hex..];
                continue;
            }
        }
        // Most words are plain ones, which need no split.
        let plain = rest.iter().take_while(|b| b.is_ascii_lowercase()).count();
        let end = rest[plain..]
            .iter()
            .position(|b| letter_class(*b) == LetterClass::Break)
            .map_or(rest.len(), |n| plain + n);
        if end > plain {
            for_each_part(&rest[..end], &mut then);
        } else if (2..=LONGEST).contains(&plain) {
            then(&rest[..plain]);
        }
        rest = &rest[end..];
    }
}

/// Calls `then` with every word of a run of letters and digits.
fn for_each_part(run: &[u8], mut then: impl FnMut(&[u8])) {
    let mut word = [0u8; LONGEST];
    let mut len = 0;
    let mut flush = |word: &[u8; LONGEST], len: &mut usize| {
        if (2..=LONGEST).contains(len) {
            then(&word[..*len]);
        }
        *len = 0;
    };
    let mut before = LetterClass::Break;
    for (i, &b) in run.iter().enumerate() {
        let kind = match letter_class(b) {
            _ if before == LetterClass::Wide && matches!(b, 0x80..=0xbf) => LetterClass::Wide,
            kind => kind,
        };
        let next = run
            .get(i + 1)
            .map_or(LetterClass::Break, |&b| letter_class(b));
        let cut = match (before, kind) {
            (LetterClass::Lower | LetterClass::Digit, LetterClass::Upper)
            | (LetterClass::Digit, LetterClass::Lower) => true,
            (LetterClass::Wide, kind) | (kind, LetterClass::Wide) => kind != LetterClass::Wide,
            (LetterClass::Upper, LetterClass::Upper) => next == LetterClass::Lower,
            _ => false,
        };
        // These names contain a capital, whatever ending a language adds to them.
        let name = || {
            (run[..i].ends_with(b"Git")
                && [&b"ub"[..], b"ab"]
                    .iter()
                    .any(|n| run[i + 1..].starts_with(n)))
                || (run[..i].ends_with(b"Bit") && run[i + 1..].starts_with(b"ucket"))
        };
        if cut && !(kind == LetterClass::Upper && name()) {
            flush(&word, &mut len);
        }
        if len < LONGEST {
            word[len] = b.to_ascii_lowercase();
        }
        len += 1;
        before = kind;
    }
    flush(&word, &mut len);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::Mint;

    fn words(text: &str) -> Vec<String> {
        let mut out = Vec::new();
        for_each_word(text.as_bytes(), |w| {
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
    fn a_hub_at_the_end_of_another_name_is_not_githubs() {
        let mut lexicon = Lexicon::default();
        lexicon.add_word("hub", WordClass::GITHUB);
        for (text, named) in [
            ("HUB_TOKEN", true),
            ("hub.oauth", true),
            ("git-hub", true),
            ("EVENT_HUB and the hub", true),
            ("EVENT_HUB_NAME", false),
            ("SomeHub", false),
            ("docker-hub", false),
        ] {
            assert_eq!(
                lexicon.sense(text.as_bytes()).has(WordClass::GITHUB),
                named,
                "{text}"
            );
        }
    }

    #[test]
    fn a_long_word_is_skipped_whole() {
        assert_eq!(words(&format!("{} ok", "x".repeat(90))), ["ok"]);
    }

    #[test]
    fn plain_words_are_read_as_all_others_are() {
        let mut mint = Mint::new(23);
        for round in 0..2000 {
            let text = mint.text("abcdefgtokenAZGitHub019_ .:é令".as_bytes(), 1 + round % 90);
            let (mut quick, mut obvious) = (Vec::new(), Vec::new());
            for_each_word(&text, |w| quick.push(w.to_vec()));
            for run in text.split(|b| letter_class(*b) == LetterClass::Break) {
                let hex = run.iter().take_while(|b| b.is_ascii_hexdigit()).count();
                let skip = if hex >= LONG_HEX { hex } else { 0 };
                for_each_part(&run[skip..], |w| obvious.push(w.to_vec()));
            }
            assert_eq!(quick, obvious, "{text:?}");
        }
    }

    #[test]
    fn a_glance_misses_no_word_that_is_known() {
        let mut mint = Mint::new(29);
        let mut lexicon = Lexicon::default();
        let words: Vec<_> = (0..800)
            .map(|n| mint.text(b"abcdefghijklmnopqrstuvwxyz", 2 + n % 9))
            .collect();
        for word in &words {
            lexicon.add_word(&String::from_utf8_lossy(word), WordClass::HASH);
        }
        assert!(
            words
                .iter()
                .all(|w| lexicon.word_class(w) == WordClass::HASH)
        );
    }
}
