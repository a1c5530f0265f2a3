//! In which character set a stored body is read: the one place that says so.
//!
//! A body that declares one, in MSH-18 or by a byte order mark, is in that. What it does not declare is kept with the
//! message: the character set that it was in when it was stored, be it its listener's or one that it declared and a
//! route took out of MSH-18. Bytes are never converted here.

use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;

use crate::config::Site;
use crate::hl7::{Charset, Header};
use crate::outbox::{Charsets, Delivery};

use super::status::Running;

/// What listeners assume of messages that declare no character set, by their names.
pub(super) type Assumed = BTreeMap<Arc<str>, Charset>;

/// What the listeners of a site assume.
pub(super) fn assumed(site: &Site) -> Assumed {
    let listeners = site.listeners.iter();
    listeners
        .filter_map(|(name, listener)| Some((Arc::clone(name), listener.charset?)))
        .collect()
}

/// What is to be kept of these bodies, each with the character set that it is in: those of bodies that declare none.
pub(super) fn to_keep<'b>(bodies: impl Iterator<Item = (&'b Bytes, Option<Charset>)>) -> Charsets {
    let declares_none = |body: &Bytes| Header::parse(body).is_ok_and(|header| header.charset().is_none());
    Charsets::new(bodies.map(|(body, charset)| {
        let charset = charset.filter(|_| declares_none(body));
        charset.map(Charset::as_str)
    }))
}

impl Running {
    /// The character set of a message of this listener that declares none, if this one was kept with it.
    pub fn charset_of(&self, kept: Option<Charset>, listener: &str) -> Option<Charset> {
        charset(kept, listener, &self.charsets)
    }
}

/// The character set of a body that declares none. An earlier weir kept nothing: then it is what its listener assumes.
fn charset(kept: Option<Charset>, listener: &str, assumed: &Assumed) -> Option<Charset> {
    kept.or_else(|| assumed.get(listener).copied())
}

/// The character set of a delivery that declares none.
pub(super) fn charset_of(delivery: &Delivery, assumed: &Assumed) -> Option<Charset> {
    let kept = delivery.charset.as_deref().and_then(|name| name.parse().ok());
    charset(kept, &delivery.listener, assumed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_character_set_is_kept_where_a_body_does_not_declare_one() {
        let polish: Charset = "8859/2".parse().unwrap();
        let body =
            |declared: &str| Bytes::from(format!("MSH|^~\\&|A||||||ADT^A01|1|P|2.5.1||||||{declared}\r"));
        let check = |bodies: &[(&str, Option<Charset>)], expected: &[Option<&str>]| {
            let bodies: Vec<_> = bodies
                .iter()
                .map(|(declared, charset)| (body(declared), *charset))
                .collect();
            let kept = to_keep(bodies.iter().map(|(body, charset)| (body, *charset)));
            assert_eq!(kept.names().collect::<Vec<_>>(), expected, "{bodies:?}");
        };
        let (polish, utf_8) = (Some(polish), Some(Charset::UTF_8));
        check(&[("", polish)], &[Some("8859/2")]);
        check(&[("8859/2", polish), ("UNICODE UTF-8", utf_8)], &[]);
        check(&[("8859/2", polish), ("", polish)], &[None, Some("8859/2")]);
        // Written anew in another one, which was then taken out.
        check(
            &[("", polish), ("", utf_8)],
            &[Some("8859/2"), Some("UNICODE UTF-8")],
        );
        check(&[("", None), ("8859/2", polish)], &[]);
        let no_message = Bytes::from_static(b"GET / HTTP/1.1");
        assert!(to_keep(std::iter::once((&no_message, polish))).is_empty());
    }

    #[test]
    fn what_was_kept_counts_before_what_the_listener_assumes_now() {
        let [polish, greek] = ["8859/2", "8859/7"].map(|name| name.parse::<Charset>().unwrap());
        let assumed = Assumed::from([("in".into(), greek)]);
        assert_eq!(charset(Some(polish), "in", &assumed), Some(polish));
        assert_eq!(charset(None, "in", &assumed), Some(greek));
        assert_eq!(charset(None, "out", &assumed), None);
    }
}
