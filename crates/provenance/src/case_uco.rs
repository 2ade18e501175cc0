//! The chains as CASE/UCO linked data (CASE and UCO 1.4), for systems of investigators: a file
//! and a provenance record for each item, an investigative action for each record.
//!
//! A claimed time that is no moment of a calendar stands in the description only.

use crate::chain::{Held, Index, Kind, Step};
use crate::identity::urn;
use crate::jsonld::Graph;
use crate::moment::is_moment;
use crate::{FORM, visible};
use serde_json::{Value, json};
use std::io;

/// Writes the chains of all items of `index`, and the records about the whole log.
pub fn write(index: &Index<'_>, out: &mut dyn io::Write) -> io::Result<()> {
    let mut graph = Graph::begin(&context(), out)?;
    let origin = index.grounds().origin;
    let names = Names { origin, items: origin };
    let items = index.grounds().items;
    let objects: Vec<Value> = items.iter().map(|held| id(&names.record(held))).collect();
    graph.node(&json!({
        "@id": urn(&[names.origin, "investigation"]),
        "@type": "investigation:Investigation",
        "core:name": index.case(),
        "core:description": format!(
            "Chain of custody, form {FORM}, from the custody log {}. The order of records is \
             proved by the log; times are what a clock claimed.",
            names.origin
        ),
        "core:object": objects,
    }))?;
    for log in index.before().iter().chain([index]) {
        people_and_programs(&mut graph, log)?;
    }
    for step in index.of_log() {
        graph.node(&action(&names, &step, None, None))?;
    }
    for held in items {
        item(&mut graph, &names, held)?;
        let mut informed_by = None;
        for log in index.before().iter().chain([index]) {
            let names = Names { origin: log.grounds().origin, items: origin };
            for step in log.own_steps(held) {
                let name = names.action(step.leaf);
                graph.node(&action(&names, &step, Some(held), informed_by.as_deref()))?;
                informed_by = Some(name);
            }
        }
    }
    graph.end()
}

/// Who signed records of a log, and with what.
fn people_and_programs(graph: &mut Graph<'_>, index: &Index<'_>) -> io::Result<()> {
    let names = Names { origin: index.grounds().origin, items: index.grounds().origin };
    for key in index.actors() {
        graph.node(&json!({
            "@id": names.actor(key),
            "@type": "identity:Identity",
            "core:name": index.names.get(key).copied().unwrap_or(key),
            "core:description": format!(
                "Holder of the signing key {key}. The log proves that this key signed, not who \
                 held it."
            ),
        }))?;
    }
    for tool in index.tools() {
        let (name, version) = tool.rsplit_once(' ').unwrap_or((tool, "unknown"));
        graph.node(&json!({
            "@id": names.tool(tool),
            "@type": "tool:Tool",
            "core:name": name,
            "tool:version": version,
        }))?;
    }
    Ok(())
}

fn context() -> Value {
    json!({
        "core": "https://ontology.unifiedcyberontology.org/uco/core/",
        "action": "https://ontology.unifiedcyberontology.org/uco/action/",
        "identity": "https://ontology.unifiedcyberontology.org/uco/identity/",
        "tool": "https://ontology.unifiedcyberontology.org/uco/tool/",
        "types": "https://ontology.unifiedcyberontology.org/uco/types/",
        "observable": "https://ontology.unifiedcyberontology.org/uco/observable/",
        "investigation": "https://ontology.caseontology.org/case/investigation/",
        "xsd": "http://www.w3.org/2001/XMLSchema#",
    })
}

/// The names of things, each the same wherever it is spoken of.
struct Names<'a> {
    /// Log whose records are spoken of.
    origin: &'a str,
    /// Log that the document is about: its items.
    items: &'a str,
}

impl Names<'_> {
    fn item(&self, held: &Held) -> String {
        urn(&[self.items, "item", &held.item.sha256.to_string()])
    }

    fn record(&self, held: &Held) -> String {
        urn(&[self.items, "provenance", &held.item.sha256.to_string()])
    }

    fn part(&self, held: &Held, part: &str) -> String {
        urn(&[self.items, part, &held.item.sha256.to_string()])
    }

    fn action(&self, leaf: u64) -> String {
        urn(&[self.origin, "record", &leaf.to_string()])
    }

    fn actor(&self, key: &str) -> String {
        urn(&[self.origin, "actor", key])
    }

    fn tool(&self, tool: &str) -> String {
        urn(&[self.origin, "tool", tool])
    }
}

fn id(name: &str) -> Value {
    json!({ "@id": name })
}

fn typed(kind: &str, value: impl Into<String>) -> Value {
    json!({ "@type": kind, "@value": value.into() })
}

fn item(graph: &mut Graph<'_>, names: &Names<'_>, held: &Held) -> io::Result<()> {
    let size = typed("xsd:integer", held.item.size.to_string());
    let mut file = json!({
        "@id": names.part(held, "file facet"),
        "@type": "observable:FileFacet",
        "observable:fileName": held.name,
        "observable:sizeInBytes": size,
    });
    if let (Some(path), Some(fields)) = (&held.path, file.as_object_mut()) {
        fields.insert("observable:filePath".into(), path.clone().into());
    }
    // The other digest is in the description of the action: UCO's vocabulary has no name for it.
    let hash = json!({
        "@id": names.part(held, "SHA-256"),
        "@type": "types:Hash",
        "types:hashMethod": "SHA256",
        "types:hashValue": typed("xsd:hexBinary", held.item.sha256.to_string()),
    });
    let content = json!({
        "@id": names.part(held, "content facet"),
        "@type": "observable:ContentDataFacet",
        "observable:sizeInBytes": size,
        "observable:hash": [hash],
    });
    graph.node(&json!({
        "@id": names.item(held),
        "@type": "observable:File",
        "core:hasFacet": [file, content],
    }))?;
    graph.node(&json!({
        "@id": names.record(held),
        "@type": "investigation:ProvenanceRecord",
        "core:description": format!("Exhibit {}: {}", held.number, visible::line(&held.name)),
        "investigation:exhibitNumber": held.number.to_string(),
        "core:object": [id(&names.item(held))],
    }))
}

fn action(names: &Names<'_>, step: &Step, held: Option<&Held>, before: Option<&str>) -> Value {
    let mut words = vec![format!("{} Time as claimed: {}.", step.words, step.time)];
    words.extend(step.facts.iter().map(|(name, value)| format!("{name}: {value}")));
    let mut action = json!({
        "@id": names.action(step.leaf),
        "@type": "investigation:InvestigativeAction",
        "core:name": format!("{}: record {} of the custody log", kind(step.kind), step.leaf),
        "core:description": words,
        "action:performer": id(&names.actor(&step.actor)),
        "action:instrument": id(&names.tool(&step.tool)),
    });
    let Some(fields) = action.as_object_mut() else { return action };
    if is_moment(&step.time) {
        fields.insert("action:endTime".into(), typed("xsd:dateTime", step.time.as_str()));
    }
    if let Some(held) = held {
        // Taking in makes the evidentiary copy; all else is done with it.
        if step.kind == Kind::Captured {
            let result = [id(&names.item(held)), id(&names.record(held))];
            fields.insert("action:result".into(), result.to_vec().into());
        } else {
            fields.insert("action:object".into(), id(&names.item(held)));
        }
    }
    if let Some(before) = before {
        fields.insert("investigation:wasInformedBy".into(), id(before));
    }
    action
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Opened => "case opened",
        Kind::Captured => "item taken in",
        Kind::Read => "item read by machine",
        Kind::Scrubbed => "everything kept read again",
        Kind::Repaired => "what was lost put back",
        Kind::Erased => "key destroyed",
        Kind::RecoveryNamed => "holders of a recovery key named",
        Kind::ErasureAsked => "destruction of a key asked for",
        Kind::Exported => "items exported",
        Kind::StampAsked => "timestamp asked for",
        Kind::Stamped => "timestamp received",
        Kind::CosignerNamed => "cosigner named",
        Kind::Cosigned => "checkpoint cosigned",
        Kind::Enrolled => "key enrolled",
        Kind::Revoked => "key revoked",
        Kind::Ruled => "rule about two persons",
        Kind::Approved => "act approved",
        Kind::Disclosing => "disclosure decided",
        Kind::Received => "bundle of another archive received",
        Kind::Acknowledged => "receipt of another archive kept",
    }
}
