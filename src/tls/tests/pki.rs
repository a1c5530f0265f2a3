//! Certificates for tests, good ones and each kind of bad one, as files in a folder that is removed with it.
//!
//! Made anew in each test; no key is kept anywhere.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, CertifiedIssuer, DnType,
    ExtendedKeyUsagePurpose, IsCa, KeyIdMethod, KeyPair, KeyUsagePurpose, RevokedCertParams, SerialNumber,
    date_time_ymd,
};
use tempfile::TempDir;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use x509_cert::der::Decode;

/// What is wrong with a certificate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    Expired,
    NotYetValid,
    OfAnotherAuthority,
    OfAnotherName,
    Revoked,
    SelfSigned,
    ForAnotherPurpose,
    DamagedSignature,
}

pub(crate) const FLAWS: &[Flaw] = &[
    Flaw::Expired,
    Flaw::NotYetValid,
    Flaw::OfAnotherAuthority,
    Flaw::OfAnotherName,
    Flaw::Revoked,
    Flaw::SelfSigned,
    Flaw::ForAnotherPurpose,
    Flaw::DamagedSignature,
];

/// The serial number of every certificate that is revoked.
const REVOKED: u64 = 666;

/// An authority with its list of revoked certificates, and another one that nobody trusts.
pub(crate) struct Pki {
    folder: TempDir,
    authority: CertifiedIssuer<'static, KeyPair>,
    another: CertifiedIssuer<'static, KeyPair>,
}

impl Pki {
    /// Writes `ca.pem` and `ca.crl`, and the list `another.crl` of the authority that nobody trusts.
    pub(crate) fn new() -> Pki {
        let pki = Pki {
            folder: tempfile::tempdir().unwrap(),
            authority: authority("Test authority"),
            another: authority("Another authority"),
        };
        pki.write("ca.pem", &pki.authority.pem());
        for (name, authority) in [("ca.crl", &pki.authority), ("another.crl", &pki.another)] {
            pki.write(name, &revocations(authority, SerialNumber::from(REVOKED)));
        }
        pki
    }

    /// Where a file is, or would be.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The folder of all of it.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Writes `NAME.pem` and `NAME.key`, a certificate for clients and servers with this name in DNS, 127.0.0.1 and
    /// `localhost`.
    pub(crate) fn issue(&self, name: &str, flaw: Flaw) {
        let mut names = vec![name.to_owned(), "localhost".to_owned(), "127.0.0.1".to_owned()];
        if flaw == Flaw::OfAnotherName {
            names = vec!["another.example".to_owned()];
        }
        self.issue_for(name, names, flaw, None);
    }

    /// Writes them, to expire in so many days.
    pub(crate) fn issue_until(&self, name: &str, days: u64) {
        let names = vec![name.to_owned(), "localhost".to_owned()];
        #[expect(clippy::disallowed_methods, reason = "files of tests know no clock of weir's")]
        let end = SystemTime::now() + Duration::from_secs(days * 24 * 60 * 60);
        self.issue_for(name, names, Flaw::None, Some(end));
    }

    /// Writes them, to be valid from the next second on.
    pub(crate) fn issue_soon(&self, name: &str) {
        #[expect(clippy::disallowed_methods, reason = "files of tests know no clock of weir's")]
        let begin = SystemTime::now() + Duration::from_secs(1);
        self.issue_within(name, vec![name.to_owned()], Flaw::None, (Some(begin), None));
    }

    /// Replaces `ca.crl` by a list of this certificate alone.
    pub(crate) fn revoke(&self, name: &str) {
        let read = CertificateDer::from_pem_file(self.path(&format!("{name}.pem"))).unwrap();
        let read = x509_cert::Certificate::from_der(&read).unwrap();
        let serial = SerialNumber::from_slice(read.tbs_certificate.serial_number.as_bytes());
        self.write("ca.crl", &revocations(&self.authority, serial));
    }

    /// Writes them with this name in DNS instead.
    pub(crate) fn issue_named(&self, file: &str, name: &str) {
        self.issue_for(
            file,
            vec![name.to_owned(), "localhost".to_owned()],
            Flaw::None,
            None,
        );
    }

    fn issue_for(&self, name: &str, names: Vec<String>, flaw: Flaw, end: Option<SystemTime>) {
        self.issue_within(name, names, flaw, (None, end));
    }

    fn issue_within(
        &self,
        name: &str,
        names: Vec<String>,
        flaw: Flaw,
        (begin, end): (Option<SystemTime>, Option<SystemTime>),
    ) {
        let mut params = CertificateParams::new(names).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.distinguished_name.push(DnType::OrganizationName, "Test");
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![
            ExtendedKeyUsagePurpose::ServerAuth,
            ExtendedKeyUsagePurpose::ClientAuth,
        ];
        (params.not_before, params.not_after) = (date_time_ymd(2024, 1, 1), date_time_ymd(2124, 1, 1));
        if let Some(begin) = begin {
            params.not_before = begin.into();
        }
        if let Some(end) = end {
            params.not_after = end.into();
        }
        match flaw {
            Flaw::Expired => params.not_after = date_time_ymd(2025, 1, 1),
            Flaw::NotYetValid => params.not_before = date_time_ymd(2123, 1, 1),
            Flaw::Revoked => params.serial_number = Some(SerialNumber::from(REVOKED)),
            Flaw::ForAnotherPurpose => {
                params.extended_key_usages = vec![ExtendedKeyUsagePurpose::CodeSigning];
            }
            Flaw::None
            | Flaw::OfAnotherAuthority
            | Flaw::OfAnotherName
            | Flaw::SelfSigned
            | Flaw::DamagedSignature => {}
        }
        let key = KeyPair::generate().unwrap();
        let certificate = match flaw {
            Flaw::OfAnotherAuthority => params.signed_by(&key, &self.another),
            Flaw::SelfSigned => params.self_signed(&key),
            Flaw::None
            | Flaw::Expired
            | Flaw::NotYetValid
            | Flaw::OfAnotherName
            | Flaw::Revoked
            | Flaw::ForAnotherPurpose
            | Flaw::DamagedSignature => params.signed_by(&key, &self.authority),
        };
        let mut der = certificate.unwrap().der().to_vec();
        if flaw == Flaw::DamagedSignature {
            *der.last_mut().unwrap() ^= 1;
        }
        self.write(&format!("{name}.pem"), &pem(&der));
        self.write_key(&format!("{name}.key"), &key.serialize_pem());
    }

    /// Writes a file that everybody may read.
    pub(crate) fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Writes a file that only its owner may read.
    pub(crate) fn write_key(&self, name: &str, text: &str) {
        self.write(name, text);
        fs::set_permissions(self.path(name), Permissions::from_mode(0o600)).unwrap();
    }
}

fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

fn revocations(authority: &CertifiedIssuer<'static, KeyPair>, serial_number: SerialNumber) -> String {
    let revoked = RevokedCertParams {
        serial_number,
        revocation_time: date_time_ymd(2024, 1, 1),
        reason_code: None,
        invalidity_date: None,
    };
    let list = CertificateRevocationListParams {
        this_update: date_time_ymd(2024, 1, 1),
        next_update: date_time_ymd(2124, 1, 1),
        crl_number: SerialNumber::from(1),
        issuing_distribution_point: None,
        revoked_certs: vec![revoked],
        key_identifier_method: KeyIdMethod::Sha256,
    };
    list.signed_by(authority).unwrap().pem().unwrap()
}

fn pem(der: &[u8]) -> String {
    use base64::Engine;
    let text = base64::engine::general_purpose::STANDARD.encode(der);
    let lines: Vec<&str> = text
        .as_bytes()
        .chunks(64)
        .map(|line| std::str::from_utf8(line).unwrap())
        .collect();
    format!(
        "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
        lines.join("\n")
    )
}
