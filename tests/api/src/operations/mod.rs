//! The operations API: invariants, Stripe events, outbox, mails and dead letters.

mod attention;
mod invariants;
mod reading;
mod stripe_events;

use domain::accounts::Role;
use lambda::dead_letters::DeadLetters;
use operations::Operations;
use testkit::{ApiClient, Call, Shop, User};

/// A shop and an admin's client of its operations API.
struct Fixture {
    shop: Shop,
    api: ApiClient,
    admin: User,
}

impl Fixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let state = Operations { app: shop.app(), dead_letters: DeadLetters::none() };
        let admin = shop.user(Role::Admin).await;
        Self { api: ApiClient::new(operations::routes(), state), shop, admin }
    }

    fn get(&self, path: &str) -> Call {
        self.api.get(&format!("/v1/ops/{path}")).by(&self.admin)
    }

    fn post(&self, path: &str) -> Call {
        self.api.call("POST".parse().unwrap(), &format!("/v1/ops/{path}")).by(&self.admin)
    }
}
