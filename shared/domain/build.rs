//! A migration that is added must be built in, and the macro that reads the folder cannot say so.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
}
