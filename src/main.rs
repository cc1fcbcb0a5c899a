//! The `tokensweep` program: everything is in the library.

use std::process::ExitCode;

fn main() -> ExitCode {
    tokensweep::internals::cli::run_program(std::env::args_os()).into()
}
