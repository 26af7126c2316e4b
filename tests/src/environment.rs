//! The development environment, laid out once a process and copied for every world: its RSA keys take half a second.
//!
//! Example: `let pki = environment::copy_to(directory.path());`

use std::fs::Permissions;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use qaqpa::development::{self, Layout};
use qaqpa_certs_dev::DevPki;

use crate::Time;

/// Loopback, at any port.
pub(crate) const NOWHERE: SocketAddr = SocketAddr::new(std::net::IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

struct Environment {
    pki: DevPki,
    files: Vec<Laid>,
}

/// One file: its relative path, its content, who may read it.
struct Laid {
    name: PathBuf,
    content: Vec<u8>,
    permissions: Permissions,
}

static ENVIRONMENT: LazyLock<Environment> = LazyLock::new(|| {
    let directory = tempfile::tempdir().unwrap();
    let layout = Layout { directory: directory.path().to_owned(), listen: NOWHERE, shep: NOWHERE };
    let pki = development::lay_out(&layout, &Time::default().clock()).unwrap();
    let mut files = Vec::new();
    collect(directory.path(), Path::new(""), &mut files);
    Environment { pki, files }
});

fn collect(root: &Path, folder: &Path, files: &mut Vec<Laid>) {
    for entry in std::fs::read_dir(root.join(folder)).unwrap() {
        let entry = entry.unwrap();
        let name = folder.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            collect(root, &name, files);
        } else {
            let (content, metadata) = (std::fs::read(entry.path()).unwrap(), entry.metadata().unwrap());
            files.push(Laid { name, content, permissions: metadata.permissions() });
        }
    }
}

/// Writes what lies in one folder into another.
pub(crate) fn copy_folder(from: &Path, to: &Path) {
    let mut files = Vec::new();
    collect(from, Path::new(""), &mut files);
    write(to, &files);
}

/// Writes the environment's files, and hands out the authorities behind them.
pub(crate) fn copy_to(directory: &Path) -> &'static DevPki {
    write(directory, &ENVIRONMENT.files);
    &ENVIRONMENT.pki
}

fn write(directory: &Path, files: &[Laid]) {
    for Laid { name, content, permissions } in files {
        let path = directory.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        std::fs::set_permissions(path, permissions.clone()).unwrap();
    }
}
