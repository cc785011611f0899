//! The parameters of each endpoint. All others are refused: those that Stripe does not know, and those that the stand-in
//! has no effect for.

use super::{ApiError, form::Form};

/// The parameters of an endpoint; `*` stands for any key or number. None if there is no such endpoint.
fn of(method: &str, path: &str) -> Option<Vec<&'static str>> {
    let segments = segments(path);
    let endpoint = |(known, pattern, _): &&(&str, &str, &str)| {
        *known == method && fits(pattern.split('/'), segments.iter().copied())
    };
    let (_, _, names) = ENDPOINTS.iter().find(endpoint)?;
    let mut names: Vec<_> = names.split_whitespace().collect();
    if names.first() == Some(&"PAGE") {
        names.splice(..1, PAGE.split_whitespace());
    }
    names.push("expand[*]");
    Some(names)
}

/// All endpoints of the stand-in, such as `POST payment_intents/*/cancel`, with their parameters.
pub fn parameters() -> Vec<(String, Vec<&'static str>)> {
    let endpoints = ENDPOINTS.iter().filter_map(|(method, path, _)| {
        Some((format!("{method} {path}"), of(method, &format!("/v1/{path}"))?))
    });
    endpoints.collect()
}

/// Refuses the first parameter that the endpoint does not have.
pub(super) fn check(method: &str, path: &str, form: &Form) -> Result<(), ApiError> {
    let known = of(method, path).ok_or_else(|| ApiError::no_such_url(method, path))?;
    for (name, _) in form.pairs() {
        if !known.iter().any(|known| fits(known.split('['), name.split('['))) {
            let message = format!("Received unknown parameter: {name}");
            return Err(ApiError::invalid(message).code("parameter_unknown").param(&name));
        }
    }
    Ok(())
}

/// The segments of a path after the version.
pub(super) fn segments(path: &str) -> Vec<&str> {
    path.trim_matches('/').split('/').skip(1).collect()
}

fn fits<'a>(
    pattern: impl Iterator<Item = &'a str>,
    mut given: impl Iterator<Item = &'a str>,
) -> bool {
    for part in pattern {
        let Some(given) = given.next() else { return false };
        let is_any = part.trim_end_matches(']') == "*";
        if !is_any && part != given {
            return false;
        }
    }
    given.next().is_none()
}

const PAGE: &str = "limit starting_after ending_before \
    created created[gt] created[gte] created[lt] created[lte]";

const ENDPOINTS: [(&str, &str, &str); 22] = [
    (
        "POST",
        "payment_intents",
        "allowed_payment_method_types[*] amount automatic_payment_methods[allow_redirects] \
         automatic_payment_methods[enabled] capture_method confirm currency customer description \
         excluded_payment_method_types[*] metadata[*] payment_method \
         payment_method_options[us_bank_account][verification_method] receipt_email",
    ),
    ("GET", "payment_intents", "PAGE customer"),
    ("GET", "payment_intents/*", "client_secret"),
    ("POST", "payment_intents/*", "amount description metadata[*] receipt_email"),
    ("POST", "payment_intents/*/confirm", "payment_method"),
    ("POST", "payment_intents/*/capture", "amount_to_capture"),
    ("POST", "payment_intents/*/cancel", "cancellation_reason"),
    ("POST", "refunds", "amount charge metadata[*] payment_intent reason"),
    ("GET", "refunds", "PAGE charge payment_intent"),
    ("GET", "refunds/*", ""),
    ("POST", "refunds/*", "metadata[*]"),
    ("GET", "charges/*", ""),
    (
        "POST",
        "checkout/sessions",
        "adaptive_pricing[enabled] allowed_payment_method_types[*] cancel_url client_reference_id \
         customer_email excluded_payment_method_types[*] expires_at \
         line_items[*][price_data][currency] line_items[*][price_data][product_data][name] \
         line_items[*][price_data][unit_amount] line_items[*][quantity] metadata[*] mode \
         payment_intent_data[description] payment_intent_data[metadata][*] \
         payment_method_options[us_bank_account][verification_method] success_url ui_mode",
    ),
    ("GET", "checkout/sessions/*", ""),
    ("POST", "checkout/sessions/*/expire", ""),
    ("GET", "disputes", "PAGE charge payment_intent"),
    ("POST", "disputes/*", "metadata[*] submit"),
    ("GET", "disputes/*", ""),
    ("GET", "radar/early_fraud_warnings/*", ""),
    ("GET", "reviews/*", ""),
    ("GET", "events", "PAGE type types[*]"),
    ("GET", "events/*", ""),
];
