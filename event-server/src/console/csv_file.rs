//! A file of CSV, to be kept.

use actix_web::HttpResponse;
use actix_web::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};

use crate::http::{Cell, Csv};

/// With the names of its columns in the first line.
pub(super) fn csv_file<S: AsRef<str>>(
    name: &str,
    csv: Csv,
    (names, rows): (&[S], Vec<Vec<Cell>>),
) -> HttpResponse {
    let names: Vec<&str> = names.iter().map(AsRef::as_ref).collect();
    let bytes = [csv.head(&names), csv.lines(rows)].concat();
    HttpResponse::Ok()
        .insert_header((CACHE_CONTROL, "no-store"))
        .insert_header((CONTENT_TYPE, csv.content_type()))
        .insert_header((CONTENT_DISPOSITION, format!("attachment; filename=\"{name}\"")))
        .body(bytes)
}
