//! Device memory, which here is the process's own, zero-filled. Every access is held against the allocations: what lies outside of them
//! is an error, as on a device.

use std::{
    collections::BTreeMap,
    ffi::{c_uint, c_void},
    sync::Mutex,
};

use crate::{
    context,
    cuda::{Code, INVALID_VALUE, OUT_OF_MEMORY},
    ffi::Out,
    scenario::Device,
};

/// The allocations: address to blocks of 16 bytes, the largest unit that a kernel reads at once.
static ALLOCATIONS: Mutex<BTreeMap<u64, Vec<u128>>> = Mutex::new(BTreeMap::new());
/// More than this no test needs; beyond it the machine under test would be the one that runs out.
const LARGEST: usize = 1 << 30;

fn with<T>(work: impl FnOnce(&mut BTreeMap<u64, Vec<u128>>) -> T) -> T {
    // A panic while it was held cannot leave it half changed.
    work(&mut ALLOCATIONS.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
}

/// All memory of a device, and what is left of it.
pub fn room(device: &Device) -> (usize, usize) {
    let all = usize::try_from(device.memory - device.reserved).unwrap_or(usize::MAX);
    let ours = with(|allocations| allocations.values().map(|blocks| blocks.len() * 16).sum::<usize>());
    let others = usize::try_from(device.used).unwrap_or(usize::MAX);
    (all, all.saturating_sub(others).saturating_sub(ours))
}

/// Runs `work` on that many bytes of device memory; nothing where they are not inside one allocation.
pub fn bytes<T>(address: u64, length: usize, work: impl FnOnce(&mut [u8]) -> T) -> Option<T> {
    with(|allocations| {
        let (start, blocks) = allocations.range_mut(..=address).next_back()?;
        let offset = usize::try_from(address - start).ok()?;
        let end = offset.checked_add(length).filter(|end| *end <= blocks.len() * 16)?;
        // SAFETY: the vector has that many bytes, all of them initialised; any bytes are a u128.
        let all = unsafe { std::slice::from_raw_parts_mut(blocks.as_mut_ptr().cast::<u8>(), blocks.len() * 16) };
        all.get_mut(offset..end).map(work)
    })
}

exports! {
    /// Takes memory.
    fn cuMemAlloc_v2(address: Out<u64>, size: usize) {
        let device = context::current()?;
        if size == 0 {
            return Err(INVALID_VALUE);
        }
        if size > room(device).1.min(LARGEST) {
            return Err(OUT_OF_MEMORY);
        }
        let blocks = vec![0_u128; size.div_ceil(16)];
        let start = blocks.as_ptr().addr() as u64;
        with(|allocations| allocations.insert(start, blocks));
        Ok(address.set(start)?)
    }

    /// Gives memory back.
    fn cuMemFree_v2(address: u64) {
        context::finished()?;
        with(|allocations| allocations.remove(&address)).map(|_| ()).ok_or(INVALID_VALUE)
    }

    /// Copies to the device.
    fn cuMemcpyHtoD_v2(to: u64, from: *const c_void, size: usize) {
        context::finished()?;
        let source = crate::ffi::read(from, size).ok_or(INVALID_VALUE)?;
        bytes(to, size, |memory| memory.copy_from_slice(source)).ok_or(INVALID_VALUE)
    }

    /// Copies from the device.
    fn cuMemcpyDtoH_v2(to: *mut c_void, from: u64, size: usize) {
        context::finished()?;
        let target = crate::ffi::write(to, size).ok_or(INVALID_VALUE)?;
        bytes(from, size, |memory| target.copy_from_slice(memory)).ok_or(INVALID_VALUE)
    }

    /// Fills memory with a word.
    fn cuMemsetD32_v2(to: u64, value: c_uint, count: usize) {
        context::current()?;
        let size = count.checked_mul(4).ok_or(INVALID_VALUE)?;
        let fill = |memory: &mut [u8]| memory.chunks_exact_mut(4).for_each(|word| word.copy_from_slice(&value.to_ne_bytes()));
        bytes(to, size, fill).ok_or(INVALID_VALUE)
    }
}
