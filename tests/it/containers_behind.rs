//! Archives that the first bytes of a file do not tell: behind a program, a script or a picture. Forms that are only
//! recognised are said.

use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;
use crate::pack;

fn line(seed: u64) -> String {
    let token = String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap();
    format!("# settings of the program, which are packed with it\nTOKEN={token}\n")
}

/// Returns a zip archive whose member is compressed, and its token.
fn archive(seed: u64) -> Vec<u8> {
    let text = line(seed).repeat(3);
    pack::zip(&[("conf/app.env", text.as_bytes())])
}

const SCRIPT: &[u8] = b"#!/usr/bin/env python3\n";

/// Returns first bytes of a program and enough others behind them.
fn program(mark: &[u8], len: usize) -> Vec<u8> {
    let mut program = mark.to_vec();
    program.extend((mark.len()..len).map(|n| u8::try_from(n * 31 % 251).unwrap()));
    program
}

#[test]
fn an_archive_behind_something_else_is_opened() {
    let env = Env::new();
    let picture = program(b"\x89PNG\r\n\x1a\n\0\0\0\x0d", 900);
    let files = [
        ("tool.pyz", SCRIPT.to_vec()),
        ("setup.exe", program(b"MZ\x90\0\x03\0\0\0", 3000)),
        ("tool.run", program(b"\x7fELF\x02\x01\x01\0", 3_000_000)),
        ("logo.png", picture),
        ("large.bin", program(b"DATA\0\0", 2_000_000)),
        ("module.jmod", b"JM\x01\0".to_vec()),
        ("addon.crx", b"Cr24\x03\0\0\0\x04\0\0\0sign".to_vec()),
        ("note.txt", b"The archive follows.\n".to_vec()),
    ];
    for (name, before) in files {
        env.write(name, [before, archive(1)].concat());
        let run = env.run(&format!("scan {name} --format json"));
        let mut found = run.places();
        found.dedup();
        let wanted = (format!("{name}!conf/app.env"), String::new());
        assert_eq!(found, [wanted], "{name}");
        let about_pictures =
            |s: &serde_json::Value| s["reason"].as_str().unwrap().contains("image");
        let skipped = run.json()["scan"]["skipped"].clone();
        assert!(
            skipped.as_array().unwrap().iter().all(about_pictures),
            "{name}: {skipped}"
        );
    }
}

#[test]
fn a_signature_may_follow_the_archive_of_a_program() {
    let env = Env::new();
    let signed = [&program(b"MZ\x90\0", 5000), &archive(2)[..], &[7; 9000]].concat();
    env.write("setup.exe", &signed);
    let run = env.run("scan setup.exe --format json").expect(1);
    assert_eq!(
        run.findings()[0]["origin"]["member"],
        "setup.exe!conf/app.env"
    );
}

#[test]
fn programs_with_archives_are_opened_in_other_archives_and_in_a_history() {
    let env = Env::new();
    let tool = [SCRIPT, &archive(3)].concat();
    env.write("all.tgz", pack::gzip(&pack::tar(&[("bin/tool", &tool)])));
    let run = env.run("scan all.tgz --format json").expect(1);
    let member = "all.tgz!bin/tool!conf/app.env";
    assert_eq!(run.findings()[0]["origin"]["member"], member);
    let run = env
        .run("scan all.tgz --format json --max-container-depth 1")
        .expect(2);
    assert!(
        run.json()["scan"]["skipped"]
            .to_string()
            .contains("all.tgz!bin/tool")
    );
    crate::git::git_out(env.root(), &["init", "-q", "repo"]);
    let repo = env.root().join("repo");
    env.write("repo/tool.pyz", &tool);
    crate::git::git_out(&repo, &["add", "."]);
    crate::git::git_out(&repo, &["commit", "-qm", "tool"]);
    std::fs::remove_file(repo.join("tool.pyz")).unwrap();
    let run = env.run("scan repo --history --format json").expect(1);
    assert_eq!(
        run.findings()[0]["origin"]["member"],
        "tool.pyz!conf/app.env"
    );
}

#[test]
fn an_archive_behind_a_picture_is_opened_in_other_archives() {
    let env = Env::new();
    let pictures: [(&str, &[u8]); 3] = [
        ("logo.png", b"\x89PNG\r\n\x1a\n\0\0\0\x0d"),
        ("photo.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF\0"),
        ("icon.gif", b"GIF89a\x01\0\x01\0\0\0\0"),
    ];
    for (name, mark) in pictures {
        let file = [program(mark, 900), archive(6)].concat();
        env.write("all.tar", pack::tar(&[(name, &file)]));
        env.write("all.zip", pack::zip(&[(name, &file)]));
        for outer in ["all.tar", "all.zip"] {
            let run = env.run(&format!("scan {outer} --format json")).expect(1);
            let mut found = run.places();
            found.dedup();
            let member = format!("{outer}!{name}!conf/app.env");
            assert_eq!(found, [(member, String::new())], "{}", run.stdout);
        }
        let run = env.run("scan all.tar --format json --max-container-depth 1");
        let skipped = run.expect(2).json()["scan"]["skipped"].to_string();
        assert!(skipped.contains("--max-container-depth"), "{skipped}");
    }
}

#[test]
fn archives_in_members_that_are_not_opened_are_named() {
    let env = Env::new();
    let mut iso = vec![0; 40_000];
    iso[32769..32774].copy_from_slice(b"CD001");
    let mut dmg = program(b"x\xda\x63\x60", 70_000);
    dmg.extend(program(b"koly\0\0\0\x04", 512));
    let data = [program(b"DATA\0\0", 2000), archive(7)].concat();
    let files: [(&str, &[u8], &str); 3] = [
        ("a.iso", &iso, "an ISO image"),
        ("b.dmg", &dmg, "a disk image of macOS"),
        ("c.bin", &data, "a file with a zip archive behind it"),
    ];
    for (name, bytes, form) in files {
        let tar = pack::tar(&[(name, bytes), ("behind.txt", line(8).as_bytes())]);
        env.write("all.tgz", pack::gzip(&tar));
        let run = env.run("scan all.tgz --format json").expect(2);
        let skipped = run.json()["scan"]["skipped"].clone();
        let skipped = skipped.as_array().unwrap();
        assert_eq!(skipped.len(), 1, "{skipped:?}");
        assert_eq!(skipped[0]["path"], format!("all.tgz!{name}"));
        assert!(skipped[0]["reason"].as_str().unwrap().starts_with(form));
        assert_eq!(run.findings().len(), 1, "the member behind it is read");
    }
    // The mark of an image in a file that is cut before its end, and an archive without members.
    let empty = b"text PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";
    env.write(
        "plain.tar",
        pack::tar(&[("a", &dmg[..70_100]), ("b", empty)]),
    );
    env.run("scan plain.tar").expect(0);
}

#[test]
fn archives_of_other_kinds_are_found_in_programs_and_scripts() {
    let env = Env::new();
    let text = line(5);
    let members: pack::Members<'_> = &[("conf/app.env", text.as_bytes())];
    let seven_zip = pack::seven_zip(members);
    // The program contains the mark of the archives that it reads.
    let stub = [
        &program(b"MZ\x90\0", 9000)[..],
        b"7z\xbc\xaf\x27\x1c\0\x04Rar!\x1a\x07\0 is read",
    ]
    .concat();
    let script = b"#!/bin/sh\ntail -c +40 \"$0\" | tar xz\nexit\n".to_vec();
    let tgz = pack::gzip(&pack::tar(members));
    env.write("sfx.exe", [&stub[..], &seven_zip].concat());
    env.write("tool.run", [&script[..], &tgz].concat());
    env.write(
        "in.tar",
        pack::tar(&[("sfx.exe", &[&stub[..], &seven_zip].concat())]),
    );
    for name in ["sfx.exe", "tool.run", "in.tar!sfx.exe"] {
        let file = name.split('!').next().unwrap();
        let run = env.run(&format!("scan {file} --format json"));
        let mut found = run.places();
        found.dedup();
        assert_eq!(
            found,
            [(format!("{name}!conf/app.env"), String::new())],
            "{}",
            run.stdout
        );
    }
    env.write("reader.exe", &stub);
    env.run("scan reader.exe").expect(0);
    let rar = b"Rar!\x1a\x07\0\xcf\x90\x73\0\0\x0d\0\0\0\0\0\0\0";
    env.write("rar.exe", [&stub[..], rar].concat());
    let run = env.run("scan rar.exe --format json").expect(2);
    assert!(
        run.json()["scan"]["skipped"]
            .to_string()
            .contains("a rar archive")
    );
}

#[test]
fn an_archive_behind_something_else_is_not_redacted_and_that_is_said() {
    let env = Env::new();
    let tool = [SCRIPT, &archive(4)].concat();
    env.write("tool.pyz", &tool);
    let run = env.run("redact tool.pyz").expect(2);
    run.says("archives behind something else, are not rewritten");
    assert_eq!(std::fs::read(env.root().join("tool.pyz")).unwrap(), tool);
}

#[test]
fn a_program_without_an_archive_is_read_in_full() {
    let env = Env::new();
    env.write("a.exe", program(b"MZ\x90\0", 5000));
    // A record of a directory that is not there.
    let record = b"PK\x05\x06\0\0\0\0\x01\0\x01\0\xff\0\0\0\xff\0\0\0\0\0";
    env.write(
        "b.exe",
        [program(b"MZ\x90\0", 5000), record.to_vec()].concat(),
    );
    let run = env.run("scan a.exe b.exe --format json").expect(0);
    assert_eq!(run.json()["scan"]["complete"], true);
}

#[test]
fn forms_that_are_not_opened_are_named() {
    let env = Env::new();
    let mut iso = vec![0; 40_000];
    iso[32769..32774].copy_from_slice(b"CD001");
    let mut dmg = program(b"x\xda\x63\x60", 70_000);
    dmg.extend(program(b"koly\0\0\0\x04", 512));
    let mut squashfs = program(b"hsqs", 200);
    squashfs[28..32].copy_from_slice(&[4, 0, 0, 0]);
    let mut lha = b"\x24\x8a-lh5-\x10\0\0\0\x20\0\0\0\x9b\x6f\x38\x5b\x20\x01\x05a.txt".to_vec();
    lha.resize(200, 9);
    let files: [(&str, Vec<u8>, &str); 10] = [
        ("a.iso", iso, "an ISO image"),
        ("b.dmg", dmg, "a disk image of macOS"),
        ("c.sqfs", squashfs, "a squashfs image"),
        ("d.lzh", lha, "an LHA archive"),
        (
            "e.arj",
            program(b"\x60\xea\x1e\0\x1e\x07\x01\0", 90),
            "an ARJ archive",
        ),
        ("f.orc", program(b"ORC\x0a\x03\0\0\0", 90), "an ORC table"),
        (
            "g.swf",
            program(b"CWS\x0a\x20\x30\0\0x\xda", 90),
            "a Flash film",
        ),
        (
            "h.vmdk",
            program(b"KDMV\x01\0\0\0", 90),
            "a VMDK image of a disk",
        ),
        ("i.wim", program(b"MSWIM\0\0\0", 90), "a WIM archive"),
        ("j.rar", program(b"Rar!\x1a\x07\x01\0", 90), "a rar archive"),
    ];
    for (name, bytes, form) in files {
        env.write(name, bytes);
        let run = env.run(&format!("scan {name} --format json")).expect(2);
        let skipped = run.json()["scan"]["skipped"].to_string();
        assert!(skipped.contains(form), "{name}: {skipped}");
    }
}
