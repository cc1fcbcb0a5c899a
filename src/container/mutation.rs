//! Check of a reader on damaged inputs: it must not panic, and its work must be bounded.
#![cfg(test)]

use std::io::{Cursor, Read};
use std::ops::ControlFlow;

use super::member::{ContainerProblem, ContainerReader, MemberName, MemberVisitor, ReadPicture};
use crate::span::PlaceList;

/// Visitor that reads every content, and breaks once there was too much work.
#[derive(Default)]
struct WorkCounter {
    bytes: u64,
    calls: u64,
}

impl WorkCounter {
    fn add(&mut self, bytes: u64) -> ControlFlow<()> {
        self.bytes += bytes;
        self.calls += 1;
        if self.bytes > 1 << 26 {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

impl MemberVisitor for WorkCounter {
    fn visit_member(&mut self, _: MemberName<'_>, content: &mut dyn Read) -> ControlFlow<()> {
        let mut read = Vec::new();
        let _ = content.take(1 << 26).read_to_end(&mut read);
        self.add(read.len() as u64)
    }

    fn visit_text(
        &mut self,
        name: MemberName<'_>,
        text: &mut dyn Read,
        _: &PlaceList,
    ) -> ControlFlow<()> {
        self.visit_member(name, text)
    }

    fn visit_picture(&mut self, _: &mut ReadPicture<'_>) -> Result<(), ContainerProblem> {
        Ok(())
    }

    fn note_path(&mut self, _: &[u8]) {}

    fn note_text(&mut self, _: &[u8]) {}

    fn charge_work(&mut self, bytes: u64) -> ControlFlow<()> {
        self.add(bytes)
    }

    fn skip_member(&mut self, _: &[u8], _: ContainerProblem) -> ControlFlow<()> {
        self.add(1)
    }
}

/// Reads `sample` cut at many places and with many changes of its bytes, from a fixed seed.
pub(super) fn check_damaged(reader: &dyn ContainerReader, sample: &[u8]) {
    let mut state = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 8).unwrap_or_default() % below.max(1)
    };
    for round in 0..400 {
        let mut bytes = sample.to_vec();
        if round % 4 == 0 {
            bytes.truncate(next(sample.len()));
        }
        for _ in 0..next(8) {
            let at = next(bytes.len());
            let end = (at + next(64)).min(bytes.len());
            match next(4) {
                0 => _ = bytes.drain(at..end),
                1 => bytes[at..end].fill(0xff),
                2 => {
                    let copied = bytes[at..end].to_vec();
                    let to = next(bytes.len());
                    bytes.splice(to..to, copied);
                }
                _ if at < bytes.len() => bytes[at] ^= 1 << next(8),
                _ => {}
            }
        }
        let mut counter = WorkCounter::default();
        let _ = reader.read_members(&mut Cursor::new(&bytes), &mut counter);
        // One content may go beyond the limit.
        assert!(
            counter.bytes < 1 << 28,
            "round {round}: {} bytes",
            counter.bytes
        );
        assert!(
            counter.calls < 1 << 20,
            "round {round}: {} calls",
            counter.calls
        );
    }
}
