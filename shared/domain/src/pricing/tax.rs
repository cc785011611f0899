//! Which taxes hold at a place, and how much they are. Pure.

use super::arithmetic::{apportion, half_up, product};
use super::destination::Destination;
use super::rules::{CountryTax, TaxRate};

/// One whole in parts per million.
const MILLION: i64 = 1_000_000;
/// Holds for categories without a rate of their own.
const STANDARD: &str = "standard";
const EXEMPT: &str = "exempt";

/// The taxes of one category at a place, by component. Together they are one rate for the rounding; without any there is
/// no tax, which is another rate than one of 0 %.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rate<'a>(Vec<Component<'a>>);

/// One of several taxes on the same goods, such as that of the state. Each distinct one is a row of `order_taxes`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Component<'a> {
    pub(super) name: &'a str,
    /// Empty for a rate of the whole country.
    pub(super) region: &'a str,
    pub(super) label: &'a str,
    pub(super) ppm: i32,
}

/// A part of the bill that is taxed: what is left of a line, or of shipping. In steps of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TaxedPart {
    /// Its place in the list of rates.
    pub(super) rate: usize,
    pub(super) base: i64,
}

/// What a component is on the whole bill. In steps of the currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ComponentTax<'a> {
    pub(super) component: Component<'a>,
    pub(super) base: i64,
    pub(super) tax: i64,
}

impl<'a> Rate<'a> {
    /// The rate of a category: by component, that of the region before that of the country, then that of the longest postal
    /// prefix. A category without any has the rate of `standard`.
    pub(super) fn of(tax: &'a CountryTax, place: &Destination, category: &str) -> Self {
        let own = Self::without_fallback(tax, place, category);
        if own.0.is_empty() { Self::without_fallback(tax, place, STANDARD) } else { own }
    }

    fn without_fallback(tax: &'a CountryTax, place: &Destination, category: &str) -> Self {
        let mut found: Vec<&TaxRate> = tax
            .rates
            .iter()
            .filter(|rate| rate.category == category)
            .filter(|rate| place.is_in(&rate.region, &rate.postal_prefix))
            .collect();
        // Within a component, the most specific one comes last.
        found.sort_by_key(|rate| {
            (&rate.component, !rate.region.is_empty(), rate.postal_prefix.len())
        });
        let mut components: Vec<Component<'a>> = Vec::new();
        for rate in found {
            components.pop_if(|last| last.name == rate.component);
            components.push(Component::of(rate, tax.exempts()));
        }
        Self(components)
    }

    pub(super) fn ppm(&self) -> i64 {
        self.0.iter().map(|component| i64::from(component.ppm)).sum()
    }
}

impl<'a> Component<'a> {
    fn of(rate: &'a TaxRate, is_exempt: bool) -> Self {
        let TaxRate { component, region, label, rate_ppm, .. } = rate;
        let (label, ppm) = if is_exempt { (EXEMPT, 0) } else { (label.as_str(), *rate_ppm) };
        Self { name: component, region, label, ppm }
    }
}

impl CountryTax {
    /// Whether the buyer pays none. Where prices include it, the price would have to change, and does not.
    pub(super) fn exempts(&self) -> bool {
        self.is_exempt && !self.prices_include_tax
    }
}

/// The tax of each part, in their order. It is rounded once for each rate, and shared out among the parts of that rate.
pub(super) fn tax(parts: &[TaxedPart], rates: &[Rate<'_>], is_included: bool) -> Vec<i64> {
    let mut taxes = vec![0; parts.len()];
    for (at, rate) in rates.iter().enumerate() {
        let ppm = rate.ppm();
        let members: Vec<usize> = (0..parts.len()).filter(|part| parts[*part].rate == at).collect();
        if ppm == 0 || members.is_empty() {
            continue;
        }
        let exact: Vec<i128> = members.iter().map(|part| product(parts[*part].base, ppm)).collect();
        let denominator = denominator(ppm, is_included);
        let total = half_up(exact.iter().sum(), denominator);
        for (part, tax) in members.into_iter().zip(apportion(total, &exact, denominator)) {
            taxes[part] = tax;
        }
    }
    taxes
}

/// The taxes of all parts by component, each once. The components of a rate share its tax.
pub(super) fn by_component<'a>(
    parts: &[TaxedPart],
    taxes: &[i64],
    rates: &[Rate<'a>],
    is_included: bool,
) -> Vec<ComponentTax<'a>> {
    let mut rows: Vec<ComponentTax<'a>> = Vec::new();
    for (at, rate) in rates.iter().enumerate() {
        let members = || parts.iter().zip(taxes).filter(|(part, _)| part.rate == at);
        if members().next().is_none() {
            continue;
        }
        let base: i64 = members().map(|(part, _)| part.base).sum();
        let total: i64 = members().map(|(_, tax)| tax).sum();
        let components = rate.0.iter();
        let exact: Vec<i128> = components.map(|one| product(base, one.ppm.into())).collect();
        let shares = apportion(total, &exact, denominator(rate.ppm(), is_included));
        for (component, tax) in rate.0.iter().zip(shares) {
            if let Some(row) = rows.iter_mut().find(|row| row.component == *component) {
                row.base += base;
                row.tax += tax;
            } else {
                rows.push(ComponentTax { component: *component, base, tax });
            }
        }
    }
    rows
}

fn denominator(ppm: i64, is_included: bool) -> i128 {
    i128::from(if is_included { MILLION + ppm } else { MILLION })
}
