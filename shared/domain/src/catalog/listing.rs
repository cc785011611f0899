//! Filters, sort orders and cursors of product lists.

use super::Refusal;
use super::product::{Product, Status};
use crate::failure::Invalid;
use crate::id::{CategoryId, ProductId};
use crate::money::Currency;
use crate::page::BadPage;
use crate::text;
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

/// Search terms in the syntax of `websearch_to_tsquery`: `mug -blue "large cup"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SearchTerms(pub(super) String);

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = ProductSort)]
pub enum Sort {
    #[default]
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

/// The position of a product in a sorted list, as the cursor stores it. Ties are broken by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPosition {
    sort: Sort,
    #[serde(rename = "fit", default)]
    pub(super) match_kind: MatchKind,
    pub(super) key: SortKey,
    pub(super) id: ProductId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum SortKey {
    Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    Price(i64),
    Name(String),
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
    /// All active products: the list without any filter, as the public sees it.
    pub(super) fn for_sale() -> Self {
        Self { status: Some(Status::Active), ..Self::default() }
    }

    /// Whether a fuzzy search may follow if nothing matches exactly.
    pub(super) fn allows_fuzzy_match(&self) -> bool {
        self.terms.as_ref().is_some_and(SearchTerms::has_no_operators)
    }
}

impl SearchTerms {
    /// At most 200 characters on one line. Blank input means no search.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        if raw.trim().is_empty() {
            return Ok(None);
        }
        text::line("q", raw, 200).map(Self).map(Some)
    }

    /// Terms with operators are matched exactly only.
    fn has_no_operators(&self) -> bool {
        let is_operator = |term: &str| {
            term.starts_with('-') || term.contains('"') || term.eq_ignore_ascii_case("or")
        };
        !self.0.split_whitespace().any(is_operator)
    }
}

impl ListPosition {
    pub(super) fn of(product: &Product, sort: Sort, match_kind: MatchKind) -> Self {
        let key = match sort {
            Sort::Newest | Sort::Oldest => SortKey::Time(product.created_at),
            Sort::Cheapest | Sort::MostExpensive => SortKey::Price(product.price.money().minor),
            Sort::Name => SortKey::Name(product.name.0.clone()),
        };
        Self { sort, match_kind, key, id: product.id }
    }

    /// Refuses a position that cannot belong to this list: cursors are client input.
    pub(super) fn check(&self, filter: &Filter, sort: Sort) -> Result<(), BadPage> {
        let key_fits = match (&self.key, sort) {
            (SortKey::Time(_), Sort::Newest | Sort::Oldest)
            | (SortKey::Price(_), Sort::Cheapest | Sort::MostExpensive) => true,
            (SortKey::Name(name), Sort::Name) => !name.contains('\0'),
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

    const ALL: [Sort; 5] =
        [Sort::Newest, Sort::Oldest, Sort::Cheapest, Sort::MostExpensive, Sort::Name];

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
            (Sort::Newest, SortKey::Time(OffsetDateTime::UNIX_EPOCH)),
            (Sort::MostExpensive, SortKey::Price(1)),
            (Sort::Name, SortKey::Name("Mug".to_owned())),
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
        let (sort, match_kind, all) = (Sort::Name, MatchKind::Exact, Filter::default());
        let other_key = ListPosition { sort, match_kind, key: SortKey::Price(1), id };
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

    #[test]
    fn terms_with_operators_are_matched_exactly() {
        for (terms, expected) in [
            ("blue keybord", true),
            ("for-all", true),
            ("blue -mug", false),
            ("\"blue mug\"", false),
            ("mug OR plate", false),
        ] {
            let filter = Filter { terms: SearchTerms::parse(terms).unwrap(), ..Filter::default() };
            assert_eq!(filter.allows_fuzzy_match(), expected, "{terms}");
        }
        assert!(!Filter::default().allows_fuzzy_match());
    }

    #[test]
    fn blank_terms_mean_no_search() {
        assert_eq!(SearchTerms::parse("  "), Ok(None));
        assert!(SearchTerms::parse("a\0").is_err());
        assert_eq!(SearchTerms::parse(" mug ").unwrap(), Some(SearchTerms("mug".to_owned())));
    }
}
