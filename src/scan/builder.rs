//! Settings of a scanner.

use std::sync::Arc;

use crate::accept::Comments;
use crate::container::ContainerLimits;
use crate::finding::Confidence;
use crate::rule::RuleSet;
use crate::source::ObjectLookup;

/// Settings of a [`Scanner`](crate::Scanner).
///
/// ```
/// use tokensweep::{Confidence, Scanner};
///
/// let scanner = Scanner::builder()
///     .min_confidence(Confidence::Low)
///     .accept_by_comments()
///     .containers(None)
///     .build();
/// assert!(!scanner.opens_containers());
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct ScannerBuilder {
    pub(super) rules: RuleSet,
    pub(super) min_confidence: Confidence,
    pub(super) spreads_from: Confidence,
    pub(super) keep_enclosures: bool,
    pub(super) comments: Comments,
    pub(super) containers: Option<ContainerLimits>,
    pub(super) objects: Option<Arc<dyn ObjectLookup>>,
}

impl Default for ScannerBuilder {
    fn default() -> Self {
        ScannerBuilder {
            rules: RuleSet::default(),
            min_confidence: Confidence::Medium,
            spreads_from: Confidence::Medium,
            keep_enclosures: false,
            comments: Comments::default(),
            containers: Some(ContainerLimits::default()),
            objects: None,
        }
    }
}

impl ScannerBuilder {
    /// Sets the rules. The default is the built-in ones.
    pub fn rules(mut self, rules: RuleSet) -> Self {
        self.rules = rules;
        self
    }

    /// Sets the lowest confidence that is reported. The default is [`Confidence::Medium`].
    pub fn min_confidence(mut self, confidence: Confidence) -> Self {
        self.min_confidence = confidence;
        self
    }

    /// Sets the confidence from which a finding makes every other place of its value a finding.
    pub fn spread_confidence(mut self, confidence: Confidence) -> Self {
        self.spreads_from = confidence;
        self
    }

    /// Makes comments of this program in a scanned text accept the findings beside them. By default no comment counts.
    pub fn accept_by_comments(self) -> Self {
        self.comments(Comments::Own)
    }

    /// Makes the comments of this program and of other scanners accept the findings beside them.
    pub fn accept_by_foreign_comments(self) -> Self {
        self.comments(Comments::Compat)
    }

    /// Sets the comments that accept findings.
    pub(crate) fn comments(mut self, comments: Comments) -> Self {
        self.comments = comments;
        self
    }

    /// Sets the limits on the reading of archives and compressed files. With `None` none is opened.
    pub fn containers(mut self, limits: Option<ContainerLimits>) -> Self {
        self.containers = limits;
        self
    }

    /// Sets the object lookup for texts, streams and files.
    ///
    /// Without one, a scan of files looks in the repositories around each file (with the feature `git`), and a scan of a
    /// text or a stream looks nowhere. A scan of a repository always looks in that repository.
    pub fn object_lookup(mut self, lookup: impl ObjectLookup + 'static) -> Self {
        self.objects = Some(Arc::new(lookup));
        self
    }

    /// Makes the scanner add the rewrite context to its findings.
    #[doc(hidden)]
    pub fn rewrite_context(mut self) -> Self {
        self.keep_enclosures = true;
        self
    }
}
