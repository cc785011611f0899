//! The deployed binaries are killed or stopped at given points of their network traffic, while a proxy holds the bytes;
//! or they run with a wrong clock.

mod clock_skew;
mod frozen_process;
mod outbox_and_email;
mod payments;
mod webhook;

use crate::{TIMEOUT, until};
use local::{Customer, Options, Proxies, Shop};
use serde_json::{Value, json};
use stack::process_guard::send_signal;
use stack::proxy::{Direction, NetworkFault, Proxy, Trigger};
use stack::stripe::StandIn;
use tokio::time::timeout;
use tokio_postgres::{Client, NoTls};

/// A point in the traffic of a function: before `text` passes the proxy in this direction.
#[derive(Clone, Copy)]
struct CrashPoint<'a> {
    function: &'a str,
    proxy: &'a Proxy,
    direction: Direction,
    text: &'a str,
}

/// A shop with proxies between its functions and their servers, a customer and an admin.
struct Fixture {
    shop: Shop,
    grace: Customer,
    admin: Customer,
    database: Client,
}

impl Fixture {
    async fn open() -> Self {
        Self::open_with(Options { proxies: true, ..Options::default() }).await
    }

    async fn open_with(options: Options) -> Self {
        let shop = Shop::open(options).await.unwrap();
        let (database, connection) =
            tokio_postgres::connect(shop.database_url(), NoTls).await.unwrap();
        tokio::spawn(connection);
        let (grace, admin) = (crate::customer(&shop).await, crate::admin(&shop).await);
        let fixture = Self { shop, grace, admin, database };
        fixture.settle().await;
        fixture
    }

    fn proxies(&self) -> &Proxies {
        self.shop.proxies.as_ref().unwrap()
    }

    fn stripe(&self) -> &StandIn {
        self.shop.stripe.as_ref().unwrap()
    }

    /// Runs `work`, and kills the function at the point. What the proxy holds then is lost.
    async fn kill_at<T>(&self, at: CrashPoint<'_>, work: impl Future<Output = T>) -> T {
        self.hold_at(at, work, async |pids| {
            for pid in pids {
                send_signal(pid, "KILL").unwrap();
            }
            at.proxy.close_connections();
        })
        .await
    }

    /// Runs `work`, and calls `then` with the function's process ids once the proxy holds its traffic at the point.
    async fn hold_at<T>(
        &self,
        at: CrashPoint<'_>,
        work: impl Future<Output = T>,
        then: impl AsyncFnOnce(Vec<u32>),
    ) -> T {
        if at.proxy.address() == self.proxies().database.address() {
            self.restart(at.function).await;
        }
        let times = at.proxy.fault_count() + 1;
        at.proxy.inject(at.direction, Trigger::text(at.text), NetworkFault::Hold);
        let interrupt = async {
            let held = timeout(TIMEOUT, at.proxy.wait_for_faults(times)).await;
            assert!(held.is_ok(), "{} never sent or received {}", at.function, at.text);
            then(self.shop.gateway.pids(at.function).unwrap()).await;
        };
        tokio::join!(work, interrupt).0
    }

    /// Ends the function's processes. A new one sends the text of each statement once; later only the name of the prepared
    /// statement passes the proxy.
    async fn restart(&self, function: &str) {
        for pid in self.shop.gateway.pids(function).unwrap() {
            send_signal(pid, "KILL").unwrap();
        }
        until("the end of a function", async || {
            self.shop.gateway.pids(function).unwrap().is_empty().then_some(())
        })
        .await;
    }

    /// Sends what is left in the outbox, for on a busy machine the function may run out of time for it.
    async fn send_outbox(&self) {
        if self.one::<i64>("select count(*) from outbox where sent_at is null").await > 0 {
            let due = "update outbox set available_at = now() where sent_at is null";
            self.database.execute(due, &[]).await.unwrap();
            self.sweep().await;
        }
    }

    /// Waits until webhooks, outbox and queues are empty.
    async fn settle(&self) {
        self.stripe().idle().await;
        until("an empty outbox and an empty queue", async || {
            self.send_outbox().await;
            let waiting: i64 = self.one("select count(*) from outbox where sent_at is null").await;
            let mut left = 0;
            for queue in ["MailQueue", "InventoryQueue"] {
                left += self.shop.aws().messages(queue).await.unwrap().len();
            }
            (waiting == 0 && left == 0).then_some(())
        })
        .await;
    }

    /// Ends all leases and makes all retries due, as time does.
    async fn expire_leases(&self) {
        let due = "
            update outbox set available_at = now() where sent_at is null;
            update refunds set next_try_at = now() where status = 'requested';
            update emails set claimed_until = now() where status = 'claimed'";
        self.database.batch_execute(due).await.unwrap();
    }

    async fn sweep(&self) -> Value {
        self.shop.gateway.tick("Sweep").await.unwrap()
    }

    async fn one<T: for<'a> tokio_postgres::types::FromSql<'a>>(&self, sql: &str) -> T {
        self.database.query_one(sql, &[]).await.unwrap().get(0)
    }

    /// The customer places an order under this key.
    async fn order(&self, key: &str) -> local::Response {
        let tea = crate::product(&self.shop, "TEA-GREEN").await;
        let body = json!({"lines": [{"product": tea, "quantity": 1}]});
        self.grace.post_with_key(key, "/v1/orders", &body).await.unwrap()
    }

    /// The ids of an unpaid order and its PaymentIntent.
    async fn open_payment(&self, key: &str) -> (String, String) {
        let order = self.order(key).await.body["id"].as_str().unwrap().to_owned();
        let paying = self.start_payment(&order).await;
        let intent = paying.body["stripe_payment_intent"].as_str().unwrap().to_owned();
        self.settle().await;
        (order, intent)
    }

    async fn start_payment(&self, order: &str) -> local::Response {
        self.grace.post(&format!("/v1/orders/{order}/payment-intent"), &json!({})).await.unwrap()
    }

    async fn status(&self, order: &str) -> Value {
        self.grace.get(&format!("/v1/orders/{order}")).await.unwrap().body["status"].clone()
    }

    /// How many emails were sent whose subject contains the order's number and `what`.
    async fn count_emails(&self, order: &str, what: &str) -> usize {
        let order = self.grace.get(&format!("/v1/orders/{order}")).await.unwrap();
        let number = order.body["number"].as_str().unwrap();
        let mails = self.shop.aws().mails().await.unwrap();
        let matching = mails
            .iter()
            .filter(|mail| mail.subject.contains(number) && mail.subject.contains(what));
        matching.count()
    }

    /// Fails unless all records agree once nothing is in flight. Every test ends with it.
    async fn audit(&self) {
        self.settle().await;
        let connections = self.shop.audit_connections().await.unwrap();
        self.shop.audit(&connections).unwrap().when_idle().assert_holds().await;
    }
}
