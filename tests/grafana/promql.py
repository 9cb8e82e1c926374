"""Queries as trees: which metrics with which labels they speak of."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promql_parser import (
    AggregateExpr,
    BinaryExpr,
    Call,
    MatrixSelector,
    ParenExpr,
    StringLiteral,
    SubqueryExpr,
    UnaryExpr,
    VectorSelector,
    parse,
)

OF_TARGETS = frozenset({"job", "instance", "site"})
"""Labels that Prometheus adds: the two of every target, and the site's name (config/prometheus)."""


@dataclass(frozen=True, slots=True)
class Selected:
    """A selector, with the function around it and for how long it looks back."""

    metric: str
    labels: frozenset[str]
    function: str | None
    range_s: float | None


def tree(expr: str) -> Any:
    """ValueError where it is no PromQL."""
    return parse(expr)


def selected(node: Any, function: str | None = None) -> Iterator[Selected]:
    """Every selector of a query."""
    if isinstance(node, VectorSelector):
        yield Selected(node.name or "", frozenset(m.name for m in node.matchers.matchers), function, None)
    elif isinstance(node, MatrixSelector):
        within = node.vector_selector
        labels = frozenset(m.name for m in within.matchers.matchers)
        yield Selected(within.name or "", labels, function, node.range.total_seconds())
    else:
        for child in _children(node):
            yield from selected(child, node.func.name if isinstance(node, Call) else function)


def named_labels(node: Any) -> Iterator[str]:
    """The labels by which a query groups or joins."""
    if isinstance(node, AggregateExpr) and node.modifier is not None:
        yield from node.modifier.labels
    elif isinstance(node, BinaryExpr) and node.modifier is not None:
        if node.modifier.matching is not None:
            yield from node.modifier.matching.labels
        group = node.modifier.group_labels
        yield from group if group is not None else ()
    for child in _children(node):
        yield from named_labels(child)


def made_labels(node: Any) -> Iterator[str]:
    """Those that it makes itself, by `count_values`."""
    if isinstance(node, AggregateExpr) and isinstance(node.param, StringLiteral):
        yield node.param.val
    for child in _children(node):
        yield from made_labels(child)


def _children(node: Any) -> list[Any]:
    if isinstance(node, (AggregateExpr, ParenExpr, UnaryExpr, SubqueryExpr)):
        return [node.expr]
    if isinstance(node, BinaryExpr):
        return [node.lhs, node.rhs]
    return list(node.args) if isinstance(node, Call) else []
