//! What keeps a bill from becoming an order, or what its reader should know. Pure.

use crate::id::ProductId;
use crate::money::Money;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

/// How much a problem matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ProblemSeverity)]
pub enum Severity {
    /// No order can be made of it.
    Error,
    /// Something that was asked for has no effect.
    Warning,
    Info,
}

/// Found while pricing. Places in lists are those of the bill's lines, and of the codes as they were given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// There are no lines.
    Empty,
    /// The product is archived, not published yet, or unknown.
    NotForSale {
        line: usize,
        product: ProductId,
    },
    /// There are fewer pieces than requested.
    OutOfStock {
        line: usize,
        product: ProductId,
        requested: i32,
        available: i32,
    },
    /// The price is no multiple of the currency's step, or nothing can be charged in the currency any more.
    AmountNotPayable {
        line: usize,
    },
    /// Tax or shipping depends on the destination, and it is unknown or only a guess.
    AddressRequired,
    /// This part of the destination is missing, such as `line1`.
    AddressIncomplete {
        part: &'static str,
    },
    /// Addresses of the country have a region, or its rates or zones differ by region.
    RegionRequired,
    /// Something must be shipped, and no method goes there.
    NoShippingThere,
    /// Something must be shipped, and no method is chosen.
    ShippingRequired,
    /// The chosen method is not among the options.
    ShippingOptionGone,
    /// A guest has named no address.
    EmailRequired,
    /// Nothing is to pay, and nobody has proven the buyer's address.
    EmailUnproven,
    TotalTooSmall {
        least: Money,
    },
    TotalTooLarge {
        most: Money,
    },
    /// Unknown, inactive, not begun, in another currency, or for none of these products.
    CodeNotValid {
        code: usize,
    },
    CodeEnded {
        code: usize,
    },
    CodeMinimum {
        code: usize,
        minimum: Money,
    },
    /// By everybody, or by this buyer as often as they may.
    CodeUsedUp {
        code: usize,
    },
    /// Other discounts, or none, make the better total.
    CodeNotCombinable {
        code: usize,
    },
    /// A piece costs something else than when the buyer was last told.
    PriceChanged {
        line: usize,
        product: ProductId,
        from: Money,
        to: Money,
    },
    /// The buyer pays no tax there.
    TaxExempt,
    /// The account had put these into another checkout before.
    LinesAdded {
        products: Vec<ProductId>,
    },
    /// These were in another checkout of the account, and fit into this one no more.
    LinesLeftOut {
        products: Vec<ProductId>,
    },
}

impl Problem {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotForSale { .. } => "not_for_sale",
            Self::OutOfStock { .. } => "out_of_stock",
            Self::AmountNotPayable { .. } => "amount_not_payable",
            Self::AddressRequired => "address_required",
            Self::AddressIncomplete { .. } => "address_incomplete",
            Self::RegionRequired => "region_required",
            Self::NoShippingThere => "no_shipping_there",
            Self::ShippingRequired => "shipping_required",
            Self::ShippingOptionGone => "shipping_option_gone",
            Self::EmailRequired => "email_required",
            Self::EmailUnproven => "email_unproven",
            Self::TotalTooSmall { .. } => "total_too_small",
            Self::TotalTooLarge { .. } => "total_too_large",
            Self::CodeNotValid { .. } => "code_not_valid",
            Self::CodeEnded { .. } => "code_ended",
            Self::CodeMinimum { .. } => "code_minimum",
            Self::CodeUsedUp { .. } => "code_used_up",
            Self::CodeNotCombinable { .. } => "code_not_combinable",
            Self::PriceChanged { .. } => "price_changed",
            Self::TaxExempt => "tax_exempt",
            Self::LinesAdded { .. } => "lines_added",
            Self::LinesLeftOut { .. } => "lines_left_out",
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            Self::CodeNotValid { .. }
            | Self::CodeEnded { .. }
            | Self::CodeMinimum { .. }
            | Self::CodeUsedUp { .. }
            | Self::CodeNotCombinable { .. } => Severity::Warning,
            Self::PriceChanged { .. }
            | Self::TaxExempt
            | Self::LinesAdded { .. }
            | Self::LinesLeftOut { .. } => Severity::Info,
            _ => Severity::Error,
        }
    }

    /// A JSON pointer into the checkout, such as `/lines/0`; empty for the whole.
    pub fn pointer(&self) -> String {
        match self {
            Self::Empty | Self::LinesAdded { .. } | Self::LinesLeftOut { .. } => {
                "/lines".to_owned()
            }
            Self::AmountNotPayable { line }
            | Self::NotForSale { line, .. }
            | Self::OutOfStock { line, .. }
            | Self::PriceChanged { line, .. } => format!("/lines/{line}"),
            Self::AddressIncomplete { part } => format!("/destination/{part}"),
            Self::EmailRequired | Self::EmailUnproven => "/email".to_owned(),
            Self::AddressRequired | Self::NoShippingThere => "/destination".to_owned(),
            Self::RegionRequired => "/destination/region".to_owned(),
            Self::ShippingRequired | Self::ShippingOptionGone => "/shipping_method".to_owned(),
            Self::TotalTooSmall { .. } | Self::TotalTooLarge { .. } => "/total".to_owned(),
            Self::CodeNotValid { code }
            | Self::CodeEnded { code }
            | Self::CodeMinimum { code, .. }
            | Self::CodeUsedUp { code }
            | Self::CodeNotCombinable { code } => format!("/discount_codes/{code}"),
            Self::TaxExempt => "/taxes".to_owned(),
        }
    }

    /// A sentence for people.
    pub fn detail(&self) -> String {
        match self {
            Self::Empty => "there is nothing to buy".to_owned(),
            Self::NotForSale { .. } => "this product is not for sale".to_owned(),
            Self::OutOfStock { available, .. } => format!("only {available} in stock"),
            Self::AmountNotPayable { .. } => "nothing can be charged at this price".to_owned(),
            Self::AddressRequired => "tax and shipping depend on the destination".to_owned(),
            Self::AddressIncomplete { part } => format!("the address needs a {part}"),
            Self::RegionRequired => "the address needs a region".to_owned(),
            Self::NoShippingThere => "nothing is shipped to this destination".to_owned(),
            Self::ShippingRequired => "choose one of the shipping options".to_owned(),
            Self::ShippingOptionGone => "this shipping method is not offered here".to_owned(),
            Self::EmailRequired => "an order needs an email address".to_owned(),
            Self::EmailUnproven => "verify your email address first: nothing is to pay".to_owned(),
            Self::TotalTooSmall { least } => format!("the least that can be charged is {least}"),
            Self::TotalTooLarge { most } => format!("the most that can be charged is {most}"),
            Self::CodeNotValid { .. } => "this code is not valid".to_owned(),
            Self::CodeEnded { .. } => "this code is no longer valid".to_owned(),
            Self::CodeMinimum { minimum, .. } => format!("this code needs goods for {minimum}"),
            Self::CodeUsedUp { .. } => "this code has been used as often as it can be".to_owned(),
            Self::CodeNotCombinable { .. } => {
                "this code is not applied: without it, the total is the better one".to_owned()
            }
            Self::PriceChanged { from, to, .. } => format!("the price was {from}, and is {to}"),
            Self::TaxExempt => "no tax, because the buyer is exempt there".to_owned(),
            Self::LinesAdded { .. } => "your account had these in its checkout before".to_owned(),
            Self::LinesLeftOut { .. } => "these do not fit into this checkout".to_owned(),
        }
    }

    /// What a program needs to react, by member name.
    pub fn members(&self) -> Vec<(&'static str, Value)> {
        match self {
            Self::NotForSale { product, .. } => vec![("product", json!(product))],
            Self::OutOfStock { product, requested, available, .. } => vec![
                ("product", json!(product)),
                ("requested", json!(requested)),
                ("available", json!(available)),
            ],
            Self::PriceChanged { product, from, to, .. } => {
                vec![("product", json!(product)), ("from", json!(from)), ("to", json!(to))]
            }
            Self::LinesAdded { products } | Self::LinesLeftOut { products } => {
                vec![("products", json!(products))]
            }
            _ => self.amount().into_iter().map(|(name, amount)| (name, json!(amount))).collect(),
        }
    }

    /// Such an amount, if there is one.
    pub fn amount(&self) -> Option<(&'static str, Money)> {
        match self {
            Self::TotalTooSmall { least } => Some(("least", *least)),
            Self::TotalTooLarge { most } => Some(("most", *most)),
            Self::CodeMinimum { minimum, .. } => Some(("minimum", *minimum)),
            _ => None,
        }
    }

    /// The same, where the line that stands at `places[n]` was the `n`th of the bill.
    pub(super) fn moved_to(self, places: &[usize]) -> Self {
        match self {
            Self::AmountNotPayable { line } => {
                Self::AmountNotPayable { line: places.get(line).copied().unwrap_or(line) }
            }
            other => other,
        }
    }
}
