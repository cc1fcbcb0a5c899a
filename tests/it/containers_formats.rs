//! Each format of archives, written by hand and by the programs of this machine.

use std::io::Write as _;
use std::process::{Command, Stdio};

use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::pack::{self, Members};

fn secret(seed: u64) -> Vec<u8> {
    [b"TOKEN=", &Mint::new(seed).new_token(Shape::Ghp)[..], b"\n"].concat()
}

/// The members of all findings, sorted.
fn members(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let member = |f: &Value| f["origin"]["member"].as_str().unwrap_or("").to_owned();
    let mut members: Vec<String> = findings.iter().map(member).collect();
    members.sort();
    members
}

fn skipped(run: &Run) -> String {
    run.json()["scan"]["skipped"].to_string()
}

#[test]
fn archives_of_every_format_are_read_to_their_last_member() {
    type Pack = fn(Members<'_>) -> Vec<u8>;
    let formats: [(&str, Pack); 4] = [
        ("ar", pack::ar),
        ("cpio", pack::cpio),
        ("rpm", pack::rpm),
        ("7z", pack::seven_zip),
    ];
    let env = Env::new();
    let (first, last) = (secret(1), secret(2));
    let mut wanted = Vec::new();
    for (ending, pack) in formats {
        let bytes = pack(&[
            ("first", &first),
            ("a/name/that/is/long.env", b"words"),
            ("odd", b"1"),
            ("last", &last),
        ]);
        let name = format!("x.{ending}");
        env.write(&name, &bytes);
        env.write(&format!("in-{ending}.zip"), pack::zip(&[(&name, &bytes)]));
        for member in ["first", "last"] {
            wanted.push(format!("in-{ending}.zip!x.{ending}!{member}"));
            wanted.push(format!("x.{ending}!{member}"));
        }
    }
    wanted.sort();
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), wanted, "{}", skipped(&run));
    assert_eq!(skipped(&run), "[]");
}

#[test]
fn compressed_texts_of_every_format_are_read() {
    let env = Env::new();
    let text = secret(3);
    env.write("a.lz4", pack::lz4(&text));
    env.write("a.zst", pack::zstd(&text));
    env.write("a.bz2", pack::bzip2(&text));
    // Frames follow each other, and some belong to the program.
    let skipped_frame = b"\x50\x2a\x4d\x18\x05\0\0\0words";
    let two = [
        &skipped_frame[..],
        &pack::zstd(b"words"),
        &pack::zstd(&text),
    ]
    .concat();
    env.write("b.zst", two);
    env.write("b.lz4", [pack::lz4(b"words"), pack::lz4(&text)].concat());
    env.write(
        "b.bz2",
        [pack::bzip2(b"words"), pack::bzip2(&text)].concat(),
    );
    let run = env.run("scan . --format json").expect(1);
    let wanted = ["a.bz2", "a.lz4", "a.zst", "b.bz2", "b.lz4", "b.zst"];
    assert_eq!(members(&run), wanted, "{}", skipped(&run));
    assert_eq!(skipped(&run), "[]");
}

#[test]
fn a_package_of_debian_is_read_through_its_archives() {
    let env = Env::new();
    let data = pack::gzip(&pack::tar(&[("./etc/app.env", &secret(4))]));
    let control = pack::gzip(&pack::tar(&[("./postinst", &secret(5))]));
    let deb = pack::ar(&[
        ("debian-binary", b"2.0\n"),
        ("control.tar.gz", &control),
        ("data.tar.gz", &data),
    ]);
    env.write("a.deb", deb);
    let run = env.run("scan . --format json").expect(1);
    let wanted = [
        "a.deb!control.tar.gz!./postinst",
        "a.deb!data.tar.gz!./etc/app.env",
    ];
    assert_eq!(members(&run), wanted);
}

#[test]
fn encrypted_blocks_and_unknown_methods_of_7z_are_named() {
    let env = Env::new();
    env.write(
        "a.7z",
        pack::seven_zip_by(&[6, 0xf1, 7, 1], &[("x", b"words")]),
    );
    let run = env.run("scan a.7z --format json").expect(2);
    assert!(
        skipped(&run).contains("encrypted, not read"),
        "{}",
        skipped(&run)
    );
    env.write("b.7z", pack::seven_zip_by(&[4, 9, 9], &[("x", b"words")]));
    let run = env.run("scan b.7z --format json").expect(2);
    assert_eq!(run.json()["scan"]["complete"], false);
    assert_eq!(run.json()["scan"]["skipped"].as_array().unwrap().len(), 1);
}

#[test]
fn damaged_headers_hide_nothing_that_follows() {
    let env = Env::new();
    let (first, last) = (secret(6), secret(7));
    let two: Members<'_> = &[("first", &first), ("last", &last)];
    let wrong = |bytes: Vec<u8>, mark: &[u8]| {
        let mut bytes = bytes;
        let found = bytes
            .windows(mark.len())
            .enumerate()
            .filter(|(_, w)| *w == mark);
        let at = found.map(|(at, _)| at).nth(1).unwrap();
        bytes[at] = b'?';
        bytes
    };
    // Compressed, so that only the members can be found.
    env.write("a.ar.gz", pack::gzip(&wrong(pack::ar(two), b"`\n")));
    env.write("b.cpio.gz", pack::gzip(&wrong(pack::cpio(two), b"070701")));
    let run = env.run("scan . --format json").expect(1);
    let wanted = ["a.ar.gz", "a.ar.gz!first", "b.cpio.gz", "b.cpio.gz!first"];
    assert_eq!(members(&run), wanted);
    assert_eq!(
        run.json()["scan"]["not_read"]["damaged"],
        2,
        "{}",
        skipped(&run)
    );
}

#[test]
fn what_would_take_too_much_memory_is_not_begun() {
    let env = Env::new();
    // A window of 1 GiB, and an LZMA dictionary of 1 GiB.
    env.write("a.zst", b"\x28\xb5\x2f\xfd\0\xa0\x01\0\0");
    let mut lzma = vec![0x5d, 0, 0, 0, 0x40];
    lzma.extend([0xff; 8]);
    lzma.extend([0; 20]);
    env.write("b.lzma", lzma);
    let run = env.run("scan . --format json").expect(0);
    let skipped = skipped(&run);
    assert!(
        skipped.contains("zstd with a window of more than 64 MiB"),
        "{skipped}"
    );
    assert!(
        skipped.contains("LZMA with a dictionary of more than 64 MiB"),
        "{skipped}"
    );
}

/// Output of a program for this input; `None` if the program is not on this machine.
fn filter(program: &str, args: &[&str], input: &[u8]) -> Option<Vec<u8>> {
    let mut child = Command::new(program)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let mut stdin = child.stdin.take()?;
    let output = std::thread::scope(|scope| {
        scope.spawn(move || stdin.write_all(input));
        child.wait_with_output()
    });
    let output = output.ok().filter(|o| o.status.success())?;
    Some(output.stdout)
}

#[test]
fn what_other_programs_compress_is_read() {
    let env = Env::new();
    let mut mint = Mint::new(8);
    let noise: Vec<u8> = (0..20_000).flat_map(|_| mint.hex(16)).collect();
    let text = [&noise[..], b"\n", &secret(9), &noise].concat();
    let mut wanted = Vec::new();
    for (name, program, args) in [
        ("a.zst", "zstd", &["-qc", "-3"][..]),
        ("b.zst", "zstd", &["-qc", "--ultra", "-20", "--no-check"]),
        ("a.lz4", "lz4", &["-qc"]),
        ("b.lz4", "lz4", &["-qc", "-9", "-BD", "--content-size"]),
        ("a.xz", "xz", &["-qc"]),
        ("b.xz", "xz", &["-qc", "-9e", "--check=sha256"]),
        ("a.lzma", "xz", &["-qc", "--format=lzma"]),
        ("a.bz2", "bzip2", &["-qc"]),
        ("a.gz", "gzip", &["-qc", "-9"]),
    ] {
        match filter(program, args, &text) {
            Some(packed) => {
                env.write(name, packed);
                wanted.push(name.to_owned());
            }
            None => eprintln!("{program} is not here, so {name} is not tested"),
        }
    }
    let run = env.run("scan . --format json");
    wanted.sort();
    assert_eq!(members(&run), wanted, "{}", skipped(&run));
    assert_eq!(skipped(&run), "[]");
}

/// Makes archives with the library of Python.
const PYTHON: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures/archives.py");

#[test]
fn what_python_packs_is_read() {
    let env = Env::new();
    let token = String::from_utf8(Mint::new(10).new_token(Shape::Ghp)).unwrap();
    let root = env.root().to_str().unwrap();
    let Some(_) = filter("python3", &[PYTHON, root, &token], b"") else {
        eprintln!("python3 is not here, so its archives are not tested");
        return;
    };
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(skipped(&run), "[]");
    let mut found = members(&run);
    found.dedup();
    let mut wanted: Vec<String> = [
        "stored", "deflated", "bzip2", "lzma", "stream", "large", "program",
    ]
    .map(|name| format!("{name}.zip!dir/x"))
    .to_vec();
    let long = format!("{}/{}/x", "d".repeat(90), "e".repeat(90));
    for name in ["ustar", "gnu", "pax"] {
        for packed in ["", ".gz", ".bz2", ".xz"] {
            for member in ["dir/x", &long] {
                wanted.push(format!("{name}{packed}.tar!{member}"));
            }
        }
    }
    wanted.sort();
    assert_eq!(found, wanted);
    // Forty lines in each.
    assert_eq!(run.findings().len(), wanted.len() * 40);
}

/// An asar archive with this directory and these bytes behind it.
fn asar(directory: &str, content: &[u8]) -> Vec<u8> {
    let text = u32::try_from(directory.len()).unwrap();
    let inner = 4 + text.next_multiple_of(4);
    let mut bytes = [4, inner + 4, inner, text].map(u32::to_le_bytes).concat();
    bytes.extend(directory.as_bytes());
    bytes.resize(usize::try_from(inner).unwrap() + 12, 0);
    bytes.extend(content);
    bytes
}

#[test]
fn the_files_of_an_asar_archive_are_read_and_damage_is_said() {
    let env = Env::new();
    let (first, last) = (secret(61), secret(62));
    let packed = pack::gzip(&last);
    let content = [&first[..], &packed].concat();
    let directory = format!(
        r#"{{"files":{{"src":{{"files":{{"b.js.gz":{{"size":{},"offset":"{}","integrity":{{"blocks":[]}}}},"a.js":{{"offset":"0","size":{}}},"twin.js":{{"offset":"0","size":{}}}}}}},"far.node":{{"size":9,"unpacked":true}},"link":{{"link":"src/a.js"}}}}}}"#,
        packed.len(),
        first.len(),
        first.len(),
        first.len(),
    );
    let whole = asar(&directory, &content);
    env.write("app.asar", &whole);
    env.write("app.zip", pack::zip(&[("app.asar", &whole)]));
    let run = env.run("scan . --format json").expect(1);
    let wanted = [
        "app.asar!src/a.js",
        "app.asar!src/b.js.gz",
        "app.zip!app.asar!src/a.js",
        "app.zip!app.asar!src/b.js.gz",
    ];
    assert_eq!(members(&run), wanted);
    assert_eq!(skipped(&run), "[]");

    let over = directory
        .replace("\"offset\":\"0\"", "\"offset\":\"1\"")
        .replacen("\"1\"", "\"0\"", 1);
    for (name, bytes, why) in [
        (
            "cut.asar",
            whole[..whole.len() - 9].to_vec(),
            "it ends too early",
        ),
        (
            "over.asar",
            asar(&over, &content),
            "shares its bytes with another member",
        ),
        (
            "json.asar",
            asar(&directory.replace("\"link\"", "link"), &content),
            "damaged: its directory",
        ),
    ] {
        env.write(name, bytes);
        let run = env.run(&format!("scan {name} --format json")).expect(2);
        assert!(
            members(&run).contains(&format!("{name}!src/a.js")),
            "{name}"
        );
        assert!(skipped(&run).contains(why), "{name}: {}", skipped(&run));
    }
}
