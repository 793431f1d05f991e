//! Where the storage is.

use crate::StorageError;
use crate::transport::{Carrier, Http};
use opendal::services::{Fs, S3, Webdav};
use opendal::{HttpTransporter, OperationContext, Operator};
use rivulet_protocol::{Secret, StoragePlace};
use std::path::Path;
use std::sync::Arc;
use url::{Host, Url};

/// The place's address in one form: what its password and passphrase are bound to. A place that is none, or where a
/// password would go over the wire in the clear, is refused.
pub fn address(place: &StoragePlace) -> Result<String, StorageError> {
    match place {
        StoragePlace::Folder { path } => {
            if !Path::new(path).is_absolute() {
                return Err(StorageError::Address("The folder is named from the root."));
            }
            Ok(format!("folder:{}", path.trim_end_matches(['/', '\\'])))
        }
        StoragePlace::Webdav { address, .. } => web(address),
        StoragePlace::S3 { endpoint, bucket, folder, .. } => {
            if bucket.is_empty() || !bucket.bytes().all(|sign| sign.is_ascii_alphanumeric() || b".-_".contains(&sign)) {
                return Err(StorageError::Address("A bucket's name has letters, digits, dots and dashes."));
            }
            Ok(format!("{}/{bucket}/{}", web(endpoint)?, folder.trim_matches('/')).trim_end_matches('/').to_owned())
        }
    }
}

/// The folder of a storage is not there.
pub(crate) fn absent() -> StorageError {
    StorageError::Failed("the folder is not there".into())
}

fn web(given: &str) -> Result<String, StorageError> {
    let url = Url::parse(given.trim()).map_err(|_| StorageError::Address("This is not a web address."))?;
    if !url.username().is_empty() || url.password().is_some() {
        return Err(StorageError::Address("User and password have places of their own."));
    }
    let here = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    };
    if url.scheme() != "https" && !(url.scheme() == "http" && here) {
        return Err(StorageError::Address("The address begins with https, or the password could be read on the way."));
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err(StorageError::Address("The address ends with the folder."));
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

/// What speaks to the place. The environment's credentials and settings are never looked at.
pub(crate) fn operator(
    place: &StoragePlace,
    password: Option<&Secret>,
    http: Arc<dyn Http>,
) -> Result<Operator, StorageError> {
    address(place)?;
    let password = password.map(Secret::expose).unwrap_or_default();
    let operator = match place {
        // OpenDAL would make it, on whatever disk is there instead of the one that is not plugged in.
        StoragePlace::Folder { path } if !Path::new(path).is_dir() => return Err(absent()),
        StoragePlace::Folder { path } => Operator::new(Fs::default().root(path)),
        StoragePlace::Webdav { address, user } => {
            let service = Webdav::default().endpoint(&web(address)?).disable_create_dir(true);
            // Without a user, nothing is said of one.
            Operator::new(if user.is_empty() { service } else { service.username(user).password(password) })
        }
        StoragePlace::S3 { endpoint, bucket, folder, region, key_id } => Operator::new(
            S3::default()
                .endpoint(&web(endpoint)?)
                .bucket(bucket)
                .root(folder)
                .region(if region.is_empty() { "us-east-1" } else { region })
                .access_key_id(key_id)
                .secret_access_key(password)
                .disable_config_load()
                .disable_ec2_metadata(),
        ),
    };
    let operator = operator.map_err(StorageError::of)?;
    Ok(operator.with_context(OperationContext::new().with_http_transport(HttpTransporter::new(Carrier(http)))))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webdav(address: &str) -> StoragePlace {
        StoragePlace::Webdav { address: address.into(), user: "me".into() }
    }

    #[test]
    fn a_place_has_one_address_and_no_password_goes_in_the_clear() {
        assert_eq!(address(&webdav("https://Cloud.example/dav/me/")).unwrap(), "https://cloud.example/dav/me");
        assert!(address(&webdav("http://127.0.0.1:8080/dav")).is_ok());
        for refused in ["http://nas.local/dav", "ftp://a/b", "https://me:pw@a/b", "https://a/b?c", "nas", ""] {
            assert!(matches!(address(&webdav(refused)), Err(StorageError::Address(_))), "{refused}");
        }
        let s3 = |bucket: &str, folder: &str| StoragePlace::S3 {
            endpoint: "https://s3.example".into(),
            bucket: bucket.into(),
            folder: folder.into(),
            region: String::new(),
            key_id: "id".into(),
        };
        assert_eq!(address(&s3("mine", "/rivulet/")).unwrap(), "https://s3.example/mine/rivulet");
        assert_ne!(address(&s3("mine", "")).unwrap(), address(&s3("yours", "")).unwrap());
        assert!(address(&s3("mi/ne", "")).is_err());
        assert!(address(&StoragePlace::Folder { path: "backups".into() }).is_err());
    }
}
