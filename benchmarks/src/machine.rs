//! The machine that is measured: what it is, and which of its processors do what.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::mem;

use crate::Result;

/// The processors that the program uses.
#[derive(Clone, Copy)]
pub(crate) struct Processors {
    /// Where it measures.
    pub(crate) own: usize,
    /// Where the second thread or process runs; `None` if there is only one.
    pub(crate) other: Option<usize>,
}

impl Processors {
    /// Takes the last one, since interrupts tend to go to the first, and a neighbour for it:
    /// another core, of the same package if there is one.
    pub(crate) fn choose() -> Result<Self> {
        let allowed = allowed_processors()?;
        let own = *allowed.last().ok_or("no processor is allowed")?;
        let place = |processor: usize, what: &str| {
            let path = format!("/sys/devices/system/cpu/cpu{processor}/topology/{what}");
            fs::read_to_string(path).unwrap_or_default()
        };
        let distance = |other: &usize| {
            let same_package =
                place(*other, "physical_package_id") == place(own, "physical_package_id");
            let same_core = same_package && place(*other, "core_id") == place(own, "core_id");
            match (same_package, same_core) {
                (true, false) => 0,
                (false, _) => 1,
                (true, true) => 2,
            }
        };
        let others = allowed.iter().copied().filter(|&other| other != own);
        Ok(Self {
            own,
            other: others.min_by_key(distance),
        })
    }
}

fn allowed_processors() -> Result<Vec<usize>> {
    // SAFETY: a set of bits, for which zeros are valid.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the kernel writes at most the size of the set.
    if unsafe { libc::sched_getaffinity(0, size_of_val(&set), &mut set) } != 0 {
        return Err(format!("sched_getaffinity: {}", io::Error::last_os_error()).into());
    }
    Ok((0..libc::CPU_SETSIZE as usize)
        // SAFETY: the index is below the size of the set.
        .filter(|&processor| unsafe { libc::CPU_ISSET(processor, &set) })
        .collect())
}

/// Keeps the calling thread, and what it starts from now on, on one processor.
pub(crate) fn pin(processor: usize) -> Result<()> {
    // SAFETY: a set of bits, for which zeros are valid.
    let mut set: libc::cpu_set_t = unsafe { mem::zeroed() };
    // SAFETY: the number came out of a set of the same size.
    unsafe { libc::CPU_SET(processor, &mut set) };
    // SAFETY: the kernel reads the set.
    if unsafe { libc::sched_setaffinity(0, size_of_val(&set), &set) } != 0 {
        let error = io::Error::last_os_error();
        return Err(format!("sched_setaffinity to processor {processor}: {error}").into());
    }
    Ok(())
}

/// What a reader must know of the machine, as names and values.
pub(crate) fn facts(processors: Processors) -> Vec<(&'static str, String)> {
    let used = match processors.other {
        Some(other) => format!(
            "{}; {other} for the second thread or process",
            processors.own
        ),
        None => format!("{}, the only one", processors.own),
    };
    vec![
        ("processor", processor_model()),
        ("used of its processors", used),
        ("memory", memory()),
        ("kernel", kernel()),
        ("huge pages", huge_pages()),
        ("libc", libc_version()),
        ("compiler", env!("COMPILER").to_owned()),
        ("load at the start", load()),
    ]
}

/// The first value of a line `name : value` in a file of `/proc`.
fn field(file: &str, names: &[&str]) -> Option<String> {
    let text = fs::read_to_string(file).ok()?;
    text.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        names
            .contains(&name.trim())
            .then(|| value.trim().to_owned())
    })
}

fn or_unknown(value: Option<String>) -> String {
    value.unwrap_or_else(|| "unknown".to_owned())
}

fn processor_model() -> String {
    const CPUINFO: &str = "/proc/cpuinfo";
    // Arm has no names there, but numbers.
    let arm = || {
        let implementer = field(CPUINFO, &["CPU implementer"])?;
        let part = field(CPUINFO, &["CPU part"])?;
        Some(format!("implementer {implementer}, part {part}"))
    };
    let mut model = or_unknown(field(CPUINFO, &["model name"]).or_else(arm));
    if let (Some(family), Some(number)) =
        (field(CPUINFO, &["cpu family"]), field(CPUINFO, &["model"]))
    {
        model += &format!(", family {family}, model {number}");
    }
    let flags = field(CPUINFO, &["flags", "Features"]).unwrap_or_default();
    let has = |wanted: &str| flags.split(' ').any(|flag| flag == wanted);
    let vectors = ["avx2", "avx512f", "erms", "fsrm", "sve"];
    for flag in vectors.into_iter().filter(|flag| has(flag)) {
        model += &format!(", {flag}");
    }
    if has("hypervisor") {
        model += " (a virtual machine)";
    }
    model
}

/// How many bytes are free, or could be made so.
pub(crate) fn available_memory() -> Option<usize> {
    let kilobytes = field("/proc/meminfo", &["MemAvailable"])?;
    let kilobytes: usize = kilobytes.strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes * 1024)
}

fn memory() -> String {
    let size = |file: &str, name: &str| field(file, &[name]);
    let caches = (0..4).filter_map(|index| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}");
        let level = fs::read_to_string(format!("{path}/level")).ok()?;
        let kind = fs::read_to_string(format!("{path}/type")).ok()?;
        let size = fs::read_to_string(format!("{path}/size")).ok()?;
        (kind.trim() != "Instruction").then(|| format!("L{} {}", level.trim(), size.trim()))
    });
    let mut text = or_unknown(size("/proc/meminfo", "MemTotal"));
    for cache in caches {
        text += &format!(", {cache}");
    }
    text
}

fn kernel() -> String {
    let line = |file: &str| {
        fs::read_to_string(file)
            .ok()
            .map(|text| text.trim().to_owned())
    };
    format!(
        "{} {}",
        or_unknown(line("/proc/sys/kernel/ostype")),
        or_unknown(line("/proc/sys/kernel/osrelease"))
    )
}

/// Whether the memory of either side may be in huge pages: the words in brackets.
fn huge_pages() -> String {
    let chosen = |file: &str| {
        let path = format!("/sys/kernel/mm/transparent_hugepage/{file}");
        let text = fs::read_to_string(path).ok()?;
        let (_, rest) = text.split_once('[')?;
        Some(rest.split_once(']')?.0.to_owned())
    };
    format!(
        "private {}, shared {}",
        or_unknown(chosen("enabled")),
        or_unknown(chosen("shmem_enabled"))
    )
}

fn libc_version() -> String {
    #[cfg(target_env = "gnu")]
    {
        // SAFETY: touches no memory of ours.
        let version = unsafe { libc::gnu_get_libc_version() };
        // SAFETY: glibc returns a string that is never freed.
        let version = unsafe { CStr::from_ptr(version) };
        format!("glibc {}", version.to_string_lossy())
    }
    #[cfg(not(target_env = "gnu"))]
    "not glibc: the figures against memcpy are another library's".to_owned()
}

fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let Some(load) = text
        .split(' ')
        .next()
        .and_then(|load| load.parse::<f64>().ok())
    else {
        return "unknown".to_owned();
    };
    if load < 0.5 {
        format!("{load}")
    } else {
        format!("{load}: others were computing, expect noise")
    }
}
