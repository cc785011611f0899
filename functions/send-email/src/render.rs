//! Renders the email of an event and finds its recipient.

use crate::email::{self, Email, Mail};
use crate::{Mailer, text};
use domain::accounts::Purpose;
use domain::id::LinkId;
use domain::mail::{self, WithRecipient};
use domain::outbox::Event;
use lambda::queue::MessageError;

/// An email with its recipient.
pub(crate) struct Rendered {
    pub(crate) to: String,
    pub(crate) email: Email,
    /// See [`WithRecipient`].
    pub(crate) is_unsolicited: bool,
}

impl Mailer {
    /// `None` if the event is outdated, or its recipient's account is not active.
    pub(crate) async fn render(&self, event: Event) -> Result<Option<Rendered>, MessageError> {
        let db = &self.db;
        let shop = self.shop_url.clone();
        let rendered = match event {
            Event::RegisteredAgain { user, .. } => {
                to(mail::user(db, user).await?, |_| email::RegisteredAgain { shop })
            }
            Event::PasswordChanged { user, .. } => {
                to(mail::user(db, user).await?, |_| email::PasswordChanged { shop })
            }
            Event::SessionStolen { user, .. } => {
                to(mail::user(db, user).await?, |_| email::SessionStolen { shop })
            }
            Event::OrderPlaced { order } => {
                to(mail::order(db, order).await?, |order| email::OrderReceived { order })
            }
            Event::OrderConfirmed { order } => {
                to(mail::order(db, order).await?, |order| email::OrderConfirmed { order })
            }
            Event::OrderShipped { order } => {
                to(mail::order(db, order).await?, |order| email::OrderShipped { order })
            }
            Event::OrderCancelled { order } => {
                to(mail::order(db, order).await?, |order| email::OrderCancelled { order })
            }
            Event::PaymentFailed { payment } => {
                let charge = mail::failed_payment(db, payment).await?;
                to(charge, |charge| email::PaymentFailed { charge })
            }
            Event::RefundIssued { refund } => {
                to(mail::refund(db, refund).await?, |refund| email::RefundIssued { refund })
            }
            Event::GoodsReturned { refund } => {
                to(mail::refund(db, refund).await?, |refund| email::GoodsReturned { refund })
            }
            Event::RefundFailed { refund } => {
                let refund = mail::refund_for_staff(db, refund).await?;
                to(self.staff(refund), |refund| email::RefundFailed { refund })
            }
            Event::OrderRefundedUnshipped { order } => {
                let order = mail::order_for_staff(db, order).await?;
                to(self.staff(order), |order| email::OrderRefundedUnshipped { order })
            }
            Event::OrderUnderpaid { order } => {
                let order = mail::order_for_staff(db, order).await?;
                to(self.staff(order), |order| email::OrderUnderpaid { order })
            }
            Event::DisputeOpened { dispute } => {
                let dispute = mail::dispute(db, dispute).await?;
                to(self.staff(dispute), |dispute| email::DisputeOpened { dispute })
            }
            Event::DisputedMoneyReturned { dispute } => {
                let dispute = mail::dispute(db, dispute).await?;
                to(self.staff(dispute), |dispute| email::DisputedMoneyReturned { dispute })
            }
            Event::FraudWarningOpened { warning } => {
                let warning = mail::fraud_warning(db, warning).await?;
                to(self.staff(warning), |warning| email::FraudWarningOpened { warning })
            }
            Event::StockLow { product, .. } => {
                let product = mail::low_stock(db, product).await?;
                to(self.staff(product), |product| email::StockLow { product })
            }
            Event::DeadLettersFound { hour } => {
                let since = text::since(hour);
                to(self.staff(Some(since)), |since| email::DeadLettersFound { since })
            }
            Event::VerificationAsked { link } => {
                let url = self.url(Purpose::Verify, link);
                to(mail::link(db, link).await?, |_| email::VerificationAsked { url })
            }
            Event::ResetAsked { link } => {
                let url = self.url(Purpose::Reset, link);
                to(mail::link(db, link).await?, |_| email::ResetAsked { url })
            }
        };
        rendered.map_err(|error| MessageError::Retry(error.into()))
    }

    /// The URL of a link, with its secret. The secret is derived here and not stored.
    fn url(&self, purpose: Purpose, link: LinkId) -> String {
        let (shop, secret) = (&self.shop_url, self.links.secret(purpose, link));
        format!("{shop}/{}?token={secret}", purpose.name())
    }

    fn staff<T>(&self, content: Option<T>) -> Option<WithRecipient<T>> {
        content.map(|content| WithRecipient::new(content, self.staff.clone()))
    }
}

fn to<T, M: Mail>(
    content: Option<WithRecipient<T>>,
    mail: impl FnOnce(T) -> M,
) -> askama::Result<Option<Rendered>> {
    let Some(WithRecipient { content, to, is_unsolicited }) = content else { return Ok(None) };
    Ok(Some(Rendered { to, email: mail(content).email()?, is_unsolicited }))
}
