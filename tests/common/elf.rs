//! What an ELF file of 64 bits says of itself: as much as tells whether it needs anybody.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

const PT_LOAD: u32 = 1;
const PT_DYNAMIC: u32 = 2;
const PT_INTERP: u32 = 3;
const PT_GNU_STACK: u32 = 0x6474_e551;
const PF_X: u32 = 1;
const PF_W: u32 = 2;
const SHT_SYMTAB: u32 = 2;
const SHT_DYNAMIC: u32 = 6;
const SHT_DYNSYM: u32 = 11;
const ET_EXEC: u16 = 2;

pub(crate) struct Elf {
    bytes: Vec<u8>,
}

struct Section {
    kind: u32,
    offset: usize,
    size: usize,
    /// For symbols: the section with their names.
    link: usize,
}

impl Elf {
    pub(crate) fn read(path: &Path) -> Self {
        let bytes = fs::read(path).unwrap();
        assert!(bytes.starts_with(b"\x7fELF\x02\x01"), "{}", path.display());
        Self { bytes }
    }

    fn number<const LEN: usize>(&self, offset: usize) -> [u8; LEN] {
        self.bytes[offset..][..LEN].try_into().unwrap()
    }

    fn u16(&self, offset: usize) -> u16 {
        u16::from_le_bytes(self.number(offset))
    }

    fn u32(&self, offset: usize) -> u32 {
        u32::from_le_bytes(self.number(offset))
    }

    fn word(&self, offset: usize) -> usize {
        u64::from_le_bytes(self.number(offset)) as usize
    }

    /// Kind and flags of each.
    fn segments(&self) -> Vec<(u32, u32)> {
        let (start, size) = (self.word(32), usize::from(self.u16(54)));
        let all = (0..usize::from(self.u16(56))).map(|index| start + index * size);
        all.map(|at| (self.u32(at), self.u32(at + 4))).collect()
    }

    fn sections(&self) -> Vec<Section> {
        let (start, size) = (self.word(40), usize::from(self.u16(58)));
        let all = (0..usize::from(self.u16(60))).map(|index| start + index * size);
        all.map(|at| Section {
            kind: self.u32(at + 4),
            offset: self.word(at + 24),
            size: self.word(at + 32),
            link: self.u32(at + 40) as usize,
        })
        .collect()
    }

    /// The symbols by name, and whether they are defined.
    pub(crate) fn symbols(&self) -> HashMap<String, bool> {
        let sections = self.sections();
        let mut symbols = HashMap::new();
        for table in &sections {
            if !matches!(table.kind, SHT_SYMTAB | SHT_DYNSYM) {
                continue;
            }
            let names = sections[table.link].offset;
            // The first one is none.
            for at in (table.offset..table.offset + table.size)
                .step_by(24)
                .skip(1)
            {
                let name = &self.bytes[names + self.u32(at) as usize..];
                let name = name.split(|&byte| byte == 0).next().unwrap();
                let name = String::from_utf8_lossy(name).into_owned();
                symbols.insert(name, self.u16(at + 6) != 0);
            }
        }
        symbols
    }

    /// Why it does not run on its own, or not safely; nothing if it does.
    pub(crate) fn faults(&self) -> Vec<String> {
        let mut faults = Vec::new();
        if self.u16(16) != ET_EXEC {
            faults.push("it is not linked to fixed addresses".to_owned());
        }
        let segments = self.segments();
        for &(kind, flags) in &segments {
            match kind {
                PT_INTERP => faults.push("it wants a loader".to_owned()),
                PT_DYNAMIC => faults.push("it wants libraries".to_owned()),
                PT_LOAD if flags & (PF_W | PF_X) == PF_W | PF_X => {
                    faults.push("a segment may be written and run".to_owned());
                }
                PT_GNU_STACK if flags & PF_X != 0 => faults.push("the stack may be run".to_owned()),
                _ => {}
            }
        }
        if !segments.iter().any(|&(kind, _)| kind == PT_GNU_STACK) {
            faults.push("the kernel may choose a stack that may be run".to_owned());
        }
        if self
            .sections()
            .iter()
            .any(|section| section.kind == SHT_DYNAMIC)
        {
            faults.push("it has a dynamic section".to_owned());
        }
        for (name, defined) in self.symbols() {
            if !defined && !name.is_empty() {
                faults.push(format!("{name} is undefined"));
            }
        }
        faults
    }
}
