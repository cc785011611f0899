//! Breaches in what orders are made of, whose they are, and in checkouts. Where a constraint forbids one, it is dropped first.

use super::{Fixture, expect};
use invariants::BreachKind::Lost;

/// A checkout of the order's buyer, with further columns and their values.
fn checkout(columns: &str, values: &str) -> String {
    format!(
        "insert into checkouts (id, user_id, expires_at, {columns}) select gen_random_uuid(), user_id, now(), {values} from orders"
    )
}

/// The order in a currency whose amounts end in 0.
const IN_DINARS: &str =
    "update products set currency = 'KWD'; update order_lines set currency = 'KWD';
                         update orders set currency = 'KWD'";
const SHIPPED_BY_METHOD: &str =
    "update orders set shipping_method_id = gen_random_uuid(), shipping_name = 'Parcel'";

#[tokio::test]
async fn a_checkout_whose_order_is_not_its_own_or_not_the_only_one_is_named() {
    let completed = "status, order_id";
    let one = checkout(completed, "'completed', id");
    for (sql, rows) in [
        (
            format!(
                "alter table checkouts drop constraint checkouts_completed_has_order; {}",
                checkout("order_id", "id")
            ),
            1,
        ),
        (
            format!(
                "alter table checkouts drop constraint checkouts_completed_has_order; {}",
                checkout("status", "'completed'")
            ),
            1,
        ),
        (checkout(completed, "'completed', gen_random_uuid()"), 1),
        (format!("alter table checkouts drop constraint checkouts_one_order; {one}; {one}"), 2),
        (format!("{one}; update checkouts set user_id = gen_random_uuid()"), 1),
        (
            format!(
                "alter table checkouts drop constraint checkouts_current_is_open; {}",
                checkout("status, is_current", "'cancelled', true")
            ),
            1,
        ),
        (format!("drop index checkouts_one_current; {0}; {0}", checkout("is_current", "true")), 2),
    ] {
        let fixture = Fixture::with_order("pending").await;

        fixture.corrupt(&sql).await;

        let found = vec![("I15", Lost, "\"checkout\":\"chk_"); rows];
        expect(fixture.shop.audit(), &found).await;
    }
}

#[tokio::test]
async fn checkouts_and_their_orders_as_they_ought_to_be_are_no_breach() {
    let fixture = Fixture::with_order("pending").await;

    // A guest's, whose order became an account's later.
    fixture.corrupt(&checkout("status, order_id", "'completed', id")).await;
    fixture.corrupt("update checkouts set user_id = null, secret_hash = sha256('')").await;
    fixture.corrupt(&checkout("is_current", "true")).await;
    fixture.corrupt(&checkout("status", "'cancelled'")).await;

    expect(fixture.shop.audit(), &[]).await;
}

/// The guest of the order: with the address of its account, or another one, and joined or not.
fn guest(address: &str, joined_at: &str) -> String {
    format!(
        "insert into order_guests (order_id, email, email_norm, origin, joined_at)
         select o.id, {address}, {address}, 1, {joined_at} from orders o join users u on u.id = o.user_id"
    )
}

#[tokio::test]
async fn an_order_of_nobody_or_of_another_address_than_its_guests_is_named() {
    let joined = guest("u.email_norm", "now()");
    for (sql, found) in [
        ("update orders set user_id = null".to_owned(), "\"is_guests\":false"),
        (guest("u.email_norm", "null"), "\"joined_at\":null"),
        (format!("{joined}; update orders set user_id = null"), "\"user\":null"),
        (guest("'somebody@example.com'", "now()"), "\"is_address_of_user\":false"),
        (format!("{joined}; update users set email_verified_at = null"), "\"is_proven\":false"),
    ] {
        let fixture = Fixture::with_order("pending").await;

        fixture.corrupt(&sql).await;

        expect(fixture.shop.audit(), &[("I17", Lost, found)]).await;
    }
}

#[tokio::test]
async fn orders_of_guests_are_no_breach_joined_by_their_account_or_not() {
    let fixture = Fixture::with_order("pending").await;

    fixture.corrupt(&guest("u.email_norm", "now()")).await;
    expect(fixture.shop.audit(), &[]).await;

    fixture
        .corrupt("update order_guests set joined_at = null; update orders set user_id = null")
        .await;
    expect(fixture.shop.audit(), &[]).await;
}

#[tokio::test]
async fn an_amount_between_two_steps_of_its_currency_is_named() {
    for (sql, found) in [
        (
            format!("{SHIPPED_BY_METHOD}, shipping_minor = 5, total_minor = total_minor + 5"),
            "\"amounts\":[\"shipping\",\"total\"]",
        ),
        (
            "update order_lines set discount_minor = 10;
             update orders set discount_minor = 10, total_minor = total_minor - 10;
             insert into discount_uses (discount_id, order_id, title, target, amount_minor, buyer)
             select gen_random_uuid(), id, 'Sale', 'order', minor, sha256('') from orders, unnest(array[3, 7]) as minor"
                .to_owned(),
            "\"amounts\":[\"use of a discount\",\"use of a discount\"]",
        ),
        (
            format!(
                "{SHIPPED_BY_METHOD};
                 insert into order_taxes (order_id, country, region, component, label, rate_ppm, base_minor, tax_minor, included)
                 select id, 'KW', '', 'tax', 'VAT', 0, 15, 0, false from orders"
            ),
            "\"amounts\":[\"base of a tax\"]",
        ),
    ] {
        let fixture = Fixture::with_order("pending").await;

        fixture.corrupt(&format!("{IN_DINARS}; {sql}")).await;

        expect(fixture.shop.audit(), &[("I18", Lost, found)]).await;
    }
}

#[tokio::test]
async fn prices_between_two_steps_that_no_rule_has_touched_are_no_breach() {
    let fixture = Fixture::with_order("pending").await;
    let of_old = "update order_lines set unit_minor = 1995; update orders set subtotal_minor = 5985, total_minor = 5985";

    fixture.corrupt(&format!("{IN_DINARS}; {of_old}")).await;
    expect(fixture.shop.audit(), &[]).await;

    fixture.corrupt(SHIPPED_BY_METHOD).await;
    let found = "\"amounts\":[\"subtotal\",\"total\",\"unit price of a line\"]";
    expect(fixture.shop.audit(), &[("I18", Lost, found)]).await;
}

#[tokio::test]
async fn taxes_that_are_added_and_contained_in_one_order_are_named() {
    let taxes = |[added, contained]: [i64; 2]| {
        format!(
            "insert into order_taxes (order_id, country, region, component, label, rate_ppm, base_minor, tax_minor, included)
             select id, 'DE', '', 'tax', 'VAT', 190000, 3750, {added}, false from orders
             union all select id, 'DE', '', 'tax', 'MwSt', 190000, 3750, {contained}, true from orders"
        )
    };
    let both = "alter table orders drop constraint orders_tax_added_or_included;
                alter table order_lines drop constraint order_lines_within_price;
                update order_lines set tax_minor = 713, tax_included_minor = 599;
                update orders set tax_minor = 713, tax_included_minor = 599, total_minor = total_minor + 713";
    for (sql, found) in [
        (taxes([0, 0]), "\"tax_included\":0"),
        (format!("{both}; {}", taxes([713, 599])), "\"tax_included\":599"),
    ] {
        let fixture = Fixture::with_order("pending").await;

        fixture.corrupt(&sql).await;

        expect(fixture.shop.audit(), &[("I19", Lost, found)]).await;
    }
}
