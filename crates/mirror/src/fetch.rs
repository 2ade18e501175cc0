//! Objects in a repair: a good copy of each, from wherever there is one.

use crate::follow::Object;
use crate::land::Landing;
use crate::repair::Run;
use crate::store::Taken;
use archive::{Error, codes, layout, objects};
use record::Finding;
use std::io;

impl Run<'_> {
    /// Streams a good copy in. Whether there was one.
    pub(crate) fn fetch(&mut self, landing: &mut Landing, object: &Object) -> Result<bool, Error> {
        let digests = &object.digests;
        let place = layout::object(digests.sha256);
        let rescued = layout::at(self.root, layout::RESCUED).join(digests.sha256.to_string());
        let copy = self.request.copy.map(|copy| layout::at(copy, &place));
        let file = self.request.files.get(&digests.sha256).cloned();
        for path in [copy, file, Some(rescued)].into_iter().flatten() {
            let mut source = match objects::open_plain(&path) {
                Ok(source) => source,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    self.unreadable(path.display().to_string(), &error);
                    continue;
                }
            };
            match landing.take(&mut source, digests)? {
                Taken::Right => return Ok(true),
                Taken::Other => {}
                Taken::Unreadable(error) => self.unreadable(path.display().to_string(), &error),
            }
        }
        self.fetch_from_store(landing, object)
    }

    /// The same, from a mirror in a store. One that does not answer for this object may do so for
    /// the next.
    fn fetch_from_store(&mut self, landing: &mut Landing, object: &Object) -> Result<bool, Error> {
        let Some(store) = self.store.as_deref_mut() else { return Ok(false) };
        let place = format!("{}/{}", store.name(), layout::object(object.digests.sha256));
        let taken = match store.open(object) {
            Ok(None) => return Ok(false),
            Ok(Some(mut source)) => landing.take(&mut source, &object.digests)?,
            Err(Error::Io { source, .. }) => Taken::Unreadable(source),
            Err(error) => return Err(error),
        };
        match taken {
            Taken::Right => return Ok(true),
            Taken::Other => {}
            Taken::Unreadable(error) => self.unreadable(place, &error),
        }
        Ok(false)
    }

    fn unreadable(&mut self, place: String, error: &io::Error) {
        let message = format!("this copy of an object cannot be read: {error}");
        self.report.findings.push(Finding::notice(codes::FILE_UNREADABLE, place, message));
    }
}
