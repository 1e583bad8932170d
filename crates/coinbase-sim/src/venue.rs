//! Starting and stopping a venue.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::routing::{any, get};
use cbtrade_core::{Clock, Decimal, SystemClock, Timestamp};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::behaviour::Behaviour;
use crate::config::{Config, TokenCheck};
use crate::engine::Engine;
use crate::error::VenueError;
use crate::faults::{Fault, Faults};
use crate::net::{CuttingListener, Scissors, address_of};
use crate::state::Event;
use crate::{admin, audit, rest, stream};

/// How often the venue looks whether something happens by itself, in real time.
const TICK: Duration = Duration::from_millis(100);

/// What every part of a running venue shares.
#[derive(Clone)]
pub(crate) struct Shared(Arc<Inner>);

struct Inner {
    engine: Mutex<Engine>,
    faults: Mutex<Faults>,
    refused: Mutex<Vec<String>>,
    tokens: TokenCheck,
    host: String,
    clock: Arc<dyn Clock>,
}

impl Shared {
    /// The engine, for as long as the guard lives. Never held while anything is awaited.
    pub(crate) fn engine(&self) -> MutexGuard<'_, Engine> {
        self.0.engine.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn faults(&self) -> MutexGuard<'_, Faults> {
        self.0.faults.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn token_check(&self) -> &TokenCheck {
        &self.0.tokens
    }

    /// The host that tokens must name.
    pub(crate) fn token_host(&self) -> &str {
        &self.0.host
    }

    pub(crate) fn real_seconds(&self) -> i64 {
        self.0.clock.now().as_seconds()
    }

    /// Keeps why a token was refused, for whoever asks the admin API.
    pub(crate) fn refused_token(&self, place: &str, why: &str) {
        let mut refused = self
            .0
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if refused.len() < 100 {
            refused.push(format!("{place}: {why}"));
        }
    }

    pub(crate) fn refused_tokens(&self) -> Vec<String> {
        let refused = self
            .0
            .refused
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        refused.clone()
    }

    pub(crate) fn audit(&self) -> Vec<String> {
        let mut engine = self.engine();
        let now = engine.now();
        engine.advance(now);
        audit::all(&mut engine.state)
    }
}

/// A local venue.
pub struct Venue;

/// A venue that runs. It ends when this is dropped.
pub struct Running {
    /// Where REST is, such as `http://127.0.0.1:4711`; the venue's own prefix comes after it.
    pub rest_base: String,
    /// Where the WebSocket is, for market data and for orders.
    pub ws_url: String,
    /// Where the admin API is.
    pub admin_base: String,
    shared: Shared,
    stop: watch::Sender<bool>,
    tasks: Vec<JoinHandle<()>>,
}

impl Venue {
    /// Starts a venue on the machine's clock.
    ///
    /// # Errors
    /// An address that is not loopback or is taken, a journal or a file of candles that cannot be used.
    pub async fn start(config: Config) -> Result<Running, VenueError> {
        Self::start_with(config, Arc::new(SystemClock)).await
    }

    /// Starts a venue on a clock of the caller's.
    ///
    /// # Errors
    /// As [`Venue::start`].
    pub async fn start_with(config: Config, clock: Arc<dyn Clock>) -> Result<Running, VenueError> {
        let rest_listener = listen(config.address).await?;
        let admin_listener = listen(config.admin_address).await?;
        let address = address_of(&rest_listener, config.address);
        let admin_address = address_of(&admin_listener, config.admin_address);
        let shared = Shared(Arc::new(Inner {
            faults: Mutex::new(Faults::new(config.seed)),
            tokens: config.tokens.clone(),
            host: address.to_string(),
            engine: Mutex::new(Engine::open(config, Arc::clone(&clock))?),
            refused: Mutex::new(Vec::new()),
            clock,
        }));
        let (stop, stopped) = watch::channel(false);
        let public = Router::new()
            .route("/ws", get(stream::connect))
            .fallback(any(rest::answer))
            .with_state(shared.clone())
            .into_make_service_with_connect_info::<Scissors>();
        let admin = Router::new()
            .fallback(any(admin::answer))
            .with_state(shared.clone());
        let tasks = vec![
            tokio::spawn(until(stopped.clone(), async move {
                // It ends only with the process or by `stop`.
                let _ = axum::serve(CuttingListener(rest_listener), public).await;
            })),
            tokio::spawn(until(stopped.clone(), async move {
                let _ = axum::serve(admin_listener, admin).await;
            })),
            tokio::spawn(until(stopped, tick(shared.clone()))),
        ];
        Ok(Running {
            rest_base: format!("http://{address}"),
            ws_url: format!("ws://{address}/ws"),
            admin_base: format!("http://{admin_address}"),
            shared,
            stop,
            tasks,
        })
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, VenueError> {
    if !address.ip().is_loopback() {
        return Err(VenueError::NotLoopback(address));
    }
    TcpListener::bind(address)
        .await
        .map_err(|source| VenueError::Listen { address, source })
}

async fn until(mut stopped: watch::Receiver<bool>, work: impl Future<Output = ()>) {
    tokio::select! {
        () = work => {}
        _ = stopped.changed() => {}
    }
}

async fn tick(shared: Shared) {
    let mut interval = tokio::time::interval(TICK);
    loop {
        interval.tick().await;
        let mut engine = shared.engine();
        let now = engine.now();
        engine.advance(now);
    }
}

impl Running {
    /// The simulated moment.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.shared.engine().now()
    }

    /// Every violation of the rules of money since the beginning, after a look at everything.
    #[must_use]
    pub fn violations(&self) -> Vec<String> {
        self.shared.audit()
    }

    /// Available and held money of a currency.
    #[must_use]
    pub fn balance(&self, currency: &str) -> (Decimal, Decimal) {
        let balance = self.shared.engine().state.balance(currency);
        (balance.available, balance.hold)
    }

    /// What the account holds of each currency, whether an order holds it or not.
    #[must_use]
    pub fn balances(&self) -> Vec<(String, Decimal)> {
        let engine = self.shared.engine();
        let balances = engine.state.balances.iter();
        balances
            .map(|(currency, balance)| {
                let sum = balance.available.checked_add(balance.hold);
                (currency.clone(), sum.unwrap_or(balance.available))
            })
            .collect()
    }

    /// How many orders there are, whatever became of them.
    #[must_use]
    pub fn order_count(&self) -> usize {
        self.shared.engine().state.orders.len()
    }

    /// Moves the simulated clock forwards, and lets everything happen on the way.
    pub fn advance_seconds(&self, seconds: i64) {
        let mut engine = self.shared.engine();
        let later = engine.now().plus_seconds(seconds);
        engine.set_clock(Some(later), None);
        let now = engine.now();
        engine.advance(now);
    }

    /// Sets a product's price from now on; resting orders see it at the next step of 15 seconds. False where there is no
    /// such product.
    #[must_use]
    pub fn set_price(&self, product: &str, price: Decimal) -> bool {
        price > Decimal::ZERO && self.shared.engine().set_price(product, price)
    }

    /// Sets a flag of a product, such as `limit_only` to `true`, `status` to `offline`, `book` to `empty`, `listed` to `false`
    /// or `first_candle` to the second at which its history begins.
    pub fn set_flag(&self, product: &str, flag: &str, value: &str) {
        self.shared.engine().commit(Event::Flag {
            product: product.to_owned(),
            flag: flag.to_owned(),
            value: value.to_owned(),
        });
    }

    /// Plants a failure.
    pub fn plant(&self, fault: Fault) {
        self.shared.faults().plant(fault);
    }

    /// Takes all planted failures away.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// How many planted failures happened.
    #[must_use]
    pub fn faults_happened(&self) -> u64 {
        self.shared.faults().happened()
    }

    /// Sets how orders are treated.
    pub fn behave(&self, behaviour: Behaviour) {
        self.shared.engine().behaviour = behaviour;
    }

    /// Why tokens were refused, for people.
    #[must_use]
    pub fn refused_tokens(&self) -> Vec<String> {
        self.shared.refused_tokens()
    }

    /// Ends the venue and waits until its ports are free.
    pub async fn stop(mut self) {
        let _ = self.stop.send(true);
        for task in std::mem::take(&mut self.tasks) {
            // A task that was cancelled has ended too.
            let _ = task.await;
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        for task in &self.tasks {
            task.abort();
        }
        self.shared.engine().close();
    }
}
