//! The `connect` program.
fn main() {}
