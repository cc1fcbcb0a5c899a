//! Office documents, which are zip archives of XML parts: takes the text out of the parts, and gives every other member
//! on as it is.

use std::cell::RefCell;
use std::io::{self, Cursor, Read};
use std::ops::ControlFlow;

use super::open_document::OpenDocumentDialect;
use super::paragraphs::ParagraphDialect;
use super::parts::{ListDialect, OfficeParts, PRESENTATION, WORKBOOK, source_of};
use super::sheet::{SharedStrings, SheetDialect, StringsDialect};
use super::xml::{XmlDialect, XmlText};
use crate::container::member::{ContainerProblem, MemberName, MemberVisitor, ReadPicture};
use crate::span::{DocumentPlace, PlaceList};

/// Number of first bytes of a part that tell if it is XML.
const HEAD: usize = 64;

/// Kind of a part, by its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PartKind {
    /// Connections between parts, with the targets of links.
    Connections,
    /// List of sheets or slides.
    List,
    Strings,
    /// Sheet, or comments on one.
    Sheet,
    /// Paragraphs that are counted.
    Document,
    /// Paragraphs of a slide or of a drawing.
    Drawing,
    Properties,
    OpenContent,
    OpenStyles,
}

/// Returns the kind of a part; `None` for a member whose text is not taken out.
fn find_kind(part: &str) -> Option<PartKind> {
    if part.ends_with(".rels") {
        return source_of(part).map(|_| PartKind::Connections);
    }
    if !part.ends_with(".xml") {
        return None;
    }
    let (folder, below) = part.split_once('/').unwrap_or(("", part));
    let name = part.rsplit('/').next().unwrap_or(part);
    Some(match folder {
        _ if part == WORKBOOK || part == PRESENTATION => PartKind::List,
        "xl" if below == "sharedStrings.xml" => PartKind::Strings,
        "xl" if below.starts_with("worksheets/") => PartKind::Sheet,
        "xl" if below.starts_with("comments") || below.starts_with("threadedComments/") => {
            PartKind::Sheet
        }
        "word" => PartKind::Document,
        "xl" | "ppt" => PartKind::Drawing,
        "docProps" => PartKind::Properties,
        _ => match name {
            "content.xml" => PartKind::OpenContent,
            "styles.xml" => PartKind::OpenStyles,
            "meta.xml" => PartKind::Properties,
            _ => return None,
        },
    })
}

/// Returns the rank of a part that is read before the others, which refer to it; `None` for the others.
pub(in crate::container) fn find_early_rank(name: &[u8]) -> Option<u8> {
    match find_kind(&part_name(name))? {
        PartKind::Connections => Some(0),
        PartKind::List => Some(1),
        PartKind::Strings => Some(2),
        _ => None,
    }
}

/// Returns the name of a part as other parts refer to it.
fn part_name(name: &[u8]) -> String {
    let name = String::from_utf8_lossy(name);
    name.trim_start_matches('/').replace('\\', "/")
}

/// Visitor of the members of a zip archive that takes the text out of the parts of documents.
pub(in crate::container) struct OfficeVisitor<'v> {
    inner: &'v mut dyn MemberVisitor,
    parts: OfficeParts,
    strings: RefCell<SharedStrings>,
    /// Name of the part with the shared strings.
    strings_name: Vec<u8>,
}

impl<'v> OfficeVisitor<'v> {
    pub(in crate::container) fn new(inner: &'v mut dyn MemberVisitor) -> Self {
        OfficeVisitor {
            inner,
            parts: OfficeParts::default(),
            strings: RefCell::default(),
            strings_name: Vec::new(),
        }
    }

    /// Gives on the shared strings that no cell refers to.
    pub(in crate::container) fn finish(&mut self) {
        let unused = self.strings.borrow_mut().take_unused();
        if unused.is_empty() {
            return;
        }
        let (places, mut text) = (PlaceList::default(), Vec::new());
        for (number, string) in unused {
            let place = DocumentPlace::of_number("shared string", number);
            places.start_place(text.len() as u64, Some(place));
            text.extend_from_slice(string.as_bytes());
            text.push(b'\n');
        }
        let name = MemberName::packed(&self.strings_name);
        let _ = self.inner.visit_text(name, &mut &text[..], &places);
    }

    /// Gives on the text of a part.
    fn visit_part(
        &mut self,
        kind: PartKind,
        name: MemberName<'_>,
        content: impl Read,
    ) -> ControlFlow<()> {
        let part = part_name(name.name);
        let place = self.parts.place_of(&part);
        let (inner, strings) = (&mut *self.inner, &self.strings);
        match kind {
            PartKind::Connections | PartKind::List | PartKind::Properties => {
                let source = source_of(&part).unwrap_or_default();
                let place = match kind {
                    PartKind::Connections => {
                        let owner = self.parts.place_of(&source);
                        Some(
                            owner.map_or(DocumentPlace::of_word("links"), |o| o.with_word("links")),
                        )
                    }
                    PartKind::Properties => Some(DocumentPlace::of_word("document properties")),
                    _ => None,
                };
                let parts = &mut self.parts;
                let dialect = ListDialect {
                    parts,
                    source,
                    place,
                };
                give_text(inner, name, content, dialect)
            }
            PartKind::Strings => {
                self.strings_name = name.name.to_owned();
                give_text(inner, name, content, StringsDialect::new(strings))
            }
            PartKind::Sheet => give_text(inner, name, content, SheetDialect::new(strings, place)),
            PartKind::Document => give_text(inner, name, content, ParagraphDialect::counted()),
            PartKind::Drawing => {
                let dialect =
                    place.map_or_else(ParagraphDialect::counted, ParagraphDialect::at_place);
                give_text(inner, name, content, dialect)
            }
            PartKind::OpenContent => {
                give_text(inner, name, content, OpenDocumentDialect::of_content())
            }
            PartKind::OpenStyles => {
                give_text(inner, name, content, OpenDocumentDialect::of_styles())
            }
        }
    }
}

fn give_text(
    visitor: &mut dyn MemberVisitor,
    name: MemberName<'_>,
    content: impl Read,
    dialect: impl XmlDialect,
) -> ControlFlow<()> {
    let places = PlaceList::default();
    let mut text = XmlText::new(content, dialect, &places);
    visitor.visit_text(name, &mut text, &places)
}

/// Content that a part can begin with.
enum PartContent {
    Xml,
    /// XML in UTF-16, which is scanned as it is.
    WideXml,
    Encrypted,
    Other,
}

fn look_at_head(head: &[u8]) -> PartContent {
    let text = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let text = text.trim_ascii_start();
    if text.starts_with(b"<") {
        PartContent::Xml
    } else if head.starts_with(b"\xff\xfe") || head.starts_with(b"\xfe\xff") {
        PartContent::WideXml
    } else if head.len() == HEAD && head.iter().filter(|b| !b.is_ascii()).count() > HEAD / 4 {
        PartContent::Encrypted
    } else {
        PartContent::Other
    }
}

impl MemberVisitor for OfficeVisitor<'_> {
    fn visit_member(&mut self, name: MemberName<'_>, content: &mut dyn Read) -> ControlFlow<()> {
        let kind = find_kind(&part_name(name.name)).filter(|_| !name.is_rest);
        let Some(kind) = kind else {
            return self.inner.visit_member(name, content);
        };
        let mut head = Vec::with_capacity(HEAD);
        let read = Read::take(&mut *content, HEAD as u64).read_to_end(&mut head);
        let shown = look_at_head(&head);
        let mut whole = Cursor::new(head).chain(RestOfPart {
            content,
            problem: read.err(),
        });
        match shown {
            PartContent::Xml => self.visit_part(kind, name, whole),
            PartContent::Other => self.inner.visit_member(name, &mut whole),
            PartContent::WideXml | PartContent::Encrypted => {
                self.inner.visit_member(name, &mut whole)?;
                let problem = match shown {
                    PartContent::Encrypted => ContainerProblem::Encrypted,
                    _ => ContainerProblem::damaged("its XML is in UTF-16; it was read as bytes"),
                };
                self.inner.skip_member(name.name, problem)
            }
        }
    }

    fn visit_text(
        &mut self,
        name: MemberName<'_>,
        text: &mut dyn Read,
        places: &PlaceList,
    ) -> ControlFlow<()> {
        self.inner.visit_text(name, text, places)
    }

    fn visit_picture(&mut self, read: &mut ReadPicture<'_>) -> Result<(), ContainerProblem> {
        self.inner.visit_picture(read)
    }

    fn note_path(&mut self, path: &[u8]) {
        self.inner.note_path(path);
    }

    fn note_text(&mut self, text: &[u8]) {
        self.inner.note_text(text);
    }

    fn charge_work(&mut self, bytes: u64) -> ControlFlow<()> {
        self.inner.charge_work(bytes)
    }

    fn skip_member(&mut self, name: &[u8], problem: ContainerProblem) -> ControlFlow<()> {
        self.inner.skip_member(name, problem)
    }
}

/// Content of a part behind its first bytes.
struct RestOfPart<'c> {
    content: &'c mut dyn Read,
    /// Error of reading the first bytes.
    problem: Option<io::Error>,
}

impl Read for RestOfPart<'_> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        match self.problem.take() {
            Some(problem) => Err(problem),
            None => self.content.read(out),
        }
    }
}
