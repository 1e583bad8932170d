//! The proxy: it listens, forwards both ways, and asks for every packet what is to become of it.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use cbtrade_core::Random;
use cbtrade_mysql::Target;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::fault::{Action, After, Direction, Fault, Happened, Spot, Stage, Weather};
use crate::wire::{contains, read_packet, stage_begun};

/// One in all.
const MILLION: u64 = 1_000_000;

/// Listens like the server behind it (on a socket, or on a port of 127.0.0.1) and forwards packet by packet.
#[derive(Debug)]
pub struct FaultProxy {
    target: Target,
    shared: Arc<Shared>,
    listener: JoinHandle<()>,
}

#[derive(Debug)]
struct Shared {
    faults: Mutex<Faults>,
    /// Raised to cut all connections of before.
    generation: watch::Sender<u64>,
    stalled: watch::Sender<bool>,
    refusing: watch::Sender<bool>,
    /// Connections that are open now.
    open: watch::Sender<u32>,
}

#[derive(Debug)]
struct Faults {
    armed: Vec<(Fault, u64)>,
    weather: Weather,
    chance: Random,
    fired: u32,
    connections: u32,
    happened: BTreeMap<(Happened, Spot), u64>,
}

impl FaultProxy {
    /// Puts a proxy before a server. Connect to [`FaultProxy::target`]. Where the server has a socket, the proxy's is made
    /// in `folder`, with a short name. The seed decides what [`Weather`] does.
    ///
    /// # Errors
    /// It cannot listen.
    pub async fn listen(server: &Target, folder: &Path, seed: u64) -> io::Result<FaultProxy> {
        let shared = Arc::new(Shared {
            faults: Mutex::new(Faults {
                armed: Vec::new(),
                weather: Weather::default(),
                chance: Random::new(seed),
                fired: 0,
                connections: 0,
                happened: BTreeMap::new(),
            }),
            generation: watch::Sender::new(0),
            stalled: watch::Sender::new(false),
            refusing: watch::Sender::new(false),
            open: watch::Sender::new(0),
        });
        let mut target = server.clone();
        let listener = match &server.socket {
            Some(_) => {
                let socket = folder.join("proxy.sock");
                let listener = UnixListener::bind(&socket)?;
                target.socket = Some(socket);
                tokio::spawn(accept_unix(listener, server.clone(), Arc::clone(&shared)))
            }
            None => {
                let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
                target.host = "127.0.0.1".to_owned();
                target.port = listener.local_addr()?.port();
                tokio::spawn(accept_tcp(listener, server.clone(), Arc::clone(&shared)))
            }
        };
        Ok(FaultProxy {
            target,
            shared,
            listener,
        })
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

    /// Takes back all armed faults that have not happened.
    pub fn disarm(&self) {
        self.shared.faults().armed.clear();
    }

    /// What happens by chance from now on.
    pub fn set_weather(&self, weather: Weather) {
        self.shared.faults().weather = weather;
    }

    /// How many armed faults have happened.
    #[must_use]
    pub fn fired(&self) -> u32 {
        self.shared.faults().fired
    }

    /// What has happened, armed or by chance, and where. Mere delays are not counted.
    #[must_use]
    pub fn happened(&self) -> BTreeMap<(Happened, Spot), u64> {
        self.shared.faults().happened.clone()
    }

    /// How many connections were accepted.
    #[must_use]
    pub fn connections(&self) -> u32 {
        self.shared.faults().connections
    }

    /// Closes all present connections. Returns how many there were.
    pub fn cut_all(&self) -> u32 {
        let open = *self.shared.open.borrow();
        self.shared
            .generation
            .send_modify(|generation| *generation += 1);
        open
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
    // An error here (too many open files) concerns one connection; the next may be taken again.
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                tokio::spawn(connect(client, server.clone(), Arc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
    }
}

async fn accept_tcp(listener: TcpListener, server: Target, shared: Arc<Shared>) {
    loop {
        match listener.accept().await {
            Ok((client, _)) => {
                let _ = client.set_nodelay(true);
                tokio::spawn(connect(client, server.clone(), Arc::clone(&shared)));
            }
            Err(_) => tokio::time::sleep(Duration::from_millis(10)).await,
        }
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
    let conversation = Conversation {
        stage: Mutex::new(Stage::Connecting),
        answer_cut: watch::Sender::new(false),
    };
    let mut generation = shared.generation.subscribe();
    generation.mark_unchanged();
    shared.open.send_modify(|open| *open += 1);
    tokio::select! {
        () = pump(from_client, to_server, Direction::ToServer, shared, &conversation) => {}
        () = pump(from_server, to_client, Direction::ToClient, shared, &conversation) => {}
        _ = generation.changed() => {}
    }
    shared.open.send_modify(|open| *open -= 1);
}

/// What both directions of a connection know of each other.
struct Conversation {
    stage: Mutex<Stage>,
    answer_cut: watch::Sender<bool>,
}

impl Conversation {
    /// The stage that a packet belongs to.
    fn stage_of(&self, direction: Direction, packet: &[u8]) -> Stage {
        let mut stage = self.stage.lock().unwrap_or_else(PoisonError::into_inner);
        if direction == Direction::ToServer
            && let Some(begun) = stage_begun(packet)
        {
            *stage = begun;
        }
        *stage
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
    conversation: &Conversation,
) {
    let mut stalled = shared.stalled.subscribe();
    while let Some(packet) = read_packet(&mut from).await {
        if *conversation.answer_cut.borrow() {
            // The answer has come, so the other side has done its work; it is not passed on.
            return;
        }
        let stage = conversation.stage_of(direction, &packet);
        match shared.verdict(Spot { stage, direction }, &packet) {
            Verdict::Pass => {}
            Verdict::PassPartThenCut(bytes) => {
                let part = packet.get(..bytes).unwrap_or_default();
                let _ = to.write_all(part).await;
                let _ = to.flush().await;
                return;
            }
            Verdict::PassThenCutAnswer => {
                conversation.answer_cut.send_replace(true);
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

impl Shared {
    fn faults(&self) -> MutexGuard<'_, Faults> {
        self.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn verdict(&self, spot: Spot, packet: &[u8]) -> Verdict {
        let mut faults = self.faults();
        let (happened, verdict) = match faults.armed_verdict(spot.direction, packet) {
            Some(found) => found,
            None => match faults.chance_verdict(spot) {
                Some(found) => found,
                None => return faults.delay(),
            },
        };
        if let Some(happened) = happened {
            *faults.happened.entry((happened, spot)).or_default() += 1;
        }
        verdict
    }
}

impl Faults {
    /// Counts a packet for all armed faults of its direction, and takes the first that it sets off.
    fn armed_verdict(
        &mut self,
        direction: Direction,
        packet: &[u8],
    ) -> Option<(Option<Happened>, Verdict)> {
        let length = u64::try_from(packet.len()).unwrap_or(u64::MAX);
        let mut set_off: Option<(usize, usize)> = None;
        for (index, (fault, seen)) in self.armed.iter_mut().enumerate() {
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
                After::Containing(bytes) => contains(packet, bytes).then_some(0),
            };
            if let (Some(part), None) = (part, set_off) {
                set_off = Some((index, part));
            }
        }
        let (index, part) = set_off?;
        self.fired += 1;
        Some(match self.armed.remove(index).0.action {
            Action::Cut => (Some(Happened::Cut), Verdict::PassPartThenCut(part)),
            Action::CutAnswer => (Some(Happened::CutAnswer), Verdict::PassThenCutAnswer),
            Action::Stall => (Some(Happened::Held), Verdict::Stall),
            Action::Delay(time) => (Some(Happened::Held), Verdict::Delay(time)),
        })
    }

    fn chance_verdict(&mut self, spot: Spot) -> Option<(Option<Happened>, Verdict)> {
        let weather = self.weather;
        let mut drawn =
            |in_million: u32| in_million > 0 && self.chance.below(MILLION) < u64::from(in_million);
        let commit = spot.stage == Stage::Commit && spot.direction == Direction::ToServer;
        if commit && drawn(weather.cut_commit_in_million) || drawn(weather.cut_in_million) {
            return Some((Some(Happened::Cut), Verdict::PassPartThenCut(0)));
        }
        if commit && drawn(weather.cut_commit_answer_in_million) {
            return Some((Some(Happened::CutAnswer), Verdict::PassThenCutAnswer));
        }
        if drawn(weather.hold_in_million) {
            return Some((Some(Happened::Held), Verdict::Delay(weather.hold)));
        }
        None
    }

    fn delay(&mut self) -> Verdict {
        if self.weather.delay_max.is_zero() {
            return Verdict::Pass;
        }
        let most = u64::try_from(self.weather.delay_max.as_micros()).unwrap_or(u64::MAX);
        Verdict::Delay(Duration::from_micros(self.chance.below(most)))
    }
}
