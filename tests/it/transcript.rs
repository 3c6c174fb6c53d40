//! The demo says what it said before.

use integration_tests::{Binary, demo};

#[test]
fn the_demo_tells_the_same_story_every_time() {
    let mut story = Vec::new();
    let told = demo::tell(&mut story, Binary::Dev);
    assert!(told.is_ok(), "{told:?}\n{}", String::from_utf8_lossy(&story));
    let story = String::from_utf8(story).unwrap();
    insta::with_settings!({filters => vec![
        (r"[0-9a-f]{32}", "<key id>"),
        (r"\b[0-9a-f]{8}…", "<key>…"),
        (r"127\.0\.0\.1:\d+", "<host>"),
        (r"\(\d+ ms\)", "(<time>)"),
        (r"\d{4}-\d\d-\d\dT[0-9:.]+Z", "<moment>"),
        (r"sent \d+ events in all", "sent <number> events in all"),
        (r"\d+\.\d s from start", "<seconds> s from start"),
        (r"\[[0-9a-f]{7}/[0-9a-f]{8}\]", "[<secret>/<version>]"),
    ]}, {
        insta::assert_snapshot!(story);
    });
}
