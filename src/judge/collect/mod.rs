//! Collection of the features of one value. Each function in these files adds the features of one kind.

mod callee;
mod declared;
mod feature_set;
mod file;
mod host;
mod key_features;
mod lines;
mod neighbours;
mod owner;
mod row;
mod scope_features;
mod slot_features;
mod thing;
mod upper_bound;
mod use_features;

use std::ops::Range;

use super::context::{CandidateContext, PathState};
use super::entropy;
use super::evidence_location::EvidenceLocation;
use super::feature::{Feature, Role, Tier};
use super::model::Model;
use super::site::Site;
use super::site::slot::{Slot, SlotKind};
use super::vocabulary::Vocabulary;
use crate::token::Shape;

pub(crate) use feature_set::FeatureSet;
pub(crate) use file::is_short_text;

use scope_features::EnclosingNames;
use upper_bound::UpperBound;

/// Collects all features of a value apart from those of the object lookup. The collection runs in tiers of rising cost,
/// and ends once the upper bound is below `least`.
pub(crate) fn collect_features(
    model: &Model,
    site: &Site<'_>,
    context: &CandidateContext<'_>,
    least: f64,
    path: PathState,
) -> FeatureSet {
    let mut observed = FeatureSet::default();
    observed.note(Feature::Prior);
    let form = context.shape != Shape::Hex40;
    observed.add_if(form, Feature::AppForm, EvidenceLocation::Nowhere);
    file::add_path(site.vocabulary(), context, &mut observed);
    let outer = context.outer.map(|outer| {
        let (start, end) = outer.range;
        Site::new(outer.text, start..end, &[], outer.memory)
    });
    let mut bound = UpperBound::new(model, least, path);
    if !collect_around(site, outer.as_ref(), &mut bound, &mut observed) {
        return observed;
    }
    if let Some(outer) = outer {
        observed.outer = true;
        let mut unbounded = UpperBound::new(model, f64::NEG_INFINITY, path);
        collect_around(&outer, None, &mut unbounded, &mut observed);
        observed.outer = false;
    }
    add_absences(&mut observed);
    if bound.can_reach(site, &mut observed, Tier::Last.features()) {
        add_value(
            site.vocabulary(),
            &context.text[token_digits(context)],
            &mut observed,
        );
    }
    if path == PathState::Known {
        observed.count_twin(model);
    }
    observed
}

/// Adds the features of what no other feature shows.
fn add_absences(observed: &mut FeatureSet) {
    let nowhere = EvidenceLocation::Nowhere;
    let shared = observed.hook && observed.shared && !observed.has(Feature::ClientId);
    observed.add_if(shared, Feature::NearSigning, nowhere.clone());
    observed.add_if(!observed.github, Feature::NoGithubName, nowhere.clone());
    let names_credential = observed.secret || observed.has_role(Role::NamesCredential);
    observed.add_if(
        !names_credential,
        Feature::NoCredentialWord,
        nowhere.clone(),
    );
    let links = Role::NamesCredential.features() & !Role::WordsNearby.features();
    let is_linked = observed.bits() & links != 0;
    observed.add_if(
        names_credential && !is_linked,
        Feature::NoCredentialLink,
        nowhere,
    );
}

/// Returns the range of the candidate without the prefix `v1.` or `r1.`.
pub(crate) fn token_digits(context: &CandidateContext<'_>) -> Range<usize> {
    let (start, end) = context.range;
    if context.shape == Shape::Hex40 {
        start..end
    } else {
        start + 3..end
    }
}

fn add_value(vocabulary: &Vocabulary, value: &[u8], observed: &mut FeatureSet) {
    if vocabulary.is_placeholder(value) {
        observed.add(Feature::Placeholder, EvidenceLocation::Nowhere);
    } else if entropy::is_low_entropy(value) {
        observed.add(Feature::LowEntropy, EvidenceLocation::Nowhere);
    }
}

/// Tiers that read the text around a value.
const TIERS: [Tier; 6] = [
    Tier::Neighbours,
    Tier::Calls,
    Tier::Scope,
    Tier::Uses,
    Tier::Lines,
    Tier::File,
];

/// Adds the features of the text around a value, one tier after the other. Returns false if it ended early because the
/// value cannot reach the minimum. The text around a decoded region is read in a later call.
fn collect_around(
    site: &Site<'_>,
    outer: Option<&Site<'_>>,
    bound: &mut UpperBound<'_>,
    observed: &mut FeatureSet,
) -> bool {
    // If the decoded text names its values, the name of the region is not related to them.
    let named = observed.outer && observed.has_role(Role::OwnName);
    let (slot, has_place) = if named {
        (site.slot(), false)
    } else {
        (site.placed().slot(), add_name(site.placed(), observed))
    };
    // The uses of a name are expensive to find, but they may be what names a decoded value.
    let mut usable = has_place
        && (matches!(slot.kind, SlotKind::Assigned | SlotKind::Follows)
            || use_features::list_name(site, slot).is_some());
    if usable && (observed.outer || outer.is_some()) {
        use_features::add_uses(site, slot, observed);
        usable = false;
    }
    if let Some(outer) = outer {
        bound.include_outer(outer_features(outer, observed));
    }
    let mut enclosing = EnclosingNames::default();
    for tier in TIERS {
        let skipped = match tier {
            Tier::Calls | Tier::Scope => named,
            Tier::Uses => !usable,
            _ => false,
        };
        if skipped {
            continue;
        }
        let excluded = if usable { 0 } else { Tier::Uses.features() };
        let to_come = (tier.features() | tier.later_features()) & !excluded;
        if !bound.can_reach(site, observed, to_come) {
            return false;
        }
        usable &= tier != Tier::Uses;
        collect_tier(tier, site, slot, &mut enclosing, observed);
    }
    true
}

/// Adds the features of one tier.
fn collect_tier(
    tier: Tier,
    site: &Site<'_>,
    slot: &Slot,
    enclosing: &mut EnclosingNames,
    observed: &mut FeatureSet,
) {
    match tier {
        Tier::Neighbours => neighbours::add_neighbours(site, slot, observed),
        Tier::Calls => enclosing.add_brackets(site, observed),
        Tier::Scope => {
            enclosing.add_ancestors(site, observed);
            scope_features::add_comment_heading(site, slot, observed);
        }
        Tier::Uses => use_features::add_uses(site, slot, observed),
        Tier::Lines => lines::add_lines(site, slot, observed),
        Tier::File => {
            file::add_phrases(site, observed);
            host::add_request_host(site, slot, observed);
        }
        Tier::Start | Tier::Name | Tier::Last => {}
    }
}

/// Returns the features that the text around a decoded region may add.
fn outer_features(outer: &Site<'_>, observed: &FeatureSet) -> u128 {
    if observed.has_role(Role::OwnName) {
        return Tier::Lines.features() | Tier::File.features();
    }
    let mut name = FeatureSet::default();
    add_name(outer.placed(), &mut name);
    name.bits() | Tier::Neighbours.later_features()
}

/// Adds the features of the slot and the name of a value, at the site that has them. Returns true if the slot leaves the
/// kind of value open, so that the uses of its name may matter.
fn add_name(placed: &Site<'_>, observed: &mut FeatureSet) -> bool {
    let structure = placed.structure();
    match structure {
        Some(feature) => observed.add(feature, placed.own_location()),
        None => slot_features::add_slot(placed, placed.slot(), observed),
    }
    let has_place = structure.is_none_or(|f| f == Feature::ListingLine);
    if has_place {
        key_features::add_key(placed, placed.slot(), observed);
    }
    has_place
}
