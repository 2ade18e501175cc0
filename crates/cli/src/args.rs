//! What may stand on the command line.

use crate::{acting, copies, cosigning, recovering, sealing, transferring};
use clap::{Args as ClapArgs, Parser, Subcommand};
use std::num::NonZero;
use std::path::PathBuf;

/// An evidence archive for people who document atrocities.
///
/// Keeps reports so that nobody can later claim they were altered, reads out who says what, puts
/// accounts that disagree side by side, and hands over bundles that a stranger can check.
#[derive(Debug, Parser)]
#[command(
    name = "casefile",
    version,
    after_help = "\
Examples:
  casefile demo                                  all of it, on a small case
  casefile init aleppo && cd aleppo
  casefile capture ~/saved/*.txt --source Reuters --address https://…
  casefile read && casefile figures
  casefile export ../for-the-court && casefile verify ../for-the-court

Exit codes: 0 done; 1 done, and something was found that needs a person; 2 wrong usage;
3 not done (the reason is said, and nothing kept was harmed).
Diagnostics: CASEFILE_LOG=debug"
)]
pub(crate) struct Args {
    /// Work on the case in DIR instead of the current folder.
    #[arg(short = 'C', value_name = "DIR", global = true, default_value = ".")]
    pub(crate) case: PathBuf,
    /// Write JSON to standard output, for scripts.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Show no progress.
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Read the passphrase from the first line of FILE (else CASEFILE_PASSPHRASE, else a prompt).
    #[arg(long, value_name = "FILE", global = true)]
    pub(crate) passphrase_file: Option<PathBuf>,
    /// Sign as this actor, by name or by the key's fingerprint; as whoever opened the case if not
    /// given.
    #[arg(long = "as", value_name = "NAME", global = true, env = "CASEFILE_AS")]
    pub(crate) actor: Option<String>,
    #[command(subcommand)]
    pub(crate) verb: Verb,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a new case with its keys.
    #[command(after_help = "Examples:
  casefile init aleppo                 asks for a passphrase for the keys
  casefile init aleppo --unprotected   keys in the open, for unattended use")]
    Init {
        /// Folder of the new case.
        dir: PathBuf,
        /// Name of the case; the folder's name if not given.
        #[arg(long)]
        name: Option<String>,
        /// Name under which you sign records; an alias will do.
        #[arg(long, value_name = "NAME")]
        actor: Option<String>,
        /// Leave the secret keys unencrypted: whoever has the folder can sign in your name.
        #[arg(long)]
        unprotected: bool,
    },
    /// Take files and folders in.
    #[command(after_help = "Examples:
  casefile capture report.txt --source 'Canal Post' --address https://canal-post.example/1
  casefile capture ~/inbox --collector 'A. Person' --machine 192.0.2.7
  casefile capture ~/inbox --resume     go on after an interruption
  casefile capture film.mp4 --sealed --recipient age1… --recipient age1…

With --sealed only the recipients can open what is taken in, and all that is said about it, its name
too, is withheld and sealed with it. Not even this case can then open it.
Collector, machine and identity go into the record as commitments only: they are kept in private/,
and a bundle leaves them out unless they are disclosed.")]
    Capture(CaptureArgs),
    /// Read what has not been read: text, metadata, figures.
    #[command(after_help = "Examples:
  casefile read
  casefile read --stdout report.txt    one file, without a case, as JSON")]
    Read {
        /// Read everything again.
        #[arg(long)]
        again: bool,
        /// Read FILE without a case and print its reading as JSON.
        #[arg(long, value_name = "FILE")]
        stdout: Option<PathBuf>,
        /// With --stdout: day of the report, if the file states none (YYYY-MM-DD).
        #[arg(long, value_name = "DAY", requires = "stdout")]
        date: Option<String>,
        /// With --stdout: outlet of the report.
        #[arg(long, value_name = "NAME", requires = "stdout")]
        outlet: Option<String>,
    },
    /// Show who says how many, side by side.
    #[command(after_help = "Examples:
  casefile figures                 questions with more than one account
  casefile figures --all           every figure
  casefile figures --json | jq '.questions[0]'")]
    Figures {
        /// Show questions with a single account too.
        #[arg(long)]
        all: bool,
    },
    /// Open a sealed item with an identity it was sealed to; check that it is what was taken in.
    #[command(after_help = "Examples:
  casefile unseal 3 --identity me.txt                  check it, and show what is withheld about it
  casefile unseal 3 --identity me.txt -o ~/film.mp4    its plain bytes too

Nothing is given out unless all of it agrees with the record. Without casefile:
  age -d -i me.txt private/sealed/…-ITEM.age > key && age -d -i key objects/…")]
    Unseal(sealing::UnsealArgs),
    /// Withdraw consent: destroy the key of a sealed item, and record that it was erased.
    #[command(after_help = "Examples:
  casefile erase 3 --reason 'consent withdrawn on 4 May'

The reason is read by everybody who reads the log: name nobody in it. Nobody can open the item any
more, and every proof stays valid. Copies of its key elsewhere (backups, mirrors made with
--with-private until `casefile mirror` next runs, bundles that disclosed it, what a solid-state disk
keeps of overwritten files) are out of reach: see to them.")]
    Erase(sealing::EraseArgs),
    /// Show an item: its text with every figure marked, and where it came from.
    #[command(after_help = "Examples:
  casefile show 3
  casefile show 5f70bf18           by the first digits of its SHA-256
  casefile show report.txt         by its name")]
    Show {
        /// Number, name, or at least four digits of the SHA-256.
        item: String,
    },
    /// Show the custody log in words.
    #[command(after_help = "Examples:
  casefile log
  casefile log --from 100 --json   one JSON object a line")]
    Log {
        /// First record to show.
        #[arg(long, value_name = "LEAF", default_value_t = 0)]
        from: u64,
    },
    /// Tell what the records prove about items: who did what with them, in which order.
    #[command(after_help = "Examples:
  casefile custody                        every item, in words
  casefile custody 3 --page chain.html    one item, as a page to print, with a certificate
  casefile custody --json | jq '.items[0].steps'")]
    Custody {
        /// Items by number, name or SHA-256; all if none is named.
        items: Vec<String>,
        /// Write a page to print to FILE, which must not exist.
        #[arg(long, value_name = "FILE")]
        page: Option<PathBuf>,
    },
    /// Write a sealed bundle of items, and record that it left.
    #[command(after_help = "Examples:
  casefile export ../bundle                 everything, as a folder
  casefile export ../bundle.zip 1 3         two items, as a zip file
  casefile export ../bundle --disclose collector
  casefile export ../bundle 3 --disclose key --identity me.txt   opens a sealed item to readers")]
    Export {
        /// Where to: a folder, or a file that ends in .zip; must not exist.
        out: PathBuf,
        /// Items by number, name or SHA-256; all if none is named.
        items: Vec<String>,
        /// Disclose a withheld field: collector, machine or identity; of a sealed item also its
        /// key, name and whatever was said about it.
        #[arg(long, value_name = "FIELD", value_parser = sealing::FIELDS)]
        disclose: Vec<String>,
        /// Identities, as age-keygen writes them, to disclose fields of sealed items.
        #[arg(long, value_name = "FILE")]
        identity: Option<PathBuf>,
    },
    /// Write COSE receipts (RFC 9942): the log's proofs, for programs of that kind.
    #[command(after_help = "Examples:
  casefile receipt ../receipts       of every item's records
  casefile receipt ../receipts 1 3   of two items'

For each record a NNNNNNNN.leaf, byte for byte as it was signed, and its NNNNNNNN.cose; the log's
key is log-key.pem. Withheld fields stay withheld. Nothing is recorded.")]
    Receipt {
        /// Folder to write to; must not exist.
        out: PathBuf,
        /// Items by number, name or SHA-256; all if none is named.
        items: Vec<String>,
    },
    /// Check a whole case or a bundle.
    #[command(after_help = "Examples:
  casefile verify                              the case here
  casefile verify ../bundle                    a bundle, folder or zip file
  casefile verify ../bundle --trust 'casefile/aleppo/1f2e…+…'
  casefile verify ../bundle --policy mine      the log's key and its cosigners

Without --trust a bundle is checked against the key that it brings itself: whole, but whose?")]
    Verify {
        /// A case, or a bundle; the case of -C if not given.
        path: Option<PathBuf>,
        /// The log's verifier key, as its maker told you by another way; and those of archives that
        /// items of a bundle came from.
        #[arg(long, value_name = "KEY")]
        trust: Vec<String>,
        /// Your own trust policy (C2SP tlog-policy): the log's key, cosigners, and a quorum of them
        /// that must have signed.
        #[arg(long, value_name = "FILE", conflicts_with = "trust")]
        policy: Option<PathBuf>,
        /// Root certificates of authorities for timestamps that you trust, PEM.
        #[arg(long, value_name = "FILE")]
        tsa_roots: Option<PathBuf>,
    },
    /// Take in what another archive hands over in a bundle, and give a receipt.
    #[command(after_help = "Examples:
  casefile receive their-bundle.zip --trust 'casefile/harbour/1f2e…+…' --receipt receipt.zip

The bundle is checked whole first: nothing of one that does not hold is taken in. Each item keeps
its record in their log and the proof of it, so that bundles made here prove its custody back to
there. Receiving a bundle again takes nothing in and writes the receipt anew.
Exit code 1 where the bundle does not hold.")]
    Receive(transferring::ReceiveArgs),
    /// Put on record that another archive received a bundle of this one.
    #[command(after_help = "Examples:
  casefile acknowledge receipt.zip --trust 'casefile/archive/9a0b…+…'

The receipt is checked against this log: the export that it names, the items, the history that they
saw. Exit code 1 where something speaks against it; then nothing is recorded.")]
    Acknowledge(transferring::AcknowledgeArgs),
    /// Read everything kept again, and find what has rotted, gone missing, or does not belong.
    #[command(after_help = "Examples:
  casefile scrub
  casefile scrub --rate 20MB/s     leave the disk to others
  casefile scrub --unrecorded      without the keys: says what it found, and records nothing

An interrupted scrub goes on where it stopped. Exit code 1 where there is a fault.")]
    Scrub(copies::ScrubArgs),
    /// Have the log's checkpoint stamped by authorities outside, or list what is stamped.
    #[command(after_help = "Examples:
  casefile timestamp request now.tsq             carry it to two authorities or more, such as by
  curl --data-binary @now.tsq -H 'Content-Type: application/timestamp-query' -o one.tsr URL
  casefile timestamp add one.tsr --chain one.pem --crl one.crl
  casefile timestamp                             what is stamped, by whom; what waits

casefile sends nothing by itself: request and reply are files, carried by any means.")]
    Timestamp {
        #[command(subcommand)]
        what: Option<TimestampVerb>,
    },
    /// Bring a second copy of the case up to date, or keep its last checkpoint elsewhere.
    #[command(after_help = "Examples:
  casefile mirror /media/disk/aleppo                  make a copy there, or bring it up to date
  casefile mirror /media/disk/aleppo --compare        how the two stand to each other
  casefile mirror /media/disk/aleppo --with-private   keys and withheld values too
  casefile mirror --ocfl /media/disk/ocfl            the copy as an OCFL storage root
  casefile mirror sftp://me@host.example/aleppo     on another machine, through your own ssh
  casefile mirror s3://bucket/aleppo --endpoint https://store.example
                                                    in an S3-like store
  casefile mirror --guard /media/stick                keep the last checkpoint there
  casefile mirror                                     list the guards

A mirror is checked with `casefile verify` and gives back what the case has lost: `casefile repair`.
A case with a guard refuses to record anything when the guard has seen a newer state of it.")]
    Mirror(copies::MirrorArgs),
    /// Put back what is damaged or lost, from a mirror or a bundle.
    #[command(after_help = "Examples:
  casefile repair /media/disk/aleppo          from a mirror
  casefile repair ../for-the-court.zip        objects from a bundle
  casefile -C NEW repair /media/disk/aleppo   a case that is lost altogether, in the folder NEW

Nothing is put back that does not have the digest which the log demands. Damaged files are kept in
damaged/. Exit code 1 where something could not be put back.")]
    Repair(copies::RepairArgs),
    /// Let others vouch that this case's log only grew: by files, or over the network.
    #[command(after_help = "Examples:
  casefile cosign name \"$(cat their-vkey)\" --who 'University archive'
  casefile cosign ask example.org/cosigner request.txt
  casefile cosign add answer.txt
  casefile cosign send example.org/cosigner --url https://cosigner.example.org
  casefile cosign list")]
    Cosign {
        /// What to do.
        #[command(subcommand)]
        what: cosigning::CosignVerb,
    },
    /// Vouch for the logs of others: sign that they only grew.
    #[command(after_help = "Examples:
  casefile cosigner new cosigner --name example.org/cosigner
  casefile cosigner know cosigner \"$(cat their-log-vkey)\"
  casefile cosigner sign cosigner request.txt answer.txt
  casefile cosigner serve cosigner --listen 127.0.0.1:8480     behind a proxy that speaks https

The folder remembers what was signed last: never put an older copy of it back.")]
    Cosigner {
        /// What to do.
        #[command(subcommand)]
        what: cosigning::CosignerVerb,
    },
    /// Carry a small file on paper: as QR codes, and back from what a scanner read.
    #[command(after_help = "Examples:
  casefile cosign ask example.org/cosigner request.txt
  casefile paper write request.txt request.html        print it, or hold it up on a screen
  zbarimg --quiet photo*.jpg > scanned.txt             or the text of any scanner
  casefile paper read scanned.txt request.txt

Pictures are not read here: a phone's scanner or zbarimg does that.")]
    Paper {
        /// What to do.
        #[command(subcommand)]
        what: cosigning::PaperVerb,
    },
    /// Say who may sign in this case: people and machines, each with a key of their own.
    #[command(after_help = "Examples:
  casefile actor list
  casefile actor enrol Ida                            a key of her own, under her passphrase
  casefile actor enrol Ben --key ~/.ssh/id_ed25519_sk.pub    a key that his ssh-agent holds
  casefile actor enrol nightly --machine --unprotected
  casefile --as Ida capture report.txt                Ida signs
  casefile actor rotate Ida                           a new key in place of the old one
  casefile actor revoke Ben --reason 'laptop stolen' --from 812
  casefile actor two-person on                        from here on two persons sign what weighs

Nothing that was signed while a key could is lost with the key.")]
    Actor {
        /// What to do.
        #[command(subcommand)]
        what: acting::ActorVerb,
    },
    /// Approve, as a second person, what another has recorded.
    #[command(after_help = "Examples:
  casefile actor list                    what awaits approval
  casefile --as Ben approve 812 813")]
    Approve {
        /// Records that await approval.
        #[arg(required = true)]
        leaves: Vec<u64>,
    },
    /// Name holders, so many of whom together open what is sealed, and change keys that are lost.
    #[command(after_help = "Examples:
  casefile recovery set --threshold 2 --holder alice=age1… --holder bob=age1… --holder carol=age1…
  casefile recovery share bob -o bob.age                          for Bob alone; age -d opens it
  casefile recovery share bob --identity bob.txt -o share.txt     by Bob, before a meeting
  casefile unseal 3 --share share.txt --share another.txt -o ~/film.mp4
  casefile recovery enrol Ida --share share.txt --share another.txt
  casefile recovery revoke SHA256:… --share share.txt --share another.txt --reason 'key lost'

Nobody has the recovery key: it exists only while shares meet. Each holder keeps an identity of
their own (age-keygen), apart from the case. What they sign together needs no second person.")]
    Recovery {
        /// What to do.
        #[command(subcommand)]
        what: recovering::RecoveryVerb,
    },
    /// List every named rule by which words become values.
    #[command(after_help = "Examples:
  casefile rules
  casefile rules hedge             those whose name contains \"hedge\"")]
    Rules {
        /// Show rules whose name contains this.
        name: Option<String>,
    },
    /// Do all of it on a small case.
    #[command(after_help = "Examples:
  casefile demo
  casefile demo /tmp/demo")]
    Demo {
        /// Folder for the demo; must not exist.
        #[arg(default_value = "casefile-demo")]
        dir: PathBuf,
    },
    /// Print completions for a shell.
    #[command(after_help = "Examples:
  casefile completions bash > ~/.local/share/bash-completion/completions/casefile")]
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

/// What to do about timestamps.
#[derive(Debug, Subcommand)]
pub(crate) enum TimestampVerb {
    /// Record a request and write it to a file.
    Request {
        /// The request's file, such as now.tsq; must not exist.
        out: PathBuf,
        /// Kind of digest; sha256, or that of the timestamp to renew, if not given.
        #[arg(long, value_parser = ["sha256", "sha384", "sha512"])]
        hash: Option<String>,
        /// Ask for this policy, a dotted object identifier.
        #[arg(long, value_name = "OID")]
        policy: Option<String>,
        /// Stamp all items through a hash tree, so that bundles have an evidence record of each.
        #[arg(long, conflicts_with = "renew")]
        items: bool,
        /// Renew the timestamp of this record, instead of stamping the checkpoint. With --hash of a
        /// newer kind: renew the hash tree of all items.
        #[arg(long, value_name = "LEAF")]
        renew: Option<u64>,
    },
    /// Take an authority's reply in, checked, with its certificates.
    Add {
        /// The reply's file, such as one.tsr.
        reply: PathBuf,
        /// Certificates from the authority's to a root, PEM. The roots among them are trusted.
        #[arg(long, value_name = "CERTS")]
        chain: PathBuf,
        /// A revocation list, PEM or DER; may be given more than once.
        #[arg(long, value_name = "FILE")]
        crl: Vec<PathBuf>,
    },
}

/// What to take in, and what is known about it.
#[derive(Debug, ClapArgs)]
pub(crate) struct CaptureArgs {
    /// Files and folders.
    #[arg(required = true)]
    pub(crate) paths: Vec<PathBuf>,
    /// Who made the claims in them: outlet, agency, person.
    #[arg(long)]
    pub(crate) source: Option<String>,
    /// Where they were found (URL).
    #[arg(long, value_name = "URL")]
    pub(crate) address: Option<String>,
    /// When they were obtained from there (YYYY-MM-DD, or with a time).
    #[arg(long, value_name = "TIME")]
    pub(crate) obtained: Option<String>,
    /// Free words.
    #[arg(long)]
    pub(crate) note: Option<String>,
    /// Who collects (withheld).
    #[arg(long, value_name = "NAME")]
    pub(crate) collector: Option<String>,
    /// Network address of the collecting machine (withheld).
    #[arg(long, value_name = "ADDRESS")]
    pub(crate) machine: Option<String>,
    /// Virtual identity used (withheld).
    #[arg(long, value_name = "NAME")]
    pub(crate) identity: Option<String>,
    /// Seal them: only the recipients can open them.
    #[arg(long, requires = "recipient", conflicts_with = "resume")]
    pub(crate) sealed: bool,
    /// Who can open them: the public key of an age identity (age1…); one for each recipient.
    #[arg(long, value_name = "AGE1", requires = "sealed")]
    pub(crate) recipient: Vec<String>,
    /// Pass over files that an earlier run took in under the same name.
    #[arg(long)]
    pub(crate) resume: bool,
    /// Make items safe at least every N of them: slower, and less is lost on a failing battery.
    #[arg(long, value_name = "N")]
    pub(crate) commit_every: Option<NonZero<usize>>,
}
