//! Payments, refunds and disputes, against the Stripe stand-in.

mod checkout_session;
mod disputes;
mod edits;
mod given_up;
mod livemode;
mod newest_postgres;
mod offline;
mod payment_flow_switch;
mod payment_intent;
mod refund;
mod refund_parts;
mod refund_steps;
mod refund_tax;
mod refusals;
mod release;
mod replayed_errors;
mod restock;
mod returned;
mod stripe_faults;
mod unproven;
mod unshipped;

use domain::id::OrderId;
use lambda::dispatcher::OutboxDispatcher;
use payments::Payments;
use refund::Sale;
use stack::stripe::StandIn;
use testkit::{ApiClient, Call, Order, Product, Shop, User};

/// A shop with one customer and a Stripe stand-in.
struct Fixture {
    shop: Shop,
    stripe: StandIn,
    api: ApiClient,
    buyer: User,
}

impl Fixture {
    async fn open() -> Self {
        Self::on(Shop::open().await, false).await
    }

    /// Buyers may pay by voucher if the shop offers it.
    async fn open_with_vouchers(offers_vouchers: bool) -> Self {
        Self::on(Shop::open().await, offers_vouchers).await
    }

    async fn on(shop: Shop, offers_vouchers: bool) -> Self {
        let (stand_in, stripe) = testkit::stripe().await;
        let stripe = stripe.with_vouchers(offers_vouchers);
        let payments = Payments {
            app: shop.app(),
            dispatcher: OutboxDispatcher::deferred(),
            stripe: stripe.into(),
        };
        let buyer = shop.customer().await;
        Self { shop, stripe: stand_in, api: ApiClient::new(payments::routes(), payments), buyer }
    }

    fn orders_api(&self) -> ApiClient {
        let orders =
            orders::Orders { app: self.shop.app(), dispatcher: OutboxDispatcher::deferred() };
        ApiClient::new(orders::routes(), orders)
    }

    /// A pending order over `price` minor units.
    async fn order(&self, price: i64) -> OrderId {
        self.order_of(1, price).await
    }

    /// A pending order for `quantity` pieces of one product, at `price` minor units each.
    async fn order_of(&self, quantity: i32, price: i64) -> OrderId {
        let product = self.shop.product(Product { price, ..Product::any() }).await;
        self.shop.order(&self.buyer, Order { product, quantity }).await
    }

    /// Fails unless our records agree with each other, with Stripe's and with the responses.
    async fn audit(&self) {
        let audit = self.shop.audit().with_stripe(&self.stripe);
        audit.with_exchanges(self.api.exchanges()).assert_holds().await;
    }

    /// The buyer asks for a PaymentIntent.
    fn pay(&self, order: OrderId) -> Call {
        let path = format!("/v1/orders/{order}/payment-intent");
        self.api.call(axum::http::Method::POST, &path).by(&self.buyer)
    }
}
