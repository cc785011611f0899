//! More at Stripe than one tick compares: the next one goes on.

use super::Books;
use stack::stripe::{Card, Fault};

const LIST: &str = "GET /v1/payment_intents";
/// What one tick reads, and one more.
const MANY: usize = 2001;

impl Books {
    /// A payment of long ago that Stripe never heard of, and behind it more of other shops than one tick compares.
    async fn crowded() -> Self {
        let books = Self::open().await;
        let order = books.order().await;
        books.stripe.script_on("POST /v1/payment_intents", Fault::ErrorKept);
        assert_eq!(books.ask_to_pay(order).await.status, 502);
        books.shop.run("update payments set created_at = created_at - interval '61 minutes'").await;
        for _ in 0..MANY {
            books.stripe.begin_elsewhere(500, "eur").unwrap();
        }
        books
    }

    /// How many payments the newest comparison has compared, and whether it is at its end.
    async fn compared(&self) -> (i32, bool) {
        let sql = "select payments, finished_at is not null from reconciliations order by id desc limit 1";
        let row = self.shop.admin.query_one(sql, &[]).await.unwrap();
        (row.get(0), row.get(1))
    }

    async fn payment(&self) -> String {
        self.shop.one("select status from payments").await
    }

    fn lists(&self) -> usize {
        self.stripe.calls().iter().filter(|call| call.call == LIST).count()
    }

    /// The lease of whoever died is over.
    async fn lease_ends(&self) {
        self.shop.run("update reconciliations set leased_until = now()").await;
    }
}

#[tokio::test]
async fn what_is_too_long_for_one_tick_goes_on_in_the_next_and_gives_up_what_is_absent() {
    let books = Books::crowded().await;

    let first = books.reconcile.tick().await.unwrap();
    let halfway = (books.compared().await, books.payment().await);
    let second = books.reconcile.tick().await.unwrap();
    let third = books.reconcile.tick().await.unwrap();

    assert_eq!((first.payments, first.healed), (2000, 0));
    assert_eq!(halfway, ((2000, false), "creating".to_owned()));
    assert_eq!((second.payments, second.healed, third.ran), (1, 1, false));
    assert_eq!(
        (books.compared().await, books.payment().await),
        ((2001, true), "failed".to_owned())
    );
    assert_eq!((books.findings().await.len(), books.lists()), (1, 21));
    books.hold().await;
}

#[tokio::test]
async fn who_dies_in_the_middle_is_followed_from_there() {
    let books = Books::crowded().await;
    books.reconcile.tick().await.unwrap();
    books.stripe.accept_only("sk_test_another");
    let died = books.reconcile.tick().await;
    books.stripe.accept_only("sk_test_of_this_run");
    books.lease_ends().await;

    let report = books.reconcile.tick().await.unwrap();

    assert!(died.is_err());
    assert_eq!((report.payments, report.healed, books.lists()), (1, 1, 22));
    assert_eq!(books.compared().await, (2001, true));
    books.hold().await;
}

#[tokio::test]
async fn two_who_compare_at_once_give_up_once_and_count_everything_once() {
    let books = Books::crowded().await;
    // The first one lost its lease, and does not know.
    let second = async {
        while books.lists() < 3 {
            tokio::task::yield_now().await;
        }
        books.lease_ends().await;
        books.reconcile.tick().await
    };

    let (first, second) = tokio::join!(books.reconcile.tick(), second);
    books.lease_ends().await;
    books.reconcile.tick().await.unwrap();

    assert!(first.unwrap().ran && second.unwrap().ran);
    assert_eq!((books.compared().await, books.findings().await.len()), ((2001, true), 1));
    assert_eq!(books.payment().await, "failed");
    books.hold().await;
}

#[tokio::test]
async fn a_place_in_the_list_that_stripe_does_not_know_is_left_for_the_beginning() {
    let books = Books::crowded().await;
    books.reconcile.tick().await.unwrap();
    books.shop.run("update reconciliations set payments_after = 'pi_of_another_account'").await;

    let lost = books.reconcile.tick().await;
    books.lease_ends().await;
    let again = books.reconcile.tick().await.unwrap();
    books.reconcile.tick().await.unwrap();

    assert!(lost.is_err());
    assert_eq!((again.payments, books.compared().await), (2000, (2001, true)));
    assert_eq!(books.payment().await, "failed");
    books.hold().await;
}

#[tokio::test]
async fn refunds_that_are_too_many_for_one_tick_go_on_in_the_next_too() {
    let books = Books::open().await;
    let elsewhere = books.stripe.begin_elsewhere(5000, "eur").unwrap();
    let elsewhere = elsewhere["id"].as_str().unwrap();
    books.stripe.pay(elsewhere, Card::Visa).unwrap();
    for _ in 0..MANY {
        books.stripe.refund(elsewhere, Some(1)).unwrap();
    }

    let first = books.reconcile.tick().await.unwrap();
    let second = books.reconcile.tick().await.unwrap();

    assert_eq!((first.refunds, second.refunds), (2000, 1));
    let refunds = books.shop.one::<i32>("select refunds from reconciliations").await;
    // The list of payments was at its end, and is not read again.
    assert_eq!((refunds, books.compared().await, books.lists()), (2001, (1, true), 1));
    assert!(!books.reconcile.tick().await.unwrap().ran);
}
