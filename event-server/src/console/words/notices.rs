//! Of mails that people wish, and of what they report.

super::words! {
    /// Where somebody says what they wish to hear of.
    NoticeWords {
        charge_title: "A mail when a charge ends", "充電終了のメール";
        charge_hint: "We keep this address for this alone, until you delete it here.", "このアドレスはこの通知のためだけに保存し、ここで削除できます。";
        email: "E-mail address", "メールアドレス";
        save: "Write to me", "メールを受け取る";
        change: "Change", "変更する";
        stop: "Delete the address, no more mails", "アドレスを削除してメールを停止";
        is_on: "We write to", "送信先:";
        bad_email: "Enter an e-mail address, such as name@example.com.", "メールアドレスを name@example.com の形式で入力してください。";
        alarm_title: "Mails when an alarm opens", "アラームのメール";
        alarm_hint: "Critical ones are those where power may flow that should not, or records may be lost.", "「至急」は、意図しない通電や記録消失のおそれがあるアラームです。";
        level: "Which alarms", "対象のアラーム";
        none: "none", "送らない";
        critical: "critical ones", "至急のみ";
        all: "all", "すべて";
        others: "Also written to", "ほかの送信先";
        nobody: "Nobody else.", "ほかにはいません。";
        remove: "Do not write to", "送信を止める:";
    }
}
