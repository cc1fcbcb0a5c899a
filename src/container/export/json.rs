//! Places of the objects in a JSON text, found while the text is read, in bounded memory.

use super::address::ItemPart;
use super::facts::{ItemFacts, ItemField, place_item};
use super::wide::WideOrder;
use crate::span::PlaceStart;

/// Maximum number of objects and arrays inside each other; those inside belong to the place around them.
const MOST_DEPTH: usize = 64;

/// Maximum number of starts of places that wait for the end of their item. The name of an item that is longer may stand
/// behind them.
const MOST_WAITING: usize = 4096;

/// Maximum length in bytes of a text that is read: a key, an address, a name.
const MOST_TEXT: usize = 512;

/// Object or array that is open.
#[derive(Clone, Copy, Debug)]
struct ExportFrame {
    /// Index of the facts of the object; `None` for an array.
    item: Option<usize>,
    /// Object: field that is read. Array: field that contains the array.
    field: ItemField,
    /// Array: number of the element that is read, 1-based.
    element: u64,
}

/// Text that is read.
#[derive(Clone, Copy, Debug)]
struct OpenText {
    is_key: bool,
    is_kept: bool,
    is_escaped: bool,
}

/// Places of the objects of an export. It is given the bytes in pieces.
#[derive(Debug, Default)]
pub(crate) struct ExportPlaces {
    /// Offset of the next byte.
    at: u64,
    frames: Vec<ExportFrame>,
    /// Number of objects and arrays that are too deep.
    deeper: usize,
    text: Option<OpenText>,
    /// Bytes of the text that is read.
    kept: Vec<u8>,
    is_key: bool,
    items: Vec<ItemFacts>,
    /// Starts of the places whose item has not ended: offset, and index of the item.
    waiting: Vec<(u64, Option<usize>)>,
    starts: Vec<PlaceStart>,
    /// Number of `starts` that are certain; those behind are of items that have not ended.
    settled: usize,
    /// Order of the bytes of a text in UTF-16, and the first one of a character whose second is in the next piece.
    order: Option<WideOrder>,
    half: Option<u8>,
}

impl ExportPlaces {
    /// Returns the places of a text that begins with these bytes, none of which it has taken.
    pub(crate) fn of_text(head: &[u8]) -> ExportPlaces {
        ExportPlaces {
            order: WideOrder::of_text(head),
            ..ExportPlaces::default()
        }
    }

    /// Takes the next bytes.
    pub(crate) fn take_bytes(&mut self, bytes: &[u8]) {
        self.starts.truncate(self.settled);
        let Some(order) = self.order else {
            return self.take_narrow(bytes);
        };
        for byte in bytes {
            match self.half.take() {
                None => self.half = Some(*byte),
                Some(first) => {
                    self.take_narrow(&[order.narrow([first, *byte])]);
                    self.at += 1;
                }
            }
        }
    }

    /// Takes characters of one byte each.
    fn take_narrow(&mut self, bytes: &[u8]) {
        let mut rest = bytes;
        while let [byte, ..] = rest {
            let count = match self.text {
                Some(text) => self.take_text(text, rest),
                None => {
                    self.take_structure(*byte);
                    1
                }
            };
            self.at += count as u64;
            rest = &rest[count..];
        }
    }

    /// Returns the offset of the next byte that it has not taken.
    pub(crate) fn position(&self) -> u64 {
        self.at + u64::from(self.half.is_some())
    }

    /// Returns the offset up to which the places are certain.
    pub(crate) fn settled_until(&self) -> u64 {
        self.waiting.first().map_or(self.at, |(at, _)| *at)
    }

    /// Returns the starts of the places; those of items that have not ended are named as far as they are known.
    pub(crate) fn known_starts(&mut self) -> &[PlaceStart] {
        self.starts.truncate(self.settled);
        let waiting = self.waiting.iter();
        let named = waiting.map(|(at, item)| (*at, place_item(&self.items, *item)));
        for (at, place) in named.collect::<Vec<_>>() {
            PlaceStart::push_place(&mut self.starts, at, place);
        }
        &self.starts
    }

    /// Forgets the places that end before `at`.
    pub(crate) fn forget_before(&mut self, at: u64) {
        self.starts.truncate(self.settled);
        let behind = self.starts.partition_point(|start| start.at <= at);
        self.starts.drain(..behind.saturating_sub(1));
        self.settled = self.starts.len();
    }

    /// Takes bytes of a text, up to its end or the next escape, and returns their number.
    fn take_text(&mut self, mut text: OpenText, rest: &[u8]) -> usize {
        if std::mem::take(&mut text.is_escaped) {
            self.keep_bytes(text, &rest[..1]);
            self.text = Some(text);
            return 1;
        }
        let end = memchr::memchr2(b'"', b'\\', rest).unwrap_or(rest.len());
        self.keep_bytes(text, &rest[..end]);
        match rest.get(end) {
            Some(b'"') => {
                self.text = None;
                self.end_text(text);
            }
            Some(_) => {
                text.is_escaped = true;
                self.text = Some(text);
            }
            None => return end,
        }
        end + 1
    }

    fn keep_bytes(&mut self, text: OpenText, bytes: &[u8]) {
        if text.is_kept {
            let room = MOST_TEXT.saturating_sub(self.kept.len());
            self.kept.extend_from_slice(&bytes[..bytes.len().min(room)]);
        }
    }

    fn begin_text(&mut self) {
        let field = self.frames.last().map(|frame| frame.field);
        let is_in_object = self.frames.last().is_some_and(|frame| frame.item.is_some());
        let is_key = std::mem::take(&mut self.is_key);
        self.kept.clear();
        self.text = Some(OpenText {
            is_key,
            is_kept: self.deeper == 0
                && is_in_object
                && (is_key || field.is_some_and(ItemField::is_read)),
            is_escaped: false,
        });
    }

    fn end_text(&mut self, text: OpenText) {
        let Some(frame) = self.frames.last_mut().filter(|_| text.is_kept) else {
            return;
        };
        let Some(item) = frame.item else {
            return;
        };
        if text.is_key {
            frame.field = ItemField::from_key(&self.kept);
            self.items[item].note_field(frame.field);
            return;
        }
        let value = String::from_utf8_lossy(&self.kept);
        if frame.field == ItemField::Name {
            self.note_name(item, value.into_owned());
        } else {
            let field = frame.field;
            self.items[item].note_text(field, &value);
        }
    }

    /// Takes note of the name of a repository that an event is about.
    fn note_name(&mut self, item: usize, name: String) {
        let of_event = |frame: &&ExportFrame| frame.item.is_some();
        let mut objects = self.frames.iter().rev().filter(of_event).skip(1);
        if let Some(outer) = objects.next()
            && outer.field == ItemField::Repository
            && self.items[item].parent == outer.item
            && let Some(event) = outer.item
        {
            self.items[event].repository = Some(name);
        }
    }

    fn take_structure(&mut self, byte: u8) {
        match byte {
            b'"' => self.begin_text(),
            b'{' | b'[' => self.open_frame(byte == b'{'),
            b'}' | b']' => self.close_frame(),
            b':' => self.is_key = false,
            b',' if self.deeper == 0 => {
                if let Some(frame) = self.frames.last_mut() {
                    self.is_key = frame.item.is_some();
                    frame.element += 1;
                }
            }
            b'0'..=b'9' if self.deeper == 0 => {
                if let Some(frame) = self.frames.last()
                    && frame.field == ItemField::Number
                    && let Some(item) = frame.item
                {
                    let number = self.items[item].number.unwrap_or_default();
                    let digit = u64::from(byte - b'0');
                    self.items[item].number = Some(number.saturating_mul(10).saturating_add(digit));
                }
            }
            _ => {}
        }
    }

    fn open_frame(&mut self, is_object: bool) {
        if self.frames.len() == MOST_DEPTH {
            self.deeper += 1;
        }
        self.is_key = is_object && self.deeper == 0;
        if self.deeper > 0 {
            return;
        }
        self.make_room();
        let around = self.frames.last().copied();
        let item = is_object.then(|| {
            let parent = self.frames.iter().rev().find_map(|frame| frame.item);
            self.items
                .push(ItemFacts::new(parent, around.and_then(name_element)));
            self.items.len() - 1
        });
        if item.is_some() {
            self.waiting.push((self.at, item));
        }
        self.frames.push(ExportFrame {
            item,
            field: around
                .filter(|frame| !is_object && frame.item.is_some())
                .map_or(ItemField::Unknown, |frame| frame.field),
            element: 1,
        });
    }

    fn close_frame(&mut self) {
        self.is_key = false;
        if let Some(deeper) = self.deeper.checked_sub(1) {
            self.deeper = deeper;
            return;
        }
        self.make_room();
        let Some(item) = self.frames.pop().and_then(|frame| frame.item) else {
            return;
        };
        let is_last = self
            .waiting
            .last()
            .is_some_and(|(_, last)| *last == Some(item));
        if is_last && !self.items[item].has_place() {
            // The object is a part of the place around it.
            self.waiting.pop();
        } else {
            let parent = self.items[item].parent;
            self.waiting.push((self.at + 1, parent));
        }
        if self.frames.iter().all(|frame| frame.item.is_none()) {
            self.settle_all();
        }
    }

    /// Names the places that wait if there are too many of them, or too many objects around them.
    fn make_room(&mut self) {
        if self.waiting.len() >= MOST_WAITING || self.items.len() >= 2 * MOST_WAITING {
            self.settle_all();
        }
    }

    /// Names the places that wait, and forgets the items that have ended.
    fn settle_all(&mut self) {
        self.starts.truncate(self.settled);
        for (at, item) in std::mem::take(&mut self.waiting) {
            let place = place_item(&self.items, item);
            PlaceStart::push_place(&mut self.starts, at, place);
        }
        self.settled = self.starts.len();
        let mut kept = Vec::new();
        let mut parent = None;
        for frame in &mut self.frames {
            if let Some(item) = frame.item {
                let mut facts = std::mem::take(&mut self.items[item]);
                facts.parent = parent;
                kept.push(facts);
                parent = Some(kept.len() - 1);
                frame.item = parent;
            }
        }
        self.items = kept;
    }
}

/// Returns the noun and number of an object that is an element of this list.
fn name_element(list: ExportFrame) -> Option<ItemPart> {
    let noun = list.field.element_noun().filter(|_| list.item.is_none())?;
    Some((noun, list.element))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::span::find_start;

    /// Returns the places at these offsets of a text that is given in pieces of this length.
    fn marks(text: &[u8], offsets: &[usize], piece: usize) -> Vec<String> {
        let mut places = ExportPlaces::of_text(text);
        for part in text.chunks(piece) {
            places.take_bytes(part);
        }
        assert_eq!(places.position(), text.len() as u64);
        let starts = places.known_starts();
        let place = |at: &usize| Some(find_start(starts, *at as u64)?.place.as_ref()?.to_string());
        offsets
            .iter()
            .map(|at| place(at).unwrap_or_default())
            .collect()
    }

    /// Checks the place of each `@` of a text, also of one in UTF-16.
    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let units: Vec<u16> = std::iter::once(0xfeff).chain(text.encode_utf16()).collect();
        let wide: Vec<u8> = units.iter().flat_map(|unit| unit.to_le_bytes()).collect();
        let at: Vec<usize> = text.match_indices('@').map(|(at, _)| at).collect();
        let is_mark = |at: &usize| units[*at] == u16::from(b'@');
        let wide_at: Vec<usize> = (0..units.len()).filter(is_mark).map(|at| 2 * at).collect();
        for piece in [1, 2, 7, 64, text.len()] {
            assert_eq!(marks(text.as_bytes(), &at, piece), expected, "{piece}");
            assert_eq!(marks(&wide, &wide_at, piece), expected, "UTF-16, {piece}");
        }
    }

    #[test]
    fn issues_and_comments_of_the_api_are_named_by_their_addresses() {
        check(
            r#"[ {"url": "https:\/\/api.github.com\/repos\/o\/r\/issues\/12", "user": {"login": "@", "url": "https://api.github.com/users/o"},
                  "labels": [{"name": "@"}], "number": 12, "body": "a \"@\" b", "pull_request": null},
                 {"url": "https://api.github.com/repos/o/r/issues/7", "html_url": "https://github.com/o/r/pull/7", "body": "@"},
                 {"url": "https://api.github.com/repos/o/r/issues/comments/9", "issue_url": "https://api.github.com/repos/o/r/issues/12", "body": "@"},
                 {"url": "https://api.github.com/repos/o/r/pulls/comments/5", "diff_hunk": "@", "pull_request_url": "https://api.github.com/repos/o/r/pulls/7"}]@"#,
            &[
                "issue 12",
                "issue 12",
                "issue 12",
                "pull request 7",
                "issue 12, comment 9",
                "pull request 7, review comment 5",
                "",
            ],
        );
    }

    #[test]
    fn the_fields_of_gh_are_in_the_order_of_the_alphabet() {
        check(
            r#"[{"body": "@", "comments": [{"author": {"login": "@"}, "body": "x"}, {"body": "@", "url": "https://github.com/o/r/issues/3#issuecomment-8"}],
                 "number": 3, "title": "@"},
                {"body": "@", "mergedAt": null, "number": 4, "reviews": [{"body": "@"}]},
                {"body": "@", "number": 5, "chapter": 1}, {"number": 6, "id": "@"}]"#,
            &[
                "issue 3",
                "issue 3, comment 1",
                "issue 3, comment 2",
                "issue 3",
                "pull request 4",
                "pull request 4, review 1",
                "",
                "",
            ],
        );
    }

    #[test]
    fn events_are_named_by_their_repository_and_item() {
        check(
            concat!(
                r#"{"id":"1","type":"IssueCommentEvent","actor":{"login":"@"},"repo":{"id":2,"name":"o/r","url":"@"},"#,
                r#""payload":{"issue":{"html_url":"https://github.com/o/r/issues/12","number":12,"body":"@"},"#,
                r#""comment":{"html_url":"https://github.com/o/r/issues/12#issuecomment-99","id":99,"body":"@"}}}"#,
                "\n",
                r#"{"id":"2","type":"PushEvent","repo":{"name":"o/s"},"payload":{"commits":[{"sha":"x","message":"@","#,
                r#""url":"https://api.github.com/repos/o/s/commits/0123456789abcdef0123456789abcdef01234567"}]}}"#,
                "\n",
                r#"{"id":"3","type":"GollumEvent","repo":{"name":"o/s"},"payload":{"pages":[{"html_url":"https://github.com/o/s/wiki/Home","title":"@"}]}}"#,
            ),
            &[
                "repository \"o/r\"",
                "repository \"o/r\"",
                "repository \"o/r\" issue 12",
                "repository \"o/r\" issue 12, comment 99",
                "repository \"o/s\" commit \"0123456789ab\"",
                "repository \"o/s\" wiki page \"Home\"",
            ],
        );
    }

    #[test]
    fn hostile_texts_take_bounded_memory_and_time() {
        let deep = "{\"comments\":[".repeat(10_000);
        let mut places = ExportPlaces::default();
        places.take_bytes(deep.as_bytes());
        assert!(places.frames.len() <= MOST_DEPTH && places.items.len() <= MOST_DEPTH);
        let wide = format!(
            "[{}",
            "{\"url\":\"https://x/o/r/issues/1\",\"a\":[".to_owned()
                + &"{\"url\":\"https://x/o/r/issues/2\"},{},".repeat(20_000)
        );
        places.take_bytes(wide.as_bytes());
        assert!(places.waiting.len() <= MOST_WAITING && places.items.len() <= 2 * MOST_WAITING);
        places.forget_before(places.position());
        assert!(places.starts.len() <= MOST_WAITING + 1);
        for text in [
            "]]}}",
            "\"",
            "{\"a",
            "{,,,:\"\\",
            "[\u{1f}\0{{{\"number\":99999999999999999999999}",
        ] {
            assert_eq!(marks(text.as_bytes(), &[0], 1).len(), 1, "{text}");
        }
    }
}
