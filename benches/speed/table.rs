//! The figures, and whether each is what it is to be.

use std::time::Duration;

/// What a figure is to be.
#[derive(Clone, Copy)]
pub(crate) struct Goal {
    /// The median at most.
    pub(crate) target: f64,
    /// The 95th percentile at most.
    pub(crate) gate: f64,
}

/// A goal in milliseconds.
pub(crate) const fn ms(target: f64, gate: f64) -> Option<Goal> {
    Some(Goal { target, gate })
}

/// Counts what was met.
#[derive(Default)]
pub(crate) struct Table {
    targets: usize,
    gates: usize,
    all: usize,
}

impl Table {
    /// A row of times.
    pub(crate) fn times(&mut self, name: &str, goal: Option<Goal>, samples: &[Duration]) {
        let in_ms = |time: &Duration| time.as_secs_f64() * 1000.0;
        let samples: Vec<_> = samples.iter().map(in_ms).collect();
        self.numbers(name, "ms", goal, &samples);
    }

    /// A row of other numbers.
    pub(crate) fn numbers(&mut self, name: &str, unit: &str, goal: Option<Goal>, samples: &[f64]) {
        let mut sorted = samples.to_vec();
        sorted.sort_by(f64::total_cmp);
        let at = |share: usize| sorted[(sorted.len() * share / 100).min(sorted.len() - 1)];
        let (median, high) = (at(50), at(95));
        let verdict = goal.map_or_else(String::new, |goal| {
            let (target, gate) = (median <= goal.target, high <= goal.gate);
            self.all += 1;
            self.targets += usize::from(target);
            self.gates += usize::from(gate);
            let word = |held: bool| if held { "held" } else { "missed" };
            format!(
                "target {} {}, gate {} {}",
                short(goal.target),
                word(target),
                short(goal.gate),
                word(gate)
            )
        });
        println!(
            "  {name:<48} {:>9} {:>9} {unit:<4} {verdict}",
            short(median),
            short(high)
        );
    }

    /// A row that is a sentence.
    pub(crate) fn says(&mut self, name: &str, text: &str, held: Option<bool>) {
        if let Some(held) = held {
            self.all += 1;
            self.targets += usize::from(held);
            self.gates += usize::from(held);
        }
        let word = held.map_or("", |held| if held { " (held)" } else { " (missed)" });
        println!("  {name:<48} {text}{word}");
    }

    /// The last line.
    pub(crate) fn conclude(&self) {
        let Self {
            targets,
            gates,
            all,
        } = self;
        if *all > 0 {
            println!("{targets} of {all} targets and {gates} of {all} gates held");
        }
    }
}

/// Three figures are enough.
fn short(number: f64) -> String {
    match number {
        small if small < 10.0 => format!("{small:.2}"),
        middle if middle < 100.0 => format!("{middle:.1}"),
        large => format!("{large:.0}"),
    }
}
