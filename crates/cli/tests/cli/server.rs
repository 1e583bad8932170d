//! The private server.

use crate::harness::Place;

#[test]
fn it_is_started_asked_stopped_and_removed() {
    let place = Place::new();
    let status = |wanted: &str| {
        let told = place.run(&["server", "status", "--json"]).ends(0).json();
        assert_eq!(told["state"], wanted);
        told
    };
    status("absent");
    let _ = place
        .run(&["server", "shell"])
        .ends(6)
        .tells(&["server start"]);
    let started = place.run(&["server", "start", "--json"]).ends(0).json();
    assert_eq!(started["started_now"], true);
    let running = status("running");
    assert_eq!(running["pid"], started["pid"]);
    let again = place.run(&["server", "start"]).ends(0);
    assert!(again.out.contains("runs already"), "{}", again.out);
    let answer = place
        .run(&["server", "shell", "-N", "-e", "SELECT 40 + 2"])
        .ends(0);
    assert_eq!(answer.out.trim(), "42");
    let _ = place.run(&["server", "stop"]).ends(0);
    status("stopped");
    let _ = place
        .run(&["server", "destroy"])
        .ends(3)
        .tells(&["not confirmed", "--yes"]);
    let _ = place.run(&["server", "destroy", "--yes"]).ends(0);
    status("absent");
    let _ = place.run(&["server", "destroy"]).ends(0);
}

#[test]
fn a_folder_of_somebody_else_is_left_alone() {
    let place = Place::new();
    let folder = place.path("home/server");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("letter.txt"), "mine").unwrap();
    let _ = place
        .run(&["server", "destroy", "--yes"])
        .ends(3)
        .tells(&["left alone"]);
    let _ = place.run(&["server", "start"]).ends(3);
    assert!(folder.join("letter.txt").exists());
}
