//! Typed segments: the fields of a segment by their names in the standard, each as its data type.
//!
//! A typed segment is the segment itself (`.0`) with names; a field is searched when it is asked for, and nothing
//! is refused: a segment that is too short has absent fields, one that is too long has more than are named here.
//! Names, types and tables are those of version 2.5.1, followed by the fields that later versions added; what
//! other versions put into the same places reads alike (see [`datatype`](super::datatype)).
//! Of a field that does not repeat the first repetition is read.

mod aig;
mod ail;
mod aip;
mod al1;
mod arv;
mod dg1;
mod err;
mod evn;
mod ft1;
mod gt1;
mod in1;
mod mfe;
mod mfi;
mod mrg;
mod msa;
mod msh;
mod nk1;
mod nte;
mod obr;
mod obx;
mod orc;
mod pd1;
mod pid;
mod pr1;
mod pv1;
mod pv2;
mod qak;
mod qpd;
mod rcp;
mod rgs;
mod rxa;
mod rxc;
mod rxd;
mod rxe;
mod rxo;
mod rxr;
mod sch;
mod spm;
mod tq1;
mod txa;

use super::message::Message;
use super::segment::Segment;

pub use aig::Aig;
pub use ail::Ail;
pub use aip::Aip;
pub use al1::Al1;
pub use arv::Arv;
pub use dg1::Dg1;
pub use err::Err;
pub use evn::Evn;
pub use ft1::Ft1;
pub use gt1::Gt1;
pub use in1::In1;
pub use mfe::Mfe;
pub use mfi::Mfi;
pub use mrg::Mrg;
pub use msa::Msa;
pub use msh::Msh;
pub use nk1::Nk1;
pub use nte::Nte;
pub use obr::Obr;
pub use obx::Obx;
pub use orc::Orc;
pub use pd1::Pd1;
pub use pid::Pid;
pub use pr1::Pr1;
pub use pv1::Pv1;
pub use pv2::Pv2;
pub use qak::Qak;
pub use qpd::Qpd;
pub use rcp::Rcp;
pub use rgs::Rgs;
pub use rxa::Rxa;
pub use rxc::Rxc;
pub use rxd::Rxd;
pub use rxe::Rxe;
pub use rxo::Rxo;
pub use rxr::Rxr;
pub use sch::Sch;
pub use spm::Spm;
pub use tq1::Tq1;
pub use txa::Txa;

/// A segment whose fields have names.
pub trait TypedSegment<'a> {
    /// The name of the segment.
    const NAME: [u8; 3];

    /// This segment, read under the names of this type whatever its own name.
    fn of(segment: Segment<'a>) -> Self;
}

impl Message {
    /// The first segment of this type.
    pub fn first<'a, S: TypedSegment<'a>>(&'a self) -> Option<S> {
        self.all().next()
    }

    /// All segments of this type, in order.
    pub fn all<'a, S: TypedSegment<'a>>(&'a self) -> impl Iterator<Item = S> {
        let segments = self.slots.iter().filter(|slot| slot.name == S::NAME);
        segments.map(|slot| S::of(Segment::new(self.raw(slot), &self.delimiters)))
    }
}
