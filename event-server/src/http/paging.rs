//! Pages of lists: opaque cursors that hold the last key shown.

use api_spec::rest::Page;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

use super::problems::{ApiError, Kind};

pub(super) const DEFAULT_LIMIT: i64 = 50;
pub(super) const MAX_LIMIT: i64 = 200;

/// How many to show; at most `MAX_LIMIT`.
pub(super) fn limit(asked: Option<i64>) -> Result<i64, ApiError> {
    limit_within(asked, DEFAULT_LIMIT, MAX_LIMIT)
}

pub(super) fn limit_within(asked: Option<i64>, default: i64, most: i64) -> Result<i64, ApiError> {
    match asked {
        None => Ok(default),
        Some(limit) if (1..=most).contains(&limit) => Ok(limit),
        Some(_) => {
            let detail = format!("limit: expected 1 to {most}");
            Err(ApiError::new(Kind::InvalidQuery, detail))
        }
    }
}

/// The key in a cursor; empty for the first page.
pub(super) fn after(cursor: Option<&str>) -> Result<String, ApiError> {
    let Some(cursor) = cursor else {
        return Ok(String::new());
    };
    let bytes = URL_SAFE_NO_PAD.decode(cursor).ok();
    let key = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    key.ok_or_else(bad_cursor)
}

/// The number in a cursor; `None` for the first page.
pub(super) fn before(cursor: Option<&str>) -> Result<Option<i64>, ApiError> {
    match after(cursor)?.as_str() {
        "" => Ok(None),
        number => number.parse().map(Some).map_err(|_| bad_cursor()),
    }
}

/// The cursor that holds a key.
pub(super) fn cursor(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(key)
}

fn bad_cursor() -> ApiError {
    ApiError::new(Kind::InvalidQuery, "cursor: take it from next_cursor, unchanged")
}

/// A page of at most `limit` from rows of which one more was asked for; `key` names a row.
pub(super) fn page<R>(mut rows: Vec<R>, limit: i64, key: impl Fn(&R) -> String) -> Page<R> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let more = rows.len() > limit;
    rows.truncate(limit);
    let last = rows.last().filter(|_| more);
    Page {
        next_cursor: last.map(|row| cursor(&key(row))),
        data: rows,
    }
}

/// The same of what is read from each row.
pub(super) fn read<R, T, E>(page: Page<R>, read: impl FnMut(R) -> Result<T, E>) -> Result<Page<T>, E> {
    let next_cursor = page.next_cursor;
    let data = page.data.into_iter().map(read).collect::<Result<_, E>>()?;
    Ok(Page { data, next_cursor })
}

/// The same page of something else.
pub(super) fn map<R, T>(page: Page<R>, make: impl Fn(R) -> T) -> Page<T> {
    Page {
        data: page.data.into_iter().map(make).collect(),
        next_cursor: page.next_cursor,
    }
}
