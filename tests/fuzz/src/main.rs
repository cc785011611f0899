//! Feeds what reads strangers' bytes with bytes that nobody would think of. It knows no coverage, so that it runs on
//! stable Rust: it bends the files of `corpus/`, which hold one of everything that is understood.
//!
//! ```sh
//! cargo run -p fuzz -- all --seconds 60     # or one of: webhook, cursor, token, queue, wish
//! ```
//!
//! What breaks a target is printed with the seed that finds it again: `--seed`. `cargo test` gives each two seconds.
#![expect(clippy::unwrap_used, reason = "whatever cannot be set up should stop the run")]

mod bend;
mod targets;

use bend::Bender;
use clap::Parser;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};
use targets::TARGETS;

#[derive(Parser)]
#[command(about = "Feeds parsers with bytes that nobody would think of")]
struct Wish {
    /// A target, or `all`.
    target: String,
    #[arg(long, default_value_t = 60)]
    seconds: u64,
    /// Of a run that broke something.
    #[arg(long)]
    seed: Option<u64>,
}

/// Feeds one target for so long, and says with how many inputs.
fn feed(name: &str, time: Duration, seed: u64) -> Result<u64, String> {
    let (_, make) = TARGETS.iter().find(|(known, _)| *known == name).ok_or("no such target")?;
    let (mut eat, mut bender) = (make(), Bender::new(name, seed));
    let (start, mut fed) = (Instant::now(), 0);
    while start.elapsed() < time {
        let input = bender.next();
        if catch_unwind(AssertUnwindSafe(|| eat(&input))).is_err() {
            let shown = String::from_utf8_lossy(&input).into_owned();
            return Err(format!("{name}, --seed {seed}, input {fed}: {shown:?}"));
        }
        fed += 1;
    }
    Ok(fed)
}

fn main() -> Result<(), String> {
    let Wish { target, seconds, seed } = Wish::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    for (name, _) in TARGETS.iter().filter(|(name, _)| target == "all" || target == *name) {
        let fed = feed(name, Duration::from_secs(seconds), seed)?;
        eprintln!("{name}: {fed} inputs in {seconds} s, none of which broke it");
    }
    let known = target == "all" || TARGETS.iter().any(|(name, _)| *name == target);
    known.then_some(()).ok_or(format!("{target} is no target"))
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! stands {
        ($($test:ident $target:literal)+) => {
            $(#[test]
            fn $test() {
                let fed = feed($target, Duration::from_secs(2), fastrand::u64(..));
                assert!(fed.clone().is_ok_and(|fed| fed > 20), "{fed:?}");
            })+

            #[test]
            fn every_target_is_fed() {
                assert_eq!(TARGETS.map(|(name, _)| name), [$($target),+]);
            }
        };
    }

    stands! {
        a_webhook_is_believed_for_its_own_bytes_only "webhook"
        a_cursor_is_read_or_refused "cursor"
        a_token_that_was_bent_opens_nothing "token"
        a_message_is_read_or_left "queue"
        a_wish_is_within_its_bounds_or_refused "wish"
    }
}
