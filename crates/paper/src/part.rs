//! A file in numbered parts of text, and back.

use data_encoding::{BASE32_NOPAD, HEXUPPER};
use sha2::{Digest as _, Sha256};
use std::collections::BTreeMap;

/// How each part begins. Everything in a part is of the 45 characters that a QR code packs two to
/// eleven bits (ISO/IEC 18004, "alphanumeric mode"), and no letter is told by its case.
const HEADER: &str = "CASEFILE1:";

/// Bytes in a part: 720 characters of base32, which make a code of 89 rows that a phone reads at
/// six centimetres.
const PART_BYTES: usize = 450;

/// Most parts: eleven pages of six. A request with ML-DSA-44 lines takes eight to eleven.
pub const PARTS_LIMIT: usize = 64;

/// Most bytes that go on paper.
pub const BYTES_LIMIT: usize = PART_BYTES * PARTS_LIMIT;

/// Most bytes of text looked at: each part thrice, with twice the room for blanks and line ends.
const TEXT_LIMIT_BYTES: usize = PARTS_LIMIT * 800 * 6;

/// Bytes of SHA-256 that tell a part, or that parts belong together. Against errors, not forgers.
const CHECK_BYTES: usize = 4;

/// Why text is not a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReadError {
    /// No part is in it that is whole.
    #[error("there is no part of a file in it that is whole")]
    Nothing,
    /// Longer than any such text.
    #[error("it is longer than {TEXT_LIMIT_BYTES} bytes")]
    TooLong,
    /// Parts of several files.
    #[error("there are parts of more than one file in it")]
    Mixed,
    /// Some parts are not there, or damaged.
    #[error("of {count} parts these are missing or damaged: {}", numbers(missing))]
    Missing {
        /// Their numbers, from 1.
        missing: Vec<usize>,
        /// How many there are.
        count: usize,
    },
    /// All parts are there, and do not make the file that they name.
    #[error("the parts do not make one file")]
    Digest,
}

fn numbers(missing: &[usize]) -> String {
    missing.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// The parts of a file: `CASEFILE1:number:count:check of the file:base32:check of the part`. `None`
/// where it is empty or above [`BYTES_LIMIT`].
pub fn parts(bytes: &[u8]) -> Option<Vec<String>> {
    if bytes.is_empty() || bytes.len() > BYTES_LIMIT {
        return None;
    }
    let (count, whole) = (bytes.len().div_ceil(PART_BYTES), check(bytes));
    let part = |(number, bytes): (usize, &[u8])| {
        let text = format!("{HEADER}{number}:{count}:{whole}:{}:", BASE32_NOPAD.encode(bytes));
        let own = check(text.as_bytes());
        text + &own
    };
    Some((1..).zip(bytes.chunks(PART_BYTES)).map(part).collect())
}

/// The file in what a scanner made of its codes, or somebody typed: parts in any order, one or more
/// times, with anything between them. Blanks, line ends and the case of letters do not count.
pub fn read(untrusted_text: &str) -> Result<Vec<u8>, ReadError> {
    if untrusted_text.len() > TEXT_LIMIT_BYTES {
        return Err(ReadError::TooLong);
    }
    let plain = untrusted_text.chars().filter(|c| !c.is_whitespace());
    let plain: String = plain.map(|c| c.to_ascii_uppercase()).collect();
    let mut found: BTreeMap<usize, Part> = BTreeMap::new();
    for text in plain.split(HEADER).skip(1) {
        if let Some((number, part)) = parse(text) {
            found.entry(number).or_insert(part);
        }
    }
    let Some(first) = found.values().next() else { return Err(ReadError::Nothing) };
    let (count, whole) = (first.count, first.whole.clone());
    if found.values().any(|part| (part.count, &part.whole) != (count, &whole)) {
        return Err(ReadError::Mixed);
    }
    let missing: Vec<usize> = (1..=count).filter(|number| !found.contains_key(number)).collect();
    if !missing.is_empty() {
        return Err(ReadError::Missing { missing, count });
    }
    let bytes: Vec<u8> = found.into_values().flat_map(|part| part.bytes).collect();
    if check(&bytes) == whole { Ok(bytes) } else { Err(ReadError::Digest) }
}

struct Part {
    count: usize,
    whole: String,
    bytes: Vec<u8>,
}

/// A part behind its header, if it is whole; what follows its check is somebody else's.
fn parse(text: &str) -> Option<(usize, Part)> {
    let mut fields = text.splitn(5, ':');
    let mut field = || fields.next();
    let (number, count, whole, base32, rest) = (field()?, field()?, field()?, field()?, field()?);
    let told = rest.get(..2 * CHECK_BYTES)?;
    let due = format!("{HEADER}{number}:{count}:{whole}:{base32}:");
    let (at, of): (usize, usize) = (number.parse().ok()?, count.parse().ok()?);
    let fits = check(due.as_bytes()) == told && (1..=of).contains(&at) && of <= PARTS_LIMIT;
    let bytes = BASE32_NOPAD.decode(base32.as_bytes()).ok()?;
    fits.then(|| (at, Part { count: of, whole: whole.into(), bytes }))
}

fn check(bytes: &[u8]) -> String {
    HEXUPPER.encode(&Sha256::digest(bytes)[..CHECK_BYTES])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(count: usize) -> Vec<u8> {
        (0..count).map(|at| (at * 7 + at / 256) as u8).collect()
    }

    #[test]
    fn a_part_is_spelled_so() {
        assert_eq!(
            parts(b"about 70 people\n").unwrap(),
            ["CASEFILE1:1:1:BD89489F:MFRG65LUEA3TAIDQMVXXA3DFBI:E115A9C1"]
        );
    }

    #[test]
    fn sizes() {
        assert_eq!(parts(b""), None);
        assert_eq!(parts(&bytes(BYTES_LIMIT + 1)), None);
        for (size, count) in [(1, 1), (450, 1), (451, 2), (BYTES_LIMIT, PARTS_LIMIT)] {
            let made = parts(&bytes(size)).unwrap();
            assert_eq!(made.len(), count);
            assert_eq!(read(&made.join("\n")), Ok(bytes(size)), "{size}");
        }
    }

    #[test]
    fn what_scanners_and_people_make_of_it() {
        let file = bytes(1_000);
        let made = parts(&file).unwrap();
        let spread: String = made[2].chars().flat_map(|c| [c, ' ']).collect();
        for text in [
            made.concat(),
            format!("QR-Code:{}\nQR-Code:{}\nQR-Code:{}\n", made[2], made[0], made[1]),
            format!("{}\n{}\n{}\n{}", made[1], made[0], made[1], made[2]).to_lowercase(),
            format!("1.\n{}\n2.\n{}\n3.\n{spread}\nthanks!", made[0], made[1]),
        ] {
            assert_eq!(read(&text).as_ref(), Ok(&file), "{text:.90}");
        }
    }

    #[test]
    fn what_is_not_whole_is_said() {
        let made = parts(&bytes(1_000)).unwrap();
        let other = parts(&bytes(999)).unwrap();
        let damaged = made[1].replacen("AA", "AB", 1);
        let missing = |missing: &[usize]| ReadError::Missing { missing: missing.into(), count: 3 };
        for (text, expect) in [
            (String::new(), ReadError::Nothing),
            ("CASEFILE1:".repeat(9), ReadError::Nothing),
            (made[0].replace("CASEFILE1", "CASEFILE2"), ReadError::Nothing),
            (made[1].clone(), missing(&[1, 3])),
            (format!("{}{damaged}{}", made[0], made[2]), missing(&[2])),
            (format!("{}{}", made[0], &made[1][..made[1].len() - 1]), missing(&[2, 3])),
            (format!("{}{}{}", made[0], other[1], made[2]), ReadError::Mixed),
            (" ".repeat(TEXT_LIMIT_BYTES + 1), ReadError::TooLong),
        ] {
            assert_eq!(read(&text), Err(expect), "{text:.60}");
        }
        // Whoever can count checks can make parts that fit each other and no file.
        let text = format!("{HEADER}1:1:00000000:MFRGG:");
        let forged = format!("{text}{}", check(text.as_bytes()));
        assert_eq!(read(&forged), Err(ReadError::Digest));
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "(CASEFILE1:|[0-9]{1,20}:|[A-Z2-7]{0,9}:|\\PC){0,40}") {
            let _ = read(&text);
        }

        #[test]
        fn any_one_changed_character_is_noticed(at in 0usize..2_000, with in "[A-Z0-9:]") {
            let file = bytes(1_000);
            let text = parts(&file).unwrap().join("\n");
            let at = at % text.len();
            let changed = format!("{}{with}{}", &text[..at], &text[at + 1..]);
            match read(&changed) {
                Ok(read) => prop_assert!(read == file),
                Err(error) => prop_assert!(changed != text, "{error}"),
            }
        }
    }
}
