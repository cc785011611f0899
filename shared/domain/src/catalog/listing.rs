//! Which products a list shows, in which order, and where its pages end.

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

/// For whom the catalog is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Viewer {
    /// Strangers and customers: active products only.
    Public,
    Staff,
}

/// What the products of a list have in common. The default asks for nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    pub words: Option<Words>,
    /// Products of the categories below count too.
    pub category: Option<CategoryId>,
    pub status: Option<Status>,
    pub min_price: Option<i64>,
    pub max_price: Option<i64>,
    pub currency: Option<Currency>,
    pub in_stock: Option<bool>,
}

/// What a person types to find something, as web search engines read it: `mug -blue "large cup"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Words(pub(super) String);

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
    Dearest,
    #[serde(rename = "name")]
    Name,
}

/// How well the products of a list fit the words that were looked for. Without words, all fit.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Fit {
    #[default]
    Exact,
    /// But for a slip of the pen.
    Near,
}

/// The place of a product in a sorted list. Ties are broken by id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    sort: Sort,
    #[serde(default)]
    pub(super) fit: Fit,
    pub(super) key: Key,
    pub(super) id: ProductId,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Key {
    Time(#[serde(with = "time::serde::rfc3339")] OffsetDateTime),
    Price(i64),
    Name(String),
}

impl Viewer {
    pub(super) fn sees(self, product: &Product) -> bool {
        self == Self::Staff || product.status == Status::Active
    }

    /// The filter as far as this viewer may use it.
    pub(super) fn narrow(self, filter: &Filter) -> Result<Filter, Refusal> {
        match (self, filter.status) {
            (Self::Staff, _) => Ok(filter.clone()),
            (Self::Public, None) => Ok(Filter { status: Some(Status::Active), ..filter.clone() }),
            (Self::Public, Some(_)) => Err(Refusal::StatusIsForStaff),
        }
    }
}

impl Filter {
    /// What people leaf through who look for nothing in particular.
    pub(super) fn for_sale() -> Self {
        Self { status: Some(Status::Active), ..Self::default() }
    }

    /// Whether words that are nearly right may find something.
    pub(super) fn may_be_near(&self) -> bool {
        self.words.as_ref().is_some_and(Words::are_plain)
    }
}

impl Words {
    /// Nothing but space is no wish.
    pub fn parse(raw: &str) -> Result<Option<Self>, Invalid> {
        if raw.trim().is_empty() {
            return Ok(None);
        }
        text::line("q", raw, 200).map(Self).map(Some)
    }

    /// Who writes operators means every letter.
    fn are_plain(&self) -> bool {
        let is_operator = |word: &str| {
            word.starts_with('-') || word.contains('"') || word.eq_ignore_ascii_case("or")
        };
        !self.0.split_whitespace().any(is_operator)
    }
}

impl Place {
    pub(super) fn of(product: &Product, sort: Sort, fit: Fit) -> Self {
        let key = match sort {
            Sort::Newest | Sort::Oldest => Key::Time(product.created_at),
            Sort::Cheapest | Sort::Dearest => Key::Price(product.price.money().minor),
            Sort::Name => Key::Name(product.name.0.clone()),
        };
        Self { sort, fit, key, id: product.id }
    }

    /// Whether this can be the end of a page of this list. Cursors come from outside.
    pub(super) fn check(&self, filter: &Filter, sort: Sort) -> Result<(), BadPage> {
        let key_fits = match (&self.key, sort) {
            (Key::Time(_), Sort::Newest | Sort::Oldest)
            | (Key::Price(_), Sort::Cheapest | Sort::Dearest) => true,
            (Key::Name(name), Sort::Name) => !name.contains('\0'),
            _ => false,
        };
        let fits =
            key_fits && self.sort == sort && (self.fit == Fit::Exact || filter.may_be_near());
        if fits { Ok(()) } else { Err(BadPage::Cursor) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Sort; 5] = [Sort::Newest, Sort::Oldest, Sort::Cheapest, Sort::Dearest, Sort::Name];

    #[test]
    fn the_public_sees_what_is_active_and_may_not_ask_for_more() {
        let seen = Viewer::Public.narrow(&Filter::default()).unwrap();
        assert_eq!(seen.status, Some(Status::Active));

        let drafts = Filter { status: Some(Status::Draft), ..Filter::default() };
        assert_eq!(Viewer::Public.narrow(&drafts), Err(Refusal::StatusIsForStaff));
        assert_eq!(Viewer::Staff.narrow(&drafts), Ok(drafts));
    }

    #[test]
    fn a_place_fits_its_own_order_only() {
        let keys = [
            (Sort::Newest, Key::Time(OffsetDateTime::UNIX_EPOCH)),
            (Sort::Dearest, Key::Price(1)),
            (Sort::Name, Key::Name("Mug".to_owned())),
        ];
        for (own, key) in keys {
            let place = Place { sort: own, fit: Fit::Exact, key, id: ProductId::generate() };
            for sort in ALL {
                assert_eq!(
                    place.check(&Filter::default(), sort).is_ok(),
                    sort == own,
                    "{own:?} {sort:?}"
                );
            }
        }
    }

    #[test]
    fn a_forged_place_is_found_out() {
        let id = ProductId::generate();
        let (sort, fit, all) = (Sort::Name, Fit::Exact, Filter::default());
        let other_key = Place { sort, fit, key: Key::Price(1), id };
        let nul = Place { sort, fit, key: Key::Name("a\0".to_owned()), id };
        let near_nothing = Place { sort, fit: Fit::Near, key: Key::Name("a".to_owned()), id };
        for forged in [other_key, nul, near_nothing] {
            assert_eq!(forged.check(&all, sort), Err(BadPage::Cursor), "{forged:?}");
        }
    }

    #[test]
    fn words_with_operators_mean_every_letter() {
        for (words, expected) in [
            ("blue keybord", true),
            ("for-all", true),
            ("blue -mug", false),
            ("\"blue mug\"", false),
            ("mug OR plate", false),
        ] {
            let filter = Filter { words: Words::parse(words).unwrap(), ..Filter::default() };
            assert_eq!(filter.may_be_near(), expected, "{words}");
        }
        assert!(!Filter::default().may_be_near());
    }

    #[test]
    fn blank_words_ask_for_nothing() {
        assert_eq!(Words::parse("  "), Ok(None));
        assert!(Words::parse("a\0").is_err());
        assert_eq!(Words::parse(" mug ").unwrap(), Some(Words("mug".to_owned())));
    }
}
