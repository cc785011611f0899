//! The database states the tax of a refund for which nobody stated it, as the domain's rule does.

use super::refund::Sale;
use domain::money::Currency;
use domain::pricing::refund::{Paid, Refundable};

#[tokio::test]
async fn the_database_knows_the_steps_of_all_currencies() {
    let sale = Sale::paid().await;
    for currency in Currency::all() {
        let step = format!("select money_step('{}')", currency.code());
        assert_eq!(sale.fixture.shop.one::<i64>(&step).await, currency.step().minor, "{step}");
    }
}

#[tokio::test]
async fn refunds_by_amount_take_the_tax_that_the_rule_gives_them() {
    let sale = Sale::paid().await;
    let shop = &sale.fixture.shop;
    let (total, tax) = (3750, 599);
    shop.run("set session_replication_role = replica").await;
    shop.run("update orders set tax_included_minor = 599").await;
    shop.run("update order_lines set tax_included_minor = 599").await;
    shop.run("set session_replication_role = origin").await;
    let mut paid = Paid { total, tax, ..Paid::default() };

    for amount in [1, 333, 1000, 7, 1, 2408] {
        let insert = format!(
            "insert into refunds (id, payment_id, amount_minor, status, origin)
             select gen_random_uuid(), id, {amount}, 'requested', 'api' from payments returning tax_minor"
        );
        let stated = shop.one::<i64>(&insert).await;

        let part = Refundable::new(1, paid, total - paid.refunded).amount(amount);
        assert_eq!(stated, part.tax, "{amount} after {paid:?}");
        paid.refunded += amount;
        paid.tax_refunded += stated;
    }

    assert_eq!((paid.refunded, paid.tax_refunded), (total, tax));
}
