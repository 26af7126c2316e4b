//! The folder a development PKI is written to, and what each file in it is.
//!
//! Folders are for their owner alone (0700), private keys too (0600). It refuses a folder that holds anything: a key
//! that is overwritten is a gateway that no longer starts. Unix only, like the gateway.
//!
//! Example: `clients/school.pem` beside `clients/school.key`.

use std::fs::{self, DirBuilder, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::{DevPki, Error};

/// Every file of a written folder and what it is, but for `README.txt`, which repeats this table, and the private
/// keys: beside each `NAME.pem` lies `NAME.key` (PKCS#8 PEM, unencrypted), save for the two roots `ca.pem` and
/// `signers/ca.pem`.
pub const FILES: &[(&str, &str)] = &[
    ("ca.pem", "root of every TLS certificate, P-256"),
    ("ca.crl", "what that root revoked; runs out after 30 days"),
    ("signers/ca.pem", "root of the RSA message signers, RSA-2048"),
    ("servers/gateway.pem", "TLS server: localhost, gateway.localhost, 127.0.0.1, ::1"),
    ("servers/shep.pem", "TLS server of the mock government: localhost, shep.localhost, 127.0.0.1, ::1"),
    ("servers/otlp.pem", "TLS server of the telemetry collector: localhost, otlp.localhost, 127.0.0.1, ::1"),
    ("clients/school.pem", "TLS client, BIN 990140000007, urn:qaqpa:dev:school"),
    ("clients/school-2.pem", "TLS client, BIN 990140000017, urn:qaqpa:dev:school-2"),
    ("clients/auditor.pem", "TLS client, BIN 990140000027, UID 2.999.398.3, urn:qaqpa:dev:auditor"),
    ("clients/admin.pem", "TLS client, BIN 990140000037, UID 2.999.398.4, urn:qaqpa:dev:admin"),
    ("clients/officer.pem", "TLS client, BIN 990140000037, UID 2.999.398.5, urn:qaqpa:dev:officer"),
    ("clients/cpm.pem", "TLS client, BIN 990140000067, urn:qaqpa:dev:cpm"),
    ("clients/smartustaz.pem", "TLS client, BIN 990140000077, urn:qaqpa:dev:smartustaz"),
    ("clients/myverify.pem", "TLS client, BIN 990140000087, urn:qaqpa:dev:myverify"),
    ("clients/qyzmet-desk.pem", "TLS client, BIN 990140000097, urn:qaqpa:dev:qyzmet-desk"),
    ("signers/gateway-signer.pem", "signs the gateway's messages, RSA-2048, UID 2.999.398.1"),
    ("signers/gateway-signer-ec.pem", "the same with P-256, issued by ca.pem"),
    ("signers/shep-signer.pem", "signs the mock government's replies, RSA-2048, UID 2.999.398.2"),
    ("enemies/expired.pem", "the school, until yesterday"),
    ("enemies/not-yet-valid.pem", "the school, from next month"),
    ("enemies/foreign.pem", "the school, issued by a stranger who bears the name of ca.pem"),
    ("enemies/self-signed.pem", "the school, issued by itself"),
    ("enemies/wrong-usage.pem", "the school, allowed to be a TLS server only"),
    ("enemies/revoked.pem", "the school, listed in ca.crl"),
    ("enemies/unknown.pem", "a flawless client, BIN 990140000057, urn:qaqpa:dev:unknown, never to be configured"),
    ("enemies/impostor-server.pem", "servers/shep, issued by a stranger who bears the name of ca.pem"),
    ("enemies/wrong-name-server.pem", "a flawless TLS server, but of elsewhere.invalid"),
    ("enemies/rogue-signer.pem", "subject and issuer of shep-signer, another key: only pinning tells them apart"),
    ("enemies/expired-signer.pem", "subject and issuer of shep-signer, until yesterday"),
];

impl DevPki {
    /// Writes everything into `folder`, which is made if it is missing. A failure half-way leaves what was written so
    /// far; delete the folder and start again.
    ///
    /// # Errors
    /// [`Error::NotEmpty`] if the folder holds anything; [`Error::Write`] if the file system refuses.
    pub fn write(&self, folder: &Path) -> Result<(), Error> {
        // Judged before it is touched: whoever names his home by mistake finds its mode unchanged.
        if folder.exists() && fs::read_dir(folder).map_err(at(folder))?.next().is_some() {
            return Err(Error::NotEmpty { path: folder.display().to_string() });
        }
        private_folder(folder)?;
        for group in ["servers", "clients", "signers", "enemies"] {
            private_folder(&folder.join(group))?;
        }
        public_file(&folder.join("README.txt"), &readme())?;
        public_file(&folder.join("ca.pem"), self.tls.certificate_pem())?;
        public_file(&folder.join("ca.crl"), &self.revocations.pem)?;
        public_file(&folder.join("signers/ca.pem"), self.signing.certificate_pem())?;
        for credential in self.credentials() {
            let path = |ending| folder.join(format!("{}.{ending}", credential.name()));
            public_file(&path("pem"), credential.certificate_pem())?;
            private_file(&path("key"), &credential.key_pem())?;
        }
        Ok(())
    }
}

fn readme() -> String {
    let rows: String = FILES.iter().map(|(file, what)| format!("{file:<31} {what}\n")).collect();
    format!(
        "{}: certificates for a laptop. Never use them with a real system, never trust ca.pem in a browser.\n\
         Each certificate has its private key beside it (.key); the keys of the two roots are never written.\n\n\
         {rows}",
        crate::MARK
    )
}

/// Also narrows a folder that was there already.
fn private_folder(path: &Path) -> Result<(), Error> {
    DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(at(path))?;
    fs::set_permissions(path, Permissions::from_mode(0o700)).map_err(at(path))
}

fn public_file(path: &Path, text: &str) -> Result<(), Error> {
    new_file(path, text, 0o644)
}

fn private_file(path: &Path, text: &str) -> Result<(), Error> {
    new_file(path, text, 0o600)
}

/// The mode is set as the file appears, so there is no moment at which others can open it.
fn new_file(path: &Path, text: &str, mode: u32) -> Result<(), Error> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at(path))?;
    file.write_all(text.as_bytes()).map_err(at(path))
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.display().to_string();
    move |source| Error::Write { path, source }
}
