//! The codes about taxes, shipping and discounts.

use super::Entry;

pub(super) const CODES: &[Entry] = &[
    // Discounts
    ("discount_not_found", "There is no such discount.", "Look it up in the list of discounts."),
    (
        "code_taken",
        "Another active discount has this code.",
        "Choose another code, or set active of the other discount to false first.",
    ),
    (
        "limit_fixed",
        "Whether a discount has a limit of uses is settled when it is created; a limit for each buyer can be raised or removed, but not lowered or added.",
        "Set active of the discount to false, and create another one.",
    ),
    (
        "below_used",
        "More orders have the discount than the new limit allows.",
        "used says how many those are. Choose a limit that is not lower, or set active to false to end it.",
    ),
    // Taxes and shipping
    (
        "tax_country_not_found",
        "This country is not taxed.",
        "Say how it is taxed with PUT at the same address.",
    ),
    (
        "tax_rate_taken",
        "A rate of the same place, category and component begins at the same time.",
        "Rates never change: let another one begin later.",
    ),
    (
        "shipping_method_not_found",
        "There is no such shipping method, or it is not offered.",
        "Look it up in the list of shipping methods.",
    ),
    // What orders are priced by
    (
        "address_required",
        "Tax and shipping depend on the destination, and the order has none.",
        "Send shipping_address.",
    ),
    (
        "region_required",
        "The shop's taxes or shipping prices in the country depend on the region.",
        "Send region (state or province) in shipping_address.",
    ),
    (
        "no_shipping_there",
        "Something in the order must be shipped, and the shop does not ship it to the destination.",
        "Choose another address, or order other products. Staff add zones to the shop's shipping methods.",
    ),
    (
        "shipping_required",
        "Something in the order must be shipped, and no shipping method was chosen.",
        "Choose one of options, and send its method as shipping_method.",
    ),
    (
        "shipping_option_gone",
        "The chosen shipping method is not offered for this order and destination.",
        "Choose one of options, and send its method as shipping_method.",
    ),
    (
        "discount_used_up",
        "Others used the last of a discount while the order was placed. No order was placed.",
        "total is what the order costs without it, and bill says how it is made up. Show it to the buyer, and send it as expected_total if they agree.",
    ),
    (
        "destination_changes_price",
        "Taxes and shipping of the order were priced for its country and region, so its address stays there.",
        "Cancel the order and place another one for the new destination. Other parts of the address can be changed.",
    ),
];
