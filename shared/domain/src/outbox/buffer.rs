//! The messages that a process has written into the outbox and sends itself.

use super::OutboxMessage;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::{Duration, Instant};

/// How long after its transaction began a message may still be sent: the own lease, less the time that sending takes.
const SEND_WITHIN: Duration = Duration::from_secs(10);
/// Messages written within this time after the last batch wait for more.
const BATCH_INTERVAL: Duration = Duration::from_millis(250);

/// Committed messages that this process sends itself. Shared by the clones of a [`crate::db::Db`].
#[derive(Clone, Debug, Default)]
pub(super) struct OutboxBuffer(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Each with the time at which its transaction began: its lease runs from there.
    messages: Vec<(Instant, OutboxMessage)>,
    /// When some were taken for the last time.
    last_taken: Option<Instant>,
}

impl OutboxBuffer {
    pub(super) fn add(&self, began: Instant, messages: Vec<OutboxMessage>) {
        self.state().messages.extend(messages.into_iter().map(|message| (began, message)));
    }

    /// Those that nobody else may send yet. The others are left to the sweep.
    pub(super) fn take(&self, now: Instant) -> Vec<OutboxMessage> {
        self.state().take(now)
    }

    /// Like [`Self::take`], if there are `size` of them or the last batch was taken long enough ago.
    pub(super) fn take_batch(&self, size: usize, now: Instant) -> Vec<OutboxMessage> {
        let mut state = self.state();
        let is_recent = |at: Instant| now.saturating_duration_since(at) < BATCH_INTERVAL;
        if state.messages.len() < size && state.last_taken.is_some_and(is_recent) {
            return Vec::new();
        }
        state.take(now)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().expect("nothing panics while it holds the lock")
    }
}

impl State {
    fn take(&mut self, now: Instant) -> Vec<OutboxMessage> {
        let is_own = |began: Instant| now.saturating_duration_since(began) < SEND_WITHIN;
        let messages = std::mem::take(&mut self.messages).into_iter();
        let messages: Vec<_> =
            messages.filter(|&(began, _)| is_own(began)).map(|(_, message)| message).collect();
        if !messages.is_empty() {
            self.last_taken = Some(now);
        }
        messages
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::Topic;

    fn message(id: i64) -> OutboxMessage {
        OutboxMessage { id, topic: Topic::Mail, body: String::new() }
    }

    fn ids(messages: &[OutboxMessage]) -> Vec<i64> {
        messages.iter().map(|message| message.id).collect()
    }

    #[test]
    fn what_was_written_too_long_ago_is_left_to_others() {
        let (began, buffer) = (Instant::now(), OutboxBuffer::default());
        let after = |seconds| began + Duration::from_secs(seconds);
        buffer.add(began, vec![message(1)]);
        buffer.add(after(3), vec![message(2)]);
        buffer.add(after(11), vec![message(3), message(4)]);

        assert_eq!(ids(&buffer.take(after(11))), [2, 3, 4]);
        assert!(buffer.take(after(11)).is_empty(), "taken once");
    }

    #[test]
    fn what_comes_in_the_same_moment_waits_until_there_is_a_batch_or_the_moment_is_over() {
        let (began, buffer) = (Instant::now(), OutboxBuffer::default());
        let after = |ms| began + Duration::from_millis(ms);
        let come = |id, ms| {
            buffer.add(after(ms), vec![message(id)]);
            ids(&buffer.take_batch(3, after(ms)))
        };

        assert_eq!(come(1, 0), [1], "the first does not wait");
        assert!(come(2, 10).is_empty());
        assert!(come(3, 20).is_empty());
        assert_eq!(come(4, 30), [2, 3, 4], "a batch");
        assert!(come(5, 279).is_empty());
        assert_eq!(come(6, 280), [5, 6], "a quarter of a second after the last batch");
    }

    #[test]
    fn an_empty_buffer_lets_the_next_one_go_at_once() {
        let (began, buffer) = (Instant::now(), OutboxBuffer::default());

        assert!(buffer.take_batch(3, began).is_empty());
        buffer.add(began, vec![message(1)]);

        assert_eq!(ids(&buffer.take_batch(3, began)), [1]);
    }
}
