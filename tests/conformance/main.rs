//! Every fact about Sentry that the functions rely on: a request, and what must come back. One suite asks a real Sentry
//! 23.7.1 and the stand-in of the other tests, so that what holds on the one is known to hold on the other.
//!
//! Without more, the stand-in alone is asked; `scripts/conformance.sh` brings the real server and says where it is.

#[cfg(test)]
mod answer;
#[cfg(test)]
mod fact;
#[cfg(test)]
mod facts;
#[cfg(test)]
mod place;
#[cfg(test)]
mod run;
#[cfg(test)]
mod servers;
#[cfg(test)]
mod table;

#[cfg(test)]
fn main() -> std::process::ExitCode {
    run::run()
}
