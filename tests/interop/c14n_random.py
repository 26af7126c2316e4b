"""Random documents with everything that canonicalisation is about, and libxml2's opinion of them.

libxml2 is asked through ctypes and not through lxml, because lxml copies a subtree before it canonicalises it: inclusive
canonicalisation and PrefixLists then miss the namespaces of the ancestors.
"""

import ctypes
import ctypes.util

PREFIXES = ["a", "b", "soapenv", "п"]
# None with `&`: libxml2 writes namespace URIs unescaped, against C14N section 2.3 (and we do not).
URIS = ["urn:one", "urn:two", "urn:three", "http://schemas.xmlsoap.org/soap/envelope/"]
LOCALS = ["x", "Body", "messageId", "имя", "a.b-c"]
TEXTS = [
    "text", "ТЕСТОВ", "\t", "\n", "\r\n", "\r", " a  b ", "&amp;", "&lt;", "&gt;", "&quot;", "&apos;", "'", ">", "\"",
    "&#13;", "&#10;", "&#9;", "&#x49E;", "] ", "\r&amp;", "&#13;\n", "𝄞",
]
VALUES = [text for text in TEXTS if text not in ("'", '"')] + ["", "line\nline", "tab\ttab", "cr\rcr", "crlf\r\ncrlf"]


class Writer:
    """Writes one well-formed document; `random` decides everything."""

    def __init__(self, random, instructions):
        self.random, self.instructions, self.out = random, instructions, []

    def document(self):
        if self.random.random() < 0.3:
            self.out.append('<?xml version="1.0" encoding="UTF-8"?>\n')
        self.element({"": ""}, 0)
        return "".join(self.out)

    def element(self, inherited, depth):
        random = self.random
        scope, attributes = dict(inherited), []
        for prefix in random.sample(PREFIXES, random.choice([0, 0, 1, 1, 2])):
            scope[prefix] = random.choice(URIS)
            attributes.append((f"xmlns:{prefix}", scope[prefix]))
        if random.random() < 0.25:
            scope[""] = random.choice(URIS + ["", ""])
            attributes.append(("xmlns", scope[""]))
        attributes += self.plain_attributes(scope)
        random.shuffle(attributes)
        name = self.qname(scope, default=True)
        self.out.append("<" + name)
        for key, value in attributes:
            quote = random.choice("'\"")
            self.out.append(random.choice([" ", "\n", "  "]) + key + random.choice(["=", " = "]) + quote + value + quote)
        if random.random() < 0.15:
            self.out.append(random.choice(["/>", " />"]))
            return
        self.out.append(random.choice([">", " >"]))
        for _ in range(random.randint(0, 5)):
            self.content(scope, depth)
        self.out.append(f"</{name}{random.choice(['', ' '])}>")

    def content(self, scope, depth):
        random = self.random
        choice = random.random()
        if choice < 0.45 and depth < 6:
            self.element(scope, depth + 1)
        elif choice < 0.8:
            self.out.append("".join(random.choice(TEXTS) for _ in range(random.randint(1, 4))))
        elif choice < 0.88:
            self.out.append("<![CDATA[" + random.choice(["", "<a>&amp;", "\r\n", "]]", "ҚР", "\r"]) + "]]>")
        elif choice < 0.96 or not self.instructions:
            self.out.append("<!--" + random.choice(["", " c ", "<x>", "a\rb"]) + "-->")
        else:
            self.out.append("<?" + random.choice(["pi", "pi data", "pi   a b ", "pi <x>&amp;\n"]) + "?>")

    def plain_attributes(self, scope):
        random, seen, chosen = self.random, set(), []
        for _ in range(random.choice([0, 0, 1, 2, 4])):
            name = random.choice(["xml:lang", "xml:space"]) if random.random() < 0.1 else self.qname(scope, default=False)
            prefix, _, local = name.rpartition(":")
            expanded = (scope.get(prefix, prefix) if prefix else "", local)
            if expanded not in seen:
                seen.add(expanded)
                value = "preserve" if name == "xml:space" else "".join(random.choice(VALUES) for _ in range(random.randint(0, 3)))
                chosen.append((name, value))
        return chosen

    def qname(self, scope, default):
        bound = [prefix for prefix in scope if prefix]
        local = self.random.choice(LOCALS)
        if not bound or self.random.random() < 0.4:
            return local
        return f"{self.random.choice(bound)}:{local}"


def random_document(random, instructions=False):
    return Writer(random, instructions).document()


def random_case(random, instructions=False):
    """(algorithm, PrefixList, apex path, document as octets)."""
    document = random_document(random, instructions).encode()
    algorithm = random.choice(["exclusive", "exclusive", "exclusive", "inclusive"])
    listed = []
    if algorithm == "exclusive" and random.random() < 0.3:
        listed = random.sample(PREFIXES + ["#default", "unbound"], random.randint(1, 3))
    return algorithm, listed, random_apex(random, document), document


def random_apex(random, document):
    """A path of child-element numbers, as examples/c14n.rs reads it."""
    from lxml import etree

    node, path = etree.fromstring(document), []
    while random.random() < 0.6:
        children = [child for child in node if isinstance(child.tag, str)]
        if not children:
            break
        step = random.randrange(len(children))
        node = children[step]
        path.append(str(step))
    return ".".join(path) or "."


class NodeSet(ctypes.Structure):
    _fields_ = [("nr", ctypes.c_int), ("max", ctypes.c_int), ("tab", ctypes.c_void_p)]


class XPathObject(ctypes.Structure):
    _fields_ = [("type", ctypes.c_int), ("nodesetval", ctypes.POINTER(NodeSet))]


def load_libxml2():
    library = ctypes.CDLL(ctypes.util.find_library("xml2") or "libxml2.so.2")
    for name in ("xmlReadMemory", "xmlXPathNewContext"):
        getattr(library, name).restype = ctypes.c_void_p
    library.xmlXPathEvalExpression.restype = ctypes.POINTER(XPathObject)
    library.xmlXPathEvalExpression.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    library.xmlXPathNewContext.argtypes = [ctypes.c_void_p]
    library.xmlXPathFreeObject.argtypes = [ctypes.POINTER(XPathObject)]
    library.xmlXPathFreeContext.argtypes = [ctypes.c_void_p]
    library.xmlFreeDoc.argtypes = [ctypes.c_void_p]
    library.xmlC14NDocDumpMemory.argtypes = [
        ctypes.c_void_p, ctypes.POINTER(NodeSet), ctypes.c_int, ctypes.POINTER(ctypes.c_char_p), ctypes.c_int,
        ctypes.POINTER(ctypes.c_void_p)]
    return library


LIBXML2 = load_libxml2()
free = ctypes.CDLL(None).free
free.argtypes = [ctypes.c_void_p]


def canonical_by_libxml2(algorithm, listed, apex, document):
    """The canonical octets of the subtree at `apex`, without comments."""
    steps = "".join(f"/*[{int(step) + 1}]" for step in apex.split(".") if step)
    nodes = f"/*{steps}/descendant-or-self::node()"
    expression = f"{nodes} | {nodes}/@* | {nodes}/namespace::*"
    tree = LIBXML2.xmlReadMemory(document, len(document), None, None, 0)
    assert tree, document
    context = LIBXML2.xmlXPathNewContext(tree)
    found = LIBXML2.xmlXPathEvalExpression(expression.encode(), context)
    prefixes = (ctypes.c_char_p * (len(listed) + 1))(*[prefix.encode() for prefix in listed], None) if listed else None
    out = ctypes.c_void_p()
    mode = {"inclusive": 0, "exclusive": 1}[algorithm]
    length = LIBXML2.xmlC14NDocDumpMemory(tree, found.contents.nodesetval, mode, prefixes, 0, ctypes.byref(out))
    assert length >= 0, document
    octets = ctypes.string_at(out, length)
    free(out)
    LIBXML2.xmlXPathFreeObject(found)
    LIBXML2.xmlXPathFreeContext(context)
    LIBXML2.xmlFreeDoc(tree)
    return octets
