//! What is written to people. What stands in braces is filled in.

super::words! {
    /// Of mails.
    LetterWords {
        alarm_subject: "{site}: {what}", "{site}: {what}";
        alarm: "An alarm has opened at {site}.\n\n{what} ({place})\nSince: {since}\nWhat to do: {to_do}\n\nSay that you look after it: {url}\n\nNo more of these mails: {settings}\n", "{site} でアラームが発生しました。\n\n{what}({place})\n発生: {since}\n対応: {to_do}\n\n確認と対応: {url}\n\nこのメールの停止: {settings}\n";
        panel: "panel", "盤";
        ended_subject: "Your charge at {place} has ended", "{place} の充電が終了しました";
        failed_subject: "Your charge at {place} did not start", "{place} の充電を開始できませんでした";
        ended: "{subject}.\n\nBuilding: {site}\nUntil: {until}\nEnergy: {energy}\n{cost}Why: {reason}\n\nMore: {url}\n\nNo more of these mails: {settings}\n", "{subject}。\n\n建物: {site}\n終了: {until}\n電力量: {energy}\n{cost}理由: {reason}\n\n詳細: {url}\n\nこのメールの停止: {settings}\n";
        cost: "Cost: {yen}\n", "料金: {yen}\n";
    }
}
