//! The requests that a mirror makes of an S3-like store: signed by a library, sent by ours.
//!
//! Each is signed as a query (AWS Signature Version 4), which goes into the address: addresses stay
//! in here.

use crate::http::{Answer, Ask, Client};
use data_encoding::BASE64;
use record::Sha256;
use rusty_s3::actions::{CompleteMultipartUpload, CreateMultipartUpload, ListObjectsV2, S3Action};
use rusty_s3::{Bucket, Credentials, Method};
use std::io;
use std::time::Duration;

/// How long a signature is good for: longer than the slowest part takes, shorter than a clock that
/// is wrong by much is forgiven anyway.
const SIGNATURE_SECONDS: u64 = 3600;

/// Most bytes of an answer in XML: a thousand keys of 1,024 bytes, each byte spelled with six.
const PAGE_LIMIT_BYTES: u64 = 8 << 20;
/// Most keys that are listed: two for each of ten million items, and room.
const KEYS_LIMIT: u64 = 1 << 25;

/// What must be so for a write to be done.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Condition<'a> {
    /// Nothing has that name (`If-None-Match: *`).
    Absent,
    /// What has that name has this tag (`If-Match`).
    Tagged(&'a str),
}

/// How a write ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Written {
    /// It is done.
    Done,
    /// Its condition does not hold.
    Refused,
}

/// A bucket, and who may use it.
pub(crate) struct Requests {
    pub(crate) bucket: Bucket,
    pub(crate) credentials: Option<Credentials>,
    pub(crate) client: Client,
}

impl Requests {
    fn send<'a, A: S3Action<'a>>(
        &'a self,
        make: &dyn Fn() -> A,
        headers: &[(&str, &str)],
        body: &[u8],
    ) -> io::Result<Answer> {
        let sign = || make().sign(Duration::from_secs(SIGNATURE_SECONDS)).to_string();
        let method = match A::METHOD {
            Method::Head => "HEAD",
            Method::Get => "GET",
            Method::Post => "POST",
            Method::Put => "PUT",
            Method::Delete => "DELETE",
        };
        self.client.send(&sign, &Ask { method, headers, body })
    }

    /// An object, or `None` where there is none.
    pub(crate) fn get(&self, key: &str) -> io::Result<Option<Answer>> {
        let credentials = self.credentials.as_ref();
        let answer = self.send(&|| self.bucket.get_object(credentials, key), &[], &[])?;
        match answer.status {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(refusal(answer)),
        }
    }

    /// Whether there is an object, and the version of it if the bucket keeps versions.
    pub(crate) fn head(&self, key: &str) -> io::Result<Option<Answer>> {
        let credentials = self.credentials.as_ref();
        let answer = self.send(&|| self.bucket.head_object(credentials, key), &[], &[])?;
        match answer.status {
            200 => Ok(Some(answer)),
            404 => Ok(None),
            _ => Err(refusal(answer)),
        }
    }

    /// Writes an object whole. The store is told the digest, and refuses other bytes if it looks at
    /// it; whether it does is not relied on.
    pub(crate) fn put(
        &self,
        key: &str,
        bytes: &[u8],
        condition: Condition<'_>,
    ) -> io::Result<Written> {
        let credentials = self.credentials.as_ref();
        let digest = BASE64.encode(&Sha256::of(bytes).0);
        let make = || {
            let mut put = self.bucket.put_object(credentials, key);
            put.headers_mut().insert("x-amz-checksum-sha256", digest.clone());
            put
        };
        let when = match condition {
            Condition::Absent => ("if-none-match", "*"),
            Condition::Tagged(tag) => ("if-match", tag),
        };
        let checksum = ("x-amz-checksum-sha256", digest.as_str());
        let answer = self.send(&make, &[checksum, when], bytes)?;
        // A store without conditional writes: who writes beside us is not noticed there.
        let answer =
            if answer.status == 501 { self.send(&make, &[checksum], bytes)? } else { answer };
        match answer.status {
            200 | 201 | 204 => Ok(Written::Done),
            409 | 412 => Ok(Written::Refused),
            _ => Err(refusal(answer)),
        }
    }

    /// Removes an object, of a bucket with versions the version `version`.
    pub(crate) fn delete(&self, key: &str, version: Option<&str>) -> io::Result<()> {
        let credentials = self.credentials.as_ref();
        let make = || {
            let mut delete = self.bucket.delete_object(credentials, key);
            if let Some(version) = version {
                delete.query_mut().insert("versionId", version.to_owned());
            }
            delete
        };
        let answer = self.send(&make, &[], &[])?;
        if matches!(answer.status, 200 | 204 | 404) { Ok(()) } else { Err(refusal(answer)) }
    }

    /// Every object whose key begins with `prefix`: key and size.
    pub(crate) fn list(&self, prefix: &str, each: &mut dyn FnMut(String, u64)) -> io::Result<()> {
        let credentials = self.credentials.as_ref();
        let (mut next, mut keys): (Option<String>, u64) = (None, 0);
        loop {
            let make = || {
                let mut list = self.bucket.list_objects_v2(credentials);
                list.with_prefix(prefix.to_owned());
                if let Some(next) = &next {
                    list.with_continuation_token(next.clone());
                }
                list
            };
            let answer = self.send(&make, &[], &[])?;
            if answer.status != 200 {
                return Err(refusal(answer));
            }
            let text = String::from_utf8(answer.bytes(PAGE_LIMIT_BYTES)?).map_err(malformed)?;
            let listed = ListObjectsV2::parse_response(&text).map_err(malformed)?;
            for object in listed.contents {
                keys += 1;
                if keys > KEYS_LIMIT {
                    return Err(malformed("it lists more than any mirror has"));
                }
                each(object.key, object.size.unwrap_or_default());
            }
            // One that leads back to itself would never end.
            match listed.next_continuation_token {
                Some(token) if next.as_ref() != Some(&token) => next = Some(token),
                _ => return Ok(()),
            }
        }
    }

    /// Begins an upload in parts.
    pub(crate) fn begin_parts(&self, key: &str) -> io::Result<String> {
        let credentials = self.credentials.as_ref();
        let make = || self.bucket.create_multipart_upload(credentials, key);
        let answer = self.send(&make, &[], &[])?;
        if answer.status != 200 {
            return Err(refusal(answer));
        }
        let text = String::from_utf8(answer.bytes(PAGE_LIMIT_BYTES)?).map_err(malformed)?;
        let begun = CreateMultipartUpload::parse_response(&text).map_err(malformed)?;
        Ok(begun.upload_id().to_owned())
    }

    /// Writes one part, and gives its tag.
    pub(crate) fn put_part(
        &self,
        (key, upload): (&str, &str),
        number: u16,
        bytes: &[u8],
    ) -> io::Result<String> {
        let credentials = self.credentials.as_ref();
        let make = || self.bucket.upload_part(credentials, key, number, upload);
        let answer = self.send(&make, &[], bytes)?;
        match (answer.status, answer.header("etag")) {
            (200, Some(tag)) => Ok(tag.to_owned()),
            _ => Err(refusal(answer)),
        }
    }

    /// Ends an upload in parts: only now does the object exist.
    pub(crate) fn end_parts(
        &self,
        (key, upload): (&str, &str),
        tags: &[String],
    ) -> io::Result<Written> {
        let credentials = self.credentials.as_ref();
        let each = || tags.iter().map(String::as_str);
        let end = || -> CompleteMultipartUpload<'_, _> {
            self.bucket.complete_multipart_upload(credentials, key, upload, each())
        };
        let body = end().body();
        let answer = self.send(&end, &[("if-none-match", "*")], body.as_bytes())?;
        let answer =
            if answer.status == 501 { self.send(&end, &[], body.as_bytes())? } else { answer };
        match answer.status {
            200 => Ok(Written::Done),
            409 | 412 => Ok(Written::Refused),
            _ => Err(refusal(answer)),
        }
    }

    /// Takes an upload in parts back.
    pub(crate) fn drop_parts(&self, (key, upload): (&str, &str)) -> io::Result<()> {
        let credentials = self.credentials.as_ref();
        let make = || self.bucket.abort_multipart_upload(credentials, key, upload);
        self.send(&make, &[], &[]).map(drop)
    }
}

/// What the store says when it does not do something: its code, which is one word.
fn refusal(answer: Answer) -> io::Error {
    let status = answer.status;
    // Without it there is no reason given, and the status says enough.
    let text = answer.bytes(PAGE_LIMIT_BYTES).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let code = text.split_once("<Code>").and_then(|(_, rest)| rest.split_once("</Code>"));
    let plain = |code: &&str| code.len() < 64 && code.bytes().all(|b| b.is_ascii_alphanumeric());
    let code = code.map(|(code, _)| code).filter(plain).unwrap_or("no reason given");
    let message = format!("the store answers {status} ({code})");
    let kind = match status {
        401 | 403 => io::ErrorKind::PermissionDenied,
        404 => io::ErrorKind::NotFound,
        507 => io::ErrorKind::StorageFull,
        _ => io::ErrorKind::Other,
    };
    io::Error::new(kind, message)
}

fn malformed(error: impl std::fmt::Display) -> io::Error {
    let message = format!("the store's answer cannot be read: {error}");
    io::Error::new(io::ErrorKind::InvalidData, message)
}
