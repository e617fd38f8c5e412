//! The story comes to a good end, as a user runs it.

use std::process::Command;

#[test]
#[ignore = "needs redis-server: run by scripts/test"]
fn every_viewer_sees_what_was_published_though_a_node_and_redis_are_killed() {
    let told = Command::new(env!("CARGO_BIN_EXE_cluster")).output().unwrap();
    let story = String::from_utf8_lossy(&told.stdout);
    let errors = String::from_utf8_lossy(&told.stderr);
    println!("{story}\n{errors}");
    assert!(told.status.success());
    assert_eq!(story.matches(": as published").count(), 6);
    // Viewers were on both nodes, and those of the one that was killed went to the other.
    for part in ["on node a, then b", "on node b:", "streams that were given up for it: 0"] {
        assert!(story.contains(part), "not told: {part}");
    }
}
