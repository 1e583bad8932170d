//! Where a server is, and as whom to talk to it.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use crate::error::Error;
use crate::secret::Secret;

/// The port of the MySQL protocol when a URL names none.
const PORT_DEFAULT: u16 = 3306;

/// Whether a TCP connection is encrypted. A socket never is, and needs no encryption.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum TlsMode {
    /// Plain TCP: what a URL without `tls=` means for a host on this machine.
    Off,
    /// Encrypted when the server can, without checking its certificate: against listeners, not against
    /// impostors. What a URL without `tls=` means for any other host.
    #[default]
    Preferred,
    /// Encrypted, with a certificate that is valid for the host name, signed by a public authority or by
    /// the one in [`Target::tls_authority`]; anything else is refused.
    Required,
}

/// A server, a user and possibly a database. The password is never part of the text form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Target {
    /// User name on the server.
    pub user: String,
    /// Password, from the environment, a file or a prompt; `None` for a user without one.
    pub password: Option<Secret>,
    /// Host name or address; for a socket only a name to display.
    pub host: String,
    /// TCP port; unused with a socket.
    pub port: u16,
    /// Unix socket; where it is set, `host` and `port` are not used.
    pub socket: Option<PathBuf>,
    /// Database to be in after connecting.
    pub database: Option<String>,
    /// Encryption of a TCP connection.
    pub tls: TlsMode,
    /// A PEM file of the authority that signed the server's certificate, besides the public ones.
    pub tls_authority: Option<PathBuf>,
}

impl Target {
    /// A user's target on a unix socket.
    #[must_use]
    pub fn at_socket(user: &str, password: Option<Secret>, socket: &Path) -> Target {
        Target {
            user: user.to_owned(),
            password,
            host: "localhost".to_owned(),
            port: PORT_DEFAULT,
            socket: Some(socket.to_owned()),
            database: None,
            tls: TlsMode::Off,
            tls_authority: None,
        }
    }

    /// The same server and user, in another database.
    #[must_use]
    pub fn with_database(&self, database: &str) -> Target {
        Target {
            database: Some(database.to_owned()),
            ..self.clone()
        }
    }

    /// The same server and user, in no database.
    #[must_use]
    pub fn without_database(&self) -> Target {
        Target {
            database: None,
            ..self.clone()
        }
    }

    /// The same server and database as another user.
    #[must_use]
    pub fn with_user(&self, user: &str, password: Option<Secret>) -> Target {
        Target {
            user: user.to_owned(),
            password,
            ..self.clone()
        }
    }

    /// The same target with the given password.
    #[must_use]
    pub fn with_password(&self, password: Option<Secret>) -> Target {
        Target {
            password,
            ..self.clone()
        }
    }

    /// The URL form, without the password; parses back to the same target but for the password.
    #[must_use]
    pub fn display(&self) -> String {
        let mut url = format!("mysql://{}@", percent_encode(&self.user, b""));
        if self.host.contains(':') {
            let _ = write!(url, "[{}]", self.host);
        } else {
            url.push_str(&percent_encode(&self.host, b""));
        }
        if self.socket.is_none() && self.port != PORT_DEFAULT {
            let _ = write!(url, ":{}", self.port);
        }
        if let Some(database) = &self.database {
            let _ = write!(url, "/{}", percent_encode(database, b""));
        }
        let mut separator = '?';
        let mut push = |key: &str, value: &str| {
            let _ = write!(url, "{separator}{key}={value}");
            separator = '&';
        };
        if let Some(socket) = &self.socket {
            push("socket", &percent_encode(&socket.to_string_lossy(), b"/"));
        } else if self.tls != tls_default(&self.host) {
            push("tls", tls_word(self.tls));
        }
        if let Some(authority) = &self.tls_authority {
            push(
                "tls-authority",
                &percent_encode(&authority.to_string_lossy(), b"/"),
            );
        }
        url
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(&self.display())
    }
}

impl FromStr for Target {
    type Err = Error;

    /// Reads `mysql://user@host:port/database?socket=PATH&tls=off|preferred|required&tls-authority=PATH`;
    /// parts are percent-decoded, and everything but `mysql://` may be left out (user `root`, host
    /// `localhost`, port 3306, no database).
    ///
    /// # Errors
    /// Another scheme, a password in the URL, an unknown query key, or a part that does not parse. No
    /// error repeats the URL, which may hold a password.
    fn from_str(url: &str) -> Result<Target, Error> {
        let rest = ["mysql://", "mariadb://"]
            .iter()
            .find_map(|scheme| url.strip_prefix(scheme))
            .ok_or_else(|| invalid("it does not start with mysql://"))?;
        if rest.contains('#') {
            return Err(invalid("a '#' must be written %23"));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (user, address),
            None => ("root", authority),
        };
        if user.contains(':') {
            return Err(Error::PasswordInUrl);
        }
        if database.contains('/') {
            return Err(invalid("a '/' in a database name must be written %2F"));
        }
        let (host, port) = parse_address(address)?;
        let database = percent_decode(database)?;
        let mut target = Target {
            user: percent_decode(user)?,
            password: None,
            tls: tls_default(&host),
            host,
            port,
            socket: None,
            database: (!database.is_empty()).then_some(database),
            tls_authority: None,
        };
        apply_query(&mut target, query)?;
        Ok(target)
    }
}

fn apply_query(target: &mut Target, query: &str) -> Result<(), Error> {
    let mut seen: Vec<&str> = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
        if seen.contains(&key) {
            return Err(invalid(&format!("{key}= is given twice")));
        }
        seen.push(key);
        let value = percent_decode(value)?;
        match key {
            "socket" | "tls-authority" if value.is_empty() => {
                return Err(invalid(&format!("{key}= has no path")));
            }
            "socket" => target.socket = Some(PathBuf::from(value)),
            "tls-authority" => target.tls_authority = Some(PathBuf::from(value)),
            "tls" => {
                target.tls = match value.as_str() {
                    "off" => TlsMode::Off,
                    "preferred" => TlsMode::Preferred,
                    "required" => TlsMode::Required,
                    _ => return Err(invalid("tls= takes off, preferred or required")),
                }
            }
            "password" | "pass" => return Err(Error::PasswordInUrl),
            _ => {
                return Err(Error::UrlKey {
                    key: key.to_owned(),
                });
            }
        }
    }
    if target.socket.is_some() {
        if target.tls == TlsMode::Required {
            return Err(invalid(
                "a socket cannot be encrypted: leave out tls=required or socket=",
            ));
        }
        target.tls = TlsMode::Off;
    }
    Ok(())
}

fn parse_address(address: &str) -> Result<(String, u16), Error> {
    let (host, port) = if let Some(bracketed) = address.strip_prefix('[') {
        let (host, rest) = bracketed
            .split_once(']')
            .ok_or_else(|| invalid("the address lacks its ']'"))?;
        match rest.strip_prefix(':') {
            Some(port) => (host.to_owned(), Some(port)),
            None if rest.is_empty() => (host.to_owned(), None),
            None => return Err(invalid("something follows the ']' of the address")),
        }
    } else {
        match address.split_once(':') {
            Some((host, port)) => (percent_decode(host)?, Some(port)),
            None => (percent_decode(address)?, None),
        }
    };
    let port = match port {
        None => PORT_DEFAULT,
        Some(digits) => match digits.parse::<u16>() {
            Ok(port) if port > 0 => port,
            _ => return Err(invalid("the port is not a number from 1 to 65535")),
        },
    };
    let host = if host.is_empty() {
        "localhost".to_owned()
    } else {
        host
    };
    Ok((host, port))
}

/// A host on this machine needs no encryption; any other gets it where the server can.
fn tls_default(host: &str) -> TlsMode {
    let local = host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    if local {
        TlsMode::Off
    } else {
        TlsMode::Preferred
    }
}

fn tls_word(mode: TlsMode) -> &'static str {
    match mode {
        TlsMode::Off => "off",
        TlsMode::Preferred => "preferred",
        TlsMode::Required => "required",
    }
}

fn invalid(why: &str) -> Error {
    Error::UrlInvalid {
        why: why.to_owned(),
    }
}

fn percent_decode(text: &str) -> Result<String, Error> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, tail)) = rest.split_first() {
        if first != b'%' {
            bytes.push(first);
            rest = tail;
            continue;
        }
        let digits = tail
            .get(..2)
            .and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = digits
            .filter(|digits| digits.bytes().all(|digit| digit.is_ascii_hexdigit()))
            .and_then(|digits| u8::from_str_radix(digits, 16).ok())
            .ok_or_else(|| invalid("a '%' is not followed by two hexadecimal digits"))?;
        bytes.push(byte);
        rest = tail.get(2..).unwrap_or_default();
    }
    if bytes.contains(&0) {
        return Err(invalid("a part holds a NUL"));
    }
    String::from_utf8(bytes).map_err(|_| invalid("a percent-encoded part is not UTF-8"))
}

fn percent_encode(text: &str, keep: &[u8]) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        let plain = byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) || keep.contains(&byte);
        if plain {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str) -> Target {
        url.parse().unwrap_or_else(|error| panic!("{url}: {error}"))
    }

    fn refusal(url: &str) -> String {
        match url.parse::<Target>() {
            Ok(target) => panic!("{url} was taken as {target:?}"),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn a_full_url() {
        let target = parse(
            "mysql://bot%40home@db.example:3307/my%2Fdata?tls=required&tls-authority=/etc/ca.pem",
        );
        assert_eq!(target.user, "bot@home");
        assert_eq!(target.host, "db.example");
        assert_eq!(target.port, 3307);
        assert_eq!(target.database.as_deref(), Some("my/data"));
        assert_eq!(target.tls, TlsMode::Required);
        assert_eq!(
            target.tls_authority.as_deref(),
            Some(Path::new("/etc/ca.pem"))
        );
        assert_eq!(target.password, None);
    }

    #[test]
    fn defaults() {
        let target = parse("mysql://");
        assert_eq!(
            (target.user.as_str(), target.host.as_str(), target.port),
            ("root", "localhost", 3306)
        );
        assert_eq!(
            (target.database, target.socket, target.tls),
            (None, None, TlsMode::Off)
        );
        assert_eq!(parse("mysql://127.0.0.1").tls, TlsMode::Off);
        assert_eq!(parse("mysql://[::1]:3306").host, "::1");
        assert_eq!(parse("mysql://u@db.example").tls, TlsMode::Preferred);
    }

    #[test]
    fn a_socket() {
        let target = parse("mysql://root@localhost/cbtrade?socket=/run/my%20server/s.sock");
        assert_eq!(
            target.socket.as_deref(),
            Some(Path::new("/run/my server/s.sock"))
        );
        assert_eq!(
            target.display(),
            "mysql://root@localhost/cbtrade?socket=/run/my%20server/s.sock"
        );
        assert!(refusal("mysql://h?socket=/s&tls=required").contains("cannot be encrypted"));
        assert!(refusal("mysql://h?socket=").contains("no path"));
    }

    #[test]
    fn the_display_form_parses_back() {
        for url in [
            "mysql://root@localhost",
            "mysql://%C3%BCser@10.0.0.1:3307/d%25b?tls=off",
            "mysql://u@[fe80::1]:3310/x",
            "mysql://u@localhost/a?socket=/tmp/a%26b%3F/s.sock",
            "mysql://u@h/a?tls=required&tls-authority=/c.pem",
        ] {
            let target = parse(url);
            assert_eq!(parse(&target.display()), target, "{url}");
            assert_eq!(target.display(), url);
        }
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        for url in [
            "mysql://root:hunter2@localhost/db",
            "mysql://root:hunter2@localhost:3306",
            "mysql://root:@localhost",
            "mysql://root@localhost?password=hunter2",
        ] {
            let message = refusal(url);
            assert!(message.contains("CBTRADE_MYSQL_PASSWORD"), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(refusal("mysql://h?compress=1").contains("compress"));
        assert!(refusal("postgres://h").contains("mysql://"));
        assert!(refusal("mysql://h:0").contains("port"));
        assert!(refusal("mysql://h:99999").contains("port"));
        assert!(refusal("mysql://h:12a").contains("port"));
        assert!(refusal("mysql://[::1").contains("]"));
        assert!(refusal("mysql://%zz@h").contains("%"));
        assert!(refusal("mysql://%ff@h").contains("UTF-8"));
        assert!(refusal("mysql://h/a%00b").contains("NUL"));
        assert!(refusal("mysql://h/a/b").contains("%2F"));
        assert!(refusal("mysql://h?tls=off&tls=off").contains("twice"));
    }

    #[test]
    fn a_target_never_prints_its_password() {
        let target = parse("mysql://root@localhost/db")
            .with_password(Some(Secret::new("hunter2".to_owned())));
        assert!(!format!("{target:?} {target}").contains("hunter2"));
        assert_eq!(target.without_database().database, None);
        assert_eq!(target.with_database("x").password, target.password);
    }
}
