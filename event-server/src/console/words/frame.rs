//! What stands around every page, and the pages that say one thing.

super::words! {
    /// Of all pages.
    FrameWords {
        sign_in: "Sign in", "ログイン";
        sign_out: "Sign out", "ログアウト";
        account: "Account", "アカウント";
        my_charges: "My charging", "わたしの充電";
        sites: "Buildings", "建物";
        language: "Language", "言語";
        skip: "Skip to the content", "本文へ移動";
        nothing_here: "There is nothing here", "ページがありません";
        nothing_here_why: "The address is wrong, or what was here is not for you to see. Go back, or sign in as somebody else.", "アドレスが違うか、このアカウントでは表示できないページです。前のページに戻るか、別のアカウントでログインしてください。";
        not_possible: "That is not possible", "実行できません";
        stale_sign_in: "The sign-in took too long, was answered before, or cookies are off. Start again.", "ログインに時間がかかりすぎたか、すでに完了しているか、Cookie が無効です。もう一度やり直してください。";
        not_allowed: "You may see this, and not change it.", "閲覧のみ可能です。変更はできません。";
        stale_form: "This did not come from a page of ours. Go back, load the page again and try again.", "この画面からの操作として確認できませんでした。前のページを再読み込みして、もう一度お試しください。";
        bad_form: "Something in the form is missing or wrong. Go back and try again.", "入力に不足か誤りがあります。前のページに戻ってお試しください。";
        unavailable: "Something is wrong on our side. Try again in a moment.", "サーバー側で問題が発生しました。しばらくしてからもう一度お試しください。";
        no_role: "You have an account, and no building belongs to it yet. Ask the management for an invitation.", "アカウントはありますが、まだ建物に登録されていません。管理者に招待を依頼してください。";
        again: "Start again", "もう一度はじめる";
        back: "Back", "戻る";
        demo: "DEMO – simulated panel", "デモ – 模擬盤";
    }
}
