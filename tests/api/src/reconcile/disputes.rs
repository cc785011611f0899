//! Disputes that Stripe lists, without a webhook.

use super::Fixture;
use stack::stripe::{DisputeOptions, DisputeOutcome};

impl Fixture {
    /// The PaymentIntent of an order that is paid, as we know.
    async fn paid(&self) -> String {
        let (order, intent) = self.paid_without_webhook().await;
        self.start_payment(order).await;
        assert_eq!(self.status(order).await, "confirmed");
        intent
    }

    fn dispute(&self, intent: &str, options: DisputeOptions<'_>) -> String {
        let dispute = self.stripe.open_dispute_with(intent, options).unwrap();
        dispute["id"].as_str().unwrap().to_owned()
    }

    /// The stored dispute, and whether the order is on hold.
    async fn dispute_state(&self) -> String {
        let sql = "
            select concat_ws(' | ', case when on_hold then 'on hold' else 'free' end,
                (select concat_ws(' ', status, reason, amount_minor,
                     case when evidence_due_at is null then 'no day' end,
                     case when closed_at is not null then 'closed' end)
                 from disputes),
                (select count(*) || ' mail' from outbox where dedupe_key like 'dispute_opened:%'))
            from orders";
        self.shop.one(sql).await
    }
}

fn finding(kind: &str, subject: &str) -> (String, String, bool) {
    (kind.to_owned(), subject.to_owned(), true)
}

#[tokio::test]
async fn a_dispute_whose_webhook_was_lost_holds_the_goods_after_one_run() {
    let fixture = Fixture::open().await;
    let intent = fixture.paid().await;
    let dispute = fixture.dispute(&intent, DisputeOptions::default());

    let first = fixture.next_run().await;
    let found = fixture.findings().await;
    let second = fixture.next_run().await;

    assert_eq!((first.disputes, first.healed, second.healed), (1, 1, 0));
    assert_eq!(found, [finding("dispute_missing", &dispute)]);
    assert_eq!(fixture.dispute_state().await, "on hold | needs_response fraudulent 1999 | 1 mail");
    let listed = fixture.operations.get("/v1/ops/reconciliations").by(&fixture.admin).await;
    assert_eq!(listed.body["data"][0]["disputes"], 1, "{}", listed.body);
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn what_became_of_a_dispute_is_taken_over_step_by_step() {
    let fixture = Fixture::open().await;
    let intent = fixture.paid().await;
    let dispute = fixture.dispute(
        &intent,
        DisputeOptions { amount: Some(0), due_by: Some(0), ..Default::default() },
    );
    fixture.next_run().await;

    for (status, expected) in [
        ("under_review", "on hold | under_review fraudulent 0 no day | 1 mail"),
        ("lost", "on hold | lost fraudulent 0 no day closed | 1 mail"),
        ("appeal_needs_response", "on hold | appeal_needs_response fraudulent 0 no day | 1 mail"),
        ("a_status_of_tomorrow", "on hold | a_status_of_tomorrow fraudulent 0 no day | 1 mail"),
        ("won", "free | won fraudulent 0 no day closed | 1 mail"),
    ] {
        fixture.stripe.set_dispute_status(&dispute, status).unwrap();
        let report = fixture.next_run().await;
        let found = fixture.findings().await;
        let again = fixture.next_run().await;

        assert_eq!((report.healed, again.healed), (1, 0), "{status}");
        assert_eq!(found, [finding("dispute_behind", &dispute)], "{status}");
        assert_eq!(fixture.dispute_state().await, expected);
    }
    fixture.shop.check_invariants().await;
}

#[tokio::test]
async fn a_dispute_of_another_program_is_none_of_our_business() {
    let fixture = Fixture::open().await;
    let foreign = fixture.stripe.create_foreign_intent(500, "eur").unwrap();
    let intent = foreign["id"].as_str().unwrap();
    fixture.stripe.pay(intent, stack::stripe::Card::Visa).unwrap();
    let dispute = fixture.dispute(intent, DisputeOptions::default());
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Lost).unwrap();

    let report = fixture.next_run().await;

    assert_eq!((report.disputes, report.healed), (1, 0));
    assert_eq!(fixture.findings().await, []);
    assert_eq!(fixture.shop.one::<i64>("select count(*) from disputes").await, 0);
}

const MOVED: &str =
    "select string_agg(replace(kind, 'dispute_', '') || ' ' || amount_minor, ' ' order by entry_id)
                     from ledger where kind like 'dispute%'";

#[tokio::test]
async fn money_that_a_bank_moved_counts_although_all_its_events_are_lost() {
    let fixture = Fixture::open().await;
    let intent = fixture.paid().await;
    let dispute = fixture.dispute(&intent, DisputeOptions::default());

    fixture.next_run().await;
    let withdrawn = fixture.shop.one::<String>(MOVED).await;
    fixture.stripe.close_dispute(&dispute, DisputeOutcome::Won).unwrap();
    fixture.next_run().await;
    let again = fixture.next_run().await;
    // The events come after all.
    let api = crate::stripe_webhook::api(&fixture.shop);
    for event in fixture.stripe.events() {
        assert_eq!(api.stripe_event(&event).await.status, 200);
    }

    assert_eq!((withdrawn.as_str(), again.healed), ("withdrawn 1999", 0));
    let moved = fixture.shop.one::<String>(MOVED).await;
    assert_eq!(moved, "withdrawn 1999 reinstated 1999");
    fixture.audit().await;
}

#[tokio::test]
async fn money_that_a_bank_moved_is_found_although_the_dispute_itself_is_known() {
    let fixture = Fixture::open().await;
    let intent = fixture.paid().await;
    let dispute = fixture.dispute(&intent, DisputeOptions::default());
    let mut created = fixture.stripe.events().into_iter().rev();
    let mut created = created.find(|event| event["type"] == "charge.dispute.created").unwrap();
    created["data"]["object"]["balance_transactions"] = serde_json::json!([]);
    crate::stripe_webhook::api(&fixture.shop).stripe_event(&created).await;
    let before = fixture.shop.one::<Option<String>>(MOVED).await;

    let report = fixture.next_run().await;
    let found = fixture.findings().await;
    let again = fixture.next_run().await;

    assert_eq!((before, report.healed, again.healed), (None, 1, 0));
    assert_eq!(found, [finding("dispute_behind", &dispute)]);
    assert_eq!(fixture.shop.one::<String>(MOVED).await, "withdrawn 1999");
    fixture.audit().await;
}
