//! What is written to people, in their language.

use foundation::Language;
use foundation::mail::Letter;

/// Brings a link by which `name` signs in.
pub(crate) fn sign_in_letter(language: Language, name: &str, url: &str) -> Letter {
    match language {
        Language::English => Letter {
            subject: "Your link to sign in".into(),
            text: format!(
                "Hello {name},\n\nopen this link to sign in. It can be used once, within 15 minutes:\n\n{url}\n\n\
                 If you did not ask for it, you need do nothing: nobody gets in without this mail.\n"
            ),
        },
        Language::Japanese => Letter {
            subject: "ログイン用リンクのお知らせ".into(),
            text: format!(
                "{name} 様\n\n次のリンクを開いてログインしてください。15分以内に一度だけ使えます。\n\n{url}\n\n\
                 お心当たりがない場合は、何もする必要はありません。このメールがなければ誰もログインできません。\n"
            ),
        },
    }
}
