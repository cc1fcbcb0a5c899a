//! Text of the content of a page: the operators that show text, with the pieces of a line joined.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use super::super::member::ContainerProblem;
use super::file::{MOST_TEXT, PdfFile};
use super::font::{FontText, PdfFont};
use super::object::{PdfDictionary, PdfLexer, PdfObject};
use super::strings::decode_string;

/// Maximum depth of forms in forms.
const MOST_FORMS: usize = 12;

/// Maximum number of saved states, and of operands that are kept.
const MOST_SAVED: usize = 256;
const MOST_OPERANDS: usize = 1 << 16;

/// Maximum number of characters of all fonts that are kept.
const MOST_CODES: usize = 1 << 17;

/// Distance of two pieces of a line, in parts of the font size, from which there is a blank between them.
const BLANK: f64 = 0.16;

/// Distance between the lines of two pieces, in parts of the font size, from which they are two lines.
const LINE: f64 = 0.4;

/// Number of unknown characters behind each other that are text. Fewer are symbols, in which there is no token.
const LEAST_UNKNOWN: u64 = 20;

type Matrix = [f64; 6];

const IDENTITY: Matrix = [1.0, 0.0, 0.0, 1.0, 0.0, 0.0];

/// Returns the matrix that applies `first` and then `second`.
fn multiply(first: &Matrix, second: &Matrix) -> Matrix {
    let [a, b, c, d, e, f] = *first;
    let [g, h, i, j, k, l] = *second;
    [
        a * g + b * i,
        a * h + b * j,
        c * g + d * i,
        c * h + d * j,
        e * g + f * i + k,
        e * h + f * j + l,
    ]
}

/// State that `q` saves.
#[derive(Clone)]
struct TextState {
    matrix: Matrix,
    font: Rc<PdfFont>,
    size: f64,
    character_space: f64,
    word_space: f64,
    scale: f64,
    leading: f64,
}

/// Text that the content of pages shows.
pub(super) struct PageText {
    text: String,
    /// Texts of marked content.
    noted: String,
    /// Number of characters that the document does not tell, in sequences of [`LEAST_UNKNOWN`] or more.
    pub(super) unknown: u64,
    /// Number of such characters behind each other up to here.
    unknown_run: u64,
    /// Entries of the streams that were read as content or as part of a font.
    pub(super) read: HashSet<usize>,
    fonts: HashMap<u32, Rc<PdfFont>>,
    /// Number of characters of these fonts.
    codes: usize,
    state: TextState,
    saved: Vec<TextState>,
    /// Matrix of the text, and of the start of its line.
    text_matrix: Matrix,
    line_matrix: Matrix,
    /// End of the last piece.
    last: Option<(f64, f64)>,
    /// Forms that are drawn right now, each in the one before.
    drawn: Vec<u32>,
}

impl PageText {
    pub(super) fn new() -> Self {
        PageText {
            text: String::new(),
            noted: String::new(),
            unknown: 0,
            unknown_run: 0,
            read: HashSet::new(),
            fonts: HashMap::new(),
            codes: 0,
            state: TextState {
                matrix: IDENTITY,
                font: Rc::default(),
                size: 1.0,
                character_space: 0.0,
                word_space: 0.0,
                scale: 1.0,
                leading: 0.0,
            },
            saved: Vec::new(),
            text_matrix: IDENTITY,
            line_matrix: IDENTITY,
            last: None,
            drawn: Vec::new(),
        }
    }

    /// Starts a new page.
    pub(super) fn start_page(&mut self) {
        let fonts = std::mem::take(&mut self.fonts);
        let read = std::mem::take(&mut self.read);
        *self = PageText {
            fonts,
            codes: self.codes,
            read,
            ..PageText::new()
        };
    }

    /// Takes the text of the page.
    pub(super) fn take_text(&mut self) -> String {
        let text = std::mem::take(&mut self.text);
        text + &std::mem::take(&mut self.noted)
    }

    /// Adds the text of a content.
    ///
    /// # Errors
    /// When a limit of the file is reached.
    pub(super) fn add_content(
        &mut self,
        file: &mut PdfFile<'_>,
        content: &[u8],
        resources: &PdfDictionary,
        depth: usize,
    ) -> Result<(), ContainerProblem> {
        file.charge(content.len() as u64 * 4)?;
        let mut lexer = PdfLexer::new(content);
        let mut operands: Vec<PdfObject> = Vec::new();
        while let Some(item) = lexer.next_object() {
            let PdfObject::Keyword(word) = item else {
                if operands.len() < MOST_OPERANDS {
                    operands.push(item);
                }
                continue;
            };
            if (self.text.len() + self.noted.len()) as u64 > MOST_TEXT {
                return Err(ContainerProblem::damaged(
                    "the text of a page has more than 8 MiB",
                ));
            }
            match &word[..] {
                b"Do" => self.draw_form(file, &operands, resources, depth)?,
                b"Tf" => self.set_font(file, &operands, resources)?,
                b"ID" => skip_image(&mut lexer),
                word => self.apply(word, &operands),
            }
            operands.clear();
        }
        Ok(())
    }

    /// Adds the text of a form.
    fn draw_form(
        &mut self,
        file: &mut PdfFile<'_>,
        operands: &[PdfObject],
        resources: &PdfDictionary,
        depth: usize,
    ) -> Result<(), ContainerProblem> {
        let Some(name) = operands.last().and_then(PdfObject::as_name) else {
            return Ok(());
        };
        let forms = file.resolve_dictionary(resources.get(b"XObject"))?;
        // A form that draws itself has no end.
        let is_drawable = |form: &u32| depth < MOST_FORMS && !self.drawn.contains(form);
        let Some(number) = forms.reference(name).filter(is_drawable) else {
            return Ok(());
        };
        let Some(read) = file.read_number(number)? else {
            return Ok(());
        };
        let Some(dictionary) = read
            .object
            .as_dictionary()
            .filter(|d| d.has_name(b"Subtype", b"Form"))
        else {
            return Ok(());
        };
        let own = file.resolve(dictionary.get(b"Resources"))?;
        let own = own.as_ref().and_then(PdfObject::as_dictionary);
        let content = file.read_stream(&read, number)?;
        self.read.extend(file.entry_of(number));
        let (state, saved) = (self.state.clone(), std::mem::take(&mut self.saved));
        if let Some(matrix) = dictionary
            .get(b"Matrix")
            .map(PdfObject::items)
            .and_then(matrix_of)
        {
            self.state.matrix = multiply(&matrix, &self.state.matrix);
        }
        self.drawn.push(number);
        let done = self.add_content(file, &content, own.unwrap_or(resources), depth + 1);
        self.drawn.pop();
        (self.state, self.saved) = (state, saved);
        done
    }

    fn set_font(
        &mut self,
        file: &mut PdfFile<'_>,
        operands: &[PdfObject],
        resources: &PdfDictionary,
    ) -> Result<(), ContainerProblem> {
        let [PdfObject::Name(name), size] = operands else {
            return Ok(());
        };
        self.state.size = size.as_number().unwrap_or(1.0);
        let fonts = file.resolve_dictionary(resources.get(b"Font"))?;
        let number = fonts.reference(name);
        if let Some(font) = number.and_then(|number| self.fonts.get(&number)) {
            self.state.font = Rc::clone(font);
            return Ok(());
        }
        let dictionary = file.resolve_dictionary(fonts.get(name))?;
        let font = Rc::new(PdfFont::read(file, &dictionary)?);
        if let Some(number) = number {
            self.codes += font.count_codes() + 1;
            if self.codes > MOST_CODES {
                self.fonts.clear();
                self.codes = font.count_codes();
            }
            self.fonts.insert(number, Rc::clone(&font));
        }
        self.state.font = font;
        Ok(())
    }

    fn apply(&mut self, word: &[u8], operands: &[PdfObject]) {
        let number = |at: usize| operands.get(at).and_then(PdfObject::as_number);
        let first = number(0).unwrap_or_default();
        let state = &mut self.state;
        match word {
            b"q" if self.saved.len() < MOST_SAVED => self.saved.push(state.clone()),
            b"Q" => *state = self.saved.pop().unwrap_or_else(|| state.clone()),
            b"cm" => {
                if let Some(matrix) = matrix_of(operands) {
                    state.matrix = multiply(&matrix, &state.matrix);
                }
            }
            b"BT" => (self.text_matrix, self.line_matrix) = (IDENTITY, IDENTITY),
            b"Tc" => state.character_space = first,
            b"Tw" => state.word_space = first,
            b"Tz" => state.scale = first / 100.0,
            b"TL" => state.leading = first,
            b"Td" | b"TD" => {
                let second = number(1).unwrap_or_default();
                if word == b"TD" {
                    state.leading = -second;
                }
                self.move_line(first, second);
            }
            b"Tm" => {
                if let Some(matrix) = matrix_of(operands) {
                    (self.text_matrix, self.line_matrix) = (matrix, matrix);
                }
            }
            b"T*" => self.move_line(0.0, -self.state.leading),
            b"Tj" => self.show_all(operands),
            b"'" => {
                self.move_line(0.0, -self.state.leading);
                self.show_all(operands);
            }
            b"\"" => {
                state.word_space = first;
                state.character_space = number(1).unwrap_or_default();
                self.move_line(0.0, -self.state.leading);
                self.show_all(operands);
            }
            b"TJ" => self.show_all(operands.last().map(PdfObject::items).unwrap_or_default()),
            b"BDC" => self.note_texts(operands),
            _ => {}
        }
    }

    fn move_line(&mut self, x: f64, y: f64) {
        self.line_matrix = multiply(&[1.0, 0.0, 0.0, 1.0, x, y], &self.line_matrix);
        self.text_matrix = self.line_matrix;
    }

    fn move_text(&mut self, x: f64) {
        self.text_matrix = multiply(&[1.0, 0.0, 0.0, 1.0, x, 0.0], &self.text_matrix);
    }

    fn show_all(&mut self, items: &[PdfObject]) {
        for item in items {
            match item {
                PdfObject::Text(text) => self.show_text(text),
                PdfObject::Number(number) => {
                    self.move_text(-number / 1000.0 * self.state.size * self.state.scale);
                }
                _ => {}
            }
        }
    }

    /// Adds the texts of a marked content, such as the one that stands for a drawing.
    fn note_texts(&mut self, operands: &[PdfObject]) {
        let dictionary = operands.last().and_then(PdfObject::as_dictionary);
        for (_, value) in dictionary.map(|d| &d.0[..]).unwrap_or_default() {
            if let PdfObject::Text(text) = value {
                self.noted.push('\n');
                self.noted.push_str(&decode_string(text));
            }
        }
    }

    fn show_text(&mut self, text: &[u8]) {
        self.separate_piece();
        let state = &self.state;
        let (out, unknown, run) = (&mut self.text, &mut self.unknown, &mut self.unknown_run);
        let mut width = 0.0;
        state.font.decode(text, |character| {
            let is_known = character.text.is_some();
            *run = if is_known { 0 } else { *run + 1 };
            match character.text {
                Some(FontText::One(one)) => push_character(one, out),
                Some(FontText::Some(text)) => text.chars().for_each(|c| push_character(c, out)),
                None => {
                    out.push('\u{fffd}');
                    if *run == LEAST_UNKNOWN {
                        *unknown += LEAST_UNKNOWN;
                    } else if *run > LEAST_UNKNOWN {
                        *unknown += 1;
                    }
                }
            }
            let blank = if character.is_blank {
                state.word_space
            } else {
                0.0
            };
            width += character.width * state.size + state.character_space + blank;
        });
        self.move_text(width * self.state.scale);
        let end = multiply(&self.text_matrix, &self.state.matrix);
        self.last = Some((end[4], end[5]));
    }

    /// Adds what is between the last piece and the one that begins here: nothing, a blank or a line end.
    fn separate_piece(&mut self) {
        let start = multiply(&self.text_matrix, &self.state.matrix);
        let Some(last) = self.last else { return };
        let across = start[0].hypot(start[1]);
        let size = (across * self.state.size).abs();
        let (x, y) = (start[4] - last.0, start[5] - last.1);
        // Also true of numbers that are none.
        if size.is_nan() || size <= 0.0 {
            self.text.push('\n');
            return;
        }
        let along = (x * start[0] + y * start[1]) / across / size;
        let apart = (y * start[0] - x * start[1]) / across / size;
        if apart.abs() > LINE || along < -BLANK * 2.0 {
            self.text.push('\n');
        } else if along > BLANK {
            self.text.push(' ');
        }
    }
}

/// Adds a character. Ligatures are letters that a font has joined.
fn push_character(character: char, out: &mut String) {
    match character {
        '\u{fb00}' => out.push_str("ff"),
        '\u{fb01}' => out.push_str("fi"),
        '\u{fb02}' => out.push_str("fl"),
        '\u{fb03}' => out.push_str("ffi"),
        '\u{fb04}' => out.push_str("ffl"),
        other => out.push(other),
    }
}

fn matrix_of(items: &[PdfObject]) -> Option<Matrix> {
    let items: &[PdfObject; 6] = items.last_chunk()?;
    let mut matrix = IDENTITY;
    for (place, item) in matrix.iter_mut().zip(items) {
        *place = item.as_number()?;
    }
    Some(matrix)
}

/// Passes over the pixels of an image in a content.
fn skip_image(lexer: &mut PdfLexer<'_>) {
    let rest = &lexer.bytes[lexer.at.min(lexer.bytes.len())..];
    let end = memchr::memmem::find_iter(rest, b"EI").find(|at| {
        let is_space = |at: usize| rest.get(at).is_none_or(u8::is_ascii_whitespace);
        *at > 0 && is_space(at - 1) && is_space(at + 2)
    });
    lexer.at += end.map_or(rest.len(), |end| end + 2);
}
