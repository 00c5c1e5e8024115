//! Of saying that something is wrong.

super::words! {
    /// What residents read there.
    ReportWords {
        title: "Report a fault", "不具合を報告";
        what: "What is wrong?", "どのような不具合ですか?";
        text: "In your words (optional, 500 characters at most)", "詳しい状況(任意・500文字まで)";
        danger: "In danger, such as smoke or heat, keep away and call the management at once.", "煙や発熱など危険な場合は、離れてすぐに管理者へ電話してください。";
        send: "Send to the management", "管理者に送信";
        thanks: "The management has been told. Thank you.", "管理者に通知しました。ありがとうございます。";
        too_many: "You have sent five reports today. Please call the management.", "本日の報告は5件に達しました。管理者へお電話ください。";
        too_long: "The text is longer than 500 characters, or has letters that cannot be shown.", "文字数が500を超えているか、使用できない文字が含まれています。";
        where_to_find: "Where to find it", "場所";
    }
}
