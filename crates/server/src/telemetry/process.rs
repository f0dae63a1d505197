//! The process as Prometheus's own clients tell of it: `process_*`. Read from `/proc`, and so on Linux only.

use metrics::{Unit, describe_counter, describe_gauge};

const CPU: &str = "process_cpu_seconds_total";
const RESIDENT: &str = "process_resident_memory_bytes";
const VIRTUAL: &str = "process_virtual_memory_bytes";
const STARTED: &str = "process_start_time_seconds";
const OPEN_FILES: &str = "process_open_fds";
const MOST_FILES: &str = "process_max_fds";

/// Says what the numbers mean.
pub fn describe() {
    describe_counter!(
        CPU,
        Unit::Seconds,
        "CPU time spent, user and system, in whole seconds."
    );
    describe_gauge!(RESIDENT, Unit::Bytes, "Memory that is really there.");
    describe_gauge!(
        VIRTUAL,
        Unit::Bytes,
        "Memory with all that is only reserved."
    );
    describe_gauge!(
        STARTED,
        Unit::Seconds,
        "When the process started, since 1970."
    );
    describe_gauge!(OPEN_FILES, "Open files and connections.");
    describe_gauge!(
        MOST_FILES,
        "Files and connections that may be open at once."
    );
}

/// Takes the numbers as they are now; those that the system does not tell are left out.
#[cfg(target_os = "linux")]
pub fn measure() {
    let Ok(process) = procfs::process::Process::myself() else {
        return;
    };
    if let Ok(stat) = process.stat() {
        let ticks = procfs::ticks_per_second();
        metrics::counter!(CPU).absolute((stat.utime + stat.stime) / ticks);
        metrics::gauge!(RESIDENT).set((stat.rss * procfs::page_size()) as f64);
        metrics::gauge!(VIRTUAL).set(stat.vsize as f64);
        if let Ok(boot) = procfs::boot_time_secs() {
            metrics::gauge!(STARTED).set(boot as f64 + stat.starttime as f64 / ticks as f64);
        }
    }
    if let Ok(count) = process.fd_count() {
        metrics::gauge!(OPEN_FILES).set(count as f64);
    }
    if let Ok(procfs::process::LimitValue::Value(most)) = process
        .limits()
        .map(|limits| limits.max_open_files.soft_limit)
    {
        metrics::gauge!(MOST_FILES).set(most as f64);
    }
}

/// Nothing, where there is no `/proc`.
#[cfg(not(target_os = "linux"))]
pub fn measure() {}
