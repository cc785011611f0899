//! Members of the JSON value that need more than their type: ids as the database has them, numbers within bounds. Pure.

use serde::{Deserialize, Deserializer};
use uuid::Uuid;

/// The most minor units that an amount of a rule can have: twelve digits.
const MOST_MINOR: i64 = 999_999_999_999;

/// A member that may be null, and must be there: without it, serde would take it for null.
pub(super) fn nullable<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    from: D,
) -> Result<Option<T>, D::Error> {
    Option::deserialize(from)
}

pub(super) fn minor<'de, D: Deserializer<'de>>(from: D) -> Result<i64, D::Error> {
    within(MOST_MINOR, i64::deserialize(from)?)
}

pub(super) fn optional_minor<'de, D: Deserializer<'de>>(from: D) -> Result<Option<i64>, D::Error> {
    Option::deserialize(from)?.map(|minor| within(MOST_MINOR, minor)).transpose()
}

pub(super) fn millionths<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    within(1_000_000, i32::deserialize(from)?)
}

pub(super) fn basis_points<'de, D: Deserializer<'de>>(from: D) -> Result<i32, D::Error> {
    within(10_000, i32::deserialize(from)?)
}

/// What the constraints of the tables allow: anything else could not be computed with.
fn within<T: Copy + PartialOrd + From<bool> + std::fmt::Display, E: serde::de::Error>(
    most: T,
    number: T,
) -> Result<T, E> {
    if number < T::from(false) || number > most {
        return Err(E::custom(format_args!("{number} is not between 0 and {most}")));
    }
    Ok(number)
}

pub(super) fn id<'de, D: Deserializer<'de>, T: From<Uuid>>(from: D) -> Result<T, D::Error> {
    Uuid::deserialize(from).map(T::from)
}

pub(super) fn ids<'de, D: Deserializer<'de>, T: From<Uuid>>(from: D) -> Result<Vec<T>, D::Error> {
    let ids = Vec::<Uuid>::deserialize(from)?;
    Ok(ids.into_iter().map(T::from).collect())
}
