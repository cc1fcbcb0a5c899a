//! Error of a redaction, with its kind and a sentence for the user.

use std::fmt;
use std::io;

use crate::message::describe_io_error;

/// Reason that a text or a file is left unchanged.
///
/// ```
/// use tokensweep::{RedactErrorKind, ReplacementStyle};
///
/// let error = ReplacementStyle::template("{secret}").unwrap_err();
/// assert_eq!(error.kind(), RedactErrorKind::BadTemplate);
/// assert_eq!(error.to_string(), "there is no field {secret}; use {rule}, {id} or {fingerprint}");
/// ```
#[derive(Debug)]
pub struct RedactError {
    kind: RedactErrorKind,
    sentence: String,
    cause: Option<io::Error>,
}

/// Kind of a [`RedactError`].
///
/// ```
/// use std::path::Path;
/// use tokensweep::{RedactErrorKind, RedactOptions, Scanner};
///
/// // What looks like the start of a zip archive cannot be changed.
/// let text = format!("PK\x03\x04 ghp_{}", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
/// let scanner = Scanner::default();
/// let error = scanner.redact_text(text.as_bytes(), Path::new("a.zip"), &RedactOptions::default());
/// assert_eq!(error.unwrap_err().kind(), RedactErrorKind::Unsafe);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum RedactErrorKind {
    /// An error of the operating system, which is the source of the error.
    Io,
    /// A secret that cannot be replaced without harm to the text around it, or a file that cannot be replaced safely.
    Unsafe,
    /// A template that is written wrongly.
    BadTemplate,
}

impl RedactError {
    /// Creates the error of what cannot be done safely.
    pub(super) fn refusal(sentence: impl Into<String>) -> RedactError {
        RedactError {
            kind: RedactErrorKind::Unsafe,
            sentence: sentence.into(),
            cause: None,
        }
    }

    /// Creates the error of a template that is written wrongly.
    pub(super) fn bad_template(sentence: impl Into<String>) -> RedactError {
        RedactError {
            kind: RedactErrorKind::BadTemplate,
            ..RedactError::refusal(sentence)
        }
    }

    /// Creates the error of the operating system while `doing` something.
    pub(super) fn of_io(doing: &str, error: io::Error) -> RedactError {
        RedactError {
            kind: RedactErrorKind::Io,
            sentence: format!("{doing}: {}", describe_io_error(&error)),
            cause: Some(error),
        }
    }

    /// Returns a function that makes such an error.
    pub(super) fn io_error(doing: &'static str) -> impl Fn(io::Error) -> RedactError {
        move |error| RedactError::of_io(doing, error)
    }

    /// Returns the kind of the error.
    #[must_use]
    pub fn kind(&self) -> RedactErrorKind {
        self.kind
    }
}

impl fmt::Display for RedactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence)
    }
}

impl std::error::Error for RedactError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| cause as _)
    }
}
