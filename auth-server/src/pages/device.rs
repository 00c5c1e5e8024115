//! What a browser calls itself, in words that a person knows theirs by.

/// Such as "Chrome – Android"; browsers claim to be each other, so the order counts.
pub(super) fn device_name(user_agent: &str) -> String {
    const BROWSERS: [(&str, &str); 6] = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser", "Samsung Internet"),
        ("Firefox", "Firefox"),
        ("Chrome", "Chrome"),
        ("Safari", "Safari"),
    ];
    const SYSTEMS: [(&str, &str); 6] = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS", "macOS"),
        ("Linux", "Linux"),
    ];
    let find = |names: &[(&str, &'static str)]| {
        let found = names.iter().find(|(part, _)| user_agent.contains(part));
        found.map(|(_, name)| *name)
    };
    let known = [find(&BROWSERS), find(&SYSTEMS)];
    let name: Vec<&str> = known.into_iter().flatten().collect();
    if name.is_empty() {
        return user_agent.chars().take(40).collect();
    }
    name.join(" – ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_told_by_its_own_name() {
        let mozilla = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)";
        for (agent, expected) in [
            (
                format!("{mozilla} Chrome/156.0.0.0 Safari/537.36 Edg/156.0"),
                "Edge – Windows",
            ),
            (
                format!("{mozilla} Chrome/156.0.0.0 Safari/537.36"),
                "Chrome – Windows",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Version/19.0 Safari/604.1".into(),
                "Safari – iPhone",
            ),
            (
                "Mozilla/5.0 (Android 16; Mobile; rv:150.0) Gecko/150.0 Firefox/150.0".into(),
                "Firefox – Android",
            ),
            ("curl/8.9".into(), "curl/8.9"),
            ("x".repeat(100), "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"),
        ] {
            assert_eq!(device_name(&agent), expected);
        }
    }
}
