//! The fleet's life: up, down, killed, up again; one supervisor, never two bots of one name.

use std::collections::BTreeMap;
use std::time::Duration;

use cbtrade_core::SystemClock;
use cbtrade_fleet::{
    Event, FleetError, FleetStatus, Notifier, PlainKey, SupervisorState, check_ground, down,
    request_restart, request_restart_as_confirmed, supervisor_state,
};

use cbtrade_vault::{Passphrase, WhereTaken};

use crate::fleet::{Fleet, ended_by, eventually, is_there, kill_now, listen};

fn pids(fleet: &Fleet) -> BTreeMap<String, i32> {
    let bots = fleet.status().bots;
    let pairs = bots
        .into_iter()
        .filter_map(|bot| Some((bot.name, bot.pid?)));
    pairs.collect()
}

#[test]
fn a_fleet_comes_up_is_seen_and_goes_down() {
    let fleet = Fleet::new("");
    assert_eq!(
        supervisor_state(&fleet.folder()).unwrap(),
        SupervisorState::Down
    );
    assert_eq!(fleet.status().supervisor.state, "down");
    let supervised = fleet.supervise();
    eventually(|| fleet.status().all_live().then_some(())).expect("all seven bots");
    let status = fleet.status();
    assert_eq!(status.supervisor.state, "running");
    assert_eq!(status.bots.len(), 7);
    assert_eq!((status.stop.in_force.as_str(), status.live), ("run", false));
    for bot in &status.bots {
        assert_eq!(bot.doing.as_deref(), Some("testing"), "{bot:?}");
        assert!(bot.heartbeat_seconds.is_some() && bot.uptime_seconds.is_some());
    }
    let before = pids(&fleet);
    supervised.end();
    assert!(before.values().all(|pid| !is_there(*pid)));
    let after = fleet.status();
    assert_eq!(after.supervisor.state, "down");
    assert!(
        after
            .bots
            .iter()
            .all(|bot| bot.state == "down" && bot.pid.is_none())
    );
}

#[test]
fn there_is_one_supervisor() {
    let fleet = Fleet::new("[bots]\nfull = 1");
    let supervised = fleet.supervise();
    let second = fleet.supervisor(Notifier::default(), Default::default());
    assert!(matches!(second, Err(FleetError::Supervised { .. })));
    supervised.end();
    let third = fleet.supervisor(Notifier::default(), Default::default());
    assert!(third.is_ok());
}

#[test]
fn a_killed_supervisor_leaves_bots_that_the_next_one_ends_before_it_starts_its_own() {
    let fleet = Fleet::new("[bots]\nauto = 1\nfull = 3");
    let first = fleet.supervisor_process();
    eventually(|| fleet.status().all_live().then_some(())).expect("all bots");
    let before = pids(&fleet);
    assert_eq!(before.len(), 4);
    kill_now(i32::try_from(first.id()).unwrap());
    assert_eq!(ended_by(first), (None, Some(9)));

    let status = fleet.status();
    assert_eq!(status.supervisor.state, "gone");
    assert!(
        status.bots.iter().all(|bot| bot.state == "left"),
        "{status:?}"
    );
    assert_eq!(pids(&fleet), before, "they are still known");
    assert!(before.values().all(|pid| is_there(*pid)));

    let supervised = fleet.supervise();
    let new = |name: &str| {
        fleet.wait_for(name, |bot| {
            bot.state == "running" && bot.pid != Some(before[name])
        })
    };
    for name in before.keys() {
        let bot = new(name);
        assert_eq!(
            bot.starts, 1,
            "it waited for the old one instead of failing: {bot:?}"
        );
        assert!(!is_there(before[name]), "two bots {name}");
    }
    let strangers = supervised.events();
    let strangers = strangers
        .iter()
        .filter(|event| matches!(event, Event::Stranger { .. }))
        .count();
    assert_eq!(strangers, 4);
    supervised.end();
}

#[test]
fn bots_without_a_supervisor_can_be_ended() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 2");
    fleet.behave("full-2", "stubborn");
    let first = fleet.supervisor_process();
    eventually(|| fleet.status().all_live().then_some(())).expect("all bots");
    let before = pids(&fleet);
    kill_now(i32::try_from(first.id()).unwrap());
    let _ = ended_by(first);
    let done = down(&fleet.folder(), Duration::from_millis(500)).unwrap();
    assert_eq!(done.supervisor, None);
    assert_eq!(
        (done.ended, done.killed),
        (vec!["full-1".to_owned()], vec!["full-2".to_owned()])
    );
    assert!(before.values().all(|pid| !is_there(*pid)));
    assert_eq!(
        supervisor_state(&fleet.folder()).unwrap(),
        SupervisorState::Down
    );
}

#[test]
fn down_ends_the_supervisor_and_its_bots() {
    let fleet = Fleet::new("[bots]\nauto = 1\nfull = 1");
    let process = fleet.supervisor_process();
    eventually(|| fleet.status().all_live().then_some(())).expect("all bots");
    let before = pids(&fleet);
    // Whoever starts it in the background does not stay its parent.
    let waiting = std::thread::spawn(move || ended_by(process));
    let done = down(&fleet.folder(), Duration::from_secs(20)).unwrap();
    assert!(done.supervisor.is_some() && !done.is_supervisor_killed);
    assert_eq!(waiting.join().unwrap(), (Some(0), None));
    assert!(before.values().all(|pid| !is_there(*pid)));
    assert_eq!(
        down(&fleet.folder(), Duration::ZERO).unwrap(),
        Default::default()
    );
}

#[test]
fn a_bot_that_somebody_started_by_hand_makes_room() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    let by_hand = fleet.bot_process("full-1");
    let pid = i32::try_from(by_hand.id()).unwrap();
    eventually(|| {
        let state = supervisor_state(&fleet.folder()).unwrap();
        matches!(state, SupervisorState::Gone { .. }).then_some(())
    })
    .expect("a bot in its seat");
    let waiting = std::thread::spawn(move || ended_by(by_hand));
    let supervised = fleet.supervise();
    let bot = fleet.wait_for_state("full-1", "running");
    assert_ne!(bot.pid, Some(pid));
    assert_eq!(waiting.join().unwrap(), (Some(0), None));
    supervised.end();
}

#[test]
fn a_restart_of_all_follows_the_configuration() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 3");
    let supervised = fleet.supervise();
    eventually(|| fleet.status().all_live().then_some(())).expect("all bots");
    let before = pids(&fleet);
    fleet.configure("[bots]\nauto = 0\nfull = 1\nsell = 1");
    request_restart(&fleet.folder(), None, &SystemClock).unwrap();
    let wanted = ["full-1", "sell-1"];
    eventually(|| {
        let status = fleet.status();
        let names: Vec<&str> = status.bots.iter().map(|bot| bot.name.as_str()).collect();
        (names == wanted && status.all_live()).then_some(())
    })
    .expect("the new fleet");
    assert!(before.values().all(|pid| !is_there(*pid)));

    let now = pids(&fleet);
    fleet.configure("[bots]\nfulll = 1");
    request_restart(&fleet.folder(), None, &SystemClock).unwrap();
    supervised
        .wait_for_event(|event| matches!(event, Event::Problem { what } if what.contains("fulll")));
    fleet.configure("[bots]\nauto = 0\nfull = 1\nsell = 1");
    assert_eq!(pids(&fleet), now, "a typing error ends nothing");
    let problem = eventually(|| fleet.status().supervisor.problem);
    assert!(problem.unwrap().contains("fulll"));
    supervised.end();
}

#[test]
fn a_request_without_a_supervisor_is_refused_and_leaves_nothing() {
    let fleet = Fleet::new("");
    let refused = request_restart(&fleet.folder(), None, &SystemClock).unwrap_err();
    assert!(matches!(refused, FleetError::NotSupervised { .. }));
    assert_eq!(
        std::fs::read_dir(fleet.path("requests")).unwrap().count(),
        0
    );
}

#[test]
fn the_service_manager_is_told() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    let socket = fleet.path("notify");
    let heard = listen(socket.clone());
    let notifier = Notifier::new(Some(socket.into()), Some("200000".to_owned()));
    let supervised = fleet.supervise_with(notifier);
    let patience = Duration::from_secs(60);
    let first = heard.recv_timeout(patience).unwrap();
    assert!(first == "READY=1\nSTATUS=1 of 1 bots run", "{first}");
    assert_eq!(heard.recv_timeout(patience).unwrap(), "WATCHDOG=1");
    supervised.end();
    let rest: Vec<String> = heard.try_iter().collect();
    assert!(rest.contains(&"STOPPING=1".to_owned()), "{rest:?}");
}

#[test]
fn a_stop_file_that_cannot_be_understood_shows_as_halt() {
    let fleet = Fleet::new("");
    std::fs::write(fleet.path("stop"), "hlat\n").unwrap();
    let stop = fleet.status().stop;
    assert_eq!(
        (stop.in_force.as_str(), stop.where_it_stands),
        ("halt", "file")
    );
    let reason = stop.file.unwrap().reason;
    assert!(reason.contains("hlat"), "{reason}");
}

const LIVE: &str =
    "[bots]\nauto = 0\nfull = 1\n[venue]\nkind = \"coinbase\"\nkey_file = \"key\"\nlive = true";

#[test]
fn a_restart_does_not_begin_to_trade_with_real_money_unless_somebody_has_confirmed_it() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    let passphrase = || Passphrase::read(&mut "some words".as_bytes()).unwrap();
    let plain = fleet.path("plain");
    // 32 times 0x07 in base64: an Ed25519 seed that nobody uses.
    let key = "{\"name\":\"k\",\"privateKey\":\"BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=\"}";
    std::fs::write(&plain, key).unwrap();
    let key = PlainKey::read(&plain).unwrap();
    key.seal(&fleet.path("key"), &passphrase(), WhereTaken::Refuse)
        .unwrap();
    let supervised = fleet.supervise_with_passphrase(passphrase());
    let before = fleet.wait_for_state("full-1", "running");
    fleet.configure(LIVE);
    request_restart(&fleet.folder(), None, &SystemClock).unwrap();
    supervised.wait_for_event(
        |event| matches!(event, Event::Problem { what } if what.contains("live = true")),
    );
    assert_eq!(fleet.bot("full-1").pid, before.pid);
    let status = fleet.status();
    assert!(!status.live, "what runs is shown, not what the file says");
    assert!(status.changed.unwrap().contains("real money"));
    request_restart_as_confirmed(&fleet.folder(), &SystemClock).unwrap();
    fleet.wait_for("full-1", |bot| {
        bot.state == "running" && bot.pid != before.pid
    });
    let status = fleet.status();
    assert!(status.live && status.changed.is_none(), "{status:?}");
    // Now it does already.
    request_restart(&fleet.folder(), None, &SystemClock).unwrap();
    fleet.wait_for("full-1", |bot| bot.state == "running" && bot.starts == 3);
    supervised.end();
}

#[test]
fn a_bot_starts_where_the_others_stand_or_not_at_all() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    check_ground(&fleet.folder(), &fleet.config()).unwrap();
    let supervised = fleet.supervise();
    fleet.wait_for_state("full-1", "running");
    check_ground(&fleet.folder(), &fleet.config()).unwrap();
    fleet.configure("[bots]\nauto = 0\nfull = 1\n[venue]\nurl = \"http://127.0.0.1:9\"");
    let refused = check_ground(&fleet.folder(), &fleet.config()).unwrap_err();
    assert!(
        matches!(&refused, FleetError::Changed { .. }),
        "{refused:?}"
    );
    assert!(refused.to_string().contains("127.0.0.1:9"), "{refused}");
    request_restart(&fleet.folder(), None, &SystemClock).unwrap();
    eventually(|| check_ground(&fleet.folder(), &fleet.config()).ok()).expect("all on new ground");
    supervised.end();
    fleet.configure("");
    check_ground(&fleet.folder(), &fleet.config()).unwrap();
}

#[test]
fn a_fleet_whose_configuration_is_broken_is_seen_all_the_same() {
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    let supervised = fleet.supervise();
    let running = fleet.wait_for_state("full-1", "running");
    let now = cbtrade_core::Clock::now(&SystemClock);
    let status = FleetStatus::without_config(&fleet.folder(), "broken".to_owned(), now).unwrap();
    assert_eq!(status.bots[0].pid, running.pid);
    assert_eq!((status.venue.as_str(), status.live), ("local", false));
    assert!(status.troubles().contains(&"broken".to_owned()));
    supervised.end();
}

#[test]
fn whoever_may_not_end_a_fleet_is_told_so_at_once() {
    const NOBODY: u32 = 65_534;
    let fleet = Fleet::new("[bots]\nauto = 0\nfull = 1");
    if !nix::unistd::Uid::effective().is_root() {
        println!("SKIPPED whoever_may_not_end_a_fleet_is_told_so_at_once: needs root");
        return;
    }
    let supervised = fleet.supervise();
    fleet.wait_for_state("full-1", "running");
    let told = fleet.down_as(NOBODY);
    assert!(told.contains("belongs to another user"), "{told}");
    assert_eq!(fleet.bot("full-1").state, "running");
    supervised.end();
}
