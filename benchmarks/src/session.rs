//! What all groups share: how much effort to make, which rows are wanted, where to run.

use crate::Result;
use crate::arguments::Arguments;
use crate::harness::{Candidate, Effort, measure};
use crate::machine::Processors;
use crate::report::{Row, Section};

/// A module's worth of measurements.
pub(crate) struct Group {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    pub(crate) run: fn(&Session) -> Result<Vec<Section>>,
}

pub(crate) struct Session {
    pub(crate) quick: bool,
    pub(crate) processors: Processors,
    only: Option<String>,
}

impl Session {
    pub(crate) fn new(arguments: &Arguments, processors: Processors) -> Self {
        Self {
            quick: arguments.quick,
            processors,
            only: arguments.only.clone(),
        }
    }

    /// Measures a row and adds it to a section, if it is wanted.
    pub(crate) fn row(
        &self,
        section: &mut Section,
        label: impl Into<String>,
        bytes: Option<usize>,
        mut candidates: Vec<Candidate<'_>>,
    ) -> Result<()> {
        let label = label.into();
        let name = format!("{}, {label}", section.title);
        if self.only.as_ref().is_some_and(|only| !name.contains(only)) {
            return Ok(());
        }
        eprintln!("{name}");
        let effort = if self.quick {
            Effort::QUICK
        } else {
            Effort::FULL
        };
        let outcomes =
            measure(effort, &mut candidates).map_err(|error| format!("{name}: {error}"))?;
        section.rows.push(Row {
            label,
            bytes,
            outcomes,
        });
        Ok(())
    }
}
