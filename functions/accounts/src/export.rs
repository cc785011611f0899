//! `/v1/me/export`: what the shop knows of the caller.

mod checkout;
mod given_back;
mod order;

use crate::Accounts;
use crate::me::AccountView;
use crate::sessions::SessionView;
use axum::extract::State;
use checkout::ExportedCheckout;
use domain::mail::SentEmail;
use domain::page::PageRequest;
use domain::workflows::{self, Export};
use lambda::http::caller::Caller;
use lambda::http::{Json, Problem, Query, count_that_fits_beside};
use order::ExportedOrderView;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ExportAccount {
    /// The `next_cursor` of the previous part.
    cursor: Option<String>,
}

/// What the shop knows of a person, with one part of their orders.
#[derive(Serialize, ToSchema)]
pub(crate) struct ExportView {
    account: AccountView,
    sessions: Vec<SessionView>,
    /// Emails about the account of the last 90 days, oldest first. Their texts are not kept.
    emails: Vec<ExportedEmail>,
    /// The hundred newest ones, newest first. They are kept for at most 120 days after their last change.
    checkouts: Vec<ExportedCheckout>,
    /// Newest first.
    orders: Vec<ExportedOrderView>,
    /// Send it as `cursor` to get the next part; null with the last one.
    #[schema(required)]
    next_cursor: Option<String>,
}

/// An email that was sent.
#[derive(Serialize, ToSchema)]
struct ExportedEmail {
    /// What it announced.
    #[schema(example = "order_placed:ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")]
    occurrence: String,
    #[schema(example = "order_received")]
    kind: String,
    #[serde(with = "time::serde::rfc3339")]
    sent_at: OffsetDateTime,
}

impl From<SentEmail> for ExportedEmail {
    fn from(SentEmail { key, kind, sent_at }: SentEmail) -> Self {
        Self { occurrence: key, kind, sent_at }
    }
}

/// Export my data
///
/// Everything about the caller's account: profile, sessions, emails, checkouts, and all orders with discounts, taxes,
/// shipping, addresses, notes, events, payments, refunds and what staff wrote about them, without names of staff and without
/// suspicions of fraud. It changes nothing. Up to 20 orders come in one response, fewer if it would be too large; `next_cursor` leads on. The profile,
/// sessions, emails and checkouts come with each. Payment data that only Stripe has, such as cards, is not included.
#[utoipa::path(
    post,
    path = "/v1/me/export",
    tag = "accounts",
    security(("bearer" = [])),
    params(ExportAccount),
    responses(
        (status = 200, description = "The data, or a part of it", body = ExportView),
        (status = 400, description = "`bad_query`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn export_account(
    State(Accounts { app, refresh_key, .. }): State<Accounts>,
    who: Caller,
    Query(ExportAccount { cursor }): Query<ExportAccount>,
) -> Result<Json<ExportView>, Problem> {
    let page = PageRequest::new(None, cursor.as_deref())?;
    let export = workflows::export_account(&app.db, &refresh_key, who.id, &page).await?;
    let Export { account, sessions, emails, checkouts, orders } = export;
    let mut position = orders.position;
    let mut view = ExportView {
        account: account.into(),
        sessions: sessions.into_iter().map(|one| SessionView::new(one, who.session)).collect(),
        emails: emails.into_iter().map(ExportedEmail::from).collect(),
        checkouts: checkouts.into_iter().map(ExportedCheckout::from).collect(),
        orders: Vec::new(),
        next_cursor: None,
    };
    let mut orders: Vec<_> = orders.items.into_iter().map(ExportedOrderView::from).collect();
    let count = count_that_fits_beside(&view, &orders);
    if position.shorten(count) {
        orders.truncate(count.max(1));
    }
    view.orders = orders;
    view.next_cursor = position.next().map(str::to_owned);
    Ok(Json(view))
}
