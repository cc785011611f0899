//! Renders the email of an event and finds its recipient.

use crate::email::{self, Email, Mail};
use crate::{Mailer, text};
use domain::accounts::Purpose;
use domain::guests::OrderLink;
use domain::id::LinkId;
use domain::mail::{self, GuestLink, ReturnedGoods, WithRecipient};
use domain::operations;
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
        let rendered =
            match event {
                Event::RegisteredAgain { user, .. } => {
                    self.to(mail::user(db, user).await?, |_| email::RegisteredAgain { shop })
                }
                Event::PasswordChanged { user, .. } => {
                    self.to(mail::user(db, user).await?, |_| email::PasswordChanged { shop })
                }
                Event::SessionStolen { user, .. } => {
                    self.to(mail::user(db, user).await?, |_| email::SessionStolen { shop })
                }
                Event::OrderPlaced { order } => {
                    self.to(mail::order(db, order).await?, |order| email::OrderReceived { order })
                }
                Event::OrderLinkAsked { order, .. } => {
                    let order = mail::order_link(db, order).await?;
                    self.to(order, |order| email::OrderLinkAsked { order })
                }
                Event::OrderConfirmed { order } => {
                    self.to(mail::order(db, order).await?, |order| email::OrderConfirmed { order })
                }
                Event::OrderShipped { order } => {
                    self.to(mail::order(db, order).await?, |order| email::OrderShipped { order })
                }
                Event::FulfillmentShipped { fulfillment } => {
                    let parcel = mail::parcel(db, fulfillment).await?;
                    self.to(parcel, |parcel| email::FulfillmentShipped { parcel })
                }
                Event::OrderCancelled { order } => {
                    self.to(mail::order(db, order).await?, |order| email::OrderCancelled { order })
                }
                Event::PaymentFailed { payment } => {
                    let charge = mail::failed_payment(db, payment).await?;
                    self.to(charge, |charge| email::PaymentFailed { charge })
                }
                Event::RefundIssued { refund } => self
                    .to(mail::refund(db, refund).await?, |refund| email::RefundIssued { refund }),
                Event::GoodsReturned { refund } => self
                    .to(mail::refund(db, refund).await?, |refund| email::GoodsReturned { refund }),
                Event::ReturnRequested { id }
                | Event::ReturnApproved { id }
                | Event::ReturnRejected { id }
                | Event::ReturnReceived { id } => {
                    self.returned(event, mail::returned_goods(db, id).await?)
                }
                Event::RefundFailed { refund } => {
                    let refund = mail::refund_for_staff(db, refund).await?;
                    self.to(self.staff(refund), |refund| email::RefundFailed { refund })
                }
                Event::OrderRefundedUnshipped { order } => {
                    let order = mail::order_for_staff(db, order).await?;
                    self.to(self.staff(order), |order| email::OrderRefundedUnshipped { order })
                }
                Event::OrderUnderpaid { order } => {
                    let order = mail::order_for_staff(db, order).await?;
                    self.to(self.staff(order), |order| email::OrderUnderpaid { order })
                }
                Event::DisputeOpened { dispute } => {
                    let dispute = mail::dispute(db, dispute).await?;
                    self.to(self.staff(dispute), |dispute| email::DisputeOpened { dispute })
                }
                Event::DisputedMoneyReturned { dispute } => {
                    let dispute = mail::dispute(db, dispute).await?;
                    self.to(self.staff(dispute), |dispute| email::DisputedMoneyReturned { dispute })
                }
                Event::FraudWarningOpened { warning } => {
                    let warning = mail::fraud_warning(db, warning).await?;
                    self.to(self.staff(warning), |warning| email::FraudWarningOpened { warning })
                }
                Event::StockLow { product, .. } => {
                    let product = mail::low_stock(db, product).await?;
                    self.to(self.staff(product), |product| email::StockLow { product })
                }
                Event::AttentionNeeded { .. } => {
                    let waiting = operations::waiting(db).await?;
                    self.to(self.staff(waiting), |waiting| email::AttentionNeeded { waiting })
                }
                Event::DeadLettersFound { hour } => {
                    let since = text::since(hour);
                    self.to(self.staff(Some(since)), |since| email::DeadLettersFound { since })
                }
                Event::VerificationAsked { link } => {
                    let url = self.url(Purpose::Verify, link);
                    self.to(mail::link(db, link).await?, |_| email::VerificationAsked { url })
                }
                Event::ResetAsked { link } => {
                    let url = self.url(Purpose::Reset, link);
                    self.to(mail::link(db, link).await?, |_| email::ResetAsked { url })
                }
            };
        rendered.map_err(|error| MessageError::Retry(error.into()))
    }

    /// The email of a step of a return.
    fn returned(
        &self,
        step: Event,
        back: Option<WithRecipient<ReturnedGoods>>,
    ) -> askama::Result<Option<Rendered>> {
        match step {
            Event::ReturnApproved { .. } => self.to(back, |back| email::ReturnApproved { back }),
            Event::ReturnRejected { .. } => self.to(back, |back| email::ReturnRejected { back }),
            Event::ReturnReceived { .. } => self.to(back, |back| email::ReturnReceived { back }),
            _ => self.to(back, |back| email::ReturnRequested { back }),
        }
    }

    /// The URL of a link, with its secret. The secret is derived here and not stored.
    fn url(&self, purpose: Purpose, link: LinkId) -> String {
        let (shop, secret) = (&self.shop_url, self.links.secret(purpose, link));
        format!("{shop}/{}?token={secret}", purpose.name())
    }

    fn staff<T>(&self, content: Option<T>) -> Option<WithRecipient<T>> {
        content.map(|content| WithRecipient::new(content, self.staff.clone()))
    }

    fn to<T, M: Mail>(
        &self,
        content: Option<WithRecipient<T>>,
        mail: impl FnOnce(T) -> M,
    ) -> askama::Result<Option<Rendered>> {
        let Some(WithRecipient { content, to, is_unsolicited, guest_link }) = content else {
            return Ok(None);
        };
        let link = guest_link.map(|GuestLink { order, epoch }| {
            let link = OrderLink::text(&self.links, order, epoch);
            format!("{}/order#{link}", self.shop_url)
        });
        let email = mail(content).email(link.as_deref())?;
        Ok(Some(Rendered { to, email, is_unsolicited }))
    }
}
