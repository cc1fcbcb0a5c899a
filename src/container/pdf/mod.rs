//! PDF documents: the text of the pages, and all strings, streams and attached files. The tables of a document are not
//! used, so that what a later change has replaced is read as well and a damaged document is read as far as it goes.

mod content;
mod file;
mod filter;
mod font;
mod object;
mod pages;
mod strings;

use std::collections::HashMap;
use std::rc::Rc;

use super::form::{ContainerForm, ContainerFormat, ContainerKind};
use super::member::{ContainerInput, ContainerProblem, ContainerReader, MemberName, MemberVisitor};
use crate::span::{DocumentPlace, PlaceList};
use content::PageText;
use file::{PdfFile, ReadObject};
use filter::filter_names;
use object::{PdfDictionary, PdfObject};
use pages::{PageNode, list_pages, read_page};
use strings::{collect_strings, decode_string};

/// Reader of PDF documents.
pub(super) struct PdfReader;

/// Form of the images that are stored as pixels.
const PIXELS: ContainerForm = ContainerForm {
    name: "an image",
    format: ContainerFormat::Other,
    kind: ContainerKind::Image,
    is_sealed: false,
};

/// Number of bytes of strings that are scanned as one text.
const STRINGS: usize = 64 << 10;

/// Maximum length in bytes of the name of an attached file.
const MOST_NAME: usize = 1024;

impl ContainerReader for PdfReader {
    fn needs_seek(&self) -> bool {
        true
    }

    fn read_members(
        &self,
        input: &mut dyn ContainerInput,
        visitor: &mut dyn MemberVisitor,
    ) -> Result<(), ContainerProblem> {
        let file = PdfFile::open(input, visitor)?;
        if file.is_encrypted {
            return Err(ContainerProblem::Encrypted);
        }
        let mut walk = PdfWalk {
            file,
            text: PageText::new(),
            unknown: 0,
            places: HashMap::new(),
            names: HashMap::new(),
        };
        walk.read_pages()?;
        walk.read_objects()?;
        if walk.unknown > 0 {
            return Err(ContainerProblem::UnknownText(walk.unknown));
        }
        Ok(())
    }
}

/// Reading of a document.
struct PdfWalk<'w> {
    file: PdfFile<'w>,
    text: PageText,
    /// Number of characters that the document does not tell.
    unknown: u64,
    /// Number of the page of each annotation.
    places: HashMap<u32, u64>,
    /// File names of attached files, by the number of the stream.
    names: HashMap<u32, Rc<[u8]>>,
}

impl PdfWalk<'_> {
    fn read_pages(&mut self) -> Result<(), ContainerProblem> {
        let pages = list_pages(&mut self.file)?;
        for (number, page) in (1..).zip(&pages) {
            self.visit_page(number, page)?;
        }
        Ok(())
    }

    /// Gives the text of a page to the visitor.
    fn visit_page(&mut self, number: u64, node: &PageNode) -> Result<(), ContainerProblem> {
        let page = read_page(&mut self.file, node)?;
        self.text.start_page();
        for annotation in page.annotations.iter().copied() {
            self.places.entry(annotation).or_insert(number);
        }
        let mut content = Vec::new();
        for part in page.contents.iter().copied() {
            let Some(read) = self.file.read_number(part)? else {
                continue;
            };
            content.extend(self.file.read_stream(&read, part)?);
            content.push(b'\n');
            self.text.read.extend(self.file.entry_of(part));
            if content.len() as u64 > file::MOST_TEXT {
                break;
            }
        }
        let done = self
            .text
            .add_content(&mut self.file, &content, &page.resources, 0);
        let text = self.text.take_text();
        self.unknown += self.text.unknown;
        let place = DocumentPlace::of_number("page", number);
        self.visit_text(text.as_bytes(), place)?;
        done
    }

    /// Gives a text of the document to the visitor.
    fn visit_text(&mut self, text: &[u8], place: DocumentPlace) -> Result<(), ContainerProblem> {
        if text.trim_ascii().is_empty() {
            return Ok(());
        }
        let places = PlaceList::default();
        places.start_place(0, Some(place));
        let mut content = text;
        let flow = (self.file.visitor).visit_text(MemberName::packed(b""), &mut content, &places);
        stop_on_break(flow)
    }

    /// Reads the strings of all objects, and all streams that are not part of a page.
    fn read_objects(&mut self) -> Result<(), ContainerProblem> {
        self.find_names()?;
        let mut strings = String::new();
        let mut place = None;
        for entry in 0..self.file.entries.len() {
            let number = self.file.entries[entry].number;
            let Some(read) = self.file.read_entry(entry)? else {
                continue;
            };
            let own = self.places.get(&number).copied();
            if own != place || strings.len() > STRINGS {
                self.visit_strings(&mut strings, place)?;
                place = own;
            }
            collect_strings(&read.object, &mut strings);
            if !self.text.read.contains(&entry) {
                self.read_data(&read, number)?;
            }
        }
        self.visit_strings(&mut strings, place)
    }

    fn visit_strings(
        &mut self,
        strings: &mut String,
        page: Option<u64>,
    ) -> Result<(), ContainerProblem> {
        let place = page.map(|page| DocumentPlace::of_number("page", page));
        let place = place.map(|page| page.with_word("annotation"));
        let place = place.unwrap_or_else(|| DocumentPlace::of_word("outside the pages"));
        let text = std::mem::take(strings);
        self.visit_text(text.as_bytes(), place)
    }

    /// Finds the file names of attached files.
    fn find_names(&mut self) -> Result<(), ContainerProblem> {
        for entry in 0..self.file.entries.len() {
            let Some(read) = self.file.read_entry(entry)? else {
                continue;
            };
            let Some(specification) = read.object.as_dictionary() else {
                continue;
            };
            let files = self.file.resolve_dictionary(specification.get(b"EF"))?;
            let name = specification.get(b"UF").or_else(|| specification.get(b"F"));
            let name = self.file.resolve(name.filter(|_| !files.0.is_empty()))?;
            if let Some(PdfObject::Text(name)) = name {
                let name = decode_string(&name[..name.len().min(MOST_NAME)]);
                let name: Rc<[u8]> = name.into_bytes().into();
                for (_, stream) in &files.0 {
                    if let PdfObject::Reference(number) = stream {
                        self.names.insert(*number, Rc::clone(&name));
                    }
                }
            }
        }
        Ok(())
    }

    /// Gives the content of a stream to the visitor.
    fn read_data(&mut self, read: &ReadObject, number: u32) -> Result<(), ContainerProblem> {
        let (Some(data), Some(dictionary)) = (read.data, read.object.as_dictionary()) else {
            return Ok(());
        };
        if dictionary.has_name(b"Type", b"XRef") || dictionary.has_name(b"Type", b"ObjStm") {
            return Ok(());
        }
        let is_image = dictionary.has_name(b"Subtype", b"Image");
        let filters = filter_names(dictionary);
        let is_jpeg = |name: &&[u8]| matches!(*name, b"DCTDecode" | b"DCT");
        if is_image && !filters.last().is_some_and(is_jpeg) {
            return self
                .file
                .skip_object(number, ContainerProblem::Unopened(PIXELS));
        }
        let attached = self.names.get(&number).cloned();
        let is_attached = attached.is_some() || dictionary.has_name(b"Type", b"EmbeddedFile");
        let name = attached.unwrap_or_else(|| format!("object {number}").into_bytes().into());
        let member = MemberName {
            is_rest: !is_attached && !is_image,
            ..MemberName::packed(&name)
        };
        let visit = |visitor: &mut dyn MemberVisitor, content: &mut dyn std::io::Read| {
            visitor.visit_member(member, content)
        };
        self.file.charge(1 << 10)?;
        if let Some(problem) = unsupported_predictor(dictionary) {
            return self.file.skip_object(number, problem);
        }
        match self.file.with_stream(dictionary, data, visit)? {
            Ok(flow) => stop_on_break(flow),
            Err(problem) => self.file.skip_object(number, problem),
        }
    }
}

/// Returns the problem of a stream whose bytes are stored as differences.
fn unsupported_predictor(dictionary: &PdfDictionary) -> Option<ContainerProblem> {
    let parameters = dictionary.get(b"DecodeParms").map(PdfObject::items);
    let parameters = parameters.unwrap_or_default().iter();
    let predictor = |item: &PdfObject| item.as_dictionary()?.get(b"Predictor")?.as_index();
    let is_stored = parameters.filter_map(predictor).any(|number| number > 1);
    is_stored.then(|| ContainerProblem::UnknownMethod("differences of bytes".to_owned()))
}

fn stop_on_break(flow: std::ops::ControlFlow<()>) -> Result<(), ContainerProblem> {
    if flow.is_break() {
        return Err(ContainerProblem::damaged("it takes too long to read"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::container::mutation::check_damaged;

    /// Document with a page, a form, a font with a character map, an attached file and a stream of objects.
    const SAMPLE: &[u8] = b"%PDF-1.7\n1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj\n\
        2 0 obj <</Type/Pages/Kids[3 0 R 3 0 R 2 0 R]/Count 1/Resources<</Font<</F 5 0 R/G 11 0 R>>/XObject<</X 6 0 R>>>>>> endobj\n\
        3 0 obj <</Type/Page/Parent 2 0 R/Contents[4 0 R]/Annots[9 0 R]>> endobj\n\
        4 0 obj <</Length 77>> stream\nBT /F 9 Tf 10 20 Td [(ab)-3(cd)] TJ T* (x) ' /G 8 Tf <00410042> Tj ET /X Do  \nendstream endobj\n\
        5 0 obj <</Type/Font/Subtype/Type1/Encoding<</Differences[65/a/uni0042]>>/Widths[500 600]/FirstChar 65>> endobj\n\
        6 0 obj <</Subtype/Form/Resources<</XObject<</X 6 0 R>>>>/Matrix[1 0 0 1 0 0]/Length 22>> stream\n/X Do BT (form) Tj ET \nendstream endobj\n\
        7 0 obj <</Type/ObjStm/N 2/First 10/Length 40>> stream\n9 0 10 25 <</A<</URI(https://a)>>>> <</T(n)>>\nendstream endobj\n\
        8 0 obj <</Type/Filespec/F(a.zip)/EF<</F 12 0 R>>>> endobj\n\
        11 0 obj <</Subtype/Type0/DescendantFonts[13 0 R]/ToUnicode 14 0 R>> endobj\n\
        12 0 obj <</Type/EmbeddedFile/Filter[/ASCIIHexDecode/RunLengthDecode]/Length 9>> stream\n0261626380\nendstream endobj\n\
        13 0 obj <</DW 500/W[65[300 400] 70 90 500]>> endobj\n\
        14 0 obj <</Length 70>> stream\n1 beginbfrange <0041> <0050> <0061> endbfrange 1 beginbfchar <00> <41> endbfchar\nendstream endobj\n\
        15 0 obj <</Filter/LZWDecode/Length 9>> stream\n\x80\x0b\x60\x50\x22\x0c\x0c\x85\x01\nendstream endobj\n\
        trailer <</Root 1 0 R>>\n%%EOF\n";

    #[test]
    fn damaged_documents_are_read_in_bounded_work() {
        check_damaged(&PdfReader, SAMPLE);
    }
}
