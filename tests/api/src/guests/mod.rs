//! Buyers without an account: what they may do, what opens their orders, and how these become an account's.

mod buying;
mod claiming;
mod correcting;
mod joining;
mod leaving;
mod limits;
mod links;
mod secrets;

use crate::send_email::ses::Ses;
use axum::http::Method;
use domain::accounts::Hasher;
use domain::id::ProductId;
use domain::outbox::Message;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use payments::Payments;
use send_email::{Mailer, Sender};
use serde_json::{Value, json};
use stack::stripe::StandIn;
use testkit::{ApiClient, Call, Product, Response, Shop, User};

const ANN: &str = "ann@example.com";
/// Where guests are, unless it matters.
const HOME: &str = "192.0.2.1";

/// A shop that sells a mug at 12.50 EUR, of which there are ten, with clients of the functions.
struct Fixture {
    shop: Shop,
    stripe: StandIn,
    checkouts: ApiClient,
    orders: ApiClient,
    payments: ApiClient,
    accounts: ApiClient,
    ses: Ses,
    mailer: Mailer,
    mug: ProductId,
}

/// A guest's checkout, and what opens it.
#[derive(Clone, Debug)]
struct Guest {
    path: String,
    secret: String,
    ip: String,
}

impl Fixture {
    async fn open() -> Self {
        Self::with(Product::any()).await
    }

    async fn with(product: Product) -> Self {
        let (shop, ses) = (Shop::open().await, Ses::open().await);
        let (stand_in, stripe) = testkit::stripe().await;
        let app = shop.app();
        let dispatcher = OutboxDispatcher::deferred;
        let orders = Orders { app: app.clone(), dispatcher: dispatcher() };
        let payments =
            Payments { app: app.clone(), dispatcher: dispatcher(), stripe: stripe.into() };
        let mailer = Mailer {
            db: shop.db.clone(),
            sender: Sender::through(&ses.config(), "Shop <shop@example.com>".to_owned()),
            staff: "staff@example.com".to_owned(),
            shop_url: "https://shop.example".to_owned(),
            links: testkit::link_key(),
        };
        let mug = shop.product(product).await;
        Self {
            stripe: stand_in,
            checkouts: ApiClient::new(checkouts::routes(), app),
            orders: ApiClient::new(orders::routes(), orders),
            payments: ApiClient::new(payments::routes(), payments),
            accounts: crate::accounts::api(&shop, &Hasher::with_cost(64, 1)),
            shop,
            ses,
            mailer,
            mug,
        }
    }

    /// So many mugs, for the guest of this address.
    fn wish(&self, email: &str, quantity: i64) -> Value {
        json!({"email": email, "lines": [{"product": self.mug, "quantity": quantity}]})
    }

    /// A checkout of so many mugs.
    async fn guest(&self, email: &str, quantity: i64) -> Guest {
        self.guest_at(HOME, &self.wish(email, quantity)).await
    }

    async fn guest_at(&self, ip: &str, body: &Value) -> Guest {
        let created = self.checkouts.post("/v1/checkouts", body).sent_from(ip).await;
        assert_eq!(created.status, 201, "{}", created.body);
        Guest {
            path: format!("/v1/checkouts/{}", created.text("/id")),
            secret: created.text("/secret").to_owned(),
            ip: ip.to_owned(),
        }
    }

    /// Completes the checkout of a guest whatever its version, under a key of its own.
    fn complete(&self, guest: &Guest, cents: i64) -> Call {
        self.complete_with(guest, &format!("a guest's key {}", ProductId::generate()), cents)
    }

    fn complete_with(&self, guest: &Guest, key: &str, cents: i64) -> Call {
        let body = json!({"expected_total": {"amount": cents, "currency": "EUR"}});
        let call = self.orders.post(&format!("{}/complete", guest.path), &body);
        guest.shown(call.header("if-match", "*").key(key))
    }

    /// The path of the order that one mug of a new guest became.
    async fn order(&self, email: &str) -> (Guest, String) {
        let guest = self.guest(email, 1).await;
        let placed = self.complete(&guest, 1250).await;
        assert_eq!(placed.status, 201, "{}", placed.body);
        (guest, format!("/v1/orders/{}", placed.text("/id")))
    }

    fn show(&self, guest: &Guest, order: &str) -> Call {
        guest.shown(self.orders.get(order))
    }

    /// Sends the emails of all events in the outbox, oldest first, and returns what was sent to this address.
    async fn mails_to(&self, email: &str) -> Vec<String> {
        let sql = "select payload from outbox order by id";
        for row in self.shop.admin.query(sql, &[]).await.unwrap() {
            let message: Message = serde_json::from_value(row.get("payload")).unwrap();
            // What is outdated is an error, and no email.
            let _ = send_email::handle(&self.mailer, message, 1).await;
        }
        let mails = self.ses.mails().into_iter();
        let own = mails.filter(|mail| mail["Destination"]["ToAddresses"][0] == email);
        let text = |mail: Value| {
            mail["Content"]["Simple"]["Body"]["Text"]["Data"].as_str().unwrap().to_owned()
        };
        own.map(text).collect()
    }

    /// What stands behind the `#` of the link in an email.
    fn link(mail: &str) -> &str {
        let (_, rest) =
            mail.split_once("https://shop.example/order#").unwrap_or_else(|| panic!("{mail}"));
        rest.split_whitespace().next().unwrap()
    }

    fn use_link(&self, link: &str) -> Call {
        self.accounts.post("/v1/auth/links", &json!({"token": link}))
    }

    fn claim(&self, user: &User, guest: &Guest) -> Call {
        let call = self.checkouts.call(Method::POST, &format!("{}/claim", guest.path));
        call.by(user).header("checkout-secret", &guest.secret)
    }

    fn claim_orders(&self, user: &User) -> Call {
        self.orders.call(Method::POST, "/v1/me/orders/claim").by(user)
    }

    /// A customer with this address.
    async fn account(&self, email: &str, is_proven: bool) -> User {
        let user = self.shop.customer().await;
        let proven = if is_proven { "now()" } else { "null" };
        let sql = format!(
            "update users set email = $2, email_norm = $2, email_verified_at = {proven} where id = $1"
        );
        self.shop.admin.execute(&sql, &[&user.id, &email]).await.unwrap();
        User { email: email.to_owned(), ..user }
    }

    async fn orders_count(&self) -> i64 {
        self.shop.one("select count(*) from orders").await
    }

    /// Fails unless our records agree with each other, with Stripe's and with the responses.
    async fn audit(&self) {
        let audit = self.shop.audit().with_stripe(&self.stripe);
        let audit = audit.with_exchanges(self.orders.exchanges());
        audit.with_mails(self.ses.sent_mails()).assert_holds().await;
    }
}

impl Guest {
    /// Shows the secret with a request, from where the guest is.
    fn shown(&self, call: Call) -> Call {
        call.header("checkout-secret", &self.secret).sent_from(&self.ip)
    }
}

/// Shows the token that a link was exchanged for.
fn with_token(call: Call, exchanged: &Response) -> Call {
    call.header("authorization", &format!("Bearer {}", exchanged.text("/access_token")))
}
