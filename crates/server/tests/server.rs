//! The private server against real MariaDB and MySQL programs.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use cbtrade_mysql::{ErrorClass, Session, SessionOptions, Target};
use cbtrade_server::{
    Error, Flavour, Network, Running, ServerHome, ServerOptions, Status, Stopped,
};
use cbtrade_testkit::{TestFolder, TestServer};

const MINUTE: Duration = Duration::from_secs(60);

fn options(flavour: Flavour) -> ServerOptions {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    ServerOptions {
        flavour: Some(flavour),
        buffer_pool_bytes: Some(32 << 20),
        redo_log_bytes: 16 << 20,
        program_homes: vec![
            workspace.join(".local/mariadb"),
            workspace.join(".local/mysql"),
        ],
        ..ServerOptions::default()
    }
}

fn home(folder: &TestFolder, name: &str) -> ServerHome {
    ServerHome::new(folder.path().join(name)).unwrap()
}

async fn start(home: &ServerHome, flavour: Flavour) -> Running {
    home.start(&options(flavour)).await.unwrap()
}

async fn ask(target: &Target, sql: &str) -> String {
    let mut session = Session::open(target, &SessionOptions::default())
        .await
        .unwrap();
    let rows: Vec<(String,)> = session.query(sql).await.unwrap();
    session.close().await;
    rows.first().unwrap().0.clone()
}

async fn run(target: &Target, statements: &[&str]) {
    let mut session = Session::open(target, &SessionOptions::default())
        .await
        .unwrap();
    for statement in statements {
        session.execute(statement).await.unwrap();
    }
    session.close().await;
}

fn set_state(home: &ServerHome, change: impl FnOnce(String) -> String) {
    let path = home.path().join("state.json");
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, change(text)).unwrap();
}

/// The whole life of a server, from nothing to nothing.
async fn life(flavour: Flavour) {
    let folder = TestFolder::new();
    let home = home(&folder, "life/of a server");
    assert_eq!(home.status().unwrap(), Status::Absent);
    assert_eq!(home.stop(MINUTE).unwrap(), Stopped::WasNotRunning);
    assert!(matches!(home.root_target(), Err(Error::NotCreated { .. })));

    let running = start(&home, flavour).await;
    assert!(running.started_now);
    assert_eq!((running.flavour, running.port), (flavour, None));
    let again = start(&home, flavour).await;
    assert!(!again.started_now);
    assert_eq!(again.process, running.process);

    let target = home.root_target().unwrap();
    run(
        &target,
        &[
            "CREATE DATABASE d",
            "CREATE TABLE d.t (a INT PRIMARY KEY)",
            "INSERT INTO d.t VALUES (1)",
        ],
    )
    .await;
    assert!(matches!(
        home.stop(MINUTE).unwrap(),
        Stopped::Cleanly { .. }
    ));
    assert!(
        matches!(home.status().unwrap(), Status::Stopped { flavour: found, .. } if found == flavour)
    );
    assert_eq!(home.stop(MINUTE).unwrap(), Stopped::WasNotRunning);

    start(&home, flavour).await;
    run(&target, &["INSERT INTO d.t VALUES (2)"]).await;
    assert!(matches!(home.kill().unwrap(), Stopped::Killed { .. }));
    start(&home, flavour).await;
    assert_eq!(
        ask(&target, "SELECT GROUP_CONCAT(a ORDER BY a) FROM d.t").await,
        "1,2"
    );

    let destroyed = home.destroy().unwrap();
    assert!(destroyed.existed && destroyed.left.is_empty());
    assert!(!home.path().exists());
    assert!(!again.process.is_alive());
    assert!(!home.destroy().unwrap().existed);
}

#[tokio::test]
async fn a_server_lives_and_keeps_its_data_through_stop_and_kill() {
    for flavour in TestServer::flavours() {
        life(flavour).await;
    }
}

#[tokio::test]
async fn nobody_gets_in_without_the_generated_password() {
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let target = server.root_target();
        assert_eq!(target.password.as_ref().unwrap().expose().len(), 64);
        for (user, password) in [
            ("root", None),
            ("root", Some("wrong")),
            ("", None),
            ("nobody", None),
        ] {
            let password = password.map(|text: &str| cbtrade_mysql::Secret::new(text.to_owned()));
            let stranger = target.with_user(user, password);
            let error = Session::open(&stranger, &SessionOptions::default())
                .await
                .unwrap_err();
            assert_eq!(
                error.class(),
                ErrorClass::AccessDenied,
                "{flavour} {user:?}: {error:?}"
            );
        }
        // No further account can log in: what is left is locked or is root on this machine.
        let others = "SELECT COUNT(*) FROM mysql.user WHERE user = '' OR (user = 'root' AND host <> 'localhost')";
        let count: String = ask(
            &target,
            &others.replace("COUNT(*)", "CAST(COUNT(*) AS CHAR)"),
        )
        .await;
        assert_eq!(count, "0", "{flavour}");
    }
}

#[tokio::test]
async fn everything_in_the_folder_is_private() {
    let server = TestServer::maria();
    let mode = |path: PathBuf| path.metadata().unwrap().permissions().mode() & 0o777;
    let home = server.home();
    assert_eq!(mode(home.path().to_owned()), 0o700);
    for file in ["root.password", "state.json", "cbtrade-server"] {
        assert_eq!(mode(home.path().join(file)), 0o600, "{file}");
    }
    let command = home.shell_command().unwrap();
    assert_eq!(mode(home.path().join("client.cnf")), 0o600);
    let password = home.root_password().unwrap();
    assert!(!format!("{command:?}").contains(password.expose()));
    let cmdline = std::fs::read(format!("/proc/{}/cmdline", server.running().process.pid)).unwrap();
    assert!(!String::from_utf8_lossy(&cmdline).contains(password.expose()));
}

#[tokio::test]
async fn the_shell_is_logged_in() {
    for flavour in TestServer::flavours() {
        let server = TestServer::with_options(flavour, &[]);
        let output = server
            .home()
            .shell_command()
            .unwrap()
            .args([
                "--batch",
                "--skip-column-names",
                "--execute=SELECT CURRENT_USER(), 'ä'",
            ])
            .output()
            .unwrap();
        assert_eq!(
            String::from_utf8_lossy(&output.stdout),
            "root@localhost\tä\n",
            "{output:?}"
        );
    }
}

#[tokio::test]
async fn the_server_has_a_session_of_its_own_and_no_terminal() {
    let server = TestServer::maria();
    let pid = server.running().process.pid;
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap();
    let fields: Vec<&str> = stat
        .rsplit_once(')')
        .unwrap()
        .1
        .split_whitespace()
        .collect();
    let (group, session, terminal) = (fields[2], fields[3], fields[4]);
    assert_eq!(
        (group, session, terminal),
        (pid.to_string().as_str(), pid.to_string().as_str(), "0")
    );
}

#[tokio::test]
async fn it_listens_on_this_machine_only_when_asked() {
    for flavour in TestServer::flavours() {
        let folder = TestFolder::new();
        let home = home(&folder, "s");
        let taken = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let port = taken.local_addr().unwrap().port();
        let with_port = ServerOptions {
            network: Network::Port(port),
            ..options(flavour)
        };
        assert!(matches!(
            home.start(&with_port).await,
            Err(Error::PortTaken { .. })
        ));
        drop(taken);
        assert_eq!(home.start(&with_port).await.unwrap().port, Some(port));
        let tcp = Target {
            socket: None,
            host: "127.0.0.1".to_owned(),
            port,
            ..home.root_target().unwrap()
        };
        assert_eq!(ask(&tcp, "SELECT @@bind_address").await, "127.0.0.1");
        home.stop(MINUTE).unwrap();
        // The choice is remembered, and can be taken back.
        assert_eq!(start(&home, flavour).await.port, Some(port));
        home.stop(MINUTE).unwrap();
        let socket_only = ServerOptions {
            network: Network::SocketOnly,
            ..options(flavour)
        };
        assert_eq!(home.start(&socket_only).await.unwrap().port, None);
        let error = Session::open(&tcp, &SessionOptions::default())
            .await
            .unwrap_err();
        assert_eq!(error.class(), ErrorClass::ServerUnavailable);
    }
}

#[tokio::test]
async fn two_servers_and_two_starters_do_not_meet() {
    let folder = TestFolder::new();
    let (one, two) = (home(&folder, "one"), home(&folder, "two"));
    let options = options(Flavour::MariaDb);
    // Two starters of the same server, and one of another, at once.
    let (first, second, other) = tokio::join!(
        one.start(&options),
        one.start(&options),
        two.start(&options)
    );
    let (first, second, other) = (first.unwrap(), second.unwrap(), other.unwrap());
    assert_eq!(first.process, second.process);
    assert_ne!(first.started_now, second.started_now);
    assert_ne!(first.process.pid, other.process.pid);
    assert_ne!(
        one.root_password().unwrap().expose(),
        two.root_password().unwrap().expose(),
        "each server has a password of its own"
    );
    run(&one.root_target().unwrap(), &["CREATE DATABASE only_one"]).await;
    one.stop(MINUTE).unwrap();
    assert_eq!(
        ask(&two.root_target().unwrap(), "SELECT 'there'").await,
        "there"
    );
}

#[tokio::test]
async fn a_stale_state_is_seen_through() {
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        let process = server.running().process.clone();
        let state = std::fs::read_to_string(server.home().path().join("state.json")).unwrap();
        server.kill();
        // As after a power cut: the state says that it runs, and socket, lock and process number lie about.
        std::fs::write(server.home().path().join("state.json"), state).unwrap();
        let run_folder = server.home().path().join("run");
        std::fs::write(run_folder.join("server.sock"), "").unwrap();
        std::fs::write(
            run_folder.join("server.sock.lock"),
            format!("{}\n", std::process::id()),
        )
        .unwrap();
        std::fs::write(run_folder.join("server.pid"), format!("{}\n", process.pid)).unwrap();
        assert!(matches!(
            server.home().status().unwrap(),
            Status::Stopped { .. }
        ));
        server.start();
        assert_ne!(server.running().process, process);
    }
}

#[tokio::test]
async fn a_stranger_with_the_servers_number_is_left_alone() {
    let mut server = TestServer::maria();
    server.stop();
    let mut stranger = Command::new("sleep")
        .arg("600")
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let identity =
        cbtrade_server::ProcessIdentity::of(i32::try_from(stranger.id()).unwrap()).unwrap();
    let home = server.home();
    // The number was used again: the start time differs. Then: the boot differs. Then: only the number is known.
    for (start_ticks, boot) in [
        (identity.start_ticks + 1, identity.boot.as_str()),
        (identity.start_ticks, "other"),
    ] {
        set_state(home, |text| {
            let process = format!(
                "\"process\": {{\"pid\": {}, \"start_ticks\": {start_ticks}, \"boot\": \"{boot}\"}}",
                identity.pid
            );
            let start = text.find("\"process\"").unwrap();
            format!("{}{process}\n}}\n", &text[..start])
        });
        std::fs::write(
            home.path().join("run/server.pid"),
            format!("{}\n", identity.pid),
        )
        .unwrap();
        assert!(
            matches!(home.status().unwrap(), Status::Stopped { .. }),
            "{start_ticks} {boot}"
        );
        assert_eq!(home.stop(MINUTE).unwrap(), Stopped::WasNotRunning);
        assert_eq!(home.kill().unwrap(), Stopped::WasNotRunning);
    }
    assert!(identity.is_alive(), "the stranger must live");
    stranger.kill().unwrap();
    stranger.wait().unwrap();
}

#[tokio::test]
async fn a_server_whose_starter_died_is_found_again() {
    let mut server = TestServer::maria();
    let process = server.running().process.clone();
    // As if the starter had been killed before it could write the process down.
    set_state(server.home(), |text| {
        let start = text.find("\"process\"").unwrap();
        format!("{}\"process\": null\n}}\n", &text[..start])
    });
    assert!(
        matches!(server.home().status().unwrap(), Status::Running(running) if running.process == process)
    );
    server.restart();
    assert!(!process.is_alive());
}

#[tokio::test]
async fn a_long_path_gets_a_short_socket() {
    let folder = TestFolder::new();
    let home = home(
        &folder,
        &format!("{}/{}", "deep".repeat(30), "er".repeat(20)),
    );
    let running = start(&home, Flavour::MariaDb).await;
    assert!(running.socket.as_os_str().len() <= 107);
    let outside = running.socket.parent().unwrap().to_owned();
    assert!(!outside.starts_with(home.path()));
    let metadata = outside.metadata().unwrap();
    assert_eq!(metadata.mode() & 0o777, 0o700);
    assert_eq!(
        ask(&home.root_target().unwrap(), "SELECT 'here'").await,
        "here"
    );
    home.stop(MINUTE).unwrap();
    // A reboot clears the place; somebody else may then have taken its name.
    std::fs::remove_dir_all(&outside).unwrap();
    std::fs::create_dir(&outside).unwrap();
    std::fs::set_permissions(&outside, std::fs::Permissions::from_mode(0o777)).unwrap();
    let refused = home.start(&options(Flavour::MariaDb)).await;
    assert!(
        matches!(refused, Err(Error::NotPrivate { .. })),
        "{refused:?}"
    );
    std::fs::remove_dir_all(&outside).unwrap();
    start(&home, Flavour::MariaDb).await;
    home.destroy().unwrap();
    assert!(!outside.exists());
}

#[tokio::test]
async fn other_peoples_folders_are_left_alone() {
    let folder = TestFolder::new();
    let path = folder.path().join("precious");
    std::fs::create_dir(&path).unwrap();
    std::fs::write(path.join("diary.txt"), "mine").unwrap();
    let home = ServerHome::new(&path).unwrap();
    assert!(matches!(home.status(), Err(Error::NotOurs { .. })));
    assert!(matches!(
        home.start(&options(Flavour::MariaDb)).await,
        Err(Error::NotOurs { .. })
    ));
    assert!(matches!(home.stop(MINUTE), Err(Error::NotOurs { .. })));
    assert!(matches!(home.destroy(), Err(Error::NotOurs { .. })));
    assert_eq!(std::fs::read_dir(&path).unwrap().count(), 1);
}

#[tokio::test]
async fn destroying_leaves_what_is_not_the_servers() {
    let server = TestServer::maria();
    let note = server.home().path().join("note.txt");
    std::fs::write(&note, "mine").unwrap();
    let destroyed = server.home().destroy().unwrap();
    assert_eq!(destroyed.left, std::slice::from_ref(&note));
    assert_eq!(std::fs::read_to_string(&note).unwrap(), "mine");
    assert!(!server.home().data().exists());
    assert!(!server.running().process.is_alive());
}

#[tokio::test]
async fn a_failed_start_shows_the_end_of_the_log_and_leaves_nothing_running() {
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        server.stop();
        let wrong = ServerOptions {
            extra: vec!["--no-such-option=1".to_owned()],
            ..options(flavour)
        };
        match server.home().start(&wrong).await {
            Err(Error::Start { log, .. }) => {
                assert!(log.contains("no-such-option"), "{flavour}: {log}")
            }
            other => panic!("{flavour}: {other:?}"),
        }
        assert!(matches!(
            server.home().status().unwrap(),
            Status::Stopped { .. }
        ));
        server.start();
    }
}

#[tokio::test]
async fn data_of_the_other_family_are_refused() {
    let mut server = TestServer::maria();
    server.stop();
    let wrong = options(Flavour::MySql);
    assert!(matches!(
        server.home().start(&wrong).await,
        Err(Error::OtherFlavour { .. })
    ));
    server.start();
    assert!(matches!(
        server.home().start(&wrong).await,
        Err(Error::OtherFlavour { .. })
    ));
    server.stop();
    // Left open, the family is the data's.
    let open = ServerOptions {
        flavour: None,
        ..options(Flavour::MariaDb)
    };
    assert_eq!(
        server.home().start(&open).await.unwrap().flavour,
        Flavour::MariaDb
    );
}

#[tokio::test]
async fn an_interrupted_making_is_made_anew() {
    let folder = TestFolder::new();
    let home = home(&folder, "s");
    start(&home, Flavour::MariaDb).await;
    home.stop(MINUTE).unwrap();
    // As if the machine had gone down while the data directory was being made.
    std::fs::rename(home.data(), home.path().join("data.new")).unwrap();
    start(&home, Flavour::MariaDb).await;
    assert_eq!(
        ask(&home.root_target().unwrap(), "SELECT 'new'").await,
        "new"
    );
    assert!(!home.path().join("data.new").exists());
}

#[tokio::test]
async fn the_users_own_settings_and_environment_do_not_reach_it() {
    let folder = TestFolder::new();
    let home = home(&folder, "s");
    let running = start(&home, Flavour::MariaDb).await;
    let environment = std::fs::read(format!("/proc/{}/environ", running.process.pid)).unwrap();
    let names: Vec<String> = String::from_utf8_lossy(&environment)
        .split('\0')
        .filter_map(|pair| pair.split_once('=').map(|(name, _)| name.to_owned()))
        .collect();
    // PWD is set by the shell where the program is a wrapper.
    let expected = ["PATH", "LC_ALL", "HOME", "TMPDIR", "LD_LIBRARY_PATH", "PWD"];
    assert!(
        names.iter().all(|name| expected.contains(&name.as_str())),
        "{names:?}"
    );
    let cmdline = std::fs::read(format!("/proc/{}/cmdline", running.process.pid)).unwrap();
    assert!(
        cmdline
            .split(|byte| *byte == 0)
            .any(|argument| argument == b"--no-defaults")
    );
}
