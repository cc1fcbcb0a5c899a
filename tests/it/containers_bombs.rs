//! Containers that keep a reader busy with nothing, and archives whose parts contradict each other. `tests/bombs.py`
//! has all of them, with figures.

use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::pack::{self, ZipMember, ZipWriter};

fn secret(seed: u64) -> Vec<u8> {
    [b"TOKEN=", &Mint::new(seed).new_token(Shape::Ghp)[..], b"\n"].concat()
}

/// The members of all findings, sorted.
fn members(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let member = findings.iter().map(|f| f["origin"]["member"].as_str());
    let mut members: Vec<_> = member.map(|m| m.unwrap_or("").to_owned()).collect();
    members.sort();
    members
}

fn skipped(run: &Run) -> String {
    run.json()["scan"]["skipped"].to_string()
}

#[test]
fn a_container_without_content_cannot_keep_its_reader_busy() {
    let env = Env::new();
    let empty_stream = b"BZh9\x17\x72\x45\x38\x50\x90\0\0\0\0";
    env.write("a.bz2", empty_stream.repeat(20_000));
    let empty_header = [&b"PK\x03\x04\x14\0"[..], &[0; 24]].concat();
    env.write("b.zip", empty_header.repeat(5_000));
    let empty_stream = pack::gzip(b"");
    env.write("c.gz", empty_stream.repeat(20_000));
    env.write("own.toml", "max-container-seconds = 0\n");
    for name in ["a.bz2", "b.zip", "c.gz"] {
        let run = env.run(&format!("scan {name} --config own.toml --format json"));
        let said = skipped(&run.expect(2));
        assert!(said.contains("took more than 0 s"), "{name}: {said}");
        // With the usual limit it is read to its end.
        let said = skipped(&env.run(&format!("scan {name} --no-config --format json")));
        assert!(!said.contains("took more"), "{name}: {said}");
    }
}

/// Returns an archive whose record at the end has this field at this offset.
fn with_field(mut zip: Vec<u8>, at: usize, value: u32) -> Vec<u8> {
    let place = zip.len() - 22 + at;
    zip[place..place + 4].copy_from_slice(&value.to_le_bytes());
    zip
}

#[test]
fn every_zip_archive_in_a_file_is_read() {
    let env = Env::new();
    let first = pack::zip(&[("a", &secret(1))]);
    env.write(
        "two.zip",
        [&first[..], &pack::zip(&[("b", &secret(2))])].concat(),
    );
    env.write("three.zip", first.repeat(3));
    // A comment that contains the end of an empty archive.
    let mut commented = first.clone();
    let len = commented.len();
    commented[len - 2] = 22;
    commented.extend(b"PK\x05\x06");
    commented.extend([0; 18]);
    env.write("comment.zip", commented);
    // An empty directory behind members.
    let directory = first.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let empty = [&first[..directory], b"PK\x05\x06", &[0; 18]].concat();
    env.write("empty.zip", empty);
    let run = env.run("scan . --format json").expect(1);
    let found = members(&run);
    let wanted = [
        "comment.zip!a",
        "empty.zip!a",
        "three.zip!a",
        "two.zip!a",
        "two.zip!b",
    ];
    let mut distinct = found.clone();
    distinct.dedup();
    assert_eq!(distinct, wanted, "{found:?}");
    assert_eq!(skipped(&run), "[]");
}

#[test]
fn a_zip_archive_is_read_whatever_its_last_record_states() {
    let env = Env::new();
    let zip = pack::zip(&[("a", &secret(3)), ("b", &secret(4))]);
    // The place of the directory is wrong, that of the members is right.
    env.write("offset.zip", with_field(zip.clone(), 16, 5));
    // The program `zip` writes a 64-bit record for input from a pipe, though everything fits into the other one.
    let (members_and_directory, end) = zip.split_at(zip.len() - 22);
    let directory = u64::from(u32::from_le_bytes(end[16..20].try_into().unwrap()));
    let size = u64::from(u32::from_le_bytes(end[12..16].try_into().unwrap()));
    let mut large = b"PK\x06\x06\x2c\0\0\0\0\0\0\0\x1e\x03\x2d\0\0\0\0\0\0\0\0\0".to_vec();
    for value in [2, 2, size, directory] {
        large.extend(value.to_le_bytes());
    }
    large.extend(b"PK\x06\x07\0\0\0\0");
    large.extend((members_and_directory.len() as u64).to_le_bytes());
    large.extend([1, 0, 0, 0]);
    env.write("piped.zip", [members_and_directory, &large, end].concat());
    let run = env.run("scan . --format json").expect(1);
    let wanted = ["offset.zip!a", "offset.zip!b", "piped.zip!a", "piped.zip!b"];
    assert_eq!(members(&run), wanted);
    assert_eq!(skipped(&run), "[]");
}

#[test]
fn quoted_headers_are_no_members() {
    // The first member begins with a stored block that quotes the header of the second one, as Fifield's bomb does.
    let second = ZipMember::deflated("b", &secret(5));
    let mut writer = ZipWriter::default();
    writer.add_local(&second);
    let quoted = writer.bytes[..31].to_vec();
    let block = [&[0, 31, 0, 0xe0, 0xff][..], &quoted, &second.packed].concat();
    let first = ZipMember {
        packed: block,
        size: second.size + 31,
        ..ZipMember::deflated("a", b"")
    };
    let mut writer = ZipWriter::default();
    writer.add(&first);
    writer.add_entry(&second, 36);
    let env = Env::new();
    env.write("x.zip", writer.finish());
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["x.zip!a"]);
    let said = skipped(&run);
    assert!(
        said.contains("shares its bytes with another member"),
        "{said}"
    );
}

#[test]
fn tar_archives_of_old_programs_are_opened() {
    let mut tar = pack::tar(&[("a", &secret(6)), ("b", &secret(7))]);
    for header in [0, 1024] {
        let header = &mut tar[header..header + 512];
        header[257..265].fill(0);
        header[148..156].fill(b' ');
        let sum: u32 = header.iter().map(|b| u32::from(*b)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
    }
    let env = Env::new();
    env.write("x.tgz", pack::gzip(&tar));
    env.write("y.tar", &tar);
    let run = env.run("scan . --format json").expect(1);
    let wanted = ["x.tgz!a", "x.tgz!b", "y.tar!a", "y.tar!b"];
    assert_eq!(members(&run), wanted);
}

#[test]
fn parts_that_are_shorter_than_stated_or_of_an_unknown_form_are_said() {
    let env = Env::new();
    let names = format!("!<arch>\n{:<48}{:<10}`\nx", "//", 9_999_999_999_u64);
    env.write("a.ar", names);
    let rpm = pack::rpm(&[("a", &secret(8))]);
    let payload = rpm.windows(3).rposition(|w| w == b"\x1f\x8b\x08").unwrap();
    env.write("b.rpm", [&rpm[..payload], b"????", &[7; 600]].concat());
    for (name, reason) in [
        ("a.ar", "it ends too early"),
        ("b.rpm", "a method that its first bytes do not tell"),
    ] {
        let said = skipped(&env.run(&format!("scan {name} --format json")).expect(2));
        assert!(said.contains(reason), "{name}: {said}");
    }
}

/// Inputs that a fuzzer found: a limit was not said where the content that it left unread was damaged as well, or where
/// a document was read as bytes only.
#[test]
fn a_limit_is_said_beside_damage_and_for_documents_that_are_texts() {
    let env = Env::new();
    let mut inner = ZipMember::stored(
        "in.zip",
        &pack::zip_stored(&[("a.txt", &b"words ".repeat(200))]),
    );
    inner.checksum ^= 1;
    let mut writer = ZipWriter::default();
    writer.add(&inner);
    env.write("deep.zip", writer.finish());
    let run = env
        .run("scan deep.zip --max-container-depth 1 --format json")
        .expect(2);
    let said = run.json()["scan"]["skipped"].to_string();
    assert!(
        said.contains("nested in more than 1") && said.contains("damaged"),
        "{said}"
    );
    // So is one that is damaged within the bytes that it is recognised by, and what is in it is read.
    let mut small = ZipMember::stored("in.zip", &pack::zip(&[("a.env", &secret(6))]));
    small.checksum ^= 1;
    let mut writer = ZipWriter::default();
    writer.add(&small);
    env.write("small.zip", writer.finish());
    let run = env.run("scan small.zip --format json").expect(2);
    assert_eq!(members(&run), ["small.zip!in.zip!a.env"]);
    let run = env
        .run("scan small.zip --max-container-depth 1 --format json")
        .expect(2);
    assert!(skipped(&run).contains("nested in more than 1"));
    let text = format!("{{\\rtf1 {}}}", "words ".repeat(9000));
    env.write("note.zip", pack::zip(&[("note.rtf", text.as_bytes())]));
    env.write("tokensweep.toml", "max-container-memory = '9KiB'\n");
    let run = env.run("scan note.zip --format json").expect(2);
    let said = run.json()["scan"]["skipped"].to_string();
    assert!(said.contains("max-container-memory"), "{said}");
}

/// An input that a fuzzer found: the first entry of the directory has no room, and the reader failed.
#[test]
fn a_directory_that_is_shorter_than_an_entry_is_damage() {
    let env = Env::new();
    for len in 4..46_u8 {
        let mut file = b"PK\x03\x04".to_vec();
        file.resize(30, 0);
        file.extend(b"PK\x01\x02");
        file.resize(30 + usize::from(len), 0);
        file.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
        file.extend([len, 0, 0, 0, 30, 0, 0, 0, 0, 0]);
        env.write(&format!("{len}.zip"), file);
    }
    let run = env.run("scan . --strict --format json").expect(2);
    let said = skipped(&run);
    assert!(said.contains("damaged: its directory"), "{said}");
    assert!(!said.contains("reader failed"), "{said}");
}
