//! Answers before they are HTTP.

use serde_json::{Value, json};

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    pub(crate) body: String,
    pub(crate) retry_after: Option<u64>,
}

impl Reply {
    /// 200 with JSON.
    pub(crate) fn json(body: &Value) -> Self {
        Self::of(200, "application/json", body.to_string())
    }

    pub(crate) fn of(status: u16, content_type: &'static str, body: String) -> Self {
        Self {
            status,
            content_type,
            body,
            retry_after: None,
        }
    }

    fn error(status: u16, error: &str, message: &str) -> Self {
        let body = json!({ "error": error, "error_details": message, "message": message });
        Self::of(status, "application/json", body.to_string())
    }

    /// 400: the question is wrong.
    pub(crate) fn wrong(message: &str) -> Self {
        Self::error(400, "INVALID_ARGUMENT", message)
    }

    /// 404: there is no such thing.
    pub(crate) fn missing(message: &str) -> Self {
        Self::error(404, "NOT_FOUND", message)
    }

    /// 5xx with JSON.
    pub(crate) fn failed(status: u16, message: &str) -> Self {
        Self::error(status, "INTERNAL", message)
    }

    /// 401 in plain text, as the venue has it.
    pub(crate) fn unauthorized() -> Self {
        Self::of(401, "text/plain", "Unauthorized\n".to_owned())
    }
}
