//! Recovery by k of n: a secret key that nobody has, split among holders so that any k of them can
//! make it again.
//!
//! The key is an age identity, so that `age -d` opens with it what was sealed to it. Its text is
//! split byte by byte by Shamir's scheme (How to share a secret, 1979) over GF(256), by the crate
//! blahaj: fewer shares than k say nothing about it. Each share goes to its holder as an age file
//! for them alone. The key must never be written anywhere, and no share but where its holder asks.

use crate::item::begin;
use crate::{Identities, Recipients};
use age::secrecy::ExposeSecret as _;
use age::{Encryptor, x25519};
use blahaj::{Share as Point, Sharks};
use data_encoding::HEXLOWER;
use record::Sha256;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, Read as _, Write as _};
use std::iter;
use zeroize::Zeroizing;

/// Most holders: so many people hardly ever meet, and each adds an object.
pub const HOLDERS_LIMIT: usize = 16;

/// Most bytes of a share's text: a share of 150 digits, a log's name and a holder's, and room.
pub const SHARE_LIMIT_BYTES: usize = 4096;

/// First line of a share's text.
const HEADER: &str = "casefile recovery share v1";

/// Digits of the check at a share's end: so that one copied by hand wrongly is told at once.
const CHECK_DIGITS: usize = 8;

/// A new recovery key, and what is to be done with it.
pub struct Recovery {
    /// Its public key, `age1…`: what is sealed to it can be recovered.
    pub recipient: String,
    /// The key itself, `AGE-SECRET-KEY-1…`: to be forgotten.
    pub identity: Zeroizing<String>,
    /// For each holder, in their order, the share as an age file for them.
    pub shares: Vec<Vec<u8>>,
}

/// Makes a recovery key for the log of this name and splits it, so that any `threshold` of
/// `holders`, each a name and a recipient, can make it again.
pub fn split(log: &str, threshold: u8, holders: &[(&str, &Recipients)]) -> io::Result<Recovery> {
    let key = x25519::Identity::generate();
    let recipient = key.to_public().to_string();
    let identity = Zeroizing::new(key.to_string().expose_secret().to_owned());
    let points = Sharks(threshold).dealer(identity.as_bytes());
    let shares = points.zip(holders).map(|(point, (holder, own))| {
        let point = Zeroizing::new(Vec::from(&point));
        let digits = Zeroizing::new(HEXLOWER.encode(&point));
        let lines = Zeroizing::new(format!(
            "{HEADER}\nlog {log}\nrecipient {recipient}\nholder {holder}\nthreshold {threshold} of \
             {}\nshare {}\n",
            holders.len(),
            *digits
        ));
        seal(&Zeroizing::new(format!("{}check {}\n", *lines, check(&lines))), own)
    });
    let shares = shares.collect::<io::Result<_>>()?;
    Ok(Recovery { recipient, identity, shares })
}

/// Encrypts a text to one recipient key, `age1…`.
pub fn seal_to(plain: &str, recipient: &str) -> io::Result<Vec<u8>> {
    let own = Recipients::parse(&[recipient.into()]).map_err(io::Error::other)?;
    seal(plain, &own)
}

/// Opens a small text that was encrypted to one of `identities`; `None` where it was to none, or is
/// no such file, or longer than `limit_bytes`.
pub fn open_text(
    sealed: &[u8],
    identities: &Identities,
    limit_bytes: usize,
) -> Option<Zeroizing<String>> {
    let opened = begin(sealed).ok()?.decrypt(identities.all()).ok()?;
    let mut plain = Zeroizing::new(Vec::new());
    opened.take(limit_bytes as u64 + 1).read_to_end(&mut plain).ok()?;
    let text = std::str::from_utf8(&plain).ok().filter(|text| text.len() <= limit_bytes)?;
    Some(Zeroizing::new(text.to_owned()))
}

fn seal(plain: &str, own: &Recipients) -> io::Result<Vec<u8>> {
    let named = own.0.values().map(|one| one as &dyn age::Recipient);
    let encryptor = Encryptor::with_recipients(named).map_err(io::Error::other)?;
    let mut writer = encryptor.wrap_output(Vec::new())?;
    writer.write_all(plain.as_bytes())?;
    writer.finish()
}

fn check(lines: &str) -> String {
    let digest = Sha256::of(lines.as_bytes()).to_string();
    digest.get(..CHECK_DIGITS).unwrap_or_default().to_owned()
}

/// A holder's share.
pub struct Share {
    /// The log that it is of.
    pub log: String,
    /// The recovery key's public key.
    pub recipient: String,
    /// Whose it is.
    pub holder: String,
    /// How many shares make the key.
    pub threshold: u8,
    point: Point,
}

impl Share {
    /// Reads a share's text. Blanks at the ends of lines and empty lines do not count, so that one
    /// may be typed from paper; the check at its end tells what is copied wrongly.
    pub fn parse(text: &str) -> Option<Self> {
        let lines: Vec<&str> = text.lines().map(str::trim).filter(|l| !l.is_empty()).collect();
        let [HEADER, log, recipient, holder, threshold, share, sum] = lines.as_slice() else {
            return None;
        };
        let mut before = Zeroizing::new(String::new());
        for line in lines.iter().take(6) {
            before.push_str(line);
            before.push('\n');
        }
        let (threshold, count) = threshold.strip_prefix("threshold ")?.split_once(" of ")?;
        let threshold = threshold.parse().ok()?;
        let count: usize = count.parse().ok()?;
        let digits = share.strip_prefix("share ")?;
        let bytes = Zeroizing::new(HEXLOWER.decode(digits.as_bytes()).ok()?);
        let whole = sum.strip_prefix("check ")? == check(&before)
            && threshold >= 2
            && (usize::from(threshold)..=HOLDERS_LIMIT).contains(&count)
            // A share at 0 would be the secret itself.
            && bytes.first().is_some_and(|at| *at != 0);
        Some(Self {
            log: log.strip_prefix("log ")?.into(),
            recipient: recipient.strip_prefix("recipient ")?.into(),
            holder: holder.strip_prefix("holder ")?.into(),
            threshold,
            point: Point::try_from(bytes.as_slice()).ok().filter(|_| whole)?,
        })
    }
}

/// Why shares do not make a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CombineFault {
    /// They are of different keys, or split in different ways.
    #[error("the shares of {one} and {other} are not of one recovery key")]
    Mixed {
        /// Holder of the first.
        one: String,
        /// Holder of one that does not fit it.
        other: String,
    },
    /// There are fewer than it takes, each holder's counted once.
    #[error("{given} share(s) are here, and it takes {threshold}")]
    Few {
        /// How many there are.
        given: usize,
        /// How many it takes.
        threshold: u8,
    },
    /// What they make is not the key that they say.
    #[error("the shares do not make the key that they are of: one of them is forged")]
    Wrong,
}

/// Makes the recovery key of shares, `AGE-SECRET-KEY-1…`; the same share given twice counts once.
pub fn combine(shares: &[Share]) -> Result<Zeroizing<String>, CombineFault> {
    let Some(first) = shares.first() else {
        return Err(CombineFault::Few { given: 0, threshold: 2 });
    };
    let same = |share: &&Share| {
        share.log == first.log
            && share.recipient == first.recipient
            && share.threshold == first.threshold
    };
    if let Some(other) = shares.iter().find(|share| !same(share)) {
        let (one, other) = (first.holder.clone(), other.holder.clone());
        return Err(CombineFault::Mixed { one, other });
    }
    let places: BTreeSet<u8> = shares.iter().map(|share| share.point.x.0).collect();
    let points: BTreeMap<u8, &Point> =
        shares.iter().map(|share| (share.point.x.0, &share.point)).collect();
    let threshold = first.threshold;
    if places.len() < usize::from(threshold) {
        return Err(CombineFault::Few { given: places.len(), threshold });
    }
    let scheme = Sharks(threshold);
    let secret = scheme.recover(points.into_values().take(threshold.into()));
    let secret = Zeroizing::new(secret.map_err(|_| CombineFault::Wrong)?);
    let key: Option<x25519::Identity> =
        std::str::from_utf8(&secret).ok().and_then(|text| text.parse().ok());
    let key = key.filter(|key| key.to_public().to_string() == first.recipient);
    key.map(|key| Zeroizing::new(key.to_string().expose_secret().to_owned()))
        .ok_or(CombineFault::Wrong)
}

impl Identities {
    /// The one identity of this text.
    pub fn one(text: &str) -> Option<Self> {
        Some(Self(iter::once(text.parse().ok()?).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ItemKey;

    const NAMES: [&str; 3] = ["alice", "bob", "carol"];

    /// Shares of 2 of 3, opened by their holders.
    fn met(log: &str) -> (Recovery, Vec<Zeroizing<String>>) {
        let keys = [0; 3].map(|_| ItemKey::generate());
        let own =
            keys.each_ref().map(|key| Recipients::parse(&[key.0.to_public().to_string()]).unwrap());
        let holders: Vec<(&str, &Recipients)> = NAMES.into_iter().zip(&own).collect();
        let made = split(log, 2, &holders).unwrap();
        let texts = made.shares.iter().zip(&keys).map(|(share, key)| {
            let own = Identities::one(&key.text()).unwrap();
            open_text(share, &own, SHARE_LIMIT_BYTES).unwrap()
        });
        let texts = texts.collect();
        (made, texts)
    }

    fn parse(texts: &[&Zeroizing<String>]) -> Vec<Share> {
        texts.iter().map(|text| Share::parse(text).unwrap()).collect()
    }

    #[test]
    fn any_two_of_three_make_the_key() {
        let (made, texts) = met("casefile/a");
        for pair in [[0, 1], [0, 2], [2, 1]] {
            let shares = parse(&pair.map(|at| &texts[at]));
            assert_eq!(*combine(&shares).unwrap(), *made.identity);
        }
        assert_eq!(*combine(&parse(&[&texts[0], &texts[1], &texts[2]])).unwrap(), *made.identity);
        // From paper, with other line ends and blanks.
        let typed = texts[1].replace('\n', " \r\n\n");
        let shares = [Share::parse(&texts[0]).unwrap(), Share::parse(&typed).unwrap()];
        assert_eq!(*combine(&shares).unwrap(), *made.identity);
    }

    #[test]
    fn too_few_mixed_and_forged_shares_are_told_apart() {
        let ((_, texts), (_, other)) = (met("casefile/a"), met("casefile/a"));
        let few = CombineFault::Few { given: 1, threshold: 2 };
        assert_eq!(combine(&parse(&[&texts[0]])), Err(few.clone()));
        assert_eq!(combine(&parse(&[&texts[0], &texts[0]])), Err(few));
        assert_eq!(combine(&[]), Err(CombineFault::Few { given: 0, threshold: 2 }));
        let mixed = CombineFault::Mixed { one: "alice".into(), other: "bob".into() };
        assert_eq!(combine(&parse(&[&texts[0], &other[1]])), Err(mixed));
        // Another share of the same text, with a check of its own.
        let mut shares = parse(&[&texts[0], &texts[1]]);
        shares[1].point.y[20].0 ^= 1;
        assert_eq!(combine(&shares), Err(CombineFault::Wrong));
        let mut shares = parse(&[&texts[0], &texts[1]]);
        shares[1].point.x.0 = 3;
        assert_eq!(combine(&shares), Err(CombineFault::Wrong));
    }

    #[test]
    fn a_share_copied_wrongly_is_none() {
        let (_, texts) = met("casefile/a");
        let text: &str = &texts[0];
        for at in 0..text.len() - 1 {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] ^= 1;
            let wrong = String::from_utf8(bytes).unwrap();
            assert!(Share::parse(&wrong).is_none(), "{at}");
        }
        for cut in [0, 10, text.len() - 2] {
            assert!(Share::parse(&text[..cut]).is_none());
        }
        assert!(Share::parse(&format!("{text}more\n")).is_none());
    }
}
