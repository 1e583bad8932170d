//! What an error of the driver or the server means for the caller.

use std::io::ErrorKind;

use mysql_async::{DriverError, IoError, ServerError};

/// What can be done about an error. Decided from the error number, never from the message's words
/// (but for the one number, 1030, that carries the operating system's error in its text).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ErrorClass {
    /// The transaction was rolled back, or must be: roll back and run it again as a whole.
    RetryTransaction,
    /// The connection is gone; what was under way has an unknown outcome.
    ConnectionLost,
    /// No connection can be had at the moment: try again later.
    ServerUnavailable,
    /// The user may not do this, or may not connect.
    AccessDenied,
    /// A value that the column cannot hold, or that a CHECK refuses.
    DataRejected,
    /// A second row with the same key.
    Duplicate,
    /// A row that a foreign key refuses.
    ForeignKey,
    /// A statement or value larger than the server takes.
    PacketTooLarge,
    /// The server, table or transaction takes no writes.
    ReadOnly,
    /// No room left on the server.
    DiskFull,
    /// A database, table, column or routine that is not there.
    NotFound,
    /// Anything else.
    Other,
}

impl ErrorClass {
    /// Whether waiting and connecting again can help.
    #[must_use]
    pub fn is_reconnectable(self) -> bool {
        matches!(
            self,
            ErrorClass::ConnectionLost | ErrorClass::ServerUnavailable
        )
    }
}

/// The class of an error of the driver.
#[must_use]
pub fn classify(error: &mysql_async::Error) -> ErrorClass {
    match error {
        mysql_async::Error::Server(server) => classify_server(server),
        mysql_async::Error::Io(IoError::Io(io)) => classify_io(io),
        mysql_async::Error::Io(IoError::Tls(_)) => ErrorClass::ConnectionLost,
        mysql_async::Error::Driver(driver) => classify_driver(driver),
        mysql_async::Error::Other(_) | mysql_async::Error::Url(_) => ErrorClass::Other,
    }
}

/// The driver's words for a packet larger than the server's `max_allowed_packet`; a test holds them against the driver.
const PACKET_TOO_LARGE: &str = "Packet is larger than max_allowed_packet";

fn classify_io(error: &std::io::Error) -> ErrorClass {
    match error.kind() {
        ErrorKind::ConnectionRefused
        | ErrorKind::NotFound
        | ErrorKind::AddrNotAvailable
        | ErrorKind::HostUnreachable
        | ErrorKind::NetworkUnreachable
        | ErrorKind::NetworkDown => ErrorClass::ServerUnavailable,
        ErrorKind::PermissionDenied => ErrorClass::AccessDenied,
        // The driver wraps its own refusal of a packet, in a type that it does not export.
        ErrorKind::Other if error.to_string() == PACKET_TOO_LARGE => ErrorClass::PacketTooLarge,
        _ => ErrorClass::ConnectionLost,
    }
}

fn classify_driver(error: &DriverError) -> ErrorClass {
    match error {
        DriverError::ConnectionClosed
        | DriverError::PacketOutOfOrder
        | DriverError::PoolDisconnected
        | DriverError::BadCompressedPacketHeader
        | DriverError::UnexpectedPacket { .. } => ErrorClass::ConnectionLost,
        DriverError::PacketTooLarge => ErrorClass::PacketTooLarge,
        DriverError::UnknownAuthPlugin { .. }
        | DriverError::MysqlOldPasswordDisabled
        | DriverError::CleartextPluginDisabled
        | DriverError::NoClientSslFlagFromServer => ErrorClass::AccessDenied,
        _ => ErrorClass::Other,
    }
}

fn classify_server(error: &ServerError) -> ErrorClass {
    // 1030 "Got error N from storage engine", 1026 "Error writing file": the cause is errno in the text.
    if matches!(error.code, 3 | 1026 | 1030) && names_full_disk(&error.message) {
        return ErrorClass::DiskFull;
    }
    classify_server_code(error.code)
}

fn names_full_disk(message: &str) -> bool {
    [
        "error 28",
        "errno: 28",
        "error: 28",
        "Errcode: 28",
        "OS errno 28",
    ]
    .iter()
    .any(|marker| message.contains(marker))
}

/// The class of an error number of MySQL, MariaDB or TiDB.
#[must_use]
pub fn classify_server_code(code: u16) -> ErrorClass {
    match code {
        1020 | 1205 | 1213 | 1614 | 1637 | 3058 | 3101 | 3572 | 8002 | 8022 | 8028 | 9007 => {
            ErrorClass::RetryTransaction
        }
        1053 | 1152 | 1158..=1161 | 1184 | 1927 | 2006 | 2013 | 2055 | 3169 | 4031 => {
            ErrorClass::ConnectionLost
        }
        1037 | 1040 | 1041 | 1047 | 1077 | 1079 | 1080 | 1129 | 1135 | 1203 | 1226 | 2002
        | 2003 | 2005 | 3032 | 3168 | 9001 | 9002 | 9005 => ErrorClass::ServerUnavailable,
        1044
        | 1045
        | 1095
        | 1130..=1132
        | 1141..=1143
        | 1227
        | 1251
        | 1275
        | 1370
        | 1410
        | 1419
        | 1449
        | 1524
        | 1698
        | 1820
        | 1862
        | 3118
        | 3159
        | 3955
        | 4151 => ErrorClass::AccessDenied,
        1048
        | 1118
        | 1138
        | 1264
        | 1265
        | 1292
        | 1300
        | 1364..=1367
        | 1406
        | 1411
        | 1416
        | 1441
        | 1525
        | 1526
        | 1690
        | 1906
        | 1977
        | 3105
        | 3140
        | 3141
        | 3156
        | 3157
        | 3819
        | 3854
        | 3903
        | 3988
        | 4025 => ErrorClass::DataRejected,
        1022 | 1062 | 1557 | 1586 | 1761 | 1762 => ErrorClass::Duplicate,
        1216 | 1217 | 1451 | 1452 => ErrorClass::ForeignKey,
        1153 | 1162 | 1301 | 2020 => ErrorClass::PacketTooLarge,
        1036 | 1290 | 1792 | 1836 | 1874 | 3989 => ErrorClass::ReadOnly,
        20 | 1021 | 1114 => ErrorClass::DiskFull,
        1008 | 1049 | 1051 | 1054 | 1072 | 1091 | 1109 | 1146 | 1176 | 1193 | 1305 | 1360
        | 1932 => ErrorClass::NotFound,
        _ => ErrorClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_read_from_the_storage_engines_number() {
        let full = ServerError {
            code: 1030,
            message: "Got error 28 \"No space left on device\" from storage engine InnoDB"
                .to_owned(),
            state: "HY000".to_owned(),
        };
        let other = ServerError {
            message: "Got error 168 from storage engine".to_owned(),
            ..full.clone()
        };
        assert_eq!(
            classify(&mysql_async::Error::Server(full)),
            ErrorClass::DiskFull
        );
        assert_eq!(
            classify(&mysql_async::Error::Server(other)),
            ErrorClass::Other
        );
    }

    #[test]
    fn a_missing_socket_is_an_unavailable_server_and_a_reset_a_lost_connection() {
        let missing = mysql_async::Error::from(std::io::Error::from(ErrorKind::NotFound));
        let reset = mysql_async::Error::from(std::io::Error::from(ErrorKind::ConnectionReset));
        assert_eq!(classify(&missing), ErrorClass::ServerUnavailable);
        assert_eq!(classify(&reset), ErrorClass::ConnectionLost);
    }
}
