//! The door on trial against listeners on loopback that count connections and bytes: a place that must hear nothing is
//! there, and would be heard.

mod addresses;
mod clients;
mod keys;
mod leases;
mod names;
mod network;
mod posts;
mod uris;
