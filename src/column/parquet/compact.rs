//! Compact protocol of Thrift: reading and writing of structures.

use std::io::{self, Read};

use super::thrift::{ThriftStruct, ThriftValue};

/// Maximum number of structures and lists inside each other.
const MOST_DEPTH: usize = 32;

/// Types of the protocol.
const TRUE: u8 = 1;
const FALSE: u8 = 2;
const I8: u8 = 3;
const I64: u8 = 6;
const DOUBLE: u8 = 7;
const BINARY: u8 = 8;
const LIST: u8 = 9;
const SET: u8 = 10;
const MAP: u8 = 11;
const STRUCT: u8 = 12;
const UUID: u8 = 13;

/// Reader of one structure.
struct ThriftReader<'i> {
    input: &'i mut dyn Read,
    /// Number of bytes that may still be read.
    left: usize,
    depth: usize,
}

/// Reads a structure.
///
/// # Errors
/// Fails if the input fails, breaks the rules of the protocol, or is longer than `most` bytes.
pub(super) fn read_structure(input: &mut dyn Read, most: usize) -> io::Result<ThriftStruct> {
    let mut reader = ThriftReader {
        input,
        left: most,
        depth: 0,
    };
    reader.read_struct()
}

fn broken(text: &str) -> io::Error {
    io::Error::other(text.to_owned())
}

impl ThriftReader<'_> {
    fn read_array<const N: usize>(&mut self) -> io::Result<[u8; N]> {
        let mut bytes = [0; N];
        self.charge(N)?;
        self.input.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn charge(&mut self, count: usize) -> io::Result<()> {
        let left = self.left.checked_sub(count);
        self.left = left.ok_or_else(|| broken("its metadata is longer than stated"))?;
        Ok(())
    }

    fn read_byte(&mut self) -> io::Result<u8> {
        self.read_array::<1>().map(|[byte]| byte)
    }

    fn read_varint(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.read_byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(broken("a number in its metadata is too long"))
    }

    fn read_int(&mut self) -> io::Result<i64> {
        self.read_varint().map(decode_zigzag)
    }

    /// Reads a length, which cannot be larger than what is left.
    fn read_len(&mut self) -> io::Result<usize> {
        let len = usize::try_from(self.read_varint()?).unwrap_or(usize::MAX);
        if len > self.left {
            return Err(broken(
                "a length in its metadata is larger than the metadata",
            ));
        }
        Ok(len)
    }

    fn enter(&mut self) -> io::Result<()> {
        self.depth += 1;
        if self.depth > MOST_DEPTH {
            return Err(broken("its metadata is nested too deep"));
        }
        Ok(())
    }

    fn read_struct(&mut self) -> io::Result<ThriftStruct> {
        self.enter()?;
        let mut fields = Vec::new();
        let mut last = 0_i16;
        loop {
            let head = self.read_byte()?;
            let kind = head & 0xf;
            if kind == 0 {
                self.depth -= 1;
                return Ok(ThriftStruct(fields));
            }
            let id = match head >> 4 {
                0 => i16::try_from(self.read_int()?).ok(),
                delta => last.checked_add(i16::from(delta)),
            };
            last = id.ok_or_else(|| broken("a field of its metadata has no number"))?;
            let value = match kind {
                TRUE => ThriftValue::Bool(true),
                FALSE => ThriftValue::Bool(false),
                _ => self.read_value(kind)?,
            };
            fields.push((last, value));
        }
    }

    fn read_value(&mut self, kind: u8) -> io::Result<ThriftValue> {
        Ok(match kind {
            // In a list, a truth value is a byte of its own.
            TRUE | FALSE => ThriftValue::Bool(self.read_byte()? == TRUE),
            I8 => ThriftValue::I8(self.read_byte()?),
            4..=I64 => ThriftValue::Int(kind, self.read_int()?),
            DOUBLE => ThriftValue::Double(self.read_array()?),
            BINARY => {
                let len = self.read_len()?;
                self.charge(len)?;
                let mut bytes = Vec::new();
                self.input.take(len as u64).read_to_end(&mut bytes)?;
                if bytes.len() < len {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                ThriftValue::Binary(bytes)
            }
            LIST | SET => self.read_list(kind)?,
            MAP => self.read_map()?,
            STRUCT => ThriftValue::Struct(self.read_struct()?),
            UUID => ThriftValue::Uuid(self.read_array()?),
            _ => return Err(broken("a field of its metadata has an unknown type")),
        })
    }

    fn read_list(&mut self, kind: u8) -> io::Result<ThriftValue> {
        self.enter()?;
        let head = self.read_byte()?;
        let len = match head >> 4 {
            15 => self.read_len()?,
            len => usize::from(len),
        };
        let mut elements = Vec::new();
        for _ in 0..len {
            elements.push(self.read_value(head & 0xf)?);
        }
        self.depth -= 1;
        Ok(ThriftValue::List(kind, head & 0xf, elements))
    }

    fn read_map(&mut self) -> io::Result<ThriftValue> {
        self.enter()?;
        let len = self.read_len()?;
        let kinds = if len > 0 { self.read_byte()? } else { 0 };
        let mut entries = Vec::new();
        for _ in 0..len {
            let key = self.read_value(kinds >> 4)?;
            entries.push((key, self.read_value(kinds & 0xf)?));
        }
        self.depth -= 1;
        Ok(ThriftValue::Map(kinds, entries))
    }
}

/// Returns the signed number that alternates around zero.
pub(super) fn decode_zigzag(number: u64) -> i64 {
    (number >> 1).cast_signed() ^ -(number & 1).cast_signed()
}

fn write_varint(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(u8::try_from(number & 0x7f).unwrap_or_default() | 0x80);
        number >>= 7;
    }
    out.push(u8::try_from(number).unwrap_or_default());
}

fn write_int(number: i64, out: &mut Vec<u8>) {
    write_varint(((number << 1) ^ (number >> 63)).cast_unsigned(), out);
}

/// Returns the bytes of a structure.
pub(super) fn encode_structure(fields: &ThriftStruct) -> Vec<u8> {
    let mut out = Vec::new();
    write_struct(fields, &mut out);
    out
}

fn write_struct(fields: &ThriftStruct, out: &mut Vec<u8>) {
    let mut last = 0_i16;
    for (id, value) in &fields.0 {
        let kind = kind_of(value);
        let delta = id.checked_sub(last).and_then(|d| u8::try_from(d).ok());
        match delta {
            Some(delta @ 1..=15) => out.push(delta << 4 | kind),
            _ => {
                out.push(kind);
                write_int(i64::from(*id), out);
            }
        }
        last = *id;
        if !matches!(value, ThriftValue::Bool(_)) {
            write_value(value, out);
        }
    }
    out.push(0);
}

fn kind_of(value: &ThriftValue) -> u8 {
    match value {
        ThriftValue::Bool(true) => TRUE,
        ThriftValue::Bool(false) => FALSE,
        ThriftValue::I8(_) => I8,
        ThriftValue::Int(kind, _) | ThriftValue::List(kind, ..) => *kind,
        ThriftValue::Double(_) => DOUBLE,
        ThriftValue::Binary(_) => BINARY,
        ThriftValue::Map(..) => MAP,
        ThriftValue::Struct(_) => STRUCT,
        ThriftValue::Uuid(_) => UUID,
    }
}

fn write_value(value: &ThriftValue, out: &mut Vec<u8>) {
    match value {
        ThriftValue::Bool(is_true) => out.push(if *is_true { TRUE } else { FALSE }),
        ThriftValue::I8(byte) => out.push(*byte),
        ThriftValue::Int(_, number) => write_int(*number, out),
        ThriftValue::Double(bytes) => out.extend_from_slice(bytes),
        ThriftValue::Binary(bytes) => {
            write_varint(bytes.len() as u64, out);
            out.extend_from_slice(bytes);
        }
        ThriftValue::List(_, kind, elements) => {
            match u8::try_from(elements.len()) {
                Ok(len @ 0..15) => out.push(len << 4 | kind),
                _ => {
                    out.push(0xf0 | kind);
                    write_varint(elements.len() as u64, out);
                }
            }
            elements
                .iter()
                .for_each(|element| write_value(element, out));
        }
        ThriftValue::Map(kinds, entries) => {
            write_varint(entries.len() as u64, out);
            if !entries.is_empty() {
                out.push(*kinds);
            }
            for (key, value) in entries {
                write_value(key, out);
                write_value(value, out);
            }
        }
        ThriftValue::Struct(inner) => write_struct(inner, out),
        ThriftValue::Uuid(bytes) => out.extend_from_slice(bytes),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sample() -> ThriftStruct {
        let inner = ThriftStruct(vec![
            (1, ThriftValue::Bool(true)),
            (40, ThriftValue::Bool(false)),
        ]);
        let list = (0..20).map(|n| ThriftValue::Int(5, n - 10)).collect();
        ThriftStruct(vec![
            (1, ThriftValue::Int(5, -3)),
            (2, ThriftValue::Int(6, i64::MIN)),
            (3, ThriftValue::Binary(b"name".to_vec())),
            (30, ThriftValue::List(LIST, 5, list)),
            (31, ThriftValue::Struct(inner)),
            (29, ThriftValue::Double([1; 8])),
            (32, ThriftValue::I8(7)),
            (33, ThriftValue::Uuid([9; 16])),
            (
                34,
                ThriftValue::List(
                    SET,
                    TRUE,
                    vec![ThriftValue::Bool(true), ThriftValue::Bool(false)],
                ),
            ),
            (
                35,
                ThriftValue::Map(
                    0x85,
                    vec![(ThriftValue::Binary(b"k".to_vec()), ThriftValue::Int(5, 1))],
                ),
            ),
            (36, ThriftValue::Map(0, Vec::new())),
        ])
    }

    #[test]
    fn a_structure_is_read_as_it_was_written() {
        let bytes = encode_structure(&sample());
        let read = read_structure(&mut &bytes[..], bytes.len()).unwrap();
        assert_eq!(read, sample());
        assert_eq!((read.int(1), read.int(2)), (Some(-3), Some(i64::MIN)));
        assert_eq!(read.text(3).as_deref(), Some("name"));
    }

    #[test]
    fn a_structure_that_is_cut_or_changed_is_an_error_or_another_one() {
        let bytes = encode_structure(&sample());
        for len in 0..bytes.len() {
            assert!(read_structure(&mut &bytes[..len], len).is_err(), "{len}");
        }
        for at in 0..bytes.len() {
            for bit in 0..8 {
                let mut changed = bytes.clone();
                changed[at] ^= 1 << bit;
                // It must end, whatever it comes to.
                let _ = read_structure(&mut &changed[..], changed.len());
            }
        }
        let deep = [0x1c; 100];
        assert!(read_structure(&mut &deep[..], 100).is_err());
    }
}
