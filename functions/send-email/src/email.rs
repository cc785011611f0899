//! The emails. Their texts are in `templates`, one folder per email.

use crate::text;
use askama::Template;
use domain::mail::{FailedPayment, LowStock, Parcel, Refund, ReturnedGoods};
use domain::operations::Waiting;
use domain::ordering::Order;
use domain::payments::dispute::Dispute;
use domain::payments::fraud_warning::FraudWarning;

/// A rendered email, without sender and recipient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email {
    /// The name of its template folder.
    pub kind: &'static str,
    /// One line.
    pub subject: String,
    pub text: String,
    pub html: String,
}

/// The content of an email, shown by its templates.
pub(crate) trait Mail {
    /// `link` is what shows a guest their order.
    fn email(&self, link: Option<&str>) -> askama::Result<Email>;
}

/// An email has three templates, which read its fields as `mail.…`.
macro_rules! mails {
    ($($(#[$doc:meta])* $name:ident { $($field:ident: $type:ty),* } =
       $kind:literal, $subject:literal, $text:literal, $html:literal;)+) => {$(
        $(#[$doc])*
        pub(crate) struct $name {
            $(pub(crate) $field: $type,)*
        }

        impl Mail for $name {
            fn email(&self, link: Option<&str>) -> askama::Result<Email> {
                #[derive(Template)]
                #[template(path = $subject)]
                struct Subject<'a> {
                    mail: &'a $name,
                }
                #[derive(Template)]
                #[template(path = $text)]
                struct Text<'a> {
                    mail: &'a $name,
                    link: Option<&'a str>,
                }
                #[derive(Template)]
                #[template(path = $html)]
                struct Html<'a> {
                    mail: &'a $name,
                    link: Option<&'a str>,
                }
                let subject = Subject { mail: self };
                // Some subjects use no field.
                let _ = subject.mail;
                Ok(Email {
                    kind: $kind,
                    subject: text::one_line(&subject.render()?),
                    text: Text { mail: self, link }.render()?,
                    html: Html { mail: self, link }.render()?,
                })
            }
        }
    )+};
}

mails! {
    VerificationAsked { url: String } = "verification_asked",
        "verification_asked/subject.txt", "verification_asked/body.txt", "verification_asked/body.html";

    ResetAsked { url: String } = "reset_asked",
        "reset_asked/subject.txt", "reset_asked/body.txt", "reset_asked/body.html";

    RegisteredAgain { shop: String } = "registered_again",
        "registered_again/subject.txt", "registered_again/body.txt", "registered_again/body.html";

    PasswordChanged { shop: String } = "password_changed",
        "password_changed/subject.txt", "password_changed/body.txt", "password_changed/body.html";

    SessionStolen { shop: String } = "session_stolen",
        "session_stolen/subject.txt", "session_stolen/body.txt", "session_stolen/body.html";

    OrderReceived { order: Order } = "order_received",
        "order_received/subject.txt", "order_received/body.txt", "order_received/body.html";

    OrderLinkAsked { order: Order } = "order_link_asked",
        "order_link_asked/subject.txt", "order_link_asked/body.txt", "order_link_asked/body.html";

    OrderConfirmed { order: Order } = "order_confirmed",
        "order_confirmed/subject.txt", "order_confirmed/body.txt", "order_confirmed/body.html";

    OrderShipped { order: Order } = "order_shipped",
        "order_shipped/subject.txt", "order_shipped/body.txt", "order_shipped/body.html";

    FulfillmentShipped { parcel: Parcel } = "fulfillment_shipped",
        "fulfillment_shipped/subject.txt", "fulfillment_shipped/body.txt", "fulfillment_shipped/body.html";

    OrderCancelled { order: Order } = "order_cancelled",
        "order_cancelled/subject.txt", "order_cancelled/body.txt", "order_cancelled/body.html";

    PaymentFailed { charge: FailedPayment } = "payment_failed",
        "payment_failed/subject.txt", "payment_failed/body.txt", "payment_failed/body.html";

    RefundIssued { refund: Refund } = "refund_issued",
        "refund_issued/subject.txt", "refund_issued/body.txt", "refund_issued/body.html";

    GoodsReturned { refund: Refund } = "goods_returned",
        "goods_returned/subject.txt", "goods_returned/body.txt", "goods_returned/body.html";

    ReturnRequested { back: ReturnedGoods } = "return_requested",
        "return_requested/subject.txt", "return_requested/body.txt", "return_requested/body.html";

    ReturnApproved { back: ReturnedGoods } = "return_approved",
        "return_approved/subject.txt", "return_approved/body.txt", "return_approved/body.html";

    ReturnRejected { back: ReturnedGoods } = "return_rejected",
        "return_rejected/subject.txt", "return_rejected/body.txt", "return_rejected/body.html";

    ReturnReceived { back: ReturnedGoods } = "return_received",
        "return_received/subject.txt", "return_received/body.txt", "return_received/body.html";

    /// To staff, as are all that follow.
    RefundFailed { refund: Refund } = "refund_failed",
        "refund_failed/subject.txt", "refund_failed/body.txt", "refund_failed/body.html";

    OrderRefundedUnshipped { order: Order } = "order_refunded_unshipped",
        "order_refunded_unshipped/subject.txt", "order_refunded_unshipped/body.txt",
        "order_refunded_unshipped/body.html";

    OrderUnderpaid { order: Order } = "order_underpaid",
        "order_underpaid/subject.txt", "order_underpaid/body.txt", "order_underpaid/body.html";

    DisputeOpened { dispute: Dispute } = "dispute_opened",
        "dispute_opened/subject.txt", "dispute_opened/body.txt", "dispute_opened/body.html";

    DisputedMoneyReturned { dispute: Dispute } = "disputed_money_returned",
        "disputed_money_returned/subject.txt", "disputed_money_returned/body.txt",
        "disputed_money_returned/body.html";

    FraudWarningOpened { warning: FraudWarning } = "fraud_warning_opened",
        "fraud_warning_opened/subject.txt", "fraud_warning_opened/body.txt", "fraud_warning_opened/body.html";

    StockLow { product: LowStock } = "stock_low",
        "stock_low/subject.txt", "stock_low/body.txt", "stock_low/body.html";

    AttentionNeeded { waiting: Waiting } = "attention_needed",
        "attention_needed/subject.txt", "attention_needed/body.txt", "attention_needed/body.html";

    DeadLettersFound { since: String } = "dead_letters_found",
        "dead_letters_found/subject.txt", "dead_letters_found/body.txt", "dead_letters_found/body.html";
}

#[cfg(test)]
mod tests;
