//! Ar, which packages of Debian are made of.

use std::io::{self, Read};

use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};

/// Length in bytes of the first line.
const MAGIC: u64 = 8;

/// Length in bytes of a header.
const HEADER: usize = 60;

/// Maximum length in bytes of a name, and of the list of long names.
const MOST_NAMES: u64 = 1 << 20;

/// Reader of ar archives.
pub(super) struct ArReader;

impl ContainerReader for ArReader {
    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        io::copy(&mut input.take(MAGIC), &mut io::sink())?;
        // Names of more than 16 characters, which headers point into.
        let mut long_names = Vec::new();
        loop {
            let mut header = Vec::new();
            input.take(HEADER as u64).read_to_end(&mut header)?;
            if header.is_empty() {
                return Ok(());
            }
            if header.len() < HEADER {
                return Err(ContainerProblem::truncated());
            }
            let Some(mut size) = parse_decimal(&header[48..58]).filter(|_| header[58..] == *b"`\n")
            else {
                let _ = visitor.visit_member(MemberName::rest(), &mut header.chain(&mut *input));
                return Err(ContainerProblem::damaged(
                    "a header is wrong, and the rest was read as text",
                ));
            };
            let padding = size % 2;
            let short = header[..16].trim_ascii_end();
            if short == b"//" {
                input
                    .take(size.min(MOST_NAMES))
                    .read_to_end(&mut long_names)?;
                let rest = size.saturating_sub(MOST_NAMES);
                let passed = io::copy(&mut input.take(padding + rest), &mut io::sink())?;
                if (long_names.len() as u64) < size.min(MOST_NAMES) || passed < rest {
                    return Err(ContainerProblem::truncated());
                }
                continue;
            }
            let name = read_name(short, &long_names, &mut size, input)?;
            visitor.note_text(&name);
            let mut content = input.take(size);
            let flow = visitor.visit_member(
                MemberName::plain(&name),
                &mut ExactContent {
                    content: &mut content,
                    left: size,
                },
            );
            if flow.is_break() {
                return Ok(());
            }
            io::copy(&mut content, &mut io::sink())?;
            if content.limit() > 0 {
                return Err(ContainerProblem::truncated());
            }
            io::copy(&mut input.take(padding), &mut io::sink())?;
        }
    }
}

/// Returns the name of a member. In the BSD form it is the first part of the content, and `size` is reduced by it.
fn read_name(
    short: &[u8],
    long_names: &[u8],
    size: &mut u64,
    input: &mut dyn ContainerInput,
) -> Result<Vec<u8>, ContainerProblem> {
    if let Some(len) = short.strip_prefix(b"#1/").and_then(parse_decimal) {
        if len > *size || len > MOST_NAMES {
            return Err(ContainerProblem::damaged(
                "the name of a member is too long",
            ));
        }
        let mut name = Vec::new();
        input.take(len).read_to_end(&mut name)?;
        *size -= len;
        name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
        return Ok(name);
    }
    let place = short.strip_prefix(b"/").and_then(parse_decimal);
    let long = place
        .and_then(|at| usize::try_from(at).ok())
        .and_then(|at| long_names.get(at..));
    if let Some(long) = long {
        let end = long.iter().position(|b| matches!(b, b'\n' | 0));
        let name = &long[..end.unwrap_or(long.len())];
        return Ok(name.strip_suffix(b"/").unwrap_or(name).to_vec());
    }
    Ok(short.strip_suffix(b"/").unwrap_or(short).to_vec())
}

fn parse_decimal(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field.trim_ascii()).ok()?.parse().ok()
}

/// Content that must have its stated length.
pub(super) struct ExactContent<'c> {
    pub(super) content: &'c mut dyn Read,
    /// Number of bytes that must follow.
    pub(super) left: u64,
}

impl Read for ExactContent<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let count = self.content.read(out)?;
        if count == 0 && self.left > 0 && !out.is_empty() {
            return Err(ContainerProblem::truncated().into());
        }
        self.left -= self.left.min(count as u64);
        Ok(count)
    }
}
