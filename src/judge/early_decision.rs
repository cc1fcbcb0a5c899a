//! Decision on a value by the bytes next to it and by the words that its surroundings have, without a score.

use super::context::{CONTEXT_WINDOW, CandidateContext, DecidedByAdjacent};
use super::site::{Site, adjacent, listing, slot};
use crate::span::Span;
use crate::token::Shape;

/// Returns true if [`decide_by_adjacent`] would find, for the commonest place of ids, that a value of 40 hex digits is no
/// credential. `text` is not decoded from another one.
pub(crate) fn is_in_checksum_list(text: &[u8], value: Span) -> bool {
    listing::is_checksum_line(text, &value.offsets())
}

/// Returns the reason to end early: the bytes next to the value mark an id or a checksum, or no word for GitHub or a
/// credential occurs near the value or in its path.
pub(super) fn decide_by_adjacent(
    site: &Site<'_>,
    context: &CandidateContext<'_>,
) -> Option<DecidedByAdjacent> {
    if context.outer.is_some() || context.shape != Shape::Hex40 {
        return None;
    }
    let (text, value) = (site.text, &site.value);
    if let Some(structure) = site.structure() {
        let is_id = adjacent::is_of_git(structure, text, value);
        return Some(if is_id {
            DecidedByAdjacent::IdBeside
        } else {
            DecidedByAdjacent::OtherPlace
        });
    }
    if site.hash_name().is_some() {
        return Some(DecidedByAdjacent::IdBeside);
    }
    if slot::is_login(&text[value.end..]) {
        return None;
    }
    let (before, after) = CONTEXT_WINDOW;
    let near = value.start.saturating_sub(before)..text.len().min(value.end + after);
    let may_mention = adjacent::is_given_to_a_client(text, value)
        || site
            .memory
            .may_mention_credential(site.vocabulary(), text, near)
        || site
            .memory
            .path_may_mention(site.vocabulary(), context.path);
    if !may_mention {
        return Some(DecidedByAdjacent::NothingNear);
    }
    adjacent::has_forge_url_nearby(text, value, site.peers).then_some(DecidedByAdjacent::IdInUrl)
}
