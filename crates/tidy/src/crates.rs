//! Rules over the crates: who may see whom, and which are fenced off the machine.
//!
//! The table below is the architecture. A crate that is not in it has no place in the flow yet, so
//! a new one is a finding until somebody has decided what it may see.

use crate::{Place, Tree};
use toml::{Table, Value};

/// What stands between a crate and the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fence {
    /// Bytes in, bytes out: no disk, network, clock, child or randomness.
    Pure,
    /// May touch the machine, within the root `clippy.toml`.
    Open,
}

/// One crate's place.
struct Seat {
    /// Its folder under `crates/`.
    name: &'static str,
    /// The crates of ours that it may see.
    sees: &'static [&'static str],
    /// Whether it may touch the machine.
    fence: Fence,
}

const fn seat(name: &'static str, sees: &'static [&'static str], fence: Fence) -> Seat {
    Seat { name, sees, fence }
}

/// Every crate, in flow order. The tests of a crate may also use any that stands above it.
const SEATS: &[Seat] = &[
    seat("record", &[], Fence::Pure),
    seat("sealing", &["record"], Fence::Pure),
    seat("custody", &[], Fence::Pure),
    seat("actors", &["record", "custody"], Fence::Pure),
    seat("timestamp", &["record"], Fence::Pure),
    seat("capture", &["record"], Fence::Open),
    seat("archive", &["record", "sealing", "custody", "actors"], Fence::Open),
    seat("check", &["record", "custody", "actors", "archive"], Fence::Open),
    seat("seat", &["record", "custody", "archive"], Fence::Open),
    seat("unseal", &["record", "sealing", "archive"], Fence::Open),
    seat("mirror", &["record", "custody", "archive", "check"], Fence::Open),
    seat("remote", &["record", "custody", "archive", "mirror"], Fence::Open),
    seat("listen", &[], Fence::Open),
    seat("paper", &[], Fence::Pure),
    seat("sightings", &["record", "custody", "archive"], Fence::Open),
    seat("language", &["record"], Fence::Pure),
    seat("read", &["record", "language"], Fence::Pure),
    seat("reader", &["record", "read"], Fence::Open),
    seat("stamped", &["record", "custody", "timestamp", "archive"], Fence::Open),
    seat("compare", &["record"], Fence::Pure),
    seat("provenance", &["record"], Fence::Pure),
    seat(
        "verifier",
        &["record", "sealing", "custody", "actors", "timestamp", "provenance"],
        Fence::Open,
    ),
    seat("bundle", &["record", "custody", "provenance", "verifier"], Fence::Open),
    seat(
        "tasks",
        &[
            "record",
            "sealing",
            "custody",
            "actors",
            "timestamp",
            "capture",
            "archive",
            "check",
            "seat",
            "unseal",
            "mirror",
            "remote",
            "listen",
            "paper",
            "sightings",
            "read",
            "reader",
            "stamped",
            "compare",
            "provenance",
            "verifier",
            "bundle",
        ],
        Fence::Open,
    ),
    seat("cli", &["record", "read", "provenance", "tasks"], Fence::Open),
    seat("tidy", &[], Fence::Open),
    seat("faults", &[], Fence::Open),
];

/// The crate that connects to other machines.
const CONNECTS: &str = "remote";

/// The crate that others connect to, and what it may use for that.
const LISTENS: (&str, [&str; 2]) = ("listen", ["hyper", "tokio"]);

/// Libraries that do: those in use, and those that somebody might take instead.
const NETWORK: [&str; 9] = [
    "attohttpc",
    "hyper",
    "object_store",
    "openssh-sftp-client",
    "reqwest",
    "russh",
    "rusty-s3",
    "tokio",
    "ureq",
];

/// What the `clippy.toml` of a pure crate has to forbid, at the least.
const PURE_BANS: [&str; 9] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::fs::File",
    "std::fs::read",
    "std::fs::write",
    "std::net::TcpStream",
    "std::process::Command",
    "std::time::Instant::now",
    "std::time::SystemTime::now",
];

/// Lints that the fence consists of: a pure crate may not switch them off.
const FENCE_LINTS: [&str; 2] = ["disallowed_methods", "disallowed_types"];

/// Sections of a manifest that name dependencies.
const SECTIONS: [&str; 3] = ["dependencies", "build-dependencies", "dev-dependencies"];

/// A crate depends only on those it may see.
pub(crate) fn direction(tree: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, path, manifest) in manifests(tree) {
        let Some(place) = SEATS.iter().position(|seat| seat.name == name) else {
            places.push((path, 0, format!("`{name}` has no seat: what may it see?")));
            continue;
        };
        let (above, here) = SEATS.split_at(place);
        for (section, dependency) in dependencies(&manifest) {
            let Some(ours) = SEATS.iter().find(|seat| seat.name == dependency) else { continue };
            let seen = here.first().is_some_and(|seat| seat.sees.contains(&ours.name));
            let tested =
                section == "dev-dependencies" && above.iter().any(|seat| seat.name == dependency);
            if !seen && !tested {
                places.push((path.clone(), 0, format!("`{name}` may not see `{dependency}`")));
            }
        }
    }
    places
}

/// Libraries that connect to other machines stay in the crate that may.
pub(crate) fn network(tree: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, path, manifest) in manifests(tree).filter(|(name, ..)| name != CONNECTS) {
        for (_, dependency) in dependencies(&manifest) {
            let listens = name == LISTENS.0 && LISTENS.1.contains(&dependency.as_str());
            if NETWORK.contains(&dependency.as_str()) && !listens {
                let text = format!("`{dependency}` connects to other machines: `{CONNECTS}` may");
                places.push((path.clone(), 0, text));
            }
        }
    }
    places
}

/// A pure crate has its own `clippy.toml`, which fences it, and switches nothing of it off.
pub(crate) fn pure_fence(tree: &Tree) -> Vec<Place> {
    let mut places = Vec::new();
    for (name, path, _) in manifests(tree) {
        if SEATS.iter().any(|seat| seat.name == name && seat.fence == Fence::Open) {
            continue;
        }
        let fence = format!("crates/{name}/clippy.toml");
        let Some(text) = tree.text(&fence) else {
            places.push((path, 0, format!("`{name}` is pure and has no clippy.toml of its own")));
            continue;
        };
        for ban in PURE_BANS.into_iter().filter(|ban| !text.contains(&format!("\"{ban}\""))) {
            places.push((fence.clone(), 0, format!("does not forbid `{ban}`")));
        }
        for source in tree.sources.iter().filter(|source| source.krate() == Some(name.as_str())) {
            for word in &source.words {
                if FENCE_LINTS.contains(&word.text.as_str()) && !source.in_tests(word.line) {
                    let text = format!("a pure crate cannot switch `{}` off", word.text);
                    places.push((source.path.clone(), word.line, text));
                }
            }
        }
    }
    places
}

/// Every crate takes the lints of the workspace.
pub(crate) fn lints(tree: &Tree) -> Vec<Place> {
    manifests(tree)
        .filter(|(_, _, manifest)| {
            let lints = manifest.get("lints").and_then(|lints| lints.get("workspace"));
            lints.and_then(Value::as_bool) != Some(true)
        })
        .map(|(_, path, _)| (path, 0, "has no `[lints]` with `workspace = true`".to_owned()))
        .collect()
}

/// Every crate is a member of the workspace, with its purpose beside it.
pub(crate) fn comments(tree: &Tree) -> Vec<Place> {
    let root = tree.text("Cargo.toml").unwrap_or_default();
    manifests(tree)
        .filter_map(|(name, _, _)| {
            let entry = format!("\"crates/{name}\",");
            let said = (1..).zip(root.lines()).find(|(_, line)| line.trim().starts_with(&entry));
            let Some((at, line)) = said else {
                return Some(("Cargo.toml".to_owned(), 0, format!("crates/{name} is no member")));
            };
            let purpose = line.split_once('#').map_or("", |(_, purpose)| purpose.trim());
            let text = format!("crates/{name} has no purpose beside it");
            purpose.is_empty().then(|| ("Cargo.toml".to_owned(), at, text))
        })
        .collect()
}

/// The folders' names of the crates in the tree.
pub(crate) fn names(tree: &Tree) -> Vec<String> {
    manifests(tree).map(|(name, _, _)| name).collect()
}

/// Every crate's manifest: name of its folder, path, content.
fn manifests(tree: &Tree) -> impl Iterator<Item = (String, String, Table)> {
    tree.texts("/Cargo.toml").filter_map(|(path, text)| {
        let name = path.strip_prefix("crates/")?.strip_suffix("/Cargo.toml")?;
        // Cargo has read the manifest before any test runs, so one that does not parse is empty
        // here only in a broken checkout, where the lints rule reports it.
        let manifest = text.parse::<Table>().unwrap_or_default();
        (!name.contains('/')).then(|| (name.to_owned(), path.to_owned(), manifest))
    })
}

/// What a manifest depends on, `[target.…]` included: section, name.
fn dependencies(manifest: &Table) -> Vec<(&'static str, String)> {
    let targets = manifest.get("target").and_then(Value::as_table);
    let targets = targets.into_iter().flat_map(Table::values).filter_map(Value::as_table);
    let mut found = Vec::new();
    for table in std::iter::once(manifest).chain(targets) {
        for section in SECTIONS {
            for (key, value) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
                let package = value.get("package").and_then(Value::as_str);
                let name = package.unwrap_or(key);
                found.push((section, name.trim_start_matches("casefile-").to_owned()));
            }
        }
    }
    found
}
