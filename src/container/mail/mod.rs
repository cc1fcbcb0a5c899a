//! Mails and mailboxes. The own bytes of a mail are text, in which the detector reads base64 and quoted-printable. This
//! reader adds what it cannot read there: attachments that are containers, text in UTF-16, and headers whose encoded
//! words are cut.

mod body;
mod header;
mod lines;

use std::io::Read;
use std::ops::ControlFlow;

use super::form::{HEAD, recognise_container};
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use crate::span::DocumentPlace;
use body::PartBody;
use header::{PartHeaders, read_headers};
use lines::{MOST_DEPTH, MailLines};

/// Reader of mails and mailboxes.
pub(super) struct MailReader;

impl ContainerReader for MailReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let mut walk = MailWalk {
            lines: MailLines::new(input),
            visitor,
            message: 0,
            attachment: 0,
        };
        while walk.lines.start_message()? {
            walk.message += 1;
            walk.attachment = 0;
            if walk.read_message()?.is_break() {
                break;
            }
        }
        Ok(())
    }
}

/// Reading of the messages of a file, one after the other.
struct MailWalk<'w> {
    lines: MailLines<'w>,
    visitor: &'w mut dyn MemberVisitor,
    /// Number of the message, 1-based.
    message: u64,
    /// Number of attachments of the message so far.
    attachment: u64,
}

impl MailWalk<'_> {
    /// Reads a message to the start of the next one.
    fn read_message(&mut self) -> Result<ControlFlow<()>, ContainerProblem> {
        let mut flow = self.read_part()?;
        while flow.is_continue() && self.lines.start_part()? {
            flow = self.read_part()?;
        }
        Ok(flow)
    }

    /// Reads a part, which begins with its headers.
    fn read_part(&mut self) -> Result<ControlFlow<()>, ContainerProblem> {
        let mut headers = read_headers(&mut self.lines, self.visitor)?;
        // A message in a message is read as a part of it, unless its text is encoded.
        let mut depth = 0;
        while headers.is_message() && depth < MOST_DEPTH {
            headers = read_headers(&mut self.lines, self.visitor)?;
            depth += 1;
        }
        if let Some(boundary) = headers.boundary() {
            if headers.is_encrypted() {
                return Ok(self.visitor.skip_member(b"", ContainerProblem::Encrypted));
            }
            if !self.lines.push_boundary(boundary) {
                return Err(ContainerProblem::damaged(
                    "its parts are nested too deeply, and what is packed in them was not read",
                ));
            }
            return Ok(ControlFlow::Continue(()));
        }
        self.read_body(&headers)
    }

    /// Gives the content of a part to the visitor if the own bytes of the mail do not show it.
    fn read_body(&mut self, headers: &PartHeaders) -> Result<ControlFlow<()>, ContainerProblem> {
        if headers.is_attachment() {
            self.attachment += 1;
        }
        let name = headers.file_name();
        if headers.is_encrypted() {
            return Ok(self.visitor.skip_member(&name, ContainerProblem::Encrypted));
        }
        let mut body = PartBody::new(&mut self.lines, headers.encoding());
        let mut head = Vec::with_capacity(HEAD);
        body.by_ref().take(HEAD as u64).read_to_end(&mut head)?;
        if recognise_container(&head).is_none() && !head.contains(&0) {
            return Ok(ControlFlow::Continue(()));
        }
        let message = DocumentPlace::of_number("message", self.message);
        let place = if headers.is_attachment() {
            message.with_number("attachment", self.attachment)
        } else {
            message
        };
        let member = MemberName {
            place: Some(&place),
            ..MemberName::packed(&name)
        };
        let flow = self.visitor.visit_member(member, &mut head.chain(body));
        Ok(flow)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::mutation::check_damaged;

    #[test]
    fn damaged_mails_are_read_in_bounded_work() {
        let mail = b"From a@b.c Mon Nov  2 10:00:00 2026\nFrom: a@b.c\nSubject: =?utf-8?q?a?=\n =?utf-8?b?YWI=?=\n\
            MIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=\"b\"\n\ntext\n--b\n\
            Content-Type: application/zip; name*0*=utf-8''a%20; name*1=\"b.zip\"\n\
            Content-Transfer-Encoding: base64\n\nUEsDBAoAAAAAAAA=\n--b\nContent-Type: message/rfc822\n\n\
            Subject: x\nContent-Type: multipart/mixed; boundary=c\n\n--c\n\
            Content-Transfer-Encoding: quoted-printable\n\na=00b=\nc\n--c--\n--b--\n\n\
            From a@b.c Mon Nov  2 10:00:00 2026\nFrom: a@b.c\n\nlast\n";
        check_damaged(&MailReader, mail);
    }
}
