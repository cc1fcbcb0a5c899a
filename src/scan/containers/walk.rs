//! Reading of one container and of those in it: every member is a chunk like any other, with the names of the
//! containers around it.

mod held;
mod small;

use std::cell::{Cell, RefCell};
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::content::{ClockedInput, HeadedContent, MemberSink, MemberWay, MeteredContent};
use super::exports::WindowPlaces;
use super::layers::hold_description;
use super::panics::catch_silently;
use super::picture::PictureText;
use crate::container::{
    ContainerBudget, ContainerInput, ContainerKind, ContainerLimit, ContainerProblem,
    ContainerReader, HEAD, ImageFacts, MemberName, MemberVisitor, ReadPicture, find_held_reader,
    find_reader, join_way, recognise_container,
};
use crate::finding::{Origin, OriginKind, Skip, SkipReason};
use crate::source::{self, Chunk, Sink};
use crate::span::PlaceList;

/// Maximum number of members of one file that are listed one by one as not read.
const LISTED: u64 = 1000;

/// Number of bytes of names, comments and link targets that are scanned as one text.
const TEXTS: usize = 64 * 1024;

/// One file that is a container, with what is read from it so far.
pub(super) struct OpenedFile<'f> {
    path: Arc<Path>,
    origin: &'f Origin,
    pub(super) budget: &'f ContainerBudget<'f>,
    sink: RefCell<&'f mut dyn Sink>,
    buffer: RefCell<&'f mut Vec<u8>>,
    /// True if the rest need not be read.
    stop: &'f AtomicBool,
    skips: Cell<u64>,
    /// Way and problem of the last skip.
    last: RefCell<(String, Option<ContainerProblem>)>,
    /// True once the limit that ended the reading is recorded.
    is_limit_told: Cell<bool>,
    /// Facts about container images in the file.
    images: RefCell<ImageFacts>,
}

impl<'f> OpenedFile<'f> {
    /// Creates the state for the file at `path`. `buffer` holds the windows of the members, one after the other.
    pub(super) fn new(
        path: &Path,
        origin: &'f Origin,
        budget: &'f ContainerBudget<'f>,
        sink: &'f mut dyn Sink,
        buffer: &'f mut Vec<u8>,
        stop: &'f AtomicBool,
    ) -> Self {
        OpenedFile {
            path: Arc::from(path),
            origin,
            budget,
            sink: RefCell::new(sink),
            buffer: RefCell::new(buffer),
            stop,
            skips: Cell::default(),
            last: RefCell::default(),
            is_limit_told: Cell::default(),
            images: RefCell::default(),
        }
    }

    /// Reads the container. Everything that cannot be read is a skip. Returns what is known about container images in it.
    pub(super) fn read(
        self,
        reader: &dyn ContainerReader,
        input: &mut dyn ContainerInput,
    ) -> ImageFacts {
        let top = ContainerWalk {
            file: &self,
            way: MemberWay::default(),
            depth: 1,
            is_single: reader.is_single(),
            texts: Vec::new(),
        };
        top.run(reader, input);
        if let Some(more) = self.skips.get().checked_sub(LISTED).filter(|&n| n > 0) {
            self.send_skip("", ContainerProblem::Unlisted(more));
        }
        self.images.into_inner()
    }

    /// Records a container that could not be read at all.
    pub(super) fn refuse(&self, problem: ContainerProblem) {
        self.send_skip("", problem);
    }

    fn flow(&self) -> ControlFlow<()> {
        // A sink that is in use is asked again after the member.
        let is_stopped = self.sink.try_borrow().is_ok_and(|sink| sink.is_stopped());
        match is_stopped || self.stop.load(Ordering::Relaxed) || self.budget.exceeded().is_some() {
            true => ControlFlow::Break(()),
            false => ControlFlow::Continue(()),
        }
    }

    /// Records something that was not read. Once a limit of the whole file is exceeded, only the limit is recorded.
    fn skip(&self, way: &str, problem: ContainerProblem) {
        let problem = match self.budget.exceeded() {
            Some(_) if self.is_limit_told.replace(true) => return,
            Some(limit) => ContainerProblem::Limit(limit),
            None => problem,
        };
        // Damage in a member is seen once more by the reader of its container.
        let mut last = self.last.borrow_mut();
        if last.1.as_ref() == Some(&problem) && last.0.starts_with(way) && last.0 != way {
            return;
        }
        *last = (way.to_owned(), Some(problem.clone()));
        let count = self.skips.get() + 1;
        self.skips.set(count);
        if count <= LISTED {
            self.send_skip(way, problem);
        }
    }

    fn send_skip(&self, way: &str, problem: ContainerProblem) {
        let mut path = self.path.as_os_str().to_owned();
        path.push(way);
        self.sink.borrow_mut().skip(Skip {
            path: PathBuf::from(path),
            reason: SkipReason::UnreadMember {
                container: Arc::clone(&self.path),
                problem,
                is_named: false,
            },
        });
    }

    /// Returns the origin of the member that is found on this way.
    fn member_origin(&self, way: &MemberWay) -> Origin {
        let name = self.path.file_name().unwrap_or(self.path.as_os_str());
        Origin {
            kind: OriginKind::ArchiveMember,
            outer: self.origin.kind,
            member: Some(format!("{}{}", name.to_string_lossy(), way.names)),
            place: way.place.clone(),
            ..self.origin.clone()
        }
    }

    /// Scans a content in windows, as files are.
    fn scan(&self, content: impl Read, way: &MemberWay) -> io::Result<()> {
        self.scan_windows(content, way, None)
    }

    /// Scans a text that has these places in windows, as files are.
    fn scan_text(&self, text: impl Read, way: &MemberWay, places: &PlaceList) -> io::Result<()> {
        self.scan_windows(text, way, Some(places))
    }

    fn scan_windows(
        &self,
        text: impl Read,
        way: &MemberWay,
        places: Option<&PlaceList>,
    ) -> io::Result<()> {
        let origin = self.member_origin(way);
        let mut sink = self.sink.borrow_mut();
        let mut sink = MemberSink {
            inner: &mut **sink,
            places,
            windows: WindowPlaces::default(),
        };
        let mut buffer = self.buffer.borrow_mut();
        source::scan_reader(text, &self.path, &origin, &mut buffer, &mut sink)
    }
}

/// Reading of one container of a file.
struct ContainerWalk<'w, 'f> {
    file: &'w OpenedFile<'f>,
    /// Way to the container.
    way: MemberWay,
    depth: u64,
    /// True if the container is a compressed text, whose content has no name.
    is_single: bool,
    /// Names, comments and link targets, a line for each.
    texts: Vec<u8>,
}

impl ContainerWalk<'_, '_> {
    fn run(mut self, reader: &dyn ContainerReader, input: &mut dyn ContainerInput) {
        let budget = self.file.budget;
        let input = &mut ClockedInput { input, budget };
        let read = || reader.read_members(input, &mut self);
        let done = catch_silently(read);
        self.scan_texts();
        if self.file.stop.load(Ordering::Relaxed) {
            return;
        }
        match done {
            Err(problem) => self.file.skip(&self.way.names, problem),
            // Whoever noticed a limit may not have been able to name it.
            Ok(()) => {
                if let Some(limit) = self.file.budget.exceeded() {
                    self.file
                        .skip(&self.way.names, ContainerProblem::Limit(limit));
                }
            }
        }
    }

    /// Returns the way to a member.
    fn way_to(&self, member: &MemberName<'_>) -> MemberWay {
        let (inner, outer) = (member.place, self.way.place.as_ref());
        MemberWay {
            names: join_way(&self.way.names, member.name),
            place: match (inner, outer) {
                (Some(inner), Some(outer)) => Some(inner.inside(outer)),
                (inner, outer) => inner.or(outer).cloned(),
            },
        }
    }

    fn scan_texts(&mut self) {
        let texts = std::mem::take(&mut self.texts);
        if texts.is_empty() || self.file.stop.load(Ordering::Relaxed) {
            return;
        }
        let origin = self.file.member_origin(&self.way);
        let chunk = Chunk::whole(&texts, &self.file.path, &origin);
        self.file.sink.borrow_mut().scan_chunk(&chunk);
    }

    fn skip_for(&self, way: &MemberWay, limit: ContainerLimit) {
        self.file.skip(&way.names, ContainerProblem::Limit(limit));
    }

    fn walk_into(&self, way: MemberWay, depth: u64, reader: &dyn ContainerReader) -> Self {
        ContainerWalk {
            file: self.file,
            way,
            depth,
            is_single: reader.is_single(),
            texts: Vec::new(),
        }
    }

    /// Reads a member that has a content.
    fn read_member(&self, way: &MemberWay, mut content: MeteredContent<'_>) -> io::Result<()> {
        let mut head = Vec::with_capacity(HEAD);
        let read = content.by_ref().take(HEAD as u64).read_to_end(&mut head);
        if let Err(error) = read {
            return self.read_small_member(way, &head).and(Err(error));
        }
        let form = recognise_container(&head);
        let held_reader = find_held_reader(&head);
        let in_log = way.in_log_of(&self.way, &head);
        let first = head.first().copied();
        let mut content: HeadedContent<'_> = Cursor::new(head).chain(content);
        let Some(form) = form else {
            if held_reader.is_some() {
                return self.read_held_member(None, held_reader, way, content);
            }
            let held = hold_description(&self.file.images, (&self.way, way, first), &mut content)?;
            let content = Cursor::new(held).chain(content);
            let way = in_log.unwrap_or_else(|| way.clone());
            return self.scan_unopened(content, &way);
        };
        if let Some(reader) = find_reader(form.format, self.file.budget.limits()) {
            return self.open_member((form, reader), way.clone(), content);
        }
        if form.kind == ContainerKind::Image {
            self.read_held_member(Some(form), None, way, content)?;
        } else {
            self.file.scan(content, way)?;
        }
        if !form.is_plain() {
            self.file.skip(&way.names, ContainerProblem::Unopened(form));
        }
        Ok(())
    }

    /// Counts a member, and reads its content by `read`.
    fn meter_member(
        &self,
        name: &MemberName<'_>,
        content: &mut dyn Read,
        read: impl FnOnce(&MemberWay, MeteredContent<'_>) -> io::Result<()>,
    ) -> ControlFlow<()> {
        let budget = self.file.budget;
        let way = self.way_to(name);
        if !budget.add_member() {
            self.file.skip(&way.names, ContainerProblem::truncated());
            return ControlFlow::Break(());
        }
        let cut = Cell::new(None);
        let content = MeteredContent {
            content,
            budget,
            is_packed: name.is_packed,
            left: budget.limits().member_bytes,
            cut: &cut,
        };
        if let Err(error) = read(&way, content)
            && !self.file.stop.load(Ordering::Relaxed)
        {
            // A decoder may have put its own words in place of the problem.
            let problem = cut.take().map(ContainerProblem::Limit);
            let problem = problem.unwrap_or_else(|| ContainerProblem::from_error(&error));
            self.file.skip(&way.names, problem);
        }
        self.file.flow()
    }
}

impl MemberVisitor for ContainerWalk<'_, '_> {
    fn visit_member(&mut self, name: MemberName<'_>, content: &mut dyn Read) -> ControlFlow<()> {
        self.meter_member(&name, content, |way, content| {
            if name.is_rest {
                self.file.scan(content, way)
            } else {
                self.read_member(way, content)
            }
        })
    }

    fn visit_text(
        &mut self,
        name: MemberName<'_>,
        text: &mut dyn Read,
        places: &PlaceList,
    ) -> ControlFlow<()> {
        self.meter_member(&name, text, |way, text| {
            self.file.scan_text(text, way, places)
        })
    }

    fn visit_picture(&mut self, read: &mut ReadPicture<'_>) -> Result<(), ContainerProblem> {
        let budget = self.file.budget;
        let limits = budget.limits();
        let made =
            budget.exclude_time(|| read(limits).map(|read| PictureText::join_readings(&read)));
        let made = made?;
        let _ = self.visit_text(MemberName::plain(b""), &mut &made.text[..], &made.places);
        if made.unsure > 0 {
            return Err(ContainerProblem::UnsureWords(made.unsure));
        }
        Ok(())
    }

    fn note_path(&mut self, path: &[u8]) {
        let mut images = self.file.images.borrow_mut();
        images.add_path(&self.way.names, path);
    }

    fn note_text(&mut self, text: &[u8]) {
        if text.is_empty() {
            return;
        }
        self.texts.extend_from_slice(text);
        self.texts.push(b'\n');
        if self.texts.len() > TEXTS {
            self.scan_texts();
        }
    }

    fn charge_work(&mut self, bytes: u64) -> ControlFlow<()> {
        self.file.budget.add_work(bytes);
        self.file.flow()
    }

    fn skip_member(&mut self, name: &[u8], problem: ContainerProblem) -> ControlFlow<()> {
        let way = join_way(&self.way.names, name);
        // A damaged member may have been counted before; one that was never visited counts as well.
        self.file.budget.add_member();
        self.file.skip(&way, problem);
        self.file.flow()
    }
}
