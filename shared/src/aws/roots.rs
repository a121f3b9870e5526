use aws_smithy_http_client::tls::TrustStore;

use super::Connection;

/// Amazon Trust Services' roots (<https://www.amazontrust.com/repository/>): Amazon Root CA 1 to 4, and
/// Starfield Services Root CA G2. AWS asks its clients to trust these five.
const AMAZON: &str = include_str!("amazon-roots.pem");

/// Which root certificates the server on the other end is believed by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Roots {
    /// Amazon's alone. The system's are about 140, and parsing them takes longer than all else that a
    /// function does before its first call.
    Amazon,
    /// The system's: whoever runs a proxy or an endpoint of his own has put its root there.
    System,
}

impl Roots {
    /// What a connection needs. Any other URL than Amazon's can have any certificate.
    pub fn of(connection: &Connection) -> Self {
        let amazons = match &connection.endpoint {
            None => has_amazons_roots(&connection.region),
            Some(url) => match url.strip_prefix("https://") {
                Some(rest) => rest.split(['/', ':']).next().is_some_and(|host| host.ends_with(".amazonaws.com")),
                // Without TLS there is nobody to believe.
                None => true,
            },
        };
        if amazons { Self::Amazon } else { Self::System }
    }

    pub(super) fn trust_store(self) -> TrustStore {
        match self {
            Self::Amazon => TrustStore::empty().with_pem_certificate(AMAZON),
            Self::System => TrustStore::default(),
        }
    }
}

/// Whether the services of a region show certificates by Amazon's public roots. Those of the partitions `aws`, whose
/// regions have three parts as in `eu-central-1`, and `aws-us-gov` do. The others have roots of their own: `aws-cn`
/// (`cn-north-1`), `aws-eusc` (`eusc-de-east-1`), `aws-iso` and its like (`us-iso-east-1`, `us-isob-east-1`,
/// `eu-isoe-west-1`, `us-isof-south-1`), and whatever is not known yet. By the SDK's `partitions.json`.
fn has_amazons_roots(region: &str) -> bool {
    match region.split('-').collect::<Vec<_>>()[..] {
        ["cn", ..] => false,
        [_, _, number] | ["us", "gov", _, number] => number.parse::<u8>().is_ok(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use aws_credential_types::Credentials;
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use sha2::{Digest, Sha256};

    use super::*;

    /// As Amazon publishes them, beside the certificates.
    const FINGERPRINTS: [&str; 5] = [
        "8ecde6884f3d87b1125ba31ac3fcb13d7016de7f57cc904fe1cb97c6ae98196e",
        "1ba5b2aa8c65401a82960118f80bec4f62304d83cec4713a19c39c011ea46db4",
        "18ce6cfe7bf14e60b2e347b8dfe868cb31d02ebb3ada271569f50343b46db3a4",
        "e35d28419ed02025cfa69038cd623962458da5c695fbdea3c22b0bfb25897092",
        "568d6905a2c88708a4b3025190edcfedb1974a606a13c6e5290fcb2ae63edab5",
    ];

    #[test]
    fn the_roots_are_amazons() {
        let certificates = AMAZON.split("-----BEGIN CERTIFICATE-----").skip(1).map(|rest| {
            let base64: String = rest.split("-----END").take(1).flat_map(str::split_whitespace).collect();
            let der = STANDARD.decode(base64).unwrap_or_default();
            crate::sys_id::hex(&Sha256::digest(der))
        });
        assert_eq!(certificates.collect::<Vec<_>>(), FINGERPRINTS);
    }

    #[test]
    fn partitions_with_other_roots_than_amazons_are_believed_by_the_systems() {
        for (region, roots) in [
            ("eu-central-1", Roots::Amazon),
            ("us-east-1", Roots::Amazon),
            ("ap-southeast-5", Roots::Amazon),
            ("il-central-1", Roots::Amazon),
            ("mx-central-1", Roots::Amazon),
            ("us-gov-west-1", Roots::Amazon),
            ("cn-northwest-1", Roots::System),
            ("eusc-de-east-1", Roots::System),
            ("us-iso-east-1", Roots::System),
            ("us-isob-east-1", Roots::System),
            ("eu-isoe-west-1", Roots::System),
            ("us-isof-south-1", Roots::System),
            ("somewhere", Roots::System),
            ("", Roots::System),
        ] {
            let credentials = Credentials::new("key", "secret", None, None, "test");
            let connection = Connection { region: region.to_owned(), endpoint: None, credentials };
            assert_eq!(Roots::of(&connection), roots, "{region}");
        }
    }

    #[test]
    fn other_servers_than_amazons_are_believed_by_the_systems_roots() {
        for (region, endpoint, roots) in [
            ("eu-central-1", None, Roots::Amazon),
            ("cn-north-1", None, Roots::System),
            ("eu-central-1", Some("http://127.0.0.1:8000"), Roots::Amazon),
            ("eu-central-1", Some("https://vpce-1.dynamodb.eu-central-1.vpce.amazonaws.com/"), Roots::Amazon),
            ("eu-central-1", Some("https://dynamodb.eu-central-1.amazonaws.com:443"), Roots::Amazon),
            ("cn-north-1", Some("https://dynamodb.cn-north-1.amazonaws.com.cn"), Roots::System),
            ("eusc-de-east-1", Some("https://dynamodb.eusc-de-east-1.amazonaws.eu"), Roots::System),
            ("us-iso-east-1", Some("https://dynamodb.us-iso-east-1.c2s.ic.gov"), Roots::System),
            ("eu-central-1", Some("https://amazonaws.com.example.org/.amazonaws.com"), Roots::System),
            ("eu-central-1", Some("https://proxy.example.org"), Roots::System),
        ] {
            let connection = Connection {
                region: region.to_owned(),
                endpoint: endpoint.map(str::to_owned),
                credentials: Credentials::new("key", "secret", None, None, "test"),
            };
            assert_eq!(Roots::of(&connection), roots, "{region} {endpoint:?}");
        }
    }
}
