//! Text with its candidates, the texts decoded from it, and the places that excerpts mask.

use std::cell::OnceCell;
use std::ops::Range;
use std::sync::Arc;

use crate::detect::layer::Decoded;
use crate::detect::{CandidateKind, Detection};
use crate::finding::{Layer, RewriteContext};
use crate::judge;
use crate::span::Span;

/// Text with its candidates: the chunk itself, or a region decoded from another text.
pub(super) struct DetectedText<'t> {
    pub(super) bytes: &'t [u8],
    pub(super) detection: &'t Detection,
    pub(super) outer: Option<(&'t DetectedText<'t>, &'t Decoded)>,
    /// Shared copy of the region, for the findings in it that keep it.
    pub(super) kept: OnceCell<Arc<Decoded>>,
    /// Places that an excerpt of the text must mask; gathered for the first one.
    pub(super) shown: OnceCell<MaskedPlaces>,
    /// Text cache of the judge.
    pub(super) cache: judge::TextCache,
}

impl<'t> DetectedText<'t> {
    /// Creates a text that is not encoded.
    pub(super) fn whole(bytes: &'t [u8], detection: &'t Detection) -> Self {
        DetectedText {
            bytes,
            detection,
            outer: None,
            kept: OnceCell::new(),
            shown: OnceCell::new(),
            cache: judge::TextCache::default(),
        }
    }

    /// Creates a text decoded from `outer`.
    pub(super) fn from_region(
        outer: &'t DetectedText<'t>,
        decoded: &'t Decoded,
        detection: &'t Detection,
    ) -> Self {
        DetectedText {
            outer: Some((outer, decoded)),
            ..DetectedText::whole(&decoded.bytes, detection)
        }
    }
}

impl DetectedText<'_> {
    /// Returns the place of `inner` in the chunk.
    pub(super) fn range_in_chunk(&self, inner: Span) -> Span {
        match self.outer {
            Some((outer, decoded)) => outer.range_in_chunk(decoded.outer_range(inner)),
            None => inner,
        }
    }

    /// Returns true if reports can show this text: it is the chunk, or the chunk decoded from its charset.
    fn is_readable(&self) -> bool {
        self.outer.is_none_or(|(outer, decoded)| {
            outer.outer.is_none() && decoded.layer.charset().is_some()
        })
    }

    /// Returns the readable text that contains `inner`, and the place of `inner` in it.
    pub(super) fn readable(&self, inner: Span) -> (&DetectedText<'_>, Span) {
        match self.outer {
            Some((outer, decoded)) if !self.is_readable() => {
                outer.readable(decoded.outer_range(inner))
            }
            _ => (self, inner),
        }
    }

    /// Returns the places in this text, which must be readable, that excerpts must mask.
    pub(super) fn shown(&self) -> &MaskedPlaces {
        self.shown.get_or_init(|| {
            let mut places = Vec::new();
            gather_places(self.outermost(), &mut places);
            if let Some((_, decoded)) = self.outer {
                let near = |p: &Span| p.start < decoded.range.end && decoded.range.start < p.end;
                places.retain(near);
                places.iter_mut().for_each(|p| *p = decoded.inner_range(*p));
            }
            MaskedPlaces::new(places)
        })
    }

    /// Returns the layers that this text was decoded from, outermost first.
    pub(super) fn layers(&self) -> Vec<Layer> {
        let mut layers = self
            .outer
            .map_or_else(Vec::new, |(outer, _)| outer.layers());
        layers.extend(self.outer.map(|(_, decoded)| decoded.layer));
        layers
    }

    /// Returns the regions that this text was decoded from, outermost first.
    pub(super) fn regions(&self) -> Vec<Arc<Decoded>> {
        let Some((outer, decoded)) = self.outer else {
            return Vec::new();
        };
        let mut regions = outer.regions();
        let kept = self.kept.get_or_init(|| Arc::new(decoded.clone()));
        regions.push(Arc::clone(kept));
        regions
    }

    /// Returns the rewrite context that the redactor needs to replace the bytes at `place` of this text.
    pub(super) fn rewrite_context(&self, place: Span, offset: u64) -> RewriteContext {
        let regions = self.regions();
        let binary = match regions.first() {
            Some(region) if region.layer.charset().is_some() => {
                let (readable, place) = self.readable(place);
                let near = around(readable.bytes, place);
                memchr::memchr(0, near).is_some()
                    || memchr::memmem::find(near, "\u{fffd}".as_bytes()).is_some()
            }
            _ => {
                let place = self.range_in_chunk(place);
                memchr::memchr(0, around(self.outermost().bytes, place)).is_some()
            }
        };
        RewriteContext {
            offset,
            regions,
            place,
            binary,
        }
    }

    /// Returns the text of the chunk.
    pub(super) fn outermost(&self) -> &DetectedText<'_> {
        self.outer.map_or(self, |(outer, _)| outer.outermost())
    }
}

/// Returns the places of the candidates whose form alone proves nothing.
pub(super) fn judged_ranges(detection: &Detection) -> Vec<Range<usize>> {
    // There are none or many, and nearly all are judged.
    let mut out = Vec::with_capacity(detection.candidates.len());
    let judged = detection
        .candidates
        .iter()
        .filter(|c| matches!(c.kind, CandidateKind::Shape(shape, _) if shape.is_judged()));
    out.extend(judged.map(|c| c.range.offsets()));
    out
}

/// Returns the bytes near `place`.
pub(super) fn around(text: &[u8], place: Span) -> &[u8] {
    const NEAR: usize = 256;
    let end = text.len().min(place.end.saturating_add(NEAR));
    &text[place.start.saturating_sub(NEAR).min(end)..end]
}

/// Number of bytes of a long line that a snippet may use, on either side of a finding.
pub(super) const SNIPPET_REACH: usize = 256;

/// Places of all candidates in a text, decoded ones too, which a snippet must mask.
pub(super) struct MaskedPlaces {
    pub(super) places: Vec<Span>,
    /// Furthest end of the places up to each one.
    pub(super) ends: Vec<usize>,
}

impl MaskedPlaces {
    fn new(mut places: Vec<Span>) -> Self {
        places.sort_unstable_by_key(|p| (p.start, p.end));
        let mut furthest = 0;
        let ends = places
            .iter()
            .map(|p| {
                furthest = p.end.max(furthest);
                furthest
            })
            .collect();
        MaskedPlaces { places, ends }
    }

    /// Returns all places that overlap `line`, and perhaps some others.
    pub(super) fn places_near(&self, line: Span) -> &[Span] {
        let from = self.ends.partition_point(|&end| end <= line.start);
        let to = self.places.partition_point(|p| p.start < line.end);
        &self.places[from.min(to)..to]
    }
}

fn gather_places(text: &DetectedText<'_>, places: &mut Vec<Span>) {
    let own = text.detection.candidates.iter();
    places.extend(own.map(|c| text.range_in_chunk(c.range)));
    for (decoded, detection) in &text.detection.decoded {
        let inner = DetectedText::from_region(text, decoded, detection);
        gather_places(&inner, places);
    }
}
