//! The secret store is unavailable while functions run that fetched their secrets from it.

use domain::failure::chain;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use payments::Payments;
use reconcile::Reconcile;
use stack::stripe::StandIn;
use stripe_gateway::webhook::SigningSecrets;
use stripe_gateway::{Mode, Stripe};
use stripe_webhook::Webhook;
use sweep::Sweep;
use testkit::{ApiClient, Intent, Log, Order, Product, SecretStore, Shop, User, WEBHOOK_SECRET};
use time::Duration;

const STRIPE_KEY: &str = "sk_test_of_this_run";

/// A pending order over 19.99 EUR.
async fn order(shop: &Shop, buyer: &User) -> domain::id::OrderId {
    let product = shop.product(Product { price: 1999, ..Product::any() }).await;
    shop.order(buyer, Order { product, quantity: 1 }).await
}

async fn webhook(shop: &Shop, store: &SecretStore) -> ApiClient {
    let webhook = Webhook {
        db: shop.db.clone(),
        clock: testkit::clock(),
        dispatcher: OutboxDispatcher::deferred(),
        secrets: store.secret("STRIPE_WEBHOOK_SECRETS", SigningSecrets::parse).await,
        live: false,
    };
    ApiClient::new(stripe_webhook::routes(), webhook)
}

async fn event_count(shop: &Shop) -> i64 {
    shop.one("select count(*) from stripe_events").await
}

#[tokio::test]
async fn the_last_secret_goes_on_for_fifteen_minutes_and_then_stripe_is_told_to_come_again() {
    let shop = Shop::open().await;
    let order = order(&shop, &shop.customer().await).await;
    let intent: Intent = shop.payment(order).await;
    let store = SecretStore::with(WEBHOOK_SECRET);
    let api = webhook(&shop, &store).await;
    let (event, second) = (intent.event("processing", 0), intent.event("succeeded", 1));
    let (log, _guard) = Log::of_this_test();
    store.make_unavailable();

    SecretStore::advance_clock(Duration::minutes(20) - Duration::SECOND);
    let stale = api.stripe_event(&event).await;
    let warned = log.containing("stripe_webhook_secrets");
    SecretStore::advance_clock(Duration::seconds(2));
    let lost = api.stripe_event(&second).await;
    let failed = log.containing("stripe_webhook_secrets").split_off(warned.len());
    let kept = event_count(&shop).await;
    store.set(WEBHOOK_SECRET);
    let found = api.stripe_event(&second).await;

    assert_eq!(stale.status, 200, "{}", stale.body);
    assert_eq!((lost.refusal(), kept), ((503, "unavailable"), 1));
    assert!(lost.header("retry-after").is_some());
    assert!(matches!(&*warned, [line] if line.starts_with("WARN")), "{warned:?}");
    assert!(matches!(&*failed, [line] if line.starts_with("ERROR")), "{failed:?}");
    assert_eq!(log.containing(WEBHOOK_SECRET), Vec::<String>::new());
    assert_eq!((found.status, event_count(&shop).await), (200, 2), "{}", found.body);
    assert_eq!(shop.one::<String>("select status from orders").await, "confirmed");
    shop.check_invariants().await;
}

#[tokio::test]
async fn a_secret_that_was_replaced_counts_five_minutes_later() {
    let shop = Shop::open().await;
    let order = order(&shop, &shop.customer().await).await;
    let event = shop.payment(order).await.event("processing", 0);
    let store = SecretStore::with("whsec_old");
    let api = webhook(&shop, &store).await;
    store.set(WEBHOOK_SECRET);

    let soon = api.stripe_event(&event).await;
    SecretStore::advance_clock(Duration::minutes(5));
    let later = api.stripe_event(&event).await;

    assert_eq!((soon.refusal(), later.status), ((400, "bad_signature"), 200), "{}", later.body);
}

/// The functions that call Stripe, with its secret key in a store that can become unavailable.
struct StripeFixture {
    shop: Shop,
    stripe: StandIn,
    store: SecretStore,
    payments: ApiClient,
    sweep: Sweep,
    reconcile: Reconcile,
    buyer: User,
}

impl StripeFixture {
    async fn new() -> Self {
        let shop = Shop::open().await;
        let (stand_in, _) = testkit::stripe().await;
        let store = SecretStore::with(STRIPE_KEY);
        let url = stand_in.url().to_owned();
        let stripe = store
            .secret("STRIPE_SECRET_KEY", move |key| Stripe::new(key, Some(&url), Mode::Test))
            .await;
        let (db, dispatcher) = (shop.db.clone(), OutboxDispatcher::deferred());
        let payments =
            Payments { app: shop.app(), dispatcher: dispatcher.clone(), stripe: stripe.clone() };
        Self {
            payments: ApiClient::new(payments::routes(), payments),
            sweep: Sweep {
                time: sweep::ROUND,
                live: false,
                db: db.clone(),
                dispatcher: dispatcher.clone(),
                dead_letters: DeadLetters::none(),
                stripe: stripe.clone(),
            },
            reconcile: Reconcile { db, dispatcher, stripe },
            buyer: shop.customer().await,
            stripe: stand_in,
            store,
            shop,
        }
    }

    async fn pay(&self, order: domain::id::OrderId) -> testkit::Response {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await
    }
}

#[tokio::test]
async fn without_stripes_key_nobody_pays_and_with_it_everything_goes_on() {
    let fixture = StripeFixture::new().await;
    let order = order(&fixture.shop, &fixture.buyer).await;
    fixture.store.make_unavailable();
    SecretStore::advance_clock(Duration::minutes(21));

    let lost = fixture.pay(order).await;
    let calls = fixture.stripe.calls().len();
    fixture.store.set(STRIPE_KEY);
    let found = fixture.pay(order).await;

    assert_eq!((lost.refusal(), calls), ((503, "unavailable"), 0));
    let body = lost.body.to_string();
    assert!(!body.contains("STRIPE") && !body.contains("store"), "{body}");
    assert_eq!(found.status, 200, "{}", found.body);
    assert_eq!(fixture.stripe.ledger().len(), 1);
    let audit = fixture.shop.audit().with_stripe(&fixture.stripe);
    audit.with_exchanges(fixture.payments.exchanges()).assert_holds().await;
}

#[tokio::test]
async fn without_stripes_key_a_refund_waits_for_the_sweep_and_is_given_once() {
    let fixture = StripeFixture::new().await;
    let order = order(&fixture.shop, &fixture.buyer).await;
    let intent = fixture.pay(order).await.text("/stripe_payment_intent").to_owned();
    fixture.stripe.pay(&intent, stack::stripe::Card::Visa).unwrap();
    fixture.reconcile.tick().await.unwrap();
    let payment = fixture.shop.one::<domain::id::PaymentId>("select id from payments").await;
    let staff = fixture.shop.staff().await;
    fixture.store.make_unavailable();
    SecretStore::advance_clock(Duration::minutes(21));

    let path = format!("/v1/payments/{payment}/refunds");
    let refund = fixture.payments.post(&path, &serde_json::json!({})).by(&staff);
    let requested = refund.key("refund-without-a-key").await;
    let round = fixture.sweep.round().await;
    let untried = "select attempts = 0 and status = 'requested' from refunds";
    let untried = fixture.shop.one::<bool>(untried).await;
    fixture.store.set(STRIPE_KEY);
    fixture.sweep.round().await.unwrap();

    assert_eq!(requested.status, 201, "{}", requested.body);
    // The missing key counts as one failure, however many refunds wait for it.
    let round = round.unwrap_err().to_string();
    assert_eq!((&*round, untried), ("1 steps failed and are retried in the next round", true));
    assert_eq!(fixture.shop.one::<i64>("select refunded_minor from orders").await, 1999);
    let audit = fixture.shop.audit().with_stripe(&fixture.stripe);
    audit.with_exchanges(fixture.payments.exchanges()).assert_holds().await;
}

#[tokio::test]
async fn without_stripes_key_no_order_is_ended_that_may_still_be_paid() {
    let fixture = StripeFixture::new().await;
    let (paying, unpaid) =
        (order(&fixture.shop, &fixture.buyer).await, order(&fixture.shop, &fixture.buyer).await);
    fixture.pay(paying).await;
    fixture.shop.run("update orders set expires_at = now(), close_at = now()").await;
    fixture.store.make_unavailable();
    SecretStore::advance_clock(Duration::minutes(21));
    let status = async |order| {
        let sql = "select status from orders where id = $1";
        fixture.shop.admin.query_one(sql, &[&order]).await.unwrap().get::<_, String>(0)
    };

    let round = fixture.sweep.round().await;
    let ended = (status(paying).await, status(unpaid).await);
    fixture.store.set(STRIPE_KEY);
    fixture.shop.run("update orders set close_at = now() where status = 'pending'").await;
    fixture.sweep.round().await.unwrap();

    assert!(round.is_err());
    assert_eq!(ended, ("pending".to_owned(), "cancelled".to_owned()));
    assert_eq!(status(paying).await, "cancelled");
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_comparison_without_stripes_key_says_what_is_missing_and_comes_again() {
    let fixture = StripeFixture::new().await;
    fixture.store.make_unavailable();
    SecretStore::advance_clock(Duration::minutes(21));

    let lost = fixture.reconcile.tick().await.unwrap_err();
    fixture.store.set(STRIPE_KEY);
    fixture.shop.run("update reconciliations set leased_until = now()").await;
    let found = fixture.reconcile.tick().await.unwrap();

    let causes = chain(&*lost);
    assert!(
        causes.contains("STRIPE_SECRET_KEY") && causes.contains("the store is away"),
        "{causes}"
    );
    assert!(!causes.contains(STRIPE_KEY), "{causes}");
    assert!(found.ran);
}
