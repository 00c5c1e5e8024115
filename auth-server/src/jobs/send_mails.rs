//! Sends the sign-in links that people have asked for. Of several nodes one sends each; after a crash it may go out twice.

use std::time::Duration;

use foundation::mail::{MailError, Mailer};
use foundation::{Clock, Db, DbError};
use tokio_util::sync::CancellationToken;

use crate::mail::sign_in_letter;
use crate::operations::sign_in_link::{self, LINK_LIFE_US};
use crate::store::mails::{self, DueMail};

const TICK: Duration = Duration::from_secs(1);
/// Between two tries; longer than one can take.
const RETRY_US: i64 = 60 * 1_000_000;

/// What mails are sent with.
pub(crate) struct Post {
    pub(crate) db: Db,
    pub(crate) mailer: Mailer,
    pub(crate) issuer: String,
    pub(crate) clock: Clock,
}

impl Post {
    /// Until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            if let Err(error) = self.send_due().await {
                tracing::error!(%error, "mails that are due cannot be read");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.clock.sleep(TICK) => {}
            }
        }
    }

    async fn send_due(&self) -> Result<(), DbError> {
        let now_us = self.clock.now_us();
        let look = self.db.read(move |conn| mails::is_any_due(conn, now_us));
        // Most seconds there is nothing to do, and nothing to wait for the disk with.
        if !look.await? {
            return Ok(());
        }
        let next_try_us = now_us.saturating_add(RETRY_US);
        let due = self
            .db
            .write(move |conn| mails::take_due(conn, now_us, next_try_us))
            .await?;
        for mail in due {
            if self.is_settled(&mail).await? {
                self.db.write(move |conn| mails::delete(conn, &mail)).await?;
            }
        }
        Ok(())
    }

    /// Whether the mail was sent, or need not be any more.
    async fn is_settled(&self, mail: &DueMail) -> Result<bool, DbError> {
        let now_us = self.clock.now_us();
        if now_us.saturating_sub(mail.asked_at_us) > LINK_LIFE_US {
            tracing::error!("a mail was given up: the mail server has not taken it for 15 minutes");
            return Ok(true);
        }
        let found = sign_in_link::for_mail(&self.db, mail, &self.issuer, now_us).await?;
        let Some((person, link)) = found else {
            return Ok(true);
        };
        let letter = sign_in_letter(person.language, &person.name, &link.url);
        match self.mailer.send(&mail.email, letter).await {
            Ok(()) => Ok(true),
            // It will not become one by waiting.
            Err(MailError::Address(_) | MailError::Message(_)) => Ok(true),
            Err(MailError::Smtp(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a mail waits");
                Ok(false)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use foundation::db::DatabaseUrl;
    use foundation::mail::{Mail, MailSecurity};
    use foundation::metrics::Text;

    use super::*;
    use crate::store;

    #[tokio::test]
    async fn nothing_is_written_while_no_mail_is_due() {
        let folder = std::env::temp_dir().join(foundation::ids::id("mails"));
        std::fs::create_dir_all(&folder).unwrap();
        let server = Mail {
            server: "127.0.0.1".into(),
            port: Some(9),
            security: MailSecurity::None,
            user: None,
            password_file: None,
            ca_file: None,
            from: "denro@example.jp".into(),
        };
        let post = Post {
            db: store::open(&DatabaseUrl::sqlite(folder.join("auth.db"))).unwrap(),
            mailer: Mailer::new(&server).unwrap(),
            issuer: "http://127.0.0.1".into(),
            clock: Clock::system(),
        };
        let commits = || {
            let mut text = Text::default();
            post.db.figures().write(&mut text);
            text.into_text()
        };
        let before = commits();
        post.send_due().await.unwrap();
        assert_eq!(commits(), before);
        // To nobody who is known, so that it is only taken away.
        let mail = DueMail {
            email: "nobody@example.jp".into(),
            request: String::new(),
            asked_at_us: post.clock.now_us(),
        };
        let insert = post.db.write(move |conn| mails::replace(conn, &mail));
        insert.await.unwrap();
        post.send_due().await.unwrap();
        let left = post.db.read(|conn| mails::is_any_due(conn, i64::MAX));
        assert!(!left.await.unwrap());
        drop(post);
        std::fs::remove_dir_all(folder).unwrap();
    }
}
