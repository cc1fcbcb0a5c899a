//! Reading of the keys of a rule that hold its pattern: `regex` with `keywords` and `confidence`, `shapes`, `judged`.

use std::sync::Arc;

use super::{Rule, RulePattern, expression, rule_for_shape};
use crate::document::Table;
use crate::finding::Confidence;
use crate::token::Shape;

const CONFIDENCES: [(&str, Confidence); 3] = [
    ("low", Confidence::Low),
    ("medium", Confidence::Medium),
    ("high", Confidence::High),
];

/// Reads the pattern of a rule. Mistakes are noted in the document. `None` if there is no usable pattern.
pub(super) fn read_pattern(
    table: &Table<'_>,
    id: Option<&str>,
    builtin: Option<&[Arc<Rule>]>,
) -> Option<RulePattern> {
    let judged = table.boolean_value("judged") == Some(true);
    let ways = [table.has("shapes"), table.has("regex"), judged];
    match ways.iter().filter(|w| **w).count() {
        1 => {}
        0 => {
            table.report_mistake(
                "a rule needs a pattern; add regex = '…' with a group (?<secret>…), or shapes = [\"…\"]",
            );
            return None;
        }
        _ => {
            table.report_mistake("a rule has one pattern; keep `regex` or `shapes` and make another rule of the other");
            return None;
        }
    }
    if table.has("regex") {
        return read_regex(table);
    }
    for key in ["keywords", "confidence"] {
        if table.has(key) {
            table.report_mistake_in(key, format!("`{key}` goes with `regex` only; leave it out"));
        }
    }
    if judged {
        check_judged(table, id, builtin);
        return Some(RulePattern::Judged);
    }
    Some(RulePattern::Shapes(read_shapes(table, id, builtin)))
}

fn read_regex(table: &Table<'_>) -> Option<RulePattern> {
    let source = table.required_string("a rule", "regex");
    let keywords = table.string_list("keywords");
    let confidence = table.choice_value("confidence", &CONFIDENCES);
    let source = source?;
    let words: Vec<&str> = keywords.iter().map(|k| k.value).collect();
    let (wrong, bad_keywords) = expression::check(source.value, &words);
    for error in wrong {
        match error.at {
            Some(at) => {
                let character = source.value[..at].chars().count() + 1;
                source.report_mistake_at(
                    at,
                    format!("in `regex`, at character {character}: {}", error.message),
                );
            }
            None => source.report_mistake(format!("in `regex`: {}", error.message)),
        }
    }
    for (index, message) in bad_keywords {
        keywords[index].report_mistake(message);
    }
    Some(RulePattern::Regex {
        source: source.value.to_owned(),
        keywords: words.iter().map(|w| (*w).to_owned()).collect(),
        confidence: confidence.unwrap_or(Confidence::Medium),
    })
}

fn read_shapes(table: &Table<'_>, id: Option<&str>, builtin: Option<&[Arc<Rule>]>) -> Vec<Shape> {
    let names = table.string_list("shapes");
    if names.is_empty() && table.has("shapes") {
        table.report_mistake_in("shapes", "`shapes` is empty; name at least one");
    }
    let known: Vec<&str> = Shape::ALL.iter().map(|s| s.name()).collect();
    let mut shapes = Vec::new();
    for name in names {
        let Some(shape) = Shape::from_name(name.value) else {
            name.report_mistake(format!(
                "there is no shape `{}`; write one of: {}",
                name.value,
                known.join(", ")
            ));
            continue;
        };
        let owner = builtin.and_then(|rules| rule_for_shape(rules, shape));
        if let Some(owner) = owner.filter(|o| shape.is_judged() && id != Some(&*o.id)) {
            name.report_mistake(format!(
                "`{}` is told from a SHA by the judge, which names the rule `{}`; give your rule that id",
                name.value, owner.id
            ));
        }
        shapes.push(shape);
    }
    shapes
}

/// Checks a judged rule. The judge refers to it by its id, so a user's can only replace a built-in one.
fn check_judged(table: &Table<'_>, id: Option<&str>, builtin: Option<&[Arc<Rule>]>) {
    let Some(builtin) = builtin else { return };
    let judged: Vec<&str> = builtin
        .iter()
        .filter(|r| matches!(r.pattern, RulePattern::Judged))
        .map(|r| &*r.id)
        .collect();
    if !id.is_some_and(|id| judged.contains(&id)) {
        table.report_mistake_in(
            "judged",
            format!(
                "only the rules that the judge names can be `judged` ({}); write a `regex`",
                judged.join(", ")
            ),
        );
    }
}
