//! Comparison of predictions with labels, with cross-validation by source.

use super::dataset::{Dataset, Sample};
use super::regression::{fit_weights, sum_weights};
use crate::judge::feature::{Feature, FeatureGroup};
use crate::judge::score::{HIGH, MEDIUM, probability_of};

/// Number of parts that the sources are divided into.
const FOLDS: usize = 10;

/// Returns the log-odds of each sample, under weights fitted without the cases of its source.
#[must_use]
pub(crate) fn cross_validate(
    lesson: &Dataset,
    priors: &[f64],
    strength: f64,
    mask: u128,
) -> Vec<f64> {
    let mut out = vec![0.0; lesson.samples.len()];
    for part in 0..FOLDS {
        let weights = fit_weights(lesson, priors, strength, mask, &|c| {
            fold_of(&c.source) != part
        });
        for (value, sample) in out.iter_mut().zip(&lesson.samples) {
            if fold_of(&lesson.cases[sample.case].source) == part {
                *value = predict_one(&weights, sample, mask);
            }
        }
    }
    out
}

/// Returns the log-odds of each sample under these weights.
#[must_use]
pub(crate) fn predict_all(lesson: &Dataset, weights: &[f64], mask: u128) -> Vec<f64> {
    lesson
        .samples
        .iter()
        .map(|s| predict_one(weights, s, mask))
        .collect()
}

fn predict_one(weights: &[f64], sample: &Sample, mask: u128) -> f64 {
    let slot = Feature::ALL
        .iter()
        .any(|p| p.group() == FeatureGroup::Slot && mask >> (*p as u32) & 1 == 1);
    if sample.settled && slot {
        f64::NEG_INFINITY
    } else {
        sum_weights(weights, sample.features & mask)
    }
}

/// Returns the part of a source, by FNV-1a, which is the same on every machine.
fn fold_of(source: &str) -> usize {
    let hash = source.bytes().fold(0xcbf2_9ce4_8422_2325u64, |h, b| {
        (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
    });
    usize::try_from((hash >> 32) % FOLDS as u64).unwrap_or_default()
}

/// Comparison of predictions with labels, counted in cases.
#[derive(Clone, Debug, Default)]
pub(crate) struct Score {
    /// Number of cases with a credential.
    pub leaks: usize,
    /// Ids of the cases with a credential in which no credential reached medium.
    pub missed: Vec<String>,
    /// Number of cases without a credential.
    pub innocent: usize,
    /// Ids of all cases in which another value than a credential reached medium.
    pub alarms: Vec<String>,
}

impl Score {
    /// Computes the comparison for these log-odds, one for each sample.
    #[must_use]
    pub(crate) fn of(lesson: &Dataset, log_odds: &[f64]) -> Score {
        let mut found = vec![false; lesson.cases.len()];
        let mut alarm = vec![false; lesson.cases.len()];
        for (sample, &value) in lesson.samples.iter().zip(log_odds) {
            if value > MEDIUM {
                let flags = if sample.leak { &mut found } else { &mut alarm };
                flags[sample.case] = true;
            }
        }
        let mut score = Score::default();
        for (i, case) in lesson.cases.iter().enumerate() {
            score.leaks += usize::from(case.leak);
            score.innocent += usize::from(!case.leak);
            if case.leak && !found[i] {
                score.missed.push(case.id.clone());
            }
            if alarm[i] {
                score.alarms.push(case.id.clone());
            }
        }
        score
    }

    /// Returns the share of credentials that were found.
    #[must_use]
    pub(crate) fn recall(&self) -> f64 {
        ratio_of(self.leaks - self.missed.len(), self.leaks)
    }

    /// Returns the share of findings that are credentials.
    #[must_use]
    pub(crate) fn precision(&self) -> f64 {
        let found = self.leaks - self.missed.len();
        ratio_of(found, found + self.alarms.len())
    }

    /// Returns the share of cases without a credential that have a false alarm.
    #[must_use]
    pub(crate) fn alarm_rate(&self) -> f64 {
        ratio_of(self.alarms.len(), self.innocent)
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts of cases are small")]
fn ratio_of(part: usize, whole: usize) -> f64 {
    if whole == 0 {
        0.0
    } else {
        part as f64 / whole as f64
    }
}

/// Row of a reliability table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct ReliabilityBin {
    /// Lower end of the probabilities.
    pub from: f64,
    /// Upper end of the probabilities.
    pub to: f64,
    /// Number of values.
    pub count: usize,
    /// Mean of their probabilities.
    pub predicted: f64,
    /// Share of credentials among them.
    pub observed: f64,
}

/// Compares the predicted probabilities with the shares of credentials.
#[must_use]
pub(crate) fn reliability(lesson: &Dataset, log_odds: &[f64]) -> Vec<ReliabilityBin> {
    let edges = [0.0, 0.01, 0.1, 0.5, probability_of(HIGH), 0.99, 1.0];
    let mut out = Vec::new();
    for pair in edges.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let inside: Vec<(f64, bool)> = log_odds
            .iter()
            .map(|v| probability_of(*v))
            .zip(lesson.samples.iter().map(|s| s.leak))
            .filter(|(p, _)| *p >= from && (*p < to || to >= 1.0))
            .collect();
        let leaks = inside.iter().filter(|(_, leak)| *leak).count();
        let count = inside.len();
        let total: f64 = inside.iter().map(|(p, _)| p).sum();
        out.push(ReliabilityBin {
            from,
            to,
            count,
            predicted: if count == 0 {
                0.0
            } else {
                total * ratio_of(1, count)
            },
            observed: ratio_of(leaks, count),
        });
    }
    out
}
