//! The verbs by which others vouch for a log: `cosigner` for them, `cosign` in a case; and `paper`,
//! by which the two speak where nothing else may connect them.

use crate::print::{clean, recovered};
use crate::verbs::{Failure, Shell};
use clap::{Subcommand, ValueEnum};
use std::io::{self, Write};
use std::net::SocketAddr;
use std::path::PathBuf;
use tasks::{Ask, Passphrase, cosign, cosigner, paper};

/// What a cosigner does.
#[derive(Debug, Subcommand)]
pub(crate) enum CosignerVerb {
    /// Make a cosigner with its key.
    New {
        /// Its folder.
        dir: PathBuf,
        /// Its name: an address without https://, such as example.org/cosigner.
        #[arg(long)]
        name: String,
        /// How it signs.
        #[arg(long, value_enum, default_value_t = Kind::MlDsa44)]
        kind: Kind,
        /// Leave the secret key unencrypted: whoever has the folder can sign in its name.
        #[arg(long)]
        unprotected: bool,
    },
    /// Sign for a log from now on.
    Know {
        /// The cosigner's folder.
        dir: PathBuf,
        /// The log's verifier key, as its maker told you by another way.
        key: String,
    },
    /// Sign the checkpoint in a request, if the log only grew since the last one.
    Sign {
        /// The cosigner's folder.
        dir: PathBuf,
        /// The request, from `casefile cosign ask`.
        request: PathBuf,
        /// Where to write the cosigned checkpoint; must not exist.
        out: PathBuf,
    },
    /// Answer requests to sign over HTTP, until it is ended.
    Serve {
        /// The cosigner's folder.
        dir: PathBuf,
        /// Address and port to listen at; port 0 takes any free one.
        #[arg(long, value_name = "ADDRESS:PORT", default_value = "127.0.0.1:8480")]
        listen: SocketAddr,
    },
}

/// How a cosigner signs.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// Holds against quantum computers; 2.4 kB a signature.
    #[value(name = "ml-dsa-44")]
    MlDsa44,
    /// Short, and known to older programs.
    Ed25519,
}

/// What is done in a case.
#[derive(Debug, Subcommand)]
pub(crate) enum CosignVerb {
    /// Show who was named, and what each has seen.
    List,
    /// Name a cosigner, on record.
    Name {
        /// Their verifier key: the file vkey in their folder.
        key: String,
        /// Who they are.
        #[arg(long)]
        who: Option<String>,
    },
    /// Write a request for a cosigner.
    Ask {
        /// Name of the cosigner.
        cosigner: String,
        /// Where to write it; must not exist.
        out: PathBuf,
        /// Start from this size, where the cosigner answered that it must.
        #[arg(long, value_name = "SIZE")]
        from: Option<u64>,
    },
    /// Ask a cosigner over the network, and take in what comes back.
    Send {
        /// Name of the cosigner.
        cosigner: String,
        /// Where it answers, such as `https://cosigner.example`.
        #[arg(long)]
        url: String,
    },
    /// Take in a checkpoint that came back cosigned.
    Add {
        /// The file that the cosigner wrote.
        file: PathBuf,
    },
}

/// A small file, and the paper between two machines.
#[derive(Debug, Subcommand)]
pub(crate) enum PaperVerb {
    /// Write a page of QR codes, to be printed or shown on a screen.
    Write {
        /// The file.
        file: PathBuf,
        /// Where to write the page, in HTML; must not exist.
        page: PathBuf,
    },
    /// Make the file again of the text that a scanner read off the codes.
    Read {
        /// That text.
        text: PathBuf,
        /// Where to write the file; must not exist.
        out: PathBuf,
    },
}

impl Shell<'_> {
    pub(crate) fn paper(&mut self, verb: &PaperVerb) -> Result<bool, Failure> {
        let written = match verb {
            PaperVerb::Write { file, page } => paper::write(file, page)?,
            PaperVerb::Read { text, out } => paper::read(text, out)?,
        };
        self.say(&written, |out, written| {
            let place = written.out.display();
            writeln!(out, "{place}: {} bytes, {} codes.", written.bytes, written.parts)?;
            writeln!(out, "SHA-256 of the file  {}", written.sha256)
        })?;
        Ok(true)
    }

    pub(crate) fn cosigner(
        &mut self,
        verb: &CosignerVerb,
        new_passphrase: &dyn Fn() -> Result<Passphrase, tasks::Error>,
        ask: Ask<'_>,
    ) -> Result<bool, Failure> {
        match verb {
            CosignerVerb::New { dir, name, kind, unprotected } => {
                let passphrase = if *unprotected { None } else { Some(new_passphrase()?) };
                let algorithm = match kind {
                    Kind::MlDsa44 => cosigner::Algorithm::MlDsa44,
                    Kind::Ed25519 => cosigner::Algorithm::Ed25519,
                };
                let made = cosigner::new(&self.case.join(dir), name, algorithm, passphrase)?;
                self.say(&made, made_cosigner)?;
            }
            CosignerVerb::Know { dir, key } => {
                let known = cosigner::know(&self.case.join(dir), key, ask)?;
                self.say(&known, |out, known| {
                    writeln!(out, "This cosigner signs for {} from now on.", clean(&known.log))
                })?;
            }
            CosignerVerb::Sign { dir, request, out } => {
                let signed = cosigner::sign(&self.case.join(dir), request, out, ask)?;
                self.say(&signed, |out, signed| {
                    writeln!(
                        out,
                        "Signed: {} with {} records grew from what was signed before.\nHand back \
                         {}.",
                        clean(&signed.log),
                        signed.size,
                        signed.out.display()
                    )
                })?;
            }
            CosignerVerb::Serve { dir, listen } => {
                let folder = self.case.join(dir);
                // Before the first request, and at once: whoever started it waits for the address.
                let mut said = Ok(());
                let served = cosigner::serve(&folder, *listen, ask, |serving| {
                    said = self.say(serving, serving_at).and_then(|()| self.flush());
                    said.is_ok()
                });
                said?;
                served?;
            }
        }
        Ok(true)
    }

    pub(crate) fn cosign(&mut self, verb: &CosignVerb, ask: Ask<'_>) -> Result<bool, Failure> {
        match verb {
            CosignVerb::List => {
                let state = cosign::state(self.case)?;
                self.say(&state, listed)?;
            }
            CosignVerb::Name { key, who } => {
                let named = cosign::name(self.case, key, who.clone(), ask)?;
                self.say(&named, |out, naming| {
                    recovered(out, &naming.recovered)?;
                    writeln!(out, "{} is a cosigner of this case.", clean(&naming.named.name))
                })?;
            }
            CosignVerb::Ask { cosigner, out, from } => {
                let asked = cosign::ask(self.case, cosigner, *from, out)?;
                self.say(&asked, |out, asked| {
                    writeln!(
                        out,
                        "Hand {} to {}: it asks to sign {} records, grown from {}.\nThey run \
                         `casefile cosigner sign DIR {} OUT`; take OUT in with `casefile cosign \
                         add`.",
                        asked.out.display(),
                        clean(&asked.cosigner),
                        asked.size,
                        asked.from,
                        asked.out.display()
                    )
                })?;
            }
            CosignVerb::Send { cosigner, url } => {
                let kept = cosign::send(self.case, cosigner, url, ask)?;
                self.say(&kept, added)?;
            }
            CosignVerb::Add { file } => {
                let kept = cosign::add(self.case, file, ask)?;
                self.say(&kept, added)?;
            }
        }
        Ok(true)
    }
}

fn made_cosigner(out: &mut dyn Write, made: &cosigner::Made) -> io::Result<()> {
    let folder = made.folder.display();
    writeln!(out, "Made a cosigner in {folder}. Its key, for the makers of logs: {folder}/vkey")?;
    if !made.protected {
        writeln!(out, "Its secret key is in the open: whoever has the folder can sign.")?;
    }
    writeln!(out, "Never put an older copy of this folder back: it would sign two histories.")
}

fn serving_at(out: &mut dyn Write, serving: &cosigner::Serving) -> io::Result<()> {
    let (address, folder) = (serving.address, serving.folder.display());
    writeln!(out, "Signing at http://{address} for the logs that {folder} knows.")
}

fn listed(out: &mut dyn Write, state: &cosign::State) -> io::Result<()> {
    if state.cosigners.is_empty() {
        return writeln!(
            out,
            "Nobody outside vouches for this log yet. Name a cosigner: `casefile cosign name KEY`."
        );
    }
    for one in &state.cosigners {
        let who = one.who.as_ref().map(|who| format!(" ({})", clean(who))).unwrap_or_default();
        let name = clean(&one.name);
        match &one.time {
            Some(time) => {
                writeln!(
                    out,
                    "{name}{who}: saw {} of {} records, at {time}",
                    one.size, state.size
                )?;
            }
            None => writeln!(out, "{name}{who}: has signed nothing yet")?,
        }
    }
    Ok(())
}

fn added(out: &mut dyn Write, kept: &cosign::Kept) -> io::Result<()> {
    recovered(out, &kept.recovered)?;
    for by in &kept.by {
        let name = clean(by.name());
        writeln!(out, "{name} saw the first {} records, at {}.", kept.size, by.time)?;
    }
    let verb = if kept.known { "says so already" } else { "says so" };
    writeln!(out, "Record {} of the custody log {verb}.", kept.leaf)
}
