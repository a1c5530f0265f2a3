//! What a place in a message holds: absent, empty, the HL7 null, or a value.

/// What stands at a [`FieldPath`](super::FieldPath), undecoded.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Value<'a> {
    /// The message does not reach this far: no such segment, field, repetition or component.
    Absent,
    /// The place is there and holds nothing, or nothing but delimiters (`^^`).
    Empty,
    /// Two double quotes: the sender asks to delete the value (HL7 v2.5.1, 2.5.3).
    Null,
    /// The bytes as received, with their escapes and deeper delimiters.
    Valued(&'a [u8]),
}

/// The state of a place without its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// See [`Value::Absent`].
    Absent,
    /// See [`Value::Empty`].
    Empty,
    /// See [`Value::Null`].
    Null,
    /// See [`Value::Valued`].
    Valued,
}

impl<'a> Value<'a> {
    /// Which of the four states this is.
    pub fn state(self) -> State {
        match self {
            Value::Absent => State::Absent,
            Value::Empty => State::Empty,
            Value::Null => State::Null,
            Value::Valued(_) => State::Valued,
        }
    }

    /// The bytes that stand there, those of the null too; `None` where the place is absent.
    pub fn bytes(self) -> Option<&'a [u8]> {
        match self {
            Value::Absent => None,
            Value::Empty => Some(b""),
            Value::Null => Some(b"\"\""),
            Value::Valued(raw) => Some(raw),
        }
    }

    /// The bytes of a value; `None` unless valued.
    pub fn raw(self) -> Option<&'a [u8]> {
        match self {
            Value::Valued(raw) => Some(raw),
            Value::Absent | Value::Empty | Value::Null => None,
        }
    }
}

impl std::fmt::Debug for Value<'_> {
    /// Prints the state and the size, never the bytes.
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Value::Valued(raw) => write!(formatter, "Valued({} bytes)", raw.len()),
            Value::Absent | Value::Empty | Value::Null => write!(formatter, "{:?}", self.state()),
        }
    }
}
