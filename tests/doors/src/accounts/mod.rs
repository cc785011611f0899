//! Who people are, and how they show it.

mod keys;
mod logging_in;
mod registering;
mod roles;
mod running_the_shop;
mod sessions;
mod throttle;
mod token;

use accounts::Accounts;
use domain::accounts::{Hasher, RefreshKey};
use serde_json::{Value, json};
use testkit::{Answer, Call, Door, Shop};

const PASSWORD: &str = "plain words are fine";

/// Where people register and log in.
struct Reception {
    shop: Shop,
    door: Door,
    hasher: Hasher,
}

impl Reception {
    /// Hashes cheaply, so that nobody waits.
    async fn open() -> Self {
        Self::hashing(Hasher::costing(64, 1)).await
    }

    async fn hashing(hasher: Hasher) -> Self {
        let shop = Shop::open().await;
        let door = door(&shop, &hasher);
        Self { shop, door, hasher }
    }

    async fn register(&self, email: &str) -> Answer {
        self.door.post("/v1/auth/register", &json!({"email": email, "password": PASSWORD})).await
    }

    async fn log_in(&self, email: &str, password: &str) -> Answer {
        self.door.post("/v1/auth/login", &json!({"email": email, "password": password})).await
    }

    /// A new customer's tokens.
    async fn welcome(&self, email: &str) -> Tokens {
        self.register(email).await;
        Tokens::of(&self.log_in(email, PASSWORD).await)
    }

    async fn refresh(&self, token: &str) -> Answer {
        self.door.post("/v1/auth/refresh", &json!({"refresh_token": token})).await
    }

    fn me(&self, access: &str) -> Call {
        self.door.get("/v1/me").header("authorization", &format!("Bearer {access}"))
    }

    async fn log_out(&self, access: &str) -> Answer {
        let call = self.door.call(axum::http::Method::POST, "/v1/auth/logout");
        call.header("authorization", &format!("Bearer {access}")).await
    }
}

fn door(shop: &Shop, hasher: &Hasher) -> Door {
    Door::new(accounts::routes(), function(shop, hasher))
}

fn function(shop: &Shop, hasher: &Hasher) -> Accounts {
    let key = RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=").unwrap();
    let keys = testkit::token_keys();
    let accounts = Accounts::new(shop.app(), testkit::signer(), keys, key).unwrap();
    Accounts { hasher: hasher.clone(), ..accounts }
}

struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let (access, refresh) = (answer.text("/access_token"), answer.text("/refresh_token"));
        Self { access: access.to_owned(), refresh: refresh.to_owned() }
    }
}

/// All that an answer tells, but for what differs from request to request.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    let headers = answer.headers.iter().filter(|(name, _)| *name != "x-request-id");
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status, headers, body)
}
