//! PDF documents: the text of pages is found with its page, and so are links, titles and attached files.

use std::fmt::Write as _;

use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::pack;

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

/// A stream with its filter and its length.
fn stream(keys: &str, content: &[u8]) -> Vec<u8> {
    let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut zlib, content).unwrap();
    let packed = zlib.finish().unwrap();
    let head = format!(
        "<<{keys} /Filter /FlateDecode /Length {}>>\nstream\n",
        packed.len()
    );
    [head.as_bytes(), &packed, b"\nendstream"].concat()
}

/// A document with these objects from the fourth on, and a page for each of the contents.
fn pdf(contents: &[&str], objects: &[Vec<u8>]) -> Vec<u8> {
    let mut out =
        b"%PDF-1.5\n%\xe2\xe3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n".to_vec();
    let mut add = |number: usize, object: &[u8]| {
        out.extend(format!("{number} 0 obj\n").as_bytes());
        out.extend_from_slice(object);
        out.extend_from_slice(b"\nendobj\n");
    };
    let mut kids = String::new();
    for (at, content) in contents.iter().enumerate() {
        let number = 100 + 2 * at;
        write!(kids, "{number} 0 R ").unwrap();
        let page = format!(
            "<< /Type /Page /Parent 2 0 R /Contents {} 0 R /Annots [4 0 R] >>",
            number + 1
        );
        add(number, page.as_bytes());
        add(number + 1, &stream("", content.as_bytes()));
    }
    let resources = "<< /Font << /F 5 0 R /W 6 0 R >> /XObject << /X 7 0 R >> >>";
    add(
        2,
        format!("<< /Type /Pages /Kids [{kids}] /Resources {resources} >>").as_bytes(),
    );
    add(5, b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>");
    for (at, object) in objects.iter().enumerate() {
        add(if at == 0 { 4 } else { 7 + at }, object);
    }
    out.extend_from_slice(b"trailer\n<< /Root 1 0 R >>\n%%EOF\n");
    out
}

fn pair(member: &str, place: &str) -> (String, String) {
    (member.to_owned(), place.to_owned())
}

fn reasons(run: &Run) -> String {
    run.json()["scan"]["skipped"].to_string()
}

#[test]
fn text_of_pages_is_found_with_its_page_however_it_is_cut() {
    let env = Env::new();
    let cut = |seed: u64| {
        let token = token(seed);
        let (start, end) = token.split_at(17);
        (start.to_owned(), end.to_owned())
    };
    let (a, b) = cut(1);
    let pieces = format!("BT /F 10 Tf 72 700 Td (key) Tj [-300 ({a}) 12 ({b})] TJ ET");
    let (a, b) = cut(2);
    let hex = format!(
        "BT /F 10 Tf (at) Tj 1 0 0 1 30 0 Tm <{}> Tj ({b}) Tj T* (next) ' ET",
        data_encoding::HEXLOWER.encode(a.as_bytes())
    );
    let mut moved = "/F 10 Tf".to_owned();
    for (at, letter) in token(3).chars().enumerate() {
        // As in a font without widths, the distance is that of a usual letter.
        write!(moved, " q 1 0 0 1 {} 10 cm BT ({letter}) Tj ET Q", 6 * at).unwrap();
    }
    let moved = moved.replace("/F", "/M");
    let form = "q 1 0 0 1 9 9 cm /X Do Q";
    let wide = |text: &str| {
        text.bytes()
            .map(|b| format!("{:04x}", b - 0x1f))
            .collect::<String>()
    };
    let mapped = format!(
        "BT /W 10 Tf [<{}> 5 <{}>] TJ ET",
        wide(&token(5)[..9]),
        wide(&token(5)[9..])
    );
    let objects = [
        b"<< /Type /Annot >>".to_vec(),
        b"<< /Subtype /Type1 /BaseFont /Courier >>".to_vec(),
    ];
    let mut document = pdf(&[&pieces, &hex, &moved, form, &mapped], &objects);
    let more = [
        (6, b"<< /Subtype /Type0 /Encoding /Identity-H /ToUnicode 20 0 R /DescendantFonts [<< /DW 600 >>] >>".to_vec()),
        (7, stream("/Subtype /Form", format!("BT /F 9 Tf ({}) Tj ET", token(4)).as_bytes())),
        (20, stream("", b"2 beginbfrange <0001> <0040> <0020> <0041> <005f> <0060> endbfrange")),
        (2, b"<< /Type /Pages /Kids [100 0 R 102 0 R 104 0 R 106 0 R 108 0 R] /Resources << /Font << /F 5 0 R /W 6 0 R /M 8 0 R >> /XObject << /X 7 0 R >> >> >>".to_vec()),
    ];
    for (number, object) in more {
        document.extend(format!("{number} 0 obj\n").as_bytes());
        document.extend(object);
        document.extend(b"\nendobj\n");
    }
    env.write("a.pdf", &document);
    env.write("b.tgz", pack::gzip(&pack::tar(&[("in/a.pdf", &document)])));
    let run = env.run("scan . --format json").expect(1);
    let mut wanted = Vec::new();
    for member in ["a.pdf", "b.tgz!in/a.pdf"] {
        for page in 1..=5 {
            wanted.push(pair(member, &format!("page {page}")));
        }
    }
    assert_eq!(run.places(), wanted, "{}", reasons(&run));
    assert_eq!(reasons(&run), "[]");
    env.run("scan a.pdf").expect(1).prints("a.pdf:1:5 (page 1)");
}

#[test]
fn strings_streams_and_attached_files_are_read() {
    let env = Env::new();
    let link = format!(
        "<< /Type /Annot /A << /URI (https://octo:{}@github.com/a) >> >>",
        token(6).replace('_', "\\137")
    );
    let zip = pack::zip(&[("a.env", token(7).as_bytes())]);
    let packed = format!(
        "30 0 31 4 null << /Title <feff{}> >>",
        token(8)
            .bytes()
            .map(|b| format!("{b:04x}"))
            .collect::<String>()
    );
    let objects = [
        link.into_bytes(),
        stream("/Type /EmbeddedFile", &zip),
        b"<< /Type /Filespec /F (conf.zip) /EF << /F 8 0 R >> >>".to_vec(),
        stream(
            "/Type /ObjStm /N 2 /First 10",
            packed.replace("30 0 31 4 ", "30 0 31 5 ").as_bytes(),
        ),
        stream(
            "/Type /Metadata /Subtype /XML",
            format!("<rdf>{}</rdf>", token(9)).as_bytes(),
        ),
        stream("/Subtype /Image", b"pixels"),
    ];
    env.write("a.pdf", pdf(&["BT (page) Tj ET"], &objects));
    let run = env.run("scan a.pdf --format json").expect(1);
    let wanted = [
        pair("a.pdf", "outside the pages"),
        pair("a.pdf", "page 1 annotation"),
        pair("a.pdf!conf.zip!a.env", ""),
        pair("a.pdf!object 11", ""),
    ];
    assert_eq!(run.places(), wanted, "{}", reasons(&run));
    assert!(
        reasons(&run).contains("an image, not opened"),
        "{}",
        reasons(&run)
    );
    assert_eq!(run.json()["scan"]["not_read"]["images"], 1);
    env.run("redact a.pdf").expect(2).says("a.pdf");
}

#[test]
fn what_cannot_be_read_of_a_document_is_said() {
    let env = Env::new();
    let page = format!("BT /F 9 Tf ({}) Tj ET", token(10));
    let document = pdf(&[&page], &[b"<< >>".to_vec()]);
    let text = String::from_utf8_lossy(&document);
    assert!(text.contains("/Root 1 0 R"));
    let replaced = |from: &[u8], to: &[u8]| {
        let at = document
            .windows(from.len())
            .position(|w| w == from)
            .unwrap();
        [&document[..at], to, &document[at + from.len()..]].concat()
    };
    env.write(
        "a.pdf",
        replaced(b"/Root 1 0 R", b"/Root 1 0 R /Encrypt 9 0 R"),
    );
    env.write("b.pdf", replaced(b"/FlateDecode", b"/BrotliDecode"));
    let font = b"/Subtype /Type0 /Encoding /Identity-H /DescendantFonts []";
    env.write(
        "c.pdf",
        replaced(b"/Subtype /Type1 /BaseFont /Helvetica", font),
    );
    let run = env.run("scan . --strict --format json").expect(2);
    assert!(run.findings().is_empty());
    let json = run.json();
    let skipped = json["scan"]["skipped"].as_array().unwrap();
    assert_eq!(skipped.len(), 3, "{skipped:?}");
    assert_eq!(skipped[0]["reason"], "encrypted, not read");
    assert!(
        skipped[1]["reason"]
            .as_str()
            .unwrap()
            .contains("compressed by BrotliDecode")
    );
    assert!(
        skipped[2]["reason"]
            .as_str()
            .unwrap()
            .contains("20 characters of its text were not read")
    );
    // A document without its end is read as far as it goes.
    let end = document.windows(7).position(|w| w == b"trailer").unwrap();
    env.write("d.pdf", &document[..end]);
    let run = env.run("scan d.pdf --format json").expect(1);
    assert_eq!(run.places(), [pair("d.pdf", "page 1")]);
}

#[test]
fn a_form_that_draws_itself_is_drawn_once() {
    let env = Env::new();
    let mut document = pdf(&["/X Do"], &[]);
    // Each level would draw 20 of the next, without end.
    let draws = format!("{}BT /F 9 Tf ({}) Tj ET", "/X Do ".repeat(20), token(41));
    document.extend(b"7 0 obj\n");
    document.extend(stream("/Subtype /Form", draws.as_bytes()));
    document.extend(b"\nendobj\n");
    env.write("a.pdf", &document);
    let run = env.run("scan a.pdf --format json").expect(1);
    assert_eq!(run.places(), [pair("a.pdf", "page 1")]);
    assert_eq!(reasons(&run), "[]");
}
