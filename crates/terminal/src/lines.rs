//! Lines of JSON on a stream of bytes.

use serde::{Serialize, de::DeserializeOwned};
use std::io;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader, ReadHalf, WriteHalf};

/// Why no line was read.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// The connection.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// A line beyond its limit.
    #[error("a line is longer than {0} bytes")]
    TooLong(usize),
    /// A line that is none of ours. What it says is not repeated.
    #[error("a line cannot be understood")]
    Strange,
}

/// Reads lines.
pub struct LineReader<S> {
    reader: BufReader<ReadHalf<S>>,
    line: Vec<u8>,
}

/// Writes lines.
pub struct LineWriter<S>(WriteHalf<S>);

/// Both directions of a stream.
pub fn of<S: AsyncRead + AsyncWrite>(stream: S) -> (LineReader<S>, LineWriter<S>) {
    let (read, write) = tokio::io::split(stream);
    (LineReader { reader: BufReader::new(read), line: Vec::new() }, LineWriter(write))
}

impl<S: AsyncRead> LineReader<S> {
    /// The next line; `None` at the end, also when that tears a line. A call that is given up loses nothing: the next
    /// one goes on with what is there.
    pub async fn next<T: DeserializeOwned>(&mut self, limit: usize) -> Result<Option<T>, LineError> {
        loop {
            let bytes = self.reader.fill_buf().await?;
            if bytes.is_empty() {
                return Ok(None);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.unwrap_or(bytes.len());
            if self.line.len() + taken > limit {
                return Err(LineError::TooLong(limit));
            }
            self.line.extend_from_slice(&bytes[..taken]);
            self.reader.consume(taken + usize::from(end.is_some()));
            if end.is_some() {
                let line = std::mem::take(&mut self.line);
                return serde_json::from_slice(&line).map(Some).map_err(|_| LineError::Strange);
            }
        }
    }
}

impl<S: AsyncWrite> LineWriter<S> {
    /// Writes one line, and waits until the other side's system has it.
    pub async fn send(&mut self, line: &impl Serialize) -> io::Result<()> {
        let mut bytes = serde_json::to_vec(line)?;
        bytes.push(b'\n');
        self.0.write_all(&bytes).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::io::duplex;

    #[tokio::test]
    async fn lines_come_whole_whatever_pieces_they_came_in() {
        let (here, there) = duplex(1 << 10);
        let (mut reader, _kept) = of(here);
        let mut there = LineWriter(tokio::io::split(there).1);
        there.0.write_all(b"\"on").await.unwrap();
        // Given up in mid-line: nothing is lost.
        let early = tokio::time::timeout(Duration::from_millis(5), reader.next::<String>(64)).await;
        assert!(early.is_err());
        there.0.write_all(b"e\"\n\"two\"\n\"torn").await.unwrap();
        assert_eq!(reader.next::<String>(64).await.unwrap().as_deref(), Some("one"));
        assert_eq!(reader.next::<String>(64).await.unwrap().as_deref(), Some("two"));
        there.0.shutdown().await.unwrap();
        drop(there);
        assert!(reader.next::<String>(64).await.unwrap().is_none());
    }

    #[tokio::test]
    async fn a_line_beyond_its_limit_or_none_of_ours_is_refused() {
        let (here, there) = duplex(1 << 10);
        let (mut reader, _kept) = of(here);
        let (_other, mut there) = of(there);
        there.send(&"x".repeat(100)).await.unwrap();
        assert!(matches!(reader.next::<String>(64).await, Err(LineError::TooLong(64))));
        let (here, there) = duplex(1 << 10);
        let (mut reader, _kept) = of(here);
        let (_other, mut there) = of(there);
        there.send(&7).await.unwrap();
        assert!(matches!(reader.next::<String>(64).await, Err(LineError::Strange)));
    }
}
