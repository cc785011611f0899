use super::*;
use domain::id::ReturnId;
use domain::ordering::returns::{Condition, Return, ReturnLine, ReturnStatus};

const WHERE_TO: &str = "Tradepost, Returns\nDock 4, 20457 Hamburg";

/// Two of the mugs.
fn back(status: ReturnStatus) -> ReturnedGoods {
    let order = order();
    let is_received = status == ReturnStatus::Received;
    let of_line = |line: &OrderLine| ReturnLine {
        product: line.product,
        sku: line.sku.clone(),
        name: line.name.clone(),
        quantity: 2,
        received: is_received.then_some(1),
        condition: is_received.then_some(Condition::Opened),
        restocked: 0,
    };
    let goods = Return {
        id: ReturnId::generate(),
        order: order.id,
        status,
        lines: order.lines.first().map(of_line).into_iter().collect(),
        note: Some("Too small".to_owned()),
        instructions: None,
        reason: None,
        refunded: euros(0),
        requested_at: order.created_at,
        decided_at: None,
        received_at: None,
        cancelled_at: None,
    };
    ReturnedGoods { order, goods }
}

fn with(status: ReturnStatus, change: impl FnOnce(&mut Return)) -> ReturnedGoods {
    let mut back = back(status);
    change(&mut back.goods);
    back
}

reads_as_it_should! {
    a_request_to_return_goods_is_acknowledged: ReturnRequested { back: back(ReturnStatus::Requested) };
    an_approved_return_says_what_to_do: ReturnApproved {
        back: with(ReturnStatus::Approved, |goods| goods.instructions = Some(WHERE_TO.to_owned()))
    };
    an_approved_return_without_instructions_asks_for_the_order_number: ReturnApproved {
        back: back(ReturnStatus::Approved)
    };
    a_rejected_return_says_why: ReturnRejected {
        back: with(ReturnStatus::Rejected, |goods| goods.reason = Some("The seal was broken".to_owned()))
    };
    returned_goods_that_arrived_are_acknowledged: ReturnReceived { back: back(ReturnStatus::Received) };
    returned_goods_that_arrived_after_their_money_are_acknowledged: ReturnReceived {
        back: with(ReturnStatus::Received, |goods| goods.refunded = euros(2500))
    };
}

#[test]
fn what_staff_write_about_a_return_is_text_and_never_markup() {
    let evil = "<script>alert(1)</script>";
    let back = with(ReturnStatus::Approved, |goods| goods.instructions = Some(evil.to_owned()));
    let email = ReturnApproved { back }.email(None).unwrap();
    assert!(!email.html.contains("<script>"), "{}", email.html);
    assert!(email.text.contains(evil), "{}", email.text);
}
