//! Sends the mails that people wish. Of several nodes one sends each; after a crash it may go out twice.

use std::time::Duration;

use foundation::DbError;
use foundation::mail::{MailError, Mailer};
use tokio_util::sync::CancellationToken;

use crate::console::letter;
use crate::context::Context;
use crate::store::mails::{self, Mail};

const TICK: Duration = Duration::from_secs(1);
/// In one round.
const MOST: i64 = 20;
const MINUTE_US: i64 = 60 * 1_000_000;
/// Twice as long after each try, up to an hour.
const MAX_WAIT_MINUTES: i64 = 60;
/// What the mail server has not taken by then is old news; so long, what was sent is counted.
const LIFE_US: i64 = 24 * 60 * MINUTE_US;
/// Longer than a round takes.
const TAKEN_US: i64 = 10 * MINUTE_US;

/// What mails are sent with.
pub(crate) struct Post {
    pub(crate) context: Context,
    pub(crate) mailer: Mailer,
    pub(crate) public_url: String,
}

impl Post {
    /// Until `stop`.
    pub(crate) async fn run(self, stop: CancellationToken) {
        loop {
            super::report(&self.context, "send_mails", self.send_due().await);
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.context.clock.sleep(TICK) => {}
            }
        }
    }

    async fn send_due(&self) -> Result<(), DbError> {
        let now_us = self.context.clock.now_us();
        let old_us = now_us.saturating_sub(LIFE_US);
        let look = self
            .context
            .db
            .read(move |conn| mails::is_any_due(conn, now_us, old_us));
        // Most seconds there is nothing to do, and nothing to wait for the disk with.
        if !look.await? {
            return Ok(());
        }
        let due = self.context.db.write(move |conn| {
            mails::delete_sent_before(conn, old_us)?;
            mails::take_due(conn, now_us, now_us.saturating_add(TAKEN_US), MOST)
        });
        for mail in due.await? {
            self.send(mail).await?;
        }
        Ok(())
    }

    async fn send(&self, mail: Mail) -> Result<(), DbError> {
        let now_us = self.context.clock.now_us();
        let (number, tries) = (mail.number, mail.tries);
        if now_us.saturating_sub(mail.created_at) > LIFE_US {
            tracing::error!("a mail was given up: the mail server has not taken it for a day");
            return self.settle(move |conn| mails::delete(conn, number)).await;
        }
        let (about, public_url) = (mail.clone(), self.public_url.clone());
        let read = self
            .context
            .db
            .read(move |conn| letter(conn, &about, &public_url));
        let Some(letter) = read.await? else {
            return self.settle(move |conn| mails::delete(conn, number)).await;
        };
        match self.mailer.send(&mail.email, letter).await {
            Ok(()) => {
                self.settle(move |conn| mails::update_sent(conn, number, now_us))
                    .await
            }
            // It will not become one by waiting.
            Err(MailError::Address(_) | MailError::Message(_)) => {
                self.settle(move |conn| mails::delete(conn, number)).await
            }
            Err(MailError::Smtp(error)) => {
                tracing::warn!(error = &error as &dyn std::error::Error, "a mail waits");
                let due_at = now_us.saturating_add(wait_us(tries));
                self.settle(move |conn| mails::update_due(conn, number, due_at))
                    .await
            }
        }
    }

    async fn settle(
        &self,
        body: impl FnOnce(&mut foundation::Conn) -> Result<(), DbError> + Send + 'static,
    ) -> Result<(), DbError> {
        self.context.db.write(body).await
    }
}

/// After so many tries.
fn wait_us(tries: i64) -> i64 {
    let doublings = tries.saturating_sub(1).clamp(0, 6);
    (1_i64 << doublings).min(MAX_WAIT_MINUTES) * MINUTE_US
}

#[cfg(test)]
mod tests {
    use foundation::Clock;
    use foundation::mail::{Mail as Server, MailSecurity};
    use foundation::metrics::Text;

    use super::*;
    use crate::store::mails::NewMail;
    use crate::{database, store};

    fn post(database: &database::Database) -> Post {
        let server = Server {
            server: "127.0.0.1".into(),
            port: Some(9),
            security: MailSecurity::None,
            user: None,
            password_file: None,
            ca_file: None,
            from: "denro@example.jp".into(),
        };
        Post {
            context: Context::new(store::open(&database.url()).unwrap(), Clock::system()),
            mailer: Mailer::new(&server).unwrap(),
            public_url: String::new(),
        }
    }

    #[tokio::test]
    async fn nothing_is_written_while_no_mail_is_due() {
        let database = database::Database::new();
        let post = post(&database);
        let commits = || {
            let mut text = Text::default();
            post.context.db.figures().write(&mut text);
            text.into_text()
        };
        let before = commits();
        post.send_due().await.unwrap();
        assert_eq!(commits(), before);
        // Of an alarm that is not there, so that it is only taken away.
        let mail = NewMail {
            email: "aiko@example.jp".into(),
            language: "ja".into(),
            kind: "alarm".into(),
            subject_id: "alm_none".into(),
            created_at: 0,
            due_at: 0,
            tries: 0,
        };
        let insert = post.context.db.write(move |conn| mails::insert(conn, &mail));
        insert.await.unwrap();
        post.send_due().await.unwrap();
        let left = post
            .context
            .db
            .read(|conn| mails::is_any_due(conn, i64::MAX, i64::MAX));
        assert!(!left.await.unwrap());
    }

    #[test]
    fn tries_are_a_minute_apart_at_first_and_an_hour_at_last() {
        let minutes = [1, 2, 3, 7, 8, 200].map(|tries| wait_us(tries) / MINUTE_US);
        assert_eq!(minutes, [1, 2, 4, 60, 60, 60]);
    }
}
