//! The statements behind disputes. They hold no rules.

use super::Dispute;
use super::state::{Case, DisputeInLedger, DisputeUpdate, MovedFunds, StoredDispute};
use super::status::DisputeStatus;
use crate::db::{Db, DbError, Query, Tx, queries};
use crate::id::{DisputeId, OrderId, PaymentId};
use crate::money::{Currency, Money};
use crate::page::PageRequest;
use std::collections::HashMap;
use tokio_postgres::Row;

/// Every column that [`dispute`] reads.
macro_rules! select_disputes {
    ($rest:literal) => {
        concat!(
            "
        select d.id, d.payment_id, p.order_id, d.provider_dispute, d.amount_minor, d.currency, d.reason, d.status,
               d.evidence_due_at, d.created_at, d.updated_at, d.closed_at
        from disputes d join payments p on p.id = d.payment_id ",
            $rest
        )
    };
}

queries! {
    FIND: "look up a dispute" = select_disputes!("where d.id = $1");

    LIST: "list disputes" = select_disputes!("
        where ($1::text is null or d.status = $1) and d.id < $2
        order by d.id desc
        limit $3");

    LIST_OF_ORDER: "list an order's disputes" = select_disputes!("
        where ($1::text is null or d.status = $1) and d.id < $2 and p.order_id = $4
        order by d.id desc
        limit $3");

    /// Also one in a state that we do not know, unless it is an inquiry.
    IS_UNDECIDED: "check whether an order has an undecided dispute" = "
        select 1 from disputes d join payments p on p.id = d.payment_id
        where p.order_id = $1 and p.surplus_at is null and d.closed_at is null and not starts_with(d.status, 'warning_')
        limit 1";

    /// The goods are not paid with a surplus payment.
    HOLDS_GOODS: "check whether disputes keep an order from being shipped" = "
        select 1 from disputes d join payments p on p.id = d.payment_id
        where p.order_id = $1 and p.surplus_at is null and (d.closed_at is null or d.status = 'lost')
        limit 1";

    /// Only once the payment is stored as succeeded: before that, the dispute's event waits.
    PAYMENT_OF: "find the payment of a dispute" = "
        select id, order_id from payments where provider_pi = $1 and status = 'succeeded'";

    LOCK: "lock a dispute" = "
        select id, status, amount_minor, currency, reason, evidence_due_at, told_at
        from disputes
        where payment_id = $1 and provider_dispute = $2
        for update";

    FIND_STORED: "look up disputes to compare" = "
        select d.id, d.provider_dispute, d.status, d.amount_minor, d.currency, d.reason, d.evidence_due_at, d.told_at,
               p.currency as paid_in,
               exists (select from ledger where source = 'stripe' and source_id = d.provider_dispute
                                            and kind = 'dispute_withdrawn') as is_withdrawn,
               exists (select from ledger where source = 'stripe' and source_id = d.provider_dispute
                                            and kind = 'dispute_reinstated') as is_reinstated
        from disputes d join payments p on p.id = d.payment_id
        where d.provider_dispute = any($1)";

    INSERT: "insert a dispute" = "
        insert into disputes (id, payment_id, provider_dispute, status, amount_minor, currency, reason,
                              evidence_due_at, told_at, closed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $10::bool then now() end)";

    UPDATE: "update a dispute" = "
        update disputes
        set status = $2, amount_minor = $3, currency = $4, reason = $5, evidence_due_at = $6, told_at = $7,
            closed_at = case when $8::bool then coalesce(closed_at, now()) end, updated_at = now()
        where id = $1";

    /// Only in the order's currency, in which the ledger counts, and only if it is anything. Banks rarely dispute in another.
    RECORD_FUNDS: "record disputed funds in the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        select p.order_id, moved.kind, $3, 'stripe', d.provider_dispute
        from disputes d join payments p on p.id = d.payment_id
        cross join unnest($2::text[]) with ordinality as moved (kind, place)
        where d.id = $1 and p.currency = $4 and $3::bigint > 0
        order by moved.place
        on conflict on constraint ledger_once do nothing";
}

pub(super) async fn find(db: &Db, id: DisputeId) -> Result<Option<Dispute>, DbError> {
    db.row(&FIND, &[&id]).await?.as_ref().map(dispute).transpose()
}

pub(super) async fn list(
    db: &Db,
    order: Option<OrderId>,
    only: Option<DisputeStatus>,
    page: &PageRequest<DisputeId>,
) -> Result<Vec<Dispute>, DbError> {
    let status = only.as_ref().map(DisputeStatus::name);
    let before = page.after.unwrap_or(DisputeId::LAST);
    let limit = page.fetch_limit();
    let rows = match order {
        None => db.rows(&LIST, &[&status, &before, &limit]).await?,
        Some(order) => db.rows(&LIST_OF_ORDER, &[&status, &before, &limit, &order]).await?,
    };
    rows.iter().map(dispute).collect()
}

/// Whether a bank is about to decide on a dispute of the order, so that its money cannot be refunded now.
pub(crate) async fn is_undecided(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&IS_UNDECIDED, &[&order]).await?.is_some())
}

/// Whether the order must not be shipped because of its disputes: while one is open, and for good once one is lost.
pub(crate) async fn holds_goods(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&HOLDS_GOODS, &[&order]).await?.is_some())
}

/// The disputed payment and its order.
pub(crate) async fn payment_of(
    tx: &Tx<'_>,
    update: &DisputeUpdate,
) -> Result<Option<(PaymentId, OrderId)>, DbError> {
    let row = tx.row(&PAYMENT_OF, &[&update.intent]).await?;
    Ok(row.map(|row| (row.get("id"), row.get("order_id"))))
}

pub(crate) async fn lock(
    tx: &Tx<'_>,
    payment: PaymentId,
    update: &DisputeUpdate,
) -> Result<Option<StoredDispute>, DbError> {
    let row = tx.row(&LOCK, &[&payment, &update.provider]).await?;
    row.as_ref().map(|row| stored(&LOCK, row)).transpose()
}

/// What is stored of some disputes, by Stripe's ids.
pub(crate) async fn find_stored(
    db: &Db,
    updates: &[DisputeUpdate],
) -> Result<HashMap<String, DisputeInLedger>, DbError> {
    let providers: Vec<_> = updates.iter().map(|update| update.provider.as_str()).collect();
    let rows = db.rows(&FIND_STORED, &[&providers]).await?;
    rows.iter().map(|row| Ok((row.get("provider_dispute"), in_ledger(row)?))).collect()
}

pub(crate) async fn insert(
    tx: &Tx<'_>,
    payment: PaymentId,
    update: &DisputeUpdate,
) -> Result<DisputeId, DbError> {
    let id = DisputeId::generate();
    let DisputeUpdate { provider, case, at, .. } = update;
    let Case { status, amount: Money { minor, currency }, reason, evidence_due } = case;
    let row: [&(dyn postgres_types::ToSql + Sync); 10] = [
        &id,
        &payment,
        provider,
        &status.name(),
        minor,
        &currency.code(),
        reason,
        evidence_due,
        at,
        &status.is_closed(),
    ];
    tx.execute(&INSERT, &row).await?;
    Ok(id)
}

pub(crate) async fn update(
    tx: &Tx<'_>,
    id: DisputeId,
    update: &DisputeUpdate,
) -> Result<(), DbError> {
    let Case { status, amount: Money { minor, currency }, reason, evidence_due } = &update.case;
    let row: [&(dyn postgres_types::ToSql + Sync); 8] = [
        &id,
        &status.name(),
        minor,
        &currency.code(),
        reason,
        evidence_due,
        &update.at,
        &status.is_closed(),
    ];
    tx.execute(&UPDATE, &row).await.map(drop)
}

/// Records money that was withdrawn or reinstated, once each.
pub(crate) async fn record_funds(
    tx: &Tx<'_>,
    id: DisputeId,
    MovedFunds { withdrawn, reinstated }: MovedFunds,
    amount: Money,
) -> Result<(), DbError> {
    let all = [(withdrawn, "dispute_withdrawn"), (reinstated, "dispute_reinstated")];
    let kinds: Vec<_> = all.into_iter().filter(|(moved, _)| *moved).map(|(_, kind)| kind).collect();
    if kinds.is_empty() {
        return Ok(());
    }
    tx.execute(&RECORD_FUNDS, &[&id, &kinds, &amount.minor, &amount.currency.code()])
        .await
        .map(drop)
}

fn dispute(row: &Row) -> Result<Dispute, DbError> {
    Ok(Dispute {
        id: row.get("id"),
        payment: row.get("payment_id"),
        order: row.get("order_id"),
        provider: row.get("provider_dispute"),
        case: case(&FIND, row)?,
        created_at: row.get("created_at"),
        updated_at: row.get("updated_at"),
        closed_at: row.get("closed_at"),
    })
}

fn stored(query: &'static Query, row: &Row) -> Result<StoredDispute, DbError> {
    Ok(StoredDispute { id: row.get("id"), case: case(query, row)?, as_of: row.get("told_at") })
}

fn in_ledger(row: &Row) -> Result<DisputeInLedger, DbError> {
    let currency = Currency::from_code(row.get("paid_in"));
    Ok(DisputeInLedger {
        dispute: stored(&FIND_STORED, row)?,
        entered: MovedFunds {
            withdrawn: row.get("is_withdrawn"),
            reinstated: row.get("is_reinstated"),
        },
        currency: currency.ok_or(DbError::invalid_row(&FIND_STORED, "currency"))?,
    })
}

fn case(query: &Query, row: &Row) -> Result<Case, DbError> {
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::invalid_row(query, "currency"))?;
    Ok(Case {
        status: DisputeStatus::from_name(row.get("status")),
        amount: Money { minor: row.get("amount_minor"), currency },
        reason: row.get("reason"),
        evidence_due: row.get("evidence_due_at"),
    })
}
