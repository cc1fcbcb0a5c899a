//! Labelled values, and sets of features.

use crate::judge::feature::{Feature, FeatureGroup};

/// Labelled value.
#[derive(Clone, Debug)]
pub(crate) struct Sample {
    /// Index of the case; the values of a case share its weight.
    pub case: usize,
    /// Feature set, one bit for each feature in the order of [`Feature::ALL`].
    pub features: u128,
    /// True if the value is in a place for ids, which decides without the weights.
    pub settled: bool,
    /// True if the value is a credential of GitHub.
    pub leak: bool,
}

/// Labelled case.
#[derive(Clone, Debug)]
pub(crate) struct DatasetCase {
    /// Id of the case.
    pub id: String,
    /// Source of the case.
    pub source: String,
    /// True if the case contains a credential.
    pub leak: bool,
}

/// Cases and the values in them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Dataset {
    /// Cases.
    pub cases: Vec<DatasetCase>,
    /// Values.
    pub samples: Vec<Sample>,
}

/// Returns all features.
#[must_use]
pub(crate) fn all_features() -> u128 {
    (1 << Feature::ALL.len()) - 1
}

/// Returns all features apart from those of a group.
#[must_use]
pub(crate) fn without_group(group: FeatureGroup) -> u128 {
    Feature::ALL
        .iter()
        .filter(|p| p.group() == group)
        .fold(all_features(), |mask, p| mask & !(1 << (*p as u32)))
}
