//! Who people are, and how they show it.

mod changing_a_password;
mod forgetting_a_password;
mod keys;
mod logging_in;
mod registering;
mod roles;
mod running_the_shop;
mod sessions;
mod throttle;
mod token;
mod users;
mod verifying;

use accounts::Accounts;
use axum::http::Method;
use domain::accounts::{Hasher, Purpose, RefreshKey};
use domain::outbox::{Event, Message};
use lambda::dispatch::Dispatch;
use serde_json::{Value, json};
use std::time::Duration;
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
        let call = self.door.call(Method::POST, "/v1/auth/logout");
        call.header("authorization", &format!("Bearer {access}")).await
    }

    async fn verify(&self, secret: &str) -> Answer {
        self.door.post("/v1/auth/email/verify", &json!({"token": secret})).await
    }

    async fn resend(&self, email: &str) -> Answer {
        self.door.post("/v1/auth/email/resend", &json!({"email": email})).await
    }

    async fn forgot(&self, email: &str) -> Answer {
        self.door.post("/v1/auth/password/forgot", &json!({"email": email})).await
    }

    async fn reset(&self, secret: &str, password: &str) -> Answer {
        let wish = json!({"token": secret, "password": password});
        self.door.post("/v1/auth/password/reset", &wish).await
    }

    /// What the shop has told, in the order in which it happened.
    async fn events(&self) -> Vec<Event> {
        let sql = "select payload from outbox order by id";
        let rows = self.shop.admin.query(sql, &[]).await.unwrap();
        let event = |payload| serde_json::from_value::<Message>(payload).unwrap().event;
        rows.iter().map(|row| event(row.get("payload"))).collect()
    }

    /// The secrets of the links that went out, as they stand in the mails.
    async fn mailed(&self) -> Vec<String> {
        let secret = |event| match event {
            Event::VerificationAsked { link } => {
                Some(testkit::link_key().secret(Purpose::Verify, link))
            }
            Event::ResetAsked { link } => Some(testkit::link_key().secret(Purpose::Reset, link)),
            _ => None,
        };
        self.events().await.into_iter().filter_map(secret).collect()
    }
}

fn door(shop: &Shop, hasher: &Hasher) -> Door {
    Door::new(accounts::routes(), function(shop, hasher))
}

fn function(shop: &Shop, hasher: &Hasher) -> Accounts {
    let key = RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=").unwrap();
    let (signer, keys, links) = (testkit::signer(), testkit::token_keys(), testkit::link_key());
    let accounts = Accounts::new(shop.app(), Dispatch::later(), signer, keys, key, links).unwrap();
    Accounts { hasher: hasher.clone(), hush: Duration::ZERO, ..accounts }
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

/// All that an answer tells, but for what counts from request to request.
fn told(answer: &Answer) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    let headers = answer.headers.iter().filter(|(name, _)| {
        *name != "x-request-id"
            && !["ratelimit-remaining", "ratelimit-reset"].contains(&name.as_str())
    });
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status, headers, body)
}
