//! The check of key files of sealed items: there, as on record, and gone where erased.

use archive::sealed::{Item, Recorded, copies, read};
use archive::{Error, codes, layout, objects};
use record::Finding;
use std::path::Path;

/// Looks at every key file: there, as on record, and gone where its item was erased.
pub(crate) fn check(root: &Path, size: u64, recorded: &Recorded) -> Result<Vec<Finding>, Error> {
    let mut findings = Vec::new();
    let folder = layout::at(root, layout::SEALED);
    let left_out = layout::is_mirror(root) && !folder.exists();
    if left_out && !recorded.items.is_empty() {
        let message = "this is a mirror without the key files of sealed items: they can be opened \
                       from the case only, or from a mirror made with --with-private";
        findings.push(Finding::notice(codes::PRIVATE_LEFT_OUT, layout::SEALED, message));
    }
    for item in recorded.items.values() {
        match recorded.erased.get(&item.item) {
            Some(erasure) => findings.extend(check_erased(root, item, *erasure)?),
            None if left_out => {}
            None => match (read(root, item), recorded.asked_alone(item.item)) {
                (Ok(_), asked) => findings.extend(asked.map(|asked| pending(item, asked))),
                (Err(Error::Damaged { code, place, .. }), Some((leaf, _)))
                    if code == codes::SEALED_KEY_MISSING =>
                {
                    let message = format!(
                        "this key file is gone: record {leaf}, by one person, asks for the \
                         erasure of its item, which two must sign, and no second one has"
                    );
                    findings.push(Finding::fault(codes::ERASURE_ALONE, place, message));
                }
                (Err(Error::Damaged { code, place, message }), _) => {
                    findings.push(Finding::fault(code, place, message));
                }
                (Err(error), _) => {
                    let message = format!("{error}. {}", error.remedy());
                    findings.push(Finding::fault(codes::FILE_UNREADABLE, item.place(), message));
                }
            },
        }
    }
    for name in objects::names(&folder)? {
        let place = format!("{}/{name}", layout::SEALED);
        if name.ends_with(layout::ERASING) {
            let message = "an erasure was begun: the next command that writes ends it";
            findings.push(Finding::notice(codes::ERASURE_UNFINISHED, place, message));
            continue;
        }
        let accounted = layout::key_file_named(&name).is_some_and(|(leaf, item)| {
            // Beyond the checkpoint: written ahead of a commit that never came.
            leaf >= size || recorded.items.get(&leaf).is_some_and(|one| one.item == item)
        });
        if !accounted && !name.ends_with(".new") {
            let message = "no record of a sealed item accounts for this file";
            findings.push(Finding::notice(codes::FILE_FOREIGN, place, message));
        }
    }
    Ok(findings)
}

/// That an erasure was asked for, and has no effect: never a silent thing.
fn pending(item: &Item, (leaf, can_be_approved): (u64, bool)) -> Finding {
    let then = if can_be_approved {
        format!("it has no effect until another approves it (`casefile --as NAME approve {leaf}`)")
    } else {
        "nobody can approve it any more, since its signer's key was revoked: it has no effect"
            .to_owned()
    };
    let message = format!(
        "one person asks, by record {leaf}, that this item be erased, and two must: {then}"
    );
    Finding::notice(codes::ERASURE_PENDING, layout::object(item.item), message)
}

fn check_erased(root: &Path, item: &Item, erasure: u64) -> Result<Vec<Finding>, Error> {
    let copies = copies(root, item)?;
    let kept = copies.into_iter().map(|path| {
        let message = format!(
            "record {erasure} erases its item, and this key file is there: run `casefile erase \
             {}` again, which destroys it",
            item.item
        );
        let place = path.strip_prefix(root).unwrap_or(&path).display().to_string();
        Finding::fault(codes::SEALED_KEY_KEPT, place, message)
    });
    let message = format!(
        "the item of leaf {} was erased by record {erasure}: its sealed bytes are kept and proved, \
         and nobody can open them any more",
        item.leaf
    );
    let erased = Finding::notice(codes::ITEM_ERASED, layout::object(item.item), message);
    Ok(kept.chain([erased]).collect())
}
