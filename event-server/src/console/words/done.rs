//! What the audit log tells, in words: what a request has done, by its route.

use super::filled;
use crate::http::Language;

/// A route, and what whoever asked has done by it: English, Japanese. `{what}` is what it was done to, or its place; `{item}`
/// what in it.
type Done = (&'static str, &'static str, &'static str);

/// A table of routes: the name of each, English, Japanese.
macro_rules! table {
    ($(#[$about:meta])* $table:ident { $($route:literal: $english:literal, $japanese:literal;)* }) => {
        $(#[$about])*
        const $table: &[Done] = &[$(($route, $english, $japanese),)*];
    };
}

table! {
    /// What people do on the pages.
    ON_PAGES {
        "POST /o/{code}/start": "started a charge at {what}", "{what} で充電を開始しました";
        "POST /o/{code}/report": "reported a fault at {what}", "{what} の不具合を報告しました";
        "POST /o/{code}/bind": "bound a label to {what}", "ラベルを {what} に結び付けました";
        "POST /o/{code}/check": "checked the label of {what}", "{what} のラベルを点検しました";
        "POST /charges/{id}/stop": "stopped the charge at {what}", "{what} の充電を停止しました";
        "POST /my/data": "deleted what was kept of them", "自分のデータを削除しました";
        "POST /my/notices": "changed the mails about their own charges", "自分の充電のメールを変更しました";
        "POST /sites/{id}/alarms/{alarm}": "took on the alarm at {what}", "{what} のアラームへの対応を始めました";
        "POST /sites/{id}/people/{person}": "changed whether {what} may charge", "{what} の利用の可否を変更しました";
        "POST /sites/{id}/outlets/{outlet}": "changed the outlet {what}", "コンセント {what} の設定を変更しました";
        "POST /sites/{id}/outlets/{outlet}/code": "gave {what} a new code", "{what} の番号を更新しました";
        "POST /sites/{id}/outlets/{outlet}/fault": "asked to clear the fault of {what}", "{what} の異常の解除を指示しました";
        "POST /sites/{id}/outlets/{outlet}/presence": "gave the display at {what} a new secret", "{what} の表示器の共有鍵を発行しました";
        "POST /sites/{id}/label-batches": "made codes for labels", "ラベルの番号を作成しました";
        "POST /sites/{id}/settings": "changed the settings of {what}", "{what} の設定を変更しました";
        "POST /sites/{id}/notices": "changed which alarms are mailed to them at {what}", "{what} の自分へのアラームのメールを変更しました";
        "POST /sites/{id}/notices/{person}/remove": "took somebody off the mails about alarms at {what}", "{what} のアラームのメールの宛先を1人外しました";
        "POST /sites/{id}/tariff": "changed the prices ({what})", "料金を変更しました({what})";
        "POST /sites/{id}/tariff/{version}/withdraw": "withdrew prices that had not begun ({what})", "適用前の料金を取り消しました({what})";
        "POST /sites/{id}/statements/layout": "changed the columns of statements at {what}", "{what} のCSVの列を変更しました";
        "POST /sites/{id}/statements/{month}/close": "closed the month {item} at {what}", "{what} の {item} を確定しました";
        "POST /sites/{id}/statements/{month}/corrections": "wrote a correction at {what}", "{what} の訂正を入力しました";
    }
}

table! {
    /// What programs do over the API, and people by them: charging and whoever charges.
    OF_CHARGES {
        "POST /v1/sessions": "started a charge at {what}", "{what} で充電を開始しました";
        "PATCH /v1/sessions/{id}": "changed the limits of the charge at {what}", "{what} の充電の上限を変更しました";
        "POST /v1/sessions/{id}/stop": "stopped the charge at {what}", "{what} の充電を停止しました";
        "POST /v1/reservations": "reserved {what}", "{what} を予約しました";
        "DELETE /v1/reservations/{id}": "cancelled the reservation of {what}", "{what} の予約を取り消しました";
        "PUT /v1/drivers/{id}": "wrote down the driver {what}", "利用者 {what} を登録しました";
        "PATCH /v1/drivers/{id}": "changed the driver {what}", "利用者 {what} を変更しました";
        "DELETE /v1/drivers/{id}": "deleted the driver {what}", "利用者 {what} を削除しました";
        "POST /v1/drivers/{id}/consents": "wrote down a consent of {what}", "{what} の同意を記録しました";
        "POST /v1/alarms/{id}/acknowledgement": "took on the alarm at {what}", "{what} のアラームへの対応を始めました";
    }
}

table! {
    /// The same of places and what hangs there.
    OF_PLACES {
        "POST /v1/sites": "made the building {what}", "建物 {what} を登録しました";
        "PATCH /v1/sites/{id}": "changed the building {what}", "建物 {what} を変更しました";
        "POST /v1/circuits": "made the circuit {what}", "回路 {what} を登録しました";
        "PATCH /v1/circuits/{id}": "changed the circuit {what}", "回路 {what} を変更しました";
        "DELETE /v1/circuits/{id}": "deleted the circuit {what}", "回路 {what} を削除しました";
        "PATCH /v1/outlets/{id}": "changed the outlet {what}", "コンセント {what} の設定を変更しました";
        "POST /v1/outlets/{id}/availability-changes": "took {what} out of use, or into it again", "{what} の使用停止・再開を指示しました";
        "POST /v1/outlets/{id}/code-bindings": "bound a label to {what}", "ラベルを {what} に結び付けました";
        "POST /v1/outlets/{id}/code-rotations": "gave {what} a new code", "{what} の番号を更新しました";
        "POST /v1/outlets/{id}/fault-clearings": "asked to clear the fault of {what}", "{what} の異常の解除を指示しました";
        "POST /v1/outlets/{id}/presence-secrets": "gave the display at {what} a new secret", "{what} の表示器の共有鍵を発行しました";
        "POST /v1/outlets/{id}/status-requests": "asked for the status of {what}", "{what} の状態を問い合わせました";
        "POST /v1/label-batches": "made codes for labels", "ラベルの番号を作成しました";
        "POST /v1/sandbox/outlets/{id}/happenings": "let something happen at the simulated outlet {what}", "模擬コンセント {what} に出来事を起こしました";
        "POST /v1/sandbox/panels": "made the simulated panel {what}", "模擬盤 {what} を作成しました";
        "POST /v1/sandbox/panels/{id}/happenings": "let something happen to a simulated panel", "模擬盤に出来事を起こしました";
    }
}

table! {
    /// The same of controllers.
    OF_CONTROLLERS {
        "POST /v1/controllers": "made the controller {what}", "制御装置 {what} を登録しました";
        "PATCH /v1/controllers/{id}": "changed the controller {what}", "制御装置 {what} を変更しました";
        "POST /v1/controllers/{id}/availability-changes": "took all outlets of {what} out of use, or into it again", "{what} の全コンセントの使用停止・再開を指示しました";
        "POST /v1/controllers/{id}/certificate-deletions": "has {what} trust a root no more", "{what} のルート証明書の削除を指示しました";
        "POST /v1/controllers/{id}/certificate-requests": "asked which roots {what} trusts", "{what} のルート証明書を問い合わせました";
        "POST /v1/controllers/{id}/certificates": "has {what} trust a root", "{what} にルート証明書の追加を指示しました";
        "POST /v1/controllers/{id}/firmware-updates": "has {what} install firmware", "{what} のファームウェア更新を指示しました";
        "POST /v1/controllers/{id}/log-uploads": "has {what} send a log", "{what} にログの送信を指示しました";
        "POST /v1/controllers/{id}/reset-requests": "has {what} start anew", "{what} の再起動を指示しました";
        "POST /v1/controllers/{id}/variable-changes": "has variables of {what} set", "{what} の変数の変更を指示しました";
        "POST /v1/controllers/{id}/variable-requests": "asked for variables of {what}", "{what} の変数を問い合わせました";
    }
}

table! {
    /// The same of money, of tenants and of those who listen.
    OF_THE_REST {
        "POST /v1/sites/{id}/statements": "closed the month {item} at {what}", "{what} の {item} を確定しました";
        "POST /v1/sites/{id}/statement-corrections": "wrote a correction at {what}", "{what} の訂正を入力しました";
        "PUT /v1/sites/{id}/statement-layout": "changed the columns of statements at {what}", "{what} のCSVの列を変更しました";
        "POST /v1/tariffs": "made the tariff {what}", "料金表 {what} を作成しました";
        "POST /v1/tariffs/{id}/versions": "changed the tariff {what}", "料金表 {what} を変更しました";
        "DELETE /v1/tariffs/{id}/versions/{version}": "withdrew prices of the tariff {what} that had not begun", "料金表 {what} の適用前の料金を取り消しました";
        "POST /v1/tenants": "wrote down the tenant {what}", "事業者 {what} を登録しました";
        "PATCH /v1/tenants/{id}": "changed the tenant {what}", "事業者 {what} を変更しました";
        "POST /v1/webhook-endpoints": "has events sent to {what}", "通知先 {what} を登録しました";
        "PATCH /v1/webhook-endpoints/{id}": "changed where events are sent ({what})", "通知先 {what} を変更しました";
        "DELETE /v1/webhook-endpoints/{id}": "has events sent to {what} no more", "通知先 {what} を削除しました";
        "POST /v1/webhook-endpoints/{id}/replays": "has events sent to {what} once more", "通知先 {what} への再送を指示しました";
        "POST /v1/webhook-endpoints/{id}/secret-rotations": "made a new secret for {what}", "通知先 {what} の署名鍵を更新しました";
        "POST /v1/webhook-endpoints/{id}/test": "sent a test to {what}", "通知先 {what} に試験の通知を送りました";
        "POST /v1/deliveries/{id}/resends": "has an event sent once more", "通知の再送を指示しました";
    }
}

const ALL: [&[Done]; 5] = [ON_PAGES, OF_CHARGES, OF_PLACES, OF_CONTROLLERS, OF_THE_REST];

/// What was done by a route to the resource of this path, which has this name if any. Where nobody has words, the route itself.
pub(in crate::console) fn done(
    action: &str,
    (resource, name): (&str, Option<&str>),
    language: Language,
) -> String {
    let found = ALL.into_iter().flatten().find(|(route, _, _)| *route == action);
    let text = match (found, language) {
        (Some((_, english, _)), Language::English) => english,
        (Some((_, _, japanese)), Language::Japanese) => japanese,
        (None, _) => return action.to_owned(),
    };
    let mut parts = resource.split('/').skip(3);
    let what = name.or(parts.next()).unwrap_or(resource).to_owned();
    let item = resource.rsplit('/').next().unwrap_or_default().to_owned();
    filled(text, &[("what", what), ("item", item)])
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::http::routes_of;

    /// What changes nothing that anybody would look up: it reckons, prints, or ends a browser's own session.
    const UNWRITTEN: [&str; 5] = [
        "POST /v1/tariffs/{id}/previews",
        "POST /sites/{id}/tariff/preview",
        "POST /sites/{id}/statements/layout/preview",
        "POST /sites/{id}/letter.pdf",
        "POST /sign-out",
    ];

    #[test]
    fn every_route_that_is_written_down_has_words_and_no_words_are_of_none() {
        let changes = |route: &String| !route.starts_with("GET ") && !UNWRITTEN.contains(&route.as_str());
        let mut routes = routes_of(crate::http::configure);
        routes.extend(routes_of(crate::console::configure));
        let routes: BTreeSet<String> = routes.into_iter().filter(changes).collect();
        assert!(routes.len() > 60, "{routes:?}");
        let worded: BTreeSet<String> = ALL
            .into_iter()
            .flatten()
            .map(|(route, _, _)| (*route).to_owned())
            .collect();
        assert_eq!(worded, routes);
        assert_eq!(ALL.into_iter().map(<[Done]>::len).sum::<usize>(), worded.len());
    }

    #[test]
    fn what_was_done_is_told_with_the_names_of_things() {
        let told = |action, of, language| done(action, of, language);
        let charge = ("/v1/sessions/ses_1", Some("A-3"));
        let start = "POST /o/{code}/start";
        assert_eq!(told(start, charge, Language::English), "started a charge at A-3");
        assert_eq!(
            told(start, charge, Language::Japanese),
            "A-3 で充電を開始しました"
        );
        let month = ("/v1/sites/sit_1/statements/2026-10", Some("さくらコート"));
        let close = "POST /v1/sites/{id}/statements";
        assert_eq!(
            told(close, month, Language::Japanese),
            "さくらコート の 2026-10 を確定しました"
        );
        let gone = ("/v1/circuits/cir_1", None);
        assert_eq!(
            told("DELETE /v1/circuits/{id}", gone, Language::English),
            "deleted the circuit cir_1"
        );
    }
}
