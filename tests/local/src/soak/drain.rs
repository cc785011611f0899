//! Waits until the shop is idle: expires all timers and runs the sweep until nothing is pending.

use super::load::post;
use super::{Error, Soak, expect};
use crate::Shop;
use serde_json::json;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const TIMEOUT: Duration = Duration::from_mins(3);
const DELIVERY_TIMEOUT: Duration = Duration::from_secs(1);

/// Shortens the visibility timeout, so that the messages of killed workers are received again after 10 s.
pub(super) async fn shorten_visibility(shop: &Shop) -> Result<(), Error> {
    for queue in ["MailQueue", "InventoryQueue"] {
        let url = shop.aws().queue_url(queue)?;
        let input = json!({"QueueUrl": url, "Attributes": {"VisibilityTimeout": "10"}});
        shop.aws().sqs().call("SetQueueAttributes", &input).await?;
    }
    Ok(())
}

/// Expires orders, retry delays and leases, and makes payments without a payment intent and reconciliations an hour
/// old. An email claim ends after half a minute, since its worker is dead by then.
const EXPIRE_TIMERS: &str = "
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

const PENDING: &str = "
    select concat_ws(', ',
        (select nullif(count(*), 0) || ' orders' from orders where status = 'pending'),
        (select nullif(count(*), 0) || ' refunds' from refunds where status = 'requested'),
        (select nullif(count(*), 0) || ' events' from stripe_events where processed_at is null and parked_reason is null),
        (select nullif(count(*), 0) || ' messages' from outbox where sent_at is null),
        (select nullif(count(*), 0) || ' mails' from emails where status = 'claimed'))";

/// As staff do once Stripe has the objects again. Events of the other mode stay parked: the comparison with Stripe brought
/// what they told.
async fn replay_events_of_missing_objects(soak: &Soak<'_>) -> Result<(), Error> {
    const PARKED: &str =
        "select event_id from stripe_events where parked_reason = 'object_missing'";
    for row in soak.database.query(PARKED, &[]).await? {
        let path = format!("/v1/ops/stripe-events/{}/replay", row.get::<_, &str>(0));
        expect("a replay", 202, post(&soak.admin(), &path, &json!({})).await?)?;
        soak.counters.add("replayed events");
    }
    Ok(())
}

pub(super) async fn drain(soak: &Soak<'_>) -> Result<(), Error> {
    if let Some(stripe) = &soak.shop.stripe {
        stripe.release();
    }
    let start = Instant::now();
    loop {
        soak.database.batch_execute(EXPIRE_TIMERS).await?;
        // Failures are retried in the next round.
        let _ = soak.shop.gateway.tick("Reconcile").await;
        let _ = soak.shop.gateway.tick("Sweep").await;
        post(&soak.admin(), "/v1/ops/dead-letters/redrive", &json!({})).await?;
        replay_events_of_missing_objects(soak).await?;
        let mut pending: String = soak.database.query_one(PENDING, &[]).await?.get(0);
        for queue in ["MailQueue", "InventoryQueue", "MailDeadLetters", "InventoryDeadLetters"] {
            let messages = soak.shop.aws().messages(queue).await?.len();
            if messages > 0 {
                pending = format!("{pending}, {messages} in {queue}");
            }
        }
        if let Some(stripe) = &soak.shop.stripe
            && timeout(DELIVERY_TIMEOUT, stripe.idle()).await.is_err()
        {
            pending.push_str(", webhook deliveries");
        }
        if pending.is_empty() {
            return Ok(());
        }
        if start.elapsed() > TIMEOUT {
            return Err(Error::NotIdle(TIMEOUT, pending));
        }
        sleep(Duration::from_secs(1)).await;
    }
}
