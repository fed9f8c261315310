//! Ours against ours: what one can do without.

use super::{LARGE, by_size, memfd, named};
use crate::Result;
use crate::calls::Name;
use crate::harness::Candidate;
use crate::report::Section;
use crate::session::Session;

pub(super) fn section(session: &Session) -> Result<Section> {
    let name = &Name::new("costs")?;
    let heading = (
        "What reservation costs",
        "Ours against ours, each opting out of more: a memfd, created, mapped, written once a \
         page, and gone. Reservation (the default) finds out at once whether there is memory; \
         `.sparse(true)` leaves that to the first touch of each page, and its `SIGBUS`. \
         `.resizable(true)` leaves out the seals, without which a peer can truncate the memory. \
         The last two columns are the same for an object with a name.",
    );
    by_size(session, LARGE, heading, |len| {
        vec![
            Candidate::fallible("reserved", move || memfd::ours(len, false, false)),
            Candidate::fallible("sparse", move || memfd::ours(len, true, false)),
            Candidate::fallible("sparse, resizable", move || memfd::ours(len, true, true)),
            Candidate::fallible("named, reserved", move || named::ours(name, len, false)),
            Candidate::fallible("named, sparse", move || named::ours(name, len, true)),
        ]
    })
}
