//! People who take their data, and people who leave.

mod conditions;
mod everything;
mod export;
mod races;

use crate::accounts::{PASSWORD, api as accounts_api};
use crate::send_email::ses::Ses;
use crate::stripe_webhook;
use axum::http::Method;
use domain::accounts::{Hasher, Purpose, Role};
use domain::id::{OrderId, UserId};
use domain::outbox::{Event, Message};
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use payments::Payments;
use send_email::{Mailer, Sender};
use serde_json::{Value, json};
use stack::stripe::StandIn;
use testkit::{ApiClient, Product, Response, Shop, User};

/// A shop with all that a person can leave traces in.
struct Fixture {
    shop: Shop,
    accounts: ApiClient,
    checkouts: ApiClient,
    orders: ApiClient,
    payments: ApiClient,
    webhook: ApiClient,
    /// Keeps Stripe's stand-in running.
    _stripe: StandIn,
    mailer: Mailer,
    admin: User,
    staff: User,
}

/// A person with an account, and the tokens of a session.
struct Person {
    user: User,
    refresh: String,
}

impl Fixture {
    async fn open() -> Self {
        let (shop, ses) = (Shop::open().await, Ses::open().await);
        let (stand_in, stripe) = testkit::stripe().await;
        let (app, dispatcher) = (shop.app(), OutboxDispatcher::deferred());
        let payments =
            Payments { app: app.clone(), dispatcher: dispatcher.clone(), stripe: stripe.into() };
        let mailer = Mailer {
            db: shop.db.clone(),
            sender: Sender::through(&ses.config(), "Tradepost <shop@tradepost.example>".to_owned()),
            staff: "staff@tradepost.example".to_owned(),
            shop_url: "https://shop.example".to_owned(),
            links: testkit::link_key(),
        };
        Self {
            accounts: accounts_api(&shop, &Hasher::with_cost(64, 1)),
            checkouts: ApiClient::new(checkouts::routes(), app.clone()),
            orders: ApiClient::new(orders::routes(), Orders { app, dispatcher }),
            payments: ApiClient::new(payments::routes(), payments),
            webhook: stripe_webhook::api(&shop),
            _stripe: stand_in,
            mailer,
            admin: shop.user(Role::Admin).await,
            staff: shop.staff().await,
            shop,
        }
    }

    /// Registers, uses the link in the email, and logs in.
    async fn join(&self, email: &str, device: &str) -> Person {
        let body = json!({"email": email, "password": PASSWORD});
        assert_eq!(self.accounts.post("/v1/auth/register", &body).await.status, 202);
        let newest = "select payload from outbox where dedupe_key like 'verification_asked:%'
                      order by id desc limit 1";
        let message: Value = self.shop.one(newest).await;
        let message: Message = serde_json::from_value(message).unwrap();
        let Event::VerificationAsked { link } = message.event else { panic!("{message:?}") };
        let secret = testkit::link_key().secret(Purpose::Verify, link);
        let verified = self.accounts.post("/v1/auth/email/verify", &json!({"token": secret}));
        assert_eq!(verified.await.status, 200);
        self.log_in(email, device).await
    }

    async fn log_in(&self, email: &str, device: &str) -> Person {
        let body = json!({"email": email, "password": PASSWORD});
        let call = self.accounts.post("/v1/auth/login", &body).header("user-agent", device);
        let tokens = call.sent_from("203.0.113.77").await;
        assert_eq!(tokens.status, 200, "{}", tokens.body);
        let (token, refresh) = (tokens.text("/access_token"), tokens.text("/refresh_token"));
        let bearer = format!("Bearer {token}");
        let me = self.accounts.get("/v1/me").header("authorization", &bearer).await;
        let user = User {
            id: me.text("/id").parse().unwrap(),
            email: email.to_owned(),
            token: token.to_owned(),
        };
        Person { user, refresh: refresh.to_owned() }
    }

    async fn refresh(&self, token: &str, device: &str) -> Response {
        let call = self.accounts.post("/v1/auth/refresh", &json!({"refresh_token": token}));
        call.header("user-agent", device).sent_from("203.0.113.77").await
    }

    async fn leave(&self, user: &User, password: &str) -> Response {
        self.accounts.post("/v1/me/erase", &json!({"current": password})).by(user).await
    }

    /// An admin erases the account.
    async fn erase(&self, user: UserId) -> Response {
        let path = format!("/v1/users/{user}/erase");
        self.accounts.call(Method::POST, &path).by(&self.admin).await
    }

    async fn export(&self, user: &User, query: &str) -> Response {
        let path = format!("/v1/me/export{query}");
        self.accounts.call(Method::POST, &path).by(user).await
    }

    /// Places an order over 19.99 EUR.
    async fn place(&self, user: &User, key: &str, extra: Value) -> Response {
        let product = self.shop.product(Product { price: 1999, ..Product::any() }).await;
        let mut body = json!({"lines": [{"product": product, "quantity": 1}]});
        body.as_object_mut().unwrap().extend(extra.as_object().unwrap().clone());
        self.orders.post("/v1/orders", &body).by(user).key(key).await
    }

    /// Sends the emails of all events so far.
    async fn send_emails(&self) {
        let rows = self.shop.admin.query("select payload from outbox order by id", &[]).await;
        for row in rows.unwrap() {
            let message: Message = serde_json::from_value(row.get(0)).unwrap();
            // Some are outdated.
            let _ = send_email::handle(&self.mailer, message, 1).await;
        }
    }

    /// What the books know of an order.
    async fn books(&self) -> String {
        let sql = "select concat_ws(' | ',
            (select string_agg(concat_ws(' ', id, status, total_minor, captured_minor, refunded_minor), ', ' order by id)
             from orders),
            (select string_agg(l::text, ', ' order by entry_id) from ledger l),
            (select string_agg(concat_ws(' ', id, status, amount_minor), ', ' order by id) from payments),
            (select string_agg(concat_ws(' ', id, status, amount_minor), ', ' order by id) from refunds),
            (select string_agg(concat_ws(' ', id, on_hand, reserved), ', ' order by id) from products),
            (select string_agg(concat_ws(' ', order_id, version, to_status, at), ', ' order by order_id, version)
             from order_history))";
        self.shop.one(sql).await
    }
}

fn order(response: &Response) -> OrderId {
    assert_eq!(response.status, 201, "{}", response.body);
    response.text("/id").parse().unwrap()
}
