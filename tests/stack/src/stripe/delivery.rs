//! Delivers events to the webhook endpoint in order. Failed deliveries are retried with exponential backoff until the
//! endpoint answers 2xx.

use super::{Shared, WebhookEndpoint, clock::Clock, events::signature, faults::Fault, lock};
use reqwest::{Client, header::CONTENT_TYPE, redirect::Policy};
use serde_json::Value;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

const ATTEMPTS: u32 = 16;
const FIRST_DELAY: Duration = Duration::from_millis(100);
const MAX_DELAY: Duration = Duration::from_secs(30);
/// Long enough for a function under `cargo lambda watch`, which is compiled at the first request.
const REQUEST_TIMEOUT: Duration = Duration::from_mins(1);

/// One attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// The event's id.
    pub event: String,
    /// The event's type.
    pub kind: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// The status of the endpoint's response; none if there was no response.
    pub status: Option<u16>,
    /// From the request to its response or failure.
    pub took: Duration,
}

/// An event that is to be delivered, `copies` times at once.
#[derive(Clone)]
pub(super) struct Delivery {
    event: String,
    kind: String,
    body: Arc<str>,
    copies: u32,
    attempt: u32,
}

/// The queue of deliveries and the log of attempts.
pub(super) struct Deliveries {
    pub(super) endpoint: Option<WebhookEndpoint>,
    pub(super) log: Vec<DeliveryAttempt>,
    queue: mpsc::UnboundedSender<Delivery>,
    /// Deliveries in progress or waiting for a retry, without those that faults hold back.
    outstanding: watch::Sender<usize>,
    held: Vec<Delivery>,
    /// Deliveries that are sent after the next event.
    reordered: Vec<Delivery>,
}

impl Deliveries {
    pub(super) fn new(
        endpoint: Option<WebhookEndpoint>,
    ) -> (Self, mpsc::UnboundedReceiver<Delivery>) {
        let (queue, receiver) = mpsc::unbounded_channel();
        let deliveries = Self {
            endpoint,
            log: Vec::new(),
            queue,
            outstanding: watch::Sender::new(0),
            held: Vec::new(),
            reordered: Vec::new(),
        };
        (deliveries, receiver)
    }

    pub(super) fn has_endpoint(&self) -> bool {
        self.endpoint.is_some()
    }

    pub(super) fn subscribe(&self) -> watch::Receiver<usize> {
        self.outstanding.subscribe()
    }

    /// Queues an event. Events from before an endpoint is set are never delivered.
    pub(super) fn send(&mut self, id: &str, kind: &str, event: &Value, fault: Option<Fault>) {
        if self.endpoint.is_none() {
            return;
        }
        let mut delivery = Delivery {
            event: id.to_owned(),
            kind: kind.to_owned(),
            body: event.to_string().into(),
            copies: 1,
            attempt: 1,
        };
        match fault {
            Some(Fault::Drop) => return,
            Some(Fault::Hold) => return self.held.push(delivery),
            Some(Fault::Reorder) => return self.reordered.push(delivery),
            Some(Fault::Duplicate(more)) => delivery.copies += more,
            _ => {}
        }
        self.enqueue(delivery);
        while let Some(delivery) = self.reordered.pop() {
            self.enqueue(delivery);
        }
    }

    pub(super) fn release(&mut self) {
        let deliveries: Vec<_> = self.held.drain(..).chain(self.reordered.drain(..)).collect();
        for delivery in deliveries {
            self.enqueue(delivery);
        }
    }

    fn enqueue(&mut self, delivery: Delivery) {
        self.outstanding.send_modify(|count| *count += 1);
        // Fails if the delivery task has ended, because the stand-in is being stopped.
        self.queue.send(delivery).ok();
    }

    fn done(&mut self) {
        self.outstanding.send_modify(|count| *count -= 1);
    }
}

/// Delivers one event after the other. Those that wait for a retry do not block the others.
pub(super) async fn deliver(shared: Shared, mut deliveries: mpsc::UnboundedReceiver<Delivery>) {
    let client = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(REQUEST_TIMEOUT)
        .build()
        .expect("a client without TLS and proxy always builds");
    let mut retries = JoinSet::new();
    loop {
        let delivery = tokio::select! {
            Some(delivery) = deliveries.recv() => delivery,
            Some(Ok(delivery)) = retries.join_next(), if !retries.is_empty() => delivery,
            else => return,
        };
        if let Some(retry) = deliver_once(&shared, &client, delivery).await {
            retries.spawn(async move {
                tokio::time::sleep(retry_delay(retry.attempt)).await;
                retry
            });
        }
    }
}

/// Delivers all copies concurrently. Returns the delivery with the failed copies if it has to be retried.
async fn deliver_once(
    shared: &Shared,
    client: &Client,
    mut delivery: Delivery,
) -> Option<Delivery> {
    let endpoint = lock(shared).deliveries.endpoint.clone();
    let mut copies = JoinSet::new();
    if let Some(endpoint) = endpoint {
        for _ in 0..delivery.copies {
            copies.spawn(post(client.clone(), endpoint.clone(), Arc::clone(&delivery.body)));
        }
    }
    let answers = copies.join_all().await;

    let mut state = lock(shared);
    let mut failed = 0;
    for (status, took) in answers {
        if !status.is_some_and(|status| (200..300).contains(&status)) {
            failed += 1;
        }
        state.deliveries.log.push(DeliveryAttempt {
            event: delivery.event.clone(),
            kind: delivery.kind.clone(),
            attempt: delivery.attempt,
            status,
            took,
        });
    }
    if failed > 0 && delivery.attempt < ATTEMPTS {
        delivery.copies = failed;
        delivery.attempt += 1;
        return Some(delivery);
    }
    if failed == 0
        && let Some(event) = state.events.get_mut(&delivery.event)
    {
        event["pending_webhooks"] = 0.into();
    }
    state.deliveries.done();
    None
}

/// The status, if there is a response, and how long it took.
async fn post(
    client: Client,
    endpoint: WebhookEndpoint,
    body: Arc<str>,
) -> (Option<u16>, Duration) {
    // By the system clock: the shop refuses a signature that is from another time.
    let now = Clock::default().now();
    let signature = signature(&endpoint.secrets, now, body.as_bytes());
    let request = client
        .post(&endpoint.url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("stripe-signature", signature)
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .body(body.to_string());
    let start = Instant::now();
    let response = request.send().await.ok();
    (response.map(|response| response.status().as_u16()), start.elapsed())
}

fn retry_delay(attempt: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempt.saturating_sub(2));
    FIRST_DELAY.saturating_mul(doubled).min(MAX_DELAY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end() {
        assert_eq!(retry_delay(2), FIRST_DELAY);
        assert_eq!(retry_delay(3), FIRST_DELAY * 2);
        assert_eq!(retry_delay(ATTEMPTS), MAX_DELAY);
    }
}
