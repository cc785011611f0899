//! The codes of the shop itself.

use super::Entry;

pub(super) const CODES: &[Entry] = &[
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
        "A payment of the order is under way at the payment provider, so that confirming it by hand or paying another way could take the money twice.",
        "Wait until the payment succeeds or fails, or cancel the order and place another.",
    ),
    (
        "on_hold",
        "The order's payment is disputed. The order is not shipped, and not cancelled before the bank has decided.",
        "Answer the dispute at the payment provider, or wait for its end. If it is lost, cancel the order.",
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
        "too_many_payments",
        "The order was begun to be paid as often as may be; each time holds its stock anew.",
        "Go on with the payment that was begun last, or place a new order. most says how many tries there may be.",
    ),
    ("refund_not_found", "There is no such refund.", "List the payment's refunds."),
    ("dispute_not_found", "There is no such dispute.", "List the disputes."),
    (
        "payment_disputed",
        "The bank has taken the payment back, for good or until it decides, so that a refund would pay the buyer twice.",
        "List the order's disputes. If one is won, the payment can be refunded again.",
    ),
    (
        "not_refundable",
        "The payment did not succeed, so nothing of it can be given back.",
        "payment_status says where it stands. An order that is not paid is cancelled instead.",
    ),
    (
        "nothing_left",
        "All of the payment was given back, or is on its way.",
        "List the payment's refunds to see them.",
    ),
    (
        "amount_too_large",
        "The refund is over more than is left of the payment.",
        "left says how much that is; refunds on their way count as given.",
    ),
    (
        "other_currency",
        "The refund is in another currency than the payment.",
        "left shows the payment's currency.",
    ),
    (
        "too_many_pieces",
        "The refund names more pieces than the order has that were not refunded.",
        "left says how many of product there are.",
    ),
    (
        "not_shipped",
        "The order was not shipped, so that none of its goods can come back to the shelf.",
        "Leave restock out. A cancelled order has its goods back already; one that is not shipped is cancelled instead.",
    ),
    (
        "too_many_restocked",
        "More pieces are to go back on the shelf than are outside. A refund that failed has put its own back all the same.",
        "left says how many of product can still come back.",
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
        "reconciliation_not_found",
        "There is no comparison with Stripe that has this id.",
        "List them, or ask for a new one.",
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
];
