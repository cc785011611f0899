//! Brings the schema up to date: the deploy calls it, with any event, before the other functions change.
//! `CloudFormation` is that deploy: it waits for word at an address of its own, see [`deploy`].
//! Appoints the first admin, once: whoever runs the shop calls it with `{"appoint_admin": "<e-mail>"}`.

pub mod deploy;

use domain::accounts::{self, Appointed, Email};
use domain::db::{AppSignIn, Db};
use domain::failure::chain;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What was done. Not `Debug`: a password has no place in a log.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Done {
    Migrated {
        /// How many steps this run took. None, if another run was first.
        applied: usize,
    },
    Appointed(Appointed),
}

#[derive(Deserialize)]
struct Wish {
    appoint_admin: Option<String>,
}

/// How `app_rw` is to sign in, if that is ours to say, and if its secret could be fetched.
pub type App = Result<Option<AppSignIn>, lambda::Error>;

pub async fn handle(db: &Db, app: App, event: Value) -> Result<Done, lambda::Error> {
    // A deploy may call with anything; only what looks like a wish is one.
    let wish = if event.get("appoint_admin").is_some() {
        serde_json::from_value(event)?
    } else {
        Wish { appoint_admin: None }
    };
    let applied = db.migrate().await.map_err(|error| chain(&error))?;
    tracing::info!(applied, "the schema is up to date");
    // After the schema, which makes the role.
    if let Some(how) = app? {
        db.admit_app(&how).await.map_err(|error| chain(&error))?;
    }
    let Some(address) = wish.appoint_admin else { return Ok(Done::Migrated { applied }) };
    let email = Email::parse(&address).map_err(|no| chain(&no))?;
    let appointed = accounts::appoint_admin(db, &email).await.map_err(|no| chain(&no))?;
    Ok(Done::Appointed(appointed))
}
