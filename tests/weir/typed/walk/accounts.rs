//! Every field of the typed segments: of accounts, documents and appointments.
//!
//! Written by `tools/typed/generate.py`.

use weir::hl7::segments::{Aig, Ail, Aip, Dg1, Ft1, Gt1, In1, Pr1, Rgs, Sch, Txa};

use super::{Found, Walk, types};

pub(super) fn ft1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ft1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.transaction_id(), Walk::st);
    walk.field(3, value.transaction_batch_id(), Walk::st);
    walk.field(4, value.transaction_date(), types::dr);
    walk.field(5, value.transaction_posting_date(), Walk::dtm);
    walk.field(6, value.transaction_type(), Walk::is);
    walk.field(7, value.transaction_code(), types::cwe);
    walk.field(8, value.transaction_description(), Walk::st);
    walk.field(9, value.transaction_description_alt(), Walk::st);
    walk.field(10, value.transaction_quantity(), Walk::nm);
    walk.field(11, value.transaction_amount_extended(), types::cp);
    walk.field(12, value.transaction_amount_unit(), types::cp);
    walk.field(13, value.department_code(), types::cwe);
    walk.field(14, value.insurance_plan_id(), types::cwe);
    walk.field(15, value.insurance_amount(), types::cp);
    walk.field(16, value.assigned_patient_location(), types::pl);
    walk.field(17, value.fee_schedule(), Walk::is);
    walk.field(18, value.patient_type(), Walk::is);
    walk.repetitions(19, value.diagnosis_code(), types::cwe);
    walk.repetitions(20, value.performed_by_code(), types::xcn);
    walk.repetitions(21, value.ordered_by_code(), types::xcn);
    walk.field(22, value.unit_cost(), types::cp);
    walk.field(23, value.filler_order_number(), types::ei);
    walk.repetitions(24, value.entered_by_code(), types::xcn);
    walk.field(25, value.procedure_code(), types::cwe);
    walk.repetitions(26, value.procedure_code_modifier(), types::cwe);
    walk.field(27, value.advanced_beneficiary_notice_code(), types::cwe);
    walk.field(
        28,
        value.medically_necessary_duplicate_procedure_reason(),
        types::cwe,
    );
    walk.field(29, value.ndc_code(), types::cwe);
    walk.field(30, value.payment_reference_id(), types::cx);
    walk.repetitions(31, value.transaction_reference_key(), Walk::si);
    walk.repetitions(32, value.performing_facility(), types::xon);
    walk.field(33, value.ordering_facility(), types::xon);
    walk.field(34, value.item_number(), types::cwe);
    walk.field(35, value.model_number(), Walk::st);
    walk.repetitions(36, value.special_processing_code(), types::cwe);
    walk.field(37, value.clinic_code(), types::cwe);
    walk.field(38, value.referral_number(), types::cx);
    walk.field(39, value.authorization_number(), types::cx);
    walk.field(40, value.service_provider_taxonomy_code(), types::cwe);
    walk.field(41, value.revenue_code(), types::cwe);
    walk.field(42, value.prescription_number(), Walk::st);
    walk.field(43, value.ndc_qty_and_uom(), types::cq);
}

pub(super) fn dg1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Dg1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.diagnosis_coding_method(), Walk::id);
    walk.field(3, value.diagnosis_code(), types::cwe);
    walk.field(4, value.diagnosis_description(), Walk::st);
    walk.field(5, value.diagnosis_datetime(), Walk::dtm);
    walk.field(6, value.diagnosis_type(), Walk::is);
    walk.field(7, value.major_diagnostic_category(), types::cwe);
    walk.field(8, value.diagnostic_related_group(), types::cwe);
    walk.field(9, value.drg_approval_indicator(), Walk::id);
    walk.field(10, value.drg_grouper_review_code(), Walk::is);
    walk.field(11, value.outlier_type(), types::cwe);
    walk.field(12, value.outlier_days(), Walk::nm);
    walk.field(13, value.outlier_cost(), types::cp);
    walk.field(14, value.grouper_version_and_type(), Walk::st);
    walk.field(15, value.diagnosis_priority(), Walk::id);
    walk.repetitions(16, value.diagnosing_clinician(), types::xcn);
    walk.field(17, value.diagnosis_classification(), Walk::is);
    walk.field(18, value.confidential_indicator(), Walk::id);
    walk.field(19, value.attestation_datetime(), Walk::dtm);
    walk.field(20, value.diagnosis_identifier(), types::ei);
    walk.field(21, value.diagnosis_action_code(), Walk::id);
    walk.field(22, value.parent_diagnosis(), types::ei);
    walk.field(23, value.drg_ccl_value_code(), types::cwe);
    walk.field(24, value.drg_grouping_usage(), Walk::id);
    walk.field(25, value.drg_diagnosis_determination_status(), Walk::is);
    walk.field(26, value.present_on_admission_poa_indicator(), Walk::is);
}

pub(super) fn pr1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pr1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.procedure_coding_method(), Walk::is);
    walk.field(3, value.procedure_code(), types::cwe);
    walk.field(4, value.procedure_description(), Walk::st);
    walk.field(5, value.procedure_datetime(), Walk::dtm);
    walk.field(6, value.procedure_functional_type(), Walk::is);
    walk.field(7, value.procedure_minutes(), Walk::nm);
    walk.repetitions(8, value.anesthesiologist(), types::xcn);
    walk.field(9, value.anesthesia_code(), Walk::is);
    walk.field(10, value.anesthesia_minutes(), Walk::nm);
    walk.repetitions(11, value.surgeon(), types::xcn);
    walk.repetitions(12, value.procedure_practitioner(), types::xcn);
    walk.field(13, value.consent_code(), types::cwe);
    walk.field(14, value.procedure_priority(), Walk::id);
    walk.field(15, value.associated_diagnosis_code(), types::cwe);
    walk.repetitions(16, value.procedure_code_modifier(), types::cwe);
    walk.field(17, value.procedure_drg_type(), Walk::is);
    walk.repetitions(18, value.tissue_type_code(), types::cwe);
    walk.field(19, value.procedure_identifier(), types::ei);
    walk.field(20, value.procedure_action_code(), Walk::id);
    walk.field(21, value.drg_procedure_determination_status(), Walk::is);
    walk.field(22, value.drg_procedure_relevance(), Walk::is);
    walk.repetitions(23, value.treating_organizational_unit(), types::pl);
    walk.field(24, value.respiratory_within_surgery(), Walk::id);
    walk.field(25, value.parent_procedure_id(), types::ei);
}

pub(super) fn gt1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Gt1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.repetitions(2, value.guarantor_number(), types::cx);
    walk.repetitions(3, value.guarantor_name(), types::xpn);
    walk.repetitions(4, value.guarantor_spouse_name(), types::xpn);
    walk.repetitions(5, value.guarantor_address(), types::xad);
    walk.repetitions(6, value.guarantor_ph_num_home(), types::xtn);
    walk.repetitions(7, value.guarantor_ph_num_business(), types::xtn);
    walk.field(8, value.guarantor_datetime_of_birth(), Walk::dtm);
    walk.field(9, value.guarantor_administrative_sex(), Walk::is);
    walk.field(10, value.guarantor_type(), Walk::is);
    walk.field(11, value.guarantor_relationship(), types::cwe);
    walk.field(12, value.guarantor_ssn(), Walk::st);
    walk.field(13, value.guarantor_date_begin(), Walk::dt);
    walk.field(14, value.guarantor_date_end(), Walk::dt);
    walk.field(15, value.guarantor_priority(), Walk::nm);
    walk.repetitions(16, value.guarantor_employer_name(), types::xpn);
    walk.repetitions(17, value.guarantor_employer_address(), types::xad);
    walk.repetitions(18, value.guarantor_employer_phone_number(), types::xtn);
    walk.repetitions(19, value.guarantor_employee_id_number(), types::cx);
    walk.field(20, value.guarantor_employment_status(), Walk::is);
    walk.repetitions(21, value.guarantor_organization_name(), types::xon);
    walk.field(22, value.guarantor_billing_hold_flag(), Walk::id);
    walk.field(23, value.guarantor_credit_rating_code(), types::cwe);
    walk.field(24, value.guarantor_death_date_and_time(), Walk::dtm);
    walk.field(25, value.guarantor_death_flag(), Walk::id);
    walk.field(26, value.guarantor_charge_adjustment_code(), types::cwe);
    walk.field(27, value.guarantor_household_annual_income(), types::cp);
    walk.field(28, value.guarantor_household_size(), Walk::nm);
    walk.repetitions(29, value.guarantor_employer_id_number(), types::cx);
    walk.field(30, value.guarantor_marital_status_code(), types::cwe);
    walk.field(31, value.guarantor_hire_effective_date(), Walk::dt);
    walk.field(32, value.employment_stop_date(), Walk::dt);
    walk.field(33, value.living_dependency(), Walk::is);
    walk.repetitions(34, value.ambulatory_status(), Walk::is);
    walk.repetitions(35, value.citizenship(), types::cwe);
    walk.field(36, value.primary_language(), types::cwe);
    walk.field(37, value.living_arrangement(), Walk::is);
    walk.field(38, value.publicity_code(), types::cwe);
    walk.field(39, value.protection_indicator(), Walk::id);
    walk.field(40, value.student_indicator(), Walk::is);
    walk.field(41, value.religion(), types::cwe);
    walk.repetitions(42, value.mothers_maiden_name(), types::xpn);
    walk.field(43, value.nationality(), types::cwe);
    walk.repetitions(44, value.ethnic_group(), types::cwe);
    walk.repetitions(45, value.contact_persons_name(), types::xpn);
    walk.repetitions(46, value.contact_persons_telephone_number(), types::xtn);
    walk.field(47, value.contact_reason(), types::cwe);
    walk.field(48, value.contact_relationship(), Walk::is);
    walk.field(49, value.job_title(), Walk::st);
    walk.field(50, value.job_code_class(), types::jcc);
    walk.repetitions(51, value.guarantor_employers_organization_name(), types::xon);
    walk.field(52, value.handicap(), Walk::is);
    walk.field(53, value.job_status(), Walk::is);
    walk.field(54, value.guarantor_financial_class(), types::fc);
    walk.repetitions(55, value.guarantor_race(), types::cwe);
    walk.field(56, value.guarantor_birth_place(), Walk::st);
    walk.field(57, value.vip_indicator(), Walk::is);
}

pub(super) fn in1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: In1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.insurance_plan_id(), types::cwe);
    walk.repetitions(3, value.insurance_company_id(), types::cx);
    walk.repetitions(4, value.insurance_company_name(), types::xon);
    walk.repetitions(5, value.insurance_company_address(), types::xad);
    walk.repetitions(6, value.insurance_co_contact_person(), types::xpn);
    walk.repetitions(7, value.insurance_co_phone_number(), types::xtn);
    walk.field(8, value.group_number(), Walk::st);
    walk.repetitions(9, value.group_name(), types::xon);
    walk.repetitions(10, value.insureds_group_emp_id(), types::cx);
    walk.repetitions(11, value.insureds_group_emp_name(), types::xon);
    walk.field(12, value.plan_effective_date(), Walk::dt);
    walk.field(13, value.plan_expiration_date(), Walk::dt);
    walk.field(14, value.authorization_information(), types::aui);
    walk.field(15, value.plan_type(), Walk::is);
    walk.repetitions(16, value.name_of_insured(), types::xpn);
    walk.field(17, value.insureds_relationship_to_patient(), types::cwe);
    walk.field(18, value.insureds_date_of_birth(), Walk::dtm);
    walk.repetitions(19, value.insureds_address(), types::xad);
    walk.field(20, value.assignment_of_benefits(), Walk::is);
    walk.field(21, value.coordination_of_benefits(), Walk::is);
    walk.field(22, value.coord_of_ben_priority(), Walk::st);
    walk.field(23, value.notice_of_admission_flag(), Walk::id);
    walk.field(24, value.notice_of_admission_date(), Walk::dt);
    walk.field(25, value.report_of_eligibility_flag(), Walk::id);
    walk.field(26, value.report_of_eligibility_date(), Walk::dt);
    walk.field(27, value.release_information_code(), Walk::is);
    walk.field(28, value.pre_admit_cert_pac(), Walk::st);
    walk.field(29, value.verification_datetime(), Walk::dtm);
    walk.repetitions(30, value.verification_by(), types::xcn);
    walk.field(31, value.type_of_agreement_code(), Walk::is);
    walk.field(32, value.billing_status(), Walk::is);
    walk.field(33, value.lifetime_reserve_days(), Walk::nm);
    walk.field(34, value.delay_before_l_r_day(), Walk::nm);
    walk.field(35, value.company_plan_code(), Walk::is);
    walk.field(36, value.policy_number(), Walk::st);
    walk.field(37, value.policy_deductible(), types::cp);
    walk.field(38, value.policy_limit_amount(), types::cp);
    walk.field(39, value.policy_limit_days(), Walk::nm);
    walk.field(40, value.room_rate_semi_private(), types::cp);
    walk.field(41, value.room_rate_private(), types::cp);
    walk.field(42, value.insureds_employment_status(), types::cwe);
    walk.field(43, value.insureds_administrative_sex(), Walk::is);
    walk.repetitions(44, value.insureds_employers_address(), types::xad);
    walk.field(45, value.verification_status(), Walk::st);
    walk.field(46, value.prior_insurance_plan_id(), Walk::is);
    walk.field(47, value.coverage_type(), Walk::is);
    walk.field(48, value.handicap(), Walk::is);
    walk.repetitions(49, value.insureds_id_number(), types::cx);
    walk.field(50, value.signature_code(), Walk::is);
    walk.field(51, value.signature_code_date(), Walk::dt);
    walk.field(52, value.insureds_birth_place(), Walk::st);
    walk.field(53, value.vip_indicator(), Walk::is);
    walk.repetitions(54, value.external_health_plan_identifiers(), types::cx);
    walk.field(55, value.insurance_action_code(), Walk::id);
}

pub(super) fn txa(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Txa<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.document_type(), Walk::is);
    walk.field(3, value.document_content_presentation(), Walk::id);
    walk.field(4, value.activity_datetime(), Walk::dtm);
    walk.repetitions(5, value.primary_activity_provider_code_name(), types::xcn);
    walk.field(6, value.origination_datetime(), Walk::dtm);
    walk.field(7, value.transcription_datetime(), Walk::dtm);
    walk.repetitions(8, value.edit_datetime(), Walk::dtm);
    walk.repetitions(9, value.originator_code_name(), types::xcn);
    walk.repetitions(10, value.assigned_document_authenticator(), types::xcn);
    walk.repetitions(11, value.transcriptionist_code_name(), types::xcn);
    walk.field(12, value.unique_document_number(), types::ei);
    walk.field(13, value.parent_document_number(), types::ei);
    walk.repetitions(14, value.placer_order_number(), types::ei);
    walk.field(15, value.filler_order_number(), types::ei);
    walk.field(16, value.unique_document_file_name(), Walk::st);
    walk.field(17, value.document_completion_status(), Walk::id);
    walk.field(18, value.document_confidentiality_status(), Walk::id);
    walk.field(19, value.document_availability_status(), Walk::id);
    walk.field(20, value.document_storage_status(), Walk::id);
    walk.field(21, value.document_change_reason(), Walk::st);
    walk.repetitions(22, value.authentication_person_time_stamp(), types::ppn);
    walk.repetitions(
        23,
        value.distributed_copies_code_and_name_of_recipients(),
        types::xcn,
    );
    walk.repetitions(24, value.folder_assignment(), types::cwe);
    walk.repetitions(25, value.document_title(), Walk::st);
    walk.field(26, value.agreed_due_datetime(), Walk::dtm);
}

pub(super) fn sch(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Sch<'_>) {
    walk.field(1, value.placer_appointment_id(), types::ei);
    walk.field(2, value.filler_appointment_id(), types::ei);
    walk.field(3, value.occurrence_number(), Walk::nm);
    walk.field(4, value.placer_group_number(), types::ei);
    walk.field(5, value.schedule_id(), types::cwe);
    walk.field(6, value.event_reason(), types::cwe);
    walk.field(7, value.appointment_reason(), types::cwe);
    walk.field(8, value.appointment_type(), types::cwe);
    walk.field(9, value.appointment_duration(), Walk::nm);
    walk.field(10, value.appointment_duration_units(), types::cwe);
    walk.repetitions(11, value.appointment_timing_quantity(), types::tq);
    walk.repetitions(12, value.placer_contact_person(), types::xcn);
    walk.field(13, value.placer_contact_phone_number(), types::xtn);
    walk.repetitions(14, value.placer_contact_address(), types::xad);
    walk.field(15, value.placer_contact_location(), types::pl);
    walk.repetitions(16, value.filler_contact_person(), types::xcn);
    walk.field(17, value.filler_contact_phone_number(), types::xtn);
    walk.repetitions(18, value.filler_contact_address(), types::xad);
    walk.field(19, value.filler_contact_location(), types::pl);
    walk.repetitions(20, value.entered_by_person(), types::xcn);
    walk.repetitions(21, value.entered_by_phone_number(), types::xtn);
    walk.field(22, value.entered_by_location(), types::pl);
    walk.field(23, value.parent_placer_appointment_id(), types::ei);
    walk.field(24, value.parent_filler_appointment_id(), types::ei);
    walk.field(25, value.filler_status_code(), types::cwe);
    walk.repetitions(26, value.placer_order_number(), types::ei);
    walk.repetitions(27, value.filler_order_number(), types::ei);
}

pub(super) fn rgs(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Rgs<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.segment_action_code(), Walk::id);
    walk.field(3, value.resource_group_id(), types::cwe);
}

pub(super) fn aig(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Aig<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.segment_action_code(), Walk::id);
    walk.field(3, value.resource_id(), types::cwe);
    walk.field(4, value.resource_type(), types::cwe);
    walk.repetitions(5, value.resource_group(), types::cwe);
    walk.field(6, value.resource_quantity(), Walk::nm);
    walk.field(7, value.resource_quantity_units(), types::cwe);
    walk.field(8, value.start_datetime(), Walk::dtm);
    walk.field(9, value.start_datetime_offset(), Walk::nm);
    walk.field(10, value.start_datetime_offset_units(), types::cwe);
    walk.field(11, value.duration(), Walk::nm);
    walk.field(12, value.duration_units(), types::cwe);
    walk.field(13, value.allow_substitution_code(), Walk::is);
    walk.field(14, value.filler_status_code(), types::cwe);
}

pub(super) fn ail(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Ail<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.segment_action_code(), Walk::id);
    walk.repetitions(3, value.location_resource_id(), types::pl);
    walk.field(4, value.location_type(), types::cwe);
    walk.field(5, value.location_group(), types::cwe);
    walk.field(6, value.start_datetime(), Walk::dtm);
    walk.field(7, value.start_datetime_offset(), Walk::nm);
    walk.field(8, value.start_datetime_offset_units(), types::cwe);
    walk.field(9, value.duration(), Walk::nm);
    walk.field(10, value.duration_units(), types::cwe);
    walk.field(11, value.allow_substitution_code(), Walk::is);
    walk.field(12, value.filler_status_code(), types::cwe);
}

pub(super) fn aip(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Aip<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.segment_action_code(), Walk::id);
    walk.repetitions(3, value.personnel_resource_id(), types::xcn);
    walk.field(4, value.resource_type(), types::cwe);
    walk.field(5, value.resource_group(), types::cwe);
    walk.field(6, value.start_datetime(), Walk::dtm);
    walk.field(7, value.start_datetime_offset(), Walk::nm);
    walk.field(8, value.start_datetime_offset_units(), types::cwe);
    walk.field(9, value.duration(), Walk::nm);
    walk.field(10, value.duration_units(), types::cwe);
    walk.field(11, value.allow_substitution_code(), Walk::is);
    walk.field(12, value.filler_status_code(), types::cwe);
}
