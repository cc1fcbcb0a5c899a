//! Text of the content of an OpenDocument file: documents, sheets and slides.

use super::lines::OpenLines;
use super::output::TextOutput;
use super::xml::{XmlDialect, XmlElement};
use crate::span::DocumentPlace;

/// Elements of OpenDocument.
#[derive(Debug, Default)]
pub(super) struct OpenDocumentDialect {
    lines: OpenLines,
    paragraphs: u64,
    slides: u64,
    /// True if tables are sheets.
    is_spreadsheet: bool,
    /// Slide that is open.
    slide: Option<DocumentPlace>,
    /// Sheet that is open, and the row and column of the last cell in it.
    sheet: Option<DocumentPlace>,
    row: u64,
    column: u64,
    /// Number of rows and columns that the last ones are repeated for.
    repeated_rows: u64,
    repeated_columns: u64,
    /// Number of cells that are open.
    cells: u64,
    /// True for a part that has no place for a person, such as the styles.
    is_unnamed: bool,
}

impl OpenDocumentDialect {
    /// Returns the dialect for the content of a file.
    pub(super) fn of_content() -> Self {
        OpenDocumentDialect::default()
    }

    /// Returns the dialect for the styles of a file, which contain its headers and footers.
    pub(super) fn of_styles() -> Self {
        OpenDocumentDialect {
            is_unnamed: true,
            ..OpenDocumentDialect::default()
        }
    }

    /// Returns the place of the element that is open.
    fn place(&self) -> Option<DocumentPlace> {
        if let Some(slide) = &self.slide {
            return Some(slide.clone());
        }
        let sheet = self.sheet.as_ref()?;
        let column = u32::try_from(self.column).ok().filter(|_| self.cells > 0);
        Some(match column {
            Some(column) => sheet.with_cell(column, self.row),
            None => sheet.clone(),
        })
    }

    fn begin_paragraph(&mut self) {
        self.paragraphs += 1;
        let counted = || DocumentPlace::of_number("paragraph", self.paragraphs);
        let place = self.place().or_else(|| (!self.is_unnamed).then(counted));
        self.lines.begin_line(place);
    }

    fn begin_table(&mut self, element: &XmlElement<'_>) {
        if self.is_spreadsheet {
            let name = element.attribute(b"name").unwrap_or_default();
            self.sheet = Some(DocumentPlace::of_name("sheet", &name));
        }
        (self.row, self.repeated_rows) = (0, 1);
    }

    fn begin_row(&mut self, element: &XmlElement<'_>) {
        self.row = self.row.saturating_add(self.repeated_rows);
        self.repeated_rows = element.number(b"number-rows-repeated").unwrap_or(1);
        (self.column, self.repeated_columns) = (0, 1);
    }

    fn begin_cell(&mut self, element: &XmlElement<'_>) {
        self.cells += 1;
        self.column = self.column.saturating_add(self.repeated_columns);
        self.repeated_columns = element.number(b"number-columns-repeated").unwrap_or(1);
        self.lines.is_in_row = true;
    }

    fn begin_slide(&mut self) {
        self.slides += 1;
        self.slide = Some(DocumentPlace::of_number("slide", self.slides));
    }
}

impl XmlDialect for OpenDocumentDialect {
    fn open_element(&mut self, element: &XmlElement<'_>, out: &mut TextOutput<'_>) {
        match element.name {
            b"p" | b"h" => self.begin_paragraph(),
            b"s" => {
                let count = element.number(b"c").unwrap_or(1).clamp(1, 100);
                (0..count).for_each(|_| _ = self.lines.add_text(" ", out));
            }
            b"tab" => _ = self.lines.add_text("\t", out),
            b"line-break" => _ = self.lines.add_text("\n", out),
            b"annotation" | b"note" | b"frame" | b"custom-shape" if !self.lines.is_empty() => {
                self.lines.begin_other();
            }
            b"spreadsheet" => self.is_spreadsheet = true,
            b"table" => self.begin_table(element),
            b"table-row" => self.begin_row(element),
            b"table-cell" | b"covered-table-cell" => self.begin_cell(element),
            b"page" => self.begin_slide(),
            b"notes" => {
                let slide = DocumentPlace::of_number("slide", self.slides.max(1));
                self.slide = Some(slide.with_word("notes"));
            }
            _ => {}
        }
    }

    fn close_element(&mut self, name: &[u8], out: &mut TextOutput<'_>) {
        match name {
            b"p" | b"h" => self.lines.end_line(out, |_| false),
            b"annotation" | b"note" | b"frame" | b"custom-shape" => self.lines.end_other(),
            b"table" => self.sheet = None,
            b"table-row" => out.push_text(b"\n", self.place().as_ref()),
            b"table-cell" | b"covered-table-cell" => {
                self.cells = self.cells.saturating_sub(1);
                self.lines.is_in_row = self.cells > 0;
            }
            b"page" => self.slide = None,
            _ => {}
        }
    }

    fn take_text(&mut self, text: &str, out: &mut TextOutput<'_>) -> bool {
        self.lines.is_open() && self.lines.add_text(text, out)
    }

    fn push_markup(&mut self, markup: &[u8], out: &mut TextOutput<'_>) {
        let own = self.place();
        out.push_markup(markup, self.lines.place().or(own.as_ref()));
    }

    fn finish_text(&mut self, out: &mut TextOutput<'_>) {
        self.lines.end_all(out);
    }

    fn is_between_lines(&self) -> bool {
        self.lines.is_empty() && self.cells == 0
    }
}
