//! The postman: delivers events in order, and again with growing pauses while the shop does not say 2xx.

use super::{Shared, Target, events::signature, faults::Fault, lock, state::now};
use reqwest::{Client, header::CONTENT_TYPE, redirect::Policy};
use serde_json::Value;
use std::{sync::Arc, time::Duration};
use tokio::{
    sync::{mpsc, watch},
    task::JoinSet,
};

const ATTEMPTS: u32 = 16;
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Long enough for a function that must be compiled first.
const PATIENCE: Duration = Duration::from_mins(1);

/// One attempt to deliver an event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The event's id.
    pub event: String,
    /// The event's type.
    pub kind: String,
    /// 1 for the first attempt.
    pub attempt: u32,
    /// What the shop answered; none if it did not.
    pub status: Option<u16>,
}

#[derive(Clone)]
pub(super) struct Letter {
    event: String,
    kind: String,
    body: Arc<str>,
    copies: u32,
    attempt: u32,
}

pub(super) struct Post {
    pub(super) address: Option<Target>,
    pub(super) log: Vec<Delivery>,
    queue: mpsc::UnboundedSender<Letter>,
    /// Letters on their way or waiting for their next attempt; not those kept back.
    outstanding: watch::Sender<usize>,
    held: Vec<Letter>,
    /// Letters that let the next one pass.
    aside: Vec<Letter>,
}

impl Post {
    pub(super) fn new(address: Option<Target>) -> (Self, mpsc::UnboundedReceiver<Letter>) {
        let (queue, letters) = mpsc::unbounded_channel();
        let post = Self {
            address,
            log: Vec::new(),
            queue,
            outstanding: watch::Sender::new(0),
            held: Vec::new(),
            aside: Vec::new(),
        };
        (post, letters)
    }

    pub(super) fn has_address(&self) -> bool {
        self.address.is_some()
    }

    pub(super) fn watch(&self) -> watch::Receiver<usize> {
        self.outstanding.subscribe()
    }

    /// Takes an event to the shop. What happens before there is an address is never delivered.
    pub(super) fn send(&mut self, id: &str, kind: &str, event: &Value, fault: Option<Fault>) {
        if self.address.is_none() {
            return;
        }
        let mut letter = Letter {
            event: id.to_owned(),
            kind: kind.to_owned(),
            body: event.to_string().into(),
            copies: 1,
            attempt: 1,
        };
        match fault {
            Some(Fault::Drop) => return,
            Some(Fault::Hold) => return self.held.push(letter),
            Some(Fault::Reorder) => return self.aside.push(letter),
            Some(Fault::Duplicate(more)) => letter.copies += more,
            _ => {}
        }
        self.post(letter);
        while let Some(letter) = self.aside.pop() {
            self.post(letter);
        }
    }

    pub(super) fn release(&mut self) {
        let letters: Vec<_> = self.held.drain(..).chain(self.aside.drain(..)).collect();
        for letter in letters {
            self.post(letter);
        }
    }

    fn post(&mut self, letter: Letter) {
        self.outstanding.send_modify(|count| *count += 1);
        // The postman may have gone home: the stand-in is being stopped.
        self.queue.send(letter).ok();
    }

    fn done(&mut self) {
        self.outstanding.send_modify(|count| *count -= 1);
    }
}

/// Delivers one letter after the other; those the shop refused wait aside and do not stop the others.
pub(super) async fn deliver(shared: Shared, mut letters: mpsc::UnboundedReceiver<Letter>) {
    let client = Client::builder()
        .no_proxy()
        .redirect(Policy::none())
        .timeout(PATIENCE)
        .build()
        .expect("a client without TLS has nothing that can fail");
    let mut waiting = JoinSet::new();
    loop {
        let letter = tokio::select! {
            Some(letter) = letters.recv() => letter,
            Some(Ok(letter)) = waiting.join_next(), if !waiting.is_empty() => letter,
            else => return,
        };
        if let Some(again) = attempt(&shared, &client, letter).await {
            waiting.spawn(async move {
                tokio::time::sleep(pause(again.attempt)).await;
                again
            });
        }
    }
}

/// Delivers all copies at once; gives back what has to be tried again.
async fn attempt(shared: &Shared, client: &Client, mut letter: Letter) -> Option<Letter> {
    let address = lock(shared).post.address.clone();
    let mut copies = JoinSet::new();
    if let Some(address) = address {
        for _ in 0..letter.copies {
            copies.spawn(carry(client.clone(), address.clone(), Arc::clone(&letter.body)));
        }
    }
    let statuses = copies.join_all().await;

    let mut state = lock(shared);
    let mut refused = 0;
    for status in statuses {
        if !status.is_some_and(|status| (200..300).contains(&status)) {
            refused += 1;
        }
        state.post.log.push(Delivery {
            event: letter.event.clone(),
            kind: letter.kind.clone(),
            attempt: letter.attempt,
            status,
        });
    }
    if refused > 0 && letter.attempt < ATTEMPTS {
        letter.copies = refused;
        letter.attempt += 1;
        return Some(letter);
    }
    if refused == 0
        && let Some(event) = state.events.get_mut(&letter.event)
    {
        event["pending_webhooks"] = 0.into();
    }
    state.post.done();
    None
}

async fn carry(client: Client, address: Target, body: Arc<str>) -> Option<u16> {
    let signature = signature(&address.secrets, now(), body.as_bytes());
    let request = client
        .post(&address.url)
        .header(CONTENT_TYPE, "application/json; charset=utf-8")
        .header("stripe-signature", signature)
        .header("user-agent", "Stripe/1.0 (+https://stripe.com/docs/webhooks)")
        .body(body.to_string());
    let response = request.send().await.ok()?;
    Some(response.status().as_u16())
}

fn pause(attempt: u32) -> Duration {
    let doubled = 2_u32.saturating_pow(attempt.saturating_sub(2));
    FIRST_PAUSE.saturating_mul(doubled).min(LONGEST_PAUSE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pauses_grow_and_end() {
        assert_eq!(pause(2), FIRST_PAUSE);
        assert_eq!(pause(3), FIRST_PAUSE * 2);
        assert_eq!(pause(ATTEMPTS), LONGEST_PAUSE);
    }
}
