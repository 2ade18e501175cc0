//! Names that nearly every reader knows, until a gazetteer stands here: countries, some cities, and
//! words that make a run of names a person, a people or a body.
//!
//! Never may a place from one report enter: only what a general atlas has.

use std::collections::BTreeSet;
use std::sync::LazyLock;

/// Countries, and areas spoken of as one, in lower case.
pub(super) static COUNTRIES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| COUNTRIES_WORDS.split(',').map(str::trim).collect());

#[rustfmt::skip]
const COUNTRIES_WORDS: &str = "\
    afghanistan, algeria, armenia, azerbaijan, bahrain, bangladesh, bosnia, burundi, cameroon, \
    canada, chad, china, colombia, congo, croatia, cyprus, egypt, eritrea, ethiopia, france, \
    gaza, georgia, germany, greece, haiti, india, indonesia, iran, iraq, israel, italy, jordan, \
    kenya, kosovo, kuwait, lebanon, libya, mali, mexico, morocco, mozambique, myanmar, nepal, \
    niger, nigeria, oman, pakistan, palestine, philippines, qatar, russia, rwanda, \
    saudi arabia, serbia, sierra leone, somalia, south sudan, spain, sri lanka, sudan, sweden, \
    syria, tajikistan, tunisia, turkey, uganda, ukraine, united kingdom, united states, yemen, \
    zimbabwe";

/// Cities and regions that are spoken of without a word for what they are.
pub(super) static CITIES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| CITIES_WORDS.split(',').map(str::trim).collect());

#[rustfmt::skip]
const CITIES_WORDS: &str = "\
    al-hasakah, al-raqqa, aleppo, amman, ankara, baghdad, beirut, benghazi, damascus, daraa, \
    deir al-zor, deir el-zour, deir ez-zor, deir ezzor, deraa, donetsk, east aleppo, \
    eastern ghouta, ghouta, goma, grozny, hama, hasaka, hasakah, hasakeh, homs, idleb, idlib, \
    istanbul, jerusalem, kabul, kandahar, kharkiv, khartoum, kobane, kobani, kyiv, latakia, \
    lattakia, maiduguri, mariupol, mogadishu, moscow, mosul, palmyra, quneitra, ramadi, raqa, \
    raqqa, rural damascus, sanaa, sarajevo, suwayda, sweida, tartous, tartus, tripoli, \
    west aleppo";

/// Words that no name of a place has in it.
pub(super) static NEVER: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| NEVER_WORDS.split(' ').map(str::trim).collect());

#[rustfmt::skip]
const NEVER_WORDS: &str = "\
    afp agency ahrar al-assad al-nusra al-qaeda alawite allah allied american ap arab arabs \
    army assad assads brigade brigades british captain ceasefire christian civil coalition \
    colonel command council crescent cross cruise daesh date defence defense eid english \
    euphrates fatah fateh forces free french front general general's governor helmets hezbollah \
    human image international iranian iraqi is isil isis islam islamic islamist israeli jabhat \
    jaish jihadists kurdish kurds lebanese militants minister ministry mr muslim muslims nato \
    news nusra observatory operation organization party photo pkk posted president published \
    ramadan red reuters rights russian sana sdf security sham shiite shiites sohr statement \
    sunni sunnis syrian syrians terrorist terrorists turkish tv u.s un units us wednesdays \
    western white ypg";
