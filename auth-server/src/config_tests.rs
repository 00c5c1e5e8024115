//! What a configuration may say.

use super::*;

fn local() -> Config {
    Config::local(DatabaseUrl::sqlite("auth.db"))
}

fn check(issuer: &str, expected: Result<(), &str>) {
    let config = Config {
        issuer: Some(issuer.into()),
        ..local()
    };
    let found = config.check().map_err(|bad| bad.to_string());
    match expected {
        Ok(()) => assert_eq!(found, Ok(())),
        Err(part) => assert!(
            found.as_ref().is_err_and(|e| e.contains(part)),
            "{issuer}: {found:?}"
        ),
    }
}

#[test]
fn times_are_told_in_the_zone_that_is_named_or_that_of_tokyo() {
    let named = |zone: &str| Config {
        time_zone: Some(zone.into()),
        ..local()
    };
    assert_eq!(local().zone().iana_name(), Some("Asia/Tokyo"));
    assert_eq!(named("Europe/Berlin").check(), Ok(()));
    assert_eq!(named("Europe/Berlin").zone().iana_name(), Some("Europe/Berlin"));
    for wrong in ["Asia/Edo", "JST+9", ""] {
        let found = named(wrong).check().map_err(|bad| bad.to_string());
        assert!(
            found.as_ref().is_err_and(|e| e.contains("time_zone")),
            "{wrong}: {found:?}"
        );
    }
}

#[test]
fn an_issuer_is_an_https_origin_or_on_loopback() {
    check("https://auth.example.com", Ok(()));
    check("https://auth.example.com:8443", Ok(()));
    check("http://localhost:8080", Ok(()));
    check("http://[::1]:8080", Ok(()));
    check("http://auth.example.com", Err("loopback only"));
    check("http://localhost.example.com", Err("loopback only"));
    for wrong in [
        "https://a.example/",
        "https://a.example/x",
        "https://a.example?x",
        "a.example",
        "",
    ] {
        check(wrong, Err("expected https://HOST"));
    }
    check("https://user@a.example", Err("expected https://HOST"));
    check("ftp://a.example", Err("expected https://HOST"));
}

#[test]
fn tokens_live_fifteen_minutes_at_most() {
    for (token_ttl_s, good) in [(0, false), (1, true), (900, true), (901, false)] {
        let config = Config {
            token_ttl_s,
            ..local()
        };
        assert_eq!(config.check().is_ok(), good, "{token_ttl_s}");
    }
}

#[test]
fn certificates_live_a_year_at_most() {
    for (certificate_life_days, good) in [(0, false), (1, true), (366, true), (367, false)] {
        let config = Config {
            ca: Ca {
                certificate_life_days,
            },
            ..local()
        };
        assert_eq!(config.check().is_ok(), good, "{certificate_life_days}");
    }
}

#[test]
fn the_issuers_host_is_the_domain_of_certificates() {
    for (issuer, domain) in [
        ("https://auth.example.com:8443", "auth.example.com"),
        ("http://127.0.0.1:8401", "127.0.0.1"),
    ] {
        assert_eq!(local().certificate_policy(issuer).domain, domain);
    }
}

#[test]
fn the_issuer_of_a_server_behind_a_proxy_must_be_named() {
    let mut config = local();
    config.listen.behind_proxy = true;
    config.listen.address = SocketAddr::from(([0, 0, 0, 0], 8080));
    assert_eq!(config.check().unwrap_err().key, "issuer");
    config.issuer = Some("https://auth.example.com".into());
    config.check().unwrap();
}

#[test]
fn the_sample_is_a_good_configuration() {
    let sample = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/auth.sample.toml"));
    let config = Config::load(sample).unwrap();
    assert_eq!(config.token_ttl_s, default_token_ttl_s());
}
