//! Prefilter for names of GitHub. It may report a name where there is none, but it never misses a word or phrase that
//! the judge counts as one.

use memchr::memmem::Finder;

use super::multi_literal::{MultiLiteral, byte_set};
use super::split::is_inside_word;

/// Length in bytes below which stems are searched one by one. Among longer ones they would slow the search down.
const SHORT: usize = 4;

/// Search for the names of GitHub.
#[derive(Clone, Debug)]
pub(crate) struct GithubPrefilter {
    stems: MultiLiteral,
    /// For each stem, true if it counts anywhere, false if it counts only where a word may begin.
    anywhere: Vec<bool>,
    /// Short stems, each with the same flag.
    short: Vec<(Finder<'static>, bool)>,
}

impl GithubPrefilter {
    /// Compiles these words, and the parts of words and phrases that count anywhere, all in lower case.
    ///
    /// # Errors
    /// Returns an error if there are too many stems.
    pub(crate) fn new(words: &[&str], anywhere: &[&str]) -> Result<GithubPrefilter, String> {
        let mut stems: Vec<(&str, bool)> = Vec::new();
        let mut sets: Vec<u64> = Vec::new();
        let mut all: Vec<(&str, bool)> = anywhere.iter().map(|s| (*s, true)).collect();
        all.extend(words.iter().map(|s| (*s, false)));
        // The shorter stems come first: a longer one that contains one of them is redundant.
        all.sort_by_key(|(stem, anywhere)| (stem.len(), !*anywhere));
        for (stem, anywhere) in all {
            let own = byte_set(stem);
            let is_known = |((known, everywhere), set): (&(&str, bool), &u64)| {
                set & !own == 0
                    && ((*everywhere && stem.contains(known))
                        || (!anywhere && stem.starts_with(known)))
            };
            if !stems.iter().zip(&sets).any(is_known) {
                stems.push((stem, anywhere));
                sets.push(own);
            }
        }
        let (short, long): (Vec<_>, Vec<_>) = stems.into_iter().partition(|s| s.0.len() < SHORT);
        let (patterns, anywhere): (Vec<&str>, Vec<bool>) = long.into_iter().unzip();
        let finder = |stem: &str| Finder::new(stem).into_owned();
        Ok(GithubPrefilter {
            stems: MultiLiteral::new(&patterns)?,
            anywhere,
            short: short.into_iter().map(|(s, a)| (finder(s), a)).collect(),
        })
    }

    /// Returns `true` if vector instructions search for the stems.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(crate) fn is_packed(&self) -> bool {
        self.stems.is_packed()
    }

    /// Returns `true` if a name begins in the `len` bytes from `start` on.
    pub(crate) fn any_starts_in(
        &self,
        text: &[u8],
        start: usize,
        len: usize,
        longest: usize,
    ) -> bool {
        let end = text.len().min(start + len + longest);
        let lower = text[start..end].to_ascii_lowercase();
        let counts = |from: usize, anywhere| anywhere || !is_inside_word(text, start + from);
        let mut at = 0;
        while let Some((stem, from, _)) = self.stems.find(&lower, at, lower.len()) {
            if from < len && counts(from, self.anywhere[stem]) {
                return true;
            }
            at = from + 1;
        }
        self.short.iter().any(|(finder, anywhere)| {
            let mut found = finder.find_iter(&lower);
            found.any(|from| from < len && counts(from, *anywhere))
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::judge::vocabulary::{Phrase, Vocabulary, WordClass, without_cut_words};
    use crate::token::Mint;

    #[test]
    fn where_no_name_may_begin_none_is_read() {
        const PARTS: [&str; 28] = [
            "GitHub",
            "GITHUB",
            "gh",
            "GH",
            "Gh",
            "hub",
            "Hub",
            "gist",
            "octo",
            "kit",
            "thr",
            "ough",
            "reg",
            "ry",
            "_",
            " ",
            ".",
            "-",
            "2",
            "é",
            "令牌",
            "깃허브",
            "personal ",
            "access token",
            "X-OAuth-Basic",
            ".Repos.",
            "PyGithub",
            "probot",
        ];
        let vocabulary = Vocabulary::builtin();
        let mut mint = Mint::new(53);
        let mut silent = 0;
        for round in 0..20_000 {
            let mut text = String::new();
            for _ in 0..1 + round % 9 {
                text.push_str(PARTS[mint.random_below(PARTS.len())]);
            }
            let text = text.as_bytes();
            let start = mint.random_below(text.len());
            if vocabulary
                .mentions
                .any_starts_in(text, start, text.len(), 0)
            {
                continue;
            }
            silent += 1;
            let part = without_cut_words(text, &(start..text.len()));
            let sense = vocabulary.lexicon.sense(&text[part]);
            let said = String::from_utf8_lossy(&text[start..]);
            assert!(!sense.has(WordClass::GITHUB), "{said}");
            vocabulary.phrases.for_each(&text[start..], |phrase, _| {
                let other = matches!(phrase, Phrase::Elsewhere | Phrase::Signing);
                assert!(other, "{said}");
            });
        }
        assert!(silent > 2000, "{silent}");
    }
}
