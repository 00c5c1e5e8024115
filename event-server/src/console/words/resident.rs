//! What residents read.

use api_spec::rest::EndedReason;

use crate::http::Language;

super::words! {
    /// Of the pages behind a label and of a charge.
    ResidentWords {
        unit: "For unit", "住戸";
        code: "Code", "番号";
        unknown_code: "There is no outlet with this code. Please check the label again; if it is right, tell the management.", "このコードのコンセントは見つかりません。ラベルをもう一度お確かめください。正しい場合は管理会社へご連絡ください。";
        price: "Price", "料金";
        no_price: "Not billed here", "ここでは請求されません";
        rating: "Rating", "定格";
        sign_in_first: "Sign in to charge", "ログインして充電する";
        not_registered: "To charge here you must be registered for this building. Ask the management for an invitation.", "この建物の利用者登録が必要です。管理者に招待を依頼してください。";
        own_unit: "Your unit is", "あなたの住戸は";
        not_own: "This outlet belongs to another unit. Check that you stand at the right one.", "このコンセントは別の住戸のものです。場所をお確かめください。";
        plug_first: "Plug in first: the cable into the car and into this outlet.", "先にケーブルを車とこのコンセントに差し込んでください。";
        how_long: "How long?", "どこまで充電しますか?";
        until_full: "Until the car is full", "満充電まで";
        until_full_hint: "24 hours at most", "最長24時間";
        hours_2: "2 hours", "2時間";
        hours_4: "4 hours", "4時間";
        hours_8: "8 hours", "8時間";
        until_morning: "Until 7 in the morning", "朝7時まで";
        by_energy: "An amount of energy", "kWhを指定";
        by_money: "An amount of money", "金額を指定";
        amount: "Amount (kWh or yen)", "数量(kWh または円)";
        amount_hint: "Only for energy or money; whole numbers.", "kWh・金額を選んだ場合のみ。整数で入力してください。";
        go_on: "Go on", "次へ";
        bad_amount: "Enter a whole amount: 1 to 200 kWh, or 1 to 100,000 yen.", "1〜200 kWh、または1〜100,000円の整数を入力してください。";
        consent: "Billing by kWh", "kWhによる請求について";
        consent_text: "You are billed for the kilowatt-hours that the meter of this outlet counts. The meter is verified for billing by the rules for specified measuring (特定計量); its class and the term of its verification are with the management. Each charge is rounded down to whole yen.", "このコンセントの計器が計量した電力量(kWh)にもとづき請求します。計器は特定計量制度に対応しており、区分と有効期限は管理者が管理しています。料金は充電1回ごとに1円未満を切り捨てます。";
        consent_yes: "I have read this and agree.", "内容を確認し、同意します。";
        consent_needed: "Without your consent nothing can be billed by kWh, so nothing was started. Go back and agree, or ask the management.", "同意がない場合、kWhによる請求ができないため開始できません。戻って同意するか、管理者にご相談ください。";
        confirm: "Please check", "ご確認ください";
        starts_at: "Charging starts at", "開始するコンセント:";
        ends_by: "Ends by", "終了予定";
        up_to: "At most", "最大";
        about: "about", "約";
        start: "Start charging at", "充電を開始:";
        other_outlet: "No, another outlet", "ほかのコンセントにする";
        too_many: "You are charging at two outlets already. Stop one first.", "すでに2か所で充電中です。先にどちらかを停止してください。";
        too_often: "You have started five times within ten minutes. Wait a little, so that the breaker is spared.", "10分間に5回開始しました。ブレーカ保護のため、しばらくお待ちください。";
        not_for_you: "You may not charge here at present. Ask the management.", "現在ここでは充電できません。管理者にお問い合わせください。";
        busy: "Somebody else is using this outlet.", "ほかの利用者が使用中です。";
        offline: "The panel cannot be reached, so nothing can be started. Try again later.", "盤と通信できないため開始できません。しばらくしてからお試しください。";
        faulted: "This outlet is out of order. The management has been told.", "このコンセントは故障中です。管理者に通知済みです。";
        disabled: "The management has taken this outlet out of use.", "管理者がこのコンセントの使用を停止しています。";
        presence_proven: "You have shown that you are at the outlet.", "コンセントの前にいることを確認しました。";
        presence_asked: "Scan the code on the display, or have its six digits ready: they show that you are at the outlet.", "表示器のQRコードを読み取るか、6桁の番号をご用意ください。コンセントの前にいることの確認に使います。";
        presence_stale: "The code of this link is over. Scan the display again, or type its six digits before you start.", "このリンクのコードは期限切れです。表示器をもう一度読み取るか、開始前に6桁の番号を入力してください。";
        presence_code: "Six digits on the display", "表示器の6桁の番号";
        presence_hint: "They change every 30 seconds and show that you are at the outlet.", "30秒ごとに変わります。コンセントの前にいることの確認に使います。";
        presence_needed: "Type the six digits that the display at the outlet shows, or scan its QR code. Nothing was started.", "コンセントの表示器の6桁の番号を入力するか、QRコードを読み取ってください。まだ開始していません。";
        presence_wrong: "The display does not show this code now. Look again and type what it shows. Nothing was started.", "番号が表示器と一致しません。もう一度確認して入力してください。まだ開始していません。";
        presence_tries: "Too many codes were wrong. Wait ten minutes, or ask the management.", "番号の誤りが続きました。10分待つか、管理者にお問い合わせください。";
        reserved: "This outlet is reserved for somebody else.", "このコンセントはほかの利用者が予約しています。";
        requested: "Asking the panel to switch on…", "盤に通電を指示しています…";
        energized: "Power is on. Waiting for the car…", "通電しました。車の応答を待っています…";
        check_plug: "Check the plug and the car's timer.", "プラグと車のタイマーを確認してください。";
        charging: "Charging", "充電中";
        paused: "The car takes no current now.", "いまは電流が流れていません。";
        stopping: "Stopping…", "停止しています…";
        ended: "Ended", "終了しました";
        failed: "It did not start", "開始できませんでした";
        power: "Power", "電力";
        current: "Current", "電流";
        energy: "Energy", "電力量";
        cost: "Cost so far", "料金(途中)";
        total: "Total", "合計";
        started: "Started", "開始";
        stopped: "Ended", "終了";
        measured: "As of", "計測時刻";
        stale: "No news for over 90 seconds. What is shown may be old; the charge still ends on time.", "90秒以上更新がありません。表示は古い可能性がありますが、充電は予定時刻に停止します。";
        reloading: "Without JavaScript, this page loads itself again every 15 seconds.", "JavaScript が無効のため、15秒ごとに再読み込みします。";
        stop: "Stop charging", "充電を停止";
        stop_sure: "Yes, stop now", "はい、停止します";
        go_on_charging: "Keep charging", "充電を続ける";
        receipt: "Receipt", "ご利用明細";
        receipt_pdf: "Receipt as PDF", "明細をPDFで保存";
        registers: "Meter, from and to", "メーター指示値(開始 → 終了)";
        energy_part: "Energy", "電力量料金";
        fixed_part: "For each charge", "基本料金";
        minimum_part: "Up to the minimum", "最低料金調整";
        idle_part: "For staying when full", "満充電後の占有";
        reason: "Why it ended", "終了理由";
        number: "No.", "番号";
        load_curve: "Load curve", "負荷曲線";
        mine: "My charging", "わたしの充電";
        none_yet: "Nothing yet. Scan the code at your outlet, or enter it here.", "まだありません。コンセントのQRコードを読み取るか、番号を入力してください。";
        enter_code: "Code on the label", "ラベルの番号";
        open: "Open", "開く";
        now: "Now", "現在";
        your_unit: "Unit", "住戸";
        csv: "As CSV", "CSVで保存";
    }
}

/// Why a session ended.
pub(in crate::console) fn ended_reason(reason: EndedReason, language: Language) -> &'static str {
    let (english, japanese) = match reason {
        EndedReason::Remote => ("stopped", "停止操作"),
        EndedReason::TimeLimit => ("time", "時間"),
        EndedReason::EnergyLimit => ("energy", "電力量"),
        EndedReason::CostLimit => ("amount of money", "金額"),
        EndedReason::Tripped => ("the breaker tripped", "ブレーカのトリップ"),
        EndedReason::OpenedByHand => ("switched off at the panel", "盤での手動オフ"),
        EndedReason::DidNotClose => ("the breaker did not close", "ブレーカが入りませんでした"),
        EndedReason::Welded => ("the breaker is welded", "ブレーカの溶着"),
        EndedReason::Refused => ("the panel refused", "盤が開始を受け付けませんでした"),
        EndedReason::Expired => (
            "the panel did not answer in time",
            "盤が時間内に応答しませんでした",
        ),
        EndedReason::CarGone => ("the car was unplugged", "プラグが抜かれました"),
        EndedReason::Local => ("stopped at the panel", "盤での停止操作"),
        EndedReason::PowerLoss => ("power cut", "停電"),
        EndedReason::NoLoad => (
            "no current flowed; nothing is billed",
            "電流が流れませんでした(請求なし)",
        ),
        EndedReason::CarIdle => ("the car was full", "満充電"),
        EndedReason::OverCurrent => ("too much current", "過電流"),
        EndedReason::Leakage => ("earth leakage", "漏電"),
        EndedReason::FeedbackBroken => ("breaker and meter disagreed", "ブレーカと計器の不一致"),
        EndedReason::DiskFailed => ("the controller's storage failed", "制御装置の記録エラー"),
        EndedReason::Unreachable => (
            "the breaker could not be reached",
            "ブレーカと通信できませんでした",
        ),
        EndedReason::Reset => ("the controller was restarted", "制御装置の再起動"),
        EndedReason::Other => ("another reason", "その他"),
    };
    match language {
        Language::English => english,
        Language::Japanese => japanese,
    }
}
