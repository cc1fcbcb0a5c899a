//! The text of pictures: recognised by tesseract if `--ocr` asks for it, repaired by checksums, and counted as not read
//! otherwise.

use std::process::Command;

use image::{GrayImage, ImageFormat, Luma, imageops};
use serde_json::Value;
use tokensweep::internals::token::{Mint, Shape};

use crate::env::{Env, Run, run_to_end};
use crate::pack;

/// Width and height of a character in the picture of all characters, which `tests/pictures.py --glyphs` makes.
const CELL: (u32, u32) = (17, 34);

/// A picture of lines of text, dark on light.
fn draw(lines: &[&str]) -> GrayImage {
    let glyphs = image::load_from_memory(include_bytes!("../fixtures/glyphs.png")).unwrap();
    let glyphs = glyphs.into_luma8();
    let longest = lines.iter().map(|line| line.len()).max().unwrap();
    let width = (u32::try_from(longest).unwrap() + 4) * CELL.0;
    let height = (u32::try_from(lines.len()).unwrap() * 2 + 1) * CELL.1;
    let mut picture = GrayImage::from_pixel(width, height, Luma([255]));
    for (row, line) in (0u32..).zip(lines) {
        for (column, byte) in (0u32..).zip(line.bytes()) {
            let glyph =
                imageops::crop_imm(&glyphs, u32::from(byte - 32) * CELL.0, 0, CELL.0, CELL.1);
            let (x, y) = ((column + 2) * CELL.0, (row * 2 + 1) * CELL.1);
            imageops::replace(&mut picture, &glyph.to_image(), i64::from(x), i64::from(y));
        }
    }
    picture
}

fn file(picture: &GrayImage, format: ImageFormat) -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    // JPEG and WebP have colours.
    let picture = image::DynamicImage::from(picture.clone()).into_rgb8();
    picture.write_to(&mut out, format).unwrap();
    out.into_inner()
}

fn png(lines: &[&str]) -> Vec<u8> {
    file(&draw(lines), ImageFormat::Png)
}

fn new_token(shape: Shape, seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(shape)).unwrap()
}

/// Text of the pictures that a program in place of tesseract reads otherwise.
const SHOWN: &str = "nothing that counts";

/// The table that tesseract writes for lines of words in a picture at a scale, as if each character were 10 pixels wide.
fn table(lines: &[&str], scale: usize) -> String {
    let mut rows = String::new();
    for (line, text) in lines.iter().enumerate() {
        let mut left = 0;
        for word in text.split(' ') {
            let width = word.chars().count() * 10;
            let area = [left, line * 40 + 20, width, 20].map(|n| (n * scale).to_string());
            let line = line + 1;
            rows.push_str(&format!(
                "5\t1\t1\t1\t{line}\t1\t{}\t90\t{word}\n",
                area.join("\t")
            ));
            left += width + 10;
        }
    }
    rows
}

/// A folder with a program in place of tesseract, which reads these lines in any picture.
#[cfg(unix)]
fn env_reading(lines: &[&str]) -> Env {
    use std::os::unix::fs::PermissionsExt;
    let env = Env::new();
    for scale in 1..=3 {
        env.write(&format!("bin/table{scale}"), table(lines, scale));
    }
    // The width of the picture that comes in tells its scale.
    let script = format!(
        "#!/bin/sh\nwidth=$(dd bs=1 skip=18 count=4 2>/dev/null | od -An -tu4)\ncat >/dev/null\n\
         cat {}/bin/table$((width / {}))\n",
        env.root().display(),
        draw(&[SHOWN]).width(),
    );
    let program = env.write("bin/tesseract", script);
    std::fs::set_permissions(program, std::fs::Permissions::from_mode(0o755)).unwrap();
    env
}

/// Runs the program where only the folder `bin` and the programs of the system are on `PATH`.
fn run_on_path(env: &Env, args: &str, path: &str, stdin: &[u8]) -> Run {
    let mut command = env.command();
    command.args(args.split_whitespace()).env("PATH", path);
    run_to_end(command, stdin)
}

#[cfg(unix)]
fn run(env: &Env, args: &str) -> Run {
    let path = format!("{}/bin:/usr/bin:/bin", env.root().display());
    run_on_path(env, args, &path, b"")
}

fn picture_evidence(finding: &Value) -> String {
    let evidence = finding["evidence"].as_array().unwrap();
    let picture = evidence.iter().find(|e| e["name"] == "picture").unwrap();
    picture["detail"].as_str().unwrap().to_owned()
}

#[test]
fn pictures_beside_documents_are_counted_and_no_trouble() {
    let env = Env::new();
    env.write("docs/page.md", "# Setup\n");
    env.write("docs/one.png", png(&["nothing"]));
    env.write("docs/two.bmp", file(&draw(&["nothing"]), ImageFormat::Bmp));
    env.run("scan docs")
        .expect(0)
        .prints("not read: 2 images (`--ocr`)");
    env.run("scan docs/one.png --strict")
        .expect(0)
        .prints("1 image (`--ocr`)");
    let run = env.run("scan docs --format json").expect(0);
    assert_eq!(run.json()["scan"]["not_read"]["images"], 2);
    assert_eq!(run.json()["scan"]["complete"], true);
}

#[test]
fn without_the_program_the_option_is_refused() {
    let env = Env::new();
    env.write("one.png", png(&["nothing"]));
    // A relative folder may be in what is scanned.
    env.write("tesseract", "#!/bin/sh\n");
    for path in ["", "/nonexistent", ".", "bin"] {
        let run = run_on_path(&env, "scan one.png --ocr", path, b"").expect(2);
        run.says("the program tesseract, which recognises the text of pictures, is not on PATH; install it");
        assert_eq!(run.stdout, "");
    }
}

#[cfg(unix)]
#[test]
fn a_token_in_a_picture_has_its_place_and_says_where_it_was_read() {
    let token = new_token(Shape::Ghp, 61);
    let env = env_reading(&["Set up", &format!("GITHUB_TOKEN={token} now")]);
    let picture = png(&[SHOWN]);
    env.write("shot.png", &picture);
    env.write("doc.zip", pack::zip(&[("img/a.png", &picture)]));
    let json = run(&env, "scan shot.png doc.zip --ocr --format json").expect(1);
    let places = json.places();
    // The name before the token has 13 characters.
    let wanted = [
        ("doc.zip!img/a.png", "at 130,60"),
        ("shot.png", "at 130,60"),
    ];
    assert_eq!(places, wanted.map(|(m, p)| (m.to_owned(), p.to_owned())));
    for finding in json.findings() {
        assert_eq!(finding["confidence"], "certain");
        assert_eq!(finding["checksum"], "valid");
        assert_eq!(finding["line"], 2);
        assert_eq!(picture_evidence(&finding), "read from a picture");
    }
    let human = run(&env, "scan shot.png --ocr").expect(1);
    human.prints("shot.png:2:14 (at 130,60)");
    human.prints("read from a picture");
    assert!(!human.stdout.contains(&token));
    assert!(!human.stdout.contains("not read"), "{}", human.stdout);
    let stdin = format!("{}/bin:/usr/bin:/bin", env.root().display());
    run_on_path(&env, "scan - --ocr", &stdin, &picture)
        .expect(1)
        .prints("-:2:14 (at 130,60)");
}

#[cfg(unix)]
#[test]
fn a_misread_token_is_repaired_by_its_checksum_and_says_so() {
    for (shape, seed) in [(Shape::Gho, 62), (Shape::Npm, 63), (Shape::FineGrained, 64)] {
        let token = new_token(shape, seed);
        let alike: Vec<char> = "0OlI5SZ2B8".chars().collect();
        let mut misread: Vec<char> = token.chars().collect();
        let mut changes = 0;
        for c in misread.iter_mut().skip(14) {
            // The next one in the pair.
            if let Some(index) = alike.iter().position(|a| a == c)
                && changes < 2
            {
                *c = alike[index ^ 1];
                changes += 1;
            }
        }
        assert!(changes > 0, "the seed must give a character to misread");
        let misread: String = misread.into_iter().collect();
        let env = env_reading(&[&format!("token: {misread}")]);
        env.write("shot.png", png(&[SHOWN]));
        let found = run(&env, "scan shot.png --ocr --format json --show-secrets")
            .expect(1)
            .findings();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0]["secret"], token);
        assert_eq!(found[0]["confidence"], "certain");
        let said = picture_evidence(&found[0]);
        let noun = if changes == 1 {
            "character"
        } else {
            "characters"
        };
        let tail = match shape {
            Shape::FineGrained => "; its last 8 characters have no checksum and may differ",
            _ => "",
        };
        assert_eq!(
            said,
            format!("read from a picture, repaired at {changes} {noun}{tail}")
        );
        let start = said.split(';').next().unwrap();
        run(&env, "scan shot.png --ocr").expect(1).prints(start);
    }
}

#[cfg(unix)]
#[test]
fn blanks_and_line_ends_in_a_token_are_mended() {
    let token = new_token(Shape::Ghu, 65);
    let blank = format!("the token {} {} works", &token[..17], &token[17..]);
    let wrapped = format!("the token is {}", &token[..23]);
    let joined = token.replacen('_', " ", 1);
    for lines in [&[&blank[..]][..], &[&wrapped, &token[23..]], &[&joined]] {
        let env = env_reading(lines);
        env.write("shot.png", png(&[SHOWN]));
        let found = run(&env, "scan shot.png --ocr --format json --show-secrets")
            .expect(1)
            .findings();
        let secrets: Vec<&Value> = found.iter().map(|f| &f["secret"]).collect();
        assert_eq!(secrets, [&Value::from(token.clone())], "{lines:?}");
    }
}

#[cfg(unix)]
#[test]
fn hex_digits_are_judged_by_the_words_of_the_picture() {
    let hex = String::from_utf8(Mint::new(66).hex(40)).unwrap();
    let read = hex.replacen('0', "O", 1).replacen('1', "l", 1);
    assert_ne!(hex, read);
    let url = format!("git clone https://octo:{read}@github.com/acme/site.git");
    let commit = format!("see https://github.com/acme/site/commit/{read}");
    let secrets = |line: &str| -> Vec<Value> {
        let env = env_reading(&[line]);
        env.write("shot.png", png(&[SHOWN]));
        let run = run(&env, "scan shot.png --ocr --format json --show-secrets");
        run.findings().iter().map(|f| f["secret"].clone()).collect()
    };
    assert_eq!(secrets(&url), [Value::from(hex)]);
    assert_eq!(secrets(&commit), [Value::Null; 0]);
}

#[cfg(unix)]
#[test]
fn what_may_be_a_token_and_cannot_be_read_is_told() {
    let token = new_token(Shape::Ghs, 67);
    let other = Mint::new(68).damage_token(token.as_bytes(), 9);
    let other = Mint::new(69).damage_token(&other, 20);
    let other = String::from_utf8(Mint::new(70).damage_token(&other, 30)).unwrap();
    let env = env_reading(&[&format!("token: {other}")]);
    env.write("docs/shot.png", png(&[SHOWN]));
    let json = run(&env, "scan docs --ocr --format json").expect(0);
    assert_eq!(json.json()["scan"]["not_read"]["unclear_images"], 1);
    run(&env, "scan docs --ocr")
        .expect(0)
        .prints("1 image with text that was not read");
    let named = run(&env, "scan docs/shot.png --ocr").expect(2);
    named.says("shows 1 word that could not be read exactly and may be a token; look at it");
}

#[cfg(unix)]
#[test]
fn a_picture_that_cannot_be_read_is_told_with_its_reason() {
    let env = env_reading(&["nothing"]);
    let picture = png(&[SHOWN]);
    env.write("docs/cut.png", &picture[..picture.len() / 2]);
    env.write("docs/whole.png", &picture);
    env.write("own.toml", "max-picture-pixels = 1000\n");
    let skipped = |args: &str, code: i32| {
        let run = run(&env, args).expect(code);
        run.json()["scan"]["skipped"].to_string()
    };
    let said = skipped("scan docs --ocr --format json", 0);
    assert!(
        said.contains("damaged") && !said.contains("whole.png"),
        "{said}"
    );
    let said = skipped("scan docs --ocr --strict --format json", 2);
    assert!(said.contains("damaged"), "{said}");
    let said = skipped(
        "scan docs/whole.png --ocr --config own.toml --format json",
        2,
    );
    assert!(
        said.contains("`max-picture-pixels` raises the limit"),
        "{said}"
    );
    // The program was asked for, so that its failure is trouble for everybody.
    env.write("bin/tesseract", "#!/bin/sh\necho no language >&2\nexit 1\n");
    run(&env, "scan docs --ocr")
        .expect(2)
        .says("tesseract failed (exit status: 1): no language");
}

#[cfg(unix)]
#[test]
fn redaction_leaves_pictures_alone_and_says_so() {
    let token = new_token(Shape::Ghp, 71);
    let env = env_reading(&[&token]);
    let picture = png(&[SHOWN]);
    let path = env.write("docs/shot.png", &picture);
    let run = run(&env, "redact docs --ocr").expect(2);
    run.says("pictures are not changed, and it shows 1 secret");
    assert_eq!(std::fs::read(path).unwrap(), picture);
}

#[allow(clippy::print_stderr, reason = "a test that is skipped says so")]
/// Returns true if tesseract can read English here; says so if not.
fn has_tesseract() -> bool {
    let listed = Command::new("tesseract").arg("--list-langs").output();
    let has = listed.is_ok_and(|output| {
        let text = [output.stdout, output.stderr].concat();
        String::from_utf8_lossy(&text)
            .lines()
            .any(|line| line == "eng")
    });
    if !has {
        eprintln!(
            "SKIPPED: tesseract is not installed here (Debian: apt-get install tesseract-ocr)"
        );
    }
    has
}

#[test]
fn tesseract_reads_a_light_picture_and_a_small_dark_one() {
    if !has_tesseract() {
        return;
    }
    let path = std::env::var("PATH").unwrap();
    let token = new_token(Shape::Ghp, 72);
    let hex = String::from_utf8(Mint::new(73).hex(40)).unwrap();
    let light = draw(&[
        &format!("GITHUB_TOKEN={token}"),
        &format!("https://octo:{hex}@github.com/a/b"),
    ]);
    let (width, height) = (light.width() / 2, light.height() / 2);
    let mut dark = imageops::resize(&light, width, height, imageops::FilterType::Triangle);
    imageops::invert(&mut dark);
    let env = Env::new();
    env.write("slow.toml", "max-picture-seconds = 1000\n");
    for (name, picture, format) in [
        ("light.png", &light, ImageFormat::Png),
        ("dark.gif", &dark, ImageFormat::Gif),
    ] {
        env.write(name, file(picture, format));
        let args = format!("scan {name} --ocr --config slow.toml --format json --show-secrets");
        let run = run_on_path(&env, &args, &path, b"");
        let found: Vec<Value> = run.findings().iter().map(|f| f["secret"].clone()).collect();
        assert!(
            found.contains(&Value::from(token.clone())),
            "{name}: {run:?}"
        );
        assert!(found.contains(&Value::from(hex.clone())), "{name}: {run:?}");
    }
}
