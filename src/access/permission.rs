//! Who may do what: roles and what each of them may, as data.

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What an endpoint asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Permission {
    /// Names, counts and settings; of a message its type, its control id and what became of it.
    See,
    /// Pause, resume, retry, drain, skip, discard and send again.
    Operate,
    /// What messages hold.
    Read,
    /// Edit a message and send it again, try one.
    Edit,
    /// Users, tokens, reload, backup, holds, purging.
    Administer,
    /// The audit log.
    Audit,
}

/// What a user or a token is. One may have several.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees what runs and how much waits.
    Viewer,
    /// Sets going again what is stuck, without seeing what is in it.
    Operator,
    /// Looks into messages.
    Reader,
    /// Looks into messages, changes them and sends them again.
    Editor,
    /// Users, tokens, reload, backup, holds and purging, without looking into a message; a backup holds messages.
    Administrator,
    /// Reads the audit log.
    Auditor,
}

impl Permission {
    /// All of them.
    pub const ALL: [Permission; 6] = [
        Permission::See,
        Permission::Operate,
        Permission::Read,
        Permission::Edit,
        Permission::Administer,
        Permission::Audit,
    ];
}

impl Role {
    /// All of them.
    pub const ALL: [Role; 6] = [
        Role::Viewer,
        Role::Operator,
        Role::Reader,
        Role::Editor,
        Role::Administrator,
        Role::Auditor,
    ];

    /// What it may. What is not here it may not.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Role::Viewer => &[Permission::See],
            Role::Operator => &[Permission::See, Permission::Operate],
            Role::Reader => &[Permission::See, Permission::Read],
            Role::Editor => &[Permission::See, Permission::Read, Permission::Edit],
            Role::Administrator => &[Permission::See, Permission::Administer],
            Role::Auditor => &[Permission::See, Permission::Audit],
        }
    }

    /// Its name, as settings and the API write it.
    pub fn as_str(self) -> &'static str {
        match self {
            Role::Viewer => "viewer",
            Role::Operator => "operator",
            Role::Reader => "reader",
            Role::Editor => "editor",
            Role::Administrator => "administrator",
            Role::Auditor => "auditor",
        }
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = String;

    fn from_str(text: &str) -> Result<Role, String> {
        let known = Role::ALL.into_iter().find(|role| role.as_str() == text);
        known.ok_or_else(|| {
            let names = Role::ALL.map(Role::as_str).join(", ");
            format!("expected one of {names}")
        })
    }
}

impl fmt::Display for Permission {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Permission::See => "see",
            Permission::Operate => "operate",
            Permission::Read => "read",
            Permission::Edit => "edit",
            Permission::Administer => "administer",
            Permission::Audit => "audit",
        })
    }
}
