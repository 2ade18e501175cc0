//! Any bytes as a file of certificates or revocation lists: none panics, and what is read is read
//! again from the PEM that is written of it.
#![no_main]

use libfuzzer_sys::fuzz_target;
use timestamp::{certificate, revocation};

fuzz_target!(|bytes: &[u8]| {
    if let Ok(certificates) = certificate::read_file(bytes) {
        let pem: String = certificates.iter().map(timestamp::Certificate::pem).collect();
        assert_eq!(certificate::read_file(pem.as_bytes()), Ok(certificates));
    }
    if let Ok(lists) = revocation::read_file(bytes) {
        let pem: String = lists.iter().map(timestamp::Crl::pem).collect();
        assert_eq!(revocation::read_file(pem.as_bytes()), Ok(lists));
    }
});
