//! Reads reports of this and of other programs into findings. The form of a report is told by its content, and nothing
//! here decides which findings are right.

mod betterleaks;
mod detect_secrets;
mod gitleaks;
mod kinds;
mod kingfisher;
mod own;
mod read;
mod reported;
mod sarif;
mod trufflehog;

pub(crate) use kinds::our_rule_ids;
pub(crate) use kingfisher::is_kingfisher_baseline;
pub(crate) use read::read_report;
pub(crate) use reported::{ImportedFinding, ImportedReport, ToolClaim};
