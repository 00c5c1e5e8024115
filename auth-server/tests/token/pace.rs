//! Whether one kind of request can be told from another by how long its answer takes.

use std::time::{Duration, Instant};

/// Their quickest tenth: what others do on the machine slows down single answers, and never all of them.
pub(crate) struct Pace(Vec<Duration>);

impl Pace {
    /// Asks both kinds by turns. `ask`: of which kind, and how often before; what it does before the answer is begun is not
    /// counted.
    pub(crate) async fn of_both<F: Future>(
        times: usize,
        mut ask: impl FnMut(usize, usize) -> F,
    ) -> [Self; 2] {
        let mut both = [Self(Vec::new()), Self(Vec::new())];
        for turn in 0..times {
            for (kind, pace) in both.iter_mut().enumerate() {
                let asking = ask(kind, turn);
                let begun = Instant::now();
                asking.await;
                pace.0.push(begun.elapsed());
            }
        }
        both
    }

    fn quick(&mut self) -> Duration {
        self.0.sort();
        self.0[self.0.len() / 10]
    }

    /// Neither takes half as long again as the other.
    pub(crate) fn assert_alike(both: [Self; 2]) {
        let [first, second] = both.map(|mut pace| pace.quick());
        let (short, long) = (first.min(second), first.max(second));
        assert!(long < short.mul_f64(1.5), "{first:?} and {second:?}");
    }
}
