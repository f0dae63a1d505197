//! The outbox: messages wait in the store until the sender takes them.

use tokio::sync::Notify;

/// Wakes the sender of this process.
#[derive(Debug, Default)]
pub struct Outbox {
    due: Notify,
}

impl Outbox {
    /// Says that a message was stored and can leave at once.
    pub fn wake(&self) {
        self.due.notify_one();
    }

    /// Waits until a message was stored since the last time.
    pub async fn woken(&self) {
        self.due.notified().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_comes_later_is_woken_once() {
        let outbox = Outbox::default();
        outbox.wake();
        outbox.wake();
        outbox.woken().await;
        let asleep = std::pin::pin!(outbox.woken());
        assert!(std::task::Poll::is_pending(&std::future::Future::poll(
            asleep,
            &mut std::task::Context::from_waker(std::task::Waker::noop())
        )));
    }
}
