//! The header `DPoP` (RFC 9449 §4.1).

use actix_web::HttpRequest;
use foundation::dpop::{BadProof, header};

use crate::grants::ShownProof;

/// The proof of a request to this path, if it came with one.
pub(super) fn proof(request: &HttpRequest, path: &'static str) -> Result<Option<ShownProof>, BadProof> {
    let jwt = header(request)?;
    Ok(jwt.map(|jwt| ShownProof {
        jwt: jwt.to_owned(),
        method: request.method().to_string(),
        path,
    }))
}
