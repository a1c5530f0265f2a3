//! HL7 data types as Rust values: each borrows its part of a message and finds what is inside it when asked.
//!
//! Nothing is copied or decoded before it is asked for, and nothing here refuses a value: what does not fit its
//! type is a [`Misfit`] when it is read as that type, and its bytes and text are there all the same (`.0`).
//!
//! Types read alike across versions.
//! Components are found by the delimiters that are there: a family name is the same whether it was sent as ST
//! (2.3) or as FN (2.5), an identifier whether it was sent as ST or CX.
//! Types that the standard replaced are read by the one that took their place: CE and CNE as [`Cwe`], TS as
//! [`Dtm`].
//! Simple values (numbers, times, codes) are read from the first component, so that one which a later version
//! gave more components is still understood; text is read whole.
//!
//! ```
//! use weir::hl7::Message;
//! use weir::hl7::segments::Pid;
//!
//! let message = Message::parse("MSH|^~\\&|ADT\rPID|||12^^^MRN~34^^^NH||DE&LA CRUZ^ANNA||198405".into())?;
//! let patient = message.first::<Pid>().ok_or("no PID")?;
//! let name = patient.patient_name().next().ok_or("no name")?;
//! assert_eq!(name.family_name().surname().text().as_deref(), Some("DE"));
//! assert_eq!(patient.patient_identifier_list().count(), 2);
//! let born = patient.datetime_of_birth().timestamp()?.ok_or("no birth date")?;
//! assert_eq!((born.year(), born.month(), born.day()), (1984, Some(5), None));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod addresses;
mod codes;
mod control;
mod documents;
mod finance;
mod identifiers;
mod locations;
mod names;
mod numbers;
mod observation;
mod part;
mod quantities;
mod text;
mod times;
mod timing;

#[cfg(test)]
mod tests;

use thiserror::Error;

pub use addresses::{Ad, Sad, Xad, Xtn};
pub use codes::{Cf, Cwe, Jcc, Sps};
pub use control::{Eld, Erl, Msg, Pt, Srt, Vid};
pub use documents::{Ed, Rp};
pub use finance::{Aui, Cp, Fc, Mo, Moc};
pub use identifiers::{Cx, Dln, Ei, Eip, Hd, Prl};
pub use locations::{Dld, La1, La2, Pl};
pub use names::{Cnn, Fn, Ndl, Ppn, Xcn, Xon, Xpn};
pub use numbers::{Nm, Si};
pub use observation::ObservationValue;
pub use part::{Part, Repetitions};
pub use quantities::{Cq, Sn};
pub use text::{Ft, Id, Is, St, Tx};
pub use times::{Dt, Dtm, Precision, TimeOfDay, Timestamp, Tm};
pub use timing::{Dr, Osd, Ri, Rpt, Tq};

/// Why a value does not fit its data type. Holds no content.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Misfit {
    /// Not an NM.
    #[error("expected a number: digits with at most one decimal point, perhaps a sign before them")]
    Number,
    /// Not an SI.
    #[error("expected a whole number without a sign")]
    SequenceId,
    /// Not a DT.
    #[error("expected a date: YYYY[MM[DD]]")]
    Date,
    /// Not a TM.
    #[error("expected a time of day: HH[MM[SS[.S[S[S[S]]]]]][+/-ZZZZ]")]
    Time,
    /// Not a DTM.
    #[error("expected a date and time: YYYY[MM[DD[HH[MM[SS[.S[S[S[S]]]]]]]]][+/-ZZZZ]")]
    Timestamp,
}
