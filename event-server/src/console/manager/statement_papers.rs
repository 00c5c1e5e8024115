//! A month as papers: the statement for the board, and the notice for one unit.

use actix_web::{HttpResponse, web};

use super::super::visit::{Shown, Visit};
use super::statements::{asked, month_of, of_site};
use super::tabs;
use crate::operations::statement_papers::{board_paper, notice_paper};
use crate::papers::statement::{notice_pdf, pdf};

pub(super) async fn statement(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = board(&visit, &path).await;
    visit.answered(shown)
}

async fn board(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (month, of) = (month_of(text)?, of_site(&seen.site));
    let (at, language) = ((month, visit.now_us), visit.language);
    let read = visit
        .context
        .db
        .read(move |conn| board_paper(conn, &of, at, language));
    let (paper, name) = (read.await?, format!("statement-{month}.pdf"));
    visit.paper(&name, move |font| pdf(font, &paper)).await
}

pub(super) async fn notice(visit: Visit, path: web::Path<(String, String)>) -> HttpResponse {
    let shown = of_unit(&visit, &path).await;
    visit.answered(shown)
}

async fn of_unit(visit: &Visit, (id, text): &(String, String)) -> Shown {
    let seen = tabs::open(visit, id).await?;
    let (month, of) = (month_of(text)?, of_site(&seen.site));
    let unit = asked(visit, "unit").unwrap_or_default();
    let (at, language) = ((month, visit.now_us), visit.language);
    let read = visit
        .context
        .db
        .read(move |conn| notice_paper(conn, &of, at, (unit, language)));
    let (paper, name) = (read.await?, format!("notice-{month}.pdf"));
    visit.paper(&name, move |font| notice_pdf(font, &paper)).await
}
