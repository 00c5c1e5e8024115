//! Of what is kept of somebody, and of its deletion.

super::words! {
    /// Where somebody deletes what is kept of them.
    DataWords {
        title: "Your data", "あなたのデータ";
        kept: "For charging here, these are kept of you:", "充電のために、次の情報を保存しています。";
        identity: "your name, your unit and where you may charge", "氏名、住戸、利用できる場所";
        charges: "your charges, with time, energy and cost", "充電の記録(日時・電力量・料金)";
        consents: "your consent to billing by kWh", "kWhによる請求への同意";
        address: "your e-mail address, where you wished mails", "メールアドレス(通知を希望した場合)";
        reports: "faults that you reported", "報告いただいた不具合";
        download: "Your charges as CSV", "充電の記録をCSVで保存";
        delete_title: "Delete my data", "データを削除する";
        deletes: "Your name, unit, addresses, reservations and sign-ins are deleted at once, and you are signed out. Whoever may charge here needs only sign in to charge again.", "氏名・住戸・アドレス・予約・ログイン状態をただちに削除し、ログアウトします。利用が許可されている方は、ふたたびログインすれば充電できます。";
        stays: "Charges and consents stay without your name, with the unit that is billed, because the building's accounts rest on them; entries of the audit log stay as well.", "充電の記録と同意は、建物の会計に必要なため、氏名を除き住戸とともに残ります。監査ログの記録も残ります。";
        account: "Your account itself, with its way of signing in, is deleted on its own page:", "ログイン用のアカウント自体は、アカウントのページで削除できます:";
        to_account: "Your account", "アカウント";
        sure: "I know that this cannot be undone.", "元に戻せないことを理解しました。";
        delete: "Delete my data", "データを削除する";
        running: "A charge of yours is running. Stop it first.", "充電中です。先に充電を停止してください。";
        not_sure: "Tick the box first.", "先に確認欄にチェックを入れてください。";
        leave_it: "No, leave it as it is", "やめる";
    }
}
