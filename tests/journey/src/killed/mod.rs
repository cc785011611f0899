//! The binaries that get deployed die, or stand still, at moments that have a name: their lines are held there.

mod clock;
mod frozen;
mod mailing;
mod paying;
mod telling;

use crate::{PATIENCE, until};
use local::{Customer, Lines, Options, Shop};
use serde_json::{Value, json};
use stack::leash::signal;
use stack::proxy::{At, Break, Proxy, Way};
use stack::stripe::StandIn;
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

/// When somebody dies: as these bytes are about to pass.
#[derive(Clone, Copy)]
struct Moment<'a> {
    function: &'a str,
    line: &'a Proxy,
    way: Way,
    text: &'a str,
}

/// A shop whose lines can be held, somebody who buys there and somebody who looks after it.
struct Stage {
    shop: Shop,
    grace: Customer,
    admin: Customer,
    database: Client,
}

impl Stage {
    async fn set() -> Self {
        Self::of(Options { lines: true, ..Options::default() }).await
    }

    async fn of(options: Options) -> Self {
        let shop = Shop::open(options).await.unwrap();
        let (database, connection) =
            tokio_postgres::connect(shop.database_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let (grace, admin) = (crate::customer(&shop).await, crate::admin(&shop).await);
        let stage = Self { shop, grace, admin, database };
        stage.quiet().await;
        stage
    }

    fn lines(&self) -> &Lines {
        self.shop.lines.as_ref().unwrap()
    }

    fn stripe(&self) -> &StandIn {
        self.shop.stripe.as_ref().unwrap()
    }

    /// Does `work`, and kills the function at the moment. Nothing that was held there arrives.
    async fn killed<T>(&self, at: Moment<'_>, work: impl Future<Output = T>) -> T {
        self.held(at, work, async |pids| {
            for pid in pids {
                signal(pid, "KILL").unwrap();
            }
            at.line.cut();
        })
        .await
    }

    /// Does `work`, and `then` something to the function as soon as its line is held at the moment.
    async fn held<T>(
        &self,
        at: Moment<'_>,
        work: impl Future<Output = T>,
        then: impl AsyncFnOnce(Vec<u32>),
    ) -> T {
        if at.line.address() == self.lines().database.address() {
            self.renew(at.function).await;
        }
        let times = at.line.struck() + 1;
        at.line.script(at.way, At::text(at.text), Break::Hold);
        let strike = async {
            let struck = timeout(PATIENCE, at.line.has_struck(times)).await;
            assert!(struck.is_ok(), "{} never said {}", at.function, at.text);
            then(self.shop.gateway.pids(at.function).unwrap()).await;
        };
        tokio::join!(work, strike).0
    }

    /// The next process of the function is a new one: it says each statement once, in full, and only its number later.
    async fn renew(&self, function: &str) {
        for pid in self.shop.gateway.pids(function).unwrap() {
            signal(pid, "KILL").unwrap();
        }
        until("the end of a function", async || {
            self.shop.gateway.pids(function).unwrap().is_empty().then_some(())
        })
        .await;
    }

    /// Sends what a busy machine had no time to send at once.
    async fn send(&self) {
        if self.one::<i64>("select count(*) from outbox where sent_at is null").await > 0 {
            let over = "update outbox set available_at = now() where sent_at is null";
            self.database.execute(over, &[]).await.unwrap();
            self.sweep().await;
        }
    }

    /// Nothing is on its way any more.
    async fn quiet(&self) {
        self.stripe().idle().await;
        until("an empty outbox and an empty queue", async || {
            self.send().await;
            let waiting: i64 = self.one("select count(*) from outbox where sent_at is null").await;
            let mut left = 0;
            for queue in ["MailQueue", "InventoryQueue"] {
                left += self.shop.aws().messages(queue).await.unwrap().len();
            }
            (waiting == 0 && left == 0).then_some(())
        })
        .await;
    }

    /// As long as it takes until the leases of those who died are over.
    async fn time_passes(&self) {
        let passes = "
            update outbox set available_at = now() where sent_at is null;
            update refunds set next_try_at = now() where status = 'requested';
            update emails set claimed_until = now() where status = 'claimed'";
        self.database.batch_execute(passes).await.unwrap();
    }

    async fn sweep(&self) -> Value {
        self.shop.gateway.tick("Sweep").await.unwrap()
    }

    async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, sql: &str) -> T {
        self.database.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn order(&self, key: &str) -> local::Answer {
        let tea = crate::product(&self.shop, "TEA-GREEN").await;
        let wish = json!({"lines": [{"product": tea, "quantity": 1}]});
        self.grace.post_under(key, "/v1/orders", &wish).await.unwrap()
    }

    /// An order that waits for its money, and the intent to pay it with.
    async fn opened(&self, key: &str) -> (String, String) {
        let order = self.order(key).await.body["id"].as_str().unwrap().to_owned();
        let paying = self.intent(&order).await;
        let intent = paying.body["stripe_payment_intent"].as_str().unwrap().to_owned();
        self.quiet().await;
        (order, intent)
    }

    async fn intent(&self, order: &str) -> local::Answer {
        self.grace.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).await.unwrap()
    }

    async fn status(&self, order: &str) -> Value {
        self.grace.get(&format!("/v1/orders/{order}")).await.unwrap().body["status"].clone()
    }

    /// How many mails about the order went out that say so.
    async fn mails(&self, order: &str, what: &str) -> usize {
        let mails = self.shop.aws().mails().await.unwrap();
        let fits =
            mails.iter().filter(|mail| mail.subject.contains(order) && mail.subject.contains(what));
        fits.count()
    }

    /// Every case ends with it.
    async fn books_agree(&self) {
        self.quiet().await;
        let ledgers = self.shop.ledgers().await.unwrap();
        self.shop.books(&ledgers).unwrap().when_quiet().hold().await;
    }
}
