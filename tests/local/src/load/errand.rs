//! What somebody comes to the shop for, in the shares in which they come.

use crate::measure::request::send;
use crate::measure::{Crowd, Done, Placed};
use fastrand::Rng;
use serde_json::json;
use tokio::sync::mpsc::UnboundedSender;

/// What somebody wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Errand {
    ShowProduct,
    ListProducts,
    Search,
    ListOrders,
    ShowOrder,
    Place,
    BeginPayment,
    Cancel,
}

/// Of a hundred requests: 80 read, 15 order, 5 pay and give up. Each payment also brings Stripe's events.
const SHARES: [(Errand, u8); 8] = [
    (Errand::ShowProduct, 40),
    (Errand::ListProducts, 20),
    (Errand::Search, 5),
    (Errand::ListOrders, 5),
    (Errand::ShowOrder, 10),
    (Errand::Place, 15),
    (Errand::BeginPayment, 4),
    (Errand::Cancel, 1),
];

impl Errand {
    pub(super) fn draw(luck: &mut Rng) -> Self {
        let mut ball = luck.u8(0..100);
        for (errand, share) in SHARES {
            match ball.checked_sub(share) {
                Some(rest) => ball = rest,
                None => return errand,
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

    /// Runs it, or looks at a product where there is no order to do it with. What is to be paid is named to `pay`.
    pub(super) async fn run(
        self,
        crowd: &Crowd,
        luck: &mut Rng,
        pay: &UnboundedSender<String>,
    ) -> (Self, Done) {
        match self {
            Self::ShowProduct => {
                let path = format!("/v1/products/{}", some(&crowd.products, luck));
                (self, send(crowd.get(&path), 200).await.0)
            }
            Self::ListProducts => (self, send(crowd.get("/v1/products?limit=20"), 200).await.0),
            Self::Search => {
                let path = format!("/v1/products?q=thing+{}", luck.u16(1..1000));
                (self, send(crowd.get(&path), 200).await.0)
            }
            Self::ListOrders => {
                let request = crowd.get("/v1/orders?limit=20");
                let token = crowd.token(crowd.next_buyer());
                (self, send(request.bearer_auth(token), 200).await.0)
            }
            Self::Place => (self, place(crowd, luck).await),
            Self::ShowOrder | Self::BeginPayment | Self::Cancel => {
                let placed = if self == Self::ShowOrder { crowd.newest() } else { crowd.take() };
                match placed {
                    Some(placed) => (self, self.about(&placed, crowd, pay).await),
                    None => Box::pin(Self::ShowProduct.run(crowd, luck, pay)).await,
                }
            }
        }
    }

    async fn about(self, placed: &Placed, crowd: &Crowd, pay: &UnboundedSender<String>) -> Done {
        let path = format!("/v1/orders/{}", placed.order);
        let request = match self {
            Self::BeginPayment => crowd.post(&format!("{path}/payment-intent"), &json!({})),
            Self::Cancel => crowd.post(&format!("{path}/cancel"), &json!({})),
            _ => crowd.get(&path),
        };
        let (done, body) = send(request.bearer_auth(crowd.token(placed.buyer)), 200).await;
        if let Some(intent) = body["stripe_payment_intent"].as_str() {
            // Nobody listens any more once the load is over.
            let _ = pay.send(intent.to_owned());
        }
        done
    }
}

async fn place(crowd: &Crowd, luck: &mut Rng) -> Done {
    let buyer = crowd.next_buyer();
    let products: Vec<_> = (0..3).map(|_| some(&crowd.products, luck)).collect();
    let (done, body) = crowd.order(buyer, products.into_iter()).await;
    if let Some(order) = body["id"].as_str() {
        crowd.keep(Placed { order: order.to_owned(), buyer });
    }
    done
}

fn some<'a>(of: &'a [String], luck: &mut Rng) -> &'a str {
    &of[luck.usize(0..of.len())]
}
