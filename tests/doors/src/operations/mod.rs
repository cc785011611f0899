//! What the people who keep the shop running see and do.

mod invariants;
mod looking;
mod stripe_events;

use domain::accounts::Role;
use lambda::dead_letters::DeadLetters;
use operations::Operations;
use testkit::{Call, Door, Person, Shop};

/// A shop that somebody keeps running.
struct Office {
    shop: Shop,
    door: Door,
    admin: Person,
}

impl Office {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let state = Operations { app: shop.app(), dead_letters: DeadLetters::none() };
        let admin = shop.person(Role::Admin).await;
        Self { door: Door::new(operations::routes(), state), shop, admin }
    }

    fn get(&self, path: &str) -> Call {
        self.door.get(&format!("/v1/ops/{path}")).by(&self.admin)
    }

    fn post(&self, path: &str) -> Call {
        self.door.call("POST".parse().unwrap(), &format!("/v1/ops/{path}")).by(&self.admin)
    }
}
