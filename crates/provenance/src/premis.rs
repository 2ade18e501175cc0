//! The chains as PREMIS 3 (Library of Congress, schema of 18 January 2016): objects with fixity,
//! events with their agents and objects.
//!
//! Written as a stream, so that a bundle's size is no matter. Elements stand in the order of the
//! schema's sequences. What XML cannot hold is written as `visible::xml` says.

use crate::chain::{Held, Index, Kind, Step};
use crate::{FORM, visible};
use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event as Xml};
use record::Event;
use std::collections::{BTreeMap, BTreeSet};
use std::io;

const NAMESPACE: &str = "http://www.loc.gov/premis/v3";
/// Type of the identifiers of records.
const RECORD: &str = "record of the custody log";
/// Type of the identifiers of actors.
const KEY: &str = "SSH key fingerprint";
/// Type of the identifiers of programs.
const PROGRAM: &str = "program and version";

/// Writes the chains of all items of `index`, and the records about the whole log.
pub fn write(index: &Index<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut page = Page { out: Writer::new_with_indent(out, b' ', 1) };
    page.out.write_event(Xml::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
    page.out.write_event(Xml::Comment(BytesText::from_escaped(format!(
        " chain of custody, form {FORM}: docs/format/custody.md of casefile "
    ))))?;
    let root = BytesStart::new("premis").with_attributes([
        ("xmlns", NAMESPACE),
        ("xmlns:xsi", "http://www.w3.org/2001/XMLSchema-instance"),
        ("version", "3.0"),
    ]);
    page.out.write_event(Xml::Start(root))?;
    page.log(index)?;
    for before in index.before() {
        page.log(before)?;
    }
    for held in index.grounds().items {
        page.object(index, held)?;
        page.readings(index, held)?;
    }
    for log in index.before().iter().chain([index]) {
        for step in log.of_log() {
            page.event(log, &step, None)?;
        }
        for held in index.grounds().items {
            for step in log.own_steps(held) {
                page.event(log, &step, Some(held))?;
            }
        }
    }
    page.agents(index)?;
    page.close("premis")?;
    page.out.get_mut().write_all(b"\n")
}

struct Page<'w> {
    out: Writer<&'w mut dyn io::Write>,
}

impl Page<'_> {
    fn open(&mut self, name: &str) -> io::Result<()> {
        self.out.write_event(Xml::Start(BytesStart::new(name)))
    }

    fn close(&mut self, name: &str) -> io::Result<()> {
        self.out.write_event(Xml::End(BytesEnd::new(name)))
    }

    fn text(&mut self, name: &str, text: &str) -> io::Result<()> {
        let text = visible::xml(text);
        self.out.create_element(name).write_text_content(BytesText::new(&text))?;
        Ok(())
    }

    /// An identifier: an element that holds a type and a value, whose names begin as its own does.
    fn identifier(&mut self, name: &str, (kind, value): (&str, &str)) -> io::Result<()> {
        self.open(name)?;
        self.text(&format!("{name}Type"), kind)?;
        self.text(&format!("{name}Value"), value)?;
        self.close(name)
    }

    /// The log itself, as a thing that events about no single item are linked to.
    fn log(&mut self, index: &Index<'_>) -> io::Result<()> {
        let object =
            BytesStart::new("object").with_attributes([("xsi:type", "intellectualEntity")]);
        self.out.write_event(Xml::Start(object))?;
        self.identifier("objectIdentifier", ("custody log", index.grounds().origin))?;
        self.text("originalName", index.case())?;
        self.close("object")
    }

    fn object(&mut self, index: &Index<'_>, held: &Held) -> io::Result<()> {
        let object = BytesStart::new("object").with_attributes([("xsi:type", "file")]);
        self.out.write_event(Xml::Start(object))?;
        let name = held.item.sha256.to_string();
        self.identifier("objectIdentifier", ("SHA-256", &name))?;
        self.identifier("objectIdentifier", ("exhibit", &held.number.to_string()))?;
        self.characteristics(&held.item, "not identified")?;
        self.text("originalName", &held.name)?;
        self.location(held.path.as_deref())?;
        for log in index.before().iter().chain([index]) {
            for leaf in log.records_of(held.item.sha256) {
                self.identifier("linkingEventIdentifier", (RECORD, &record(log, *leaf)))?;
            }
        }
        self.close("object")
    }

    /// The readings of an item that are on record, as objects derived from it.
    fn readings(&mut self, index: &Index<'_>, held: &Held) -> io::Result<()> {
        for leaf in index.records_of(held.item.sha256) {
            let Some(Event::Reading(made)) =
                index.grounds().records.get(leaf).map(|leaf| &leaf.event)
            else {
                continue;
            };
            let object = BytesStart::new("object").with_attributes([("xsi:type", "file")]);
            self.out.write_event(Xml::Start(object))?;
            let name = format!("{} of {}", made.reading.sha256, record(index, *leaf));
            self.identifier("objectIdentifier", ("reading", &name))?;
            self.characteristics(&made.reading, "application/json")?;
            self.location(held.reading.as_deref())?;
            self.open("relationship")?;
            self.text("relationshipType", "derivation")?;
            self.text("relationshipSubType", "has source")?;
            let item = held.item.sha256.to_string();
            self.identifier("relatedObjectIdentifier", ("SHA-256", &item))?;
            self.identifier("relatedEventIdentifier", (RECORD, &record(index, *leaf)))?;
            self.close("relationship")?;
            self.close("object")?;
        }
        Ok(())
    }

    fn characteristics(&mut self, digests: &record::Digests, format: &str) -> io::Result<()> {
        self.open("objectCharacteristics")?;
        self.text("compositionLevel", "0")?;
        for (algorithm, digest) in [
            ("SHA-256", digests.sha256.to_string()),
            ("BLAKE2b-512", digests.blake2b512.to_string()),
        ] {
            self.open("fixity")?;
            self.text("messageDigestAlgorithm", algorithm)?;
            self.text("messageDigest", &digest)?;
            self.close("fixity")?;
        }
        self.text("size", &digests.size.to_string())?;
        self.open("format")?;
        self.open("formatDesignation")?;
        self.text("formatName", format)?;
        self.close("formatDesignation")?;
        self.close("format")?;
        self.close("objectCharacteristics")
    }

    fn location(&mut self, path: Option<&str>) -> io::Result<()> {
        let Some(path) = path else { return Ok(()) };
        self.open("storage")?;
        self.identifier("contentLocation", ("path in the bundle", path))?;
        self.close("storage")
    }

    fn event(&mut self, index: &Index<'_>, step: &Step, held: Option<&Held>) -> io::Result<()> {
        self.open("event")?;
        self.identifier("eventIdentifier", (RECORD, &record(index, step.leaf)))?;
        self.text("eventType", kind(step.kind))?;
        self.text("eventDateTime", &step.time)?;
        self.detail(
            "The order of records is proved by the log; the time is what a clock claimed.",
        )?;
        self.detail(&step.words)?;
        for (name, value) in &step.facts {
            self.detail(&format!("{name}: {value}"))?;
        }
        for (kind, value, role) in
            [(KEY, &step.actor, "signer of the record"), (PROGRAM, &step.tool, "executing program")]
        {
            self.open("linkingAgentIdentifier")?;
            self.text("linkingAgentIdentifierType", kind)?;
            self.text("linkingAgentIdentifierValue", value)?;
            self.text("linkingAgentRole", role)?;
            self.close("linkingAgentIdentifier")?;
        }
        match held {
            Some(held) => {
                let item = held.item.sha256.to_string();
                self.identifier("linkingObjectIdentifier", ("SHA-256", &item))?;
            }
            None => {
                let log = index.grounds().origin;
                self.identifier("linkingObjectIdentifier", ("custody log", log))?;
            }
        }
        self.close("event")
    }

    fn detail(&mut self, text: &str) -> io::Result<()> {
        self.open("eventDetailInformation")?;
        self.text("eventDetail", text)?;
        self.close("eventDetailInformation")
    }

    fn agents(&mut self, index: &Index<'_>) -> io::Result<()> {
        // A key that signed in two archives is one agent, by the name that it has here.
        let (mut keys, mut tools) = (BTreeMap::new(), BTreeSet::new());
        for log in index.before().iter().chain([index]) {
            keys.extend(log.actors().into_iter().map(|key| (key, log.names.get(key))));
            tools.extend(log.tools());
        }
        for (key, name) in keys {
            self.open("agent")?;
            self.identifier("agentIdentifier", (KEY, key))?;
            if let Some(name) = name {
                self.text("agentName", name)?;
            }
            self.text("agentType", "holder of a signing key")?;
            self.text("agentNote", "The log proves that this key signed, not who held it.")?;
            self.close("agent")?;
        }
        for tool in tools {
            self.open("agent")?;
            self.identifier("agentIdentifier", (PROGRAM, tool))?;
            let (name, version) = tool.rsplit_once(' ').unwrap_or((tool, ""));
            self.text("agentName", name)?;
            self.text("agentType", "software")?;
            if !version.is_empty() {
                self.text("agentVersion", version)?;
            }
            self.close("agent")?;
        }
        Ok(())
    }
}

fn record(index: &Index<'_>, leaf: u64) -> String {
    format!("{} {leaf}", index.grounds().origin)
}

/// The type of an event, in the words of the Library of Congress's vocabulary of event types where
/// it has one.
fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Opened => "opening of a case",
        Kind::Captured => "capture",
        Kind::Read => "metadata extraction",
        Kind::Scrubbed => "fixity check",
        Kind::Repaired => "recovery",
        Kind::Erased => "destruction of a key",
        Kind::RecoveryNamed => "naming of holders of a recovery key",
        Kind::ErasureAsked => "request for the destruction of a key",
        Kind::Exported => "dissemination",
        Kind::StampAsked => "request for a timestamp",
        Kind::Stamped => "timestamp",
        Kind::CosignerNamed => "naming of a cosigner",
        Kind::Cosigned => "cosignature",
        Kind::Enrolled => "enrolment of a key",
        Kind::Revoked => "revocation of a key",
        Kind::Ruled => "rule about two persons",
        Kind::Approved => "approval",
        Kind::Disclosing => "disclosure",
        Kind::Received => "accession",
        Kind::Acknowledged => "receipt of a transfer",
    }
}
