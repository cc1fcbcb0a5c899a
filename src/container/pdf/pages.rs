//! Pages of a PDF document, in their order.

use std::collections::HashSet;

use super::super::member::ContainerProblem;
use super::file::PdfFile;
use super::object::{PdfDictionary, PdfObject};

/// Page of a document.
#[derive(Debug, Default)]
pub(super) struct PdfPage {
    /// Numbers of the streams that are its content.
    pub(super) contents: Vec<u32>,
    /// Numbers of its annotations.
    pub(super) annotations: Vec<u32>,
    /// Fonts and forms of its content.
    pub(super) resources: PdfDictionary,
}

/// Page in the tree of the document, which is not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct PageNode {
    number: u32,
    /// Node that states the resources: the page itself or the nearest one above it.
    resources_of: u32,
}

/// Lists the pages in the tree of the document; in a document without a tree all pages, in the order of the file.
///
/// # Errors
/// When a limit of the file is reached.
pub(super) fn list_pages(file: &mut PdfFile<'_>) -> Result<Vec<PageNode>, ContainerProblem> {
    let catalog = match file.root {
        Some(root) => file.resolve_dictionary(Some(&PdfObject::Reference(root)))?,
        None => PdfDictionary::default(),
    };
    let mut pages = Vec::new();
    let mut seen = HashSet::new();
    let mut pending: Vec<PageNode> = Vec::new();
    let top = catalog.reference(b"Pages");
    pending.extend(top.map(|number| PageNode {
        number,
        resources_of: number,
    }));
    while let Some(node) = pending.pop() {
        if !seen.insert(node.number) {
            continue;
        }
        let dictionary = file.resolve_dictionary(Some(&PdfObject::Reference(node.number)))?;
        let own = dictionary.get(b"Resources").map(|_| node.number);
        let resources_of = own.unwrap_or(node.resources_of);
        let kids = file.resolve(dictionary.get(b"Kids"))?;
        let Some(kids) = kids.as_ref().and_then(PdfObject::as_array) else {
            pages.push(PageNode {
                resources_of,
                ..node
            });
            continue;
        };
        file.charge(kids.len() as u64 * 16)?;
        pending.extend(references(kids).into_iter().rev().map(|number| PageNode {
            number,
            resources_of,
        }));
    }
    if pages.is_empty() {
        pages = list_all_pages(file)?;
    }
    Ok(pages)
}

fn list_all_pages(file: &mut PdfFile<'_>) -> Result<Vec<PageNode>, ContainerProblem> {
    let mut pages = Vec::new();
    for entry in 0..file.entries.len() {
        let number = file.entries[entry].number;
        let read = file.read_entry(entry)?;
        let dictionary = read.as_ref().and_then(|read| read.object.as_dictionary());
        if dictionary.is_some_and(|d| d.has_name(b"Type", b"Page")) {
            pages.push(PageNode {
                number,
                resources_of: number,
            });
        }
    }
    Ok(pages)
}

/// Reads a page.
///
/// # Errors
/// When a limit of the file is reached.
pub(super) fn read_page(
    file: &mut PdfFile<'_>,
    node: &PageNode,
) -> Result<PdfPage, ContainerProblem> {
    let page = file.resolve_dictionary(Some(&PdfObject::Reference(node.number)))?;
    let above = file.resolve_dictionary(Some(&PdfObject::Reference(node.resources_of)))?;
    let resources = file.resolve_dictionary(above.get(b"Resources"))?;
    // A reference to an array, or the array, or the reference to the only stream.
    let contents = page.get(b"Contents").map(PdfObject::items);
    let mut contents = references(contents.unwrap_or_default());
    if let [only] = contents[..]
        && let Some(PdfObject::Array(parts)) = file.resolve(Some(&PdfObject::Reference(only)))?
    {
        contents = references(&parts);
    }
    let annotations = file.resolve(page.get(b"Annots"))?;
    let annotations = annotations.as_ref().map(PdfObject::items);
    Ok(PdfPage {
        contents,
        annotations: references(annotations.unwrap_or_default()),
        resources,
    })
}

fn references(items: &[PdfObject]) -> Vec<u32> {
    let number = |item: &PdfObject| match item {
        PdfObject::Reference(number) => Some(*number),
        _ => None,
    };
    items.iter().filter_map(number).collect()
}
