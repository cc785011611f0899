//! What keeps a bill from becoming an order, or what its reader should know. Pure.

use crate::money::Money;
use serde::Serialize;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
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
    /// The price is no multiple of the currency's step, or nothing can be charged in the currency any more.
    AmountNotPayable {
        line: usize,
    },
    /// Tax or shipping depends on the destination, and it is unknown or only a guess.
    AddressRequired,
    /// Rates or zones of the country differ by region.
    RegionRequired,
    /// Something must be shipped, and no method goes there.
    NoShippingThere,
    /// Something must be shipped, and no method is chosen.
    ShippingRequired,
    /// The chosen method is not among the options.
    ShippingOptionGone,
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
    /// The buyer pays no tax there.
    TaxExempt,
}

impl Problem {
    /// A stable code for programs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::AmountNotPayable { .. } => "amount_not_payable",
            Self::AddressRequired => "address_required",
            Self::RegionRequired => "region_required",
            Self::NoShippingThere => "no_shipping_there",
            Self::ShippingRequired => "shipping_required",
            Self::ShippingOptionGone => "shipping_option_gone",
            Self::TotalTooSmall { .. } => "total_too_small",
            Self::TotalTooLarge { .. } => "total_too_large",
            Self::CodeNotValid { .. } => "code_not_valid",
            Self::CodeEnded { .. } => "code_ended",
            Self::CodeMinimum { .. } => "code_minimum",
            Self::CodeUsedUp { .. } => "code_used_up",
            Self::CodeNotCombinable { .. } => "code_not_combinable",
            Self::TaxExempt => "tax_exempt",
        }
    }

    pub fn severity(&self) -> Severity {
        match self {
            Self::CodeNotValid { .. }
            | Self::CodeEnded { .. }
            | Self::CodeMinimum { .. }
            | Self::CodeUsedUp { .. }
            | Self::CodeNotCombinable { .. } => Severity::Warning,
            Self::TaxExempt => Severity::Info,
            _ => Severity::Error,
        }
    }

    /// A JSON pointer into the checkout, such as `/lines/0`; empty for the whole.
    pub fn pointer(&self) -> String {
        match self {
            Self::Empty => "/lines".to_owned(),
            Self::AmountNotPayable { line } => format!("/lines/{line}"),
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
            Self::AmountNotPayable { .. } => "nothing can be charged at this price".to_owned(),
            Self::AddressRequired => "tax and shipping depend on the destination".to_owned(),
            Self::RegionRequired => "tax or shipping depends on the region".to_owned(),
            Self::NoShippingThere => "nothing is shipped to this destination".to_owned(),
            Self::ShippingRequired => "choose one of the shipping options".to_owned(),
            Self::ShippingOptionGone => "this shipping method is not offered here".to_owned(),
            Self::TotalTooSmall { least } => format!("the least that can be charged is {least}"),
            Self::TotalTooLarge { most } => format!("the most that can be charged is {most}"),
            Self::CodeNotValid { .. } => "this code is not valid".to_owned(),
            Self::CodeEnded { .. } => "this code is no longer valid".to_owned(),
            Self::CodeMinimum { minimum, .. } => format!("this code needs goods for {minimum}"),
            Self::CodeUsedUp { .. } => "this code has been used as often as it can be".to_owned(),
            Self::CodeNotCombinable { .. } => {
                "this code is not applied: without it, the total is the better one".to_owned()
            }
            Self::TaxExempt => "no tax, because the buyer is exempt there".to_owned(),
        }
    }

    /// The amount that a program needs to react, and the name of its member.
    pub fn amount(&self) -> Option<(&'static str, Money)> {
        match self {
            Self::TotalTooSmall { least } => Some(("least", *least)),
            Self::TotalTooLarge { most } => Some(("most", *most)),
            Self::CodeMinimum { minimum, .. } => Some(("minimum", *minimum)),
            _ => None,
        }
    }
}
