//! The events that are announced by mail.

use crate::id::{
    DisputeId, FamilyId, FraudWarningId, FulfillmentId, LinkId, OrderId, PaymentId, ProductId,
    RefundId, ReturnId, UserId,
};
use serde::{Deserialize, Serialize};

/// Something that happened. Holds ids only: consumers look up the rest, in its state at that time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Event {
    /// An email address is to be verified by the link.
    VerificationAsked {
        link: LinkId,
    },
    /// Somebody forgot their password; the link lets them set a new one.
    ResetAsked {
        link: LinkId,
    },
    /// Somebody tried to register with the address of an existing account.
    RegisteredAgain {
        user: UserId,
        hour: i64,
    },
    PasswordChanged {
        user: UserId,
        epoch: i32,
    },
    /// A refresh token was used twice, so its session was ended.
    SessionStolen {
        user: UserId,
        session: FamilyId,
    },
    OrderPlaced {
        order: OrderId,
    },
    /// A guest asked for the link of their order again.
    OrderLinkAsked {
        order: OrderId,
        hour: i64,
    },
    OrderConfirmed {
        order: OrderId,
    },
    /// All that is to be shipped of an order is on its way.
    OrderShipped {
        order: OrderId,
    },
    /// A parcel was handed over, and others of its order are left.
    FulfillmentShipped {
        fulfillment: FulfillmentId,
    },
    OrderCancelled {
        order: OrderId,
    },
    /// An attempt to pay failed; announced once per payment.
    PaymentFailed {
        payment: PaymentId,
    },
    RefundIssued {
        refund: RefundId,
    },
    RefundFailed {
        refund: RefundId,
    },
    /// An order that is not shipped was refunded in full in Stripe's dashboard.
    OrderRefundedUnshipped {
        order: OrderId,
    },
    /// Less than its total was received for an order: it was cancelled, and what came is refunded.
    OrderUnderpaid {
        order: OrderId,
    },
    /// A bank opened a dispute or an inquiry.
    DisputeOpened {
        dispute: DisputeId,
    },
    /// Disputed money came back for an order that was cancelled or refunded: it may be owed to the buyer.
    DisputedMoneyReturned {
        dispute: DisputeId,
    },
    /// A payment may be fraud, and its order is on hold.
    FraudWarningOpened {
        warning: FraudWarningId,
    },
    /// Goods of a refund are back in stock.
    GoodsReturned {
        refund: RefundId,
    },
    /// A return was requested, and staff are to decide on it.
    ReturnRequested {
        #[serde(rename = "return")]
        id: ReturnId,
    },
    /// The goods of a return may be sent back.
    ReturnApproved {
        #[serde(rename = "return")]
        id: ReturnId,
    },
    ReturnRejected {
        #[serde(rename = "return")]
        id: ReturnId,
    },
    /// The goods of a return have arrived.
    ReturnReceived {
        #[serde(rename = "return")]
        id: ReturnId,
    },
    /// A product's stock fell to its threshold for the `crossing`-th time.
    StockLow {
        product: ProductId,
        crossing: i32,
    },
    /// Something waits for a person; announced once a day, counted since 1970.
    AttentionNeeded {
        day: i64,
    },
    /// Dead letters wait for a person; announced once an hour.
    DeadLettersFound {
        hour: i64,
    },
}

impl Event {
    /// Identifies the occurrence: the same however often it is announced.
    pub fn dedupe_key(self) -> String {
        match self {
            Self::VerificationAsked { link } => format!("verification_asked:{link}"),
            Self::ResetAsked { link } => format!("reset_asked:{link}"),
            Self::RegisteredAgain { user, hour } => format!("registered_again:{user}:{hour}"),
            Self::PasswordChanged { user, epoch } => format!("password_changed:{user}:{epoch}"),
            Self::SessionStolen { session, .. } => format!("session_stolen:{session}"),
            Self::OrderPlaced { order } => format!("order_placed:{order}"),
            Self::OrderLinkAsked { order, hour } => format!("order_link_asked:{order}:{hour}"),
            Self::OrderConfirmed { order } => format!("order_confirmed:{order}"),
            Self::OrderShipped { order } => format!("order_shipped:{order}"),
            Self::FulfillmentShipped { fulfillment } => {
                format!("fulfillment_shipped:{fulfillment}")
            }
            Self::OrderCancelled { order } => format!("order_cancelled:{order}"),
            Self::PaymentFailed { payment } => format!("payment_failed:{payment}"),
            Self::RefundIssued { refund } => format!("refund_issued:{refund}"),
            Self::RefundFailed { refund } => format!("refund_failed:{refund}"),
            Self::OrderRefundedUnshipped { order } => format!("order_refunded_unshipped:{order}"),
            Self::OrderUnderpaid { order } => format!("order_underpaid:{order}"),
            Self::DisputeOpened { dispute } => format!("dispute_opened:{dispute}"),
            Self::DisputedMoneyReturned { dispute } => format!("disputed_money_returned:{dispute}"),
            Self::FraudWarningOpened { warning } => format!("fraud_warning_opened:{warning}"),
            Self::GoodsReturned { refund } => format!("goods_returned:{refund}"),
            Self::ReturnRequested { id } => format!("return_requested:{id}"),
            Self::ReturnApproved { id } => format!("return_approved:{id}"),
            Self::ReturnRejected { id } => format!("return_rejected:{id}"),
            Self::ReturnReceived { id } => format!("return_received:{id}"),
            Self::StockLow { product, crossing } => format!("stock_low:{product}:{crossing}"),
            Self::AttentionNeeded { day } => format!("attention_needed:{day}"),
            Self::DeadLettersFound { hour } => format!("dead_letters_found:{hour}"),
        }
    }
}
