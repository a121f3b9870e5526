//! Words that tell what is a password or an answer to a security question, and what is talk about one; folded.

use std::collections::HashSet;
use std::sync::OnceLock;

/// Words, written one behind another.
pub(super) struct Words {
    written: &'static str,
    each: OnceLock<HashSet<&'static str>>,
}

impl Words {
    const fn of(written: &'static str) -> Self {
        Self { written, each: OnceLock::new() }
    }

    /// Whether a word is one of them.
    pub(super) fn contains(&self, word: &str) -> bool {
        self.each.get_or_init(|| self.written.split_whitespace().collect()).contains(word)
    }
}

/// Words that lead from what something is to its value.
pub(super) static VERBS: Words = Words::of("is was s be ist war lautet lautete heisst hiess es era est etait equals");

/// Words that may stand between.
pub(super) static BETWEEN: Words = Words::of(
    "enfin je i que c ich yo think thought believe creo croyais crois glaube dass creia pensaba j always first for on my the account it that there here this of at to used should would will fur mein meine meinen konto \
     das dort dazu de la mi cuenta c du compte mon sur ce portal app login wifi wlan old temporary new current",
);

/// Words by which somebody asks.
pub(super) static ASKING: Words = Words::of(
    "what whats which who where tell give confirm have take need get provide verify spell say please enter know \
     remember wie welche welcher welches welchen wo nennen sagen sagt brauche brauchte braeuchte bitte geben \
     verraten hiess heisst cual cuales como dime digame diga dice dices decirme facilita facilite necesito pido \
     donde confirme confirma quel quelle quels comment dites donnez donner besoin faut plait confirmer ou can \
     could would kann konnen koennen puede podria pouvez quelles mir lesen read avez peux tiene tienen hay hat \
     haben haette hatten gives lee leer leame muestra affiche zeigt pick choose elija elige escoja escoge invente \
     inventese choisissez choisis inventez suchen aussuchen wahlen wahle denken make",
);

/// Words of talk about a password that tells none.
pub(super) static ABOUT: Words = Words::of(
    "reset resetting change changed changing forgot forgotten forget link tried try update updated work works \
     working set sticker send sent characters character never share expired requirements manager questions \
     protected vergessen andern aendern geandert geaendert zurucksetzen zuruckgesetzt zurueckgesetzt neues \
     schicken geschickt zeichen nie niemals cambiar cambia cambie cambio cambiado olvidado olvide restablecer \
     restablecido enlace nunca oublie changer reinitialiser reinitialise lien jamais caracteres reuse requested \
     requires",
);

/// Words in front of an answer that are none of it.
pub(super) static LEADING: Words = Words::of(
    "it its is s that thats was would be should think believe guess gosh the my her his their mother mothers mum \
     mom maiden name named pet called first school teacher probably maybe sure absolutely course um das war der \
     die ist lautet es er sie hiess heisst mein meine ihr mutter glaube ich also gern naja era se llamaba llama \
     mi el la su creo que pues claro c est etait il elle appelait appelle mon ma le je crois ouh bonjour hello hi \
     password passwort kennwort contrasena mot de passe answer antwort respuesta reponse ooh oof hmm well i'd \
     they me use used put say want to going ones either just only would've might eh ah ach mensch gott oje \
     naturlich sicher wohl glaub hatte habe angegeben genannt dem unser unsere aufs auf in aus en fue llamabamos \
     debe ser debio ponia decia tenia nous j ai mis un une bah alors tiens oui voila hm phrase frase palabra wort \
     word pin code codigo muss musste mussste sein must have at on by peut etre always immer siempre toujours",
);

/// Words in front of an answer that is a thing: `an old Beetle`.
pub(super) static ARTICLES: Words =
    Words::of("the der die das el la los las le les am a an old little un une una ein eine einen alter alten");

/// Words that no value begins with.
pub(super) static NO_VALUE: Words = Words::of(
    "good great long along okay real really choosing done no not nope i we you they don dont can cant what why how which where when who sorry forgot never none again \
     let a an in at on for to wrong incorrect right correct fine expired invalid being case too still always \
     required same working locked gone sent set reset needed one broken missing somewhere very only just also \
     already now nothing something anything there here this and but or if because did do does has have more kein \
     keine keinen nicht nein weiss vergessen falsch richtig zu abgelaufen gesperrt noch immer wieder was wieso \
     warum welches auch schon nur wichtig yo ni ninguna incorrecta correcta demasiado mala igual siempre ya cual \
     por cuando muy ne pas non expire trop bon mauvais toujours quel quoi pourquoi bloque periode nous vous tried \
     twice nada nichts rien accepted rejected denied okay okey abgelehnt akzeptiert ungultig rechazada refuse \
     refusee olvidada oublie perdu correctly stored saved ca cela eso",
);

/// Words that end a value.
pub(super) static ENDING: Words = Words::of(
    "and but can could please if so because with or that which is i you und aber bitte oder falls wenn ist ich y \
     pero que o et mais pour ou si ca je it does stimmt why did thanks thank danke gracias merci",
);

/// Words by which signs and cases are spelled.
pub(super) static SPELLED: Words = Words::of(
    "capital upper uppercase lower lowercase case small big all one word exclamation mark hash hashtag pound dash \
     underscore dot star asterisk at sign dollar question hyphen space then gross grosses grossem klein kleines \
     ausrufezeichen fragezeichen raute sternchen unterstrich bindestrich punkt mayuscula minuscula guion bajo \
     asterisco almohadilla arroba exclamacion majuscule minuscule tiret point diese etoile bas",
);

/// Words with which a question begins that is about something and asks for nothing.
pub(super) static WHETHER: Words = Words::of(
    "is are did do does was has have had will should ist sind haben hast hat war funktioniert es ha tiene est \
     avez a as",
);

/// Words by which somebody says that something is not asked for.
pub(super) static REFUSING: Words = Words::of("never nunca jamais nie niemals keinesfalls");

/// Words for asking, beside which those count.
pub(super) static REFUSED: Words = Words::of(
    "ask asks asking asked need needs request requests want share tell give enter type write send disclose pedimos pedir \
     pediremos piden pide pida diga comparta facilite fragen fragt frage nach weitergeben geben nennen demande demandons \
     demander demandent demanderons donnez communiquez dites",
);

/// Words by which who asked asks once more, or says that it was not that.
pub(super) static AGAIN: Words = Words::of(
    "again spell spelled spelling not no non nope wrong incorrect match matches matching other another try trying \
     else repeat sorry didn didnt doesn doesnt isn isnt wasn pardon catch different one more say nicht nein \
     falsch nochmal nochmals noch wiederholen buchstabieren anderes andere anderer oder stimmt leider coincide \
     deletrear deletrea deletreeme repetir repita otra otro incorrecta incorrecto pas epeler epelez repeter \
     repetez autre incorrecte exactly correct genau exactement exacto also help hint hilfe ayuda mhm uh yes ja si \
     oui",
);

/// Words behind which somebody says what comes to mind.
pub(super) static RECALLING: Words = Words::of(
    "think believe guess maybe perhaps probably possibly might was called named put say be try creo era llamaba \
     llamaban quizas quiza puse seria glaube glaub vielleicht war hiess wohl genommen nehme croyais crois peut \
     etait appelait mis thought used it's nehm nehmen pongo pon ponga ponemos mettez prenons",
);

/// Words with which, behind a comma, a clause begins that is no part of an answer.
pub(super) static CUTTING: Words = Words::of(
    "and but thanks thank please because with und aber danke bitte pero gracias mais merci if i so by can could \
     would wenn falls ich weil y si je pour",
);

/// Words by which somebody tells what they type.
pub(super) static TYPING: Words = Words::of(
    "typing type typed types enter entering entered put putting puts use using used try trying tried make made \
     set changed change says reads wrote written called gebe eingegeben tippe getippt nehme genommen steht \
     benutze verwende pongo puse ponia poner escribo escribi meto metido pone tecleo dice usar usa usaba clave \
     tape tapez ecris ecrit mets mis marque entre dit utilise pass pwd pw",
);

/// Words that follow those and are not what is typed.
pub(super) static NOT_TYPED: Words = Words::of(
    "in it its into as my the that this these those a an on off up at to me you your everything anything \
     something and or is was with correctly right wrong again for out back about of them all be sure new another \
     different mi la el lo una un mis su en que le los las y mal bien ein eine einen mein meine das die der den \
     es sie ich immer und richtig falsch mon ma mes les une votre ce ca quoi nothing nada nichts rien by password \
     passwort contrasena details credentials email code pin one two use used try log when if what i we they all since hard every both several morning day week night evening afternoon weekend times time hours",
);

/// Words by which signs within a password are said.
pub(super) static SIGNS: Words = Words::of(
    "hyphen dash underscore hashtag asterisk bindestrich unterstrich raute sternchen guion almohadilla asterisco \
     tiret diese etoile exclamation ausrufezeichen capital uppercase majuscule mayuscula",
);

/// Words around which passwords are talked about.
pub(super) static LOGIN: Words = Words::of(
    "login logon username user userid usuario benutzer benutzername identifiant wifi wlan password passwort \
     contrasena kennwort hint gateway",
);

/// Words of talk in which a number alone is a code.
pub(super) static CODE_TALK: Words = Words::of(
    "code codes codigo clave text texted sms phone mobile app screen email mail sent send sending card pin verify verification \
     security login log sign confirm handy geschickt schicke sende karte sicherheit bestatigen anmelden einloggen bildschirm \
     movil mensaje mandado enviado enviar tarjeta seguridad pantalla verificar confirmar entrar texto message envoye envoie carte \
     securite ecran confirmer verifier portable connecter",
);

/// Words of talk about security questions in which none is asked.
pub(super) static NO_QUESTION: Words = Words::of(
    "reset forgot forgotten changed change set link vergessen cambiar cambiado changer oublie olvidado protected",
);
