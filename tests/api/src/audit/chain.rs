//! The chain of the audit log, and what breaks it.

use super::Fixture;
use serde_json::json;
use std::future::IntoFuture as _;
use testkit::{Discount, send_all};

/// What an owner of the database can do: to compute all hashes anew.
const WRITE_ANEW: &str = "
    do $$
    declare
        entry audit_log;
        last  bytea := decode(repeat('00', 32), 'hex');
    begin
        for entry in select * from audit_log order by seq loop
            entry.previous_hash := last;
            last := audit_hash(entry);
            update audit_log set previous_hash = entry.previous_hash, hash = last where seq = entry.seq;
        end loop;
        update audit_head set hash = last;
    end $$";

#[tokio::test]
async fn fifty_changes_at_once_leave_a_chain_without_gaps() {
    let fixture = Fixture::new().await;
    let create = |number: usize| {
        let body = json!({"name": format!("Category {number}")});
        let key = format!("category number {number}");
        fixture.catalog.post("/v1/categories", &body).by(&fixture.staff).key(&key)
    };

    let made = send_all((0..50).map(create)).await;

    assert!(made.iter().all(|made| made.status == 201));
    let verified = fixture.verify(&json!({})).await;
    assert_eq!(verified["checked"], 50);
    assert_eq!(verified["head"]["seq"], 50);
    assert_eq!(verified["broken"], json!([]));
    assert_eq!(verified["next"], json!(null));
}

#[tokio::test]
async fn an_empty_log_is_whole() {
    let fixture = Fixture::new().await;
    let verified = fixture.verify(&json!({})).await;
    assert_eq!((&verified["checked"], &verified["broken"]), (&json!(0), &json!([])));
}

#[tokio::test]
async fn what_is_changed_removed_exchanged_or_added_afterwards_is_found() {
    for (sql, seq, kind) in [
        ("update audit_log set after = '{\"price_minor\": 1}' where seq = 3", 3, "changed"),
        ("update audit_log set actor = gen_random_uuid() where seq = 1", 1, "changed"),
        ("update audit_log set at = at - interval '1 day' where seq = 5", 5, "changed"),
        ("delete from audit_log where seq = 3", 4, "missing_before"),
        ("delete from audit_log where seq = 1", 2, "missing_before"),
        ("delete from audit_log where seq = 5", 5, "missing_end"),
        ("delete from audit_log", 5, "missing_end"),
        (
            "update audit_log a set before = b.before, after = b.after from audit_log b where a.seq + b.seq = 7 and a.seq in (3, 4)",
            3,
            "changed",
        ),
        (
            "update audit_log a set after = '{}', hash = audit_hash(row(a.id, a.actor, a.entity_type, a.entity, a.action, a.before, '{}', a.withheld, a.seq, a.at, a.previous_hash, null)::audit_log) where seq = 3",
            4,
            "unlinked",
        ),
        (
            "insert into audit_log (actor, entity_type, entity, action, after) values (gen_random_uuid(), 'order', 'x', 'created', '{}')",
            0,
            "unchained",
        ),
    ] {
        let fixture = Fixture::new().await;
        fixture.prices(5).await;

        fixture.tamper(sql).await;

        let verified = fixture.verify(&json!({})).await;
        assert_eq!(verified["broken"][0], json!({"seq": seq, "kind": kind}), "{sql}: {verified}");
    }
}

#[tokio::test]
async fn a_verification_goes_on_where_the_one_before_ended() {
    let fixture = Fixture::new().await;
    fixture.prices(5).await;
    fixture.tamper("update audit_log set entity = 'x' where seq = 4").await;

    let first = fixture.verify(&json!({"limit": 3})).await;
    let second = fixture.verify(&json!({"limit": 3, "after_seq": first["next"]})).await;

    assert_eq!(
        (&first["checked"], &first["next"], &first["broken"]),
        (&json!(3), &json!(3), &json!([]))
    );
    assert_eq!((&second["checked"], &second["next"]), (&json!(2), &json!(null)));
    assert_eq!(second["broken"], json!([{"seq": 4, "kind": "changed"}]));
}

#[tokio::test]
async fn a_chain_that_is_written_anew_is_found_by_an_end_that_was_kept() {
    let fixture = Fixture::new().await;
    fixture.prices(3).await;
    let kept = fixture.verify(&json!({})).await["head"].clone();
    fixture.prices(5).await;
    let body = json!({"kept": kept});
    let verify = || fixture.verify(&body);
    assert_eq!(verify().await["kept_is_in_chain"], true);

    fixture.tamper("update audit_log set after = '{\"price_minor\": 1}' where seq = 2").await;
    fixture.tamper(WRITE_ANEW).await;

    let verified = verify().await;
    assert_eq!(verified["broken"], json!([]));
    assert_eq!(verified["kept_is_in_chain"], false);
}

#[tokio::test]
async fn the_end_that_was_kept_before_the_first_entry_is_a_part_of_every_chain() {
    let fixture = Fixture::new().await;
    let kept = fixture.verify(&json!({})).await["head"].clone();
    let other = json!({"seq": 0, "hash": "1".repeat(64)});
    fixture.prices(2).await;

    assert_eq!(kept["seq"], 0);
    assert_eq!(fixture.verify(&json!({"kept": kept})).await["kept_is_in_chain"], true);
    assert_eq!(fixture.verify(&json!({"kept": other})).await["kept_is_in_chain"], false);
}

#[tokio::test]
async fn a_verification_of_what_cannot_be_is_refused() {
    let fixture = Fixture::new().await;
    for body in [
        json!({"after_seq": -1}),
        json!({"limit": 0}),
        json!({"limit": 50_001}),
        json!({"kept": {"seq": 1, "hash": "no hash"}}),
        json!({"kept": {"seq": -1, "hash": "0".repeat(64)}}),
    ] {
        let verify = fixture.operations.post("/v1/ops/audit/verify", &body);
        assert_eq!(verify.by(&fixture.admin).await.refusal(), (422, "invalid_value"), "{body}");
    }
}

#[tokio::test]
async fn the_functions_can_neither_write_change_nor_delete_an_entry() {
    let fixture = Fixture::new().await;
    fixture.prices(1).await;
    let app = fixture.shop.connect_as_app_rw().await;
    for sql in [
        "insert into audit_log (actor, entity_type, entity, action, after) values (gen_random_uuid(), 'order', 'x', 'created', '{}')",
        "update audit_log set entity = 'x'",
        "delete from audit_log",
        "update audit_head set seq = 0",
        "delete from audit_head",
    ] {
        let refused = app.batch_execute(sql).await.unwrap_err();
        assert_eq!(refused.code().unwrap().code(), "42501", "{sql}");
        let owner = fixture.shop.admin.batch_execute("update audit_log set entity = 'x'").await;
        assert_eq!(owner.unwrap_err().code().unwrap().code(), "23514");
    }
}

/// A cancelled order gives its discount back at the commit, when staff may hold the discount and wait for the end of the log.
#[tokio::test]
async fn staff_who_cancel_orders_and_change_their_discount_wait_for_one_another_without_a_deadlock()
{
    let fixture = Fixture::new().await;
    let limited = Discount { code: None, max_uses: Some(5), ..Discount::any() };
    fixture.shop.discount(limited).await;
    let buyer = fixture.shop.customer().await;
    let body = json!({"lines": [{"product": fixture.product, "quantity": 1}]});
    let placed = fixture.orders.post("/v1/orders", &body).by(&buyer).key("an order on sale").await;
    assert_eq!(placed.status, 201, "{}", placed.body);
    fixture.shop.run("begin").await;
    let staff = "select set_config('app.staff', gen_random_uuid()::text, true)";
    fixture.shop.one::<String>(staff).await;
    fixture.shop.run("update discounts set title = 'Winter sale'").await;

    let cancel = format!("/v1/orders/{}/cancel", placed.text("/id"));
    let cancel = fixture.orders.post(&cancel, &json!(null)).by(&fixture.staff);
    let cancel = cancel.key("staff cancel the order").into_future();
    let (cancelled, ()) = tokio::join!(cancel, fixture.shop.commit_once_awaited());

    assert!(cancelled.status < 300, "{}", cancelled.body);
    assert_eq!(fixture.shop.one::<i32>("select used from discounts").await, 0);
    assert_eq!(fixture.verify(&json!({})).await["broken"], json!([]));
    assert_eq!(fixture.places("?entity_type=discount").await, [1]);
}
