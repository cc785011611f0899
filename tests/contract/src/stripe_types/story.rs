//! Everything that we ask of Stripe, and everything that happens to a payment.

use domain::id::{OrderId, PaymentId, RefundId};
use domain::money::{Currency, Money};
use domain::payments::refund::DueRefund;
use domain::payments::{HostedPage, OpenPayment};
use serde_json::Value;
use stack::stripe::{Card, DisputeOptions, DisputeOutcome, RefundStatus, Settlement, StandIn};
use std::time::Duration;
use stripe_gateway::Stripe;
use time::OffsetDateTime;

const TOTAL: Money = Money { minor: 2500, currency: Currency::EUR };

/// A stand-in on which all of it has happened, and objects that no event has shown.
pub(super) struct Story {
    pub(super) stand_in: StandIn,
    pub(super) objects: Vec<Value>,
}

impl Story {
    pub(super) async fn tell() -> Self {
        let (stand_in, stripe) = testkit::stripe().await;
        let stripe = stripe.with_vouchers(true);
        let mut story = Self { stand_in, objects: Vec::new() };
        story.pay(&stripe).await;
        story.pay_on_a_page(&stripe).await;
        story.refund(&stripe).await;
        story.dispute();
        story.compare(&stripe).await;
        story
    }

    /// The id of a new intent.
    async fn intent(&self, stripe: &Stripe) -> String {
        stripe.payment_intent(&open_payment(None)).await.unwrap().id
    }

    async fn pay(&self, stripe: &Stripe) {
        let paid = self.intent(stripe).await;
        for card in [Card::Declined, Card::InsufficientFunds] {
            self.stand_in.pay(&paid, card).unwrap_err();
        }
        self.stand_in.pay(&paid, Card::Mastercard).unwrap();
        stripe.retrieve_payment(&paid).await.unwrap();

        for (card, settlement) in [
            (Card::AuthenticationRequired, Settlement::Failed),
            (Card::AuthenticationRequired, Settlement::Paid),
            (Card::Slow, Settlement::Failed),
            (Card::Slow, Settlement::Paid),
        ] {
            let intent = self.intent(stripe).await;
            self.stand_in.pay(&intent, card).unwrap();
            self.stand_in.settle(&intent, settlement).unwrap();
        }
        let voucher = self.intent(stripe).await;
        self.stand_in.await_voucher(&voucher, 1_800_000_000).unwrap();
        let part = self.intent(stripe).await;
        self.stand_in.succeed_with(&part, 1000).unwrap();

        let open = open_payment(None);
        stripe.cancel(&open).await.unwrap();
        stripe.cancel(&OpenPayment { provider: Some(voucher), ..open }).await.unwrap();
    }

    async fn pay_on_a_page(&mut self, stripe: &Stripe) {
        for (card, settlement) in [
            (Card::Visa, None),
            (Card::Slow, Some(Settlement::Paid)),
            (Card::Slow, Some(Settlement::Failed)),
        ] {
            let session = stripe.checkout_session(&open_payment(Some(page()))).await.unwrap().id;
            self.objects.extend(self.stand_in.object(&session));
            let paid = self.stand_in.pay_session(&session, card).unwrap();
            self.objects.push(paid.clone());
            if let Some(settlement) = settlement {
                let intent = paid["payment_intent"].as_str().unwrap();
                self.stand_in.settle(intent, settlement).unwrap();
            }
            let page = HostedPage { session: Some(session), ..page() };
            stripe.checkout_session(&open_payment(Some(page))).await.unwrap();
        }
        stripe.cancel(&open_payment(Some(page()))).await.unwrap();
    }

    async fn refund(&self, stripe: &Stripe) {
        for (card, status) in [
            (Card::Visa, RefundStatus::Failed),
            (Card::PendingRefund, RefundStatus::Succeeded),
            (Card::PendingRefund, RefundStatus::RequiresAction),
            (Card::PendingRefund, RefundStatus::Canceled),
        ] {
            let intent = self.intent(stripe).await;
            self.stand_in.pay(&intent, card).unwrap();
            let first = stripe.refund(&due_refund(&intent, 1)).await.unwrap();
            self.stand_in.update_refund(&first.provider, status).unwrap();
            stripe.retrieve_refund(&first.provider, &intent).await.unwrap();
        }
        let intent = self.intent(stripe).await;
        self.stand_in.pay(&intent, Card::Visa).unwrap();
        // Looked for before it is requested.
        stripe.refund(&due_refund(&intent, 9)).await.unwrap();
    }

    fn dispute(&self) {
        let stand_in = &self.stand_in;
        for (status, outcome) in [
            ("needs_response", DisputeOutcome::Won),
            ("needs_response", DisputeOutcome::Lost),
            ("warning_needs_response", DisputeOutcome::Won),
            ("prevented", DisputeOutcome::Won),
        ] {
            let intent = stand_in.create_foreign_intent(2500, "usd").unwrap();
            let intent = intent["id"].as_str().unwrap();
            stand_in.pay(intent, Card::Visa).unwrap();
            let review = stand_in.open_review(intent);
            stand_in.close_review(&review);
            stand_in.early_fraud_warning(intent);
            let options = DisputeOptions { status, amount: Some(1000), ..Default::default() };
            let dispute = stand_in.open_dispute_with(intent, options).unwrap();
            let dispute = dispute["id"].as_str().unwrap();
            stand_in.set_dispute_status(dispute, "under_review").unwrap();
            stand_in.close_dispute(dispute, outcome).unwrap();
            stand_in.emit_thin("v1.payment_intent.succeeded", "payment_intent", intent);
            stand_in.emit_thin("v1.charge.dispute.closed", "dispute", dispute);
        }
    }

    async fn compare(&self, stripe: &Stripe) {
        let since = OffsetDateTime::UNIX_EPOCH;
        let payments = stripe.list_payments(since, None).await.unwrap();
        let after = payments.items.last().and_then(|payment| payment.provider.clone());
        stripe.list_payments(since, after.as_deref()).await.unwrap();
        let refunds = stripe.list_refunds(since, None).await.unwrap();
        let after = refunds.items.last().map(|refund| refund.provider.clone());
        stripe.list_refunds(since, after.as_deref()).await.unwrap();
        stripe.list_disputes(since, None).await.unwrap();
    }
}

fn open_payment(hosted_page: Option<HostedPage>) -> OpenPayment {
    OpenPayment {
        id: PaymentId::generate(),
        order: OrderId::generate(),
        amount: TOTAL,
        provider: None,
        hosted_page,
        is_stale: false,
        vouchers: true,
    }
}

fn page() -> HostedPage {
    HostedPage {
        success_url: "https://shop.test/thanks".to_owned(),
        cancel_url: "https://shop.test/cart".to_owned(),
        expires_at: testkit::clock().now() + Duration::from_mins(35),
        session: None,
    }
}

fn due_refund(intent: &str, attempts: i32) -> DueRefund {
    DueRefund {
        id: RefundId::generate(),
        order: OrderId::generate(),
        provider: intent.to_owned(),
        amount: Money { minor: 500, ..TOTAL },
        attempts,
        is_old: false,
    }
}
