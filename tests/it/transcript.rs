//! The demo says what it said before.

use integration_tests::{Binary, demo};

#[test]
fn the_demo_tells_the_same_story_every_time() {
    let mut story = Vec::new();
    demo::tell(&mut story, Binary::Dev).unwrap();
    let story = String::from_utf8(story).unwrap();
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{32}", "<key id>"),
        (r"\b[0-9a-f]{8}…", "<key>…"),
        (r"127\.0\.0\.1:\d+", "<host>"),
        (r"\(\d+ ms\)", "(<time>)"),
        (r"\[[0-9a-f]{7}/[0-9a-f]{8}\]", "[<secret>/<version>]"),
    ]}, {
        insta::assert_snapshot!(story);
    });
}
