//! A good request for every operation of the API's document, and the things that it is about.

use reqwest::Method;
use serde_json::{Value, json};

use super::{Answer, Authority, Caller, answer};

/// The first month of every site here; it is over.
const MONTH: &str = "2026-10";

/// An operation as the document has it.
pub(crate) struct Operation {
    pub(crate) id: String,
    pub(crate) method: Method,
    /// With its parameters in braces.
    pub(crate) path: String,
    /// None: whoever asks. No scope: whoever has a token.
    pub(crate) scopes: Option<Vec<String>>,
}

impl Operation {
    /// All that the document has.
    pub(crate) fn all() -> Vec<Self> {
        let document = event_server::openapi_document();
        let mut all = Vec::new();
        for (path, item) in document["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let security = operation.get("security");
                all.push(Self {
                    id: operation["operationId"].as_str().unwrap().to_owned(),
                    method: method.to_uppercase().parse().unwrap(),
                    path: path.clone(),
                    scopes: security.map(|all| {
                        let scopes = all[0]["oauth2"].as_array().unwrap().iter();
                        scopes.map(|scope| scope.as_str().unwrap().to_owned()).collect()
                    }),
                });
            }
        }
        assert!(all.len() > 60, "{}", all.len());
        all
    }

    /// Whether it may change something: all that are no GET, but for what only reckons.
    pub(crate) fn changes(&self) -> bool {
        self.method != Method::GET && self.id != "preview_tariff"
    }

    /// Whether it is of all tenants, and for nobody of one.
    pub(crate) fn is_of_all_tenants(&self) -> bool {
        let mut scopes = self.scopes.iter().flatten();
        scopes.any(|scope| scope.starts_with("tenants:"))
    }

    pub(crate) fn names_one(&self) -> bool {
        self.path.contains('{')
    }

    /// The path to `things`, with a query where it needs one.
    pub(crate) fn path_to(&self, things: &Things) -> String {
        let Some((before, rest)) = self.path.split_once('{') else {
            return self.path.clone() + &query(&self.id, things);
        };
        let after = rest.split_once('}').unwrap().1.replace("{month}", MONTH);
        let after = after.replace("{version}", &things.version);
        format!("{before}{}{after}{}", things.of(before), query(&self.id, things))
    }

    /// Asks for it, about `things`.
    pub(crate) async fn ask(&self, caller: &Caller<'_>, things: &Things) -> Answer {
        let key = foundation::ids::random_text();
        self.ask_as(caller, Some(&key), (things, self.body(things))).await
    }

    /// The same under a key, if any.
    pub(crate) async fn ask_as(
        &self,
        caller: &Caller<'_>,
        key: Option<&str>,
        (things, body): (&Things, Option<Value>),
    ) -> Answer {
        if self.id == "get_receipt" {
            caller.world.end(&things.session);
        }
        let mut request = caller.request(self.method.clone(), &self.path_to(things));
        request = request.header("if-match", "*");
        if let Some(key) = key {
            request = request.header("idempotency-key", key);
        }
        answer(match body {
            Some(body) => request.json(&body),
            None => request,
        })
        .await
    }

    /// A good body about `things`, where it has one.
    pub(crate) fn body(&self, things: &Things) -> Option<Value> {
        body(&self.id, things)
    }

    /// Whether the document tells of this header of an answer.
    pub(crate) fn answer_header(&self, status: reqwest::StatusCode, name: &str) -> bool {
        let document = event_server::openapi_document();
        let method = self.method.as_str().to_lowercase();
        let answers = &document["paths"][&self.path][method]["responses"];
        answers[status.as_str()]["headers"].get(name).is_some()
    }

    /// Whether the document knows a key by which it is done once; `Some(true)` where it must be sent.
    pub(crate) fn key(&self) -> Option<bool> {
        let document = event_server::openapi_document();
        let method = self.method.as_str().to_lowercase();
        let parameters = document["paths"][&self.path][method]["parameters"].clone();
        let parameters = parameters.as_array().cloned().unwrap_or_default();
        let key = parameters
            .iter()
            .find(|known| known["name"] == "Idempotency-Key")?;
        Some(key["required"] == true)
    }
}

/// One of each thing of a tenant.
pub(crate) struct Things {
    pub(crate) site: String,
    /// Feeds nothing.
    pub(crate) circuit: String,
    pub(crate) controller: String,
    /// A session is at this one.
    pub(crate) outlet: String,
    pub(crate) free_outlet: String,
    pub(crate) code: String,
    pub(crate) driver: String,
    pub(crate) session: String,
    pub(crate) command: String,
    pub(crate) reservation: String,
    pub(crate) tariff: String,
    /// Of the tariff; it has not begun to hold.
    pub(crate) version: String,
    pub(crate) batch: String,
    /// Of a label in it.
    pub(crate) free_code: String,
    pub(crate) endpoint: String,
    pub(crate) delivery: String,
    pub(crate) alarm: String,
    pub(crate) tenant: String,
}

impl Things {
    /// What is to be found below a path.
    fn of(&self, path: &str) -> &str {
        match path {
            "/v1/sites/" => &self.site,
            "/v1/circuits/" => &self.circuit,
            "/v1/controllers/" | "/v1/sandbox/panels/" => &self.controller,
            "/v1/outlets/" | "/v1/sandbox/outlets/" => &self.outlet,
            "/v1/outlet-codes/" => &self.code,
            "/v1/drivers/" => &self.driver,
            "/v1/sessions/" => &self.session,
            "/v1/commands/" => &self.command,
            "/v1/reservations/" => &self.reservation,
            "/v1/tariffs/" => &self.tariff,
            "/v1/label-batches/" => &self.batch,
            "/v1/webhook-endpoints/" => &self.endpoint,
            "/v1/deliveries/" => &self.delivery,
            "/v1/alarms/" => &self.alarm,
            "/v1/tenants/" => &self.tenant,
            other => panic!("say here what is below {other}"),
        }
    }

    pub(crate) fn ids(&self) -> [&str; 14] {
        [
            &self.site,
            &self.circuit,
            &self.controller,
            &self.outlet,
            &self.code,
            &self.driver,
            &self.session,
            &self.command,
            &self.reservation,
            &self.tariff,
            &self.batch,
            &self.endpoint,
            &self.delivery,
            &self.alarm,
        ]
    }
}

impl Caller<'_> {
    /// Makes one of each thing.
    pub(crate) async fn things(&self) -> Things {
        let id = |thing: &Value| thing["id"].as_str().unwrap().to_owned();
        let panel = self.panel(3).await;
        self.world.measure(&panel);
        self.world.date_back(&panel);
        let site_id = panel.site_id.as_str();
        let circuit = json!({ "site_id": site_id, "name": "spare" });
        let circuit = self.post("/v1/circuits", &circuit).await.expect(201);
        let driver = format!("driver-{}", foundation::ids::random_text());
        let put = self.request(Method::PUT, &format!("/v1/drivers/{driver}"));
        answer(put.json(&json!({ "name": "鈴木 一郎", "unit": "301" })))
            .await
            .expect(201);
        let key = foundation::ids::random_text();
        let started = self.start_session(&panel.outlets[0], &key).await.expect(202);
        let until = jiff::Timestamp::now() + jiff::SignedDuration::from_hours(2);
        let held = json!({ "outlet_id": panel.outlets[1], "driver_id": driver, "until": until.to_string() });
        let held = self.act("/v1/reservations", &held.to_string(), &held).await;
        let terms = json!({ "energy_milliyen_per_kwh": 30_000 });
        let tariff = json!({ "name": "夜間", "terms": terms });
        let tariff = self.post("/v1/tariffs", &tariff).await.expect(201);
        let coming = json!({ "valid_from": "2098-01-01T00:00:00Z", "terms": terms });
        let versions = format!("/v1/tariffs/{}/versions", id(&tariff));
        let coming = self.post(&versions, &coming).await.expect(201);
        let batch = json!({ "site_id": site_id, "count": 2 });
        let batch = self.post("/v1/label-batches", &batch).await.expect(201);
        let endpoint = json!({ "url": "http://127.0.0.1:9/" });
        let endpoint = id(&self.post("/v1/webhook-endpoints", &endpoint).await.expect(201));
        let path = format!("/v1/webhook-endpoints/{endpoint}");
        self.post(&format!("{path}/test"), &json!({})).await.expect(201);
        let deliveries = self.get(&format!("{path}/deliveries")).await.expect(200);
        let alarm = foundation::ids::id("alm");
        self.world.alarm(&alarm, &panel.outlets[2]);
        Things {
            site: site_id.to_owned(),
            circuit: id(&circuit),
            controller: id(&panel.controller),
            outlet: panel.outlets[0].clone(),
            free_outlet: panel.outlets[2].clone(),
            code: panel.controller["outlets"][0]["public_code"]
                .as_str()
                .unwrap()
                .into(),
            driver,
            session: id(&started["session"]),
            command: id(&started["command"]),
            reservation: id(&held.expect(201)),
            tariff: id(&tariff),
            version: id(&coming["versions"][1]),
            free_code: batch["labels"][0]["public_code"].as_str().unwrap().into(),
            batch: id(&batch),
            endpoint,
            delivery: id(&deliveries["data"][0]),
            alarm,
            tenant: self.get("/v1/meta").await.expect(200)["tenant_id"]
                .as_str()
                .unwrap()
                .into(),
        }
    }
}

fn query(operation_id: &str, things: &Things) -> String {
    let times = "from=2026-10-31T15:00:00Z&to=2026-11-01T15:00:00Z";
    match operation_id {
        "list_outlet_values" => format!("?resolution=1d&{times}"),
        "list_site_values" => format!("?resolution=1d&{times}&controller_id={}", things.controller),
        "export_meter_values" => format!("?outlet_id={}&resolution=1d&{times}", things.outlet),
        "export_sessions" => format!("?{times}"),
        "export_audit_entries" => "?from=2026-01-01T00:00:00Z&to=2100-01-01T00:00:00Z".to_owned(),
        "list_usage" | "export_usage" => "?group_by=site&from=2026-11-01&to=2026-12-01".to_owned(),
        _ => String::new(),
    }
}

fn body(operation_id: &str, things: &Things) -> Option<Value> {
    let until = || (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(30)).to_string();
    let terms = || json!({ "energy_milliyen_per_kwh": 31_000 });
    let variable = || json!({ "component": "OCPPCommCtrlr", "variable": "HeartbeatInterval" });
    Some(match operation_id {
        "create_site" => json!({ "name": "駐車場" }),
        "update_site" => json!({ "energy_yen_per_kwh": 31 }),
        "create_circuit" => json!({ "site_id": things.site, "name": "B" }),
        "update_circuit" => json!({ "limit_ma": 60_000 }),
        "create_controller" => {
            json!({ "site_id": things.site, "name": "盤 2", "outlets": [{ "name": "1" }] })
        }
        "update_controller" => json!({ "name": "盤 3" }),
        "update_firmware" => json!({
            "location": "https://files.example.com/new", "signing_certificate": Authority::new().root_pem(), "signature": "AAAA",
        }),
        "upload_log" => json!({ "kind": "security", "location": "https://logs.example.com/" }),
        "change_availability" | "change_outlet_availability" => json!({ "available": false }),
        "reset_controller" => json!({ "when": "on_idle" }),
        "request_variables" => json!({ "variables": [variable()] }),
        "change_variables" => {
            let mut set = variable();
            set["value"] = json!("s3cr3t-value");
            json!({ "variables": [set] })
        }
        "install_certificate" => json!({ "certificate": Authority::new().root_pem() }),
        "delete_certificate" => json!({
            "hash_algorithm": "SHA256", "issuer_name_hash": "aa", "issuer_key_hash": "bb", "serial_number": "01",
        }),
        "create_label_batch" => json!({ "site_id": things.site, "count": 2 }),
        "bind_code" => json!({ "code": things.free_code }),
        "update_outlet" => json!({ "name": "区画 9" }),
        "put_driver" => json!({ "unit": "302" }),
        "change_driver" => json!({ "blocked": true }),
        "create_reservation" => json!({
            "outlet_id": things.free_outlet, "driver_id": things.driver,
            "from": (jiff::Timestamp::now() + jiff::SignedDuration::from_hours(29)).to_string(), "until": until(),
        }),
        "start_session" => json!({ "outlet_id": things.free_outlet, "driver_id": things.driver }),
        "change_session" => json!({ "limits": { "duration_s": 1200 } }),
        "create_tariff" => json!({ "name": "昼", "terms": terms() }),
        "create_tariff_version" => json!({ "terms": terms(), "valid_from": "2099-01-01T00:00:00Z" }),
        "preview_tariff" => json!({ "registers": [
            { "at": "2026-11-20T13:00:00Z", "register_wh": 0 }, { "at": "2026-11-20T15:00:00Z", "register_wh": 6000 },
        ]}),
        "create_webhook_endpoint" => json!({ "url": "http://127.0.0.1:9/?token=s3cr3t-url" }),
        "update_webhook_endpoint" => json!({ "oauth2": {
            "token_url": "http://127.0.0.1:9/token", "client_id": "denro", "client_secret": "s3cr3t-client",
        }}),
        "replay_events" => json!({ "since": "2026-01-01T00:00:00Z" }),
        "create_simulated_panel" => json!({ "site_id": things.site, "name": "simulated", "outlets": 1 }),
        "happen_at_outlet" => json!({ "what": "trip" }),
        "happen_at_panel" => json!({ "what": "cut_power" }),
        "acknowledge_alarm" => json!({ "note": "電気工事士に連絡しました" }),
        "create_tenant" => json!({ "name": "あおば管理株式会社", "contact": "ev@aoba.example.com" }),
        "update_tenant" => json!({ "default_time_zone": "Europe/Berlin" }),
        _ => return body_of_month(operation_id, things),
    })
}

fn body_of_month(operation_id: &str, things: &Things) -> Option<Value> {
    Some(match operation_id {
        "close_month" => json!({ "month": MONTH }),
        "create_statement_correction" => json!({
            "month": MONTH, "unit": "301", "amount_yen": -120, "note": "10月の使用停止のおわび",
        }),
        "put_statement_layout" => json!({
            "columns": [
                { "column": "unit", "heading": "部屋番号" }, { "column": "energy_kwh", "heading": "使用量" },
                { "column": "total_yen", "heading": "請求額" },
            ],
            "lines": "units", "charset": "shift_jis",
        }),
        "create_consent" => json!({ "site_id": things.site, "text_version": "tokutei-keiryo-2026-04" }),
        _ => return None,
    })
}
