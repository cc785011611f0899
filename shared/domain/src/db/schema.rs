//! The migrations: which of them are missing, and how they are applied to a database that is in use.
//!
//! Each one has a transaction of its own, which also holds the advisory lock and writes the history. So nothing outlives
//! a run that dies, a connection pooler has nothing to keep, and of two runs the second finds what the first has done.
//! The history has refinery's form.

use super::Param;
use crate::failure::{MigrationFailure, MigrationRefusal, Source};
use refinery::Migration;
use std::time::{Duration, Instant};
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Type;
use tokio_postgres::{Client, Transaction};

mod embedded {
    refinery::embed_migrations!("migrations");
}

const LOCK: i64 = 7000;
/// How long a run tries again while others hold the locks that it needs.
const PATIENCE: Duration = Duration::from_mins(2);

/// Whoever uses a table queues behind a migration that waits for it, and gives up after two seconds: so a migration gives
/// up sooner, and comes again. A migration may raise the limit of its statements, where nobody waits for them.
const LIMITS: &str = "set local lock_timeout = '1s'; set local statement_timeout = '10s';
    set local idle_in_transaction_session_timeout = '30s'";
const HISTORY: &str = "create table if not exists refinery_schema_history (
    version int4 primary key, name varchar(255), applied_on varchar(255), checksum varchar(255))";
const APPLIED: &str = "select version, name, checksum from refinery_schema_history";
const NOTE: &str = "insert into refinery_schema_history (version, name, applied_on, checksum)
    values ($1, $2, to_char(now() at time zone 'utc', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), $3)";
const TRY_LOCK: &str = "select pg_try_advisory_xact_lock($1)";
/// The owner's name, if `app_rw` exists and this owner may not alter it: from PostgreSQL 16 on, CREATEROLE is not enough.
const FOREIGN_ROLE: &str = "select current_user::text from pg_roles app
    where app.rolname = 'app_rw' and not pg_has_role(app.oid, 'member with admin option')
      and not (current_setting('server_version_num')::int < 160000
               and exists (select from pg_roles where rolname = current_user and rolcreaterole))";

/// A row of the history.
struct Applied {
    version: i32,
    name: String,
    checksum: String,
}

/// Applies what is missing, and returns how many migrations those were.
pub(super) async fn migrate(client: &mut Client) -> Result<usize, Source> {
    let mut ours = embedded::migrations::runner().get_migrations().clone();
    ours.sort();
    let give_up = Instant::now() + PATIENCE;
    let mut applied = 0;
    loop {
        match apply_next(client, &ours).await {
            Ok(true) => applied += 1,
            Ok(false) => return Ok(applied),
            Err(why) if is_held_up(&why) && Instant::now() < give_up => {
                tracing::info!(error = crate::failure::chain(&why), "the migration waits");
                tokio::time::sleep(Duration::from_millis(fastrand::u64(100..400))).await;
            }
            Err(why) => return Err(why),
        }
    }
}

/// Whether there was one to apply.
async fn apply_next(client: &mut Client, ours: &[Migration]) -> Result<bool, Source> {
    let tx = client.transaction().await?;
    tx.batch_execute(LIMITS).await?;
    let locked = tx.query_typed_one(TRY_LOCK, &[(&LOCK, Type::INT8)]).await?;
    if !locked.get::<_, bool>(0) {
        return Err(MigrationFailure::Busy(LOCK).into());
    }
    tx.batch_execute(HISTORY).await?;
    let history = history(&tx).await?;
    let Some(next) = first_missing(ours, &history)? else { return Ok(false) };
    if history.is_empty()
        && let Some(owner) = tx.query_typed_opt(FOREIGN_ROLE, &[]).await?
    {
        return Err(MigrationRefusal::ForeignRole(owner.get(0)).into());
    }
    let failed = |why| MigrationFailure::Step(next.to_string(), why);
    tx.batch_execute(next.sql().unwrap_or_default()).await.map_err(failed)?;
    let (version, name, checksum) = (next.version(), next.name(), next.checksum().to_string());
    let row: [(Param<'_>, Type); 3] =
        [(&version, Type::INT4), (&name, Type::TEXT), (&checksum, Type::TEXT)];
    tx.execute_typed(NOTE, &row).await?;
    tx.commit().await?;
    tracing::info!(migration = %next, "applied");
    Ok(true)
}

async fn history(tx: &Transaction<'_>) -> Result<Vec<Applied>, tokio_postgres::Error> {
    let rows = tx.query_typed(APPLIED, &[]).await?;
    let applied = |row: &tokio_postgres::Row| Applied {
        version: row.get(0),
        name: row.get(1),
        checksum: row.get(2),
    };
    Ok(rows.iter().map(applied).collect())
}

/// The oldest of our migrations that was not applied. What was applied and is newer than all of ours is a later
/// release's, from which this one is the way back: it works with that schema, since releases only add to it.
fn first_missing<'a>(
    ours: &'a [Migration],
    history: &[Applied],
) -> Result<Option<&'a Migration>, MigrationRefusal> {
    let newest_of_ours = ours.last().map_or(0, Migration::version);
    let newest_applied = history.iter().map(|applied| applied.version).max().unwrap_or(0);
    for applied in history {
        let named = format!("V{}__{}", applied.version, applied.name);
        match ours.iter().find(|migration| migration.version() == applied.version) {
            Some(ours) if ours.checksum().to_string() == applied.checksum => {}
            Some(ours) => return Err(MigrationRefusal::Changed(ours.to_string(), named)),
            None if applied.version > newest_of_ours => {}
            None => return Err(MigrationRefusal::Unknown(named)),
        }
    }
    let was_applied = |migration: &Migration| {
        history.iter().any(|applied| applied.version == migration.version())
    };
    match ours.iter().find(|migration| !was_applied(migration)) {
        Some(missing) if missing.version() < newest_applied => {
            Err(MigrationRefusal::Gap(missing.to_string()))
        }
        missing => Ok(missing),
    }
}

/// Whether others hold a lock that is needed here.
fn is_held_up(why: &Source) -> bool {
    match why {
        Source::Migration(MigrationFailure::Busy(_)) => true,
        Source::Migration(MigrationFailure::Step(_, why)) | Source::Query(why) => {
            [Some(&SqlState::LOCK_NOT_AVAILABLE), Some(&SqlState::T_R_DEADLOCK_DETECTED)]
                .contains(&why.code())
        }
        _ => false,
    }
}

/// Fails if two connections reach the same session of the server and a statement that one of them has prepared is lost
/// or meets another's there: a pooler by transaction that knows no prepared statements.
pub(super) async fn check_sessions(one: &Client, other: &Client) -> Result<(), Source> {
    // With connections to spare, a pooler may give the same one back by chance.
    for _ in 0..10 {
        let mine = one.prepare("select pg_backend_pid()").await?;
        one.query_one(&mine, &[]).await?;
        // Holds the session that was used last.
        other.batch_execute("begin; select pg_backend_pid()").await?;
        let found = one.query_one(&mine, &[]).await;
        other.batch_execute("rollback").await?;
        found?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ours(files: &[&str]) -> Vec<Migration> {
        files.iter().map(|file| Migration::unapplied(file, "select 1").unwrap()).collect()
    }

    fn missing(files: &[&str], applied: &[&str]) -> Result<Option<String>, MigrationRefusal> {
        let history = ours(applied).into_iter().map(|migration| Applied {
            version: migration.version(),
            name: migration.name().to_owned(),
            checksum: migration.checksum().to_string(),
        });
        let history: Vec<_> = history.collect();
        first_missing(&ours(files), &history).map(|next| next.map(ToString::to_string))
    }

    #[test]
    fn what_is_newer_than_all_of_ours_is_a_later_releases() {
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a", "V3__b", "V4__c", "V9__d"]), Ok(None));
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a"]), Ok(Some("V3__b".to_owned())));
        assert_eq!(missing(&["V1__a", "V3__b"], &[]), Ok(Some("V1__a".to_owned())));
    }

    #[test]
    fn a_file_that_was_skipped_is_refused_by_name() {
        let gap = Err(MigrationRefusal::Gap("V3__b".to_owned()));
        assert_eq!(missing(&["V1__a", "V3__b", "V4__c"], &["V1__a", "V4__c"]), gap);
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a", "V4__c"]), gap);
    }

    #[test]
    fn a_number_that_no_file_has_is_neither_missing_nor_known() {
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a", "V3__b"]), Ok(None));
        let unknown = Err(MigrationRefusal::Unknown("V2__x".to_owned()));
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a", "V2__x"]), unknown);
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a", "V2__x", "V3__b"]), unknown);
    }

    #[test]
    fn a_file_that_differs_from_what_was_applied_is_refused() {
        let changed = MigrationRefusal::Changed("V3__b".to_owned(), "V3__x".to_owned());
        assert_eq!(missing(&["V1__a", "V3__b"], &["V1__a", "V3__x"]), Err(changed));
    }
}
