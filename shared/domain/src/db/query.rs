//! A statement and its purpose.

/// One SQL statement and what it is for; the purpose ends up in error messages and logs.
#[derive(Debug)]
pub struct Query {
    /// Completes "could not …".
    pub doing: &'static str,
    pub sql: &'static str,
}

impl Query {
    /// Whether it may be sent again, whatever became of it: it locks nothing, and no function in it writes.
    pub(super) fn only_reads(&self) -> bool {
        let sql = self.sql.trim_start();
        sql.starts_with("select ") && !sql.contains(" for ") && !sql.contains("forget_")
    }
}

/// Declares a module's statements, and `ALL` of them so that a test can prepare each.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident: $doing:literal = $sql:expr;)+) => {
        $($(#[$doc])* const $name: $crate::db::Query = $crate::db::Query { doing: $doing, sql: $sql };)+
        pub(crate) const ALL: &[$crate::db::Query] = &[$($name),+];
    };
}

pub(crate) use queries;

/// Every statement that the functions send.
pub fn every_query() -> impl Iterator<Item = &'static Query> {
    [
        super::ALL,
        crate::accounts::ALL_QUERIES,
        crate::accounts::LINK_QUERIES,
        crate::accounts::SESSION_QUERIES,
        crate::catalog::ALL_PAGES,
        crate::catalog::ALL_QUERIES,
        crate::idempotency::ALL,
        crate::inbox::ALL,
        crate::inventory::ALL_LISTS,
        crate::inventory::ALL_QUERIES,
        crate::mail::ALL,
        crate::operations::ALL_CHECKS,
        crate::operations::ALL_QUERIES,
        crate::outbox::ALL,
        crate::payment::ALL_QUERIES,
        crate::payment::CHECKOUT_QUERIES,
        crate::payment::EVENT_QUERIES,
        crate::payment::OFFLINE_QUERIES,
        crate::payment::WHOLE_QUERIES,
        crate::payment::dispute::ALL_QUERIES,
        crate::payment::reconciliation::ALL_QUERIES,
        crate::payment::reconciliation::RUN_QUERIES,
        crate::retention::ALL,
        crate::payment::refund::ALL_QUERIES,
        crate::payment::refund::OVERTAKEN_QUERIES,
        crate::payment::refund::PIECES_QUERIES,
    ]
    .into_iter()
    .chain(crate::ordering::ALL_QUERIES)
    .flatten()
}
