//! What managers do: their sites, one page for each thing to look after.

mod live;
mod sites;
mod tabs;

use actix_web::http::Method;
use actix_web::web::{ServiceConfig, to};

use crate::http::at;

pub(super) fn configure(app: &mut ServiceConfig) {
    app.service(at("/sites", [(Method::GET, to(sites::show))]))
        .service(at("/sites/{id}", [(Method::GET, to(live::show))]))
        .service(at("/sites/{id}/stream", [(Method::GET, to(live::stream))]));
}
