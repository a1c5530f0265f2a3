//! Reads a message through its typed model: every field of every typed segment, down to subcomponents.
//!
//! The tests compare what it finds with plain reading; the benches measure it.

mod accounts;
mod messages;
mod orders;
mod patients;
mod types;

use weir::hl7::datatype::{Dt, Dtm, Ft, Id, Is, Misfit, Nm, ObservationValue, Part, Si, St, Tm, Tx};
use weir::hl7::segments::{
    Aig, Ail, Aip, Al1, Arv, Dg1, Err, Evn, Ft1, Gt1, In1, Mfe, Mfi, Mrg, Msa, Msh, Nk1, Nte, Obr, Obx, Orc,
    Pd1, Pid, Pr1, Pv1, Pv2, Qak, Qpd, Rcp, Rgs, Rxa, Rxc, Rxd, Rxe, Rxo, Rxr, Sch, Spm, Tq1, Txa,
};
use weir::hl7::{Segment, State};

/// Where in a segment the walk is; numbers from 1.
#[derive(Clone, Copy, Default)]
pub(crate) struct Place {
    pub(crate) field: u16,
    pub(crate) repetition: usize,
    /// Component and subcomponent; 0 where the walk is not that deep.
    pub(crate) within: [usize; 2],
}

/// Something that was read, and how.
pub(crate) struct Found<'a> {
    pub(crate) place: Place,
    pub(crate) part: Part<'a>,
    /// The simple data type it was read as; empty for a composite and for what is of any type.
    pub(crate) datatype: &'static str,
    pub(crate) misfit: Option<Misfit>,
}

struct Walk<V> {
    place: Place,
    visit: V,
}

/// Walks a segment; false where it has no type.
pub(crate) fn segment(segment: Segment<'_>, visit: impl FnMut(&Found<'_>)) -> bool {
    let place = Place::default();
    let walk = &mut Walk { place, visit };
    match segment.name() {
        b"MSH" => messages::msh(walk, Msh(segment)),
        b"MSA" => messages::msa(walk, Msa(segment)),
        b"ERR" => messages::err(walk, Err(segment)),
        b"NTE" => messages::nte(walk, Nte(segment)),
        b"QAK" => messages::qak(walk, Qak(segment)),
        b"QPD" => messages::qpd(walk, Qpd(segment)),
        b"RCP" => messages::rcp(walk, Rcp(segment)),
        b"MFI" => messages::mfi(walk, Mfi(segment)),
        b"MFE" => messages::mfe(walk, Mfe(segment)),
        b"EVN" => patients::evn(walk, Evn(segment)),
        b"PID" => patients::pid(walk, Pid(segment)),
        b"PV1" => patients::pv1(walk, Pv1(segment)),
        b"PV2" => patients::pv2(walk, Pv2(segment)),
        b"NK1" => patients::nk1(walk, Nk1(segment)),
        b"AL1" => patients::al1(walk, Al1(segment)),
        b"MRG" => patients::mrg(walk, Mrg(segment)),
        b"PD1" => patients::pd1(walk, Pd1(segment)),
        b"ARV" => patients::arv(walk, Arv(segment)),
        b"ORC" => orders::orc(walk, Orc(segment)),
        b"OBR" => orders::obr(walk, Obr(segment)),
        b"OBX" => orders::obx(walk, Obx(segment)),
        b"SPM" => orders::spm(walk, Spm(segment)),
        b"TQ1" => orders::tq1(walk, Tq1(segment)),
        b"RXO" => orders::rxo(walk, Rxo(segment)),
        b"RXR" => orders::rxr(walk, Rxr(segment)),
        b"RXC" => orders::rxc(walk, Rxc(segment)),
        b"RXE" => orders::rxe(walk, Rxe(segment)),
        b"RXD" => orders::rxd(walk, Rxd(segment)),
        b"RXA" => orders::rxa(walk, Rxa(segment)),
        b"FT1" => accounts::ft1(walk, Ft1(segment)),
        b"DG1" => accounts::dg1(walk, Dg1(segment)),
        b"PR1" => accounts::pr1(walk, Pr1(segment)),
        b"GT1" => accounts::gt1(walk, Gt1(segment)),
        b"IN1" => accounts::in1(walk, In1(segment)),
        b"TXA" => accounts::txa(walk, Txa(segment)),
        b"SCH" => accounts::sch(walk, Sch(segment)),
        b"RGS" => accounts::rgs(walk, Rgs(segment)),
        b"AIG" => accounts::aig(walk, Aig(segment)),
        b"AIL" => accounts::ail(walk, Ail(segment)),
        b"AIP" => accounts::aip(walk, Aip(segment)),
        _ => return false,
    }
    true
}

impl<V: FnMut(&Found<'_>)> Walk<V> {
    fn field<T>(&mut self, number: u16, value: T, visit: impl Fn(&mut Self, T)) {
        self.place = Place {
            field: number,
            repetition: 1,
            within: [0; 2],
        };
        visit(self, value);
    }

    fn repetitions<T>(&mut self, number: u16, values: impl Iterator<Item = T>, visit: impl Fn(&mut Self, T)) {
        for (repetition, value) in (1..).zip(values) {
            self.place = Place {
                field: number,
                repetition,
                within: [0; 2],
            };
            visit(self, value);
        }
    }

    fn component<T>(&mut self, number: usize, value: T, visit: impl Fn(&mut Self, T)) {
        let outer = self.place;
        self.place.within = match outer.within {
            [0, _] => [number, 0],
            [component, _] => [component, number],
        };
        visit(self, value);
        self.place = outer;
    }

    /// There is nothing below a subcomponent, and nothing in what is absent.
    fn composite(&mut self, part: Part<'_>, components: impl FnOnce(&mut Self)) {
        self.found(part, "", None);
        if part.state() == State::Valued && self.place.within[1] == 0 {
            components(self);
        }
    }

    fn found(&mut self, part: Part<'_>, datatype: &'static str, misfit: Option<Misfit>) {
        (self.visit)(&Found {
            place: self.place,
            part,
            datatype,
            misfit,
        });
    }

    fn any(&mut self, part: Part<'_>) {
        self.found(part, "", None);
    }

    fn st(&mut self, value: St<'_>) {
        self.found(value.0, "ST", None);
    }

    fn tx(&mut self, value: Tx<'_>) {
        self.found(value.0, "TX", None);
    }

    fn ft(&mut self, value: Ft<'_>) {
        self.found(value.0, "FT", None);
    }

    fn id(&mut self, value: Id<'_>) {
        self.found(value.0, "ID", None);
    }

    fn is(&mut self, value: Is<'_>) {
        self.found(value.0, "IS", None);
    }

    fn nm(&mut self, value: Nm<'_>) {
        self.found(value.0, "NM", value.number().err());
    }

    fn si(&mut self, value: Si<'_>) {
        self.found(value.0, "SI", value.number().err());
    }

    fn dt(&mut self, value: Dt<'_>) {
        self.found(value.0, "DT", value.date().err());
    }

    fn tm(&mut self, value: Tm<'_>) {
        self.found(value.0, "TM", value.time().err());
    }

    fn dtm(&mut self, value: Dtm<'_>) {
        self.found(value.0, "DTM", value.timestamp().err());
    }

    fn observation(&mut self, value: ObservationValue<'_>) {
        match value {
            ObservationValue::Ad(value) => types::ad(self, value),
            ObservationValue::Cf(value) => types::cf(self, value),
            ObservationValue::Cnn(value) => types::cnn(self, value),
            ObservationValue::Cp(value) => types::cp(self, value),
            ObservationValue::Cwe(value) => types::cwe(self, value),
            ObservationValue::Cx(value) => types::cx(self, value),
            ObservationValue::Dr(value) => types::dr(self, value),
            ObservationValue::Dt(value) => Walk::dt(self, value),
            ObservationValue::Dtm(value) => Walk::dtm(self, value),
            ObservationValue::Ed(value) => types::ed(self, value),
            ObservationValue::Ei(value) => types::ei(self, value),
            ObservationValue::Ft(value) => Walk::ft(self, value),
            ObservationValue::Hd(value) => types::hd(self, value),
            ObservationValue::Id(value) => Walk::id(self, value),
            ObservationValue::Is(value) => Walk::is(self, value),
            ObservationValue::Mo(value) => types::mo(self, value),
            ObservationValue::Nm(value) => Walk::nm(self, value),
            ObservationValue::Pl(value) => types::pl(self, value),
            ObservationValue::Ppn(value) => types::ppn(self, value),
            ObservationValue::Rp(value) => types::rp(self, value),
            ObservationValue::Si(value) => Walk::si(self, value),
            ObservationValue::Sn(value) => types::sn(self, value),
            ObservationValue::St(value) => Walk::st(self, value),
            ObservationValue::Tm(value) => Walk::tm(self, value),
            ObservationValue::Tx(value) => Walk::tx(self, value),
            ObservationValue::Xad(value) => types::xad(self, value),
            ObservationValue::Xcn(value) => types::xcn(self, value),
            ObservationValue::Xon(value) => types::xon(self, value),
            ObservationValue::Xpn(value) => types::xpn(self, value),
            ObservationValue::Xtn(value) => types::xtn(self, value),
            ObservationValue::Other(part) => self.any(part),
        }
    }
}
