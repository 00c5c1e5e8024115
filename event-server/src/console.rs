//! The live page: what every outlet is doing, in a sentence.

mod assets;
mod page;
mod sentence;
mod stream;
mod tiles;

use actix_web::http::Method;
use actix_web::web::{ServiceConfig, to};

use crate::http::at;

pub(crate) fn configure(app: &mut ServiceConfig) {
    app.service(at("/", [(Method::GET, to(page::show))]))
        .service(at("/console/stream", [(Method::GET, to(stream::show))]))
        .service(at("/console/assets/{file}", [(Method::GET, to(assets::show))]))
        .service(at("/o/{code}", [(Method::GET, to(page::show_outlet))]));
}
