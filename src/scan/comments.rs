//! Effect of allow comments in a text on its findings.

use super::chunk::ChunkScan;
use super::text::DetectedText;
use crate::accept::Comments;
use crate::accept::comment::{self, AllowComment, Regions};
use crate::detect::Candidate;
use crate::finding::{Acceptance, AcceptedBy};
use crate::span::Span;

impl ChunkScan<'_, '_> {
    /// Returns the acceptance that a comment beside a finding, or a region around it, grants.
    pub(super) fn acceptance_for(
        &mut self,
        text: &DetectedText<'_>,
        candidate: &Candidate,
        place: Span,
        rule_id: &str,
    ) -> Option<Acceptance> {
        let comments = self.scanner.comments;
        if comments == Comments::Ignored {
            return None;
        }
        let accept = |by, reason, source| {
            Some(Acceptance {
                by,
                reason,
                source,
                first_seen: None,
            })
        };
        let bytes = self.chunk.bytes;
        if let Some(note) = comment::find_beside(bytes, place, rule_id, comments) {
            let source = self.line(note.at);
            return accept(AcceptedBy::Comment, self.reason(&note), source);
        }
        // In UTF-16 and UTF-32 the words of a comment are in the decoded text only; they have no place outside it.
        if matches!(text.layers()[..], [layer] if layer.charset().is_some())
            && comment::find_beside(text.bytes, candidate.range, rule_id, comments).is_some()
        {
            let source = self.line(place.start);
            return accept(AcceptedBy::Comment, String::new(), source);
        }
        let from = self.chunk.own.start;
        let open = self.switched_off;
        let regions = self
            .regions
            .get_or_insert_with(|| Regions::find_regions(&bytes[from..], comments, open.cloned()));
        let mut note = regions.comment_at(place.start - from)?.clone();
        if !note.covers_rule(rule_id) {
            return None;
        }
        let source = if from > 0 && note.at == 0 {
            "further above".to_owned()
        } else {
            self.line(note.at + from)
        };
        note.reason = (note.reason.start + from..note.reason.end + from).into();
        accept(AcceptedBy::Region, self.reason(&note), source)
    }

    /// Returns the line of a byte of the chunk, in words.
    fn line(&mut self, at: usize) -> String {
        format!("line {}", self.lines.position(at).line)
    }

    /// Returns the reason that a comment gives, unless it contains a possible secret.
    fn reason(&mut self, note: &AllowComment) -> String {
        const LONGEST: usize = 200;
        let end = note.reason.end.min(note.reason.start + LONGEST);
        let place = Span::from(note.reason.start..end);
        let clean = self
            .outermost
            .shown()
            .places_near(place)
            .iter()
            .all(|s| s.end <= place.start || s.start >= place.end);
        if clean {
            String::from_utf8_lossy(&self.chunk.bytes[place]).into_owned()
        } else {
            String::new()
        }
    }
}
