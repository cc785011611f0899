//! Every error code, what it means and what to do about it. Published codes stay.

mod shop;

/// A code with its meaning and an advice, ready for HTML.
type Entry = (&'static str, &'static str, &'static str);

pub(crate) fn find(code: &str) -> Option<Entry> {
    GENERAL.iter().chain(shop::CODES).copied().find(|(known, ..)| *known == code)
}

/// What may happen to any request.
const GENERAL: &[Entry] = &[
    // Reading the request
    (
        "malformed_json",
        "The body is not JSON.",
        "Look at the place that errors names; often it is a missing comma or a body that was cut off.",
    ),
    (
        "bad_body",
        "The body is JSON, but not of the form that this request takes: a field is missing, unknown or of another type.",
        "errors[0].pointer says where. Amounts are whole minor units: 1999, not 19.99.",
    ),
    (
        "not_json",
        "The body does not call itself JSON.",
        "Send it with the header Content-Type: application/json.",
    ),
    ("too_large", "The body is larger than 256 KiB.", "Send less at once."),
    (
        "bad_query",
        "The query string has an unknown parameter, or one whose value cannot be read.",
        "The detail names it. Unknown parameters are refused, so that a typing error is not ignored.",
    ),
    (
        "bad_limit",
        "limit is not a number between 1 and 100.",
        "Leave it out, or choose one in that range.",
    ),
    (
        "bad_cursor",
        "The cursor was not made by this list.",
        "Take next_cursor from the page before as it is, and keep the other parameters the same.",
    ),
    (
        "invalid_value",
        "The request can be read, but a value in it cannot be.",
        "Each entry of errors names a field by its pointer and says what it must be.",
    ),
    (
        "no_such_route",
        "There is nothing at this address.",
        "Compare it with the list of routes under /docs.",
    ),
    (
        "no_such_method",
        "The address exists, but does not take this method.",
        "The methods it takes stand under /docs.",
    ),
    (
        "not_found",
        "There is no such thing.",
        "An id looks like ord_0193f2a7c1d87b3e9a5f4c2d1e0b9a87, with the prefix of its kind.",
    ),
    // Who is calling
    (
        "sign_in",
        "The request needs an access token, and has none that is valid now.",
        "Refresh the token, or sign in again. It goes into the header Authorization: Bearer …",
    ),
    (
        "wrong_role",
        "You are known, but this is for people with another role.",
        "Ask an administrator of the shop for the role that the detail names.",
    ),
    (
        "wrong_credentials",
        "There is no account with this address and this password.",
        "Check both. For your safety the answer does not say which of them is wrong.",
    ),
    (
        "address_taken",
        "There is an account with this address already.",
        "Sign in instead, or register with another address.",
    ),
    (
        "session_ended",
        "The session that the refresh token belongs to has ended: it ran out, was signed out, or an old token was used again.",
        "Sign in again. Store the newest refresh token each time; each is good for one use.",
    ),
    (
        "bad_link",
        "The link was used already, ran out, was replaced by a newer one, or never was.",
        "Ask for a new one: POST /v1/auth/email/resend, or POST /v1/auth/password/forgot.",
    ),
    (
        "wrong_password",
        "What you sent as current is not your password.",
        "Check it. If you forgot it, ask for a link: POST /v1/auth/password/forgot.",
    ),
    (
        "user_not_found",
        "There is no such user.",
        "Look them up in the list of users, by the beginning of their address.",
    ),
    (
        "last_admin",
        "This would leave the shop without an admin.",
        "Make somebody else an admin first.",
    ),
    (
        "admin_there",
        "The first admin is appointed once, and the shop has one.",
        "Admins make others admins with PUT /v1/users/…/role.",
    ),
    (
        "too_many_requests",
        "Too much came from you in a short time.",
        "Wait for the seconds that Retry-After names, then try again.",
    ),
    // Doing things once, and on what one has seen
    (
        "idempotency_key_required",
        "This request must not happen twice by accident, and so needs the header Idempotency-Key.",
        "Make up a random key, such as a UUID, for each thing you want done, and repeat it when you repeat the request.",
    ),
    (
        "bad_idempotency_key",
        "The Idempotency-Key is not 16 to 255 printable ASCII characters.",
        "A UUID fits.",
    ),
    (
        "idempotency_key_reused",
        "This Idempotency-Key was used for another request.",
        "Take a new key for a new request. The same key only ever repeats the same request.",
    ),
    (
        "bad_if_match",
        "The If-Match header cannot be read.",
        "Send the ETag of the answer you last read as it is, with its quotation marks.",
    ),
    (
        "stale",
        "The thing was changed since you read it.",
        "Read it again, see whether your change still makes sense, and send it with the new ETag.",
    ),
    (
        "precondition_required",
        "This change needs the header If-Match, so that it cannot overwrite what you have not seen.",
        "Read the thing first and send its ETag as If-Match.",
    ),
    (
        "busy",
        "Others are changing the same things right now. Nothing was changed by you.",
        "Try again after the seconds that Retry-After names.",
    ),
    // Our side
    (
        "upstream_failed",
        "Somebody that we depend on, such as the payment provider, did not answer well.",
        "Repeat the same request, with the same Idempotency-Key, after the seconds that Retry-After names.",
    ),
    (
        "payment_refused",
        "The payment provider refuses to take this payment on, whatever is tried.",
        "Tell us, with the request_id: it is ours to find out why.",
    ),
    (
        "unavailable",
        "We are not reachable right now.",
        "Repeat the same request, with the same Idempotency-Key, after the seconds that Retry-After names.",
    ),
    (
        "our_fault",
        "Something went wrong on our side.",
        "Repeat the request once. If that does not help, tell us the request id.",
    ),
];
