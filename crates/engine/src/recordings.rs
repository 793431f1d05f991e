//! Recordings: an answer's stream into a file, and a file's stream out of the demo.

use crate::Engine;
use rivulet_demo::recording::{End, Exchange, Head, Header, Piece, Recording, RecordingError};
use rivulet_protocol::{
    ApiError, Caller, ErrorCode, HeaderLine, Message, RecordingSave, RecordingSaved, ReplayProblem, ReplayStatus,
    Replayed, WireProtocol,
};
use rivulet_providers::{RawEnd, Tape};
use std::path::PathBuf;

/// What a recording's file is called, and how its name ends.
const NAME: &str = "recording";
const EXTENSION: &str = "jsonl";

impl Engine {
    /// Asks where to, and saves an answer's stream there.
    pub(crate) async fn save_recording(
        &self,
        caller: &Caller,
        request: RecordingSave,
    ) -> Result<RecordingSaved, ApiError> {
        // Before a person is asked for a place: it may be gone from memory.
        let (recording, cut) = self.recording(caller, &request).await?;
        let name = format!("{NAME}.{EXTENSION}");
        let Some(path) = self.desktop()?.choose_export(name, EXTENSION).await else {
            return Ok(RecordingSaved::default());
        };
        write(path, recording.write()).await?;
        Ok(RecordingSaved { saved: true, cut })
    }

    /// An answer's stream as the text of a recording.
    pub async fn recording_text(&self, caller: &Caller, request: RecordingSave) -> Result<String, ApiError> {
        Ok(self.recording(caller, &request).await?.0.write())
    }

    /// An answer's stream, and whether more came than was kept.
    async fn recording(&self, caller: &Caller, request: &RecordingSave) -> Result<(Recording, bool), ApiError> {
        let (_, message) = self.seen_message(caller, request.message).await?;
        let tapes = self.core.traces.tapes(request.message).ok_or_else(|| ApiError::not_found("trace"))?;
        let protocol = tapes.first().map(|(protocol, _)| *protocol).unwrap_or_default();
        let tapes: Vec<Tape> = tapes.into_iter().map(|(_, tape)| tape).collect();
        let exchanges: Vec<_> = tapes.iter().map(|tape| exchange(tape, request.with_requests)).collect();
        let cut = exchanges.iter().any(|exchange| exchange.end == End::Full);
        Ok((recording(protocol, &message, exchanges), cut))
    }

    /// The demo answers with this recording from now on. A file that is no good changes nothing.
    pub(crate) fn start_replay(&self, text: &str) -> ReplayStatus {
        match read(text) {
            Ok(recording) => self.core.demo.replay(Some(recording)),
            Err(error) => return ReplayStatus { problem: Some(problem(error)), ..self.replay_status() },
        }
        self.notify(rivulet_protocol::LibraryEvent::Settings);
        self.replay_status()
    }

    /// The demo answers by itself again.
    pub(crate) fn end_replay(&self) -> ReplayStatus {
        self.core.demo.replay(None);
        self.notify(rivulet_protocol::LibraryEvent::Settings);
        self.replay_status()
    }

    pub(crate) fn replay_status(&self) -> ReplayStatus {
        let replay = self.core.demo.replayed(|recording| Replayed {
            protocol: protocol_in(recording).unwrap_or_default(),
            model: recording.model.clone(),
            recorded_at: recording.recorded_at,
            requests: u32::try_from(recording.exchanges.len()).unwrap_or(u32::MAX),
            took_ms: recording.exchanges.iter().map(|exchange| exchange.end_us / 1_000).sum(),
        });
        ReplayStatus { replay, problem: None }
    }

    /// What the demo speaks while it replays.
    pub(crate) fn replayed_protocol(&self) -> Option<WireProtocol> {
        self.core.demo.replayed(protocol_in).flatten()
    }
}

/// Reads a recording's file, of a protocol that we speak.
pub(crate) fn read(text: &str) -> Result<Recording, RecordingError> {
    let recording = Recording::read(text)?;
    match protocol_in(&recording) {
        Some(_) => Ok(recording),
        None => Err(RecordingError::Newer),
    }
}

fn protocol_in(recording: &Recording) -> Option<WireProtocol> {
    serde_json::from_value(recording.protocol.clone().into()).ok()
}

fn problem(error: RecordingError) -> ReplayProblem {
    match error {
        RecordingError::NotARecording => ReplayProblem::NotARecording,
        RecordingError::TooLarge => ReplayProblem::TooLarge,
        RecordingError::Newer => ReplayProblem::Newer,
        RecordingError::Damaged { line } => ReplayProblem::Damaged { line: line as u64 },
    }
}

fn recording(protocol: WireProtocol, message: &Message, exchanges: Vec<Exchange>) -> Recording {
    let protocol = serde_json::to_value(protocol).ok().and_then(|name| name.as_str().map(str::to_owned));
    Recording {
        protocol: protocol.unwrap_or_default(),
        model: message.model.clone().unwrap_or_default(),
        recorded_at: message.created_at,
        exchanges,
    }
}

/// One request and its answer. Of the headers only what changes how the answer is read; no address.
fn exchange(tape: &Tape, with_request: bool) -> Exchange {
    let (asked, raw) = (tape.exchange(), tape.raw());
    let kept = |line: HeaderLine| Header::is_kept(&line.name).then_some(Header { name: line.name, value: line.value });
    let headers = asked.response_headers.into_iter().filter_map(kept).collect();
    let head = asked.status.map(|status| Head { after_us: raw.status_us, status, headers });
    let mut from = 0;
    let mut pieces = Vec::with_capacity(raw.pieces.len());
    for (after_us, to) in raw.pieces {
        pieces.push(Piece { after_us, bytes: raw.bytes[from..to].to_vec().into() });
        from = to;
    }
    let last = pieces.last().map_or(raw.status_us, |piece| piece.after_us);
    let (end_us, end) = match raw.end {
        Some((at, RawEnd::Complete)) => (at, End::Complete),
        Some((at, RawEnd::Cut)) => (at, End::Cut),
        Some((at, RawEnd::Full)) => (at, End::Full),
        None => (last, End::Left),
    };
    Exchange { method: asked.method, request: with_request.then_some(asked.body), head, pieces, end, end_us }
}

async fn write(path: PathBuf, text: String) -> Result<(), ApiError> {
    let written = tokio::task::spawn_blocking(move || std::fs::write(path, text)).await;
    let written = written.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    let words = "The recording could not be written there. Nothing else changed.";
    written.map_err(|error| ApiError::new(ErrorCode::FileWrite, words).detail(error))
}
