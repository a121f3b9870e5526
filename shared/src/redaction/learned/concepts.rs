//! Words of four languages that mean the same, so that what is learned in one language holds in the others. A word that is
//! none of these counts as itself.

use std::collections::HashMap;
use std::sync::LazyLock;

/// A line is a concept; of words that end in a star the beginning is enough. All are folded.
const CONCEPTS: &str = "\
film movie pelicula kinofilm cine
book novel buch libro livre roman bucher
song lied cancion chanson melodie tune
band singer sanger sangerin cantante chanteur chanteuse groupe artist musiker
pet pets dog cat animal hamster goldfish tortoise rabbit horse pony donkey parrot puppy kitten haustier hund hundin katze kater tier hase kaninchen \
pferd papagei meerschweinchen mascota perro perra gato gata conejo tortuga caballo burro animaux bete chien chienne chat chatte lapin \
perroquet cheval tortue bestiole critter
school college academy schule grundschule gymnasium volksschule colegio escuela instituto ecole lycee primary
teacher lehrer* maestro maestra profesor* profe maitresse maitre instituteur institutrice professeur* tutor headmaster
street road avenue lane strasse gasse calle avenida rue chemin boulevard
town city village stadt dorf ort pueblo ciudad ville hometown geburtsort
grew aufgewachsen crecio crecido criado grandi childhood kindheit infancia enfance kid jugend
car vehicle auto wagen coche voiture bagnole motorbike motorrad moto
mother mothers mum mums mom mama mutter mutti madre maman mere mother's
father dad papa vater padre pere grandfather grandad opa abuelo
grandmother grandma gran oma grossmutter abuela grand-mere mamie nan nana
brother sister sibling bruder schwester hermano hermana frere soeur
wife husband spouse partner frau mann mujer marido esposa esposo femme mari epoux epouse
son daughter child sohn tochter kind hijo hija fils fille enfant
friend best freund freundin amigo amiga ami amie copain
nickname nick spitzname kosename apodo mote surnom
maiden madchenname madchennamen geburtsname geburtsnamen ledig soltera jeune unmarried
married marriage wedding wed heirat hochzeit verheiratet geheiratet casarse casada boda casamiento mariage mariee marier
name names surname nombre apellido apellidos nom prenom nachname nachnamen vorname namen lastname
called hiess heisst genannt llamaba llama llamabas appelait appelle named
first erste erster erstes ersten primer primera primero premier premiere
favourite favorite lieblings* favorit* prefere* preferid* liebste
team club verein mannschaft equipo equipe
food dish dessert essen gericht plato comida plat
holiday honeymoon vacation urlaub flitterwochen vacaciones vacances noces reise
job boss employer arbeit chef trabajo jefe travail patron
hero held heldin heroe heros idol
toy stuffed bear plush kuscheltier spielzeug juguete peluche doudou jouet
question questions frage fragen sicherheitsfrage pregunta preguntas
answer antwort respuesta reponse
secret geheim* secreto secreta secrete hush
security sicherheit* seguridad securite safety
password passwords passwort kennwort contrasena clave passe passwd pwd pw passphrase passcode mdp losung* codewort kennworte passwords losungswort parole
word words wort worter palabra palabras mot mots
phrase satz frase sentence
login log signin logon username userid anmeld* einlogg* benutzer* usuario identifiant connexion connect* portal konto-login
code codes codigo kode
pin geheimzahl pinnummer
text sms message texted mensaje nachricht texto app authenticator notification push
onetime verification verifizierung* otp tan einmal* bestatigungs* verificacion token
digit digits ziffer ziffern stellen cifra cifras chiffre chiffres digitos figures
number numbers nummer numero numeros zahl num nr
card cards karte tarjeta carte visa mastercard amex debit credit plastic kreditkarte girokarte ec maestro bankkarte
back rear reverse behind flip hinten ruckseite reverso detras verso derriere dos arriere umdrehen turn
front vorne vorderseite delante frontal devant recto embossed long
signature strip streifen unterschrift* firma banda bande cryptogramme cvv cvc csc prufziffer kartenprufnummer
three drei tres trois
four vier cuatro quatre
six sechs seis
sixteen sechzehn dieciseis seize
nine ten neun zehn nueve diez neuf dix
last final letzte letzten letzter ultimos ultimas ultimo derniers derniere ending endet ends
expir* valid gultig* ablauf* abgelaufen lauft caduc* vence vencimiento validez valable validite till until runs thru through
month monat mes mois
year jahr jahrgang ano annee
birth born geboren geburt* nacimiento nacio nacido nacida naci naissance nee dob birthday birthdate anniversaire cumpleanos naciste
old age alter edad age alt
social socialsecurity ssn insurance national sozialversicherung* rentenversicherung* versicherungsnummer afiliacion secu immatriculation vitale ni nino nass nir
tax taxes steuer* impuesto* hacienda nif fiscal impots utr irs tin idnr
passport reisepass pass pasaporte passeport
identity id ausweis* personalausweis dni nie documento carnet identite identidad licence license fuhrerschein permiso permis cni titre residence aufenthaltstitel
iban account konto kontonummer cuenta compte rib sort bankverbindung bank banque banco lastschrift domicil* prelevement transfer uberweis*
phone mobile cell handy telefon* handynummer rufnummer movil telefono portable telephone tel landline festnetz fijo fixe
reach call ring callback erreich* anruf* zuruck* llamar localizar contact* joindre rappel* recall
email mail emails mails correo courriel mel e-mail inbox postfach
address adresse direccion anschrift domicilio
at arroba arobase klammeraffe dot punkt punto point
order orders parcel tracking delivery bestell* paket sendung* pedido envio paquete commande colis suivi shipment package lieferung
reference booking case ticket ref aktenzeichen vorgang* reservation reserva expediente dossier buchung* vorgangsnummer referencia incidencia fall reference's
customer member membership policy contract claim kunden* vertrag* mitglied* cliente poliza contrato socio siniestro client contrat adherent police sinistre schaden*
price cost pay amount charge euro euros pound pounds dollar dollars betrag preis kostet importe cuesta precio pagar prix coute montant payer cents
appointment monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag sonntag termin cita lunes \
martes miercoles jueves viernes sabado domingo rendez lundi mardi mercredi jeudi vendredi samedi dimanche tomorrow morgen manana demain today heute hoy
postcode zip plz postleitzahl postal
serial model imei router modell serie seriennummer modele device
meter zahler* contador compteur reading zahlerstand
flight train bus gate platform seat flug zug gleis vuelo tren anden asiento vol quai siege voie
invoice bill rechnung* factura facture receipt statement
extension ext durchwahl poste office counter room floor zimmer stock
plate registration kennzeichen matricula plaque immatriculee
choose chose chosen pick picked gewahlt hinterleg* eingerichtet elegid* eligio puso puesto choisi* enregistre set ausgesucht vereinbart agreed stored given angegeben pusiste arranged
verify confirm identif* prove verification legitim* verific* confirm* comprob* verifier check authenti* prufen abgleich*
remember remind erinner* recuerd* acuerd* souven* rappele memory gedachtnis
spell spelled spelling buchstab* deletre* epel*
again repeat nochmal nochmals wiederhol* repet* repit* encore
thanks thank perfect danke gracias merci lovely super perfecto parfait
correct right match matches stimmt richtig correcto correcta exacto exact exactement genau passt coincide bon juste
wrong no nope falsch leider incorrect* pas nicht nein another
type typing enter put tippe* eing* escrib* mete tap* saisi* entr* tecle*
temporary temp provisional* neu neue neues neuer neuen lautet nuevo nueva provisoire nouveau nouvelle new vorlaufig* temporal initial*
never nie niemals nunca jamais
tell give say sag* nenn* dig* diga dit* donn* gib* geb* read les* lea lis*
what which was welche* wie cual que quel quelle quels quelles qual
need brauch* necesit* besoin faut want hace
my mein meine mi mon ma meinen
your ihr ihre ihren su votre vos tu dein deine tus sus ton
his her seine seinen ihm su's son
is ist es est was war era etait lautete
or oder o ou
january februar* februar enero febrero janvier fevrier marz marzo mars april abril avril mai mayo may juni junio juin juli julio juillet august agosto aout \
september septiembre septembre october oktober octubre octobre november noviembre novembre december dezember diciembre decembre january february march june july
";

struct Concepts {
    words: HashMap<&'static str, u8>,
    beginnings: HashMap<&'static str, u8>,
}

static ALL: LazyLock<Concepts> = LazyLock::new(|| {
    let mut all = Concepts { words: HashMap::new(), beginnings: HashMap::new() };
    for (number, line) in (1..).zip(CONCEPTS.lines()) {
        for word in line.split_whitespace() {
            match word.strip_suffix('*') {
                Some(beginning) => all.beginnings.entry(beginning).or_insert(number),
                None => all.words.entry(word).or_insert(number),
            };
        }
    }
    all
});

/// The shortest beginning of a word that tells.
const SHORTEST: usize = 3;
/// The longest.
const LONGEST: usize = 20;

/// What a word means, or none.
pub fn of(word: &str) -> u8 {
    if let Some(concept) = ALL.words.get(word) {
        return *concept;
    }
    let beginning = |length: usize| word.get(..length).and_then(|beginning| ALL.beginnings.get(beginning));
    (SHORTEST..=word.len().min(LONGEST)).rev().find_map(beginning).copied().unwrap_or_default()
}
