//! The web console: pages, styles and scripts, inside the binary and served as they are.
//!
//! Whoever asks gets them, logged in or not: they hold no state, and all they show comes from the API. A policy lets
//! a browser run and load nothing but these files, and keeps their scripts from making markup of a text.

mod files;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use axum::Router;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use files::FILES;

/// What a browser may do with a page of ours. Trusted types are asked for and none is allowed: a text that a script
/// would make markup of is refused by the browser itself.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self' data:; form-action 'none'; base-uri 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// How many digits of its hash name the content of a file.
const TAG_HEX_DIGITS: usize = 32;

/// The strong entity tag of each file.
static TAGS: LazyLock<BTreeMap<&str, HeaderValue>> = LazyLock::new(|| {
    let tags = FILES.iter().map(|(path, text)| {
        let hash = blake3::hash(text.as_bytes()).to_hex();
        let digits = hash.get(..TAG_HEX_DIGITS).unwrap_or_default();
        let tag = HeaderValue::from_str(&format!("\"{digits}\"")).expect("hexadecimal digits are visible");
        (*path, tag)
    });
    tags.collect()
});

/// Every file under its address, and the page itself at the root.
pub(super) fn router() -> Router {
    let mut router = Router::new();
    for (path, text) in FILES {
        let address = if *path == "index.html" { "/" } else { path };
        let address = format!("/{}", address.trim_start_matches('/'));
        let page = move |headers: HeaderMap| async move { answer(path, text, &headers) };
        router = router.route(&address, get(page));
    }
    router
}

fn answer(path: &str, text: &'static str, asked: &HeaderMap) -> Response {
    let mut response = match TAGS.get(path) {
        Some(tag) if is_known(asked, tag) => StatusCode::NOT_MODIFIED.into_response(),
        _ => ([(header::CONTENT_TYPE, content_type(path))], text).into_response(),
    };
    let headers = response.headers_mut();
    if let Some(tag) = TAGS.get(path) {
        headers.insert(header::ETAG, tag.clone());
    }
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

const HEADERS: [(HeaderName, &str); 6] = [
    // Asked for anew each time, and not sent again while it is the same.
    (header::CACHE_CONTROL, "no-cache"),
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
];

/// Whether the browser has this very content.
fn is_known(asked: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = asked.get_all(header::IF_NONE_MATCH).iter();
    let mut known = known
        .filter_map(|tags| tags.to_str().ok())
        .flat_map(|tags| tags.split(','));
    known.any(|known| known.trim().trim_start_matches("W/").as_bytes() == tag.as_bytes())
}

fn content_type(path: &str) -> &'static str {
    match path.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use axum::body::{Body, to_bytes};
    use axum::http::Request;

    use super::*;
    use crate::alert::Kind;

    async fn ask(address: &str, known: Option<&str>) -> Response {
        let mut request = Request::get(address);
        if let Some(known) = known {
            request = request.header(header::IF_NONE_MATCH, known);
        }
        let request = request.body(Body::empty()).unwrap();
        tower::ServiceExt::oneshot(router(), request).await.unwrap()
    }

    fn header<'r>(response: &'r Response, name: &HeaderName) -> &'r str {
        response.headers()[name].to_str().unwrap()
    }

    /// Paths of all files in the folder but Rust's own, relative to it.
    fn folder() -> BTreeSet<String> {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/console/pages");
        let mut found = BTreeSet::new();
        let mut folders = vec![root.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|extension| extension != "rs") {
                    found.insert(path.strip_prefix(&root).unwrap().display().to_string());
                }
            }
        }
        found
    }

    #[test]
    fn every_file_of_the_folder_is_served() {
        let served: BTreeSet<String> = FILES.iter().map(|(path, _)| (*path).to_owned()).collect();
        assert_eq!(served, folder());
        assert!(
            FILES
                .iter()
                .all(|(path, _)| content_type(path) != "application/octet-stream")
        );
    }

    #[tokio::test]
    async fn a_page_comes_with_its_policy_and_only_when_it_is_new() {
        let page = ask("/", None).await;
        assert_eq!(page.status(), StatusCode::OK);
        assert_eq!(header(&page, &header::CONTENT_TYPE), "text/html; charset=utf-8");
        assert_eq!(header(&page, &header::CONTENT_SECURITY_POLICY), POLICY);
        let tag = header(&page, &header::ETAG).to_owned();
        assert!(tag.starts_with('"') && tag.len() == TAG_HEX_DIGITS + 2);
        let again = ask("/", Some(&format!("\"other\", {tag}"))).await;
        assert_eq!(again.status(), StatusCode::NOT_MODIFIED);
        assert!(to_bytes(again.into_body(), 1).await.unwrap().is_empty());
        assert_eq!(ask("/", Some("\"other\"")).await.status(), StatusCode::OK);
        let script = ask("/views/overview.js", None).await;
        assert_eq!(
            header(&script, &header::CONTENT_TYPE),
            "text/javascript; charset=utf-8"
        );
        assert_ne!(header(&script, &header::ETAG), tag);
    }

    #[tokio::test]
    async fn no_other_path_leads_to_a_file() {
        for address in [
            "/mod.rs",
            "/files.rs",
            "/views",
            "/views/",
            "/../mod.rs",
            "/%2e%2e/mod.rs",
            "/app.js/",
            "/app.js%00",
        ] {
            assert_eq!(
                ask(address, None).await.status(),
                StatusCode::NOT_FOUND,
                "{address}"
            );
        }
    }

    #[test]
    fn every_kind_of_alert_has_its_words() {
        let (_, kinds) = FILES.iter().find(|(path, _)| *path == "kinds.js").unwrap();
        for kind in Kind::ALL.map(Kind::as_str) {
            let is_told = [format!("  {kind}: ["), format!("  \"{kind}\": [")]
                .iter()
                .any(|entry| kinds.contains(entry));
            assert!(is_told, "{kind}");
        }
    }

    #[test]
    fn scripts_make_no_markup_and_nothing_is_loaded_from_elsewhere() {
        const FORBIDDEN: [&str; 10] = [
            "innerHTML",
            "outerHTML",
            "insertAdjacentHTML",
            "document.write",
            "eval(",
            "new Function",
            "DOMParser",
            "createContextualFragment",
            "https://",
            "style=",
        ];
        for (path, text) in FILES {
            for forbidden in FORBIDDEN {
                assert!(!text.contains(forbidden), "{path} has `{forbidden}`");
            }
            let text = text.replace("http://www.w3.org/2000/svg", "");
            assert!(!text.contains("http://"), "{path} names another host");
        }
    }
}
