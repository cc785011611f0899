//! Stripe's webhook events with their signatures, and payments in the database.

use crate::{ApiClient, Call, Shop, clock};
use domain::id::{OrderId, PaymentId, RefundId};
use serde_json::{Value, json};
use stack::stripe::{Options, StandIn, signature};
use stripe_gateway::{Mode, Stripe};
use uuid::Uuid;

/// The signing secret of the webhook.
pub const WEBHOOK_SECRET: &str = "whsec_of_this_run";

const WEBHOOK: &str = "/v1/webhooks/stripe";
/// The time of second 0 of the events, in seconds since the epoch.
const START: i64 = 1_800_000_000;

/// A Stripe `PaymentIntent`, as its events show it.
#[derive(Clone, Debug)]
pub struct Intent {
    pub id: String,
    /// The id of the payment, which is in the metadata of the intent.
    pub payment: PaymentId,
    pub amount: i64,
    pub currency: String,
}

impl Intent {
    /// An event of type `payment_intent.<step>`: `created`, `requires_action`, `processing`,
    /// `amount_capturable_updated`, `payment_failed`, `succeeded` or `canceled`. `second` is its time.
    pub fn event(&self, step: &str, second: i64) -> Value {
        let status = match step {
            "created" | "payment_failed" => "requires_payment_method",
            "amount_capturable_updated" => "requires_capture",
            status => status,
        };
        let object = json!({
            "id": self.id,
            "object": "payment_intent",
            "amount": self.amount,
            "amount_received": if status == "succeeded" { self.amount } else { 0 },
            "currency": self.currency.to_lowercase(),
            "status": status,
            "metadata": {"payment_id": self.payment},
            "client_secret": format!("{}_secret_{}", self.id, Uuid::new_v4().simple()),
        });
        event(&format!("payment_intent.{step}"), second, &object)
    }
}

impl Intent {
    /// An event of a refund of this payment, with Stripe's `status`, and the id of our refund if we requested it.
    pub fn refund_event(
        &self,
        refund: &str,
        status: &str,
        amount: i64,
        ours: Option<RefundId>,
        second: i64,
    ) -> Value {
        let kind = match status {
            "pending" => "created",
            "failed" => "failed",
            _ => "updated",
        };
        let object = json!({
            "id": refund,
            "object": "refund",
            "amount": amount,
            "currency": self.currency.to_lowercase(),
            "status": status,
            "payment_intent": self.id,
            "metadata": ours.map(|id| json!({"refund_id": id})),
        });
        event(&format!("refund.{kind}"), second, &object)
    }
}

impl Intent {
    /// An event of type `charge.dispute.<step>`: `created`, `updated`, `closed`, `funds_withdrawn` or
    /// `funds_reinstated`, with Stripe's `status`.
    pub fn dispute_event(&self, dispute: &str, step: &str, status: &str, second: i64) -> Value {
        let object = json!({
            "id": dispute,
            "object": "dispute",
            "amount": self.amount,
            "currency": self.currency.to_lowercase(),
            "status": status,
            "reason": "fraudulent",
            "payment_intent": self.id,
            "evidence_details": {"due_by": START + 7 * 86_400},
        });
        event(&format!("charge.dispute.{step}"), second, &object)
    }

    /// An event of type `radar.early_fraud_warning.<step>`: `created` or `updated`.
    pub fn warning_event(&self, warning: &str, step: &str, actionable: bool) -> Value {
        let object = json!({
            "id": warning,
            "object": "radar.early_fraud_warning",
            "actionable": actionable,
            "charge": "ch_1",
            "created": START,
            "fraud_type": "made_with_stolen_card",
            "livemode": false,
            "payment_intent": self.id,
        });
        event(&format!("radar.early_fraud_warning.{step}"), 2, &object)
    }

    /// An event of type `review.<step>`: `opened` or `closed`.
    pub fn review_event(&self, review: &str, step: &str) -> Value {
        let is_open = step == "opened";
        let object = json!({
            "id": review,
            "object": "review",
            "charge": "ch_1",
            "closed_reason": (!is_open).then_some("approved"),
            "open": is_open,
            "opened_reason": "rule",
            "payment_intent": self.id,
            "reason": if is_open { "rule" } else { "approved" },
        });
        event(&format!("review.{step}"), 2, &object)
    }

    /// An event of type `checkout.session.<step>`: `completed`, `expired`, `async_payment_succeeded` or
    /// `async_payment_failed`; `completed_unpaid` is `completed` for a payment that is still processing.
    pub fn session_event(&self, step: &str, second: i64) -> Value {
        let is_paid = ["completed", "async_payment_succeeded"].contains(&step);
        let is_expired = step == "expired";
        let object = json!({
            "id": self.session(),
            "object": "checkout.session",
            "amount_total": self.amount,
            "currency": self.currency.to_lowercase(),
            "metadata": {"payment_id": self.payment},
            "payment_intent": (!is_expired).then_some(&self.id),
            "payment_status": if is_paid { "paid" } else { "unpaid" },
            "status": if is_expired { "expired" } else { "complete" },
        });
        event(&format!("checkout.session.{}", step.trim_end_matches("_unpaid")), second, &object)
    }

    /// The id of the checkout session of this intent, if it has one.
    pub fn session(&self) -> String {
        self.id.replacen("pi_", "cs_", 1)
    }
}

/// A webhook event with the state of `object`.
fn event(kind: &str, second: i64, object: &Value) -> Value {
    json!({
        "id": format!("evt_{}", Uuid::now_v7().simple()),
        "object": "event",
        "api_version": stack::stripe::API_VERSION,
        "created": START + second,
        "livemode": false,
        "type": kind,
        "data": {"object": object},
    })
}

impl ApiClient {
    /// Sends an event to the webhook, as Stripe does.
    pub fn stripe_event(&self, event: &Value) -> Call {
        let now = clock().now().unix_timestamp();
        self.signed(event.to_string().as_bytes(), &[WEBHOOK_SECRET], now)
    }

    /// Sends any body to the webhook, signed with any secrets at any time (seconds since the epoch).
    pub fn signed(&self, body: &[u8], secrets: &[&str], time: i64) -> Call {
        self.call(axum::http::Method::POST, WEBHOOK)
            .raw("application/json; charset=utf-8", body.to_vec())
            .header("stripe-signature", &signature(secrets, time, body))
    }
}

impl Shop {
    /// Inserts an unpaid payment with a payment intent.
    pub async fn payment(&self, order: OrderId) -> Intent {
        let payment = PaymentId::generate();
        let id = format!("pi_{}", Uuid::now_v7().simple());
        let sql = "insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
                   select $1, id, currency, $2, total_minor, 'requires_payment_method' from orders where id = $3
                   returning amount_minor, currency";
        let row = self.admin.query_one(sql, &[&payment, &id, &order]).await.unwrap();
        Intent { id, payment, amount: row.get(0), currency: row.get(1) }
    }

    /// Inserts a payment with an open checkout session, and returns the intent that Stripe will create when it is paid.
    pub async fn hosted_page(&self, order: OrderId) -> Intent {
        let payment = PaymentId::generate();
        let id = format!("pi_{}", Uuid::now_v7().simple());
        let sql = "with payment as (
                       insert into payments (id, order_id, currency, amount_minor, status)
                       select $1, id, currency, total_minor, 'creating' from orders where id = $2
                       returning amount_minor, currency
                   ), page as (
                       insert into checkout_sessions (payment_id, success_url, cancel_url, expires_at, provider_session)
                       values ($1, 'https://shop.test/', 'https://shop.test/', now() + interval '35 minutes', $3)
                   )
                   select amount_minor, currency from payment";
        let mut intent = Intent { id, payment, amount: 0, currency: String::new() };
        let row: [&(dyn tokio_postgres::types::ToSql + Sync); 3] =
            [&payment, &order, &intent.session()];
        let row = self.admin.query_one(sql, &row).await.unwrap();
        (intent.amount, intent.currency) = (row.get(0), row.get(1));
        intent
    }

    /// Marks a pending order as paid, directly in the database.
    pub async fn pay(&self, order: OrderId) -> Intent {
        let intent = self.payment(order).await;
        let sql = "with paid as (
                       update payments set status = 'succeeded' where provider_pi = $1
                       returning order_id, amount_minor, provider_pi
                   ), entered as (
                       insert into ledger (order_id, kind, amount_minor, source, source_id)
                       select order_id, 'captured', amount_minor, 'stripe', provider_pi from paid
                   )
                   update orders set status = 'confirmed', captured_minor = total_minor, expires_at = null
                   from paid where id = paid.order_id";
        self.admin.execute(sql, &[&intent.id]).await.unwrap();
        intent
    }
}

/// A Stripe stand-in and a client of it.
pub async fn stripe() -> (StandIn, Stripe) {
    let stand_in = StandIn::start(Options::default()).await.unwrap();
    let stripe = Stripe::new("sk_test_of_this_run", Some(stand_in.url()), Mode::Test).unwrap();
    (stand_in, stripe)
}
