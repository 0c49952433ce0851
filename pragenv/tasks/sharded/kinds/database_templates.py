"""What can be asked of a world of two tables: templates of queries, and the words for each of their facts.

A slot's value is a piece of SQL, empty where nothing is asked for; a template puts the pieces together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pragenv.tasks.sharded.kinds.clauses import Slot

Pieces = Mapping[str, str]


@dataclass(frozen=True)
class World:
    """Two tables: parents, and children that may refer to one of them.

    Attributes:
        parent: one of the parents, and so for `parents`, `child` and `children`; the plurals name the tables.
        kind: a text column of the parents, and `kinds` some of its values.
        figure: a number column of the parents, and `figures` some of its values.
        label: the column that names a child; not unique.
        sort: a text column of the children, and `sorts` some of its values.
        amount: a number column of the children, and `amounts` some of its values.
        year: a column of the children that is never missing, and `years` some of its values.
    """

    parent: str
    parents: str
    kind: str
    kinds: tuple[str, ...]
    figure: str
    figures: tuple[int, ...]
    child: str
    children: str
    label: str
    sort: str
    sorts: tuple[str, ...]
    amount: str
    amounts: tuple[int, ...]
    year: str
    years: tuple[int, ...]

    @property
    def schema(self) -> str:
        """The statements that make the tables."""
        return (
            f"CREATE TABLE {self.parents} (\n  id INTEGER PRIMARY KEY,\n  name TEXT NOT NULL UNIQUE,\n"
            f"  {self.kind} TEXT,\n  {self.figure} INTEGER\n);\n"
            f"CREATE TABLE {self.children} (\n  id INTEGER PRIMARY KEY,\n"
            f"  {self.parent}_id INTEGER REFERENCES {self.parents}(id),\n  {self.label} TEXT NOT NULL,\n"
            f"  {self.sort} TEXT,\n  {self.amount} INTEGER,\n  {self.year} INTEGER NOT NULL\n);"
        )

    @property
    def joined(self) -> str:
        """Children with their parents."""
        return f"{self.children} c JOIN {self.parents} p ON p.id = c.{self.parent}_id"

    # -- slots that several templates have -----------------------------------------------------------------------------

    def by_amount(self) -> Slot:
        """Which children, by their number."""
        column, clauses = f"c.{self.amount}", {"": f"take {self.children} whatever their {self.amount}"}
        for n in self.amounts:
            clauses[f"{column} >= {n}"] = f"take only {self.children} whose {self.amount} is {n} or more"
            clauses[f"{column} > {n}"] = f"take only {self.children} whose {self.amount} is above {n}"
            clauses[f"{column} < {n}"] = f"take only {self.children} whose {self.amount} is below {n}"
            clauses[f"{column} <= {n}"] = f"take only {self.children} whose {self.amount} is {n} or less"
        return Slot("amount", "", clauses)

    def by_sort(self) -> Slot:
        """Which children, by their text."""
        clauses = {"": f"take {self.children} whatever their {self.sort}"}
        for word in self.sorts:
            clauses[f"c.{self.sort} = '{word}'"] = f"stick to {self.children} whose {self.sort} is '{word}'"
            clauses[f"c.{self.sort} <> '{word}'"] = (
                f"stick to {self.children} whose {self.sort} is known and is not '{word}'"
            )
        return Slot("sort", "", clauses)

    def by_year(self) -> Slot:
        """Which children, by their year."""
        clauses = {"": f"take {self.children} whatever their {self.year}"}
        for n in self.years:
            clauses[f"c.{self.year} >= {n}"] = f"keep to {self.children} whose {self.year} is {n} or later"
            clauses[f"c.{self.year} BETWEEN {n} AND {n + 5}"] = (
                f"keep to {self.children} whose {self.year} is from {n} to {n + 5} (both included)"
            )
        return Slot("year", "", clauses)

    def by_parent(self) -> Slot:
        """Which parents."""
        clauses = {"": f"consider every {self.parent}"}
        for word in self.kinds:
            clauses[f"p.{self.kind} = '{word}'"] = f"consider only {self.parents} whose {self.kind} is '{word}'"
        for n in self.figures:
            clauses[f"p.{self.figure} > {n}"] = f"consider only {self.parents} whose {self.figure} is above {n}"
            clauses[f"p.{self.figure} <= {n}"] = f"consider only {self.parents} whose {self.figure} is {n} or less"
        return Slot("parent", "", clauses)


@dataclass(frozen=True)
class Template:
    """A form of question.

    Attributes:
        name: of the template.
        slots: what there is to tell, in a world.
        words: what the user starts with, and what the whole instruction opens with.
        sql: the query for the values of the slots.
        sensible: whether values go together.
    """

    name: str
    slots: Callable[[World], tuple[Slot, ...]]
    words: Callable[[World], tuple[str, str]]
    sql: Callable[[World, Pieces], str]
    sensible: Callable[[Pieces], bool] = lambda _: True


def _where(values: Pieces, *names: str, word: str = "WHERE") -> str:
    conditions = [values[name] for name in names if values[name]]
    return f" {word} {' AND '.join(conditions)}" if conditions else ""


def _order(values: Pieces) -> str:
    return f" ORDER BY {values['order']}" if values["order"] else ""


# -- children, one by one ----------------------------------------------------------------------------------------------


def _list_slots(w: World) -> tuple[Slot, ...]:
    columns = {
        f"c.{w.label}": f"give just the {w.label} of each",
        f"c.{w.label}, c.{w.amount}": f"give the {w.label} and the {w.amount} of each",
        f"c.{w.label}, c.{w.year}, c.{w.sort}": f"give the {w.label}, the {w.year} and the {w.sort} of each",
    }
    order = {
        "": "list them in any order",
        f"c.{w.year}, c.id": f"sort by {w.year}, earliest first, and by id where that is equal",
        f"c.{w.year} DESC, c.id": f"sort by {w.year}, latest first, and by lowest id first where that is equal",
    }
    limit = {"": "list all of them"} | {f" LIMIT {n}": f"stop after the first {n}" for n in (2, 3, 5)}
    return (
        Slot("columns", f"c.{w.label}", columns),
        w.by_amount(),
        w.by_sort(),
        Slot("order", "", order),
        Slot("limit", "", limit),
    )


def _list_sql(w: World, values: Pieces) -> str:
    where = _where(values, "amount", "sort")
    return f"SELECT {values['columns']} FROM {w.children} c{where}{_order(values)}{values['limit']}"


# -- one figure --------------------------------------------------------------------------------------------------------


def _figure_slots(w: World) -> tuple[Slot, ...]:
    figures = {
        "COUNT(*)": "count them",
        f"COUNT(DISTINCT c.{w.sort})": f"count how many different values of {w.sort} they have",
        f"AVG(c.{w.amount})": f"take the average {w.amount}",
        f"SUM(c.{w.amount})": f"add up their {w.amount}",
        f"COUNT(DISTINCT c.{w.parent}_id)": f"count from how many different {w.parents} they are",
    }
    return Slot("figure", "COUNT(*)", figures), w.by_amount(), w.by_year(), w.by_parent()


def _figure_sql(w: World, values: Pieces) -> str:
    source = w.joined if values["parent"] else f"{w.children} c"
    return f"SELECT {values['figure']} FROM {source}{_where(values, 'amount', 'year', 'parent')}"


# -- a figure for each parent ------------------------------------------------------------------------------------------


def _group_slots(w: World) -> tuple[Slot, ...]:
    figures = {
        "COUNT(*)": f"give the name and the number of {w.children} for each {w.parent} that has any",
        f"AVG(c.{w.amount})": f"give the name and the average {w.amount} for each {w.parent} that has any {w.children}",
        f"SUM(c.{w.amount})": f"give the name and the total {w.amount} for each {w.parent} that has any {w.children}",
    }
    having = {"": f"include every {w.parent} with at least one of these {w.children}"} | {
        f"COUNT(*) >= {n}": f"include only {w.parents} with at least {n} of these {w.children}" for n in (2, 3)
    }
    order = {
        "": "list them in any order",
        "p.name": "sort by name",
        "p.name DESC": "sort by name, from Z to A",
    }
    slots = (Slot("figure", "COUNT(*)", figures), w.by_year(), Slot("having", "", having), w.by_parent())
    return (*slots, Slot("order", "", order))


def _group_sql(w: World, values: Pieces) -> str:
    where, having = _where(values, "year", "parent"), _where(values, "having", word="HAVING")
    return f"SELECT p.name, {values['figure']} FROM {w.joined}{where} GROUP BY p.id{having}{_order(values)}"


# -- parents with and without ------------------------------------------------------------------------------------------


def _some_slots(w: World) -> tuple[Slot, ...]:
    sense = {
        "EXISTS": f"list those {w.parents} that have at least one of the {w.children} in question",
        "NOT EXISTS": f"list those {w.parents} that have none of the {w.children} in question",
    }
    columns = {"p.name": "give only the name"}
    columns |= {f"p.name, p.{c}": f"give the name and the {c}" for c in (w.kind, w.figure)}
    return Slot("sense", "EXISTS", sense), w.by_amount(), w.by_sort(), w.by_parent(), Slot("columns", "p.name", columns)


def _some_sql(w: World, values: Pieces) -> str:
    inner = f"SELECT 1 FROM {w.children} c WHERE c.{w.parent}_id = p.id{_where(values, 'amount', 'sort', word='AND')}"
    also = _where(values, "parent", word="AND")
    return f"SELECT {values['columns']} FROM {w.parents} p WHERE {values['sense']} ({inner}){also}"


# -- values of a column ------------------------------------------------------------------------------------------------


def _values_slots(w: World) -> tuple[Slot, ...]:
    return (
        Slot("column", f"c.{w.sort}", {
            f"c.{w.sort}": f"show the {w.sort}",
            f"c.{w.label}": f"show the {w.label}",
            f"c.{w.year}": f"show the {w.year}",
        }),
        Slot("repeats", "", {"": "list repeated values as often as they come up", "DISTINCT ": "list no value twice"}),
        w.by_amount(),
        w.by_parent(),
        Slot("order", "", {
            "": "list them in any order",
            " ASC": "sort them upwards (A to Z, small to large, what is missing first)",
            " DESC": "sort them downwards (Z to A, large to small, what is missing last)",
        }),
    )  # fmt: skip


def _values_sql(w: World, values: Pieces) -> str:
    source = w.joined if values["parent"] else f"{w.children} c"
    order = f" ORDER BY {values['column']}{values['order']}" if values["order"] else ""
    return f"SELECT {values['repeats']}{values['column']} FROM {source}{_where(values, 'amount', 'parent')}{order}"


TEMPLATES = {
    template.name: template
    for template in (
        Template(
            "list",
            _list_slots,
            lambda w: (f"I'd like to see some of our {w.children}.", f"Write a query that lists {w.children}."),
            _list_sql,
            lambda values: bool(values["order"]) or not values["limit"],  # the first few of any order are any few
        ),
        Template(
            "figure",
            _figure_slots,
            lambda w: (
                f"I need a figure about our {w.children}.",
                f"Write a query for one figure about the {w.children}.",
            ),
            _figure_sql,
        ),
        Template(
            "group",
            _group_slots,
            lambda w: (f"I want to compare our {w.parents}.", f"Write a query that compares the {w.parents}."),
            _group_sql,
        ),
        Template(
            "some",
            _some_slots,
            lambda w: (
                f"I'm after certain {w.parents}, going by their {w.children}.",
                f"Write a query that finds {w.parents} by their {w.children}.",
            ),
            _some_sql,
        ),
        Template(
            "values",
            _values_slots,
            lambda w: (
                f"What's there among our {w.children}?",
                f"Write a query for what there is among the {w.children}.",
            ),
            _values_sql,
        ),
    )
}
