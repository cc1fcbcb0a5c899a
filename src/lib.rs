//! Finds leaked GitHub tokens, the legacy 40-hex ones too, and tells them from commit SHAs.
//!
//! ```text
//! source ──► detect ──► judge ──► report
//!  bytes     candidates  verdicts └──► redact
//! ```
//!
//! [`scan`] joins the stages, [`cli`] drives them; stages never import each other. Their common types
//! are in [`finding`] and [`span`]; [`rule`] contains the rules, [`accept`] the findings that a team has accepted.
//! `tests/it/layering.rs` holds the table of the modules that each module may use.

pub mod accept;
#[cfg(feature = "cli")]
pub mod cli;
#[cfg(feature = "cli")]
pub mod config;
pub mod container;
pub mod date;
pub mod detect;
pub mod document;
pub mod finding;
pub mod judge;
pub mod redact;
pub mod report;
pub mod rule;
pub mod scan;
pub mod source;
pub mod span;
mod steps;
pub mod token;

pub use finding::{Confidence, Finding};
pub use rule::RuleSet;
pub use scan::{Scanner, ScannerBuilder};
pub use source::ObjectLookup;
