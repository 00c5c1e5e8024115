//! What managers do: their sites, one page for each thing to look after.

mod close_month;
mod live;
mod sites;
mod statement_figures;
mod statement_sessions;
mod statements;
mod tabs;

use actix_web::http::Method;
use actix_web::web::{ServiceConfig, to};

use crate::http::at;

pub(super) fn configure(app: &mut ServiceConfig) {
    app.service(at("/sites", [(Method::GET, to(sites::show))]))
        .service(at("/sites/{id}", [(Method::GET, to(live::show))]))
        .service(at("/sites/{id}/stream", [(Method::GET, to(live::stream))]))
        .configure(months);
}

/// What ends in `.csv` goes first, as any text may stand for a month.
fn months(app: &mut ServiceConfig) {
    app.service(at(
        "/sites/{id}/statements",
        [(Method::GET, to(statements::list))],
    ))
    .service(at(
        "/sites/{id}/statements/{month}.csv",
        [(Method::GET, to(statements::csv))],
    ))
    .service(at(
        "/sites/{id}/statements/{month}",
        [(Method::GET, to(statements::show))],
    ))
    .service(at(
        "/sites/{id}/statements/{month}/sessions",
        [(Method::GET, to(statement_sessions::show))],
    ))
    .service(at(
        "/sites/{id}/statements/{month}/close",
        [
            (Method::GET, to(close_month::ask)),
            (Method::POST, to(close_month::close)),
        ],
    ))
    .service(at(
        "/sites/{id}/statements/{month}/corrections",
        [(Method::POST, to(close_month::correct))],
    ));
}
