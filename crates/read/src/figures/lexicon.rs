//! The words that the grammar knows: nouns that are counted, verbs that hurt, words that only link.
//!
//! Here stand classes of ordinary English words only. Never may a name from one report enter: the
//! grammar has to read reports that nobody has seen.

use record::Measure;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a counted noun names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Noun {
    /// One person: "child", "soldier".
    Person,
    /// Several: "children", "civilians".
    People,
    /// People by what befell them, or the befalling itself: "deaths", "wounded", "hostages".
    Victims(Measure),
    /// An act of war or what it throws: "airstrikes", "rockets".
    Attack,
    /// Something that is destroyed or damaged: "tanks", "houses".
    Object,
    /// States: "countries".
    State,
    /// What makes a number no figure: time, distance, money, weight, share.
    Unit,
    /// A known thing that is neither: "towns", "groups".
    Thing,
}

/// What a verb form tells about its subject or object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Trigger {
    /// What is counted where the verb applies.
    pub(super) measure: Measure,
    /// Which form it is.
    pub(super) form: Form,
}

/// Forms of a verb, as far as they decide who is hurt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// Past or participle: "killed" (object after it, or subject before it).
    Past,
    /// "killing": object after it.
    Ing,
    /// "kill", "kills": object after it.
    Present,
    /// "died", "fled": subject before it.
    Intransitive,
    /// "dead", "missing": after the noun.
    Adjective,
}

/// The part of a function word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    /// Not a function word.
    None,
    /// "in", "of", "near".
    Preposition,
    /// "the", "his".
    Determiner,
    /// "was", "have".
    Auxiliary,
    /// "and", "but", "while".
    Conjunction,
    /// "who", "which".
    Relative,
    /// "he", "it".
    Pronoun,
    /// "also", "reportedly": passed over.
    Adverb,
    /// "said", "reported": a verb of saying.
    Saying,
    /// Month 1 to 12.
    Month(i8),
    /// Day of the week, Monday 1 to Sunday 7.
    Weekday(i8),
}

/// What the lexicon knows of a lower-case word: possessives ("army's", or "armys" where a printer
/// lost the apostrophe) are looked up without their ending.
pub(super) fn look_up(lower: &str) -> (Option<Noun>, Option<Trigger>, Role) {
    let entry = LEXICON.get(lower).copied().unwrap_or_default();
    if entry.noun.is_some() || entry.trigger.is_some() || entry.role != Role::None {
        return (entry.noun, entry.trigger, entry.role);
    }
    if let Some((_, last)) = lower.rsplit_once('-') {
        // "fighter-jets", "ex-soldiers": a compound counts as its last part, if that is a noun.
        let noun = LEXICON.get(last).and_then(|e| e.noun);
        if noun.is_some_and(|n| n != Noun::Unit) {
            return (noun, None, Role::None);
        }
    }
    let days = lower.strip_suffix("'s").or_else(|| lower.strip_suffix('s'));
    let day = days.and_then(|d| LEXICON.get(d)).map(|e| e.role);
    match day {
        Some(Role::Weekday(n)) => (None, None, Role::Weekday(n)),
        Some(Role::Month(n)) if n != 5 => (None, None, Role::Month(n)),
        _ => (None, None, Role::None),
    }
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    noun: Option<Noun>,
    trigger: Option<Trigger>,
    role: Role,
}

impl Default for Entry {
    fn default() -> Self {
        Self { noun: None, trigger: None, role: Role::None }
    }
}

static LEXICON: LazyLock<BTreeMap<&'static str, Entry>> = LazyLock::new(|| {
    let mut map: BTreeMap<&'static str, Entry> = BTreeMap::new();
    for (noun, words) in NOUNS {
        for word in words.split_ascii_whitespace() {
            map.entry(word).or_default().noun = Some(*noun);
        }
    }
    for (measure, form, words) in TRIGGERS {
        for word in words.split_ascii_whitespace() {
            map.entry(word).or_default().trigger = Some(Trigger { measure: *measure, form: *form });
        }
    }
    for (role, words) in ROLES {
        for word in words.split_ascii_whitespace() {
            map.entry(word).or_default().role = *role;
        }
    }
    for (names, make) in [(MONTHS, Role::Month as fn(i8) -> Role), (WEEKDAYS, Role::Weekday)] {
        for (number, words) in (1..).zip(names) {
            for word in words.split_ascii_whitespace() {
                map.entry(word).or_default().role = make(number);
            }
        }
    }
    map
});

const MONTHS: &[&str] = &[
    "january jan",
    "february feb",
    "march",
    "april apr",
    "may",
    "june jun",
    "july jul",
    "august aug",
    "september sept sep",
    "october oct",
    "november nov",
    "december dec",
];

const WEEKDAYS: &[&str] = &[
    "monday mon",
    "tuesday tue tues",
    "wednesday wed",
    "thursday thu thurs",
    "friday fri",
    "saturday",
    "sunday",
];

#[rustfmt::skip]
const NOUNS: &[(Noun, &str)] = &[
    (Noun::Person, "child baby infant toddler newborn boy girl teenager man woman person civilian \
        soldier officer policeman policewoman militant terrorist rebel fighter gunman insurgent \
        jihadist jihadi commander leader member journalist reporter cameraman photographer \
        activist doctor nurse medic paramedic surgeon pharmacist worker volunteer rescuer \
        driver guard pilot student pupil teacher professor farmer shepherd imam priest \
        cleric sheikh official minister mayor judge lawyer engineer son daughter brother sister \
        father mother wife husband grandmother grandfather uncle aunt cousin nephew niece \
        grandson granddaughter villager resident passenger pedestrian bystander protester \
        demonstrator prisoner detainee refugee conscript recruit sniper general colonel captain \
        lieutenant sergeant brigadier spokesman citizen peacekeeper bodyguard adviser \
        advisor relative neighbour neighbor patient shopkeeper vendor martyr victim foreigner \
        toddler schoolboy schoolgirl youth elder migrant worshipper mourner firefighter"),
    (Noun::People, "people persons children babies infants toddlers newborns boys girls \
        teenagers kids minors men women civilians soldiers troops officers policemen police \
        militants terrorists rebels fighters gunmen insurgents jihadists jihadis mercenaries \
        commanders leaders members journalists reporters cameramen photographers activists \
        doctors nurses medics paramedics surgeons workers volunteers rescuers drivers guards \
        pilots students pupils schoolchildren teachers farmers shepherds imams priests clerics \
        officials ministers mayors judges lawyers engineers sons daughters brothers sisters \
        fathers mothers wives husbands parents cousins nephews nieces grandchildren villagers \
        residents inhabitants passengers pedestrians bystanders onlookers protesters \
        protestors demonstrators inmates citizens nationals families family households \
        conscripts recruits snipers generals colonels captains peacekeepers observers \
        bodyguards advisers advisors relatives neighbours neighbors patients shoppers vendors \
        foreigners youths elders migrants worshippers mourners firefighters servicemen \
        servicewomen combatants operatives militiamen militias personnel staff staffers crew \
        individuals others loyalists separatists guerrillas guerillas extremists islamists \
        tribesmen miners truckers contractors employees crewmen sailors airmen marines \
        paratroopers commandos elements cadets reservists attackers bombers assailants \
        infidels souls martyrs youngsters adults adolescents elderly males females pilgrims \
        tourists worshipers minority commuters mujahideen mujahedeen fedayeen peshmerga \
        internationals humanitarians responders hostage-takers gendarmes"),
    (Noun::Victims(Measure::Killed), "deaths fatalities dead bodies corpses killings executions \
        death fatality slain beheadings remains body"),
    (Noun::Victims(Measure::Injured), "injuries wounded injured"),
    (Noun::Victims(Measure::KilledOrInjured), "casualties casualty victims"),
    (Noun::Victims(Measure::Abducted), "hostages captives kidnappings abductions abductees"),
    (Noun::Victims(Measure::Detained), "detainees prisoners arrests"),
    (Noun::Victims(Measure::Displaced), "refugees idps"),
    (Noun::Victims(Measure::Evacuated), "evacuees evacuations"),
    (Noun::Victims(Measure::Returned), "returnees"),
    (Noun::Victims(Measure::Missing), "disappearances"),
    (Noun::Attack, "airstrikes airstrike strikes strike raids raid attacks attack bombings bombing \
        sorties sortie shells rockets missiles bombs explosions blasts mortars barrels \
        bombardments raid projectiles salvos shellings assaults ambushes detonations grenades \
        rounds shootings massacres explosion blast incidents violations breaches missile rocket \
        shell bomb clashes battles offensives warheads torpedoes"),
    (Noun::Object, "hospitals hospital clinics clinic homes home houses house buildings building \
        schools school vehicles vehicle cars car tanks tank trucks truck lorries buses bus \
        ambulances ambulance aircraft planes plane jets jet warplanes warplane helicopters \
        helicopter drones drone mosques mosque churches church bridges bridge shops stores \
        markets bakeries bakery depots depot warehouses warehouse hideouts hideout positions \
        headquarters launchers launcher launchpads cannons cannon guns howitzers artillery \
        posts checkpoints checkpoint bases camps tunnels tunnel workshops bulldozers bulldozer \
        motorcycles motorbikes bikes pick-ups pickups pickup facilities facility factories \
        factory plants pipelines tankers tanker ships ship boats boat vessels trains carriers \
        bmps apartments flats tents villages shelters offices centers centres targets target \
        fortifications bunkers trenches dumps batteries machineguns machine-guns rifles \
        fortified gatherings gathering convoys convoy radars runways runway hangars wells \
        installations sites site structures outposts strongholds dens caches stations towers \
        dushkas humvees jeeps vans excavators generators crossings refineries rigs"),
    (Noun::State, "countries nations states governments country nation"),
    (Noun::Unit, "second seconds minute minutes hour hours day days night nights week weeks weekend \
        weekends month months year years decade decades century centuries km kms kilometre \
        kilometres kilometer kilometers mile miles metre metres meter meters m cm mm feet foot \
        yards yard inches inch acres hectares ton tons tonne tonnes kg kilogram kilograms kilos \
        kilo pounds lbs gram grams litre litres liter liters gallons percent per cent pct % \
        dollars dollar usd euros euro pounds sterling lira liras rubles roubles rials dinars \
        shekels yuan yen cents degrees degree points percentage am pm a.m p.m gmt utc o'clock \
        hrs hr calibre caliber barrels/day mph kph times time thirds third quarters fifths \
        quarter fold stages stage phases phase terms term rounds-of pages page chapters articles \
        knots volts watts megawatts"),
    (Noun::Thing, "towns town cities city neighborhoods neighbourhoods neighborhood districts \
        areas area provinces groups group factions brigades battalions divisions units fronts \
        parties sides reasons things ways questions issues resolutions resolution points \
        agreements meetings sessions images photos videos reports statements elections seats \
        candidates votes languages rounds-table axes axis corridors corridor operations \
        operation organizations organisations agencies roads routes streets hills hilltops \
        missions mission series types kinds levels figures numbers tweets followers views \
        comments shares deals proposals parts part zones zone suburbs hamlets supplies boxes \
        packages parcels meals loaves"),
];

#[rustfmt::skip]
const TRIGGERS: &[(Measure, Form, &str)] = &[
    (Measure::Killed, Form::Past, "killed slain murdered slaughtered massacred executed beheaded \
        assassinated martyred eliminated annihilated decapitated hanged crucified lynched \
        neutralized neutralised dead-and liquidated butchered gunned"),
    (Measure::Killed, Form::Ing, "killing murdering slaughtering massacring executing beheading \
        assassinating eliminating annihilating martyring neutralizing neutralising claiming"),
    (Measure::Killed, Form::Present, "kill kills murder murders slaughter execute executes behead \
        beheads assassinate eliminate eliminates massacre slay slays"),
    (Measure::Killed, Form::Intransitive, "died die dies dying perished perish drowned succumbed \
        starved"),
    (Measure::Killed, Form::Adjective, "dead lifeless fatally"),
    (Measure::Injured, Form::Past, "wounded injured maimed hurt hospitalized hospitalised burned \
        burnt"),
    (Measure::Injured, Form::Ing, "wounding injuring maiming"),
    (Measure::Injured, Form::Present, "wound wounds injure injures maim"),
    (Measure::Missing, Form::Past, "buried disappeared"),
    (Measure::Missing, Form::Intransitive, "vanished"),
    (Measure::Missing, Form::Adjective, "missing unaccounted"),
    (Measure::Detained, Form::Past, "detained arrested imprisoned jailed captured apprehended \
        incarcerated interned"),
    (Measure::Detained, Form::Ing, "detaining arresting jailing imprisoning apprehending"),
    (Measure::Detained, Form::Present, "detain detains arrest arrests jail jails"),
    (Measure::Abducted, Form::Past, "abducted kidnapped seized"),
    (Measure::Abducted, Form::Ing, "abducting kidnapping"),
    (Measure::Abducted, Form::Present, "abduct abducts kidnap kidnaps"),
    (Measure::Displaced, Form::Past, "displaced uprooted driven expelled"),
    (Measure::Displaced, Form::Ing, "displacing uprooting expelling"),
    (Measure::Displaced, Form::Present, "displace displaces uproot"),
    (Measure::Displaced, Form::Intransitive, "fled flee flees fleeing"),
    (Measure::Displaced, Form::Adjective, "homeless"),
    (Measure::Evacuated, Form::Past, "evacuated bussed bused"),
    (Measure::Evacuated, Form::Ing, "evacuating"),
    (Measure::Evacuated, Form::Present, "evacuate evacuates"),
    (Measure::Besieged, Form::Past, "besieged trapped stranded encircled surrounded"),
    (Measure::Besieged, Form::Ing, "besieging trapping"),
    (Measure::Besieged, Form::Present, "besiege trap traps"),
    (Measure::Returned, Form::Intransitive, "returned return returning"),
    (Measure::Admitted, Form::Past, "admitted resettled accepted welcomed"),
    (Measure::Admitted, Form::Ing, "admitting resettling"),
    (Measure::Admitted, Form::Present, "admit resettle accept"),
    (Measure::Affected, Form::Past, "gassed poisoned suffocated asphyxiated exposed treated"),
    (Measure::Affected, Form::Ing, "gassing poisoning suffocating choking asphyxiating"),
    (Measure::Affected, Form::Intransitive, "suffered suffering suffer choked"),
    (Measure::Destroyed, Form::Past, "destroyed damaged demolished razed torched burned hit struck \
        smashed downed ruined wrecked flattened levelled leveled targeted bombed shelled \
        disabled crippled gutted obliterated incinerated ravaged"),
    (Measure::Destroyed, Form::Ing, "destroying damaging demolishing razing torching smashing \
        hitting downing wrecking flattening levelling leveling disabling striking burning \
        targeting bombing shelling"),
    (Measure::Destroyed, Form::Present, "destroy destroys damage damages demolish demolishes raze \
        smash smashes hit hits wreck target targets"),
];

#[rustfmt::skip]
const ROLES: &[(Role, &str)] = &[
    (Role::Preposition, "in on at near of from to into inside outside around across against by with \
        for over under between among amid during after before since until till through \
        throughout towards toward off onto upon within without via including despite following \
        besides beside along about behind beyond below above as than per like because due \
        out up down northwest southwest northeast southeast amongst alongside"),
    (Role::Determiner, "the a an this that these those his her their its our your my any all both \
        each every another such no"),
    (Role::Auxiliary, "was were is are be been being am has have had having do does did will would \
        can could may might must shall should remain remains remained got get gets went go \
        became become wasn't weren't isn't aren't"),
    (Role::Conjunction, "and or but while when as whereas although though so nor if whether yet \
        because where once unless plus"),
    (Role::Relative, "who which whom whose"),
    (Role::Pronoun, "he she it they them we us i you him himself themselves itself"),
    (Role::Adverb, "also reportedly allegedly already later earlier still then only just mostly \
        mainly instantly immediately recently once again since seriously critically severely \
        lightly slightly badly currently now nearly almost roughly approximately possibly \
        probably apparently not never even further moreover meanwhile therefore thus thereby \
        alone together too ever well newly officially summarily"),
    (Role::Saying, "said says say saying reported reports report reporting told tells announced \
        announces announcing added adds adding confirmed confirms claimed claims stated states \
        declared estimated estimates explained affirmed asserted noted revealed tweeted wrote \
        warned recounted recalled indicated disclosed asserts pointed stressed insisted \
        according citing quoting quoted counted documented put recorded registered acknowledged \
        alleged believes reiterated continued"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lost_apostrophes_still_name_days() {
        assert_eq!(look_up("tuesdays").2, Role::Weekday(2));
        assert_eq!(look_up("tuesday's").2, Role::Weekday(2));
        assert_eq!(look_up("ex-soldiers").0, Some(Noun::People));
    }
}
