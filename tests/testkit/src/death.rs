//! Processes that are killed, as with SIGKILL, at any of their await points.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tokio::runtime::Builder;

/// When a process is killed: once it has waited so many times, before or after something came of it.
#[derive(Clone, Copy, Debug)]
pub struct Death {
    wait: usize,
    moment: Moment,
}

/// What the process gets done of what it waits for.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Nothing: the question never leaves.
    Unsent,
    /// The question leaves, and nobody is there when it is answered.
    Sent,
    /// The answer has come, and is not read any more.
    Answered,
}

impl fmt::Display for Death {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "wait {}, {:?}", self.wait, self.moment)
    }
}

/// Kills at the first await point, at the second, and so on, until the work is done before. `trial` leads a life that
/// ends with the death it gets, does what the world does next, and says whether it came to that. Gives back how many
/// points there were.
pub async fn everywhere(trial: impl AsyncFn(Death) -> bool) -> usize {
    let (mut points, mut deaths) = (0, 0);
    loop {
        let before = deaths;
        for moment in [Moment::Unsent, Moment::Sent] {
            deaths += usize::from(trial(Death { wait: points + 1, moment }).await);
        }
        if deaths == before {
            // An unread answer leaves nothing else behind than the next question unsent, but for the last.
            let last = Death { wait: points, moment: Moment::Answered };
            deaths += usize::from(trial(last).await);
            eprintln!("{deaths} deaths at {points} points");
            return points;
        }
        points += 1;
    }
}

impl Death {
    /// Ends a life, and gives back what it has come to if it was over before. It is led in a process of its own: what it
    /// connects to must be opened in it.
    pub async fn of<L>(self, life: impl FnOnce() -> L + Send + 'static) -> Option<L::Output>
    where
        L: Future,
        L::Output: Send + 'static,
    {
        let ended = tokio::task::spawn_blocking(move || {
            let process = Builder::new_current_thread().enable_all().build().unwrap();
            let mut life = Box::pin(life());
            let end = process.block_on(self.strike(life.as_mut()));
            // First whatever carries words to the outside: its sockets close without one. Then the life itself, whose
            // transactions would roll back and whose connections would take their leave, and find nobody to carry that.
            process.shutdown_background();
            drop(life);
            end
        });
        ended.await.unwrap()
    }

    async fn strike<L: Future>(self, mut life: Pin<&mut L>) -> Option<L::Output> {
        for _ in 1..self.wait {
            if let Poll::Ready(end) = step(life.as_mut()).await {
                return Some(end);
            }
            woken().await;
        }
        if let Poll::Ready(end) = step(life.as_mut()).await {
            return Some(end);
        }
        match self.moment {
            Moment::Unsent => {}
            // Whatever carries words gets its turn once.
            Moment::Sent => tokio::task::yield_now().await,
            Moment::Answered => woken().await,
        }
        None
    }
}

/// Goes on to the next await point, or to the end.
async fn step<L: Future>(mut life: Pin<&mut L>) -> Poll<L::Output> {
    poll_fn(|context| Poll::Ready(life.as_mut().poll(context))).await
}

/// Waits for what was just awaited.
async fn woken() {
    let mut has_waited = false;
    poll_fn(
        |_| if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending },
    )
    .await;
}
