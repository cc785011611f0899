//! Registration, log-in, sessions, passwords and user administration.

mod changing_a_password;
mod first_admin;
mod forgetting_a_password;
mod held_responses;
mod keys;
mod known_networks;
mod listed_sessions;
mod logging_in;
mod long_sessions;
mod registering;
mod roles;
mod sessions;
mod throttle;
mod token;
mod users;
mod verifying;

use accounts::Accounts;
use axum::http::Method;
use domain::accounts::{Hasher, Purpose, RefreshKey};
use domain::outbox::{Event, Message};
use lambda::dispatcher::OutboxDispatcher;
use serde_json::{Value, json};
use std::time::Duration;
use testkit::{ApiClient, Call, Response, Shop};

pub(crate) const PASSWORD: &str = "plain words are fine";

/// A shop and a client of its accounts API.
struct Fixture {
    shop: Shop,
    api: ApiClient,
    hasher: Hasher,
}

impl Fixture {
    /// Hashes passwords at the lowest cost, to keep the tests fast.
    async fn new() -> Self {
        Self::with_hasher(Hasher::with_cost(64, 1)).await
    }

    async fn with_hasher(hasher: Hasher) -> Self {
        let shop = Shop::open().await;
        let api = api(&shop, &hasher);
        Self { shop, api, hasher }
    }

    async fn register(&self, email: &str) -> Response {
        self.api.post("/v1/auth/register", &json!({"email": email, "password": PASSWORD})).await
    }

    async fn log_in(&self, email: &str, password: &str) -> Response {
        self.api.post("/v1/auth/login", &json!({"email": email, "password": password})).await
    }

    /// Registers a customer, who uses the link in the email.
    async fn open_account(&self, email: &str) {
        self.register(email).await;
        let link = self.mailed_links().await.pop().unwrap();
        assert_eq!(self.verify(&link).await.status, 200);
    }

    /// The tokens of the first session of a new customer.
    async fn register_and_log_in(&self, email: &str) -> Tokens {
        self.open_account(email).await;
        Tokens::of(&self.log_in(email, PASSWORD).await)
    }

    async fn refresh(&self, token: &str) -> Response {
        self.api.post("/v1/auth/refresh", &json!({"refresh_token": token})).await
    }

    fn me(&self, access: &str) -> Call {
        self.api.get("/v1/me").header("authorization", &format!("Bearer {access}"))
    }

    async fn log_out(&self, access: &str) -> Response {
        let call = self.api.call(Method::POST, "/v1/auth/logout");
        call.header("authorization", &format!("Bearer {access}")).await
    }

    async fn verify(&self, secret: &str) -> Response {
        self.api.post("/v1/auth/email/verify", &json!({"token": secret})).await
    }

    async fn resend(&self, email: &str) -> Response {
        self.api.post("/v1/auth/email/resend", &json!({"email": email})).await
    }

    async fn forgot(&self, email: &str) -> Response {
        self.api.post("/v1/auth/password/forgot", &json!({"email": email})).await
    }

    async fn reset(&self, secret: &str, password: &str) -> Response {
        let body = json!({"token": secret, "password": password});
        self.api.post("/v1/auth/password/reset", &body).await
    }

    /// All events in the outbox, oldest first.
    async fn events(&self) -> Vec<Event> {
        let sql = "select payload from outbox order by id";
        let rows = self.shop.admin.query(sql, &[]).await.unwrap();
        let event = |payload| serde_json::from_value::<Message>(payload).unwrap().event;
        rows.iter().map(|row| event(row.get("payload"))).collect()
    }

    /// The secrets of the links in the mails, oldest first.
    async fn mailed_links(&self) -> Vec<String> {
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

pub(crate) fn api(shop: &Shop, hasher: &Hasher) -> ApiClient {
    ApiClient::new(accounts::routes(), function(shop, hasher))
}

fn function(shop: &Shop, hasher: &Hasher) -> Accounts {
    let (signer, keys, links) = (testkit::signer(), testkit::token_keys(), testkit::link_key());
    let (dispatcher, key) = (OutboxDispatcher::deferred(), refresh_key());
    let accounts = Accounts::new(shop.app(), dispatcher, signer, keys, key, links).unwrap();
    Accounts { hasher: hasher.clone(), min_response_time: Duration::ZERO, ..accounts }
}

fn refresh_key() -> RefreshKey {
    RefreshKey::from_base64("bm90IGEgc2VjcmV0LCBidXQgMzIgYnl0ZXMgbG9uZyE=").unwrap()
}

struct Tokens {
    access: String,
    refresh: String,
}

impl Tokens {
    fn of(answer: &Response) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.body);
        let (access, refresh) = (answer.text("/access_token"), answer.text("/refresh_token"));
        Self { access: access.to_owned(), refresh: refresh.to_owned() }
    }
}

/// Status, headers and body, without what differs from request to request.
fn comparable(answer: &Response) -> (u16, Vec<(String, String)>, Value) {
    let mut body = answer.body.clone();
    if let Some(fields) = body.as_object_mut() {
        fields.remove("request_id");
    }
    let headers = answer.headers.iter().filter(|(name, _)| {
        *name != "x-request-id"
            && !["ratelimit", "ratelimit-remaining", "ratelimit-reset"].contains(&name.as_str())
    });
    let headers = headers.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    (answer.status, headers, body)
}
