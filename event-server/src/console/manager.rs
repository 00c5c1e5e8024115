//! What managers do: their sites, one page for each thing to look after.

mod alarm_cards;
mod alarms;
mod audit;
mod audit_changes;
pub(super) mod bind_label;
pub(super) mod check_label;
mod clear_fault;
mod close_month;
mod correction;
mod equipment;
mod label_batches;
mod labels;
mod letter;
mod live;
mod load;
mod load_shares;
mod main_load;
mod notices;
mod outlet;
mod outlet_sure;
mod outlets;
mod people;
mod presence;
mod sessions;
mod settings;
mod sites;
mod sparklines;
mod statement_figures;
mod statement_layout;
mod statement_papers;
mod statement_sessions;
mod statements;
mod sure;
mod tabs;
mod tariff_form;
mod tariff_read;
#[cfg(test)]
mod tariff_read_tests;
mod tariffs;
mod withdraw_price;

use actix_web::http::Method;
use actix_web::web::{ServiceConfig, to};

pub(super) use self::tariff_form::days_called;
use crate::http::at;

const GET: Method = Method::GET;
const POST: Method = Method::POST;

pub(super) fn configure(app: &mut ServiceConfig) {
    app.service(at("/sites", [(GET, to(sites::show))]))
        .service(at("/sites/{id}", [(GET, to(live::show))]))
        .service(at("/sites/{id}/stream", [(GET, to(live::stream))]))
        .service(at("/sites/{id}/charges", [(GET, to(sessions::show))]))
        .service(at("/sites/{id}/alarms", [(GET, to(alarms::show))]))
        .service(at(
            "/sites/{id}/alarms/{alarm}",
            [(POST, to(alarms::acknowledge))],
        ))
        .service(at("/sites/{id}/people", [(GET, to(people::show))]))
        .service(at("/sites/{id}/letter.pdf", [(POST, to(letter::print))]))
        .service(at("/sites/{id}/people/{person}", [(POST, to(people::change))]))
        .service(at("/sites/{id}/people/{person}/block", [(GET, to(people::ask))]))
        .service(at("/sites/{id}/outlets", [(GET, to(outlets::show))]))
        .service(at(
            "/sites/{id}/outlets/{outlet}",
            [(GET, to(outlet::show)), (POST, to(outlets::change))],
        ))
        .service(at(
            "/sites/{id}/outlets/{outlet}/stream",
            [(GET, to(outlet::stream))],
        ))
        .service(at(
            "/sites/{id}/outlets/{outlet}/code",
            [(GET, to(outlet_sure::code)), (POST, to(outlets::rotate))],
        ))
        .service(at(
            "/sites/{id}/outlets/{outlet}/disable",
            [(GET, to(outlet_sure::disable))],
        ))
        .service(at(
            "/sites/{id}/outlets/{outlet}/fault",
            [(GET, to(clear_fault::ask)), (POST, to(clear_fault::clear))],
        ))
        .service(at(
            "/sites/{id}/outlets/{outlet}/presence",
            [(POST, to(presence::rotate))],
        ))
        .configure(labelling)
        .service(at("/sites/{id}/load", [(GET, to(load::show))]))
        .service(at("/sites/{id}/equipment", [(GET, to(equipment::show))]))
        .service(at("/sites/{id}/audit", [(GET, to(audit::show))]))
        .service(at("/sites/{id}/audit.csv", [(GET, to(audit::csv))]))
        .service(at(
            "/sites/{id}/settings",
            [(GET, to(settings::show)), (POST, to(settings::change))],
        ))
        .service(at(
            "/sites/{id}/notices",
            [(GET, to(notices::show)), (POST, to(notices::change))],
        ))
        .service(at(
            "/sites/{id}/notices/{person}/remove",
            [(POST, to(notices::remove))],
        ))
        .configure(prices)
        .configure(months);
}

fn prices(app: &mut ServiceConfig) {
    app.service(at(
        "/sites/{id}/tariff",
        [(GET, to(tariffs::show)), (POST, to(tariffs::save))],
    ))
    .service(at("/sites/{id}/tariff/preview", [(POST, to(tariffs::preview))]))
    .service(at(
        "/sites/{id}/tariff/{version}/withdraw",
        [
            (GET, to(withdraw_price::ask)),
            (POST, to(withdraw_price::withdraw)),
        ],
    ));
}

fn labelling(app: &mut ServiceConfig) {
    app.service(at("/sites/{id}/labels.pdf", [(GET, to(labels::print))]))
        .service(at("/sites/{id}/label-batches", [(POST, to(label_batches::make))]))
        .service(at(
            "/sites/{id}/label-batches/{batch}.csv",
            [(GET, to(label_batches::csv))],
        ))
        .service(at(
            "/sites/{id}/label-batches/{batch}.pdf",
            [(GET, to(label_batches::pdf))],
        ))
        .service(at(
            "/o/{code}/bind",
            [(GET, to(bind_label::ask)), (POST, to(bind_label::bind))],
        ))
        .service(at("/o/{code}/check", [(POST, to(check_label::answer))]));
}

/// What ends in `.csv` or `.pdf` and what has a name of its own goes first, as any text may stand for a month.
fn months(app: &mut ServiceConfig) {
    app.service(at("/sites/{id}/statements", [(GET, to(statements::list))]))
        .service(at(
            "/sites/{id}/statements/layout",
            [
                (GET, to(statement_layout::show)),
                (POST, to(statement_layout::save)),
            ],
        ))
        .service(at(
            "/sites/{id}/statements/layout/preview",
            [(POST, to(statement_layout::preview))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}.csv",
            [(GET, to(statements::csv))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}.pdf",
            [(GET, to(statement_papers::statement))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}/notice.pdf",
            [(GET, to(statement_papers::notice))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}",
            [(GET, to(statements::show))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}/sessions",
            [(GET, to(statement_sessions::show))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}/close",
            [(GET, to(close_month::ask)), (POST, to(close_month::close))],
        ))
        .service(at(
            "/sites/{id}/statements/{month}/corrections",
            [(POST, to(correction::correct))],
        ));
}
