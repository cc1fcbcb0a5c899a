//! The `tokensweep` program: everything is in [`tokensweep::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    tokensweep::cli::run_program(std::env::args_os()).into()
}
