//! The shipped binary beside a Python rotation function, in one harness and one run.

mod audit;
mod measure;
mod report;
mod retirement;

pub use audit::measure_audit;
pub use measure::{Measured, measure};
pub use report::{Comparison, compressed_size};
pub use retirement::{Run, measure_retirement};
