//! Members of objects that are null, as Stripe shows them.

use serde_json::Value;

/// Null for an empty list.
pub(super) fn some(list: &[String]) -> Option<&[String]> {
    Some(list).filter(|list| !list.is_empty())
}

/// The object with `names` as further members, all null.
pub(super) fn with_nulls(mut object: Value, names: &[&str]) -> Value {
    for name in names {
        object[*name] = Value::Null;
    }
    object
}
