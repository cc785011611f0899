//! Migrates the schema, for any event. `CloudFormation` invokes it in each deploy before it updates the other
//! functions, see [`deploy`]. With the event `{"appoint_admin": "<email>"}` it also creates the first admin, once.

pub mod deploy;
mod time_limit;

pub use time_limit::TimeLimit;

use domain::accounts::{self, Email, FirstAdmin};
use domain::db::{AppSignIn, ConnectionLimit, Db};
use domain::failure::chain;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The function's result. Not `Debug`: the log must not hold a password.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Outcome {
    Migrated {
        /// The number of migrations that this run applied; 0 if the schema was up to date.
        applied: usize,
    },
    AdminCreated(FirstAdmin),
    /// Of a deploy: why it failed. `CloudFormation` was told.
    Failed {
        failed: String,
    },
}

#[derive(Deserialize)]
struct Request {
    appoint_admin: Option<String>,
}

/// What the deployment decides about the role `app_rw`.
pub struct App {
    /// Its credentials; `None` if this function does not manage them, an error if the secret could not be read.
    pub sign_in: Result<Option<AppSignIn>, lambda::Error>,
    /// `None` leaves the number of its connections as it is.
    pub connections: Option<ConnectionLimit>,
}

/// First waits for a database that does not accept connections yet: in its first deploy it has only just been created,
/// and later it may have paused.
pub async fn handle(
    db: &Db,
    app: App,
    event: Value,
    time: TimeLimit,
) -> Result<Outcome, lambda::Error> {
    // Any other event is a deploy's, whatever its form.
    let request = if event.get("appoint_admin").is_some() {
        serde_json::from_value(event)?
    } else {
        Request { appoint_admin: None }
    };
    db.wait_until_ready(time.patience()).await.map_err(|error| chain(&error))?;
    db.check_pooler().await.map_err(|error| chain(&error))?;
    let applied = db.migrate().await.map_err(|error| chain(&error))?;
    tracing::info!(applied, "the schema is up to date");
    // After the migrations, which create the role.
    if let Some(sign_in) = app.sign_in? {
        db.admit_app(&sign_in).await.map_err(|error| chain(&error))?;
    }
    if let Some(limit) = app.connections {
        db.limit_app(limit).await.map_err(|error| chain(&error))?;
    }
    let Some(address) = request.appoint_admin else { return Ok(Outcome::Migrated { applied }) };
    let email = Email::parse(&address).map_err(|invalid| chain(&invalid))?;
    let admin =
        accounts::create_first_admin(db, &email).await.map_err(|failure| chain(&failure))?;
    Ok(Outcome::AdminCreated(admin))
}
