//! How requests for tokens are sent.

use oauth2::{HttpRequest, HttpResponse};

/// Of an answer with a token.
const MAX_ANSWER_BYTES: usize = 64 * 1024;

#[derive(Debug, thiserror::Error)]
pub(crate) enum NotSent {
    #[error(transparent)]
    Http(#[from] reqwest::Error),
    #[error("its answer is too long")]
    TooLong,
}

pub(crate) async fn send(http: reqwest::Client, request: HttpRequest) -> Result<HttpResponse, NotSent> {
    let mut answer = http.execute(request.try_into()?).await?;
    let mut response = HttpResponse::default();
    *response.status_mut() = answer.status();
    *response.headers_mut() = std::mem::take(answer.headers_mut());
    while let Some(chunk) = answer.chunk().await? {
        if response.body().len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(NotSent::TooLong);
        }
        response.body_mut().extend_from_slice(&chunk);
    }
    Ok(response)
}
