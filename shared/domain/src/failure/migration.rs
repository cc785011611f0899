//! Why the schema is not migrated.

/// What a person has to settle first: the same run is refused again until then.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum MigrationRefusal {
    #[error("{0}.sql was never applied here, and a newer migration was")]
    Gap(String),
    #[error("{0} was applied here, and this release has newer migrations but not this one")]
    Unknown(String),
    #[error("{0}.sql differs from the migration that was applied under this number, {1}")]
    Changed(String, String),
    #[error(
        "the role app_rw is another shop's, and this owner may not alter it: use a server for each shop, or let a \
         superuser or the other owner run: grant app_rw to {0} with admin option"
    )]
    ForeignRole(String),
}

/// Why a migration was not applied, although nothing speaks against it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MigrationFailure {
    #[error("another process is migrating, it holds the advisory lock {0}")]
    Busy(i64),
    #[error("{0}.sql failed")]
    Step(String, #[source] tokio_postgres::Error),
}
