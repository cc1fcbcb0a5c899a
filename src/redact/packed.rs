//! Redaction of a container: the texts of its members are redacted, and the container is written again with nothing else
//! changed. What was written is scanned as a container before it takes the place of the original.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read, Seek, SeekFrom, Write};
use std::path::Path;

use super::diff::unified_diff;
use super::file::{FileAction, RedactJob, RedactedFile, refuse_links, write_copy};
use super::original::Original;
use super::place::TargetFile;
use super::plan::{EditableText, plan_redaction};
use super::{Edit, Edited, RedactError, ReplacedSecret, TextScanner};
use crate::container::{
    ContainerForm, ContainerInput, ContainerKind, ContainerLimit, ContainerProblem, HEAD,
    MemberEditor, StreamInput, find_rewriter, join_way, recognise_container,
};
use crate::finding::Finding;
use crate::message::portable_path;

/// Scanner of containers and of their members.
pub(crate) trait PackedScanner: TextScanner {
    /// Returns all findings in the text of a member, which is named by `member`. They are places in the text.
    fn look_at_member(&self, text: &[u8], path: &Path, member: &str) -> Vec<Finding>;

    /// Returns all findings in a container.
    ///
    /// # Errors
    /// Fails if the container cannot be read, or names what in it cannot be read.
    fn read_container(&self, container: PackedBytes<'_>, path: &Path) -> io::Result<Vec<Finding>>;
}

/// Bytes of a container.
#[derive(Clone, Copy, Debug)]
pub(crate) enum PackedBytes<'b> {
    /// Bytes in memory.
    Held(&'b [u8]),
    /// Open file.
    File(&'b File),
}

/// Container to redact.
#[derive(Clone, Copy)]
pub(crate) struct PackedJob<'j> {
    /// File, its action and the options.
    pub file: RedactJob<'j>,
    /// Scanner of the members.
    pub look: &'j dyn PackedScanner,
    /// Ways to the members that contain secrets.
    pub ways: &'j BTreeSet<String>,
    /// Number of bytes of one text, or of a container in the container, that may be held in memory.
    pub memory: u64,
}

/// Returns true if containers of this form can be written with nothing but the secrets changed.
#[must_use]
pub(crate) fn is_rewritable(form: ContainerForm) -> bool {
    find_rewriter(form.format).is_some()
}

/// Redacts a container.
///
/// # Errors
/// Returns the reason if the file was left unchanged.
pub(crate) fn redact_container(job: &PackedJob<'_>) -> Result<RedactedFile, RedactError> {
    let action = job.file.action;
    let is_copied = matches!(action, FileAction::CopyTo(_));
    let place = TargetFile::open(job.file.root, job.file.path, !is_copied)?;
    let mut original = Original::new(place.file());
    original.verify()?;
    let mut state = PackedState {
        job,
        done: RedactedFile::default(),
        changed: 0,
    };
    match action {
        _ if job.ways.is_empty() && !is_copied => {}
        FileAction::Check => {
            let mut held = Vec::new();
            state.rewrite_file(place.file(), &mut CappedWriter(&mut held, job.memory))?;
            // What is too large is checked when it is written.
            if held.len() as u64 <= job.memory {
                state.verify(PackedBytes::Held(&held))?;
            }
        }
        FileAction::Replace(backup) => {
            refuse_links(&place)?;
            let new = place.create_replacement()?;
            state.write_file(place.file(), new.file())?;
            new.copy_metadata()?;
            state.verify(PackedBytes::File(new.file()))?;
            original.verify()?;
            new.commit(backup)?;
        }
        FileAction::CopyTo(path) => write_copy(&place, path, |copy| {
            state.write_file(place.file(), copy)?;
            original.verify()?;
            state.verify(PackedBytes::File(copy))
        })?,
    }
    Ok(state.done)
}

/// State of the redaction of one container.
struct PackedState<'s> {
    job: &'s PackedJob<'s>,
    done: RedactedFile,
    /// Number of members that were changed.
    changed: usize,
}

impl PackedState<'_> {
    fn write_file(&mut self, from: &File, to: &File) -> Result<(), RedactError> {
        let doing = RedactError::io_error("cannot write the new file");
        let mut out = BufWriter::with_capacity(1 << 18, to);
        self.rewrite_file(from, &mut out)?;
        out.flush().map_err(doing)
    }

    /// Writes the container with its secrets replaced.
    fn rewrite_file(&mut self, from: &File, out: &mut dyn Write) -> Result<(), RedactError> {
        let reading = RedactError::io_error("cannot read it");
        let mut from = from;
        let mut head = Vec::new();
        from.seek(SeekFrom::Start(0)).map_err(&reading)?;
        from.take(HEAD as u64)
            .read_to_end(&mut head)
            .map_err(&reading)?;
        from.seek(SeekFrom::Start(0)).map_err(&reading)?;
        if self.job.ways.is_empty() {
            return io::copy(&mut from, out).map(|_| ()).map_err(&reading);
        }
        let form = recognise_container(&head);
        let form = form.ok_or_else(|| RedactError::refusal("it has changed since it was read"))?;
        let mut editor = ContainerEditor {
            way: String::new(),
            is_office: form.kind == ContainerKind::Document,
            state: self,
        };
        editor
            .rewrite(form, &mut from, out)
            .map_err(RedactError::refusal)
    }

    /// Scans what was written. Fails if a secret is in it.
    fn verify(&self, written: PackedBytes<'_>) -> Result<(), RedactError> {
        let RedactJob { path, options, .. } = self.job.file;
        let reading = RedactError::io_error("cannot read the new file");
        let found = self
            .job
            .look
            .read_container(written, path)
            .map_err(reading)?;
        let left = found.iter().find(|f| options.includes_finding(f));
        let Some(left) = left else {
            return Ok(());
        };
        Err(RedactError::refusal(format!(
            "{} would still hold a secret at line {}, in a name, a comment or pieces that only a reader of the \
             document joins",
            portable_path(&left.full_path()),
            left.start.line
        )))
    }
}

/// Editor of the members of one container, which may be in another one.
struct ContainerEditor<'e, 's> {
    state: &'e mut PackedState<'s>,
    /// Way to the container.
    way: String,
    /// True for an office document. Its text is joined from several members, so that all are looked at.
    is_office: bool,
}

impl ContainerEditor<'_, '_> {
    /// Writes a container of this form.
    fn rewrite(
        &mut self,
        form: ContainerForm,
        input: &mut dyn ContainerInput,
        out: &mut dyn Write,
    ) -> Result<(), String> {
        let Some(writer) = find_rewriter(form.format) else {
            return Err(format!("{} is not written again", form.name));
        };
        writer.rewrite_members(input, out, self)
    }

    /// Returns true if a secret was found on this way, or behind it.
    fn has_secrets(&self, way: &str) -> bool {
        let mut ways = self.state.job.ways.iter();
        ways.any(|found| {
            found
                .strip_prefix(way)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with('!'))
        })
    }

    /// Edits a member that is a container.
    fn edit_container(
        &mut self,
        way: String,
        form: ContainerForm,
        mut content: impl Read,
        out: &mut dyn Write,
    ) -> Result<bool, String> {
        let Some(writer) = find_rewriter(form.format) else {
            return Err(format!("{way}: {} is not written again", form.name));
        };
        let before = self.state.changed;
        let memory = self.state.job.memory;
        let mut inner = ContainerEditor {
            state: &mut *self.state,
            is_office: form.kind == ContainerKind::Document,
            way: way.clone(),
        };
        let done = if writer.needs_seek() {
            let held = hold_content(&mut content, memory).map_err(|e| format!("{way}: {e}"))?;
            writer.rewrite_members(&mut Cursor::new(held), out, &mut inner)
        } else {
            writer.rewrite_members(&mut StreamInput(content), out, &mut inner)
        };
        done?;
        Ok(self.state.changed > before)
    }

    /// Edits a member that is a text.
    fn edit_text(&mut self, way: &str, text: &[u8], out: &mut dyn Write) -> Result<bool, String> {
        let state = &mut *self.state;
        let PackedJob { file, look, .. } = *state.job;
        let name = file.path.file_name().unwrap_or(file.path.as_os_str());
        let member = format!("{}{way}", name.to_string_lossy());
        let named = |error: RedactError| format!("{way}: {error}");
        let mut editable = MemberText {
            text,
            member: &member,
            path: file.path,
            look,
        };
        let scanner: &dyn TextScanner = look;
        let plan =
            plan_redaction(&mut editable, file.path, file.options, scanner).map_err(named)?;
        if plan.edits.is_empty() {
            return Ok(false);
        }
        if file.diff {
            let shown = format!("{}{way}", portable_path(file.path));
            state.done.diffs.push(unified_diff(&shown, text, &plan));
        }
        state.changed += 1;
        let replaced = plan.replaced.into_iter().map(|one| ReplacedSecret {
            member: Some(member.clone()),
            ..one
        });
        state.done.replaced.extend(replaced);
        io::copy(&mut Edited::new(text, &plan.edits), out)
            .map(|_| true)
            .map_err(|e| named(RedactError::of_io("cannot write its new text", e)))
    }
}

impl MemberEditor for ContainerEditor<'_, '_> {
    fn wants_member(&mut self, name: &[u8]) -> bool {
        self.is_office || self.has_secrets(&join_way(&self.way, name))
    }

    fn memory(&self) -> u64 {
        self.state.job.memory
    }

    fn edit_member(
        &mut self,
        name: &[u8],
        content: &mut dyn Read,
        out: &mut dyn Write,
    ) -> Result<bool, String> {
        let way = join_way(&self.way, name);
        let is_needed = self.has_secrets(&way);
        let mut head = Vec::new();
        let read = (&mut *content).take(HEAD as u64).read_to_end(&mut head);
        read.map_err(|e| format!("{way}: {}", ContainerProblem::from_error(&e)))?;
        let form = recognise_container(&head);
        let mut content = Cursor::new(head).chain(content);
        if let Some(form) = form {
            let is_packed = form.kind == ContainerKind::Archive || form.is_sealed;
            if is_packed && is_needed {
                return self.edit_container(way, form, content, out);
            }
            if is_packed {
                return Ok(false);
            }
        }
        match hold_content(&mut content, self.memory()) {
            Ok(text) => self.edit_text(&way, &text, out),
            Err(_) if !is_needed => Ok(false),
            Err(problem) => Err(format!("{way}: {problem}")),
        }
    }
}

/// Reads a content into memory.
fn hold_content(content: &mut impl Read, most: u64) -> Result<Vec<u8>, ContainerProblem> {
    let mut held = Vec::new();
    content
        .by_ref()
        .take(most.saturating_add(1))
        .read_to_end(&mut held)?;
    if held.len() as u64 > most {
        return Err(ContainerProblem::Limit(ContainerLimit::Memory(most)));
    }
    Ok(held)
}

/// Text of a member in memory.
struct MemberText<'t> {
    text: &'t [u8],
    /// Name of the file and way to the member.
    member: &'t str,
    path: &'t Path,
    look: &'t dyn PackedScanner,
}

impl EditableText for MemberText<'_> {
    fn scan(&mut self, edits: &[Edit]) -> Result<Vec<Finding>, RedactError> {
        let mut text = Vec::with_capacity(self.text.len());
        let read = Edited::new(self.text, edits).read_to_end(&mut text);
        read.map_err(RedactError::io_error("cannot apply the edits"))?;
        Ok(self.look.look_at_member(&text, self.path, self.member))
    }

    fn head(&mut self) -> Result<Vec<u8>, RedactError> {
        const HEAD: usize = 8192;
        Ok(self.text[..self.text.len().min(HEAD)].to_vec())
    }
}

/// Writer into memory that keeps no more than one byte over its limit.
struct CappedWriter<'w>(&'w mut Vec<u8>, u64);

impl Write for CappedWriter<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = (self.1 + 1).saturating_sub(self.0.len() as u64);
        let room = usize::try_from(room).unwrap_or(usize::MAX).min(bytes.len());
        self.0.extend_from_slice(&bytes[..room]);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
