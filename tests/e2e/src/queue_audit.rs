//! What the audit finds in the queues. `tests/api/src/breaches` covers what needs no queues.

use crate::open;
use invariants::Breach;
use local::{AuditConnections, Shop};
use serde_json::{Value, json};

async fn breaches(shop: &Shop, connections: &AuditConnections) -> Vec<Breach> {
    shop.audit(connections).unwrap().run().await.unwrap().breaches
}

#[tokio::test]
async fn a_message_that_was_sent_and_is_nowhere_is_named() {
    let shop = open().await;
    let connections = shop.audit_connections().await.unwrap();
    let (owner, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    assert_eq!(breaches(&shop, &connections).await, []);
    let count = json!({"v": 1, "source": "acme", "sequence": 7, "sku": "MUG-BLUE", "on_hand": 44});
    let sent = "insert into outbox (topic, dedupe_key, payload, sent_at)
                values ('inventory', 'count:acme:7:MUG-BLUE', $1::text::jsonb, now())";
    owner.execute(sent, &[&count.to_string()]).await.unwrap();

    let [lost] = <[Breach; 1]>::try_from(breaches(&shop, &connections).await).unwrap();

    let says = "count:acme:7:MUG-BLUE was sent, is not done, and is in no queue: MailQueue 0 ready, 0 in flight";
    assert!(lost.invariant == "I12" && lost.row.starts_with(says), "{lost}");
    // In the dead-letter queue it is not lost; but once the shop is idle it must not be there either.
    let message = shop.aws().send("InventoryDeadLetters", &count.to_string()).await.unwrap();
    assert_eq!(breaches(&shop, &connections).await, []);
    let idle = shop.audit(&connections).unwrap().when_idle().run().await.unwrap().breaches;
    let named = idle.iter().filter(|breach| breach.invariant == "I12").collect::<Vec<_>>();
    let [still] = &named[..] else { panic!("{idle:#?}") };
    assert!(
        still.row.starts_with(&format!("InventoryDeadLetters still holds {message}: ")),
        "{still}"
    );
}

#[tokio::test]
async fn a_message_that_has_no_effect_any_more_is_done_if_the_logs_say_so() {
    let shop = open().await;
    let connections = shop.audit_connections().await.unwrap();
    let (owner, connection) =
        tokio_postgres::connect(shop.database_url(), tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    let nobody = format!("ord_{}", "0".repeat(32));
    let message: Value = json!({"v": 1, "type": "order_placed", "order": nobody});
    let insert =
        "insert into outbox (topic, dedupe_key, payload) values ('mail', $1, $2::text::jsonb)";
    let key = format!("order_placed:{nobody}");
    owner.execute(insert, &[&key, &message.to_string()]).await.unwrap();

    shop.gateway.tick("Sweep").await.unwrap();
    crate::until("an empty queue", async || {
        shop.aws().messages("MailQueue").await.unwrap().is_empty().then_some(())
    })
    .await;

    assert_eq!(breaches(&shop, &connections).await, []);
}
