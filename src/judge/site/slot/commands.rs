//! Values in commands: typed by a script, piped on, given by name to a store, marked by git as one side of a conflict.

use std::ops::Range;

use super::name_kinds::last_member;
use super::reader::{LONGEST_KEY, SlotReader, is_word_byte};
use crate::judge::site::urls;
use crate::judge::vocabulary::lists;
use crate::span::line_start;

impl SlotReader<'_> {
    /// Returns the prompt that a script expects before it types the value: `expect "Password:"`, then `send "value\r"`.
    /// Cases: `own-askpass-2`, `own-askpass-3`, `own-askpass-not-2`.
    pub(crate) fn expected_prompt(&self, typed: &Range<usize>) -> Option<Range<usize>> {
        let word = |range: &Range<usize>| last_member(&self.text[range.clone()]);
        let option = self.text[typed.clone()].starts_with(b"-");
        let before = || self.key(self.skip_blanks(typed.start));
        let typed = if option { before() } else { typed.clone() };
        if !lists().sending_words.contains(word(&typed)) {
            return None;
        }
        let line = memchr::memrchr(b'\n', &self.text[self.floor..typed.start])? + self.floor;
        let above = line_start(self.text, self.floor, line);
        let body = &self.text[above..line];
        let quote = memchr::memchr2(b'"', b'\'', body)?;
        let waits =
            self.key(self.skip_blanks(above + quote - usize::from(body[..quote].ends_with(b"("))));
        let end = memchr::memrchr(body[quote], body)?;
        let inside = above + quote + 1..above + end;
        (lists().waiting_words.contains(word(&waits)) && !inside.is_empty()).then_some(inside)
    }

    /// Returns `true` if a conflict mark of git precedes `at`: `>>>>>>> value`.
    /// Cases: `own-conflict-1`, `own-conflict-not-1`.
    pub(crate) fn is_conflict(&self, at: usize) -> bool {
        let Some(b' ') = self.byte(at) else {
            return false;
        };
        [&b"<<<<<<<"[..], b"|||||||", b">>>>>>>"]
            .iter()
            .any(|mark| self.ends_with(at - 1, mark))
    }

    /// Returns the PowerShell command that receives a string: `"value" | ConvertTo-SecureString`.
    /// Cases: `own-powershell-1`, `own-powershell-2`.
    pub(crate) fn piped_command(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let close = matches!(self.text.get(value.end), Some(b'"' | b'\''));
        let from = value.end + usize::from(close);
        let skip = 3 * usize::from(self.text[from..].starts_with(b" | "));
        let len = self.text[from + skip..]
            .iter()
            .take_while(|b| is_word_byte(**b) || **b == b'-')
            .count();
        (close && skip > 0 && len > 0).then(|| from + skip..from + skip + len)
    }

    /// Returns the name of the file that a command writes the value to, without its ending: `echo value > git_token.txt`.
    pub(crate) fn redirect_target(&self, value: &Range<usize>) -> Option<Range<usize>> {
        let rest = &self.text[value.end..self.text.len().min(value.end + 120)];
        let closed = usize::from(matches!(rest.first(), Some(b'"' | b'\'')));
        let blank = |b: &&u8| **b == b' ';
        let gap = closed + rest[closed..].iter().take_while(blank).count();
        let arrows = rest[gap..].iter().take_while(|b| **b == b'>').count();
        if !(1..=2).contains(&arrows) {
            return None;
        }
        let line = line_start(self.text, self.floor, value.start);
        let command = &self.text[line..value.start];
        let mut words = command.split(|b| !b.is_ascii_alphabetic());
        if !words.any(|w| lists().emitters.contains(w)) {
            return None;
        }
        let from = gap + arrows + rest[gap + arrows..].iter().take_while(blank).count();
        let part = |b: &&u8| is_word_byte(**b) || matches!(b, b'.' | b'-' | b'/' | b'~' | b'$');
        let path = &rest[from..from + rest[from..].iter().take_while(part).count()];
        let name = memchr::memrchr(b'/', path).map_or(0, |at| at + 1);
        let end = name + without_file_ending(&path[name..]).len();
        let start = value.end + from;
        (name < end).then(|| start + name..start + end)
    }

    /// Returns the command above `at` that prints a secret of a store: `vault kv get ci/github`. Its words name the value.
    pub(crate) fn store_path(&self, at: usize) -> Option<Range<usize>> {
        const REACH: usize = 600;
        const LINES: usize = 10;
        let floor = at.saturating_sub(REACH);
        let mut end = line_start(self.text, floor, at);
        for _ in 0..LINES {
            if end <= floor {
                return None;
            }
            let stop = end - 1;
            let start = line_start(self.text, floor, stop);
            let line = self.text[start..stop].trim_ascii_end();
            let prompt = lists().prompts.iter().find_map(|p| {
                let at = memchr::memmem::find(line, p)?;
                (at < 40).then_some(at + p.len())
            });
            let from = prompt.unwrap_or(0);
            if lists().store_reads.prefix_of(&line[from..]).is_some() {
                let command = &line[from..];
                let len = memchr::memchr(b'|', command).unwrap_or(command.len());
                let command = &command[..len.min(LONGEST_KEY)];
                let name = memchr::memrchr2(b' ', b'/', command).map_or(0, |at| at + 1);
                let end = name + without_file_ending(&command[name..]).len();
                return Some(start + from..start + from + end);
            }
            if prompt.is_some_and(|at| at <= 2) {
                return None;
            }
            end = start;
        }
        None
    }

    /// Returns the value of `--name` in the command before `at`: `put --name ci/token --value "value"`.
    pub(crate) fn flag_before(&self, at: usize) -> Option<Range<usize>> {
        let line = urls::command_start(self.text, at).max(self.floor);
        let command = &self.text[line..at];
        // `gh secret set NAME --body "value"`.
        let placed = lists()
            .store_commands
            .iter()
            .find_map(|verb| memchr::memmem::rfind(command, verb).map(|i| i + verb.len() - 1));
        let named = lists()
            .name_flags
            .iter()
            .find_map(|flag| memchr::memmem::rfind(command, flag).map(|i| i + flag.len()));
        self.argument_of_flag(line + named.or(placed)?, at)
    }

    /// Returns the value of `--name` in the command behind `at`: `put --value "value" --name ci/token`.
    pub(crate) fn flag_after(&self, at: usize) -> Option<Range<usize>> {
        const REACH: usize = 160;
        let rest = &self.text[at..self.text.len().min(at + REACH)];
        let line = &rest[..memchr::memchr(b'\n', rest).unwrap_or(rest.len())];
        let flags = lists().name_flags.iter();
        let end = flags
            .filter_map(|flag| memchr::memmem::find(line, flag).map(|i| i + flag.len()))
            .next()?;
        self.argument_of_flag(at + end, at + line.len())
    }

    /// Returns the argument of the flag that ends at `flag`, before `end`.
    fn argument_of_flag(&self, flag: usize, end: usize) -> Option<Range<usize>> {
        let skip = self.text[flag..end]
            .iter()
            .take_while(|b| matches!(b, b' ' | b'=' | b'"' | b'\''))
            .count();
        let from = flag + skip;
        let len = self.text[from..end]
            .iter()
            .take_while(|b| is_word_byte(**b) || matches!(b, b'-' | b'/' | b'.'))
            .count();
        (skip > 0 && len > 0).then_some(from..from + len)
    }
}

/// Returns a file name without its ending.
fn without_file_ending(name: &[u8]) -> &[u8] {
    let dot = memchr::memrchr(b'.', name).filter(|dot| *dot > 0);
    let ended = dot.filter(|dot| lists().file_endings.contains(&name[dot + 1..]));
    &name[..ended.unwrap_or(name.len())]
}
