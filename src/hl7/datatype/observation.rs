//! OBX-5, whose data type the sender names in OBX-2 (HL7 v2.5.1, 7.4.2.5, table 0125).
//!
//! A type that is unknown or not named leaves the value as it stands.

use super::{
    Ad, Cf, Cnn, Cp, Cwe, Cx, Dr, Dt, Dtm, Ed, Ei, Ft, Hd, Id, Is, Mo, Nm, Part, Pl, Ppn, Rp, Si, Sn, St, Tm,
    Tx, Xad, Xcn, Xon, Xpn, Xtn,
};

/// One repetition of OBX-5 as the type that OBX-2 names.
#[derive(Debug, Clone, Copy)]
#[expect(
    missing_docs,
    reason = "each variant is named as its type, which is documented"
)]
pub enum ObservationValue<'a> {
    Ad(Ad<'a>),
    Cf(Cf<'a>),
    Cnn(Cnn<'a>),
    Cp(Cp<'a>),
    /// CE and CNE too.
    Cwe(Cwe<'a>),
    /// CK too.
    Cx(Cx<'a>),
    Dr(Dr<'a>),
    Dt(Dt<'a>),
    /// TS too.
    Dtm(Dtm<'a>),
    Ed(Ed<'a>),
    Ei(Ei<'a>),
    Ft(Ft<'a>),
    Hd(Hd<'a>),
    Id(Id<'a>),
    Is(Is<'a>),
    Mo(Mo<'a>),
    Nm(Nm<'a>),
    Pl(Pl<'a>),
    Ppn(Ppn<'a>),
    Rp(Rp<'a>),
    Si(Si<'a>),
    Sn(Sn<'a>),
    /// TN too.
    St(St<'a>),
    Tm(Tm<'a>),
    Tx(Tx<'a>),
    Xad(Xad<'a>),
    /// CN too.
    Xcn(Xcn<'a>),
    Xon(Xon<'a>),
    /// PN too.
    Xpn(Xpn<'a>),
    Xtn(Xtn<'a>),
    /// Of a type that is none of these, or of none.
    Other(Part<'a>),
}

impl<'a> ObservationValue<'a> {
    /// Reads a part as the type that OBX-2 names.
    pub fn read(value_type: Id<'_>, part: Part<'a>) -> Self {
        match value_type.0.simple().unwrap_or_default() {
            b"AD" => ObservationValue::Ad(Ad(part)),
            b"CF" => ObservationValue::Cf(Cf(part)),
            b"CNN" => ObservationValue::Cnn(Cnn(part)),
            b"CP" => ObservationValue::Cp(Cp(part)),
            b"CE" | b"CNE" | b"CWE" => ObservationValue::Cwe(Cwe(part)),
            b"CK" | b"CX" => ObservationValue::Cx(Cx(part)),
            b"DR" => ObservationValue::Dr(Dr(part)),
            b"DT" => ObservationValue::Dt(Dt(part)),
            b"DTM" | b"TS" => ObservationValue::Dtm(Dtm(part)),
            b"ED" => ObservationValue::Ed(Ed(part)),
            b"EI" => ObservationValue::Ei(Ei(part)),
            b"FT" => ObservationValue::Ft(Ft(part)),
            b"HD" => ObservationValue::Hd(Hd(part)),
            b"ID" => ObservationValue::Id(Id(part)),
            b"IS" => ObservationValue::Is(Is(part)),
            b"MO" => ObservationValue::Mo(Mo(part)),
            b"NM" => ObservationValue::Nm(Nm(part)),
            b"PL" => ObservationValue::Pl(Pl(part)),
            b"PPN" => ObservationValue::Ppn(Ppn(part)),
            b"RP" => ObservationValue::Rp(Rp(part)),
            b"SI" => ObservationValue::Si(Si(part)),
            b"SN" => ObservationValue::Sn(Sn(part)),
            b"ST" | b"TN" => ObservationValue::St(St(part)),
            b"TM" => ObservationValue::Tm(Tm(part)),
            b"TX" => ObservationValue::Tx(Tx(part)),
            b"XAD" => ObservationValue::Xad(Xad(part)),
            b"CN" | b"XCN" => ObservationValue::Xcn(Xcn(part)),
            b"XON" => ObservationValue::Xon(Xon(part)),
            b"PN" | b"XPN" => ObservationValue::Xpn(Xpn(part)),
            b"XTN" => ObservationValue::Xtn(Xtn(part)),
            _ => ObservationValue::Other(part),
        }
    }
}
