//! The limits hold for constructors and for JSON alike.

use super::{Int, List, Num, OutOfBounds, Str};

fn refusal<T: serde::de::DeserializeOwned>(json: &str) -> String {
    match serde_json::from_str::<T>(json) {
        Ok(_) => panic!("{json} was accepted"),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_text_is_measured_in_characters_not_bytes() {
    let street = "電気通り八丁目";
    assert_eq!(Str::<7>::new(street).unwrap(), street);
    assert_eq!(Str::<6>::new(street), Err(OutOfBounds::TooLong { limit: 6 }));
    assert_eq!(
        serde_json::from_str::<Str<7>>(&format!("\"{street}\"")).unwrap(),
        street
    );
    assert!(refusal::<Str<6>>(&format!("\"{street}\"")).starts_with("PropertyConstraintViolation: "));
}

#[test]
fn an_escaped_text_is_measured_after_unescaping() {
    assert_eq!(serde_json::from_str::<Str<1>>(r#""\u96fb""#).unwrap(), "電");
    assert!(refusal::<Str<1>>(r#""\n\n""#).starts_with("PropertyConstraintViolation: "));
}

#[test]
fn truncating_keeps_whole_characters_and_never_lengthens() {
    assert_eq!(Str::<3>::truncated("電気通り"), "電気通");
    assert_eq!(Str::<3>::truncated("ab"), "ab");
    assert_eq!(Str::<3>::truncated("abc"), "abc");
    assert_eq!(Str::<0>::truncated("abc"), "");
}

#[test]
fn an_integer_takes_its_bounds_and_nothing_beyond() {
    for (value, inside) in [(-1, false), (0, true), (3, true), (4, false)] {
        assert_eq!(Int::<0, 3>::new(value).is_ok(), inside, "{value}");
        assert_eq!(
            serde_json::from_str::<Int<0, 3>>(&value.to_string()).is_ok(),
            inside,
            "{value}"
        );
    }
    assert_eq!(Int::<0, 3>::clamped(9).get(), 3);
    assert_eq!(Int::<0>::clamped(-9).get(), 0);
    assert!(refusal::<Int<0, 3>>("4").starts_with("PropertyConstraintViolation: 4 is not between 0 and 3"));
}

#[test]
fn a_number_takes_its_bounds_and_nothing_beyond() {
    for (value, inside) in [
        (-0.1, false),
        (0.0, true),
        (100.0, true),
        (100.1, false),
        (f64::NAN, false),
    ] {
        assert_eq!(Num::<0, 100>::new(value).is_ok(), inside, "{value}");
    }
    assert!(Num::<{ i64::MIN }, 0>::new(-1e300).is_ok());
    assert!(Num::<0>::new(f64::INFINITY).is_err());
    assert!(refusal::<Num<0, 100>>("100.5").starts_with("PropertyConstraintViolation: "));
}

#[test]
fn a_list_has_neither_too_few_nor_too_many_items() {
    for (items, inside) in [(0, false), (1, true), (2, true), (3, false)] {
        assert_eq!(List::<i64, 1, 2>::new(vec![0; items]).is_ok(), inside, "{items}");
    }
    assert!(refusal::<List<i64, 1, 2>>("[]").starts_with("OccurrenceConstraintViolation: fewer than 1"));
    assert!(refusal::<List<i64, 1, 2>>("[1,2,3]").starts_with("OccurrenceConstraintViolation: more than 2"));
    assert_eq!(List::<i64, 1>::one(5).into_vec(), [5]);
}

#[test]
fn a_list_too_long_is_refused_before_its_rest_is_read() {
    assert!(
        refusal::<List<i64, 0, 2>>("[1,2,3,\"never read\"]").starts_with("OccurrenceConstraintViolation: ")
    );
}
