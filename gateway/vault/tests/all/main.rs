//! The vault from outside: what it keeps, what it destroys for good, and what it does when killed, cut, or given to strangers.

#[cfg(test)]
mod bond;
#[cfg(test)]
mod crash;
#[cfg(test)]
mod erasure;
#[cfg(test)]
mod files;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod life;
#[cfg(test)]
mod load;
#[cfg(test)]
mod model;
#[cfg(test)]
mod secrecy;
#[cfg(test)]
mod touched;
