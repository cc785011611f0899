//! How the rules read that PostgreSQL writes.

use super::*;
use serde_json::{Value, json};

/// The example of the documentation of `rules.rs`, without its comments.
fn documented() -> Value {
    let source = include_str!("../rules.rs");
    let (_, example) = source.split_once("//! ```json\n").unwrap();
    let (example, _) = example.split_once("//! ```\n").unwrap();
    let lines = example.lines().map(|line| line.trim_start_matches("//!"));
    let without: Vec<&str> = lines.map(|line| line.split("//").next().unwrap()).collect();
    serde_json::from_str(&without.concat()).unwrap()
}

fn read(rules: Value) -> Result<Rules, String> {
    serde_json::from_value(rules).map_err(|error| error.to_string())
}

#[test]
fn the_documented_rules_can_be_read() {
    let rules = read(documented()).unwrap();

    assert_eq!(rules.at, datetime!(2026-12-02 10:00:00.123456 UTC));
    assert_eq!(rules.tax.unwrap().rates[0].rate_ppm, 190_000);
    let method = &rules.shipping_methods[0];
    assert_eq!(method.id.to_string(), "ship_0193f2a7c1d87b3e9a5f4c2d1e0b9a87");
    assert_eq!((method.basis, method.zones[0].tiers[1].price_minor), (ShippingBasis::Weight, None));
    let discount = &rules.discounts[0];
    assert_eq!(discount.value, DiscountValue::PercentBp(1000));
    assert_eq!((discount.starts_at, discount.max_uses), (None, Some(100)));
}

#[test]
fn a_missing_member_and_a_number_out_of_its_range_are_errors() {
    for member in ["at", "has_tax", "has_shipping", "has_regions", "shipping_methods", "discounts"]
    {
        let mut rules = documented();
        rules.as_object_mut().unwrap().remove(member);
        assert!(read(rules).unwrap_err().contains(member), "{member}");
    }
    for (pointer, wrong) in [
        ("/tax/rates/0/rate_ppm", json!(1_000_001)),
        ("/tax/rates/0/rate_ppm", json!(-1)),
        ("/tax/shipping_rule", json!("sometimes")),
        ("/shipping_methods/0/zones/0/tiers/0/price_minor", json!(1_000_000_000_000_i64)),
        ("/shipping_methods/0/currency", json!("XXX")),
        ("/discounts/0/value", json!({"percent_bp": 10_001})),
        ("/discounts/0/value", json!({"fixed_minor": -1})),
        ("/discounts/0/value", json!({})),
    ] {
        let mut rules = documented();
        *rules.pointer_mut(pointer).unwrap() = wrong.clone();
        assert!(read(rules).is_err(), "{pointer} {wrong}");
    }
}
