//! Whether a text may name GitHub at all. A quick look that errs on one side only: where it sees nothing, no word and
//! no phrase of the judge's names GitHub.

use memchr::memmem::Finder;

use super::stems::Stems;

/// Shorter stems are looked for one by one: beside longer ones they would make a search for all of them slow.
const SHORT: usize = 4;

/// What GitHub is named by.
#[derive(Clone, Debug)]
pub(super) struct Mentions {
    stems: Stems,
    /// Whether a stem counts wherever it stands, or only where a word may begin.
    anywhere: Vec<bool>,
    /// Short ones, and the same of each.
    short: Vec<(Finder<'static>, bool)>,
}

impl Mentions {
    /// Of these words, and of what may stand anywhere: parts of words, and phrases. All in lower case.
    ///
    /// # Errors
    /// When there are too many.
    pub(super) fn new(words: &[&str], anywhere: &[&str]) -> Result<Mentions, String> {
        let mut stems: Vec<(&str, bool)> = Vec::new();
        let mut all: Vec<(&str, bool)> = anywhere.iter().map(|s| (*s, true)).collect();
        all.extend(words.iter().map(|s| (*s, false)));
        // The shorter ones first: what holds one of them need not be looked for itself.
        all.sort_by_key(|(stem, anywhere)| (stem.len(), !*anywhere));
        for (stem, anywhere) in all {
            let is_known = |(known, everywhere): &(&str, bool)| {
                (*everywhere && stem.contains(known)) || (!anywhere && stem.starts_with(known))
            };
            if !stems.iter().any(is_known) {
                stems.push((stem, anywhere));
            }
        }
        let (short, long): (Vec<_>, Vec<_>) = stems.into_iter().partition(|s| s.0.len() < SHORT);
        let (patterns, anywhere): (Vec<&str>, Vec<bool>) = long.into_iter().unzip();
        let finder = |stem: &str| Finder::new(stem).into_owned();
        Ok(Mentions {
            stems: Stems::new(&patterns)?,
            anywhere,
            short: short.into_iter().map(|(s, a)| (finder(s), a)).collect(),
        })
    }

    /// Whether vector instructions look for them.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(super) fn is_packed(&self) -> bool {
        self.stems.is_packed()
    }

    /// Whether one begins in the `len` bytes from `start` on.
    pub(super) fn begin_in(&self, text: &[u8], start: usize, len: usize, longest: usize) -> bool {
        let end = text.len().min(start + len + longest);
        let lower = text[start..end].to_ascii_lowercase();
        let counts = |from: usize, anywhere| anywhere || !is_inside(text, start + from);
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

/// Whether a word surely goes on at `at`: no cut is made between small letters.
pub(super) fn is_inside(text: &[u8], at: usize) -> bool {
    let small = |i: usize| text.get(i).is_some_and(u8::is_ascii_lowercase);
    at > 0 && small(at - 1) && small(at)
}

#[cfg(test)]
mod tests {
    use crate::judge::model::{Model, Phrase};
    use crate::judge::words::{Sense, uncut};
    use crate::mint::Mint;

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
        let model = Model::builtin();
        let mut mint = Mint::new(53);
        let mut silent = 0;
        for round in 0..20_000 {
            let mut text = String::new();
            for _ in 0..1 + round % 9 {
                text.push_str(PARTS[mint.below(PARTS.len())]);
            }
            let text = text.as_bytes();
            let start = mint.below(text.len());
            if model.mentions.begin_in(text, start, text.len(), 0) {
                continue;
            }
            silent += 1;
            let part = uncut(text, &(start..text.len()));
            let sense = model.lexicon.sense(&text[part]);
            let said = String::from_utf8_lossy(&text[start..]);
            assert!(!sense.has(Sense::GITHUB), "{said}");
            model.phrases(&text[start..], |phrase, _| {
                let other = matches!(phrase, Phrase::Elsewhere | Phrase::Signing);
                assert!(other, "{said}");
            });
        }
        assert!(silent > 2000, "{silent}");
    }
}
