//! Strict reading of `application/x-www-form-urlencoded` (RFC 6749 appendix B).

/// The parameters of a request, each name once unless it may repeat.
#[derive(Default)]
pub(crate) struct Form(Vec<(String, String)>);

/// What no form may be; the text is for the sender.
pub(crate) type Malformed = &'static str;

/// The one parameter that may be repeated (RFC 8707 §2).
pub(crate) const RESOURCE: &str = "resource";

impl Form {
    /// Parameters without a value count as absent (RFC 6749 §3.2).
    pub(crate) fn parse(body: &[u8]) -> Result<Self, Malformed> {
        let mut form = Self(Vec::new());
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let mut halves = pair.splitn(2, |byte| *byte == b'=');
            let name = decode(halves.next().unwrap_or_default())?;
            let value = decode(halves.next().unwrap_or_default())?;
            if name != RESOURCE && form.0.iter().any(|(known, _)| *known == name) {
                return Err("a parameter is repeated");
            }
            form.0.push((name, value));
        }
        form.0.retain(|(_, value)| !value.is_empty());
        Ok(form)
    }

    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// Puts a parameter in that is not there.
    pub(crate) fn put(&mut self, name: &str, value: String) {
        self.0.push((name.to_owned(), value));
    }

    /// As a form again.
    pub(crate) fn encode(&self) -> String {
        form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.0)
            .finish()
    }

    /// Takes the value out.
    pub(crate) fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(at).1)
    }

    /// Takes out all values of a name that may repeat.
    pub(crate) fn take_all(&mut self, name: &str) -> Vec<String> {
        std::iter::from_fn(|| self.take(name)).collect()
    }
}

/// Undoes percent-encoding and `+`; the result is UTF-8 without control characters.
pub(crate) fn decode(encoded: &[u8]) -> Result<String, Malformed> {
    let mut bytes = Vec::with_capacity(encoded.len());
    let mut rest = encoded.iter();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (high, low) = (hex_digit(rest.next())?, hex_digit(rest.next())?);
                high * 16 + low
            }
            plain => *plain,
        });
    }
    let text = String::from_utf8(bytes).map_err(|_| "a parameter is not UTF-8")?;
    if text.chars().any(char::is_control) {
        return Err("a parameter holds a control character");
    }
    Ok(text)
}

fn hex_digit(byte: Option<&u8>) -> Result<u8, Malformed> {
    let digit = byte.and_then(|byte| char::from(*byte).to_digit(16));
    digit
        .and_then(|digit| u8::try_from(digit).ok())
        .ok_or("a percent sign without two hexadecimal digits")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percent_and_plus_are_undone() {
        assert_eq!(decode(b"a%20b+c%2Bd%e2%82%ac"), Ok("a b c+d\u{20ac}".into()));
    }

    #[test]
    fn broken_encodings_are_refused() {
        for wrong in ["%", "%4", "%zz", "%00", "a%0Ab", "%ff", "%c0%80"] {
            assert!(decode(wrong.as_bytes()).is_err(), "{wrong}");
        }
        assert!(decode(b"\xff").is_err() && decode(b"\0").is_err());
    }

    #[test]
    fn only_the_resource_may_be_repeated() {
        let mut form = Form::parse(b"resource=a&x=1&resource=b").ok().unwrap();
        assert_eq!((form.take("x"), form.take("y")), (Some("1".into()), None));
        assert_eq!(form.take_all(RESOURCE), ["a", "b"]);
        for twice in ["x=1&x=1", "x=1&x=", "x&%78=2"] {
            assert!(Form::parse(twice.as_bytes()).is_err(), "{twice}");
        }
    }

    #[test]
    fn what_is_encoded_is_read_again() {
        let form = Form::parse(b"a=%26%3D+%25&resource=x&resource=y").ok().unwrap();
        let again = Form::parse(form.encode().as_bytes()).ok().unwrap();
        assert!(again.0 == form.0 && form.has("a") && !form.has("b"));
    }

    #[test]
    fn a_parameter_without_a_value_is_absent() {
        let mut form = Form::parse(b"scope=&x&&y=1").ok().unwrap();
        assert_eq!((form.take("scope"), form.take("x")), (None, None));
    }
}
