//! All segments of this IPC namespace.

use super::{ShmId, ShmidDs, shmctl_shm_info, shmctl_shm_stat, shmctl_shm_stat_any};
use crate::error::Result;
use crate::{Errno, sys};

/// Goes through all segments that this process may see.
///
/// It asks the kernel for one after the other, without allocating: what is created or
/// destroyed meanwhile may be missing or still there. Before Linux 4.17 only those appear
/// whose mode allows reading.
///
/// # Errors
///
/// - `ENOSYS` of `shmctl(SHM_INFO)`: the kernel has no System V calls.
///
/// ```
/// use rawshm::{Segment, sysv};
///
/// let segment = Segment::create(4096)?.destroy_on_drop();
/// let listed = sysv::list()?.find(|listed| listed.id() == segment.id()).unwrap();
/// assert_eq!(listed.stat().segsz(), 4096);
/// assert_eq!(listed.creator_alive(), Some(true));
/// # Ok::<(), rawshm::Error>(())
/// ```
pub fn list() -> Result<List> {
    let (info, highest) = shmctl_shm_info()?;
    // Without any the highest index is 0, which there may be as well.
    let end = if info.used_ids() == 0 { 0 } else { highest + 1 };
    Ok(List {
        next: 0,
        end,
        stat_any: false,
    })
}

/// The segments that [`list`] goes through.
///
/// See [`list`] for an example.
#[derive(Clone, Debug)]
pub struct List {
    next: usize,
    end: usize,
    /// Whether the kernel has shown that it knows SHM_STAT_ANY.
    stat_any: bool,
}

/// A segment as [`list`] found it.
///
/// See [`list`] for an example.
#[derive(Clone, Copy, Debug)]
pub struct ListedSegment {
    id: ShmId,
    stat: ShmidDs,
}

impl ListedSegment {
    /// Its id.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub const fn id(&self) -> ShmId {
        self.id
    }

    /// Its status.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub const fn stat(&self) -> &ShmidDs {
        &self.stat
    }

    /// Whether the process that created it still runs; `None` if that is not to be known
    /// in this pid namespace.
    ///
    /// One that has ended counts as alive until its parent has asked for its status, and the
    /// number may be another process's by now.
    ///
    /// See [`list`] for an example.
    #[must_use]
    pub fn creator_alive(&self) -> Option<bool> {
        match self.stat.cpid() {
            creator if creator > 0 => Some(sys::process_exists(creator)),
            _ => None,
        }
    }

    /// Whether nobody has it attached: it is of use only to somebody who still comes.
    ///
    /// See [`list`] for an example.
    #[inline]
    #[must_use]
    pub const fn is_orphaned(&self) -> bool {
        self.stat.nattch() == 0
    }
}

impl Iterator for List {
    type Item = ListedSegment;

    fn next(&mut self) -> Option<ListedSegment> {
        while self.next < self.end {
            let index = self.next;
            self.next += 1;
            let found = match shmctl_shm_stat_any(index) {
                // An empty place, or a kernel that does not know the command.
                Err(error) if error == Errno::EINVAL && !self.stat_any => shmctl_shm_stat(index),
                found => {
                    self.stat_any |= found.is_ok();
                    found
                }
            };
            if let Ok((id, stat)) = found {
                return Some(ListedSegment { id, stat });
            }
        }
        None
    }
}

impl core::iter::FusedIterator for List {}
