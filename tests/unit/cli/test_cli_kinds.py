import click
import pytest

from gwroute.cli.kinds import KINDS, kind_of, kinds_of


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("gatewayclass", "GatewayClass"),
        ("GC", "GatewayClass"),
        ("Gateways", "Gateway"),
        ("gtw", "Gateway"),
        ("refgrant", "ReferenceGrant"),
        ("btlspolicy", "BackendTLSPolicy"),
        ("httproutes.gateway.networking.k8s.io", "HTTPRoute"),
        ("svc", "Service"),
        ("np", "NodePool"),
        ("EnvoyProxy", "EnvoyProxy"),
    ],
)
def test_a_kind_by_any_of_its_names(text: str, kind: str) -> None:
    assert kind_of(text).name == kind


def test_no_name_means_two_kinds() -> None:
    words = [word for kind in KINDS for word in kind.words()]
    assert len(words) == len(set(words))


def test_several_kinds_once_each() -> None:
    assert [kind.name for kind in kinds_of("gtw,svc,gateway")] == ["Gateway", "Service"]


def test_what_is_nearly_a_kind_gets_a_suggestion() -> None:
    with pytest.raises(
        click.UsageError, match="there is no kind 'httproue'; did you mean httproute"
    ):
        kind_of("httproue")
