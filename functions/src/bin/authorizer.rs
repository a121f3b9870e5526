//! The API's Lambda authorizer (type REQUEST): proves the caller by HTTP Basic or an access token, so that API Gateway
//! can cache the verdict under the `Authorization` header.

use aws_lambda_events::apigw::{ApiGatewayCustomAuthorizerPolicy, ApiGatewayCustomAuthorizerResponse};
use aws_lambda_events::iam::{IamPolicyEffect, IamPolicyStatement};
use lambda_runtime::{Diagnostic, LambdaEvent, service_fn};
use serde_json::Value;
use wrapup::api::{AuthorizerRequest, Callers, Denied, authenticate};
use wrapup::clock::Clock;
use wrapup::system::StartError;
use wrapup::watch::{self, CallIds, Reporter};
use wrapup::{System, logging};

/// The text that makes API Gateway answer 401.
const UNAUTHORIZED: &str = "Unauthorized";

/// The Lambda function.
#[tokio::main(flavor = "current_thread")]
pub async fn main() -> Result<(), StartError> {
    logging::init();
    let authorizer = Authorizer::new(&System::from_env()?).with_reporter(Reporter::stdout(Clock::system()));
    Ok(lambda_runtime::run(service_fn(|event| authorizer.invoke(event))).await?)
}

/// The authorizer. Reads the user table, and for a token the client table too.
pub struct Authorizer {
    callers: Callers,
    reporter: Option<Reporter>,
}

impl Authorizer {
    /// The authorizer of a deployment.
    pub fn new(system: &System) -> Self {
        Self { callers: system.into(), reporter: None }
    }

    /// Reports every call.
    #[must_use]
    pub fn with_reporter(self, reporter: Reporter) -> Self {
        Self { reporter: Some(reporter), ..self }
    }

    /// Answers what Lambda hands to the function. What asks for no verdict, such as a ping that keeps an instance warm, is
    /// answered with null, and neither counted nor an error; API Gateway would let nobody in by it.
    ///
    /// # Errors
    /// Those of [`Self::handle`].
    pub async fn invoke(
        &self,
        event: LambdaEvent<Value>,
    ) -> Result<Option<ApiGatewayCustomAuthorizerResponse>, Diagnostic> {
        if event.payload.get("methodArn").is_none() {
            return Ok(None);
        }
        // Boxed, since the compiler computes the size of futures only so deep.
        Box::pin(self.handle(event)).await.map(Some)
    }

    /// Answers a policy for a caller who has proven itself: allow with one of the roles that the API knows, deny (403)
    /// without any. Which of them an operation asks for is the function's to decide.
    ///
    /// # Errors
    /// `Unauthorized`, the text that makes API Gateway answer 401, for everyone else, whatever is in the event. Anything
    /// else becomes its 500.
    pub async fn handle(&self, event: LambdaEvent<Value>) -> Result<ApiGatewayCustomAuthorizerResponse, Diagnostic> {
        let call = self.reporter.as_ref().map(|reporter| {
            reporter.begin(CallIds {
                request_id: event.context.request_id.clone(),
                api_request_id: AuthorizerRequest(&event.payload).api_request_id().map(str::to_owned),
                xray_trace_id: event.context.xray_trace_id.clone(),
                traceparent: None,
            })
        });
        let judged = Box::pin(self.judge(event));
        let Some(call) = call else { return judged.await };
        let (verdict, tally) = watch::counted(judged).await;
        let outcome = match &verdict {
            Ok(response) if response.context.is_object() => "allowed",
            Ok(_) => "denied",
            Err(failure) if failure.error_type == UNAUTHORIZED => "unauthenticated",
            Err(_) => "failed",
        };
        call.end("authorizer", outcome, &tally);
        verdict
    }

    async fn judge(&self, event: LambdaEvent<Value>) -> Result<ApiGatewayCustomAuthorizerResponse, Diagnostic> {
        let (request, request_id) = (AuthorizerRequest(&event.payload), &event.context.request_id);
        let verdict = authenticate(&self.callers, request.credentials(), request.source(), request_id).await;
        if let Ok(Ok(caller)) = &verdict
            && !caller.roles.is_empty()
        {
            watch::note(|tally| tally.user = Some(caller.user_name.clone()));
        }
        let (effect, principal, context) = match verdict {
            Ok(Ok(caller)) if caller.roles.is_empty() => (IamPolicyEffect::Deny, "denied".to_owned(), Value::Null),
            Ok(Ok(caller)) => (IamPolicyEffect::Allow, caller.user_name.clone(), Value::Object(caller.to_context())),
            Ok(Err(Denied::NotAuthenticated)) => return Err(failure(UNAUTHORIZED, UNAUTHORIZED)),
            // API Gateway has no other answer for that than its 500, and asks one instance one thing at a time, so that
            // nothing waits there.
            Ok(Err(Denied::TooManySignIns)) => return Err(failure("TooManySignIns", "Too many sign-ins wait")),
            Err(error) => {
                tracing::error!(request_id, error = %error, "the verdict failed");
                return Err(failure("AuthorizerError", "The verdict could not be reached; the log says why"));
            }
        };
        let mut statement = IamPolicyStatement::default();
        statement.action = vec!["execute-api:Invoke".to_owned()];
        statement.effect = effect;
        statement.resource = vec![every_method(request.method_arn())];
        let mut policy = ApiGatewayCustomAuthorizerPolicy::default();
        policy.version = Some("2012-10-17".to_owned());
        policy.statement = vec![statement];
        let mut response = ApiGatewayCustomAuthorizerResponse::default();
        response.principal_id = Some(principal);
        response.policy_document = policy;
        response.context = context;
        Ok(response)
    }
}

/// The stage's every method and path: the verdict is cached for the caller, not for the one request
/// that happened to come first.
fn every_method(method_arn: &str) -> String {
    match method_arn.splitn(3, '/').collect::<Vec<_>>().as_slice() {
        [api, stage, ..] => format!("{api}/{stage}/*/*"),
        _ => method_arn.to_owned(),
    }
}

fn failure(error_type: &str, error_message: &str) -> Diagnostic {
    Diagnostic { error_type: error_type.to_owned(), error_message: error_message.to_owned() }
}
