//! Mails and mailboxes: what is packed in them is opened, and their text is read and redacted like any text.

use tokensweep::internals::token::{Mint, Shape};

use crate::env::Env;
use crate::pack;

fn token(seed: u64) -> String {
    String::from_utf8(Mint::new(seed).new_token(Shape::Ghp)).unwrap()
}

fn secret(seed: u64) -> Vec<u8> {
    format!("# settings\nTOKEN={}\n", token(seed)).into_bytes()
}

/// Encodes bytes in lines of base64.
fn base64(bytes: &[u8]) -> String {
    let text = data_encoding::BASE64.encode(bytes);
    let lines = text.as_bytes().chunks(76).map(String::from_utf8_lossy);
    lines.map(|line| format!("{line}\r\n")).collect()
}

const HEADERS: &str = "From: Ann <ann@example.com>\r\nTo: bob@example.com\r\nSubject: settings\r\nMIME-Version: 1.0\r\n";

/// A mail with a text and these attachments.
fn mail(text: &str, attachments: &[(&str, &[u8])]) -> String {
    let mut mail = format!(
        "{HEADERS}Content-Type: multipart/mixed;\r\n boundary=\"=_b\"\r\n\r\nFor old programs.\r\n--=_b\r\n\
         Content-Type: text/plain\r\n\r\n{text}\r\n"
    );
    for (name, content) in attachments {
        mail += &format!(
            "--=_b\r\nContent-Type: application/octet-stream\r\nContent-Transfer-Encoding: base64\r\n\
             Content-Disposition: attachment; filename=\"{name}\"\r\n\r\n{}",
            base64(content)
        );
    }
    mail + "--=_b--\r\n"
}

fn pair(member: &str, place: &str) -> (String, String) {
    (member.to_owned(), place.to_owned())
}

#[test]
fn attachments_are_opened_with_their_place() {
    let env = Env::new();
    let zip = pack::zip(&[("etc/a.env", &secret(1))]);
    let first = mail("see there", &[("words.txt", b"words"), ("conf.zip", &zip)]);
    env.write("one.eml", &first);
    let forwarded = format!(
        "{HEADERS}Content-Type: multipart/mixed; boundary=out\n\n--out\nContent-Type: message/rfc822\n\n{}--out--\n",
        first.replace("\r\n", "\n")
    );
    let from = "From ann@example.com Mon Nov  2 10:00:00 2026\n";
    env.write(
        "box.mbox",
        format!("{from}{HEADERS}\nFrom here on\n\n{from}{forwarded}\n"),
    );
    env.write(
        "mails.tgz",
        pack::gzip(&pack::tar(&[("a/one.eml", first.as_bytes())])),
    );
    let run = env.run("scan . --format json").expect(1);
    let wanted = [
        pair("box.mbox!conf.zip!etc/a.env", "message 2 attachment 2"),
        pair(
            "mails.tgz!a/one.eml!conf.zip!etc/a.env",
            "message 1 attachment 2",
        ),
        pair("one.eml!conf.zip!etc/a.env", "message 1 attachment 2"),
    ];
    assert_eq!(run.places(), wanted);
    assert!(
        run.findings()
            .iter()
            .all(|f| f["line"] == 2 && f["column"] == 7)
    );
    assert_eq!(run.json()["scan"]["skipped"].as_array().unwrap().len(), 0);
}

#[test]
fn text_that_the_own_bytes_do_not_show_is_read() {
    let env = Env::new();
    let wide: Vec<u8> = String::from_utf8(secret(2))
        .unwrap()
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    env.write("wide.eml", mail("text", &[("notes.txt", &wide)]));
    // An encoded word has at most 75 characters, so that a long text is cut.
    let (start, end) = (&token(3)[..20].replace('_', "=5F"), &token(3)[20..]);
    let subject = format!(
        "Subject: =?utf-8?Q?t=C3=A9l_{start}?=\r\n =?utf-8?B?{}?=\r\n",
        data_encoding::BASE64.encode(end.as_bytes())
    );
    env.write(
        "subject.eml",
        mail("text", &[]).replace("Subject: settings\r\n", &subject),
    );
    let run = env.run("scan . --format json").expect(1);
    let wanted = [
        pair("subject.eml", ""),
        pair("wide.eml!notes.txt", "message 1 attachment 1"),
    ];
    assert_eq!(run.places(), wanted);
}

#[test]
fn the_text_of_a_mail_is_found_once_and_redacted() {
    let env = Env::new();
    let text = String::from_utf8(secret(4)).unwrap();
    let first = mail(&text, &[("a.env", &secret(5))]);
    env.write("a.eml", &first);
    env.write("in.zip", pack::zip(&[("a.eml", first.as_bytes())]));
    let run = env.run("scan . --format json").expect(1);
    let mut wanted = vec![pair("", ""), pair("", "")];
    wanted.extend([pair("in.zip!a.eml", ""), pair("in.zip!a.eml", "")]);
    assert_eq!(run.places(), wanted);
    std::fs::remove_file(env.root().join("in.zip")).unwrap();
    env.run("redact a.eml");
    assert!(
        !std::fs::read_to_string(env.root().join("a.eml"))
            .unwrap()
            .contains(&token(4))
    );
    env.run("scan a.eml").expect(0);
    let run = env.run_with("redact -", first.as_bytes()).expect(0);
    assert!(!run.stdout.contains(&token(4)));
    // A file that only begins like a mail is a text.
    env.write("a.eml", format!("From: a\nTo: b\n\n--x\n{text}"));
    let run = env
        .run("scan a.eml --no-containers --format json")
        .expect(1);
    assert_eq!(run.places(), [pair("", "")]);
}

#[test]
fn parts_that_cannot_be_read_are_named() {
    let env = Env::new();
    let smime =
        "Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name=\"smime.p7m\"";
    env.write(
        "a.eml",
        format!("{HEADERS}{smime}\nContent-Transfer-Encoding: base64\n\nMIIB\n"),
    );
    let pgp = "Content-Type: multipart/encrypted; boundary=b";
    env.write(
        "b.eml",
        format!("{HEADERS}{pgp}\n\n--b\n\nVersion: 1\n--b--\n"),
    );
    let zip = pack::zip(&[("a", b"words")]);
    env.write(
        "c.eml",
        mail("text", &[("cut.zip", &zip[..zip.len() - 30])]),
    );
    let deep: String = (0..100)
        .map(|n| format!("Content-Type: multipart/mixed; boundary=b{n}\n\n--b{n}\n"))
        .collect();
    env.write("d.eml", format!("{HEADERS}{deep}"));
    let run = env.run("scan . --strict --format json").expect(2);
    let json = run.json();
    let skipped = json["scan"]["skipped"].as_array().unwrap();
    let said = |n: usize| format!("{} {}", skipped[n]["path"], skipped[n]["reason"]);
    assert_eq!(skipped.len(), 4, "{skipped:?}");
    assert!(
        said(0).contains("a.eml!smime.p7m") && said(0).contains("encrypted"),
        "{}",
        said(0)
    );
    assert!(
        said(1).contains("b.eml") && said(1).contains("encrypted"),
        "{}",
        said(1)
    );
    assert!(
        said(2).contains("c.eml!cut.zip") && said(2).contains("damaged"),
        "{}",
        said(2)
    );
    assert!(
        said(3).contains("d.eml") && said(3).contains("nested too deeply"),
        "{}",
        said(3)
    );
}
