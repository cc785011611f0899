//! Search terms of products that an earlier release or a person wrote.

use super::sql;
use crate::db::{Db, DbErrorKind, Tx};
use crate::failure::{Failure, Never, chain};
use crate::id::ProductId;

/// The products whose search terms were made, and those for which that failed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct MadeTerms {
    pub made: usize,
    pub failed: usize,
}

/// Makes the search terms of some products that have none: they were written by an earlier release, or by hand. Products
/// that cannot be written do not keep the others waiting.
pub async fn make_search_terms(db: &Db) -> Result<MadeTerms, Failure<Never>> {
    match make_terms_from(db, None, sql::TERMS_BATCH).await {
        Ok(made) => Ok(MadeTerms { made, failed: 0 }),
        Err(Failure::Db(error)) if error.kind() == DbErrorKind::Bug => make_terms_singly(db).await,
        Err(failure) => Err(failure),
    }
}

/// One by one, and not in their order, so that a number of bad ones among the first does not stop those behind them.
async fn make_terms_singly(db: &Db) -> Result<MadeTerms, Failure<Never>> {
    const MOST: usize = 20;
    let batch = async |tx: &Tx<'_>| {
        let products = sql::lock_products_without_terms(tx, None, sql::TERMS_BATCH).await?;
        Ok::<_, Failure<Never>>(products.into_iter().map(|(id, _)| id).collect::<Vec<_>>())
    };
    let mut products = db.transaction(batch).await?;
    fastrand::shuffle(&mut products);
    let mut terms = MadeTerms::default();
    for product in products.into_iter().take(MOST) {
        match make_terms_from(db, Some(product), 1).await {
            Ok(made) => terms.made += made,
            Err(Failure::Db(error)) if error.kind() == DbErrorKind::Bug => {
                let error = chain(&error);
                tracing::error!(product.id = %product, error, "{product} gets no search terms");
                terms.failed += 1;
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(terms)
}

async fn make_terms_from(
    db: &Db,
    from: Option<ProductId>,
    limit: i64,
) -> Result<usize, Failure<Never>> {
    db.transaction(async |tx| {
        let products = sql::lock_products_without_terms(tx, from, limit).await?;
        sql::update_terms(tx, &products).await?;
        Ok(products.len())
    })
    .await
}
