//! What the demo tells when it is up: for people, or as one line of JSON.

use qrcode::QrCode;
use qrcode::render::unicode::Dense1x2;
use serde::Serialize;

use super::api::Api;
use super::folder::{Client, Folder};
use super::note::Note;
use super::people::Links;
use super::provision::{Outlet, Site};

/// The outlet of the paste-ready sequence.
const SHOWN: usize = 2;
const PAST: &str = ", and what they have charged since last month; outlet A-6 has tripped";
const HINT: &str = "  Try: press 3 to unplug the car of outlet A-3 and to plug it in again · p to cut the power · n to cut the network
       k to kill the controller · w to weld a breaker · ? for all keys\n\n";

#[derive(Serialize)]
pub(super) struct Facts {
    page: String,
    /// Sign in somebody, once, within 15 minutes.
    manager_link: String,
    resident_links: Vec<String>,
    api: String,
    token_endpoint: String,
    client_id: String,
    client_secret: String,
    site_id: String,
    outlets: Vec<OutletFacts>,
    data: String,
    #[serde(skip)]
    kept: bool,
    #[serde(skip)]
    has_past: bool,
    /// Gone with these facts.
    #[serde(skip)]
    note: Option<Note>,
}

#[derive(Serialize)]
struct OutletFacts {
    id: String,
    name: String,
    /// What the QR code on its label says.
    url: String,
}

impl Facts {
    pub(super) fn new(
        api: &Api,
        (client, links): (&Client, Links),
        (site, has_past): (&Site, bool),
        folder: &Folder,
    ) -> Self {
        let url = |outlet: &Outlet| format!("{}/o/{}", api.base, outlet.public_code);
        let outlets = site.outlets.iter().map(|outlet| OutletFacts {
            id: outlet.id.clone(),
            name: outlet.name.clone(),
            url: url(outlet),
        });
        Self {
            page: format!("{}/", api.base),
            manager_link: links.manager,
            resident_links: links.residents,
            api: api.base.clone(),
            token_endpoint: format!("{}/oauth2/token", api.auth_base),
            client_id: client.id.clone(),
            client_secret: client.secret.clone(),
            site_id: site.id.clone(),
            outlets: outlets.collect(),
            data: folder.root().display().to_string(),
            kept: folder.is_kept(),
            has_past,
            note: Note::open(folder.root()),
        }
    }

    #[expect(clippy::print_stdout, reason = "the command's answer")]
    pub(super) fn print_json(&self) {
        // A structure of texts is always JSON.
        println!("{}", serde_json::to_string(self).unwrap_or_default());
    }

    /// `has_keys`: the terminal takes them.
    #[expect(clippy::print_stdout, reason = "the command's answer")]
    pub(super) fn print(&self, has_keys: bool) {
        println!("{}", self.for_people(has_keys));
    }

    /// For `denro listen` and `denro trigger` of the same person.
    pub(super) fn leave(&self) {
        if let Some(note) = &self.note {
            note.write(&serde_json::to_string(self).unwrap_or_default());
        }
    }

    fn for_people(&self, has_keys: bool) -> String {
        let Self {
            page,
            manager_link,
            resident_links,
            api,
            client_id,
            client_secret,
            data,
            ..
        } = self;
        let resident_link = resident_links.first().map_or("", String::as_str);
        let end = if self.kept { "kept" } else { "removed at the end" };
        let past = if self.has_past { PAST } else { "" };
        let hint = if has_keys { HINT } else { "" };
        let this_one = self.note.as_ref().map(Note::prefix).unwrap_or_default();
        let sequence = self
            .outlets
            .get(SHOWN)
            .map(|outlet| self.sequence(outlet))
            .unwrap_or_default();
        format!(
            "\nDenro demo · DEMO, simulated panel, loopback only

  ✔ 1 building, 1 panel, 8 simulated outlets, 1 manager, 3 residents{past}

  Console     {page}
  Manager     {manager_link}   (signs in, once, within 15 minutes)
  Resident    {resident_link}   (the same)
  API         {api}/v1   (description: {api}/openapi.json)
  Client      {client_id}
  Secret      {client_secret}   (shown once)
  Data        {data}   ({end})
{sequence}
{hint}  In another terminal: {this_one}denro listen --forward-to URL, {this_one}denro trigger plug-in --outlet A-8
  Ctrl-C stops everything. Webhooks, as they arrive:\n"
        )
    }

    /// Token, start, watch, stop.
    fn sequence(&self, outlet: &OutletFacts) -> String {
        let Self {
            api,
            token_endpoint,
            client_id,
            client_secret,
            ..
        } = self;
        let OutletFacts { id, name, url } = outlet;
        let code = qr(url);
        format!(
            r#"
  Charge outlet {name}: paste this into another terminal.

TOKEN=$(curl -s -u '{client_id}:{client_secret}' -d grant_type=client_credentials {token_endpoint} | sed 's/.*"access_token":"\([^"]*\)".*/\1/')
SESSION=$(curl -s -X POST {api}/v1/sessions -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -H "Idempotency-Key: $(date +%s%N)" -H 'Prefer: wait=10' -d '{{"outlet_id":"{id}","driver_id":"resident-7","limits":{{"duration_s":3600}}}}' | sed 's/.*"session":{{[^}}]*"id":"\([^"]*\)".*/\1/')
curl -s {api}/v1/sessions/$SESSION -H "Authorization: Bearer $TOKEN"; echo
curl -s -X POST {api}/v1/sessions/$SESSION/stop -H "Authorization: Bearer $TOKEN" -H "Idempotency-Key: $(date +%s%N)" -H 'Prefer: wait=10'; echo

  A resident scans the label of outlet {name}, {url}

{code}
"#
        )
    }
}

/// In half blocks, dark on light whatever the terminal's colours, with the four modules of margin that readers need.
fn qr(text: &str) -> String {
    let Ok(code) = QrCode::new(text) else {
        return String::new();
    };
    let picture = code
        .render::<Dense1x2>()
        .dark_color(Dense1x2::Dark)
        .light_color(Dense1x2::Light)
        .build();
    picture
        .lines()
        .map(|line| format!("\u{1b}[30;107m{line}\u{1b}[0m\n"))
        .collect()
}
