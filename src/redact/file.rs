//! Redaction of one file: scanned again, redacted, checked by yet another scan, and only then replaced.

use std::ffi::OsStr;
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

use sha2::{Digest, Sha256};

use super::edit::compose;
use super::place::Place;
use super::plan::edits;
use super::{Edit, Edited, Look, RedactOptions, Refusal, Remaining, Replacement, diff, trace};
use crate::container::recognise_container;
use crate::finding::{Finding, Secret};
use crate::span::Charset;

/// A file to redact.
#[derive(Clone, Copy)]
pub struct Job<'j> {
    /// Path of the file.
    pub path: &'j Path,
    /// Folder that the user named and that contains the file, or the file itself.
    pub root: &'j Path,
    /// Action to take on the file.
    pub action: Action<'j>,
    /// True to show the change.
    pub diff: bool,
    /// Options of redaction.
    pub options: &'j RedactOptions,
    /// Scanner.
    pub look: &'j dyn Look,
}

/// Action to take on a file.
#[derive(Clone, Copy, Debug)]
pub enum Action<'j> {
    /// Report what would change.
    Check,
    /// Replace the file. Keep the original under its name and this suffix, if one is given.
    Replace(Option<&'j OsStr>),
    /// Write a redacted copy to this path.
    CopyTo(&'j Path),
}

/// Result for a file.
#[derive(Debug, Default)]
pub struct Redacted {
    /// Secrets that were replaced, by place.
    pub replaced: Vec<Replacement>,
    /// Findings that a scan of the result still reports.
    pub remaining: Vec<Remaining>,
    /// Change in unified form, secrets masked. Empty if it was not requested.
    pub diff: Vec<u8>,
}

/// Maximum number of rounds of scanning and redacting the result. Overlapping secrets need one round more.
const MAX_ROUNDS: usize = 8;

/// Redacts one file.
///
/// # Errors
/// Returns the reason if the file was left unchanged.
pub fn redact_file(job: &Job<'_>) -> Result<Redacted, Refusal> {
    let write = !matches!(job.action, Action::CopyTo(_));
    let place = Place::open(job.root, job.path, write)?;
    let mut original = Original::new(place.file());
    let plan = draw_up(job, &mut original)?;
    if !plan.edits.is_empty() && write && place.links() > 1 {
        return Err(Refusal::Unsafe(format!(
            "it has {} names (hard links), and the others would keep the secret; \
             remove all but one of them first",
            place.links()
        )));
    }
    let shown = if job.diff {
        diff::unified(job.path, &mut original, &plan)?
    } else {
        Vec::new()
    };
    match job.action {
        Action::Check => {}
        Action::Replace(_) if plan.edits.is_empty() => {}
        Action::Replace(backup) => {
            let new = place.replacement()?;
            original.write_to(new.file(), &plan.edits)?;
            new.dress()?;
            prove(job, &plan, new.file())?;
            original.verify()?;
            new.commit(backup)?;
        }
        Action::CopyTo(path) => copy(job, &place, &mut original, &plan, path)?,
    }
    Ok(Redacted {
        replaced: plan.replaced,
        remaining: plan.remaining,
        diff: shown,
    })
}

/// Changes to be made to a file.
pub(super) struct Plan {
    /// All edits of the original bytes, in order.
    pub(super) edits: Vec<Edit>,
    /// Secrets that the edits replace.
    pub(super) replaced: Vec<Replacement>,
    /// All findings in the original, whether replaced or not.
    pub(super) found: Vec<Finding>,
    /// Secrets that are replaced, each once.
    secrets: Vec<Secret>,
    /// Findings that a scan of the result still reports.
    remaining: Vec<Remaining>,
}

/// Plans replacements until a scan of the result finds nothing more.
fn draw_up(job: &Job<'_>, original: &mut Original<'_>) -> Result<Plan, Refusal> {
    let reading = Refusal::io("cannot read it");
    let mut plan = Plan {
        edits: Vec::new(),
        replaced: Vec::new(),
        found: Vec::new(),
        secrets: Vec::new(),
        remaining: Vec::new(),
    };
    let mut fixed = false;
    for round in 0..MAX_ROUNDS {
        let mut text = Edited::new(original.start().map_err(&reading)?, &plan.edits);
        let found = job.look.read(&mut text, job.path).map_err(&reading)?;
        // The digest is over the whole file, so read what the scan left.
        io::copy(&mut text, &mut io::sink()).map_err(&reading)?;
        original.seal()?;
        let leaks: Vec<&Finding> = found.iter().filter(|f| job.options.wants(f)).collect();
        if leaks.is_empty() {
            let stay = found.iter().filter(|f| job.options.leaves(f));
            plan.remaining = stay.map(Remaining::of).collect();
            if round == 0 {
                plan.found = found;
            }
            return Ok(plan);
        }
        job.look.remember_secrets(&leaks);
        plan.remember(&leaks);
        if round == 0 {
            let head = original.head().map_err(&reading)?;
            if let Some(kind) = sealed(&head) {
                return Err(Refusal::Unsafe(format!(
                    "a secret stands in {kind}, whose checksums a change would break"
                )));
            }
            fixed = is_fixed(&head);
        }
        let more = edits(&leaks, job.options, fixed)?;
        let replaced = leaks.iter().map(|f| Replacement::of(f, job.path));
        plan.replaced.extend(replaced);
        plan.edits = compose(&plan.edits, &more);
        if round == 0 {
            plan.found = found;
        }
    }
    Err(Refusal::Unsafe(
        "what replaces a secret looks like a secret again".to_owned(),
    ))
}

impl Plan {
    /// Adds the secrets of these findings.
    fn remember(&mut self, leaks: &[&Finding]) {
        for leak in leaks {
            if !self.secrets.contains(&leak.secret) {
                self.secrets.push(leak.secret.clone());
            }
        }
    }
}

/// Scans the written file, and searches it for the bytes of the replaced secrets. Fails if any is found.
fn prove(job: &Job<'_>, plan: &Plan, mut written: &File) -> Result<(), Refusal> {
    let reading = Refusal::io("cannot read the new file");
    written.seek(SeekFrom::Start(0)).map_err(&reading)?;
    let found = job.look.read(&mut written, job.path).map_err(&reading)?;
    let left = found.iter().filter(|f| job.options.wants(f)).count();
    if left > 0 {
        return Err(Refusal::Unsafe(format!(
            "the redacted text still holds {left} of its secrets"
        )));
    }
    // An accepted finding stays, even if the same value was replaced elsewhere.
    let accepted = || found.iter().filter(|f| f.accepted.is_some());
    let stays = |secret: &Secret| accepted().any(|f| f.secret == *secret);
    let gone: Vec<&Secret> = plan.secrets.iter().filter(|s| !stays(s)).collect();
    if trace::holds_any(written, &gone).map_err(&reading)? {
        return Err(Refusal::Unsafe(
            "the redacted text still holds the bytes of a secret, in a place that cannot be replaced".to_owned(),
        ));
    }
    Ok(())
}

fn copy(
    job: &Job<'_>,
    place: &Place,
    original: &mut Original<'_>,
    plan: &Plan,
    to: &Path,
) -> Result<(), Refusal> {
    let doing = Refusal::io("cannot write its copy");
    if let Some(folder) = to.parent() {
        std::fs::create_dir_all(folder).map_err(&doing)?;
    }
    let file = OpenOptions::new()
        .read(true)
        .write(true)
        .create_new(true)
        .open(to)
        .map_err(&doing)?;
    let written = original
        .write_to(&file, &plan.edits)
        .and_then(|()| prove(job, plan, &file))
        .and_then(|()| {
            let permissions = place.permissions().map_err(&doing)?;
            file.set_permissions(permissions).map_err(&doing)
        });
    if written.is_err() {
        let _ = std::fs::remove_file(to);
    }
    written
}

/// Original bytes, read several times. Each time they must be the same.
pub(super) struct Original<'f> {
    file: &'f File,
    digest: Sha256,
    read: u64,
    sealed: Option<([u8; 32], u64)>,
}

impl<'f> Original<'f> {
    fn new(file: &'f File) -> Self {
        Original {
            file,
            digest: Sha256::new(),
            read: 0,
            sealed: None,
        }
    }

    /// Starts at the beginning of the file.
    fn start(&mut self) -> io::Result<&mut Self> {
        self.file.seek(SeekFrom::Start(0))?;
        self.digest = Sha256::new();
        self.read = 0;
        Ok(self)
    }

    /// Compares what was read from the beginning to the end with what was read before.
    fn seal(&mut self) -> Result<(), Refusal> {
        let now = (self.digest.clone().finalize().into(), self.read);
        if *self.sealed.get_or_insert(now) == now {
            Ok(())
        } else {
            Err(Refusal::Unsafe("it is being written to".to_owned()))
        }
    }

    /// Reads the file once more, and checks that it is unchanged.
    fn verify(&mut self) -> Result<(), Refusal> {
        let reading = Refusal::io("cannot read it");
        io::copy(self.start().map_err(&reading)?, &mut io::sink()).map_err(&reading)?;
        self.seal()
    }

    fn write_to(&mut self, mut to: &File, edits: &[Edit]) -> Result<(), Refusal> {
        let reading = Refusal::io("cannot read it");
        let mut from = Edited::new(self.start().map_err(&reading)?, edits);
        let mut buffer = vec![0; 1 << 18];
        loop {
            let n = from.read(&mut buffer).map_err(&reading)?;
            if n == 0 {
                break;
            }
            to.write_all(&buffer[..n])
                .map_err(Refusal::io("cannot write the new file"))?;
        }
        self.seal()
    }

    /// Returns the first bytes of the file.
    fn head(&mut self) -> io::Result<Vec<u8>> {
        let mut head = Vec::new();
        self.file.seek(SeekFrom::Start(0))?;
        self.file.take(8192).read_to_end(&mut head)?;
        Ok(head)
    }

    /// Returns the bytes of a range.
    pub(super) fn bytes(&mut self, range: std::ops::Range<u64>) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.seek(SeekFrom::Start(range.start))?;
        self.file
            .take(range.end.saturating_sub(range.start))
            .read_to_end(&mut bytes)?;
        Ok(bytes)
    }
}

impl Read for Original<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let n = self.file.read(out)?;
        self.digest.update(&out[..n]);
        self.read += n as u64;
        Ok(n)
    }
}

/// Returns the kind of a file, by its first bytes, if it contains checksums over its content.
fn sealed(head: &[u8]) -> Option<&'static str> {
    const KINDS: [(&[u8], &str); 3] = [
        (b"PACK\0\0\0", "a git pack"),
        (b"DIRC\0\0\0", "a git index"),
        (b"wOF2", "a font"),
    ];
    if let Some(form) = recognise_container(head).filter(|form| form.is_sealed) {
        return Some(form.name);
    }
    KINDS
        .iter()
        .find(|(magic, _)| head.starts_with(magic))
        .map(|(_, kind)| *kind)
}

/// Returns true if no byte of such a file may move, because places in it are known by their offset.
fn is_fixed(head: &[u8]) -> bool {
    if head.starts_with(b"%PDF-") {
        return true;
    }
    // UTF-16 text in a script with one byte a character has its zeros at every second byte.
    let (even, odd): (Vec<usize>, Vec<usize>) =
        memchr::memchr_iter(0, head).partition(|at| at % 2 == 0);
    let (few, many) = (even.len().min(odd.len()), even.len().max(odd.len()));
    let wide = many * 4 >= head.len() && few * 20 <= many;
    many > 0 && Charset::of_file(head) == Charset::Utf8 && !wide
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn binary_files_are_fixed_and_text_is_not_in_either_width() {
        let wide = |text: &str| {
            text.encode_utf16()
                .flat_map(u16::to_le_bytes)
                .collect::<Vec<u8>>()
        };
        assert!(!is_fixed(b"plain text"));
        assert!(!is_fixed(b""));
        assert!(!is_fixed(&wide("plain text")));
        assert!(!is_fixed(&wide("\u{feff}令牌")));
        let wider = |c: char| u32::from(c).to_be_bytes();
        assert!(!is_fixed(
            &"plain text".chars().flat_map(wider).collect::<Vec<u8>>()
        ));
        assert!(is_fixed(
            b"\x7fELF\x02\x01\x01\0\0\0 some text to be found here"
        ));
        assert!(is_fixed(b"%PDF-1.4\n"));
    }

    #[test]
    fn files_with_checksums_are_known_by_their_head() {
        assert_eq!(sealed(b"PK\x03\x04rest"), Some("a zip archive"));
        assert_eq!(sealed(b"PKnot"), None);
        assert_eq!(sealed(b""), None);
    }
}
