//! What residents do: scan, start, watch, stop, look back.

mod card;
mod charge;
mod choice;
mod consent;
mod curve;
mod elsewhere;
mod mine;
mod my_data;
mod notices;
mod outlet;
mod outlet_live;
mod presence;
mod receipt;
mod report;
mod start;

use actix_web::http::Method;
use actix_web::web::{ServiceConfig, to};

use crate::http::at;

pub(super) fn configure(app: &mut ServiceConfig) {
    app.service(at("/o/{code}", [(Method::GET, to(outlet::show))]))
        .service(at("/o/{code}/stream", [(Method::GET, to(outlet_live::stream))]))
        .service(at("/o/{code}/confirm", [(Method::GET, to(start::confirm))]))
        .service(at("/o/{code}/start", [(Method::POST, to(start::start))]))
        .service(at(
            "/o/{code}/report",
            [(Method::GET, to(report::ask)), (Method::POST, to(report::send))],
        ))
        .service(at("/code", [(Method::GET, to(outlet::look_up))]))
        .service(at("/charges/{id}", [(Method::GET, to(charge::show))]))
        .service(at("/charges/{id}/stream", [(Method::GET, to(charge::stream))]))
        .service(at(
            "/charges/{id}/stop",
            [
                (Method::GET, to(charge::ask_stop)),
                (Method::POST, to(charge::stop)),
            ],
        ))
        .service(at(
            "/charges/{id}/receipt.pdf",
            [(Method::GET, to(receipt::show))],
        ))
        .service(at("/my", [(Method::GET, to(mine::show))]))
        .service(at(
            "/my/data",
            [
                (Method::GET, to(my_data::show)),
                (Method::POST, to(my_data::delete)),
            ],
        ))
        .service(at("/my/notices", [(Method::POST, to(notices::change))]))
        .service(at("/my/charges.csv", [(Method::GET, to(mine::csv))]));
}
