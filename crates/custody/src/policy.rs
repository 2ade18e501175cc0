//! Trust policies (C2SP tlog-policy): whose signatures make a checkpoint valid.
//!
//! Names logs, cosigners (the specification has another word for them), groups of these, and the
//! quorum that must have cosigned. Nothing here checks a cosignature: who does says which cosigners
//! have signed, and learns whether they are enough.

use crate::from_base64;
use crate::note::is_name;
use sha2::{Digest as _, Sha256};
use std::collections::{BTreeMap, BTreeSet};

/// Most bytes in a policy: 64 keys of ML-DSA-44 take 1,850 each, and the specification wants 32
/// logs, cosigners and groups.
pub const LIMIT_BYTES: usize = 256 * 1024;

/// Most lines that define something, in the whole.
const LINES_LIMIT: usize = 1_024;

/// The quorum that asks for no cosigner.
const NONE: &str = "none";

/// The keyword of a line that defines a cosigner.
const COSIGNER: &str = "witness";

/// Types of keys whose id is known to be worked out of name, type and key: Ed25519 (signed-note),
/// and cosignatures by Ed25519 and ML-DSA-44 (tlog-cosignature).
const WITH_KEY_ID: [u8; 3] = [0x01, 0x04, 0x06];

/// A policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Policy {
    /// The logs, any of which may have signed.
    pub logs: Vec<PolicyKey>,
    /// The cosigners, by their name in this policy.
    pub cosigners: BTreeMap<String, PolicyKey>,
    /// In order of definition: a group names only what stands before it.
    groups: Vec<Group>,
    /// Name of a cosigner or group, if any is asked for.
    quorum: Option<String>,
}

/// A key of a log or cosigner, as text and in parts, of whatever type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyKey {
    /// As it stands in the policy: name, key id and typed key.
    pub vkey: String,
    /// Name of the key: for a log, its origin.
    pub name: String,
    /// Key id.
    pub id: [u8; 4],
    /// Type of the signatures that it makes.
    pub kind: u8,
    /// The public key.
    pub key: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Group {
    name: String,
    /// How many of the members it takes.
    threshold: usize,
    members: Vec<String>,
}

/// Why bytes are no policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    /// Longer than [`LIMIT_BYTES`], too many lines, not UTF-8, or with control characters.
    #[error("not of the form of a policy: text, of at most {LIMIT_BYTES} bytes")]
    Form,
    /// A line that says nothing that a policy can say.
    #[error("line {0} is none of log, witness, group and quorum, or not as it must be")]
    Line(usize),
    /// A name or key that stands there twice, or a name that is not defined before.
    #[error("line {0} defines something twice, or names what is not defined before it")]
    Name(usize),
    /// Not exactly one line names the quorum.
    #[error("it does not name one quorum")]
    Quorum,
}

/// The policy of a log that nobody cosigns yet, as text: its key, and no quorum.
pub fn of_log(vkey: &str) -> String {
    format!("log {vkey}\nquorum {NONE}\n")
}

/// The policy of a log that some cosign, as text: its key, each cosigner under the name
/// `cosigner-N`, and as quorum any one of them. `N` is a number that tells them apart.
pub fn of_cosigned(vkey: &str, cosigners: &[(u64, &str)]) -> String {
    let name = |number: u64| format!("cosigner-{number}");
    let lines: String = cosigners
        .iter()
        .map(|(number, key)| format!("{COSIGNER} {} {key}\n", name(*number)))
        .collect();
    let quorum = match cosigners {
        [] => format!("quorum {NONE}\n"),
        [(number, _)] => format!("quorum {}\n", name(*number)),
        several => {
            let members: String =
                several.iter().map(|(number, _)| format!(" {}", name(*number))).collect();
            format!("group cosigners any{members}\nquorum cosigners\n")
        }
    };
    format!("log {vkey}\n{lines}{quorum}")
}

impl Policy {
    /// Reads a policy.
    pub fn parse(bytes: &[u8]) -> Result<Self, PolicyError> {
        let text = std::str::from_utf8(bytes).map_err(|_| PolicyError::Form)?;
        let allowed = |c: char| c == '\t' || c == '\n' || (c >= ' ' && c != '\u{7f}');
        let whole = text.is_empty() || text.ends_with('\n');
        if bytes.len() > LIMIT_BYTES || !whole || !text.chars().all(allowed) {
            return Err(PolicyError::Form);
        }
        let mut draft = Draft::default();
        for (number, line) in (1..).zip(text.lines()) {
            let words: Vec<&str> =
                line.split([' ', '\t']).filter(|word| !word.is_empty()).collect();
            draft.line(number, &words)?;
            if draft.lines > LINES_LIMIT {
                return Err(PolicyError::Form);
            }
        }
        let Draft { policy, quorum: Some(quorum), .. } = draft else {
            return Err(PolicyError::Quorum);
        };
        Ok(Self { quorum: (quorum != NONE).then_some(quorum), ..policy })
    }

    /// Whether it asks for any cosigner.
    pub fn asks_for_cosigners(&self) -> bool {
        self.quorum.is_some()
    }

    /// Whether these cosigners, by their names in the policy, are enough.
    pub fn is_met_by(&self, cosigned: &BTreeSet<String>) -> bool {
        let known = |name: &&String| self.cosigners.contains_key(*name);
        let mut signed: BTreeSet<&str> =
            cosigned.iter().filter(known).map(String::as_str).collect();
        for group in &self.groups {
            let members = group.members.iter().filter(|name| signed.contains(name.as_str()));
            if members.count() >= group.threshold {
                signed.insert(&group.name);
            }
        }
        self.quorum.as_ref().is_none_or(|quorum| signed.contains(quorum.as_str()))
    }
}

impl Policy {
    /// The largest size of a log that enough cosigners saw, given how many leaves each saw by its
    /// verifier key, all in one log that only grew: who saw more saw all that came before. `None`
    /// where they are not enough, or none is asked for.
    pub fn seen_by_quorum(&self, sizes: &BTreeMap<String, u64>) -> Option<u64> {
        let saw = |key: &PolicyKey| sizes.get(&key.vkey).copied();
        let mut candidates: Vec<u64> = self.cosigners.values().filter_map(saw).collect();
        candidates.sort_unstable();
        let enough = |size: &u64| {
            let those = self.cosigners.iter().filter(|(_, key)| saw(key) >= Some(*size));
            self.is_met_by(&those.map(|(name, _)| name.clone()).collect())
        };
        candidates.into_iter().rev().find(enough).filter(|_| self.asks_for_cosigners())
    }
}

/// What is known of a policy while it is read.
struct Draft {
    policy: Policy,
    quorum: Option<String>,
    lines: usize,
    /// Names in the one space that cosigners and groups share.
    names: BTreeSet<String>,
    /// Names that are members of a group: of one at most, so that no cosigner counts twice.
    members: BTreeSet<String>,
}

impl Default for Draft {
    fn default() -> Self {
        let policy = Policy {
            logs: Vec::new(),
            cosigners: BTreeMap::new(),
            groups: Vec::new(),
            quorum: None,
        };
        let (names, members) = <(BTreeSet<String>, BTreeSet<String>)>::default();
        Self { policy, quorum: None, lines: 0, names, members }
    }
}

impl Draft {
    fn line(&mut self, number: usize, words: &[&str]) -> Result<(), PolicyError> {
        if words.first().is_none_or(|word| word.starts_with('#')) {
            return Ok(());
        }
        self.lines += 1;
        let line = PolicyError::Line(number);
        let once = |fresh: bool| if fresh { Ok(()) } else { Err(PolicyError::Name(number)) };
        match words {
            ["log", vkey] | ["log", vkey, _] => {
                let key = PolicyKey::parse(vkey).ok_or(line)?;
                once(self.policy.logs.iter().all(|log| log.key != key.key))?;
                self.policy.logs.push(key);
            }
            [COSIGNER, name, vkey] | [COSIGNER, name, vkey, _] => {
                let key = PolicyKey::parse(vkey).ok_or(line)?;
                once(self.policy.cosigners.values().all(|other| other.key != key.key))?;
                once(*name != NONE && self.names.insert((*name).into()))?;
                self.policy.cosigners.insert((*name).into(), key);
            }
            ["group", name, threshold, members @ ..] => {
                let threshold = threshold_of(threshold, members.len()).ok_or(line)?;
                for member in members {
                    once(self.names.contains(*member) && self.members.insert((*member).into()))?;
                }
                once(*name != NONE && self.names.insert((*name).into()))?;
                let members = members.iter().map(|member| (*member).into()).collect();
                self.policy.groups.push(Group { name: (*name).into(), threshold, members });
            }
            ["quorum", name] => {
                once(self.quorum.is_none() && (*name == NONE || self.names.contains(*name)))?;
                self.quorum = Some((*name).into());
            }
            _ => return Err(line),
        }
        Ok(())
    }
}

/// How many of `count` members a group takes.
fn threshold_of(word: &str, count: usize) -> Option<usize> {
    let threshold = match word {
        "all" => count,
        "any" => 1,
        digits if digits.bytes().all(|byte| byte.is_ascii_digit()) => digits.parse().ok()?,
        _ => return None,
    };
    (1..=count).contains(&threshold).then_some(threshold)
}

impl PolicyKey {
    /// Takes `name+id+base64(type ‖ key)` apart (C2SP signed-note, "Verifier keys").
    fn parse(vkey: &str) -> Option<Self> {
        let (name, rest) = vkey.split_once('+')?;
        let (hex, typed) = rest.split_once('+')?;
        let typed = from_base64(typed)?;
        let (kind, key) = typed.split_first()?;
        let id: [u8; 4] = data_encoding::HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()?;
        let digest: [u8; 32] = Sha256::new()
            .chain_update(name)
            .chain_update(b"\n")
            .chain_update(&typed)
            .finalize()
            .into();
        let right = !WITH_KEY_ID.contains(kind) || digest.starts_with(&id);
        (is_name(name) && right && !key.is_empty()).then(|| Self {
            vkey: vkey.into(),
            name: name.into(),
            id,
            kind: *kind,
            key: key.to_vec(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::note::Signer;

    /// A key named `name`.
    fn vkey(name: &str) -> String {
        let mut seed = [0; 32];
        seed.iter_mut().zip(name.bytes()).for_each(|(to, byte)| *to = byte);
        Signer::new(name, &seed).unwrap().vkey()
    }

    /// Two groups of three and a group of both, as the specification shows one.
    fn two_houses() -> String {
        let line = |name: &&str| format!("witness {name} {}\n", vkey(name));
        let (x, y) = (["X1", "X2", "X3"], ["Y1", "Y2", "Y3"]);
        format!(
            "# invented\n\nlog {}\n{}group X 2 X1 X2 X3\n{}\tgroup  Y any\tY1 Y2 Y3 \ngroup both \
             all X Y\nquorum both\n",
            vkey("log"),
            x.iter().map(line).collect::<String>(),
            y.iter().map(line).collect::<String>(),
        )
    }

    #[test]
    fn a_quorum_of_groups() {
        let policy = Policy::parse(two_houses().as_bytes()).unwrap();
        assert!(policy.asks_for_cosigners());
        for (cosigned, expect) in [
            ("", false),
            ("X1 X2 X3", false),
            ("Y1 Y2 Y3", false),
            ("X1 Y1", false),
            ("X1 X3 Y2", true),
            ("X1 X2 X3 Y1 Y2 Y3", true),
            ("X Y", false),
            ("both", false),
            ("X1 Z2 Y1", false),
        ] {
            let names = cosigned.split_whitespace().map(str::to_owned).collect();
            assert_eq!(policy.is_met_by(&names), expect, "{cosigned}");
        }
    }

    #[test]
    fn of_a_log_alone() {
        let policy = Policy::parse(of_log(&vkey("log")).as_bytes()).unwrap();
        assert_eq!(policy.logs[0].vkey, vkey("log"));
        assert!(!policy.asks_for_cosigners() && policy.is_met_by(&BTreeSet::new()));
    }

    #[test]
    fn of_a_log_that_some_cosign() {
        let (log, one, two) = (vkey("log"), vkey("one"), vkey("two"));
        let several: [(u64, &str); 2] = [(3, &one), (7, &two)];
        for (cosigners, signed, expect) in [
            (&several[..0], "", true),
            (&several[..1], "", false),
            (&several[..1], "cosigner-3", true),
            (&several[..], "", false),
            (&several[..], "cosigner-7", true),
        ] {
            let policy = Policy::parse(of_cosigned(&log, cosigners).as_bytes()).unwrap();
            assert_eq!(policy.cosigners.len(), cosigners.len());
            let signed = signed.split_whitespace().map(str::to_owned).collect();
            assert_eq!(policy.is_met_by(&signed), expect, "{cosigners:?}");
        }
    }

    #[test]
    fn who_saw_more_saw_what_came_before() {
        let policy = Policy::parse(two_houses().as_bytes()).unwrap();
        for (seen, expect) in [
            ("", None),
            ("X1=9 X2=9 X3=9", None),
            ("X1=4 X2=6 Y1=5", Some(4)),
            ("X1=4 X2=6 X3=8 Y1=7", Some(6)),
            ("X1=4 X2=6 X3=8 Y1=5", Some(5)),
            ("X1=4 X2=6 X3=8 Y1=5 Y3=8 Z=99", Some(6)),
            ("X1=0 X2=0 Y2=0", Some(0)),
        ] {
            let sizes = seen.split_whitespace().map(|one| {
                let (name, size) = one.split_once('=').unwrap();
                (vkey(name), size.parse().unwrap())
            });
            assert_eq!(policy.seen_by_quorum(&sizes.collect()), expect, "{seen}");
        }
        let alone = Policy::parse(of_log(&vkey("log")).as_bytes()).unwrap();
        assert_eq!(alone.seen_by_quorum(&BTreeMap::new()), None);
    }

    #[test]
    fn what_is_no_policy() {
        let (log, one, two) = (vkey("log"), vkey("one"), vkey("two"));
        let cosigner = format!("witness a {one}\n");
        for (text, expect) in [
            (String::new(), PolicyError::Quorum),
            (format!("log {log}\n"), PolicyError::Quorum),
            (format!("log {log}\nquorum none"), PolicyError::Form),
            (format!("log {log}\r\nquorum none\n"), PolicyError::Form),
            ("#\u{7f}\nquorum none\n".into(), PolicyError::Form),
            ("quorum none\n".to_owned() + &"#\n".repeat(LIMIT_BYTES / 2), PolicyError::Form),
            (
                cosigner.clone() + "group g any a\n" + "quorum none\nquorum none\n",
                PolicyError::Name(4),
            ),
            ("quorum a\n".to_owned() + &cosigner, PolicyError::Name(1)),
            ("quorum\n".into(), PolicyError::Line(1)),
            ("quorum none none\n".into(), PolicyError::Line(1)),
            ("trust none\n".into(), PolicyError::Line(1)),
            ("log x\n".into(), PolicyError::Line(1)),
            (format!("log {}\n", log.replacen('+', "+0", 1)), PolicyError::Line(1)),
            (format!("log {log} a b\n"), PolicyError::Line(1)),
            (format!("log {log}\nlog {log} https://log.example\n"), PolicyError::Name(2)),
            (format!("{cosigner}{cosigner}"), PolicyError::Name(2)),
            (format!("{cosigner}witness b {one}\n"), PolicyError::Name(2)),
            (format!("{cosigner}witness a {two}\n"), PolicyError::Name(2)),
            (format!("witness none {one}\n"), PolicyError::Name(1)),
            (format!("{cosigner}group a any a\n"), PolicyError::Name(2)),
            (format!("{cosigner}group none any a\n"), PolicyError::Name(2)),
            (format!("{cosigner}group g any b\n"), PolicyError::Name(2)),
            (format!("{cosigner}group g any g\n"), PolicyError::Name(2)),
            (format!("{cosigner}group g any a a\n"), PolicyError::Name(2)),
            (format!("{cosigner}group g any a\ngroup h any a\n"), PolicyError::Name(3)),
            (format!("{cosigner}group g any\n"), PolicyError::Line(2)),
            (format!("{cosigner}group g 0 a\n"), PolicyError::Line(2)),
            (format!("{cosigner}group g 2 a\n"), PolicyError::Line(2)),
            (format!("{cosigner}group g +1 a\n"), PolicyError::Line(2)),
            (format!("{cosigner}group g some a\n"), PolicyError::Line(2)),
        ] {
            assert_eq!(Policy::parse(text.as_bytes()), Err(expect), "{text:.200}");
        }
        assert_eq!(Policy::parse(b"quorum none\n#\xff\n"), Err(PolicyError::Form));
    }
}
