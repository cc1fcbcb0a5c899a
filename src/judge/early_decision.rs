//! Decision on a value by the bytes next to it and by the words that its surroundings have, without a score.

use super::context::{CONTEXT_WINDOW, CandidateContext, DecidedByAdjacent};
use super::site::{adjacent, slot};
use super::vocabulary::Vocabulary;
use crate::token::Shape;

/// Returns the reason to end early: the bytes next to the value mark an id or a checksum, or no word for GitHub or a
/// credential occurs near the value or in its path.
pub(super) fn decide_by_adjacent(context: &CandidateContext<'_>) -> Option<DecidedByAdjacent> {
    if context.outer.is_some() || context.shape != Shape::Hex40 {
        return None;
    }
    let text = context.text;
    let range = context.range.0..context.range.1;
    if let Some(structure) = adjacent::find_structure(text, &range) {
        let is_id = adjacent::is_of_git(structure, text, &range);
        return Some(if is_id {
            DecidedByAdjacent::IdBeside
        } else {
            DecidedByAdjacent::OtherPlace
        });
    }
    if adjacent::hash_name_before(text, &range).is_some() {
        return Some(DecidedByAdjacent::IdBeside);
    }
    if slot::is_login(&text[range.end..]) {
        return None;
    }
    let vocabulary = Vocabulary::builtin();
    let near =
        range.start.saturating_sub(CONTEXT_WINDOW.0)..text.len().min(range.end + CONTEXT_WINDOW.1);
    let may_mention = adjacent::is_given_to_a_client(text, &range)
        || context
            .memory
            .may_mention_credential(vocabulary, text, near)
        || context.memory.path_may_mention(vocabulary, context.path);
    if !may_mention {
        return Some(DecidedByAdjacent::NothingNear);
    }
    adjacent::has_forge_url_nearby(text, &range, context.peers)
        .then_some(DecidedByAdjacent::IdInUrl)
}
