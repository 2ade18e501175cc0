//! One flipped bit anywhere in a bundle, folder or zip file, is found.

#![allow(
    clippy::disallowed_types,
    clippy::unwrap_used,
    reason = "a test that cannot prepare its bundle has failed"
)]

mod invented;

use invented::{Case, faults};
use std::fs;
use std::path::{Path, PathBuf};
use verifier::{layout, zipped};

/// Places tried over all files, besides every byte of the small files that no list holds.
const PLACES: u64 = 1_200;

/// Numbers that look random and are the same in every run (SplitMix64's step and mixing).
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

struct Bundle {
    _folder: tempfile::TempDir,
    root: PathBuf,
    key: String,
}

fn bundle() -> Bundle {
    let folder = tempfile::tempdir().unwrap();
    let mut case = Case::new(7);
    let root = case.export(&folder.path().join("bundle"), &[1, 2, 3]);
    Bundle { root, key: case.signer.vkey(), _folder: folder }
}

/// Flips bit `bit` of the file, checks, and puts it back.
fn check(bundle: &Bundle, path: &str, bit: u64) {
    let place = bundle.root.join(path);
    let whole = fs::read(&place).unwrap();
    let mut changed = whole.clone();
    changed[(bit / 8) as usize] ^= 1 << (bit % 8);
    fs::write(&place, changed).unwrap();
    let report = verifier::verify(&bundle.root, Some(&bundle.key)).unwrap();
    assert!(!faults(&report).is_empty(), "bit {bit} of {path} is flipped and nothing is found");
    fs::write(&place, whole).unwrap();
}

fn size_bits(bundle: &Bundle, path: &str) -> u64 {
    8 * fs::metadata(bundle.root.join(path)).unwrap().len()
}

#[test]
fn a_flipped_bit_in_any_file_is_found() {
    let bundle = bundle();
    let mut numbers = Numbers(1);
    let files = zipped::files(&bundle.root).unwrap();
    let whole: Vec<&String> = files.iter().filter(|path| size_bits(&bundle, path) > 0).collect();
    assert!(whole.len() > 30, "the bundle has few files: {files:?}");
    // Every file first, then places by weight of bytes.
    for path in &whole {
        check(&bundle, path, numbers.next() % size_bits(&bundle, path));
    }
    let all: u64 = whole.iter().map(|path| size_bits(&bundle, path)).sum();
    for _ in 0..PLACES {
        let mut at = numbers.next() % all;
        for path in &whole {
            if at < size_bits(&bundle, path) {
                check(&bundle, path, at);
                break;
            }
            at -= size_bits(&bundle, path);
        }
    }
    assert_eq!(faults(&verifier::verify(&bundle.root, Some(&bundle.key)).unwrap()), [""; 0]);
}

/// The seals stand in no list of digests: they hold by themselves, so every byte of them is tried,
/// with each byte's own bit of eight; of a line of 3 kB by the second key, every 61st after its name.
#[test]
fn a_flipped_bit_in_any_byte_of_the_seals_is_found() {
    let bundle = bundle();
    for path in layout::SEALS {
        let text = fs::read_to_string(bundle.root.join(path)).unwrap();
        let last = text.lines().last().filter(|line| line.len() > 3_000);
        let dense = text.len() - last.map_or(0, |line| line.len() - 60);
        let sparse = (dense..text.len() - 1).step_by(61).chain([text.len() - 1]);
        for byte in (0..dense).chain(sparse) {
            check(&bundle, path, (8 * byte + byte % 8) as u64);
        }
    }
}

fn check_zip(zip: &Path, scratch: &Path, key: &str) -> Vec<String> {
    fs::create_dir(scratch).unwrap();
    let report = zipped::verify(zip, scratch, Some(key)).unwrap();
    fs::remove_dir_all(scratch).unwrap();
    faults(&report).into_iter().map(str::to_owned).collect()
}

#[test]
fn a_flipped_bit_in_a_zip_file_is_found() {
    let bundle = bundle();
    let zip = bundle.root.with_extension("zip");
    let scratch = bundle.root.with_extension("scratch");
    zipped::pack(&bundle.root, &zip).unwrap();
    assert_eq!(check_zip(&zip, &scratch, &bundle.key), [""; 0]);
    let whole = fs::read(&zip).unwrap();
    let mut numbers = Numbers(2);
    // The first header, the whole end record, and 300 places between.
    let bits = 8 * whole.len() as u64;
    let header = 0..8 * 30;
    let end = bits - 8 * 22..bits;
    let between: Vec<u64> = (0..300).map(|_| numbers.next() % bits).collect();
    for bit in header.chain(end).chain(between) {
        let mut changed = whole.clone();
        changed[(bit / 8) as usize] ^= 1 << (bit % 8);
        fs::write(&zip, changed).unwrap();
        let found = check_zip(&zip, &scratch, &bundle.key);
        let container = |code: &String| code.starts_with("bundle-zip");
        assert!(found.iter().any(container), "bit {bit}: {found:?}");
    }
}

/// The zip file is a function of the folder alone: not of times, modes, or the order of writing.
#[test]
fn a_zip_file_comes_of_names_and_bytes_alone() {
    use std::os::unix::fs::PermissionsExt as _;
    let bundle = bundle();
    let copied = bundle.root.with_extension("copy");
    for path in zipped::files(&bundle.root).unwrap().iter().rev() {
        let to = copied.join(path);
        fs::create_dir_all(to.parent().unwrap()).unwrap();
        fs::write(&to, fs::read(bundle.root.join(path)).unwrap()).unwrap();
        fs::set_permissions(&to, fs::Permissions::from_mode(0o600)).unwrap();
        let long_ago = std::time::UNIX_EPOCH + std::time::Duration::from_secs(1);
        let file = fs::File::options().append(true).open(&to).unwrap();
        file.set_times(fs::FileTimes::new().set_modified(long_ago)).unwrap();
    }
    let (one, two) = (bundle.root.with_extension("1.zip"), bundle.root.with_extension("2.zip"));
    zipped::pack(&bundle.root, &one).unwrap();
    zipped::pack(&copied, &two).unwrap();
    assert_eq!(fs::read(one).unwrap(), fs::read(two).unwrap());
}
