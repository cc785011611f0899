//! What visitors do: guess passwords, ask too often, or buy something.

use super::day::Day;
use super::template::Every;
use super::{State, rings};
use crate::open;
use local::Customer;
use serde_json::json;

/// More than the alarm's threshold of refused log-ins, and the ten that are allowed in each of two minutes.
const GUESSES: usize = 80;

#[tokio::test]
async fn guessed_passwords_ring() {
    let shop = open().await;

    let guess = async |day: &mut Day<'_>| {
        let guesses = (0..GUESSES).map(|_| {
            let anonymous = Customer::anonymous(shop.url());
            let body = json!({"email": "ada@example.com", "password": "a guess of somebody"});
            tokio::spawn(async move { anonymous.post("/v1/auth/login", &body).await })
        });
        for guess in guesses.collect::<Vec<_>>() {
            day.answered(guess.await.unwrap().unwrap().status);
        }
    };
    rings(&shop, State::ThrottledLogins, guess, async |_| ()).await;
}

/// The gateway of AWS throttles, so that its answers are given as numbers.
#[tokio::test]
async fn a_flood_of_requests_rings() {
    let shop = open().await;

    let flood = async |day: &mut Day<'_>| {
        for _ in 0..=100 {
            day.answered(429);
        }
    };
    rings(&shop, State::ThrottledRequests, flood, async |_| ()).await;
}

#[tokio::test]
async fn on_a_good_day_nothing_rings() {
    let shop = open().await;
    for (every, minutes) in [(Every::Minute, 65), (Every::Quarter, 180), (Every::Hour, 360)] {
        let mut day = Day::begin(&shop, every).await;
        if every == Every::Minute {
            local::demo::run(&shop, |_, _| ()).await.unwrap();
        }
        for _ in 0..200 {
            day.answered(200);
        }
        for minute in 1..=minutes {
            day.go_on().await;
            assert_eq!(day.ringing(), Vec::<&str>::new(), "minute {minute} with {every:?}");
        }
    }
}
