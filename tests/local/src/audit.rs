//! The audit of a running shop.

use crate::Shop;
use crate::shop::Error;
use domain::db::Db;
use invariants::{Audit, LogReader, Logs};
use tokio_postgres::{Client, NoTls};

/// The database connections that an [`Audit`] borrows.
pub struct AuditConnections {
    db: Db,
    owner: Client,
}

impl Shop {
    /// Opens the database connections for an audit.
    pub async fn audit_connections(&self) -> Result<AuditConnections, Error> {
        let db = Db::connect(self.database_url(), 1)?;
        let (owner, connection) = tokio_postgres::connect(self.database_url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(AuditConnections { db, owner })
    }

    /// An audit of everything but the responses that clients got.
    pub fn audit<'a>(&'a self, connections: &'a AuditConnections) -> std::io::Result<Audit<'a>> {
        let audit = Audit::of(&connections.db, &connections.owner).with_aws(self.aws());
        let audit = audit.with_logs(self.logs()?);
        Ok(match &self.stripe {
            Some(stripe) => audit.with_stripe(stripe),
            None => audit,
        })
    }

    /// The logs of the functions so far.
    pub fn logs(&self) -> std::io::Result<Logs> {
        Logs::read(self.services.log_folder())
    }

    /// Reads the logs of the functions, each line once.
    pub fn log_reader(&self) -> LogReader {
        LogReader::of(self.services.log_folder())
    }
}
