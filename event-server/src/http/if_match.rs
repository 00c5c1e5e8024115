//! `If-Match` (RFC 9110 §13.1.1): for which state of a resource an edit was made.

use actix_web::dev::Payload;
use actix_web::http::header::IF_MATCH;
use actix_web::{FromRequest, HttpRequest};

use super::problems::ApiError;
use crate::operations::expected::Expected;

/// What the request's `If-Match` names.
pub(super) struct IfMatch(pub(super) Expected);

impl FromRequest for IfMatch {
    type Error = ApiError;
    type Future = std::future::Ready<Result<Self, ApiError>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let values = request.headers().get_all(IF_MATCH);
        let texts: Vec<&str> = values.filter_map(|value| value.to_str().ok()).collect();
        std::future::ready(match texts.is_empty() {
            true => Err(ApiError::if_match_missing()),
            false => Ok(Self(expected(&texts.join(",")))),
        })
    }
}

/// A weak tag matches nothing, nor does what is no tag.
fn expected(tags: &str) -> Expected {
    if tags.trim() == "*" {
        return Expected::Any;
    }
    let strong = tags
        .split(',')
        .filter_map(|tag| tag.trim().strip_prefix('"')?.strip_suffix('"'));
    let versions = strong.filter_map(|tag| tag.split_once('.'));
    Expected::OneOf(versions.map(|(version, _)| version.to_owned()).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::operations::expected::version;

    #[test]
    fn any_of_several_strong_tags_will_do_and_no_weak_one() {
        let tag = format!("\"{}.abc\"", version(7));
        for (header, meant) in [
            (tag.clone(), true),
            (format!("\"x.y\" , {tag}"), true),
            ("*".to_owned(), true),
            (format!("W/{tag}"), false),
            ("\"x.y\"".to_owned(), false),
            (String::new(), false),
            (version(7), false),
        ] {
            assert_eq!(expected(&header).check(7).is_ok(), meant, "{header}");
        }
    }
}
