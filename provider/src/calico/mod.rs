//! Calico's own objects, with the checks that calicoctl would do.

mod blocks;
mod ippool;
#[cfg(test)]
mod tests;

pub use ippool::IpPool;
