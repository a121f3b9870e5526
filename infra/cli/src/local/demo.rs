//! What a fresh local system starts with: a user whose password everybody knows and an OAuth client of the user's, a
//! configuration for internal wrap-ups, and a conversation for the AI filler to read. Never anywhere but on loopback, the
//! conversation aside.

use wrapup::System;
use wrapup::codes::CodeRequest;
use wrapup::configurations::Definition;
use wrapup::document::Document;
use wrapup::dynamodb::{SYSTEM, Stamp};
use wrapup::interactions::{Interaction, Interactions};
use wrapup::users::oauth::NewClient;
use wrapup::users::{Attempt, Generated, NewSecret, NewUser, Password, Role, SignIn, UserName};

/// The user of the reference's examples.
pub const USER: &str = "username";
/// The password of the reference's examples.
pub const PASSWORD: &str = "password";
/// The id of its OAuth client.
pub const CLIENT: &str = "de30c11e47000000000000000000c0de";
/// The client's secret, of the form of those that are made.
pub const CLIENT_SECRET: &str = "wu_TheDemoClientsSecretThatEverybodyMayKnow000eGgSbG";

/// Codes in two languages, none of them one that the reference's examples create.
const CODES: &str = r#"{"codes": [
    {"code": "Order Status", "description": "Where an order is, and when it comes", "translations": [
        {"language": "de", "code": "Bestellstatus", "description": "Wo eine Bestellung ist und wann sie kommt"},
        {"language": "fr", "code": "Suivi de commande", "description": "Où se trouve une commande et quand elle arrive"}]},
    {"code": "Password Reset", "description": "Access to an account was lost and restored", "translations": [
        {"language": "de", "code": "Passwort zurückgesetzt", "description": "Der Zugang zu einem Konto war verloren und wurde wiederhergestellt"},
        {"language": "fr", "code": "Mot de passe réinitialisé", "description": "Un accès au compte perdu puis rétabli"}]},
    {"code": "Callback Promised", "description": "Somebody has to call back", "translations": [
        {"language": "de", "code": "Rückruf versprochen", "description": "Jemand muss zurückrufen"},
        {"language": "fr", "code": "Rappel promis", "description": "Quelqu'un doit rappeler"}]}
]}"#;

const CONFIGURATION: &str = r#"{
    "name": "Demo", "active": true, "enable_codes": true,
    "allowed_codes": ["Order Status", "Password Reset", "Callback Promised"], "default_code": "Callback Promised",
    "duration": 120, "show_timer": true
}"#;

const INTERACTION: &str = r#"{
    "sys_id": "demo-call", "short_description": "Where is the desk lamp?", "language": "en",
    "transcript": "Agent: Good afternoon, Nadia speaking, how can I help?\nCustomer: Hi, um, it's about the lamp I bought, the brass one for my desk. It was supposed to be here on Monday.\nAgent: I'm sorry to hear that. Can you give me the order number?\nCustomer: Sure, it's 40127. The tracking page has said 'on its way' for five days now, nothing moves.\nAgent: Let me look. The parcel left our warehouse on Friday and has been at the courier's depot since Saturday. It seems to be stuck there.\nCustomer: Right. I'm away from the weekend on, so it has to come before.\nAgent: I have asked the courier to deliver it by Thursday, and you get a message with the hour. If it has not come by then, we send another one at no cost.\nCustomer: Okay, that works for me. Thanks.\nAgent: You're welcome, enjoy your holiday!"
}"#;

/// The demo data of this system.
pub struct Demo {
    /// sys_id of the configuration.
    pub configuration: String,
    /// Whether the demo client gets tokens.
    pub client: bool,
    code: String,
}

/// Makes the demo data where there is no user yet, and answers it where the demo user can sign in.
pub async fn ensure(system: &System) -> Result<Option<Demo>, wrapup::Error> {
    let (codes, definition, interaction) = demo_data()?;
    let users = system.users().list().await?;
    if users.records.is_empty() && users.unreadable.is_empty() {
        let stamp = Stamp::now(SYSTEM, system.clock());
        for outcome in system.codes().admit(codes.len())?.upsert(&codes, false, SYSTEM).await {
            outcome?;
        }
        system.configurations().put(&definition, &stamp).await?;
        Interactions::new(system.dynamo().clone()).put(&interaction, &stamp).await?;
        // The user comes last: a start that is cut short before is made up for by the next one.
        if let Ok(user_name) = UserName::new(USER) {
            let user = NewUser {
                user_name,
                roles: Role::ALL.map(|role| role.name().to_owned()).into(),
                language: None,
                secret: NewSecret::known_to_everybody(Password::new(PASSWORD)),
                expires_on: None,
            };
            system.users().add(user, &stamp).await?;
        }
    }
    // Whoever disables the demo user or gives it another password is not offered the old one.
    let attempt = Attempt { user_name: USER.to_owned(), password: Password::new(PASSWORD), source: None };
    let active = matches!(system.users().sign_in(&attempt).await?, SignIn::Welcome(..));
    let client = active && ensure_client(system).await?;
    let code = codes.first().map(|code| code.label.sys_id()).unwrap_or_default();
    Ok(active.then_some(Demo { configuration: definition.sys_id, client, code }))
}

/// Adds the demo client where there is no client yet, and answers whether there is one that gets tokens.
async fn ensure_client(system: &System) -> Result<bool, wrapup::Error> {
    let listed = system.clients().list().await?;
    if listed.clients.is_empty() && listed.unreadable.is_empty() {
        let Some(secret) = Generated::known_to_everybody(CLIENT_SECRET) else { return Ok(false) };
        let client = NewClient { id: CLIENT.to_owned(), user_name: USER, secret: &secret };
        system.clients().add(system.users(), client, &Stamp::now(SYSTEM, system.clock())).await?;
        return Ok(true);
    }
    Ok(listed.clients.iter().any(|client| client.id == CLIENT && client.active))
}

/// The conversation, for a deployment that is not on this machine, too: nothing of it is secret.
pub fn interaction() -> Result<Interaction, wrapup::Error> {
    Ok(read(INTERACTION).read(Interaction::read)?)
}

fn read(text: &str) -> Document {
    Document::from_json(text.as_bytes()).unwrap_or_else(|_| Document::empty())
}

fn demo_data() -> Result<(Vec<CodeRequest>, Definition, Interaction), wrapup::Error> {
    let codes = read(CODES).read(|fields| {
        let entries = fields.objects("codes")?;
        entries.iter().map(CodeRequest::read).collect::<Option<Vec<_>>>()
    })?;
    Ok((codes, read(CONFIGURATION).read(Definition::read)?, interaction()?))
}

impl Demo {
    /// A call that works as it is printed.
    pub fn curl(&self, base: &str) -> String {
        format!("curl --user {USER}:{PASSWORD} {base}/api/now/v1/wrapup/code/{}\n", self.code)
    }
}
