//! The word around a run with its escapes decoded. It is read before a region is decoded: logs are full of escapes
//! and of text like escapes (`id=43f9…`), and hardly any word that they join can contain a token.

use std::ops::Range;

use super::base64;
use super::unit::{self, DecodedPart, EscapeUnit, UnitMeaning};
use crate::detect::forms;
use crate::detect::runs::{self, is_word};
use crate::finding::Layer;
use crate::steps::add_steps;

/// Maximum number of bytes that a word is followed to either side of its run.
const REACH: usize = 1024;

/// Number of possible starts of an escape that are tried before a run: a tag may contain a character reference.
const TRIES: usize = 3;

/// Word with escapes in it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct JoinedWord {
    /// Place of the word, without tags and similar escapes at its borders.
    pub(super) range: Range<usize>,
    /// True if the word contains an escape.
    is_joined: bool,
    /// True if one of its escapes is a character.
    is_escaped: bool,
    /// True if the tail of the escape before the word may be a part of its run.
    is_cut: bool,
}

/// Reads the word around `run` with the escapes of `layer`, if there is one before or after the run. The text before
/// the run is examined only if `before` is set.
pub(super) fn around(
    layer: Layer,
    text: &[u8],
    run: &Range<usize>,
    before: bool,
) -> Option<JoinedWord> {
    // Nearly always there is no escape.
    if unit::joining_unit(layer, &text[run.end..]).is_none()
        && !(before && escape_ending_in(layer, text, run).is_some())
    {
        return None;
    }
    let mut word = JoinedWord {
        range: run.clone(),
        ..JoinedWord::default()
    };
    word.extend_left(layer, text);
    word.extend_right(layer, text);
    Some(word)
}

/// Returns true if tokens and base64 may continue with this byte.
#[inline]
fn is_part(byte: u8) -> bool {
    static PARTS: [bool; 256] = {
        let mut table = [false; 256];
        let mut byte = 0u8;
        while byte < 128 {
            table[byte as usize] = is_word(byte) || matches!(byte, b'+' | b'/' | b'-' | b'.');
            byte += 1;
        }
        table
    };
    PARTS[usize::from(byte)]
}

impl JoinedWord {
    /// Follows the word to its start.
    fn extend_left(&mut self, layer: Layer, text: &[u8]) {
        let floor = self.range.start.saturating_sub(REACH);
        // Characters of the word, the first of which may be the tail of an escape.
        let mut stretch = self.range.clone();
        let mut crossed = false;
        while stretch.start > floor {
            let before = text[floor..stretch.start].iter().rev();
            let more = before.take_while(|b| is_part(**b)).count();
            add_steps(more + 1);
            if more > 0 {
                stretch.start -= more;
                self.range.start = stretch.start;
                self.is_joined |= crossed;
            }
            let Some((begins, unit)) = escape_ending_in(layer, text, &stretch) else {
                return;
            };
            let ends = begins + unit.len;
            if ends > stretch.start {
                self.range.start = ends;
                self.is_cut |= !crossed;
            }
            if !unit.joins_tokens() {
                return;
            }
            crossed = true;
            if unit.means != UnitMeaning::Nothing {
                self.range.start = begins;
                self.is_joined = true;
                self.is_escaped = true;
            }
            stretch = begins..begins;
        }
    }

    /// Follows the word to its end.
    fn extend_right(&mut self, layer: Layer, text: &[u8]) {
        let ceiling = text.len().min(self.range.end + REACH);
        let mut at = self.range.end;
        let mut crossed = false;
        while at < ceiling {
            let more = text[at..ceiling]
                .iter()
                .take_while(|b| is_part(**b))
                .count();
            add_steps(more + 1);
            if more > 0 {
                at += more;
                self.range.end = at;
                self.is_joined |= crossed;
            }
            let Some(unit) = unit::joining_unit(layer, &text[at..]) else {
                return;
            };
            crossed = true;
            at += unit.len;
            if unit.means != UnitMeaning::Nothing {
                self.range.end = at;
                self.is_joined = true;
                self.is_escaped = true;
            }
        }
    }

    /// Returns true if the text around the word is worth decoding. With `anything`, every word with an escape may be;
    /// else the word must be a token of a built-in form, or base64 that may contain one.
    pub(super) fn is_worth_decoding(
        &self,
        layer: Layer,
        text: &[u8],
        anything: bool,
        buffer: &mut Vec<u8>,
    ) -> bool {
        if !self.is_joined && !self.is_cut || self.range.len() < runs::MIN && !anything {
            return false;
        }
        // A word joined by tags only counts with a valid checksum.
        let only_tags = layer == Layer::Html && !self.is_escaped;
        let address = layer == Layer::Percent && !self.is_joined;
        if anything && (self.is_joined && !only_tags || address && self.range.len() >= runs::MIN) {
            return true;
        }
        buffer.clear();
        unit::read(layer, text, self.range.clone(), |part, _| match part {
            DecodedPart::Plain(text) => buffer.extend_from_slice(text),
            DecodedPart::Escape(_, means) => {
                means.with_bytes(|bytes| buffer.extend_from_slice(bytes))
            }
        });
        let holds_prefix = self.is_joined && forms::has_prefix(buffer);
        if only_tags || holds_prefix {
            return holds_prefix;
        }
        // Plain digits are found without decoding, but an address gives context for them.
        (self.is_joined || address) && has_token_digits(buffer) || base64::may_hold_token(buffer)
    }
}

/// Returns true if a word in `text` has as many hex digits as a token without a prefix.
fn has_token_digits(text: &[u8]) -> bool {
    let mut holds = false;
    runs::for_each_shorter(text, |run| holds |= forms::is_digits(&text[run]));
    holds
}

/// Returns the start and the form of the escape that ends at the start of `stretch`, or with its tail in it.
fn escape_ending_in(
    layer: Layer,
    text: &[u8],
    stretch: &Range<usize>,
) -> Option<(usize, EscapeUnit)> {
    let floor = stretch.start.saturating_sub(unit::longest_escape(layer));
    let mut end = stretch.start;
    for _ in 0..TRIES {
        let begins = floor + unit::last_opener(layer, &text[floor..end])?;
        if let Some(unit) = unit::at(layer, &text[begins..])
            && (stretch.start..=stretch.end).contains(&(begins + unit.len))
        {
            return Some((begins, unit));
        }
        end = begins;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::{Mint, Shape};

    /// Returns the word around the first long run of `text`, and true if it is worth decoding.
    fn read(layer: Layer, text: &str) -> (&str, bool) {
        let text = text.as_bytes();
        let mut first = None;
        runs::for_each_shorter(text, |run| first = first.take().or(Some(run)));
        let run = first.unwrap();
        let Some(word) = around(layer, text, &run, true) else {
            return (std::str::from_utf8(&text[run]).unwrap(), false);
        };
        let worth = word.is_worth_decoding(layer, text, false, &mut Vec::new());
        (std::str::from_utf8(&text[word.range]).unwrap(), worth)
    }

    #[test]
    fn a_word_goes_through_escapes_and_stops_at_other_things() {
        let long = "x".repeat(30);
        for (layer, text) in [
            (Layer::Percent, "=[X%41Y%2FZ]%20"),
            (Layer::Percent, "%3D[X%2B%2B]%"),
            (Layer::Json, "\\\"[X\\/Y\\u0041Z]\\\""),
            (Layer::Json, "\\n[X\\u001b[0mY]\\n"),
            (Layer::Html, "<b>[X<wbr>Y&#65;</i>Z]</b>"),
            (Layer::Html, "<p>[X<a href=\"?a&amp;b\">Y]</p>"),
            (Layer::Ansi, "\x1b[1;31m[X\x1b[0m\x1b[32mY]\x1b[0m "),
            (Layer::QuotedPrintable, "=3D[X=\r\nY=5F=\nZ]=20"),
        ] {
            let (before, rest) = text.split_once('[').unwrap();
            let (before, rest) = match before.strip_suffix('\x1b') {
                // The first bracket belongs to the colour.
                Some(_) => text
                    .split_once("m[")
                    .map(|(b, r)| (format!("{b}m"), r))
                    .unwrap(),
                None => (before.to_owned(), rest),
            };
            let (word, behind) = rest.rsplit_once(']').unwrap();
            for place in ["X", "Y", "Z"].iter().filter(|p| word.contains(**p)) {
                // The run replaces one of the letters of the word.
                let at = word.find(*place).unwrap();
                let word = format!("{}{long}{}", &word[..at], &word[at + 1..]);
                let text = format!("{before}{word}{behind}");
                if layer == Layer::Json && *place == "Y" && text.contains("[0m") {
                    // Backwards, a colour in a string is not searched for.
                    continue;
                }
                assert_eq!(read(layer, &text).0, word, "{layer:?} {text:?}");
            }
        }
    }

    #[test]
    fn only_what_may_be_a_token_is_worth_decoding() {
        let mut mint = Mint::new(61);
        for _ in 0..200 {
            let id = String::from_utf8(mint.hex(32)).unwrap();
            let upper = id.to_uppercase();
            for line in [
                format!("request_id={id} method=GET"),
                format!("id={upper}"),
                format!("proctitle=2F7573722F{upper}"),
                format!("{upper}=\n{upper}"),
            ] {
                assert!(!read(Layer::QuotedPrintable, &line).1, "{line}");
            }
            let line = format!("q={id}%20x%2F{upper}%2Fy");
            assert!(!read(Layer::Percent, &line).1, "{line}");
            let sha = String::from_utf8(mint.hex(40)).unwrap();
            assert!(!read(Layer::Ansi, &format!("\x1b[33m{sha}\x1b[0m")).1);
            assert!(
                !read(
                    Layer::Html,
                    &format!("<b>{}</b><i>{}</i>", &sha[..20], &sha[20..])
                )
                .1
            );
            assert!(read(Layer::Percent, &format!("next%3D{sha}%26")).1);
            let token = String::from_utf8(mint.new_token(Shape::Ghp)).unwrap();
            assert!(
                read(
                    Layer::Html,
                    &format!("{}<b>{}</b>", &token[..20], &token[20..])
                )
                .1
            );
            assert!(!read(Layer::Html, &format!("<b>{token}</b>")).1);
            let encoded = data_encoding::BASE64.encode(format!("{token}>>").as_bytes());
            assert!(
                read(
                    Layer::Json,
                    &encoded.replace("=", "\\u003d").replace('+', "\\u002b")
                )
                .1
            );
        }
    }
}
