//! The operations of the load test and their mix.

use crate::measure::request::send;
use crate::measure::{Buyers, PlacedOrder, RequestOutcome};
use fastrand::Rng;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

/// An operation of a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Operation {
    ShowProduct,
    ListProducts,
    Search,
    ListOrders,
    ShowOrder,
    Place,
    BeginPayment,
    Cancel,
}

/// Percent of the requests: 80 read, 15 place an order, 5 pay or cancel. Each payment also leads to webhook events.
const MIX: [(Operation, u8); 8] = [
    (Operation::ShowProduct, 40),
    (Operation::ListProducts, 20),
    (Operation::Search, 5),
    (Operation::ListOrders, 5),
    (Operation::ShowOrder, 10),
    (Operation::Place, 15),
    (Operation::BeginPayment, 4),
    (Operation::Cancel, 1),
];

impl Operation {
    /// A random operation by its share.
    pub(super) fn draw(random: &mut Rng) -> Self {
        let mut rest = random.u8(0..100);
        for (operation, share) in MIX {
            match rest.checked_sub(share) {
                Some(less) => rest = less,
                None => return operation,
            }
        }
        Self::ShowProduct
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::ShowProduct => "show a product",
            Self::ListProducts => "list products",
            Self::Search => "search products",
            Self::ListOrders => "list orders",
            Self::ShowOrder => "show an order",
            Self::Place => "place an order",
            Self::BeginPayment => "begin a payment",
            Self::Cancel => "cancel an order",
        }
    }

    /// Runs the operation, or shows a product if it needs an order and there is none. Returns what was run. A payment
    /// intent that it creates is sent to `pay`.
    pub(super) async fn run(
        self,
        buyers: &Buyers,
        random: &mut Rng,
        pay: &UnboundedSender<String>,
    ) -> (Self, RequestOutcome) {
        match self {
            Self::ShowProduct => {
                let path = format!("/v1/products/{}", choose(&buyers.products, random));
                (self, send(buyers.get(&path), 200).await.0)
            }
            Self::ListProducts => (self, send(buyers.get("/v1/products?limit=20"), 200).await.0),
            Self::Search => {
                let path = format!("/v1/products?q=thing+{}", random.u16(1..1000));
                (self, send(buyers.get(&path), 200).await.0)
            }
            Self::ListOrders => {
                let request = buyers.get("/v1/orders?limit=20");
                let token = buyers.token(buyers.next_buyer());
                (self, send(request.bearer_auth(token), 200).await.0)
            }
            Self::Place => (self, place(buyers, random).await),
            Self::ShowOrder | Self::BeginPayment | Self::Cancel => {
                let order = match self {
                    Self::ShowOrder => buyers.newest_unpaid(),
                    _ => buyers.take_oldest_unpaid(),
                };
                match order {
                    Some(order) => (self, self.run_on(&order, buyers, pay).await),
                    None => Box::pin(Self::ShowProduct.run(buyers, random, pay)).await,
                }
            }
        }
    }

    async fn run_on(
        self,
        order: &PlacedOrder,
        buyers: &Buyers,
        pay: &UnboundedSender<String>,
    ) -> RequestOutcome {
        let path = format!("/v1/orders/{}", order.order);
        let request = match self {
            Self::BeginPayment => buyers.post(&format!("{path}/payment-intent"), &json!({})),
            Self::Cancel => buyers.post(&format!("{path}/cancel"), &json!({})),
            _ => buyers.get(&path),
        };
        let (outcome, body) = send(request.bearer_auth(buyers.token(order.buyer)), 200).await;
        if let Some(intent) = body["stripe_payment_intent"].as_str() {
            // Fails after the end of the load test.
            let _ = pay.send(intent.to_owned());
        }
        outcome
    }
}

async fn place(buyers: &Buyers, random: &mut Rng) -> RequestOutcome {
    let buyer = buyers.next_buyer();
    let products: Vec<_> = (0..3).map(|_| choose(&buyers.products, random)).collect();
    let (outcome, body) = buyers.order(buyer, products.into_iter()).await;
    if let Some(order) = body["id"].as_str() {
        buyers.add_unpaid(PlacedOrder { order: order.to_owned(), buyer });
    }
    outcome
}

fn choose<'a>(items: &'a [String], random: &mut Rng) -> &'a str {
    &items[random.usize(0..items.len())]
}
