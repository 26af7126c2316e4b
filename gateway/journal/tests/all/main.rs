//! The journal from outside: what it promises, against crashes, full and failing disks, and tampering.

#[cfg(test)]
mod append;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod descriptors;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod grammar;
#[cfg(test)]
mod lines;
#[cfg(test)]
mod locked;
#[cfg(test)]
mod oracles;
#[cfg(test)]
mod salts;
#[cfg(test)]
mod tamper;
#[cfg(test)]
mod verdicts;
