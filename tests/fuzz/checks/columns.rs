//! Tables of any bytes: no reader of columns panics, and a copy without edits has the same values.

use tokensweep::internals::column::list_values;

/// Reads the table, copies it, and reads the copy.
pub(crate) fn check(input: &[u8]) {
    let names = ["text", "a", "meta.text", "tags"].map(str::to_owned);
    let read = list_values(input, &names, None);
    let mut copy = Vec::new();
    let copied = list_values(input, &names, Some(&mut copy));
    match (&read, copied) {
        // A copy visits the values of a dictionary, not its rows, so that only the file it writes is compared.
        (Ok(_), Ok(_)) => {
            assert_eq!(list_values(&copy, &names, None), read);
        }
        (Err(reason), _) => assert!(!reason.trim().is_empty(), "a refusal without a reason"),
        // What can be read may be refused by a copy.
        (Ok(_), Err(reason)) => assert!(!reason.trim().is_empty(), "a refusal without a reason"),
    }
}
