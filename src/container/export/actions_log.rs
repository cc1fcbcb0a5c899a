//! Logs of GitHub Actions: the archive of a run has a text for each job, `0_build.txt`, and one for each of its steps,
//! `build/3_Run tests.txt`, whose lines begin with a time.

use super::wide::narrow_head;
use crate::span::DocumentPlace;

/// Form of the time at the start of each line; `0` stands for a digit.
const TIME: &[u8] = b"0000-00-00T00:00:00.0000000Z ";

/// Returns the job and the step of a member of an archive, by its name and its first bytes.
#[must_use]
pub(crate) fn find_log_place(name: &str, head: &[u8]) -> Option<DocumentPlace> {
    if !is_log(head) {
        return None;
    }
    let stem = name.strip_suffix(".txt")?;
    let (job, step) = match stem.split_once('/') {
        Some((job, step)) if !step.contains('/') => (job, Some(step)),
        Some(_) => return None,
        None => (split_number(stem)?.1, None),
    };
    if job.is_empty() {
        return None;
    }
    let place = DocumentPlace::of_name("job", job);
    Some(match step {
        Some(step) => place.then_number("step", split_number(step)?.0),
        None => place,
    })
}

/// Splits a name such as `3_Run tests` into its number and the rest.
fn split_number(name: &str) -> Option<(u64, &str)> {
    let (number, rest) = name.split_once('_')?;
    Some((number.parse().ok()?, rest))
}

fn is_log(head: &[u8]) -> bool {
    let head = narrow_head(head, TIME.len());
    let fits = |(byte, form): (&u8, &u8)| match form {
        b'0' => byte.is_ascii_digit(),
        form => byte == form,
    };
    head.len() >= TIME.len() && head.iter().zip(TIME).all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_has_its_job_and_step() {
        let line = b"\xef\xbb\xbf2026-11-27T08:00:00.1234567Z ##[group]Run x";
        let say = |name: &str, head: &[u8]| {
            let place = find_log_place(name, head);
            place.map(|place| place.to_string()).unwrap_or_default()
        };
        for (name, said) in [
            ("0_build.txt", "job \"build\""),
            ("build/3_Run tests.txt", "job \"build\", step 3"),
            (
                "build (20, a_b)/10_Post.txt",
                "job \"build (20, a_b)\", step 10",
            ),
            ("build/system.txt", ""),
            ("build.txt", ""),
            ("a/b/3_x.txt", ""),
            ("/3_x.txt", ""),
            ("build/3_x.log", ""),
        ] {
            assert_eq!(say(name, line), said, "{name}");
        }
        assert_eq!(
            say("build/3_Run tests.txt", b"2026-11-27 08:00 Run x, a text\n"),
            ""
        );
        let line = std::str::from_utf8(line).unwrap();
        let wide: Vec<u8> = line.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(say("0_build.txt", &wide), "job \"build\"");
        assert_eq!(say("build/3_Run tests.txt", b""), "");
    }
}
