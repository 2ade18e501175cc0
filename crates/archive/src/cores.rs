//! The same work on many things, shared among the cores, with the results in order.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Most threads: more than four hash faster than any one disk gives.
const THREADS_LIMIT: usize = 4;

/// Does `work` for each number below `count` and gives the results in order. A failure ends it:
/// what has been begun is finished, the rest left undone. Of several the one with the lowest number
/// is given, as if one core had done all: numbers are begun in order, so it is among them.
///
/// # Panics
/// If `work` does.
pub fn share<T: Send, E: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let go_on = || {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return done;
            }
            let result = work(at);
            if result.is_err() {
                next.store(count, Ordering::Relaxed);
            }
            done.push((at, result));
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(THREADS_LIMIT).min(count);
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(go_on)).collect();
        let mut done = go_on();
        for other in others {
            done.extend(other.join().expect("work that panics ends the program"));
        }
        done
    });
    done.sort_by_key(|(at, _)| *at);
    done.into_iter().map(|(_, result)| result).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_are_in_order_and_the_first_failure_ends_it() {
        for count in [0, 1, 2, 1_000] {
            let squares: Result<Vec<usize>, ()> = share(count, |at| Ok(at * at));
            assert_eq!(squares, Ok((0..count).map(|at| at * at).collect()));
        }
        let failed = share(1_000, |at| if at == 10 { Err("no") } else { Ok(()) });
        assert_eq!(failed, Err("no"));
        for _ in 0..100 {
            let failed = share(1_000, |at| if at < 10 { Ok(()) } else { Err(at) });
            assert_eq!(failed, Err(10));
        }
    }
}
