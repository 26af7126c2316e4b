//! How much of the machine's memory the process holds on to: heap that is free is given back, and no page is a huge one.
//!
//! Measured by `tests/bench/memory`. Huge pages (2 MiB) made the resident memory of an idle gateway half as large again and an
//! exchange no faster: its heap is many small things of many ages.

/// Asks the kernel for small pages, whatever the machine's default is (`/sys/kernel/mm/transparent_hugepage/enabled`). Before
/// anything large is read.
pub fn small_pages() {
    if let Err(error) = rustix::thread::disable_transparent_huge_pages(true) {
        tracing::debug!(%error, "huge pages stay as the machine has them");
    }
}

/// Lets the allocator return what is free to the system. mimalloc does so once memory has been free for a second, but looks only
/// when a thread frees a whole page or ends, and a gateway that has just started, or had a busy hour, does neither.
pub(super) fn give_back() {
    // A thread that never allocated is unknown to the allocator, and its end too.
    let touch = || drop(std::hint::black_box(Box::new(0_u8)));
    if let Err(error) = std::thread::Builder::new().name("memory".to_owned()).spawn(touch) {
        tracing::debug!(%error, "free memory is kept until the next try");
    }
}
