//! Headers of requests that authorise.

use super::name_kinds::is_generic;
use super::reader::{Slot, SlotKind, SlotReader, is_word_byte};
use crate::judge::vocabulary::lists;

impl SlotReader<'_> {
    /// Returns the slot after the scheme of an authorization header: `Authorization: Bearer value`.
    pub(crate) fn slot_after_scheme(&self, at: usize) -> Option<Slot> {
        let line = &self.text[self.floor..at];
        let len = line.iter().rev().take_while(|b| is_word_byte(**b)).count();
        let word = at - len..at;
        if !lists().schemes.contains_any_case(&self.text[word.clone()]) {
            return None;
        }
        let joint = |mut at: usize| {
            while let Some(
                b' ' | b'\t' | b'"' | b'\'' | b'`' | b'\\' | b'=' | b'>' | b':' | b',' | b'('
                | b'-' | b']',
            ) = self.byte(at)
            {
                let quote = matches!(self.byte(at), Some(b'"' | b'\'' | b'`'));
                at -= 1;
                // Prefix of a string literal: f"", $"".
                if quote
                    && matches!(self.byte(at), Some(b'f' | b'r' | b'$' | b'@'))
                    && !self.byte(at - 1).is_some_and(is_word_byte)
                {
                    at -= 1;
                }
            }
            at
        };
        let mut header = joint(word.start);
        let mut key = self.key(header);
        // A format function between the two is not the name: `Add("Authorization", string.Format("token {0}",`.
        if lists()
            .header_formats
            .suffix_of(&self.text[key.clone()])
            .is_some()
        {
            header = joint(key.start);
            key = self.key(header);
        }
        // `"name": "authorization", "value": "basic ..."`.
        if is_generic(&self.text[key.clone()])
            && let Some(name) = self.sibling_name(key.start, at)
        {
            key = name;
        }
        let named = lists().login_headers.ends_any_case(&self.text[key.clone()]);
        (header < word.start && named).then(|| Slot::new(SlotKind::AuthHeader, key))
    }
}
