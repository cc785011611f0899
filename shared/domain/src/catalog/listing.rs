//! Filters, sort orders and cursors of product lists.

use super::product::{Product, Status};
use super::{Refusal, SearchTerms};
use crate::id::{CategoryId, ProductId};
use crate::money::{Currency, Money};
use crate::page::BadPage;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

/// Who reads the catalog.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Anonymous visitors and customers: active products only.
    Public,
    Staff,
}

/// Conditions that must all hold for a product. The default matches every product.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub terms: Option<SearchTerms>,
    /// Includes products of subcategories.
    pub category: Option<CategoryId>,
    pub status: Option<Status>,
    /// In minor units, inclusive, like `max_price`.
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub currency: Option<Currency>,
    /// Whether at least one piece is available.
    pub in_stock: Option<bool>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductSort)]
pub enum Sort {
    #[serde(rename = "-created_at")]
    Newest,
    #[serde(rename = "created_at")]
    Oldest,
    #[serde(rename = "price")]
    Cheapest,
    #[serde(rename = "-price")]
    MostExpensive,
    #[serde(rename = "name")]
    Name,
}

/// How the products of a list match the search terms. Without terms it is `Exact`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum MatchKind {
    #[default]
    Exact,
    /// Similar by trigrams, to tolerate misspelled terms.
    #[serde(rename = "near")]
    Fuzzy,
}

/// How well a product fits the search terms, the best first. Products that fit equally are sorted by id, the newest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fit {
    /// The name is what was searched, whatever its case.
    Name,
    /// All words stand in the name or SKU as they were written.
    Words,
    /// All words stand in the name or SKU, whatever their accents; the last one may only begin so.
    Beginnings,
    /// Some words stand in the description.
    Description,
}

/// The position of a product in a sorted list, as the cursor stores it. Ties are broken by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    /// None if the best match is first.
    sort: Option<Sort>,
    #[serde(rename = "fit", default)]
    pub(super) match_kind: MatchKind,
    pub(super) key: SortKey,
    pub(super) id: ProductId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SortKey {
    Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    /// Prices are sorted within their currencies, and those by their codes.
    Price(Money),
    /// The key of the name: `text::sort_key`. Cursors of the release before hold the name itself, as `name`.
    #[serde(rename = "sort_name")]
    Name(String),
    Fit(Fit),
}

/// A product, and what it is sorted by in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) product: Product,
    pub(super) key: SortKey,
}

impl Viewer {
    pub(super) fn can_see(self, product: &Product) -> bool {
        self == Self::Staff || product.status == Status::Active
    }

    /// Limits the filter to what this viewer may see. The public may not filter by status.
    pub(super) fn restrict(self, filter: &Filter) -> Result<Filter, Refusal> {
        match (self, filter.status) {
            (Self::Staff, _) => Ok(filter.clone()),
            (Self::Public, None) => Ok(Filter { status: Some(Status::Active), ..filter.clone() }),
            (Self::Public, Some(_)) => Err(Refusal::StatusIsForStaff),
        }
    }
}

impl Filter {
    /// Whether all active products pass that match the search terms.
    pub(super) fn is_for_sale(&self) -> bool {
        let Self { terms: _, category, status, min_price, max_price, currency, in_stock } = self;
        *status == Some(Status::Active)
            && (category, min_price, max_price) == (&None, &None, &None)
            && (currency, in_stock) == (&None, &None)
    }

    /// Whether a fuzzy search may follow if nothing matches exactly.
    pub(super) fn allows_fuzzy_match(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| terms.plain.is_some())
    }
}

impl Fit {
    pub(super) const ALL: [Self; 4] =
        [Self::Name, Self::Words, Self::Beginnings, Self::Description];

    /// As the statements number them.
    pub(super) fn from_number(number: i32) -> Option<Self> {
        usize::try_from(number).ok().and_then(|number| Self::ALL.get(number)).copied()
    }
}

impl ListPosition {
    /// `sort` is None if the best match is first.
    pub(super) fn of(listed: &Listed, sort: Option<Sort>, match_kind: MatchKind) -> Self {
        Self { sort, match_kind, key: listed.key.clone(), id: listed.product.id }
    }

    /// Refuses a position that cannot belong to this list: cursors are client input.
    pub(super) fn check(&self, filter: &Filter, sort: Option<Sort>) -> Result<(), BadPage> {
        let key_fits = match (&self.key, sort, self.match_kind) {
            (SortKey::Fit(_), None, MatchKind::Exact)
            | (SortKey::Time(_), None, MatchKind::Fuzzy)
            | (SortKey::Time(_), Some(Sort::Newest | Sort::Oldest), _)
            | (SortKey::Price(_), Some(Sort::Cheapest | Sort::MostExpensive), _) => true,
            (SortKey::Name(name), Some(Sort::Name), _) => !name.contains('\0'),
            _ => false,
        };
        let fits = key_fits
            && self.sort == sort
            && (self.match_kind == MatchKind::Exact || filter.allows_fuzzy_match());
        if fits { Ok(()) } else { Err(BadPage::Cursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CENT: Money = Money { minor: 1, currency: Currency::EUR };
    const ALL: [Option<Sort>; 6] = [
        None,
        Some(Sort::Newest),
        Some(Sort::Oldest),
        Some(Sort::Cheapest),
        Some(Sort::MostExpensive),
        Some(Sort::Name),
    ];

    #[test]
    fn the_public_sees_what_is_active_and_may_not_ask_for_more() {
        let seen = Viewer::Public.restrict(&Filter::default()).unwrap();
        assert_eq!(seen.status, Some(Status::Active));

        let drafts = Filter { status: Some(Status::Draft), ..Filter::default() };
        assert_eq!(Viewer::Public.restrict(&drafts), Err(Refusal::StatusIsForStaff));
        assert_eq!(Viewer::Staff.restrict(&drafts), Ok(drafts));
    }

    #[test]
    fn a_position_fits_its_own_order_only() {
        let keys = [
            (None, SortKey::Fit(Fit::Words)),
            (Some(Sort::Newest), SortKey::Time(OffsetDateTime::UNIX_EPOCH)),
            (Some(Sort::MostExpensive), SortKey::Price(CENT)),
            (Some(Sort::Name), SortKey::Name("Mug".to_owned())),
        ];
        for (own, key) in keys {
            let position = ListPosition {
                sort: own,
                match_kind: MatchKind::Exact,
                key,
                id: ProductId::generate(),
            };
            for sort in ALL {
                assert_eq!(
                    position.check(&Filter::default(), sort).is_ok(),
                    sort == own,
                    "{own:?} {sort:?}"
                );
            }
        }
    }

    #[test]
    fn a_forged_position_is_found_out() {
        let id = ProductId::generate();
        let (sort, match_kind, all) = (Some(Sort::Name), MatchKind::Exact, Filter::default());
        let other_key = ListPosition { sort, match_kind, key: SortKey::Price(CENT), id };
        let nul = ListPosition { sort, match_kind, key: SortKey::Name("a\0".to_owned()), id };
        let fuzzy_without_terms = ListPosition {
            sort,
            match_kind: MatchKind::Fuzzy,
            key: SortKey::Name("a".to_owned()),
            id,
        };
        for forged in [other_key, nul, fuzzy_without_terms] {
            assert_eq!(forged.check(&all, sort), Err(BadPage::Cursor), "{forged:?}");
        }
    }
}
