//! Ways to have memory there before it is used.

use std::fs;
use std::time::{Duration, Instant};

use rawshm::{MapOptions, Mapping, Memfd, Shared};

use crate::Result;
use crate::copies::size;
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::{Group, Session};

pub(crate) const GROUP: Group = Group {
    name: "prefault",
    about: "ways to have memory there before it is used, in GiB/s",
    run: sections,
};

const SIZES: [usize; 2] = [64 << 20, 1 << 30];

/// What `--quick` prepares.
const QUICK: usize = 4 << 20;

const PAGE: usize = 4096;
const HUGE_PAGE: usize = 2 << 20;

/// A multiple of a huge page, since pages at other places cannot be gathered.
const PLACE: usize = 1 << 40;

fn sections(session: &Session) -> Result<Vec<Section>> {
    let mut section = Section {
        title: "Memory that is there before it is used".to_owned(),
        about: "A new memfd is mapped, prepared in one way or another, and then written once a \
                page: what all of this takes. Ours is `Mapping::prefault` (`MADV_POPULATE_WRITE`); \
                *touched* does nothing first, *populated* maps with `MAP_POPULATE`, *reserved* \
                calls `fallocate`, *collapsed* gathers the pages in huge ones after `prefault` \
                (`MADV_COLLAPSE`), and *huge* is a memfd of reserved huge pages \
                (`MFD_HUGETLB`). A ratio is that way's time divided by that of `prefault`; GiB/s \
                are below.",
        rows: Vec::new(),
    };
    let sizes = if session.quick {
        &[QUICK][..]
    } else {
        &SIZES[..]
    };
    let largest = sizes[sizes.len() - 1];
    let reserved = HugePages::reserve(largest / HUGE_PAGE);
    let reserved = reserved.map_err(|error| skipped("reserved huge pages", &error));
    let collapse = prepare(QUICK, Way::Collapse).map_err(|error| skipped("MADV_COLLAPSE", &error));
    for &len in sizes {
        let candidate = |name, way| {
            Candidate::timed(name, move |iterations| {
                (0..iterations).map(|_| prepare(len, way)).sum()
            })
        };
        let mut candidates = vec![
            candidate("`prefault`", Way::Prefault),
            candidate("touched", Way::Touch),
            candidate("populated", Way::Populate),
            candidate("reserved", Way::Reserve),
        ];
        if collapse.is_ok() {
            candidates.push(candidate("collapsed", Way::Collapse));
        }
        if reserved.is_ok() {
            candidates.push(candidate("huge", Way::Huge));
        }
        session.row(&mut section, size(len), Some(len), candidates)?;
    }
    Ok(vec![section])
}

fn skipped(what: &str, error: &dyn std::fmt::Display) {
    eprintln!("skipped: {what}: {error}");
}

#[derive(Clone, Copy)]
enum Way {
    Touch,
    Prefault,
    Populate,
    Reserve,
    Collapse,
    Huge,
}

/// How long it takes until every page was written. That it goes again is not counted.
fn prepare(len: usize, way: Way) -> Result<Duration> {
    let mut options = Memfd::options().sparse(!matches!(way, Way::Reserve));
    if let Way::Huge = way {
        options = options.huge_pages(HUGE_PAGE);
    }
    let started = Instant::now();
    let memfd = options.create("benchmark", len as u64)?;
    let mapping = match way {
        Way::Populate => MapOptions::new().populate().map_shared(&memfd)?,
        Way::Collapse => MapOptions::new().at(PLACE).map_shared(&memfd)?,
        _ => memfd.map()?,
    };
    if let Way::Prefault | Way::Collapse = way {
        mapping.prefault(..)?;
    }
    if let Way::Collapse = way {
        mapping.collapse(..)?;
    }
    touch(&mapping);
    Ok(started.elapsed())
}

fn touch(mapping: &Mapping<Shared>) {
    let shared = mapping.shared();
    for offset in (0..shared.len()).step_by(PAGE) {
        shared.store(offset, 1_u8);
    }
}

/// Huge pages in the kernel's pool, given back when this is dropped.
struct HugePages {
    /// How many there were before.
    before: usize,
}

const POOL: &str = "/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages";

impl HugePages {
    /// Sees to it that so many are there for us alone.
    fn reserve(count: usize) -> Result<Self> {
        let before = fs::read_to_string(POOL)?.trim().parse()?;
        let wanted: usize = before + count;
        fs::write(POOL, wanted.to_string())?;
        let pool = Self { before };
        let there: usize = fs::read_to_string(POOL)?.trim().parse()?;
        if there < wanted {
            return Err(format!("{there} of {wanted} could be had").into());
        }
        Ok(pool)
    }
}

impl Drop for HugePages {
    fn drop(&mut self) {
        if let Err(error) = fs::write(POOL, self.before.to_string()) {
            eprintln!(
                "benchmarks: {POOL} should be {} again: {error}",
                self.before
            );
        }
    }
}
