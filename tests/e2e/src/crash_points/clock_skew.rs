//! Functions whose clock is wrong. libfaketime is preloaded into the unchanged binaries and shifts the wall clock only,
//! not the monotonic one.

use super::Fixture;
use crate::{tool, until};
use local::{Customer, Options};
use serde_json::json;
use stack::stripe::Card;
use stack::tools;

/// Seconds until the newest order expires, and its age in seconds, by the database's clock.
const TIMES: &str = "
    select extract(epoch from expires_at - now())::int8, extract(epoch from now() - created_at)::int8
    from orders order by created_at desc limit 1";

/// A wrong clock, and the statuses it leads to.
struct Skew {
    minutes: i32,
    /// For a token issued by the right clock, checked by the wrong one.
    right_token: u16,
    /// For a token issued by the wrong clock, checked by the right one.
    wrong_token: u16,
}

impl Fixture {
    fn set_clock(&self, minutes: i32) {
        self.shop.fake_clock.as_ref().unwrap().set(minutes).unwrap();
    }

    /// The status of the list of orders, which needs a valid token.
    async fn list_orders(&self, customer: &Customer) -> u16 {
        customer.get("/v1/orders").await.unwrap().status
    }

    /// The webhook's status for each delivery of a successful payment, oldest first.
    fn webhook_statuses(&self) -> Vec<Option<u16>> {
        let deliveries = self.stripe().deliveries().into_iter();
        let deliveries = deliveries.filter(|delivery| delivery.kind == "payment_intent.succeeded");
        deliveries.map(|delivery| delivery.status).collect()
    }
}

#[tokio::test]
async fn functions_whose_clock_is_ten_minutes_off_go_by_the_databases_and_lose_nothing() {
    let faketime = Some(tool(tools::faketime).await);
    let fixture =
        Fixture::open_with(Options { fake_clock: faketime, proxies: true, ..Options::default() })
            .await;
    let fast = Skew { minutes: 10, right_token: 200, wrong_token: 401 };
    let slow = Skew { minutes: -10, right_token: 401, wrong_token: 200 };
    for Skew { minutes, right_token, wrong_token } in [fast, slow] {
        let (paid, intent) = fixture.open_payment(&format!("{minutes} minutes, to be paid")).await;
        let before = fixture.webhook_statuses().len();

        fixture.set_clock(minutes);

        // Tokens live for 15 minutes: one that is ten minutes old is valid, one issued ten minutes ahead is not yet.
        assert_eq!(fixture.list_orders(&fixture.grace).await, right_token, "{minutes}");
        let mut late = Customer::anonymous(fixture.shop.url());
        let signed_in = late.log_in("grace@example.com", "a nice long passphrase").await.unwrap();
        assert_eq!((signed_in.status, fixture.list_orders(&late).await), (200, 200), "{minutes}");

        // A signature outside Stripe's tolerance of five minutes is refused, and the event not stored.
        fixture.stripe().pay(&intent, Card::Visa).unwrap();
        until("a refused delivery", async || {
            (fixture.webhook_statuses().len() > before).then_some(())
        })
        .await;
        assert!(fixture.webhook_statuses()[before..].iter().all(|status| *status == Some(400)));
        let stored = format!(
            "select count(*) from stripe_events
             where type = 'payment_intent.succeeded' and object_id = '{intent}'"
        );
        assert_eq!(fixture.one::<i64>(&stored).await, 0);
        assert_eq!(
            late.get(&format!("/v1/orders/{paid}")).await.unwrap().body["status"],
            "pending"
        );

        // Orders are created and expire by the database's clock.
        let tea = crate::product(&fixture.shop, "TEA-GREEN").await;
        let body = json!({"lines": [{"product": tea, "quantity": 1}]});
        let placed = late.post_with_new_key("/v1/orders", &body).await.unwrap();
        let order = placed.body["id"].as_str().unwrap();
        let times = fixture.database.query_one(TIMES, &[]).await.unwrap();
        let (left, age): (i64, i64) = (times.get(0), times.get(1));
        assert!((0..60).contains(&age) && left > 20 * 60, "{minutes}: {age} {left}");
        for (expires_in, status) in [("5 minutes", "pending"), ("-1 second", "cancelled")] {
            let due = format!(
                "update orders set expires_at = now() + interval '{expires_in}'
                 where id = (select id from orders order by created_at desc limit 1)"
            );
            fixture.database.execute(&due, &[]).await.unwrap();
            fixture.sweep().await;
            let shown = late.get(&format!("/v1/orders/{order}")).await.unwrap();
            assert_eq!(shown.body["status"], status, "{minutes}, {expires_in}");
        }

        fixture.set_clock(0);

        fixture.settle().await;
        assert_eq!(
            fixture.webhook_statuses().last(),
            Some(&Some(200)),
            "Stripe delivered it again"
        );
        assert_eq!(fixture.one::<i64>(&stored).await, 1);
        assert_eq!(fixture.list_orders(&fixture.grace).await, 200);
        assert_eq!(fixture.status(&paid).await, "confirmed");
        assert_eq!(fixture.list_orders(&late).await, wrong_token, "{minutes}");
        let refresh = json!({"refresh_token": signed_in.body["refresh_token"]});
        let refreshed = late.post("/v1/auth/refresh", &refresh).await.unwrap();
        assert_eq!(refreshed.status, 200, "sessions use the database's clock");
        fixture.audit().await;
        assert_eq!(fixture.count_emails(&paid, "confirmed").await, 1);
        assert_ne!(fixture.count_emails(order, "").await, 0, "{minutes}");
    }
}
