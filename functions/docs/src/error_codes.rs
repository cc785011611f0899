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
        "precondition_required",
        "This change needs the header If-Match, so that it cannot overwrite what you have not seen.",
        "Read the thing first and send its ETag as If-Match.",
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
        "A supplier counted a product that is not for sale here.",
        "Create the product, or ask the supplier to leave it out.",
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
    (
        "total_changed",
        "The order costs something else than the expected_total you sent. Nothing was ordered.",
        "total is what it costs now. Show it to the buyer, and send it as expected_total if they agree.",
    ),
    (
        "too_many_unpaid",
        "As many of your orders as may be wait for their payment already.",
        "Pay or cancel one of them, or wait until they expire. most says how many there may be.",
    ),
    (
        "payment_in_progress",
        "A payment of the order is under way at the payment provider, so that confirming it by hand could take the money twice.",
        "Wait until the payment succeeds, or cancel the order and place another.",
    ),
    (
        "on_hold",
        "The order's payment is disputed. Until that is settled, the order is neither shipped nor cancelled.",
        "Answer the dispute at the payment provider, or wait for its end.",
    ),
    (
        "order_refunded",
        "Money of the order was given back, or is on its way, so that it is not shipped.",
        "Cancel the order, and place another for what shall still be sent.",
    ),
    (
        "order_not_changeable",
        "In its status the order can no longer be changed by you.",
        "order_status says where it is. Customers change pending orders, staff those that are not shipped.",
    ),
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
