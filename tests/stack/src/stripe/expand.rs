//! The parameter `expand`: ids in a response become objects.

use super::{ApiError, form::Form, parameters::segments, state::State};
use serde_json::Value;

/// A member, and the object in the place of its id; none if the stand-in has no such objects, so that the id stays.
type Expandable = (&'static str, Option<&'static str>);

/// The members of each object that can be expanded.
const EXPANDABLE: [(&str, &[Expandable]); 7] = [
    (
        "payment_intents",
        &[
            ("application", None),
            ("customer", None),
            ("latest_charge", Some("charges")),
            ("on_behalf_of", None),
            ("payment_method", None),
            ("review", Some("reviews")),
        ],
    ),
    (
        "charges",
        &[
            ("balance_transaction", None),
            ("customer", None),
            ("payment_intent", Some("payment_intents")),
            ("review", Some("reviews")),
        ],
    ),
    (
        "refunds",
        &[
            ("balance_transaction", None),
            ("charge", Some("charges")),
            ("payment_intent", Some("payment_intents")),
        ],
    ),
    (
        "sessions",
        &[
            ("customer", None),
            ("invoice", None),
            ("payment_intent", Some("payment_intents")),
            ("payment_link", None),
        ],
    ),
    ("disputes", &[("charge", Some("charges")), ("payment_intent", Some("payment_intents"))]),
    (
        "early_fraud_warnings",
        &[("charge", Some("charges")), ("payment_intent", Some("payment_intents"))],
    ),
    ("reviews", &[("charge", Some("charges")), ("payment_intent", Some("payment_intents"))]),
];

/// Refuses to expand what cannot be expanded in the response of an endpoint.
pub(super) fn check(method: &str, path: &str, form: &Form) -> Result<(), ApiError> {
    let segments = segments(path);
    let object = match segments.as_slice() {
        ["checkout" | "radar", object, ..] | [object, ..] => *object,
        [] => "",
    };
    let is_list = method == "GET" && matches!(segments.as_slice(), [_] | ["radar", _]);
    for given in form.texts("expand") {
        let members = if is_list { given.strip_prefix("data.") } else { Some(given.as_str()) };
        if !members.is_some_and(|members| is_expandable(object, members)) {
            let message = format!("This property cannot be expanded ({given}).");
            return Err(ApiError::invalid(message).param("expand"));
        }
    }
    Ok(())
}

/// At most four levels deep.
fn is_expandable(object: &str, members: &str) -> bool {
    let mut object = Some(object);
    members.split('.').count() <= 4
        && members.split('.').all(|member| {
            let of_object = EXPANDABLE.iter().find(|(name, _)| Some(*name) == object);
            let found =
                of_object.and_then(|(_, members)| members.iter().find(|(name, _)| *name == member));
            object = found.and_then(|(_, inner)| *inner);
            found.is_some()
        })
}

impl State {
    /// Expands `path`, which has been checked.
    pub(super) fn expand(&self, value: &mut Value, path: &str) {
        let (member, rest) = path.split_once('.').unwrap_or((path, ""));
        let inner = &mut value[member];
        if let Some(object) = inner.as_str().and_then(|id| self.object(id)) {
            *inner = object;
        }
        if rest.is_empty() {
            return;
        }
        match inner {
            Value::Array(items) => items.iter_mut().for_each(|item| self.expand(item, rest)),
            Value::Object(_) => self.expand(inner, rest),
            _ => {}
        }
    }
}
