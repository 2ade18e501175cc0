//! The write paths under test, by name. What each starts from: `stage` and `parties`; what is run:
//! `scenario`; when it is done: `done`.

/// A write path of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Route {
    /// A new case is made.
    Init,
    /// Items are taken in, in several commits.
    Capture,
    /// A case is put in order that two interrupted runs left behind, and items are taken in until a
    /// tile is full, and beyond.
    Recover,
    /// Items are read, in several commits.
    Read,
    /// Everything kept is read again, and that is recorded.
    Scrub,
    /// A second copy of the case is brought up to date.
    Mirror,
    /// A damaged and a lost object are put back from a second copy.
    Repair,
    /// The last checkpoint is kept elsewhere too, from now on.
    Guard,
    /// A cosigned checkpoint is taken in.
    Cosign,
    /// A cosigner signs a checkpoint.
    Vouch,
    /// A timestamp is asked for.
    Timestamp,
    /// A reply that renews a timestamp is taken in.
    Stamp,
    /// The renewal of a timestamp is asked for.
    Renew,
    /// Another key may sign from now on.
    Enrol,
    /// A new key takes the place of an old one.
    Rotate,
    /// A key may sign no more.
    Revoke,
    /// A second person approves what another has recorded.
    Approve,
    /// Items are taken in sealed.
    Seal,
    /// A sealed item is opened into a file outside the case.
    Unseal,
    /// The key of a sealed item is destroyed.
    Erase,
    /// A mirror is brought up to date that still has a key which the case has destroyed.
    Carry,
    /// COSE receipts are written.
    Receipt,
    /// The chain of custody is written as a page.
    Custody,
    /// A bundle is written as a folder.
    Export,
    /// A bundle is written as a zip file.
    ExportZip,
    /// A bundle of another archive is received, and a receipt written.
    Receive,
    /// Another archive's receipt is put on record.
    Acknowledge,
    /// A recovery key is made, and split among holders.
    RecoverySet,
    /// A holder opens their share.
    RecoveryShare,
    /// A key is enrolled by holders who have met.
    RecoveryEnrol,
    /// A key is revoked by them.
    RecoveryRevoke,
    /// A mirror in the form of OCFL gets new versions of what it has, and new objects.
    MirrorOcfl,
    /// A cosigner is made.
    NewCosigner,
    /// A cosigner gets to know a log.
    Know,
    /// A cosigner answers one request over the network.
    Serve,
    /// A cosigner is asked over the network, and the answer taken in.
    Send,
    /// A file is written as a page of codes.
    PaperWrite,
    /// A file is made again of the text of such codes.
    PaperRead,
    /// A bundle with all that one can hold is written: evidence records, timestamps, cosigned
    /// checkpoints, several people's records, a sealed item and its key.
    ExportAll,
}

/// All of them.
pub(crate) const ROUTES: [Route; 39] = [
    Route::Init,
    Route::Capture,
    Route::Recover,
    Route::Read,
    Route::Scrub,
    Route::Mirror,
    Route::Repair,
    Route::Guard,
    Route::Cosign,
    Route::Vouch,
    Route::Timestamp,
    Route::Stamp,
    Route::Renew,
    Route::Enrol,
    Route::Rotate,
    Route::Revoke,
    Route::Approve,
    Route::Seal,
    Route::Unseal,
    Route::Erase,
    Route::Carry,
    Route::Receipt,
    Route::Custody,
    Route::Receive,
    Route::Acknowledge,
    Route::RecoverySet,
    Route::RecoveryShare,
    Route::RecoveryEnrol,
    Route::RecoveryRevoke,
    Route::MirrorOcfl,
    Route::NewCosigner,
    Route::Know,
    Route::Serve,
    Route::Send,
    Route::PaperWrite,
    Route::PaperRead,
    Route::Export,
    Route::ExportZip,
    Route::ExportAll,
];
