//! Every field of the typed segments: of patients and visits.
//!
//! Written by `tools/typed/generate.py`.

use weir::hl7::segments::{Al1, Arv, Evn, Mrg, Nk1, Pd1, Pid, Pv1, Pv2};

use super::{Found, Walk, types};

pub(super) fn evn(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Evn<'_>) {
    walk.field(1, value.event_type_code(), Walk::id);
    walk.field(2, value.recorded_datetime(), Walk::dtm);
    walk.field(3, value.datetime_planned_event(), Walk::dtm);
    walk.field(4, value.event_reason_code(), Walk::is);
    walk.repetitions(5, value.operator_id(), types::xcn);
    walk.field(6, value.event_occurred(), Walk::dtm);
    walk.field(7, value.event_facility(), types::hd);
}

pub(super) fn pid(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pid<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.patient_id(), types::cx);
    walk.repetitions(3, value.patient_identifier_list(), types::cx);
    walk.repetitions(4, value.alternate_patient_id(), types::cx);
    walk.repetitions(5, value.patient_name(), types::xpn);
    walk.repetitions(6, value.mothers_maiden_name(), types::xpn);
    walk.field(7, value.datetime_of_birth(), Walk::dtm);
    walk.field(8, value.administrative_sex(), Walk::is);
    walk.repetitions(9, value.patient_alias(), types::xpn);
    walk.repetitions(10, value.race(), types::cwe);
    walk.repetitions(11, value.patient_address(), types::xad);
    walk.field(12, value.county_code(), Walk::is);
    walk.repetitions(13, value.phone_number_home(), types::xtn);
    walk.repetitions(14, value.phone_number_business(), types::xtn);
    walk.field(15, value.primary_language(), types::cwe);
    walk.field(16, value.marital_status(), types::cwe);
    walk.field(17, value.religion(), types::cwe);
    walk.field(18, value.patient_account_number(), types::cx);
    walk.field(19, value.ssn_number_patient(), Walk::st);
    walk.field(20, value.drivers_license_number_patient(), types::dln);
    walk.repetitions(21, value.mothers_identifier(), types::cx);
    walk.repetitions(22, value.ethnic_group(), types::cwe);
    walk.field(23, value.birth_place(), Walk::st);
    walk.field(24, value.multiple_birth_indicator(), Walk::id);
    walk.field(25, value.birth_order(), Walk::nm);
    walk.repetitions(26, value.citizenship(), types::cwe);
    walk.field(27, value.veterans_military_status(), types::cwe);
    walk.field(28, value.nationality(), types::cwe);
    walk.field(29, value.patient_death_date_and_time(), Walk::dtm);
    walk.field(30, value.patient_death_indicator(), Walk::id);
    walk.field(31, value.identity_unknown_indicator(), Walk::id);
    walk.repetitions(32, value.identity_reliability_code(), Walk::is);
    walk.field(33, value.last_update_datetime(), Walk::dtm);
    walk.field(34, value.last_update_facility(), types::hd);
    walk.field(35, value.species_code(), types::cwe);
    walk.field(36, value.breed_code(), types::cwe);
    walk.field(37, value.strain(), Walk::st);
    walk.field(38, value.production_class_code(), types::cwe);
    walk.repetitions(39, value.tribal_citizenship(), types::cwe);
    walk.repetitions(40, value.patient_telecommunication_information(), types::xtn);
}

pub(super) fn pv1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pv1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.patient_class(), Walk::is);
    walk.field(3, value.assigned_patient_location(), types::pl);
    walk.field(4, value.admission_type(), Walk::is);
    walk.field(5, value.preadmit_number(), types::cx);
    walk.field(6, value.prior_patient_location(), types::pl);
    walk.repetitions(7, value.attending_doctor(), types::xcn);
    walk.repetitions(8, value.referring_doctor(), types::xcn);
    walk.repetitions(9, value.consulting_doctor(), types::xcn);
    walk.field(10, value.hospital_service(), Walk::is);
    walk.field(11, value.temporary_location(), types::pl);
    walk.field(12, value.preadmit_test_indicator(), Walk::is);
    walk.field(13, value.re_admission_indicator(), Walk::is);
    walk.field(14, value.admit_source(), Walk::is);
    walk.repetitions(15, value.ambulatory_status(), Walk::is);
    walk.field(16, value.vip_indicator(), Walk::is);
    walk.repetitions(17, value.admitting_doctor(), types::xcn);
    walk.field(18, value.patient_type(), Walk::is);
    walk.field(19, value.visit_number(), types::cx);
    walk.repetitions(20, value.financial_class(), types::fc);
    walk.field(21, value.charge_price_indicator(), Walk::is);
    walk.field(22, value.courtesy_code(), Walk::is);
    walk.field(23, value.credit_rating(), Walk::is);
    walk.repetitions(24, value.contract_code(), Walk::is);
    walk.repetitions(25, value.contract_effective_date(), Walk::dt);
    walk.repetitions(26, value.contract_amount(), Walk::nm);
    walk.repetitions(27, value.contract_period(), Walk::nm);
    walk.field(28, value.interest_code(), Walk::is);
    walk.field(29, value.transfer_to_bad_debt_code(), Walk::is);
    walk.field(30, value.transfer_to_bad_debt_date(), Walk::dt);
    walk.field(31, value.bad_debt_agency_code(), Walk::is);
    walk.field(32, value.bad_debt_transfer_amount(), Walk::nm);
    walk.field(33, value.bad_debt_recovery_amount(), Walk::nm);
    walk.field(34, value.delete_account_indicator(), Walk::is);
    walk.field(35, value.delete_account_date(), Walk::dt);
    walk.field(36, value.discharge_disposition(), Walk::is);
    walk.field(37, value.discharged_to_location(), types::dld);
    walk.field(38, value.diet_type(), types::cwe);
    walk.field(39, value.servicing_facility(), Walk::is);
    walk.field(40, value.bed_status(), Walk::is);
    walk.field(41, value.account_status(), Walk::is);
    walk.field(42, value.pending_location(), types::pl);
    walk.field(43, value.prior_temporary_location(), types::pl);
    walk.field(44, value.admit_datetime(), Walk::dtm);
    walk.repetitions(45, value.discharge_datetime(), Walk::dtm);
    walk.field(46, value.current_patient_balance(), Walk::nm);
    walk.field(47, value.total_charges(), Walk::nm);
    walk.field(48, value.total_adjustments(), Walk::nm);
    walk.field(49, value.total_payments(), Walk::nm);
    walk.field(50, value.alternate_visit_id(), types::cx);
    walk.field(51, value.visit_indicator(), Walk::is);
    walk.repetitions(52, value.other_healthcare_provider(), types::xcn);
    walk.field(53, value.service_episode_description(), Walk::st);
    walk.field(54, value.service_episode_identifier(), types::cx);
}

pub(super) fn pv2(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pv2<'_>) {
    walk.field(1, value.prior_pending_location(), types::pl);
    walk.field(2, value.accommodation_code(), types::cwe);
    walk.field(3, value.admit_reason(), types::cwe);
    walk.field(4, value.transfer_reason(), types::cwe);
    walk.repetitions(5, value.patient_valuables(), Walk::st);
    walk.field(6, value.patient_valuables_location(), Walk::st);
    walk.repetitions(7, value.visit_user_code(), Walk::is);
    walk.field(8, value.expected_admit_datetime(), Walk::dtm);
    walk.field(9, value.expected_discharge_datetime(), Walk::dtm);
    walk.field(10, value.estimated_length_of_inpatient_stay(), Walk::nm);
    walk.field(11, value.actual_length_of_inpatient_stay(), Walk::nm);
    walk.field(12, value.visit_description(), Walk::st);
    walk.repetitions(13, value.referral_source_code(), types::xcn);
    walk.field(14, value.previous_service_date(), Walk::dt);
    walk.field(15, value.employment_illness_related_indicator(), Walk::id);
    walk.field(16, value.purge_status_code(), Walk::is);
    walk.field(17, value.purge_status_date(), Walk::dt);
    walk.field(18, value.special_program_code(), Walk::is);
    walk.field(19, value.retention_indicator(), Walk::id);
    walk.field(20, value.expected_number_of_insurance_plans(), Walk::nm);
    walk.field(21, value.visit_publicity_code(), Walk::is);
    walk.field(22, value.visit_protection_indicator(), Walk::id);
    walk.repetitions(23, value.clinic_organization_name(), types::xon);
    walk.field(24, value.patient_status_code(), Walk::is);
    walk.field(25, value.visit_priority_code(), Walk::is);
    walk.field(26, value.previous_treatment_date(), Walk::dt);
    walk.field(27, value.expected_discharge_disposition(), Walk::is);
    walk.field(28, value.signature_on_file_date(), Walk::dt);
    walk.field(29, value.first_similar_illness_date(), Walk::dt);
    walk.field(30, value.patient_charge_adjustment_code(), types::cwe);
    walk.field(31, value.recurring_service_code(), Walk::is);
    walk.field(32, value.billing_media_code(), Walk::id);
    walk.field(33, value.expected_surgery_date_and_time(), Walk::dtm);
    walk.field(34, value.military_partnership_code(), Walk::id);
    walk.field(35, value.military_non_availability_code(), Walk::id);
    walk.field(36, value.newborn_baby_indicator(), Walk::id);
    walk.field(37, value.baby_detained_indicator(), Walk::id);
    walk.field(38, value.mode_of_arrival_code(), types::cwe);
    walk.repetitions(39, value.recreational_drug_use_code(), types::cwe);
    walk.field(40, value.admission_level_of_care_code(), types::cwe);
    walk.repetitions(41, value.precaution_code(), types::cwe);
    walk.field(42, value.patient_condition_code(), types::cwe);
    walk.field(43, value.living_will_code(), Walk::is);
    walk.field(44, value.organ_donor_code(), Walk::is);
    walk.repetitions(45, value.advance_directive_code(), types::cwe);
    walk.field(46, value.patient_status_effective_date(), Walk::dt);
    walk.field(47, value.expected_loa_return_datetime(), Walk::dtm);
    walk.field(48, value.expected_pre_admission_testing_datetime(), Walk::dtm);
    walk.repetitions(49, value.notify_clergy_code(), Walk::is);
    walk.field(50, value.advance_directive_last_verified_date(), Walk::dt);
}

pub(super) fn nk1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Nk1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.repetitions(2, value.name(), types::xpn);
    walk.field(3, value.relationship(), types::cwe);
    walk.repetitions(4, value.address(), types::xad);
    walk.repetitions(5, value.phone_number(), types::xtn);
    walk.repetitions(6, value.business_phone_number(), types::xtn);
    walk.field(7, value.contact_role(), types::cwe);
    walk.field(8, value.start_date(), Walk::dt);
    walk.field(9, value.end_date(), Walk::dt);
    walk.field(10, value.next_of_kin_associated_parties_job_title(), Walk::st);
    walk.field(
        11,
        value.next_of_kin_associated_parties_job_code_class(),
        types::jcc,
    );
    walk.field(
        12,
        value.next_of_kin_associated_parties_employee_number(),
        types::cx,
    );
    walk.repetitions(13, value.organization_name(), types::xon);
    walk.field(14, value.marital_status(), types::cwe);
    walk.field(15, value.administrative_sex(), Walk::is);
    walk.field(16, value.datetime_of_birth(), Walk::dtm);
    walk.repetitions(17, value.living_dependency(), Walk::is);
    walk.repetitions(18, value.ambulatory_status(), Walk::is);
    walk.repetitions(19, value.citizenship(), types::cwe);
    walk.field(20, value.primary_language(), types::cwe);
    walk.field(21, value.living_arrangement(), Walk::is);
    walk.field(22, value.publicity_code(), types::cwe);
    walk.field(23, value.protection_indicator(), Walk::id);
    walk.field(24, value.student_indicator(), Walk::is);
    walk.field(25, value.religion(), types::cwe);
    walk.repetitions(26, value.mothers_maiden_name(), types::xpn);
    walk.field(27, value.nationality(), types::cwe);
    walk.repetitions(28, value.ethnic_group(), types::cwe);
    walk.repetitions(29, value.contact_reason(), types::cwe);
    walk.repetitions(30, value.contact_persons_name(), types::xpn);
    walk.repetitions(31, value.contact_persons_telephone_number(), types::xtn);
    walk.repetitions(32, value.contact_persons_address(), types::xad);
    walk.repetitions(33, value.next_of_kin_associated_partys_identifiers(), types::cx);
    walk.field(34, value.job_status(), Walk::is);
    walk.repetitions(35, value.race(), types::cwe);
    walk.field(36, value.handicap(), Walk::is);
    walk.field(37, value.contact_person_social_security_number(), Walk::st);
    walk.field(38, value.next_of_kin_birth_place(), Walk::st);
    walk.field(39, value.vip_indicator(), Walk::is);
    walk.field(40, value.next_of_kin_telecommunication_information(), types::xtn);
    walk.field(
        41,
        value.contact_persons_telecommunication_information(),
        types::xtn,
    );
}

pub(super) fn al1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Al1<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.allergen_type_code(), types::cwe);
    walk.field(3, value.allergen_code_mnemonic_description(), types::cwe);
    walk.field(4, value.allergy_severity_code(), types::cwe);
    walk.repetitions(5, value.allergy_reaction_code(), Walk::st);
    walk.field(6, value.identification_date(), Walk::dt);
}

pub(super) fn mrg(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Mrg<'_>) {
    walk.repetitions(1, value.prior_patient_identifier_list(), types::cx);
    walk.repetitions(2, value.prior_alternate_patient_id(), types::cx);
    walk.field(3, value.prior_patient_account_number(), types::cx);
    walk.field(4, value.prior_patient_id(), types::cx);
    walk.field(5, value.prior_visit_number(), types::cx);
    walk.field(6, value.prior_alternate_visit_id(), types::cx);
    walk.repetitions(7, value.prior_patient_name(), types::xpn);
}

pub(super) fn pd1(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Pd1<'_>) {
    walk.repetitions(1, value.living_dependency(), Walk::is);
    walk.field(2, value.living_arrangement(), Walk::is);
    walk.repetitions(3, value.patient_primary_facility(), types::xon);
    walk.repetitions(4, value.patient_primary_care_provider_name_id_no(), types::xcn);
    walk.field(5, value.student_indicator(), Walk::is);
    walk.field(6, value.handicap(), Walk::is);
    walk.field(7, value.living_will_code(), Walk::is);
    walk.field(8, value.organ_donor_code(), Walk::is);
    walk.field(9, value.separate_bill(), Walk::id);
    walk.repetitions(10, value.duplicate_patient(), types::cx);
    walk.field(11, value.publicity_code(), types::cwe);
    walk.field(12, value.protection_indicator(), Walk::id);
    walk.field(13, value.protection_indicator_effective_date(), Walk::dt);
    walk.repetitions(14, value.place_of_worship(), types::xon);
    walk.repetitions(15, value.advance_directive_code(), types::cwe);
    walk.field(16, value.immunization_registry_status(), Walk::is);
    walk.field(17, value.immunization_registry_status_effective_date(), Walk::dt);
    walk.field(18, value.publicity_code_effective_date(), Walk::dt);
    walk.field(19, value.military_branch(), Walk::is);
    walk.field(20, value.military_rank_grade(), Walk::is);
    walk.field(21, value.military_status(), Walk::is);
    walk.field(22, value.advance_directive_last_verified_date(), Walk::dt);
}

pub(super) fn arv(walk: &mut Walk<impl FnMut(&Found<'_>)>, value: Arv<'_>) {
    walk.field(1, value.set_id(), Walk::si);
    walk.field(2, value.access_restriction_action_code(), types::cwe);
    walk.field(3, value.access_restriction_value(), types::cwe);
    walk.repetitions(4, value.access_restriction_reason(), types::cwe);
    walk.repetitions(5, value.special_access_restriction_instructions(), Walk::st);
    walk.field(6, value.access_restriction_date_range(), types::dr);
}
