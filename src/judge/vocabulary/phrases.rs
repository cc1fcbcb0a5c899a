//! Phrases that are searched near a value and in its file.

use std::collections::BTreeMap;

use super::multi_literal::MultiLiteral;

/// Class of a phrase.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phrase {
    /// Creation of a token by GitHub.
    Minted,
    /// A client or a host of GitHub.
    Client,
    /// A host of another service.
    Elsewhere,
    /// The name of GitHub.
    Github,
    /// Data that is signed with a shared secret.
    Signing,
}

impl Phrase {
    /// Returns the class of the phrases in a list of `rules/judge/words.toml`; `None` if there is no such list.
    fn of_list(list: &str) -> Option<Phrase> {
        Some(match list {
            "minted" => Phrase::Minted,
            "client" => Phrase::Client,
            "elsewhere" => Phrase::Elsewhere,
            "github" => Phrase::Github,
            "signing" => Phrase::Signing,
            _ => return None,
        })
    }

    /// Returns true if the phrase names GitHub.
    pub(crate) fn is_of_github(self) -> bool {
        matches!(self, Phrase::Minted | Phrase::Client | Phrase::Github)
    }
}

/// Search for phrases.
#[derive(Clone, Debug)]
pub(crate) struct PhraseSearch {
    /// The phrases, in lower case.
    finder: MultiLiteral,
    classes: Vec<Phrase>,
    /// Phrases that name GitHub, in lower case.
    of_github: Vec<String>,
}

impl PhraseSearch {
    /// Compiles lists of phrases.
    ///
    /// # Errors
    /// Returns an error if a list is unknown, or if there are too many phrases.
    pub(crate) fn new(lists: &BTreeMap<String, Vec<String>>) -> Result<PhraseSearch, String> {
        let (mut patterns, mut classes, mut of_github) = (Vec::new(), Vec::new(), Vec::new());
        for (list, texts) in lists {
            let class = Phrase::of_list(list)
                .ok_or_else(|| format!("there is no list of phrases `{list}`"))?;
            let lower = texts.iter().map(|text| text.to_ascii_lowercase());
            patterns.extend(lower);
            classes.resize(patterns.len(), class);
            if class.is_of_github() {
                of_github.extend_from_slice(&patterns[patterns.len() - texts.len()..]);
            }
        }
        let finder = MultiLiteral::new(&patterns)?;
        Ok(PhraseSearch {
            finder,
            classes,
            of_github,
        })
    }

    /// Returns the phrases that name GitHub, in lower case.
    pub(crate) fn of_github(&self) -> &[String] {
        &self.of_github
    }

    /// Calls `then` with each phrase in `text` and its range in bytes.
    pub(crate) fn for_each(&self, text: &[u8], mut then: impl FnMut(Phrase, (usize, usize))) {
        let lower = text.to_ascii_lowercase();
        let mut at = 0;
        while let Some((phrase, from, to)) = self.finder.find(&lower, at, lower.len()) {
            then(self.classes[phrase], (from, to));
            at = to;
        }
    }

    /// Returns true if vector instructions search for the phrases.
    #[cfg(all(test, target_arch = "x86_64"))]
    pub(crate) fn is_packed(&self) -> bool {
        self.finder.is_packed()
    }
}
