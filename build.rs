//! Build script of the `connect` program.
fn main() {}
