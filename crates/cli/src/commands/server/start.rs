//! `cbtrade server start`.

use cbtrade_server::{Flavour, Network, ServerOptions};
use clap::{Args, ValueEnum};
use serde_json::json;

use crate::arguments::EXIT_CODES;
use crate::commands::Context;
use crate::error::Done;
use crate::place;

/// Start the private server, and make it if there is none
#[derive(Debug, Args)]
#[command(after_help = after_help())]
pub(crate) struct Arguments {
    /// Listen on this port of 127.0.0.1 too (remembered; the socket is always there)
    #[arg(long, value_name = "PORT", conflicts_with = "socket_only", value_parser = clap::value_parser!(u16).range(1..))]
    port: Option<u16>,
    /// Listen on the socket only (remembered)
    #[arg(long)]
    socket_only: bool,
    /// Which server to make, where there is none yet [default: what is installed, MariaDB first]
    #[arg(long, visible_alias = "engine", value_name = "NAME")]
    flavour: Option<Named>,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Named {
    /// MariaDB's mariadbd
    Mariadb,
    /// MySQL's mysqld
    Mysql,
}

fn after_help() -> String {
    format!("Examples:\n  cbtrade server start\n  cbtrade server start --port 3307\n\n{EXIT_CODES}")
}

pub(super) async fn run(context: &Context<'_>, arguments: &Arguments) -> Done {
    let server = place::private_server(&context.home)?;
    let options = ServerOptions {
        flavour: arguments.flavour.map(|named| match named {
            Named::Mariadb => Flavour::MariaDb,
            Named::Mysql => Flavour::MySql,
        }),
        network: match (arguments.port, arguments.socket_only) {
            (Some(port), _) => Network::Port(port),
            (None, true) => Network::SocketOnly,
            (None, false) => Network::Unchanged,
        },
        ..ServerOptions::default()
    };
    let running = server.start(&options).await?;
    if context.ui.json() {
        context.ui.document(&json!({
            "command": "server start",
            "exit_code": 0,
            "folder": server.path(),
            "flavour": running.flavour,
            "version": running.version,
            "pid": running.process.pid,
            "socket": running.socket,
            "port": running.port,
            "started_now": running.started_now,
        }));
        return Ok(());
    }
    let word = if running.started_now {
        "The private server is started"
    } else {
        "The private server runs already"
    };
    context
        .ui
        .out(&format!("{word}:\n{}", super::running_text(&running)));
    let wished = arguments.port.is_some() && arguments.port != running.port
        || arguments.socket_only && running.port.is_some();
    if wished && !running.started_now {
        context.ui.warn(
            "it listens where it was started; to change that: cbtrade server stop, then start it again",
        );
    }
    context.ui.next(&[
        "look inside:   cbtrade server shell".to_owned(),
        "stop it:       cbtrade server stop".to_owned(),
    ]);
    Ok(())
}
