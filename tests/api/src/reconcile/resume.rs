//! Stripe has more than one tick compares: the next tick resumes where the last one stopped.

use super::Fixture;
use super::findings::stripe_is_away;
use stack::stripe::Card;

const LIST: &str = "GET /v1/payment_intents";
/// One more than a tick compares.
const MANY: usize = 2001;

impl Fixture {
    /// An old payment that Stripe never received, and more payments of other shops in the account than one tick compares.
    async fn with_many_payments() -> Self {
        let fixture = Self::open().await;
        let order = fixture.order().await;
        stripe_is_away(&fixture);
        assert_eq!(fixture.start_payment(order).await.status, 502);
        fixture
            .shop
            .run("update payments set created_at = created_at - interval '61 minutes'")
            .await;
        for _ in 0..MANY {
            fixture.stripe.create_foreign_intent(500, "eur").unwrap();
        }
        fixture
    }

    /// How many payments the newest run has compared so far, and whether it is finished.
    async fn compared(&self) -> (i32, bool) {
        let sql = "select payments, finished_at is not null from reconciliations order by id desc limit 1";
        let row = self.shop.admin.query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    async fn payment_status(&self) -> String {
        self.shop.one("select status from payments").await
    }

    /// How many pages of payments were requested.
    fn list_calls(&self) -> usize {
        self.stripe.calls().iter().filter(|call| call.call == LIST).count()
    }

    /// Ends the lease of the newest run, as time does after a crash.
    async fn expire_lease(&self) {
        self.shop.run("update reconciliations set leased_until = now()").await;
    }
}

#[tokio::test]
async fn what_is_too_long_for_one_tick_goes_on_in_the_next_and_gives_up_what_is_absent() {
    let fixture = Fixture::with_many_payments().await;

    let first = fixture.reconcile.tick().await.unwrap();
    let halfway = (fixture.compared().await, fixture.payment_status().await);
    let second = fixture.reconcile.tick().await.unwrap();
    let third = fixture.reconcile.tick().await.unwrap();

    assert_eq!((first.payments, first.healed), (2000, 0));
    assert_eq!(halfway, ((2000, false), "creating".to_owned()));
    assert_eq!((second.payments, second.healed, third.ran), (1, 1, false));
    assert_eq!(
        (fixture.compared().await, fixture.payment_status().await),
        ((2001, true), "failed".to_owned())
    );
    assert_eq!((fixture.findings().await.len(), fixture.list_calls()), (1, 21));
    fixture.audit().await;
}

#[tokio::test]
async fn who_dies_in_the_middle_is_followed_from_there() {
    let fixture = Fixture::with_many_payments().await;
    fixture.reconcile.tick().await.unwrap();
    fixture.stripe.accept_only_key("sk_test_another");
    let died = fixture.reconcile.tick().await;
    fixture.stripe.accept_only_key("sk_test_of_this_run");
    fixture.expire_lease().await;

    let report = fixture.reconcile.tick().await.unwrap();

    assert!(died.is_err());
    assert_eq!((report.payments, report.healed, fixture.list_calls()), (1, 1, 22));
    assert_eq!(fixture.compared().await, (2001, true));
    fixture.audit().await;
}

#[tokio::test]
async fn two_who_compare_at_once_give_up_once_and_count_everything_once() {
    let fixture = Fixture::with_many_payments().await;
    // Starts while the first tick is running: that one has lost its lease without noticing.
    let second = async {
        while fixture.list_calls() < 3 {
            tokio::task::yield_now().await;
        }
        fixture.expire_lease().await;
        fixture.reconcile.tick().await
    };

    let (first, second) = tokio::join!(fixture.reconcile.tick(), second);
    fixture.expire_lease().await;
    fixture.reconcile.tick().await.unwrap();

    assert!(first.unwrap().ran && second.unwrap().ran);
    assert_eq!((fixture.compared().await, fixture.findings().await.len()), ((2001, true), 1));
    assert_eq!(fixture.payment_status().await, "failed");
    fixture.audit().await;
}

#[tokio::test]
async fn a_place_in_the_list_that_stripe_does_not_know_is_left_for_the_beginning() {
    let fixture = Fixture::with_many_payments().await;
    fixture.reconcile.tick().await.unwrap();
    fixture.shop.run("update reconciliations set payments_after = 'pi_of_another_account'").await;

    let lost = fixture.reconcile.tick().await;
    fixture.expire_lease().await;
    let again = fixture.reconcile.tick().await.unwrap();
    fixture.reconcile.tick().await.unwrap();

    assert!(lost.is_err());
    assert_eq!((again.payments, fixture.compared().await), (2000, (2001, true)));
    assert_eq!(fixture.payment_status().await, "failed");
    fixture.audit().await;
}

#[tokio::test]
async fn refunds_that_are_too_many_for_one_tick_go_on_in_the_next_too() {
    let fixture = Fixture::open().await;
    let elsewhere = fixture.stripe.create_foreign_intent(5000, "eur").unwrap();
    let elsewhere = elsewhere["id"].as_str().unwrap();
    fixture.stripe.pay(elsewhere, Card::Visa).unwrap();
    for _ in 0..MANY {
        fixture.stripe.refund(elsewhere, Some(1)).unwrap();
    }

    let first = fixture.reconcile.tick().await.unwrap();
    let second = fixture.reconcile.tick().await.unwrap();

    assert_eq!((first.refunds, second.refunds), (2000, 1));
    let refunds = fixture.shop.one::<i32>("select refunds from reconciliations").await;
    // The list of payments was complete after the first tick, and is not requested again.
    assert_eq!((refunds, fixture.compared().await, fixture.list_calls()), (2001, (1, true), 1));
    assert!(!fixture.reconcile.tick().await.unwrap().ran);
}
