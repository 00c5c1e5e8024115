//! Where webhooks go: never to an address of our own network, however it is spelled, and whatever a name resolves to.
#![no_main]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use event_server::fuzzing::{webhook_addresses, webhook_target};
use libfuzzer_sys::fuzz_target;
use url::{Host, Url};

/// Networks that are not the internet, by their first address and the length of their prefix.
const INSIDE_V4: [([u8; 4], u32); 15] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];
/// Within 2000::/3, which alone is the internet.
const INSIDE_V6: [(u128, u32); 4] = [
    (0x2001_0000 << 96, 23),
    (0x2001_0db8 << 96, 32),
    (0x2002_0000 << 96, 16),
    (0x3fff_0000 << 96, 20),
];

fuzz_target!(|input: &[u8]| {
    let [kind, rest @ ..] = input else { return };
    match kind % 4 {
        0 | 1 => any_text(rest),
        2 => addresses(rest),
        _ => spelled(rest),
    }
});

/// What is taken leads to a public address, or to a name that nobody takes for an address.
fn any_text(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    for text in [text.to_owned(), format!("https://{text}")] {
        let Some(target) = webhook_target(&text) else { continue };
        assert_eq!(webhook_target(&target).as_ref(), Some(&target), "read otherwise the second time");
        let url = Url::parse(&target).expect("what is sent to is a URL");
        assert!(url.scheme() == "https" && url.username().is_empty() && url.password().is_none());
        match url.host().expect("it has a host") {
            Host::Ipv4(ip) => assert!(!is_inside(ip.into()), "{text}: {ip}"),
            Host::Ipv6(ip) => assert!(!is_inside(ip.into()), "{text}: {ip}"),
            Host::Domain(name) => assert_eq!(as_libc_reads(name), None, "{text}: {name}"),
        }
    }
}

/// Of what a name resolves to only public addresses are left, and all of these.
fn addresses(bytes: &[u8]) {
    let found: Vec<IpAddr> = bytes.chunks_exact(17).map(address).collect();
    let public: Vec<IpAddr> = found.iter().copied().filter(|ip| !is_inside(*ip)).collect();
    assert_eq!(webhook_addresses(&found), public);
}

fn address(bytes: &[u8]) -> IpAddr {
    let number = bytes[1..].iter().fold(0, |number: u128, byte| number << 8 | u128::from(*byte));
    let v4 = Ipv4Addr::from((number >> 96) as u32);
    let embedded = u128::from(u32::from(v4));
    match bytes[0] % 6 {
        0 => v4.into(),
        1 => v4.to_ipv6_mapped().into(),
        2 => Ipv6Addr::from(embedded).into(),
        3 => Ipv6Addr::from((0x0064_ff9b << 96) | embedded).into(),
        4 => Ipv6Addr::from((0x2002 << 112) | (embedded << 80)).into(),
        _ => Ipv6Addr::from(number).into(),
    }
}

/// An address of our own network is refused in every spelling, behind whatever stands around it.
fn spelled(bytes: &[u8]) {
    let [a, b, c, d, how, part_hows @ ..] = bytes else { return };
    let ip = Ipv4Addr::new(*a, *b, *c, *d);
    let part_how = |n: usize| part_hows.get(n).copied().unwrap_or_default();
    let number = u32::from(ip);
    let host = match how % 9 {
        0 => [*a, *b, *c, *d].iter().enumerate().map(|(n, byte)| part(u32::from(*byte), part_how(n))).collect::<Vec<_>>().join("."),
        1 => part(number, part_how(0)),
        2 => format!("{}.{}", part(number >> 24, part_how(0)), part(number & 0x00ff_ffff, part_how(1))),
        3 => format!("{}.{}.{}", part(u32::from(*a), part_how(0)), part(u32::from(*b), part_how(1)), part(number & 0xffff, part_how(2))),
        4 => format!("[::ffff:{ip}]"),
        5 => format!("[::ffff:{:x}:{:x}]", number >> 16, number & 0xffff),
        6 => format!("[64:ff9b::{ip}]"),
        7 => format!("[2002:{:x}:{:x}::1]", number >> 16, number & 0xffff),
        _ => format!("[::{ip}]"),
    };
    let host = match how / 9 % 6 {
        0 if !host.starts_with('[') => format!("{host}."),
        1 if !host.starts_with('[') => host.bytes().map(|byte| format!("%{byte:02x}")).collect(),
        2 if !host.starts_with('[') => host.chars().map(wide).collect(),
        3 => format!("\u{ad}{host}"),
        4 => format!("app.example.com@{host}"),
        _ => host,
    };
    let text = format!("https://{host}/hooks");
    let leads_inside = is_inside(ip.into()) || how % 9 >= 6;
    assert!(!leads_inside || webhook_target(&text).is_none(), "{text} is {ip}");
}

/// A part of an IPv4 address in decimal, octal or hexadecimal digits, with zeros before it.
fn part(number: u32, how: u8) -> String {
    match how % 5 {
        0 => number.to_string(),
        1 => format!("0{number:o}"),
        2 => format!("0x{number:x}"),
        3 => format!("0X{number:08X}"),
        _ => format!("000{number:o}"),
    }
}

/// The full-width form that names of hosts are written in where Japanese is.
fn wide(character: char) -> char {
    match character {
        '.' => '。',
        '!'..='~' => char::from_u32(character as u32 + 0xfee0).expect("there is one"),
        other => other,
    }
}

fn is_inside(ip: IpAddr) -> bool {
    let within = |number: u128, (network, prefix): (u128, u32), bits: u32| (number ^ network) >> (bits - prefix) == 0;
    match ip {
        IpAddr::V4(v4) => INSIDE_V4.iter().any(|(first, prefix)| {
            within(u32::from(v4).into(), (u32::from(Ipv4Addr::from(*first)).into(), *prefix), 32)
        }),
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_inside(v4.into()),
            None => {
                let number = u128::from(v6);
                number >> 125 != 1 || INSIDE_V6.iter().any(|network| within(number, *network, 128))
            }
        },
    }
}

/// What the C library's `inet_aton` makes of a name: up to four numbers, in any of three bases, the last of which fills the rest.
fn as_libc_reads(name: &str) -> Option<u32> {
    let parts: Vec<&str> = name.split('.').collect();
    let (last, first) = parts.split_last()?;
    if first.len() > 3 {
        return None;
    }
    let mut ip = 0;
    for (n, part) in first.iter().enumerate() {
        let byte = u8::try_from(in_any_base(part)?).ok()?;
        ip |= u32::from(byte) << (24 - 8 * n);
    }
    let rest = in_any_base(last)?;
    let fits = u64::from(rest) < 1 << (8 * (4 - first.len()));
    fits.then_some(ip | rest)
}

fn in_any_base(part: &str) -> Option<u32> {
    let hexadecimal = part.strip_prefix("0x").or_else(|| part.strip_prefix("0X"));
    let (digits, base) = match (hexadecimal, part.strip_prefix('0')) {
        (Some(digits), _) => (digits, 16),
        (None, Some("")) => ("0", 8),
        (None, Some(digits)) => (digits, 8),
        (None, None) => (part, 10),
    };
    // Rust would take a sign.
    let all_digits = digits.chars().all(|digit| digit.is_digit(base));
    all_digits.then(|| u32::from_str_radix(digits, base).ok())?
}
