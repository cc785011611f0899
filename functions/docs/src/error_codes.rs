//! Every error code, what it means and what to do about it. Published codes stay.

/// A code with its meaning and an advice, ready for HTML.
type Entry = (&'static str, &'static str, &'static str);

pub(crate) fn find(code: &str) -> Option<Entry> {
    ALL.iter().copied().find(|(known, ..)| *known == code)
}

const ALL: &[Entry] = &[
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
        "busy",
        "Others are changing the same things right now. Nothing was changed by you.",
        "Try again after the seconds that Retry-After names.",
    ),
    // Goods
    (
        "product_not_found",
        "There is no such product, or it is not on show.",
        "Look it up in the list of products.",
    ),
    (
        "sku_taken",
        "Another product has this SKU.",
        "Choose another, or archive the other product first.",
    ),
    (
        "currency_fixed",
        "A product's price can change, but not its currency.",
        "Archive the product and create another.",
    ),
    ("product_archived", "The product is archived and stays as it is.", "Create another product."),
    ("category_not_found", "There is no such category.", "Look it up in the list of categories."),
    (
        "category_name_taken",
        "Another category at the same place has this name.",
        "Choose another name, or another parent.",
    ),
    (
        "category_cycle",
        "A category cannot stand below itself.",
        "Choose a parent that is not below it.",
    ),
    (
        "category_in_use",
        "The category still has products or categories in it.",
        "Move them elsewhere first.",
    ),
    (
        "unknown_sku",
        "No product has this SKU, or it was archived.",
        "Look it up in the list of stock, or create the product.",
    ),
    (
        "below_reserved",
        "So many pieces are promised to orders that fewer cannot be on hand.",
        "reserved says how many. Cancel orders first, or take fewer away.",
    ),
    (
        "too_much_stock",
        "More than a thousand million pieces of one product are more than we can count.",
        "Look at the delta again; it may have a digit too many.",
    ),
    // Orders
    (
        "order_not_found",
        "There is no such order, or it is not yours.",
        "Look it up in the list of your orders.",
    ),
    (
        "not_for_sale",
        "The product is not for sale: it does not exist, is a draft, or was archived.",
        "Take the product that the problem names out of the order.",
    ),
    (
        "out_of_stock",
        "There is less in stock than you want. Nothing was reserved.",
        "lines says for each product what was asked for and what is available. Order that much, or come back later.",
    ),
    (
        "mixed_currencies",
        "The products have prices in different currencies.",
        "Place one order for each currency.",
    ),
    (
        "total_too_large",
        "The order costs more than can be charged at once.",
        "Split it into several orders.",
    ),
    (
        "illegal_move",
        "The order's status does not allow this.",
        "allowed lists what it can become from here; it may be empty.",
    ),
    ("order_ending", "The order is about to be cancelled.", "Place a new one."),
    // Payments
    (
        "not_payable",
        "Only a pending order can be paid; this one is paid or cancelled.",
        "Read the order to see which.",
    ),
    (
        "payment_not_found",
        "No payment of ours belongs to this.",
        "Read the order to see its payment.",
    ),
    (
        "amount_mismatch",
        "The payment provider names another amount than the payment was made for.",
        "Nothing was booked. A person has to look at it: tell us the request id.",
    ),
    (
        "bad_signature",
        "The webhook was not signed by Stripe with our secret, or not within the last five minutes.",
        "Only Stripe calls this address. If it is Stripe, the signing secret of the endpoint is not the one we have.",
    ),
    (
        "not_text",
        "The webhook's body is not UTF-8.",
        "Only Stripe calls this address, and it sends JSON.",
    ),
    // For those who keep the shop running
    (
        "event_not_found",
        "Stripe has told us of no event with this id.",
        "Look it up in the list of events. One that was never delivered can be sent again from Stripe's dashboard.",
    ),
    (
        "event_of_other_mode",
        "A test event came to the live shop, or a live one to a test shop. It is kept, but must never have an effect.",
        "Point the webhook endpoint of that mode at the right shop.",
    ),
    (
        "dead_letter_not_found",
        "No letter with this id lies with the dead letters, or somebody else is looking at it.",
        "List them again in half a minute. A letter that was sent on its way again has a new id if it comes back.",
    ),
    // Our side
    (
        "upstream_failed",
        "Somebody that we depend on, such as the payment provider, did not answer well.",
        "Repeat the same request, with the same Idempotency-Key, after the seconds that Retry-After names.",
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
