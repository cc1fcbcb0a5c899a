//! Filter from text to redacted text, in bounded memory. Input is passed on at once as far as no
//! secret can extend beyond it: to the end of the last line, and after a pause also of an unfinished one.
//!
//! A line that ends inside a token waits for the next, but no longer than the pause. Then the received part of the
//! token is covered: it may be all but the last character, and what was passed on cannot be recalled.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use super::border::{StreamBorder, Upcoming};
use super::plan::plan_edits;
use super::wide::WideTail;
use super::{Edit, RedactOptions, Remaining, ReplacedSecret, TextScanner, mask, verify};
use crate::finding::Finding;
use crate::span::{Charset, LinePositions, Position, character_tail};

/// Maximum number of bytes of one read.
const BLOCK: usize = 256 * 1024;

/// Number of passed-on bytes that are kept as context. A multiple of four, so that UTF-32 characters stay whole.
const CONTEXT: usize = 32 * 1024;

/// Maximum number of bytes of one scan, including context and waiting bytes.
const WINDOW: usize = 2 << 20;

/// Time that an unfinished line waits for its end. Together with the work and the system it is 50 ms.
const PAUSE: Duration = Duration::from_millis(40);

/// Number of passed-on bytes that are kept, to search them for a secret that is found later.
const PAST: usize = 8 << 20;

/// Result of filtering a stream, apart from the replaced secrets.
#[derive(Debug, Default)]
pub(crate) struct Filtered {
    /// Number of line ends that were covered because a token may have been cut there.
    pub covered: u64,
    /// Number of places of a secret that had been passed on before it was found.
    pub passed_before: usize,
    /// Number of findings whose confidence was too low to replace them.
    pub left: usize,
    /// First of these findings.
    pub remaining: Vec<Remaining>,
}

/// Maximum number of such findings that are named.
const MOST_NAMED: usize = 100;

/// Copies `input` to `output` with secrets replaced. Calls `replaced` with each replaced secret.
///
/// # Errors
/// Fails when reading or writing fails. What was passed on before contains no secret.
pub(crate) fn filter_stream(
    input: impl Read + Send + 'static,
    output: &mut dyn Write,
    path: &Path,
    options: &RedactOptions,
    look: &dyn TextScanner,
    replaced: &mut dyn FnMut(ReplacedSecret),
) -> io::Result<Filtered> {
    let (blocks, incoming) = mpsc::sync_channel(4);
    let (used, spare) = mpsc::sync_channel(8);
    // Reads may block for ever, so they have a thread of their own, which ends with the process.
    std::thread::spawn(move || read_blocks(input, &blocks, &spare));
    let mut filter = StreamFilter {
        output,
        path,
        options,
        look,
        replaced,
        window: Vec::with_capacity(WINDOW),
        passed: 0,
        offset: 0,
        start: Position::START,
        charset: Charset::default(),
        first: 0,
        past: Vec::new(),
        known: HashSet::new(),
        done: Filtered::default(),
        since: Instant::now(),
    };
    loop {
        let more = filter.gather(&incoming, &used)?;
        let last = matches!(more, Upcoming::End);
        let passed = filter.offset + filter.passed as u64;
        filter.write_complete(&more)?;
        if more == Upcoming::NotNow || filter.offset + filter.passed as u64 > passed {
            filter.since = Instant::now();
        }
        filter.output.flush()?;
        if last {
            return Ok(filter.done);
        }
    }
}

type Block = io::Result<Vec<u8>>;

fn read_blocks(mut input: impl Read, blocks: &SyncSender<Block>, spare: &Receiver<Vec<u8>>) {
    loop {
        let mut block = spare.try_recv().unwrap_or_default();
        block.resize(BLOCK, 0);
        let sent = match input.read(&mut block) {
            Ok(0) => return,
            Ok(n) => {
                block.truncate(n);
                blocks.send(Ok(block))
            }
            Err(e) if e.kind() == io::ErrorKind::Interrupted => Ok(()),
            Err(e) => {
                // The receiver ends the run with this error.
                let _ = blocks.send(Err(e));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

struct StreamFilter<'f> {
    output: &'f mut dyn Write,
    path: &'f Path,
    options: &'f RedactOptions,
    look: &'f dyn TextScanner,
    replaced: &'f mut dyn FnMut(ReplacedSecret),
    /// Context, then the bytes that have not been passed on.
    window: Vec<u8>,
    /// Number of bytes of context in the window.
    passed: usize,
    /// Offset of the window in the stream, in bytes.
    offset: u64,
    /// Line and column of its byte at `first`. Bytes before `first` belong to a character that began earlier.
    start: Position,
    first: usize,
    /// Charset of the stream.
    charset: Charset,
    /// Original bytes that are no longer context.
    past: Vec<u8>,
    /// Fingerprints of the replaced secrets.
    known: HashSet<String>,
    /// Result for the caller.
    done: Filtered,
    /// Time since which the current bytes have been waiting.
    since: Instant,
}

impl StreamFilter<'_> {
    /// Waits for input and takes all that is available, as far as the window has room.
    fn gather(
        &mut self,
        incoming: &Receiver<Block>,
        used: &SyncSender<Vec<u8>>,
    ) -> io::Result<Upcoming> {
        let mut first = None;
        if self.window.len() > self.passed {
            match incoming.recv_timeout(PAUSE.saturating_sub(self.since.elapsed())) {
                Ok(block) => first = Some(block?),
                Err(RecvTimeoutError::Timeout) if self.has_nothing_to_do() => {}
                Err(RecvTimeoutError::Timeout) => return Ok(Upcoming::NotNow),
                Err(RecvTimeoutError::Disconnected) => return Ok(Upcoming::End),
            }
        }
        let block = match first {
            Some(block) => block,
            None => {
                let Ok(block) = incoming.recv() else {
                    return Ok(Upcoming::End);
                };
                self.since = Instant::now();
                block?
            }
        };
        self.take_block(block, used);
        while self.window.len() + BLOCK <= WINDOW {
            match incoming.try_recv() {
                Ok(block) => self.take_block(block?, used),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(Upcoming::End),
            }
        }
        // A progress bar that grows all the time never pauses.
        Ok(if self.since.elapsed() >= PAUSE {
            Upcoming::NotNow
        } else {
            Upcoming::Perhaps
        })
    }

    fn take_block(&mut self, block: Vec<u8>, used: &SyncSender<Vec<u8>>) {
        self.window.extend_from_slice(&block);
        // A block is dropped if the reader does not take it back.
        let _ = used.try_send(block);
    }

    /// Returns true if the waiting bytes would still wait after a pause, so that there is nothing to do yet.
    fn has_nothing_to_do(&self) -> bool {
        self.border().end(Upcoming::NotNow) == self.passed
    }

    /// Returns the search for the end of what can be passed on.
    fn border(&self) -> StreamBorder<'_> {
        StreamBorder {
            window: &self.window,
            passed: self.passed,
            room: WINDOW,
            look: self.look,
        }
    }

    /// Passes on what is complete.
    fn write_complete(&mut self, more: &Upcoming) -> io::Result<()> {
        let mut end = self.border().end(*more);
        if end == self.passed {
            return Ok(());
        }
        if self.offset == 0 {
            self.charset = Charset::of_file(&self.window);
        }
        let found = self.look.look(&self.window, self.path);
        let leaks: Vec<&Finding> = found
            .iter()
            .filter(|f| self.options.includes_finding(f))
            .collect();
        let new = self.remember_secrets(&leaks);
        let mut changes = plan_edits(&leaks, self.options, false).map_err(io::Error::other)?;
        if *more == Upcoming::NotNow {
            self.cover(end, &mut changes);
        }
        // Parts that begin before the border and end after it wait for the rest.
        if *more != Upcoming::End {
            let cut = changes
                .iter()
                .find(|e| place(e).1 > end && place(e).0 < end && place(e).0 >= self.passed);
            end = cut.map_or(end, |e| place(e).0);
        }
        let mut at = self.passed;
        for change in &changes {
            let (start, stop) = place(change);
            if stop <= at || start >= end {
                continue;
            }
            self.output.write_all(&self.window[at..start.max(at)])?;
            self.output.write_all(&change.text)?;
            at = stop;
        }
        self.output.write_all(&self.window[at.min(end)..end])?;
        self.tell_of(&leaks, &found, end.max(at), &new);
        self.passed = end.max(at);
        self.drop_context();
        Ok(())
    }

    /// Adds the secrets of these findings, so that they are replaced from now on. Returns the new ones.
    fn remember_secrets(&mut self, leaks: &[&Finding]) -> HashSet<String> {
        let mut new = HashSet::new();
        let mut secrets = Vec::new();
        for leak in leaks {
            if !self.known.contains(&leak.fingerprint) && new.insert(leak.fingerprint.clone()) {
                secrets.push(&leak.secret);
            }
        }
        if !new.is_empty() {
            self.look.remember_secrets(leaks);
            self.done.passed_before += verify::count_places(&self.past, &secrets);
            self.known.extend(new.iter().cloned());
        }
        new
    }

    /// Reports the secrets that were replaced up to `end`, and the findings that stay. `new` contains the secrets that
    /// were not known when the context was passed on.
    fn tell_of(
        &mut self,
        leaks: &[&Finding],
        found: &[Finding],
        end: usize,
        new: &HashSet<String>,
    ) {
        let last =
            |f: &Finding| usize::try_from(f.bytes.end).map_or(0, |end| end.saturating_sub(1));
        let mut lines = LinePositions::new(&self.window, self.charset, self.first, self.start);
        for leak in leaks {
            if last(leak) < self.passed && new.contains(&leak.fingerprint) {
                self.done.passed_before += 1;
            }
            if (self.passed..end).contains(&last(leak)) {
                let mut record = ReplacedSecret::of(leak, self.path);
                let at = usize::try_from(record.byte_start).unwrap_or(end);
                let place = lines.position_in(leak.charset(), at);
                (record.line, record.column) = (place.line, place.column);
                record.byte_start += self.offset;
                record.byte_end += self.offset;
                (self.replaced)(record);
            }
        }
        for finding in found.iter().filter(|f| self.options.leaves(f)) {
            if !(self.passed..end).contains(&last(finding)) {
                continue;
            }
            self.done.left += 1;
            if self.done.remaining.len() < MOST_NAMED {
                let at = usize::try_from(finding.bytes.start).unwrap_or(end);
                let place = lines.position_in(finding.charset(), at);
                self.done.remaining.push(Remaining {
                    path: self.path.to_owned(),
                    line: place.line,
                    column: place.column,
                    ..Remaining::of(finding)
                });
            }
        }
    }

    /// Covers the part of a token before `end`, a line end after which the token may continue.
    fn cover(&mut self, end: usize, changes: &mut Vec<Edit>) {
        let wide = WideTail::read(&self.window[..end]);
        let text = wide.as_ref().map_or(&self.window[..end], |wide| &wide.text);
        let pieces = self.look.partial_tokens(text);
        if pieces.iter().map(Range::len).sum::<usize>() < TELLING {
            return;
        }
        let before = changes.len();
        for piece in pieces {
            let cover = mask::cover_bytes(piece.len());
            let (place, text) = match &wide {
                Some(wide) => {
                    let place = wide.wide_range(&piece);
                    (place.clone(), wide.widen(&cover, &place))
                }
                None => (piece, cover),
            };
            let range = place.start as u64..place.end as u64;
            let near = changes.partition_point(|c| c.range.end <= range.start);
            let is_free = changes.get(near).is_none_or(|c| c.range.start >= range.end);
            if place.start >= self.passed && is_free {
                changes.insert(near, Edit { range, text });
            }
        }
        self.done.covered += u64::from(changes.len() > before);
    }

    /// Drops bytes that are not needed as context any more.
    fn drop_context(&mut self) {
        if self.passed < 2 * CONTEXT {
            return;
        }
        let drop = (self.passed - CONTEXT) / 4 * 4;
        let next = drop + character_tail(self.charset, &self.window[drop..]);
        self.start = self
            .start
            .after_in(self.charset, &self.window[self.first..next]);
        self.first = next - drop;
        if self.past.len() + drop > PAST {
            self.past.drain(..self.past.len() / 2);
        }
        self.past.extend_from_slice(&self.window[..drop]);
        self.window.copy_within(drop.., 0);
        self.window.truncate(self.window.len() - drop);
        self.passed -= drop;
        self.offset += drop as u64;
    }
}

fn place(edit: &Edit) -> (usize, usize) {
    let at = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
    (at(edit.range.start), at(edit.range.end))
}

/// Length below which a beginning, with its prefix, leaves more of a token open than anybody can guess.
const TELLING: usize = 16;
