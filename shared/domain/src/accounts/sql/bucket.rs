//! The statements behind rate limits.

use crate::db::{Ask, DbError, params, queries};
use tokio_postgres::Row;

queries! {
    /// Returns a row if the bucket had a token.
    CONSUME_TOKEN: "take a rate limit token" = "
        insert into rate_buckets as bucket (bucket, tokens, at)
        values ($1, $2::int4 - 1, now())
        on conflict (bucket) do update
        set tokens = least($2::int4, bucket.tokens + greatest(extract(epoch from now() - bucket.at), 0) * $2::int4 / $3::int4) - 1,
            at = greatest(bucket.at, now())
        where least($2::int4, bucket.tokens + greatest(extract(epoch from now() - bucket.at), 0) * $2::int4 / $3::int4) >= 1
        returning floor(tokens)::int8 as remaining, ceil(($2::int4 - tokens) * $3::int4 / $2::int4)::int8 as reset";
}

/// How many tokens are left, and in how many seconds the bucket is full again. `None` if it is empty.
pub(in crate::accounts) fn consume_token(
    bucket: String,
    capacity: i32,
    seconds: i32,
) -> Ask<Option<(u32, u32)>> {
    Ask::new(&CONSUME_TOKEN, params![bucket, capacity, seconds], |rows| {
        rows.first().map(tokens_left).transpose()
    })
}

fn tokens_left(row: &Row) -> Result<(u32, u32), DbError> {
    let count = |column| {
        let count = u32::try_from(row.get::<_, i64>(column));
        count.map_err(|_| DbError::invalid_row(&CONSUME_TOKEN, column))
    };
    Ok((count("remaining")?, count("reset")?))
}
