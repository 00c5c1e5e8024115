//! The routes of what is told: events, webhooks and alarms.

use actix_web::web::{ServiceConfig, to};
use api_spec::token::Scope::{EventsRead, SitesRead, SitesWrite, WebhooksRead, WebhooksWrite};

use super::super::access::{acting, scoped};
use super::super::{alarms, deliveries, events, webhook_endpoints as endpoints};
use super::{DELETE, GET, PATCH, POST, at};

pub(super) fn configure(app: &mut ServiceConfig) {
    alarms(app);
    let many = [
        (GET, scoped(WebhooksRead, to(endpoints::list_webhook_endpoints))),
        (
            POST,
            scoped(WebhooksWrite, to(endpoints::create_webhook_endpoint)),
        ),
    ];
    let one = [
        (GET, scoped(WebhooksRead, to(endpoints::get_webhook_endpoint))),
        (
            PATCH,
            scoped(WebhooksWrite, to(endpoints::update_webhook_endpoint)),
        ),
        (
            DELETE,
            scoped(WebhooksWrite, to(endpoints::delete_webhook_endpoint)),
        ),
    ];
    app.service(at(
        "/v1/events",
        [(GET, scoped(EventsRead, to(events::list_events)))],
    ))
    .service(at(
        "/v1/events/stream",
        [(GET, scoped(EventsRead, to(events::stream_events)))],
    ))
    .service(at("/v1/webhook-endpoints", many))
    .service(at("/v1/webhook-endpoints/{id}", one))
    .configure(sending);
}

fn alarms(app: &mut ServiceConfig) {
    app.service(at(
        "/v1/alarms",
        [(GET, scoped(SitesRead, to(alarms::list_alarms)))],
    ))
    .service(at(
        "/v1/alarms/{id}",
        [(GET, scoped(SitesRead, to(alarms::get_alarm)))],
    ))
    .service(at(
        "/v1/alarms/{id}/acknowledgement",
        [(POST, acting(SitesWrite, to(alarms::acknowledge_alarm)))],
    ));
}

/// What becomes of deliveries, and sending them once more.
fn sending(app: &mut ServiceConfig) {
    let acts = |route| (POST, acting(WebhooksWrite, route));
    let shows = |route| (GET, scoped(WebhooksRead, route));
    app.service(at(
        "/v1/webhook-endpoints/{id}/deliveries",
        [shows(to(deliveries::list_deliveries))],
    ))
    .service(at(
        "/v1/webhook-endpoints/{id}/test",
        [acts(to(endpoints::test_webhook_endpoint))],
    ))
    .service(at(
        "/v1/webhook-endpoints/{id}/secret-rotations",
        [acts(to(endpoints::rotate_webhook_secret))],
    ))
    .service(at(
        "/v1/webhook-endpoints/{id}/replays",
        [acts(to(endpoints::replay_events))],
    ))
    .service(at("/v1/deliveries/{id}", [shows(to(deliveries::get_delivery))]))
    .service(at(
        "/v1/deliveries/{id}/attempts",
        [shows(to(deliveries::list_delivery_attempts))],
    ))
    .service(at(
        "/v1/deliveries/{id}/resends",
        [acts(to(deliveries::resend_delivery))],
    ));
}
