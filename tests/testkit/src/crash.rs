//! Simulates processes that are killed, as with SIGKILL, at any of their await points.

use std::fmt;
use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;
use tokio::runtime::Builder;

/// Where a process is killed: at its n-th await point, before or after the awaited I/O.
#[derive(Clone, Copy, Debug)]
pub struct CrashPoint {
    /// From 1.
    await_point: usize,
    progress: Progress,
}

/// How far the awaited I/O gets before the process is killed.
#[derive(Clone, Copy, Debug)]
enum Progress {
    /// The request is not sent.
    Unsent,
    /// The request is sent, and the process is killed before the response.
    Sent,
    /// The response has arrived, but is not processed.
    Answered,
}

impl fmt::Display for CrashPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "await point {}, {:?}", self.await_point, self.progress)
    }
}

/// Calls `scenario` with every crash point in order, until it no longer crashes, and returns the number of await
/// points. `scenario` runs a process with [`CrashPoint::run`], then whatever follows the crash, and returns whether it
/// crashed.
pub async fn at_every_crash_point(scenario: impl AsyncFn(CrashPoint) -> bool) -> usize {
    let (mut await_points, mut crashes) = (0, 0);
    loop {
        let before = crashes;
        for progress in [Progress::Unsent, Progress::Sent] {
            let point = CrashPoint { await_point: await_points + 1, progress };
            crashes += usize::from(scenario(point).await);
        }
        if crashes == before {
            // `Answered` equals `Unsent` of the next await point, except at the last one.
            let last = CrashPoint { await_point: await_points, progress: Progress::Answered };
            crashes += usize::from(scenario(last).await);
            eprintln!("{crashes} crashes at {await_points} await points");
            return await_points;
        }
        await_points += 1;
    }
}

impl CrashPoint {
    /// Runs a process until this crash point, and returns its output if it has finished before. The process has its own
    /// runtime, so it must open its connections itself.
    pub async fn run<L>(self, process: impl FnOnce() -> L + Send + 'static) -> Option<L::Output>
    where
        L: Future,
        L::Output: Send + 'static,
    {
        let output = tokio::task::spawn_blocking(move || {
            let runtime = Builder::new_current_thread().enable_all().build().unwrap();
            let mut process = Box::pin(process());
            let output = runtime.block_on(self.run_until(process.as_mut()));
            // The connection tasks end first, without closing messages. So nothing that the process does when it is
            // dropped, such as a rollback, reaches the network.
            runtime.shutdown_background();
            drop(process);
            output
        });
        output.await.unwrap()
    }

    async fn run_until<L: Future>(self, mut process: Pin<&mut L>) -> Option<L::Output> {
        for _ in 1..self.await_point {
            if let Poll::Ready(output) = step(process.as_mut()).await {
                return Some(output);
            }
            wait_for_wake().await;
        }
        if let Poll::Ready(output) = step(process.as_mut()).await {
            return Some(output);
        }
        match self.progress {
            Progress::Unsent => {}
            // The connection tasks run once.
            Progress::Sent => tokio::task::yield_now().await,
            Progress::Answered => wait_for_wake().await,
        }
        None
    }
}

/// Polls once: up to the next await point, or the end.
async fn step<L: Future>(mut process: Pin<&mut L>) -> Poll<L::Output> {
    poll_fn(|context| Poll::Ready(process.as_mut().poll(context))).await
}

/// Waits until the I/O of the current await point wakes the process.
async fn wait_for_wake() {
    let mut has_waited = false;
    poll_fn(
        |_| if std::mem::replace(&mut has_waited, true) { Poll::Ready(()) } else { Poll::Pending },
    )
    .await;
}
