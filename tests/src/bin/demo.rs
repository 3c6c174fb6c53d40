//! Tells the demo on standard output, with the release build. `scripts/demo.sh` builds both and runs this.

use std::process::ExitCode;

use integration_tests::{Binary, demo};

fn main() -> ExitCode {
    match demo::tell(&mut std::io::stdout(), Binary::Release) {
        Ok(()) => ExitCode::SUCCESS,
        #[expect(clippy::print_stderr, reason = "this is a program for people")]
        Err(error) => {
            eprintln!("the demo failed: {error}");
            ExitCode::FAILURE
        }
    }
}
