//! Connections that break, stall, restart and are encrypted.

#![allow(clippy::unwrap_used, reason = "a failed test says where")]

mod common;

use std::time::Duration;

use cbtrade_mysql::{
    Backoff, Error, ErrorClass, Secret, Session, SessionOptions, Target, TlsMode, with_backoff,
};
use cbtrade_testkit::{Action, After, Direction, Fault, FaultProxy, Flavour, TestServer};
use common::{open, text};

#[tokio::test]
async fn a_killed_connection_is_a_lost_one() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let (mut victim, mut other) = (
            open(&server.root_target()).await,
            open(&server.root_target()).await,
        );
        other
            .execute(&format!("KILL CONNECTION {}", victim.connection_id()))
            .await
            .unwrap();
        let error = victim.execute("DO 1").await.unwrap_err();
        assert_eq!(
            error.class(),
            ErrorClass::ConnectionLost,
            "{flavour} {error:?}"
        );
        assert!(victim.is_broken());
        assert!(matches!(
            victim.execute("DO 1").await,
            Err(Error::Broken { .. })
        ));
    }
}

#[tokio::test]
async fn every_kind_of_loss_in_the_middle_is_a_lost_connection() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let target = server.new_database("loss");
        open(&target)
            .await
            .execute("CREATE TABLE t (a INT PRIMARY KEY)")
            .await
            .unwrap();
        let proxy = FaultProxy::before(&target).await;
        for (number, (direction, after, action, done)) in [
            (Direction::ToServer, After::Packets(0), Action::Cut, false),
            (Direction::ToServer, After::Bytes(9), Action::Cut, false),
            (
                Direction::ToServer,
                After::Containing(b"INSERT".to_vec()),
                Action::CutAnswer,
                true,
            ),
            (Direction::ToClient, After::Bytes(3), Action::Cut, true),
        ]
        .into_iter()
        .enumerate()
        {
            let mut session = open(proxy.target()).await;
            proxy.arm(Fault {
                direction,
                after: after.clone(),
                action,
            });
            let error = session
                .execute(&format!("INSERT INTO t VALUES ({number})"))
                .await
                .unwrap_err();
            assert_eq!(
                error.class(),
                ErrorClass::ConnectionLost,
                "{flavour} {after:?} {error:?}"
            );
            assert_eq!(proxy.fired(), u32::try_from(number).unwrap() + 1);
            let count = format!("SELECT CAST(COUNT(*) AS CHAR) FROM t WHERE a = {number}");
            let mut witness = open(&target).await;
            // The outcome is unknown to the client, and both outcomes happen.
            assert_eq!(
                text(&mut witness, &count).await == "1",
                done,
                "{flavour} {after:?}"
            );
        }
    }
}

#[tokio::test]
async fn no_call_hangs() {
    for flavour in TestServer::flavours() {
        let server = TestServer::shared(flavour);
        let proxy = FaultProxy::before(&server.root_target()).await;
        let options = SessionOptions {
            statement_timeout_ms: Some(300),
            connect_timeout_ms: 20_000,
            ..SessionOptions::default()
        };
        let mut session = Session::open(proxy.target(), &options).await.unwrap();
        proxy.stall();
        let error = session.execute("DO 1").await.unwrap_err();
        assert!(
            matches!(error, Error::StatementTimeout { limit_ms: 300, .. }),
            "{error:?}"
        );
        assert_eq!(error.class(), ErrorClass::ConnectionLost);
        proxy.resume();
        // The late answer must not become the next statement's.
        assert!(matches!(
            session.execute("DO 2").await,
            Err(Error::Broken { .. })
        ));
        proxy.stall();
        let hasty = SessionOptions {
            connect_timeout_ms: 300,
            ..SessionOptions::default()
        };
        let error = Session::open(proxy.target(), &hasty).await.unwrap_err();
        assert!(matches!(error, Error::ConnectTimeout { .. }), "{error:?}");
        assert_eq!(error.class(), ErrorClass::ServerUnavailable);
        proxy.resume();
        // A call that is cancelled half-way spoils the session as well.
        let mut session = open(proxy.target()).await;
        let cancelled =
            tokio::time::timeout(Duration::from_millis(100), session.execute("DO SLEEP(30)")).await;
        assert!(cancelled.is_err());
        assert!(session.is_broken());
    }
}

#[tokio::test]
async fn a_restarting_server_is_waited_for() {
    let mut server = TestServer::maria();
    let target = server.root_target();
    server.kill();
    let backoff = Backoff {
        wait_ms_first: 5,
        wait_ms_max: 50,
        deadline_ms: 60_000,
    };
    let options = SessionOptions::default();
    let mut told = Vec::new();
    let waiting = with_backoff(
        &backoff,
        || Session::open(&target, &options),
        |waiting| told.push((waiting.attempt, waiting.error.class())),
    );
    let restart = tokio::task::spawn_blocking(move || {
        server.start();
        server
    });
    let (session, server) = tokio::join!(waiting, restart);
    session.unwrap().close().await;
    assert!(
        told.iter()
            .all(|(_, class)| *class == ErrorClass::ServerUnavailable),
        "{told:?}"
    );
    assert_eq!(told.first().map(|(attempt, _)| *attempt), Some(1));

    let mut server = server.unwrap();
    server.kill();
    let short = Backoff {
        wait_ms_first: 1,
        wait_ms_max: 2,
        deadline_ms: 50,
    };
    let gave_up = with_backoff(&short, || Session::open(&target, &options), |_| {})
        .await
        .unwrap_err();
    assert!(
        matches!(gave_up, Error::GaveUp { attempts: 2.., .. }),
        "{gave_up:?}"
    );
    assert_eq!(gave_up.class(), ErrorClass::ServerUnavailable);
    // What waiting cannot cure is not waited for.
    server.start();
    let wrong = server.root_target().with_password(None);
    let refused = with_backoff(
        &backoff,
        || Session::open(&wrong, &options),
        |_| panic!("waited"),
    )
    .await;
    assert_eq!(refused.unwrap_err().class(), ErrorClass::AccessDenied);
}

#[tokio::test]
async fn tcp_with_and_without_encryption() {
    for flavour in TestServer::flavours() {
        let mut server = TestServer::with_options(flavour, &[]);
        server.run_sql(&["CREATE USER net@'127.0.0.1' IDENTIFIED BY 'a fresh one'"]);
        server.stop();
        let port = free_port();
        let address = format!("--port={port}");
        server.start_with(&[
            "--skip-networking=OFF",
            "--bind-address=127.0.0.1",
            &address,
        ]);
        let url = |tls: &str| {
            format!("mysql://net@127.0.0.1:{port}?tls={tls}")
                .parse::<Target>()
                .unwrap()
                .with_password(Some(Secret::new("a fresh one".to_owned())))
        };
        // The first login of MySQL's caching_sha2_password exchanges keys; the second finds the password cached.
        for target in [url("off"), url("off"), url("preferred")] {
            let mut session = open(&target).await;
            let status: Vec<(String, String)> = session
                .query("SHOW SESSION STATUS LIKE 'Ssl_cipher'")
                .await
                .unwrap();
            let encrypted = !status.first().unwrap().1.is_empty();
            // MariaDB 10.11 has no certificate by default; MySQL makes itself one.
            assert_eq!(
                encrypted,
                target.tls == TlsMode::Preferred && flavour == Flavour::MySql,
                "{flavour} {target}"
            );
        }
        // Neither server's certificate is signed by a known authority.
        let refused = Session::open(&url("required"), &SessionOptions::default())
            .await
            .unwrap_err();
        assert!(matches!(refused, Error::Connect { .. }), "{refused:?}");
        if flavour == Flavour::MySql {
            // Signed by its own authority, but for another name than the host's.
            let authority = Target {
                tls_authority: Some(server.home().data().join("ca.pem")),
                ..url("required")
            };
            assert!(
                Session::open(&authority, &SessionOptions::default())
                    .await
                    .is_err()
            );
        }
    }
}

fn free_port() -> u16 {
    std::net::TcpListener::bind(("127.0.0.1", 0))
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
