//! Products and how they change.

use super::attribute::{Description, InitialStock, Price, ProductName, Sku, Weight};
use super::metadata::{Metadata, MetadataChange};
use super::{Change, Refusal};
use crate::id::{CategoryId, ProductId};
use crate::money::{Currency, Money};
use crate::tax_category::TaxCategory;
use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use utoipa::ToSchema;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Product {
    pub id: ProductId,
    pub sku: Sku,
    pub name: ProductName,
    pub description: Description,
    pub price: Price,
    pub category: Option<CategoryId>,
    pub metadata: Metadata,
    pub tax_category: TaxCategory,
    /// `None` if it is not known.
    pub weight: Option<Weight>,
    pub requires_shipping: bool,
    pub status: Status,
    pub stock: Stock,
    /// Incremented by each change except of the stock.
    pub version: i64,
    pub created_at: OffsetDateTime,
    pub updated_at: OffsetDateTime,
}

/// Quantity on hand, and how much of it is reserved for orders.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stock {
    pub on_hand: i32,
    pub reserved: i32,
}

/// Customers see active products only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductStatus)]
pub enum Status {
    Draft,
    Active,
    Archived,
}

/// The statuses that staff set directly. Archiving is a separate request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProductStage)]
pub enum Stage {
    Draft,
    #[default]
    Active,
}

/// A product to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewProduct {
    pub sku: Sku,
    pub name: ProductName,
    pub description: Description,
    pub price: Price,
    pub stock: InitialStock,
    pub category: Option<CategoryId>,
    pub metadata: Metadata,
    pub tax_category: TaxCategory,
    pub weight: Option<Weight>,
    pub requires_shipping: bool,
    pub stage: Stage,
}

/// The changes of one update. The default changes nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ProductChange {
    pub sku: Option<Sku>,
    pub name: Option<ProductName>,
    pub description: Option<Description>,
    pub price_minor: Option<i64>,
    /// Must equal the current one: the currency of a product is fixed.
    pub currency: Option<Currency>,
    pub category: Change<CategoryId>,
    pub metadata: Change<MetadataChange>,
    pub tax_category: Option<TaxCategory>,
    pub weight: Change<Weight>,
    pub requires_shipping: Option<bool>,
    pub stage: Option<Stage>,
}

impl Product {
    /// The product after `change`. The database sets the version and the timestamps.
    pub(super) fn changed(&self, change: &ProductChange) -> Result<Self, Refusal> {
        if self.status == Status::Archived {
            return Err(Refusal::ProductArchived);
        }
        let Money { minor, currency } = self.price.money();
        if change.currency.is_some_and(|wanted| wanted != currency) {
            return Err(Refusal::CurrencyFixed { currency });
        }
        let ProductChange { sku, name, description, tax_category, .. } = change.clone();
        let new_price = change.price_minor.filter(|wanted| *wanted != minor);
        let new_price = new_price.map(|minor| Price::new(Money { minor, currency })).transpose()?;
        Ok(Self {
            sku: sku.unwrap_or_else(|| self.sku.clone()),
            name: name.unwrap_or_else(|| self.name.clone()),
            description: description.unwrap_or_else(|| self.description.clone()),
            price: new_price.unwrap_or(self.price),
            category: change.category.apply_to(self.category),
            metadata: match &change.metadata {
                Change::Keep => self.metadata.clone(),
                Change::Clear => Metadata::default(),
                Change::Set(change) => self.metadata.merge(change)?,
            },
            tax_category: tax_category.unwrap_or_else(|| self.tax_category.clone()),
            weight: change.weight.apply_to(self.weight),
            requires_shipping: change.requires_shipping.unwrap_or(self.requires_shipping),
            status: change.stage.map_or(self.status, Status::from),
            ..*self
        })
    }
}

impl Stock {
    /// On hand, but not reserved.
    pub fn available(self) -> i32 {
        self.on_hand.saturating_sub(self.reserved)
    }
}

impl From<Stage> for Status {
    fn from(stage: Stage) -> Self {
        match stage {
            Stage::Draft => Self::Draft,
            Stage::Active => Self::Active,
        }
    }
}

impl Status {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Active => "active",
            Self::Archived => "archived",
        }
    }

    pub(super) fn from_name(name: &str) -> Option<Self> {
        [Self::Draft, Self::Active, Self::Archived].into_iter().find(|status| status.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn mug() -> Product {
        Product {
            id: ProductId::generate(),
            sku: Sku::parse("mug").unwrap(),
            name: ProductName::parse("Mug").unwrap(),
            description: Description::parse("").unwrap(),
            price: Price::new(Money { minor: 1250, currency: Currency::EUR }).unwrap(),
            category: Some(CategoryId::generate()),
            metadata: Metadata::new(BTreeMap::from([("a".to_owned(), "1".to_owned())])).unwrap(),
            tax_category: TaxCategory::default(),
            weight: Some(Weight::new(350).unwrap()),
            requires_shipping: true,
            status: Status::Active,
            stock: Stock { on_hand: 10, reserved: 3 },
            version: 1,
            created_at: OffsetDateTime::UNIX_EPOCH,
            updated_at: OffsetDateTime::UNIX_EPOCH,
        }
    }

    #[test]
    fn an_empty_change_changes_nothing() {
        let mug = mug();
        assert_eq!(mug.changed(&ProductChange::default()), Ok(mug));
    }

    #[test]
    fn only_what_is_named_changes() {
        let mug = mug();
        let change = ProductChange {
            price_minor: Some(990),
            currency: Some(Currency::EUR),
            category: Change::Clear,
            stage: Some(Stage::Draft),
            ..ProductChange::default()
        };

        let changed = mug.changed(&change).unwrap();

        assert_eq!(changed.price.money().minor, 990);
        assert_eq!((changed.category, changed.status), (None, Status::Draft));
        assert_eq!((changed.sku, changed.stock), (mug.sku, mug.stock));
    }

    #[test]
    fn the_currency_stays() {
        let yen = Currency::from_code("JPY");
        let change = ProductChange { currency: yen, ..ProductChange::default() };
        let refused = Err(Refusal::CurrencyFixed { currency: Currency::EUR });
        assert_eq!(mug().changed(&change), refused);
    }

    #[test]
    fn a_price_is_checked_when_it_changes() {
        let change = ProductChange { price_minor: Some(-1), ..ProductChange::default() };
        assert!(matches!(mug().changed(&change), Err(Refusal::Invalid(_))));
    }

    #[test]
    fn a_price_that_could_not_be_written_any_more_stays_until_it_changes() {
        for (minor, code, better) in [(1999, "KWD", Some(1990)), (1000, "BGN", None)] {
            let price = Money { minor, currency: Currency::from_code(code).unwrap() };
            let old = Product { price: Price::from_stored(price), ..mug() };
            let changed = |price_minor| {
                let name = Some(ProductName::parse("Cup").unwrap());
                old.changed(&ProductChange { name, price_minor, ..ProductChange::default() })
            };
            let minor_after = |wanted| changed(wanted).map(|cup| cup.price.money().minor);

            assert_eq!((minor_after(None), minor_after(Some(minor))), (Ok(minor), Ok(minor)));
            assert!(matches!(changed(Some(minor - 1)), Err(Refusal::Invalid(_))), "{price}");
            assert!(better.is_none_or(|better| minor_after(Some(better)) == Ok(better)));
        }
    }

    #[test]
    fn an_archived_product_stays_as_it_is() {
        let gone = Product { status: Status::Archived, ..mug() };
        assert_eq!(gone.changed(&ProductChange::default()), Err(Refusal::ProductArchived));
    }

    #[test]
    fn what_is_promised_is_not_available() {
        assert_eq!(mug().stock.available(), 7);
    }
}
