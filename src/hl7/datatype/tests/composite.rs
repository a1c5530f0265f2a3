//! Composites: a component stands where the standard puts it, one that was not sent is not there, and what
//! other versions sent in its place reads alike.

use std::borrow::Cow;

use super::*;

/// What was read, `-` for what is not there.
#[track_caller]
fn check<const N: usize>(found: [Option<Cow<'_, str>>; N], expected: &str) {
    let found = found.map(|text| text.unwrap_or("-".into()));
    assert_eq!(found.join(" "), expected);
}

/// The number exactly as it was sent; `misfit` where it is none.
fn number(value: Nm<'_>) -> Option<Cow<'_, str>> {
    value.decimal().unwrap_or(Some("misfit")).map(Cow::Borrowed)
}

/// The year of a date or time.
fn year(value: Result<Option<Timestamp>, Misfit>) -> Option<Cow<'static, str>> {
    let year = value.map(|time| time.map(|time| time.year().to_string().into()));
    year.unwrap_or(Some("misfit".into()))
}

#[test]
fn names_of_people() {
    let name = Xpn(part(
        "VAN DER BERG&VAN DER&BERG^ANNA^M^JR^DR^MD^L^A^N^2001&2002^F^1999^2003^ESQ^X",
    ));
    let family = name.family_name();
    check(
        [family.surname().text(), family.own_surname_prefix().text()],
        "VAN DER BERG VAN DER",
    );
    check(
        [
            family.own_surname().text(),
            family.surname_from_partner_spouse().text(),
        ],
        "BERG -",
    );
    check(
        [
            name.given_name().text(),
            name.second_and_further_given_names().text(),
        ],
        "ANNA M",
    );
    check(
        [name.suffix().text(), name.prefix().text(), name.degree().code()],
        "JR DR MD",
    );
    check(
        [
            name.name_type_code().code(),
            name.name_context().identifier().text(),
        ],
        "L N",
    );
    let range = name.name_validity_range();
    check(
        [
            year(range.range_start_datetime().timestamp()),
            year(range.range_end_datetime().timestamp()),
        ],
        "2001 2002",
    );
    check(
        [year(name.effective_date().timestamp()), name.called_by().text()],
        "1999 X",
    );

    // A family name was a plain string before 2.4, and a null deletes the whole.
    check([Xpn(part("DOE^ANNA")).family_name().surname().text()], "DOE");
    let short = Xpn(part("DOE"));
    check([short.given_name().text(), short.degree().code()], "- -");
    assert_eq!(Xpn(part("\"\"")).family_name().surname().text(), None);
}

#[test]
fn names_of_staff_and_organizations() {
    let person = Xcn(part("7781^MILLER&VON^RUTH^^^DR^MD^SRC^NORTH&1.2&ISO^L^9^M10^DN"));
    check(
        [person.id_number().text(), person.family_name().surname().text()],
        "7781 MILLER",
    );
    check(
        [
            person.source_table().code(),
            person.assigning_authority().universal_id().text(),
        ],
        "SRC 1.2",
    );
    check(
        [
            person.check_digit_scheme().code(),
            person.identifier_type_code().code(),
        ],
        "M10 DN",
    );
    let performer = Ppn(part("7781^MILLER^RUTH^^^^^^^^^^^^20260314"));
    check(
        [
            performer.given_name().text(),
            year(performer.datetime_action_performed().timestamp()),
        ],
        "RUTH 2026",
    );
    let simple = Cnn(part("7781^MILLER^RUTH^^^^^^NORTH^1.2^ISO"));
    check(
        [
            simple.family_name().text(),
            simple.assigning_authority_universal_id().text(),
        ],
        "MILLER 1.2",
    );
    let placed = Ndl(part("7781&MILLER&RUTH^2026^2027^W3^301^2"));
    check(
        [
            placed.name().family_name().text(),
            year(placed.end_datetime().timestamp()),
        ],
        "MILLER 2027",
    );
    check(
        [placed.room().code(), placed.facility().namespace_id().code()],
        "301 -",
    );
    let organization = Xon(part("NORTH CLINIC^L^12x^^^NORTH^FI^^^LAB01"));
    check(
        [
            organization.organization_name().text(),
            number(organization.id_number()),
        ],
        "NORTH CLINIC misfit",
    );
    check([organization.organization_identifier().text()], "LAB01");
}

#[test]
fn addresses_and_numbers() {
    let address = Xad(part(
        "12 MILL LANE&MILL LANE&12^APT 2^SPRINGFIELD^IL^62701^USA^H^^17^^^^2001",
    ));
    let street = address.street_address();
    check(
        [street.street_name().text(), street.dwelling_number().text()],
        "MILL LANE 12",
    );
    check(
        [address.other_designation().text(), address.city().text()],
        "APT 2 SPRINGFIELD",
    );
    check(
        [address.zip_or_postal_code().text(), address.country().code()],
        "62701 USA",
    );
    check(
        [
            address.county_parish_code().code(),
            year(address.effective_date().timestamp()),
        ],
        "17 2001",
    );
    check(
        [Xad(part("1 MAIN ST"))
            .street_address()
            .street_or_mailing_address()
            .text()],
        "1 MAIN ST",
    );
    let plain = Ad(part("1 MAIN ST^^SPRINGFIELD^IL^62701"));
    check(
        [plain.street_address().text(), plain.state_or_province().text()],
        "1 MAIN ST IL",
    );
    let telephone = Xtn(part("(555)555-0101^PRN^PH^a@example.org^1^555^5550101^7^any"));
    check(
        [
            telephone.telephone_number().text(),
            telephone.email_address().text(),
        ],
        "(555)555-0101 a@example.org",
    );
    check(
        [number(telephone.area_city_code()), number(telephone.extension())],
        "555 7",
    );
    check(
        [
            telephone.any_text().text(),
            telephone.unformatted_telephone_number().text(),
        ],
        "any -",
    );
}

#[test]
fn locations() {
    let bed = Pl(part("4W^412^A^NORTH&1.2&ISO^O^N^MAIN^4^^E1"));
    check(
        [bed.point_of_care().code(), bed.room().code(), bed.bed().code()],
        "4W 412 A",
    );
    check(
        [bed.facility().universal_id_type().code(), bed.floor().code()],
        "ISO 4",
    );
    check(
        [bed.comprehensive_location_identifier().entity_identifier().text()],
        "E1",
    );
    let first = La1(part("4W^^^NORTH^^^^^1 MAIN ST&&SPRINGFIELD"));
    check(
        [
            first.facility().namespace_id().code(),
            first.address().city().text(),
        ],
        "NORTH SPRINGFIELD",
    );
    let second = La2(part("4W^^^NORTH^^^^^1 MAIN ST^^SPRINGFIELD"));
    check(
        [second.street_address().text(), second.city().text()],
        "1 MAIN ST SPRINGFIELD",
    );
    let left = Dld(part("HOME^20260314"));
    check(
        [
            left.discharge_location().code(),
            year(left.effective_date().timestamp()),
        ],
        "HOME 2026",
    );
}

#[test]
fn identifiers() {
    let identifier = Cx(part("12^4^M11^NORTH&1.2&ISO^MR^CLINIC^20200101^2030x"));
    check(
        [identifier.id_number().text(), identifier.check_digit().text()],
        "12 4",
    );
    check([identifier.assigning_authority().namespace_id().code()], "NORTH");
    check(
        [
            identifier.identifier_type_code().code(),
            identifier.assigning_facility().namespace_id().code(),
        ],
        "MR CLINIC",
    );
    check(
        [
            year(identifier.effective_date().date()),
            year(identifier.expiration_date().date()),
        ],
        "2020 misfit",
    );
    // An ST of older versions.
    let old = Cx(part("12"));
    check(
        [
            old.id_number().text(),
            old.assigning_authority().namespace_id().code(),
        ],
        "12 -",
    );
    let entity = Ei(part("ORD1^NORTH^1.2^ISO"));
    check(
        [entity.entity_identifier().text(), entity.namespace_id().code()],
        "ORD1 NORTH",
    );
    let pair = Eip(part("ORD1&NORTH^LAB1&WEST"));
    check(
        [pair.placer_assigned_identifier().entity_identifier().text()],
        "ORD1",
    );
    check([pair.filler_assigned_identifier().namespace_id().code()], "WEST");
    let designator = Hd(part("NORTH^1.2^ISO"));
    check(
        [designator.namespace_id().code(), designator.universal_id().text()],
        "NORTH 1.2",
    );
    let license = Dln(part("D123^IL^2027"));
    check(
        [
            license.license_number().text(),
            year(license.expiration_date().date()),
        ],
        "D123 2027",
    );
    let parent = Prl(part("630-4&Bacteria&LN^1^E. coli"));
    check([parent.parent_observation_identifier().text().text()], "Bacteria");
    check([parent.parent_observation_value_descriptor().text()], "E. coli");
}

#[test]
fn codes() {
    let code = Cwe(part("I21.9^INFARCTION^I10^A^B^L^2026^1^so they said^S"));
    check([code.identifier().text(), code.text().text()], "I21.9 INFARCTION");
    check(
        [
            code.name_of_coding_system().code(),
            code.alternate_identifier().text(),
        ],
        "I10 A",
    );
    check(
        [
            code.original_text().text(),
            code.second_alternate_identifier().text(),
        ],
        "so they said S",
    );
    check(
        [Cwe(part("F")).identifier().text(), Cwe(part("F")).text().text()],
        "F -",
    );
    let formatted = Cf(part("A^one\\.br\\two^L"));
    check(
        [formatted.identifier().text(), formatted.formatted_text().text()],
        "A one\\.br\\two",
    );
    let job = Jcc(part("17^M^nurse"));
    check(
        [job.job_code().code(), job.job_description_text().text()],
        "17 nurse",
    );
    let specimen = Sps(part("BLD&Blood^EDTA^by hand^ARM^L"));
    check(
        [
            specimen.specimen_source_name_or_code().text().text(),
            specimen.additives().identifier().text(),
        ],
        "Blood EDTA",
    );
}

#[test]
fn the_message_itself() {
    let kind = Msg(part("ADT^A01^ADT_A01"));
    check(
        [kind.message_code().code(), kind.trigger_event().code()],
        "ADT A01",
    );
    check([kind.message_structure().code()], "ADT_A01");
    let processing = Pt(part("P^T"));
    check(
        [
            processing.processing_id().code(),
            processing.processing_mode().code(),
        ],
        "P T",
    );
    let version = Vid(part("2.5^DEU^1&x"));
    check(
        [
            version.version_id().code(),
            version.internationalization_code().identifier().text(),
        ],
        "2.5 DEU",
    );
    let place = Erl(part("PID^1^5^^1"));
    check(
        [place.segment_id().text(), number(place.field_position())],
        "PID 5",
    );
    check(
        [number(place.field_repetition()), number(place.component_number())],
        "- 1",
    );
    let old = Eld(part("PID^1^5^103&no such value"));
    check([old.code_identifying_error().identifier().text()], "103");
    let order = Srt(part("PID.5^A"));
    check(
        [order.sort_by_field().text(), order.sequencing().code()],
        "PID.5 A",
    );
}

#[test]
fn quantities_and_money() {
    let quantity = Cq(part("1.5^mL&milliliter&UCUM"));
    check(
        [number(quantity.quantity()), quantity.units().text().text()],
        "1.5 milliliter",
    );
    check([number(Cq(part("1.5")).quantity())], "1.5");
    let titer = Sn(part("^1^:^128"));
    check([titer.comparator().text(), number(titer.num1())], "- 1");
    check([titer.separator_suffix().text(), number(titer.num2())], ": 128");
    check(
        [
            Sn(part(">^60")).comparator().text(),
            number(Sn(part(">^")).num1()),
        ],
        "> -",
    );
    let money = Mo(part("48.00^USD"));
    check(
        [number(money.quantity()), money.denomination().code()],
        "48.00 USD",
    );
    let price = Cp(part("48.00&USD^UP^1^10^d&day^F"));
    check(
        [
            number(price.price().quantity()),
            price.price().denomination().code(),
        ],
        "48.00 USD",
    );
    check(
        [number(price.to_value()), price.range_units().identifier().text()],
        "10 d",
    );
    let charge = Moc(part("12&USD^C1"));
    check(
        [
            number(charge.monetary_amount().quantity()),
            charge.charge_code().identifier().text(),
        ],
        "12 C1",
    );
    let class = Fc(part("PPO^20260101"));
    check(
        [
            class.financial_class_code().code(),
            year(class.effective_date().timestamp()),
        ],
        "PPO 2026",
    );
    let authorization = Aui(part("A7^20260101^PLAN"));
    check(
        [
            authorization.authorization_number().text(),
            authorization.source().text(),
        ],
        "A7 PLAN",
    );
}

#[test]
fn timing() {
    let range = Dr(part("20260101^2027"));
    check(
        [
            year(range.range_start_datetime().timestamp()),
            year(range.range_end_datetime().timestamp()),
        ],
        "2026 2027",
    );
    let timing = Tq(part("1&tbl^Q6H&0600,1200^D10^20260101^^R^^with food^S^S&ORD1"));
    check(
        [
            number(timing.quantity().quantity()),
            timing.quantity().units().identifier().text(),
        ],
        "1 tbl",
    );
    check(
        [
            timing.interval().repeat_pattern().code(),
            timing.interval().explicit_time_interval().text(),
        ],
        "Q6H 0600,1200",
    );
    check(
        [
            year(timing.start_datetime().timestamp()),
            timing.priority().text(),
            timing.text().text(),
        ],
        "2026 R with food",
    );
    check(
        [timing
            .order_sequencing()
            .placer_order_number_entity_identifier()
            .text()],
        "ORD1",
    );
    let pattern = Rpt(part("QD&daily^DW^1^5^2^d"));
    check(
        [
            pattern.repeat_pattern_code().text().text(),
            pattern.period_units().code(),
        ],
        "daily d",
    );
    let sequence = Osd(part("S^ORD1^NORTH^LAB1^WEST^^3"));
    check(
        [
            sequence.filler_order_number_entity_identifier().text(),
            number(sequence.maximum_number_of_repeats()),
        ],
        "LAB1 3",
    );
    let interval = Ri(part("Q6H^0600"));
    check([interval.repeat_pattern().code()], "Q6H");
}

#[test]
fn documents() {
    let document = Ed(part("RIS&1.2&ISO^application^pdf^Base64^JVBERi0="));
    check(
        [
            document.source_application().universal_id().text(),
            document.data_subtype().code(),
        ],
        "1.2 pdf",
    );
    check(
        [document.encoding().code(), document.data().text()],
        "Base64 JVBERi0=",
    );
    let pointer = Rp(part("/images/7^RIS^image^jpeg"));
    check(
        [
            pointer.pointer().text(),
            pointer.application_id().namespace_id().code(),
        ],
        "/images/7 RIS",
    );
    check([pointer.subtype().code()], "jpeg");
}

#[test]
fn an_observation_is_of_the_type_it_names() {
    let read = |value_type, value| ObservationValue::read(Id(part(value_type)), part(value));
    assert!(
        matches!(read("CE", "A^B"), ObservationValue::Cwe(code) if code.text().text().as_deref() == Some("B"))
    );
    assert!(matches!(read("TS", "2026"), ObservationValue::Dtm(time) if time.timestamp().is_ok()));
    assert!(
        matches!(read("NM^x", "<5"), ObservationValue::Nm(number) if number.number() == Err(Misfit::Number))
    );
    for (value_type, expected) in [
        ("AD", "Ad"),
        ("CF", "Cf"),
        ("CK", "Cx"),
        ("CN", "Xcn"),
        ("CNE", "Cwe"),
        ("CNN", "Cnn"),
        ("CP", "Cp"),
        ("CWE", "Cwe"),
        ("CX", "Cx"),
        ("DR", "Dr"),
        ("DT", "Dt"),
        ("DTM", "Dtm"),
        ("ED", "Ed"),
        ("EI", "Ei"),
        ("FT", "Ft"),
        ("HD", "Hd"),
        ("ID", "Id"),
        ("IS", "Is"),
        ("MO", "Mo"),
        ("PL", "Pl"),
        ("PN", "Xpn"),
        ("PPN", "Ppn"),
        ("RP", "Rp"),
        ("SI", "Si"),
        ("SN", "Sn"),
        ("ST", "St"),
        ("TM", "Tm"),
        ("TN", "St"),
        ("TX", "Tx"),
        ("XAD", "Xad"),
        ("XCN", "Xcn"),
        ("XON", "Xon"),
        ("XPN", "Xpn"),
        ("XTN", "Xtn"),
        ("", "Other"),
        ("\"\"", "Other"),
        ("nm", "Other"),
        ("ZZ", "Other"),
        ("MA", "Other"),
    ] {
        let shown = format!("{:?}", read(value_type, "1"));
        assert!(
            shown.starts_with(&format!("{expected}(")),
            "{value_type}: {shown}"
        );
    }
}
