//! Classes of words.

/// Class of a word, or classes of a set of words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct WordClass(u32);

impl WordClass {
    pub(crate) const NONE: WordClass = WordClass(0);
    pub(crate) const GITHUB: WordClass = WordClass(1);
    pub(crate) const SECRET: WordClass = WordClass(1 << 1);
    pub(crate) const WEAK: WordClass = WordClass(1 << 2);
    pub(crate) const CLIENT: WordClass = WordClass(1 << 3);
    pub(crate) const HASH: WordClass = WordClass(1 << 4);
    pub(crate) const MAYBE_HASH: WordClass = WordClass(1 << 5);
    pub(crate) const VENDOR: WordClass = WordClass(1 << 6);
    /// Class of words for a value derived from a secret that is no secret itself.
    pub(crate) const DERIVED: WordClass = WordClass(1 << 7);
    /// GitHub and a credential within a few words of each other.
    pub(crate) const PAIR: WordClass = WordClass(1 << 8);
    /// Class of the last word of a callee that makes a client or logs it in.
    pub(crate) const OPENS: WordClass = WordClass(1 << 9);
    /// Class of words for making something, a client if that is named too.
    pub(crate) const MAKES: WordClass = WordClass(1 << 10);
    /// Class of words for the owner of a repository, or for a branch.
    pub(crate) const OWNER: WordClass = WordClass(1 << 11);
    /// Class of words for many ids or checksums, as in the heading above them.
    pub(crate) const SUMS: WordClass = WordClass(1 << 12);
    /// Class of words for a repository.
    pub(crate) const REPOSITORY: WordClass = WordClass(1 << 13);
    /// Class of words for a secret with which one side signs and the other checks, such as that of a webhook.
    pub(crate) const SIGNING: WordClass = WordClass(1 << 14);
    /// Class of words for a credential that its holder sends, such as a token, not one that two sides share.
    pub(crate) const SHOWN: WordClass = WordClass(1 << 15);
    /// Class of words for webhooks or signatures, whatever the value is for.
    pub(crate) const HOOK: WordClass = WordClass(1 << 16);
    /// Class of words for a query or the end of a token, which log nobody in: `check`, `revoke`, `find`.
    pub(crate) const ASKS: WordClass = WordClass(1 << 17);
    /// Class of words for a thing that may be named after a credential but contains none: an action, a package, a tool.
    pub(crate) const THING: WordClass = WordClass(1 << 18);
    /// Class of words for a folder of a secret store, or for its stage: `prod`, `ci`.
    pub(crate) const STORE: WordClass = WordClass(1 << 19);
    /// Class of words that are often the end of another name.
    pub(crate) const SUFFIX: WordClass = WordClass(1 << 20);
    /// Classes of the first and of the second word of a pair that is a credential.
    pub(crate) const PAIR_START: WordClass = WordClass(1 << 21);
    pub(crate) const PAIR_END: WordClass = WordClass(1 << 22);
    /// Class of words for a version, which a name that ends in one pins.
    pub(crate) const PIN: WordClass = WordClass(1 << 23);
    /// Classes that a word loses with digits at its end.
    pub(crate) const WHOLE: WordClass =
        WordClass(WordClass::SUFFIX.0 | WordClass::PAIR_START.0 | WordClass::PAIR_END.0);
    /// Classes of all words for a credential except `secret` itself.
    pub(crate) const CREDENTIAL: WordClass = WordClass::SECRET.or(WordClass::SHOWN);
    /// Classes of words that name a service.
    pub(crate) const SERVICE: WordClass = WordClass::GITHUB.or(WordClass::VENDOR);
    /// Classes that describe the value itself.
    pub(crate) const ANY: WordClass = WordClass(WordClass::PAIR.0 * 2 - 1);

    /// Returns the classes of the words in a list of `rules/judge/words.toml`; `None` if there is no such list.
    pub(crate) fn of_list(list: &str) -> Option<WordClass> {
        let row = LISTS.iter().find(|(name, _)| *name == list);
        row.map(|(_, class)| *class)
    }

    pub(crate) fn has(self, other: WordClass) -> bool {
        self.0 & other.0 != 0
    }

    /// Returns true if the words name a service, and not GitHub.
    pub(crate) fn is_of_another_service(self) -> bool {
        self.has(WordClass::VENDOR) && !self.has(WordClass::GITHUB)
    }

    /// Returns the classes that are among `these`.
    pub(crate) const fn only(self, these: WordClass) -> WordClass {
        WordClass(self.0 & these.0)
    }

    /// Returns the classes that are not among `these`.
    pub(crate) const fn without(self, these: WordClass) -> WordClass {
        WordClass(self.0 & !these.0)
    }

    pub(crate) const fn or(self, other: WordClass) -> WordClass {
        WordClass(self.0 | other.0)
    }
}

/// Lists of words with their classes.
const LISTS: [(&str, WordClass); 22] = [
    ("suffix", WordClass::SUFFIX),
    ("github", WordClass::GITHUB),
    ("secret", WordClass::CREDENTIAL),
    ("shared", WordClass::SECRET),
    ("signing", WordClass::SIGNING),
    ("hook", WordClass::HOOK.or(WordClass::SIGNING)),
    ("weak", WordClass::WEAK),
    ("client", WordClass::CLIENT),
    ("hash", WordClass::HASH),
    ("maybe_hash", WordClass::MAYBE_HASH),
    ("vendor", WordClass::VENDOR),
    ("opens", WordClass::OPENS),
    ("asks", WordClass::ASKS),
    ("makes", WordClass::MAKES),
    ("owner", WordClass::OWNER),
    ("repository", WordClass::REPOSITORY),
    ("thing", WordClass::THING),
    ("store", WordClass::STORE),
    ("pin", WordClass::PIN),
    ("sums", WordClass::SUMS.or(WordClass::HASH)),
    ("derived", WordClass::DERIVED.or(WordClass::HASH)),
    ("excluded", WordClass::DERIVED),
];
