//! The report, in Markdown.

use std::fmt::{self, Display, Formatter};

use crate::harness::{Bound, Outcome, Quartiles, Target};

/// Rows that ask the same question of different sizes or operations.
pub(crate) struct Section {
    pub(crate) title: String,
    /// What is measured, for a reader who has not seen the code.
    pub(crate) about: &'static str,
    pub(crate) rows: Vec<Row>,
}

pub(crate) struct Row {
    pub(crate) label: String,
    /// How many bytes a run moves, if it is about bytes.
    pub(crate) bytes: Option<usize>,
    /// Ours first; all rows of a section have the same candidates.
    pub(crate) outcomes: Vec<Outcome>,
}

impl Row {
    fn throughput(&self, nanoseconds: f64) -> Option<f64> {
        let bytes = self.bytes? as f64;
        Some(bytes / nanoseconds * 1e9 / (1_u64 << 30) as f64)
    }
}

impl Display for Section {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(f, "### {}\n\n{}\n", self.title, self.about)?;
        let Some(first) = self.rows.first() else {
            return Ok(());
        };
        let names = || first.outcomes.iter().map(|outcome| outcome.name);

        let headings = names().enumerate().map(|(index, name)| match index {
            0 => format!("{name}, time"),
            _ => format!("against {name}"),
        });
        header(f, headings)?;
        for row in &self.rows {
            write!(
                f,
                "| {} | {} |",
                row.label,
                Time(row.outcomes[0].time.median)
            )?;
            for peer in &row.outcomes[1..] {
                write!(f, " {} |", Ratio(peer.ratio))?;
            }
            writeln!(f)?;
        }

        writeln!(f, "\n<details><summary>Least times</summary>\n")?;
        header(f, names().map(str::to_owned))?;
        for row in &self.rows {
            write!(f, "| {} |", row.label)?;
            for outcome in &row.outcomes {
                write!(f, " {}", Time(outcome.least))?;
                if let Some(throughput) = row.throughput(outcome.least) {
                    write!(
                        f,
                        ", {throughput:.digits$} GiB/s",
                        digits = digits(throughput)
                    )?;
                }
                write!(f, " |")?;
            }
            writeln!(f)?;
        }
        writeln!(f, "\n</details>")
    }
}

fn header(f: &mut Formatter<'_>, headings: impl Iterator<Item = String>) -> fmt::Result {
    let (mut names, mut rule) = ("| |".to_owned(), "|---|".to_owned());
    for heading in headings {
        names += &format!(" {heading} |");
        rule += "--:|";
    }
    writeln!(f, "{names}\n{rule}")
}

/// Three digits that mean something.
fn digits(value: f64) -> usize {
    match value {
        ..9.995 => 2,
        ..99.95 => 1,
        _ => 0,
    }
}

/// Nanoseconds, in the unit that suits them.
struct Time(f64);

impl Display for Time {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (value, unit) = match self.0 {
            nanoseconds @ ..1e3 => (nanoseconds, "ns"),
            nanoseconds @ ..1e6 => (nanoseconds / 1e3, "µs"),
            nanoseconds => (nanoseconds / 1e6, "ms"),
        };
        write!(f, "{value:.*} {unit}", digits(value))
    }
}

/// A median, and in brackets the middle half of what it is the median of.
struct Ratio(Quartiles);

impl Display for Ratio {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Quartiles {
            lower,
            median,
            upper,
        } = self.0;
        let digits = digits(median);
        write!(
            f,
            "**{median:.digits$}** ({lower:.digits$}–{upper:.digits$})"
        )
    }
}

/// How a figure stands to what it is to reach.
#[derive(Clone, Copy, PartialEq)]
enum Verdict {
    Met,
    /// The median misses it, but so little that the middle half of the rounds contains it.
    WithinNoise,
    Missed,
}

/// The closing section: every target, and the rows that miss it.
pub(crate) struct Targets<'a>(pub(crate) &'a [Section]);

struct Judged<'a> {
    verdict: Verdict,
    section: &'a Section,
    row: &'a Row,
    outcome: &'a Outcome,
}

impl Targets<'_> {
    /// In the order in which the report meets them.
    fn targets(&self) -> Vec<&'static Target> {
        let mut targets: Vec<&'static Target> = Vec::new();
        for row in self.0.iter().flat_map(|section| &section.rows) {
            for target in row.outcomes.iter().filter_map(|outcome| outcome.target) {
                if !targets.iter().any(|known| known.text == target.text) {
                    targets.push(target);
                }
            }
        }
        targets
    }

    fn judged(&self, target: &Target) -> Vec<Judged<'_>> {
        let mut judged = Vec::new();
        for section in self.0 {
            for row in &section.rows {
                for outcome in &row.outcomes {
                    if outcome.target.is_some_and(|held| held.text == target.text) {
                        judged.push(Judged {
                            verdict: verdict(&target.bound, outcome),
                            section,
                            row,
                            outcome,
                        });
                    }
                }
            }
        }
        judged
    }
}

/// Judges what a reader sees: ratios to two digits.
fn verdict(bound: &Bound, outcome: &Outcome) -> Verdict {
    let shown = |ratio: f64| (ratio * 100.0).round() / 100.0;
    let (median_meets_it, best_quarter_meets_it) = match *bound {
        Bound::RatioAtLeast(bound) => (
            shown(outcome.ratio.median) >= bound,
            shown(outcome.ratio.upper) >= bound,
        ),
        Bound::NanosecondsAtMost(bound) => {
            (outcome.time.median <= bound, outcome.time.lower <= bound)
        }
    };
    match (median_meets_it, best_quarter_meets_it) {
        (true, _) => Verdict::Met,
        (false, true) => Verdict::WithinNoise,
        (false, false) => Verdict::Missed,
    }
}

impl Display for Targets<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "### Targets\n\n\
             A row meets its target if the median does, as it is printed. *Within noise* are rows \
             whose median misses it, while the better quarter of the rounds meets it.\n"
        )?;
        let targets = self.targets();
        if targets.is_empty() {
            return writeln!(f, "No row of this run has one.");
        }
        writeln!(f, "| target | rows | met | within noise | missed |")?;
        writeln!(f, "|---|--:|--:|--:|--:|")?;
        for target in &targets {
            let judged = self.judged(target);
            let count = |verdict| judged.iter().filter(|row| row.verdict == verdict).count();
            writeln!(
                f,
                "| {} | {} | {} | {} | {} |",
                target.text,
                judged.len(),
                count(Verdict::Met),
                count(Verdict::WithinNoise),
                count(Verdict::Missed)
            )?;
        }
        for (verdict, heading) in [
            (Verdict::Missed, "Missed:"),
            (Verdict::WithinNoise, "Within noise:"),
        ] {
            let mut heading = Some(heading);
            for target in &targets {
                for judged in self.judged(target) {
                    if judged.verdict == verdict {
                        if let Some(heading) = heading.take() {
                            writeln!(f, "\n{heading}\n")?;
                        }
                        judged.line(&target.bound, f)?;
                    }
                }
            }
        }
        Ok(())
    }
}

impl Judged<'_> {
    fn line(&self, bound: &Bound, f: &mut Formatter<'_>) -> fmt::Result {
        let (title, label) = (&self.section.title, &self.row.label);
        match *bound {
            Bound::RatioAtLeast(bound) => {
                let ratio = Ratio(self.outcome.ratio);
                let peer = self.outcome.name;
                writeln!(
                    f,
                    "- {title}, {label}, against {peer}: {ratio}, to be {bound}"
                )
            }
            Bound::NanosecondsAtMost(bound) => {
                let Quartiles {
                    lower,
                    median,
                    upper,
                } = self.outcome.time;
                let (lower, median, upper) = (Time(lower), Time(median), Time(upper));
                let bound = Time(bound);
                writeln!(
                    f,
                    "- {title}, {label}: **{median}** ({lower}–{upper}), to be {bound}"
                )
            }
        }
    }
}
