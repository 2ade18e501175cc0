//! The same work on many things, shared among the cores, with the results in order.

use std::num::NonZero;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Most threads: more than four hash faster than any one disk gives.
const THREADS_LIMIT: usize = 4;

/// Does `work` for each number below `count` and gives the results in order. The first failure ends
/// it: what has been begun is finished, the rest left undone.
///
/// # Panics
/// If `work` does.
pub(crate) fn share<T: Send, E: Send>(
    count: usize,
    work: impl Fn(usize) -> Result<T, E> + Sync,
) -> Result<Vec<T>, E> {
    let next = AtomicUsize::new(0);
    let go_on = || -> Result<Vec<(usize, T)>, E> {
        let mut done = Vec::new();
        loop {
            let at = next.fetch_add(1, Ordering::Relaxed);
            if at >= count {
                return Ok(done);
            }
            match work(at) {
                Ok(result) => done.push((at, result)),
                Err(error) => {
                    next.store(count, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, NonZero::get);
    let threads = cores.min(THREADS_LIMIT).min(count);
    let mut done = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(go_on)).collect();
        let mut done = go_on();
        for other in others {
            let more = other.join().expect("work that panics ends the program");
            done = done.and_then(|mut done| {
                done.extend(more?);
                Ok(done)
            });
        }
        done
    })?;
    done.sort_by_key(|(at, _)| *at);
    Ok(done.into_iter().map(|(_, result)| result).collect())
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
    }
}
