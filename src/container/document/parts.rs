//! Parts of an Office Open XML file: how they are connected, and the places that people know them by.

use std::collections::HashMap;

use super::output::TextOutput;
use super::xml::{XmlDialect, XmlElement};
use crate::span::DocumentPlace;

/// Maximum number of connections between parts that are held, and of sheets and slides.
const MOST_PARTS: usize = 10_000;

/// Maximum length in bytes of a name that is held.
const MOST_NAME: usize = 300;

/// Parts of one file, as far as they have been read.
#[derive(Debug, Default)]
pub(super) struct OfficeParts {
    /// Targets of the connections, by the part that they start from and their id.
    targets: HashMap<(String, String), String>,
    /// Part that a connection to a part starts from, by that part.
    sources: HashMap<String, String>,
    /// Sheets or slides in their order, with their names and the ids of their connections.
    sheets: Vec<(String, String)>,
    slides: Vec<String>,
}

/// Part that lists the sheets.
pub(super) const WORKBOOK: &str = "xl/workbook.xml";

/// Part that lists the slides.
pub(super) const PRESENTATION: &str = "ppt/presentation.xml";

impl OfficeParts {
    fn add_target(&mut self, source: &str, id: String, target: &str) {
        if self.targets.len() >= MOST_PARTS || id.len() + target.len() > 2 * MOST_NAME {
            return;
        }
        let target = resolve_target(source, target);
        self.sources.insert(target.clone(), source.to_owned());
        self.targets.insert((source.to_owned(), id), target);
    }

    /// Returns the place of a part that people know: that of its sheet or slide.
    pub(super) fn place_of(&self, part: &str) -> Option<DocumentPlace> {
        self.place_within(part, 3)
    }

    /// Returns the place of a part by at most `steps` connections.
    fn place_within(&self, part: &str, steps: usize) -> Option<DocumentPlace> {
        if part.starts_with("ppt/slides/") {
            let leads_here = |id: &&String| self.leads_to(PRESENTATION, id, part);
            let at = self.slides.iter().position(|id| leads_here(&id));
            let number = at.map(|at| at as u64 + 1).or_else(|| number_in(part))?;
            return Some(DocumentPlace::of_number("slide", number));
        }
        let sheet = self
            .sheets
            .iter()
            .find(|(_, id)| self.leads_to(WORKBOOK, id, part));
        if let Some((name, _)) = sheet {
            return Some(DocumentPlace::of_name("sheet", name));
        }
        if part.starts_with("xl/worksheets/") {
            let number = number_in(part)?;
            return Some(DocumentPlace::of_number("sheet", number));
        }
        let source = self.sources.get(part).filter(|_| steps > 0)?;
        let place = self.place_within(source, steps - 1)?;
        Some(if part.starts_with("ppt/notesSlides/") {
            place.with_word("notes")
        } else {
            place
        })
    }

    fn leads_to(&self, source: &str, id: &str, part: &str) -> bool {
        let key = (source.to_owned(), id.to_owned());
        self.targets.get(&key).is_some_and(|target| target == part)
    }
}

/// Returns the number at the end of a part's name: 12 for `ppt/slides/slide12.xml`.
fn number_in(part: &str) -> Option<u64> {
    let stem = part.strip_suffix(".xml")?;
    let digits = stem.trim_start_matches(|c: char| !c.is_ascii_digit());
    digits.parse().ok()
}

/// Returns the part that the connections in this part start from: `word/document.xml` for
/// `word/_rels/document.xml.rels`.
pub(super) fn source_of(part: &str) -> Option<String> {
    let (folder, name) = part.strip_suffix(".rels")?.rsplit_once("_rels/")?;
    Some(format!("{folder}{name}"))
}

/// Returns the part that a target names, from the part that the connection starts from.
fn resolve_target(source: &str, target: &str) -> String {
    if let Some(absolute) = target.strip_prefix('/') {
        return absolute.to_owned();
    }
    let mut steps: Vec<&str> = source.split('/').collect();
    steps.pop();
    for step in target.split('/') {
        match step {
            ".." => _ = steps.pop(),
            "." => {}
            step => steps.push(step),
        }
    }
    steps.join("/")
}

/// List of sheets, slides or connections, which is kept for the places of other parts.
pub(super) struct ListDialect<'d> {
    pub(super) parts: &'d mut OfficeParts,
    /// Part that the connections start from.
    pub(super) source: String,
    pub(super) place: Option<DocumentPlace>,
}

impl XmlDialect for ListDialect<'_> {
    fn open_element(&mut self, element: &XmlElement<'_>, _: &mut TextOutput<'_>) {
        let id = || element.prefixed_attribute(b"id").unwrap_or_default();
        match element.name {
            b"Relationship" => {
                let id = element.attribute(b"Id").unwrap_or_default();
                let target = element.attribute(b"Target").unwrap_or_default();
                self.parts.add_target(&self.source, id, &target);
            }
            b"sheet" if self.parts.sheets.len() < MOST_PARTS => {
                let name = element.attribute(b"name").unwrap_or_default();
                let name = name.chars().take(MOST_NAME).collect();
                self.parts.sheets.push((name, id()));
            }
            b"sldId" if self.parts.slides.len() < MOST_PARTS => self.parts.slides.push(id()),
            _ => {}
        }
    }

    fn close_element(&mut self, _: &[u8], _: &mut TextOutput<'_>) {}

    fn take_text(&mut self, _: &str, _: &mut TextOutput<'_>) -> bool {
        false
    }

    fn push_markup(&mut self, markup: &[u8], out: &mut TextOutput<'_>) {
        out.push_markup(markup, self.place.as_ref());
    }

    fn finish_text(&mut self, _: &mut TextOutput<'_>) {}

    fn is_between_lines(&self) -> bool {
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn targets_are_found_from_the_part_that_names_them() {
        for (source, target, part) in [
            (
                "xl/workbook.xml",
                "worksheets/sheet1.xml",
                "xl/worksheets/sheet1.xml",
            ),
            (
                "xl/workbook.xml",
                "/xl/worksheets/sheet1.xml",
                "xl/worksheets/sheet1.xml",
            ),
            (
                "ppt/notesSlides/notesSlide1.xml",
                "../slides/slide3.xml",
                "ppt/slides/slide3.xml",
            ),
            ("", "word/document.xml", "word/document.xml"),
            ("a/b.xml", "../../../c.xml", "c.xml"),
        ] {
            assert_eq!(resolve_target(source, target), part);
        }
        assert_eq!(
            source_of("word/_rels/document.xml.rels").as_deref(),
            Some("word/document.xml")
        );
        assert_eq!(source_of("_rels/.rels").as_deref(), Some(""));
    }

    #[test]
    fn a_slide_is_counted_in_the_order_of_the_presentation() {
        let mut parts = OfficeParts::default();
        parts.add_target(PRESENTATION, "r1".to_owned(), "slides/slide7.xml");
        parts.add_target(PRESENTATION, "r2".to_owned(), "slides/slide2.xml");
        parts.slides = vec!["r2".to_owned(), "r1".to_owned()];
        parts.add_target(
            "ppt/slides/slide7.xml",
            "r1".to_owned(),
            "../notesSlides/n1.xml",
        );
        let place = |part: &str| parts.place_of(part).map(|place| place.to_string());
        assert_eq!(place("ppt/slides/slide7.xml").as_deref(), Some("slide 2"));
        assert_eq!(
            place("ppt/notesSlides/n1.xml").as_deref(),
            Some("slide 2 notes")
        );
        assert_eq!(place("ppt/slides/slide9.xml").as_deref(), Some("slide 9"));
        assert_eq!(place("ppt/theme/theme1.xml"), None);
    }
}
