//! SQL statements of the audit log. They only read: its rows are written by triggers.

use super::entry::{Action, EntityType, Entry, Fault, FaultKind, Filter, Hash, Head};
use crate::db::{Db, DbError, Param, Query, queries};
use crate::page::PageRequest;
use tokio_postgres::Row;

queries! {
    /// Times grow with the places in the chain, so that a time is looked for once, and the entries are read by their places.
    ENTRIES: "list entries of the audit log" = "
        select seq, at, actor, entity_type, entity, action, before, after, withheld, hash
        from audit_log
        where ($1::text is null or entity_type = $1)
          and ($2::text is null or entity = $2)
          and ($3::uuid is null or actor = $3)
          and ($4::timestamptz is null
               or seq >= (select e.seq from audit_log e where e.at >= $4 order by e.at, e.seq limit 1))
          and seq < coalesce(
              (select e.seq from audit_log e where e.at >= $5::timestamptz order by e.at, e.seq limit 1),
              9223372036854775807)
          and seq < coalesce($6::bigint, 9223372036854775807)
        order by seq desc
        limit $7";

    HEAD: "look up the end of the audit log" = "select seq, hash from audit_head";

    IS_IN_CHAIN: "look for an entry of the audit log" = "
        select exists (select from audit_log where seq = $1 and hash = $2) as found";

    /// Reads the last entry of the piece before as well, for the first one is chained to it. One snapshot: the end of the
    /// chain changes with its last entry.
    VERIFY: "verify entries of the audit log" = "
        with piece as (
            select e.seq, e.hash, e.previous_hash, e.hash <> audit_hash(e) as is_changed,
                   lag(e.seq) over chain as before_seq, lag(e.hash) over chain as before_hash
            from (select l.* from audit_log l where l.seq >= $1::bigint order by l.seq limit $2::bigint + ($1::bigint > 0)::int) as e
            window chain as (order by e.seq)
        ), verified as (
            select seq, hash, case
                when is_changed then 'changed'
                when coalesce(before_seq, case when $1 = 0 then 0 end) is distinct from seq - 1 then 'missing_before'
                when coalesce(before_hash, case when $1 = 0 then decode(repeat('00', 32), 'hex') end)
                     is distinct from previous_hash then 'unlinked' end as kind
            from piece where seq > $1
        ), ended as (
            select h.seq as head, h.hash, coalesce(max(v.seq), $1) as last, count(v.seq) as checked,
                   count(v.seq) < $2::bigint as is_last,
                   coalesce((array_agg(v.hash order by v.seq desc))[1], (select hash from piece where seq = $1)) as last_hash
            from audit_head h left join verified v on true
            group by h.seq, h.hash
        ), faults as (
            select seq, kind from verified where kind is not null
            union all
            select head, 'missing_end' from ended
            where is_last and (head > 0 or $1 > 0) and (head, hash) is distinct from (last, last_hash)
            union all
            select 0, 'unchained' from ended where $1 = 0 and exists (select from audit_log where seq is null)
        )
        select checked, last, is_last,
               array(select f.seq from faults f order by f.seq, f.kind limit 10) as places,
               array(select f.kind from faults f order by f.seq, f.kind limit 10) as kinds
        from ended";
}

/// Consecutive entries that were verified.
pub(super) struct Piece {
    pub(super) checked: i64,
    pub(super) last: i64,
    pub(super) is_last: bool,
    pub(super) faults: Vec<Fault>,
}

pub(super) async fn entries(
    db: &Db,
    filter: &Filter,
    page: &PageRequest<i64>,
) -> Result<Vec<Entry>, DbError> {
    let with: [Param<'_>; 7] = [
        &filter.entity_type.map(EntityType::name),
        &filter.entity,
        &filter.actor,
        &filter.since,
        &filter.until,
        &page.after,
        &page.fetch_limit(),
    ];
    db.rows(&ENTRIES, &with).await?.iter().map(entry).collect()
}

pub(super) async fn head(db: &Db) -> Result<Head, DbError> {
    let row = db.row(&HEAD, &[]).await?;
    let row = row.ok_or(DbError::invalid_row(&HEAD, "no row was returned"))?;
    Ok(Head { seq: row.get("seq"), hash: hash(&HEAD, &row)? })
}

pub(super) async fn is_in_chain(db: &Db, seq: i64, hash: Hash) -> Result<bool, DbError> {
    let row = db.row(&IS_IN_CHAIN, &[&seq, &hash.bytes()]).await?;
    Ok(row.ok_or(DbError::invalid_row(&IS_IN_CHAIN, "no row was returned"))?.get("found"))
}

/// Verifies up to `most` entries behind `after`.
pub(super) async fn verify_piece(db: &Db, after: i64, most: i64) -> Result<Piece, DbError> {
    let row = db.row(&VERIFY, &[&after, &most]).await?;
    let row = row.ok_or(DbError::invalid_row(&VERIFY, "no row was returned"))?;
    let (places, kinds): (Vec<i64>, Vec<&str>) = (row.get("places"), row.get("kinds"));
    let faults = places.into_iter().zip(kinds).map(|(seq, kind)| {
        let kind = FaultKind::from_name(kind).ok_or(DbError::invalid_row(&VERIFY, "kind"))?;
        Ok(Fault { seq, kind })
    });
    Ok(Piece {
        checked: row.get("checked"),
        last: row.get("last"),
        is_last: row.get("is_last"),
        faults: faults.collect::<Result<_, DbError>>()?,
    })
}

fn entry(row: &Row) -> Result<Entry, DbError> {
    let action = Action::from_name(row.get("action"));
    Ok(Entry {
        seq: row.get("seq"),
        at: row.get("at"),
        actor: row.get("actor"),
        entity_type: row.get("entity_type"),
        entity: row.get("entity"),
        action: action.ok_or(DbError::invalid_row(&ENTRIES, "action"))?,
        before: row.get("before"),
        after: row.get("after"),
        withheld: row.get("withheld"),
        hash: hash(&ENTRIES, row)?,
    })
}

fn hash(query: &Query, row: &Row) -> Result<Hash, DbError> {
    Hash::from_stored(row.get("hash")).ok_or(DbError::invalid_row(query, "hash"))
}
