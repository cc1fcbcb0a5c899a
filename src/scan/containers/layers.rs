//! Places in container images: descriptions are held while an archive is read, and the findings named when all layers
//! are known.

use std::cell::RefCell;
use std::io::{self, Read};

use super::content::MemberWay;
use crate::container::ImageFacts;
use crate::finding::Finding;

/// Reads the content of a member if it may describe an image, and returns what was read; nothing else is read. The way
/// is given with that of the archive around it and the first byte of the content.
pub(super) fn hold_description(
    images: &RefCell<ImageFacts>,
    (archive, way, first): (&MemberWay, &MemberWay, Option<u8>),
    content: &mut impl Read,
) -> io::Result<Vec<u8>> {
    let mut held = Vec::new();
    let name = way.names.strip_prefix(&archive.names);
    let Some(name) = name.and_then(|name| name.strip_prefix('!')) else {
        return Ok(held);
    };
    let room = images.borrow().room_for(name, first);
    if room > 0 {
        content.take(room as u64).read_to_end(&mut held)?;
        if held.len() < room {
            images.borrow_mut().add_text(&archive.names, name, &held);
        }
    }
    Ok(held)
}

/// Names the places of the findings in images.
pub(super) fn name_image_places(images: &ImageFacts, findings: &mut [Finding]) {
    if findings.is_empty() {
        return;
    }
    let Some(places) = images.list_places() else {
        return;
    };
    for finding in findings {
        let way = finding.origin.way();
        let Some(place) = places.find_place(way, finding.bytes.start) else {
            continue;
        };
        let place = match &finding.origin.place {
            Some(own) => own.inside(&place),
            None => place,
        };
        finding.origin.place = Some(place);
    }
}
