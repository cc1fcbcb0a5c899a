//! The program tesseract: its search on `PATH`, and its runs. A picture goes to its standard input and a table comes
//! from its standard output; nothing is written to disk.

use std::io::{self, BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use super::pixels::TextLayout;
use crate::container::member::ContainerProblem;
use crate::message::without_error_numbers;

/// Maximum length in bytes of a table.
const MOST_OUTPUT: u64 = 16 << 20;

/// Maximum length in bytes of what the program says about an error.
const MOST_MESSAGE: u64 = 4096;

/// Returns the path of tesseract. Folders of `PATH` that are relative are not searched: they may lead into what is
/// scanned.
///
/// # Errors
/// Returns a sentence that says how to get the program.
pub(crate) fn find_recogniser() -> Result<PathBuf, String> {
    let name = format!("tesseract{}", std::env::consts::EXE_SUFFIX);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).filter(|folder| folder.is_absolute());
    let mut programs = folders.map(|folder| folder.join(&name));
    programs.find(|program| program.is_file()).ok_or_else(|| {
        "the program tesseract, which recognises the text of pictures, is not on PATH; install it \
         (Debian: apt-get install tesseract-ocr; macOS: brew install tesseract)"
            .to_owned()
    })
}

/// Function that writes a picture.
pub(super) type WritePicture = Box<dyn FnOnce(&mut dyn Write) -> io::Result<()> + Send>;

/// Returns the table that tesseract writes about a picture; `None` if that takes longer than `limit`.
///
/// # Errors
/// Returns the problem of the program.
pub(super) fn run_recogniser(
    program: &Path,
    layout: TextLayout,
    picture: WritePicture,
    limit: Duration,
) -> Result<Option<Vec<u8>>, ContainerProblem> {
    let failed = |error: &io::Error| {
        let error = without_error_numbers(&error.to_string());
        ContainerProblem::Unrecognised(format!("{} could not be run: {error}", program.display()))
    };
    let mut child = Command::new(program)
        .args([
            "stdin",
            "stdout",
            "--psm",
            layout.number(),
            "-l",
            "eng",
            "tsv",
        ])
        // The pictures of a scan are read in parallel already.
        .env("OMP_THREAD_LIMIT", "1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|error| failed(&error))?;
    let output = exchange_bytes(&mut child, picture, limit);
    if output.is_none() {
        // It may have ended just now.
        let _ = child.kill();
    }
    let status = child.wait().map_err(|error| failed(&error))?;
    let Some((table, message)) = output else {
        return Ok(None);
    };
    if status.success() {
        return Ok(Some(table));
    }
    let message = String::from_utf8_lossy(&message);
    let lines = message
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let line: String = lines.take(1).collect();
    let shown: String = line.chars().filter(|c| !c.is_control()).take(200).collect();
    Err(ContainerProblem::Unrecognised(format!(
        "tesseract failed ({status}): {shown}"
    )))
}

/// Writes a picture to a program and reads what it writes, and what it says about errors; `None` after `limit`.
fn exchange_bytes(
    child: &mut Child,
    picture: WritePicture,
    limit: Duration,
) -> Option<(Vec<u8>, Vec<u8>)> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let (sender, receiver) = mpsc::channel();
    // The threads end once the program has ended, which closes its streams.
    thread::spawn(move || {
        // A program that does not want all of it has failed and says why.
        let _ = stdin.map(|stdin| {
            let mut out = BufWriter::with_capacity(1 << 16, stdin);
            picture(&mut out).and_then(|()| out.flush())
        });
    });
    let said = thread::spawn(move || read_stream(stderr, MOST_MESSAGE));
    thread::spawn(move || {
        let table = read_stream(stdout, MOST_OUTPUT);
        // Nobody waits for it after the limit.
        let _ = sender.send((table, said.join().unwrap_or_default()));
    });
    receiver.recv_timeout(limit).ok()
}

/// Reads a stream to its end, and returns the first `most` bytes.
fn read_stream(stream: Option<impl Read>, most: u64) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Some(mut stream) = stream {
        // What was read before a failure is all that there is.
        let _ = stream.by_ref().take(most).read_to_end(&mut bytes);
        let _ = io::copy(&mut stream, &mut io::sink());
    }
    bytes
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;

    fn program(script: &str) -> (tempfile::TempDir, PathBuf) {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("tesseract");
        let mut file = std::fs::File::create(&path).unwrap();
        write!(file, "#!/bin/sh\n{script}\n").unwrap();
        drop(file);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
        (folder, path)
    }

    fn run(script: &str, limit: Duration) -> Result<Option<Vec<u8>>, ContainerProblem> {
        let (_folder, path) = program(script);
        let write = Box::new(|out: &mut dyn Write| out.write_all(&[7; 1 << 20]));
        run_recogniser(&path, TextLayout::Blocks, write, limit)
    }

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn a_picture_goes_in_and_a_table_comes_out() {
        let table = run("wc -c; echo $1 $2 $OMP_THREAD_LIMIT", LONG)
            .unwrap()
            .unwrap();
        assert_eq!(String::from_utf8_lossy(&table), "1048576\nstdin stdout 1\n");
    }

    #[test]
    fn a_program_that_fails_says_why_and_one_that_takes_too_long_is_ended() {
        let failed = run("echo; echo 'Error opening data file' >&2; exit 1", LONG).unwrap_err();
        let ContainerProblem::Unrecognised(text) = failed else {
            panic!("{failed:?}");
        };
        assert!(text.contains("Error opening data file"), "{text}");
        assert_eq!(run("exec sleep 60", Duration::from_millis(50)), Ok(None));
        let missing = Path::new("/nonexistent/tesseract");
        let failed = run_recogniser(missing, TextLayout::Blocks, Box::new(|_| Ok(())), LONG);
        assert!(matches!(failed, Err(ContainerProblem::Unrecognised(_))));
    }
}
