//! What the README shows is what runs.

use crate::PROGRAM;

#[test]
fn the_readme_shows_this_program() {
    let readme = include_str!("../../README.md");
    let block = format!("```rust\n{PROGRAM}```\n");
    assert!(readme.contains(&block), "the README's block is not src/main.rs: copy it there");
}
