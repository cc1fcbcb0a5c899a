//! Exit codes of all commands.

use std::process::ExitCode;

/// Outcome of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Nothing was found, and everything requested was scanned.
    Clean,
    /// Leaks were found, and everything requested was scanned.
    Findings,
    /// The usage was wrong, or something requested was not scanned; findings are reported all the same.
    Trouble,
}

impl Exit {
    /// Returns the exit of a scan.
    #[must_use]
    pub fn of_scan(findings: bool, complete: bool) -> Exit {
        match (findings, complete) {
            (_, false) => Exit::Trouble,
            (true, true) => Exit::Findings,
            (false, true) => Exit::Clean,
        }
    }

    /// Returns the exit code of the process.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Exit::Clean => 0,
            Exit::Findings => 1,
            Exit::Trouble => 2,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> ExitCode {
        ExitCode::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trouble_outweighs_findings_and_findings_outweigh_nothing() {
        assert_eq!(Exit::of_scan(false, true).code(), 0);
        assert_eq!(Exit::of_scan(true, true).code(), 1);
        assert_eq!(Exit::of_scan(false, false).code(), 2);
        assert_eq!(Exit::of_scan(true, false).code(), 2);
    }
}
