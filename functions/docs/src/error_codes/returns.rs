//! The codes of returns, and of their refunds.

use super::Entry;

pub(super) const CODES: &[Entry] = &[
    (
        "return_not_found",
        "There is no such return, or its order is not yours.",
        "The list of returns of an order has the ids of its returns.",
    ),
    (
        "illegal_return_move",
        "The return's status does not allow this transition, or does not allow it to you.",
        "return_status is its current status. allowed lists the statuses that you can change it to; it may be empty.",
    ),
    (
        "nothing_to_return",
        "Nothing of the order can be returned: it was not shipped, is in other returns, or came back before.",
        "The list of returns of the order says what is in them. One that was not decided on can be cancelled.",
    ),
    (
        "too_many_to_return",
        "The order has fewer pieces of the product that can be returned.",
        "left is how many of product were shipped, are in no other return and did not come back before.",
    ),
    (
        "return_window_closed",
        "The time in which buyers can request a return is over.",
        "It ended at closed_at. Ask the shop: staff can request a return at any time.",
    ),
    (
        "returns_by_staff",
        "Buyers cannot request returns at this shop.",
        "Ask the shop: staff can request a return.",
    ),
    (
        "too_many_received",
        "More pieces of a product arrived than the return has.",
        "left is how many of product the return has. Request another return for those that it has not.",
    ),
    (
        "return_of_other_order",
        "The return does not exist, or is of another order than the payment.",
        "The list of returns of the order has the ids of its returns.",
    ),
    (
        "return_not_refundable",
        "The return's status does not allow to refund its money.",
        "return_status is its current status, and allowed lists those in which its money can be refunded.",
    ),
    (
        "too_many_of_return",
        "The refund has more pieces of a product than the return has left to refund.",
        "left is how many of product arrived, or are to arrive, and were not refunded yet. Refund others without the return.",
    ),
];
