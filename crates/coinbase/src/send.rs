//! One request: signed, limited, sent, read, and repeated where that cannot do harm.
//!
//! | | repeated |
//! |---|---|
//! | GET, cancellation | after a broken line, no answer, 429, 5xx, an answer that cannot be read; after 401 as below |
//! | an order | never |
//!
//! The venue sometimes says 401 where it means 429. So a 401 to a key that was accepted before counts as throttling;
//! otherwise one more try is made with a new token, and a second 401 is believed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cbtrade_core::Random;
use cbtrade_exchange::ExchangeError;
use reqwest::{Client, Method, RequestBuilder};
use serde_json::Value;
use tokio::time::Instant;

use crate::error::SettingsError;
use crate::limiter::Limiter;
use crate::observer::{Call, excerpt};
use crate::settings::Settings;

/// What every path of the venue begins with.
pub(crate) const PREFIX: &str = "/api/v3/brokerage";

/// Longest pause that the venue may ask for before the caller hears of it instead.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(60);

/// Sends requests.
pub(crate) struct Sender {
    pub(crate) settings: Settings,
    client: Client,
    /// For orders: every one on a connection of its own, so that no stale connection can make a request be sent again
    /// below us.
    fresh_client: Client,
    limiter: Option<Arc<Limiter>>,
    random: Mutex<Random>,
    /// Whether the venue has accepted the key since the start.
    accepted: AtomicBool,
}

/// One request.
pub(crate) struct Question<'question> {
    pub(crate) method: Method,
    /// Without the prefix.
    pub(crate) path: &'question str,
    pub(crate) query: Vec<(&'static str, String)>,
    pub(crate) body: Option<Value>,
    pub(crate) client_order_id: Option<&'question str>,
}

impl<'question> Question<'question> {
    pub(crate) fn get(path: &'question str, query: Vec<(&'static str, String)>) -> Self {
        Self {
            method: Method::GET,
            path,
            query,
            body: None,
            client_order_id: None,
        }
    }

    pub(crate) fn post(path: &'question str, body: Value) -> Self {
        Self {
            method: Method::POST,
            path,
            query: Vec::new(),
            body: Some(body),
            client_order_id: None,
        }
    }

    /// Method and path, for people.
    pub(crate) fn call(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

impl Sender {
    pub(crate) fn new(settings: Settings) -> Result<Self, SettingsError> {
        settings.check()?;
        // Another part of the program may have named the provider before; it is the same one.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = |idle: usize| {
            Client::builder()
                .timeout(settings.timeout)
                .connect_timeout(settings.timeout)
                .redirect(reqwest::redirect::Policy::none())
                .retry(reqwest::retry::never())
                .no_proxy()
                .pool_max_idle_per_host(idle)
                .user_agent("cbtrade")
                .build()
                .map_err(|source| SettingsError::Http { source })
        };
        let limiter = settings
            .limiter
            .as_ref()
            .map(|limiter| Limiter::open(limiter, Arc::clone(&settings.clock)))
            .transpose()?;
        Ok(Self {
            client: client(8)?,
            fresh_client: client(0)?,
            limiter: limiter.map(Arc::new),
            random: Mutex::new(Random::new(settings.seed)),
            accepted: AtomicBool::new(false),
            settings,
        })
    }

    /// Asks until there is an answer, no hope, or no attempt left.
    pub(crate) async fn ask(&self, question: &Question<'_>) -> Result<Value, ExchangeError> {
        let mut attempt = 1;
        loop {
            let error = match self.once(question, attempt).await {
                Ok(value) => return Ok(value),
                Err(error) => error,
            };
            if attempt >= self.settings.attempts_max.max(1) || !self.is_hopeful(&error, attempt) {
                return Err(error);
            }
            let pause = self.pause(&error, attempt);
            if pause > RETRY_AFTER_MAX {
                return Err(error);
            }
            tokio::time::sleep(pause).await;
            attempt += 1;
        }
    }

    fn is_hopeful(&self, error: &ExchangeError, attempt: u32) -> bool {
        match error {
            ExchangeError::Unauthorized { .. } => {
                attempt == 1 || self.accepted.load(Ordering::SeqCst)
            }
            other => other.is_transient(),
        }
    }

    /// The pause before the next attempt: what the venue asks for, or a doubling one, scattered by up to a half.
    fn pause(&self, error: &ExchangeError, attempt: u32) -> Duration {
        if let ExchangeError::Throttled {
            retry_after: Some(pause),
            ..
        } = error
        {
            return *pause;
        }
        let doubled = self
            .settings
            .backoff
            .saturating_mul(1 << attempt.saturating_sub(1).min(10));
        let mut random = self.random.lock().unwrap_or_else(PoisonError::into_inner);
        doubled.mul_f64(0.75 + random.unit() / 2.0)
    }

    /// Waits for a place under the limit that all processes share.
    async fn wait_for_place(&self, call: &str) -> Result<(), ExchangeError> {
        let Some(limiter) = self.limiter.clone() else {
            return Ok(());
        };
        let taken = tokio::task::spawn_blocking(move || limiter.take()).await;
        let failed = |detail: String| ExchangeError::Refused {
            call: call.to_owned(),
            detail: format!("the limit cannot be held to: {detail}"),
        };
        let wait = taken
            .map_err(|error| failed(error.to_string()))?
            .map_err(|error| failed(error.to_string()))?;
        tokio::time::sleep(wait).await;
        Ok(())
    }

    /// Sends a request exactly once.
    pub(crate) async fn once(
        &self,
        question: &Question<'_>,
        attempt: u32,
    ) -> Result<Value, ExchangeError> {
        let call = question.call();
        self.wait_for_place(&call).await?;
        let request = self.request(question, &call)?;
        let started = Instant::now();
        let outcome = exchange(request).await;
        let latency = started.elapsed();
        let (status, said) = match &outcome {
            Ok(answer) => (Some(answer.status), excerpt(&answer.body)),
            Err(error) => (None, excerpt(&chain(error))),
        };
        if let Some(observer) = &self.settings.observer {
            observer(&Call {
                call: &call,
                client_order_id: question.client_order_id,
                attempt,
                status,
                latency,
                excerpt: &said,
            });
        }
        match outcome {
            Err(error) if error.is_timeout() => Err(ExchangeError::TimedOut {
                call,
                waited: self.settings.timeout,
            }),
            Err(_) => Err(ExchangeError::Transport { call, detail: said }),
            Ok(answer) => self.judge(call, &answer),
        }
    }

    fn request(
        &self,
        question: &Question<'_>,
        call: &str,
    ) -> Result<RequestBuilder, ExchangeError> {
        let path = format!("{PREFIX}{}", question.path);
        let mut address = format!("{}{path}", self.settings.rest_base);
        for (index, (key, value)) in question.query.iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(key);
            address.push('=');
            encode(value, &mut address);
        }
        let client = if question.body.is_some() {
            &self.fresh_client
        } else {
            &self.client
        };
        let mut request = client
            .request(question.method.clone(), address)
            // Public answers are otherwise up to a second old.
            .header("cache-control", "no-cache");
        if let Some(key) = &self.settings.key {
            let uri = format!("{} {}{path}", question.method, self.settings.token_host());
            let now = self.settings.clock.now().as_seconds();
            let token = key
                .token(Some(&uri), now)
                .map_err(|detail| ExchangeError::Refused {
                    call: call.to_owned(),
                    detail,
                })?;
            request = request.bearer_auth(token);
        }
        if let Some(body) = &question.body {
            request = request
                .header("content-type", "application/json")
                .body(body.to_string());
        }
        Ok(request)
    }

    /// What an answer means.
    fn judge(&self, call: String, answer: &Answer) -> Result<Value, ExchangeError> {
        if answer.status == 200 {
            self.accepted.store(true, Ordering::SeqCst);
            return serde_json::from_str(&answer.body).map_err(|error| ExchangeError::Unreadable {
                call,
                detail: format!("{error}: {}", excerpt(&answer.body)),
            });
        }
        let detail = said(&answer.body);
        Err(match answer.status {
            401 => ExchangeError::Unauthorized { call, detail },
            403 => ExchangeError::Forbidden { call, detail },
            404 => ExchangeError::NotFound { call, detail },
            429 => {
                self.hold_all_back(answer.retry_after);
                ExchangeError::Throttled {
                    call,
                    retry_after: answer.retry_after,
                    detail,
                }
            }
            400..=499 if detail.to_ascii_lowercase().contains("resource_exhausted") => {
                ExchangeError::Throttled {
                    call,
                    retry_after: answer.retry_after,
                    detail,
                }
            }
            400..=499 => ExchangeError::BadRequest { call, detail },
            500..=599 => ExchangeError::Server {
                call,
                status: answer.status,
                detail,
            },
            status => ExchangeError::Unreadable {
                call,
                detail: format!("status {status}: {detail}"),
            },
        })
    }

    /// The other processes would run into the same wall.
    fn hold_all_back(&self, pause: Option<Duration>) {
        if let Some(limiter) = &self.limiter {
            let pause = pause.unwrap_or(self.settings.backoff).min(RETRY_AFTER_MAX);
            // A limiter that cannot be written is reported by the next request that needs it.
            let _ = limiter.pause(pause);
        }
    }
}

/// An answer as it came.
struct Answer {
    status: u16,
    retry_after: Option<Duration>,
    body: String,
}

async fn exchange(request: RequestBuilder) -> Result<Answer, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let retry_after = response
        .headers()
        .get("retry-after")
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.trim().parse().ok())
        .map(Duration::from_secs);
    let bytes = response.bytes().await?;
    Ok(Answer {
        status,
        retry_after,
        body: String::from_utf8_lossy(&bytes).into_owned(),
    })
}

/// An error with everything that it comes from. Addresses are left out: a reader knows the call.
fn chain(error: &reqwest::Error) -> String {
    let mut text = String::new();
    let mut source = std::error::Error::source(error);
    while let Some(one) = source {
        if !text.is_empty() {
            text.push_str(": ");
        }
        text.push_str(&one.to_string());
        source = one.source();
    }
    if text.is_empty() {
        "the connection failed".clone_into(&mut text);
    }
    text
}

/// What an error's body says: the one shape, the other shape, or its beginning.
fn said(body: &str) -> String {
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        return excerpt(body);
    };
    let text = |value: &Value, name: &str| {
        value
            .get(name)
            .and_then(Value::as_str)
            .filter(|text| !text.is_empty())
            .map(str::to_owned)
    };
    let first = value.get("errors").and_then(|errors| errors.get(0));
    let parts: Vec<String> = match (text(&value, "error"), first) {
        (Some(error), _) => {
            let details = text(&value, "error_details");
            let message =
                text(&value, "message").filter(|message| Some(message) != details.as_ref());
            [Some(error), details, message]
                .into_iter()
                .flatten()
                .collect()
        }
        (None, Some(first)) => [text(first, "id"), text(first, "message")]
            .into_iter()
            .flatten()
            .collect(),
        (None, None) => Vec::new(),
    };
    if parts.is_empty() {
        excerpt(body)
    } else {
        excerpt(&parts.join(": "))
    }
}

/// Adds a value to an address, with everything encoded that is not plainly safe.
fn encode(value: &str, address: &mut String) {
    for byte in value.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_of_errors_are_read_in_every_shape() {
        let one = r#"{"error":"NOT_FOUND","error_details":"","message":"Product X not supported"}"#;
        assert_eq!(said(one), "NOT_FOUND: Product X not supported");
        let other = r#"{"errors":[{"id":"rate_limit_exceeded","message":"Too many requests"}]}"#;
        assert_eq!(said(other), "rate_limit_exceeded: Too many requests");
        assert_eq!(said("Unauthorized\n"), "Unauthorized");
        assert_eq!(said(&"x".repeat(900)).len(), 300);
        assert_eq!(said("{}"), "{}");
    }

    #[test]
    fn addresses_are_encoded() {
        let mut address = String::new();
        encode("2026-01-01T00:00:00+02:00 &x", &mut address);
        assert_eq!(address, "2026-01-01T00%3A00%3A00%2B02%3A00%20%26x");
    }
}
