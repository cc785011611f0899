//! The codes of products, stock, orders and payments.

use super::Entry;

pub(super) const CODES: &[Entry] = &[
    // Products and stock
    (
        "product_not_found",
        "There is no such product, or it is not visible to you.",
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
    (
        "product_archived",
        "The product is archived and cannot be changed.",
        "Create another product.",
    ),
    ("category_not_found", "There is no such category.", "Look it up in the list of categories."),
    (
        "category_name_taken",
        "Another category with the same parent has this name.",
        "Choose another name, or another parent.",
    ),
    (
        "category_cycle",
        "A category cannot be its own ancestor.",
        "Choose a parent that is not one of its subcategories.",
    ),
    (
        "category_in_use",
        "The category still has products or subcategories.",
        "Move them elsewhere first.",
    ),
    (
        "unknown_sku",
        "No product has this SKU, or it was archived.",
        "Look it up in the list of stock levels, or create the product. The id of an archived product finds its stock.",
    ),
    (
        "no_good_count",
        "None of the counts of a feed is accepted.",
        "rejected lists the rows with their reasons. Correct them and send the feed again.",
    ),
    (
        "below_reserved",
        "The stock on hand would be lower than the number of pieces reserved for orders.",
        "reserved says how many those are. Cancel orders first, or remove fewer pieces.",
    ),
    (
        "too_much_stock",
        "The stock on hand of a product cannot exceed 1,000,000,000 pieces.",
        "Check the delta; it may have a digit too many.",
    ),
    // Checkouts
    (
        "checkout_not_found",
        "There is no such checkout, or it is not yours.",
        "GET /v1/me/checkout shows the one that your devices share.",
    ),
    ("no_checkout", "Your account has no open checkout.", "Create one with POST /v1/checkouts."),
    (
        "checkout_completed",
        "The checkout became an order and cannot change any more.",
        "order is the order. To buy something else, create another checkout.",
    ),
    (
        "checkout_over",
        "The checkout was cancelled or has expired, as checkout_status says.",
        "Create another one.",
    ),
    (
        "checkout_not_ready",
        "The checkout cannot become an order as it is: something is missing, or no longer offered.",
        "bill.problems says what and where. Change the checkout, and complete it over its new total.",
    ),
    // Orders
    (
        "order_not_found",
        "There is no such order, or it is not yours.",
        "Look it up in the list of your orders.",
    ),
    (
        "not_for_sale",
        "The product is not for sale: it does not exist, is a draft, was archived, or has a price that can no longer be charged.",
        "Remove the product named in the problem from the order. Staff can change a price that cannot be charged.",
    ),
    (
        "out_of_stock",
        "There is less in stock than the order needs. Nothing was reserved.",
        "lines gives the requested and the available quantity of each product. Order what is available, or try again later.",
    ),
    (
        "mixed_currencies",
        "The products have prices in different currencies.",
        "Place one order for each currency.",
    ),
    (
        "total_too_large",
        "The order's total is higher than the maximum amount of a payment in its currency.",
        "most is the maximum. Split it into several orders.",
    ),
    (
        "total_too_small",
        "The order's total is lower than the minimum amount of a payment in its currency, and not 0. Nothing was reserved.",
        "least is the minimum. Order more; staff can also set the price to 0.",
    ),
    (
        "illegal_move",
        "The order's status does not allow this transition.",
        "allowed lists the statuses that the order can change to; it may be empty.",
    ),
    ("order_ending", "The order is about to be cancelled.", "Place a new one."),
    (
        "total_changed",
        "The order's total differs from the expected_total you sent. Nothing was ordered or changed.",
        "total is the current total, and bill says how it is made up. Show it to the buyer, and send it as expected_total if they agree.",
    ),
    (
        "too_many_unpaid",
        "You have the maximum number of unpaid orders.",
        "Pay or cancel one of them, or wait until one expires. most is the maximum. If there is most_verified, you may have as many once you verify your email address.",
    ),
    (
        "too_many_unpaid_pieces",
        "Your unpaid orders would have more pieces of a product than they may have before you verify your email address.",
        "Verify the address: POST /v1/auth/email/resend sends a link. Or order at most as many pieces of product as most says, or pay first.",
    ),
    (
        "email_unproven",
        "Nothing is to pay for the order, and you have not verified your email address.",
        "Verify the address: POST /v1/auth/email/resend sends a link. Then send the order again.",
    ),
    (
        "payment_in_progress",
        "A payment of the order is in progress at the payment provider, so confirming the order manually or paying another way could take the money twice.",
        "Wait until the payment succeeds or fails. Staff can let go of one that nobody pays: POST /v1/payments/…/release.",
    ),
    (
        "order_of_account",
        "The order belongs to an account, so emails about it go to the account's address.",
        "The buyer changes it in their account.",
    ),
    (
        "on_hold",
        "The order's payment is disputed. The order cannot be shipped, nor cancelled before the bank has decided.",
        "Respond to the dispute at the payment provider, or wait for its outcome. If it is lost, cancel the order.",
    ),
    (
        "order_refunded",
        "All money of the order was refunded, or is being refunded, so it cannot be shipped.",
        "Cancel the order. If a part of it is shipped, refund the pieces that are left: they are not shipped then, and cost nothing.",
    ),
    (
        "fulfillment_not_found",
        "There is no parcel with this id.",
        "The list of fulfillments of an order has the ids of its parcels.",
    ),
    (
        "illegal_fulfillment_move",
        "The parcel was handed over or cancelled before.",
        "fulfillment_status is its current status. Only a packed parcel can be shipped or cancelled.",
    ),
    (
        "too_many_to_ship",
        "The order has fewer pieces of the product left to ship.",
        "left is how many of product are in no parcel and not refunded. Read the order's lines: quantity - fulfilled - removed.",
    ),
    (
        "nothing_to_ship",
        "All pieces of the order are in parcels, or were refunded before they were shipped.",
        "Ship or cancel its packed parcels. Cancel the order if none of it was shipped.",
    ),
    (
        "partly_shipped",
        "A part of the order was handed over to a carrier, so the order cannot be cancelled.",
        "Refund the pieces that are left, by lines: they are not shipped then.",
    ),
    (
        "pieces_packed",
        "Pieces of product are in a packed parcel: they are neither shipped nor left to ship.",
        "Ship the parcel, or cancel it, and refund the pieces then.",
    ),
    (
        "order_not_changeable",
        "The order's status does not allow you to change it.",
        "order_status is the current status. Customers can change pending orders, staff also the address and note of those that are not shipped. Pieces of a paid order are taken out by a refund.",
    ),
    // Payments
    (
        "not_payable",
        "Only a pending order can be paid; this one is paid or cancelled.",
        "Read the order to see its status.",
    ),
    (
        "too_many_payments",
        "The order has the maximum number of started payments. The number is limited because each one extends the reservation of its stock.",
        "Continue the payment that was started last, or place a new order. most is the maximum; it is higher once you verify your email address.",
    ),
    ("refund_not_found", "There is no such refund.", "List the payment's refunds."),
    (
        "payment_not_at_stripe",
        "Stripe knows neither the refund nor its payment, so it cannot tell whether the refund was given.",
        "Check that the API key is of the account that took the payment, and repeat the request.",
    ),
    ("dispute_not_found", "There is no such dispute.", "List the disputes."),
    (
        "payment_disputed",
        "The bank has withdrawn the payment, finally or until it decides, so a refund would pay the buyer twice.",
        "List the order's disputes. If one is won, the payment can be refunded again.",
    ),
    (
        "not_refundable",
        "The payment did not succeed, so it cannot be refunded.",
        "payment_status is its current status. Cancel an unpaid order instead.",
    ),
    (
        "nothing_left",
        "Nothing is left of what the refund asks for, counting refunds in progress: of the payment, of shipping, or of pieces that were not shipped.",
        "List the payment's refunds to see them.",
    ),
    (
        "reason_required",
        "A payment that was not taken by Stripe is refunded without a reason.",
        "Send a reason: it is all that is known of the refund later.",
    ),
    (
        "amount_too_large",
        "The refund is higher than the remaining amount of the payment, or that is less than what is due for the pieces, because a bank holds a part of it.",
        "left is the remaining amount; refunds in progress count as refunded.",
    ),
    (
        "other_currency",
        "The refund is in another currency than the payment.",
        "left shows the payment's currency.",
    ),
    (
        "amount_off_step",
        "The refund is not a whole number of the smallest steps in which its currency can be paid back.",
        "step is that step, such as 0.010 KWD or 1.00 ISK. Round the amount to it.",
    ),
    (
        "too_many_pieces",
        "The refund has more pieces of a product than the order has left to refund.",
        "left says how many pieces of product are left.",
    ),
    (
        "not_shipped",
        "Nothing of the order was shipped, so its pieces cannot be restocked.",
        "Leave restock out: pieces that are refunded before they are shipped are released by the refund.",
    ),
    (
        "too_many_restocked",
        "The refund restocks more pieces of a product than were shipped and not restocked yet. Pieces restocked by a failed refund count as restocked.",
        "left says how many pieces of product can still be restocked.",
    ),
    (
        "payment_not_found",
        "There is no such payment, or it is not yours.",
        "List the payments of the order.",
    ),
    (
        "amount_mismatch",
        "The payment provider reports another amount than the payment was created with.",
        "Nothing was recorded. Contact us with the request_id, so that somebody investigates it.",
    ),
    (
        "bad_signature",
        "The webhook was not signed by Stripe with our secret, or not within the last five minutes.",
        "Only Stripe calls this route. If it was Stripe, the signing secret of the endpoint is not the configured one.",
    ),
    (
        "amount_not_chargeable",
        "The payment provider cannot charge this amount in this currency. `stripe_code` is its code, if it has one.",
        "Change the order, or its prices. If neither the amount nor the currency is unusual, contact us.",
    ),
];
