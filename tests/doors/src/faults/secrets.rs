//! The store of secrets is away while functions run that took theirs from it.

use domain::failure::chain;
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use payments::Payments;
use reconcile::Reconcile;
use stack::stripe::StandIn;
use stripe_gateway::Stripe;
use stripe_gateway::webhook::Secrets;
use stripe_webhook::Webhook;
use sweep::Sweep;
use testkit::{Door, Intent, Log, Order, Person, Product, Shop, Vault, WEBHOOK_SECRET};
use time::Duration;

const STRIPE_KEY: &str = "sk_test_of_this_run";

/// A pending order over 19.99 EUR.
async fn order(shop: &Shop, buyer: &Person) -> domain::id::OrderId {
    let product = shop.product(Product { price: 1999, ..Product::any() }).await;
    shop.order(buyer, Order { product, quantity: 1 }).await
}

async fn webhook(shop: &Shop, vault: &Vault) -> Door {
    let webhook = Webhook {
        db: shop.db.clone(),
        clock: testkit::clock(),
        dispatch: Dispatch::later(),
        secrets: vault.secret("STRIPE_WEBHOOK_SECRETS", Secrets::parse).await,
        live: false,
    };
    Door::new(stripe_webhook::routes(), webhook)
}

async fn kept(shop: &Shop) -> i64 {
    shop.one("select count(*) from stripe_events").await
}

#[tokio::test]
async fn the_last_secret_goes_on_for_fifteen_minutes_and_then_stripe_is_told_to_come_again() {
    let shop = Shop::open().await;
    let order = order(&shop, &shop.customer().await).await;
    let intent: Intent = shop.payment(order).await;
    let vault = Vault::with(WEBHOOK_SECRET);
    let door = webhook(&shop, &vault).await;
    let (event, second) = (intent.event("processing", 0), intent.event("succeeded", 1));
    let (log, _listening) = Log::of_this_test();
    vault.goes_away();

    Vault::time_passes(Duration::minutes(20) - Duration::SECOND);
    let stale = door.stripe_event(&event).await;
    let warned = log.telling("stripe_webhook_secrets");
    Vault::time_passes(Duration::seconds(2));
    let lost = door.stripe_event(&second).await;
    let told = log.telling("stripe_webhook_secrets").split_off(warned.len());
    let kept_of_both = kept(&shop).await;
    vault.holds(WEBHOOK_SECRET);
    let found = door.stripe_event(&second).await;

    assert_eq!(stale.status, 200, "{}", stale.body);
    assert_eq!((lost.refusal(), kept_of_both), ((503, "unavailable"), 1));
    assert!(lost.header("retry-after").is_some());
    assert!(matches!(&*warned, [line] if line.starts_with("WARN")), "{warned:?}");
    assert!(matches!(&*told, [line] if line.starts_with("ERROR")), "{told:?}");
    assert_eq!(log.telling(WEBHOOK_SECRET), Vec::<String>::new());
    assert_eq!((found.status, kept(&shop).await), (200, 2), "{}", found.body);
    assert_eq!(shop.one::<String>("select status from orders").await, "confirmed");
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_secret_that_was_replaced_counts_five_minutes_later() {
    let shop = Shop::open().await;
    let order = order(&shop, &shop.customer().await).await;
    let event = shop.payment(order).await.event("processing", 0);
    let vault = Vault::with("whsec_old");
    let door = webhook(&shop, &vault).await;
    vault.holds(WEBHOOK_SECRET);

    let soon = door.stripe_event(&event).await;
    Vault::time_passes(Duration::minutes(5));
    let later = door.stripe_event(&event).await;

    assert_eq!((soon.refusal(), later.status), ((400, "bad_signature"), 200), "{}", later.body);
}

/// The functions that speak to Stripe, with its key in a vault.
struct Counter {
    shop: Shop,
    stripe: StandIn,
    vault: Vault,
    payments: Door,
    sweep: Sweep,
    reconcile: Reconcile,
    buyer: Person,
}

impl Counter {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (stand_in, _) = testkit::stripe().await;
        let vault = Vault::with(STRIPE_KEY);
        let url = stand_in.url().to_owned();
        let stripe =
            vault.secret("STRIPE_SECRET_KEY", move |key| Stripe::new(key, Some(&url))).await;
        let (db, dispatch) = (shop.db.clone(), Dispatch::later());
        let payments =
            Payments { app: shop.app(), dispatch: dispatch.clone(), stripe: stripe.clone() };
        Self {
            payments: Door::new(payments::routes(), payments),
            sweep: Sweep {
                db: db.clone(),
                dispatch: dispatch.clone(),
                dead_letters: DeadLetters::none(),
                stripe: stripe.clone(),
            },
            reconcile: Reconcile { db, dispatch, stripe },
            buyer: shop.customer().await,
            stripe: stand_in,
            vault,
            shop,
        }
    }

    async fn pay(&self, order: domain::id::OrderId) -> testkit::Answer {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await
    }
}

#[tokio::test]
async fn without_stripes_key_nobody_pays_and_with_it_everything_goes_on() {
    let counter = Counter::open().await;
    let order = order(&counter.shop, &counter.buyer).await;
    counter.vault.goes_away();
    Vault::time_passes(Duration::minutes(21));

    let lost = counter.pay(order).await;
    let asked = counter.stripe.calls().len();
    counter.vault.holds(STRIPE_KEY);
    let found = counter.pay(order).await;

    assert_eq!((lost.refusal(), asked), ((503, "unavailable"), 0));
    let told = lost.body.to_string();
    assert!(!told.contains("STRIPE") && !told.contains("store"), "{told}");
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(counter.stripe.ledger().len(), 1);
    let books = counter.shop.books().with_stripe(&counter.stripe);
    books.with_answers(counter.payments.notes()).hold().await;
}

#[tokio::test]
async fn without_stripes_key_a_refund_waits_for_the_sweep_and_is_given_once() {
    let counter = Counter::open().await;
    let order = order(&counter.shop, &counter.buyer).await;
    let intent = counter.pay(order).await.text("/stripe_payment_intent").to_owned();
    counter.stripe.pay(&intent, stack::stripe::Card::Visa).unwrap();
    counter.reconcile.tick().await.unwrap();
    let payment = counter.shop.one::<domain::id::PaymentId>("select id from payments").await;
    let staff = counter.shop.staff().await;
    counter.vault.goes_away();
    Vault::time_passes(Duration::minutes(21));

    let path = format!("/v1/payments/{payment}/refunds");
    let wish = counter.payments.post(&path, &serde_json::json!({})).by(&staff);
    let requested = wish.key("refund-without-a-key").await;
    let round = counter.sweep.round().await;
    let untried = "select attempts = 0 and status = 'requested' from refunds";
    let untried = counter.shop.one::<bool>(untried).await;
    counter.vault.holds(STRIPE_KEY);
    counter.sweep.round().await.unwrap();

    assert_eq!(requested.status, 201, "{}", requested.body);
    // Told once, however much waits for it.
    let round = round.unwrap_err().to_string();
    assert_eq!((&*round, untried), ("1 things failed and will be tried again", true));
    assert_eq!(counter.shop.one::<i64>("select refunded_minor from orders").await, 1999);
    let books = counter.shop.books().with_stripe(&counter.stripe);
    books.with_answers(counter.payments.notes()).hold().await;
}

#[tokio::test]
async fn without_stripes_key_no_order_is_ended_that_may_still_be_paid() {
    let counter = Counter::open().await;
    let (begun, idle) =
        (order(&counter.shop, &counter.buyer).await, order(&counter.shop, &counter.buyer).await);
    counter.pay(begun).await;
    counter.shop.run("update orders set expires_at = now(), close_at = now()").await;
    counter.vault.goes_away();
    Vault::time_passes(Duration::minutes(21));
    let status = async |order| {
        let sql = "select status from orders where id = $1";
        counter.shop.admin.query_one(sql, &[&order]).await.unwrap().get::<_, String>(0)
    };

    let round = counter.sweep.round().await;
    let ended = (status(begun).await, status(idle).await);
    counter.vault.holds(STRIPE_KEY);
    counter.shop.run("update orders set close_at = now() where status = 'pending'").await;
    counter.sweep.round().await.unwrap();

    assert!(round.is_err());
    assert_eq!(ended, ("pending".to_owned(), "cancelled".to_owned()));
    assert_eq!(status(begun).await, "cancelled");
    counter.shop.check_invariants().await;
}

#[tokio::test]
async fn a_comparison_without_stripes_key_says_what_is_missing_and_comes_again() {
    let counter = Counter::open().await;
    counter.vault.goes_away();
    Vault::time_passes(Duration::minutes(21));

    let lost = counter.reconcile.tick().await.unwrap_err();
    counter.vault.holds(STRIPE_KEY);
    counter.shop.run("update reconciliations set leased_until = now()").await;
    let found = counter.reconcile.tick().await.unwrap();

    let told = chain(&*lost);
    assert!(told.contains("STRIPE_SECRET_KEY") && told.contains("the store is away"), "{told}");
    assert!(!told.contains(STRIPE_KEY), "{told}");
    assert!(found.ran);
}
