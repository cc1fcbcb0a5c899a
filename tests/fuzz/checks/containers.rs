//! Containers of any bytes: no reader panics, the limits hold, and whatever a limit leaves unread is counted.

use std::collections::BTreeSet;
use std::io::Cursor;
use std::path::Path;
use std::sync::LazyLock;

use tokensweep::{Confidence, ContainerLimits, Outcome, Scanner};

/// First bytes of the forms that a reader opens. An input is made to begin with one, so that its reader is reached.
const HEADS: [&[u8]; 28] = [
    b"PK\x03\x04",
    b"\x1f\x8b\x08",
    b"BZh91AY&SY",
    b"\xfd7zXZ\0",
    b"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff\0",
    b"\x28\xb5\x2f\xfd",
    b"\x50\x2a\x4d\x18",
    b"\x04\x22\x4d\x18",
    b"7z\xbc\xaf\x27\x1c",
    b"\xed\xab\xee\xdb",
    b"!<arch>\n",
    b"070701",
    b"070707",
    b"\xc7\x71",
    b"\x71\xc7",
    b"SQLite format 3\0",
    b"PACK\0\0\0\x02",
    b"# v2 git bundle\n",
    b"x\x9c",
    b"%PDF-1.7\n",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    b"From: a@b.org\nTo: c@d.org\n",
    b"From x\nFrom: a@b.org\nTo: c@d.org\n",
    b"{\\rtf1",
    b"{\"cells\": [",
    TAR,
    b"",
    b"\x04\0\0\0",
];

/// Mark of a tar archive. It is in its first header, whose checksum is made right.
const TAR: &[u8] = b"ustar\x0000";

/// Parts of documents whose XML an input can be.
const PARTS: [&str; 8] = [
    "word/document.xml",
    "word/_rels/document.xml.rels",
    "xl/worksheets/sheet1.xml",
    "xl/sharedStrings.xml",
    "xl/workbook.xml",
    "ppt/slides/slide1.xml",
    "content.xml",
    "docProps/core.xml",
];

/// Number of members that the larger limits allow.
const MEMBERS: u64 = 20_000;

static GENEROUS: LazyLock<Scanner> = LazyLock::new(|| {
    let mut limits = ContainerLimits::default();
    limits.members = MEMBERS;
    limits.member_bytes = 1 << 20;
    limits.file_bytes = 4 << 20;
    limits.memory = 1 << 20;
    limits.seconds = 60;
    scanner(limits)
});

/// Scanners with limits that an input soon reaches.
static NARROW: LazyLock<[Scanner; 5]> = LazyLock::new(|| {
    let narrow = |narrow: fn(&mut ContainerLimits)| {
        let mut limits = ContainerLimits::default();
        limits.members = MEMBERS;
        limits.member_bytes = 1 << 20;
        limits.file_bytes = 4 << 20;
        limits.memory = 1 << 20;
        limits.seconds = 60;
        narrow(&mut limits);
        scanner(limits)
    };
    [
        narrow(|limits| limits.depth = 1),
        narrow(|limits| limits.members = 2),
        narrow(|limits| limits.member_bytes = 40),
        narrow(|limits| limits.file_bytes = 100),
        narrow(|limits| limits.memory = 64),
    ]
});

fn scanner(limits: ContainerLimits) -> Scanner {
    Scanner::builder()
        .min_confidence(Confidence::Low)
        .containers(Some(limits))
        .build()
}

/// Number of the only form that inputs are made to begin with, if the variable `FORM` states it.
static ONLY: LazyLock<Option<u8>> = LazyLock::new(|| std::env::var("FORM").ok()?.parse().ok());

/// Reads the container that an input stands for within generous and within narrow limits.
pub(crate) fn check(input: &[u8]) {
    let [form, limit, rest @ ..] = input else {
        return;
    };
    let file = make_file(usize::from(ONLY.unwrap_or(*form)), rest);
    let whole = scan(&GENEROUS, &file);
    assert!(whole.members <= MEMBERS + 1, "{} members", whole.members);
    let narrow = scan(&NARROW[usize::from(*limit) % NARROW.len()], &file);
    if is_limited(&narrow) || is_limited(&whole) {
        return;
    }
    assert_eq!(
        narrow.members, whole.members,
        "members are left out silently"
    );
    assert_eq!(narrow.bytes, whole.bytes, "bytes are left out silently");
    assert_eq!(secrets(&narrow), secrets(&whole), "secrets are left out");
}

fn scan(scanner: &Scanner, file: &[u8]) -> Outcome {
    let outcome = scanner.scan_stream(Cursor::new(file), Path::new("input"));
    for skip in &outcome.skipped {
        let reason = skip.describe_reason();
        assert!(!reason.trim().is_empty(), "a skip without a reason");
        assert!(!reason.contains("reader failed"), "{reason}");
    }
    // Those that are listed one by one, the count of the others, and the limit that ended the reading.
    assert!(outcome.skipped.len() <= 1002, "too many are listed");
    outcome
}

/// Returns true if something was not read because of a limit, which the sentence names with its setting.
fn is_limited(outcome: &Outcome) -> bool {
    let mut reasons = outcome.skipped.iter().map(|skip| skip.describe_reason());
    reasons.any(|reason| {
        reason.contains("raises the limit")
            || reason.contains("opens more")
            || reason.contains("more members were not read")
    })
}

fn secrets(outcome: &Outcome) -> BTreeSet<Vec<u8>> {
    let findings = outcome.findings.iter();
    findings
        .map(|finding| finding.secret.expose_the_secret().to_owned())
        .collect()
}

/// Returns the file for a form: these bytes with the first bytes of the form, or as a part of a document.
fn make_file(form: usize, rest: &[u8]) -> Vec<u8> {
    let form = form % (HEADS.len() + PARTS.len());
    let Some(head) = HEADS.get(form) else {
        return store(PARTS[form - HEADS.len()], rest);
    };
    let mut file = rest.to_vec();
    if *head == TAR {
        file.resize(file.len().max(512), 0);
        file[257..265].copy_from_slice(TAR);
        file[148..156].fill(b' ');
        let sum: u32 = file[..512].iter().map(|b| u32::from(*b)).sum();
        file[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        return file;
    }
    file.resize(file.len().max(head.len()), 0);
    file[..head.len()].copy_from_slice(head);
    file
}

/// Returns a zip archive with one member that is not compressed. Its checksum is zero: the content counts, not that.
fn store(name: &str, content: &[u8]) -> Vec<u8> {
    let len = u32::try_from(content.len())
        .unwrap_or_default()
        .to_le_bytes();
    let name_len = u16::try_from(name.len()).unwrap_or_default().to_le_bytes();
    let fields = [&[0; 12][..], &len, &len, &name_len, &[0; 2]].concat();
    let mut file = [b"PK\x03\x04\x14\0", &fields[..], name.as_bytes(), content].concat();
    let start = u32::try_from(file.len()).unwrap_or_default().to_le_bytes();
    let entry = [
        b"PK\x01\x02\x14\x03\x14\0",
        &fields[..],
        &[0; 14],
        name.as_bytes(),
    ]
    .concat();
    let entry_len = u32::try_from(entry.len()).unwrap_or_default().to_le_bytes();
    file.extend(entry);
    file.extend(
        [
            &b"PK\x05\x06\0\0\0\0\x01\0\x01\0"[..],
            &entry_len,
            &start,
            &[0; 2],
        ]
        .concat(),
    );
    file
}
