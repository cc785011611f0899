//! Cancels payments of either flow.

use crate::client::Stripe;
use crate::failure::StripeFailure;
use domain::payments::{OpenPayment, PaymentUpdate};

impl Stripe {
    /// Makes sure that a payment can no longer be paid, and returns its state: canceled, or another one if it was too
    /// late.
    pub async fn cancel(&self, open: &OpenPayment) -> Result<PaymentUpdate, StripeFailure> {
        match &open.hosted_page {
            Some(page) => self.expire_session(open, page).await,
            None => self.cancel_intent(open).await,
        }
    }
}
