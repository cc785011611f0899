//! A fuzzer of the code that parses untrusted input. It mutates the files of `corpus/`, which has an example of every
//! accepted format. It is not guided by coverage, so that it runs on stable Rust.
//!
//! ```sh
//! cargo run -p fuzz -- all --seconds 60     # or one of: webhook, cursor, token, queue, order
//! ```
//!
//! An input that breaks a target is printed with the seed that reproduces it, for `--seed`. `cargo test` runs each
//! target for two seconds.
#![expect(clippy::unwrap_used, reason = "a run that cannot be set up should fail")]

mod mutate;
mod targets;

use clap::Parser;
use mutate::Mutator;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use targets::TARGETS;

#[derive(Parser)]
#[command(about = "Fuzzes the code that parses untrusted input")]
struct Args {
    /// A target, or `all`
    target: String,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// The seed of a run that failed, to reproduce it
    #[arg(long)]
    seed: Option<u64>,
}

/// Fuzzes one target for a duration. Returns the number of inputs, or the input that broke it.
fn fuzz(name: &str, duration: Duration, seed: u64) -> Result<u64, String> {
    let (_, create) = TARGETS.iter().find(|(target, _)| *target == name).ok_or("no such target")?;
    let (mut target, mut mutator) = (create(), Mutator::new(name, seed));
    let (start, mut inputs) = (Instant::now(), 0);
    while start.elapsed() < duration {
        let input = mutator.next();
        if catch_unwind(AssertUnwindSafe(|| target(&input))).is_err() {
            let shown = String::from_utf8_lossy(&input).into_owned();
            return Err(format!("{name}, --seed {seed}, input {inputs}: {shown:?}"));
        }
        inputs += 1;
    }
    Ok(inputs)
}

fn main() -> Result<(), String> {
    let Args { target, seconds, seed } = Args::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    for (name, _) in TARGETS.iter().filter(|(name, _)| target == "all" || target == *name) {
        let inputs = fuzz(name, Duration::from_secs(seconds), seed)?;
        eprintln!("{name}: {inputs} inputs in {seconds} s, no failure");
    }
    let is_known = target == "all" || TARGETS.iter().any(|(name, _)| *name == target);
    is_known.then_some(()).ok_or(format!("there is no target {target}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! fuzz_tests {
        ($($test:ident $target:literal)+) => {
            $(#[test]
            fn $test() {
                let inputs = fuzz($target, Duration::from_secs(2), fastrand::u64(..));
                assert!(inputs.clone().is_ok_and(|inputs| inputs > 20), "{inputs:?}");
            })+

            #[test]
            fn every_target_is_fed() {
                assert_eq!(TARGETS.map(|(name, _)| name), [$($target),+]);
            }
        };
    }

    fuzz_tests! {
        a_webhook_is_believed_for_its_own_bytes_only "webhook"
        a_cursor_is_read_or_refused "cursor"
        a_token_that_was_bent_opens_nothing "token"
        a_message_is_read_or_left "queue"
        an_order_is_within_its_bounds_or_refused "order"
    }
}
