//! Which letter an event asks for, and who gets it.

use crate::letter::{self, Letter, Mail};
use crate::{Desk, words};
use domain::accounts::Purpose;
use domain::id::LinkId;
use domain::mail::{self, Addressed};
use domain::outbox::Event;
use lambda::queue::Setback;

/// A letter with an address on it.
pub(crate) struct Draft {
    pub(crate) to: String,
    pub(crate) letter: Letter,
}

impl Desk {
    /// None if by now there is nothing to tell, or nobody to tell it to.
    pub(crate) async fn draft(&self, event: Event) -> Result<Option<Draft>, Setback> {
        let db = &self.db;
        let shop = self.shop_url.clone();
        let draft = match event {
            Event::RegisteredAgain { user, .. } => {
                to(mail::user(db, user).await?, |_| letter::RegisteredAgain { shop })
            }
            Event::PasswordChanged { user, .. } => {
                to(mail::user(db, user).await?, |_| letter::PasswordChanged { shop })
            }
            Event::SessionStolen { user, .. } => {
                to(mail::user(db, user).await?, |_| letter::SessionStolen { shop })
            }
            Event::OrderPlaced { order } => {
                to(mail::order(db, order).await?, |order| letter::OrderReceived { order })
            }
            Event::OrderConfirmed { order } => {
                to(mail::order(db, order).await?, |order| letter::OrderConfirmed { order })
            }
            Event::OrderShipped { order } => {
                to(mail::order(db, order).await?, |order| letter::OrderShipped { order })
            }
            Event::OrderCancelled { order } => {
                to(mail::order(db, order).await?, |order| letter::OrderCancelled { order })
            }
            Event::PaymentFailed { payment } => {
                let charge = mail::failed_payment(db, payment).await?;
                to(charge, |charge| letter::PaymentFailed { charge })
            }
            Event::RefundIssued { refund } => {
                to(mail::refund(db, refund).await?, |refund| letter::RefundIssued { refund })
            }
            Event::GoodsReturned { refund } => {
                to(mail::refund(db, refund).await?, |refund| letter::GoodsReturned { refund })
            }
            Event::RefundFailed { refund } => {
                let refund = mail::refund_for_staff(db, refund).await?;
                to(self.staff(refund), |refund| letter::RefundFailed { refund })
            }
            Event::DisputeOpened { dispute } => {
                let dispute = mail::dispute(db, dispute).await?;
                to(self.staff(dispute), |dispute| letter::DisputeOpened { dispute })
            }
            Event::StockLow { product, .. } => {
                let product = mail::low_stock(db, product).await?;
                to(self.staff(product), |product| letter::StockLow { product })
            }
            Event::DeadLettersFound { hour } => {
                let since = words::since(hour);
                to(self.staff(Some(since)), |since| letter::DeadLettersFound { since })
            }
            Event::VerificationAsked { link } => {
                let url = self.url(Purpose::Verify, link);
                to(mail::link(db, link).await?, |_| letter::VerificationAsked { url })
            }
            Event::ResetAsked { link } => {
                let url = self.url(Purpose::Reset, link);
                to(mail::link(db, link).await?, |_| letter::ResetAsked { url })
            }
        };
        draft.map_err(|error| Setback::Again(error.into()))
    }

    /// The address that a link's secret is shown at. The secret is made here, and stored nowhere.
    fn url(&self, purpose: Purpose, link: LinkId) -> String {
        let (shop, secret) = (&self.shop_url, self.links.secret(purpose, link));
        format!("{shop}/{}?token={secret}", purpose.name())
    }

    fn staff<T>(&self, about: Option<T>) -> Option<Addressed<T>> {
        about.map(|about| Addressed { about, to: self.staff.clone() })
    }
}

fn to<T, M: Mail>(
    found: Option<Addressed<T>>,
    mail: impl FnOnce(T) -> M,
) -> askama::Result<Option<Draft>> {
    let Some(Addressed { about, to }) = found else { return Ok(None) };
    Ok(Some(Draft { to, letter: mail(about).letter()? }))
}
