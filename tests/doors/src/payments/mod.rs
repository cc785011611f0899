mod checkout;
mod disputes;
mod doubt;
mod faults;
mod intent;
mod refund;
mod restock;
mod switch;

use domain::id::OrderId;
use lambda::dispatch::Dispatch;
use payments::Payments;
use stack::stripe::StandIn;
use testkit::{Call, Door, Order, Person, Product, Shop};

/// A shop with one customer, and a Stripe to pay at.
struct Till {
    shop: Shop,
    stripe: StandIn,
    door: Door,
    buyer: Person,
}

impl Till {
    async fn open() -> Self {
        let shop = Shop::open().await;
        let (stand_in, stripe) = testkit::stripe().await;
        let payments =
            Payments { app: shop.app(), dispatch: Dispatch::later(), stripe: stripe.into() };
        let buyer = shop.customer().await;
        Self { shop, stripe: stand_in, door: Door::new(payments::routes(), payments), buyer }
    }

    /// Where the orders are shown.
    fn orders(&self) -> Door {
        let orders = orders::Orders { app: self.shop.app(), dispatch: Dispatch::later() };
        Door::new(orders::routes(), orders)
    }

    /// A pending order over so many minor units.
    async fn order(&self, price: i64) -> OrderId {
        self.order_of(1, price).await
    }

    /// A pending order of so many pieces of one product.
    async fn order_of(&self, quantity: i32, price: i64) -> OrderId {
        let product = self.shop.product(Product { price, ..Product::any() }).await;
        self.shop.order(&self.buyer, Order { product, quantity }).await
    }

    /// Our books agree with each other, with Stripe's, and with what was answered.
    async fn hold(&self) {
        let books = self.shop.books().with_stripe(&self.stripe);
        books.with_answers(self.door.notes()).hold().await;
    }

    /// The buyer wants to pay an order.
    fn pay(&self, order: OrderId) -> Call {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.door.call(axum::http::Method::POST, &path).by(&self.buyer)
    }
}
