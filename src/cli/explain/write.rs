//! Writes an explanation: the value, the decision on it, the steps of its checksum, and every piece of evidence.

use std::fmt::{self, Write as _};
use std::path::Path;

use super::super::exit::Exit;
use super::super::print_text;
use super::super::settings::Settings;
use crate::finding::{Acceptance, Checksum, Confidence, SecretFragments};
use crate::judge::fit::probability_of;
use crate::judge::{HIGH, LOW, MEDIUM, Verdict};
use crate::message::portable_path;
use crate::report::escape_control;
use crate::scan::examine::Examined;
use crate::token::Shape;
use crate::token::checksum::{crc32_base62, sha256_base32};

/// Value to explain, and what is known of it beside the examination of its text.
#[derive(Clone, Copy)]
pub(super) struct ExplainedValue<'e> {
    pub(super) path: &'e Path,
    pub(super) examined: &'e Examined,
    /// Commit that brought it in, for a value in a history.
    pub(super) provenance: Option<&'e str>,
    pub(super) accepted: Option<&'e Acceptance>,
}

/// Prints explanations, without a part of any likely secret among them.
pub(super) fn print_explanations<'e>(
    settings: &Settings,
    values: impl Iterator<Item = ExplainedValue<'e>>,
) -> anyhow::Result<Exit> {
    let mut out = String::new();
    let mut likely = Vec::new();
    for value in values {
        if !out.is_empty() {
            out.push('\n');
        }
        write_explanation(&mut out, settings, value)?;
        likely.extend(value.examined.confidence.map(|_| &value.examined.secret));
    }
    let fragments = SecretFragments::of_secrets(likely.into_iter());
    print_text(fragments.mask_in(&out).as_bytes())
}

/// Writes the explanation of a value.
fn write_explanation(
    out: &mut String,
    settings: &Settings,
    value: ExplainedValue<'_>,
) -> anyhow::Result<()> {
    let ExplainedValue { path, examined, .. } = value;
    let name = portable_path(path);
    let title = settings
        .rules
        .get(&examined.rule_id)
        .map_or("", |r| &*r.title);
    writeln!(
        out,
        "{}:{}:{}: {}",
        escape_control(&name),
        examined.start.line,
        examined.start.column,
        escape_control(&examined.secret.masked())
    )?;
    for layer in &examined.layers {
        writeln!(out, "  decoded from {}", layer.name())?;
    }
    writeln!(out, "  {} ({title})", examined.rule_id)?;
    if let Some(provenance) = value.provenance {
        writeln!(out, "  came in: {}", escape_control(provenance))?;
    }
    let verdict = match value.accepted {
        Some(by) => {
            let details = by.describe_acceptance().join("; ");
            let details = escape_control(&details);
            format!(
                "not reported as a leak: accepted by {}: {details}",
                by.by.name()
            )
        }
        None => describe_verdict(examined, settings.min_confidence),
    };
    writeln!(out, "  {verdict}")?;
    write_checksum_steps(out, examined)?;
    writeln!(out)?;
    write_evidence(out, examined)
}

/// Writes each piece of evidence with its weight, and the sum for a value that was judged by its context.
fn write_evidence(out: &mut String, examined: &Examined) -> anyhow::Result<()> {
    for evidence in &examined.evidence {
        writeln!(
            out,
            "  {:+7.2}  {:18} {}",
            evidence.weight,
            evidence.name,
            escape_control(&evidence.detail)
        )?;
    }
    if let Some(judged) = &examined.verdict {
        write_sum(out, judged)?;
    }
    Ok(())
}

/// Writes the sum of the evidence, and the sums from which each confidence is given.
fn write_sum(out: &mut String, judged: &Verdict) -> fmt::Result {
    let log_odds = judged.log_odds;
    writeln!(out, "  -------")?;
    writeln!(
        out,
        "  {log_odds:+7.2}  the sum, in log-odds: {:.1} % likely to be a credential of GitHub",
        100.0 * probability_of(log_odds)
    )?;
    writeln!(
        out,
        "           low from {LOW:+.2} (10 %), medium above {MEDIUM:+.2} (50 %), high from {HIGH:+.2} (95 %)"
    )?;
    if let Some(settled) = judged.settled {
        writeln!(
            out,
            "           A scan does not weigh this: {}.",
            settled.reason()
        )?;
    }
    Ok(())
}

fn describe_verdict(examined: &Examined, threshold: Confidence) -> String {
    let settled = examined.verdict.as_ref().and_then(|v| v.settled);
    if let (Some(_), Some(settled)) = (examined.confidence, settled) {
        return format!("not reported: {}", settled.reason());
    }
    match examined.confidence {
        None => "not reported: below low, not worth a word".to_owned(),
        Some(level) if level >= threshold => format!("reported: confidence {}", level.name()),
        Some(level) => format!(
            "reported only with --min-confidence {0}: confidence {0}, the threshold is {1}",
            level.name(),
            threshold.name()
        ),
    }
}

/// Writes the calculation of the checksum of a prefixed token, step by step. Of the value it shows only the
/// checksum; the random part stays hidden.
fn write_checksum_steps(out: &mut String, examined: &Examined) -> anyhow::Result<()> {
    let token = examined.secret.expose_the_secret();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let relation = |holds: bool| {
        if holds {
            "equal: it holds"
        } else {
            "different: it does not hold"
        }
    };
    let holds = examined.checksum == Checksum::Valid;
    match examined.shape {
        Some(Shape::Ghp | Shape::Gho | Shape::Ghu | Shape::Ghs | Shape::Ghr | Shape::Npm) => {
            let Some((body, sum)) = token
                .get(4..)
                .and_then(|b| b.split_at_checked(b.len().saturating_sub(6)))
            else {
                return Ok(());
            };
            writeln!(
                out,
                "  checksum: CRC-32 of the {} characters after `{}` is {}, in base62 (0-9A-Za-z, six digits) `{}`;\n  \
                 the token ends in `{}`: {}",
                body.len(),
                text(&token[..4]),
                crc32(body),
                text(&crc32_base62(body)),
                text(sum),
                relation(holds)
            )?;
        }
        Some(Shape::FineGrained) if token.len() == 93 => writeln!(
            out,
            "  checksum: SHA-256 of the first 77 characters, in base32, begins with `{}`;\n  characters 78 to 85 of the \
             token are `{}`: {}",
            text(&sha256_base32(&token[..77])),
            text(&token[77..85]),
            relation(holds)
        )?,
        Some(Shape::GhsStateless) => writeln!(
            out,
            "  checksum: none that can be worked out offline; the form is an app id and a JWT, signed by GitHub:\n  its structure {}",
            if holds {
                "agrees"
            } else {
                "is not that of the tokens that GitHub issues"
            }
        )?,
        _ => {}
    }
    Ok(())
}

/// Returns the CRC-32 as a number, decoded from its base62 digits.
fn crc32(body: &[u8]) -> u64 {
    let digit = |b: u8| {
        crate::token::checksum::BASE62
            .iter()
            .position(|&c| c == b)
            .unwrap_or_default() as u64
    };
    crc32_base62(body)
        .iter()
        .fold(0, |sum, &b| sum * 62 + digit(b))
}
