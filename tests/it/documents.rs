//! Office documents: a secret is found once, at the place that a person would name, with text as it is shown.

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::pack;

/// Tokens of one test.
struct Tokens(Mint);

impl Tokens {
    fn new(seed: u64) -> Self {
        Tokens(Mint::new(seed))
    }

    fn next(&mut self) -> String {
        String::from_utf8(self.0.new_token(Shape::Ghp)).unwrap()
    }

    /// A token whose checksum is wrong.
    fn next_wrong(&mut self) -> String {
        let mut token = self.next();
        let last = if token.ends_with('0') { '1' } else { '0' };
        token.pop();
        token.push(last);
        token
    }
}

/// A value of 40 hex digits.
fn hex(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).hex(40)).unwrap()
}

/// A token in three runs of a paragraph of Word.
fn runs(token: &str) -> String {
    let (one, rest) = token.split_at(7);
    let (two, three) = rest.split_at(13);
    format!(
        "<w:r><w:t>{one}</w:t></w:r><w:proofErr w:type=\"spellStart\"/><w:r><w:rPr><w:b/></w:rPr>\
         <w:t xml:space=\"preserve\">{two}</w:t></w:r><w:r><w:t>{three}</w:t></w:r>"
    )
}

fn paragraph(content: &str) -> String {
    format!(
        "<w:p w:rsidR=\"00A77B3E\"><w:pPr><w:tabs><w:tab w:val=\"left\"/></w:tabs></w:pPr>{content}</w:p>"
    )
}

fn run(text: &str) -> String {
    format!("<w:r><w:t>{text}</w:t></w:r>")
}

/// A part of Word with this body.
fn word(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\r\n<w:document xmlns:w=\"w\" xmlns:r=\"r\" \
         xmlns:mc=\"mc\"><w:body>{body}</w:body></w:document>"
    )
}

/// A document of these parts, behind the part that every document has.
fn document(parts: &[(&str, &str)]) -> Vec<u8> {
    let types = ("[Content_Types].xml", "<Types/>".as_bytes());
    let parts = parts.iter().map(|(name, text)| (*name, text.as_bytes()));
    let members: Vec<_> = std::iter::once(types).chain(parts).collect();
    pack::zip(&members)
}

/// Member below its file, and place, of every finding, sorted.
fn places(run: &Run) -> Vec<(String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let mut places: Vec<_> = run
        .findings()
        .iter()
        .map(|f| {
            let member = text(&f["origin"]["member"]);
            let way = member.find('!').map_or("", |at| &member[at..]);
            (way.to_owned(), text(&f["origin"]["place"]))
        })
        .collect();
    places.sort();
    places
}

fn wanted(places: &[(&str, &str)]) -> Vec<(String, String)> {
    let owned = |(member, place): &(&str, &str)| ((*member).to_owned(), (*place).to_owned());
    let mut places: Vec<_> = places.iter().map(owned).collect();
    places.sort();
    places
}

/// Scans a document, which must hold leaks, and returns their places.
fn scan(name: &str, content: &[u8]) -> Vec<(String, String)> {
    let env = Env::new();
    env.write(name, content);
    let run = env.run(&format!("scan {name} --format json")).expect(1);
    assert_eq!(run.json()["scan"]["skipped"], Value::Array(Vec::new()));
    places(&run)
}

#[test]
fn a_token_in_every_part_of_a_word_document_is_found_once() {
    let mut tokens = Tokens::new(1);
    let body = [
        paragraph(&run(&tokens.next())),
        paragraph(&runs(&tokens.next())),
        paragraph(&run(&tokens.next_wrong())),
        format!(
            "<w:tbl><w:tr><w:tc>{}</w:tc><w:tc>{}</w:tc></w:tr></w:tbl>",
            paragraph(&run("GITHUB_TOKEN")),
            paragraph(&run(&hex(9)))
        ),
        paragraph(&format!(
            "<w:r><w:fldChar/><w:instrText> HYPERLINK \"https://x:</w:instrText></w:r><w:r><w:instrText>{}@github.com\
             </w:instrText></w:r>",
            tokens.next()
        )),
        paragraph(&format!("<w:del><w:r><w:delText>{}</w:delText></w:r></w:del>", tokens.next())),
        paragraph(&format!("<w:bookmarkStart w:name=\"{}\"/>", tokens.next())),
        format!("<!-- {} -->", tokens.next()),
    ]
    .concat();
    let comments = word(&format!(
        "<w:comment w:id=\"0\">{}</w:comment><w:comment w:id=\"4\">{}</w:comment>",
        paragraph(&run("first")),
        paragraph(&runs(&tokens.next()))
    ));
    let notes = word(&format!(
        "<w:footnote w:type=\"separator\">{}</w:footnote><w:footnote w:id=\"2\">{}</w:footnote>",
        paragraph(""),
        paragraph(&run(&tokens.next()))
    ));
    let links = format!(
        "<Relationships><Relationship Id=\"r1\" TargetMode=\"External\" Target=\"https://x:{}@github.com\"/></Relationships>",
        tokens.next()
    );
    let header = word(&paragraph(&runs(&tokens.next())));
    let custom = format!("<a><b>{}</b></a>", tokens.next());
    let content = document(&[
        ("docProps/app.xml", &custom.replace("<b>", "<b><!-- -->")),
        ("word/document.xml", &word(&body)),
        ("word/_rels/document.xml.rels", &links),
        ("word/header2.xml", &header),
        ("word/comments.xml", &comments),
        ("word/footnotes.xml", &notes),
        ("customXml/item1.xml", &custom),
        ("word/media/note.bin", &tokens.next()),
    ]);
    let body = "!word/document.xml";
    let expected = wanted(&[
        ("!docProps/app.xml", "document properties"),
        (body, "paragraph 1"),
        (body, "paragraph 2"),
        (body, "paragraph 5"),
        (body, "paragraph 6"),
        (body, "paragraph 7"),
        (body, "paragraph 8"),
        (body, ""),
        ("!word/_rels/document.xml.rels", "links"),
        ("!word/header2.xml", "paragraph 1"),
        ("!word/comments.xml", "comment 2"),
        ("!word/footnotes.xml", "footnote 1"),
        ("!customXml/item1.xml", ""),
        ("!word/media/note.bin", ""),
    ]);
    assert_eq!(scan("a.docx", &content), expected);
    // Neither the name nor the order of the parts decides.
    let mut parts = vec![("readme.txt", &b"nothing"[..])];
    let text = word(&paragraph(&runs(&tokens.next())));
    parts.push(("word/document.xml", text.as_bytes()));
    let found = scan("a.bin", &pack::zip(&parts));
    assert_eq!(found, wanted(&[(body, "paragraph 1")]));
}

#[test]
fn the_excerpt_shows_the_text_of_the_paragraph() {
    let mut tokens = Tokens::new(2);
    let env = Env::new();
    let body = format!(
        "{}{}",
        paragraph(&run("Deploy")),
        paragraph(&format!(
            "{}{}{}",
            run("Key &amp; "),
            runs(&tokens.next()),
            run(" here")
        ))
    );
    env.write("a.docx", document(&[("word/document.xml", &word(&body))]));
    let run = env.run("scan a.docx --color never").expect(1);
    run.prints("a.docx!word/document.xml:2:7 (paragraph 2)");
    run.prints("Key & ghp_");
    run.prints(" here\n");
    let run = env.run("scan a.docx --format sarif").expect(1);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    let result = &report["runs"][0]["results"][0];
    let logical = &result["locations"][0]["logicalLocations"];
    assert_eq!(logical[0]["fullyQualifiedName"], "a.docx!word/document.xml");
    assert_eq!(logical[1]["name"], "paragraph 2");
    let message = result["message"]["text"].as_str().unwrap();
    assert!(
        message.contains("line 2, column 7 (paragraph 2)"),
        "{message}"
    );
}

#[test]
fn a_text_box_that_is_written_twice_is_reported_once() {
    let mut tokens = Tokens::new(3);
    let (token, other) = (tokens.next(), tokens.next());
    let text_box =
        |token: &str| format!("<w:txbxContent>{}</w:txbxContent>", paragraph(&runs(token)));
    let body = paragraph(&format!(
        "<w:r><mc:AlternateContent><mc:Choice>{}</mc:Choice><mc:Fallback>{}{}</mc:Fallback></mc:AlternateContent></w:r>",
        text_box(&token),
        text_box(&token),
        text_box(&other),
    ));
    let found = scan("a.docx", &document(&[("word/document.xml", &word(&body))]));
    let part = "!word/document.xml";
    assert_eq!(
        found,
        wanted(&[(part, "paragraph 2"), (part, "paragraph 4")])
    );
}

/// The parts of a workbook with the sheets "notes" and "prod", in files of the other order.
const WORKBOOK: [(&str, &str); 2] = [
    (
        "xl/workbook.xml",
        "<workbook xmlns:r=\"r\"><sheets><sheet name=\"notes\" sheetId=\"1\" r:id=\"r2\"/>\
         <sheet name=\"prod &amp; test\" sheetId=\"2\" r:id=\"r1\"/></sheets></workbook>",
    ),
    (
        "xl/_rels/workbook.xml.rels",
        "<Relationships><Relationship Id=\"r1\" Target=\"worksheets/sheet1.xml\"/>\
         <Relationship Id=\"r2\" Target=\"/xl/worksheets/sheet2.xml\"/></Relationships>",
    ),
];

#[test]
fn a_token_in_a_workbook_is_found_in_every_cell_that_shows_it() {
    let mut tokens = Tokens::new(4);
    let strings = format!(
        "<sst><si><t>GITHUB_TOKEN</t></si><si>{}</si><si><t>{}</t></si></sst>",
        runs(&tokens.next()).replace("w:", ""),
        tokens.next()
    );
    let prod = format!(
        "<worksheet><sheetData><row r=\"7\"><c r=\"A7\" t=\"s\"><v>0</v></c><c r=\"B7\" t=\"s\"><v>1</v></c></row>\
         <row r=\"9\"><c r=\"C9\" t=\"inlineStr\"><is><t>{}</t></is></c>\
         <c r=\"AA9\"><f>HYPERLINK(\"https://x:{}@github.com\")</f><v>0</v></c>\
         <c t=\"str\"><v>{}</v></c></row></sheetData></worksheet>",
        tokens.next(),
        tokens.next(),
        tokens.next_wrong(),
    );
    let notes = "<worksheet><sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c></row></sheetData></worksheet>";
    let comments = format!(
        "<comments><commentList><comment ref=\"D4\"><text><r><t>{}</t></r></text></comment></commentList></comments>",
        tokens.next()
    );
    let links =
        "<Relationships><Relationship Id=\"r1\" Target=\"../comments1.xml\"/></Relationships>";
    let [book, rels] = WORKBOOK;
    let parts = [
        ("xl/worksheets/sheet1.xml", prod.as_str()),
        ("xl/worksheets/sheet2.xml", notes),
        ("xl/comments1.xml", &comments),
        ("xl/worksheets/_rels/sheet1.xml.rels", links),
        ("xl/sharedStrings.xml", &strings),
        book,
        rels,
    ];
    let sheet = "!xl/worksheets/sheet1.xml";
    let expected = wanted(&[
        (sheet, "sheet \"prod & test\" B7"),
        (sheet, "sheet \"prod & test\" C9"),
        (sheet, "sheet \"prod & test\" AA9"),
        ("!xl/worksheets/sheet2.xml", "sheet \"notes\" A1"),
        ("!xl/comments1.xml", "sheet \"prod & test\" D4 comment"),
        ("!xl/sharedStrings.xml", "shared string 3"),
    ]);
    assert_eq!(scan("a.xlsx", &document(&parts)), expected);
}

#[test]
fn a_value_without_checksum_is_judged_by_the_cell_beside_it() {
    let hex = hex(5);
    let sheet = |name: &str| {
        format!(
            "<worksheet><row r=\"2\"><c r=\"A2\" t=\"inlineStr\"><is><t>{name}</t></is></c>\
             <c r=\"B2\" t=\"inlineStr\"><is><t>{hex}</t></is></c></row></worksheet>"
        )
    };
    let [book, rels] = WORKBOOK;
    let part = "xl/worksheets/sheet2.xml";
    let content = document(&[book, rels, (part, &sheet("GITHUB_TOKEN"))]);
    let found = scan("a.xlsx", &content);
    assert_eq!(
        found,
        wanted(&[("!xl/worksheets/sheet2.xml", "sheet \"notes\" B2")])
    );
    let env = Env::new();
    env.write(
        "a.xlsx",
        document(&[book, rels, (part, &sheet("last commit"))]),
    );
    env.run("scan a.xlsx").expect(0);
}

#[test]
fn slides_and_their_notes_are_numbered_as_they_are_shown() {
    let mut tokens = Tokens::new(6);
    let slide = |token: &str| {
        format!(
            "<p:sld><a:p>{}<a:br/></a:p></p:sld>",
            runs(token).replace("w:", "a:")
        )
    };
    let (one, two, notes) = (
        slide(&tokens.next()),
        slide(&tokens.next()),
        slide(&tokens.next()),
    );
    let parts = [
        ("ppt/slides/slide1.xml", one.as_str()),
        ("ppt/slides/slide2.xml", &two),
        ("ppt/notesSlides/notesSlide1.xml", &notes),
        (
            "ppt/presentation.xml",
            "<p><p:sldId id=\"256\" r:id=\"r2\"/><p:sldId id=\"257\" r:id=\"r1\"/></p>",
        ),
        (
            "ppt/_rels/presentation.xml.rels",
            "<Relationships><Relationship Id=\"r1\" Target=\"slides/slide1.xml\"/>\
             <Relationship Id=\"r2\" Target=\"slides/slide2.xml\"/></Relationships>",
        ),
        (
            "ppt/slides/_rels/slide2.xml.rels",
            "<Relationships><Relationship Id=\"r1\" Target=\"../notesSlides/notesSlide1.xml\"/></Relationships>",
        ),
    ];
    let expected = wanted(&[
        ("!ppt/slides/slide1.xml", "slide 2"),
        ("!ppt/slides/slide2.xml", "slide 1"),
        ("!ppt/notesSlides/notesSlide1.xml", "slide 1 notes"),
    ]);
    assert_eq!(scan("a.pptx", &document(&parts)), expected);
}

/// A token in three pieces of a paragraph of OpenDocument.
fn spans(token: &str) -> String {
    let (one, rest) = token.split_at(7);
    let (two, three) = rest.split_at(13);
    format!(
        "<text:p>{one}<text:span text:style-name=\"T1\">{two}<text:bookmark/></text:span>{three}</text:p>"
    )
}

/// The content of an OpenDocument file.
fn open_document(body: &str) -> Vec<u8> {
    let content = format!(
        "<?xml version=\"1.0\"?><office:document-content><office:body>{body}</office:body></office:document-content>"
    );
    let meta = "<office:document-meta/>";
    pack::zip(&[
        ("mimetype", b"application/vnd.oasis.opendocument.text"),
        ("content.xml", content.as_bytes()),
        ("meta.xml", meta.as_bytes()),
    ])
}

#[test]
fn open_documents_are_read_like_others() {
    let mut tokens = Tokens::new(7);
    let body = format!(
        "<office:text>{}<text:h>Title<text:s text:c=\"3\"/></text:h>\
         <text:p>x<office:annotation><dc:creator>me</dc:creator>{}</office:annotation></text:p>{}</office:text>",
        spans(&tokens.next()),
        spans(&tokens.next()),
        spans(&tokens.next_wrong())
    );
    let part = "!content.xml";
    let found = scan("a.odt", &open_document(&body));
    assert_eq!(
        found,
        wanted(&[(part, "paragraph 1"), (part, "paragraph 4")])
    );
    let body = format!(
        "<office:spreadsheet><table:table table:name=\"prod\"><table:table-row table:number-rows-repeated=\"6\">\
         <table:table-cell/></table:table-row><table:table-row><table:table-cell table:number-columns-repeated=\"2\"/>\
         <table:table-cell>{}</table:table-cell><table:table-cell table:formula=\"of:={}\"/></table:table-row>\
         </table:table></office:spreadsheet>",
        spans(&tokens.next()),
        tokens.next()
    );
    let found = scan("a.ods", &open_document(&body));
    let expected = [(part, "sheet \"prod\" C7"), (part, "sheet \"prod\" D7")];
    assert_eq!(found, wanted(&expected));
    let page = |text: &str| {
        format!("<draw:page><draw:frame><draw:text-box>{text}</draw:text-box></draw:frame>")
    };
    let body = format!(
        "<office:presentation>{}</draw:page>{}<presentation:notes>{}</presentation:notes></draw:page></office:presentation>",
        page("<text:p>one</text:p>"),
        page(&spans(&tokens.next())),
        spans(&tokens.next())
    );
    let found = scan("a.odp", &open_document(&body));
    assert_eq!(found, wanted(&[(part, "slide 2"), (part, "slide 2 notes")]));
}

#[test]
fn books_are_read_across_tags() {
    let mut tokens = Tokens::new(8);
    let (one, two) = (tokens.next(), tokens.next());
    let (head, tail) = two.split_at(9);
    let text = format!("<html><body><p>{one}</p>\n<p>{head}<b>{tail}</b></p></body></html>");
    let book = pack::zip(&[
        ("mimetype", b"application/epub+zip"),
        ("OEBPS/one.xhtml", text.as_bytes()),
    ]);
    let part = "!OEBPS/one.xhtml";
    assert_eq!(scan("a.epub", &book), wanted(&[(part, ""), (part, "")]));
}

#[test]
fn a_document_in_two_archives_has_its_place() {
    let mut tokens = Tokens::new(10);
    let text = word(&paragraph(&runs(&tokens.next())));
    let file = document(&[("word/document.xml", &text)]);
    let inner = pack::zip(&[("doc/a.docx", &file)]);
    let outer = pack::gzip(&pack::tar(&[("in.zip", &inner)]));
    let way = "!in.zip!doc/a.docx!word/document.xml";
    assert_eq!(scan("a.tar.gz", &outer), wanted(&[(way, "paragraph 1")]));
}

#[test]
fn what_is_damaged_is_read_as_bytes_and_said() {
    let mut tokens = Tokens::new(11);
    let token = tokens.next();
    let good = paragraph(&runs(&tokens.next()));
    let deep = "<a>".repeat(2000);
    for (text, reason) in [
        (
            format!("<w:document>{good}</w:wrong>{token}"),
            "do not match",
        ),
        (
            format!("<w:document>{good}<w:p a=\"{token}"),
            "ends too early",
        ),
        (format!("<w:document>{good}{token}"), "ends too early"),
        (
            format!("<w:document>{good}{deep}{token}"),
            "inside each other",
        ),
    ] {
        let env = Env::new();
        env.write("a.docx", document(&[("word/document.xml", &text)]));
        let run = env.run("scan a.docx --format json").expect(2);
        assert_eq!(run.findings().len(), 2, "{reason}");
        let skip = &run.json()["scan"]["skipped"][0];
        assert_eq!(skip["path"], "a.docx!word/document.xml");
        assert!(skip["reason"].as_str().unwrap().contains(reason), "{skip}");
    }
}

#[test]
fn entities_of_a_document_type_are_not_expanded() {
    let mut tokens = Tokens::new(12);
    let mut types = "<!ENTITY a \"aaaaaaaaaa\">".to_owned();
    for (name, inner) in ["b", "c", "d", "e", "f", "g"]
        .iter()
        .zip(["a", "b", "c", "d", "e", "f"])
    {
        types.push_str(&format!(
            "<!ENTITY {name} \"{}\">",
            format!("&{inner};").repeat(10)
        ));
    }
    let body = paragraph(&format!("{}{}", run("&g;"), runs(&tokens.next())));
    let text = word(&body).replace("<w:document", &format!("<!DOCTYPE w [{types}]><w:document"));
    let env = Env::new();
    env.write("a.docx", document(&[("word/document.xml", &text)]));
    let run = env.run("scan a.docx --format json").expect(1);
    assert_eq!(
        places(&run),
        wanted(&[("!word/document.xml", "paragraph 1")])
    );
    assert!(run.json()["scan"]["bytes"].as_u64().unwrap() < 20_000);
}

#[test]
fn a_long_document_keeps_its_places() {
    let mut tokens = Tokens::new(13);
    let filler = paragraph(&run(&"nothing here ".repeat(20)));
    let body = [
        filler.repeat(2500),
        paragraph(&runs(&tokens.next())),
        filler.repeat(2500),
        paragraph(&format!("<w:bookmarkStart w:name=\"{}\"/>", tokens.next())),
    ]
    .concat();
    let found = scan("a.docx", &document(&[("word/document.xml", &word(&body))]));
    let part = "!word/document.xml";
    assert_eq!(
        found,
        wanted(&[(part, "paragraph 2501"), (part, "paragraph 5002")])
    );
}

#[test]
fn encrypted_parts_are_said() {
    let env = Env::new();
    let noise: Vec<u8> = Mint::new(14).random_bytes(4000);
    let mimetype = b"application/vnd.oasis.opendocument.text";
    env.write(
        "a.odt",
        pack::zip(&[("mimetype", mimetype), ("content.xml", &noise)]),
    );
    let run = env.run("scan a.odt --format json").expect(2);
    assert_eq!(run.json()["scan"]["not_read"]["encrypted"], 1);
}

/// Kind of the origin, line and place of every finding, in the order of the report.
fn lines(run: &Run) -> Vec<(String, u64, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let line = |f: &Value| {
        let origin = &f["origin"];
        (
            text(&origin["kind"]),
            f["line"].as_u64().unwrap(),
            text(&origin["place"]),
        )
    };
    run.findings().iter().map(line).collect()
}

fn found(kind: &str, line: u64, place: &str) -> (String, u64, String) {
    (kind.to_owned(), line, place.to_owned())
}

/// A notebook with this token in a line of the second cell, and this text among its outputs.
fn notebook(token: &str, output: &str) -> String {
    format!(
        "{{\n \"cells\": [\n  {{\"cell_type\": \"markdown\", \"source\": [\"# one\"]}},\n  {{\"cell_type\": \"code\",\n   \
         \"source\": [\"import os\\n\",\n    \"T = \\\"{token}\\\"\\n\"],\n   \"outputs\": [{{\"text\": [{output}]}}]}}\n ],\n \
         \"metadata\": {{}}, \"nbformat\": 4\n}}\n"
    )
}

#[test]
fn cells_of_notebooks_are_places_and_their_lines_those_of_the_file() {
    let mut tokens = Tokens::new(15);
    let (source, output, split) = (tokens.next(), tokens.next(), tokens.next());
    let (head, tail) = split.split_at(20);
    let text = notebook(&source, &format!("\"{output}\\n\", \"{head}\", \"{tail}\""));
    let env = Env::new();
    env.write("a.ipynb", &text);
    let run = env.run("scan a.ipynb --format json").expect(1);
    let expected = [
        found("file", 6, "cell 2 line 2"),
        found("file", 7, "cell 2 output 1"),
        // Its pieces are apart in the file.
        found("archive-member", 5, "cell 2 output 1"),
    ];
    assert_eq!(lines(&run), expected);
    let text = notebook(&source, "\"nothing\"");
    env.write("a.ipynb", &text);
    env.write("a.zip", pack::zip(&[("b.ipynb", text.as_bytes())]));
    let run = env.run("scan a.zip --format json").expect(1);
    assert_eq!(places(&run), wanted(&[("!b.ipynb", "cell 2 line 2")]));
    env.run("redact a.ipynb");
    env.run("scan a.ipynb").expect(0);
}

#[test]
fn rich_text_is_read_without_its_control_words() {
    let mut tokens = Tokens::new(16);
    let (whole, split, escaped) = (tokens.next(), tokens.next(), tokens.next());
    let (head, tail) = split.split_at(20);
    let digits: String = escaped.bytes().map(|b| format!("\\'{b:02x}")).collect();
    let text = format!(
        "{{\\rtf1\\ansi{{\\fonttbl{{\\f0 Arial;}}}}\n\\f0 use {whole}\\par\n{head}{{\\b {tail}}}\\par\n{digits}\\par\n\
         {{\\pict 00ff}}{{\\*\\unknown {}}}}}",
        tokens.next_wrong()
    );
    let env = Env::new();
    env.write("a.rtf", text);
    let run = env.run("scan a.rtf --format json").expect(1);
    let expected = [
        found("file", 2, "paragraph 1"),
        found("archive-member", 2, "paragraph 2"),
        found("archive-member", 3, "paragraph 3"),
    ];
    assert_eq!(lines(&run), expected);
    env.run("scan a.rtf --color never")
        .expect(1)
        .prints("a.rtf:2:1 (paragraph 2)");
}

#[test]
fn exports_of_browsers_and_clients_are_read_as_texts() {
    let mut tokens = Tokens::new(17);
    let (head, tail) = (tokens.next(), tokens.next());
    let (one, two) = head.split_at(30);
    let texts = [
        (
            "a.har",
            format!(
                "{{\"log\":{{\"entries\":[{{\"request\":{{\"postData\":{{\"text\":\"{{\\\"token\\\":\\\"{tail}\\\"}}\"}}}}}}]}}}}"
            ),
        ),
        (
            "a.postman_collection.json",
            format!(
                "{{\"item\":[{{\"request\":{{\"auth\":{{\"bearer\":[{{\"key\":\"token\",\"value\":\"{tail}\"}}]}}}}}}]}}"
            ),
        ),
        (
            "insomnia.json",
            format!(
                "{{\"_type\":\"export\",\"resources\":[{{\"data\":{{\"github_token\":\"{tail}\"}}}}]}}"
            ),
        ),
        (
            "a.mhtml",
            format!(
                "MIME-Version: 1.0\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n<p class=3D\"x\">{one}=\r\n{two}</p>\r\n"
            ),
        ),
        ("a.html", format!("<p>{one}<b>{two}</b></p>\n")),
    ];
    for (name, text) in texts {
        let env = Env::new();
        env.write(name, text);
        let run = env.run(&format!("scan {name} --format json")).expect(1);
        assert_eq!(run.findings().len(), 1, "{name}");
    }
}
