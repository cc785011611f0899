//! Where the books of an open shop lie.

use crate::Shop;
use crate::shop::Error;
use books::{Books, Logs};
use domain::db::Db;
use tokio_postgres::{Client, NoTls};

/// The ways into the books of an open shop that [`Books`] borrows.
pub struct Ledgers {
    db: Db,
    owner: Client,
}

impl Shop {
    /// Opens the ways into the books.
    pub async fn ledgers(&self) -> Result<Ledgers, Error> {
        let db = Db::connect(self.database_url(), 1)?;
        let (owner, connection) = tokio_postgres::connect(self.database_url(), NoTls).await?;
        tokio::spawn(connection);
        Ok(Ledgers { db, owner })
    }

    /// All books of the shop but its people's notes.
    pub fn books<'a>(&'a self, ledgers: &'a Ledgers) -> std::io::Result<Books<'a>> {
        let books = Books::of(&ledgers.db, &ledgers.owner).with_aws(self.aws());
        let books = books.with_logs(self.logs()?);
        Ok(match &self.stripe {
            Some(stripe) => books.with_stripe(stripe),
            None => books,
        })
    }

    /// All that the functions wrote until now.
    pub fn logs(&self) -> std::io::Result<Logs> {
        Logs::read(self.surroundings.run())
    }
}
