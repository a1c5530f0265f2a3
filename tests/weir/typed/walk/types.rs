//! Every component of every composite data type.
//!
//! Written by `tools/typed/generate.py`.

use weir::hl7::datatype::{
    Ad, Aui, Cf, Cnn, Cp, Cq, Cwe, Cx, Dld, Dln, Dr, Ed, Ei, Eip, Eld, Erl, Fc, Fn, Hd, Jcc, La1, La2, Mo,
    Moc, Msg, Ndl, Osd, Pl, Ppn, Prl, Pt, Ri, Rp, Rpt, Sad, Sn, Sps, Srt, Tq, Vid, Xad, Xcn, Xon, Xpn, Xtn,
};

use super::{Found, Walk};

pub(super) fn ad(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ad<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.street_address(), Walk::st);
        walk.component(2, value.other_designation(), Walk::st);
        walk.component(3, value.city(), Walk::st);
        walk.component(4, value.state_or_province(), Walk::st);
        walk.component(5, value.zip_or_postal_code(), Walk::st);
        walk.component(6, value.country(), Walk::id);
        walk.component(7, value.address_type(), Walk::id);
        walk.component(8, value.other_geographic_designation(), Walk::st);
    });
}

pub(super) fn aui(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Aui<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.authorization_number(), Walk::st);
        walk.component(2, value.date(), Walk::dt);
        walk.component(3, value.source(), Walk::st);
    });
}

pub(super) fn cf(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Cf<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.identifier(), Walk::st);
        walk.component(2, value.formatted_text(), Walk::ft);
        walk.component(3, value.name_of_coding_system(), Walk::id);
        walk.component(4, value.alternate_identifier(), Walk::st);
        walk.component(5, value.alternate_formatted_text(), Walk::ft);
        walk.component(6, value.name_of_alternate_coding_system(), Walk::id);
        walk.component(7, value.coding_system_version_id(), Walk::st);
        walk.component(8, value.alternate_coding_system_version_id(), Walk::st);
        walk.component(9, value.original_text(), Walk::st);
        walk.component(10, value.second_alternate_identifier(), Walk::st);
        walk.component(11, value.second_alternate_formatted_text(), Walk::ft);
        walk.component(12, value.name_of_second_alternate_coding_system(), Walk::id);
        walk.component(13, value.second_alternate_coding_system_version_id(), Walk::st);
        walk.component(14, value.coding_system_oid(), Walk::st);
        walk.component(15, value.value_set_oid(), Walk::st);
        walk.component(16, value.value_set_version_id(), Walk::dtm);
        walk.component(17, value.alternate_coding_system_oid(), Walk::st);
        walk.component(18, value.alternate_value_set_oid(), Walk::st);
        walk.component(19, value.alternate_value_set_version_id(), Walk::dtm);
        walk.component(20, value.second_alternate_coding_system_oid(), Walk::st);
        walk.component(21, value.second_alternate_value_set_oid(), Walk::st);
        walk.component(22, value.second_alternate_value_set_version_id(), Walk::dtm);
    });
}

pub(super) fn cnn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Cnn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.id_number(), Walk::st);
        walk.component(2, value.family_name(), Walk::st);
        walk.component(3, value.given_name(), Walk::st);
        walk.component(4, value.second_and_further_given_names(), Walk::st);
        walk.component(5, value.suffix(), Walk::st);
        walk.component(6, value.prefix(), Walk::st);
        walk.component(7, value.degree(), Walk::is);
        walk.component(8, value.source_table(), Walk::is);
        walk.component(9, value.assigning_authority_namespace_id(), Walk::is);
        walk.component(10, value.assigning_authority_universal_id(), Walk::st);
        walk.component(11, value.assigning_authority_universal_id_type(), Walk::id);
    });
}

pub(super) fn cp(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Cp<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.price(), mo);
        walk.component(2, value.price_type(), Walk::id);
        walk.component(3, value.from_value(), Walk::nm);
        walk.component(4, value.to_value(), Walk::nm);
        walk.component(5, value.range_units(), cwe);
        walk.component(6, value.range_type(), Walk::id);
    });
}

pub(super) fn cq(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Cq<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.quantity(), Walk::nm);
        walk.component(2, value.units(), cwe);
    });
}

pub(super) fn cwe(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Cwe<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.identifier(), Walk::st);
        walk.component(2, value.text(), Walk::st);
        walk.component(3, value.name_of_coding_system(), Walk::id);
        walk.component(4, value.alternate_identifier(), Walk::st);
        walk.component(5, value.alternate_text(), Walk::st);
        walk.component(6, value.name_of_alternate_coding_system(), Walk::id);
        walk.component(7, value.coding_system_version_id(), Walk::st);
        walk.component(8, value.alternate_coding_system_version_id(), Walk::st);
        walk.component(9, value.original_text(), Walk::st);
        walk.component(10, value.second_alternate_identifier(), Walk::st);
        walk.component(11, value.second_alternate_text(), Walk::st);
        walk.component(12, value.name_of_second_alternate_coding_system(), Walk::id);
        walk.component(13, value.second_alternate_coding_system_version_id(), Walk::st);
        walk.component(14, value.coding_system_oid(), Walk::st);
        walk.component(15, value.value_set_oid(), Walk::st);
        walk.component(16, value.value_set_version_id(), Walk::dtm);
        walk.component(17, value.alternate_coding_system_oid(), Walk::st);
        walk.component(18, value.alternate_value_set_oid(), Walk::st);
        walk.component(19, value.alternate_value_set_version_id(), Walk::dtm);
        walk.component(20, value.second_alternate_coding_system_oid(), Walk::st);
        walk.component(21, value.second_alternate_value_set_oid(), Walk::st);
        walk.component(22, value.second_alternate_value_set_version_id(), Walk::dtm);
    });
}

pub(super) fn cx(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Cx<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.id_number(), Walk::st);
        walk.component(2, value.check_digit(), Walk::st);
        walk.component(3, value.check_digit_scheme(), Walk::id);
        walk.component(4, value.assigning_authority(), hd);
        walk.component(5, value.identifier_type_code(), Walk::id);
        walk.component(6, value.assigning_facility(), hd);
        walk.component(7, value.effective_date(), Walk::dt);
        walk.component(8, value.expiration_date(), Walk::dt);
        walk.component(9, value.assigning_jurisdiction(), cwe);
        walk.component(10, value.assigning_agency_or_department(), cwe);
        walk.component(11, value.security_check(), Walk::st);
        walk.component(12, value.security_check_scheme(), Walk::id);
    });
}

pub(super) fn dld(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Dld<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.discharge_location(), Walk::is);
        walk.component(2, value.effective_date(), Walk::dtm);
    });
}

pub(super) fn dln(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Dln<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.license_number(), Walk::st);
        walk.component(2, value.issuing_state_province_country(), Walk::is);
        walk.component(3, value.expiration_date(), Walk::dt);
    });
}

pub(super) fn dr(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Dr<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.range_start_datetime(), Walk::dtm);
        walk.component(2, value.range_end_datetime(), Walk::dtm);
    });
}

pub(super) fn ed(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ed<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.source_application(), hd);
        walk.component(2, value.type_of_data(), Walk::id);
        walk.component(3, value.data_subtype(), Walk::id);
        walk.component(4, value.encoding(), Walk::id);
        walk.component(5, value.data(), Walk::tx);
    });
}

pub(super) fn ei(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ei<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.entity_identifier(), Walk::st);
        walk.component(2, value.namespace_id(), Walk::is);
        walk.component(3, value.universal_id(), Walk::st);
        walk.component(4, value.universal_id_type(), Walk::id);
    });
}

pub(super) fn eip(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Eip<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.placer_assigned_identifier(), ei);
        walk.component(2, value.filler_assigned_identifier(), ei);
    });
}

pub(super) fn eld(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Eld<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.segment_id(), Walk::st);
        walk.component(2, value.segment_sequence(), Walk::nm);
        walk.component(3, value.field_position(), Walk::nm);
        walk.component(4, value.code_identifying_error(), cwe);
    });
}

pub(super) fn erl(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Erl<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.segment_id(), Walk::st);
        walk.component(2, value.segment_sequence(), Walk::nm);
        walk.component(3, value.field_position(), Walk::nm);
        walk.component(4, value.field_repetition(), Walk::nm);
        walk.component(5, value.component_number(), Walk::nm);
        walk.component(6, value.sub_component_number(), Walk::nm);
    });
}

pub(super) fn fc(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Fc<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.financial_class_code(), Walk::is);
        walk.component(2, value.effective_date(), Walk::dtm);
    });
}

pub(super) fn r#fn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Fn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.surname(), Walk::st);
        walk.component(2, value.own_surname_prefix(), Walk::st);
        walk.component(3, value.own_surname(), Walk::st);
        walk.component(4, value.surname_prefix_from_partner_spouse(), Walk::st);
        walk.component(5, value.surname_from_partner_spouse(), Walk::st);
    });
}

pub(super) fn hd(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Hd<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.namespace_id(), Walk::is);
        walk.component(2, value.universal_id(), Walk::st);
        walk.component(3, value.universal_id_type(), Walk::id);
    });
}

pub(super) fn jcc(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Jcc<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.job_code(), Walk::is);
        walk.component(2, value.job_class(), Walk::is);
        walk.component(3, value.job_description_text(), Walk::tx);
    });
}

pub(super) fn la1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: La1<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.point_of_care(), Walk::is);
        walk.component(2, value.room(), Walk::is);
        walk.component(3, value.bed(), Walk::is);
        walk.component(4, value.facility(), hd);
        walk.component(5, value.location_status(), Walk::is);
        walk.component(6, value.patient_location_type(), Walk::is);
        walk.component(7, value.building(), Walk::is);
        walk.component(8, value.floor(), Walk::is);
        walk.component(9, value.address(), ad);
    });
}

pub(super) fn la2(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: La2<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.point_of_care(), Walk::is);
        walk.component(2, value.room(), Walk::is);
        walk.component(3, value.bed(), Walk::is);
        walk.component(4, value.facility(), hd);
        walk.component(5, value.location_status(), Walk::is);
        walk.component(6, value.patient_location_type(), Walk::is);
        walk.component(7, value.building(), Walk::is);
        walk.component(8, value.floor(), Walk::is);
        walk.component(9, value.street_address(), Walk::st);
        walk.component(10, value.other_designation(), Walk::st);
        walk.component(11, value.city(), Walk::st);
        walk.component(12, value.state_or_province(), Walk::st);
        walk.component(13, value.zip_or_postal_code(), Walk::st);
        walk.component(14, value.country(), Walk::id);
        walk.component(15, value.address_type(), Walk::id);
        walk.component(16, value.other_geographic_designation(), Walk::st);
    });
}

pub(super) fn mo(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Mo<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.quantity(), Walk::nm);
        walk.component(2, value.denomination(), Walk::id);
    });
}

pub(super) fn moc(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Moc<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.monetary_amount(), mo);
        walk.component(2, value.charge_code(), cwe);
    });
}

pub(super) fn msg(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Msg<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.message_code(), Walk::id);
        walk.component(2, value.trigger_event(), Walk::id);
        walk.component(3, value.message_structure(), Walk::id);
    });
}

pub(super) fn ndl(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ndl<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.name(), cnn);
        walk.component(2, value.start_datetime(), Walk::dtm);
        walk.component(3, value.end_datetime(), Walk::dtm);
        walk.component(4, value.point_of_care(), Walk::is);
        walk.component(5, value.room(), Walk::is);
        walk.component(6, value.bed(), Walk::is);
        walk.component(7, value.facility(), hd);
        walk.component(8, value.location_status(), Walk::is);
        walk.component(9, value.patient_location_type(), Walk::is);
        walk.component(10, value.building(), Walk::is);
        walk.component(11, value.floor(), Walk::is);
    });
}

pub(super) fn osd(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Osd<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.sequence_results_flag(), Walk::id);
        walk.component(2, value.placer_order_number_entity_identifier(), Walk::st);
        walk.component(3, value.placer_order_number_namespace_id(), Walk::is);
        walk.component(4, value.filler_order_number_entity_identifier(), Walk::st);
        walk.component(5, value.filler_order_number_namespace_id(), Walk::is);
        walk.component(6, value.sequence_condition_value(), Walk::st);
        walk.component(7, value.maximum_number_of_repeats(), Walk::nm);
        walk.component(8, value.placer_order_number_universal_id(), Walk::st);
        walk.component(9, value.placer_order_number_universal_id_type(), Walk::id);
        walk.component(10, value.filler_order_number_universal_id(), Walk::st);
        walk.component(11, value.filler_order_number_universal_id_type(), Walk::id);
    });
}

pub(super) fn pl(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pl<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.point_of_care(), Walk::is);
        walk.component(2, value.room(), Walk::is);
        walk.component(3, value.bed(), Walk::is);
        walk.component(4, value.facility(), hd);
        walk.component(5, value.location_status(), Walk::is);
        walk.component(6, value.person_location_type(), Walk::is);
        walk.component(7, value.building(), Walk::is);
        walk.component(8, value.floor(), Walk::is);
        walk.component(9, value.location_description(), Walk::st);
        walk.component(10, value.comprehensive_location_identifier(), ei);
        walk.component(11, value.assigning_authority_for_location(), hd);
    });
}

pub(super) fn ppn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ppn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.id_number(), Walk::st);
        walk.component(2, value.family_name(), r#fn);
        walk.component(3, value.given_name(), Walk::st);
        walk.component(4, value.second_and_further_given_names(), Walk::st);
        walk.component(5, value.suffix(), Walk::st);
        walk.component(6, value.prefix(), Walk::st);
        walk.component(7, value.degree(), Walk::is);
        walk.component(8, value.source_table(), Walk::is);
        walk.component(9, value.assigning_authority(), hd);
        walk.component(10, value.name_type_code(), Walk::id);
        walk.component(11, value.identifier_check_digit(), Walk::st);
        walk.component(12, value.check_digit_scheme(), Walk::id);
        walk.component(13, value.identifier_type_code(), Walk::id);
        walk.component(14, value.assigning_facility(), hd);
        walk.component(15, value.datetime_action_performed(), Walk::dtm);
        walk.component(16, value.name_representation_code(), Walk::id);
        walk.component(17, value.name_context(), cwe);
        walk.component(18, value.name_validity_range(), dr);
        walk.component(19, value.name_assembly_order(), Walk::id);
        walk.component(20, value.effective_date(), Walk::dtm);
        walk.component(21, value.expiration_date(), Walk::dtm);
        walk.component(22, value.professional_suffix(), Walk::st);
        walk.component(23, value.assigning_jurisdiction(), cwe);
        walk.component(24, value.assigning_agency_or_department(), cwe);
        walk.component(25, value.security_check(), Walk::st);
        walk.component(26, value.security_check_scheme(), Walk::id);
    });
}

pub(super) fn prl(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Prl<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.parent_observation_identifier(), cwe);
        walk.component(2, value.parent_observation_sub_identifier(), Walk::st);
        walk.component(3, value.parent_observation_value_descriptor(), Walk::tx);
    });
}

pub(super) fn pt(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pt<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.processing_id(), Walk::id);
        walk.component(2, value.processing_mode(), Walk::id);
    });
}

pub(super) fn ri(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ri<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.repeat_pattern(), Walk::is);
        walk.component(2, value.explicit_time_interval(), Walk::st);
    });
}

pub(super) fn rp(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rp<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.pointer(), Walk::st);
        walk.component(2, value.application_id(), hd);
        walk.component(3, value.type_of_data(), Walk::id);
        walk.component(4, value.subtype(), Walk::id);
    });
}

pub(super) fn rpt(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rpt<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.repeat_pattern_code(), cwe);
        walk.component(2, value.calendar_alignment(), Walk::id);
        walk.component(3, value.phase_range_begin_value(), Walk::nm);
        walk.component(4, value.phase_range_end_value(), Walk::nm);
        walk.component(5, value.period_quantity(), Walk::nm);
        walk.component(6, value.period_units(), Walk::is);
        walk.component(7, value.institution_specified_time(), Walk::id);
        walk.component(8, value.event(), Walk::id);
        walk.component(9, value.event_offset_quantity(), Walk::nm);
        walk.component(10, value.event_offset_units(), Walk::is);
        walk.component(11, value.general_timing_specification(), Walk::st);
    });
}

pub(super) fn sad(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Sad<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.street_or_mailing_address(), Walk::st);
        walk.component(2, value.street_name(), Walk::st);
        walk.component(3, value.dwelling_number(), Walk::st);
    });
}

pub(super) fn sn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Sn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.comparator(), Walk::st);
        walk.component(2, value.num1(), Walk::nm);
        walk.component(3, value.separator_suffix(), Walk::st);
        walk.component(4, value.num2(), Walk::nm);
    });
}

pub(super) fn sps(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Sps<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.specimen_source_name_or_code(), cwe);
        walk.component(2, value.additives(), cwe);
        walk.component(3, value.specimen_collection_method(), Walk::tx);
        walk.component(4, value.body_site(), cwe);
        walk.component(5, value.site_modifier(), cwe);
        walk.component(6, value.collection_method_modifier_code(), cwe);
        walk.component(7, value.specimen_role(), cwe);
    });
}

pub(super) fn srt(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Srt<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.sort_by_field(), Walk::st);
        walk.component(2, value.sequencing(), Walk::id);
    });
}

pub(super) fn tq(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Tq<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.quantity(), cq);
        walk.component(2, value.interval(), ri);
        walk.component(3, value.duration(), Walk::st);
        walk.component(4, value.start_datetime(), Walk::dtm);
        walk.component(5, value.end_datetime(), Walk::dtm);
        walk.component(6, value.priority(), Walk::st);
        walk.component(7, value.condition(), Walk::st);
        walk.component(8, value.text(), Walk::tx);
        walk.component(9, value.conjunction(), Walk::id);
        walk.component(10, value.order_sequencing(), osd);
        walk.component(11, value.occurrence_duration(), cwe);
        walk.component(12, value.total_occurrences(), Walk::nm);
    });
}

pub(super) fn vid(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Vid<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.version_id(), Walk::id);
        walk.component(2, value.internationalization_code(), cwe);
        walk.component(3, value.international_version_id(), cwe);
    });
}

pub(super) fn xad(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Xad<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.street_address(), sad);
        walk.component(2, value.other_designation(), Walk::st);
        walk.component(3, value.city(), Walk::st);
        walk.component(4, value.state_or_province(), Walk::st);
        walk.component(5, value.zip_or_postal_code(), Walk::st);
        walk.component(6, value.country(), Walk::id);
        walk.component(7, value.address_type(), Walk::id);
        walk.component(8, value.other_geographic_designation(), Walk::st);
        walk.component(9, value.county_parish_code(), Walk::is);
        walk.component(10, value.census_tract(), Walk::is);
        walk.component(11, value.address_representation_code(), Walk::id);
        walk.component(12, value.address_validity_range(), dr);
        walk.component(13, value.effective_date(), Walk::dtm);
        walk.component(14, value.expiration_date(), Walk::dtm);
        walk.component(15, value.expiration_reason(), cwe);
        walk.component(16, value.temporary_indicator(), Walk::id);
        walk.component(17, value.bad_address_indicator(), Walk::id);
        walk.component(18, value.address_usage(), Walk::id);
        walk.component(19, value.addressee(), Walk::st);
        walk.component(20, value.comment(), Walk::st);
        walk.component(21, value.preference_order(), Walk::nm);
        walk.component(22, value.protection_code(), cwe);
        walk.component(23, value.address_identifier(), ei);
    });
}

pub(super) fn xcn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Xcn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.id_number(), Walk::st);
        walk.component(2, value.family_name(), r#fn);
        walk.component(3, value.given_name(), Walk::st);
        walk.component(4, value.second_and_further_given_names(), Walk::st);
        walk.component(5, value.suffix(), Walk::st);
        walk.component(6, value.prefix(), Walk::st);
        walk.component(7, value.degree(), Walk::is);
        walk.component(8, value.source_table(), Walk::is);
        walk.component(9, value.assigning_authority(), hd);
        walk.component(10, value.name_type_code(), Walk::id);
        walk.component(11, value.identifier_check_digit(), Walk::st);
        walk.component(12, value.check_digit_scheme(), Walk::id);
        walk.component(13, value.identifier_type_code(), Walk::id);
        walk.component(14, value.assigning_facility(), hd);
        walk.component(15, value.name_representation_code(), Walk::id);
        walk.component(16, value.name_context(), cwe);
        walk.component(17, value.name_validity_range(), dr);
        walk.component(18, value.name_assembly_order(), Walk::id);
        walk.component(19, value.effective_date(), Walk::dtm);
        walk.component(20, value.expiration_date(), Walk::dtm);
        walk.component(21, value.professional_suffix(), Walk::st);
        walk.component(22, value.assigning_jurisdiction(), cwe);
        walk.component(23, value.assigning_agency_or_department(), cwe);
        walk.component(24, value.security_check(), Walk::st);
        walk.component(25, value.security_check_scheme(), Walk::id);
    });
}

pub(super) fn xon(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Xon<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.organization_name(), Walk::st);
        walk.component(2, value.organization_name_type_code(), Walk::is);
        walk.component(3, value.id_number(), Walk::nm);
        walk.component(4, value.check_digit(), Walk::nm);
        walk.component(5, value.check_digit_scheme(), Walk::id);
        walk.component(6, value.assigning_authority(), hd);
        walk.component(7, value.identifier_type_code(), Walk::id);
        walk.component(8, value.assigning_facility(), hd);
        walk.component(9, value.name_representation_code(), Walk::id);
        walk.component(10, value.organization_identifier(), Walk::st);
    });
}

pub(super) fn xpn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Xpn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.family_name(), r#fn);
        walk.component(2, value.given_name(), Walk::st);
        walk.component(3, value.second_and_further_given_names(), Walk::st);
        walk.component(4, value.suffix(), Walk::st);
        walk.component(5, value.prefix(), Walk::st);
        walk.component(6, value.degree(), Walk::is);
        walk.component(7, value.name_type_code(), Walk::id);
        walk.component(8, value.name_representation_code(), Walk::id);
        walk.component(9, value.name_context(), cwe);
        walk.component(10, value.name_validity_range(), dr);
        walk.component(11, value.name_assembly_order(), Walk::id);
        walk.component(12, value.effective_date(), Walk::dtm);
        walk.component(13, value.expiration_date(), Walk::dtm);
        walk.component(14, value.professional_suffix(), Walk::st);
        walk.component(15, value.called_by(), Walk::st);
    });
}

pub(super) fn xtn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Xtn<'_>) {
    walk.composite(value.0, |walk| {
        walk.component(1, value.telephone_number(), Walk::st);
        walk.component(2, value.telecommunication_use_code(), Walk::id);
        walk.component(3, value.telecommunication_equipment_type(), Walk::id);
        walk.component(4, value.email_address(), Walk::st);
        walk.component(5, value.country_code(), Walk::nm);
        walk.component(6, value.area_city_code(), Walk::nm);
        walk.component(7, value.local_number(), Walk::nm);
        walk.component(8, value.extension(), Walk::nm);
        walk.component(9, value.any_text(), Walk::st);
        walk.component(10, value.extension_prefix(), Walk::st);
        walk.component(11, value.speed_dial_code(), Walk::st);
        walk.component(12, value.unformatted_telephone_number(), Walk::st);
        walk.component(13, value.effective_start_date(), Walk::dtm);
        walk.component(14, value.expiration_date(), Walk::dtm);
        walk.component(15, value.expiration_reason(), cwe);
        walk.component(16, value.protection_code(), cwe);
        walk.component(17, value.shared_telecommunication_identifier(), ei);
        walk.component(18, value.preference_order(), Walk::nm);
    });
}
