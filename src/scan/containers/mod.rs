//! Stage between a source and the detector: opens the containers among the chunks and gives their members to the
//! detector. The own bytes of a container are scanned as well, because parts of many are plain text.

mod content;
mod costly;
mod doubles;
mod earlier;
mod exports;
mod flat_reading;
mod layers;
mod logs;
mod panics;
mod picture;
mod stream;
mod walk;

use std::fs::File;
use std::io::{self, Cursor, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::worker::ScanWorker;
use crate::container::{
    ContainerBudget, ContainerForm, ContainerInput, ContainerKind, ContainerLimit, ContainerLimits,
    ContainerProblem, ContainerReader, ScanBudget, find_reader, find_reader_behind,
    find_text_reader, is_export, recognise_container,
};
use crate::finding::{Origin, OriginKind, ReadCounts, Skip, SkipReason};
use crate::source::{Chunk, Sink};

pub(super) use costly::CostlyFiles;
use costly::{CostlyReading, OutcomeMark};
pub(super) use doubles::drop_doubles;
pub(super) use exports::LateExports;
use exports::WindowPlaces;
use layers::name_image_places;
use logs::find_unpacked_log;
pub(crate) use panics::silence_readers;
pub(super) use stream::scan_stream;
use walk::OpenedFile;

/// Part of the time of a file that the search for a reason to read it does without.
const SUSPECTED: f32 = 0.875;

/// Settings that the threads of a scan share.
#[derive(Clone, Debug)]
pub(super) struct ContainerStage {
    /// Limits; `None` if no container is opened.
    pub(super) limits: Option<ContainerLimits>,
    /// Count over all containers of the scan.
    pub(super) total: Arc<ScanBudget>,
    /// Files whose places are named after the scan.
    pub(super) exports: LateExports,
}

impl ContainerStage {
    /// Returns the stage with these limits.
    pub(super) fn new(limits: Option<ContainerLimits>) -> Self {
        ContainerStage {
            limits,
            total: Arc::default(),
            exports: LateExports::default(),
        }
    }
}

/// Sink of one thread that opens containers.
pub(super) struct ContainerSink<'s> {
    pub(super) inner: ScanWorker<'s>,
    pub(super) stage: ContainerStage,
    /// Window of the member that is read.
    buffer: Vec<u8>,
    /// Places in the windows of the stream that is read.
    places: WindowPlaces,
    /// Time that the readers of the file have taken so far, without the time for its contents, and their number.
    used: (Duration, usize),
}

impl<'s> ContainerSink<'s> {
    /// Returns the sink of a thread.
    pub(super) fn new(inner: ScanWorker<'s>, stage: ContainerStage) -> Self {
        ContainerSink {
            inner,
            stage,
            buffer: Vec::new(),
            places: WindowPlaces::default(),
            used: (Duration::ZERO, 0),
        }
    }

    /// Scans the bytes of a chunk, with the places in it if it is of an export.
    fn scan_bytes(&mut self, chunk: &Chunk<'_>) {
        let is_file = chunk.origin.kind == OriginKind::File;
        if self.stage.limits.is_none() {
            return self.inner.scan_chunk(chunk);
        }
        if is_file && chunk.offset == 0 {
            let path = self.inner.context.file_path(chunk.path);
            if let Some(place) = find_unpacked_log(&path, chunk.bytes) {
                self.stage.exports.add_file(chunk.path, Some(place));
                return self.inner.scan_chunk(chunk);
            }
        }
        if chunk.is_whole() {
            // Most exports contain nothing to report, and need no places.
            if is_export(chunk.bytes) && self.inner.may_report(chunk.bytes) {
                let scan = |chunk: &Chunk<'_>| self.inner.scan_chunk(chunk);
                return WindowPlaces::default().scan_window(chunk, scan);
            }
            return self.inner.scan_chunk(chunk);
        }
        if is_file {
            if chunk.offset == 0 && is_export(chunk.bytes) {
                self.stage.exports.add_file(chunk.path, None);
            }
            return self.inner.scan_chunk(chunk);
        }
        let scan = |chunk: &Chunk<'_>| self.inner.scan_chunk(chunk);
        self.places.scan_window(chunk, scan);
    }

    /// Returns the reader of a form and the limits, if containers of this form are opened.
    fn reader_of(
        &self,
        form: ContainerForm,
    ) -> Option<(&'static dyn ContainerReader, ContainerLimits)> {
        let limits = self.stage.limits?;
        Some((find_reader(form.format, &limits)?, limits))
    }

    /// Opens the container whose first bytes are in this chunk, or records that it was not opened.
    fn open(&mut self, chunk: &Chunk<'_>, form: ContainerForm) {
        let Some((reader, limits)) = self.reader_of(form) else {
            // The own bytes of a mail are its text.
            if form.is_plain() {
                return;
            }
            return self.inner.skip(Skip {
                path: chunk.path.to_owned(),
                reason: SkipReason::Unopened {
                    form,
                    is_named: false,
                },
            });
        };
        self.open_with(chunk, reader, limits);
    }

    /// Opens the container whose first bytes are in this chunk.
    fn open_with(
        &mut self,
        chunk: &Chunk<'_>,
        reader: &'static dyn ContainerReader,
        limits: ContainerLimits,
    ) {
        if chunk.is_whole() {
            let input = &mut Cursor::new(chunk.bytes);
            let size = chunk.bytes.len() as u64;
            let before = self.inner.outcome.findings.len();
            self.read(chunk, reader, Ok((input, size)), limits);
            if !chunk.before.is_empty() {
                let found = &mut self.inner.outcome.findings[before..];
                earlier::mark_pre_existing(found, chunk, reader, &limits);
            }
        } else if let Some(file) = self.inner.context.opened {
            if let Err(error) = self.read_opened(chunk, reader, file, limits) {
                self.read(chunk, reader, Err(error.into()), limits);
            }
        } else if chunk.origin.kind == OriginKind::File {
            let place = self.inner.context.file_path(chunk.path);
            let file = File::open(&place).and_then(|file| Ok((file.metadata()?.len(), file)));
            match file {
                Ok((size, mut file)) => self.read(chunk, reader, Ok((&mut file, size)), limits),
                Err(error) => self.read(chunk, reader, Err(error.into()), limits),
            }
        }
        // A stream is held by whoever reads it, who opens it as a whole.
    }

    /// Reads the container in an open file, whose position stays.
    fn read_opened(
        &mut self,
        chunk: &Chunk<'_>,
        reader: &dyn ContainerReader,
        mut file: &File,
        limits: ContainerLimits,
    ) -> io::Result<()> {
        let size = file.metadata()?.len();
        let position = file.stream_position()?;
        file.seek(SeekFrom::Start(0))?;
        self.read(chunk, reader, Ok((&mut file, size)), limits);
        file.seek(SeekFrom::Start(position)).map(|_| ())
    }

    /// Reads the container that `input` contains, with its size in bytes.
    fn read(
        &mut self,
        chunk: &Chunk<'_>,
        reader: &dyn ContainerReader,
        input: Result<(&mut dyn ContainerInput, u64), ContainerProblem>,
        limits: ContainerLimits,
    ) {
        let size = input.as_ref().map_or(0, |(_, size)| *size);
        let (used, number) = self.used;
        self.used.1 += 1;
        let costly = self.inner.context.costly;
        let known = costly.and_then(|files| files.find_reading(chunk, number));
        if let Some(known) = &known
            && known.is_cut
        {
            return known.repeat(&mut self.inner.outcome);
        }
        let used_then = known.as_ref().map_or(Duration::ZERO, |known| known.used);
        let total = Arc::clone(&self.stage.total);
        let budget = ContainerBudget::new(limits, &total, size, used + used_then);
        let stop = AtomicBool::new(false);
        let mark = OutcomeMark::new(&self.inner.outcome);
        let file = OpenedFile::new(
            chunk.path,
            chunk.origin,
            &budget,
            &mut self.inner,
            &mut self.buffer,
            &stop,
        );
        match input {
            Ok((input, _)) => {
                let images = file.read(reader, input);
                name_image_places(&images, &mut self.inner.outcome.findings[mark.findings..]);
            }
            Err(problem) => file.refuse(problem),
        }
        self.used.0 = budget.used_time().saturating_sub(used_then);
        if let Some(known) = known {
            self.settle_second(chunk, &known, mark, budget.exceeded());
        } else if let Some(files) = costly {
            let base = Duration::from_secs(limits.seconds);
            let outcome = &self.inner.outcome;
            let times = (self.used.0, base);
            if let Some(reading) = CostlyReading::of(outcome, mark, times, budget.exceeded()) {
                files.keep_reading(chunk, number, reading);
            }
        }
    }

    /// Puts what the first reading of a container found in the place of a second one that took too long.
    fn settle_second(
        &mut self,
        chunk: &Chunk<'_>,
        first: &CostlyReading,
        mark: OutcomeMark,
        exceeded: Option<ContainerLimit>,
    ) {
        let Some(ContainerLimit::Seconds(most)) = exceeded else {
            return;
        };
        mark.restore_outcome(&mut self.inner.outcome);
        first.repeat(&mut self.inner.outcome);
        self.inner.skip(Skip {
            path: chunk.path.to_owned(),
            reason: SkipReason::UnreadMember {
                container: Arc::from(chunk.path),
                problem: ContainerProblem::Limit(ContainerLimit::SecondReading(most)),
                is_named: false,
            },
        });
    }

    /// Returns true if a text that has nothing to do with others may contain something to report, or is a container.
    pub(super) fn suspects_row(&mut self, text: &[u8]) -> bool {
        self.inner.suspects_words(text)
            || self.stage.limits.is_some()
                && (recognise_container(text).is_some() || find_text_reader(text).is_some())
    }

    /// Returns true if a member of a container may contain something to report, or could not be read.
    fn suspects_members(&mut self, bytes: &[u8], form: ContainerForm) -> bool {
        let Some((reader, limits)) = self.reader_of(form) else {
            // A container that is not opened is reported with its path. Images are so many, and so rarely contain
            // text, that their paths are not looked up.
            return form.kind != ContainerKind::Image && !form.is_plain();
        };
        self.suspects_with(bytes, reader, limits)
    }

    /// Does the same for the container that this reader reads.
    fn suspects_with(
        &mut self,
        bytes: &[u8],
        reader: &dyn ContainerReader,
        limits: ContainerLimits,
    ) -> bool {
        let total = Arc::clone(&self.stage.total);
        // A reason to read the container is found soon, or the container is read.
        let spent = Duration::from_secs(limits.seconds).mul_f32(SUSPECTED);
        let budget = ContainerBudget::new(limits, &total, bytes.len() as u64, spent);
        let stop = AtomicBool::new(false);
        let origin = Origin::default();
        let mut sink = SuspicionSink {
            inner: &mut self.inner,
            is_suspicious: &stop,
        };
        let file = OpenedFile::new(
            Path::new(""),
            &origin,
            &budget,
            &mut sink,
            &mut self.buffer,
            &stop,
        );
        file.read(reader, &mut Cursor::new(bytes));
        stop.load(Ordering::Relaxed)
    }
}

/// Sink that looks for the first reason to report a container.
struct SuspicionSink<'i, 's> {
    inner: &'i mut ScanWorker<'s>,
    is_suspicious: &'i AtomicBool,
}

impl Sink for SuspicionSink<'_, '_> {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        if !self.is_suspicious.load(Ordering::Relaxed) && self.inner.may_report(chunk.bytes) {
            self.is_suspicious.store(true, Ordering::Relaxed);
        }
    }

    fn file(&mut self, _: u64) {}

    fn skip(&mut self, skip: Skip) {
        if !matches!(&skip.reason, SkipReason::UnreadMember { problem, .. } if problem.is_image()) {
            self.is_suspicious.store(true, Ordering::Relaxed);
        }
    }

    fn is_stopped(&self) -> bool {
        self.inner.is_stopped()
    }
}

impl Sink for ContainerSink<'_> {
    fn scan_chunk(&mut self, chunk: &Chunk<'_>) {
        let form = if chunk.offset == 0 {
            recognise_container(chunk.bytes)
        } else {
            None
        };
        self.scan_bytes(chunk);
        self.used = (Duration::ZERO, 0);
        if chunk.offset > 0 || self.inner.is_stopped() {
            return;
        }
        if let Some(form) = form {
            self.open(chunk, form);
        } else if let Some(reader) = find_text_reader(chunk.bytes)
            && let Some(limits) = self.stage.limits
        {
            self.open_with(chunk, reader, limits);
        }
        if let Some(limits) = self.stage.limits
            && let Some(reader) = find_reader_behind(chunk.bytes, chunk.is_whole(), form)
        {
            self.open_with(chunk, reader, limits);
        }
    }

    fn is_stopped(&self) -> bool {
        self.inner.is_stopped()
    }

    fn file(&mut self, bytes: u64) {
        self.inner.file(bytes);
    }

    fn skip(&mut self, skip: Skip) {
        self.inner.skip(skip);
    }

    fn count(&mut self, counts: &ReadCounts) {
        self.inner.count(counts);
    }

    fn expect_objects(&mut self, objects: u64) {
        self.inner.expect_objects(objects);
    }

    fn passed(&mut self, objects: u64, bytes: u64) {
        self.inner.passed(objects, bytes);
    }

    fn wants_holes(&self) -> bool {
        self.inner.wants_holes()
    }

    fn may_report(&mut self, bytes: &[u8]) -> bool {
        let form = recognise_container(bytes);
        if self.inner.may_report(bytes)
            || form.is_some_and(|form| self.suspects_members(bytes, form))
        {
            return true;
        }
        let Some(limits) = self.stage.limits else {
            return false;
        };
        [
            find_text_reader(bytes),
            find_reader_behind(bytes, true, form),
        ]
        .into_iter()
        .flatten()
        .any(|reader| self.suspects_with(bytes, reader, limits))
    }

    fn suspects_words(&mut self, bytes: &[u8]) -> bool {
        self.inner.suspects_words(bytes)
    }
}
