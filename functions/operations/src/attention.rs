//! `/v1/ops/attention`: what waits for a person.

pub(crate) mod acknowledge;
pub(crate) mod list;
mod view;
