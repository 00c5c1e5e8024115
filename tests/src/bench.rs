//! What benchmarks share: their arguments, and a server's processes.

use std::time::Duration;

use crate::postgres::Cluster;
use crate::program::{cpu_us, family_cpu_us};

const MEASURED_S: usize = 15;

/// What follows a benchmark's name: `--NAME NUMBER` as often as one likes, and numbers.
#[derive(Clone, Debug, Default)]
pub struct Arguments {
    named: Vec<(String, usize)>,
    pub numbers: Vec<usize>,
}

impl Arguments {
    /// # Panics
    /// If there is anything else.
    pub fn of_this_program() -> Self {
        Self::read(std::env::args().skip(1))
    }

    fn read(arguments: impl Iterator<Item = String>) -> Self {
        let number = |text: Option<String>| {
            let text = text.expect("a number follows");
            text.parse()
                .unwrap_or_else(|_| panic!("{text}: expected a number"))
        };
        let (mut read, mut arguments) = (Self::default(), arguments);
        while let Some(argument) = arguments.next() {
            match argument.strip_prefix("--") {
                Some(name) => read.named.push((name.to_owned(), number(arguments.next()))),
                None => read.numbers.push(number(Some(argument))),
            }
        }
        read
    }

    /// The number of that name.
    pub fn named(&self, name: &str) -> Option<usize> {
        let of_name = self.named.iter().find(|(found, _)| found == name);
        of_name.map(|(_, number)| *number)
    }

    /// How long each row is measured: `--seconds`.
    pub fn time(&self) -> Duration {
        Duration::from_secs(self.named("seconds").unwrap_or(MEASURED_S) as u64)
    }

    /// The numbers without a name, or these.
    pub fn sizes(&self, otherwise: &[usize]) -> Vec<usize> {
        match self.numbers.is_empty() {
            true => otherwise.to_vec(),
            false => self.numbers.clone(),
        }
    }
}

/// The CPU time of a server: of its process, and of every process of its database server.
pub fn cpu_of(server: u32, database: Option<&Cluster>) -> impl Fn() -> u64 + use<> {
    let database = database.map(Cluster::id);
    move || cpu_us(server) + database.map_or(0, family_cpu_us)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_numbers_and_names_with_numbers() {
        let words = ["100", "--seconds", "2", "5000"].map(str::to_owned);
        let read = Arguments::read(words.into_iter());
        assert_eq!(read.sizes(&[1]), [100, 5000]);
        assert_eq!(read.time(), Duration::from_secs(2));
        assert_eq!(read.named("offered"), None);
    }
}
