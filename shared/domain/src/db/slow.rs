//! Statements that may take longer than those of requests.

use super::{Db, DbError, Query, discard_if_lost};
use crate::failure::Source;
use deadpool_postgres::Client;
use std::time::Duration;
use tokio_postgres::Row;

/// Beyond the time of the statement itself, after which the server stops it.
const GRACE: Duration = Duration::from_secs(2);

impl Db {
    /// The rows of a statement that reads, and that the server stops after this time in place of the role's three seconds.
    pub(crate) async fn rows_within(
        &self,
        query: &Query,
        time: Duration,
    ) -> Result<Vec<Row>, DbError> {
        let failed = |why: Source| DbError::new(query.doing, why);
        let mut client = self.pool.get().await.map_err(|error| failed(error.into()))?;
        let rows = async {
            let on = client.transaction().await?;
            // Zero would be no limit.
            let limit = time.as_millis().max(1);
            on.batch_execute(&format!("set local statement_timeout = {limit}")).await?;
            let rows = on.query(&on.prepare_cached(query.sql).await?, &[]).await?;
            on.commit().await?;
            Ok::<_, tokio_postgres::Error>(rows)
        };
        let rows = tokio::time::timeout(time + GRACE, rows).await;
        let Ok(rows) = rows else {
            // Its statement is not over.
            drop(Client::take(client));
            return Err(failed(Source::Timeout));
        };
        let rows = rows.map_err(|error| failed(error.into()));
        discard_if_lost(client, rows.as_ref().err());
        rows
    }
}
