//! A statement and its purpose.

/// One SQL statement and what it is for; the purpose ends up in error messages and logs.
#[derive(Debug)]
pub struct Query {
    /// Completes "could not …".
    pub doing: &'static str,
    pub sql: &'static str,
}

impl Query {
    /// Whether it may be sent again after a lost answer: it locks nothing, and no function in it writes.
    pub(super) fn only_reads(&self) -> bool {
        let sql = self.sql.trim_start();
        sql.starts_with("select ") && !sql.contains(" for ") && !sql.contains("forget_")
    }

    /// Whether it may leave in one flight with `begin`. Behind one that fails it takes effect by itself, so it must not write,
    /// unless it does so only in a turn: see `crate::idempotency`.
    pub(super) fn may_follow_begin(&self) -> bool {
        let sql = self.sql.trim_start();
        sql.starts_with("select ") || sql.contains("current_setting('app.turn', true) = 'taken'")
    }
}

/// Declares a module's statements as constants, and `ALL` of them for `crate::statements`.
macro_rules! queries {
    ($($(#[$doc:meta])* $name:ident: $doing:literal = $sql:expr;)+) => {
        $($(#[$doc])* const $name: $crate::db::Query = $crate::db::Query { doing: $doing, sql: $sql };)+
        pub(crate) const ALL: &[$crate::db::Query] = &[$($name),+];
    };
}

pub(crate) use queries;
