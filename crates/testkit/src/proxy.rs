//! The fault proxy as tests use it: with a folder of its own, and a panic instead of an error.

use std::ops::Deref;

use cbtrade_mysql::Target;

/// A [`cbtrade_faults::FaultProxy`] with its folder.
#[derive(Debug)]
pub struct FaultProxy {
    proxy: cbtrade_faults::FaultProxy,
    // Holds the socket, where there is one.
    _folder: tempfile::TempDir,
}

impl FaultProxy {
    /// Puts a proxy before a server. Connect to its target.
    ///
    /// # Panics
    /// It cannot listen.
    pub async fn before(server: &Target) -> FaultProxy {
        let folder = tempfile::Builder::new()
            .prefix("cbtrade-proxy-")
            .tempdir()
            .unwrap_or_else(|error| panic!("no temporary folder: {error}"));
        let proxy = cbtrade_faults::FaultProxy::listen(server, folder.path(), 0)
            .await
            .unwrap_or_else(|error| panic!("proxy: {error}"));
        FaultProxy {
            proxy,
            _folder: folder,
        }
    }
}

impl Deref for FaultProxy {
    type Target = cbtrade_faults::FaultProxy;

    fn deref(&self) -> &cbtrade_faults::FaultProxy {
        &self.proxy
    }
}
