//! Cpio in its four forms.

use std::io::{self, Read};

use super::ar::ExactContent;
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};

/// Maximum length in bytes of a name that is kept.
const MOST_NAME: u64 = 1 << 16;

/// Name of the entry that ends an archive.
const TRAILER: &[u8] = b"TRAILER!!!";

/// Reader of cpio archives.
pub(super) struct CpioReader;

/// Facts of a header.
struct CpioHeader {
    /// Length of the header in bytes.
    len: u64,
    /// Length of the name with its NUL.
    name: u64,
    size: u64,
    /// Unit of bytes that names and contents are filled up to.
    unit: u64,
}

impl ContainerReader for CpioReader {
    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        loop {
            let (start, header) = read_header(input)?;
            let Some(header) = header else {
                // Blocks of zeros fill an archive up, and another archive may follow.
                if start.iter().any(|b| *b != 0) {
                    let _ = visitor.visit_member(MemberName::rest(), &mut start.chain(input));
                    return Err(ContainerProblem::damaged(
                        "a header is wrong, and the rest was read as text",
                    ));
                }
                if start.len() < 6 {
                    return Ok(());
                }
                continue;
            };
            let mut name = Vec::new();
            let mut rest = input.take(header.name);
            rest.by_ref().take(MOST_NAME).read_to_end(&mut name)?;
            io::copy(&mut rest, &mut io::sink())?;
            name.truncate(name.iter().position(|b| *b == 0).unwrap_or(name.len()));
            skip(input, padding(header.len + header.name, header.unit))?;
            if name == TRAILER {
                continue;
            }
            visitor.note_text(&name);
            let mut content = input.take(header.size);
            if header.size > 0 {
                let mut exact = ExactContent {
                    content: &mut content,
                    left: header.size,
                };
                if visitor
                    .visit_member(MemberName::plain(&name), &mut exact)
                    .is_break()
                {
                    return Ok(());
                }
            }
            io::copy(&mut content, &mut io::sink())?;
            if content.limit() > 0 {
                return Err(ContainerProblem::truncated());
            }
            skip(input, padding(header.size, header.unit))?;
        }
    }
}

/// Reads a header. Returns its first bytes, and its facts unless it is none.
fn read_header(
    input: &mut dyn ContainerInput,
) -> Result<(Vec<u8>, Option<CpioHeader>), ContainerProblem> {
    let mut bytes = Vec::new();
    // Zeros behind an archive are passed over in units of the smallest form.
    input.take(6).read_to_end(&mut bytes)?;
    while bytes.len() == 6 && bytes[..4] == [0; 4] && bytes[4..] != [0; 2] {
        bytes.drain(..2);
        input.take(2).read_to_end(&mut bytes)?;
    }
    let len = match &bytes[..] {
        b"070701" | b"070702" => 110,
        b"070707" => 76,
        [0xc7, 0x71, ..] | [0x71, 0xc7, ..] => 26,
        _ => return Ok((bytes, None)),
    };
    let is_binary = len == 26;
    input
        .take(len - bytes.len() as u64)
        .read_to_end(&mut bytes)?;
    if (bytes.len() as u64) < len {
        return Err(ContainerProblem::truncated());
    }
    let header = if is_binary {
        Some(binary_header(&bytes))
    } else {
        text_header(&bytes)
    };
    Ok((bytes, header))
}

fn text_header(bytes: &[u8]) -> Option<CpioHeader> {
    let number = |from: usize, len: usize, radix: u32| {
        let text = std::str::from_utf8(&bytes[from..from + len]).ok()?;
        u64::from_str_radix(text, radix).ok()
    };
    let len = bytes.len() as u64;
    if len == 76 {
        return Some(CpioHeader {
            len,
            name: number(59, 6, 8)?,
            size: number(65, 11, 8)?,
            unit: 1,
        });
    }
    Some(CpioHeader {
        len,
        name: number(94, 8, 16)?,
        size: number(54, 8, 16)?,
        unit: 4,
    })
}

/// Reads a header of 16-bit words, in either byte order. The size is two words, the high one first.
fn binary_header(bytes: &[u8]) -> CpioHeader {
    let is_little = bytes[0] == 0xc7;
    let word = |at: usize| {
        let pair = [bytes[at], bytes[at + 1]];
        u64::from(if is_little {
            u16::from_le_bytes(pair)
        } else {
            u16::from_be_bytes(pair)
        })
    };
    CpioHeader {
        len: 26,
        name: word(20),
        size: word(22) << 16 | word(24),
        unit: 2,
    }
}

fn padding(len: u64, unit: u64) -> u64 {
    len.next_multiple_of(unit) - len
}

fn skip(input: &mut dyn ContainerInput, count: u64) -> io::Result<()> {
    io::copy(&mut input.take(count), &mut io::sink()).map(|_| ())
}
