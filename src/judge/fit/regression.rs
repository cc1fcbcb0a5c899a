//! Logistic regression towards the priors, by Newton's method.

use super::dataset::{Dataset, DatasetCase, Sample};
use crate::judge::feature::Feature;
use crate::judge::score::probability_of;

/// Change of a weight below which Newton's method ends.
const ENOUGH: f64 = 1e-9;

/// Fits weights to the samples of the cases for which `take` is true. `strength` is the force that holds the weights to
/// `priors`; features outside `mask` have no weight. The sign of a weight never differs from the sign of its prior, so
/// a weight may end at zero. Only a weight with a prior of zero may have either sign.
#[must_use]
pub(crate) fn fit_weights(
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

/// Returns the sum of the weights of these features, one bit each.
pub(super) fn sum_weights(weights: &[f64], bits: u128) -> f64 {
    weights
        .iter()
        .enumerate()
        .filter(|(i, _)| bits >> i & 1 == 1)
        .map(|(_, w)| w)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::super::{Score, all_features, cross_validate, without_group};
    use super::*;
    use crate::judge::feature::FeatureGroup;

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
