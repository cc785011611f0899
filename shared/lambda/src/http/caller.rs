//! The caller of a request, from the access token in its `Authorization` header.

use super::app::App;
use super::problem::Problem;
use axum::extract::{FromRef, FromRequestParts, OptionalFromRequestParts};
use axum::http::request::Parts;
use axum::http::{StatusCode, header};
use domain::accounts::{self, ActiveUser, Claim, Role};
use domain::id::{FamilyId, UserId};
use domain::viewer::{Actor, Viewer};

/// A caller with a valid access token. As an argument of a handler it answers all other requests with 401.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caller {
    pub id: UserId,
    pub role: Role,
    pub session: FamilyId,
}

/// A caller with the role staff or admin. All others get 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Staff(pub Caller);

/// A caller with the role admin. All others get 403.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Admin(pub Caller);

/// Whoever shows a valid access token. The use case that takes the claim confirms it, together with its first statements, and
/// refuses one that is true no longer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claimant(pub Claim);

impl Claimant {
    fn from(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let token = bearer(parts).ok_or(Problem::sign_in("this needs a bearer token"))?;
        Self::of_token(token, app).ok_or_else(invalid)
    }

    pub(super) fn of_token(token: &str, app: &App) -> Option<Self> {
        let claims = app.verifier.verify(token, app.clock.now())?;
        Some(Self(Claim { user: claims.sub, epoch: claims.epoch, session: claims.sid }))
    }
}

/// A caller, or somebody whose account was erased while the token was valid: the request that erases it may be repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leaver {
    Present(Caller),
    Erased,
}

impl Leaver {
    async fn from(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let claimant = Claimant::from(parts, app)?;
        let Claim { user, epoch, .. } = claimant.0;
        match Caller::of(claimant, app).await {
            Err(_) if accounts::was_erased_in(&app.db, user, epoch).await? => Ok(Self::Erased),
            caller => caller.map(Self::Present),
        }
    }
}

/// The token in the header `Authorization: Bearer …`.
pub(super) fn bearer(parts: &Parts) -> Option<&str> {
    let value = parts.headers.get(header::AUTHORIZATION)?;
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token)
}

pub(super) fn invalid() -> Problem {
    Problem::sign_in("the token is not valid, or no longer")
}

impl Caller {
    async fn from(parts: &Parts, app: &App) -> Result<Self, Problem> {
        Self::of(Claimant::from(parts, app)?, app).await
    }

    async fn of(Claimant(claim): Claimant, app: &App) -> Result<Self, Problem> {
        // The role comes from the account, not from the token: a change takes effect with the next request.
        let active = accounts::active_user(&app.db, claim).await?;
        let ActiveUser { role, .. } = active.ok_or_else(invalid)?;
        Ok(Self { id: claim.user, role, session: claim.session })
    }

    /// Whose orders the caller may see: customers their own, staff all.
    pub fn views_orders(self) -> Viewer {
        if self.role >= Role::Staff { Viewer::Staff } else { Viewer::Buyer(self.id) }
    }

    /// As whom the caller changes orders: customers their own, staff all.
    pub fn acts_on_orders(self) -> Actor {
        if self.role >= Role::Staff { Actor::Staff(self.id) } else { Actor::Customer(self.id) }
    }

    fn at_least(self, role: Role) -> Result<Self, Problem> {
        if self.role >= role {
            return Ok(self);
        }
        let detail = format!("this needs the role {}", role.name());
        Err(Problem::new(StatusCode::FORBIDDEN, "wrong_role", detail))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Claimant
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Self::from(parts, &App::from_ref(state))
    }
}

/// Requests without a token are let through as `None`; an invalid token is still answered with 401.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Claimant
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        Self::from(parts, &App::from_ref(state)).map(Some)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Self::from(parts, &App::from_ref(state)).await
    }
}

/// Requests without a token are let through as `None`; an invalid token is still answered with 401.
impl<S: Send + Sync> OptionalFromRequestParts<S> for Caller
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Option<Self>, Problem> {
        if !parts.headers.contains_key(header::AUTHORIZATION) {
            return Ok(None);
        }
        Self::from(parts, &App::from_ref(state)).await.map(Some)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Leaver
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Self::from(parts, &App::from_ref(state)).await
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Staff
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Caller::from(parts, &App::from_ref(state)).await?.at_least(Role::Staff).map(Self)
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Admin
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Caller::from(parts, &App::from_ref(state)).await?.at_least(Role::Admin).map(Self)
    }
}
