//! `/v1/me/sessions`: the caller's sessions.

pub(crate) mod end;
pub(crate) mod list;

use domain::accounts::ActiveSession;
use domain::id::FamilyId;
use serde::Serialize;
use time::OffsetDateTime;
use utoipa::ToSchema;

/// A session: what follows from one log-in.
#[derive(Serialize, ToSchema)]
pub(crate) struct SessionView {
    id: FamilyId,
    /// Whether this request belongs to it.
    current: bool,
    #[serde(with = "time::serde::rfc3339")]
    created_at: OffsetDateTime,
    /// When it was started or last refreshed.
    #[serde(with = "time::serde::rfc3339")]
    last_used_at: OffsetDateTime,
    /// When it ends unless it is refreshed.
    #[serde(with = "time::serde::rfc3339")]
    expires_at: OffsetDateTime,
    /// The `User-Agent` of the log-in or last refresh, shortened; null if unknown. It proves nothing.
    #[schema(
        required,
        example = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
    )]
    device: Option<String>,
    /// The network of the log-in or last refresh; null if unknown.
    #[schema(required, example = "192.0.2.0/24")]
    network: Option<String>,
}

impl SessionView {
    pub(crate) fn new(session: ActiveSession, current: FamilyId) -> Self {
        let ActiveSession { id, created_at, last_used_at, expires_at, device, network } = session;
        Self { id, current: id == current, created_at, last_used_at, expires_at, device, network }
    }
}
