//! Answers that are PDF, drawn beside the threads that serve requests.

use actix_web::http::header::CONTENT_DISPOSITION;
use actix_web::{HttpResponse, web};

use super::labels::printed;
use super::problems::ApiError;
use crate::config::Config;
use crate::papers::{Font, PaperError};

/// Draws a paper with this machine's font, and answers with it under a file name.
pub(crate) async fn drawn(
    config: &Config,
    name: &str,
    draw: impl FnOnce(&Font) -> Result<Vec<u8>, PaperError> + Send + 'static,
) -> Result<HttpResponse, ApiError> {
    let papers = config.papers.clone();
    let drawing = web::block(move || draw(&Font::find(&papers)?));
    let pdf = drawing.await.map_err(|error| ApiError::internal(&error))??;
    let mut answer = printed("application/pdf", pdf);
    if let Ok(name) = format!("inline; filename=\"{name}\"").parse() {
        answer.headers_mut().insert(CONTENT_DISPOSITION, name);
    }
    Ok(answer)
}
