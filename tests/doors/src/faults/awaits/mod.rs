//! Functions are killed at one await point after the other, and the world goes on: whoever had no answer asks again,
//! queues deliver again, the sweep comes.

mod buying;
mod giving_back;
mod mailing;
mod silence;

use crate::faults::sqs::Queue;
use crate::send_email::ses::Ses;
use aws_config::SdkConfig;
use domain::db::Db;
use domain::id::{OrderId, ProductId};
use domain::outbox::Message;
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use lambda::http::App;
use lambda::http::token::Verifier;
use lambda::queue::Setback;
use orders::Orders;
use payments::Payments;
use send_email::{Desk, Post};
use serde_json::{Value, json};
use stack::stripe::{Card, StandIn};
use std::collections::BTreeMap;
use stripe_gateway::Stripe;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use sweep::Sweep;
use testkit::{Answer, Call, Death, Door, Order, Person, Product, Shop, WEBHOOK_SECRET};

/// What a mug costs.
const PRICE: i64 = 1999;
/// So often the sweep comes before somebody is surprised that things still wait.
const MOST_ROUNDS: usize = 5;

/// Where functions find what they need; each one made here is a process's own, with a connection of its own.
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

    /// As functions have it that send what they write.
    fn telling_db(&self) -> Db {
        let mut db = self.db();
        db.send_itself();
        db
    }

    fn dispatch(&self) -> Dispatch {
        self.queue.dispatch()
    }

    fn stripe(&self) -> Stripe {
        Stripe::new("sk_test_of_this_run", Some(&self.stripe)).unwrap()
    }

    fn app(&self) -> App {
        let verifier = Verifier::from_jwks(&testkit::token_keys()).unwrap();
        App { db: self.telling_db(), verifier, clock: testkit::clock() }
    }

    fn orders(&self) -> Door {
        Door::new(orders::routes(), Orders { app: self.app(), dispatch: self.dispatch() })
    }

    fn payments(&self) -> Door {
        let stripe = self.stripe().into();
        let payments = Payments { app: self.app(), dispatch: self.dispatch(), stripe };
        Door::new(payments::routes(), payments)
    }

    fn webhook(&self) -> Door {
        let webhook = Webhook {
            db: self.telling_db(),
            clock: testkit::clock(),
            dispatch: self.dispatch(),
            secrets: Secrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        Door::new(stripe_webhook::routes(), webhook)
    }

    fn sweep(&self) -> Sweep {
        Sweep {
            db: self.db(),
            dispatch: self.dispatch(),
            dead_letters: DeadLetters::none(),
            stripe: self.stripe().into(),
        }
    }

    fn desk(&self) -> Desk {
        Desk {
            db: self.db(),
            post: Post::through(&self.ses, "shop@example.com".to_owned()),
            staff: "staff@example.com".to_owned(),
            shop_url: "https://shop.example".to_owned(),
            links: testkit::link_key(),
        }
    }
}

/// A shop and everybody around it, and the processes that come after those that died.
struct World {
    shop: Shop,
    stripe: StandIn,
    queue: Queue,
    ses: Ses,
    functions: Functions,
    orders: Door,
    payments: Door,
    webhook: Door,
    sweep: Sweep,
    desk: Desk,
    staff: Person,
    mug: ProductId,
}

/// An order that was paid at Stripe.
struct Paid {
    order: OrderId,
    buyer: Person,
    payment: String,
}

impl World {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (stripe, _) = testkit::stripe().await;
        let (queue, ses) = (Queue::open().await, Ses::open().await);
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
            desk: functions.desk(),
            staff: shop.staff().await,
            mug: shop.product(Product { price: PRICE, stock: 1000, ..Product::any() }).await,
            shop,
            stripe,
            queue,
            ses,
            functions,
        }
    }

    /// A function gets a request, and dies of it. The answer, if it came before.
    async fn ask(
        &self,
        death: Death,
        function: fn(&Functions) -> Door,
        request: impl FnOnce(&Door) -> Call + Send + 'static,
    ) -> Option<Answer> {
        let functions = self.functions.clone();
        let answer = death.of(move || async move { request(&function(&functions)).await }).await;
        self.shop.check_invariants().await;
        answer
    }

    /// Somebody's pending order over one mug.
    async fn order(&self, buyer: &Person) -> OrderId {
        self.shop.order(buyer, Order { product: self.mug, quantity: 1 }).await
    }

    /// The buyer pays what the payment intent in `begun` asks for, and Stripe tells the shop.
    async fn pay(&self, begun: &Answer) -> String {
        assert_eq!(begun.status, 200, "{}", begun.body);
        let intent = begun.text("/stripe_payment_intent").to_owned();
        self.stripe.pay(&intent, Card::Visa).unwrap();
        let told = self.webhook.stripe_event(&self.success(&intent)).await;
        assert_eq!(told.status, 200, "{}", told.body);
        intent
    }

    /// Stripe's event that an intent was paid.
    fn success(&self, intent: &str) -> Value {
        let is_it = |event: &Value| {
            event["type"] == "payment_intent.succeeded" && event["data"]["object"]["id"] == intent
        };
        self.stripe.events().into_iter().rfind(is_it).unwrap()
    }

    /// An order that went all the way, its mails too.
    async fn paid(&self) -> Paid {
        let buyer = self.shop.customer().await;
        let order = self.order(&buyer).await;
        let begun = begin(&self.payments, order, &buyer).await;
        self.pay(&begun).await;
        let payment = begun.text("/payment").to_owned();
        Paid { order, buyer, payment }
    }

    /// Time goes by: leases end, the sweep comes every minute, SQS hands out what lies in its queue.
    async fn go_on(&self) {
        let waits = "select (select count(*) from outbox where sent_at is null)
                          + (select count(*) from stripe_events where processed_at is null)
                          + (select count(*) from refunds where status = 'requested')";
        for _ in 0..MOST_ROUNDS {
            self.shop.run("update outbox set available_at = now() where sent_at is null").await;
            let due = "update stripe_events set next_try_at = now() where processed_at is null";
            self.shop.run(due).await;
            let due = "update refunds set next_try_at = now() where status = 'requested'";
            self.shop.run(due).await;
            self.sweep.round().await.unwrap();
            if self.shop.one::<i64>(waits).await == 0 {
                break;
            }
        }
        assert_eq!(self.shop.one::<i64>(waits).await, 0, "something still waits");
        for message in self.queue.take() {
            self.deliver(&message).await;
        }
        self.shop.check_invariants().await;
    }

    /// SQS hands a message out until somebody takes it.
    async fn deliver(&self, message: &str) {
        for _ in 0..MOST_ROUNDS {
            let message: Message = serde_json::from_str(message).unwrap();
            match send_email::handle(&self.desk, message, 1).await {
                Ok(()) | Err(Setback::Pointless { .. }) => return,
                // Whoever had claimed it is dead, and its time runs out.
                Err(Setback::Again(_) | Setback::After(..)) => {
                    let over = "update emails set claimed_until = now() where status = 'claimed'";
                    self.shop.run(over).await;
                }
            }
        }
        panic!("nobody takes {message}");
    }

    /// The subjects of the mails that somebody got, without the order's id, and how often.
    fn mails(&self, to: &Person) -> BTreeMap<String, usize> {
        let mut mails = BTreeMap::new();
        for mail in self.ses.mails() {
            if mail["Destination"]["ToAddresses"] == json!([to.email]) {
                let subject = mail["Content"]["Simple"]["Subject"]["Data"].as_str().unwrap();
                let words = subject.split(' ').filter(|word| !word.starts_with("ord_"));
                *mails.entry(words.collect::<Vec<_>>().join(" ")).or_default() += 1;
            }
        }
        mails
    }

    /// Stripe's books and ours say the same of every payment, and every order has one.
    async fn compare_books(&self) {
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

/// The buyer wants to pay an order.
fn begin(payments: &Door, order: OrderId, buyer: &Person) -> Call {
    payments.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).by(buyer)
}

/// One mail of each subject.
fn one_each<const N: usize>(subjects: [&str; N]) -> BTreeMap<String, usize> {
    subjects.map(|subject| (subject.to_owned(), 1)).into()
}
