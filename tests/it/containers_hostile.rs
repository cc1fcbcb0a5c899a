//! Archives that are encrypted, damaged, over a limit or made to deceive: what can be read is read, the rest is said,
//! and a scan is called complete only if nothing that was asked for is left.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run};
use crate::pack::{self, ZipMember, ZipWriter};

fn secret(seed: u64) -> Vec<u8> {
    [b"TOKEN=", &Mint::new(seed).new_token(Shape::Ghp)[..], b"\n"].concat()
}

/// The members of all findings.
fn members(run: &Run) -> Vec<String> {
    let findings = run.findings();
    let member = findings.iter().map(|f| f["origin"]["member"].as_str());
    member.map(|m| m.unwrap_or("").to_owned()).collect()
}

/// The paths and reasons of all skips.
fn skips(run: &Run) -> Vec<(String, String)> {
    let json = run.json();
    let skipped = json["scan"]["skipped"].as_array().unwrap().iter();
    skipped
        .map(|s| {
            let text = |key: &str| s[key].as_str().unwrap().to_owned();
            (text("path"), text("reason"))
        })
        .collect()
}

/// Scans a file, and checks the members of its findings and its only skip: the path and a part of the reason.
#[track_caller]
fn check(name: &str, bytes: &[u8], flags: &str, found: &[&str], skipped: (&str, &str)) {
    let env = Env::new();
    env.write(name, bytes);
    // A walk counts what was not read, a named file is not complete without it.
    let code = i32::from(!found.is_empty());
    for (args, code) in [
        (format!("scan . {flags} --format json"), code),
        (format!("scan . {flags} --strict --format json"), 2),
        (format!("scan {name} {flags} --format json"), 2),
    ] {
        let run = env.run(&args).expect(code);
        assert_eq!(members(&run), found, "{args}");
        let skips = skips(&run);
        let [(path, reason)] = &skips[..] else {
            panic!("{skips:?}");
        };
        assert_eq!(path.trim_start_matches("./"), skipped.0, "{args}");
        assert!(reason.contains(skipped.1), "{reason}");
        assert_eq!(run.json()["scan"]["complete"], code != 2, "{args}");
    }
}

#[test]
fn encrypted_members_and_those_of_unknown_methods_are_named_and_the_others_read() {
    let mut writer = ZipWriter::default();
    let encrypted = ZipMember {
        flags: 1,
        ..ZipMember::deflated("a", b"words")
    };
    writer.add(&encrypted);
    writer.add(&ZipMember::deflated("b", &secret(1)));
    let bytes = writer.finish();
    check(
        "x.zip",
        &bytes,
        "",
        &["x.zip!b"],
        ("x.zip!a", "encrypted, not read"),
    );
    let mut writer = ZipWriter::default();
    let unknown = ZipMember {
        method: 98,
        ..ZipMember::stored("a", b"words")
    };
    writer.add(&unknown);
    writer.add(&ZipMember::stored("b", &secret(2)));
    let bytes = writer.finish();
    check(
        "x.zip",
        &bytes,
        "",
        &["x.zip!b"],
        ("x.zip!a", "compressed by PPMd"),
    );
}

#[test]
fn of_a_cut_archive_the_rest_is_read() {
    let whole = pack::zip(&[("a", &secret(3)), ("b", &secret(4))]);
    let directory = whole.windows(4).position(|w| w == b"PK\x01\x02").unwrap();
    let no_directory = ("x.zip", "it has no directory, as if cut");
    let found = ["x.zip!a", "x.zip!b"];
    check("x.zip", &whole[..directory], "", &found, no_directory);
    check("x.zip", &whole[..whole.len() - 9], "", &found, no_directory);
    let tar = pack::tar(&[("a", &secret(5)), ("b", &secret(6))]);
    check(
        "x.tar",
        &tar[..3 * 512 + 20],
        "",
        &["x.tar!a"],
        ("x.tar!b", "it ends too early"),
    );
    check(
        "x.tar",
        &tar[..2 * 512 + 20],
        "",
        &["x.tar!a"],
        ("x.tar", "it ends too early"),
    );
    let gz = pack::gzip(&secret(7));
    check(
        "x.gz",
        &gz[..gz.len() - 4],
        "",
        &["x.gz"],
        ("x.gz", "it ends too early"),
    );
    let mut wrong = gz;
    let at = wrong.len() - 6;
    wrong[at] ^= 1;
    check(
        "x.gz",
        &wrong,
        "",
        &["x.gz"],
        ("x.gz", "damaged: corrupt gzip stream"),
    );
}

#[test]
fn members_that_the_directory_does_not_name_are_read() {
    let mut writer = ZipWriter::default();
    writer.add_local(&ZipMember::deflated("hidden", &secret(8)));
    writer.add(&ZipMember::deflated("shown", b"words"));
    writer.add_local(&ZipMember::stored("last", &secret(9)));
    let env = Env::new();
    // Some archives follow a program, whose length their offsets do not count.
    env.write("a.zip", writer.finish());
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["a.zip!hidden", "a.zip!last"]);
    assert!(skips(&run).is_empty());
}

#[test]
fn a_wrong_checksum_is_said_of_what_was_read() {
    let mut writer = ZipWriter::default();
    let wrong = ZipMember {
        checksum: 1,
        ..ZipMember::deflated("a", &secret(10))
    };
    writer.add(&wrong);
    let said = (
        "x.zip!a",
        "its length or checksum is not what the archive states",
    );
    check("x.zip", &writer.finish(), "", &["x.zip!a"], said);
}

#[test]
fn members_that_share_bytes_are_read_once() {
    let mut writer = ZipWriter::default();
    let member = ZipMember::deflated("a", &secret(11));
    writer.add(&member);
    for number in 0..3000 {
        let name = format!("b{number}");
        let copy = ZipMember {
            name: &name,
            ..ZipMember::deflated("", &secret(11))
        };
        writer.add_entry(&copy, 0);
    }
    let env = Env::new();
    env.write("x.zip", writer.finish());
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["x.zip!a"]);
    let skips = skips(&run);
    // A thousand are listed, the others are counted.
    assert_eq!(skips.len(), 1001);
    assert!(skips[1].1.contains("shares its bytes with another member"));
    assert!(
        skips[0].1.contains("2000 more members were not read"),
        "{:?}",
        skips[0]
    );
    assert_eq!(run.json()["scan"]["not_read"]["unlisted"], 2000);
}

/// A gzip file of zeros that inflates to `len` bytes.
fn zeros(len: usize) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    let block = vec![0; 1 << 20];
    for _ in 0..len >> 20 {
        encoder.write_all(&block).unwrap();
    }
    encoder.finish().unwrap()
}

#[test]
fn every_limit_is_reported_with_the_way_to_raise_it() {
    let env = Env::new();
    let bomb = zeros(3 << 20);
    env.write("a.gz", pack::gzip(&pack::gzip(&pack::gzip(&secret(12)))));
    env.write(
        "b.zip",
        pack::zip(&[("1", &secret(13)), ("2", &secret(14)), ("3", b"-")]),
    );
    env.write(
        "c.zip",
        pack::zip(&[("in.zip", &pack::zip(&[("x", &secret(15))]))]),
    );
    env.write("d.gz", &bomb);
    for (file, setting, found, said) in [
        (
            "a.gz",
            "max-container-depth = 2",
            0,
            "nested in more than 2 containers",
        ),
        (
            "b.zip",
            "max-container-members = 2",
            2,
            "more than 2 members",
        ),
        (
            "c.zip",
            "max-container-memory = 10",
            0,
            "more than 10 bytes of memory",
        ),
        (
            "d.gz",
            "max-member-size = '1M'",
            0,
            "larger than 1000000 bytes",
        ),
        (
            "d.gz",
            "max-container-size = '1M'",
            0,
            "holds more than 1000000 bytes",
        ),
        (
            "d.gz",
            "max-container-total = '1M'",
            0,
            "scan hold more than 1000000 bytes",
        ),
        ("d.gz", "max-container-seconds = 0", 0, "took more than 0 s"),
    ] {
        env.write("own.toml", setting);
        let run = env.run(&format!("scan {file} --config own.toml --format json"));
        let run = run.expect(2);
        assert_eq!(members(&run).len(), found, "{setting}");
        let skips = skips(&run);
        assert_eq!(skips.len(), 1, "{setting}: {skips:?}");
        assert!(skips[0].1.contains(said), "{setting}: {skips:?}");
        let key = setting.split(' ').next().unwrap();
        assert!(skips[0].1.contains(key), "{setting}: {skips:?}");
        assert_eq!(run.json()["scan"]["not_read"]["over_limit"], 1);
    }
    // The same without the limits.
    for (file, code) in [("a.gz", 1), ("b.zip", 1), ("c.zip", 1)] {
        assert!(
            skips(
                &env.run(&format!("scan {file} --no-config --format json"))
                    .expect(code)
            )
            .is_empty()
        );
    }
    env.run("scan a.gz --max-container-depth 2")
        .expect(2)
        .says("nested in more than 2");
}

#[test]
fn a_limit_that_the_scanned_tree_sets_is_a_note() {
    let env = Env::new();
    env.write("a.gz", pack::gzip(&secret(16)));
    env.write("tokensweep.toml", "containers = false\n");
    let run = env.run("scan .").expect(0);
    run.prints("note: tokensweep.toml:1 turns containers off, so none was opened");
    run.prints("not read: 1 archive");
    env.write("tokensweep.toml", "max-container-size = 1\n");
    let run = env.run("scan .");
    run.prints("note: tokensweep.toml:1 limits what is read of containers: 1 skipped");
}

#[test]
fn without_containers_they_are_counted_and_their_own_bytes_scanned() {
    let env = Env::new();
    env.write("a.gz", pack::gzip(&secret(17)));
    env.write("b.tar", pack::tar(&[("x", &secret(18))]));
    let run = env.run("scan . --no-containers --format json").expect(1);
    assert_eq!(members(&run), [""]);
    assert_eq!(run.json()["scan"]["not_read"]["archives"], 2);
    assert_eq!(run.json()["scan"]["files"], 0);
    // Whoever names it and does not want it opened gets what was asked for.
    env.run("scan a.gz --no-containers").expect(0);
}

#[test]
fn a_tar_archive_with_a_damaged_header_is_read_on_as_text() {
    let mut tar = pack::tar(&[("a", &secret(19)), ("b", &secret(20))]);
    tar[2 * 512 + 130] ^= 1;
    let said = (
        "x.tgz",
        "the checksum of a header is wrong, and the rest was read as text",
    );
    check("x.tgz", &pack::gzip(&tar), "", &["x.tgz", "x.tgz!a"], said);
}

#[test]
fn sizes_that_contradict_each_other_hide_nothing() {
    // The record says 512, the header 0: one program sees a member where another sees content.
    let hidden = pack::tar_member("hidden", b'0', 60, &secret(21));
    let mut tar = pack::tar_member("pax", b'x', 13, b"13 size=1024\n");
    tar.extend(pack::tar_member("a", b'0', 3, b""));
    tar.extend(&hidden);
    tar.extend([0; 1024]);
    let said = ("x.tgz!a", "different sizes");
    // What the content begins with is a header, so it is read as an archive of its own.
    check("x.tgz", &pack::gzip(&tar), "", &["x.tgz!a!hidden"], said);
}

#[test]
fn records_of_tar_that_state_no_length_end_and_hide_nothing() {
    let env = Env::new();
    for (number, record) in ["0 path=b\n", "1 path=b\n", "00 ", "0 0 0 \n"]
        .iter()
        .enumerate()
    {
        let mut tar = pack::tar_member("pax", b'x', record.len() as u64, record.as_bytes());
        let content = secret(70 + number as u64);
        tar.extend(pack::tar_member("a", b'0', content.len() as u64, &content));
        tar.extend([0; 1024]);
        env.write(&format!("{number}.tar"), tar);
    }
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["0.tar!a", "1.tar!a", "2.tar!a", "3.tar!a"]);
}

#[test]
fn long_names_links_and_binary_sizes_of_tar_are_understood() {
    let env = Env::new();
    let long = format!("{}/x", "d".repeat(300));
    let mut tar = pack::tar_member("././@LongLink", b'L', long.len() as u64, long.as_bytes());
    tar.extend(pack::tar_member(
        "d",
        b'0',
        secret(22).len() as u64,
        &secret(22),
    ));
    // A hard link whose header repeats the size of its target, without the content.
    tar.extend(pack::tar_member("link", b'1', 2000, b""));
    tar.extend(pack::tar_member(
        "after",
        b'0',
        secret(23).len() as u64,
        &secret(23),
    ));
    let record = format!("{} path={}\n", 11 + 6 + 200, "p".repeat(206 - 1));
    let record = format!("{:>3} path={}\n", record.len(), "p".repeat(205));
    tar.extend(pack::tar_member(
        "pax",
        b'x',
        record.len() as u64,
        record.as_bytes(),
    ));
    tar.extend(pack::tar_member(
        "p",
        b'0',
        secret(24).len() as u64,
        &secret(24),
    ));
    tar.extend([0; 1024]);
    // Another archive may follow.
    tar.extend(pack::tar(&[("second", &secret(25))]));
    env.write("a.tgz", pack::gzip(&tar));
    let run = env.run("scan . --format json").expect(1);
    let mut wanted = vec![
        format!("a.tgz!{long}"),
        "a.tgz!after".to_owned(),
        format!("a.tgz!{}", "p".repeat(205)),
        "a.tgz!second".to_owned(),
    ];
    wanted.sort();
    assert_eq!(members(&run), wanted);
    assert!(skips(&run).is_empty(), "{:?}", skips(&run));
}

#[test]
fn parts_of_gzip_and_what_follows_them_are_read() {
    let env = Env::new();
    let two = [pack::gzip(b"words\n"), pack::gzip(&secret(26))].concat();
    env.write("a.gz", &two);
    env.write(
        "b.zip",
        pack::zip(&[("x.gz", &[two, vec![0; 100]].concat())]),
    );
    env.write(
        "c.zip",
        pack::zip(&[("x.gz", &[pack::gzip(b"words"), secret(27)].concat())]),
    );
    let run = env.run("scan . --format json").expect(1);
    assert_eq!(members(&run), ["a.gz", "b.zip!x.gz", "c.zip!x.gz"]);
    assert!(skips(&run).is_empty());
}

#[test]
fn forms_that_no_reader_opens_are_named_inside_archives_too() {
    let rar = [b"Rar!\x1a\x07\0packed ", &secret(28)[..]].concat();
    let bytes = pack::zip(&[("in.rar", &rar)]);
    check(
        "x.zip",
        &bytes,
        "",
        &["x.zip!in.rar"],
        ("x.zip!in.rar", "a rar archive, not opened"),
    );
    // An image is counted, and no trouble for anybody.
    let env = Env::new();
    env.write("x.zip", pack::zip(&[("in.png", b"\x89PNG\r\n\x1a\nrest")]));
    let run = env.run("scan x.zip --strict --format json").expect(0);
    assert_eq!(run.json()["scan"]["not_read"]["images"], 1);
    assert_eq!(run.json()["scan"]["members"], 1);
}

#[test]
fn a_stream_is_opened_if_it_fits_into_memory() {
    let env = Env::new();
    let zip = pack::zip(&[("x", &secret(29))]);
    env.run_with("scan -", &zip).expect(1).prints("-!x:1:7");
    env.write("own.toml", "max-container-memory = 10\n");
    env.run_with("scan - --config own.toml", &zip)
        .expect(2)
        .says("takes more than 10 bytes of memory");
}

#[test]
fn no_cut_and_no_flipped_bit_makes_the_program_fail() {
    let mut mint = Mint::new(30);
    let env = Env::new();
    let inner = pack::tar(&[("a", &secret(31)), ("b", &secret(32))]);
    let samples = [
        pack::zip(&[("a", &secret(33)), ("b.tgz", &pack::gzip(&inner))]),
        pack::zip_stored(&[("a.tar", &inner)]),
        pack::gzip(&inner),
        inner,
    ];
    for (at, sample) in samples.iter().enumerate() {
        for round in 0..60 {
            let mut bytes = sample.clone();
            if round % 3 == 0 {
                bytes.truncate(mint.random_below(bytes.len()));
            }
            for _ in 0..round % 5 {
                let place = mint.random_below(bytes.len().max(1));
                if let Some(byte) = bytes.get_mut(place) {
                    *byte ^= 1 << mint.random_below(8);
                }
            }
            env.write(&format!("{at}/{round}"), bytes);
        }
    }
    let run = env.run("scan . --format json").expect(1);
    assert!(!run.stderr.contains("panicked"), "{}", run.stderr);
    assert!(members(&run).len() > 100);
    let failed = skips(&run)
        .into_iter()
        .filter(|(_, why)| why.contains("reader failed"));
    assert_eq!(failed.count(), 0);
}
