//! `tokensweep redact` on containers: those that can be written again with nothing else changed are, and all others are
//! named and stay.

use std::io::Read as _;

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use super::env::{Env, Run};
use super::pack::{self, Members, ZipMember, ZipWriter};
use super::redact::{placeholder, token};

/// A text with a secret, and the same text with its placeholder.
struct Redaction {
    secret: String,
    before: Vec<u8>,
    after: Vec<u8>,
}

fn redaction(seed: u64) -> Redaction {
    let secret = token(&mut Mint::new(seed), Shape::Ghp);
    let text = |value: &str| format!("# setup\nGITHUB_TOKEN={value}\nend\n").into_bytes();
    Redaction {
        before: text(&secret),
        after: text(&placeholder("github-pat", &secret)),
        secret,
    }
}

fn read(env: &Env, path: &str) -> Vec<u8> {
    std::fs::read(env.root().join(path)).unwrap()
}

/// Redacts a file, whose dry run must say the same and change nothing, and which must be clean then.
fn redact(env: &Env, path: &str) -> Run {
    let before = read(env, path);
    let check = env.run(&format!("redact --check {path}")).expect(1);
    assert_eq!(read(env, path), before);
    let run = env.run(&format!("redact {path}")).expect(0);
    assert_eq!(
        check.stdout.replace("would be replaced", "replaced"),
        run.stdout
    );
    let scan = env.run(&format!("scan {path} --format json")).expect(0);
    assert_eq!(scan.json()["scan"]["skipped"], Value::Array(Vec::new()));
    run
}

/// Fails with the places that differ: a container of thousands of bytes is no message.
#[track_caller]
fn same(new: &[u8], wanted: &[u8]) {
    let differs = new.iter().zip(wanted).position(|(a, b)| a != b);
    assert!(
        new == wanted,
        "{} bytes, {} wanted, which differ from {differs:?}",
        new.len(),
        wanted.len()
    );
}

/// A file that stays as it is, for this reason, whether it is to be changed or not.
fn stays(env: &Env, path: &str, why: &str) {
    let before = read(env, path);
    for dry in ["", " --check", " --diff"] {
        let run = env.run(&format!("redact {path}{dry}")).expect(2);
        run.says(format!("{path}: left alone: "));
        run.says(why);
        assert_eq!(read(env, path), before, "{dry}");
    }
}

fn gunzip(packed: &[u8]) -> Vec<u8> {
    let mut text = Vec::new();
    let mut decoder = flate2::read::MultiGzDecoder::new(packed);
    decoder.read_to_end(&mut text).unwrap();
    text
}

#[test]
fn a_compressed_text_is_compressed_again_behind_the_same_header() {
    let env = Env::new();
    let Redaction { before, after, .. } = redaction(1);
    let mut named = vec![0x1f, 0x8b, 8, 0b1_1000, 1, 2, 3, 4, 2, 3];
    named.extend(b"app.log\0kept comment\0");
    let head = named.len();
    named.extend(&pack::gzip(&before)[10..]);
    env.write("named.gz", &named);
    redact(&env, "named.gz").says("1 secret replaced in 1 file");
    let new = read(&env, "named.gz");
    assert_eq!(new[..head], named[..head]);
    assert_eq!(gunzip(&new), after);

    let two = [pack::gzip(b"first\n"), pack::gzip(&before), vec![0; 9]].concat();
    env.write("two.gz", two);
    redact(&env, "two.gz");
    let new = read(&env, "two.gz");
    assert_eq!(new[new.len() - 9..], [0; 9]);
    assert_eq!(
        gunzip(&new[..new.len() - 9]),
        [b"first\n", &after[..]].concat()
    );

    env.write("a.bz2", pack::bzip2(&before));
    redact(&env, "a.bz2");
    let mut text = Vec::new();
    let packed = read(&env, "a.bz2");
    let mut decoder = bzip2::read::BzDecoder::new(&packed[..]);
    decoder.read_to_end(&mut text).unwrap();
    assert_eq!(text, after);

    // Two frames become one, of blocks of the same size.
    let frames = [pack::lz4(b"first\n"), pack::lz4(&before)].concat();
    env.write("a.lz4", &frames);
    redact(&env, "a.lz4");
    let packed = read(&env, "a.lz4");
    assert_eq!(packed[..6], frames[..6]);
    text.clear();
    let mut decoder = lz4_flex::frame::FrameDecoder::new(&packed[..]);
    decoder.read_to_end(&mut text).unwrap();
    assert_eq!(text, [b"first\n", &after[..]].concat());

    env.write("a.lzma", pack::lzma(&before));
    redact(&env, "a.lzma");
    let packed = read(&env, "a.lzma");
    text.clear();
    let mut decoder = lzma_rust2::LzmaReader::new_mem_limit(&packed[..], 1 << 16, None).unwrap();
    decoder.read_to_end(&mut text).unwrap();
    assert_eq!(text, after);

    env.write("a.zst", pack::zstd(&before));
    redact(&env, "a.zst");
    let packed = read(&env, "a.zst");
    let mut decoder = ruzstd::decoding::StreamingDecoder::new(&packed[..]).unwrap();
    text.clear();
    decoder.read_to_end(&mut text).unwrap();
    assert_eq!(text, after);
}

/// An archive with a text between two members, and a comment of its own.
fn zip_around(text: ZipMember<'_>) -> Vec<u8> {
    let mut writer = ZipWriter::default();
    writer.add(&ZipMember::deflated("first", b"words words words"));
    writer.add(&text);
    writer.add(&ZipMember::stored("last", b"more words"));
    let mut bytes = writer.finish();
    let end = bytes.len();
    bytes[end - 2..].copy_from_slice(&9u16.to_le_bytes());
    bytes.extend(b"a comment");
    bytes
}

#[test]
fn a_zip_archive_is_what_its_writer_makes_of_the_new_text() {
    let env = Env::new();
    let Redaction { before, after, .. } = redaction(2);
    env.write(
        "a.zip",
        zip_around(ZipMember::stored("conf/a.env", &before)),
    );
    redact(&env, "a.zip").says("1 secret replaced in 1 file");
    let wanted = zip_around(ZipMember::stored("conf/a.env", &after));
    same(&read(&env, "a.zip"), &wanted);

    // The program that compressed the text is another one, so only its member differs, and what states its length.
    let old = zip_around(ZipMember::deflated("conf/a.env", &before));
    env.write("b.zip", &old);
    redact(&env, "b.zip");
    let new = read(&env, "b.zip");
    let first = 30 + "first".len() + 10;
    assert_eq!(new[..first], old[..first]);
    let behind = |bytes: &[u8]| {
        let at = bytes.windows(10).position(|w| w == b"more words");
        bytes[at.unwrap() - 34..at.unwrap() + 10].to_vec()
    };
    assert_eq!(behind(&new), behind(&old));
    assert!(new.ends_with(b"a comment"));
}

#[test]
fn a_tar_archive_is_what_its_writer_makes_of_the_new_text() {
    let env = Env::new();
    let Redaction { before, after, .. } = redaction(3);
    let long = [&b"x".repeat(600)[..], b"\n", &before].concat();
    let new = [&b"x".repeat(600)[..], b"\n", &after].concat();
    let build = |one: &[u8], two: &[u8]| {
        pack::tar(&[
            ("first", b"words"),
            ("a.env", one),
            ("b.env", two),
            ("last", b"1"),
        ])
    };
    env.write("a.tar", build(&before, &long));
    redact(&env, "a.tar").says("2 secrets replaced in 1 file");
    same(&read(&env, "a.tar"), &build(&after, &new));
    env.write("a.tgz", pack::gzip(&build(&before, &long)));
    redact(&env, "a.tgz");
    same(&gunzip(&read(&env, "a.tgz")), &build(&after, &new));
}

#[test]
fn containers_in_containers_are_written_again_too() {
    let env = Env::new();
    let Redaction { before, after, .. } = redaction(4);
    let build = |text: &[u8]| {
        let inner = zip_around(ZipMember::stored("conf/a.env", text));
        let tar = pack::tar(&[("in.zip", &inner), ("plain", text), ("other", b"words")]);
        zip_around(ZipMember::stored("x.tar", &tar))
    };
    env.write("all.zip", build(&before));
    let run = env.run("redact --diff all.zip").expect(1);
    run.prints("--- all.zip!x.tar!in.zip!conf/a.env\n");
    run.prints("--- all.zip!x.tar!plain\n");
    run.prints("+GITHUB_TOKEN=REDACTED-github-pat-");
    let run = redact(&env, "all.zip");
    run.says("2 secrets replaced in 1 file");
    same(&read(&env, "all.zip"), &build(&after));
}

#[test]
fn a_secret_of_one_file_is_replaced_in_the_members_of_others() {
    let env = Env::new();
    let mut mint = Mint::new(5);
    let secret = String::from_utf8(mint.hex(40)).unwrap();
    env.write("a.env", format!("GITHUB_TOKEN={secret}\n"));
    let members: Members<'_> = &[("argv", &format!("bot.py {secret} run\n").into_bytes())];
    env.write("b.zip", pack::zip(members));
    env.run("redact . --report r.json")
        .expect(0)
        .says("2 secrets replaced in 2 files");
    let report: Value = serde_json::from_slice(&read(&env, "r.json")).unwrap();
    let replaced = report["replaced"].as_array().unwrap();
    let inside = replaced.iter().find(|r| r["path"] == "b.zip").unwrap();
    assert_eq!(inside["member"], "b.zip!argv");
    assert_eq!((&inside["line"], &inside["column"]), (&1.into(), &8.into()));
}

#[test]
fn what_cannot_be_written_exactly_stays_and_is_trouble() {
    let env = Env::new();
    let Redaction { before, secret, .. } = redaction(6);
    let members: Members<'_> = &[("a.env", &before)];
    env.write("a.7z", pack::seven_zip(members));
    stays(
        &env,
        "a.7z",
        "a 7z archive is not rewritten, and it holds 1 secret (a.7z!a.env:2)",
    );
    env.write("in.zip", pack::zip(&[("a.7z", &pack::seven_zip(members))]));
    stays(&env, "in.zip", "!a.7z: a 7z archive is not written again");

    let mut encrypted = ZipMember::stored("b.env", b"0123456789abcdef");
    encrypted.flags = 1;
    let mut writer = ZipWriter::default();
    writer.add(&ZipMember::deflated("a.env", &before));
    writer.add(&encrypted);
    env.write("encrypted.zip", writer.finish());
    stays(
        &env,
        "encrypted.zip",
        "encrypted.zip!b.env: encrypted, not read",
    );

    let mut cut = pack::tar(&[("a.env", &before), ("b", &[b'x'; 2000])]);
    cut.truncate(cut.len() - 2048);
    env.write("cut.tar", cut);
    stays(&env, "cut.tar", "it ends too early");

    env.write(
        "named.zip",
        pack::zip(&[(&format!("{secret}.txt"), &before)]),
    );
    stays(&env, "named.zip", "would still hold a secret");

    let signed: Members<'_> = &[
        ("x-1.dist-info/RECORD", b"x.py,sha256=0,3\n"),
        ("x.py", &before),
    ];
    env.write("x.whl", pack::zip(signed));
    stays(
        &env,
        "x.whl",
        "x-1.dist-info/RECORD states checksums of the others",
    );
    let blob = format!("blobs/sha256/{}", "0123456789abcdef".repeat(4));
    env.write("image.tar", pack::tar(&[(&blob, &before)]));
    stays(&env, "image.tar", "its name is the checksum of its content");
}

#[test]
fn a_document_is_rewritten_only_if_each_secret_is_in_one_piece() {
    let env = Env::new();
    let Redaction { secret, .. } = redaction(7);
    let docx = |runs: &[&str]| {
        let runs: String = runs
            .iter()
            .map(|r| format!("<w:r><w:t>{r}</w:t></w:r>"))
            .collect();
        let body = format!(
            "<w:document xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"><w:body><w:p>{runs}</w:p></w:body></w:document>"
        );
        pack::zip(&[
            ("[Content_Types].xml", b"<Types/>"),
            ("word/document.xml", body.as_bytes()),
        ])
    };
    env.write("whole.docx", docx(&["the token is ", &secret]));
    redact(&env, "whole.docx").says("1 secret replaced in 1 file");
    let (one, two) = secret.split_at(20);
    env.write("split.docx", docx(&[one, two]));
    stays(
        &env,
        "split.docx",
        "pieces that only a reader of the document joins",
    );
}

#[test]
fn the_lines_of_a_notebook_are_redacted_and_the_rest_of_its_json_stays() {
    let env = Env::new();
    let Redaction { secret, .. } = redaction(8);
    let build = |value: &str| {
        let text = format!(
            "{{\n \"cells\": [\n  {{\"cell_type\": \"code\",\n   \"outputs\": [{{\"text\": [\"a\\n\", \"{value}\\n\"]}}],\n   \"source\": [\"import os\\n\", \"token = \\\"{value}\\\"\\n\"]}}\n ],\n \"nbformat\": 4, \"nbformat_minor\": 5,\n \"metadata\": {{\"é\": 1e3}}\n}}\n"
        );
        text.into_bytes()
    };
    env.write("a.ipynb", build(&secret));
    redact(&env, "a.ipynb").says("2 secrets replaced in 1 file");
    let wanted = build(&placeholder("github-pat", &secret));
    same(&read(&env, "a.ipynb"), &wanted);
    env.write("n.zip", pack::zip_stored(&[("a.ipynb", &build(&secret))]));
    redact(&env, "n.zip");
    assert_eq!(
        read(&env, "n.zip"),
        pack::zip_stored(&[("a.ipynb", &wanted)])
    );
}

#[test]
fn copies_of_containers_are_redacted_and_the_others_named() {
    let env = Env::new();
    let Redaction { before, after, .. } = redaction(9);
    env.write("in/a.zip", zip_around(ZipMember::stored("a.env", &before)));
    let clean = pack::gzip(b"nothing\n");
    env.write("in/clean.gz", &clean);
    env.write("in/clean.7z", pack::seven_zip(&[("a", b"nothing")]));
    let run = env.run("redact in --output-dir out").expect(2);
    run.says("in/clean.7z: not copied: it is a 7z archive, which is not rewritten; unpack it");
    run.says("1 secret replaced in copies of 2 files in out");
    let wanted = zip_around(ZipMember::stored("a.env", &after));
    same(&read(&env, "out/a.zip"), &wanted);
    assert_eq!(read(&env, "out/clean.gz"), clean);
    assert_eq!(
        read(&env, "in/a.zip"),
        zip_around(ZipMember::stored("a.env", &before))
    );
    assert!(!env.root().join("out/clean.7z").exists());
}

#[test]
fn a_text_that_cannot_be_held_in_memory_is_named_with_the_setting() {
    let env = Env::new();
    let Redaction { before, .. } = redaction(10);
    let text = [&before[..], &b"line of the log\n".repeat(10_000)].concat();
    env.write("a.gz", pack::gzip(&text));
    env.write("tokensweep.toml", "max-container-memory = \"64KiB\"\n");
    let run = env.run("redact a.gz").expect(2);
    run.says("more than 65536 bytes of memory");
    run.says("`max-container-memory` raises the limit");
    same(&read(&env, "a.gz"), &pack::gzip(&text));
}

/// Adds a stored member whose content begins at a multiple of `unit`, by the extra field that zipalign of Android writes.
fn add_aligned(zip: &mut ZipWriter, name: &str, content: &[u8], unit: usize) {
    let offset = zip.bytes.len();
    zip.add(&ZipMember::stored(name, content));
    let at = offset + 30 + name.len();
    let padding = (unit - (at + 6) % unit) % unit;
    let mut extra = vec![0x35, 0xd9];
    extra.extend(u16::try_from(2 + padding).unwrap().to_le_bytes());
    extra.extend(u16::try_from(unit).unwrap().to_le_bytes());
    extra.resize(6 + padding, 0);
    let len = u16::try_from(extra.len()).unwrap().to_le_bytes();
    zip.bytes[offset + 28..offset + 30].copy_from_slice(&len);
    zip.bytes.splice(at..at, extra);
}

#[test]
fn contents_that_begin_at_multiples_still_do() {
    let env = Env::new();
    let Redaction { before, after, .. } = redaction(11);
    assert_ne!(before.len(), after.len());
    let members: [(&str, Vec<u8>, usize); 6] = [
        ("assets/config.env", before, 4),
        ("resources.arsc", vec![2; 1001], 4),
        ("assets/one.bin", vec![3; 77], 4),
        ("lib/arm64-v8a/liba.so", vec![4; 5001], 4096),
        ("assets/two.bin", vec![5; 33], 4),
        ("lib/arm64-v8a/libb.so", vec![6; 9], 4096),
    ];
    // All of four, and with libraries that begin at pages.
    for (name, count) in [("plain.zip", 5), ("pages.zip", 6)] {
        let mut zip = ZipWriter::default();
        let mut places = Vec::new();
        for (member, content, unit) in &members[..count] {
            let unit = if count == 5 { 4 } else { *unit };
            let start = zip.bytes.len();
            add_aligned(&mut zip, member, content, unit);
            places.push((*member, start..zip.bytes.len(), content.len(), unit));
            let text = b"packed text ".repeat(9);
            let packed = format!("{member}.txt");
            let start = zip.bytes.len();
            zip.add(&ZipMember::deflated(&packed, &text));
            places.push(("", start..zip.bytes.len(), 0, 1));
        }
        let old = zip.finish();
        env.write(name, &old);
        redact(&env, name);
        let new = read(&env, name);
        assert!(memchr::memmem::find(&new, &after).is_some());
        for (member, range, len, unit) in &places[1..] {
            let at = memchr::memmem::find(&new, &old[range.clone()]);
            let at = at.unwrap_or_else(|| panic!("{name}: {member} has changed"));
            let content = at + range.len() - len;
            assert_eq!(content % unit, 0, "{name}: {member} at {content}");
        }
    }
}
