//! Functions are killed at each of their await points in turn. Afterwards the client repeats its request, the queues
//! deliver again and the sweep runs, and everything must have happened exactly once.

mod checkouts;
mod edits;
mod emails;
mod open_transactions;
mod orders_and_payments;
mod parcels;
mod refunds;
mod returns;

use crate::faults::sqs::Queue;
use crate::send_email::ses::Ses;
use aws_config::SdkConfig;
use domain::db::Db;
use domain::id::{OrderId, ProductId};
use domain::ordering::OrderNumber;
use domain::outbox::{Message, send_own_messages};
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use lambda::http::token::Verifier;
use lambda::http::{App, TrustedProxies};
use lambda::queue::MessageError;
use orders::Orders;
use payments::Payments;
use send_email::{Mailer, Sender};
use serde_json::{Value, json};
use stack::stripe::{Card, StandIn};
use std::collections::BTreeMap;
use stripe_gateway::webhook::SigningSecrets;
use stripe_gateway::{Mode, Stripe};
use stripe_webhook::Webhook;
use sweep::Sweep;
use testkit::{ApiClient, Call, CrashPoint, Order, Product, Response, Shop, User, WEBHOOK_SECRET};

/// The price of a mug, in cents.
const PRICE: i64 = 1999;
/// After so many rounds of the sweep, or deliveries of a message, nothing may be left to do.
const MAX_ROUNDS: usize = 5;

/// Where the functions' dependencies listen. Each function made here gets clients and connections of its own, as a
/// process has.
#[derive(Clone)]
struct Functions {
    database: String,
    stripe: String,
    queue: Queue,
    ses: SdkConfig,
}

impl Functions {
    fn db(&self) -> Db {
        Db::connect(&self.database, 1).unwrap()
    }

    /// For functions that send their own outbox messages after the commit.
    fn dispatching_db(&self) -> Db {
        let mut db = self.db();
        send_own_messages(&mut db);
        db
    }

    fn dispatcher(&self) -> OutboxDispatcher {
        self.queue.dispatcher()
    }

    fn stripe(&self) -> Stripe {
        Stripe::new("sk_test_of_this_run", Some(&self.stripe), Mode::Test).unwrap()
    }

    fn app(&self) -> App {
        let verifier = Verifier::from_jwks(&testkit::token_keys()).unwrap();
        let (clock, trusted_proxies) = (testkit::clock(), TrustedProxies::default());
        App { db: self.dispatching_db(), verifier, clock, trusted_proxies }
    }

    fn orders(&self) -> ApiClient {
        ApiClient::new(orders::routes(), Orders { app: self.app(), dispatcher: self.dispatcher() })
    }

    fn payments(&self) -> ApiClient {
        let stripe = self.stripe().into();
        let payments = Payments { app: self.app(), dispatcher: self.dispatcher(), stripe };
        ApiClient::new(payments::routes(), payments)
    }

    fn webhook(&self) -> ApiClient {
        let webhook = Webhook {
            db: self.dispatching_db(),
            clock: testkit::clock(),
            dispatcher: self.dispatcher(),
            secrets: SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        ApiClient::new(stripe_webhook::routes(), webhook)
    }

    fn sweep(&self) -> Sweep {
        Sweep {
            time: sweep::ROUND,
            live: false,
            db: self.db(),
            dispatcher: self.dispatcher(),
            dead_letters: DeadLetters::none(),
            stripe: self.stripe().into(),
        }
    }

    fn mailer(&self) -> Mailer {
        Mailer {
            db: self.db(),
            sender: Sender::through(&self.ses, "shop@example.com".to_owned()),
            staff: "staff@example.com".to_owned(),
            shop_url: "https://shop.example".to_owned(),
            links: testkit::link_key(),
        }
    }
}

/// A shop with stand-ins for Stripe, SQS and SES, and the functions that run after the killed ones.
struct CrashFixture {
    shop: Shop,
    stripe: StandIn,
    queue: Queue,
    ses: Ses,
    functions: Functions,
    orders: ApiClient,
    payments: ApiClient,
    webhook: ApiClient,
    sweep: Sweep,
    mailer: Mailer,
    staff: User,
    mug: ProductId,
}

/// A confirmed order, and our id of its payment.
struct PaidOrder {
    order: OrderId,
    buyer: User,
    payment: String,
}

impl CrashFixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let (stripe, _) = testkit::stripe().await;
        let (queue, ses) = (Queue::start().await, Ses::open().await);
        let functions = Functions {
            database: shop.url().to_owned(),
            stripe: stripe.url().to_owned(),
            queue: queue.clone(),
            ses: ses.config(),
        };
        Self {
            orders: functions.orders(),
            payments: functions.payments(),
            webhook: functions.webhook(),
            sweep: functions.sweep(),
            mailer: functions.mailer(),
            staff: shop.staff().await,
            mug: shop.product(Product { price: PRICE, stock: 1000, ..Product::any() }).await,
            shop,
            stripe,
            queue,
            ses,
            functions,
        }
    }

    /// Sends a request to a function that is killed at `crash_point`. The answer, if the function gave one before.
    async fn call_and_crash(
        &self,
        crash_point: CrashPoint,
        function: fn(&Functions) -> ApiClient,
        request: impl FnOnce(&ApiClient) -> Call + Send + 'static,
    ) -> Option<Response> {
        let functions = self.functions.clone();
        let answer =
            crash_point.run(move || async move { request(&function(&functions)).await }).await;
        self.shop.check_invariants().await;
        answer
    }

    /// A pending order over one mug.
    async fn order(&self, buyer: &User) -> OrderId {
        self.shop.order(buyer, Order { product: self.mug, quantity: 1 }).await
    }

    /// Pays the payment intent in `started` at Stripe, and delivers Stripe's event about it. Stripe's id of the intent.
    async fn pay(&self, started: &Response) -> String {
        assert_eq!(started.status, 200, "{}", started.body);
        let intent = started.text("/stripe_payment_intent").to_owned();
        self.stripe.pay(&intent, Card::Visa).unwrap();
        let acknowledged = self.webhook.stripe_event(&self.succeeded_event(&intent)).await;
        assert_eq!(acknowledged.status, 200, "{}", acknowledged.body);
        intent
    }

    /// Stripe's `payment_intent.succeeded` event of an intent.
    fn succeeded_event(&self, intent: &str) -> Value {
        let matches = |event: &Value| {
            event["type"] == "payment_intent.succeeded" && event["data"]["object"]["id"] == intent
        };
        self.stripe.events().into_iter().rfind(matches).unwrap()
    }

    /// Places and pays an order, without crashes.
    async fn paid_order(&self) -> PaidOrder {
        let buyer = self.shop.customer().await;
        let order = self.order(&buyer).await;
        let started = start_payment(&self.payments, order, &buyer).await;
        self.pay(&started).await;
        let payment = started.text("/payment").to_owned();
        PaidOrder { order, buyer, payment }
    }

    /// Ends all leases and runs the sweep until nothing is left to do, then delivers all queued messages.
    async fn drain(&self) {
        let pending = "select (select count(*) from outbox where sent_at is null)
                          + (select count(*) from stripe_events where processed_at is null)
                          + (select count(*) from refunds where status = 'requested')";
        for _ in 0..MAX_ROUNDS {
            self.shop.run("update outbox set available_at = now() where sent_at is null").await;
            let due = "update stripe_events set next_try_at = now() where processed_at is null";
            self.shop.run(due).await;
            let due = "update refunds set next_try_at = now() where status = 'requested'";
            self.shop.run(due).await;
            self.sweep.round().await.unwrap();
            if self.shop.one::<i64>(pending).await == 0 {
                break;
            }
        }
        assert_eq!(self.shop.one::<i64>(pending).await, 0, "left after {MAX_ROUNDS} rounds");
        for message in self.queue.take() {
            self.deliver(&message).await;
        }
        self.shop.check_invariants().await;
    }

    /// Delivers a message of the mail queue until its function succeeds, or refuses it for good.
    async fn deliver(&self, message: &str) {
        for _ in 0..MAX_ROUNDS {
            let message: Message = serde_json::from_str(message).unwrap();
            match send_email::handle(&self.mailer, message, 1).await {
                Ok(()) | Err(MessageError::Permanent { .. }) => return,
                // The killed function had claimed the mail: its claim expires.
                Err(MessageError::Retry(_) | MessageError::RetryAfter(..)) => {
                    let over = "update emails set claimed_until = now() where status = 'claimed'";
                    self.shop.run(over).await;
                }
            }
        }
        panic!("not handled after {MAX_ROUNDS} deliveries: {message}");
    }

    /// How many mails of each subject were sent to a user. The subjects come without the order's number.
    fn emails_to(&self, to: &User) -> BTreeMap<String, usize> {
        let mut emails = BTreeMap::new();
        for mail in self.ses.mails() {
            if mail["Destination"]["ToAddresses"] == json!([to.email]) {
                let subject = mail["Content"]["Simple"]["Subject"]["Data"].as_str().unwrap();
                let words = subject.split(' ').filter(|word| word.parse::<OrderNumber>().is_err());
                *emails.entry(words.collect::<Vec<_>>().join(" ")).or_default() += 1;
            }
        }
        emails
    }

    /// Asserts that every order has one payment, with the same amounts at Stripe and in our database.
    async fn compare_ledgers(&self) {
        let sql = "select p.provider_pi, o.captured_minor, o.refunded_minor
                   from orders o join payments p on p.order_id = o.id order by 1";
        let ours = self.shop.admin.query(sql, &[]).await.unwrap();
        let ours: Vec<(String, i64, i64)> =
            ours.iter().map(|row| (row.get(0), row.get(1), row.get(2))).collect();
        let line = |it: stack::stripe::LedgerLine| (it.intent, it.received, it.refunded);
        let mut theirs: Vec<_> = self.stripe.ledger().into_iter().map(line).collect();
        theirs.sort();
        assert_eq!(ours, theirs);
    }
}

/// The buyer's request for a payment intent.
fn start_payment(payments: &ApiClient, order: OrderId, buyer: &User) -> Call {
    payments.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).by(buyer)
}

/// One mail of each subject.
fn one_each<const N: usize>(subjects: [&str; N]) -> BTreeMap<String, usize> {
    subjects.map(|subject| (subject.to_owned(), 1)).into()
}
