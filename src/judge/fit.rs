//! Fit of the weights to labelled values, by logistic regression towards the priors, with cross-validation by source.
//! The order of the arithmetic is fixed, so the same cases give the same weights.

use super::feature::{Feature, FeatureGroup};
use super::{HIGH, MEDIUM};

/// Number of parts that the sources are divided into.
const FOLDS: usize = 10;

/// Change of a weight below which Newton's method ends.
const ENOUGH: f64 = 1e-9;

/// Labelled value.
#[derive(Clone, Debug)]
pub struct Sample {
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
pub struct DatasetCase {
    /// Id of the case.
    pub id: String,
    /// Source of the case.
    pub source: String,
    /// True if the case contains a credential.
    pub leak: bool,
}

/// Cases and the values in them.
#[derive(Clone, Debug, Default)]
pub struct Dataset {
    /// Cases.
    pub cases: Vec<DatasetCase>,
    /// Values.
    pub samples: Vec<Sample>,
}

/// Fits weights to the samples of the cases for which `take` is true. `strength` is the force that holds the weights to
/// `priors`; features outside `mask` have no weight. The sign of a weight never differs from the sign of its prior, so
/// a weight may end at zero. Only a weight with a prior of zero may have either sign.
#[must_use]
pub fn fit_weights(
    lesson: &Dataset,
    priors: &[f64],
    strength: f64,
    mask: u128,
    take: &dyn Fn(&DatasetCase) -> bool,
) -> Vec<f64> {
    let shares = value_shares(lesson);
    let chosen: Vec<(&Sample, f64)> = lesson
        .samples
        .iter()
        .filter(|s| take(&lesson.cases[s.case]))
        .map(|s| (s, shares[s.case]))
        .collect();
    let on = |i: usize| mask >> i & 1 == 1;
    let mut weights: Vec<f64> = (0..Feature::ALL.len())
        .map(|i| if on(i) { priors[i] } else { 0.0 })
        .collect();
    let centre = weights.clone();
    for _ in 0..200 {
        let step = newton_step(&chosen, &weights, &centre, strength, mask);
        let mut most = 0.0f64;
        for ((weight, change), prior) in weights.iter_mut().zip(&step).zip(&centre) {
            // Short steps prevent a divergence of Newton's method where the curve is flat.
            let moved = *weight - change.clamp(-1.0, 1.0);
            let kept = if crosses_prior(moved, *prior) {
                0.0
            } else {
                moved
            };
            most = most.max((kept - *weight).abs());
            *weight = kept;
        }
        if most < ENOUGH {
            break;
        }
    }
    weights
}

/// Returns true if the sign of a weight differs from that of its prior.
fn crosses_prior(weight: f64, prior: f64) -> bool {
    weight * prior < 0.0
}

/// Returns the weight of one value of each case.
fn value_shares(lesson: &Dataset) -> Vec<f64> {
    let mut counts = vec![0.0f64; lesson.cases.len()];
    for sample in &lesson.samples {
        counts[sample.case] += 1.0;
    }
    // A log of a hundred ids has more information than one id, but not a hundred times more.
    counts
        .iter()
        .map(|&n| if n > 0.0 { n.sqrt() / n } else { 0.0 })
        .collect()
}

/// Solves (Hessian) x = gradient.
fn newton_step(
    samples: &[(&Sample, f64)],
    weights: &[f64],
    centre: &[f64],
    strength: f64,
    mask: u128,
) -> Vec<f64> {
    let n = weights.len();
    let mut gradient: Vec<f64> = weights
        .iter()
        .zip(centre)
        .map(|(w, c)| strength * (w - c))
        .collect();
    let mut hessian = vec![0.0f64; n * n];
    for i in 0..n {
        hessian[i * n + i] = strength;
    }
    for (sample, share) in samples {
        let bits = sample.features & mask;
        let p = probability_of(sum_weights(weights, bits));
        let error = share * (p - f64::from(u8::from(sample.leak)));
        let curve = share * p * (1.0 - p);
        let ones: Vec<usize> = (0..n).filter(|i| bits >> i & 1 == 1).collect();
        for &i in &ones {
            gradient[i] += error;
            for &j in &ones {
                hessian[i * n + j] += curve;
            }
        }
    }
    // A weight at zero that would change its sign is held, and the other weights move without it.
    for i in 0..n {
        if weights[i] == 0.0 && crosses_prior(-gradient[i], centre[i]) {
            gradient[i] = 0.0;
            for j in (0..n).filter(|&j| j != i) {
                hessian[i * n + j] = 0.0;
                hessian[j * n + i] = 0.0;
            }
        }
    }
    solve_linear_system(hessian, gradient)
}

/// Solves a symmetric positive definite system by elimination.
fn solve_linear_system(mut a: Vec<f64>, mut b: Vec<f64>) -> Vec<f64> {
    let n = b.len();
    for k in 0..n {
        let pivot = a[k * n + k];
        for i in k + 1..n {
            let factor = a[i * n + k] / pivot;
            if factor != 0.0 {
                for j in k..n {
                    a[i * n + j] -= factor * a[k * n + j];
                }
                b[i] -= factor * b[k];
            }
        }
    }
    for k in (0..n).rev() {
        let known: f64 = (k + 1..n).map(|j| a[k * n + j] * b[j]).sum();
        b[k] = (b[k] - known) / a[k * n + k];
    }
    b
}

fn sum_weights(weights: &[f64], bits: u128) -> f64 {
    weights
        .iter()
        .enumerate()
        .filter(|(i, _)| bits >> i & 1 == 1)
        .map(|(_, w)| w)
        .sum()
}

/// Returns the probability of log-odds.
#[must_use]
pub fn probability_of(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

/// Returns the log-odds of each sample, under weights fitted without the cases of its source.
#[must_use]
pub fn cross_validate(lesson: &Dataset, priors: &[f64], strength: f64, mask: u128) -> Vec<f64> {
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
pub fn predict_all(lesson: &Dataset, weights: &[f64], mask: u128) -> Vec<f64> {
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

/// Returns all features.
#[must_use]
pub fn all_features() -> u128 {
    (1 << Feature::ALL.len()) - 1
}

/// Returns all features apart from those of a group.
#[must_use]
pub fn without_group(group: FeatureGroup) -> u128 {
    Feature::ALL
        .iter()
        .filter(|p| p.group() == group)
        .fold(all_features(), |mask, p| mask & !(1 << (*p as u32)))
}

/// Comparison of predictions with labels, counted in cases.
#[derive(Clone, Debug, Default)]
pub struct Score {
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
    pub fn of(lesson: &Dataset, log_odds: &[f64]) -> Score {
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
    pub fn recall(&self) -> f64 {
        ratio_of(self.leaks - self.missed.len(), self.leaks)
    }

    /// Returns the share of findings that are credentials.
    #[must_use]
    pub fn precision(&self) -> f64 {
        let found = self.leaks - self.missed.len();
        ratio_of(found, found + self.alarms.len())
    }

    /// Returns the share of cases without a credential that have a false alarm.
    #[must_use]
    pub fn alarm_rate(&self) -> f64 {
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
pub struct ReliabilityBin {
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
pub fn reliability(lesson: &Dataset, log_odds: &[f64]) -> Vec<ReliabilityBin> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn lesson() -> Dataset {
        let mut out = Dataset::default();
        for i in 0..60 {
            let leak = i % 3 == 0;
            out.cases.push(DatasetCase {
                id: format!("c{i}"),
                source: format!("s{}", i % 17),
                leak,
            });
            let mut features = 1 << Feature::Prior as u32;
            if leak {
                features |= 1 << Feature::KeyGithubSecret as u32;
            } else {
                features |= 1 << Feature::KeyHash as u32;
            }
            out.samples.push(Sample {
                case: i,
                features,
                settled: false,
                leak,
            });
        }
        out
    }

    #[test]
    fn weights_learn_what_the_labels_say_and_the_same_every_time() {
        let lesson = lesson();
        let priors = vec![0.0; Feature::ALL.len()];
        let weights = fit_weights(&lesson, &priors, 0.5, all_features(), &|_| true);
        assert!(weights[Feature::KeyGithubSecret as usize] > 1.0);
        assert!(weights[Feature::KeyHash as usize] < -1.0);
        assert_eq!(weights[Feature::TokenPage as usize], 0.0);
        assert_eq!(
            weights,
            fit_weights(&lesson, &priors, 0.5, all_features(), &|_| true)
        );
        let score = Score::of(
            &lesson,
            &cross_validate(&lesson, &priors, 0.5, all_features()),
        );
        assert_eq!((score.missed.len(), score.alarms.len()), (0, 0));
    }

    #[test]
    fn at_the_optimum_the_gradient_is_nothing() {
        let lesson = lesson();
        let priors: Vec<f64> = (0..Feature::ALL.len())
            .map(|i| f64::from(u32::try_from(i % 3).unwrap()))
            .collect();
        let weights = fit_weights(&lesson, &priors, 0.7, all_features(), &|_| true);
        let samples: Vec<(&Sample, f64)> = lesson.samples.iter().map(|s| (s, 1.0)).collect();
        let step = newton_step(&samples, &weights, &priors, 0.7, all_features());
        assert!(step.iter().all(|s| s.abs() < 1e-6), "{step:?}");
    }

    #[test]
    fn no_piece_comes_to_speak_against_its_prior() {
        let mut lesson = lesson();
        // Gives a feature with a positive prior only to values that are not credentials.
        for sample in lesson.samples.iter_mut().filter(|s| !s.leak) {
            sample.features |= 1 << Feature::NearGithub as u32;
        }
        let mut priors = vec![0.0; Feature::ALL.len()];
        let free = fit_weights(&lesson, &priors, 0.5, all_features(), &|_| true);
        assert!(free[Feature::NearGithub as usize] < 0.0);
        priors[Feature::NearGithub as usize] = 1.0;
        let held = fit_weights(&lesson, &priors, 0.5, all_features(), &|_| true);
        assert_eq!(held[Feature::NearGithub as usize], 0.0);
        // With the held weight at zero, the other weights are at their optimum.
        let samples: Vec<(&Sample, f64)> = lesson.samples.iter().map(|s| (s, 1.0)).collect();
        let step = newton_step(&samples, &held, &priors, 0.5, all_features());
        assert!(step.iter().all(|s| s.abs() < 1e-6), "{step:?}");
        assert!(held[Feature::KeyHash as usize] < free[Feature::KeyHash as usize]);
    }

    #[test]
    fn without_the_piece_that_tells_them_apart_nothing_is_found() {
        let lesson = lesson();
        let priors = vec![0.0; Feature::ALL.len()];
        let score = Score::of(
            &lesson,
            &cross_validate(&lesson, &priors, 0.5, without_group(FeatureGroup::Key)),
        );
        assert_eq!(score.missed.len(), score.leaks);
    }
}
