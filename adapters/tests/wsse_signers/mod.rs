//! The synthetic signers of `tests/vectors` (made by `tests/interop/make_signers.py`) and one content to sign.

use qaqpa_adapters::wsse::{Id, PinnedSigners, Signer};

/// 2027-01-15, within the period of every test certificate.
pub(crate) const NOW: i64 = 1_800_000_000;

/// Canonical text, as the writer of this crate writes it.
pub(crate) const CONTENT: &str = "<typ:SendMessage xmlns:typ=\"http://bip.bee.kz/SyncChannel/v10/Types\"><request><requestData>\
    <data><iin>991231500006</iin><surname>ТЕСТОВ &amp; ТЕСТ</surname></data></requestData></request></typ:SendMessage>";

/// A file of `tests/vectors`.
pub(crate) fn vector(name: &str) -> Vec<u8> {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/vectors").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// `signer-rsa`, `signer-p256` or `signer-rogue`.
pub(crate) fn signer(name: &str) -> Signer {
    Signer::from_pem(&vector(&format!("{name}-cert.pem")), &vector(&format!("{name}-key.pem"))).unwrap()
}

/// The certificates of these signers, pinned.
pub(crate) fn pinned(names: &[&str]) -> PinnedSigners {
    let pem: Vec<u8> = names.iter().flat_map(|name| vector(&format!("{name}-cert.pem"))).collect();
    PinnedSigners::from_pem(&pem).unwrap()
}

/// The id of every Body here.
pub(crate) fn body_id() -> Id {
    Id::new(uuid::Uuid::from_u128(0x0f8b_0c3e_6a51_4f0a_9d0e_3a4c_0b6f_1a10))
}
