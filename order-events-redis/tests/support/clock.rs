//! A clock of a server's own, which a test can set: `clock.c`, put before it by the linker.

use std::fs;
use std::path::Path;
use std::process::Command;

/// What the program is told of where the clock's offset stands.
const OFFSET: &str = "CLOCK_OFFSET";

/// Makes one in this directory.
pub(crate) fn make(place: &Path) {
    let code = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/support/clock.c");
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-O1", "-o"]).arg(place.join("clock.so")).arg(code);
    assert!(compiler.status().unwrap().success(), "cc is installed: scripts/test does so");
    set(place, 0);
}

/// So many microseconds ahead of the machine's, or behind.
pub(crate) fn set(place: &Path, micros: i64) {
    use std::io::Write;
    // In place, for whoever goes by it has it in memory.
    let file =
        fs::File::options().create(true).truncate(false).write(true).open(place.join("clock"));
    file.unwrap().write_all(&micros.to_ne_bytes()).unwrap();
}

/// A program goes by it from its start.
pub(crate) fn put_before(program: &mut Command, place: &Path) {
    program.env(OFFSET, place.join("clock")).env("LD_PRELOAD", place.join("clock.so"));
}
