//! Text of documents, slides and drawings of Office Open XML: the runs of a paragraph are joined.

use std::collections::HashSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use super::lines::OpenLines;
use super::output::TextOutput;
use super::xml::{XmlDialect, XmlElement};
use crate::span::DocumentPlace;

/// Maximum number of paragraphs that are compared with their repetition for old programs.
const MOST_CHOICES: usize = 10_000;

/// Elements of Office Open XML.
#[derive(Debug, Default)]
pub(super) struct ParagraphDialect {
    /// Place of the whole document, if its paragraphs are not counted.
    base: Option<DocumentPlace>,
    lines: OpenLines,
    /// Number of the last paragraph.
    paragraphs: u64,
    /// Kind and number of the note or comment that is open.
    note: Option<DocumentPlace>,
    notes: u64,
    /// Kind of the text of the element that is open.
    run: RunText,
    /// True in a list of tab stops, which are no tabs.
    is_in_tabs: bool,
    /// Number of cells of tables that are open.
    cells: u64,
    /// Number of elements open that repeat the content for old programs.
    fallbacks: u64,
    /// Hashes of the paragraphs for new programs that are repeated for old ones.
    choices: HashSet<u64>,
    is_choice: bool,
}

/// Kind of the text in a run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum RunText {
    #[default]
    None,
    Shown,
    Hidden,
}

impl ParagraphDialect {
    /// Returns the dialect for a document whose paragraphs are counted.
    pub(super) fn counted() -> Self {
        ParagraphDialect::default()
    }

    /// Returns the dialect for a part at this place.
    pub(super) fn at_place(base: DocumentPlace) -> Self {
        ParagraphDialect {
            base: Some(base),
            ..ParagraphDialect::default()
        }
    }

    fn begin_paragraph(&mut self) {
        self.paragraphs += 1;
        let place = self.base.clone().or_else(|| self.note.clone());
        let place = place.unwrap_or_else(|| DocumentPlace::of_number("paragraph", self.paragraphs));
        self.lines.begin_line(Some(place));
    }

    fn end_paragraph(&mut self, out: &mut TextOutput<'_>) {
        let (is_choice, is_fallback) = (self.is_choice, self.fallbacks > 0);
        let choices = &mut self.choices;
        self.lines.end_line(out, |text| {
            let mut hasher = DefaultHasher::new();
            text.hash(&mut hasher);
            if is_fallback {
                return choices.contains(&hasher.finish());
            }
            if is_choice && choices.len() < MOST_CHOICES {
                choices.insert(hasher.finish());
            }
            false
        });
    }

    /// Begins a note or a comment, with its number among those that people write.
    fn begin_note(&mut self, noun: &'static str, element: &XmlElement<'_>) {
        if element.attribute(b"type").is_none() {
            self.notes += 1;
            self.note = Some(DocumentPlace::of_number(noun, self.notes));
        }
    }
}

impl XmlDialect for ParagraphDialect {
    fn open_element(&mut self, element: &XmlElement<'_>, out: &mut TextOutput<'_>) {
        match element.name {
            b"p" => self.begin_paragraph(),
            b"t" => self.run = RunText::Shown,
            b"instrText" | b"delText" | b"delInstrText" => self.run = RunText::Hidden,
            b"tabs" | b"tabLst" => self.is_in_tabs = true,
            b"tab" | b"ptab" if !self.is_in_tabs => _ = self.lines.add_text("\t", out),
            b"br" | b"cr" => _ = self.lines.add_text("\n", out),
            b"noBreakHyphen" => _ = self.lines.add_text("-", out),
            b"tc" => {
                self.cells += 1;
                self.lines.is_in_row = true;
            }
            b"footnote" => self.begin_note("footnote", element),
            b"endnote" => self.begin_note("endnote", element),
            b"comment" => self.begin_note("comment", element),
            b"AlternateContent" if self.fallbacks == 0 => self.choices.clear(),
            b"Choice" => self.is_choice = true,
            b"Fallback" => self.fallbacks += 1,
            _ => {}
        }
    }

    fn close_element(&mut self, name: &[u8], out: &mut TextOutput<'_>) {
        match name {
            b"p" => self.end_paragraph(out),
            b"t" | b"instrText" | b"delText" | b"delInstrText" => self.run = RunText::None,
            b"tabs" | b"tabLst" => self.is_in_tabs = false,
            b"tc" => {
                self.cells = self.cells.saturating_sub(1);
                self.lines.is_in_row = self.cells > 0;
            }
            b"tr" => out.push_text(b"\n", self.lines.place()),
            b"footnote" | b"endnote" | b"comment" => self.note = None,
            b"Choice" => self.is_choice = false,
            b"Fallback" => self.fallbacks = self.fallbacks.saturating_sub(1),
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, out: &mut TextOutput<'_>) -> bool {
        match self.run {
            RunText::None => false,
            RunText::Shown => self.lines.add_text(text, out),
            RunText::Hidden => self.lines.add_hidden(text, out),
        }
    }

    fn push_markup(&mut self, markup: &[u8], out: &mut TextOutput<'_>) {
        let place = self.lines.place().or(self.note.as_ref());
        out.push_markup(markup, place.or(self.base.as_ref()));
    }

    fn finish_text(&mut self, out: &mut TextOutput<'_>) {
        self.lines.end_all(out);
    }

    fn is_between_lines(&self) -> bool {
        self.lines.is_empty() && self.cells == 0
    }
}
