//! The little of the protocol that the proxy has to understand: where packets end, and what a client asks for.

use tokio::io::{AsyncRead, AsyncReadExt as _};

use crate::fault::Stage;

/// Bytes of a packet's header: length and sequence number.
pub(crate) const HEADER_BYTES: usize = 4;
/// The command of a statement as text.
const COMMAND_QUERY: u8 = 0x03;

/// A whole packet with its header; `None` when the connection ends.
pub(crate) async fn read_packet(from: &mut (impl AsyncRead + Unpin)) -> Option<Vec<u8>> {
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

pub(crate) fn contains(packet: &[u8], bytes: &[u8]) -> bool {
    !bytes.is_empty() && packet.windows(bytes.len()).any(|window| window == bytes)
}

/// The stage that a client's packet begins; `None` for one that goes on with what was begun (a login, a long statement).
pub(crate) fn stage_begun(packet: &[u8]) -> Option<Stage> {
    let [_, _, _, 0, command, text @ ..] = packet else {
        return None;
    };
    if *command != COMMAND_QUERY {
        return Some(Stage::Statement);
    }
    let begins = |word: &[u8]| {
        text.get(..word.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(word))
    };
    Some(if ends_with_commit(text) {
        Stage::Commit
    } else if begins(b"START TRANSACTION") || begins(b"BEGIN") {
        Stage::Begin
    } else if begins(b"ROLLBACK") {
        Stage::Rollback
    } else {
        Stage::Statement
    })
}

fn ends_with_commit(text: &[u8]) -> bool {
    let text = text.trim_ascii_end();
    text.len() >= 6 && text[text.len() - 6..].eq_ignore_ascii_case(b"COMMIT")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Vec<u8> {
        let mut packet = vec![
            u8::try_from(text.len() + 1).unwrap(),
            0,
            0,
            0,
            COMMAND_QUERY,
        ];
        packet.extend_from_slice(text.as_bytes());
        packet
    }

    #[test]
    fn commands_are_told_apart() {
        let stage = |text: &str| stage_begun(&query(text)).unwrap();
        assert_eq!(stage("START TRANSACTION"), Stage::Begin);
        assert_eq!(stage("COMMIT"), Stage::Commit);
        assert_eq!(stage("INSERT INTO t VALUES (1); commit "), Stage::Commit);
        assert_eq!(stage("ROLLBACK"), Stage::Rollback);
        assert_eq!(stage("SELECT 'COMMIT' AS a"), Stage::Statement);
        // Preparing and executing; a login's second packet; nothing at all.
        assert_eq!(stage_begun(&[1, 0, 0, 0, 0x16]), Some(Stage::Statement));
        assert_eq!(stage_begun(&[1, 0, 0, 1, 0x03]), None);
        assert_eq!(stage_begun(&[0, 0, 0, 0]), None);
    }

    #[tokio::test]
    async fn packets_end_where_their_header_says() {
        let mut bytes: &[u8] = &[2, 0, 0, 7, b'a', b'b', 1, 0, 0, 8, b'c', 9, 0, 0, 0, b'x'];
        assert_eq!(
            read_packet(&mut bytes).await.unwrap(),
            [2, 0, 0, 7, b'a', b'b']
        );
        assert_eq!(read_packet(&mut bytes).await.unwrap(), [1, 0, 0, 8, b'c']);
        assert_eq!(read_packet(&mut bytes).await, None, "cut in the middle");
    }
}
