//! The products that fit search terms, the best first.

use super::common_searches::CommonSearches;
use super::listing::{Filter, Fit, ListPosition, Listed, SortKey};
use super::{SearchTerms, sql};
use crate::db::{Db, DbError};
use std::cmp::Reverse;

/// Up to `rows` products that match the search terms after a position, the best first.
///
/// To sort all matches of a common word would take as long as reading them. So those that fit equally well are read in the
/// order of their ids, the best first, until there are enough.
pub(super) async fn products(
    db: &Db,
    filter: &Filter,
    terms: &SearchTerms,
    after: Option<&ListPosition>,
    rows: i64,
) -> Result<Vec<Listed>, DbError> {
    if let Some(ListPosition { key: SortKey::Fit(fit), id, .. }) = after {
        let mut found = sql::matches(db, filter, terms, *fit, Some(*id), rows).await?;
        for worse in Fit::ALL.into_iter().filter(|worse| worse > fit) {
            add(db, filter, terms, worse, rows, &mut found).await?;
        }
        return Ok(found);
    }
    let common = db.attached::<CommonSearches>().filter(|_| filter.is_for_sale());
    let page = common_page(db, common, terms, rows).await?;
    let (mut newest, mut found) = if let Some(page) = page {
        page
    } else {
        let mut newest = sql::newest_matches(db, filter, terms, rows).await?;
        if missing(&newest, rows) > 0 {
            newest.sort_by_key(|listed| (fit(listed), Reverse(listed.product.id)));
            return Ok(newest);
        }
        if let Some(common) = common {
            common.add(&terms.found);
        }
        (newest, sql::matches(db, filter, terms, Fit::Name, None, rows).await?)
    };
    // The usual case of a common word: only products with that name can fit better.
    if newest.iter().all(|listed| fit(listed) == Some(Fit::Words)) {
        found.append(&mut newest);
    }
    for fit in [Fit::Words, Fit::Beginnings, Fit::Description] {
        add(db, filter, terms, fit, rows, &mut found).await?;
    }
    Ok(found)
}

/// The newest products that match, and those with that very name, if it is a common search and the newest fill the page.
async fn common_page(
    db: &Db,
    common: Option<&CommonSearches>,
    terms: &SearchTerms,
    rows: i64,
) -> Result<Option<(Vec<Listed>, Vec<Listed>)>, DbError> {
    let Some(common) = common.filter(|common| common.contains(&terms.found, rows)) else {
        return Ok(None);
    };
    let (newest, named) = sql::among_newest(db, terms, rows).await?;
    if missing(&newest, rows) > 0 {
        common.limit(&terms.found, rows);
        return Ok(None);
    }
    Ok(Some((newest, named)))
}

/// Adds the best products that fit so well, as far as rows are missing.
async fn add(
    db: &Db,
    filter: &Filter,
    terms: &SearchTerms,
    fit: Fit,
    rows: i64,
    found: &mut Vec<Listed>,
) -> Result<(), DbError> {
    let missing = missing(found, rows);
    if missing > 0 {
        found.append(&mut sql::matches(db, filter, terms, fit, None, missing).await?);
    }
    Ok(())
}

fn missing(found: &[Listed], rows: i64) -> i64 {
    rows.saturating_sub(i64::try_from(found.len()).unwrap_or(i64::MAX))
}

fn fit(listed: &Listed) -> Option<Fit> {
    if let SortKey::Fit(fit) = listed.key { Some(fit) } else { None }
}
