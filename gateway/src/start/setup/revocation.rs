//! `[listen] crl_from`: the endpoint that the revocation list is renewed from, against the list that is there.

use std::collections::BTreeMap;

use qaqpa_residency::{Plane, Scheme};

use super::Checker;
use crate::dial::Target;
use crate::listen::revocation;

impl Checker<'_> {
    /// Checks `crl_from`: the endpoint is declared, of plane support, speaks HTTP, and the file holds one list.
    pub(super) fn revocation_source(&mut self, targets: &BTreeMap<String, Target>) {
        let (key, config) = ("listen.crl_from", self.config);
        let Some(id) = &config.listen.crl_from else { return };
        if !self.is_on_plane(key, id, Plane::Support) {
            return;
        }
        match targets.get(id).map(|target| target.endpoint().scheme()) {
            Some(Scheme::Https | Scheme::Http) | None => {} // what is wrong with a way that is not there is told already
            Some(_) => self.at(key, format!("endpoint `{id}` does not speak HTTP, and lists are fetched by it")),
        }
        if let Err(why) = revocation::in_force(&config.tls()) {
            self.at(key, format!("{}: {why}", why.code()));
        }
    }
}
