use axum::extract::State;
use domain::accounts::{self, Account, Role};
use domain::db::Db;
use domain::id::UserId;
use lambda::http::caller::Caller;
use lambda::http::{Json, Problem};
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// An account, as its owner sees it.
#[derive(Serialize, ToSchema)]
pub(crate) struct AccountView {
    id: UserId,
    #[schema(example = "ann@example.com")]
    email: String,
    /// Whether the owner has proved the address with a link that was sent to it.
    email_verified: bool,
    role: Role,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
}

impl From<Account> for AccountView {
    fn from(account: Account) -> Self {
        let Account { id, email, email_verified, role, created_at, .. } = account;
        Self { id, email, email_verified, role, created_at }
    }
}

/// Show my account
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "accounts",
    security(("bearer" = [])),
    responses(
        (status = 200, description = "The caller's account", body = AccountView),
        (status = 401, description = "`sign_in`", body = Problem),
        (status = 503, description = "`unavailable`", body = Problem),
    ),
)]
pub(crate) async fn show_me(
    State(db): State<Db>,
    who: Caller,
) -> Result<Json<AccountView>, Problem> {
    Ok(Json(accounts::show(&db, who.id).await?.into()))
}
