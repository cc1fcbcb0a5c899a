//! Fit of the weights to labelled values, by logistic regression towards the priors, with cross-validation by source.
//! The order of the arithmetic is fixed, so the same cases give the same weights.

mod dataset;
mod evaluation;
mod regression;

pub(crate) use super::score::probability_of;
pub(crate) use dataset::{Dataset, DatasetCase, Sample, all_features, without_group};
pub(crate) use evaluation::{Score, cross_validate, predict_all, reliability};
pub(crate) use regression::fit_weights;
