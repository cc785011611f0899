//! Waits until the shop is quiet: time goes by faster, and the sweep comes until nothing waits any more.

use super::load::post;
use super::{Failed, Soak};
use crate::Shop;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const PATIENCE: Duration = Duration::from_mins(3);
const ONE_LETTER: Duration = Duration::from_secs(1);

/// Messages of somebody who died come again after seconds instead of minutes.
pub(super) async fn hurry(shop: &Shop) -> Result<(), Failed> {
    for queue in ["MailQueue", "InventoryQueue"] {
        let url = shop.aws().queue_url(queue)?;
        let wish = json!({"QueueUrl": url, "Attributes": {"VisibilityTimeout": "10"}});
        shop.aws().sqs().call("SetQueueAttributes", &wish).await?;
    }
    Ok(())
}

/// Every order's time is over, and every pause; an hour has gone by since we began payments that Stripe does not know,
/// and since our books were compared with Stripe's. A mail's claim is another's after half a minute: whoever is at work
/// on it longer is dead.
const TIME_GOES_BY: &str = "
    update orders set expires_at = now() - interval '1 second' where status = 'pending' and expires_at > now();
    update orders set close_at = now() where status = 'pending';
    update refunds set next_try_at = now() where status = 'requested';
    update payments set created_at = now() - interval '61 minutes'
    where status = 'creating' and provider_pi is null and created_at > now() - interval '1 hour';
    update reconciliations set started_at = least(started_at, now() - interval '61 minutes'), leased_until = now();
    update stripe_events set next_try_at = now() where processed_at is null and parked_reason is null;
    update outbox set available_at = now() where sent_at is null;
    update emails set claimed_until = now()
    where status = 'claimed' and claimed_until > now() and claimed_until < now() + interval '330 seconds'";

const WAITS: &str = "
    select concat_ws(', ',
        (select nullif(count(*), 0) || ' orders' from orders where status = 'pending'),
        (select nullif(count(*), 0) || ' refunds' from refunds where status = 'requested'),
        (select nullif(count(*), 0) || ' events' from stripe_events where processed_at is null and parked_reason is null),
        (select nullif(count(*), 0) || ' messages' from outbox where sent_at is null),
        (select nullif(count(*), 0) || ' mails' from emails where status = 'claimed'))";

pub(super) async fn settle(soak: &Soak<'_>) -> Result<(), Failed> {
    if let Some(stripe) = &soak.shop.stripe {
        stripe.release();
    }
    let start = Instant::now();
    loop {
        soak.database.batch_execute(TIME_GOES_BY).await?;
        // What fails is tried again.
        let _ = soak.shop.gateway.tick("Reconcile").await;
        let _ = soak.shop.gateway.tick("Sweep").await;
        post(&soak.admin(), "/v1/ops/dead-letters/redrive", &json!({})).await?;
        let mut waits: String = soak.database.query_one(WAITS, &[]).await?.get(0);
        for queue in ["MailQueue", "InventoryQueue", "MailDeadLetters", "InventoryDeadLetters"] {
            let messages = soak.shop.aws().messages(queue).await?.len();
            if messages > 0 {
                waits = format!("{waits}, {messages} in {queue}");
            }
        }
        if let Some(stripe) = &soak.shop.stripe
            && timeout(ONE_LETTER, stripe.idle()).await.is_err()
        {
            waits.push_str(", letters of Stripe's");
        }
        if waits.is_empty() {
            return Ok(());
        }
        if start.elapsed() > PATIENCE {
            return Err(Failed::Restless(PATIENCE, waits));
        }
        sleep(Duration::from_secs(1)).await;
    }
}
