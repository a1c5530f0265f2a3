//! Tells somebody by HTTP: one POST of JSON, told when the status is one of success.

use std::sync::Arc;
use std::time::Duration;

use crate::config::Webhook;
use crate::destination::http::{Post, post};
use crate::tls::{Client, NotReached, Owner, Within};

use super::message::Message;

/// Tells it; why not, without secrets, when it is not told.
pub(super) async fn tell(
    contact: &Arc<str>,
    webhook: &Webhook,
    message: &Message<'_>,
    limit: Duration,
) -> Result<(), NotReached> {
    let tls = Client::new(webhook.tls.clone(), Within::Http, Owner::contact(contact));
    let what = Post {
        url: &webhook.url,
        plaintext: None,
        headers: &webhook.headers,
        tls: &tls,
        content_type: "application/json",
        body: message.json().to_string().into(),
    };
    let status = post(what, limit).await?;
    if status.is_success() {
        Ok(())
    } else {
        Err(format!("answered with {status}").into())
    }
}
