//! A filter: text in, redacted text out, in bounded memory. What has come is passed on at once as far as no
//! secret can go on behind it: to the end of the last line, and after a pause also of an unfinished one.
//!
//! A line that ends inside a token waits for the next, but no longer than the pause. What is there of the token
//! is then covered: it may be all but the last character, and what was passed on cannot be taken back.

use std::collections::HashSet;
use std::io::{self, Read, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, SyncSender, TryRecvError};
use std::time::{Duration, Instant};

use super::plan::edits;
use super::{Edit, Look, RedactOptions, Remaining, Replacement, mask, trace};
use crate::finding::Finding;
use crate::span::{Charset, Lines, Position, character_tail};

/// How much is read at once.
const BLOCK: usize = 256 * 1024;

/// How much that was passed on is kept as context. A multiple of four, so that windows of UTF-32 begin with a character.
const CONTEXT: usize = 32 * 1024;

/// How much is scanned at once, context and what waits included.
const WINDOW: usize = 2 << 20;

/// How much is held back of a line that does not end; longer than any token in any encoding.
const AHEAD: usize = 16 * 1024;

/// How long an unfinished line waits for its end. With what the work and the system take, 50 ms.
const PAUSE: Duration = Duration::from_millis(40);

/// How much that was passed on is kept to be looked through for a secret that is found later.
const PAST: usize = 8 << 20;

/// What became of a stream, beside what was replaced in it.
#[derive(Debug, Default)]
pub struct Filtered {
    /// How many line ends were covered because a token may have been cut there.
    pub covered: u64,
    /// How many places of a secret had been passed on before it was found.
    pub passed_before: usize,
    /// How many findings were not sure enough to be replaced.
    pub left: usize,
    /// The first of them.
    pub remaining: Vec<Remaining>,
}

/// How many findings that were left are named.
const MOST_NAMED: usize = 100;

/// Copies `input` to `output` with secrets replaced, and gives each that was replaced to `replaced`.
///
/// # Errors
/// When reading or writing fails. What was passed on before holds no secret.
pub fn filter(
    input: impl Read + Send + 'static,
    output: &mut dyn Write,
    path: &Path,
    options: &RedactOptions,
    look: &dyn Look,
    replaced: &mut dyn FnMut(Replacement),
) -> io::Result<Filtered> {
    let (blocks, incoming) = mpsc::sync_channel(4);
    let (used, spare) = mpsc::sync_channel(8);
    // Reads may block for ever, so they have a thread of their own, which ends with the process.
    std::thread::spawn(move || read_blocks(input, &blocks, &spare));
    let mut filter = Filter {
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
        let last = matches!(more, More::End);
        let passed = filter.offset + filter.passed as u64;
        filter.pass_on(&more)?;
        if more == More::NotNow || filter.offset + filter.passed as u64 > passed {
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
                // The other side ends the run with it.
                let _ = blocks.send(Err(e));
                return;
            }
        };
        if sent.is_err() {
            return;
        }
    }
}

/// What is known of what is still to come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum More {
    /// There may be more at once.
    Perhaps,
    /// There has been nothing for a while, or no end to what has been waiting for so long.
    NotNow,
    /// The input has ended.
    End,
}

struct Filter<'f> {
    output: &'f mut dyn Write,
    path: &'f Path,
    options: &'f RedactOptions,
    look: &'f dyn Look,
    replaced: &'f mut dyn FnMut(Replacement),
    /// The context, then what has not been passed on.
    window: Vec<u8>,
    /// How much of the window is context.
    passed: usize,
    /// Where the window starts in the stream.
    offset: u64,
    /// Line and column of its byte at `first`; those before belong to a character that began before it.
    start: Position,
    first: usize,
    /// How the characters of the stream are written.
    charset: Charset,
    /// What is no context any more, as it came.
    past: Vec<u8>,
    /// The fingerprints of the secrets that were replaced.
    known: HashSet<String>,
    /// What is told at the end.
    done: Filtered,
    /// Since when what waits has been waiting.
    since: Instant,
}

impl Filter<'_> {
    /// Waits for input and takes all that is there, as far as the window has room.
    fn gather(
        &mut self,
        incoming: &Receiver<Block>,
        used: &SyncSender<Vec<u8>>,
    ) -> io::Result<More> {
        let mut first = None;
        if self.window.len() > self.passed {
            match incoming.recv_timeout(PAUSE.saturating_sub(self.since.elapsed())) {
                Ok(block) => first = Some(block?),
                Err(RecvTimeoutError::Timeout) if self.is_settled() => {}
                Err(RecvTimeoutError::Timeout) => return Ok(More::NotNow),
                Err(RecvTimeoutError::Disconnected) => return Ok(More::End),
            }
        }
        let block = match first {
            Some(block) => block,
            None => {
                let Ok(block) = incoming.recv() else {
                    return Ok(More::End);
                };
                self.since = Instant::now();
                block?
            }
        };
        self.take(block, used);
        while self.window.len() + BLOCK <= WINDOW {
            match incoming.try_recv() {
                Ok(block) => self.take(block?, used),
                Err(TryRecvError::Empty) => break,
                Err(TryRecvError::Disconnected) => return Ok(More::End),
            }
        }
        // A bar that grows all the time never pauses.
        Ok(if self.since.elapsed() >= PAUSE {
            More::NotNow
        } else {
            More::Perhaps
        })
    }

    fn take(&mut self, block: Vec<u8>, used: &SyncSender<Vec<u8>>) {
        self.window.extend_from_slice(&block);
        // A block that nobody wants back is dropped.
        let _ = used.try_send(block);
    }

    /// Whether what waits would wait on after a pause, too, so that there is nothing to do before more comes.
    fn is_settled(&self) -> bool {
        self.border(More::NotNow) == self.passed
    }

    /// Passes on what is complete.
    fn pass_on(&mut self, more: &More) -> io::Result<()> {
        let mut end = self.border(*more);
        if end == self.passed {
            return Ok(());
        }
        if self.offset == 0 {
            self.charset = Charset::of_file(&self.window);
        }
        let found = self.look.look(&self.window, self.path);
        let leaks: Vec<&Finding> = found.iter().filter(|f| self.options.wants(f)).collect();
        let new = self.remember_secrets(&leaks);
        let mut changes = edits(&leaks, self.options, false).map_err(io::Error::other)?;
        if *more == More::NotNow {
            self.cover(end, &mut changes);
        }
        // What begins before the border and ends behind it waits for the rest.
        if *more != More::End {
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
        self.forget();
        Ok(())
    }

    /// Remembers the secrets of these findings, so that they are replaced from now on. Returns those that are new.
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
            self.done.passed_before += trace::count_places(&self.past, &secrets);
            self.known.extend(new.iter().cloned());
        }
        new
    }

    /// Tells of the secrets that were replaced up to `end`, and of what stays. `new` are the secrets that were not
    /// known when the context was passed on.
    fn tell_of(
        &mut self,
        leaks: &[&Finding],
        found: &[Finding],
        end: usize,
        new: &HashSet<String>,
    ) {
        let last =
            |f: &Finding| usize::try_from(f.bytes.end).map_or(0, |end| end.saturating_sub(1));
        let mut lines = Lines::new(&self.window, self.charset, self.first, self.start);
        for leak in leaks {
            if last(leak) < self.passed && new.contains(&leak.fingerprint) {
                self.done.passed_before += 1;
            }
            if (self.passed..end).contains(&last(leak)) {
                let mut record = Replacement::of(leak, self.path);
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

    /// Covers what stands of a token before `end`, a line end behind which it may go on.
    fn cover(&mut self, end: usize, changes: &mut Vec<Edit>) {
        let pieces = self.look.begun(&self.window[..end]);
        if pieces.iter().map(Range::len).sum::<usize>() < TELLING {
            return;
        }
        let waiting = pieces.into_iter().filter(|p| p.start >= self.passed);
        let before = changes.len();
        for piece in waiting {
            let range = piece.start as u64..piece.end as u64;
            let near = changes.partition_point(|c| c.range.end <= range.start);
            if changes.get(near).is_none_or(|c| c.range.start >= range.end) {
                let text = mask::cover(piece.len());
                changes.insert(near, Edit { range, text });
            }
        }
        self.done.covered += u64::from(changes.len() > before);
    }

    /// Up to where the window can be passed on: no secret may begin before and end behind.
    fn border(&self, more: More) -> usize {
        let len = self.window.len();
        if more == More::End {
            return len;
        }
        let text = &self.window[self.passed..];
        let lines = self.passed + memchr::memrchr(b'\n', text).map_or(0, |n| n + 1);
        let settled = if more == More::Perhaps {
            self.before_wrapped(lines)
        } else {
            self.before_unfinished(lines)
        };
        // A line without end is passed on before it fills the memory.
        let most = text.len().saturating_sub(AHEAD.max(WINDOW / 4));
        settled.max(self.passed + most)
    }

    /// Moves `end`, a line's end, back before lines that may go on in the next one: wrapped base64, soft line
    /// breaks, and words cut at the margin.
    fn before_wrapped(&self, mut end: usize) -> usize {
        let begun = self.look.begun(&self.window[..end]);
        if let Some(first) = begun.first() {
            let before = &self.window[..first.start];
            end = memchr::memrchr(b'\n', before).map_or(0, |n| n + 1);
        }
        let floor = end.saturating_sub(AHEAD).max(self.passed);
        while end > floor {
            let line = &self.window[..end];
            let line = line.strip_suffix(b"\n").unwrap_or(line);
            let line = line.strip_suffix(b"\r").unwrap_or(line);
            let word = line.iter().rev().take_while(|b| is_part(**b)).count();
            if word < LONG && line.last() != Some(&b'=') {
                break;
            }
            end = memchr::memrchr(b'\n', line).map_or(0, |n| n + 1);
        }
        end.max(self.passed)
    }

    /// Where what may be the beginning of a secret begins in the line from `start` on, which has no end yet.
    fn before_unfinished(&self, start: usize) -> usize {
        let len = self.window.len();
        let line = &self.window[start..];
        if line.is_empty() {
            return len;
        }
        let word = line.iter().rev().take_while(|b| is_part(**b)).count();
        let tail = &line[line.len() - word..];
        // Addresses, which people are asked to open, have full stops or no digits in them.
        let is_encoded =
            word >= LONG && !tail.contains(&b'.') && tail.iter().any(u8::is_ascii_digit);
        let held = if is_encoded { len - word } else { len };
        let begun = self.look.begun(&self.window);
        let begins = begun.last().map_or(len, |piece| piece.start);
        held.min(begins.max(start))
    }

    /// Drops what is no longer needed as context.
    fn forget(&mut self) {
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

/// A beginning shorter than this, the prefix counted, leaves more of a token open than anybody can guess.
const TELLING: usize = 16;

/// Words of this many characters may be encoded text or the first half of a token.
const LONG: usize = 24;

/// Whether tokens, or what encodes them, may hold this byte.
fn is_part(byte: u8) -> bool {
    byte.is_ascii_alphanumeric()
        || matches!(byte, b'_' | b'-' | b'.' | b'+' | b'/' | b'%' | b'\\' | b'=')
}
