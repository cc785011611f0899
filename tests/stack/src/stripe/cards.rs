//! Stripe's test cards and what becomes of a payment with them.

/// What a customer pays with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Card {
    /// Pays at once.
    Visa,
    /// Pays at once.
    Mastercard,
    /// Pays at once; a refund to it stays pending until `update_refund`.
    PendingRefund,
    /// The bank says no and gives no reason.
    Declined,
    /// The bank says no: there is not enough money.
    InsufficientFunds,
    /// The bank wants to hear from the customer first, see `settle`.
    AuthenticationRequired,
    /// The bank takes days: the payment is processing until `settle`.
    Slow,
}

pub(super) enum Fate {
    Paid,
    Declined { code: &'static str, message: &'static str },
    AskCustomer,
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

    /// The payment method that stands for it in the API.
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

    pub(super) fn fate(self) -> Fate {
        match self {
            Self::Visa | Self::Mastercard | Self::PendingRefund => Fate::Paid,
            Self::Declined => {
                Fate::Declined { code: "generic_decline", message: "Your card was declined." }
            }
            Self::InsufficientFunds => Fate::Declined {
                code: "insufficient_funds",
                message: "Your card has insufficient funds.",
            },
            Self::AuthenticationRequired => Fate::AskCustomer,
            Self::Slow => Fate::Processing,
        }
    }

    pub(super) fn brand(self) -> (&'static str, &'static str) {
        match self {
            Self::Mastercard => ("mastercard", "4444"),
            _ => ("visa", "4242"),
        }
    }
}
