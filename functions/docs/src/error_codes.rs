//! Every error code with its meaning and advice. Published codes are never renamed or removed.

mod operations;
mod pricing;
mod returns;
mod shop;

/// A code, its meaning and the advice; the texts are inserted into HTML without escaping.
type Entry = (&'static str, &'static str, &'static str);

pub(crate) fn find(code: &str) -> Option<Entry> {
    GENERAL
        .iter()
        .chain(operations::CODES)
        .chain(pricing::CODES)
        .chain(returns::CODES)
        .chain(shop::CODES)
        .copied()
        .find(|(known, ..)| *known == code)
}

/// The codes that are not specific to one resource.
const GENERAL: &[Entry] = &[
    // Reading the request
    (
        "malformed_json",
        "The body is not JSON.",
        "Look at the position given in errors; often a comma is missing or the body was truncated.",
    ),
    (
        "bad_body",
        "The body is JSON, but does not match the schema of this request: a field is missing, unknown or of another type.",
        "errors[0].pointer says where. Amounts are whole minor units: 1999, not 19.99.",
    ),
    (
        "not_json",
        "The Content-Type of the body is not JSON.",
        "Send it with the header Content-Type: application/json.",
    ),
    ("too_large", "The body is larger than 256 KiB.", "Send a smaller body."),
    (
        "bad_query",
        "The query string has an unknown parameter, or one with an invalid value.",
        "The detail names it. Unknown parameters are refused, so that a misspelled one is not ignored; utm_…, fbclid and gclid are.",
    ),
    (
        "bad_limit",
        "limit is not a number between 1 and 100.",
        "Leave it out, or choose one in that range.",
    ),
    (
        "bad_cursor",
        "The cursor is not one of this list.",
        "Send next_cursor of the previous page unchanged, with the same other parameters.",
    ),
    (
        "invalid_value",
        "The request is well-formed, but a value in it is not allowed.",
        "Each entry of errors names a field by its pointer and says which values are allowed.",
    ),
    (
        "no_such_route",
        "There is no route with this path.",
        "Compare it with the list of routes under /docs. An address has no slash at its end.",
    ),
    (
        "no_such_method",
        "The route exists, but not with this method.",
        "The header Allow lists its methods, as does /docs.",
    ),
    (
        "not_found",
        "There is no such resource, or the id is malformed.",
        "An id looks like ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87: a prefix for its type, and 32 hexadecimal digits.",
    ),
    // Who is calling
    (
        "sign_in",
        "The request needs an access token, and has none that is valid.",
        "Refresh the token, or log in again. Send it in the header Authorization: Bearer …",
    ),
    (
        "wrong_role",
        "Your account does not have the role that this request needs.",
        "Ask an admin of the shop for the role named in the detail.",
    ),
    (
        "wrong_credentials",
        "There is no account with this address and this password, or its address is not verified yet.",
        "Check both, and use the link in the email. For security, the response does not say what is wrong.",
    ),
    (
        "address_taken",
        "There is an account with this address already.",
        "Log in instead, or register with another address.",
    ),
    (
        "session_ended",
        "The session of the refresh token has ended: it expired, was logged out, or an old refresh token was used again.",
        "Log in again. Store the new refresh token after each refresh; each is valid once.",
    ),
    (
        "token_replaced",
        "This refresh token was used, and so was the one after it: another tab or request was faster. The session goes on.",
        "Use the newest refresh token; share it between tabs. An old one that is sent again later ends the session.",
    ),
    (
        "bad_link",
        "The link was used already, has expired, was replaced by a newer one, or never existed.",
        "Request a new one: POST /v1/auth/email/resend, or POST /v1/auth/password/forgot.",
    ),
    (
        "wrong_password",
        "The value of current is not your password.",
        "Check it. If you forgot it, request a reset link: POST /v1/auth/password/forgot.",
    ),
    (
        "user_not_found",
        "There is no such user.",
        "Look them up in the list of users, by a prefix of their address.",
    ),
    (
        "session_not_found",
        "You have no such session.",
        "Look it up in your list: GET /v1/me/sessions.",
    ),
    (
        "last_admin",
        "This would leave the shop without an admin.",
        "Give another user the role of an admin first.",
    ),
    (
        "account_erased",
        "The account is erased, and stays so.",
        "The person can register again, and gets a new account.",
    ),
    (
        "orders_open",
        "The account has orders that are not settled; orders names them with the reason.",
        "Cancel what is unpaid: POST /v1/orders/…/cancel. Wait for the shipment, the payment, the refund or the bank, or ask the shop.",
    ),
    (
        "admin_there",
        "The first admin is created once, and the shop has an admin already.",
        "An admin can give others the role with PUT /v1/users/…/role.",
    ),
    (
        "too_many_requests",
        "You sent too many requests in a short time.",
        "Retry after the seconds given in Retry-After.",
    ),
    // Idempotency and conditional requests
    (
        "idempotency_key_required",
        "This request must not take effect twice by accident, and needs the header Idempotency-Key.",
        "Choose a random key, such as a UUID, for each new request, and send the same key when you retry it.",
    ),
    (
        "bad_idempotency_key",
        "The Idempotency-Key is not 16 to 255 printable ASCII characters.",
        "Use a UUID, for example.",
    ),
    (
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request.",
        "Use a new key for a new request. The same key can only retry the same request.",
    ),
    (
        "bad_if_match",
        "The If-Match header is malformed.",
        "Send ETags of responses unchanged, with their quotation marks, separated by commas.",
    ),
    (
        "stale",
        "The resource has changed since you read it.",
        "Read it again, check whether your change still makes sense, and send it with the new ETag.",
    ),
    (
        "precondition_required",
        "This change needs the header If-Match, so that it cannot overwrite changes you have not seen.",
        "Read the resource first and send its ETag as If-Match.",
    ),
    (
        "busy",
        "Other requests are changing the same data right now. Your request changed nothing.",
        "Retry after the seconds given in Retry-After.",
    ),
    // Server errors
    (
        "upstream_failed",
        "A service that we depend on, such as the payment provider, failed or did not answer in time.",
        "Retry the same request, with the same Idempotency-Key, after the seconds given in Retry-After.",
    ),
    (
        "payment_refused",
        "The payment provider refuses to accept this payment; a retry does not help.",
        "Contact us with the request_id: the cause is on our side.",
    ),
    (
        "unavailable",
        "The service is temporarily unavailable.",
        "Retry the same request, with the same Idempotency-Key, after the seconds given in Retry-After.",
    ),
    (
        "our_fault",
        "An internal error occurred.",
        "Retry the request once. If that does not help, contact us with the request_id.",
    ),
];
