//! Random containers in each other, redacted: each is then what its writer makes of the redacted texts.

use tokensweep::internals::token::{Mint, Shape};

use super::env::Env;
use super::pack;
use super::redact::{placeholder, token};

/// Content before and after its redaction, and its number of secrets.
#[derive(Clone, Default)]
struct Content {
    before: Vec<u8>,
    after: Vec<u8>,
    secrets: usize,
}

impl Content {
    fn add(&mut self, bytes: &[u8]) {
        self.before.extend(bytes);
        self.after.extend(bytes);
    }
}

/// Returns a text of a few lines, some of which have a secret.
fn make_text(mint: &mut Mint) -> Content {
    let mut text = Content::default();
    for _ in 0..mint.random_below(6) {
        let len = mint.random_below(200);
        text.add(&mint.text(b"words and 0123 \t", len));
        text.add(b"\n");
        if mint.random_below(3) == 0 {
            let secret = token(mint, Shape::Ghp);
            text.before.extend(format!("KEY={secret}\n").bytes());
            let shown = placeholder("github-pat", &secret);
            text.after.extend(format!("KEY={shown}\n").bytes());
            text.secrets += 1;
        }
    }
    text
}

/// Returns an archive whose writer has no choices: its members are not compressed.
fn make_archive(mint: &mut Mint, depth: usize) -> Content {
    let members: Vec<Content> = (0..=mint.random_below(3))
        .map(|_| match mint.random_below(4) {
            0 if depth > 0 => make_archive(mint, depth - 1),
            _ => make_text(mint),
        })
        .collect();
    let names = ["conf/a.env", "b", "notes.txt"];
    let pack: fn(pack::Members<'_>) -> Vec<u8> =
        [pack::tar, pack::zip_stored][mint.random_below(2)];
    let pack = |of: fn(&Content) -> &[u8]| {
        let members: Vec<_> = names.iter().copied().zip(members.iter().map(of)).collect();
        pack(&members)
    };
    Content {
        before: pack(|member| &member.before),
        after: pack(|member| &member.after),
        secrets: members.iter().map(|member| member.secrets).sum(),
    }
}

/// Compressed form: its ending, and the functions that make and read it.
type Form = (&'static str, fn(&[u8]) -> Vec<u8>, fn(&[u8]) -> Vec<u8>);

fn read_all(mut content: impl std::io::Read) -> Vec<u8> {
    let mut text = Vec::new();
    content.read_to_end(&mut text).unwrap();
    text
}

const FORMS: [Form; 5] = [
    ("plain", <[u8]>::to_vec, <[u8]>::to_vec),
    ("gz", pack::gzip, |packed| {
        read_all(flate2::read::GzDecoder::new(packed))
    }),
    ("bz2", pack::bzip2, |packed| {
        read_all(bzip2::read::BzDecoder::new(packed))
    }),
    ("lz4", pack::lz4, |packed| {
        read_all(lz4_flex::frame::FrameDecoder::new(packed))
    }),
    ("lzma", pack::lzma, |packed| {
        read_all(lzma_rust2::LzmaReader::new_mem_limit(packed, 1 << 16, None).unwrap())
    }),
];

#[test]
fn random_containers_are_what_their_writers_make_of_the_redacted_texts() {
    let env = Env::new();
    let mut mint = Mint::new(20_261_127);
    let mut made = Vec::new();
    for number in 0..60 {
        let (ending, pack, unpack) = FORMS[number % FORMS.len()];
        let content = make_archive(&mut mint, 2);
        let name = format!("in/{number}.{ending}");
        env.write(&name, pack(&content.before));
        made.push((name, content, unpack));
    }
    let secrets: usize = made.iter().map(|(_, content, _)| content.secrets).sum();
    assert!(secrets > 60, "{secrets}");
    env.run("redact in").expect(0);
    for (name, content, unpack) in made {
        let new = unpack(&std::fs::read(env.root().join(&name)).unwrap());
        let wanted = content.after;
        let differs = new.iter().zip(&wanted).position(|(a, b)| a != b);
        assert!(
            new == wanted,
            "{name}: {} bytes, {} wanted, which differ from {differs:?}",
            new.len(),
            wanted.len()
        );
    }
    env.run("scan in").expect(0);
}
