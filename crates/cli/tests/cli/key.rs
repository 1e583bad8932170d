//! Sealed keys: made, looked at, refused, and a fleet that trades with one which lies nowhere in the plain.

use std::io::ErrorKind;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use cbtrade_coinbase_sim::{Config, PublicKey, Running, TokenCheck, Venue};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::fleet::Ended;
use crate::harness::Place;
use crate::json::holds;

/// What opens the sealed keys of these tests, and is looked for everywhere.
pub(crate) const WORDS: &str = "sieben zwetschgen am zaun";
const OTHER_WORDS: &str = "elf ganz andere zwetschgen";

/// A key that no venue but a test's knows.
pub(crate) struct MadeUpKey {
    /// The file as the venue gives it.
    pub(crate) json: String,
    /// Parts of its secret, any of which would give it away.
    pub(crate) secrets: Vec<String>,
    public: PublicKey,
}

impl MadeUpKey {
    pub(crate) fn new() -> MadeUpKey {
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let random = SystemRandom::new();
        let document = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, document.as_ref(), &random).unwrap();
        let text = STANDARD.encode(document.as_ref());
        let (mut lines, mut rest) = (Vec::new(), text.as_str());
        while !rest.is_empty() {
            let (line, after) = rest.split_at(rest.len().min(64));
            lines.push(line.to_owned());
            rest = after;
        }
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        );
        let name = "organizations/made-up/apiKeys/key-of-a-test";
        MadeUpKey {
            json: json!({ "name": name, "privateKey": pem }).to_string(),
            secrets: lines,
            public: PublicKey::Ecdsa(pair.public_key().as_ref().to_vec()),
        }
    }
}

impl Place {
    /// Writes a file that only its owner may read. Returns its path as an argument.
    pub(crate) fn private(&self, name: &str, text: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.display().to_string()
    }

    /// A sealed key, and no plain one any more.
    fn sealed(&self, key: &MadeUpKey, into: &str) -> Value {
        let plain = self.private("coinbase-key.json", &key.json);
        let words = self.private("words", WORDS);
        let into = self.path(into).display().to_string();
        let arguments = [
            "key",
            "seal",
            &plain,
            "--into",
            &into,
            "--passphrase-file",
            &words,
        ];
        let said = self.run(&[&arguments[..], &["--remove-plain", "--json"]].concat());
        let said = said.ends(0);
        assert!(!self.path("coinbase-key.json").exists());
        holds_none(&said.err, key, "what sealing says");
        said.json()
    }
}

#[track_caller]
fn holds_none(text: &str, key: &MadeUpKey, what: &str) {
    for secret in key.secrets.iter().map(String::as_str).chain([WORDS]) {
        assert!(!text.contains(secret), "a secret is in {what}:\n{text}");
    }
}

#[test]
fn a_key_is_sealed_looked_at_and_sealed_anew() {
    let place = Place::new();
    let key = MadeUpKey::new();
    let sealed = place.sealed(&key, "key.sealed");
    assert_eq!(
        (&sealed["key"], &sealed["kind"]),
        (&Value::from("key-of-a-test"), &Value::from("ES256, P-256"))
    );
    assert_eq!(sealed["plain_removed"], true);
    let named: &[&str] = &["file", "key", "kind"];
    holds(&sealed, &[named, &["plain_file", "plain_removed"]]);
    let path = place.path("key.sealed");
    let text = std::fs::read_to_string(&path).unwrap();
    holds_none(&text, &key, "the sealed file");
    assert!(!text.contains("PRIVATE"));
    let mode = std::fs::metadata(&path).unwrap().permissions().mode();
    assert_eq!(mode & 0o7777, 0o600);

    let checked = place
        .run(&[
            "key",
            "check",
            "key.sealed",
            "--offline",
            "--passphrase-file",
            "words",
        ])
        .ends(0);
    assert!(
        checked.out.contains("key-of-a-test (ES256, P-256)"),
        "{}",
        checked.out
    );
    let mut command = place.command(&["key", "check", "key.sealed", "--offline", "--json"]);
    command.env("CBTRADE_KEY_PASSPHRASE_FILE", place.path("words"));
    assert_eq!(
        crate::harness::said(command).ends(0).json()["rights"],
        Value::Null
    );
    std::fs::create_dir(place.path("credentials")).unwrap();
    std::fs::write(place.path("credentials/cbtrade-key-passphrase"), WORDS).unwrap();
    let mut command = place.command(&["key", "check", "key.sealed", "--offline"]);
    command.env("CREDENTIALS_DIRECTORY", place.path("credentials"));
    let _ = crate::harness::said(command).ends(0);

    place.private("other", OTHER_WORDS);
    let change = [
        "key",
        "passphrase",
        "key.sealed",
        "--new-passphrase-file",
        "other",
    ];
    let changed = place
        .run(&[&change[..], &["--passphrase-file", "words", "--json"]].concat())
        .ends(0)
        .json();
    holds(&changed, &[named]);
    let check = [
        "key",
        "check",
        "key.sealed",
        "--offline",
        "--passphrase-file",
    ];
    let _ = place.run(&[&check[..], &["other"]].concat()).ends(0);
    let _ = place
        .run(&[&check[..], &["words"]].concat())
        .ends(3)
        .tells(&["the passphrase does not open", "nothing is locked"]);
}

#[test]
fn sealing_refuses_what_would_lose_something() {
    let place = Place::new();
    let key = MadeUpKey::new();
    place.private("plain.json", &key.json);
    place.private("words", WORDS);
    let seal = |file: &str, words: &str, more: &[&str]| {
        place.run(&[&["key", "seal", file, "--passphrase-file", words], more].concat())
    };
    let _ = place
        .run(&["key", "seal", "plain.json"])
        .ends(3)
        .tells(&["no passphrase was given", "--passphrase-file FILE"]);
    place.private("short", "zwetschgen");
    let _ = seal("plain.json", "short", &[])
        .ends(3)
        .tells(&["10 letters", "needs 12"]);
    place.private("empty", "\n");
    let _ = seal("plain.json", "empty", &[])
        .ends(3)
        .tells(&["empty is empty"]);
    std::fs::set_permissions(place.path("short"), std::fs::Permissions::from_mode(0o644)).unwrap();
    let _ = seal("plain.json", "short", &[])
        .ends(3)
        .tells(&["may be read by others (mode 0644)", "chmod 600"]);
    let _ = seal("absent.json", "words", &[])
        .ends(6)
        .tells(&["cannot read absent.json"]);
    place.private(
        "no-key.json",
        "{\"name\": \"k\", \"privateKey\": \"verysecret\"}",
    );
    let refused = seal("no-key.json", "words", &[]).ends(3);
    assert!(!refused.err.contains("verysecret"), "{}", refused.err);
    let _ = refused.tells(&["holds no key"]);
    assert!(!place.path("no-key.sealed").exists() && !place.path("plain.sealed").exists());

    let kept = seal("plain.json", "words", &["--json"]).ends(0).json();
    assert_eq!(kept["plain_removed"], false);
    assert!(place.path("plain.json").exists());
    let before = std::fs::read(place.path("plain.sealed")).unwrap();
    let _ = seal("plain.json", "words", &[])
        .ends(3)
        .tells(&["plain.sealed already", "--overwrite"]);
    assert_eq!(std::fs::read(place.path("plain.sealed")).unwrap(), before);
    let _ = seal("plain.sealed", "words", &["--into", "twice"])
        .ends(3)
        .tells(&["is sealed already"]);
    place.private("named.sealed", &key.json);
    let _ = seal("named.sealed", "words", &["--overwrite", "--remove-plain"])
        .ends(2)
        .tells(&["cannot be named.sealed itself", "--into"]);
    let untouched = std::fs::read_to_string(place.path("named.sealed")).unwrap();
    assert_eq!(untouched, key.json);
    let _ = seal("plain.json", "words", &["--overwrite"]).ends(0);
    assert_ne!(std::fs::read(place.path("plain.sealed")).unwrap(), before);
}

#[test]
fn a_fleet_refuses_a_key_that_is_not_sealed_or_does_not_open() {
    let place = Place::new();
    place.fleet(&["init"], 0);
    let key = MadeUpKey::new();
    place.sealed(&key, "home/fleet/key.sealed");
    let sealed = std::fs::read_to_string(place.path("home/fleet/key.sealed")).unwrap();
    let up = |live: bool, words: &str| {
        place.configure(&format!(
            "[venue]\nkind = \"coinbase\"\nkey_file = \"key.sealed\"\nlive = {live}\n"
        ));
        place.run(&["fleet", "up", "--yes", "--passphrase-file", words])
    };
    let put = |text: &str| place.private("home/fleet/key.sealed", text);
    put(&key.json);
    for live in [true, false] {
        let _ = up(live, "words")
            .ends(3)
            .tells(&["key.sealed is not a sealed file", "cbtrade key seal"]);
    }
    put("");
    let _ = up(true, "words").ends(3).tells(&["key.sealed is empty"]);
    put(&sealed[..sealed.len() - 30]);
    let _ = up(true, "words")
        .ends(3)
        .tells(&["cut off", "from your backup"]);
    put(&sealed.replace("content: coinbase-key", "content: mysql-password"));
    let _ = up(true, "words")
        .ends(3)
        .tells(&["holds a sealed mysql-password"]);
    let last = sealed.lines().rev().nth(1).unwrap();
    let other: String = last
        .chars()
        .rev()
        .skip_while(|letter| *letter == '=')
        .collect();
    let padding = "=".repeat(last.len() - other.len());
    put(&sealed.replace(last, &format!("{other}{padding}")));
    let _ = up(true, "words").ends(3);
    put(&sealed.replace("3 passes", "4 passes"));
    let _ = up(true, "words").ends(3).tells(&["does not open"]);
    put(&sealed);
    place.private("other", OTHER_WORDS);
    let _ = up(true, "other")
        .ends(3)
        .tells(&["the passphrase does not open"]);
    std::fs::set_permissions(
        place.path("home/fleet/key.sealed"),
        std::fs::Permissions::from_mode(0o604),
    )
    .unwrap();
    let _ = up(true, "words")
        .ends(3)
        .tells(&["may be read by others", "chmod 600"]);
    std::fs::remove_file(place.path("home/fleet/key.sealed")).unwrap();
    let _ = up(true, "words").ends(6).tells(&["key.sealed"]);
    // Nobody needs a key to stop a fleet or to look at it.
    let stopped = place.fleet(&["stop", "halt"], 0);
    assert_eq!(stopped["file"]["holds"], true);
    assert_eq!(place.fleet(&["status"], 0)["stop"]["in_force"], "halt");
}

/// A venue of the test's own, which verifies every signature.
struct StrictVenue {
    runtime: tokio::runtime::Runtime,
    running: Option<Running>,
}

impl StrictVenue {
    fn start(key: &MadeUpKey) -> StrictVenue {
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .unwrap();
        let mut config = Config::seeded(7);
        config.speed = 60;
        config.tokens = TokenCheck::Full(key.public.clone());
        let running = runtime.block_on(Venue::start(config)).unwrap();
        StrictVenue {
            runtime,
            running: Some(running),
        }
    }

    fn running(&self) -> &Running {
        self.running.as_ref().unwrap()
    }
}

impl Drop for StrictVenue {
    fn drop(&mut self) {
        if let Some(running) = self.running.take() {
            self.runtime.block_on(running.stop());
        }
    }
}

#[test]
fn a_fleet_with_a_sealed_key_starts_its_bots_again_and_no_secret_is_seen() {
    let place = Place::new();
    let _ended = Ended(&place);
    place.fleet(&["init"], 0);
    let key = MadeUpKey::new();
    place.sealed(&key, "home/fleet/key.sealed");
    let venue = StrictVenue::start(&key);
    let database = format!("sqlite:{}", place.path("trade.db").display());
    let _ = place.run(&["db", "upgrade", "--target", &database]).ends(0);
    place.configure(&format!(
        "[bots]\nauto = 1\nfull = 2\n[venue]\nurl = \"{}\"\nwebsocket = \"{}\"\nspeed = 60\nkey_file = \"key.sealed\"\n[database]\ntarget = \"{database}\"\n",
        venue.running().rest_base,
        venue.running().ws_url,
    ));
    let _ = place.run(&["fleet", "up"]).ends(3).tells(&[
        "no passphrase was given",
        "--passphrase-file FILE",
        "LoadCredentialEncrypted",
    ]);
    let _ = place.run(&["venue", "status"]).ends(3);
    assert_eq!(venue.running().refused_tokens(), Vec::<String>::new());
    let checked = place
        .run(&["key", "check", "--passphrase-file", "words", "--json"])
        .ends(0)
        .json();
    holds(
        &checked,
        &[&["file", "key", "kind", "venue", "rights", "problem"]],
    );
    assert_eq!(
        (&checked["venue"], &checked["rights"]),
        (
            &Value::from("local"),
            &json!({ "view": true, "trade": true, "transfer": false })
        )
    );
    let _ = place
        .run(&["venue", "status", "--passphrase-file", "words"])
        .ends(0);

    let up = [
        "fleet",
        "up",
        "--wait",
        "180",
        "--passphrase-file",
        "words",
        "--json",
    ];
    let first = place.run(&up).ends(0).json();
    // From here on the passphrase is in memory alone.
    std::fs::remove_file(place.path("words")).unwrap();
    let pid = |status: &Value, name: &str| {
        let bots = status["bots"].as_array().unwrap();
        let bot = bots.iter().find(|bot| bot["name"] == name).unwrap();
        bot["pid"].as_i64().filter(|_| bot["state"] == "running")
    };
    let killed = pid(&first, "full-1").unwrap();
    kill(killed);
    let again = place.eventually("full-1 again, by itself", |status| {
        pid(status, "full-1").is_some_and(|now| now != killed)
    });
    place.fleet(&["restart", "--wait", "180"], 0);
    let restarted = place.eventually("passes of all bots", |status| {
        let bots = status["bots"].as_array().unwrap();
        bots.iter().all(|bot| bot["passes"].as_u64() > Some(0))
    });
    assert_ne!(pid(&restarted, "full-2"), pid(&again, "full-2"));
    assert_eq!(venue.running().refused_tokens(), Vec::<String>::new());
    let supervisor = restarted["supervisor"]["pid"].as_i64().unwrap();
    let bots = ["auto-1", "full-1", "full-2"].map(|name| pid(&restarted, name).unwrap());
    for process in bots.into_iter().chain([supervisor]) {
        process_shows_none(process, &key);
    }

    kill(supervisor);
    place.eventually("a fleet without its supervisor", |status| {
        status["supervisor"]["state"] == "gone"
    });
    let _ = place
        .run(&["fleet", "up"])
        .ends(3)
        .tells(&["no passphrase was given"]);
    place.private("words", WORDS);
    let _ = place.run(&up).ends(0);
    std::fs::remove_file(place.path("words")).unwrap();
    place.fleet(&["down"], 0);
    files_hold_none(&place, &key);
    assert_eq!(venue.running().refused_tokens(), Vec::<String>::new());
    // The venue does look: without the key nothing is answered.
    let config = std::fs::read_to_string(place.path("home/fleet/fleet.toml")).unwrap();
    place.configure(&config.replace("key_file = \"key.sealed\"\n", ""));
    let _ = place.run(&["venue", "status"]).ends(6);
    assert!(!venue.running().refused_tokens().is_empty());
}

fn kill(pid: i64) {
    let pid = nix::unistd::Pid::from_raw(i32::try_from(pid).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGKILL).unwrap();
}

/// Arguments and environment, as every other process of the user may read them.
fn process_shows_none(pid: i64, key: &MadeUpKey) {
    let read = |name: &str| match std::fs::read(format!("/proc/{pid}/{name}")) {
        Ok(bytes) => Some(String::from_utf8_lossy(&bytes).into_owned()),
        // The process has closed itself to others, and the test is not root.
        Err(error) if error.kind() == ErrorKind::PermissionDenied => None,
        Err(error) => panic!("/proc/{pid}/{name}: {error}"),
    };
    let arguments = read("cmdline").unwrap();
    assert!(arguments.contains("--passphrase-file\0-"), "{arguments}");
    holds_none(&arguments, key, "the arguments");
    if let Some(environment) = read("environ") {
        assert!(environment.contains("CBTRADE_HOME"), "{environment}");
        holds_none(&environment, key, "the environment");
    }
}

/// Every file of the place: logs, signs of life, records, database, the sealed key.
fn files_hold_none(place: &Place, key: &MadeUpKey) {
    let mut folders = vec![place.path("")];
    let mut seen: Vec<PathBuf> = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.is_file() {
                let bytes = std::fs::read(&path).unwrap();
                let text = String::from_utf8_lossy(&bytes);
                for secret in key.secrets.iter().map(String::as_str).chain([WORDS]) {
                    assert!(!text.contains(secret), "a secret is in {}", path.display());
                }
                seen.push(path);
            }
        }
    }
    let has = |name: &str| seen.iter().any(|path: &PathBuf| is_named(path, name));
    assert!(
        has("full-1.log") && has("supervisor.log") && has("key.sealed"),
        "{seen:?}"
    );
}

fn is_named(path: &Path, name: &str) -> bool {
    path.file_name().is_some_and(|own| own == name)
}
