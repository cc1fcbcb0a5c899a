//! Databases, OLE documents and packs of git: values that are cut over pages, sectors or differences are found.

use std::path::Path;
use std::process::Command;

use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;
use crate::git::git_out;
use crate::pack;

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

fn pair(member: &str, place: &str) -> (String, String) {
    (member.to_owned(), place.to_owned())
}

/// Writes a database with one value in the table `notes`. Returns false if the library of Python is not here.
fn write_database(path: &Path, encoding: &str, value: &str) -> bool {
    const SCRIPT: &str = "import sqlite3, sys\n\
        c = sqlite3.connect(sys.argv[1])\n\
        c.execute('pragma page_size = 512')\n\
        c.execute('pragma encoding = \"%s\"' % sys.argv[2])\n\
        c.execute('create table notes (id integer primary key, body text)')\n\
        c.execute('insert into notes (body) values (?)', (sys.argv[3],))\n\
        c.commit()\n";
    let mut python = Command::new("python3");
    python
        .args(["-c", SCRIPT])
        .arg(path)
        .args([encoding, value]);
    python.status().is_ok_and(|status| status.success())
}

#[test]
fn values_that_are_cut_over_pages_of_a_database_are_found() {
    let env = Env::new();
    // The cuts are 508 bytes from each other, so that one of them is in a token.
    let tokens: Vec<String> = (0..15).map(|n| token(100 + n)).collect();
    let value = tokens.join(" ");
    for (name, encoding) in [("a.db", "UTF-8"), ("b.db", "UTF-16le")] {
        if !write_database(&env.root().join(name), encoding, &value) {
            eprintln!("python3 is not here, so its databases are not tested");
            return;
        }
    }
    let bytes = std::fs::read(env.root().join("a.db")).unwrap();
    let is_cut = |token: &String| !bytes.windows(40).any(|w| w == token.as_bytes());
    assert!(tokens.iter().any(is_cut));
    let run = env.run("scan a.db b.db --format json").expect(1);
    let mut wanted = vec![pair("a.db", "table \"notes\" page 2"); 15];
    wanted.extend(vec![pair("b.db", "table \"notes\" page 2"); 15]);
    assert_eq!(run.places(), wanted);
    env.write("in.zip", pack::zip(&[("d/a.db", &bytes)]));
    let run = env.run("scan in.zip --format json").expect(1);
    assert_eq!(
        run.places(),
        vec![pair("in.zip!d/a.db", "table \"notes\" page 2"); 15]
    );
    // The value goes on in a page that is not there.
    env.write("cut.db", &bytes[..1024]);
    let run = env.run("scan cut.db --format json").expect(2);
    let skipped = run.json()["scan"]["skipped"].to_string();
    assert!(skipped.contains("does not go on"), "{skipped}");
    // A value in one page is found in the own bytes, and is redacted there.
    assert!(write_database(
        &env.root().join("c.db"),
        "UTF-8",
        &tokens[0]
    ));
    let run = env.run("scan c.db --format json").expect(1);
    assert_eq!(run.places(), [pair("", "table \"notes\" page 2")]);
}

#[test]
fn values_in_a_row_of_a_database_are_apart_and_beside_each_other() {
    const ROWS: &str = "import sqlite3, sys\n\
        d = sqlite3.connect(sys.argv[1])\n\
        d.execute('create table notes (key text, value text)')\n\
        for n in range(2, len(sys.argv), 2): d.execute('insert into notes values (?, ?)', sys.argv[n:n + 2])\n\
        d.commit()";
    let env = Env::new();
    let mut mint = Mint::new(7);
    let hex = String::from_utf8(mint.new_token(Shape::Hex40)).unwrap();
    let app = String::from_utf8(mint.new_token(Shape::V1Hex)).unwrap();
    let stateless = String::from_utf8(mint.new_token(Shape::GhsStateless)).unwrap();
    // In the file, the name and the value touch, and the length of the row before follows the value: `7`, and `U`.
    let (seven, letter) = ("y".repeat(51), "z".repeat(80));
    let rows = [
        "x",
        &seven,
        "GITHUB_TOKEN",
        &hex,
        "GITHUB_TOKEN",
        &app,
        "k",
        &letter,
        "GITHUB_TOKEN",
        &stateless,
    ];
    let mut python = Command::new("python3");
    python
        .args(["-c", ROWS])
        .arg(env.root().join("a.db"))
        .args(rows);
    if !python.status().is_ok_and(|status| status.success()) {
        eprintln!("python3 is not here, so its databases are not tested");
        return;
    }
    let run = env.run("scan a.db --show-secrets --format json").expect(1);
    let mut found: Vec<String> = run
        .findings()
        .iter()
        .map(|f| f["secret"].as_str().unwrap().to_owned())
        .collect();
    found.sort();
    let bytes = std::fs::read(env.root().join("a.db")).unwrap();
    let touched = format!("{stateless}U");
    assert!(
        bytes
            .windows(touched.len())
            .any(|w| w == touched.as_bytes())
    );
    let mut wanted = [hex, app, stateless];
    wanted.sort();
    assert_eq!(found, wanted);
    assert_eq!(run.places()[0].1, "table \"notes\" page 2");
    env.write("cut.db", &bytes[..4096]);
    let run = env.run("scan cut.db --format json").expect(2);
    let skipped = run.json()["scan"]["skipped"].to_string();
    assert!(skipped.contains("is not in the file"), "{skipped}");
}

/// An OLE file with a storage that contains this small stream, and a large stream in sectors from the last to the
/// first one.
fn ole(names: [&str; 3], small: &[u8], large: &[u8]) -> Vec<u8> {
    const END: u32 = 0xffff_fffe;
    const NONE: u32 = 0xffff_ffff;
    assert!(small.len() <= 64 && large.len() == 4096);
    let mut file = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec();
    file.resize(30, 0);
    file.extend([9, 0, 6, 0]);
    file.resize(44, 0);
    file.extend(
        [1, 1, 0, 4096, 2, 1, END, 0, 0]
            .iter()
            .flat_map(|n: &u32| n.to_le_bytes()),
    );
    file.resize(512, 0xff);
    let next = [NONE - 2, END, END, END, END, 4, 5, 6, 7, 8, 9, 10];
    file.extend(next.iter().flat_map(|n: &u32| n.to_le_bytes()));
    file.resize(1024, 0xff);
    let [storage, first, second] = names;
    let entries = [
        ("Root Entry", 5u8, [NONE, NONE, 1, 3], 64),
        (storage, 1, [NONE, 3, 2, 0], 0),
        (first, 2, [NONE, NONE, NONE, 0], small.len()),
        (second, 2, [NONE, NONE, NONE, 11], large.len()),
    ];
    for (name, kind, [left, right, child, start], size) in entries {
        let mut entry: Vec<u8> = name.encode_utf16().flat_map(u16::to_le_bytes).collect();
        entry.resize(64, 0);
        entry.extend([2 * u8::try_from(name.len()).unwrap() + 2, 0, kind, 1]);
        entry.extend(
            [left, right, child]
                .iter()
                .flat_map(|n: &u32| n.to_le_bytes()),
        );
        entry.resize(116, 0);
        entry.extend(start.to_le_bytes());
        entry.extend((size as u64).to_le_bytes());
        file.extend(entry);
    }
    file.extend(END.to_le_bytes());
    file.resize(4 * 512, 0xff);
    file.extend(small);
    file.resize(5 * 512, 0);
    for sector in large.chunks(512).rev() {
        file.extend(sector);
    }
    file
}

#[test]
fn streams_of_ole_documents_are_read_in_the_order_of_their_sectors() {
    let env = Env::new();
    let mut large = vec![b' '; 4096];
    large[490..530].copy_from_slice(token(1).as_bytes());
    let small = token(2);
    env.write(
        "a.doc",
        ole(["Macros", "dir", "Data"], small.as_bytes(), &large),
    );
    let mut zip = pack::zip(&[("a.env", token(3).as_bytes())]);
    zip.resize(4096, 0);
    env.write("b.msg", ole(["__attach", "name", "content"], b"", &zip));
    let run = env.run("scan a.doc b.msg --format json").expect(1);
    let wanted = [
        pair("a.doc!Data", ""),
        pair("a.doc!Macros/dir", ""),
        pair("b.msg!content!a.env", ""),
    ];
    assert_eq!(run.places(), wanted);
    env.run("redact a.doc").expect(2).says("a.doc");
}

#[test]
fn a_value_in_an_old_sheet_is_judged_by_the_cell_beside_it() {
    let record = |number: u16, content: &[u8]| {
        let len = u16::try_from(content.len()).unwrap();
        [&number.to_le_bytes(), &len.to_le_bytes(), content].concat()
    };
    let hex = Mint::new(5).new_token(Shape::Hex40);
    let table = [
        &b"\x02\0\0\0\x02\0\0\0\x0c\0\0GITHUB_TOKEN\x28\0\0"[..],
        &hex,
    ];
    let mut book = record(0x809, &[0; 8]);
    book.extend(record(0x85, b"\0\0\0\0\0\0\x04\0prod"));
    book.extend(record(0xfc, &table.concat()));
    let start = u8::try_from(book.len()).unwrap();
    book[16] = start;
    book.extend(record(0x809, &[0; 8]));
    for column in 0..2 {
        book.extend(record(0xfd, &[6, 0, column, 0, 0, 0, column, 0, 0, 0]));
    }
    book.resize(4096, 0);
    let env = Env::new();
    env.write("a.xls", ole(["x", "y", "Workbook"], b"words", &book));
    let run = env.run("scan a.xls --format json").expect(1);
    assert_eq!(run.places(), [pair("a.xls!Workbook", "sheet \"prod\" B7")]);
}

#[test]
fn encrypted_and_damaged_ole_documents_are_named() {
    let env = Env::new();
    let large = [b' '; 4096];
    env.write(
        "a.docx",
        ole(
            ["x", "EncryptionInfo", "EncryptedPackage"],
            b"words",
            &large,
        ),
    );
    let mut word = large;
    word[11] = 1;
    env.write("b.doc", ole(["x", "y", "WordDocument"], b"words", &word));
    let mut excel = large;
    excel[..12].copy_from_slice(&[9, 8, 2, 0, 1, 1, 0x2f, 0, 2, 0, 0, 0]);
    env.write("c.xls", ole(["x", "y", "Workbook"], b"words", &excel));
    let whole = ole(["x", "y", "z"], b"words", &large);
    env.write("d.doc", &whole[..whole.len() - 600]);
    let run = env.run("scan . --strict --format json").expect(2);
    let json = run.json();
    let skipped = json["scan"]["skipped"].as_array().unwrap();
    let said: Vec<String> = skipped
        .iter()
        .map(|s| format!("{} {}", s["path"], s["reason"]))
        .collect();
    assert_eq!(said.len(), 4, "{said:?}");
    for (said, (path, reason)) in said.iter().zip([
        ("a.docx!EncryptedPackage", "encrypted"),
        ("b.doc!WordDocument", "encrypted"),
        ("c.xls!Workbook", "encrypted"),
        ("d.doc!z", "it ends too early"),
    ]) {
        assert!(said.contains(path) && said.contains(reason), "{said}");
    }
}

#[test]
fn objects_in_packs_and_bundles_are_found_with_their_ids() {
    let env = Env::new();
    let root = env.root();
    git_out(root, &["init", "-q", "repo"]);
    let repo = root.join("repo");
    let mut ids = Vec::new();
    let lines: String = (0..400)
        .map(|n| format!("line {n} of a long text\n"))
        .collect();
    for seed in 0..4 {
        env.write("repo/f", format!("{lines}TOKEN={}\n", token(10 + seed)));
        git_out(&repo, &["add", "."]);
        git_out(
            &repo,
            &["commit", "-qm", &format!("key {}", token(20 + seed))],
        );
        for name in ["HEAD", "HEAD:f"] {
            ids.push(git_out(&repo, &["rev-parse", name]).trim().to_owned());
        }
    }
    let (folder, file) = ids[1].split_at(2);
    let loose = std::fs::read(repo.join(".git/objects").join(folder).join(file)).unwrap();
    env.write(
        "loose.tgz",
        pack::gzip(&pack::tar(&[("objects/x", &loose)])),
    );
    git_out(&repo, &["bundle", "create", "-q", "../all.bundle", "--all"]);
    git_out(
        &repo,
        &["bundle", "create", "-q", "../thin.bundle", "HEAD~1..HEAD"],
    );
    git_out(&repo, &["repack", "-adq"]);
    let packs = std::fs::read_dir(repo.join(".git/objects/pack")).unwrap();
    let path = packs
        .map(|entry| entry.unwrap().path())
        .find(|p| p.extension().is_some_and(|e| e == "pack"));
    env.write("x.pack", std::fs::read(path.unwrap()).unwrap());
    ids.sort();
    for name in ["all.bundle", "x.pack"] {
        let run = env.run(&format!("scan {name} --format json")).expect(1);
        let wanted: Vec<_> = ids
            .iter()
            .map(|id| pair(&format!("{name}!{id}"), ""))
            .collect();
        assert_eq!(run.places(), wanted);
    }
    let run = env.run("scan loose.tgz --format json").expect(1);
    assert_eq!(run.places(), [pair("loose.tgz!objects/x", "")]);
    assert_eq!(run.findings()[0]["line"], 401);
    let run = env.run("scan thin.bundle --format json").expect(2);
    let skipped = run.json()["scan"]["skipped"].to_string();
    assert!(
        skipped.contains("an object that the file does not contain"),
        "{skipped}"
    );
}

/// Returns a content as git compresses it, by a level from 0 to 9.
fn deflate(content: &[u8], level: u32) -> Vec<u8> {
    let mut out = Vec::new();
    let mut encoder = flate2::read::ZlibEncoder::new(content, flate2::Compression::new(level));
    std::io::Read::read_to_end(&mut encoder, &mut out).unwrap();
    out
}

#[test]
fn loose_objects_are_recognised_whatever_their_level_is() {
    let env = Env::new();
    let text = format!("TOKEN={}\n{}", token(1), "words and words ".repeat(900));
    let object = format!("blob {}\0{text}", text.len());
    for level in 0..=9 {
        let file = format!("object-{level}");
        env.write(&file, deflate(object.as_bytes(), level));
        let run = env.run(&format!("scan {file} --format json")).expect(1);
        assert_eq!(run.places(), [pair(&file, "")], "level {level}");
    }
    // Other data of zlib, and a text that begins like it.
    env.write("other", deflate(text.as_bytes(), 9));
    env.write("text", "x^2 and y^2\n");
    env.run("scan other text --format json").expect(0);
}

/// Returns a pack with these blobs, each with the length that it states.
fn pack_of(blobs: &[(&str, u8)]) -> Vec<u8> {
    let mut pack = b"PACK\0\0\0\x02\0\0\0".to_vec();
    pack.push(u8::try_from(blobs.len()).unwrap());
    for (content, stated) in blobs {
        pack.extend([0xb0 | stated & 15, stated >> 4]);
        pack.extend(deflate(content.as_bytes(), 6));
    }
    pack.extend([0; 20]);
    pack
}

#[test]
fn an_object_with_another_length_than_it_states_is_read_and_said() {
    let env = Env::new();
    let lines: Vec<String> = (0..3).map(|n| format!("TOKEN={}\n", token(n))).collect();
    env.write(
        "x.pack",
        pack_of(&[(&lines[0], 90), (&lines[1], 3), (&lines[2], 47)]),
    );
    let run = env.run("scan x.pack --format json").expect(2);
    assert_eq!(run.findings().len(), 3);
    let said = run.json()["scan"]["skipped"].clone();
    let reasons: Vec<&str> = said
        .as_array()
        .unwrap()
        .iter()
        .map(|s| s["reason"].as_str().unwrap())
        .collect();
    assert_eq!(
        reasons,
        ["damaged: an object has another length than it states, and at most 8 MiB of it were read";
            2]
    );
}

#[test]
fn an_object_that_a_pack_contains_twice_is_reported_once() {
    let env = Env::new();
    let line = format!("TOKEN={}\n", token(7));
    env.write("x.pack", pack_of(&[(&line, 47), (&line, 47)]));
    let run = env.run("scan x.pack --format json").expect(1);
    assert_eq!(run.findings().len(), 1);
}
