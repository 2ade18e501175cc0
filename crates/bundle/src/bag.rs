//! Manifests of a bag (RFC 8493, section 2.1.3), written and read in one form only.

use record::Sha256;
use std::collections::BTreeMap;

/// Most bytes in a manifest that is read: 100 bytes a line, so half a million files.
pub const MANIFEST_LIMIT_BYTES: u64 = 64 << 20;

/// A manifest: path to digest, as hexadecimal, in order of path.
pub type Manifest = BTreeMap<String, String>;

/// Writes a manifest as `sha256sum` and `b2sum` do: digest, two blanks, path.
pub fn text(manifest: &Manifest) -> String {
    manifest.iter().map(|(path, digest)| format!("{digest}  {path}\n")).collect()
}

/// Reads exactly what [`text`] writes: in order, each path once, all of them safe.
pub fn parse(text: &str, digest_length: usize) -> Option<Manifest> {
    let mut manifest = Manifest::new();
    for line in text.lines() {
        let (digest, path) = line.split_once("  ")?;
        let hexadecimal = digest.len() == digest_length
            && digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte));
        if !hexadecimal || !is_safe(path) {
            return None;
        }
        manifest.insert(path.into(), digest.into());
    }
    (self::text(&manifest) == text).then_some(manifest)
}

/// Whether a path stays inside the bag and means the same everywhere: the characters that casefile
/// writes, no empty, `.` or `..` part.
pub fn is_safe(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    !path.is_empty()
        && path.chars().all(plain)
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// `bag-info.txt`: who made it, when, of what.
pub struct Info<'a> {
    /// Program and version.
    pub tool: &'a str,
    /// Day, ISO 8601.
    pub day: &'a str,
    /// Name of the case.
    pub case: &'a str,
    /// Name of the log.
    pub log: &'a str,
    /// Payload bytes and files.
    pub oxum: (u64, u64),
}

impl Info<'_> {
    /// The file's text. A line end in a value would begin a new field: it becomes a blank.
    pub fn text(&self) -> String {
        let flat = |value: &str| value.replace(['\n', '\r'], " ");
        format!(
            "Bag-Software-Agent: {}\nBagging-Date: {}\nExternal-Description: Exhibits of the case \
             {}\nExternal-Identifier: {}\nPayload-Oxum: {}.{}\n",
            flat(self.tool),
            flat(self.day),
            flat(self.case),
            flat(self.log),
            self.oxum.0,
            self.oxum.1
        )
    }
}

/// The `Payload-Oxum` that a bag-info states.
pub fn oxum(info: &str) -> Option<(u64, u64)> {
    let value = info.lines().find_map(|line| line.strip_prefix("Payload-Oxum: "))?;
    let (bytes, files) = value.split_once('.')?;
    Some((bytes.parse().ok()?, files.parse().ok()?))
}

/// Adds a file to a manifest.
pub fn list(manifest: &mut Manifest, path: &str, digest: Sha256) {
    manifest.insert(path.into(), digest.to_string());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_one_form_is_read() {
        let digest = Sha256::of(b"").to_string();
        let good = format!("{digest}  a/b.txt\n{digest}  c\n");
        assert_eq!(text(&parse(&good, 64).unwrap()), good);
        for bad in [
            format!("{digest}  c\n{digest}  a\n"),
            format!("{digest}  a\n{digest}  a\n"),
            format!("{digest} a\n"),
            format!("{digest}  a"),
            format!("{digest}  ../a\n"),
            format!("{digest}  /a\n"),
            format!("{digest}  a//b\n"),
            format!("{digest}  a\\b\n"),
            format!("{digest}  a\r\n"),
            format!("{}  a\n", digest.to_uppercase()),
            format!("{}  a\n", &digest[1..]),
        ] {
            assert_eq!(parse(&bad, 64), None, "{bad}");
        }
    }
}
