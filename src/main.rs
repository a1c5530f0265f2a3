//! The `weir` program: hands the command line to [`weir::cli`] and returns its exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    weir::cli::main()
}
