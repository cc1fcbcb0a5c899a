//! Features of the file: phrases around the value and at the start of the file, and the words of its path.

use std::ops::Range;

use super::feature_set::FeatureSet;
use crate::judge::context::CandidateContext;
use crate::judge::evidence_location::EvidenceLocation;
use crate::judge::feature::{Feature, Role};
use crate::judge::site::{Site, urls};
use crate::judge::vocabulary::{Phrase, Vocabulary, WordClass, lists};
use crate::span::line_start;

/// Number of bytes around a value in which phrases are searched.
const PHRASES_BEFORE: usize = 4000;
const PHRASES_AFTER: usize = 1500;

/// Number of bytes at the start of the file, where imports are, in which phrases are searched.
pub(crate) const HEAD: usize = 3000;

/// Adds the features of the phrases around the value and at the start of the file.
pub(crate) fn add_phrases(site: &Site<'_>, observed: &mut FeatureSet) {
    let from = site.value.start.saturating_sub(PHRASES_BEFORE);
    let to = site.text.len().min(site.value.end + PHRASES_AFTER);
    // A credential named after GitHub belongs to GitHub, even if the file connects to other services too.
    let is_github = observed.has_role(Role::GithubOwn);
    let mut read = |part: Range<usize>, near: bool| {
        site.memory
            .for_each_phrase(site.vocabulary(), site.text, part, |phrase, place| {
                observed.github |= phrase.is_of_github();
                let here = EvidenceLocation::Text(place);
                match phrase {
                    Phrase::Signing if near => observed.hook = true,
                    Phrase::Minted if near => {
                        let own =
                            matches!(&here, EvidenceLocation::Text(p) if !site.is_of_earlier(p) && !site.is_outside_remark(p));
                        observed.add_if(own, Feature::TokenPage, here);
                    }
                    Phrase::Client => observed.add(Feature::FileGithub, here),
                    Phrase::Elsewhere if near && !is_github => {
                        observed.add(Feature::FileOtherService, here);
                    }
                    _ => {}
                }
            });
    };
    read(from..site.value.start, true);
    read(site.value.end..to, true);
    read(0..from.min(HEAD), false);
    let is_open = observed.has(Feature::KeySecret) && !observed.has(Feature::FileGithub);
    if is_open && !is_github && !observed.has(Feature::ScopeGithub) && !is_beside_repository(site) {
        let parts = [from..to, 0..from.min(HEAD)];
        let only = names_only_repositories(site.text, &parts);
        observed.add_if(only, Feature::OnlyRepoLinks, EvidenceLocation::Nowhere);
    }
}

/// Returns true if the nearest URL is that of a repository on GitHub which the value may be for, not of the sources of
/// a program: `repo: https://github.com/o/r`, not `homepage: https://github.com/o/r`.
fn is_beside_repository(site: &Site<'_>) -> bool {
    const NAME: usize = 40;
    let Some((host, url)) = urls::nearest_request(site.text, &site.value) else {
        return false;
    };
    let line = line_start(site.text, url.start.saturating_sub(NAME), url.start);
    let name = site.text[line..url.start].to_ascii_lowercase();
    site.word_classes(&host).has(WordClass::GITHUB) && !lists().source_names.is_part_of(&name)
}

/// Returns true if these parts of a text name GitHub, and only in addresses of repositories.
fn names_only_repositories(text: &[u8], parts: &[Range<usize>]) -> bool {
    const NAME: &[u8] = b"github";
    let mut found = false;
    for part in parts {
        let lower = text[part.clone()].to_ascii_lowercase();
        for at in memchr::memmem::find_iter(&lower, NAME) {
            let rest = &lower[at + NAME.len()..];
            let is_link = lists().repository_links.prefix_of(rest).is_some()
                && lists().login_pages.prefix_of(rest).is_none()
                && !lower[..at].ends_with(b"api.");
            if !is_link {
                return false;
            }
            found = true;
        }
    }
    found
}

/// Returns true if a text contains little more than one value.
pub(crate) fn is_short_text(text: &[u8]) -> bool {
    text.len() <= 160
}

/// Returns true if a file is named after another service that keeps its own settings in it: `gitea.ini`,
/// `.sentryclirc`; false for those of a CI service and for the logs of a messenger: `.travis.yml`, `slack.txt`.
fn is_of_vendor(vocabulary: &Vocabulary, name: &[u8]) -> bool {
    let base = name.strip_prefix(b".").unwrap_or(name);
    let stem = lists()
        .config_endings
        .suffix_of(base)
        .map_or(base, |end| &base[..base.len() - end.len()]);
    let others = [
        &lists().ci_services,
        &lists().messengers,
        &lists().common_names,
    ];
    let is_other = |word: &[u8]| others.iter().any(|list| list.contains_any_case(word));
    // The settings of a service's own agent: `buildkite-agent.cfg`.
    let is_agent = |word: &[u8]| lists().agent_words.contains_any_case(word);
    let vendor = |name: &[u8]| vocabulary.lexicon.sense(name).has(WordClass::VENDOR);
    let mut words = base.split(|b| !b.is_ascii_alphanumeric());
    let is_own = words.clone().any(is_agent) || !words.any(is_other);
    is_own && (vendor(name) || vendor(stem))
}

const PATH: [(WordClass, Feature); 3] = [
    (WordClass::GITHUB, Feature::PathGithub),
    (WordClass::SECRET, Feature::PathSecret),
    (WordClass::HASH, Feature::PathHash),
];

/// Adds the features of the words of the path, and of the names of files in which tools store credentials.
pub(crate) fn add_path(
    vocabulary: &Vocabulary,
    context: &CandidateContext<'_>,
    observed: &mut FeatureSet,
) {
    let path = context.path;
    // Folders far above are rarely related to the value and are not part of the project.
    let tail = {
        let cut = memchr::memrchr_iter(b'/', path).nth(3).map_or(0, |i| i + 1);
        &path[cut..]
    };
    let name = &path[memchr::memrchr(b'/', path).map_or(0, |i| i + 1)..];
    let all = context.memory.path_word_classes(vocabulary, tail);
    let gist = lists().gist_files.contains(name);
    let holds = gist
        || (all.has(WordClass::GITHUB) && all.has(WordClass::SECRET) && !all.has(WordClass::HASH));
    // The file of a decoded value contains more than that value.
    let file = context.outer.map_or(context.text, |outer| outer.text);
    let says = || {
        let own = vocabulary.lexicon.sense(name);
        own.has(WordClass::GITHUB.or(WordClass::SECRET))
    };
    let whole = holds && is_short_text(file) && (gist || says());
    observed.add_if(whole, Feature::PathToken, EvidenceLocation::Path);
    let known = lists().credential_files.contains(name)
        || lists().credential_file_starts.prefix_of(name).is_some();
    observed.add_if(known, Feature::PathCredentials, EvidenceLocation::Path);
    observed.add_classes(all, &PATH, &EvidenceLocation::Path);
    let lists_ids =
        lists().id_files.contains(name) || lists().id_file_endings.suffix_of(name).is_some();
    observed.add_if(lists_ids, Feature::PathIds, EvidenceLocation::Path);
    let vendor = !all.has(WordClass::GITHUB) && is_of_vendor(vocabulary, name);
    observed.add_if(vendor, Feature::PathVendor, EvidenceLocation::Path);
    observed.github |= gist;
}
