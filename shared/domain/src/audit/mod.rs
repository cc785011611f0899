//! The audit log: who of staff changed what, before and after. Triggers write it (`V79`), in the transaction of the change,
//! once it says who acts: see `db/actor.rs`. Here it is read, and its chain of hashes verified.

mod entry;
mod sql;

pub use entry::{Action, EntityType, Entry, Fault, FaultKind, Filter, Hash, Head, Verification};
pub(crate) use sql::ALL as ALL_QUERIES;

use crate::db::{Db, DbError};
use crate::failure::{Failure, Never};
use crate::page::{Page, PageRequest};

/// How many entries one statement verifies, far within its three seconds.
const PIECE: i64 = 5_000;
/// The most faults that one verification names.
const MAX_FAULTS: usize = 10;
/// The most entries that one call verifies.
pub const MOST_AT_ONCE: i64 = 50_000;

/// One page of the entries, newest first.
pub async fn list(
    db: &Db,
    filter: &Filter,
    page: &PageRequest<i64>,
) -> Result<Page<Entry>, Failure<Never>> {
    let entries = sql::entries(db, filter, page).await?;
    Ok(page.paginate(entries, |entry| entry.seq))
}

/// The end of the chain.
pub async fn head(db: &Db) -> Result<Head, DbError> {
    sql::head(db).await
}

/// Computes the hashes of up to `most` entries behind `after` anew, and compares them with those that are stored and with one
/// another. Says of a head that somebody kept whether it is still a part of the chain.
pub async fn verify(
    db: &Db,
    after: i64,
    most: i64,
    kept: Option<(i64, Hash)>,
) -> Result<Verification, DbError> {
    let mut verified = Verification { head: sql::head(db).await?, ..Verification::default() };
    if let Some((seq, hash)) = kept {
        let was_empty = Head { seq, hash } == Head::default();
        verified.kept_is_in_chain = Some(was_empty || sql::is_in_chain(db, seq, hash).await?);
    }
    let (mut last, mut left) = (after, most.clamp(1, MOST_AT_ONCE));
    while left > 0 {
        let piece = sql::verify_piece(db, last, left.min(PIECE)).await?;
        verified.checked += piece.checked;
        let free = MAX_FAULTS - verified.faults.len();
        verified.faults.extend(piece.faults.into_iter().take(free));
        left -= piece.checked;
        last = piece.last;
        if piece.is_last {
            return Ok(verified);
        }
    }
    verified.next = Some(last);
    Ok(verified)
}

/// Logs the end of the chain, so that it is kept outside of the database as well.
pub async fn log_head(db: &Db) -> Result<(), DbError> {
    let Head { seq, hash } = sql::head(db).await?;
    tracing::info!(audit.seq = seq, audit.hash = %hash, "the audit log ends with {seq}: {hash}");
    Ok(())
}
