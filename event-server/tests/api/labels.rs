//! Labels: what a reader of QR codes reads from them leads to the right outlet.

use reqwest::Method;
use serde_json::json;

use crate::world::{ALL_SCOPES, Caller, World};

/// A picture of dots, dark or not.
struct Picture {
    side: usize,
    dark: Vec<bool>,
}

impl Picture {
    /// By the png crate's reader; one bit for each dot.
    fn of_png(bytes: &[u8]) -> (Self, u32) {
        let mut reader = png::Decoder::new(std::io::Cursor::new(bytes))
            .read_info()
            .unwrap();
        let mut rows = vec![0; reader.output_buffer_size().unwrap()];
        let frame = reader.next_frame(&mut rows).unwrap();
        assert_eq!(frame.bit_depth, png::BitDepth::One);
        let side = frame.width as usize;
        let dark = (0..side * side).map(|dot| {
            let (x, y) = (dot % side, dot / side);
            rows[y * frame.line_size + x / 8] >> (7 - x % 8) & 1 == 0
        });
        let dots_per_m = reader.info().pixel_dims.unwrap().xppu;
        let dark = dark.collect();
        (Self { side, dark }, dots_per_m)
    }

    /// Of the strokes `Mx yhNv1h-Nz` of the one path, each module as 4 × 4 dots.
    fn of_svg(text: &str, modules: usize) -> Self {
        const DOTS: usize = 4;
        let path = text.split(" d=\"").nth(1).unwrap().split('"').next().unwrap();
        let side = modules * DOTS;
        let mut dark = vec![false; side * side];
        for stroke in path.split('z').filter(|stroke| !stroke.is_empty()) {
            let (start, rest) = stroke.strip_prefix('M').unwrap().split_once('h').unwrap();
            let (x, y) = start.split_once(' ').unwrap();
            let run: usize = rest.split('v').next().unwrap().parse().unwrap();
            assert_eq!(rest, format!("{run}v1h-{run}"));
            let (x, y): (usize, usize) = (x.parse().unwrap(), y.parse().unwrap());
            for row in y * DOTS..(y + 1) * DOTS {
                dark[row * side + x * DOTS..row * side + (x + run) * DOTS].fill(true);
            }
        }
        Self { side, dark }
    }

    fn read(&self) -> String {
        let mut image = rqrr::PreparedImage::prepare_from_bitmap(self.side, self.side, |x, y| {
            self.dark[y * self.side + x]
        });
        let grids = image.detect_grids();
        assert_eq!(grids.len(), 1);
        grids[0].decode().unwrap().1
    }

    /// How many dots around the symbol are white.
    fn margin(&self) -> usize {
        let rows = self.dark.chunks(self.side);
        rows.take_while(|row| row.iter().all(|dark| !dark)).count()
    }
}

async fn bytes(caller: &Caller<'_>, path: &str, media_type: &str) -> Vec<u8> {
    let answer = caller.request(Method::GET, path).send().await.unwrap();
    assert_eq!(answer.status(), 200, "{path}");
    assert_eq!(answer.headers()["content-type"], media_type);
    answer.bytes().await.unwrap().to_vec()
}

#[tokio::test]
async fn both_labels_are_read_and_lead_to_their_outlet() {
    let world = World::start_with(|config| {
        config.public_url = Some("https://c.example".to_owned());
    })
    .await;
    let owner = world.owner();
    let panel = owner.panel(2).await;
    for outlet in &panel.outlets {
        let png = bytes(&owner, &format!("/v1/outlets/{outlet}/label.png"), "image/png").await;
        let (png, dots_per_m) = Picture::of_png(&png);
        let svg = bytes(
            &owner,
            &format!("/v1/outlets/{outlet}/label.svg"),
            "image/svg+xml",
        )
        .await;
        let svg = String::from_utf8(svg).unwrap();
        let read = png.read();
        // 29 modules and twice a margin of 4.
        let svg_read = Picture::of_svg(&svg, 37).read();
        assert_eq!(read, svg_read);
        assert_eq!((png.side % 37, png.margin()), (0, 4 * png.side / 37));
        let printed_mm = png.side * 1_000 / dots_per_m as usize;
        assert!((49..=50).contains(&printed_mm), "{printed_mm}");
        let code = read.strip_prefix("https://c.example/o/").unwrap();
        let scanned = owner.get(&format!("/v1/outlet-codes/{code}")).await.expect(200);
        assert_eq!(scanned["id"], json!(outlet));
    }
    world.stop().await;
}

#[tokio::test]
async fn a_label_says_name_and_code_in_the_language_wished_for() {
    let world = World::start().await;
    let owner = world.owner();
    let panel = owner.panel(1).await;
    let path = format!("/v1/outlets/{}", panel.outlets[0]);
    let name = json!({ "name": "<A-3> & \"B\"" });
    let outlet = owner.patch(&path, &name).await.expect(200);
    let code = outlet["public_code"].as_str().unwrap().to_uppercase();
    let shown = format!("{}-{}-{}", &code[..3], &code[3..6], &code[6..]);
    for (query, japanese, english) in [
        ("", true, true),
        ("?language=ja", true, false),
        ("?language=en", false, true),
    ] {
        let svg = bytes(&owner, &format!("{path}/label.svg{query}"), "image/svg+xml").await;
        let svg = String::from_utf8(svg).unwrap();
        assert!(
            svg.contains("&lt;A-3&gt; &amp; &quot;B&quot;") && svg.contains(&shown),
            "{svg}"
        );
        assert_eq!(
            (svg.contains("または次のアドレス"), svg.contains("Or open")),
            (japanese, english),
            "{query}"
        );
    }
    let wide = bytes(&owner, &format!("{path}/label.svg?size=80"), "image/svg+xml").await;
    assert!(String::from_utf8(wide).unwrap().contains("width=\"80mm\""));
    for wrong in ["size=29", "size=201", "size=x", "language=fr", "colour=red"] {
        let refused = owner.get(&format!("{path}/label.png?{wrong}")).await;
        refused.is_problem(400, "invalid-query");
    }
    let stranger = world.caller("t2", ALL_SCOPES);
    for kind in ["svg", "png"] {
        let refused = stranger.get(&format!("{path}/label.{kind}")).await;
        refused.is_problem(404, "not-found");
    }
    world.stop().await;
}
