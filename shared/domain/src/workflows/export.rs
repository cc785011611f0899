//! Everything that the shop knows of a person.

use crate::accounts::{self, Account, ActiveSession, Announced, RefreshKey, Refusal};
use crate::checkouts::{self, Checkout};
use crate::db::Db;
use crate::failure::Failure;
use crate::id::{OrderId, UserId};
use crate::mail::{self, SentEmail};
use crate::ordering::returns::{self, Return};
use crate::ordering::{self, Filter, Order, Sort, TimelineEntry, TimelineEvent, Viewer};
use crate::outbox::Event;
use crate::page::{Page, PageRequest};
use crate::payments::{
    self, Payment,
    refund::{self, Refund},
};
use std::collections::HashMap;

/// The most entries of an order's timeline, so that an order is never too large to answer.
const MAX_ENTRIES: usize = 1000;
/// For how many hours the emails that say so are kept: 90 days.
const EMAIL_HOURS: i64 = 90 * 24;
/// The most checkouts, the newest ones.
const MAX_CHECKOUTS: i64 = 100;
/// The most password changes whose emails are looked up, the newest ones.
const MAX_EPOCHS: i32 = 1000;

/// What the shop knows of a person, with one page of their orders.
#[derive(Clone, Debug)]
pub struct Export {
    pub account: Account,
    pub sessions: Vec<ActiveSession>,
    /// The emails about the account that were sent.
    pub emails: Vec<SentEmail>,
    /// The newest first.
    pub checkouts: Vec<Checkout>,
    /// The newest first.
    pub orders: Page<ExportedOrder>,
}

/// An order with all that happened to it.
#[derive(Clone, Debug)]
pub struct ExportedOrder {
    pub order: Order,
    /// The oldest first. Without the people of the shop, and without why it suspects fraud.
    pub timeline: Vec<TimelineEntry>,
    pub payments: Vec<Payment>,
    pub refunds: Vec<Refund>,
    pub returns: Vec<Return>,
    /// The emails about the order that were sent.
    pub emails: Vec<SentEmail>,
}

/// Everything about a user: the account as it is now, and a page of the orders.
pub async fn export_account(
    db: &Db,
    key: &RefreshKey,
    user: UserId,
    page: &PageRequest<OrderId>,
) -> Result<Export, Failure<Refusal>> {
    let account = accounts::show(db, user).await?;
    let sessions = accounts::sessions(db, key, user).await?;
    let announced = account_keys(user, &accounts::announced(db, user).await?);
    let emails = mail::sent(db, &announced).await?;
    let checkouts = checkouts::of_user(db, user, MAX_CHECKOUTS).await?;
    let viewer = Viewer::Buyer(user);
    let listed = ordering::list(db, viewer, Filter::default(), Sort::Newest, page).await;
    let Page { items, position } = listed.map_err(not_found)?;
    let orders = Page { items: with_rest(db, user, items).await?, position };
    Ok(Export { account, sessions, emails, checkouts, orders })
}

/// One's own orders are refused to nobody.
fn not_found(failure: Failure<ordering::Refusal>) -> Failure<Refusal> {
    match failure {
        Failure::Refused(_) => Refusal::UserNotFound.into(),
        Failure::Db(error) => error.into(),
    }
}

async fn with_rest(
    db: &Db,
    user: UserId,
    orders: Vec<Order>,
) -> Result<Vec<ExportedOrder>, Failure<Refusal>> {
    let ids: Vec<_> = orders.iter().map(|order| order.id).collect();
    let mut payments = HashMap::<_, Vec<_>>::new();
    for payment in payments::of_orders(db, &ids).await? {
        payments.entry(payment.order).or_default().push(payment);
    }
    let mut refunds = HashMap::<_, Vec<_>>::new();
    for refund in refund::of_orders(db, &ids).await? {
        refunds.entry(refund.order).or_default().push(refund);
    }
    let mut returns = HashMap::<_, Vec<_>>::new();
    for back in returns::of_orders(db, &ids).await? {
        returns.entry(back.order).or_default().push(back);
    }
    let mut exported = Vec::new();
    for order in orders {
        let (id, timeline) = (order.id, timeline(db, user, order.id).await?);
        let payments: Vec<Payment> = payments.remove(&id).unwrap_or_default();
        let refunds: Vec<Refund> = refunds.remove(&id).unwrap_or_default();
        let returns: Vec<Return> = returns.remove(&id).unwrap_or_default();
        let keys = order_keys(id, &timeline, &payments, &refunds, &returns);
        let emails = mail::sent(db, &keys).await?;
        exported.push(ExportedOrder { order, timeline, payments, refunds, returns, emails });
    }
    Ok(exported)
}

async fn timeline(
    db: &Db,
    user: UserId,
    order: OrderId,
) -> Result<Vec<TimelineEntry>, Failure<Refusal>> {
    let (mut entries, mut cursor) = (Vec::new(), None::<String>);
    while entries.len() < MAX_ENTRIES {
        let page = PageRequest::new(Some(100), cursor.as_deref()).map_err(Refusal::from)?;
        let page = ordering::timeline(db, Viewer::Staff, order, &page).await;
        let Page { items, position } = page.map_err(not_found)?;
        let seen = items.into_iter().filter(|entry| !entry.what.is_suspicion());
        entries.extend(seen.map(|mut entry| {
            entry.actor = entry.actor.filter(|actor| *actor == user);
            entry
        }));
        cursor = position.next().map(str::to_owned);
        if cursor.is_none() {
            break;
        }
    }
    Ok(entries)
}

fn account_keys(user: UserId, announced: &Announced) -> Vec<String> {
    let Announced { epoch, hour, sessions, links } = announced;
    let epochs = (epoch - MAX_EPOCHS).max(0)..=*epoch;
    let events = epochs.map(|epoch| Event::PasswordChanged { user, epoch });
    let hours = hour - EMAIL_HOURS..=*hour;
    let events = events.chain(hours.map(|hour| Event::RegisteredAgain { user, hour }));
    let events =
        events.chain(sessions.iter().map(|&session| Event::SessionStolen { user, session }));
    let events = events.chain(
        links
            .iter()
            .flat_map(|&link| [Event::VerificationAsked { link }, Event::ResetAsked { link }]),
    );
    events.map(Event::dedupe_key).collect()
}

fn order_keys(
    order: OrderId,
    timeline: &[TimelineEntry],
    payments: &[Payment],
    refunds: &[Refund],
    returns: &[Return],
) -> Vec<String> {
    let of_order = [
        Event::OrderPlaced { order },
        Event::OrderConfirmed { order },
        Event::OrderShipped { order },
        Event::OrderCancelled { order },
    ];
    let failed = payments.iter().map(|payment| Event::PaymentFailed { payment: payment.id });
    let refunded = refunds.iter().flat_map(|refund| {
        let refund = refund.id;
        [Event::RefundIssued { refund }, Event::GoodsReturned { refund }]
    });
    let parcels = timeline.iter().filter_map(|entry| match entry.what {
        TimelineEvent::FulfillmentShipped { fulfillment, .. } => {
            Some(Event::FulfillmentShipped { fulfillment })
        }
        _ => None,
    });
    let returned = returns.iter().flat_map(|back| {
        let id = back.id;
        [
            Event::ReturnRequested { id },
            Event::ReturnApproved { id },
            Event::ReturnRejected { id },
            Event::ReturnReceived { id },
        ]
    });
    of_order
        .into_iter()
        .chain(failed)
        .chain(refunded)
        .chain(returned)
        .chain(parcels)
        .map(Event::dedupe_key)
        .collect()
}
