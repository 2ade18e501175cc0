//! Any bytes as what is sealed and what opens it: key files, whole and within their encryption;
//! sealed items; identities and recipients.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sealing::{Identities, ItemKey, KeyFile, Recipients};
use std::io::Read as _;
use std::sync::LazyLock;

struct Sealed {
    recipient: age::x25519::Recipient,
    identities: Identities,
    key: ItemKey,
    key_file: Vec<u8>,
    item: Vec<u8>,
}

static SEALED: LazyLock<Sealed> = LazyLock::new(|| {
    let key = ItemKey::generate();
    let identity = key.text();
    let identities = Identities::parse(identity.as_bytes()).expect("an identity");
    let opened: age::x25519::Identity = identity.parse().expect("an identity of age");
    let recipient = opened.to_public();
    let recipients = Recipients::parse(&[recipient.to_string()]).expect("a recipient");
    let file = KeyFile { key: ItemKey::generate(), openings: Vec::new() };
    let key_file = sealing::seal_key_file(&file, &recipients).expect("it is small");
    let item = age::encrypt(&recipient, &[7; 70_000]).expect("it is encrypted in memory");
    Sealed { recipient, identities, key, key_file, item }
});

fuzz_target!(|input: (u8, Option<u16>, &[u8])| {
    let (which, at, bytes) = input;
    match which % 5 {
        0 => {
            let harmed = splice(&SEALED.key_file, at, bytes);
            let opened = sealing::open_key_file(&harmed, &SEALED.identities);
            assert_eq!(opened.is_ok(), harmed == SEALED.key_file);
        }
        1 => {
            let sealed = age::encrypt(&SEALED.recipient, bytes).expect("it is small");
            let _ = sealing::open_key_file(&sealed, &SEALED.identities);
        }
        2 => {
            let harmed = splice(&SEALED.item, at, bytes);
            let mut plain = Vec::new();
            let opened = sealing::open_item(harmed.as_slice(), &SEALED.key)
                .is_ok_and(|mut item| item.read_to_end(&mut plain).is_ok());
            assert_eq!(opened, harmed == SEALED.item);
        }
        3 => drop(Identities::parse(bytes)),
        _ => {
            let named = String::from_utf8_lossy(bytes);
            let named: Vec<String> = named.split('\n').map(str::to_string).collect();
            if let Ok(recipients) = Recipients::parse(&named) {
                let text: Vec<String> = recipients.text().split('\n').map(str::to_string).collect();
                let again = Recipients::parse(&text).expect("what was written is read");
                assert_eq!(again.text(), recipients.text());
            }
        }
    }
});

/// `whole` with `bytes` from the place `at` on, or `bytes` alone.
fn splice(whole: &[u8], at: Option<u16>, bytes: &[u8]) -> Vec<u8> {
    let Some(at) = at else { return bytes.to_vec() };
    let mut harmed = whole.to_vec();
    let at = usize::from(at) % harmed.len();
    let end = (at + bytes.len()).min(harmed.len());
    harmed[at..end].copy_from_slice(&bytes[..end - at]);
    harmed
}
