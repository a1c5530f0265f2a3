//! Real folders, and an intake that the test scripts.

use std::fs;
use std::io::Write as _;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::FutureExt;
use futures_util::future::ready;
use tempfile::TempDir;
use tokio::sync::{Semaphore, mpsc};

use super::folders::{NOTE, cut, read_whole};
use super::*;
use crate::listener::Reply;

/// What the intake was given, one after the other.
type Given = mpsc::UnboundedReceiver<String>;

/// Rules by a script that is given how many frames came before; frames whose text it does not know are accepted.
fn scripted(rule: impl Fn(usize, &str) -> Ruling + Send + Sync + 'static) -> (Intake, Given) {
    let (tell, given) = mpsc::unbounded_channel();
    let count = AtomicUsize::new(0);
    let intake: Intake = Arc::new(move |incoming: Incoming| {
        assert!(incoming.is_file);
        let text = match incoming.frame {
            Frame::Whole(content) => String::from_utf8(content.to_vec()).unwrap(),
            Frame::TooLarge { prefix } => format!("too large, begins with {} bytes", prefix.len()),
        };
        tell.send(text.clone()).unwrap();
        let ruling = rule(count.fetch_add(1, Ordering::SeqCst), &text);
        let reply = Reply {
            ruling,
            ..Reply::default()
        };
        ready(ready(reply).boxed()).boxed()
    });
    (intake, given)
}

fn accepting() -> (Intake, Given) {
    scripted(|_, _| Ruling::Accepted)
}

struct Watched {
    root: TempDir,
    more: &'static str,
}

impl Watched {
    fn new(more: &'static str, files: &[(&str, &str)]) -> Watched {
        let root = tempfile::tempdir().unwrap();
        for (name, text) in files {
            fs::write(root.path().join(name), text).unwrap();
        }
        Watched { root, more }
    }

    fn settings(&self) -> Settings {
        let folder = self.root.path().display();
        let more = self.more;
        serde_yaml::from_str(&format!(
            "{{ folder: '{folder}', interval: 5ms, settled: 0s, {more} }}"
        ))
        .unwrap()
    }

    /// Watches until so many frames came, then stops in good order; returns the frames.
    async fn watch(&self, intake: (Intake, Given), count: usize) -> Vec<String> {
        let (intake, mut given) = intake;
        let bound = Bound::open(&self.settings()).await.unwrap();
        let (stop, shutdown) = watch::channel(false);
        let running = tokio::spawn(bound.run(Arc::from("in"), intake, ReadBudget::new(64 << 20), shutdown));
        let mut frames = Vec::new();
        while frames.len() < count {
            frames.push(given.recv().await.unwrap());
        }
        stop.send_replace(true);
        running.await.unwrap();
        frames.extend(std::iter::from_fn(|| given.try_recv().ok()));
        frames
    }

    /// What looks into it, when the test says so.
    async fn watcher(&self, intake: Intake, settled: Duration) -> Watcher {
        let bound = Bound::open(&self.settings()).await.unwrap();
        Watcher {
            share: ReadBudget::new(1 << 20).share(1 << 20, None),
            folders: bound.folders,
            settings: Settings {
                settled,
                ..self.settings()
            },
            name: Arc::from("in"),
            intake,
            shutdown: watch::Sender::new(false).subscribe(),
            seen: HashMap::new(),
            stuck: HashMap::new(),
            untakable: HashSet::new(),
            reads: 0,
            failures: 0,
        }
    }

    /// Names and contents in a folder inside, by name.
    fn inside(&self, folder: &str) -> Vec<(String, String)> {
        let mut files: Vec<_> = fs::read_dir(self.root.path().join(folder))
            .unwrap()
            .map(|entry| entry.unwrap())
            .filter(|entry| entry.file_type().unwrap().is_file())
            .map(|entry| {
                let name = entry.file_name().into_string().unwrap();
                (name, fs::read_to_string(entry.path()).unwrap())
            })
            .collect();
        files.sort();
        files
    }

    fn names(&self, folder: &str) -> Vec<String> {
        self.inside(folder).into_iter().map(|(name, _)| name).collect()
    }
}

#[tokio::test]
async fn accepted_files_are_kept_in_the_order_of_their_names() {
    let watched = Watched::new("", &[("b.hl7", "B"), ("a.hl7", "A"), ("c", "C")]);
    assert_eq!(watched.watch(accepting(), 3).await, ["A", "B", "C"]);
    assert_eq!(watched.names("done"), ["a.hl7", "b.hl7", "c"]);
    assert!(watched.names(".").is_empty() && watched.names("working").is_empty());
}

#[tokio::test]
async fn the_order_of_time_is_that_of_the_last_change() {
    let watched = Watched::new("order: time", &[("a", "A"), ("b", "B"), ("c", "C")]);
    for (name, seconds) in [("a", 30), ("b", 10), ("c", 20)] {
        let file = fs::File::options()
            .write(true)
            .open(watched.root.path().join(name));
        let at = std::time::UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds);
        file.unwrap().set_modified(at).unwrap();
    }
    assert_eq!(watched.watch(accepting(), 3).await, ["B", "C", "A"]);
}

#[tokio::test]
async fn accepted_files_may_be_deleted() {
    let watched = Watched::new("accepted: delete", &[("a", "A")]);
    watched.watch(accepting(), 1).await;
    for folder in [".", "working", "done", "failed"] {
        assert!(watched.names(folder).is_empty(), "{folder}");
    }
}

#[tokio::test]
async fn a_refused_file_fails_with_its_reason_and_the_next_goes_on() {
    let intake = scripted(|_, text| match text {
        "SECRET" => Ruling::Rejected("200 MSH-9: not taken".to_owned()),
        "wrong" => Ruling::Erroneous("102 no number".to_owned()),
        _ => Ruling::Accepted,
    });
    let watched = Watched::new("", &[("1.hl7", "SECRET"), ("2.hl7", "wrong"), ("3.hl7", "right")]);
    watched.watch(intake, 3).await;
    let expected = [
        ("1.hl7", "SECRET"),
        ("1.hl7.reason.txt", "AR 200 MSH-9: not taken\n"),
        ("2.hl7", "wrong"),
        ("2.hl7.reason.txt", "AE 102 no number\n"),
    ];
    let expected = expected.map(|(name, text)| (name.to_owned(), text.to_owned()));
    assert_eq!(watched.inside("failed"), expected);
    assert_eq!(watched.names("done"), ["3.hl7"]);
}

#[tokio::test]
async fn what_cannot_be_stored_now_is_tried_again_before_what_comes_after_it() {
    let intake = scripted(|before, _| match before {
        0 | 1 => Ruling::Unavailable,
        _ => Ruling::Accepted,
    });
    let watched = Watched::new("", &[("a", "A"), ("b", "B")]);
    assert_eq!(watched.watch(intake, 4).await, ["A", "A", "A", "B"]);
    assert_eq!(watched.names("done"), ["a", "b"]);
}

#[tokio::test]
async fn a_stop_leaves_what_could_not_be_stored_in_work_and_the_next_start_begins_with_it() {
    let watched = Watched::new("", &[("b", "B")]);
    let intake = scripted(|_, _| Ruling::Unavailable);
    watched.watch(intake, 1).await;
    assert_eq!(watched.names("working"), ["b"]);
    fs::write(watched.root.path().join("a"), "A").unwrap();
    assert_eq!(watched.watch(accepting(), 2).await, ["B", "A"]);
}

#[tokio::test]
async fn a_message_that_makes_the_intake_panic_fails_alone() {
    let intake = scripted(|_, text| match text {
        "boom" => panic!("in the intake"),
        _ => Ruling::Accepted,
    });
    let watched = Watched::new("", &[("1", "boom"), ("2", "fine")]);
    watched.watch(intake, 2).await;
    assert_eq!(watched.names("failed"), ["1", "1.reason.txt"]);
    assert_eq!(watched.names("done"), ["2"]);
}

#[tokio::test]
async fn a_reason_replaces_no_file_that_has_failed() {
    let intake = scripted(|_, _| Ruling::Rejected("no".to_owned()));
    let watched = Watched::new("order: time", &[("a.reason.txt", "mine")]);
    watched.watch(intake, 1).await;
    fs::write(watched.root.path().join("a"), "A").unwrap();
    let intake = scripted(|_, _| Ruling::Rejected("no".to_owned()));
    watched.watch(intake, 1).await;
    let failed = watched.inside("failed");
    assert_eq!(failed.len(), 4, "{failed:?}");
    assert!(
        failed.contains(&("a.reason.txt".to_owned(), "mine".to_owned())),
        "{failed:?}"
    );
}

#[tokio::test]
async fn a_file_that_changed_since_it_was_seen_is_not_taken() {
    let watched = Watched::new("", &[("a", "A")]);
    let folders = Folders::open(watched.root.path()).unwrap();
    let seen = || folders.arrived(None, Order::Name).unwrap().pop().unwrap();
    let before = seen();
    fs::write(watched.root.path().join("a"), "A and more").unwrap();
    assert_eq!(folders.claim(&before).unwrap(), None);
    assert_eq!(watched.names("working"), [""; 0]);
    assert_eq!(folders.claim(&seen()).unwrap().unwrap(), "a");
    assert_eq!(folders.claim(&before).unwrap(), None);
}

#[tokio::test]
async fn the_same_name_again_replaces_nothing() {
    let watched = Watched::new("", &[("out.hl7", "1")]);
    watched.watch(accepting(), 1).await;
    fs::write(watched.root.path().join("out.hl7"), "2").unwrap();
    watched.watch(accepting(), 1).await;
    let mut kept: Vec<_> = watched.inside("done").into_iter().map(|(_, text)| text).collect();
    kept.sort();
    assert_eq!(kept, ["1", "2"]);
    assert!(
        watched
            .names("done")
            .iter()
            .all(|name| Path::new(name).extension().is_some_and(|end| end == "hl7"))
    );
}

#[tokio::test]
async fn a_file_over_its_limit_fails_and_is_not_read_whole() {
    let long = "x".repeat(20_000);
    let watched = Watched::new("frame_bytes_max: 16KiB", &[("a", &long)]);
    let intake = scripted(|_, _| Ruling::Rejected("207 too large".to_owned()));
    assert_eq!(
        watched.watch(intake, 1).await,
        ["too large, begins with 4096 bytes"]
    );
    assert_eq!(watched.inside("failed")[0], ("a".to_owned(), long));
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_not_asked_for_stays_and_links_are_not_followed() {
    let watched = Watched::new("suffix: .hl7", &[("a.hl7", "A"), ("b.tmp", "B"), (".c.hl7", "C")]);
    let root = watched.root.path();
    let outside = tempfile::NamedTempFile::new().unwrap();
    fs::write(&outside, "SECRET").unwrap();
    std::os::unix::fs::symlink(&outside, root.join("d.hl7")).unwrap();
    fs::create_dir(root.join("e.hl7")).unwrap();
    assert_eq!(watched.watch(accepting(), 1).await, ["A"]);
    assert_eq!(watched.names("."), [".c.hl7", "b.tmp"]);
    assert!(root.join("d.hl7").is_symlink());
    // One that is in work already, whoever put it there, is not read either.
    std::os::unix::fs::symlink(&outside, root.join("working/f.hl7")).unwrap();
    fs::write(root.join("g.hl7"), "G").unwrap();
    assert_eq!(watched.watch(accepting(), 1).await, ["G"]);
    assert!(root.join("failed/f.hl7").is_symlink());
    assert_eq!(
        watched.inside("failed")[0].1,
        "AR expected a file, found something else\n"
    );
}

#[tokio::test]
async fn a_file_that_changes_is_left_until_it_no_longer_does() {
    let watched = Watched::new("", &[("a", "A")]);
    let settled = Duration::from_secs(3600);
    let mut looking = watched.watcher(accepting().0, settled).await;
    let look = |folders: &Folders| folders.arrived(None, Order::Name).unwrap();
    let folders = Arc::clone(&looking.folders);
    // As if it had been seen long ago.
    let age = |looking: &mut Watcher| {
        for (_, since) in looking.seen.values_mut() {
            *since = since.checked_sub(settled).unwrap();
        }
    };
    assert!(
        looking.complete(look(&folders)).is_empty(),
        "seen for the first time"
    );
    age(&mut looking);
    fs::write(watched.root.path().join("a"), "AA").unwrap();
    assert!(looking.complete(look(&folders)).is_empty(), "it has grown");
    age(&mut looking);
    let names: Vec<_> = looking
        .complete(look(&folders))
        .into_iter()
        .map(|seen| seen.name)
        .collect();
    assert_eq!(names, ["a"]);
    fs::remove_file(watched.root.path().join("a")).unwrap();
    assert!(looking.complete(look(&folders)).is_empty());
    assert!(looking.seen.is_empty(), "what is gone is forgotten");
}

#[tokio::test]
async fn a_folder_that_is_not_there_is_told_and_not_made() {
    let watched = Watched::new("", &[]);
    let missing = watched.root.path().join("mount");
    let settings = Settings {
        folder: missing.clone(),
        ..watched.settings()
    };
    let failure = Bound::open(&settings).await.err().unwrap();
    assert_eq!(failure.kind(), io::ErrorKind::NotFound);
    assert!(!missing.exists());
}

#[tokio::test]
async fn new_settings_wait_until_the_old_ones_have_put_their_file_away() {
    let watched = Watched::new("", &[("a", "A"), ("b", "B")]);
    let (tell, mut given) = mpsc::unbounded_channel();
    let go_on = Arc::new(Semaphore::new(0));
    let told = Arc::clone(&go_on);
    // Each file is in the intake's hands until the test lets go of it.
    let intake: Intake = Arc::new(move |_| {
        let (tell, told) = (tell.clone(), Arc::clone(&told));
        let ruled = async move {
            tell.send(()).unwrap();
            told.acquire().await.unwrap().forget();
            Reply::default()
        };
        ready(ruled.boxed()).boxed()
    });
    let before = Bound::open(&watched.settings()).await.unwrap();
    let after = before.again(&watched.settings()).unwrap();
    let budget = ReadBudget::new(64 << 20);
    let stops = [watch::Sender::new(false), watch::Sender::new(false)];
    let run = |bound: Bound, stop: &watch::Sender<bool>| {
        tokio::spawn(bound.run(
            Arc::from("in"),
            Arc::clone(&intake),
            budget.clone(),
            stop.subscribe(),
        ))
    };
    let first = run(before, &stops[0]);
    given.recv().await.unwrap();
    let second = run(after, &stops[1]);
    stops[0].send_replace(true);
    tokio::task::yield_now().await;
    assert!(given.try_recv().is_err(), "the file in work is not taken twice");
    go_on.add_permits(1);
    first.await.unwrap();
    assert_eq!(watched.names("done"), ["a"]);
    given.recv().await.unwrap();
    stops[1].send_replace(true);
    go_on.add_permits(1);
    second.await.unwrap();
    assert_eq!(watched.names("done"), ["a", "b"]);
}

#[cfg(unix)]
#[tokio::test]
async fn what_is_no_file_is_put_aside_and_those_after_it_are_taken() {
    let watched = Watched::new("", &[("z", "Z")]);
    let root = watched.root.path();
    drop(Folders::open(root).unwrap());
    let working = root.join("working");
    fs::create_dir(working.join("folder")).unwrap();
    std::os::unix::fs::symlink("nowhere", working.join("link")).unwrap();
    let mode = rustix::fs::Mode::RUSR | rustix::fs::Mode::WUSR;
    rustix::fs::mknodat(
        rustix::fs::CWD,
        working.join("pipe"),
        rustix::fs::FileType::Fifo,
        mode,
        0,
    )
    .unwrap();
    assert_eq!(watched.watch(accepting(), 1).await, ["Z"]);
    assert_eq!(
        watched.names("failed"),
        ["folder.reason.txt", "link.reason.txt", "pipe.reason.txt"]
    );
    for name in ["folder", "link", "pipe"] {
        assert!(
            fs::symlink_metadata(root.join("failed").join(name)).is_ok(),
            "{name}"
        );
    }
    assert_eq!(fs::read_dir(working).unwrap().count(), 0);
}

#[tokio::test]
async fn a_file_that_vanishes_is_no_failure() {
    let watched = Watched::new("", &[("a", "A")]);
    let folders = Folders::open(watched.root.path()).unwrap();
    let seen = folders.arrived(None, Order::Name).unwrap().pop().unwrap();
    folders.claim(&seen).unwrap().unwrap();
    fs::remove_file(watched.root.path().join("working/a")).unwrap();
    assert!(matches!(folders.read("a".as_ref(), 100), Ok(Content::Gone)));
}

#[tokio::test]
async fn a_file_that_can_be_put_nowhere_keeps_no_other_waiting() {
    let intake = || {
        scripted(|_, text| match text {
            "wrong" => Ruling::Rejected("200 no".to_owned()),
            _ => Ruling::Accepted,
        })
    };
    let watched = Watched::new("", &[("1", "wrong"), ("2", "right")]);
    let failed = watched.root.path().join("failed");
    let bound = Bound::open(&watched.settings()).await.unwrap();
    fs::remove_dir(&failed).unwrap();
    fs::write(&failed, "in the way").unwrap();
    let (stop, shutdown) = watch::channel(false);
    let (intake, mut given) = intake();
    let running = tokio::spawn(bound.run(Arc::from("in"), intake, ReadBudget::new(64 << 20), shutdown));
    assert_eq!(given.recv().await.unwrap(), "wrong");
    assert_eq!(given.recv().await.unwrap(), "right");
    // It is moved when that can be done again, and not given to the intake once more.
    fs::remove_file(&failed).unwrap();
    fs::create_dir(&failed).unwrap();
    while watched.names("failed") != ["1", "1.reason.txt"] {
        tokio::task::yield_now().await;
    }
    stop.send_replace(true);
    running.await.unwrap();
    assert!(given.try_recv().is_err());
    assert_eq!(watched.names("done"), ["2"]);
    assert!(watched.names("working").is_empty());
}

#[tokio::test]
async fn a_file_that_somebody_else_has_put_away_keeps_no_other_waiting() {
    let watched = Watched::new("", &[("1", "one")]);
    let root = watched.root.path();
    let done = root.join("done");
    let bound = Bound::open(&watched.settings()).await.unwrap();
    fs::remove_dir(&done).unwrap();
    let (stop, shutdown) = watch::channel(false);
    let (intake, mut given) = accepting();
    let running = tokio::spawn(bound.run(Arc::from("in"), intake, ReadBudget::new(64 << 20), shutdown));
    assert_eq!(given.recv().await.unwrap(), "one");
    // Whoever has mended the folder has also moved the file.
    fs::rename(root.join("working/1"), root.join("moved")).unwrap();
    fs::create_dir(&done).unwrap();
    fs::rename(root.join("moved"), done.join("1")).unwrap();
    fs::write(root.join("2"), "two").unwrap();
    let next = timeout(Duration::from_secs(60), given.recv()).await;
    assert_eq!(next.expect("it goes on").unwrap(), "two");
    stop.send_replace(true);
    running.await.unwrap();
    assert!(given.try_recv().is_err());
    assert_eq!(watched.names("done"), ["1", "2"]);
}

#[test]
fn what_is_put_away_already_is_put_away() {
    let refused = || Ruling::Rejected("no".to_owned());
    for (ruling, accepted, kept) in [
        (Ruling::Accepted, Accepted::Archive, "done"),
        (Ruling::Accepted, Accepted::Delete, ""),
        (refused(), Accepted::Archive, "failed"),
    ] {
        let watched = Watched::new("", &[]);
        let root = watched.root.path();
        let folders = Folders::open(root).unwrap();
        fs::write(root.join("working/a"), "A").unwrap();
        // As if the first had failed after the move.
        for _ in 0..2 {
            folders.put_away("a".as_ref(), &ruling, accepted).unwrap();
        }
        assert!(watched.names("working").is_empty());
        for folder in ["done", "failed"] {
            let names: &[&str] = match folder {
                _ if folder != kept => &[],
                "done" => &["a"],
                _ => &["a", "a.reason.txt"],
            };
            assert_eq!(watched.names(folder), names, "{ruling:?} {accepted:?}");
        }
        fs::remove_dir(root.join("working")).unwrap();
        assert!(
            folders.put_away("a".as_ref(), &ruling, accepted).is_err(),
            "nobody knows where it is"
        );
    }
}

#[tokio::test]
async fn names_as_long_as_can_be_have_room_for_their_reason() {
    let long = |end: &str| format!("{}{end}", "x".repeat(255 - end.len()));
    let watched = Watched::new("", &[(&long("1.hl7"), "wrong"), (&long("2.hl7"), "wrong")]);
    let intake = scripted(|_, _| Ruling::Rejected("no".to_owned()));
    watched.watch(intake, 2).await;
    let failed = watched.names("failed");
    assert_eq!(failed.len(), 4);
    let ends_in = |end: &str| failed.iter().filter(|name| name.ends_with(end)).count();
    assert_eq!((ends_in(".hl7"), ends_in(NOTE)), (2, 2), "{failed:?}");
}

/// A file to which something is added as soon as somebody reads it.
struct Growing<'f> {
    file: &'f fs::File,
    path: &'f Path,
    more: &'static str,
}

impl io::Read for Growing<'_> {
    fn read(&mut self, room: &mut [u8]) -> io::Result<usize> {
        let more = std::mem::take(&mut self.more);
        let mut sender = fs::File::options().append(true).open(self.path)?;
        sender.write_all(more.as_bytes())?;
        self.file.read(room)
    }
}

#[test]
fn a_file_that_grows_while_it_is_read_is_not_taken_cut_off() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a");
    let check = |bytes_max: usize, more: &'static str, expected: &str| {
        fs::write(&path, "MSH and").unwrap();
        let file = fs::File::open(&path).unwrap();
        let before = Stamp::of(&file.metadata().unwrap()).unwrap();
        let growing = Growing {
            file: &file,
            path: &path,
            more,
        };
        let told = match read_whole(&file, growing, before, bytes_max).unwrap() {
            Content::File(Frame::Whole(content)) => String::from_utf8(content.to_vec()).unwrap(),
            Content::File(Frame::TooLarge { prefix }) => format!("too large, {}", prefix.len()),
            Content::Changing => "changing".to_owned(),
            other @ (Content::Unreadable(_) | Content::Gone) => format!("{other:?}"),
        };
        assert_eq!(told, expected, "{bytes_max} {more}");
    };
    check(7, "", "MSH and");
    check(11, "", "MSH and");
    check(11, "more", "changing");
    check(7, "more", "too large, 8");
    // What comes after all was read shows in the file alone.
    fs::write(&path, "MSH").unwrap();
    let file = fs::File::open(&path).unwrap();
    let before = Stamp::of(&file.metadata().unwrap()).unwrap();
    fs::write(&path, "MSH and").unwrap();
    let read = read_whole(&file, b"MSH".as_slice(), before, 11).unwrap();
    assert!(matches!(read, Content::Changing), "{read:?}");
}

#[tokio::test]
async fn a_file_that_changes_while_it_is_read_stays_in_work_and_is_taken_at_a_later_look() {
    let watched = Watched::new("", &[("b", "B")]);
    let (intake, mut given) = accepting();
    let mut looking = watched.watcher(intake, Duration::ZERO).await;
    fs::write(watched.root.path().join("working/a"), "A").unwrap();
    let then = looking.see("a".into(), Content::Changing).await.unwrap();
    assert_eq!(then, Then::Leave);
    assert_eq!(watched.names("working"), ["a"]);
    assert!(given.try_recv().is_err());
    assert!(looking.look().await.unwrap());
    assert_eq!(
        [given.recv().await.unwrap(), given.recv().await.unwrap()],
        ["A", "B"]
    );
    assert_eq!(watched.names("done"), ["a", "b"]);
}

#[test]
fn a_name_is_cut_between_letters_and_keeps_its_extension() {
    let check = |name: &str, bytes_max: usize, expected: &str| {
        assert_eq!(cut(name.as_ref(), bytes_max), expected, "{name}");
    };
    check("short.hl7", 9, "short.hl7");
    check("longer.hl7", 9, "longe.hl7");
    check("\u{e4}\u{e4}\u{e4}.hl7", 9, "\u{e4}\u{e4}.hl7");
    check("no-extension", 5, "no-ex");
    check(".hidden-and-long", 7, ".hidden");
    check("a.an-extension-that-is-none", 20, "a.an-extension-that-");
}
