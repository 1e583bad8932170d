//! The interactive client, logged in.

use std::process::Command;

use crate::error::Error;
use crate::home::ServerHome;
use crate::lifecycle::Status;
use crate::state::write_private;

impl ServerHome {
    /// The command line of the client program as the server's root user. The password is in a file of mode 0600,
    /// never on the command line or in the environment. The caller runs it with the terminal's own input.
    ///
    /// # Errors
    /// The server does not run, or its client program is not installed.
    pub fn shell_command(&self) -> Result<Command, Error> {
        let Status::Running(running) = self.status()? else {
            return Err(Error::NotRunning {
                path: self.path().to_owned(),
            });
        };
        let Some(client) = self.state()?.and_then(|state| state.client) else {
            return Err(Error::NoClient {
                flavour: running.flavour,
            });
        };
        let options = self.file("client.cnf");
        let content = format!(
            "[client]\nuser=root\npassword={}\n",
            self.root_password()?.expose()
        );
        write_private(&options, content.as_bytes())?;
        let mut defaults = std::ffi::OsString::from("--defaults-file=");
        defaults.push(&options);
        let mut socket = std::ffi::OsString::from("--socket=");
        socket.push(&running.socket);
        let mut command = Command::new(client);
        command
            .arg(defaults)
            .arg(socket)
            .arg("--default-character-set=utf8mb4");
        // MySQL's client reads saved logins even when it is given a defaults file.
        command
            .env("MYSQL_TEST_LOGIN_FILE", "/dev/null")
            .env_remove("MYSQL_PWD");
        Ok(command)
    }
}
