//! Every field of the typed segments: of orders and results.
//!
//! Written by `tools/typed/generate.py`.

use weir::hl7::segments::{Obr, Obx, Orc, Rxa, Rxc, Rxd, Rxe, Rxo, Rxr, Spm, Tq1};

use super::{Found, Walk, types};

pub(super) fn orc(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Orc<'_>) {
    walk.field(1, value.order_control(), Walk::id);
    walk.field(2, value.placer_order_number(), types::ei);
    walk.field(3, value.filler_order_number(), types::ei);
    walk.field(4, value.placer_group_number(), types::ei);
    walk.field(5, value.order_status(), Walk::id);
    walk.field(6, value.response_flag(), Walk::id);
    walk.repetitions(7, value.quantity_timing(), types::tq);
    walk.field(8, value.parent(), types::eip);
    walk.field(9, value.datetime_of_transaction(), Walk::dtm);
    walk.repetitions(10, value.entered_by(), types::xcn);
    walk.repetitions(11, value.verified_by(), types::xcn);
    walk.repetitions(12, value.ordering_provider(), types::xcn);
    walk.field(13, value.enterers_location(), types::pl);
    walk.repetitions(14, value.call_back_phone_number(), types::xtn);
    walk.field(15, value.order_effective_datetime(), Walk::dtm);
    walk.field(16, value.order_control_code_reason(), types::cwe);
    walk.field(17, value.entering_organization(), types::cwe);
    walk.field(18, value.entering_device(), types::cwe);
    walk.repetitions(19, value.action_by(), types::xcn);
    walk.field(20, value.advanced_beneficiary_notice_code(), types::cwe);
    walk.repetitions(21, value.ordering_facility_name(), types::xon);
    walk.repetitions(22, value.ordering_facility_address(), types::xad);
    walk.repetitions(23, value.ordering_facility_phone_number(), types::xtn);
    walk.repetitions(24, value.ordering_provider_address(), types::xad);
    walk.field(25, value.order_status_modifier(), types::cwe);
    walk.field(
        26,
        value.advanced_beneficiary_notice_override_reason(),
        types::cwe,
    );
    walk.field(27, value.fillers_expected_availability_datetime(), Walk::dtm);
    walk.field(28, value.confidentiality_code(), types::cwe);
    walk.field(29, value.order_type(), types::cwe);
    walk.field(30, value.enterer_authorization_mode(), types::cwe);
    walk.field(31, value.parent_universal_service_identifier(), types::cwe);
    walk.field(32, value.advanced_beneficiary_notice_date(), Walk::dt);
    walk.repetitions(33, value.alternate_placer_order_number(), types::cx);
    walk.repetitions(34, value.order_workflow_profile(), types::cwe);
}

pub(super) fn obr(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Obr<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.placer_order_number(), types::ei);
    walk.field(3, value.filler_order_number(), types::ei);
    walk.field(4, value.universal_service_identifier(), types::cwe);
    walk.field(5, value.priority(), Walk::id);
    walk.field(6, value.requested_datetime(), Walk::dtm);
    walk.field(7, value.observation_datetime(), Walk::dtm);
    walk.field(8, value.observation_end_datetime(), Walk::dtm);
    walk.field(9, value.collection_volume(), types::cq);
    walk.repetitions(10, value.collector_identifier(), types::xcn);
    walk.field(11, value.specimen_action_code(), Walk::id);
    walk.field(12, value.danger_code(), types::cwe);
    walk.field(13, value.relevant_clinical_information(), Walk::st);
    walk.field(14, value.specimen_received_datetime(), Walk::dtm);
    walk.field(15, value.specimen_source(), types::sps);
    walk.repetitions(16, value.ordering_provider(), types::xcn);
    walk.repetitions(17, value.order_callback_phone_number(), types::xtn);
    walk.field(18, value.placer_field_1(), Walk::st);
    walk.field(19, value.placer_field_2(), Walk::st);
    walk.field(20, value.filler_field_1(), Walk::st);
    walk.field(21, value.filler_field_2(), Walk::st);
    walk.field(22, value.results_rpt_status_chng_datetime(), Walk::dtm);
    walk.field(23, value.charge_to_practice(), types::moc);
    walk.field(24, value.diagnostic_serv_sect_id(), Walk::id);
    walk.field(25, value.result_status(), Walk::id);
    walk.field(26, value.parent_result(), types::prl);
    walk.repetitions(27, value.quantity_timing(), types::tq);
    walk.repetitions(28, value.result_copies_to(), types::xcn);
    walk.field(29, value.parent(), types::eip);
    walk.field(30, value.transportation_mode(), Walk::id);
    walk.repetitions(31, value.reason_for_study(), types::cwe);
    walk.field(32, value.principal_result_interpreter(), types::ndl);
    walk.repetitions(33, value.assistant_result_interpreter(), types::ndl);
    walk.repetitions(34, value.technician(), types::ndl);
    walk.repetitions(35, value.transcriptionist(), types::ndl);
    walk.field(36, value.scheduled_datetime(), Walk::dtm);
    walk.field(37, value.number_of_sample_containers(), Walk::nm);
    walk.repetitions(38, value.transport_logistics_of_collected_sample(), types::cwe);
    walk.repetitions(39, value.collectors_comment(), types::cwe);
    walk.field(40, value.transport_arrangement_responsibility(), types::cwe);
    walk.field(41, value.transport_arranged(), Walk::id);
    walk.field(42, value.escort_required(), Walk::id);
    walk.repetitions(43, value.planned_patient_transport_comment(), types::cwe);
    walk.field(44, value.procedure_code(), types::cwe);
    walk.repetitions(45, value.procedure_code_modifier(), types::cwe);
    walk.repetitions(46, value.placer_supplemental_service_information(), types::cwe);
    walk.repetitions(47, value.filler_supplemental_service_information(), types::cwe);
    walk.field(
        48,
        value.medically_necessary_duplicate_procedure_reason(),
        types::cwe,
    );
    walk.field(49, value.result_handling(), Walk::is);
    walk.field(50, value.parent_universal_service_identifier(), types::cwe);
    walk.field(51, value.observation_group_id(), types::ei);
    walk.field(52, value.parent_observation_group_id(), types::ei);
    walk.repetitions(53, value.alternate_placer_order_number(), types::cx);
    walk.field(54, value.parent_order(), types::eip);
}

pub(super) fn obx(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Obx<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.value_type(), Walk::id);
    walk.field(3, value.observation_identifier(), types::cwe);
    walk.field(4, value.observation_sub_id(), Walk::st);
    walk.repetitions(5, value.observation_value(), Walk::observation);
    walk.field(6, value.units(), types::cwe);
    walk.field(7, value.references_range(), Walk::st);
    walk.repetitions(8, value.abnormal_flags(), Walk::is);
    walk.field(9, value.probability(), Walk::nm);
    walk.repetitions(10, value.nature_of_abnormal_test(), Walk::id);
    walk.field(11, value.observation_result_status(), Walk::id);
    walk.field(12, value.effective_date_of_reference_range_values(), Walk::dtm);
    walk.field(13, value.user_defined_access_checks(), Walk::st);
    walk.field(14, value.datetime_of_the_observation(), Walk::dtm);
    walk.field(15, value.producers_reference(), types::cwe);
    walk.repetitions(16, value.responsible_observer(), types::xcn);
    walk.repetitions(17, value.observation_method(), types::cwe);
    walk.repetitions(18, value.equipment_instance_identifier(), types::ei);
    walk.field(19, value.datetime_of_the_analysis(), Walk::dtm);
    walk.repetitions(20, value.observation_site(), types::cwe);
    walk.field(21, value.observation_instance_identifier(), types::ei);
    walk.field(22, value.mood_code(), types::cwe);
    walk.field(23, value.performing_organization_name(), types::xon);
    walk.field(24, value.performing_organization_address(), types::xad);
    walk.field(25, value.performing_organization_medical_director(), types::xcn);
    walk.field(26, value.patient_results_release_category(), Walk::id);
    walk.field(27, value.root_cause(), types::cwe);
    walk.repetitions(28, value.local_process_control(), types::cwe);
    walk.repetitions(29, value.observation_type(), Walk::id);
    walk.repetitions(30, value.observation_sub_type(), Walk::id);
}

pub(super) fn spm(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Spm<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.specimen_id(), types::eip);
    walk.repetitions(3, value.specimen_parent_ids(), types::eip);
    walk.field(4, value.specimen_type(), types::cwe);
    walk.repetitions(5, value.specimen_type_modifier(), types::cwe);
    walk.repetitions(6, value.specimen_additives(), types::cwe);
    walk.field(7, value.specimen_collection_method(), types::cwe);
    walk.field(8, value.specimen_source_site(), types::cwe);
    walk.repetitions(9, value.specimen_source_site_modifier(), types::cwe);
    walk.field(10, value.specimen_collection_site(), types::cwe);
    walk.repetitions(11, value.specimen_role(), types::cwe);
    walk.field(12, value.specimen_collection_amount(), types::cq);
    walk.field(13, value.grouped_specimen_count(), Walk::nm);
    walk.repetitions(14, value.specimen_description(), Walk::st);
    walk.repetitions(15, value.specimen_handling_code(), types::cwe);
    walk.repetitions(16, value.specimen_risk_code(), types::cwe);
    walk.field(17, value.specimen_collection_datetime(), types::dr);
    walk.field(18, value.specimen_received_datetime(), Walk::dtm);
    walk.field(19, value.specimen_expiration_datetime(), Walk::dtm);
    walk.field(20, value.specimen_availability(), Walk::id);
    walk.repetitions(21, value.specimen_reject_reason(), types::cwe);
    walk.field(22, value.specimen_quality(), types::cwe);
    walk.field(23, value.specimen_appropriateness(), types::cwe);
    walk.repetitions(24, value.specimen_condition(), types::cwe);
    walk.field(25, value.specimen_current_quantity(), types::cq);
    walk.field(26, value.number_of_specimen_containers(), Walk::nm);
    walk.field(27, value.container_type(), types::cwe);
    walk.field(28, value.container_condition(), types::cwe);
    walk.field(29, value.specimen_child_role(), types::cwe);
    walk.repetitions(30, value.accession_id(), types::cx);
    walk.repetitions(31, value.other_specimen_id(), types::cx);
    walk.field(32, value.shipment_id(), types::ei);
}

pub(super) fn tq1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Tq1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.quantity(), types::cq);
    walk.repetitions(3, value.repeat_pattern(), types::rpt);
    walk.repetitions(4, value.explicit_time(), Walk::tm);
    walk.repetitions(5, value.relative_time_and_units(), types::cq);
    walk.field(6, value.service_duration(), types::cq);
    walk.field(7, value.start_datetime(), Walk::dtm);
    walk.field(8, value.end_datetime(), Walk::dtm);
    walk.repetitions(9, value.priority(), types::cwe);
    walk.field(10, value.condition_text(), Walk::tx);
    walk.field(11, value.text_instruction(), Walk::tx);
    walk.field(12, value.conjunction(), Walk::id);
    walk.field(13, value.occurrence_duration(), types::cq);
    walk.field(14, value.total_occurrence_s(), Walk::nm);
}

pub(super) fn rxo(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rxo<'_>) {
    walk.field(1, value.requested_give_code(), types::cwe);
    walk.field(2, value.requested_give_amount_minimum(), Walk::nm);
    walk.field(3, value.requested_give_amount_maximum(), Walk::nm);
    walk.field(4, value.requested_give_units(), types::cwe);
    walk.field(5, value.requested_dosage_form(), types::cwe);
    walk.repetitions(6, value.providers_pharmacy_treatment_instructions(), types::cwe);
    walk.repetitions(7, value.providers_administration_instructions(), types::cwe);
    walk.field(8, value.deliver_to_location(), types::la1);
    walk.field(9, value.allow_substitutions(), Walk::id);
    walk.field(10, value.requested_dispense_code(), types::cwe);
    walk.field(11, value.requested_dispense_amount(), Walk::nm);
    walk.field(12, value.requested_dispense_units(), types::cwe);
    walk.field(13, value.number_of_refills(), Walk::nm);
    walk.repetitions(14, value.ordering_providers_dea_number(), types::xcn);
    walk.repetitions(15, value.pharmacist_treatment_suppliers_verifier_id(), types::xcn);
    walk.field(16, value.needs_human_review(), Walk::id);
    walk.field(17, value.requested_give_per_time_unit(), Walk::st);
    walk.field(18, value.requested_give_strength(), Walk::nm);
    walk.field(19, value.requested_give_strength_units(), types::cwe);
    walk.repetitions(20, value.indication(), types::cwe);
    walk.field(21, value.requested_give_rate_amount(), Walk::st);
    walk.field(22, value.requested_give_rate_units(), types::cwe);
    walk.field(23, value.total_daily_dose(), types::cq);
    walk.repetitions(24, value.supplementary_code(), types::cwe);
    walk.field(25, value.requested_drug_strength_volume(), Walk::nm);
    walk.field(26, value.requested_drug_strength_volume_units(), types::cwe);
    walk.field(27, value.pharmacy_order_type(), Walk::id);
    walk.field(28, value.dispensing_interval(), Walk::nm);
    walk.field(29, value.medication_instance_identifier(), types::ei);
    walk.field(30, value.segment_instance_identifier(), types::ei);
    walk.field(31, value.mood_code(), types::cwe);
    walk.field(32, value.dispensing_pharmacy(), types::cwe);
    walk.field(33, value.dispensing_pharmacy_address(), types::xad);
    walk.field(34, value.deliver_to_patient_location(), types::pl);
    walk.field(35, value.deliver_to_address(), types::xad);
    walk.repetitions(36, value.pharmacy_phone_number(), types::xtn);
}

pub(super) fn rxr(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rxr<'_>) {
    walk.field(1, value.route(), types::cwe);
    walk.field(2, value.administration_site(), types::cwe);
    walk.field(3, value.administration_device(), types::cwe);
    walk.field(4, value.administration_method(), types::cwe);
    walk.field(5, value.routing_instruction(), types::cwe);
    walk.field(6, value.administration_site_modifier(), types::cwe);
}

pub(super) fn rxc(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rxc<'_>) {
    walk.field(1, value.rx_component_type(), Walk::id);
    walk.field(2, value.component_code(), types::cwe);
    walk.field(3, value.component_amount(), Walk::nm);
    walk.field(4, value.component_units(), types::cwe);
    walk.field(5, value.component_strength(), Walk::nm);
    walk.field(6, value.component_strength_units(), types::cwe);
    walk.repetitions(7, value.supplementary_code(), types::cwe);
    walk.field(8, value.component_drug_strength_volume(), Walk::nm);
    walk.field(9, value.component_drug_strength_volume_units(), types::cwe);
    walk.field(10, value.dispense_amount(), Walk::nm);
    walk.field(11, value.dispense_units(), types::cwe);
}

pub(super) fn rxe(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rxe<'_>) {
    walk.field(1, value.quantity_timing(), types::tq);
    walk.field(2, value.give_code(), types::cwe);
    walk.field(3, value.give_amount_minimum(), Walk::nm);
    walk.field(4, value.give_amount_maximum(), Walk::nm);
    walk.field(5, value.give_units(), types::cwe);
    walk.field(6, value.give_dosage_form(), types::cwe);
    walk.repetitions(7, value.providers_administration_instructions(), types::cwe);
    walk.field(8, value.deliver_to_location(), types::la1);
    walk.field(9, value.substitution_status(), Walk::id);
    walk.field(10, value.dispense_amount(), Walk::nm);
    walk.field(11, value.dispense_units(), types::cwe);
    walk.field(12, value.number_of_refills(), Walk::nm);
    walk.repetitions(13, value.ordering_providers_dea_number(), types::xcn);
    walk.repetitions(14, value.pharmacist_treatment_suppliers_verifier_id(), types::xcn);
    walk.field(15, value.prescription_number(), Walk::st);
    walk.field(16, value.number_of_refills_remaining(), Walk::nm);
    walk.field(17, value.number_of_refills_doses_dispensed(), Walk::nm);
    walk.field(
        18,
        value.datetime_of_most_recent_refill_or_dose_dispensed(),
        Walk::dtm,
    );
    walk.field(19, value.total_daily_dose(), types::cq);
    walk.field(20, value.needs_human_review(), Walk::id);
    walk.repetitions(
        21,
        value.pharmacy_treatment_suppliers_special_dispensing_instructions(),
        types::cwe,
    );
    walk.field(22, value.give_per_time_unit(), Walk::st);
    walk.field(23, value.give_rate_amount(), Walk::st);
    walk.field(24, value.give_rate_units(), types::cwe);
    walk.field(25, value.give_strength(), Walk::nm);
    walk.field(26, value.give_strength_units(), types::cwe);
    walk.repetitions(27, value.give_indication(), types::cwe);
    walk.field(28, value.dispense_package_size(), Walk::nm);
    walk.field(29, value.dispense_package_size_unit(), types::cwe);
    walk.field(30, value.dispense_package_method(), Walk::id);
    walk.repetitions(31, value.supplementary_code(), types::cwe);
    walk.field(32, value.original_order_datetime(), Walk::dtm);
    walk.field(33, value.give_drug_strength_volume(), Walk::nm);
    walk.field(34, value.give_drug_strength_volume_units(), types::cwe);
    walk.field(35, value.controlled_substance_schedule(), types::cwe);
    walk.field(36, value.formulary_status(), Walk::id);
    walk.repetitions(37, value.pharmaceutical_substance_alternative(), types::cwe);
    walk.field(38, value.pharmacy_of_most_recent_fill(), types::cwe);
    walk.field(39, value.initial_dispense_amount(), Walk::nm);
    walk.field(40, value.dispensing_pharmacy(), types::cwe);
    walk.field(41, value.dispensing_pharmacy_address(), types::xad);
    walk.field(42, value.deliver_to_patient_location(), types::pl);
    walk.field(43, value.deliver_to_address(), types::xad);
    walk.field(44, value.pharmacy_order_type(), Walk::id);
    walk.repetitions(45, value.pharmacy_phone_number(), types::xtn);
}

pub(super) fn rxd(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rxd<'_>) {
    walk.field(1, value.dispense_sub_id_counter(), Walk::nm);
    walk.field(2, value.dispense_give_code(), types::cwe);
    walk.field(3, value.datetime_dispensed(), Walk::dtm);
    walk.field(4, value.actual_dispense_amount(), Walk::nm);
    walk.field(5, value.actual_dispense_units(), types::cwe);
    walk.field(6, value.actual_dosage_form(), types::cwe);
    walk.field(7, value.prescription_number(), Walk::st);
    walk.field(8, value.number_of_refills_remaining(), Walk::nm);
    walk.repetitions(9, value.dispense_notes(), Walk::st);
    walk.repetitions(10, value.dispensing_provider(), types::xcn);
    walk.field(11, value.substitution_status(), Walk::id);
    walk.field(12, value.total_daily_dose(), types::cq);
    walk.field(13, value.dispense_to_location(), types::la2);
    walk.field(14, value.needs_human_review(), Walk::id);
    walk.repetitions(
        15,
        value.pharmacy_treatment_suppliers_special_dispensing_instructions(),
        types::cwe,
    );
    walk.field(16, value.actual_strength(), Walk::nm);
    walk.field(17, value.actual_strength_unit(), types::cwe);
    walk.repetitions(18, value.substance_lot_number(), Walk::st);
    walk.repetitions(19, value.substance_expiration_date(), Walk::dtm);
    walk.repetitions(20, value.substance_manufacturer_name(), types::cwe);
    walk.repetitions(21, value.indication(), types::cwe);
    walk.field(22, value.dispense_package_size(), Walk::nm);
    walk.field(23, value.dispense_package_size_unit(), types::cwe);
    walk.field(24, value.dispense_package_method(), Walk::id);
    walk.repetitions(25, value.supplementary_code(), types::cwe);
    walk.field(26, value.initiating_location(), types::cwe);
    walk.field(27, value.packaging_assembly_location(), types::cwe);
    walk.field(28, value.actual_drug_strength_volume(), Walk::nm);
    walk.field(29, value.actual_drug_strength_volume_units(), types::cwe);
    walk.field(30, value.dispense_to_pharmacy(), types::cwe);
    walk.field(31, value.dispense_to_pharmacy_address(), types::xad);
    walk.field(32, value.pharmacy_order_type(), Walk::id);
    walk.field(33, value.dispense_type(), types::cwe);
    walk.repetitions(34, value.pharmacy_phone_number(), types::xtn);
    walk.repetitions(35, value.dispense_tag_identifier(), types::ei);
}

pub(super) fn rxa(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rxa<'_>) {
    walk.field(1, value.give_sub_id_counter(), Walk::nm);
    walk.field(2, value.administration_sub_id_counter(), Walk::nm);
    walk.field(3, value.datetime_start_of_administration(), Walk::dtm);
    walk.field(4, value.datetime_end_of_administration(), Walk::dtm);
    walk.field(5, value.administered_code(), types::cwe);
    walk.field(6, value.administered_amount(), Walk::nm);
    walk.field(7, value.administered_units(), types::cwe);
    walk.field(8, value.administered_dosage_form(), types::cwe);
    walk.repetitions(9, value.administration_notes(), types::cwe);
    walk.repetitions(10, value.administering_provider(), types::xcn);
    walk.field(11, value.administered_at_location(), types::la2);
    walk.field(12, value.administered_per_time_unit(), Walk::st);
    walk.field(13, value.administered_strength(), Walk::nm);
    walk.field(14, value.administered_strength_units(), types::cwe);
    walk.repetitions(15, value.substance_lot_number(), Walk::st);
    walk.repetitions(16, value.substance_expiration_date(), Walk::dtm);
    walk.repetitions(17, value.substance_manufacturer_name(), types::cwe);
    walk.repetitions(18, value.substance_treatment_refusal_reason(), types::cwe);
    walk.repetitions(19, value.indication(), types::cwe);
    walk.field(20, value.completion_status(), Walk::id);
    walk.field(21, value.action_code(), Walk::id);
    walk.field(22, value.system_entry_datetime(), Walk::dtm);
    walk.field(23, value.administered_drug_strength_volume(), Walk::nm);
    walk.field(24, value.administered_drug_strength_volume_units(), types::cwe);
    walk.field(25, value.administered_barcode_identifier(), types::cwe);
    walk.field(26, value.pharmacy_order_type(), Walk::id);
    walk.field(27, value.administer_at(), types::pl);
    walk.field(28, value.administered_at_address(), types::xad);
    walk.repetitions(29, value.administered_tag_identifier(), types::ei);
}
