//! A bundle as an RO-Crate (version 1.1), for repositories of research data: its files, and for
//! each item how it was taken in.
//!
//! Digests stand as names in the `nih` form (RFC 6920, section 7), since version 1.1 has no term
//! for them.

use crate::chain::{Held, Index, Kind};
use crate::identity::urn;
use crate::jsonld::Graph;
use crate::moment::is_moment;
use crate::{FORM, visible};
use record::{Event, Sha256};
use serde_json::{Value, json};
use std::io;

const CONTEXT: &str = "https://w3id.org/ro/crate/1.1/context";
const PROFILE: &str = "https://w3id.org/ro/crate/1.1";

/// A file of the bundle that is about the others.
#[derive(Debug, Clone, Copy)]
pub struct Document {
    /// Its path.
    pub path: &'static str,
    /// What it is.
    pub name: &'static str,
    /// Its media type.
    pub media: &'static str,
}

/// Writes the crate: `day` is that of the export (YYYY-MM-DD); `documents` are listed beside items
/// and readings.
pub fn write(
    index: &Index<'_>,
    day: &str,
    documents: &[Document],
    out: &mut dyn io::Write,
) -> io::Result<()> {
    let mut graph = Graph::begin(&CONTEXT.into(), out)?;
    graph.node(&json!({
        "@id": "ro-crate-metadata.json",
        "@type": "CreativeWork",
        "about": id("./"),
        "conformsTo": id(PROFILE),
    }))?;
    root(&mut graph, index, day, documents)?;
    for document in documents {
        graph.node(&json!({
            "@id": document.path,
            "@type": "File",
            "name": document.name,
            "encodingFormat": document.media,
        }))?;
    }
    for log in index.before().iter().chain([index]) {
        people_and_programs(&mut graph, log)?;
    }
    for held in index.grounds().items {
        item(&mut graph, index, held)?;
    }
    graph.end()
}

/// Who signed records of a log, and with what.
fn people_and_programs(graph: &mut Graph<'_>, index: &Index<'_>) -> io::Result<()> {
    for key in index.actors() {
        let name = index.names.get(key).copied().unwrap_or(key);
        graph.node(&json!({
            "@id": actor(index, key),
            "@type": "Person",
            "name": visible::line(name),
            "description": format!(
                "Holder of the signing key {key}, by the name that goes with it: an alias will \
                 do, and it may be a machine's. The log proves that this key signed, not who held \
                 it."
            ),
        }))?;
    }
    for program in index.tools() {
        let (name, version) = program.rsplit_once(' ').unwrap_or((program, "unknown"));
        graph.node(&json!({
            "@id": tool(index, program),
            "@type": "SoftwareApplication",
            "name": name,
            "softwareVersion": version,
        }))?;
    }
    Ok(())
}

fn root(
    graph: &mut Graph<'_>,
    index: &Index<'_>,
    day: &str,
    documents: &[Document],
) -> io::Result<()> {
    let items = index.grounds().items;
    let mut parts: Vec<Value> = documents.iter().map(|document| id(document.path)).collect();
    let mut mentions = Vec::new();
    for held in items {
        parts.extend(held.path.iter().chain(&held.reading).map(|path| id(path)));
        for log in index.before().iter().chain([index]) {
            let captured = log.own_steps(held).filter(|step| step.kind == Kind::Captured);
            mentions.extend(captured.map(|step| id(&action(log, step.leaf))));
        }
    }
    graph.node(&json!({
        "@id": "./",
        "@type": "Dataset",
        "name": format!("Exhibits of the case \u{201c}{}\u{201d}", visible::line(index.case())),
        "description": format!(
            "A sealed bundle of {} exhibit(s) from the custody log {}; form {FORM} of this \
             description. README.txt says how to check it.",
            items.len(),
            index.grounds().origin
        ),
        "datePublished": day,
        "license": id("#terms"),
        "hasPart": parts,
        "mentions": mentions,
    }))?;
    graph.node(&json!({
        "@id": "#terms",
        "@type": "CreativeWork",
        "name": "Terms of use",
        "description": "None are stated in the bundle: ask whoever handed it over.",
    }))
}

fn item(graph: &mut Graph<'_>, index: &Index<'_>, held: &Held) -> io::Result<()> {
    let Some(path) = &held.path else { return Ok(()) };
    graph.node(&json!({
        "@id": path,
        "@type": "File",
        "name": visible::line(&held.name),
        "description": format!("Exhibit {}, byte for byte as it was taken in.", held.number),
        "contentSize": held.item.size.to_string(),
        "encodingFormat": "application/octet-stream",
        "identifier": digest(held.item.sha256),
    }))?;
    for step in index.own_steps(held) {
        let made = index.grounds().records.get(&step.leaf).map(|leaf| &leaf.event);
        if let (Some(Event::Reading(made)), Some(reading)) = (made, &held.reading) {
            graph.node(&json!({
                "@id": reading,
                "@type": "File",
                "name": format!("Reading of exhibit {}", held.number),
                "description": format!(
                    "What the program {} read in it: machine output, confirmed by nobody.",
                    made.reader
                ),
                "contentSize": made.reading.size.to_string(),
                "encodingFormat": "application/json",
                "identifier": digest(made.reading.sha256),
                "isBasedOn": id(path),
            }))?;
        }
    }
    for log in index.before().iter().chain([index]) {
        taken_in(graph, log, held, path)?;
    }
    Ok(())
}

/// The captures of an item by a log, as acts that made the file.
fn taken_in(graph: &mut Graph<'_>, index: &Index<'_>, held: &Held, path: &str) -> io::Result<()> {
    for step in index.own_steps(held).filter(|step| step.kind == Kind::Captured) {
        let words = format!("{} Time as claimed: {}.", visible::line(&step.words), step.time);
        let mut taken = json!({
            "@id": action(index, step.leaf),
            "@type": "CreateAction",
            "name": format!("Exhibit {} taken in: record {}", held.number, step.leaf),
            "description": words,
            "agent": id(&actor(index, &step.actor)),
            "instrument": id(&tool(index, &step.tool)),
            "result": id(path),
        });
        if let (true, Some(fields)) = (is_moment(&step.time), taken.as_object_mut()) {
            fields.insert("endTime".into(), step.time.clone().into());
        }
        graph.node(&taken)?;
    }
    Ok(())
}

fn id(name: &str) -> Value {
    json!({ "@id": name })
}

fn digest(digest: Sha256) -> String {
    format!("nih:sha-256;{digest}")
}

fn action(index: &Index<'_>, leaf: u64) -> String {
    urn(&[index.grounds().origin, "record", &leaf.to_string()])
}

fn actor(index: &Index<'_>, key: &str) -> String {
    urn(&[index.grounds().origin, "actor", key])
}

fn tool(index: &Index<'_>, tool: &str) -> String {
    urn(&[index.grounds().origin, "tool", tool])
}
