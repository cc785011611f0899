//! Every statement that the functions send, for tests that prepare and plan them.

use crate::db::{self, Query};
use crate::ordering::returns;
use crate::payments::{dispute, fraud_warning, reconciliation, refund};
use crate::pricing::discounts;
use crate::{
    accounts, acknowledgement, audit, catalog, checkouts, guests, idempotency, inbox, inventory,
    mail, operations, ordering, outbox, payments, pricing, retention,
};

/// All statements, each once.
pub fn all() -> impl Iterator<Item = &'static Query> {
    [
        db::ALL,
        db::ACTOR_QUERIES,
        accounts::ALL_QUERIES,
        acknowledgement::ALL_QUERIES,
        audit::ALL_QUERIES,
        accounts::BUCKET_QUERIES,
        accounts::ERASURE_QUERIES,
        accounts::LINK_QUERIES,
        accounts::SESSION_QUERIES,
        catalog::ALL_MATCHES,
        catalog::ALL_PAGES,
        catalog::ALL_QUERIES,
        checkouts::ALL_QUERIES,
        checkouts::OFFER_QUERIES,
        guests::ALL_QUERIES,
        idempotency::ALL,
        inbox::ALL,
        inventory::ALL_COUNTS,
        inventory::EXCHANGE_QUERIES,
        inventory::ALL_LISTS,
        inventory::ALL_QUERIES,
        inventory::GOODS_QUERIES,
        mail::ALL,
        operations::ALL_CHECKS,
        operations::ATTENTION_QUERIES,
        operations::PARCEL_CHECKS,
        operations::PART_CHECKS,
        operations::RETURN_CHECKS,
        operations::ALL_QUERIES,
        outbox::ALL,
        payments::ALL_QUERIES,
        payments::ERASURE_QUERIES,
        payments::EVENT_QUERIES,
        payments::FULL_REFUND_QUERIES,
        payments::HOSTED_PAGE_QUERIES,
        payments::MISSING_QUERIES,
        payments::OFFLINE_QUERIES,
        payments::SURPLUS_QUERIES,
        dispute::ALL_QUERIES,
        fraud_warning::ALL_QUERIES,
        reconciliation::ALL_QUERIES,
        reconciliation::RUN_QUERIES,
        pricing::ALL_USES,
        discounts::ALL_QUERIES,
        returns::ALL_QUERIES,
        refund::ALL_QUERIES,
        refund::GONE_QUERIES,
        refund::INSERT_QUERIES,
        refund::LINE_QUERIES,
        refund::REFUNDABLE_QUERIES,
        refund::RETURN_QUERIES,
        refund::SUPERSEDED_QUERIES,
        pricing::settings::ALL_QUERIES,
        pricing::shipping_methods::ALL_QUERIES,
        pricing::taxes::ALL_QUERIES,
        retention::ALL,
    ]
    .into_iter()
    .chain(ordering::ALL_QUERIES)
    .flatten()
}
