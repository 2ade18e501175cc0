//! The check of whose signatures count: the log's key, and the policy about its checkpoints.
//!
//! What a bundle says of its own keys proves nothing: the key must be the one that is trusted, and
//! the policy may ask for more than that key, never for less.

use crate::verify::{Check, Trusted};
use crate::{codes, layout};
use custody::note::{self, KEY_LIMIT_BYTES, Verifier};
use custody::policy::{self, Policy};
use custody::{growth, tlog_proof};
use record::Finding;

impl Check<'_> {
    /// The log's key, and whether it is the trusted one.
    pub(crate) fn key(&mut self, trusted: Trusted<'_>) -> Option<Verifier> {
        let verifier = self.log_key()?;
        let key = verifier.vkey();
        let told = (!trusted.log_keys.is_empty())
            .then(|| trusted.log_keys.iter().any(|told| verifier.is_told(told)));
        let policy = trusted.policy.map(|policy| policy.logs.iter().any(|log| log.vkey == key));
        match [told, policy] {
            [None, None] => {
                let message = "no trusted key was given: the bundle is checked against the key \
                               that it brings itself; compare that with what its maker told you, \
                               or give --trust KEY or --policy FILE";
                let finding = Finding::notice(codes::BUNDLE_KEY_UNCHECKED, layout::VKEY, message);
                self.report.findings.push(finding);
            }
            known if known.contains(&Some(false)) => {
                let message = "the log's key is not the one given with --trust or --policy: this \
                               is another log, or a forgery";
                self.fault(codes::BUNDLE_KEY, layout::VKEY, message);
            }
            _ => {}
        }
        Some(verifier)
    }

    /// The log's key, as the bundle has it.
    pub(crate) fn log_key(&mut self) -> Option<Verifier> {
        let text = self.text(layout::VKEY, 2 * KEY_LIMIT_BYTES as u64)?;
        match Verifier::parse_lines(&text) {
            Ok(verifier) => {
                self.report.log_key = verifier.told();
                Some(verifier)
            }
            Err(_) => {
                self.fault(codes::BUNDLE_FORM, layout::VKEY, "it is no verifier key");
                None
            }
        }
    }

    /// The policy against the log's key and the signatures on both checkpoints.
    pub(crate) fn policy(&mut self, verifier: &Verifier) {
        let Some(text) = self.text(layout::POLICY, policy::LIMIT_BYTES as u64) else { return };
        let policy = match Policy::parse(text.as_bytes()) {
            Ok(policy) => policy,
            Err(error) => {
                self.fault(codes::BUNDLE_POLICY, layout::POLICY, error.to_string());
                return;
            }
        };
        if !matches!(policy.logs.as_slice(), [log] if log.vkey == verifier.vkey()) {
            let message = "it names another log than log/vkey, or several";
            self.fault(codes::BUNDLE_POLICY, layout::POLICY, message);
        }
        // It is about log/checkpoint, which is too new for anybody to have cosigned. What is not
        // so must not look as if it were; so there is one spelling too.
        if text != policy::of_log(&verifier.vkey()) {
            let message = "it says more than that the log alone signs log/checkpoint, or says that \
                           in another spelling; cosigners stand in log/cosigned/policy";
            self.fault(codes::BUNDLE_POLICY, layout::POLICY, message);
        }
        let limit = (tlog_proof::LIMIT_BYTES + growth::LIMIT_BYTES) as u64;
        for path in [layout::CHECKPOINT, layout::EXPORT_PROOF] {
            let Some(text) = self.text(path, limit) else { continue };
            let note = match path {
                layout::CHECKPOINT => Some(text.as_str()),
                _ => text.split_once("\n\n").map(|(_, note)| note),
            };
            let Some(Ok(signers)) = note.map(|note| note::signers(note.as_bytes())) else {
                continue;
            };
            // Nobody signs the signature lines: who reads one takes it for somebody's word.
            let named = |(name, id): &(&str, [u8; 4])| {
                let cosigner =
                    policy.cosigners.values().any(|key| key.name == *name && key.id == *id);
                let second = verifier.second().is_some_and(|second| second.id() == *id);
                cosigner || (*name == verifier.name() && (second || *id == verifier.id()))
            };
            let strangers: Vec<String> = signers
                .iter()
                .filter(|signer| !named(signer))
                .map(|(name, _)| format!("{name:?}"))
                .collect();
            if !strangers.is_empty() {
                let message = format!(
                    "its checkpoint bears a signature by {}, which log/policy does not name",
                    strangers.join(", ")
                );
                self.fault(codes::BUNDLE_PROOF_STRANGER, path, message);
            }
        }
    }
}
