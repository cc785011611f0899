//! Debian's faketime carries the binaries as they are: it is asked at each look at the clock, and only for the time of day.

use super::Stage;
use crate::until;
use local::{Customer, Options};
use serde_json::json;
use stack::stripe::Card;

/// What is left of an order's time, and how old it is, in seconds of the database.
const TIMES: &str = "
    select extract(epoch from expires_at - now())::int8, extract(epoch from now() - created_at)::int8
    from orders order by created_at desc limit 1";

/// What the clock that is off does to each door.
struct Off {
    minutes: i32,
    /// Where a token of somebody with the right clock is shown.
    right_token: u16,
    /// Where the right clock is shown a token that was issued by the wrong one.
    wrong_token: u16,
}

impl Stage {
    fn set_watch(&self, minutes: i32) {
        self.shop.watch.as_ref().unwrap().set(minutes).unwrap();
    }

    async fn orders(&self, whose: &Customer) -> u16 {
        whose.get("/v1/orders").await.unwrap().status
    }

    /// How the webhook answered to all tellings of payments, the newest last.
    fn answers(&self) -> Vec<Option<u16>> {
        let told = self.stripe().deliveries().into_iter();
        let told = told.filter(|delivery| delivery.kind == "payment_intent.succeeded");
        told.map(|delivery| delivery.status).collect()
    }
}

#[tokio::test]
async fn functions_whose_clock_is_ten_minutes_off_go_by_the_databases_and_lose_nothing() {
    let stage = Stage::of(Options { watch: true, lines: true, ..Options::default() }).await;
    let fast = Off { minutes: 10, right_token: 200, wrong_token: 401 };
    let slow = Off { minutes: -10, right_token: 401, wrong_token: 200 };
    for Off { minutes, right_token, wrong_token } in [fast, slow] {
        let (paid, intent) = stage.opened(&format!("{minutes} minutes, to be paid")).await;
        let told = stage.answers().len();

        stage.set_watch(minutes);

        // A token is good for a quarter of an hour: one from ten minutes ahead is not yet, one from ten minutes ago is.
        assert_eq!(stage.orders(&stage.grace).await, right_token, "{minutes}");
        let mut late = Customer::stranger(stage.shop.url());
        let signed_in = late.log_in("grace@example.com", "a nice long passphrase").await.unwrap();
        assert_eq!((signed_in.status, stage.orders(&late).await), (200, 200), "{minutes}");

        // What is too old or too new to be Stripe's of just now is refused, and not kept.
        stage.stripe().pay(&intent, Card::Visa).unwrap();
        until("a telling that is refused", async || (stage.answers().len() > told).then_some(()))
            .await;
        assert!(stage.answers()[told..].iter().all(|status| *status == Some(400)));
        let kept = format!(
            "select count(*) from stripe_events
             where type = 'payment_intent.succeeded' and object_id = '{intent}'"
        );
        assert_eq!(stage.one::<i64>(&kept).await, 0);
        assert_eq!(
            late.get(&format!("/v1/orders/{paid}")).await.unwrap().body["status"],
            "pending"
        );

        // Placing an order and ending it go by the database's clock.
        let tea = crate::product(&stage.shop, "TEA-GREEN").await;
        let wish = json!({"lines": [{"product": tea, "quantity": 1}]});
        let placed = late.post_once("/v1/orders", &wish).await.unwrap();
        let order = placed.body["id"].as_str().unwrap();
        let times = stage.database.query_one(TIMES, &[]).await.unwrap();
        let (left, age): (i64, i64) = (times.get(0), times.get(1));
        assert!((0..60).contains(&age) && left > 20 * 60, "{minutes}: {age} {left}");
        for (passes, ends) in [("5 minutes", "pending"), ("-1 second", "cancelled")] {
            let due = format!(
                "update orders set expires_at = now() + interval '{passes}'
                 where id = (select id from orders order by created_at desc limit 1)"
            );
            stage.database.execute(&due, &[]).await.unwrap();
            stage.sweep().await;
            let shown = late.get(&format!("/v1/orders/{order}")).await.unwrap();
            assert_eq!(shown.body["status"], ends, "{minutes}, {passes}");
        }

        stage.set_watch(0);

        stage.quiet().await;
        assert_eq!(stage.answers().last(), Some(&Some(200)), "Stripe told it again");
        assert_eq!(stage.one::<i64>(&kept).await, 1);
        assert_eq!(stage.orders(&stage.grace).await, 200);
        assert_eq!(stage.status(&paid).await, "confirmed");
        assert_eq!(stage.orders(&late).await, wrong_token, "{minutes}");
        let refresh = json!({"refresh_token": signed_in.body["refresh_token"]});
        let refreshed = late.post("/v1/auth/refresh", &refresh).await.unwrap();
        assert_eq!(refreshed.status, 200, "the session itself goes by the database's clock");
        stage.books_agree().await;
        assert_eq!(stage.mails(&paid, "confirmed").await, 1);
        assert_ne!(stage.mails(order, "").await, 0, "{minutes}");
    }
}
