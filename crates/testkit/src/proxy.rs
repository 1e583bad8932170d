//! A proxy between a client and a server that cuts, stalls or delays connections where a test says so.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cbtrade_mysql::Target;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Bytes of a MySQL packet's header.
const HEADER_BYTES: usize = 4;

/// Which way packets go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// From the client to the server.
    ToServer,
    /// From the server to the client.
    ToClient,
}

/// When a fault happens, counted from when it was armed, over all connections of the proxy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum After {
    /// After exactly this many bytes: a cut then splits a packet.
    Bytes(u64),
    /// After this many whole packets; 0 is the very next one.
    Packets(u64),
    /// At the first packet that contains these bytes, such as `COMMIT`.
    Containing(Vec<u8>),
}

/// What happens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// The connection is closed on both sides; the packet is not passed on (but for its bytes before
    /// [`After::Bytes`]).
    Cut,
    /// The packet is passed on, and the connection is closed instead of passing the other side's answer on: the
    /// client never learns the outcome.
    CutAnswer,
    /// Nothing passes any more on any connection, until [`FaultProxy::resume`].
    Stall,
    /// The packet is passed on after this time.
    Delay(Duration),
}

/// A fault to happen once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Of packets that go this way.
    pub direction: Direction,
    /// When.
    pub after: After,
    /// What.
    pub action: Action,
}

/// Listens like the server behind it (on a socket, or on a port of 127.0.0.1) and forwards packet by packet.
#[derive(Debug)]
pub struct FaultProxy {
    target: Target,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
    // Holds the socket, where there is one.
    _folder: tempfile::TempDir,
}

#[derive(Debug)]
struct Shared {
    faults: Mutex<Faults>,
    /// Raised to cut all connections of before.
    generation: watch::Sender<u64>,
    stalled: watch::Sender<bool>,
    refusing: watch::Sender<bool>,
}

#[derive(Debug, Default)]
struct Faults {
    armed: Vec<(Fault, u64)>,
    fired: u32,
    connections: u32,
}

impl Shared {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FaultProxy {
    /// Puts a proxy before a server. Connect to [`FaultProxy::target`].
    ///
    /// # Panics
    /// It cannot listen.
    pub async fn before(server: &Target) -> FaultProxy {
        let folder = tempfile::Builder::new()
            .prefix("cbtrade-proxy-")
            .tempdir()
            .unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let shared = Arc::new(Shared {
            faults: Mutex::default(),
            generation: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
            refusing: watch::Sender::new(false),
        });
        let mut target = server.clone();
        let listener = match &server.socket {
            Some(_) => {
                let socket = folder.path().join("proxy.sock");
                let listener =
                    UnixListener::bind(&socket).unwrap_or_else(|error| panic!("proxy: {error}"));
                target.socket = Some(socket);
                tokio::spawn(accept_unix(listener, server.clone(), Arc::clone(&shared)))
            }
            None => {
                let listener = TcpListener::bind(("127.0.0.1", 0))
                    .await
                    .unwrap_or_else(|error| panic!("proxy: {error}"));
                target.host = "127.0.0.1".to_owned();
                target.port = listener.local_addr().map_or(0, |address| address.port());
                tokio::spawn(accept_tcp(listener, server.clone(), Arc::clone(&shared)))
            }
        };
        FaultProxy {
            target,
            shared,
            listener,
            _folder: folder,
        }
    }

    /// The server as seen through the proxy: the same user, password and database.
    #[must_use]
    pub fn target(&self) -> &Target {
        &self.target
    }

    /// Has a fault happen once. Several may be armed; each packet sets off one at most, the oldest first.
    pub fn arm(&self, fault: Fault) {
        self.shared.faults().armed.push((fault, 0));
    }

    /// How many faults have happened.
    #[must_use]
    pub fn fired(&self) -> u32 {
        self.shared.faults().fired
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.shared.faults().connections
    }

    /// Closes all present connections.
    pub fn cut_all(&self) {
        self.shared
            .generation
            .send_modify(|generation| *generation += 1);
    }

    /// Lets nothing pass any more; connections stay open.
    pub fn stall(&self) {
        self.shared.stalled.send_replace(true);
    }

    /// Ends a stall.
    pub fn resume(&self) {
        self.shared.stalled.send_replace(false);
    }

    /// Whether new connections are closed at once.
    pub fn refuse(&self, refusing: bool) {
        self.shared.refusing.send_replace(refusing);
    }
}

impl Drop for FaultProxy {
    fn drop(&mut self) {
        self.listener.abort();
        self.cut_all();
    }
}

async fn accept_unix(listener: UnixListener, server: Target, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        tokio::spawn(connect(client, server.clone(), Arc::clone(&shared)));
    }
}

async fn accept_tcp(listener: TcpListener, server: Target, shared: Arc<Shared>) {
    while let Ok((client, _)) = listener.accept().await {
        let _ = client.set_nodelay(true);
        tokio::spawn(connect(client, server.clone(), Arc::clone(&shared)));
    }
}

async fn connect<Client>(client: Client, server: Target, shared: Arc<Shared>)
where
    Client: AsyncRead + AsyncWrite + Send + Unpin,
{
    shared.faults().connections += 1;
    if *shared.refusing.borrow() {
        return;
    }
    match &server.socket {
        Some(socket) => {
            if let Ok(stream) = UnixStream::connect(socket).await {
                forward(client, stream, &shared).await;
            }
        }
        None => {
            if let Ok(stream) = TcpStream::connect((server.host.as_str(), server.port)).await {
                let _ = stream.set_nodelay(true);
                forward(client, stream, &shared).await;
            }
        }
    }
}

/// Forwards both ways until one side or the proxy ends the connection; both sides are closed on return.
async fn forward<Client, Server>(client: Client, server: Server, shared: &Shared)
where
    Client: AsyncRead + AsyncWrite + Send + Unpin,
    Server: AsyncRead + AsyncWrite + Send + Unpin,
{
    let (from_client, to_client) = tokio::io::split(client);
    let (from_server, to_server) = tokio::io::split(server);
    let answer_cut = watch::Sender::new(false);
    let mut generation = shared.generation.subscribe();
    generation.mark_unchanged();
    tokio::select! {
        () = pump(from_client, to_server, Direction::ToServer, shared, &answer_cut) => {}
        () = pump(from_server, to_client, Direction::ToClient, shared, &answer_cut) => {}
        _ = generation.changed() => {}
    }
}

/// What to do with a packet.
enum Verdict {
    Pass,
    PassPartThenCut(usize),
    PassThenCutAnswer,
    Stall,
    Delay(Duration),
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    direction: Direction,
    shared: &Shared,
    answer_cut: &watch::Sender<bool>,
) {
    let mut stalled = shared.stalled.subscribe();
    while let Some(packet) = read_packet(&mut from).await {
        if *answer_cut.borrow() {
            // The answer has come, so the other side has done its work; it is not passed on.
            return;
        }
        match shared.verdict(direction, &packet) {
            Verdict::Pass => {}
            Verdict::PassPartThenCut(bytes) => {
                let part = packet.get(..bytes).unwrap_or_default();
                let _ = to.write_all(part).await;
                let _ = to.flush().await;
                return;
            }
            Verdict::PassThenCutAnswer => {
                answer_cut.send_replace(true);
                if to.write_all(&packet).await.is_err() {
                    return;
                }
                // The other direction ends the connection; nothing more is passed on in this one.
                std::future::pending::<()>().await;
            }
            Verdict::Stall => {
                shared.stalled.send_replace(true);
            }
            Verdict::Delay(time) => tokio::time::sleep(time).await,
        }
        if stalled.wait_for(|stalled| !stalled).await.is_err()
            || to.write_all(&packet).await.is_err()
        {
            return;
        }
    }
}

/// A whole packet with its header; `None` when the connection ends.
async fn read_packet(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
    let mut header = [0_u8; HEADER_BYTES];
    from.read_exact(&mut header).await.ok()?;
    let [low, middle, high, _sequence] = header;
    let length = usize::from(low) | usize::from(middle) << 8 | usize::from(high) << 16;
    let mut packet = vec![0_u8; HEADER_BYTES + length];
    let (start, payload) = packet.split_at_mut(HEADER_BYTES);
    start.copy_from_slice(&header);
    from.read_exact(payload).await.ok()?;
    Some(packet)
}

impl Shared {
    /// Counts a packet for all armed faults of its direction, and takes the first that it sets off.
    fn verdict(&self, direction: Direction, packet: &[u8]) -> Verdict {
        let mut faults = self.faults();
        let length = u64::try_from(packet.len()).unwrap_or(u64::MAX);
        let mut set_off: Option<(usize, usize)> = None;
        for (index, (fault, seen)) in faults.armed.iter_mut().enumerate() {
            if fault.direction != direction {
                continue;
            }
            let part = match &fault.after {
                After::Bytes(limit) => {
                    let before = *seen;
                    *seen += length;
                    (*seen >= *limit)
                        .then(|| usize::try_from(limit.saturating_sub(before)).unwrap_or(0))
                }
                After::Packets(limit) => {
                    *seen += 1;
                    (*seen > *limit).then_some(0)
                }
                After::Containing(bytes) => {
                    let found = !bytes.is_empty()
                        && packet.windows(bytes.len()).any(|window| window == bytes);
                    found.then_some(0)
                }
            };
            if let (Some(part), None) = (part, set_off) {
                set_off = Some((index, part));
            }
        }
        let Some((index, part)) = set_off else {
            return Verdict::Pass;
        };
        faults.fired += 1;
        match faults.armed.remove(index).0.action {
            Action::Cut => Verdict::PassPartThenCut(part),
            Action::CutAnswer => Verdict::PassThenCutAnswer,
            Action::Stall => Verdict::Stall,
            Action::Delay(time) => Verdict::Delay(time),
        }
    }
}
