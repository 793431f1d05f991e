//! What a bench measured: the table and its last line.

/// What was measured, and which of it is a goal.
#[derive(Default)]
pub struct Goals {
    rows: Vec<(String, String, String)>,
    met: usize,
    missed: usize,
}

impl Goals {
    /// A figure without a goal.
    pub fn figure(&mut self, what: &str, value: String) {
        println!("… {what}: {value}");
        self.rows.push((what.into(), value, String::new()));
    }

    /// A figure with a goal.
    pub fn goal(&mut self, what: &str, value: String, goal: &str, met: bool) {
        println!("… {what}: {value} (goal: {goal})");
        *(if met { &mut self.met } else { &mut self.missed }) += 1;
        self.rows.push((what.into(), value, format!("{goal}: {}", if met { "met" } else { "MISSED" })));
    }

    /// Prints the table.
    pub fn print(&self) {
        let width = |pick: fn(&(String, String, String)) -> &String| {
            self.rows.iter().map(|row| pick(row).chars().count()).max().unwrap_or(0)
        };
        let (first, second) = (width(|row| &row.0), width(|row| &row.1));
        println!();
        for (what, value, goal) in &self.rows {
            println!("{what:first$}  {value:>second$}  {goal}");
        }
        println!("goals: {} met, {} missed", self.met, self.missed);
    }
}

/// The value below which `part` of the sorted values are.
pub fn quantile(sorted: &[f64], part: f64) -> f64 {
    let at = (sorted.len() as f64 * part).ceil() as usize;
    sorted.get(at.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// The middle value.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    quantile(&values, 0.5)
}
