//! Futures side by side, without a runtime.

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Wake, Waker};
use std::thread;

/// A future behind a pointer.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Lets others go first, once: for [`Subject::settle`](super::Subject::settle) of engines that do
/// their work within their callers.
pub async fn yield_now() {
    let mut has_yielded = false;
    poll_fn(move |cx| {
        if std::mem::replace(&mut has_yielded, true) {
            return Poll::Ready(());
        }
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Drives all of them in the caller's task, in turns.
pub async fn at_once(tasks: Vec<BoxFuture<'_, ()>>) {
    let mut tasks = tasks;
    poll_fn(move |cx| {
        tasks.retain_mut(|task| task.as_mut().poll(cx).is_pending());
        if tasks.is_empty() { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

/// Drives each on a thread of its own, for engines that need no runtime, and returns when all are
/// done. Blocks the caller.
pub fn on_threads(tasks: Vec<BoxFuture<'static, ()>>) {
    let threads: Vec<_> = tasks.into_iter().map(|task| thread::spawn(|| block_on(task))).collect();
    for thread in threads {
        // A task that panicked has said so; that its result is missing fails the case.
        let _panic = thread.join();
    }
}

fn block_on<T>(future: impl Future<Output = T>) -> T {
    struct Unpark(thread::Thread);

    impl Wake for Unpark {
        fn wake(self: Arc<Self>) {
            self.0.unpark();
        }
    }

    let waker = Waker::from(Arc::new(Unpark(thread::current())));
    let mut cx = Context::from_waker(&waker);
    let mut future = pin!(future);
    loop {
        match future.as_mut().poll(&mut cx) {
            Poll::Ready(done) => return done,
            Poll::Pending => thread::park(),
        }
    }
}
