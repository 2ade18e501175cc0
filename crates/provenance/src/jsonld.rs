//! Linked data as a stream: nodes of one graph, each in canonical JSON on its own line.

use record::canonical;
use serde_json::Value;
use std::io;

/// A document with a context and a graph, open for nodes.
pub(crate) struct Graph<'w> {
    out: &'w mut dyn io::Write,
    begun: bool,
}

impl<'w> Graph<'w> {
    /// Writes everything up to the first node.
    pub(crate) fn begin(context: &Value, out: &'w mut dyn io::Write) -> io::Result<Self> {
        out.write_all(b"{\"@context\":")?;
        out.write_all(&canonical::to_bytes(context))?;
        out.write_all(b",\n\"@graph\":[")?;
        Ok(Self { out, begun: false })
    }

    /// Writes a node.
    pub(crate) fn node(&mut self, node: &Value) -> io::Result<()> {
        self.out.write_all(if self.begun { b",\n" } else { b"\n" })?;
        self.begun = true;
        self.out.write_all(&canonical::to_bytes(node))
    }

    /// Writes the end.
    pub(crate) fn end(self) -> io::Result<()> {
        self.out.write_all(b"\n]}\n")
    }
}
