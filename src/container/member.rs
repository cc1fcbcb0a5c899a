//! Interface of the readers of containers: one trait for the readers, one for the receiver of the members.

use std::fmt;
use std::io::{self, Read, Seek, SeekFrom};
use std::ops::ControlFlow;
use std::sync::Arc;

use super::form::{ContainerForm, ContainerKind};
use super::limits::{ContainerLimit, ContainerLimits};
use super::reading::PictureReading;
use crate::message::{count_noun, without_error_numbers};
use crate::span::{DocumentPlace, PlaceList};

/// Bytes of a container. A container inside another one may be a stream, on which every seek fails; a reader that needs
/// to seek is never given one.
pub(crate) trait ContainerInput: Read + Seek {}

impl<T: Read + Seek> ContainerInput for T {}

/// Bytes that are read from start to end, as an input of readers that do not seek.
pub(crate) struct StreamInput<R>(pub(crate) R);

impl<R: Read> Read for StreamInput<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        self.0.read(out)
    }
}

impl<R> Seek for StreamInput<R> {
    fn seek(&mut self, _: SeekFrom) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }
}

/// Reader of one format.
pub(crate) trait ContainerReader: Sync {
    /// Returns true if the reader seeks in its input. A stream is then held in memory for it, within the limits.
    fn needs_seek(&self) -> bool {
        false
    }

    /// Returns true if the container is one compressed text. Its content has no name of its own, and reports show the
    /// name of the container.
    fn is_single(&self) -> bool {
        false
    }

    /// Gives every member to `visitor`, in the order of the container, until it breaks. The content of a member must be
    /// read before the next one is asked for; what the visitor leaves unread is passed over.
    ///
    /// # Errors
    /// Returns the reason why the rest of the container cannot be read. The members before have been visited.
    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem>;
}

/// Maximum number of characters of a member's name that reports show.
const NAME: usize = 1024;

/// Returns the way to a member with this name in the container on `way`: the names of the containers inside the file and
/// of the member, each after a `!`. Text of the container itself has no name.
#[must_use]
pub(crate) fn join_way(way: &str, name: &[u8]) -> String {
    if name.is_empty() {
        return way.to_owned();
    }
    let name = String::from_utf8_lossy(name);
    let shown: String = name.chars().take(NAME).collect();
    let dots = if shown.len() < name.len() { "…" } else { "" };
    format!("{way}!{shown}{dots}")
}

/// Name of a member, and what the visitor must know before it reads the content.
#[derive(Clone, Copy, Debug)]
pub(crate) struct MemberName<'m> {
    /// Name as the container states it; empty for text of the container itself.
    pub name: &'m [u8],
    /// Place of the member, for one that a person knows by a place: `message 2 attachment 1`.
    pub place: Option<&'m DocumentPlace>,
    /// True if the content is inflated while it is read, so that it may be larger than the container.
    pub is_packed: bool,
    /// True for the rest of a damaged container, which is scanned and not opened.
    pub is_rest: bool,
}

impl<'m> MemberName<'m> {
    /// Returns the name of a member whose bytes are bytes of the container.
    #[must_use]
    pub(crate) fn plain(name: &'m [u8]) -> Self {
        MemberName {
            name,
            place: None,
            is_packed: false,
            is_rest: false,
        }
    }

    /// Returns the name of a member that is inflated while it is read.
    #[must_use]
    pub(crate) fn packed(name: &'m [u8]) -> Self {
        MemberName {
            is_packed: true,
            ..MemberName::plain(name)
        }
    }

    /// Returns the name of the rest of a damaged container.
    #[must_use]
    pub(crate) fn rest() -> Self {
        MemberName {
            is_rest: true,
            ..MemberName::plain(b"")
        }
    }
}

/// Function that recognises the text of a picture several times, the best reading first.
pub(crate) type ReadPicture<'r> =
    dyn FnMut(&ContainerLimits) -> Result<Arc<[PictureReading]>, ContainerProblem> + 'r;

/// Receiver of the members of a container.
pub(crate) trait MemberVisitor {
    /// Takes a member and reads its content to the end. An error of the content that wraps a [`ContainerProblem`] is
    /// reported as that problem, any other as damage.
    fn visit_member(&mut self, name: MemberName<'_>, content: &mut dyn Read) -> ControlFlow<()>;

    #[cfg_attr(
        not(feature = "documents"),
        allow(dead_code, reason = "for the readers of documents")
    )]
    /// Takes a text that was taken from the container or from its member of this name, and reads it to the end. While
    /// the text is read, its reader adds the places in it to `places`, with offsets in the text. The text is scanned
    /// like a member and never opened as a container.
    fn visit_text(
        &mut self,
        name: MemberName<'_>,
        text: &mut dyn Read,
        places: &PlaceList,
    ) -> ControlFlow<()>;

    #[cfg_attr(
        not(feature = "pictures"),
        allow(dead_code, reason = "for the reader of pictures")
    )]
    /// Takes the text of a picture, which `read` recognises within the limits of the visitor. A visitor around another
    /// one must pass it on, so there is no default.
    ///
    /// # Errors
    /// Returns the error of `read`.
    fn visit_picture(&mut self, read: &mut ReadPicture<'_>) -> Result<(), ContainerProblem>;

    #[cfg_attr(
        not(feature = "archives"),
        allow(dead_code, reason = "for the readers of archives")
    )]
    /// Takes the path of a member of a tar archive, also of one without content. It is a text of the container too.
    fn note_path(&mut self, path: &[u8]);

    /// Takes a short text of the container itself: a name, the target of a link, a comment.
    fn note_text(&mut self, text: &[u8]);

    #[cfg_attr(
        not(feature = "documents"),
        allow(dead_code, reason = "for the readers of documents")
    )]
    /// Counts bytes that the reader has worked on besides contents that the visitor reads. Breaks once the container has
    /// taken too long.
    fn charge_work(&mut self, bytes: u64) -> ControlFlow<()>;

    /// Records a member that cannot be read.
    fn skip_member(&mut self, name: &[u8], problem: ContainerProblem) -> ControlFlow<()>;
}

/// Reason that a container, or a member of one, was not read or not to its end.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerProblem {
    /// The content is encrypted.
    Encrypted,
    /// The bytes break the rules of the format; the text says which one.
    Damaged(String),
    /// The content is stored by a method that this program does not implement.
    UnknownMethod(String),
    /// The content shares bytes with that of another member, as in a file that is made to grow without end.
    Overlapping,
    /// A limit was reached.
    Limit(ContainerLimit),
    /// A container in a container whose form is recognised but not opened. Its own bytes were scanned.
    Unopened(ContainerForm),
    /// Text in fonts that do not tell their characters; the number of the characters.
    UnknownText(u64),
    /// Frames or pages of a picture behind the first one.
    UnreadFrames,
    /// Words of a picture that may be tokens and that could not be read exactly; their number.
    UnsureWords(u64),
    /// The program that recognises the text of pictures is missing or has failed; the text says why.
    Unrecognised(String),
    /// More members of one file than are listed one by one; the number of the others.
    Unlisted(u64),
}

impl ContainerProblem {
    /// Returns the problem that an error of reading stands for.
    #[must_use]
    pub fn from_error(error: &io::Error) -> ContainerProblem {
        let inner = error.get_ref().and_then(|e| e.downcast_ref());
        if let Some(problem) = inner {
            return ContainerProblem::clone(problem);
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => ContainerProblem::truncated(),
            _ => ContainerProblem::Damaged(plain_text(&error.to_string())),
        }
    }

    /// Returns the problem of a container that ends too early.
    #[must_use]
    pub fn truncated() -> ContainerProblem {
        ContainerProblem::Damaged("it ends too early".to_owned())
    }

    /// Returns the problem of a container that breaks a rule of its format.
    pub fn damaged(text: impl Into<String>) -> ContainerProblem {
        ContainerProblem::Damaged(text.into())
    }

    /// Returns true if a limit was reached.
    #[must_use]
    pub fn is_limit(&self) -> bool {
        matches!(self, ContainerProblem::Limit(_))
    }

    /// Returns true if only the pixels of an image were not read.
    #[must_use]
    pub fn is_image(&self) -> bool {
        matches!(self, ContainerProblem::Unopened(form) if form.kind == ContainerKind::Image)
    }
}

/// Returns a message without the number of the operating system and without control characters.
fn plain_text(text: &str) -> String {
    let text = without_error_numbers(text);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

impl From<io::Error> for ContainerProblem {
    fn from(error: io::Error) -> ContainerProblem {
        ContainerProblem::from_error(&error)
    }
}

impl From<ContainerProblem> for io::Error {
    fn from(problem: ContainerProblem) -> io::Error {
        io::Error::other(problem)
    }
}

impl std::error::Error for ContainerProblem {}

impl fmt::Display for ContainerProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContainerProblem::Encrypted => f.write_str("encrypted, not read"),
            ContainerProblem::Damaged(what) => write!(f, "damaged: {what}"),
            ContainerProblem::UnknownMethod(method) => {
                write!(f, "compressed by {method}, which this program cannot read")
            }
            ContainerProblem::Overlapping => {
                f.write_str("shares its bytes with another member, as bombs do; not read")
            }
            ContainerProblem::Limit(limit) => limit.fmt(f),
            ContainerProblem::Unopened(form) => write!(
                f,
                "{}, not opened: what is packed in it was not read",
                form.name
            ),
            ContainerProblem::UnknownText(count) => write!(
                f,
                "has fonts that do not tell their characters: {count} characters of its text were not read"
            ),
            ContainerProblem::UnreadFrames => {
                f.write_str("only the first of its frames or pages was read")
            }
            ContainerProblem::UnsureWords(count) => write!(
                f,
                "shows {} that could not be read exactly and may be a token; look at it",
                count_noun(*count, "word")
            ),
            ContainerProblem::Unrecognised(text) => write!(f, "its text was not read: {text}"),
            ContainerProblem::Unlisted(count) => write!(f, "{count} more members were not read"),
        }
    }
}
