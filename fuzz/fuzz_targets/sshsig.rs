//! Any text as an armoured signature and as a key line. One that holds is the one that we make.
#![no_main]

use custody::sshsig;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let seed = [3; 32];
    for namespace in ["casefile-leaf@v1", "file"] {
        if let Ok(key) = sshsig::verify(text, namespace, b"message\n") {
            if key == sshsig::public_key(&seed) {
                assert_eq!(sshsig::sign(&seed, namespace, b"message\n"), text);
            }
        }
    }
    if let Some(key) = sshsig::parse_public_key_line(text) {
        assert_eq!(sshsig::public_key_line(&key), text);
    }
});
