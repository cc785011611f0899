//! What Stripe says, signed as Stripe signs it.

use crate::{Call, Door, Shop, clock};
use domain::id::{OrderId, PaymentId, RefundId};
use serde_json::{Value, json};
use stack::stripe::{Options, StandIn, signature};
use stripe_gateway::Stripe;
use uuid::Uuid;

/// The secret between Stripe and the shop's webhook.
pub const WEBHOOK_SECRET: &str = "whsec_of_this_run";

const WEBHOOK: &str = "/v1/webhooks/stripe";
/// When the first step of every story happens.
const START: i64 = 1_800_000_000;

/// A Stripe `PaymentIntent`, as its events show it.
#[derive(Clone, Debug)]
pub struct Intent {
    pub id: String,
    /// Our payment's id, which Stripe keeps for us.
    pub payment: PaymentId,
    pub amount: i64,
    pub currency: String,
}

impl Intent {
    /// The event of one step: `created`, `requires_action`, `processing`, `amount_capturable_updated`, `payment_failed`,
    /// `succeeded`, `canceled`.
    /// `second` says when it happened.
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
            "currency": self.currency.to_lowercase(),
            "status": status,
            "metadata": {"payment_id": self.payment},
            "client_secret": format!("{}_secret_{}", self.id, Uuid::new_v4().simple()),
        });
        event(&format!("payment_intent.{step}"), second, &object)
    }
}

impl Intent {
    /// The event of a refund of this payment: `status` as Stripe writes it, `ours` if we asked for it.
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
    /// The event of one step of a dispute over this payment: `created`, `updated`, `closed`, `funds_withdrawn`,
    /// `funds_reinstated`; `status` as Stripe writes it.
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

    /// The event of the checkout session that this intent belongs to: `completed`, `expired`, `async_payment_succeeded`,
    /// `async_payment_failed`; and `completed_unpaid`, which Stripe calls `completed` while the bank takes its time.
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

    /// Stripe's id of the checkout session that this intent belongs to, if it belongs to one.
    pub fn session(&self) -> String {
        self.id.replacen("pi_", "cs_", 1)
    }
}

/// What Stripe says happened to `object`.
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

impl Door {
    /// An event as Stripe sends it to the webhook.
    pub fn stripe_event(&self, event: &Value) -> Call {
        let now = clock().now().unix_timestamp();
        self.signed(event.to_string().as_bytes(), &[WEBHOOK_SECRET], now)
    }

    /// Any body, signed with any secrets at any time.
    pub fn signed(&self, body: &[u8], secrets: &[&str], time: i64) -> Call {
        self.call(axum::http::Method::POST, WEBHOOK)
            .raw("application/json; charset=utf-8", body.to_vec())
            .header("stripe-signature", &signature(secrets, time, body))
    }
}

impl Shop {
    /// A payment that Stripe knows and that nobody has paid yet.
    pub async fn payment(&self, order: OrderId) -> Intent {
        let payment = PaymentId::generate();
        let id = format!("pi_{}", Uuid::now_v7().simple());
        let sql = "insert into payments (id, order_id, currency, provider_pi, amount_minor, status)
                   select $1, id, currency, $2, total_minor, 'requires_payment_method' from orders where id = $3
                   returning amount_minor, currency";
        let row = self.admin.query_one(sql, &[&payment, &id, &order]).await.unwrap();
        Intent { id, payment, amount: row.get(0), currency: row.get(1) }
    }

    /// A payment on a page of Stripe's that is open, and the intent that Stripe will make if somebody pays there.
    pub async fn checkout(&self, order: OrderId) -> Intent {
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

    /// Makes a pending order one that is paid, past the shop's doors.
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

/// A Stripe of one's own, and the line to it.
pub async fn stripe() -> (StandIn, Stripe) {
    let stand_in = StandIn::start(Options::default()).await.unwrap();
    let stripe = Stripe::new("sk_test_of_this_run", Some(stand_in.url())).unwrap();
    (stand_in, stripe)
}
