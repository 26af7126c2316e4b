//! The accept loop when the process has no descriptor left: it waits a moment in place of trying without a pause, and says so
//! once, not each time.
//!
//! The bounds on connections lie below the limit ([`super::bounds`]), so somebody else has taken the descriptors, or the limit is
//! very low.

use std::io;
use std::time::Duration;

use rustix::io::Errno;
use tokio::time::Instant;

/// Time for some connections to end before the next try.
const PAUSE: Duration = Duration::from_millis(50);
/// A shortage that lasts, or comes again, is told again after this.
const TOLD_EVERY: Duration = Duration::from_secs(60);

/// What is known of a shortage.
#[derive(Debug, Default)]
pub(super) struct Shortage {
    told: Option<Instant>,
}

impl Shortage {
    /// What was accepted. After an error none, and not before the next try makes sense.
    pub(super) async fn over<T>(&mut self, accepted: io::Result<T>) -> Option<T> {
        let error = match accepted {
            Ok(accepted) => return Some(accepted),
            Err(error) => error,
        };
        // All other errors are of one connection, which ended while it waited to be accepted (accept(2)).
        if is_shortage(&error) {
            if self.is_news() {
                tracing::error!(%error, "no new connection is accepted until others end");
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }

    fn is_news(&mut self) -> bool {
        let is_news = self.told.is_none_or(|told| told.elapsed() >= TOLD_EVERY);
        if is_news {
            self.told = Some(Instant::now());
        }
        is_news
    }
}

fn is_shortage(error: &io::Error) -> bool {
    let errno = Errno::from_io_error(error);
    errno.is_some_and(|errno| [Errno::MFILE, Errno::NFILE, Errno::NOBUFS, Errno::NOMEM].contains(&errno))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(errno: Errno) -> io::Result<()> {
        Err(errno.into())
    }

    #[tokio::test(start_paused = true)]
    async fn a_shortage_is_waited_out_and_told_once_a_minute() {
        let (mut shortage, begun) = (Shortage::default(), Instant::now());
        assert_eq!(shortage.over(Ok(7)).await, Some(7));
        assert_eq!(shortage.over(failed(Errno::CONNABORTED)).await, None);
        assert_eq!(begun.elapsed(), Duration::ZERO, "one connection's end is nobody else's");
        let mut told = Vec::new();
        for second in 0..130 {
            let before = shortage.told;
            for _ in 0..20 {
                assert_eq!(shortage.over(failed(Errno::MFILE)).await, None);
            }
            assert_eq!(begun.elapsed(), Duration::from_secs(second + 1), "each try after a pause");
            if shortage.told != before {
                told.push(second);
            }
        }
        assert_eq!(told, [0, 60, 120]);
    }
}
