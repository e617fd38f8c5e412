//! A certificate for this machine, signed by itself.

use std::path::Path;
use std::process::{Command, Stdio};

pub(crate) const CERTIFICATE: &str = "certificate.pem";
pub(crate) const KEY: &str = "key.pem";

/// Makes one in a directory.
pub(crate) fn make_certificate(place: &Path) {
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"])
        .args(["-nodes", "-days", "2", "-subj", "/CN=localhost"])
        .args(["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"])
        .args(["-addext", "basicConstraints=critical,CA:FALSE"])
        .args(["-keyout", KEY, "-out", CERTIFICATE])
        .current_dir(place)
        .stdin(Stdio::null())
        .output();
    let made = made.expect("openssl is installed: scripts/test does so");
    assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
}
