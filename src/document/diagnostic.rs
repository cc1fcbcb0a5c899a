//! Mistakes in a file that a person wrote.

use std::fmt;

use crate::span::Position;

/// Mistake in a file, with its place.
///
/// ```
/// use tokensweep::RuleSet;
///
/// let mistakes = RuleSet::default().add_toml("r.toml", b"[[rule]]\nid = 'A'\n").unwrap_err();
/// for mistake in mistakes.iter() {
///     println!("{:?} {}", mistake.at, mistake.message);
/// }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Diagnostic {
    /// File, as the user named it.
    pub file: String,
    /// Place, or `None` for the file as a whole.
    pub at: Option<Position>,
    /// Description of the mistake, with the correct form.
    pub message: String,
}

impl Diagnostic {
    /// Creates a mistake that concerns a file as a whole.
    pub fn for_file(file: &str, message: impl Into<String>) -> Self {
        Diagnostic {
            file: file.to_owned(),
            at: None,
            message: message.into(),
        }
    }
}

impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.at {
            Some(Position { line, column }) => {
                write!(f, "{}:{line}:{column}: {}", self.file, self.message)
            }
            None => write!(f, "{}: {}", self.file, self.message),
        }
    }
}

/// All mistakes in a file, in the order of the file.
///
/// ```
/// use tokensweep::RuleSet;
///
/// let mistakes = RuleSet::default().add_toml("r.toml", b"[[rules]]").unwrap_err();
/// let text = "r.toml:1:3: a rule file has no key `rules`; did you mean `rule`?";
/// assert_eq!(mistakes.to_string(), text);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostics(pub(crate) Vec<Diagnostic>);

impl Diagnostics {
    /// Iterates over the mistakes, in the order of the file. There is at least one.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Diagnostic> {
        self.0.iter()
    }
}

impl From<Diagnostic> for Diagnostics {
    fn from(mistake: Diagnostic) -> Self {
        Diagnostics(vec![mistake])
    }
}

impl fmt::Display for Diagnostics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, mistake) in self.0.iter().enumerate() {
            let line_break = if i == 0 { "" } else { "\n" };
            write!(f, "{line_break}{mistake}")?;
        }
        Ok(())
    }
}

impl std::error::Error for Diagnostics {}
