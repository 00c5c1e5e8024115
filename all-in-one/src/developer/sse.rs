//! Server-sent events, as far as the event stream uses them: ids and one line of data.

/// What a stream has said.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    /// The place in the log.
    pub(super) id: Option<String>,
    /// Without it, the frame says only where the stream is.
    pub(super) data: Option<String>,
}

/// Puts chunks together.
#[derive(Debug, Default)]
pub(super) struct Frames(Vec<u8>);

impl Frames {
    /// The frames that are complete now.
    pub(super) fn take(&mut self, chunk: &[u8]) -> Vec<Frame> {
        self.0.extend_from_slice(chunk);
        let mut frames = Vec::new();
        while let Some(end) = self.0.windows(2).position(|pair| pair == b"\n\n") {
            let rest = self.0.split_off(end + 2);
            let whole = std::mem::replace(&mut self.0, rest);
            frames.extend(frame(&String::from_utf8_lossy(&whole)));
        }
        frames
    }
}

/// `None` for a heartbeat.
fn frame(text: &str) -> Option<Frame> {
    let field = |name: &str| {
        let mut lines = text.lines().filter_map(|line| line.strip_prefix(name));
        lines.next().map(|value| value.trim_start().to_owned())
    };
    let frame = Frame {
        id: field("id:"),
        data: field("data:"),
    };
    (frame.id.is_some() || frame.data.is_some()).then_some(frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_put_together_from_whatever_chunks_they_come_in() {
        let text = ": events\nid: evt_0\n\n: still here\n\nid: evt_1\nevent: a.b\ndata: {\"電\":1}\n\nid: evt_2\ndata: {}\n\n";
        for size in 1..text.len() {
            let mut frames = Frames::default();
            let chunks = text.as_bytes().chunks(size);
            let all: Vec<Frame> = chunks.flat_map(|chunk| frames.take(chunk)).collect();
            let seen: Vec<_> = all.iter().map(|f| (f.id.as_deref(), f.data.as_deref())).collect();
            assert_eq!(
                seen,
                [
                    (Some("evt_0"), None),
                    (Some("evt_1"), Some("{\"電\":1}")),
                    (Some("evt_2"), Some("{}"))
                ]
            );
        }
    }
}
