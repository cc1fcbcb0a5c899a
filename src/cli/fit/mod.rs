//! `tokensweep fit`: fits the judge's weights to labelled cases, and reports their quality.

mod case;

use std::fmt::Write as _;
use std::path::PathBuf;

use anyhow::bail;
use clap::Args;

use super::exit::Exit;
use super::print_text;
use crate::judge::feature::{Feature, FeatureGroup};
use crate::judge::fit::{self, Dataset, Sample, Score};
use crate::judge::model::Model;

use crate::scan::Scanner;
use crate::token::Mint;

#[derive(Args, Debug)]
pub(super) struct FitArgs {
    /// Files of labelled cases, JSON lines with `id`, `kind` or `label`, `path`, `text`, `source`, and optionally
    /// `beside` (text of another file) and `objects` (of the repository around).
    #[arg(value_name = "CASES", required = true)]
    cases: Vec<PathBuf>,

    /// Cases that are only judged, not used for the fit (repeatable).
    #[arg(long, value_name = "CASES")]
    held_out: Vec<PathBuf>,

    /// Print the weights file instead of the report.
    #[arg(long)]
    weights: bool,

    /// Force that holds the weights to their priors.
    #[arg(long, value_name = "NUMBER", default_value_t = 0.7)]
    strength: f64,

    /// Start from zero instead of from the priors, for the weights of the cases alone.
    #[arg(long)]
    no_priors: bool,

    /// Seed of the values that fill the placeholders.
    #[arg(long, value_name = "NUMBER", default_value_t = 1)]
    seed: u64,
}

pub(super) fn run(args: &FitArgs) -> anyhow::Result<Exit> {
    if !(args.strength > 0.0 && args.strength.is_finite()) {
        bail!("--strength must be a number above 0, such as 1");
    }
    let lesson = build_dataset(&args.cases, args.seed)?;
    let model = Model::builtin();
    let prior = |p: &Feature| if args.no_priors { 0.0 } else { model.prior(*p) };
    let priors: Vec<f64> = Feature::ALL.iter().map(prior).collect();
    let weights = fit::fit_weights(
        &lesson,
        &priors,
        args.strength,
        fit::all_features(),
        &|_| true,
    );
    if args.weights {
        return print_text(write_weights_file(&priors, &weights).as_bytes());
    }
    let mut report = String::new();
    let crossed = fit::cross_validate(&lesson, &priors, args.strength, fit::all_features());
    write_score(&mut report, "cross-validated by source", &lesson, &crossed);
    write_reliability(&mut report, &lesson, &crossed);
    write_ablation(&mut report, &lesson, &priors, args.strength);
    let own = fit::predict_all(&lesson, &weights, fit::all_features());
    write_score(&mut report, "fitted on all of it", &lesson, &own);
    if !args.held_out.is_empty() {
        let held_out = self::build_dataset(&args.held_out, args.seed)?;
        let predicted = fit::predict_all(&held_out, &weights, fit::all_features());
        write_score(&mut report, "never learnt from", &held_out, &predicted);
        write_reliability(&mut report, &held_out, &predicted);
    }
    print_text(report.as_bytes())
}

/// Reads the cases of these files, fills them and collects the features of their values.
fn build_dataset(paths: &[PathBuf], seed: u64) -> anyhow::Result<Dataset> {
    let scanner = Scanner::default();
    let mut lesson = Dataset::default();
    for path in paths {
        for (number, case) in case::read(path)?.iter().enumerate() {
            let Some(leak) = case.is_leak() else { continue };
            let mut mint = Mint::new(seed.wrapping_mul(1_000_003).wrapping_add(number as u64));
            let filled = case::fill_case(case, &mut mint)?;
            let index = lesson.cases.len();
            lesson.cases.push(fit::DatasetCase {
                id: case.id.clone(),
                source: case.source.clone(),
                leak,
            });
            let (text, path) = (filled.text.as_bytes(), case.path.as_ref());
            let mut all = scanner.examine_with_lookup(text, path, &filled.objects);
            scanner.apply_hashes_from_text(filled.beside.as_bytes(), &mut all);
            for examined in all {
                let Some(verdict) = &examined.verdict else {
                    continue;
                };
                let planted = filled
                    .planted
                    .iter()
                    .any(|v| examined.secret.expose_the_secret().ends_with(v.as_bytes()));
                lesson.samples.push(Sample {
                    case: index,
                    features: verdict.features,
                    settled: verdict.settled.is_some(),
                    // The complete credential of a case may be written in its text, without a placeholder.
                    leak: leak && (planted || filled.planted.is_empty()),
                });
            }
        }
    }
    Ok(lesson)
}

fn write_score(out: &mut String, title: &str, lesson: &Dataset, log_odds: &[f64]) {
    let score = Score::of(lesson, log_odds);
    let _ = writeln!(
        out,
        "{title}: recall {:.4} ({} of {}), precision {:.4}, alarms in {} cases ({:.2} % of {} innocent ones)",
        score.recall(),
        score.leaks - score.missed.len(),
        score.leaks,
        score.precision(),
        score.alarms.len(),
        100.0 * score.alarm_rate(),
        score.innocent,
    );
    let _ = writeln!(
        out,
        "  missed: {}\n  alarms: {}",
        score.missed.join(" "),
        score.alarms.join(" ")
    );
}

fn write_reliability(out: &mut String, lesson: &Dataset, log_odds: &[f64]) {
    let _ = writeln!(out, "  probability        values  predicted  observed");
    for bin in fit::reliability(lesson, log_odds) {
        let _ = writeln!(
            out,
            "  {:.2} to {:.2}  {:12}  {:9.3}  {:8.3}",
            bin.from, bin.to, bin.count, bin.predicted, bin.observed
        );
    }
}

/// Reports the effect of each feature group: the same figures without it.
fn write_ablation(out: &mut String, lesson: &Dataset, priors: &[f64], strength: f64) {
    let _ = writeln!(out, "  without      recall  precision  alarms");
    for group in FeatureGroup::ALL {
        if group == FeatureGroup::Prior {
            continue;
        }
        let crossed = fit::cross_validate(lesson, priors, strength, fit::without_group(group));
        let score = Score::of(lesson, &crossed);
        let _ = writeln!(
            out,
            "  {:10}  {:7.4}  {:9.4}  {:6}",
            group.name(),
            score.recall(),
            score.precision(),
            score.alarms.len()
        );
    }
}

/// Returns the text of the weights file.
fn write_weights_file(priors: &[f64], weights: &[f64]) -> String {
    let mut out = String::from(
        "# The prior and the weight of every feature, natural log-odds: the prior is what we would say without a single case,\n\
         # the weight what the labelled cases made of it. `tokensweep fit --weights` prints this file; change the priors by hand.\n\n\
         [feature]\n",
    );
    for ((feature, prior), weight) in Feature::ALL.iter().zip(priors).zip(weights) {
        let _ = writeln!(out, "{} = [{prior:.2}, {weight:.3}]", feature.name());
    }
    out
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::judge::model::WEIGHTS;

    /// Environment variable that makes the test write the weights instead of comparing them.
    const REFRESH: &str = "TOKENSWEEP_REFRESH_WEIGHTS";

    fn cases(names: &[&str]) -> Dataset {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/cases/");
        let paths: Vec<PathBuf> = names
            .iter()
            .map(|n| format!("{folder}{n}.jsonl").into())
            .collect();
        build_dataset(&paths, 1).unwrap()
    }

    fn learnt() -> Dataset {
        cases(&["corpus", "leaks", "innocent"])
    }

    fn shipped(lesson: &Dataset) -> Score {
        let weights: Vec<f64> = Feature::ALL
            .iter()
            .map(|p| Model::builtin().weight(*p))
            .collect();
        Score::of(
            lesson,
            &fit::predict_all(lesson, &weights, fit::all_features()),
        )
    }

    fn weights_of(text: &str) -> Vec<(String, f64)> {
        let rows = text.lines().filter_map(|line| line.split_once(" = ["));
        rows.map(|(name, numbers)| {
            let weight = numbers.trim_end_matches(']').split(", ").nth(1).unwrap();
            (name.to_owned(), weight.parse().unwrap())
        })
        .collect()
    }

    #[test]
    fn the_shipped_weights_are_what_the_cases_of_the_repository_make_of_the_priors() {
        const TOLERANCE: f64 = 0.01;
        let lesson = learnt();
        let priors: Vec<f64> = Feature::ALL
            .iter()
            .map(|p| Model::builtin().prior(*p))
            .collect();
        let fitted = fit::fit_weights(&lesson, &priors, 0.7, fit::all_features(), &|_| true);
        let text = write_weights_file(&priors, &fitted);
        if std::env::var_os(REFRESH).is_some() {
            let path = concat!(env!("CARGO_MANIFEST_DIR"), "/rules/judge/weights.toml");
            let mut out = std::fs::File::create(path).unwrap();
            out.write_all(text.as_bytes()).unwrap();
            return;
        }
        let (wanted, found) = (weights_of(&text), weights_of(WEIGHTS));
        assert_eq!(wanted.len(), Feature::ALL.len());
        for ((name, wanted), (other, found)) in wanted.iter().zip(&found) {
            assert!(
                name == other && (wanted - found).abs() <= TOLERANCE,
                "{name}: fitted {wanted}, in rules/judge/weights.toml {found}; run the test with {REFRESH}=1"
            );
        }
    }

    #[test]
    fn the_shipped_weights_hold_recall_and_alarms_on_all_cases() {
        let score = shipped(&learnt());
        assert!(
            score.leaks > 700 && score.innocent > 850,
            "{} {}",
            score.leaks,
            score.innocent
        );
        assert!(score.recall() >= 0.98, "missed: {:?}", score.missed);
        assert!(score.alarm_rate() <= 0.011, "alarms: {:?}", score.alarms);
    }

    #[test]
    fn the_shipped_weights_hold_recall_and_alarms_on_cases_that_they_never_saw() {
        let score = shipped(&cases(&["held-out"]));
        assert!(score.recall() >= 0.92, "missed: {:?}", score.missed);
        assert!(score.alarm_rate() <= 0.02, "alarms: {:?}", score.alarms);
        let score = shipped(&cases(&["blind"]));
        assert!(score.recall() >= 0.99, "missed: {:?}", score.missed);
        assert!(score.alarm_rate() <= 0.01, "alarms: {:?}", score.alarms);
    }
}
