//! `/v1/ops/emails`.

pub(crate) mod resend;

use axum::extract::State;
use axum::http::Uri;
use domain::acknowledgement::Acknowledgement;
use domain::db::Db;
use domain::operations::{self, Mail};
use domain::page::PageRequest;
use lambda::http::caller::Admin;
use lambda::http::{List, Problem, Query};
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::{IntoParams, ToSchema};

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ListEmails {
    /// The most items on a page; 20 by default. A page of large items has fewer, and `next_cursor` leads on.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    cursor: Option<String>,
}

/// An email, without its recipient.
#[derive(Serialize, ToSchema)]
pub(crate) struct EmailView {
    /// The event that the email is about, with the id of its subject.
    #[schema(example = "order_placed:ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87")]
    message: String,
    #[schema(example = "order_received")]
    kind: String,
    /// `claimed` while it is being sent, then `sent` or `failed`; `dropped` if it is about an order that is not paid, and its
    /// buyer has not verified the address, or if it was to be sent again and there is nothing to write any more.
    #[schema(example = "sent")]
    status: String,
    attempts: i32,
    /// Why it cannot be sent; null unless it failed.
    #[schema(required)]
    failure: Option<String>,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    #[serde(with = "time::serde::rfc3339::option")]
    #[schema(required)]
    sent_at: Option<OffsetDateTime>,
    /// Null unless it failed and an admin has acknowledged that.
    #[schema(required)]
    acknowledged: Option<Acknowledgement>,
}

impl From<Mail> for EmailView {
    fn from(mail: Mail) -> Self {
        Self {
            message: mail.dedupe_key,
            kind: mail.kind,
            status: mail.status,
            attempts: mail.attempts,
            failure: mail.failure,
            created_at: mail.created_at,
            sent_at: mail.sent_at,
            acknowledged: mail.acknowledged,
        }
    }
}

/// List emails
///
/// Newest first, without recipients.
#[utoipa::path(
    get,
    path = "/v1/ops/emails",
    tag = "operations",
    security(("bearer" = [])),
    params(ListEmails),
    responses(
        (status = 200, description = "A page of emails", body = List<EmailView>),
        (status = 400, description = "`bad_query`, `bad_limit`, `bad_cursor`", body = Problem),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 403, description = "`wrong_role`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn list_emails(
    State(db): State<Db>,
    _: Admin,
    uri: Uri,
    Query(ListEmails { limit, cursor }): Query<ListEmails>,
) -> Result<List<EmailView>, Problem> {
    let page = PageRequest::new(limit, cursor.as_deref())?;
    let mails = operations::mails(&db, &page).await?;
    Ok(List::new(&uri, mails, EmailView::from))
}
