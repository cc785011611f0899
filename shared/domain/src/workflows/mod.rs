//! What the shop does, one story per file: each is one transaction that locks, asks each capability for its part and
//! tells the outbox. The rules and the SQL are those of the capabilities.
//!
//! A story is refused for the reasons of the capability whose route it serves. Where one uses another, it is one of
//! those above it in this order: `close`, `ship`, `refund`, `dispute`, `fraud_warning`, `take_payment`, `join`, the stories of orders with
//! `place` above `complete` and `edit_lines`, `apply_event`, `reconcile`.

mod acknowledge;
mod apply_event;
mod cancel;
mod close;
mod comment;
mod complete;
mod confirm;
mod correct_address;
mod create_product;
mod dispute;
mod edit_lines;
mod erase;
mod export;
mod extend_order;
mod fraud_warning;
mod join;
mod place;
mod reconcile;
mod refund;
mod release_payment;
mod resend_email;
mod return_goods;
mod send_link;
mod ship;
mod take_payment;

pub use acknowledge::{acknowledge, discard_dead_letter, discarded_dead_letter};
pub use apply_event::{apply_event, receive_event};
pub use cancel::cancel_order;
pub use close::{CloseOutcome, close_order};
pub use comment::comment_on_order;
pub use complete::{Completion, CompletionRefusal, SeenCheckout, complete_checkout};
pub use confirm::confirm_order;
pub use correct_address::correct_guest_address;
pub use create_product::create_product;
pub use edit_lines::{EditOutcome, SeenOrder, edit_order_lines};
pub use erase::{erase_own_account, erase_user};
pub use export::{Export, ExportedOrder, export_account};
pub use extend_order::extend_order;
pub use fraud_warning::release_hold;
pub use join::claim_orders;
pub use place::place_order;
pub use reconcile::{reconcile_disputes, reconcile_payments, reconcile_refunds, report_unreadable};
pub use refund::{apply_refund_update, fail_refund, give_up_refund, refund_payment};
pub use release_payment::release_payment;
pub use resend_email::resend_email;
pub use return_goods::{
    approve_return, cancel_return, receive_return, reject_return, request_return,
};
pub use send_link::send_order_link;
pub use ship::{cancel_fulfillment, fulfill_order, ship_fulfillment, ship_order};
pub use take_payment::{apply_payment_update, payment_missing, payments_of_order, start_payment};
