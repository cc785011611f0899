//! How a bill is shown: what a basket costs, with every part of the sum.

mod parts;

pub use parts::{ShippingMethodView, TaxView};

use super::problem::Problem;
use domain::failure::{self, Failure};
use domain::id::{ProductId, ShippingMethodId};
use domain::money::Money;
use domain::pricing::{
    AppliedDiscount, Bill, DiscountTarget, Problem as Found, Quote, QuotedLine, Severity,
    ShippingOption,
};
use serde::Serialize;
use serde_json::{Map, Value};
use time::Date;
use utoipa::ToSchema;

/// What a basket costs now. `total = subtotal - discount + shipping + tax`, all in one currency. Without a known product
/// there is no currency, and all of them are null.
#[derive(Serialize, ToSchema)]
pub struct BillView {
    /// By ascending product id.
    lines: Vec<BillLineView>,
    /// Cheapest first. None until a destination is known or guessed.
    shipping_options: Vec<ShippingOptionView>,
    /// How it is shipped by the chosen method; null without one that is offered.
    #[schema(required)]
    delivery: Option<ShippingMethodView>,
    /// In the order in which they were taken off. One of zero has no effect now.
    discounts: Vec<BillDiscountView>,
    /// Each component and rate, once.
    taxes: Vec<TaxView>,
    /// The lines before discounts.
    #[schema(required)]
    subtotal: Option<Money>,
    /// Of lines and of shipping.
    #[schema(required)]
    discount: Option<Money>,
    /// Before its discount.
    #[schema(required)]
    shipping: Option<Money>,
    /// What is added to the prices.
    #[schema(required)]
    tax: Option<Money>,
    /// The tax that the prices contain, no part of the sum; one of both is zero.
    #[schema(required)]
    tax_included: Option<Money>,
    #[schema(required)]
    total: Option<Money>,
    /// Whether taxes and shipping are those of a guessed destination.
    estimated: bool,
    /// What keeps it from becoming an order, then what has no effect, then what is worth knowing.
    problems: Vec<BillProblemView>,
}

/// A product as it is now.
#[derive(Serialize, ToSchema)]
struct BillLineView {
    product: ProductId,
    /// Null if the product is not known.
    #[schema(required)]
    sku: Option<String>,
    #[schema(required)]
    name: Option<String>,
    /// Pieces.
    quantity: i32,
    /// Null, as all other amounts, if the product is not for sale.
    #[schema(required)]
    unit_price: Option<Money>,
    /// Quantity times unit price.
    #[schema(required)]
    total: Option<Money>,
    #[schema(required)]
    discount: Option<Money>,
    /// What is added to the price.
    #[schema(required)]
    tax: Option<Money>,
    /// The tax that the price contains.
    #[schema(required)]
    tax_included: Option<Money>,
    /// What the buyer pays for the line: `total - discount + tax`.
    #[schema(required)]
    paid: Option<Money>,
}

/// A way to ship the basket.
#[derive(Serialize, ToSchema)]
struct ShippingOptionView {
    method: ShippingMethodId,
    #[schema(example = "Parcel")]
    name: String,
    #[schema(required)]
    carrier: Option<String>,
    /// Before discounts.
    price: Money,
    /// Added to the price, or contained in it as in the others.
    tax: Money,
    /// The first day on which it is expected, without regard to holidays.
    #[schema(required, format = Date)]
    earliest: Option<String>,
    /// The last day on which it is expected.
    #[schema(required, format = Date)]
    latest: Option<String>,
}

/// A discount that applies.
#[derive(Serialize, ToSchema)]
struct BillDiscountView {
    /// Null if it applies by itself.
    #[schema(required, example = "WELCOME")]
    code: Option<String>,
    title: String,
    target: DiscountTarget,
    amount: Money,
    /// What each line has of it; empty for one of shipping.
    lines: Vec<DiscountShareView>,
}

#[derive(Serialize, ToSchema)]
struct DiscountShareView {
    product: ProductId,
    amount: Money,
}

/// Something about a bill that its reader should know.
#[derive(Serialize, ToSchema)]
struct BillProblemView {
    /// For programs. Errors: `empty`, `not_for_sale`, `out_of_stock`, `amount_not_payable`, `address_required`,
    /// `address_incomplete`, `region_required`, `no_shipping_there`, `shipping_required`, `shipping_option_gone`,
    /// `email_required`, `email_unproven`, `total_too_small`, `total_too_large`. Warnings: `code_not_valid`, `code_ended`,
    /// `code_minimum`, `code_used_up`, `code_not_combinable`. Worth knowing: `price_changed`, `tax_exempt`, `lines_added`,
    /// `lines_left_out`. More may be added.
    #[schema(example = "out_of_stock")]
    code: &'static str,
    severity: Severity,
    /// What it is about: a JSON pointer into the response.
    #[schema(example = "/lines/0")]
    pointer: String,
    /// For people, in English.
    detail: String,
    /// Further members, which depend on the code: `product`, `products`, `requested`, `available`, `from`, `to`, `least`, `most`, `minimum`.
    #[serde(flatten)]
    #[schema(value_type = Object)]
    members: Map<String, Value>,
}

impl From<Quote> for BillView {
    fn from(quote: Quote) -> Self {
        let Quote { lines, bill, problems } = quote;
        let sum = |of: fn(&Bill) -> Money| bill.as_ref().map(of);
        let (subtotal, discount, shipping) =
            (sum(|bill| bill.subtotal), sum(|bill| bill.discount), sum(|bill| bill.shipping_price));
        let (tax, tax_included, total) =
            (sum(|bill| bill.tax), sum(|bill| bill.tax_included), sum(|bill| bill.total));
        let estimated = bill.as_ref().is_some_and(|bill| bill.is_estimated);
        let (options, delivery, discounts, taxes) = match bill {
            Some(Bill { shipping_options, shipping, discounts, taxes, .. }) => {
                (shipping_options, shipping, discounts, taxes)
            }
            None => Default::default(),
        };
        Self {
            lines: lines.into_iter().map(BillLineView::from).collect(),
            shipping_options: options.into_iter().map(ShippingOptionView::from).collect(),
            delivery: delivery.map(ShippingMethodView::from),
            discounts: discounts.into_iter().map(BillDiscountView::from).collect(),
            taxes: taxes.into_iter().map(TaxView::from).collect(),
            subtotal,
            discount,
            shipping,
            tax,
            tax_included,
            total,
            estimated,
            problems: problems.iter().map(BillProblemView::from).collect(),
        }
    }
}

impl From<QuotedLine> for BillLineView {
    fn from(line: QuotedLine) -> Self {
        let QuotedLine { product, quantity, label, billed } = line;
        let (sku, name) = label.unzip();
        let billed = billed.as_ref();
        Self {
            product,
            sku,
            name,
            quantity,
            unit_price: billed.map(|line| line.unit_price),
            total: billed.map(|line| line.total),
            discount: billed.map(|line| line.discount),
            tax: billed.map(|line| line.tax),
            tax_included: billed.map(|line| line.tax_included),
            paid: billed.map(|line| line.paid),
        }
    }
}

impl From<ShippingOption> for ShippingOptionView {
    fn from(option: ShippingOption) -> Self {
        let ShippingOption { method, name, carrier, price, tax, earliest, latest } = option;
        Self { method, name, carrier, price, tax, earliest: day(earliest), latest: day(latest) }
    }
}

impl From<AppliedDiscount> for BillDiscountView {
    fn from(discount: AppliedDiscount) -> Self {
        let AppliedDiscount { code, title, target, amount, lines, .. } = discount;
        let share = |(product, amount)| DiscountShareView { product, amount };
        Self { code, title, target, amount, lines: lines.into_iter().map(share).collect() }
    }
}

impl From<&Found> for BillProblemView {
    fn from(problem: &Found) -> Self {
        let members = problem.members().into_iter();
        Self {
            code: problem.code(),
            severity: problem.severity(),
            pointer: problem.pointer(),
            detail: problem.detail(),
            members: members.map(|(name, value)| (name.to_owned(), value)).collect(),
        }
    }
}

/// With what the order would cost now, if that is why it is refused.
pub fn with_bill<R: failure::Refusal>(
    failure: Failure<R>,
    quote: impl Fn(&R) -> Option<&Quote>,
) -> Problem {
    let quote = match &failure {
        Failure::Refused(refusal) => quote(refusal).cloned(),
        Failure::Db(_) => None,
    };
    let problem = Problem::from(failure);
    match quote {
        Some(quote) => problem.with("bill", &BillView::from(quote)),
        None => problem,
    }
}

fn day(day: Option<Date>) -> Option<String> {
    day.map(|day| day.to_string())
}
