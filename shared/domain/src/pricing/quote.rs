//! What somebody wishes to buy, priced as the products are now. Pure.

use super::basket::{Basket, Line, Wish};
use super::bill::{Bill, BilledLine};
use super::price::bill;
use super::problem::{Problem, Severity};
use super::rules::Rules;
use crate::id::{CategoryId, ProductId};
use crate::money::{Money, MoneyError};
use std::collections::BTreeMap;

/// A product as it is now, for sale or archived. One that is not published yet is none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    pub product: ProductId,
    pub sku: String,
    pub name: String,
    pub price: Money,
    /// Pieces that are not reserved.
    pub available: i32,
    pub is_for_sale: bool,
    pub tax_category: String,
    pub category: Option<CategoryId>,
    pub weight_grams: Option<i32>,
    pub requires_shipping: bool,
}

/// Pieces of a product that somebody wishes to have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wanted {
    pub product: ProductId,
    pub quantity: i32,
    /// What a piece cost when they were last told, in minor units.
    pub shown_minor: Option<i64>,
}

/// A wish with its prices and with all that is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quote {
    /// By ascending product id, as they were wished for.
    pub lines: Vec<QuotedLine>,
    /// Of the products that are for sale. None if none of the products is known: then there is no currency.
    pub bill: Option<Bill>,
    /// Errors, then warnings, then what is worth knowing. Places in lists are those of `lines`.
    pub problems: Vec<Problem>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QuotedLine {
    pub product: ProductId,
    pub quantity: i32,
    /// SKU and name; none of a product that is not known.
    pub label: Option<(String, String)>,
    /// None if the product is not for sale.
    pub billed: Option<BilledLine>,
}

/// Prices what is wanted: each product once, by ascending id. Errs if the products have several currencies.
pub fn quote(
    wanted: &[Wanted],
    offers: &[Offer],
    rules: &Rules,
    wish: &Wish,
) -> Result<Quote, MoneyError> {
    let known: BTreeMap<_, _> = offers.iter().map(|offer| (offer.product, offer)).collect();
    let (mut lines, mut problems) = (Vec::new(), Vec::new());
    let (mut currency, mut billable, mut places) = (None, Vec::new(), Vec::new());
    if wanted.is_empty() {
        problems.push(Problem::Empty);
    }
    for (place, Wanted { product, quantity, shown_minor }) in wanted.iter().enumerate() {
        let offer = known.get(product);
        let label = offer.map(|offer| (offer.sku.clone(), offer.name.clone()));
        lines.push(QuotedLine { product: *product, quantity: *quantity, label, billed: None });
        if let Some(offer) = offer
            && *currency.get_or_insert(offer.price.currency) != offer.price.currency
        {
            return Err(MoneyError::MixedCurrencies);
        }
        let Some(offer) = offer.filter(|offer| offer.is_for_sale) else {
            problems.push(Problem::NotForSale { line: place, product: *product });
            continue;
        };
        problems.extend(offer.changes(place, *quantity, *shown_minor));
        billable.push(offer.line(*quantity));
        places.push(place);
    }
    let mut bill = match currency {
        Some(currency) => Some(bill(&Basket::new(currency, billable)?, rules, wish)),
        None => None,
    };
    if let Some(bill) = &mut bill {
        // Whether there is anything to buy is said above.
        let found = std::mem::take(&mut bill.problems).into_iter();
        let found = found.filter(|problem| *problem != Problem::Empty);
        problems.extend(found.map(|problem| problem.moved_to(&places)));
        for (place, billed) in places.iter().zip(&bill.lines) {
            lines[*place].billed = Some(billed.clone());
        }
    }
    problems.sort_by_key(Problem::severity);
    Ok(Quote { lines, bill, problems })
}

impl Offer {
    fn line(&self, quantity: i32) -> Line {
        Line {
            product: self.product,
            quantity,
            unit_minor: self.price.minor,
            tax_category: self.tax_category.clone(),
            categories: self.category.into_iter().collect(),
            weight_grams: self.weight_grams,
            requires_shipping: self.requires_shipping,
        }
    }

    /// What has become of the product since the buyer was told of it.
    fn changes(&self, line: usize, requested: i32, shown: Option<i64>) -> Vec<Problem> {
        let Self { product, available, price, .. } = *self;
        let short = (available < requested).then_some(Problem::OutOfStock {
            line,
            product,
            requested,
            available: available.max(0),
        });
        let shown = shown.filter(|shown| *shown != price.minor);
        let changed = shown.map(|minor| {
            let from = Money { minor, ..price };
            Problem::PriceChanged { line, product, from, to: price }
        });
        short.into_iter().chain(changed).collect()
    }
}

impl Quote {
    /// Adds what else is wrong with the wish.
    #[must_use]
    pub fn with(mut self, problems: impl IntoIterator<Item = Problem>) -> Self {
        for problem in problems {
            if !self.problems.contains(&problem) {
                self.problems.push(problem);
            }
        }
        self.problems.sort_by_key(Problem::severity);
        self
    }

    /// Whether an order may be made of it.
    pub fn is_ready(&self) -> bool {
        self.problems.iter().all(|problem| problem.severity() != Severity::Error)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    fn offer(minor: i64, available: i32) -> Offer {
        Offer {
            product: ProductId::generate(),
            sku: "MUG".to_owned(),
            name: "Mug".to_owned(),
            price: Money { minor, currency: Currency::EUR },
            available,
            is_for_sale: true,
            tax_category: "standard".to_owned(),
            category: None,
            weight_grams: None,
            requires_shipping: true,
        }
    }

    fn wanted(offer: &Offer, quantity: i32) -> Wanted {
        Wanted { product: offer.product, quantity, shown_minor: Some(offer.price.minor) }
    }

    fn priced(wanted: &[Wanted], offers: &[Offer]) -> Quote {
        quote(wanted, offers, &Rules::default(), &Wish::default()).unwrap()
    }

    #[test]
    fn what_is_for_sale_is_priced_and_the_rest_is_told() {
        let (mug, cup) = (offer(1250, 2), Offer { is_for_sale: false, ..offer(500, 9) });
        let unknown = offer(1, 1);
        let wishes = [wanted(&mug, 3), wanted(&cup, 1), wanted(&unknown, 1)];

        let quote = priced(&wishes, &[mug.clone(), cup.clone()]);

        assert_eq!(quote.bill.as_ref().unwrap().total.minor, 3750);
        let priced: Vec<_> = quote.lines.iter().map(|line| line.billed.is_some()).collect();
        assert_eq!(priced, [true, false, false]);
        assert_eq!(quote.lines[2].label, None);
        assert_eq!(
            quote.problems,
            [
                Problem::OutOfStock { line: 0, product: mug.product, requested: 3, available: 2 },
                Problem::NotForSale { line: 1, product: cup.product },
                Problem::NotForSale { line: 2, product: unknown.product },
            ]
        );
        assert!(!quote.is_ready());
    }

    #[test]
    fn a_price_that_has_changed_is_told_and_is_no_error() {
        let mug = offer(1250, 9);
        let before = Wanted { shown_minor: Some(1200), ..wanted(&mug, 1) };

        let quote = priced(&[before], std::slice::from_ref(&mug));

        let from = Money { minor: 1200, ..mug.price };
        let product = mug.product;
        let changed = Problem::PriceChanged { line: 0, product, from, to: mug.price };
        assert_eq!(quote.problems, [changed]);
        assert!(quote.is_ready());
    }

    #[test]
    fn a_place_is_that_of_the_line_as_it_was_wished_for() {
        let (gone, odd) = (offer(1, 1), Offer { sku: "ODD".to_owned(), ..offer(1255, 9) });
        let dinar = Currency::from_code("KWD").unwrap();
        let odd = Offer { price: Money { minor: 1255, currency: dinar }, ..odd };

        let quote = priced(&[wanted(&gone, 1), wanted(&odd, 1)], &[odd]);

        let pointers: Vec<_> = quote.problems.iter().map(Problem::pointer).collect();
        assert!(pointers.contains(&"/lines/1".to_owned()), "{pointers:?}");
    }

    #[test]
    fn nothing_has_no_price_and_two_currencies_have_no_sum() {
        let quote = priced(&[], &[]);
        assert_eq!((quote.bill, quote.problems), (None, vec![Problem::Empty]));

        let (mug, cup) = (offer(1250, 2), offer(500, 9));
        let dollars = Money { minor: 500, currency: Currency::from_code("USD").unwrap() };
        let cup = Offer { price: dollars, ..cup };
        let wishes = [wanted(&mug, 1), wanted(&cup, 1)];
        let mixed = super::quote(&wishes, &[mug, cup], &Rules::default(), &Wish::default());
        assert_eq!(mixed, Err(MoneyError::MixedCurrencies));
    }
}
