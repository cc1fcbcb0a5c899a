//! Unpacked logs of GitHub Actions: the job and the step stand in the names of files and folders.

use std::fs;
use std::path::Path;

use crate::container::find_log_place;
use crate::span::DocumentPlace;

/// Names of files that the folder of a job has besides the logs of its own steps.
const OF_JOB: [&str; 2] = ["system.txt", "1_Set up job.txt"];

/// Returns the job and the step of a file that was in the archive of the logs of a run, by its path and its first bytes.
/// `None` for another text, and if the files around it do not tell whether it is the log of a job or of a step.
pub(super) fn find_unpacked_log(path: &Path, head: &[u8]) -> Option<DocumentPlace> {
    let name = path.file_name()?.to_str()?;
    let of_job = find_log_place(name, head)?;
    let path = std::path::absolute(path).ok()?;
    let folder = path.parent()?;
    let (_, job) = name.strip_suffix(".txt")?.split_once('_')?;
    if folder.join(job).is_dir() {
        return Some(of_job);
    }
    let outer = folder.file_name()?.to_str()?;
    let is_of_step = OF_JOB.iter().any(|name| folder.join(name).is_file())
        || folder
            .parent()
            .is_some_and(|beside| has_log_of(beside, outer));
    if is_of_step {
        return find_log_place(&format!("{outer}/{name}"), head);
    }
    None
}

/// Returns true if a folder has the log of a whole job: `2_build.txt`.
fn has_log_of(folder: &Path, job: &str) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files.into_iter().any(|file| {
        let name = file.file_name();
        let stem = name.to_str().and_then(|name| name.strip_suffix(".txt"));
        stem.and_then(|stem| stem.split_once('_'))
            .is_some_and(|(number, rest)| rest == job && number.parse::<u64>().is_ok())
    })
}
