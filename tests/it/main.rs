//! The integration tests: one binary, one module a topic.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod accept;
mod audit;
mod baseline;
mod cases;
mod charsets;
mod ci;
mod ci_systems;
#[cfg(feature = "columns")]
mod columns;
#[cfg(feature = "columns")]
mod columns_parquet;
#[cfg(feature = "archives")]
mod containers;
mod containers_behind;
mod containers_bombs;
mod containers_compiled;
#[cfg(feature = "documents")]
mod containers_data;
#[cfg(feature = "archives")]
mod containers_formats;
#[cfg(feature = "archives")]
mod containers_hostile;
#[cfg(feature = "documents")]
mod containers_mail;
#[cfg(feature = "documents")]
mod containers_pdf;
mod docs;
mod documents;
mod env;
#[cfg(feature = "archives")]
mod exports;
mod five_reports;
mod fuzz;
mod git;
mod git_cache;
mod git_history;
mod git_hook;
mod git_layouts;
mod git_many;
mod git_oracle;
mod git_push;
mod git_range;
mod git_words;
mod help;
mod hook_framework;
mod hook_managers;
mod hook_status;
mod hostile;
mod images;
mod judge;
mod layering;
mod layers;
mod layers_escapes;
mod layers_margin;
mod layers_wrapped;
mod leaks;
mod library;
mod manual;
#[cfg(feature = "archives")]
mod pack;
mod packages;
#[cfg(unix)]
mod pager;
#[cfg(feature = "columns")]
mod parquet;
#[cfg(feature = "pictures")]
mod pictures;
mod pipes;
mod private_keys;
mod redact;
mod redact_faults;
mod redact_formats;
mod redact_nested;
mod redact_packed;
mod redact_packed_random;
mod redact_random;
mod redact_rest;
mod redact_shown;
mod redact_stream;
mod report_schema;
mod revoke;
mod rules;
mod same_value;
mod selftest;
mod shape;
mod streams;
mod tokens;
mod unread;
mod unread_files;
mod view;
mod view_paths;
mod walk;
