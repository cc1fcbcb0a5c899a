//! Replacement of secrets by placeholders. No other byte changes.
//!
//! ```text
//! findings ─► plan ─► edits ─► check ─► file | stream
//!             through the layers a secret was found under ([`encode`])
//! ```
//!
//! This stage gets findings and a way to scan again ([`TextScanner`]). It does not use rules or sources.

#[cfg(feature = "cli")]
mod border;
#[cfg(feature = "cli")]
mod diff;
mod edit;
mod encode;
mod error;
#[cfg(feature = "cli")]
mod file;
#[cfg(feature = "cli")]
mod history;
mod layout;
mod mask;
#[cfg(feature = "cli")]
mod original;
#[cfg(feature = "cli")]
mod packed;
#[cfg(feature = "cli")]
mod place;
mod plan;
mod record;
#[cfg(feature = "cli")]
mod stream;
mod text;
mod verify;
mod wide;

use std::io::{self, Read};
use std::ops::Range;
use std::path::Path;

use crate::finding::{Confidence, Finding};

pub use edit::{Edit, Edited};
pub use error::{RedactError, RedactErrorKind};
#[cfg(feature = "cli")]
pub(crate) use file::RedactedFile;
#[cfg(feature = "cli")]
pub use file::{FileAction, RedactJob, redact_file};
#[cfg(feature = "cli")]
pub(crate) use history::replace_text_file;
pub use mask::ReplacementStyle;
pub(crate) use mask::is_placeholder;
#[cfg(feature = "cli")]
pub(crate) use packed::{PackedBytes, PackedJob, PackedScanner, is_rewritable, redact_container};
pub use plan::plan_edits;
pub use record::{LeftAlone, RedactRecord};
pub(crate) use record::{Remaining, ReplacedSecret};
#[cfg(feature = "cli")]
pub(crate) use stream::filter_stream;
pub use text::RedactedText;
pub(crate) use text::redact_text;

/// Options of redaction. By default, placeholders replace the findings of high confidence that are not accepted.
///
/// ```
/// use tokensweep::{Confidence, RedactOptions, ReplacementStyle};
///
/// let mut options = RedactOptions::default();
/// options.mask = ReplacementStyle::KeepLength;
/// options.min_confidence = Confidence::Medium;
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct RedactOptions {
    /// Replacement of a secret.
    pub mask: ReplacementStyle,
    /// Findings of this confidence and above are replaced.
    pub min_confidence: Confidence,
    /// Findings of this confidence and above are leaks to a scan.
    pub reported_from: Confidence,
    /// True to replace accepted findings as well.
    pub include_accepted: bool,
}

impl Default for RedactOptions {
    fn default() -> Self {
        RedactOptions {
            mask: ReplacementStyle::default(),
            min_confidence: Confidence::High,
            reported_from: Confidence::Medium,
            include_accepted: false,
        }
    }
}

impl RedactOptions {
    /// Returns true if this finding is to be replaced: confident enough, not accepted, and not a placeholder.
    #[must_use]
    pub fn includes_finding(&self, finding: &Finding) -> bool {
        finding.confidence >= self.min_confidence
            && (self.include_accepted || finding.accepted.is_none())
            && !mask::is_placeholder(finding.secret.expose_the_secret())
    }

    /// Returns true if this finding is reported by a scan but not confident enough to be replaced.
    #[must_use]
    pub fn leaves(&self, finding: &Finding) -> bool {
        finding.confidence >= self.reported_from
            && finding.confidence < self.min_confidence
            && finding.accepted.is_none()
            && !mask::is_placeholder(finding.secret.expose_the_secret())
    }
}

/// Scanner of a text under the path by which it is judged. Its findings must include the rewrite context.
pub trait TextScanner: Sync {
    /// Returns all findings in a text that is read once, also those below the confidence that is redacted.
    ///
    /// # Errors
    /// Fails if the text cannot be read to its end.
    fn read(&self, text: &mut dyn Read, path: &Path) -> io::Result<Vec<Finding>>;

    /// Returns all findings in a text in memory.
    fn look(&self, text: &[u8], path: &Path) -> Vec<Finding>;

    /// Returns the parts of a token at the end of a text that may continue after it.
    fn partial_tokens(&self, text: &[u8]) -> Vec<Range<usize>>;

    /// Adds the secrets of these findings: from now on every place that contains one of them whole is a finding.
    fn remember_secrets(&self, findings: &[&Finding]);
}
