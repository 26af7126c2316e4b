//! The metric of certificates and revocation lists: the days that each has left, those that a reload brought too.
//!
//! Example: `qaqpa_certificate_days_left{of="channels.shep.signer_certificate"} 23`

use jiff::Timestamp;

use crate::gateway::Gateway;
use crate::listen::Reloader;
use crate::listen::period::days_left;

impl Gateway {
    /// Once a second: the days that certificates and lists have left.
    pub(super) fn tell_certificates(&self, reloader: &Reloader) {
        let now = self.clock.now();
        let tell = |of: &str, end: Timestamp| {
            self.telemetry.certificate(of, days_left(end, now));
        };
        reloader.ends().into_iter().for_each(|(of, end)| tell(of, end));
        self.ends.iter().for_each(|(of, end)| tell(of, *end));
    }
}
