//! Stripe's test cards, and the outcome of a payment with each.

/// A payment method of the customer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// The payment succeeds at once.
    Visa,
    /// The payment succeeds at once.
    Mastercard,
    /// The payment succeeds at once; a refund to it stays pending until `update_refund`.
    PendingRefund,
    /// Declined without a reason.
    Declined,
    /// Declined for insufficient funds.
    InsufficientFunds,
    /// The bank requires authentication (3D Secure), which `settle` decides.
    AuthenticationRequired,
    /// A slow bank transfer: the payment is processing until `settle`.
    Slow,
}

/// What confirming a payment with a card leads to.
pub(super) enum CardOutcome {
    Succeeds,
    Declined { code: &'static str, message: &'static str },
    RequiresAction,
    Processing,
}

impl Card {
    const ALL: [Self; 7] = [
        Self::Visa,
        Self::Mastercard,
        Self::PendingRefund,
        Self::Declined,
        Self::InsufficientFunds,
        Self::AuthenticationRequired,
        Self::Slow,
    ];

    /// Its payment method id in the API.
    pub const fn token(self) -> &'static str {
        match self {
            Self::Visa => "pm_card_visa",
            Self::Mastercard => "pm_card_mastercard",
            Self::PendingRefund => "pm_card_pendingRefund",
            Self::Declined => "pm_card_chargeDeclined",
            Self::InsufficientFunds => "pm_card_chargeDeclinedInsufficientFunds",
            Self::AuthenticationRequired => "pm_card_authenticationRequired",
            Self::Slow => "pm_usBankAccount_processing",
        }
    }

    pub(super) fn from_token(token: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|card| card.token() == token)
    }

    pub(super) fn outcome(self) -> CardOutcome {
        match self {
            Self::Visa | Self::Mastercard | Self::PendingRefund => CardOutcome::Succeeds,
            Self::Declined => CardOutcome::Declined {
                code: "generic_decline",
                message: "Your card was declined.",
            },
            Self::InsufficientFunds => CardOutcome::Declined {
                code: "insufficient_funds",
                message: "Your card has insufficient funds.",
            },
            Self::AuthenticationRequired => CardOutcome::RequiresAction,
            Self::Slow => CardOutcome::Processing,
        }
    }

    pub(super) fn brand(self) -> (&'static str, &'static str) {
        match self {
            Self::Mastercard => ("mastercard", "4444"),
            _ => ("visa", "4242"),
        }
    }
}
