//! Values in the objects of events.

use domain::money::{Currency, Money};
use serde_json::Value;
use std::str::FromStr;
use time::OffsetDateTime;

/// In minor units, with Stripe's code of the currency, in lower case. Errs if the currency is not one of ours.
pub(super) fn money(minor: i64, currency: &str) -> Result<Money, String> {
    let known = Currency::from_code(&currency.to_ascii_uppercase());
    Ok(Money { minor, currency: known.ok_or_else(|| format!("currency {currency}"))? })
}

/// From Unix time in seconds.
pub(super) fn time(second: i64) -> Result<OffsetDateTime, String> {
    OffsetDateTime::from_unix_timestamp(second).map_err(|error| error.to_string())
}

/// The text, if a text column can hold it: 1 to 255 characters without NUL, which PostgreSQL cannot store.
pub(super) fn storable(text: &str) -> Option<String> {
    let fits = (1..=255).contains(&text.chars().count()) && !text.contains('\0');
    fits.then(|| text.to_owned())
}

/// The text at a JSON pointer, if a text column can hold it.
pub(super) fn text(object: &Value, pointer: &str) -> Option<String> {
    storable(object.pointer(pointer)?.as_str()?)
}

/// Our id in the metadata of the object. What other programs keep there is none.
pub(super) fn our_id<T: FromStr>(object: &Value, name: &str) -> Option<T> {
    object.get("metadata")?.get(name)?.as_str()?.parse().ok()
}
