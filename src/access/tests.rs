//! Users, sessions and tokens of a folder.

use std::os::unix::fs::PermissionsExt;

use tempfile::TempDir;

use super::*;

const PASSWORD: &str = "correct horse battery";

fn open() -> (TempDir, Access) {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path()).unwrap();
    (folder, access)
}

fn log_in(access: &Access, name: &str, password: &str) -> Result<(Known, Key), LogInError> {
    access.log_in(name, password, "192.0.2.1", clock::monotonic())
}

#[test]
fn the_first_administrator_is_made_with_the_token_and_only_once() {
    let (folder, access) = open();
    let token = access.setup_token().unwrap();
    assert!(access.needs_setup());
    let wrong = access.set_up("x", "anna", PASSWORD).unwrap_err();
    assert!(matches!(wrong, AccessError::SetupToken));
    assert!(access.needs_setup());
    access.set_up(&token, "anna", PASSWORD).unwrap();
    assert!(!access.needs_setup());
    let again = access.set_up(&token, "bert", PASSWORD).unwrap_err();
    assert!(matches!(again, AccessError::SetUp));
    let (known, _) = log_in(&access, "anna", PASSWORD).unwrap();
    assert!(known.may(Permission::Administer) && !known.may(Permission::Read));
    let file = folder.path().join(FILE_NAME);
    assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    let text = std::fs::read_to_string(file).unwrap();
    assert!(!text.contains(PASSWORD) && text.contains("$argon2id$"), "{text}");
    assert!(!Access::open(folder.path()).unwrap().needs_setup());
}

#[test]
fn a_session_follows_its_user() {
    let (_folder, access) = open();
    access
        .add_user("anna", PASSWORD, [Role::Administrator].into())
        .unwrap();
    access.add_user("bert", PASSWORD, [Role::Viewer].into()).unwrap();
    let now = clock::monotonic();
    let (_, key) = log_in(&access, "bert", PASSWORD).unwrap();
    let may_read = || {
        access
            .session(key.expose(), now)
            .map(|known| known.may(Permission::Read))
    };
    assert_eq!(may_read(), Some(false));
    access
        .change_user("bert", None, Some([Role::Reader].into()))
        .unwrap();
    assert_eq!(may_read(), Some(true), "roles count at once");
    access
        .change_user("bert", Some("another long password"), None)
        .unwrap();
    assert_eq!(may_read(), None, "a new password ends the session");
    let (_, key) = log_in(&access, "bert", "another long password").unwrap();
    assert!(log_in(&access, "bert", PASSWORD).is_err());
    access.remove_user("bert").unwrap();
    assert_eq!(access.session(key.expose(), now), None);
    let (_, key) = log_in(&access, "anna", PASSWORD).unwrap();
    access.log_out(key.expose());
    assert_eq!(access.session(key.expose(), now), None);
}

#[test]
fn nobody_learns_who_exists() {
    let (_folder, access) = open();
    access.add_user("anna", PASSWORD, [Role::Viewer].into()).unwrap();
    let wrong = |is_known| LogInError::Wrong { is_known, unheard: 0 };
    let said = |name| log_in(&access, name, "a wrong password").unwrap_err();
    // What differs is for the audit log alone.
    assert_eq!(said("anna"), wrong(true));
    assert_eq!(said("bert"), wrong(false));
}

#[test]
fn a_token_holds_until_it_expires_or_is_removed() {
    let (folder, access) = open();
    let by = Identity::Local(Some(0));
    let (token, key) = access
        .add_token("bridge", [Role::Operator].into(), 30, &by)
        .unwrap();
    assert_eq!(token.created_by, "local:0");
    let known = access.bearer(key.expose()).unwrap();
    assert_eq!(known.identity, Identity::Token("bridge".to_owned()));
    assert!(known.may(Permission::Operate) && !known.may(Permission::Read));
    assert_eq!(access.bearer("weir_x"), None);
    let file = folder.path().join(FILE_NAME);
    let text = std::fs::read_to_string(&file).unwrap();
    assert!(!text.contains(key.expose()));
    // The same file a month later.
    let expired = text.replace(&token.expires_at.to_string(), "2020-01-01T00:00:00Z");
    std::fs::write(&file, expired).unwrap();
    assert_eq!(Access::open(folder.path()).unwrap().bearer(key.expose()), None);
    access.remove_token("bridge").unwrap();
    assert_eq!(access.bearer(key.expose()), None);
}

#[test]
fn what_is_refused_changes_nothing() {
    let (folder, access) = open();
    let viewer = || BTreeSet::from([Role::Viewer]);
    access
        .add_user("anna", PASSWORD, [Role::Administrator].into())
        .unwrap();
    let text = || std::fs::read_to_string(folder.path().join(FILE_NAME)).unwrap();
    let before = text();
    let check = |done: Result<(), AccessError>, expected: &str| {
        assert_eq!(done.unwrap_err().to_string(), expected);
        assert_eq!(text(), before);
    };
    let name = "expected a name of 1 to 64 lower-case letters, digits and `.`, `_`, `-`, `@`";
    for wrong in ["", "..", "Anna", "a/b", "a b", "ä", &"x".repeat(65)] {
        check(access.add_user(wrong, PASSWORD, viewer()), name);
    }
    check(
        access.add_user("anna", PASSWORD, viewer()),
        "`anna` is there already",
    );
    check(
        access.add_user("bert", PASSWORD, BTreeSet::new()),
        "expected at least one role",
    );
    check(
        access.change_user("bert", None, Some(viewer())),
        "there is no `bert`",
    );
    check(access.remove_user("bert"), "there is no `bert`");
    check(access.remove_token("bridge"), "there is no `bridge`");
    let last = "`anna` is the only administrator: make another one first";
    check(access.change_user("anna", None, Some(viewer())), last);
    check(access.remove_user("anna"), last);
    let by = Identity::Local(None);
    let days = "expected a life of 1 to 731 days";
    for wrong in [0, 732] {
        check(access.add_token("bridge", viewer(), wrong, &by).map(drop), days);
    }
}

#[test]
fn a_file_that_is_none_of_ours_is_told_and_left() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join(FILE_NAME);
    for wrong in ["", "{}", r#"{"version":2,"users":{},"tokens":{}}"#] {
        std::fs::write(&path, wrong).unwrap();
        let error = Access::open(folder.path()).err().unwrap();
        assert!(
            matches!(error, AccessError::Unreadable { .. }),
            "{wrong}: {error}"
        );
        assert_eq!(std::fs::read_to_string(&path).unwrap(), wrong);
    }
}

#[test]
fn what_each_role_may() {
    let table: Vec<String> = Role::ALL
        .into_iter()
        .map(|role| {
            let may: Vec<String> = role.permissions().iter().map(ToString::to_string).collect();
            assert_eq!(role.as_str().parse(), Ok(role));
            format!("{role}: {}", may.join(" "))
        })
        .collect();
    let expected = [
        "viewer: see",
        "operator: see operate",
        "reader: see read",
        "editor: see read edit",
        "administrator: see administer",
        "auditor: see audit",
    ];
    assert_eq!(table, expected);
    let local = Known::local(None);
    assert!(
        Permission::ALL
            .into_iter()
            .all(|permission| local.may(permission))
    );
}
