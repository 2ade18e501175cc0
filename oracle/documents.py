"""Asks programs that others wrote about a bundle's documents about custody.

    python3 documents.py premis BUNDLE NUMBER SEED SCHEMA    xmllint, by the schema of PREMIS 3; without SCHEMA
                                                             by our own reading of its data dictionary alone
    python3 documents.py case   BUNDLE NUMBER SEED           case_validate of case-utils
    python3 documents.py crate  BUNDLE NUMBER SEED CONTEXT   rocrate-validator, without a network: the context
                                                             of RO-Crate 1.1 comes from the file CONTEXT

The document as it is must be accepted; then NUMBER copies, each with one change that breaks a rule of its
form, must be refused. Each kind of change is made, in turn, at random places. Exit status 1 where not so.
"""
import contextlib, copy, functools, io, json, pathlib, random, re, shutil, subprocess, sys, tempfile
import xml.etree.ElementTree as Tree

PREMIS = "{http://www.loc.gov/premis/v3}"


class Premis:
    name = "premis.xml"
    # Elements that their parent must have, once and no more.
    needed = """objectIdentifierType objectIdentifierValue messageDigestAlgorithm messageDigest formatName
        eventIdentifier eventIdentifierType eventIdentifierValue eventType eventDateTime agentIdentifierType
        agentIdentifierValue linkingAgentIdentifierType linkingAgentIdentifierValue linkingObjectIdentifierType
        linkingObjectIdentifierValue contentLocationType contentLocationValue""".split()

    # Children in order, of what our documents use; what is not here holds text alone.
    grammar = {
        "premis": "(object )+(event )*(agent )*",
        "object": "(objectIdentifier )+(objectCharacteristics )?(originalName )?(storage )?(relationship )?"
                  "(linkingEventIdentifier )*",
        "objectCharacteristics": "compositionLevel (fixity )+size format ",
        "fixity": "messageDigestAlgorithm messageDigest ",
        "format": "formatDesignation ", "formatDesignation": "formatName ", "storage": "contentLocation ",
        "relationship": "relationshipType relationshipSubType (relatedObjectIdentifier )+(relatedEventIdentifier )+",
        "event": "eventIdentifier eventType eventDateTime (eventDetailInformation )+(linkingAgentIdentifier )+"
                 "(linkingObjectIdentifier )+",
        "eventDetailInformation": "eventDetail ",
        "agent": "agentIdentifier (agentName )?agentType (agentVersion )?(agentNote )?",
        "linkingAgentIdentifier": "linkingAgentIdentifierType linkingAgentIdentifierValue linkingAgentRole ",
        **{name: "%sType %sValue " % (name, name) for name in """objectIdentifier contentLocation eventIdentifier
            linkingEventIdentifier linkingObjectIdentifier relatedObjectIdentifier relatedEventIdentifier
            agentIdentifier""".split()}}
    texts = """compositionLevel size messageDigestAlgorithm messageDigest formatName originalName relationshipType
        relationshipSubType eventType eventDateTime eventDetail agentName agentType agentVersion agentNote
        linkingAgentRole""".split()
    instance = "{http://www.w3.org/2001/XMLSchema-instance}type"

    def __init__(self, bundle, scratch, schema=None):
        Tree.register_namespace("", PREMIS[1:-1])
        self.schema, self.place = schema, scratch / self.name
        self.document = Tree.parse(bundle / self.name)
        self.changes = [self.removed, self.twice, self.renamed, self.moved, self.attribute, self.words,
                        self.version, self.kind, self.size, self.cut]

    def accepts(self, text):
        try:
            root = Tree.fromstring(text)
        except Tree.ParseError:
            root = None
        ours = root is not None and all(map(self.in_form, root.iter())) and root.tag == PREMIS + "premis"
        if not self.schema:
            return ours
        self.place.write_bytes(text)
        command = ["xmllint", "--nonet", "--noout", "--schema", self.schema, self.place]
        theirs = subprocess.run(command, capture_output=True).returncode == 0
        if ours and not theirs:
            print("our own reading of PREMIS accepts what its schema refuses")
        return theirs

    def in_form(self, one):
        name, children = one.tag[len(PREMIS):], "".join(child.tag[len(PREMIS):] + " " for child in one)
        parts = any(name in (part + "Type", part + "Value") for part in self.grammar)
        known = parts or name in self.grammar or name in self.texts
        attributes = {"premis": ["version"], "object": [self.instance]}.get(name, [])
        words = (one.text or "").strip() if name in self.grammar else ""
        value = {"premis": one.get("version") == "3.0", "size": re.fullmatch("[0-9]+", one.text or ""),
                 "object": one.get(self.instance) in ("file", "intellectualEntity")}.get(name, True)
        return bool(known and one.tag.startswith(PREMIS) and re.fullmatch(self.grammar.get(name, ""), children)
                    and list(one.attrib) == attributes and not words and value)

    def original(self):
        return Tree.tostring(self.document.getroot(), "utf-8")

    def changed(self, change, numbers):
        root = copy.deepcopy(self.document.getroot())
        self.parents = {child: parent for parent in root.iter() for child in parent}
        text = change(root, numbers)
        return text if isinstance(text, bytes) else Tree.tostring(root, "utf-8")

    def pick(self, root, numbers, names):
        return numbers.choice([one for one in root.iter() if one.tag[len(PREMIS):] in names])

    def removed(self, root, numbers):
        one = self.pick(root, numbers, self.needed)
        self.parents[one].remove(one)

    def twice(self, root, numbers):
        one = self.pick(root, numbers, self.needed)
        parent = self.parents[one]
        parent.insert(list(parent).index(one), copy.deepcopy(one))

    def renamed(self, root, numbers):
        one = numbers.choice(list(root.iter())[1:])
        one.tag += "x"

    def moved(self, root, numbers):
        one = self.pick(root, numbers, ["eventType", "eventIdentifier", "objectCharacteristics", "messageDigest"])
        parent, last = self.parents[one], list(self.parents[one])[-1]
        parent.remove(one)
        parent.insert(0 if one is last else len(parent), one)

    def attribute(self, root, numbers):
        numbers.choice(list(root.iter())).set("colour", "red")

    def words(self, root, numbers):
        self.pick(root, numbers, ["event", "object", "agent", "fixity", "format"]).text = "words"

    def version(self, root, numbers):
        root.set("version", numbers.choice(["2.3", "3.1", ""]))

    def kind(self, root, numbers):
        one = self.pick(root, numbers, ["object"])
        one.set("{http://www.w3.org/2001/XMLSchema-instance}type", numbers.choice(["files", "agent", "event"]))

    def size(self, root, numbers):
        self.pick(root, numbers, ["size"]).text = numbers.choice(["many", "1.5", ""])

    def cut(self, root, numbers):
        text = self.original()
        return text[:numbers.randrange(len(text) - 2)]


class Graph:
    """A document of linked data: what both have in common."""
    def __init__(self, bundle):
        self.document = json.loads((bundle / self.name).read_text("utf-8"))

    def original(self):
        return (json.dumps(self.document)).encode()

    def changed(self, change, numbers):
        document = copy.deepcopy(self.document)
        text = change(document, numbers)
        return text if isinstance(text, bytes) else json.dumps(document).encode()

    def pick(self, document, numbers, field, inside=None):
        """A node, or a part of one, that has this field."""
        found, look = [], list(document["@graph"])
        while look:
            one = look.pop()
            if isinstance(one, dict):
                found += [one] * (field in one)
                look += one.values()
            elif isinstance(one, list):
                look += one
        return numbers.choice(found)


class Case(Graph):
    name, asked = "case.jsonld", -2  # two for the document as it is

    def __init__(self, bundle, scratch):
        super().__init__(bundle)
        import case_utils.case_validate as validator
        # Read once: all of the time of a check would be spent on it.
        validator.get_ontology_graph = functools.cache(validator.get_ontology_graph)
        self.validate, self.place = validator.validate, scratch / self.name
        self.exact, self.quick = exact_and_quick()
        typed = [("action:endTime", ["yesterday", "2031-13-01T00:00:00Z"]), ("types:hashValue", ["zz", "abc"]),
                 ("observable:sizeInBytes", ["many", "1.5"])]
        self.changes = [self.term, self.kind, self.cut]
        self.changes += [functools.partial(self.value, *one) for one in typed]
        nodes = ["action:performer", "action:instrument", "core:hasFacet", "core:object"]
        self.changes += [functools.partial(self.literal, one) for one in nodes]
        single = ["investigation:exhibitNumber", "tool:version", "core:name"]
        self.changes += [functools.partial(self.two, one) for one in single]
        self.changes += [functools.partial(self.gone, one) for one in ["types:hashValue", "types:hashMethod"]]

    def accepts(self, text):
        self.quick()
        verdict = self.judged(text)
        if self.asked < len(self.changes):  # the first of each kind of change by the validator as it is
            self.asked += 1
            self.exact()
            if self.judged(text) is not verdict:
                raise SystemExit("case_validate says something else where nothing is remembered")
        return verdict

    def judged(self, text):
        self.place.write_bytes(text)
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                said = self.validate(str(self.place), allow_infos=False, allow_warnings=False, inference="none")
            return said.conforms and not said.undefined_concepts
        except (ValueError, KeyError, TypeError, AttributeError, json.JSONDecodeError):
            return False  # no linked data at all

    def term(self, document, numbers):
        node = numbers.choice(document["@graph"])
        name = numbers.choice([name for name in node if ":" in name])
        node[name + "x"] = node.pop(name)

    def kind(self, document, numbers):
        numbers.choice(document["@graph"])["@type"] += "x"

    def cut(self, document, numbers):
        text = self.original()
        return text[:numbers.randrange(1, len(text) - 2)]

    def value(self, field, values, document, numbers):
        self.pick(document, numbers, field)[field]["@value"] = numbers.choice(values)

    def literal(self, field, document, numbers):
        self.pick(document, numbers, field)[field] = numbers.choice(["words", 7])

    def two(self, field, document, numbers):
        node = self.pick(document, numbers, field)
        node[field] = [node[field], "another"]

    def gone(self, field, document, numbers):
        del self.pick(document, numbers, field)[field]


def exact_and_quick():
    """Two functions: have case_validate work as it does, or remember what no document changes: the part of the ontology
    that it copies to each document, and its queries taken apart, which it does for every node: half of its time on a
    small document, nine tenths on a large one."""
    from pyshacl.rdfutil.inoculate import inoculate
    from pyshacl.validator import Validator
    from rdflib import Graph as Triples
    from rdflib.plugins.sparql import processor
    mix_in, query, copied, known = Validator.mix_in_ontology, processor.SPARQLProcessor.query, [], {}

    def mix_in_again(self):
        if not copied:
            none = Triples()
            copied.extend(inoculate(type(self.data_graph)(none.store, none), self.ont_graph).impl)
        mixed = self.data_graph.clone()
        for triple in copied:
            mixed.add(triple)
        return mixed

    def query_again(self, text, initBindings=None, initNs=None, base=None, DEBUG=False):
        key = text, base, tuple(sorted((initNs or {}).items()))
        if key not in known:
            known[key] = processor.translateQuery(processor.parseQuery(text), base, initNs or {})
        return query(self, known[key], initBindings or {}, initNs or {}, base, DEBUG)

    def use(mixing, asking):
        Validator.mix_in_ontology, processor.SPARQLProcessor.query = mixing, asking
    return (lambda: use(mix_in, query)), (lambda: use(mix_in_again, query_again))


class Crate(Graph):
    name = "ro-crate-metadata.json"

    def __init__(self, bundle, scratch, context):
        super().__init__(bundle)
        from rocrate_validator import models, services
        self.root = scratch / "crate"
        shutil.copytree(bundle, self.root)
        cache = str(scratch / "contexts")
        warm(cache, context)
        self.settings = services.ValidationSettings(
            rocrate_uri=str(self.root), profile_identifier="ro-crate-1.1", offline=True, cache_path=cache,
            requirement_severity=models.Severity.REQUIRED)
        self.validate = services.validate
        self.changes = [self.term, self.untyped, self.unnamed, self.cut, self.missing, self.unlisted, self.nested]
        top = [("ro-crate-metadata.json", one) for one in ["about", "conformsTo", "@type", None]]
        top += [("./", one) for one in ["datePublished", "@type", "hasPart", None]]
        self.changes += [functools.partial(self.without, *one) for one in top]
        self.changes += [self.day, self.profile, self.context, self.about]

    def accepts(self, text):
        (self.root / self.name).write_bytes(text)
        try:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                return self.validate(self.settings).passed()
        except Exception as wrong:  # it says so of what is no crate at all
            return print("   ", repr(wrong)[:100]) or False

    def node(self, document, name):
        return next(one for one in document["@graph"] if one["@id"] == name)

    def term(self, document, numbers):
        numbers.choice(document["@graph"])["zzz"] = "words"

    def untyped(self, document, numbers):
        del numbers.choice(document["@graph"])["@type"]

    def unnamed(self, document, numbers):
        del numbers.choice(document["@graph"])["@id"]

    def cut(self, document, numbers):
        text = self.original()
        return text[:numbers.randrange(1, len(text) - 2)]

    def missing(self, document, numbers):
        parts = self.node(document, "./")["hasPart"]
        part = numbers.choice(parts)
        old, part["@id"] = part["@id"], part["@id"] + "x"
        self.node(document, old)["@id"] += "x"

    def unlisted(self, document, numbers):
        parts = self.node(document, "./")["hasPart"]
        parts.remove(numbers.choice(parts))

    def nested(self, document, numbers):
        node = numbers.choice(document["@graph"])
        node["mentions"] = {"@id": "#inner", "@type": "Thing", "name": "inside"}

    def without(self, name, field, document, numbers):
        node = self.node(document, name)
        if field:
            del node[field]
        else:
            document["@graph"].remove(node)

    def day(self, document, numbers):
        self.node(document, "./")["datePublished"] = numbers.choice(["soon", "05.04.2031", ""])

    def profile(self, document, numbers):
        self.node(document, self.name)["conformsTo"] = {"@id": "https://example.org/other"}

    def context(self, document, numbers):
        document["@context"] = "https://example.org/context"

    def about(self, document, numbers):
        self.node(document, self.name)["about"] = {"@id": "data/"}


def warm(cache, context):
    """Puts the context where rocrate-validator keeps what it fetched."""
    import requests, requests_cache, urllib3

    class Given(requests.adapters.HTTPAdapter):
        def send(self, request, **_):
            body = io.BytesIO(pathlib.Path(context).read_bytes())
            answer = urllib3.HTTPResponse(body=body, headers={"Content-Type": "application/ld+json"}, status=200,
                                          preload_content=False, request_url=request.url)
            return self.build_response(request, answer)

    session = requests_cache.CachedSession(cache_name=cache, expire_after=-1, backend="sqlite")
    session.mount("https://", Given())
    accept = {"Accept": "application/ld+json, application/json"}
    session.get("https://w3id.org/ro/crate/1.1/context", headers=accept).raise_for_status()


def main(which, bundle, number, seed, *rest):
    numbers, kinds = random.Random(int(seed)), {"premis": Premis, "case": Case, "crate": Crate}
    with tempfile.TemporaryDirectory() as folder:
        judge = kinds[which](pathlib.Path(bundle), pathlib.Path(folder), *rest)
        as_made = (pathlib.Path(bundle) / judge.name).read_bytes()
        for what, text in (("made", as_made), ("written anew", judge.original())):
            if not judge.accepts(text):
                return print("%s, as %s, is refused" % (judge.name, what)) or 1
        wrong = 0
        for done in range(int(number)):
            change = judge.changes[done % len(judge.changes)]
            if judge.accepts(judge.changed(change, numbers)):
                wrong += 1
                print("ACCEPTED after a change: %s" % (getattr(change, "args", None) or change.__name__,))
    print("%s accepted, %s changes of it: %d accepted" % (judge.name, number, wrong))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
