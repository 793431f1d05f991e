//! Pictures an answer names, fetched when a person asks for one and written anew: the page gets what one sees, and
//! nothing a server put into the file besides.

use crate::Engine;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use rivulet_attachments::{Prepared, prepare};
use rivulet_protocol::*;
use rivulet_providers::{PictureError, Pictures};

impl Engine {
    /// The picture at this address.
    pub(crate) async fn fetch_picture(&self, address: &str) -> Result<AttachmentData, ApiError> {
        let unavailable = |detail: String| {
            ApiError::new(ErrorCode::PictureFailed, "The picture could not be fetched.").detail(detail)
        };
        let route = self.route(&ProxyChoice::System).await.map_err(ApiError::upstream)?;
        let bytes = Pictures::default().fetch(address, &route.roots).await.map_err(|error| match error {
            PictureError::Address | PictureError::Private | PictureError::Downgrade => {
                ApiError::new(ErrorCode::PictureAddress, "Pictures are not fetched from this address.").detail(error)
            }
            PictureError::Redirects
            | PictureError::Status(_)
            | PictureError::TooLarge
            | PictureError::Slow
            | PictureError::Network(_) => unavailable(error.to_string()),
        })?;
        let prepared = tokio::task::spawn_blocking(move || prepare(bytes)).await;
        match prepared.map_err(|error| unavailable(error.to_string()))? {
            Ok(Prepared::Picture { media_type, data, .. }) => {
                Ok(AttachmentData { media_type: media_type.into(), data: BASE64_STANDARD.encode(data) })
            }
            Ok(Prepared::Pdf { .. } | Prepared::Office { .. } | Prepared::Text(_)) => {
                Err(unavailable("it is no picture".into()))
            }
            Err(error) => Err(unavailable(error.to_string())),
        }
    }
}
