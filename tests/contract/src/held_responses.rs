//! Responses that take a minimum time leave instances of their function to everybody else.

use crate::routes::template;
use crate::workspace;
use accounts::MIN_RESPONSE_TIME;
use domain::accounts::MOST_HELD_AT_ONCE;

/// The routes of requests that are held.
const HELD: [&str; 3] =
    ["POST /v1/auth/register", "POST /v1/auth/email/resend", "POST /v1/auth/password/forgot"];
/// The concurrency of a new AWS account.
const LEAST_CONCURRENCY: usize = 10;

#[test]
fn what_is_held_leaves_instances_to_everybody_else() {
    let concurrency = template().functions["Accounts"].reserved_concurrency;
    let concurrency = concurrency.unwrap_or(LEAST_CONCURRENCY);

    assert!(usize::from(MOST_HELD_AT_ONCE) < concurrency, "{MOST_HELD_AT_ONCE} of {concurrency}");
    assert!(!MIN_RESPONSE_TIME.is_zero());
}

#[test]
fn fewer_requests_that_may_be_held_arrive_at_once_than_there_are_instances() {
    let template_text = workspace::read("template.yaml");
    let burst = |route: &&str| -> usize {
        let line = template_text.lines().find(|line| line.contains(&format!("\"{route}\": {{")));
        let (_, burst) = line.unwrap().split_once("ThrottlingBurstLimit: ").unwrap();
        burst.split(',').next().unwrap().parse().unwrap()
    };

    let at_once: usize = HELD.iter().map(burst).sum();

    let concurrency = template().functions["Accounts"].reserved_concurrency;
    assert!(at_once < concurrency.unwrap_or(LEAST_CONCURRENCY), "{at_once}");
}
