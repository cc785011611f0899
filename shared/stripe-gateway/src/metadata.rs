//! The names under which Stripe's objects carry our ids in their metadata.

/// On PaymentIntents and Checkout Sessions: our payment's id.
pub(crate) const PAYMENT_ID: &str = "payment_id";
/// On refunds: our refund's id.
pub(crate) const REFUND_ID: &str = "refund_id";
