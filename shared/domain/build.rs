//! A migration that is added must be built in, and the macro that reads the folder cannot say so.

#[expect(clippy::print_stdout, reason = "how a build script speaks to cargo")]
fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
