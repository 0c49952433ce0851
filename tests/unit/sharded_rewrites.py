"""Every family of Sharded's functions, written once more in another way; `V` has the values, `NAME` is the function."""

REWRITES = {
    "clean_numbers": """
def NAME(xs):
    out = []
    for x in xs:
        if V["least"] is not None and not x >= V["least"]:
            continue
        if V["repeats"] != "once" or x not in out:
            out += [x]
    if V["order"] == "rising":
        out = sorted(out)
    if V["order"] == "falling":
        out = list(reversed(sorted(out)))
    return out if V["top"] is None else out[: V["top"]]
""",
    "in_chunks": """
def NAME(numbers):
    def pieces(xs):
        return [xs[: V["size"]], *pieces(xs[V["size"] :])] if xs else []

    sign = {"given": 0, "rising": 1, "falling": -1}[V["within"]]
    found = pieces(numbers[V["skip"] :])
    return [sorted(p, key=lambda n: sign * n) for p in found if V["rest"] == "kept" or not len(p) < V["size"]]
""",
    "grid_lines": """
def NAME(grid):
    if V["along"] == "columns":
        grid = [[row[j] for row in grid] for j in range(len(grid[0]) if grid else 0)]
    if V["below"] == "zero":
        grid = [[n if n > 0 else 0 for n in row] for row in grid]
    result = list(map({"sum": sum, "largest": max, "smallest": min}[V["take"]], grid))
    if V["order"] != "given":
        result.sort()
    if V["order"] == "falling":
        result.reverse()
    return tuple(result)
""",
    "rank_scores": """
def NAME(scores):
    sign = -1 if V["order"] == "falling" else 1
    pairs = sorted(scores.items(), key=lambda pair: (sign * pair[1], pair[0]))
    pairs = [(name, s) for name, s in pairs if s >= (V["passing"] or 0)]
    if V["top"]:
        pairs = pairs[: V["top"]]
    write = {"names": "{1}", "scored": "{1}: {2}", "numbered": "{0}. {1}"}[V["form"]]
    return [write.format(i + 1, *pair) for i, pair in enumerate(pairs)]
""",
    "middle_of": """
import statistics

def NAME(numbers):
    kept = [x for x in numbers if not (V["skip"] == "zeros" and not x) and not (V["skip"] == "below" and x < 0)]
    if V["cap"] is not None:
        kept = [V["cap"] if x > V["cap"] else x for x in kept]
    if len(kept) == 0:
        return V["empty"]
    if V["measure"] == "halfway":
        return min(kept) + (max(kept) - min(kept)) / 2
    return statistics.mean(kept) if V["measure"] == "mean" else statistics.median(kept)
""",
    "order_total": """
class Order:
    def __init__(self, lines):
        self.goods = 0
        for q, p in lines:
            if V["bulk"] is not None and q >= V["bulk"]:
                q -= 1
            self.goods += q * p

def NAME(lines):
    if not lines:
        return 0
    goods = Order(lines).goods
    total = goods - goods * V["discount"] / 100
    if V["free_from"] is None or goods < V["free_from"]:
        total += V["delivery"]
    return total
""",
    "count_up": """
def NAME(last):
    out, n = [], V["first"]
    while n <= last:
        out.append(n if n % V["multiple"] else V["word"])
        n += 1
    return out if V["way"] == "up" else [*reversed(out)]
""",
    "find_steps": """
def NAME(numbers, i=1):
    if i >= len(numbers):
        return V["missing"]
    jump = numbers[i] - numbers[i - 1]
    size = {"either": abs(jump), "rise": jump, "drop": -jump}[V["kind"]]
    return i + V["base"] if size >= V["least"] else NAME(numbers, i + 1)
""",
    "count_words": """
from collections import Counter

def NAME(text):
    words = (text.lower() if V["case"] == "ignored" else text).split(" ")
    counts = Counter(w for w in words if w and not len(w) < V["shortest"])
    return {w: n for w, n in counts.items() if n >= V["least"] and w != V["stop"]}
""",
    "group_words": """
from collections import defaultdict

def NAME(words):
    groups = defaultdict(list)
    for w in filter(lambda w: len(w) >= V["shortest"], words):
        groups[w[{"first": 0, "last": -1}[V["key"]]]].append(w)
    for letter in list(groups):
        if len(groups[letter]) < V["least"]:
            del groups[letter]
        elif V["order"] != "given":
            groups[letter].sort(reverse=V["order"] == "backwards")
    return groups
""",
    "find_word": """
def NAME(words, wanted):
    fold = str.casefold if V["case"] == "ignored" else str
    left = 2 if V["which"] == "second" else 1
    steps = range(len(words) - 1, -1, -1) if V["which"] == "last" else range(len(words))
    for i in steps:
        if fold(words[i]) == fold(wanted):
            left -= 1
            if not left:
                return i + V["base"]
    return V["missing"]
""",
    "join_names": """
def NAME(names):
    write = {"given": str, "upper": str.upper, "capitalised": str.title}[V["form"]]
    text = V["empty"] if not names else ""
    for i, name in enumerate(names):
        if i:
            text += V["last"] if V["last"] is not None and i == len(names) - 1 else V["between"]
        text += write(name)
    return text
""",
    "shorten": """
import re

def NAME(text):
    if V["spaces"] == "single":
        text = re.sub(" +", " ", text).strip()
    text = {"given": str, "upper": str.upper, "lower": str.lower}[V["case"]](text)
    if len(text) > V["limit"]:
        text = text[: V["limit"]] + V["ending"]
    return text
""",
    "mask": """
def NAME(text):
    hide = lambda part: "".join(" " if c == " " and V["spaces"] == "kept" else V["sign"] for c in part)
    if len(text) <= V["shown"]:
        return text
    if V["side"] == "first":
        return text[: V["shown"]] + hide(text[V["shown"] :])
    return hide(text[: -V["shown"]]) + text[-V["shown"] :]
""",
    "squeeze": """
from itertools import groupby

def NAME(text):
    def write(letter, run):
        n = len(list(run))
        n = "" if n == 1 and V["ones"] == "left out" else n
        return f"{letter}{n}" if V["order"] == "letter first" else f"{n}{letter}"

    return V["between"].join(write(*pair) for pair in groupby(text.lower() if V["case"] == "lower" else text))
""",
    "check_password": """
import re

def NAME(text):
    if len(text) < V["shortest"] or len(re.findall("[0-9]", text)) < V["digits"]:
        return False
    if V["capital"] == "needed" and not re.search("[A-Z]", text):
        return False
    return not (V["spaces"] == "forbidden" and " " in text)
""",
    "slug": """
def NAME(text):
    words = [w for w in text.split(" ") if w]
    if V["limit"]:
        words = words[: V["limit"]]
    result = V["between"].join(words)
    if V["digits"] == "dropped":
        result = result.translate({ord(d): None for d in "0123456789"})
    return {"given": result, "lower": result.lower(), "upper": result.upper()}[V["case"]]
""",
}
