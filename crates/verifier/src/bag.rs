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

/// Why a text is no manifest.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// Not as casefile writes one.
    #[error("it is not a manifest as casefile writes it")]
    Form,
    /// A digest is of another length: of another family than the file's name says.
    #[error("it lists digests of another family than its name says")]
    Family,
    /// It lists a path that is not safe.
    #[error("it lists {0:?}, which leads elsewhere or does not mean the same everywhere")]
    Path(String),
    /// It lists a path twice.
    #[error("it lists {0:?} twice")]
    Twice(String),
}

/// Reads exactly what [`text`] writes: in order, each path once, all of them safe.
pub fn parse(text: &str, digest_length: usize) -> Result<Manifest, ManifestError> {
    let mut manifest = Manifest::new();
    for line in text.lines() {
        let (digest, path) = line.split_once("  ").ok_or(ManifestError::Form)?;
        if !digest.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)) {
            return Err(ManifestError::Form);
        }
        if digest.len() != digest_length {
            return Err(ManifestError::Family);
        }
        if !is_safe(path) {
            return Err(ManifestError::Path(path.into()));
        }
        if manifest.insert(path.into(), digest.into()).is_some() {
            return Err(ManifestError::Twice(path.into()));
        }
    }
    if self::text(&manifest) == text { Ok(manifest) } else { Err(ManifestError::Form) }
}

/// Whether a path stays inside the bag and means the same everywhere: the characters that casefile
/// writes, no empty, `.` or `..` part.
pub fn is_safe(path: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
    !path.is_empty()
        && path.chars().all(plain)
        && path.split('/').all(|part| !part.is_empty() && part != "." && part != "..")
}

/// A safe path as systems see it that know no difference of case, and drop dots at a name's end.
pub fn folded(path: &str) -> String {
    let part = |part: &str| part.trim_end_matches('.').to_lowercase();
    path.split('/').map(part).collect::<Vec<_>>().join("/")
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
    /// The file's text.
    pub fn text(&self) -> String {
        format!(
            "Bag-Software-Agent: {}\nBagging-Date: {}\nExternal-Description: {}\n\
             External-Identifier: {}\nPayload-Oxum: {}.{}\n",
            flat(self.tool),
            flat(self.day),
            description(self.case),
            flat(self.log),
            self.oxum.0,
            self.oxum.1
        )
    }
}

/// What a bag-info says, if it has these fields and no other, in this order: description,
/// identifier, payload bytes and files, day.
pub fn info(text: &str) -> Option<(&str, &str, (u64, u64), &str)> {
    let mut lines = text.strip_suffix('\n')?.split('\n');
    let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(": ");
    field("Bag-Software-Agent")?;
    let day = field("Bagging-Date")?;
    let (description, identifier) = (field("External-Description")?, field("External-Identifier")?);
    let (bytes, files) = field("Payload-Oxum")?.split_once('.')?;
    let oxum: (u64, u64) = (bytes.parse().ok()?, files.parse().ok()?);
    // No other spelling of these numbers, and nothing after them.
    let spelled = format!("{}.{}", oxum.0, oxum.1) == format!("{bytes}.{files}");
    (spelled && lines.next().is_none()).then_some((description, identifier, oxum, day))
}

/// What a bag-info has as the description of a case's bag.
pub fn description(case: &str) -> String {
    format!("Exhibits of the case {}", flat(case))
}

/// A line end in a value would begin a new field: it becomes a blank.
fn flat(value: &str) -> String {
    value.replace(['\n', '\r'], " ")
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
        let path = |path: &str| ManifestError::Path(path.into());
        for (bad, expect) in [
            (format!("{digest}  c\n{digest}  a\n"), ManifestError::Form),
            (format!("{digest}  a\n{digest}  a\n"), ManifestError::Twice("a".into())),
            (format!("{digest} a\n"), ManifestError::Form),
            ("  a\n".into(), ManifestError::Family),
            (format!("{digest}  a"), ManifestError::Form),
            (format!("{digest}  ../a\n"), path("../a")),
            (format!("{digest}  /a\n"), path("/a")),
            (format!("{digest}  a//b\n"), path("a//b")),
            (format!("{digest}  a\\b\n"), path("a\\b")),
            (format!("{digest}  a\r\n"), ManifestError::Form),
            (format!("{}  a\n", digest.to_uppercase()), ManifestError::Form),
            (format!("{}  a\n", &digest[32..]), ManifestError::Family),
        ] {
            assert_eq!(parse(&bad, 64), Err(expect), "{bad}");
        }
    }
}
