//! The mock government on trial: asked over real sockets, by a client that writes its own HTTP.

#[cfg(test)]
mod behaviours;
#[cfg(test)]
mod business;
#[cfg(test)]
mod client;
#[cfg(test)]
mod describe;
#[cfg(test)]
mod faults;
#[cfg(test)]
mod gbdfl;
#[cfg(test)]
mod life;
#[cfg(test)]
mod replies;
#[cfg(test)]
mod world;
