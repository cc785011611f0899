//! The statements that use discounts, take them back, and read the rules that hold then.

use crate::db::{Ask, DbError, Tx, params, queries};
use crate::email::Email;
use crate::id::{DiscountId, OrderId};
use crate::money::Currency;
use crate::pricing::{AppliedDiscount, Destination, Rules, Wish};
use crate::viewer::Holder;
use postgres_types::Json;
use tokio_postgres::Row;

queries! {
    /// Limited discounts are locked by ascending id, after the products: this lock is the last one taken. It returns those that
    /// are refused. The order is inserted later, in the same transaction.
    USE: "use discounts" = "
        with want as (
            select id, amount, buyer.key as buyer
            from unnest($2::uuid[], $3::int8[]) as want (id, amount),
                 (select discount_buyer(coalesce((select email_norm from users where id = $4), $5)) as key) as buyer
        ), locked as (
            select d.id from discounts d join want using (id) where d.max_uses is not null order by d.id for no key update of d
        ), counted as (
            update discounts d set used = d.used + 1 from locked where d.id = locked.id and d.used < d.max_uses returning d.id
        ), kept as (
            insert into discount_uses (discount_id, order_id, code, title, target, amount_minor, buyer, nth)
            select want.id, $1, d.code, d.title, d.target, want.amount, want.buyer, free.nth
            from want
            join discounts d using (id)
            cross join lateral (
                select min(use.nth)::smallint as nth from generate_series(1, d.max_per_buyer) as use (nth)
                where not exists (
                    select from discount_uses u
                    where (u.discount_id, u.buyer, u.nth) = (d.id, want.buyer, use.nth) and u.released_at is null)) as free
            where d.active and now() >= d.starts_at and now() < d.ends_at
              and (d.max_per_buyer is null or free.nth is not null)
              and (d.max_uses is null or want.id in (select id from counted))
            on conflict do nothing
            returning discount_id
        )
        select id from want where id not in (select discount_id from kept)";

    /// Locks, by ascending id, whatever limited discount the order may use afterwards.
    TAKE_BACK: "take back an order's discounts" = "select take_back_discounts($1)";

    /// Behind what changes which discounts may be used.
    CURRENT_RULES: "read the rules that price a basket" = "
        select pricing_rules($1, $2, $3, $4, $5,
                             discount_buyer(coalesce((select email_norm from users where id = $6), $7)), $6) as rules
        from shop_pricing
        where has_rules";
}

/// Takes back what an order that waits for its payment uses. Nothing may be committed until its discounts are used anew.
pub(crate) fn take_back(order: OrderId) -> Ask<()> {
    Ask::new(&TAKE_BACK, params![order], |_| Ok(()))
}

/// Uses these discounts for an order. Returns those that are used up, or no longer hold: then nothing may be committed.
pub(crate) async fn use_discounts(
    tx: &Tx<'_>,
    order: OrderId,
    buyer: &Holder,
    discounts: &[&AppliedDiscount],
) -> Result<Vec<DiscountId>, DbError> {
    let ids: Vec<_> = discounts.iter().map(|discount| discount.id).collect();
    let amounts: Vec<_> = discounts.iter().map(|discount| discount.amount.minor).collect();
    let (user, guest) = (buyer.user(), buyer.guest().map(Email::normalized));
    let refused = tx.rows(&USE, &[&order, &ids, &amounts, &user, &guest]).await?;
    Ok(refused.iter().map(|row| row.get("id")).collect())
}

/// The rules for what a buyer wishes, in the currency of the basket.
pub(crate) fn current_rules(wish: &Wish, currency: Currency, buyer: &Holder) -> Ask<Rules> {
    let place = wish.destination.as_ref();
    let prefixes = place.map(Destination::postal_prefixes).unwrap_or_default();
    let inputs = params![
        place.map(|place| place.country().code()),
        place.map_or_else(String::new, |place| place.region().to_owned()),
        prefixes.into_iter().map(str::to_owned).collect::<Vec<_>>(),
        wish.codes.as_slice().to_vec(),
        currency.code(),
        buyer.user(),
        buyer.guest().map(Email::normalized).map(str::to_owned),
    ];
    // A shop without rules has no row.
    Ask::new(&CURRENT_RULES, inputs, |rows| {
        rows.first().map(rules).transpose().map(Option::unwrap_or_default)
    })
}

fn rules(row: &Row) -> Result<Rules, DbError> {
    let rules: Result<Option<Json<Rules>>, _> = row.try_get("rules");
    let rules = rules.map_err(|_| DbError::invalid_row(&CURRENT_RULES, "rules"))?;
    Ok(rules.map(|Json(rules)| rules).unwrap_or_default())
}
