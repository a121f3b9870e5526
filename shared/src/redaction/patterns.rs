//! What people ask for in words of their own: words of several groups close together, in whatever order, are a question
//! for a secret, such as `little` ... `number` ... `behind`.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::cues::{Cue, Mark};
use super::text::Text;

/// How many tokens a pattern spans at most.
const SPAN: usize = 9;

/// Groups of words, folded, with `+` between them: a word of each belongs to the question. A word may end with `*`, for
/// any letters.
const PATTERNS: &[(Cue, &str)] = &[
    // What stands on a card.
    (
        Cue::SecurityCode,
        "digit digits number numbers code figure figures three thing numerals + back behind reverse strip flip italics signature",
    ),
    (Cue::SecurityCode, "four 4 small little + front + digit digits number numbers code amex express"),
    (Cue::SecurityCode, "four 4 + front + amex express"),
    (Cue::SecurityCode, "small little tiny + number numbers digits code"),
    (
        Cue::SecurityCode,
        "ccv cvv* cvc* cid csc ccvv prufziff* pruefziff* kartenpruf* kryptogramm* cryptogramm* criptograma",
    ),
    (Cue::SecurityCode, "six 6 sechs seis + digit digits ziffern cifras digitos chiffres stellige sechsstellige thing"),
    (Cue::SecurityCode, "six + chiffres"),
    (
        Cue::SecurityCode,
        "six 6 sechs seis + numbers numeros zahlen + send sending sent text schicke sende mando enviado",
    ),
    (Cue::SecurityCode, "what was que + comes pops kommt sale + up hoch"),
    (Cue::SecurityCode, "sent + me + two three another"),
    (Cue::SecurityCode, "thing message text notification + phone screen mobile + says shows showing reads"),
    (Cue::SecurityCode, "came come comes + through + as it"),
    (Cue::SecurityCode, "inbox posteingang bandeja"),
    (Cue::SecurityCode, "neben hinter uber + unterschrift*"),
    (Cue::SecurityCode, "cote dos + signature"),
    (Cue::SecurityCode, "lado junto + firma"),
    (Cue::SecurityCode, "voice automated robot + call message"),
    (Cue::SecurityCode, "renvoie renvoyer resend reenvio + code codigo"),
    (
        Cue::SecurityCode,
        "freischaltcode* aktivierungscode* bestatigungscode* einmalcode* verifizierungscode* zugangscode* zahlencode* smscode* anmeldecode*",
    ),
    (Cue::SecurityCode, "sechsstellig* dreistellig*"),
    (Cue::SecurityCode, "sec security sicherheits* seguridad securite + code number numbers codigo"),
    (Cue::SecurityCode, "last final + three 3 + digit digits number numbers card strip"),
    (Cue::SecurityCode, "three 3 + digit digits"),
    (Cue::SecurityCode, "drei + ziffern zahlen stellen"),
    (Cue::SecurityCode, "tres + cifras numeros numeritos digitos"),
    (Cue::SecurityCode, "trois + chiffres numeros"),
    (
        Cue::SecurityCode,
        "drei ziffern zahl nummer zahlen stellen dreistellig* zahlchen ziffer + hinten ruckseite rueckseite unterschrift* umdrehen drehen hinter",
    ),
    (Cue::SecurityCode, "vierstellig* vier + vorne vorn vorderseite + zahl ziffern nummer stellen amex"),
    (Cue::SecurityCode, "kleine kleinen kleiner + zahl nummer ziffern zahlen"),
    (
        Cue::SecurityCode,
        "cifras numero numeros numerito numeritos digitos codigo tres + atras detras reverso dorso banda vuelta trasera",
    ),
    (Cue::SecurityCode, "cuatro + delante frontal frente anverso + cifras numeros numeritos digitos amex"),
    (
        Cue::SecurityCode,
        "chiffres chiffre numero numeros code trois pictogramme + dos derriere verso retourne* arriere revers",
    ),
    (Cue::SecurityCode, "quatre + devant recto face + chiffres numero amex"),
    (Cue::SecurityCode, "petit petits + numero chiffres code"),
    (Cue::SecurityCode, "flip turn turned flipped + card + over around round"),
    (Cue::SecurityCode, "drehen dreh drehe umdrehen wenden + karte + um mal bitte ruckseite"),
    (Cue::SecurityCode, "vuelta gire girar + tarjeta"),
    (Cue::SecurityCode, "retourne* + carte"),
    (Cue::SecurityCode, "turn flip turned flipped + card it + whats what there read says see tell"),
    (
        Cue::SecurityCode,
        "signature unterschrift* firma + panel strip feld field panel banda + read last digits block number numbers what",
    ),
    (Cue::SecurityCode, "cvc cvv code digits number + three back + reading read tell"),
    // Codes for one use.
    (
        Cue::SecurityCode,
        "code codes passcode passcodes + text texted texting texts sms message phone mobile cell email emailed mail app \
         sent send sending sends received receive receiving screen authenticator device one-off come came coming arrived \
         arrive through popped pops six temporary type enter generated token showing shows verify verification ping pinged \
         whatsapp key authorise authorize authorisation authorization login log sign",
    ),
    (Cue::SecurityCode, "number numbers digits figures + texted sms texting message"),
    (Cue::SecurityCode, "six 6 + figure figures"),
    (Cue::SecurityCode, "read tell what whats say says said give + screen fob authenticator token text message"),
    (Cue::SecurityCode, "lesen lies steht sagen nennen + display bildschirm app sms nachricht generator"),
    (Cue::SecurityCode, "lea leer dice pone digame + pantalla mensaje sms aplicacion"),
    (Cue::SecurityCode, "lisez lire dites affiche marque indique + ecran message texto sms application"),
    (
        Cue::SecurityCode,
        "one einmal un unico + time once passcode passwort use usage uso + code passcode password clave mot passwort",
    ),
    (Cue::SecurityCode, "freigabe* bestatig* transaktions* + code nummer tan ziffern"),
    (Cue::SecurityCode, "number numbers digits + text message + six 6 four get got sent just came read tell it"),
    (Cue::SecurityCode, "texted + you read"),
    (
        Cue::SecurityCode,
        "screen bildschirm pantalla ecran display generator* + anything what see read says show shows zeigt steht pone sale ve affiche marque number code was que",
    ),
    (Cue::SecurityCode, "affiche + qu est ce quoi"),
    (
        Cue::SecurityCode,
        "token fob keypad authenticator dongle + code number numbers digits says shows show read display displays",
    ),
    (
        Cue::SecurityCode,
        "code codes tan mtan pushtan zahlencode einmalcode freischaltcode* aktivierungscode* + handy sms geschickt schicke schicken schickt sende senden gesendet app \
         bekommen bekommt bekam erhalten erhalt gekriegt mail email angezeigt anzeigt zeigt telefon nachricht angekommen gekommen da eingeben eintippen \
         sechsstellig* einmalig*",
    ),
    (Cue::SecurityCode, "sms kurznachricht textnachricht + ziffern zahl zahlen nummer steht code sechs kombination"),
    (
        Cue::SecurityCode,
        "codigo codigos clave claves + sms mensaje movil celular llegar llega llegado llego mandado mandamos mandar \
         mando enviado enviamos enviar envio recibido recibir recibe app aplicacion correo pantalla whatsapp verificacion confirmacion",
    ),
    (Cue::SecurityCode, "sms mensaje + numero numeros cifras digitos pone"),
    (Cue::SecurityCode, "llegado llegar llega + movil sms mensaje + esto numero codigo pone"),
    (
        Cue::SecurityCode,
        "code codes + texto textos sms recevoir recevez recu recue recus envoye envoie envoyer envoyons arriver arrive telephone \
         portable message application appli mail affiche ecran validation unique provisoire",
    ),
    (Cue::SecurityCode, "sms texto message + numero chiffres marque ecrit"),
    (Cue::SecurityCode, "zahlen ziffern zahl nummer + nachricht mitteilung meldung push"),
    (Cue::SecurityCode, "numerito numeritos numero numeros codigo + mensaje llegado llegar entrado entrar sms aviso"),
    (
        Cue::SecurityCode,
        "llegado llega recibido entrado + algo mensaje aviso + movil telefono telefonito celular pantalla",
    ),
    (Cue::SecurityCode, "recu recevez arrive + quelque truc message notification + texto sms telephone portable"),
    (Cue::SecurityCode, "gekommen angekommen bekommen + etwas was nachricht + handy telefon"),
    (Cue::SecurityCode, "message text notification + from + us our them + had got received see"),
    (Cue::SecurityCode, "app + approve approved confirm authorise authorize + comes shows says"),
    (Cue::SecurityCode, "authenticator token + showing shows says"),
    (Cue::SecurityCode, "sms texto message + avec + chiffres code numero"),
    // PINs: codes that somebody chose.
    (
        Cue::Pin,
        "four 4 six 6 digit digits access secret + number code + picked pick chose chosen choose set memorable personal",
    ),
    (Cue::Pin, "four 4 + digit digits + number code"),
    (Cue::Pin, "access secret voicemail personal + number code"),
    (Cue::Pin, "unlock open punch punched tapped keyed + code"),
    (Cue::Pin, "vierstellig* sechsstellig* funfstellig* + zahl nummer code gewahlt ausgedacht servicenummer"),
    (Cue::Pin, "geheim* + zahl nummer code"),
    (Cue::Pin, "cuatro seis + cifras digitos numeros + clave codigo numero"),
    (Cue::Pin, "numero clave codigo + secreto secreta cajero personal"),
    (Cue::Pin, "code chiffres + quatre secret confidentiel personnel choisi choisir carte distributeur coffre tape"),
    (
        Cue::Pin,
        "number code numbers numero nummer zahl kennzahl digits + picked chose chosen eligio escogio gewahlt ausgesucht ausgedacht choisi",
    ),
    (Cue::Pin, "number code + did + pick choose"),
    (Cue::Pin, "kennzahl + welche ihre meine"),
    (Cue::Pin, "code + alarm unlock safe lock keypad"),
    (Cue::Pin, "entsperrcode* entsperr* sperrcode* geratecode* turcode*"),
    (Cue::Pin, "deverrouiller deverrouillage desbloquear desbloqueo desbloqueo unlock entsperren"),
    (Cue::Pin, "codigo clave + alarma"),
    (Cue::Pin, "code + alarme"),
    (Cue::Pin, "key + box safe lockbox"),
    (Cue::Pin, "schlusselsafe schlusseltresor schlusselbox lockbox cajetin"),
    (Cue::Pin, "code + to + unlock open get"),
    // Passwords.
    (
        Cue::Password,
        "word phrase passphrase + agreed set chose chosen picked gave memorable secret safe code keyword account file security telephone phone banking",
    ),
    (Cue::Password, "wifi wi-fi fi wireless network router portal + key passphrase login"),
    (Cue::Password, "*kennwort*"),
    (Cue::Password, "*passwort*"),
    (Cue::Password, "schlusselwort* stichwort* codewort* losungs* merkwort*"),
    (Cue::Password, "wlan netzwerk* + schlussel key"),
    (Cue::Password, "palabra + clave paso secreta seguridad acordada acordamos eligio contrasena"),
    (Cue::Password, "frase + secreta clave seguridad paso"),
    (Cue::Password, "mot phrase + secret secrete passe code cle convenu choisi"),
    (Cue::Password, "wort + vereinbart* geheim* hinterlegt* ausgemacht* abgemacht* sicherheit*"),
    // Answers to security questions.
    (Cue::Answer, "security secret + question questions answer answers hint"),
    (
        Cue::Answer,
        "registered registriert hinterlegt registro registrado registrada enregistre enregistree + name place word person answer phrase wort antwort palabra respuesta mot reponse",
    ),
    (Cue::Answer, "security verify verification + place word person"),
    (Cue::Answer, "memorable + word place name date event person answer"),
    (Cue::Answer, "hint reminder + says is question"),
    (Cue::Answer, "answer answers word + left chose chosen put agreed set + you they"),
    (
        Cue::Answer,
        "mother mothers mum mums mom moms mother's father fathers dad dads grandmother grandmothers grandfather grandma grandpa gran \
         nan spouse sibling godmother + maiden middle born surname birthplace",
    ),
    (
        Cue::Answer,
        "grandmother grandmothers grandfather grandfathers grandma grandpa sibling brother brothers sister sisters cousin cousins nephew niece friend friends \
         mother mothers father fathers godfather bridesmaid + first middle oldest eldest youngest best childhood + name called",
    ),
    (
        Cue::Answer,
        "first childhood favourite favorite memorable earliest very + pet dog cat hamster rabbit pony horse animal school college teacher \
         band film movie book food colour color song singer nickname friend friends employer concert boss subject artist author \
         street road holiday sport hero character cuddly toy car job",
    ),
    (Cue::Answer, "favourite favorite + team place town city restaurant drink game number actor"),
    (Cue::Answer, "where which what + born meet met engaged married honeymoon honeymooned grew grow proposed propose"),
    (
        Cue::Answer,
        "city town hospital village street school + born meet met grew grow raised attended attend went go as + you parents parent",
    ),
    (Cue::Answer, "name + pet pets dog dogs cat cats + your childhood"),
    (Cue::Answer, "sicherheits* geheim* merk* + frage fragen antwort wort"),
    (Cue::Answer, "sicherheitsfrage* geheimfrage* sicherheitsantwort* kontrollfrage*"),
    (Cue::Answer, "lieblings*"),
    (
        Cue::Answer,
        "mutter grossmutter grossvater vater vaters oma opa bruder bruders schwester freund freundin freundes patenonkel patentante patenkind cousin cousine cousins neffe neffen nichte kindheit \
         + name namen heisst hiess madchenname vorname vornamen geborene geburtsname geburtsort geboren zweiter nannte",
    ),
    (
        Cue::Answer,
        "erstes erste ersten erster ehemaliges + haustier* hund hundes katze auto autos wagen lehrer* arbeitgeber* strasse konzert* schule \
         grundschule tier freund freundin chef job wohnung",
    ),
    (Cue::Answer, "schule grundschule gymnasium + besucht gegangen gingen waren name hiess heisst"),
    (Cue::Answer, "strasse stadt ort dorf krankenhaus + aufgewachsen geboren kennengelernt geheiratet gewohnt"),
    (Cue::Answer, "haustier* hund katze + name hiess heisst"),
    (
        Cue::Answer,
        "madre padre abuela abuelo hermano hermana amigo amiga infancia primo prima sobrino sobrina ahijado ahijada tio padrino + apellido apellidos nombre llama* nacio soltera mote apodo conocieron",
    ),
    (
        Cue::Answer,
        "primer primera primero favorito favorita preferido preferida infancia + mascota perro perrito gato colegio escuela coche carro profesor profesora \
         trabajo calle equipo pelicula libro comida color maestro maestra empleo jefe cantante grupo novio animal instituto",
    ),
    (Cue::Answer, "pregunta preguntas respuesta palabra + seguridad secreta secretas secreto control"),
    (
        Cue::Answer,
        "ciudad pueblo colegio escuela calle hospital + nacio naciste estudio estudiaste estudiaba crecio criaste crio vivio conocieron",
    ),
    (Cue::Answer, "apellido + materno soltera"),
    (Cue::Answer, "mascota perro gato + llama* nombre"),
    (
        Cue::Answer,
        "mere pere grand-mere grand-pere mamie papi soeur frere ami amie enfance parrain marraine cousin cousine neveu niece filleul filleule + nom prenom appelait appelle naissance nee surnom jeune",
    ),
    (
        Cue::Answer,
        "premier premiere prefere preferee favori favorite enfance + animal chien chat ecole voiture emploi travail professeur rue film livre \
         plat couleur equipe metier instituteur institutrice patron maitresse chanteur college doudou",
    ),
    (Cue::Answer, "question questions reponse + secrete secretes securite secret"),
    (
        Cue::Answer,
        "ville ecole college rue hopital village lycee + ne nee nes etiez grandi rencontres habitiez allie alliez",
    ),
    (Cue::Answer, "jeune + fille + nom mere"),
    (Cue::Answer, "favourite favorite favorito favorita preferido preferida prefere preferee"),
    (Cue::Answer, "nickname spitzname* apodo surnom childhood memorable maiden"),
    (Cue::Answer, "who whos name + best + man"),
    (Cue::Answer, "who whos + hero heroine idol bridesmaid godmother godfather + your"),
    (Cue::Answer, "wer wie + held heldin idol vorbild trauzeuge trauzeugin patin"),
    (Cue::Answer, "quien como + padrino madrina testigo heroe idolo"),
    (Cue::Answer, "qui comment + temoin parrain marraine heros idole"),
    (
        Cue::Answer,
        "name called who + teddy bear imaginary neighbour neighbor uncle aunt godmother godfather headteacher headmaster idol hero stepfather stepmother + your",
    ),
    (Cue::Answer, "which where + street road school village hospital church + you your"),
    (Cue::Answer, "where + spend spent go went + honeymoon childhood summers holidays wedding"),
    (
        Cue::Answer,
        "onkel tante nachbar nachbarin kuscheltier* teddy* trauzeuge* trauzeugin* pate patin + name hiess heisst wer",
    ),
    (Cue::Answer, "strasse stadt ort dorf + gross + geworden"),
    (Cue::Answer, "wo + geheiratet kennengelernt flitterwochen aufgewachsen"),
    (Cue::Answer, "calle barrio pueblo casa + vivia vivias pequeno pequena nino nina veraneaba veraneabas"),
    (Cue::Answer, "tia madrina peluche vecino vecina + llama* nombre"),
    (Cue::Answer, "donde + caso casaron luna conocio conocieron crecio"),
    (Cue::Answer, "oncle tante temoin peluche voisin voisine + nom prenom appelait appelle"),
    (Cue::Answer, "rue village quartier maison + enfance enfant petit petite grandi"),
    (Cue::Answer, "ou + marie maries mariee lune rencontre grandi"),
    (
        Cue::Answer,
        "road street lane avenue house town village + lived live grew raised + child kid childhood young little",
    ),
    (Cue::Answer, "first + job employer boss work worked workplace + your you"),
    (Cue::Answer, "best + friend + growing childhood school child kid"),
    (Cue::Answer, "pueblo ciudad nombre apellido + abuela abuelo abuelos padre madre padres + su tu"),
    (
        Cue::Answer,
        "occupation job profession beruf profesion oficio metier trabajo + grandfather* grandmother* father fathers mother mothers abuelo abuela \
         padre madre grossvater* grossmutter* vater* opa* oma* mutter* pere mere grand grand-pere grand-mere",
    ),
    (Cue::Answer, "name who + first + kissed kiss dated boyfriend girlfriend crush"),
    (
        Cue::Answer,
        "security secret + q question questions + answer fav favourite favorite pet teacher maiden moms mothers",
    ),
    (Cue::Answer, "name surname + before + married"),
    (Cue::Answer, "name nachname + vor + hochzeit ehe heirat"),
    (Cue::Answer, "apellido nombre + antes + casarse casarme casada casar"),
    (Cue::Answer, "nom + avant + mariage marier mariee"),
    (Cue::Answer, "dorf stadt ort + oma opa grosseltern eltern vater mutter + ihr ihre ihrer ihres"),
    (Cue::Answer, "village ville + grands-parents grand mere pere parents + vos votre"),
    (
        Cue::Answer,
        "name nom nombre heisst hiess + school ecole escuela colegio schule grundschule + your votre su ihre ihrer primaire primaria primary",
    ),
    (
        Cue::Answer,
        "what which who + first + concert stadium place country film album record match team meal dish trip flight",
    ),
    (Cue::Answer, "ou + connu connus rencontre rencontres + vous"),
    (Cue::Answer, "what whats which who + first + your"),
    (Cue::Answer, "what + was + called"),
    (Cue::Answer, "wie + hiess"),
    (Cue::Answer, "como + llamaba"),
    (Cue::Answer, "comment + appelait"),
    (Cue::Answer, "animal chien chat + appelait nom"),
    // Phones.
    (
        Cue::PhoneNumber,
        "number numbers + call ring reach text contact mobile daytime landline phone telephone cell callback \
         husband husbands wife wifes son sons daughter daughters mum mums mom moms partner neighbour neighbor office home work brother sister",
    ),
    (Cue::PhoneNumber, "if + drops drop cut cuts lost disconnected lose + i'm m im me my"),
    (Cue::PhoneNumber, "area + code + number call phone me on reach"),
    (Cue::PhoneNumber, "message voicemail + left + on"),
    (Cue::PhoneNumber, "called rang phoned texted + on me + old wrong number this my"),
    (Cue::PhoneNumber, "mobil handy nummer + auf unter + angerufen erreicht versucht"),
    (Cue::PhoneNumber, "laisse appele + message le au sur + numero portable fixe ligne"),
    (Cue::PhoneNumber, "dejado llamado llamaron + aviso mensaje llamada + en al"),
    (Cue::PhoneNumber, "get reach catch find + hold reached + you him her them me"),
    (Cue::PhoneNumber, "call text ring phone reach + me us her him them + back on at please"),
    (Cue::PhoneNumber, "message text + confirmation reminder receipt updates + by"),
    (
        Cue::PhoneNumber,
        "nummer rufnummer* handynummer* + erreich* anrufen ruf* zuruck* kontakt telefon* handy mobil* tochter mann frau sohn buro privat",
    ),
    (Cue::PhoneNumber, "rufnummer* handynummer* telefonnummer* mobilnummer* ruckrufnummer* durchwahl*"),
    (Cue::PhoneNumber, "erreich* + sie ihn mich uns wie wo am"),
    (
        Cue::PhoneNumber,
        "numero telefono movil fijo celular + llamo llamar* llamame llamarle contacto contactar localizar* hija hijo mujer marido mi su casa trabajo avisar*",
    ),
    (Cue::PhoneNumber, "festnetz* landline daytime fijo"),
    (Cue::PhoneNumber, "llameme llamenme llamarme llamame"),
    (
        Cue::PhoneNumber,
        "numero portable fixe telephone + joindre joint rappel* appel* contacter livreur mari femme fille fils mon votre bureau domicile",
    ),
    (Cue::PhoneNumber, "rappelez appelez joindre + moi nous vous me"),
    // Numbers of people.
    (
        Cue::Identity,
        "number id identification + passport licence license permit residence visa national tax state utr \
         taxpayer green resident citizen immigration identity alien",
    ),
    (Cue::Identity, "passport passports licence license permit visa + number reads says top it its what read"),
    (Cue::Identity, "number numbers nummer numero + photo lichtbild* foto + page seite pagina"),
    (Cue::Identity, "document dokument documento + which what welches que quel have number"),
    (Cue::Identity, "utr itin perso cedula licencia"),
    (Cue::Identity, "id ids"),
    (Cue::Identity, "documento identificacion"),
    (Cue::Identity, "ausweis*"),
    (Cue::Identity, "driver drivers driving s + licence license"),
    (Cue::Identity, "passport passports passeport reisepass* pasaporte"),
    (
        Cue::Identity,
        "personalausweis* reisepass* ausweis* fuhrerschein* aufenthaltstitel* passnummer* steuernummer* steuer*id steueridentifikation* identifikationsnummer*",
    ),
    (Cue::Identity, "nummer + ausweis pass steuer* finanzamt fuhrerschein* aufenthalt*"),
    (
        Cue::Identity,
        "documento carnet carne pasaporte permiso identidad + numero identidad conducir residencia extranjero titular digame",
    ),
    (Cue::Identity, "dni nie nif cif pasaporte carnet carne"),
    (Cue::Identity, "numero piece carte titre + identite sejour passeport permis fiscal impots imposition spi"),
    (Cue::Identity, "permis + conduire sejour + numero votre mon son le"),
    (Cue::Identity, "passeport + numero votre mon"),
    (Cue::Identity, "numero + permis"),
    // Numbers of social security.
    (Cue::SocialSecurity, "social + number digits last four security full"),
    (Cue::SocialSecurity, "ni + whats what your my"),
    (Cue::SocialSecurity, "secu vitale insee nir nino ssn nss"),
    (Cue::SocialSecurity, "rentenversicherung* sozialversicherung* versicherungsnummer* svnr"),
    (Cue::SocialSecurity, "afiliacion seguridad + social numero"),
    (Cue::SocialSecurity, "n ni national insurance + i insurance number"),
    // Accounts.
    (
        Cue::Iban,
        "where which wohin welches + money refund payout payment geld erstattung + send pay transfer account konto go uberweisen",
    ),
    (Cue::Iban, "account bank + international form details refund pay paid transfer sort payment number"),
    (Cue::Iban, "konto kontonummer* bankdaten + geld abbuchen buchen uberweis* erstatt* nummer also iban welches"),
    (Cue::Iban, "cuenta + abono ingreso ingresar transferencia numero domiciliar devolver banco cargar corriente"),
    (Cue::Iban, "compte + virement rembours* crediter debiter prelever numero bancaire versons verser"),
    // Cards.
    (
        Cue::CardNumber,
        "card tarjeta karte carte + number numero nummer digits digitos chiffres ziffern long front numeracion numeros",
    ),
    (
        Cue::CardNumber,
        "sixteen 16 dieciseis sechzehn seize + digits digitos chiffres ziffern cifras numeros stellen numbers",
    ),
    (
        Cue::CardNumber,
        "first next ersten nachsten primeros siguientes premiers suivants + four 4 six 6 vier cuatro quatre + digits numbers ziffern zahlen digitos numeros chiffres",
    ),
    (Cue::CardNumber, "first next + four 4"),
    (Cue::CardNumber, "card karte tarjeta carte + end beginning rest missing slowly slower langsam despacio lentement"),
    // Until when they are valid.
    (Cue::Birth, "month mes monat mois + day tag dia jour + year jahr ano annee"),
    (
        Cue::Birth,
        "old edad alt age + how que wie quel cual la your + child kid patient he she son daughter baby passenger nino nina hijo hija kind sohn tochter enfant fils fille",
    ),
    (Cue::Expiry, "date fecha datum + under underneath below beneath debajo abajo darunter drunter dessous unten"),
    (Cue::Expiry, "good valid + thru through until till til"),
    (Cue::Expiry, "digits numbers figures ziffern cifras chiffres + date datum fecha"),
    (Cue::Expiry, "jusque + quand + valide valable bonne elle"),
    (Cue::Expiry, "month mes monat mois + year ano jahr annee"),
    (Cue::Expiry, "how wie + long lange + valid gultig lauft good card karte"),
    (Cue::Expiry, "when wann cuando quand + run runs expire expires ablauft lauft caduca vence expire end"),
    (Cue::Expiry, "hasta jusqu bis until till + vale valida valide valable gultig good valid cuando quand wann when"),
    (Cue::Expiry, "fin date + validite expiration"),
    (Cue::Expiry, "from + to + date dates"),
    (Cue::Expiry, "expir* caduc* vencim* vence validez validite gultig* ablauf* verfall* exp thru"),
    (Cue::Expiry, "date dates datum fecha + card front it on karte tarjeta carte drauf pone"),
];

/// The groups of a pattern.
struct Pattern {
    cue: Cue,
    groups: usize,
}

/// Which group of which pattern a word belongs to.
type Place = (usize, usize);

#[derive(Default)]
struct Patterns {
    all: Vec<Pattern>,
    whole: HashMap<&'static str, Vec<Place>>,
    /// By their first three bytes.
    beginnings: HashMap<&'static str, Vec<(&'static str, Place)>>,
    within: Vec<(&'static str, Place)>,
}

static ALL: LazyLock<Patterns> = LazyLock::new(|| {
    let mut all = Patterns::default();
    for (at, (cue, groups)) in PATTERNS.iter().enumerate() {
        let groups: Vec<&str> = groups.split('+').collect();
        for (group, words) in groups.iter().enumerate() {
            for word in words.split_whitespace() {
                let place = (at, group);
                match (word.strip_prefix('*'), word.strip_suffix('*')) {
                    (Some(part), _) => all.within.push((part.trim_end_matches('*'), place)),
                    (None, Some(beginning)) => {
                        let start = beginning.get(..3).unwrap_or(beginning);
                        all.beginnings.entry(start).or_default().push((beginning, place));
                    }
                    (None, None) => all.whole.entry(word).or_default().push(place),
                }
            }
        }
        all.all.push(Pattern { cue: *cue, groups: groups.len() });
    }
    all
});

impl Patterns {
    fn places<'p>(&'p self, word: &'p str) -> impl Iterator<Item = Place> + 'p {
        let whole = self.whole.get(word).into_iter().flatten().copied();
        let start = word.get(..3).and_then(|start| self.beginnings.get(start));
        let beginnings = start.into_iter().flatten().filter(|(part, _)| word.starts_with(part));
        let within = self.within.iter().filter(|(part, _)| word.contains(part));
        whole.chain(beginnings.chain(within).map(|(_, place)| *place))
    }
}

/// The questions of a text that patterns tell, in its order: one for each place where a pattern is complete.
pub fn questions(text: &Text<'_>) -> Vec<Mark> {
    /// The most groups a pattern has.
    const GROUPS: usize = 4;
    let mut latest = vec![[None::<usize>; GROUPS]; ALL.all.len()];
    let mut found: Vec<Mark> = Vec::new();
    for line in &text.lines {
        for token in line.tokens.clone() {
            for (at, group) in ALL.places(text.word(token)) {
                let pattern = &ALL.all[at];
                // One word stands for one group.
                if latest[at].contains(&Some(token)) {
                    continue;
                }
                latest[at][group] = Some(token);
                let from = line.tokens.start.max((token + 1).saturating_sub(SPAN));
                let seen = &latest[at][..pattern.groups];
                if seen.iter().all(|seen| seen.is_some_and(|seen| seen >= from)) {
                    let first = seen.iter().flatten().min().copied().unwrap_or(token);
                    let is_known = found.iter().rev().take(4).any(|mark| mark.cue == pattern.cue && mark.end > first);
                    if !is_known {
                        found.push(Mark { cue: pattern.cue, first, end: token + 1, is_phrase: false });
                    }
                }
            }
        }
    }
    found
}
