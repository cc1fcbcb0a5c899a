//! Results of the checks of `tokensweep selftest`.

/// Results of the checks.
#[derive(Default)]
pub(super) struct CheckLog {
    pub(super) text: String,
    pub(super) failed: usize,
    pub(super) passed: usize,
}

impl CheckLog {
    pub(super) fn check(&mut self, what: &str, result: Result<(), String>) {
        match result {
            Ok(()) => {
                self.passed += 1;
                self.text.push_str(&format!("ok    {what}\n"));
            }
            Err(why) => {
                self.failed += 1;
                self.text.push_str(&format!("FAIL  {what}: {why}\n"));
            }
        }
    }

    /// Adds a note that is neither a success nor a failure.
    pub(super) fn note(&mut self, what: &str) {
        self.text.push_str(&format!("note  {what}\n"));
    }
}
