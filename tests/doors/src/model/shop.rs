//! The shop itself: its doors, its database, and a Stripe whose events are kept back until a story tells them.

use super::step::{Part, Step};
use super::world::{Back, GOODS, News, Order, PRICES, Said, Status, World};
use domain::id::{OrderId, ProductId};
use domain::inventory::{Count, take_count};
use inventory::Inventory;
use lambda::dead_letters::DeadLetters;
use lambda::dispatch::Dispatch;
use orders::Orders;
use payments::Payments;
use serde_json::{Value, json};
use stack::stripe::{Card, RefundStatus, StandIn, Verdict};
use std::fmt::Write as _;
use std::future::IntoFuture as _;
use stripe_webhook::Webhook;
use sweep::Sweep;
use testkit::{Answer, Call, Door, Person, Product, Shop, WEBHOOK_SECRET};
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

/// Many stories happen here, one after the other, each with goods and orders of its own.
pub(super) struct Real {
    pub(super) shop: Shop,
    stripe: StandIn,
    orders: Door,
    payments: Door,
    webhook: Door,
    inventory: Door,
    sweep: Sweep,
    buyer: Person,
    staff: Person,
    look: Statement,
}

/// What one story made.
#[derive(Default)]
pub(super) struct Story {
    goods: Vec<ProductId>,
    skus: Vec<String>,
    orders: Vec<Placed>,
    keys: usize,
}

struct Placed {
    id: String,
    /// Ours and Stripe's id of the payment, once it is started.
    payment: Option<(String, String)>,
    /// Stripe's id of each refund, as far as the world knows of it.
    refunds: Vec<String>,
    dispute: String,
}

impl Real {
    pub(super) async fn open() -> Self {
        let (shop, (stand_in, stripe)) = (Shop::open().await, testkit::stripe().await);
        let (app, dispatch) = (shop.app(), Dispatch::later());
        let webhook = Webhook {
            db: shop.db.clone(),
            clock: testkit::clock(),
            dispatch: dispatch.clone(),
            secrets: stripe_gateway::webhook::Secrets::parse(WEBHOOK_SECRET).unwrap().into(),
            live: false,
        };
        let sweep = Sweep {
            db: shop.db.clone(),
            dispatch: dispatch.clone(),
            stripe: stripe.clone().into(),
            dead_letters: DeadLetters::none(),
        };
        let orders = Orders { app: app.clone(), dispatch: dispatch.clone() };
        let inventory = Inventory { app: app.clone(), dispatch: dispatch.clone() };
        let payments = Payments { app, dispatch, stripe: stripe.into() };
        let (buyer, staff) = (shop.customer().await, shop.staff().await);
        Self {
            orders: Door::new(orders::routes(), orders),
            payments: Door::new(payments::routes(), payments),
            webhook: Door::new(stripe_webhook::routes(), webhook),
            inventory: Door::new(inventory::routes(), inventory),
            stripe: stand_in,
            sweep,
            buyer,
            staff,
            look: shop.admin.prepare(LOOK).await.unwrap(),
            shop,
        }
    }

    /// A story begins. What an earlier one left undone stays so.
    pub(super) async fn begin(&mut self) -> Story {
        let leave = "
            update orders set close_at = now() + interval '1 year' where status = 'pending';
            update refunds set next_try_at = now() + interval '1 year' where status = 'requested';
            update stripe_events set next_try_at = now() + interval '1 year' where processed_at is null";
        self.shop.admin.batch_execute(leave).await.unwrap();
        self.buyer = self.shop.customer().await;
        let mut story = Story::default();
        for price in PRICES {
            let product = Product { price, stock: super::world::STOCK, ..Product::any() };
            story.skus.push(product.sku.clone());
            story.goods.push(self.shop.product(product).await);
        }
        story
    }

    /// Takes a step, and says what the shop said.
    pub(super) async fn take(&self, story: &mut Story, world: &World, step: &Step) -> Said {
        match *step {
            Step::Place { pieces, twice } => self.place(story, pieces, twice).await,
            Step::StartPayment { order } => {
                let order = &mut story.orders[order];
                let path = format!("/v1/orders/{}/payment-intent", order.id);
                let answer =
                    self.payments.call(axum::http::Method::POST, &path).by(&self.buyer).await;
                if answer.status == 200 {
                    let text = |pointer| answer.text(pointer).to_owned();
                    order.payment = Some((text("/payment"), text("/stripe_payment_intent")));
                }
                said(&answer)
            }
            Step::Tell { order, which, twice } => {
                let Some(news) = world.pick(order, which) else { return Said::Nothing };
                self.tell(&story.orders[order], news, twice).await
            }
            Step::Cancel { order, by_staff } => {
                let path = format!("/v1/orders/{}/cancel", story.orders[order].id);
                let who = if by_staff { &self.staff } else { &self.buyer };
                said(&self.orders.post(&path, &json!({})).by(who).await)
            }
            Step::Refund { order, part } => self.refund(story, order, part).await,
            Step::Ship { order } => {
                let path = format!("/v1/orders/{}/ship", story.orders[order].id);
                said(&self.orders.post(&path, &json!({"carrier": "DHL"})).by(&self.staff).await)
            }
            Step::Expire { order } => {
                let id: OrderId = story.orders[order].id.parse().unwrap();
                let sql = "update orders set expires_at = now() - interval '1 second'
                           where id = $1 and status = 'pending'";
                self.shop.admin.execute(sql, &[&id]).await.unwrap();
                Said::Nothing
            }
            Step::Sweep => {
                self.wait(story).await;
                // It fails if Stripe refuses a refund, and goes on all the same.
                self.sweep.round().await.ok();
                Said::Yes
            }
            Step::Adjust { good, delta } => self.adjust(story, good, delta).await,
            Step::Count { good, on_hand, stale, twice } => {
                let newest = world.shelf[good].sequence;
                // The world has taken the count already.
                let sequence = if stale { newest - 1 } else { newest };
                let count =
                    Count::new("acme", sequence, &story.skus[good], on_hand.into()).unwrap();
                for _ in 0..=usize::from(twice) {
                    take_count(&self.shop.db, &count).await.unwrap();
                }
                Said::Yes
            }
            Step::Pay { .. }
            | Step::RefundAtStripe { .. }
            | Step::RefundBounces { .. }
            | Step::Dispute { .. }
            | Step::Decide { .. } => {
                if world.said == Said::Yes {
                    self.at_stripe(story, world, step);
                }
                world.said
            }
        }
    }

    async fn place(&self, story: &mut Story, pieces: [i32; GOODS], twice: bool) -> Said {
        let lines = story.goods.iter().zip(pieces).filter(|(_, pieces)| *pieces > 0);
        let lines = lines.map(|(product, pieces)| json!({"product": product, "quantity": pieces}));
        let wish = json!({"lines": lines.collect::<Vec<_>>()});
        let key = story.key();
        let call = || self.orders.post("/v1/orders", &wish).by(&self.buyer).key(&key);
        let (answer, again) = both(call, twice).await;
        assert_eq!(answer.refusal(), again.refusal());
        assert_eq!(answer.text("/id"), again.text("/id"), "one key, one order");
        if answer.status == 201 {
            let id = answer.text("/id").to_owned();
            let (refunds, dispute) = (Vec::new(), String::new());
            story.orders.push(Placed { id, payment: None, refunds, dispute });
        }
        said(&answer)
    }

    async fn tell(&self, order: &Placed, news: News, twice: bool) -> Said {
        let intent = &order.payment.as_ref().unwrap().1;
        let (kind, object) = match news {
            News::Opened => ("payment_intent.created", intent),
            News::Declined => ("payment_intent.payment_failed", intent),
            News::Paid => ("payment_intent.succeeded", intent),
            News::Canceled => ("payment_intent.canceled", intent),
            News::Refunded(refund) => ("refund.created", &order.refunds[refund]),
            News::RefundFailed(refund) => ("refund.failed", &order.refunds[refund]),
            News::Disputed => ("charge.dispute.created", &order.dispute),
            News::Decided => ("charge.dispute.closed", &order.dispute),
        };
        let events = self.stripe.events();
        let is_meant = |event: &&Value| {
            event["type"] == kind && event["data"]["object"]["id"] == object.as_str()
        };
        let event = events.iter().find(is_meant);
        let event = event.unwrap_or_else(|| panic!("Stripe has no {kind} about {object:?}"));
        let (one, other) = both(|| self.webhook.stripe_event(event), twice).await;
        assert_eq!((one.status, other.status), (200, 200), "{}", one.body);
        Said::Yes
    }

    async fn refund(&self, story: &mut Story, place: usize, part: Part) -> Said {
        let (key, order) = (story.key(), &story.orders[place]);
        let Some((payment, _)) = &order.payment else { return Said::Nothing };
        let wish = match part {
            Part::Rest => json!({}),
            Part::Amount(amount) => json!({"amount": {"amount": amount, "currency": "EUR"}}),
            Part::Pieces { good, quantity, restock } => json!({"lines": [
                {"product": story.goods[good], "quantity": quantity, "restock": restock}
            ]}),
        };
        let path = format!("/v1/payments/{payment}/refunds");
        said(&self.payments.post(&path, &wish).by(&self.staff).key(&key).await)
    }

    async fn adjust(&self, story: &mut Story, good: usize, delta: i32) -> Said {
        let (key, sku) = (story.key(), &story.skus[good]);
        let path = format!("/v1/inventory/{sku}/adjustments");
        let wish = json!({"delta": delta, "reason": "correction"});
        said(&self.inventory.post(&path, &wish).by(&self.staff).key(&key).await)
    }

    /// What nobody asks the shop about. The world has taken the step already.
    fn at_stripe(&self, story: &mut Story, world: &World, step: &Step) {
        let stripe = &self.stripe;
        match *step {
            Step::Pay { order, declined } => {
                let intent = &story.orders[order].payment.as_ref().unwrap().1;
                let card = if declined { Card::Declined } else { Card::Visa };
                assert_eq!(stripe.pay(intent, card).is_err(), declined);
            }
            Step::RefundAtStripe { order, amount } => {
                // There may be refunds before it that Stripe was not asked for.
                let before = world.orders[order].refunds.len() - 1;
                let order = &mut story.orders[order];
                order.refunds.resize(before, String::new());
                let intent = &order.payment.as_ref().unwrap().1;
                let refund = stripe.refund(intent, Some(amount)).unwrap();
                order.refunds.push(refund["id"].as_str().unwrap().to_owned());
            }
            Step::RefundBounces { order, .. } => {
                let (placed, told) = (&story.orders[order], &world.orders[order]);
                let bounced = told.bounced.unwrap();
                stripe.update_refund(&placed.refunds[bounced], RefundStatus::Failed).unwrap();
            }
            Step::Dispute { order } => {
                let order = &mut story.orders[order];
                let intent = &order.payment.as_ref().unwrap().1;
                let dispute = stripe.open_dispute(intent, "fraudulent").unwrap();
                dispute["id"].as_str().unwrap().clone_into(&mut order.dispute);
            }
            Step::Decide { order, won } => {
                let verdict = if won { Verdict::Won } else { Verdict::Lost };
                stripe.close_dispute(&story.orders[order].dispute, verdict).unwrap();
            }
            _ => {}
        }
    }

    /// Time goes by: what waits for another try is due.
    async fn wait(&self, story: &Story) {
        let orders = story.ids();
        let sql = "
            with closing as (
                update orders set close_at = now() where id = any($1) and status = 'pending'
            ), asking as (
                update refunds r set next_try_at = now() from payments p
                where p.id = r.payment_id and p.order_id = any($1) and r.status = 'requested'
            )
            update stripe_events e set next_try_at = now(), attempts = 0
            where processed_at is null and next_try_at < now() + interval '1 day'";
        self.shop.admin.execute(sql, &[&orders]).await.unwrap();
    }

    /// Takes down the ids of the refunds that Stripe has by now, in the order in which the world knows them.
    pub(super) async fn learn_refunds(&self, story: &mut Story, world: &World) {
        for (placed, order) in story.orders.iter_mut().zip(&world.orders) {
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
            let of_ours = known.filter(|(refund, _)| !refund.is_foreign).map(|(_, id)| id);
            for (known, row) in of_ours.zip(ours) {
                *known = row.get(0);
            }
        }
    }

    /// Shelf and orders, in one line each.
    pub(super) async fn look(&self, story: &Story) -> String {
        let row: [&(dyn ToSql + Sync); 2] = [&story.goods, &story.ids()];
        let rows = self.shop.admin.query(&self.look, &row).await.unwrap();
        rows.iter().fold(String::new(), |mut seen, row| {
            writeln!(seen, "{}", row.get::<_, &str>(0)).unwrap();
            seen
        })
    }
}

const LOOK: &str = "
    (select format('shelf %s %s', on_hand, reserved)
     from unnest($1::uuid[]) with ordinality good (id, place) join products using (id) order by place)
    union all
    (select format('%s%s captured %s refunded %s%s [%s]', o.status,
                   case when o.status = 'pending' and o.cancel_requested_at is not null then ' ending' else '' end,
                   o.captured_minor, o.refunded_minor, case when o.on_hold then ' on hold' else '' end,
                   (select string_agg(r.amount_minor || ' ' || r.status, ', ' order by r.amount_minor, r.status)
                    from refunds r join payments p on p.id = r.payment_id where p.order_id = o.id))
     from unnest($2::uuid[]) with ordinality mine (id, place) join orders o using (id) order by place)";

impl Story {
    fn key(&mut self) -> String {
        self.keys += 1;
        format!("{}-{}", self.goods[0], self.keys)
    }

    fn ids(&self) -> Vec<OrderId> {
        self.orders.iter().map(|order| order.id.parse().unwrap()).collect()
    }
}

/// The same as [`Real::look`] sees, as it should be.
pub(super) fn expected(world: &World) -> String {
    let mut seen = String::new();
    for good in &world.shelf {
        writeln!(seen, "shelf {} {}", good.on_hand, good.reserved).unwrap();
    }
    for order in &world.orders {
        writeln!(seen, "{}", line(order)).unwrap();
    }
    seen
}

fn line(order: &Order) -> String {
    let status = match order.status {
        Status::Pending if order.shall_end => "pending ending",
        Status::Pending => "pending",
        Status::Confirmed => "confirmed",
        Status::Shipped => "shipped",
        Status::Cancelled => "cancelled",
    };
    let mut refunds: Vec<_> = order
        .refunds
        .iter()
        .filter_map(|refund| {
            let status = match refund.known? {
                Back::Requested => "requested",
                Back::Given => "succeeded",
                Back::Failed => "failed",
            };
            Some((refund.amount, status))
        })
        .collect();
    refunds.sort_unstable();
    let refunds: Vec<_> =
        refunds.into_iter().map(|(amount, status)| format!("{amount} {status}")).collect();
    let hold = if order.is_on_hold() { " on hold" } else { "" };
    let (captured, refunded, refunds) = (order.captured(), order.refunded(), refunds.join(", "));
    format!("{status} captured {captured} refunded {refunded}{hold} [{refunds}]")
}

async fn both(call: impl Fn() -> Call, twice: bool) -> (Answer, Answer) {
    if twice {
        return tokio::join!(call().into_future(), call().into_future());
    }
    let answer = call().await;
    (answer.clone(), answer)
}

fn said(answer: &Answer) -> Said {
    match answer.status {
        200..=299 => Said::Yes,
        500.. => panic!("{} {}", answer.status, answer.body),
        _ => Said::No(Box::leak(answer.text("/code").to_owned().into_boxed_str())),
    }
}
