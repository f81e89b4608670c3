from gwroute import ir
from gwroute.cli.precedence import ranked
from gwroute.router import Router


def rule(name: str, matches: tuple[ir.RouteMatch, ...], **fields: object) -> ir.Rule:
    return ir.Rule(
        key=f"httproute/shop/{name}/rule/0",
        route=ir.RouteRef("HTTPRoute", "shop", name, 0, file="routes.yaml", line=3),
        hosts=(ir.VirtualHost("infra/a/http"),),
        matches=matches,
        **fields,  # type: ignore[arg-type]
    )


def path(value: str) -> ir.PathMatch:
    return ir.PathMatch("PathPrefix", value)


SNAPSHOT = ir.Snapshot(
    listeners=(ir.Listener("infra/a/http", "infra/a", "http", 80, "HTTP"),),
    rules=(
        rule(
            "cart",
            (ir.RouteMatch(path("/cart"), line=9), ir.RouteMatch(path("/"), method="PUT")),
            backends=(
                ir.Backend("shop/cart:80", "shop/cart:80", 3),
                ir.Backend("shop/gone:80", None, 1, invalid=ir.Failure(500, "no such Service")),
            ),
        ),
        rule(
            "old",
            (
                ir.RouteMatch(
                    path("/cart/old"),
                    headers=(ir.ValueMatch("x-a", "Exact", "1"),),
                    query_params=(ir.ValueMatch("q", "RegularExpression", "a+"),),
                ),
            ),
            filters=(ir.RequestRedirect(status=301),),
        ),
        rule("empty", (ir.RouteMatch(),)),
    ),
    upstreams=(ir.Upstream("shop/cart:80", "shop/cart:80"),),
)


def test_matches_stand_in_order_of_precedence_with_what_they_want_and_where_they_lead() -> None:
    found = list(ranked(Router(SNAPSHOT), lambda *_: True))
    assert [(m.position, m.of, m.rule, m.conditions, m.to) for m in found] == [
        (
            1, 4, "HTTPRoute shop/old rule 0 match 0",
            ("PathPrefix /cart/old", 'header x-a: "1"', 'query q: RegularExpression "a+"'),
            ("redirect 301",),
        ),
        (
            2, 4, "HTTPRoute shop/cart rule 0 match 0", ("PathPrefix /cart",),
            ("shop/cart:80 75%", "shop/gone:80 25% (500: no such Service)"),
        ),
        (
            3, 4, "HTTPRoute shop/cart rule 0 match 1", ("PathPrefix /", "method PUT"),
            ("shop/cart:80 75%", "shop/gone:80 25% (500: no such Service)"),
        ),
        (
            4, 4, "HTTPRoute shop/empty rule 0 match 0", ("any request",),
            ("respond 500 no backend",),
        ),
    ]  # fmt: skip
    assert [match.line for match in found] == [3, 9, 3, 3]


def test_the_place_is_among_all_even_if_only_some_are_wanted() -> None:
    only = ranked(Router(SNAPSHOT), lambda _, rule: rule.route.name == "cart")
    assert [(match.position, match.of) for match in only] == [(2, 4), (3, 4)]
