//! The statements behind acknowledgements. They hold no rules.

use super::{Acknowledgement, Reason};
use crate::db::{DbError, Query, Tx, queries};
use crate::id::UserId;
use serde_json::Value;
use tokio_postgres::Row;

/// The column that [`read`] reads: the acknowledgement of a row, if there is one. Takes the kind, and the expressions of the
/// subject and of its state.
macro_rules! acknowledged {
    ($kind:literal, $subject:literal, $state:expr) => {
        concat!(
            "
        (select jsonb_build_object('reason', a.reason, 'at', a.created_at,
                                   'by', 'usr_' || replace(a.created_by::text, '-', ''))
         from acknowledgements a
         where a.kind = '",
            $kind,
            "' and a.subject = ",
            $subject,
            " and a.state = ",
            $state,
            ") as acknowledged"
        )
    };
}
pub(crate) use acknowledged;

queries! {
    INSERT: "acknowledge something" = "
        insert into acknowledgements (kind, subject, state, reason, created_by) values ($1, $2, $3, $4, $5)
        on conflict on constraint acknowledgements_once do nothing";

    NEWEST: "look up an acknowledgement" = "
        select jsonb_build_object('reason', reason, 'at', created_at,
                                  'by', 'usr_' || replace(created_by::text, '-', '')) as acknowledged
        from acknowledgements
        where kind = $1 and subject = $2
        order by created_at desc
        limit 1";
}

/// One that is there already stays.
pub(crate) async fn insert(
    tx: &Tx<'_>,
    kind: &str,
    subject: &str,
    state: &str,
    Reason(reason): &Reason,
    staff: UserId,
) -> Result<(), DbError> {
    tx.execute(&INSERT, &[&kind, &subject, &state, reason, &staff]).await.map(drop)
}

pub(crate) async fn newest(
    tx: &Tx<'_>,
    kind: &str,
    subject: &str,
) -> Result<Option<Acknowledgement>, DbError> {
    let row = tx.row(&NEWEST, &[&kind, &subject]).await?;
    Ok(row.map(|row| read(&NEWEST, &row)).transpose()?.flatten())
}

/// From the column `acknowledged`.
pub(crate) fn read(query: &Query, row: &Row) -> Result<Option<Acknowledgement>, DbError> {
    let found: Option<Value> = row.get("acknowledged");
    let found = found.map(serde_json::from_value).transpose();
    found.map_err(|_| DbError::invalid_row(query, "acknowledged"))
}
