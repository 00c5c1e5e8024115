//! Mail to people, by SMTP (RFC 5321).

mod config;

pub use config::{Mail, MailSecurity};

use std::fmt::Display;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::message::header::ContentType;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Certificate, Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use crate::config::BadValue;

const TIMEOUT: Duration = Duration::from_secs(20);
/// RFC 5321 §4.5.3.1.3, without the brackets.
const MAX_ADDRESS: usize = 254;

/// What is written to somebody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Letter {
    pub subject: String,
    pub text: String,
}

/// Why a letter did not leave.
#[derive(Debug, thiserror::Error)]
pub enum MailError {
    #[error("the address is none that mail can be sent to")]
    Address(#[from] lettre::address::AddressError),
    #[error("the mail could not be written")]
    Message(#[from] lettre::error::Error),
    #[error("the mail server did not take it")]
    Smtp(#[from] lettre::transport::smtp::Error),
}

/// A way to a mail server; connects for each mail.
pub struct Mailer {
    transport: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mailer {
    /// Connects to nobody yet.
    ///
    /// # Errors
    /// If a file cannot be used, or the sender is no address.
    pub fn new(mail: &Mail) -> Result<Self, BadValue> {
        let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&mail.server)
            .port(mail.port())
            .tls(tls(mail)?)
            .timeout(Some(TIMEOUT));
        if let Some(user) = &mail.user {
            let password = mail.read_password().map_err(|e| bad("mail.password_file", &e))?;
            builder = builder.credentials(Credentials::new(user.clone(), password));
        }
        Ok(Self {
            transport: builder.build(),
            from: mail.from.parse().map_err(|e| bad("mail.from", &e))?,
        })
    }

    /// Hands a letter over.
    ///
    /// # Errors
    /// If it cannot be written, or the mail server does not take it now.
    pub async fn send(&self, to: &str, letter: Letter) -> Result<(), MailError> {
        let message = Message::builder()
            .from(self.from.clone())
            .to(Mailbox::new(None, to.parse()?))
            .subject(letter.subject)
            .header(ContentType::TEXT_PLAIN)
            .body(letter.text)?;
        self.transport.send(message).await?;
        Ok(())
    }
}

/// Whether mail can be sent to such an address.
pub fn is_address(text: &str) -> bool {
    text.len() <= MAX_ADDRESS && text.parse::<lettre::Address>().is_ok()
}

fn tls(mail: &Mail) -> Result<Tls, BadValue> {
    let mut parameters = TlsParameters::builder(mail.server.clone());
    if let Some(path) = &mail.ca_file {
        let unusable = |problem: &dyn Display| bad("mail.ca_file", &format!("{}: {problem}", path.display()));
        let pem = std::fs::read(path).map_err(|e| unusable(&e))?;
        parameters = parameters.add_root_certificate(Certificate::from_pem(&pem).map_err(|e| unusable(&e))?);
    }
    let parameters = parameters.build().map_err(|e| bad("mail.server", &e))?;
    Ok(match mail.security {
        MailSecurity::Tls => Tls::Wrapper(parameters),
        MailSecurity::Starttls => Tls::Required(parameters),
        MailSecurity::None => Tls::None,
    })
}

fn bad(key: &'static str, problem: &dyn Display) -> BadValue {
    BadValue {
        key,
        problem: problem.to_string(),
    }
}
