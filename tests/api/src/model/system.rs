//! The system under test: the functions, their database, and a Stripe whose events are delivered only by steps.

use super::buying::{MOST_USES, MOST_USES_OF_BUYER};
use super::snapshot::SNAPSHOT;
use super::state::{Model, Outcome, PRICES, StripeEvent};
use super::step::Step;
use domain::id::{CheckoutId, DiscountId, OrderId, ProductId};
use domain::inventory::{Count, apply_count};
use inventory::Inventory;
use lambda::dead_letters::DeadLetters;
use lambda::dispatcher::OutboxDispatcher;
use orders::Orders;
use payments::Payments;
use serde_json::{Value, json};
use stack::stripe::{Card, DisputeOutcome, RefundStatus, StandIn};
use std::fmt::Write as _;
use std::future::IntoFuture as _;
use stripe_webhook::Webhook;
use sweep::Sweep;
use testkit::{ApiClient, Call, Discount, Product, Response, Shop, User, WEBHOOK_SECRET};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

/// Runs scenarios one after the other, each with its own products, orders and buyer.
pub(super) struct System {
    pub(super) shop: Shop,
    stripe: StandIn,
    pub(super) orders: ApiClient,
    pub(super) checkouts: ApiClient,
    pub(super) payments: ApiClient,
    webhook: ApiClient,
    inventory: ApiClient,
    sweep: Sweep,
    pub(super) buyer: User,
    pub(super) staff: User,
    snapshot: Statement,
}

/// What the steps of one scenario created, by the model's indices.
pub(super) struct Scenario {
    pub(super) products: Vec<ProductId>,
    skus: Vec<String>,
    /// Of its own, since each may have a number of requests.
    pub(super) origin: String,
    pub(super) code: &'static str,
    discount: DiscountId,
    pub(super) orders: Vec<PlacedOrder>,
    pub(super) checkouts: Vec<Wished>,
    /// How many idempotency keys were used.
    keys: usize,
}

/// A checkout, and the total that the buyer was told last.
pub(super) struct Wished {
    pub(super) id: CheckoutId,
    pub(super) shown: Value,
    /// What opened it as a guest's.
    pub(super) secret: Option<String>,
}

pub(super) struct PlacedOrder {
    pub(super) id: String,
    /// What opened it as a guest's.
    pub(super) secret: Option<String>,
    /// Our id and Stripe's id of the payment, once it is started.
    pub(super) payment: Option<(String, String)>,
    /// Stripe's ids of the refunds, by the model's indices; empty while Stripe has no such refund.
    refunds: Vec<String>,
    /// Stripe's id of the dispute, or empty.
    dispute: String,
}

impl System {
    pub(super) async fn open() -> Self {
        let (shop, (stand_in, stripe)) = (Shop::open().await, testkit::stripe().await);
        let (app, dispatcher) = (shop.app(), OutboxDispatcher::deferred());
        let webhook = Webhook {
            db: shop.db.clone(),
            clock: testkit::clock(),
            dispatcher: dispatcher.clone(),
            secrets: stripe_gateway::webhook::SigningSecrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        let sweep = Sweep {
            time: sweep::ROUND,
            live: false,
            db: shop.db.clone(),
            dispatcher: dispatcher.clone(),
            stripe: stripe.clone().into(),
            dead_letters: DeadLetters::none(),
        };
        let orders = Orders { app: app.clone(), dispatcher: dispatcher.clone() };
        let inventory = Inventory { app: app.clone(), dispatcher: dispatcher.clone() };
        let payments = Payments { app: app.clone(), dispatcher, stripe: stripe.into() };
        let (buyer, staff) = (shop.customer().await, shop.staff().await);
        Self {
            orders: ApiClient::new(orders::routes(), orders),
            checkouts: ApiClient::new(checkouts::routes(), app.clone()),
            payments: ApiClient::new(payments::routes(), payments),
            webhook: ApiClient::new(stripe_webhook::routes(), webhook),
            inventory: ApiClient::new(inventory::routes(), inventory),
            stripe: stand_in,
            sweep,
            buyer,
            staff,
            snapshot: shop.admin.prepare(SNAPSHOT).await.unwrap(),
            shop,
        }
    }

    /// Begins a scenario: new products and a new buyer. Postpones what earlier scenarios left to the sweep.
    pub(super) async fn start_scenario(&mut self) -> Scenario {
        let postpone = "
            update orders set close_at = now() + interval '1 year' where status = 'pending';
            update refunds set next_try_at = now() + interval '1 year' where status = 'requested';
            update stripe_events set next_try_at = now() + interval '1 year' where processed_at is null";
        self.shop.admin.batch_execute(postpone).await.unwrap();
        self.buyer = self.shop.customer().await;
        let number = self.shop.one::<i64>("select count(*) from discounts").await;
        let own_code: &'static str = Box::leak(format!("CODE-{number}").into_boxed_str());
        let max_per_buyer = i16::try_from(MOST_USES_OF_BUYER).ok();
        let (code, max_uses) = (Some(own_code), i32::try_from(MOST_USES).ok());
        let discount = Discount { code, max_uses, max_per_buyer, ..Discount::any() };
        let mut scenario = Scenario {
            products: Vec::new(),
            skus: Vec::new(),
            origin: format!("198.18.{}.{}", number / 256, number % 256),
            code: own_code,
            discount: self.shop.discount(discount).await,
            orders: Vec::new(),
            checkouts: Vec::new(),
            keys: 0,
        };
        for price in PRICES {
            let product = Product { price, stock: super::state::INITIAL_STOCK, ..Product::any() };
            scenario.skus.push(product.sku.clone());
            scenario.products.push(self.shop.product(product).await);
        }
        scenario
    }

    /// Performs a step; how the shop answered it. The model has performed it already.
    pub(super) async fn perform(
        &self,
        scenario: &mut Scenario,
        model: &Model,
        step: &Step,
    ) -> Outcome {
        match *step {
            Step::Place { wish, twice } => self.place_order(scenario, wish, twice).await,
            Step::Wish { wish, holder } => self.create_checkout(scenario, wish, holder).await,
            Step::SetLine { checkout, product, quantity, key } => {
                let (line, shows) =
                    ((product, quantity), model.checkouts[checkout].holder.shown(key));
                self.set_line(scenario, checkout, line, shows).await
            }
            Step::Name { checkout, address, key } => {
                let shows = model.checkouts[checkout].holder.shown(key);
                self.name(scenario, checkout, address, shows).await
            }
            Step::CancelCheckout { checkout, key } => {
                let shows = model.checkouts[checkout].holder.shown(key);
                self.cancel_checkout(scenario, checkout, shows).await
            }
            Step::Complete { checkout, twice, key } => {
                let shows = model.checkouts[checkout].holder.shown(key);
                self.complete(scenario, checkout, twice, shows).await
            }
            Step::ClaimCheckout { checkout, has_secret } => {
                self.claim_checkout(scenario, checkout, has_secret).await
            }
            Step::ClaimOrders => self.claim_orders().await,
            Step::StartPayment { order, key } => {
                self.start_payment(scenario, model, order, key).await
            }
            Step::DeliverEvent { order, which, twice } => {
                let Some(event) = model.pick_event(order, which) else { return Outcome::NotAsked };
                self.deliver_event(&scenario.orders[order], event, twice).await
            }
            Step::Cancel { order, by_staff, key } => {
                self.cancel_order(scenario, model, order, (!by_staff).then_some(key)).await
            }
            Step::Refund { order, part } => self.refund(scenario, order, part).await,
            Step::Return { order, step } => self.return_goods(scenario, model, order, step).await,
            Step::Ship { order } => {
                let path = format!("/v1/orders/{}/ship", scenario.orders[order].id);
                outcome(&self.orders.post(&path, &json!({"carrier": "DHL"})).by(&self.staff).await)
            }
            Step::Fulfill { order, pieces, is_packed } => {
                self.fulfill(scenario, order, pieces, is_packed).await
            }
            Step::ShipParcel { order, parcel } => {
                self.parcel(scenario, order, parcel, "ship").await
            }
            Step::CancelParcel { order, parcel } => {
                self.parcel(scenario, order, parcel, "cancel").await
            }
            Step::Expire { order } => {
                let id: OrderId = scenario.orders[order].id.parse().unwrap();
                let sql = "update orders set expires_at = now() - interval '1 second'
                           where id = $1 and status = 'pending'";
                self.shop.admin.execute(sql, &[&id]).await.unwrap();
                Outcome::NotAsked
            }
            Step::Sweep => {
                self.make_due(scenario).await;
                // A round reports a refund that Stripe refuses as a failure, but does everything else.
                self.sweep.round().await.ok();
                Outcome::Accepted
            }
            Step::Adjust { product, delta } => self.adjust(scenario, product, delta).await,
            Step::Count { product, on_hand, stale, twice } => {
                let newest = model.stock[product].sequence;
                // The model has applied the count already.
                let sequence = if stale { newest - 1 } else { newest };
                let count =
                    Count::new("acme", sequence, &scenario.skus[product], on_hand.into()).unwrap();
                for _ in 0..=usize::from(twice) {
                    apply_count(&self.shop.db, &count).await.unwrap();
                }
                Outcome::Accepted
            }
            Step::Pay { .. }
            | Step::RefundAtStripe { .. }
            | Step::FailRefund { .. }
            | Step::OpenDispute { .. }
            | Step::CloseDispute { .. } => {
                if model.outcome == Outcome::Accepted {
                    self.perform_at_stripe(scenario, model, step);
                }
                model.outcome
            }
        }
    }

    async fn deliver_event(&self, order: &PlacedOrder, event: StripeEvent, twice: bool) -> Outcome {
        let intent = &order.payment.as_ref().unwrap().1;
        let (kind, object) = match event {
            StripeEvent::PaymentCreated => ("payment_intent.created", intent),
            StripeEvent::PaymentFailed => ("payment_intent.payment_failed", intent),
            StripeEvent::PaymentSucceeded => ("payment_intent.succeeded", intent),
            StripeEvent::PaymentCanceled => ("payment_intent.canceled", intent),
            StripeEvent::RefundCreated(refund) => ("refund.created", &order.refunds[refund]),
            StripeEvent::RefundFailed(refund) => ("refund.failed", &order.refunds[refund]),
            StripeEvent::DisputeCreated => ("charge.dispute.created", &order.dispute),
            StripeEvent::DisputeClosed => ("charge.dispute.closed", &order.dispute),
        };
        let events = self.stripe.events();
        let matches = |event: &&Value| {
            event["type"] == kind && event["data"]["object"]["id"] == object.as_str()
        };
        let event = events.iter().find(matches);
        let event = event.unwrap_or_else(|| panic!("Stripe has no {kind} about {object:?}"));
        let (one, other) = once_or_twice(|| self.webhook.stripe_event(event), twice).await;
        assert_eq!((one.status, other.status), (200, 200), "{}", one.body);
        Outcome::Accepted
    }

    async fn adjust(&self, scenario: &mut Scenario, product: usize, delta: i32) -> Outcome {
        let (key, sku) = (scenario.key(), &scenario.skus[product]);
        let path = format!("/v1/inventory/{sku}/adjustments");
        let body = json!({"delta": delta, "reason": "correction"});
        outcome(&self.inventory.post(&path, &body).by(&self.staff).key(&key).await)
    }

    /// Performs a step at Stripe. The model has performed it already.
    fn perform_at_stripe(&self, scenario: &mut Scenario, model: &Model, step: &Step) {
        let stripe = &self.stripe;
        match *step {
            Step::Pay { order, declined } => {
                let intent = &scenario.orders[order].payment.as_ref().unwrap().1;
                let card = if declined { Card::Declined } else { Card::Visa };
                assert_eq!(stripe.pay(intent, card).is_err(), declined);
            }
            Step::RefundAtStripe { order, amount } => {
                // Refunds before this one may not have been sent to Stripe.
                let before = model.orders[order].refunds.len() - 1;
                let order = &mut scenario.orders[order];
                order.refunds.resize(before, String::new());
                let intent = &order.payment.as_ref().unwrap().1;
                let refund = stripe.refund(intent, Some(amount)).unwrap();
                order.refunds.push(refund["id"].as_str().unwrap().to_owned());
            }
            Step::FailRefund { order, .. } => {
                let failed = model.orders[order].last_failed_refund.unwrap();
                let refund = &scenario.orders[order].refunds[failed];
                stripe.update_refund(refund, RefundStatus::Failed).unwrap();
            }
            Step::OpenDispute { order } => {
                let order = &mut scenario.orders[order];
                let intent = &order.payment.as_ref().unwrap().1;
                let dispute = stripe.open_dispute(intent, "fraudulent").unwrap();
                dispute["id"].as_str().unwrap().clone_into(&mut order.dispute);
            }
            Step::CloseDispute { order, won } => {
                let outcome = if won { DisputeOutcome::Won } else { DisputeOutcome::Lost };
                stripe.close_dispute(&scenario.orders[order].dispute, outcome).unwrap();
            }
            _ => {}
        }
    }

    /// Makes everything due that the sweep would process later.
    async fn make_due(&self, scenario: &Scenario) {
        let orders = scenario.ids();
        let sql = "
            with closed as (
                update orders set close_at = now() where id = any($1) and status = 'pending'
            ), sent as (
                update refunds r set next_try_at = now() from payments p
                where p.id = r.payment_id and p.order_id = any($1) and r.status = 'requested'
            )
            update stripe_events e set next_try_at = now(), attempts = 0
            where processed_at is null and next_try_at < now() + interval '1 day'";
        self.shop.admin.execute(sql, &[&orders]).await.unwrap();
    }

    /// Reads Stripe's ids of the refunds that the shop has created since the last call.
    pub(super) async fn record_refund_ids(&self, scenario: &mut Scenario, model: &Model) {
        for (placed, order) in scenario.orders.iter_mut().zip(&model.orders) {
            if placed.refunds.len() == order.refunds.len()
                && !placed.refunds.contains(&String::new())
            {
                continue;
            }
            placed.refunds.resize(order.refunds.len(), String::new());
            let sql = "select coalesce(r.provider_refund, '') from refunds r join payments p on p.id = r.payment_id
                       where p.order_id = $1 and r.origin <> 'dashboard' order by r.id";
            let id: OrderId = placed.id.parse().unwrap();
            let ours = self.shop.admin.query(sql, &[&id]).await.unwrap();
            let known = order.refunds.iter().zip(&mut placed.refunds);
            let of_ours = known.filter(|(refund, _)| !refund.from_dashboard).map(|(_, id)| id);
            for (known, row) in of_ours.zip(ours) {
                *known = row.get(0);
            }
        }
    }

    /// The scenario's rows as text: one line per product and per order.
    pub(super) async fn snapshot(&self, scenario: &Scenario) -> String {
        let checkouts: Vec<_> = scenario.checkouts.iter().map(|wished| wished.id).collect();
        let parameters: [&(dyn ToSql + Sync); 4] =
            [&scenario.products, &scenario.ids(), &checkouts, &scenario.discount];
        let rows = self.shop.admin.query(&self.snapshot, &parameters).await.unwrap();
        rows.iter().fold(String::new(), |mut text, row| {
            writeln!(text, "{}", row.get::<_, &str>(0)).unwrap();
            text
        })
    }
}

impl Scenario {
    pub(super) fn placed(&mut self, id: String, secret: Option<String>) {
        let (refunds, dispute) = (Vec::new(), String::new());
        self.orders.push(PlacedOrder { id, secret, payment: None, refunds, dispute });
    }

    pub(super) fn has_order(&self, id: &str) -> bool {
        self.orders.iter().any(|order| order.id == id)
    }

    pub(super) fn key(&mut self) -> String {
        self.keys += 1;
        format!("{}-{}", self.products[0], self.keys)
    }

    fn ids(&self) -> Vec<OrderId> {
        self.orders.iter().map(|order| order.id.parse().unwrap()).collect()
    }
}

/// Sends a request once, or twice at the same time. Both answers, or one of them twice.
pub(super) async fn once_or_twice(call: impl Fn() -> Call, twice: bool) -> (Response, Response) {
    if twice {
        return tokio::join!(call().into_future(), call().into_future());
    }
    let answer = call().await;
    (answer.clone(), answer)
}

pub(super) fn outcome(answer: &Response) -> Outcome {
    match answer.status {
        200..=299 => Outcome::Accepted,
        500.. => panic!("{} {}", answer.status, answer.body),
        _ => Outcome::Refused(Box::leak(answer.text("/code").to_owned().into_boxed_str())),
    }
}
