//! Whoever opens a checkout or an order: with an account, or as a guest.

use super::app::App;
use super::body::Path;
use super::caller::{Claimant, bearer, invalid};
use super::problem::Problem;
use axum::extract::{FromRef, FromRequestParts};
use axum::http::request::Parts;
use axum::http::{HeaderName, header};
use domain::guests::{Credentials, GuestKey, Opener, Secret};
use domain::id::{OrderId, ReturnId};
use domain::ordering::{self, returns};
use domain::viewer::Actor;

/// What a guest shows: the secret of a checkout. A header of its own, so that a bearer token may stand beside it.
const CHECKOUT_SECRET: HeaderName = HeaderName::from_static("checkout-secret");

/// What a request shows to open a checkout or an order: an access token, the secret of a checkout, or the token that the link
/// of an order was exchanged for. The use case that takes it looks at whether it opens what is asked for. Requests that show
/// none of them get 401.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shopper(pub Credentials);

/// The secret in the header `Checkout-Secret`. Without one, nothing of a guest opens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CheckoutSecret(pub Secret);

/// As whom the order in the path is acted on: the account of the access token, or the guest whose order it is. A guest's order
/// that does not open is not found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OrderActor(pub Actor);

/// As whom the return in the path is acted on: as whom its order is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReturnActor(pub Actor);

impl Shopper {
    fn from(parts: &Parts, app: &App) -> Result<Self, Problem> {
        let secret = secret(parts).map(GuestKey::Secret);
        let has_token = parts.headers.contains_key(header::AUTHORIZATION);
        let opener = has_token.then(|| opener(parts, app)).transpose()?;
        Ok(Self(match (secret, opener) {
            (Some(secret), Some(opener)) => Credentials::Both(secret, opener),
            (Some(secret), None) => Credentials::One(Opener::Guest(secret)),
            (None, Some(opener)) => Credentials::One(opener),
            (None, None) => {
                let detail = "this needs a bearer token, or the Checkout-Secret of the checkout";
                return Err(Problem::sign_in(detail));
            }
        }))
    }
}

fn secret(parts: &Parts) -> Option<Secret> {
    let shown = parts.headers.get(CHECKOUT_SECRET)?;
    // What is no text opens nothing, as any other wrong secret.
    Some(Secret::shown(shown.to_str().unwrap_or_default()))
}

fn opener(parts: &Parts, app: &App) -> Result<Opener, Problem> {
    let token = bearer(parts).ok_or_else(invalid)?;
    if let Some(Claimant(claim)) = Claimant::of_token(token, app) {
        return Ok(Opener::Account(claim));
    }
    let link = app.verifier.verify_link(token, app.clock.now()).ok_or_else(invalid)?;
    Ok(Opener::Guest(GuestKey::Link { order: link.sub, epoch: link.epoch }))
}

impl<S: Send + Sync> FromRequestParts<S> for Shopper
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        Self::from(parts, &App::from_ref(state))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for CheckoutSecret {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        Ok(Self(secret(parts).unwrap_or(Secret::shown(""))))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for OrderActor
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        let Shopper(who) = Shopper::from(parts, &app)?;
        let Path(order) = Path::<OrderId>::from_request_parts(parts, state).await?;
        Ok(Self(ordering::actor(&app.db, &who, order).await?))
    }
}

impl<S: Send + Sync> FromRequestParts<S> for ReturnActor
where
    App: FromRef<S>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let app = App::from_ref(state);
        let Shopper(who) = Shopper::from(parts, &app)?;
        let Path(id) = Path::<ReturnId>::from_request_parts(parts, state).await?;
        Ok(Self(returns::actor(&app.db, &who, id).await?))
    }
}
