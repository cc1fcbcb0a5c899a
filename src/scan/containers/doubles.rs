//! Removal of findings in the own bytes of a container that are findings in its members too.

use std::collections::HashSet;
use std::path::PathBuf;

use crate::finding::Finding;

/// Drops the findings in the own bytes of a container whose secret is reported in a member of the container: the bytes
/// of a member that is not compressed are bytes of the container too.
pub(in crate::scan) fn drop_doubles(findings: &mut Vec<Finding>) {
    type ContainerSecret = (String, PathBuf, Option<String>, Option<String>);
    let key = |f: &Finding| -> ContainerSecret {
        let origin = &f.origin;
        (
            f.fingerprint.clone(),
            f.path.clone(),
            origin.blob.clone(),
            origin.commit.clone(),
        )
    };
    let in_members: HashSet<ContainerSecret> = findings
        .iter()
        .filter(|f| f.origin.member.is_some())
        .map(key)
        .collect();
    if !in_members.is_empty() {
        findings.retain(|f| f.origin.member.is_some() || !in_members.contains(&key(f)));
    }
}
