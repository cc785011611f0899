//! The statements behind disputes. They decide nothing.

use super::Dispute;
use super::state::{Case, DisputeStatus, DisputeTold, Funds, Known};
use crate::db::{Db, DbError, Query, Tx, queries};
use crate::id::{DisputeId, OrderId, PaymentId};
use crate::money::{Currency, Money};
use crate::page::Page;
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

    IS_UNDECIDED: "see whether a bank is about to decide over an order" = "
        select 1 from disputes d join payments p on p.id = d.payment_id
        where p.order_id = $1 and d.status in ('needs_response', 'under_review')
        limit 1";

    HOLDS_GOODS: "see whether disputes hold an order's goods back" = "
        select 1 from disputes d join payments p on p.id = d.payment_id
        where p.order_id = $1 and d.status = any($2)
        limit 1";

    /// Not before the payment itself is known to have succeeded: nobody can dispute what was not taken.
    PAYMENT_OF: "find the payment of a dispute" = "
        select id, order_id from payments where provider_pi = $1 and status = 'succeeded'";

    LOCK: "lock a dispute" = "
        select id, status, amount_minor, currency, reason, evidence_due_at, told_at
        from disputes
        where payment_id = $1 and provider_dispute = $2
        for update";

    INSERT: "insert a dispute" = "
        insert into disputes (id, payment_id, provider_dispute, status, amount_minor, currency, reason,
                              evidence_due_at, told_at, closed_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, case when $10::bool then now() end)";

    UPDATE: "take a dispute's news down" = "
        update disputes
        set status = $2, amount_minor = $3, currency = $4, reason = $5, evidence_due_at = $6, told_at = $7,
            closed_at = case when $8::bool then coalesce(closed_at, now()) end, updated_at = now()
        where id = $1";

    /// The ledger counts in the order's currency. Banks rarely dispute in another.
    ENTER_FUNDS: "enter disputed funds into the ledger" = "
        insert into ledger (order_id, kind, amount_minor, source, source_id)
        select p.order_id, $2, $3, 'stripe', d.provider_dispute
        from disputes d join payments p on p.id = d.payment_id
        where d.id = $1 and p.currency = $4
        on conflict on constraint ledger_once do nothing";
}

pub(super) async fn find(db: &Db, id: DisputeId) -> Result<Option<Dispute>, DbError> {
    db.row(&FIND, &[&id]).await?.as_ref().map(dispute).transpose()
}

pub(super) async fn list(
    db: &Db,
    order: Option<OrderId>,
    only: Option<DisputeStatus>,
    page: &Page<DisputeId>,
) -> Result<Vec<Dispute>, DbError> {
    let status = only.map(DisputeStatus::name);
    let before = page.after.unwrap_or(DisputeId::LAST);
    let limit = page.rows_wanted();
    let rows = match order {
        None => db.rows(&LIST, &[&status, &before, &limit]).await?,
        Some(order) => db.rows(&LIST_OF_ORDER, &[&status, &before, &limit, &order]).await?,
    };
    rows.iter().map(dispute).collect()
}

pub(super) async fn is_undecided(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    Ok(tx.row(&IS_UNDECIDED, &[&order]).await?.is_some())
}

pub(super) async fn holds_goods(tx: &Tx<'_>, order: OrderId) -> Result<bool, DbError> {
    let holding = DisputeStatus::ALL.into_iter().filter(|status| status.holds_goods());
    let holding: Vec<_> = holding.map(DisputeStatus::name).collect();
    Ok(tx.row(&HOLDS_GOODS, &[&order, &holding]).await?.is_some())
}

pub(super) async fn payment_of(
    tx: &Tx<'_>,
    told: &DisputeTold,
) -> Result<Option<(PaymentId, OrderId)>, DbError> {
    let row = tx.row(&PAYMENT_OF, &[&told.intent]).await?;
    Ok(row.map(|row| (row.get("id"), row.get("order_id"))))
}

pub(super) async fn lock(
    tx: &Tx<'_>,
    payment: PaymentId,
    told: &DisputeTold,
) -> Result<Option<Known>, DbError> {
    let row = tx.row(&LOCK, &[&payment, &told.provider]).await?;
    row.map(|row| {
        Ok(Known { id: row.get("id"), case: case(&LOCK, &row)?, told_at: row.get("told_at") })
    })
    .transpose()
}

pub(super) async fn insert(
    tx: &Tx<'_>,
    payment: PaymentId,
    told: &DisputeTold,
) -> Result<DisputeId, DbError> {
    let id = DisputeId::generate();
    let DisputeTold { provider, case, at, .. } = told;
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

pub(super) async fn update(tx: &Tx<'_>, id: DisputeId, told: &DisputeTold) -> Result<(), DbError> {
    let Case { status, amount: Money { minor, currency }, reason, evidence_due } = &told.case;
    let row: [&(dyn postgres_types::ToSql + Sync); 8] = [
        &id,
        &status.name(),
        minor,
        &currency.code(),
        reason,
        evidence_due,
        &told.at,
        &status.is_closed(),
    ];
    tx.execute(&UPDATE, &row).await.map(drop)
}

/// Once for each way that the money goes.
pub(super) async fn enter_funds(
    tx: &Tx<'_>,
    id: DisputeId,
    funds: Funds,
    amount: Money,
) -> Result<(), DbError> {
    let kind = match funds {
        Funds::Withdrawn => "dispute_withdrawn",
        Funds::Reinstated => "dispute_reinstated",
    };
    tx.execute(&ENTER_FUNDS, &[&id, &kind, &amount.minor, &amount.currency.code()]).await.map(drop)
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

fn case(query: &Query, row: &Row) -> Result<Case, DbError> {
    let status = DisputeStatus::from_name(row.get("status"));
    let currency = Currency::from_code(row.get("currency"));
    let currency = currency.ok_or(DbError::nonsense(query, "currency"))?;
    Ok(Case {
        status: status.ok_or(DbError::nonsense(query, "status"))?,
        amount: Money { minor: row.get("amount_minor"), currency },
        reason: row.get("reason"),
        evidence_due: row.get("evidence_due_at"),
    })
}
