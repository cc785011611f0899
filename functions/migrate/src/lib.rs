//! Brings the schema up to date. The deploy calls it, with any event, before the other functions change.

use domain::db::Db;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Migrated {
    /// How many steps this run took. None, if another run was first.
    pub applied: usize,
}

pub async fn handle(db: &Db) -> Result<Migrated, lambda::Error> {
    let applied = db.migrate().await.map_err(|error| domain::failure::chain(&error))?;
    tracing::info!(applied, "the schema is up to date");
    Ok(Migrated { applied })
}
