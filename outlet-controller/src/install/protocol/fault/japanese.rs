//! What can be wrong with a panel, in Japanese.

use super::{Fault, list, volts};

pub(super) fn text(fault: &Fault) -> String {
    match fault {
        Fault::NoAnswer => "応答がない".into(),
        Fault::NoSerialNumber => "製造番号を読めない".into(),
        Fault::SerialNumberTwice { also } => format!("{also}と同じ製造番号"),
        Fault::NotOff => "「切」になっていない".into(),
        Fault::OthersNotOff { outlets } => format!("コンセント{}の「切」を確認できない", list(outlets)),
        Fault::PositionUnknown => "入切位置を読めない".into(),
        Fault::TrippedAlready => "トリップしている".into(),
        Fault::LeakageAlready => "漏電入力が動作している".into(),
        Fault::AlarmUnknown => "警報接点を読めない".into(),
        Fault::CannotSwitch { problem } => format!("指令を書けない: {problem}"),
        Fault::DoesNotClose { within_ms } => format!("{within_ms} ms以内に「入」にならない"),
        Fault::TooSlow { within_ms } => format!("動作がtravel_ms + verify_ms = {within_ms}より遅い"),
        Fault::OthersMove { outlets } => format!("コンセント{}の入切位置が動いた", list(outlets)),
        Fault::NoVoltage => "電圧を読めない".into(),
        Fault::ImplausibleVoltage { allowed_v } => format!("電圧が範囲外({})", volts(allowed_v)),
        Fault::MeterSilent => "計器の電流を読めない".into(),
        Fault::NoMeterSeesLoad => "どの計器にも負荷電流が現れない".into(),
        Fault::OtherMetersSeeLoad { outlets } => {
            format!("コンセント{}の計器に負荷電流が現れた", list(outlets))
        }
        Fault::MainSilent => "主幹の計器の電流を読めない".into(),
        Fault::MainSeesNoLoad => "主幹の計器に負荷電流が現れない".into(),
        Fault::MainReversed => "主幹の計器で負荷が逆向きに現れる".into(),
        Fault::NoRegister => "積算値を読めない".into(),
        Fault::Reversed => "電力が負、または逆方向の積算値が進む".into(),
        Fault::RegisterStandsStill => "積算値が進まない".into(),
        Fault::DoesNotOpen { within_ms } => format!("{within_ms} ms以内に「切」にならない"),
        Fault::CurrentStays => "「切」でも電流が流れている".into(),
        Fault::NoTripSeen => "トリップ入力が動かない".into(),
        Fault::TripSeenElsewhere { outlets } => format!("コンセント{}のトリップ入力が動いた", list(outlets)),
        Fault::NoLeakageSeen => "漏電入力が動かない".into(),
        Fault::TripStays => "トリップ入力が復帰しない".into(),
    }
}

/// What to look at.
pub(super) fn hint(fault: &Fault) -> &'static str {
    match fault {
        Fault::NoAnswer => {
            "電源、A/B線、ユニット番号、通信速度とパリティを確認。`outlet-controller probe` で応答を調べられる。"
        }
        Fault::NoSerialNumber | Fault::SerialNumberTwice { .. } => {
            "盤ファイルの機種と合っているか、同じユニット番号が2台ないか確認。"
        }
        Fault::NotOff | Fault::DoesNotOpen { .. } => {
            "まず手動で「切」に。出力と配線、操作電源、位置接点(on = 0/1)を確認。"
        }
        Fault::OthersNotOff { .. } => "同時に2台は「入」にしない。そのブレーカが「切」にならない原因を確認。",
        Fault::PositionUnknown => "位置接点を読むユニットが応答しているか確認。",
        Fault::TrippedAlready => "原因を調べて復帰。またはトリップ接点の論理(on = 0/1)を確認。",
        Fault::LeakageAlready => "漏電の原因を調べて復帰。または漏電接点の論理(on = 0/1)を確認。",
        Fault::AlarmUnknown => "警報接点を読むユニットが応答しているか確認。",
        Fault::CannotSwitch { .. } => "出力ユニットの応答と動作モード(通常)を確認。",
        Fault::DoesNotClose { .. } => "レバーの遠方/手元、出力の配線、操作電源、位置接点とその入力を確認。",
        Fault::TooSlow { .. } => "提案された動作時間を書き込んで再試行。",
        Fault::OthersMove { .. } => {
            "動いたレバーを確認。別のレバーなら出力の入れ違い、このレバーなら位置接点の入れ違い。"
        }
        Fault::NoVoltage | Fault::MeterSilent | Fault::MainSilent | Fault::NoRegister => {
            "計器の応答と機種を確認。"
        }
        Fault::ImplausibleVoltage { .. } => {
            "コンセントと計器の相、盤ファイルの[supply]、機種ファイルを確認。"
        }
        Fault::NoMeterSeesLoad => "負荷の電源、変流器(電線を通しているか、かみ合わせ、コネクタ)を確認。",
        Fault::OtherMetersSeeLoad { .. } => {
            "計器、変流器、またはコンセント配線の入れ違い。隣の方に課金されてしまう。"
        }
        Fault::MainSeesNoLoad => {
            "変流器が全コンセントの電源線にあるか確認。三相のうち一相だけを見る計器は[main]にできない。"
        }
        Fault::Reversed | Fault::MainReversed => "変流器の向き(K/L)、または計器の一次側の接続が逆。",
        Fault::RegisterStandsStill => "計器本体の表示が進むか、機種ファイルの積算値の番地を確認。",
        Fault::CurrentStays => "接点の溶着または迂回配線。上位のブレーカを切り、使用しないこと。",
        Fault::NoTripSeen | Fault::NoLeakageSeen => {
            "警報接点、配線、入力、盤ファイルの論理(on = 0/1)を確認。"
        }
        Fault::TripSeenElsewhere { .. } => "警報接点の入力が入れ違い。",
        Fault::TripStays => "ブレーカが復帰しているか(レバーを完全に下げる)確認。",
    }
}
