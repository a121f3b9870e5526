use aws_smithy_runtime_api::client::endpoint::error::ResolveEndpointError;
use aws_smithy_runtime_api::client::endpoint::{EndpointFuture, EndpointResolverParams, ResolveEndpoint};
use aws_smithy_types::endpoint;
use aws_types::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use super::ServiceName;

/// Where a service is; nowhere without a region.
#[derive(Debug)]
pub struct ServiceUrl(Option<String>);

impl ServiceUrl {
    /// What a configuration says of the service, or else the region's own endpoint.
    pub fn of(name: &ServiceName, config: &SdkConfig) -> Self {
        let chosen = configured(name, config);
        let regions_own = || {
            let region = config.region()?;
            let (fips, dual_stack) =
                (config.use_fips().unwrap_or_default(), config.use_dual_stack().unwrap_or_default());
            Some(url(name.host, region.as_ref(), fips, dual_stack))
        };
        Self(chosen.or_else(regions_own))
    }
}

impl ResolveEndpoint for ServiceUrl {
    fn resolve_endpoint<'a>(&'a self, _: &'a EndpointResolverParams) -> EndpointFuture<'a> {
        EndpointFuture::ready(match &self.0 {
            Some(url) => Ok(endpoint::Endpoint::builder().url(url.clone()).build()),
            None => Err(ResolveEndpointError::message("no AWS region is configured").into()),
        })
    }
}

/// The endpoint that somebody has chosen: in code, or for this service or all of them in the environment or a profile.
fn configured(name: &ServiceName, config: &SdkConfig) -> Option<String> {
    let for_all = || config.endpoint_url().map(str::to_owned);
    if config.get_origin("endpoint_url").is_client_config() {
        return for_all();
    }
    load(name.id, "AWS_ENDPOINT_URL", "endpoint_url", config).or_else(for_all)
}

/// A setting of one service: of the variable that is `variable` with the service's name behind it, or of a profile.
pub fn load(service: &str, variable: &str, profile: &str, config: &SdkConfig) -> Option<String> {
    let key = ServiceConfigKey::builder().service_id(service).env(variable).profile(profile).build().ok()?;
    config.service_config()?.load_config(key)
}

/// A service's endpoint in a region. The suffixes are those of the SDK's `partitions.json`.
fn url(host: &str, region: &str, fips: bool, dual_stack: bool) -> String {
    let (suffix, dual_stack_suffix) = match region.split('-').collect::<Vec<_>>()[..] {
        ["cn", ..] => ("amazonaws.com.cn", "api.amazonwebservices.com.cn"),
        ["eusc", ..] => ("amazonaws.eu", "api.amazonwebservices.eu"),
        ["us", "iso", ..] => ("c2s.ic.gov", "api.aws.ic.gov"),
        ["us", "isob", ..] => ("sc2s.sgov.gov", "api.aws.scloud"),
        ["eu", "isoe", ..] => ("cloud.adc-e.uk", "api.cloud-aws.adc-e.uk"),
        ["us", "isof", ..] => ("csp.hci.ic.gov", "api.aws.hci.ic.gov"),
        _ => ("amazonaws.com", "api.aws"),
    };
    let fips = if fips { "-fips" } else { "" };
    let suffix = if dual_stack { dual_stack_suffix } else { suffix };
    format!("https://{host}{fips}.{region}.{suffix}")
}

#[cfg(test)]
mod tests {
    use aws_types::origin::Origin;
    use aws_types::region::Region;
    use aws_types::service_config::LoadServiceConfig;

    use super::*;

    const SECRETS_MANAGER: ServiceName =
        ServiceName { id: "Secrets Manager", host: "secretsmanager", signed_for: "secretsmanager", token: None };

    #[test]
    fn a_service_is_where_its_region_has_it() {
        for (region, fips, dual_stack, expected) in [
            ("eu-central-1", false, false, "https://lambda.eu-central-1.amazonaws.com"),
            ("us-gov-west-1", false, false, "https://lambda.us-gov-west-1.amazonaws.com"),
            ("us-east-1", true, false, "https://lambda-fips.us-east-1.amazonaws.com"),
            ("us-east-1", false, true, "https://lambda.us-east-1.api.aws"),
            ("us-gov-east-1", true, true, "https://lambda-fips.us-gov-east-1.api.aws"),
            ("cn-northwest-1", false, false, "https://lambda.cn-northwest-1.amazonaws.com.cn"),
            ("cn-north-1", false, true, "https://lambda.cn-north-1.api.amazonwebservices.com.cn"),
            ("us-iso-west-1", false, false, "https://lambda.us-iso-west-1.c2s.ic.gov"),
            ("us-isob-east-1", false, false, "https://lambda.us-isob-east-1.sc2s.sgov.gov"),
            ("eu-isoe-west-1", false, false, "https://lambda.eu-isoe-west-1.cloud.adc-e.uk"),
            ("us-isof-south-1", false, false, "https://lambda.us-isof-south-1.csp.hci.ic.gov"),
            ("eusc-de-east-1", false, false, "https://lambda.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(url("lambda", region, fips, dual_stack), expected);
        }
    }

    /// An environment in which `AWS_ENDPOINT_URL_SECRETS_MANAGER` is set.
    #[derive(Debug)]
    struct Environment;

    impl LoadServiceConfig for Environment {
        fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
            let asked = (key.service_id(), key.env(), key.profile());
            let known = asked == ("Secrets Manager", "AWS_ENDPOINT_URL", "endpoint_url");
            known.then(|| "https://vpce.example".to_owned())
        }
    }

    #[test]
    fn an_endpoint_that_is_chosen_goes_before_the_regions_own() {
        let of = |config: &SdkConfig| ServiceUrl::of(&SECRETS_MANAGER, config).0;
        assert_eq!(of(&SdkConfig::builder().build()), None);
        let own = SdkConfig::builder().region(Region::new("eu-west-1")).build();
        assert_eq!(of(&own).as_deref(), Some("https://secretsmanager.eu-west-1.amazonaws.com"));
        let for_all = own.to_builder().endpoint_url("https://all.example").build();
        assert_eq!(of(&for_all).as_deref(), Some("https://all.example"));
        let for_one = for_all.to_builder().service_config(Environment).build();
        assert_eq!(of(&for_one).as_deref(), Some("https://vpce.example"));
        let mut in_code = for_one.to_builder();
        in_code.insert_origin("endpoint_url", Origin::shared_config());
        assert_eq!(of(&in_code.build()).as_deref(), Some("https://all.example"));
    }
}
