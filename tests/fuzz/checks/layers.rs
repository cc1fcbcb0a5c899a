//! Decoded text: each of its bytes has a place in the text that it was decoded from, and what stands there encodes it.

use std::sync::{Arc, LazyLock};

use tokensweep::RuleSet;
use tokensweep::internals::detect::layer::{self, Decoded, LayerReading};
use tokensweep::internals::detect::{Detection, Detector, Scratch};
use tokensweep::internals::rule;
use tokensweep::internals::span::Span;
use tokensweep::parts::Layer;

use super::{Decisions, RAW, excerpts};

/// A rule that matches nearly everything, so that every decoded text is kept.
const RULE: &str = "[[rule]]\nid = 'own'\ntitle = 'Own'\nregex = '(?s)(?P<secret>.{1,64})'\n";

static DETECTORS: LazyLock<[Detector; 2]> = LazyLock::new(|| {
    let builtin = rule::builtin_rules();
    let own = rule::load::parse("own.toml", RULE.as_bytes(), &builtin);
    let own = own.unwrap_or_else(|e| panic!("{e}"));
    let own = RuleSet::new(own.into_iter().map(Arc::new).collect());
    [builtin, own].map(|rules| Detector::new(&rules))
});

/// Finds the candidates of a text in every layer, and reads windows of it as if all of it were in one.
pub(crate) fn check(input: &[u8]) {
    let text = match input.split_first() {
        Some((&RAW, text)) => text.to_vec(),
        _ => excerpts::compose(&mut Decisions::new(input)),
    };
    for detector in &*DETECTORS {
        check_detection(
            &text,
            &detector.find_candidates(&text, &mut Scratch::default()),
        );
    }
    let mut decisions = Decisions::new(input);
    for _ in 0..4 {
        let from = text.len() * decisions.below(256) / 256;
        let to = from + (text.len() - from) * decisions.below(256) / 255;
        let at = from + (to - from) * decisions.below(256) / 256;
        let mut readings = LayerReading::OF_PLAIN_PIECES.to_vec();
        readings.push(LayerReading::of(Layer::Utf16le));
        readings.push(LayerReading::of(Layer::Utf16be));
        if at < to {
            readings.push(LayerReading::base64(decisions.below(4), at));
        }
        for reading in readings {
            check_region(&text, &layer::read_as(reading, &text, from..to));
        }
    }
    for piece in layer::partial_tokens(&text) {
        assert!(piece.start <= piece.end && piece.end <= text.len());
    }
}

fn check_detection(text: &[u8], found: &Detection) {
    for candidate in &found.candidates {
        let range = &candidate.range;
        assert!(range.start < range.end && range.end <= text.len());
    }
    for (region, inner) in &found.decoded {
        check_region(text, region);
        check_detection(&region.bytes, inner);
    }
}

fn check_region(text: &[u8], region: &Decoded) {
    assert!(region.range.end <= text.len(), "{region:?}");
    if region.layer == Layer::Base64 {
        return check_base64(text, region);
    }
    let all = Span::from(0..region.bytes.len());
    let spans = region.outer_spans(all);
    let in_order = spans.windows(2).all(|pair| pair[0].end < pair[1].start);
    assert!(in_order && spans.iter().all(|s| s.start < s.end && s.end <= text.len()));
    let written: Vec<u8> = spans.iter().flat_map(|s| &text[*s]).copied().collect();
    match region.layer {
        Layer::Wrapped | Layer::Ansi => assert_eq!(written, region.bytes, "{region:?}"),
        Layer::Utf16le | Layer::Utf16be | Layer::Utf32le | Layer::Utf32be => {
            assert_eq!(narrow(region.layer, &written), region.bytes, "{region:?}");
        }
        _ => {}
    }
    let mut at = 0;
    while at < all.end {
        let outer = region.outer_range((at..at + 1).into());
        let step = region.inner_range(outer);
        assert!(step.contains(at), "{region:?}: {at} is not in {step:?}");
        assert_eq!(region.outer_range(step), outer, "{region:?}");
        check_step(text, region, step, outer);
        at = step.end;
    }
}

/// Checks that the bytes at `outer` encode those of `step`.
fn check_step(text: &[u8], region: &Decoded, step: Span, outer: Span) {
    let escapes = [
        Layer::Percent,
        Layer::QuotedPrintable,
        Layer::Json,
        Layer::Html,
    ];
    if escapes.contains(&region.layer) {
        let alone = layer::read_as(LayerReading::of(region.layer), text, outer.into());
        assert_eq!(alone.bytes, region.bytes[step], "{region:?}");
    }
}

/// Checks that the two characters of each byte encode it; a line end may be between them.
fn check_base64(text: &[u8], region: &Decoded) {
    let mut before = 0;
    for at in 0..region.bytes.len() {
        let outer = region.outer_range((at..at + 1).into());
        assert!(before <= outer.start && outer.start < outer.end && outer.end <= text.len());
        before = outer.start;
        let [Some(first), Some(second)] = [outer.start, outer.end - 1].map(|i| sextet(text[i]))
        else {
            panic!("{region:?}: no base64 at {outer:?}");
        };
        let byte = match at % 3 {
            0 => first << 2 | second >> 4,
            1 => first << 4 | second >> 2,
            _ => first << 6 | second,
        };
        assert_eq!(byte & 0xff, u32::from(region.bytes[at]), "{region:?}: {at}");
    }
}

fn sextet(character: u8) -> Option<u32> {
    let value = match character {
        b'A'..=b'Z' => character - b'A',
        b'a'..=b'z' => character - b'a' + 26,
        b'0'..=b'9' => character - b'0' + 52,
        b'+' | b'-' => 62,
        b'/' | b'_' => 63,
        _ => return None,
    };
    Some(u32::from(value))
}

/// Returns wide text as UTF-8.
fn narrow(layer: Layer, bytes: &[u8]) -> Vec<u8> {
    let wide = |unit: [u8; 2]| match layer {
        Layer::Utf16le => u16::from_le_bytes(unit),
        _ => u16::from_be_bytes(unit),
    };
    let wider = |unit: [u8; 4]| match layer {
        Layer::Utf32le => u32::from_le_bytes(unit),
        _ => u32::from_be_bytes(unit),
    };
    let text = match layer {
        Layer::Utf16le | Layer::Utf16be => {
            let units = bytes.as_chunks::<2>().0.iter().copied().map(wide);
            String::from_utf16_lossy(&units.collect::<Vec<u16>>())
        }
        _ => {
            let units = bytes.as_chunks::<4>().0.iter().copied().map(wider);
            let character = |unit| char::from_u32(unit).unwrap_or(char::REPLACEMENT_CHARACTER);
            units.map(character).collect()
        }
    };
    text.into_bytes()
}
