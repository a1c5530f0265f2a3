//! An encrypted outbox: what it is opened by, what is refused before anything is touched, what is seen.

use super::*;
use crate::outbox::sealed::Sealed;
use crate::seal::{self, Keys, KeysError, OperatorKey};

/// A key in a private file of this folder.
fn key(folder: &Path, name: &str) -> (OperatorKey, Settings) {
    let key = OperatorKey::generate().unwrap();
    let path = folder.join(name);
    crate::durable::replace(&path, key.text().as_bytes()).unwrap();
    let settings = Settings {
        key: Some(SecretPlace::File(path)),
        ..settings()
    };
    (key, settings)
}

/// Every file of the folder with its bytes.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(contents(&path));
        } else {
            found.insert(path.clone(), fs::read(path).unwrap());
        }
    }
    found
}

#[tokio::test]
async fn an_encrypted_outbox_opens_by_its_key_and_is_not_touched_by_another() {
    let keys = tempfile::tempdir().unwrap();
    let (ours, ours_settings) = key(keys.path(), "ours");
    let (theirs, theirs_settings) = key(keys.path(), "theirs");
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("outbox");
    let outbox = Outbox::open(&folder, &ours_settings).unwrap();
    let long = "canary".repeat(5_000);
    accept(&outbox, &long, &["a"]).await;
    accept(&outbox, "short canary", &["a"]).await;
    outbox.close().await;
    let before = contents(&folder);
    let holds = |needle: &[u8]| {
        before
            .values()
            .any(|bytes| bytes.windows(needle.len()).any(|at| at == needle))
    };
    assert!(!holds(b"canary") && holds(b"weir keys"));

    let refused = |settings: &Settings| Outbox::open(&folder, settings).unwrap_err();
    assert!(matches!(refused(&settings()), OpenError::Encrypted { .. }));
    assert!(matches!(
        refused(&theirs_settings),
        OpenError::Keys(KeysError::OtherKey { .. })
    ));
    fs::rename(keys_file(&folder), parent.path().join("keys")).unwrap();
    assert!(matches!(refused(&ours_settings), OpenError::KeysMissing { .. }));
    fs::rename(parent.path().join("keys"), keys_file(&folder)).unwrap();
    assert!(contents(&folder) == before, "nothing was touched");

    let outbox = Outbox::open(&folder, &ours_settings).unwrap();
    let bodies = owed(&outbox, "a").into_iter().map(|(_, body)| body);
    assert_eq!(bodies.collect::<Vec<_>>(), [long.as_str(), "short canary"]);
    outbox.close().await;

    // Another key, and a new data key for what comes from now on.
    seal::rotate(&keys_file(&folder), &ours, &theirs).unwrap();
    assert!(matches!(refused(&ours_settings), OpenError::Keys(_)));
    let outbox = Outbox::open(&folder, &theirs_settings).unwrap();
    accept(&outbox, "after", &["a"]).await;
    assert_eq!(owed(&outbox, "a").len(), 3);
    outbox.close().await;
    let found = Outbox::verify(&folder, &theirs_settings).unwrap();
    assert_eq!((found.damages, found.difference(), found.messages), (0, 0, 3));
}

#[tokio::test]
async fn an_encrypted_outbox_whose_making_was_cut_short_is_made_again() {
    let keys = tempfile::tempdir().unwrap();
    let (_, with_key) = key(keys.path(), "key");
    let folder = tempfile::tempdir().unwrap();
    let unfinished = folder
        .path()
        .join(format!("{}x", crate::durable::UNFINISHED_PREFIX));
    fs::write(&unfinished, "weir k").unwrap();
    let plain = Outbox::open(folder.path(), &settings()).unwrap_err();
    assert!(
        matches!(plain, OpenError::NotAnOutbox { .. }),
        "no creation of one without a key leaves that"
    );
    let outbox = Outbox::open(folder.path(), &with_key).unwrap();
    accept(&outbox, "m", &["a"]).await;
    outbox.close().await;
}

#[tokio::test]
async fn a_plain_outbox_does_not_become_another_by_itself() {
    let keys = tempfile::tempdir().unwrap();
    let (_, with_key) = key(keys.path(), "key");
    let folder = tempfile::tempdir().unwrap();
    let outbox = open(folder.path());
    accept(&outbox, "m", &["a"]).await;
    outbox.close().await;
    let before = contents(folder.path());
    let refused = Outbox::open(folder.path(), &with_key).unwrap_err();
    assert!(matches!(refused, OpenError::NotEncrypted { .. }), "{refused}");
    assert!(contents(folder.path()) == before);
}

#[tokio::test]
async fn what_was_altered_or_swapped_is_parked_and_stops_nothing() {
    let operator = OperatorKey::generate().unwrap();
    let (_, text) = Keys::generate(&operator).unwrap();
    let durable = Arc::new(Mutex::new(Content::new()));
    let store = || {
        Sealed::over(
            MemoryStore::over(&durable),
            Keys::of_text(&text, "", &operator).unwrap(),
        )
    };
    let outbox = over(store(), &settings(), false);
    for body in ["one", "two", "three", "four"] {
        accept(&outbox, body, &["a"]).await;
    }
    outbox.close().await;
    {
        let mut content = durable.lock().unwrap();
        let [one, two] = [1, 2].map(|number| Key::message(Sequence(number)).as_ref().to_vec());
        let swapped = (content[&one].clone(), content[&two].clone());
        content.insert(one, swapped.1);
        content.insert(two, swapped.0);
        let three = Key::message(Sequence(3)).as_ref().to_vec();
        *content.get_mut(&three).unwrap().last_mut().unwrap() ^= 1;
    }
    let outbox = over(store(), &settings(), false);
    let bodies: Vec<Bytes> = owed(&outbox, "a").into_iter().map(|(_, body)| body).collect();
    assert_eq!(bodies, ["four"]);
    while outbox.depth("a").unwrap().dead < 3 {
        tokio::task::yield_now().await;
    }
    let dead = outbox.dead_letters("a", None, 10).unwrap();
    assert!(
        dead.iter()
            .all(|dead| dead.reason.contains("cannot be decrypted")),
        "{:?}",
        dead.iter().map(|dead| &dead.reason).collect::<Vec<_>>()
    );
    outbox.close().await;
}
