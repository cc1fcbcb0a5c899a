//! Weights of the features, from `rules/judge/weights.toml`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use super::feature::Feature;

/// Built-in weights file.
pub(crate) const WEIGHTS: &str = include_str!("../../rules/judge/weights.toml");

static BUILTIN: LazyLock<Model> = LazyLock::new(|| match Model::load(WEIGHTS) {
    Ok(model) => model,
    // A test loads the file, so a tested build never reaches this line.
    Err(error) => unreachable!("{error}"),
});

/// Mistake in the file of weights.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ModelError {
    /// The file is not TOML of the right form; the message of the parser.
    BadForm(String),
    /// A feature that has no weight.
    NoWeight(&'static str),
    /// A name that is not the name of a feature.
    UnknownFeature(String),
}

impl fmt::Display for ModelError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ModelError::BadForm(message) => write!(f, "the judge's weights: {message}"),
            ModelError::NoWeight(name) => write!(f, "the feature `{name}` has no weight"),
            ModelError::UnknownFeature(name) => write!(f, "there is no feature `{name}`"),
        }
    }
}

impl std::error::Error for ModelError {}

/// Prior and fitted weight of a feature, in natural log-odds.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct FeatureWeight {
    /// Weight before any case is seen.
    pub prior: f64,
    /// Weight after the fit to the cases.
    pub weight: f64,
}

/// Weights of all features.
#[derive(Clone, Debug)]
pub(crate) struct Model {
    weights: Vec<FeatureWeight>,
    /// Features with a positive weight, one bit each.
    positive: u128,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawWeights {
    /// Prior and weight of each feature.
    feature: BTreeMap<String, (f64, f64)>,
}

impl Model {
    /// Returns the built-in model.
    #[must_use]
    pub(crate) fn builtin() -> &'static Model {
        &BUILTIN
    }

    /// Reads a file of weights.
    ///
    /// # Errors
    /// Fails if the file is not valid TOML, a feature has no weight, or a name is unknown.
    pub(crate) fn load(text: &str) -> Result<Model, ModelError> {
        let weights = read_weights(text)?;
        Ok(Model {
            positive: positive_mask(&weights),
            weights,
        })
    }

    /// Returns the fitted weight of a feature.
    #[must_use]
    pub(crate) fn weight(&self, feature: Feature) -> f64 {
        self.weights[feature as usize].weight
    }

    /// Returns the weight of a feature before any case is seen.
    #[must_use]
    pub(crate) fn prior(&self, feature: Feature) -> f64 {
        self.weights[feature as usize].prior
    }

    /// Returns the maximum that these features, one bit each, can add to a score.
    pub(super) fn max_gain(&self, features: u128) -> f64 {
        self.sum_weights(features & self.positive)
    }

    /// Returns the maximum that these features, one bit each, can take from a score.
    pub(super) fn max_loss(&self, features: u128) -> f64 {
        -self.sum_weights(features & !self.positive)
    }

    /// Returns the sum of the weights of these features, one bit each.
    pub(super) fn sum_weights(&self, features: u128) -> f64 {
        let (mut left, mut sum) = (features, 0.0);
        while left != 0 {
            sum += self.weights[left.trailing_zeros() as usize].weight;
            left &= left - 1;
        }
        sum
    }
}

/// Returns the features with a positive weight, one bit each.
fn positive_mask(weights: &[FeatureWeight]) -> u128 {
    let bits = weights.iter().enumerate().filter(|(_, w)| w.weight > 0.0);
    bits.fold(0, |all, (i, _)| all | 1 << i)
}

fn read_weights(text: &str) -> Result<Vec<FeatureWeight>, ModelError> {
    let mut raw: RawWeights =
        toml::from_str(text).map_err(|e| ModelError::BadForm(e.message().to_owned()))?;
    let mut weights = Vec::with_capacity(Feature::ALL.len());
    for feature in Feature::ALL {
        let (prior, weight) = raw
            .feature
            .remove(feature.name())
            .ok_or(ModelError::NoWeight(feature.name()))?;
        weights.push(FeatureWeight { prior, weight });
    }
    match raw.feature.keys().next() {
        Some(name) => Err(ModelError::UnknownFeature(name.clone())),
        None => Ok(weights),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_compiled_in_file_is_sound() {
        Model::load(WEIGHTS).unwrap();
    }

    #[test]
    fn an_id_elsewhere_is_evidence_against_a_value() {
        let weight = Model::builtin().weight(Feature::HashElsewhere);
        assert!(weight < 0.0, "{weight}");
    }

    #[test]
    fn a_missing_and_an_unknown_feature_are_named() {
        let missing = Model::load("[feature]\n").unwrap_err().to_string();
        assert!(missing.contains("`prior` has no weight"), "{missing}");
        let extra = format!("{WEIGHTS}\nnonsense = [0.0, 0.0]\n");
        let unknown = Model::load(&extra).unwrap_err().to_string();
        assert!(unknown.contains("`nonsense`"), "{unknown}");
    }
}
