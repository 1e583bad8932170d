//! Bots that crash, hang, refuse and do not end.

use cbtrade_core::SystemClock;
use cbtrade_fleet::{Event, last_lines, request_restart};
use cbtrade_vault::Passphrase;

use crate::fleet::{Fleet, eventually, is_there, kill_now};

#[test]
fn a_bot_that_was_killed_starts_again_and_the_others_do_not_notice() {
    let fleet = Fleet::new("[bots]\nauto = 1\nfull = 2");
    let supervised = fleet.supervise();
    let before = fleet.wait_for_state("full-1", "running");
    let other = fleet.wait_for_state("full-2", "running");
    kill_now(before.pid.unwrap());
    let after = fleet.wait_for("full-1", |bot| {
        bot.state == "running" && bot.pid != before.pid
    });
    assert_eq!(after.starts, 2);
    assert_eq!(
        after.last_end.as_deref(),
        Some("was ended by signal SIGKILL")
    );
    assert_eq!(fleet.bot("full-2").pid, other.pid);
    supervised.end();
}

#[test]
fn a_bot_that_crashes_in_a_loop_is_held_until_somebody_says_so() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 2\n[limits]\nbrake_exits = 3");
    fleet.behave("full-1", "crash");
    let supervised = fleet.supervise();
    let backoff = fleet.wait_for_state("full-1", "backoff");
    assert_eq!(backoff.pid, None);
    assert!(backoff.next_start_seconds.is_some());
    let held = fleet.wait_for_state("full-1", "held");
    assert_eq!(held.starts, 3);
    assert_eq!(held.last_end.as_deref(), Some("ended with exit code 70"));
    let log = last_lines(&fleet.folder().log_file("full-1"), 1);
    assert_eq!(log, ["the reason of the crash"]);
    supervised.wait_for_event(|event| matches!(event, Event::Held { ends: 3, .. }));
    assert_eq!(fleet.bot("full-2").starts, 1);

    fleet.behave("full-1", "");
    request_restart(&fleet.folder(), Some("full-1"), &SystemClock).unwrap();
    let let_go = fleet.wait_for_state("full-1", "running");
    assert_eq!(let_go.starts, 4);
    supervised.end();
}

#[test]
fn a_bot_that_gives_no_sign_of_life_is_killed_and_started_again() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 2\n[limits]\nheartbeat_seconds_max = 5");
    fleet.behave("full-1", "hang");
    let supervised = fleet.supervise();
    let hung = fleet.wait_for("full-1", |bot| bot.pid.is_some());
    // It has read how to behave, and may be told otherwise for its next start.
    let log = fleet.folder().log_file("full-1");
    eventually(|| (last_lines(&log, 1) == ["hanging"]).then_some(())).expect("a bot that hangs");
    fleet.behave("full-1", "");
    supervised.wait_for_event(|event| matches!(event, Event::Silent { seconds: 5.., .. }));
    let again = fleet.wait_for_state("full-1", "running");
    assert!(!is_there(hung.pid.unwrap()));
    assert_eq!(again.starts, 2);
    assert!(again.last_end.unwrap().contains("no sign of life"));
    assert_eq!(
        fleet.bot("full-2").starts,
        1,
        "a bot that lives is left alone"
    );
    supervised.end();
}

#[test]
fn a_bot_that_refuses_its_settings_is_not_started_in_a_loop() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1\n[limits]\nbrake_exits = 2");
    fleet.behave("full-1", "refuse");
    let supervised = fleet.supervise();
    let refused = fleet.wait_for_state("full-1", "refused");
    assert_eq!(refused.starts, 1);
    assert!(refused.next_start_seconds.unwrap() > 20, "{refused:?}");
    fleet.behave("full-1", "");
    request_restart(&fleet.folder(), Some("full-1"), &SystemClock).unwrap();
    fleet.wait_for_state("full-1", "running");
    supervised.end();
}

#[test]
fn a_bot_that_does_not_end_is_killed() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 2\n[limits]\nstop_seconds_max = 1");
    fleet.behave("full-1", "stubborn");
    let supervised = fleet.supervise();
    let stubborn = fleet.wait_for_state("full-1", "running").pid.unwrap();
    let polite = fleet.wait_for_state("full-2", "running").pid.unwrap();
    supervised.ask();
    supervised.wait_for_event(|event| matches!(event, Event::Done));
    assert!(!is_there(stubborn) && !is_there(polite));
    let slow: Vec<Event> = supervised
        .events()
        .into_iter()
        .filter(|event| matches!(event, Event::Slow { .. }))
        .collect();
    let name = "full-1".to_owned();
    assert_eq!(slow, [Event::Slow { name }]);
    let polite = last_lines(&fleet.folder().log_file("full-2"), 1);
    assert_eq!(polite, ["asked to end"]);
}

#[test]
fn whoever_asks_twice_does_not_wait() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1\n[limits]\nstop_seconds_max = 600");
    fleet.behave("full-1", "stubborn");
    let supervised = fleet.supervise();
    fleet.wait_for_state("full-1", "running");
    supervised.ask();
    supervised.wait_for_event(|event| matches!(event, Event::Ending));
    supervised.ask();
    supervised.wait_for_event(|event| matches!(event, Event::Done));
}

#[test]
fn no_line_of_a_log_is_lost_when_it_is_put_aside() {
    let fleet =
        Fleet::new("[bots]\nauto = 0\nfull = 1\n[limits]\nlog_mib_max = 1\nlogs_kept = 100");
    fleet.behave("full-1", "talk");
    let supervised = fleet.supervise();
    let log = fleet.folder().log_file("full-1");
    let second = log.with_extension("log.2");
    eventually(|| second.exists().then_some(())).expect("a second log that was put aside");
    let now = |name: &str| std::fs::read_to_string(log.with_extension(name)).unwrap_or_default();
    eventually(|| now("log").contains("line ").then_some(())).expect("lines in the new log");
    std::fs::write(fleet.path("quiet"), "").unwrap();
    let wanted = fleet.wait_for_state("full-1", "running");
    supervised.end();
    let mut lines: Vec<u64> = Vec::new();
    let numbered = (1..100).rev().map(|number| format!("log.{number}"));
    for name in numbered.chain(["log".to_owned()]) {
        let text = now(&name);
        let numbers = text.lines().filter_map(|line| line.strip_prefix("line "));
        lines.extend(numbers.map(|rest| rest[..8].parse::<u64>().unwrap()));
    }
    let count = u64::try_from(lines.len()).unwrap();
    assert!(count >= wanted.passes, "{count} {}", wanted.passes);
    assert_eq!(lines, (0..count).collect::<Vec<_>>());
}

#[test]
fn every_start_of_a_bot_gets_the_passphrase_and_no_file_has_it() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 2");
    let words = "sieben zwetschgen am zaun";
    let passphrase = Passphrase::read(&mut words.as_bytes()).unwrap();
    let supervised = fleet.supervise_with_passphrase(passphrase);
    let before = fleet.wait_for_state("full-1", "running");
    fleet.wait_for_state("full-2", "running");
    kill_now(before.pid.unwrap());
    fleet.wait_for("full-1", |bot| {
        bot.state == "running" && bot.pid != before.pid
    });
    let heard = |name: &str| std::fs::read_to_string(fleet.path(name)).unwrap();
    assert_eq!(heard("heard.full-1"), format!("{words}\n{words}\n"));
    assert_eq!(heard("heard.full-2"), format!("{words}\n"));
    assert!(!format!("{:?}", supervised.events()).contains("zwetschgen"));
    supervised.end();
    for file in [
        fleet.folder().log_file("full-1"),
        fleet.folder().config_file(),
    ] {
        assert!(
            !std::fs::read_to_string(file)
                .unwrap()
                .contains("zwetschgen")
        );
    }
}

#[test]
fn a_key_that_cannot_be_opened_does_not_end_the_bots_that_run() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    let supervised = fleet.supervise();
    let before = fleet.wait_for_state("full-1", "running");
    fleet.configure("[bots]\nauto = 0\nfull = 1\n[venue]\nkey_file = \"absent.sealed\"");
    request_restart(&fleet.folder(), None, &SystemClock).unwrap();
    supervised.wait_for_event(
        |event| matches!(event, Event::Problem { what } if what.contains("key cannot be used")),
    );
    let after = fleet.wait_for_state("full-1", "running");
    assert_eq!((after.pid, after.starts), (before.pid, 1));
    supervised.end();
}
