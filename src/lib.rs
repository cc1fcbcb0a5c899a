//! Finds leaked GitHub tokens, the legacy 40-hex ones too, and tells them from commit SHAs.
//!
//! ```text
//! source ──► detect ──► judge ──► report
//!  bytes     candidates  verdicts └──► redact
//! ```
//!
//! A [`Scanner`] finds the secrets in a text, a stream, files or a repository. [`Scanner::redact_text`] replaces them, and
//! [`write_report`] writes them down.
//!
//! ```
//! use std::path::Path;
//! use tokensweep::{Confidence, Scanner};
//!
//! // A token of nobody, with a valid checksum. It is in two parts, so that no scanner finds it here.
//! let text = format!("GITHUB_TOKEN=ghp_{}\n", "0123456789abcdefghijABCDEFGHIJ3mpbCX");
//! let findings = Scanner::default().scan_text(text.as_bytes(), Path::new(".env"));
//! assert_eq!(findings[0].confidence, Confidence::Certain);
//! assert_eq!((findings[0].start.line, findings[0].start.column), (1, 14));
//! ```
//!
//! Features, all on by default: `archives` opens archives, `documents` opens mails, documents
//! and databases, `columns` reads columns of tables, `pictures` reads the text of pictures by tesseract, `git` scans
//! repositories, `cli` is the program.
// The modules are private. `tests/it/layering.rs` holds the table of the modules that each one may use.

#![cfg_attr(
    not(feature = "cli"),
    allow(
        dead_code,
        unreachable_pub,
        unused_imports,
        reason = "the program uses more of the stages than the library exports"
    )
)]
#![cfg_attr(
    all(feature = "cli", not(feature = "archives")),
    allow(
        dead_code,
        reason = "containers have readers, and so members, only with it"
    )
)]

mod accept;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "columns")]
mod column;
#[cfg(feature = "cli")]
mod config;
mod container;
mod date;
mod detect;
mod document;
#[cfg(feature = "git")]
mod file_replacement;
mod finding;
#[cfg(feature = "cli")]
mod import;
mod judge;
mod message;
#[cfg(any(feature = "documents", feature = "git"))]
mod patch;
mod redact;
mod report;
mod rule;
mod scan;
mod source;
mod span;
mod steps;
mod threads;
mod token;

pub use container::ContainerLimits;
pub use document::Diagnostics;
pub use finding::{Checksum, Confidence, Finding, Outcome, Secret, Severity};
pub use redact::{
    Edit, RedactError, RedactErrorKind, RedactOptions, RedactedText, ReplacementStyle,
};
pub use report::{ReportFormat, ReportOptions, write as write_report};
pub use rule::{Rule, RuleSet};
pub use scan::{RowScanner, Scanner, ScannerBuilder, StopFlag};
pub use source::{ObjectLookup, WalkOptions};
pub use span::Position;

/// Parts of findings, outcomes and errors: types of fields, which a caller reads and seldom names.
pub mod parts {
    pub use crate::document::Diagnostic;
    pub use crate::finding::{
        Acceptance, Evidence, Layer, Origin, OriginKind, SharedOrigin, Skip, Snippet,
    };
}

/// Repositories, and options of their scans.
#[cfg(feature = "git")]
pub mod git {
    pub use crate::source::git::{
        CommitSelection, GitError, GitErrorKind, HistoryOptions, RangeOptions, Repository,
        RepositoryPart, StagedOptions,
    };
}

/// Parts of the crate that its program, tests, benches and fuzz targets need. Not part of the interface: a version
/// with the same number may change anything here.
#[doc(hidden)]
#[cfg(feature = "cli")]
pub mod internals {
    pub mod accept {
        pub use crate::accept::{Baseline, PathRule};
    }
    pub mod cli {
        pub use crate::cli::run_program;
    }
    #[cfg(feature = "columns")]
    pub mod column {
        pub use crate::column::list_values;
    }
    pub mod config {
        pub use crate::config::{Config, ConfigFile, KEYS, ValueSource};
    }
    #[cfg(feature = "pictures")]
    pub mod container {
        pub use crate::container::check_picture;
    }
    pub mod detect {
        pub use crate::detect::{Detection, Detector, Scratch};
        pub mod layer {
            pub use crate::detect::layer::{Decoded, LayerReading, partial_tokens, read_as};
        }
        pub mod runs {
            pub use crate::detect::runs::find;
        }
    }
    pub mod finding {
        pub use crate::finding::SecretFragments;
    }
    pub mod redact {
        pub use crate::redact::{
            Edited, FileAction, LeftAlone, RedactJob, RedactRecord, TextScanner, plan_edits,
            redact_file,
        };
    }
    pub mod rule {
        pub use crate::rule::{Rule, builtin_rules};
        pub mod example {
            pub use crate::rule::example::ExampleFiller;
        }
        pub mod load {
            pub use crate::rule::load::parse;
        }
    }
    pub mod scan {
        pub use crate::scan::FoundSecrets;
        pub mod examples {
            pub use crate::scan::examples::run;
        }
    }
    pub mod source {
        pub use crate::source::{Chunk, Sink, walk};
        pub mod git {
            pub use crate::source::git::{RepositoryLookup, scan_history};
        }
    }
    pub mod span {
        pub use crate::span::Span;
    }
    pub mod token {
        pub use crate::token::{Mint, Shape, StatelessForm};
    }
}

/// The code blocks of the page about the library, as tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/library.md")]
mod library_page {}
