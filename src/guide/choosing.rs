//! Which kind of memory for which need.
//!
//! The first line that fits decides:
//!
//! | what is needed | take |
//! |----------------|------|
//! | a program that exists speaks System V (X11's `MIT-SHM`, AFL++, databases) | [`Segment`] |
//! | a secret that is in no dump, and that nobody reads from outside | [`SecretMemory`] |
//! | others get it finished, and nobody may change it any more | [`Memfd`], then [`freeze`](Memfd::freeze) |
//! | only children that are forked, no other program | [`map_shared_anonymous`](MapOptions::map_shared_anonymous) |
//! | processes that have a socket between them, or a parent and its children | [`Memfd`] and [`fd_passing`] |
//! | programs that are started separately and agree on a name | [`SharedMemory`] |
//! | it is to survive a restart of the machine | a file, with [`MapOptions::map_shared`] |
//! | nobody shares it | [`map_anonymous`](MapOptions::map_anonymous), or a `Vec` |
//!
//! # What each is like
//!
//! | | [`SharedMemory`] | [`Memfd`] | [`FrozenMemfd`] | [`SecretMemory`] | [`Segment`] |
//! |-|--|--|--|--|--|
//! | found by | name | descriptor | descriptor | descriptor | number or key |
//! | who may | mode, owner | who gets it | who gets it | who gets it | mode, owner |
//! | left behind by a crash | yes: [`remove_if_orphaned`](SharedMemory::remove_if_orphaned) | no | no | no | yes: [`sysv::list`] |
//! | a peer may shrink it under us | yes | sealed, unless [`resizable`](crate::memfd::MemfdOptions::resizable) | no | no | no |
//! | it can grow | yes | if resizable | no | no | no |
//! | gives `&[u8]` | no | no | yes | no | no |
//! | counted where | size of `/dev/shm` | commit limit | commit limit | `RLIMIT_MEMLOCK` | `shmall`, `shmmax` |
//! | huge pages | transparent, if mounted so | [`huge_pages`](crate::memfd::MemfdOptions::huge_pages) | as its memfd | no | [`huge_pages`](crate::sysv::SegmentOptions::huge_pages) |
//! | exists since | Linux 2.4 | 3.17 | 3.17 | 5.14, often off | 1.0 |
//!
//! # Who may write
//!
//! The kind of mapping is the second choice, and the type tells it:
//!
//! | | others may write | nobody else may write |
//! |-|------------------|-----------------------|
//! | **we may write** | [`map`](SharedMemory::map): `Mapping<`[`Shared`]`>` | [`FrozenMemfd::map_private`]: `Mapping<`[`Private`]`>` |
//! | **we may not** | [`map_read_only`](SharedMemory::map_read_only): `Mapping<`[`ReadOnly`]`>` | [`FrozenMemfd::map`]: `Mapping<`[`Frozen`]`>` |
//!
//! # And a peer that is not trusted
//!
//! Its writes are sound to look at in every kind: a [`SharedSlice`] copies. What it can still do
//! is take the memory away: truncate an object, punch a hole where memory is short. Take a memfd
//! whose size is sealed, which [`Memfd::from_fd`] asks for, or copies that
//! [return an error](SharedSlice::try_copy_to_slice). [`handover`](super::handover) has more.

#[cfg(doc)]
use crate::{
    Frozen, FrozenMemfd, MapOptions, Memfd, Private, ReadOnly, SecretMemory, Segment, Shared,
    SharedMemory, SharedSlice, fd_passing, sysv,
};
