"""``gwroute serve`` from outside: what it says, follows, refuses and how it ends."""

from __future__ import annotations

import json
import re
import shutil
import signal
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.client import send
from support.process import Process, eventually
from support.serving import HERE, HOST, Served, copy_edge, echoes, serving
from support.transcript import run

POD = "backend-5bff7c6d9-aaaaa"
RELOADED = "gwroute_config_last_reload_successful"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copy_edge(tmp_path / "manifests", "httproute-prefix.yaml")


@pytest.fixture
def endpoint() -> Iterator[tuple[str, str]]:
    with echoes(POD) as address:
        yield "--endpoint", f"default/backend:3000={address[POD]}"


@pytest.fixture
def served(folder: Path, endpoint: tuple[str, str]) -> Iterator[Served]:
    with serving(folder, options=endpoint) as found:
        yield found


def is_refused(address: tuple[str, int]) -> bool:
    """Whether a connection there is; one that was taken up before the end is reset."""
    try:
        send(address, "GET", "/get", (("host", HOST),))
    except ConnectionRefusedError:
        return True
    except ConnectionError:
        return False
    return False


def metric(served: Served, name: str) -> float:
    text = served.ask("stats", "/metrics").body.decode()
    found = re.search(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", text, re.MULTILINE)
    assert found is not None, text
    return float(found[1])


def taken() -> tuple[socket.socket, str]:
    """A socket that listens, and where."""
    holder = socket.create_server(("127.0.0.1", 0))
    return holder, f"127.0.0.1:{holder.getsockname()[1]}"


# -- the beginning


def test_a_line_for_each_listener_and_then_ready(served: Served) -> None:
    host, port = served.address()
    lines = served.process.err
    assert f"listener default/ack-gateway/http  {host}:{port}  1 route" in lines
    assert lines[-1] == "ready"
    assert served.process.out == []


def test_findings_at_warning_and_over_are_told(tmp_path: Path) -> None:
    copy_edge(tmp_path, "httproute-weight.yaml", pools=True)
    route = tmp_path / "httproute.yaml"
    route.write_text(
        route.read_text("utf-8").replace("name: backend-2", "name: backend-3"), "utf-8"
    )
    with serving(tmp_path) as served:
        found = served.process.told(r"httproute\.yaml:\d+:\d+: error GWR203: ")
        assert served.process.err.index(found.string) < served.process.err.index("ready")


def test_ready_and_live_answer(served: Served) -> None:
    assert served.ask("ready", "/ready").status == 200
    assert served.ask("ready", "/live").status == 200


def test_a_port_that_is_taken_is_one_line_that_names_the_option(folder: Path) -> None:
    holder, address = taken()
    with holder:
        done = run("serve", "-f", str(folder), "--listen", f"80={address}", *HERE)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()[-1:]
    assert line.startswith("error: Gateway default/ack-gateway: ")
    assert address in line
    assert "--listen 80=127.0.0.1:" in line


def test_a_port_that_another_gwroute_serves_is_taken_too(served: Served, folder: Path) -> None:
    host, port = served.address()
    done = run("serve", "-f", str(folder), "--listen", f"80={host}:{port}", *HERE)
    assert done.returncode == 2
    assert "--listen 80=" in done.stderr


@pytest.mark.parametrize("option", ["--admin", "--stats", "--ready-address"])
def test_an_own_endpoint_that_is_taken_names_its_option(folder: Path, option: str) -> None:
    holder, address = taken()
    others = dict(zip(HERE[::2], HERE[1::2], strict=True)) | {option: address}
    arguments = [word for pair in others.items() for word in pair]
    with holder:
        done = run("serve", "-f", str(folder), "--listen", "80=127.0.0.1:0", *arguments)
    assert done.returncode == 2
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert f"{option} " in line
    assert address in line


def test_the_admin_endpoint_elsewhere_needs_a_token(folder: Path) -> None:
    done = run("serve", "-f", str(folder), "--admin", "0.0.0.0:0")
    assert done.returncode == 2
    assert "--admin-token-file" in done.stderr


def test_the_token_is_asked_for(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "token").write_text("secret\n")
    with serving(folder, options=("--admin-token-file", tmp_path / "token")) as served:
        assert served.ask("admin", "/generation").status in (401, 403)
        bearer = (("authorization", "Bearer secret"),)
        assert served.ask("admin", "/generation", headers=bearer).status == 200


def test_nothing_to_read_is_an_error(tmp_path: Path) -> None:
    done = run("serve", "-f", str(tmp_path / "missing"), *HERE)
    assert done.returncode == 2
    assert "missing" in done.stderr


def test_a_folder_without_a_gateway_waits_for_one(tmp_path: Path) -> None:
    with serving(tmp_path) as served:
        served.process.told("^warning: nothing to serve yet")
        copy_edge(tmp_path, "httproute-prefix.yaml")
        served.process.told("^listener default/ack-gateway/http ")
        eventually(lambda: served.get().status == 503, because="the route is there, no endpoint is")


# -- changes


def test_a_changed_file_serves_and_the_line_says_what_and_how_long(
    served: Served, folder: Path
) -> None:
    generation = served.generation()
    route = folder / "httproute.yaml"
    assert served.get("/other").status == 404
    route.write_text(route.read_text("utf-8").replace("/get", "/other"), "utf-8")
    served.process.told(
        rf"^changed HTTPRoute default/backend; generation {generation} -> {generation + 1} "
        r"in \d+\.\d ms$"
    )
    assert (served.get("/other").status, served.get("/get").status) == (200, 404)


def test_new_and_gone_files_count(served: Served, folder: Path) -> None:
    text = (folder / "httproute.yaml").read_text("utf-8")
    second = folder / "second.yaml"
    text = text.replace("name: backend\nspec", "name: two\nspec").replace("/get", "/two")
    second.write_text(text, "utf-8")
    served.process.told("^new HTTPRoute default/two; generation ")
    assert served.get("/two").status == 200
    second.unlink()
    served.process.told("^gone HTTPRoute default/two; generation ")


def test_a_broken_file_leaves_the_last_good_state_and_is_mended(
    served: Served, folder: Path
) -> None:
    assert metric(served, RELOADED) == 1
    route = folder / "httproute.yaml"
    good = route.read_text("utf-8")
    generation = served.generation()
    route.write_text("kind: HTTPRoute\n  spec: [", "utf-8")
    served.process.told(r"httproute\.yaml:\d+:\d+: error GWR001: .*; what is live of it stays$")
    eventually(lambda: metric(served, RELOADED) == 0, because="what is told is counted")
    assert (served.get().status, served.generation()) == (200, generation)
    route.write_text(good, "utf-8")
    served.process.told(rf"^mended; generation {generation} -> ")
    eventually(lambda: metric(served, RELOADED) == 1, because="it is mended")


def test_the_rest_is_served_beside_a_broken_file(served: Served, folder: Path) -> None:
    (folder / "broken.yaml").write_text("[", "utf-8")
    served.process.told(r"broken\.yaml:\d+:\d+: error GWR001: ")
    route = folder / "httproute.yaml"
    route.write_text(route.read_text("utf-8").replace("/get", "/other"), "utf-8")
    served.process.told("^changed HTTPRoute default/backend; generation ")
    assert served.get("/other").status == 200


def test_a_listener_comes_and_goes(served: Served, folder: Path) -> None:
    gateway = folder / "gateway.yaml"
    text = gateway.read_text("utf-8")
    added = "  - name: second\n    protocol: HTTP\n    port: 8080\n  infrastructure:"
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    gateway.write_text(text.replace("  infrastructure:", added.replace("8080", str(port))), "utf-8")
    served.process.told(rf"^listener default/ack-gateway/second  \S+:{port}  1 route$")
    here = ("127.0.0.1", port)
    assert send(here, "GET", "/get", (("host", HOST),))[0] == 200
    gateway.write_text(text, "utf-8")
    served.process.told(rf"^Gateway default/ack-gateway: port {port} closed$")
    eventually(lambda: is_refused(here), because="nobody listens")


def programmed(served: Served) -> dict[str, str]:
    """Status of ``Programmed`` by Gateway."""
    return {
        entry["object"]: entry["status"]
        for entry in json.loads(served.ask("admin", "/status").body)
        if entry["type"] == "Programmed" and entry["section"] is None
    }


def test_of_two_gateways_that_want_one_port_the_later_is_not_programmed(
    served: Served, folder: Path
) -> None:
    text = (folder / "gateway.yaml").read_text("utf-8")
    host, port = served.address()
    del host
    second = text.replace("name: ack-gateway\nspec", "name: second\nspec")
    (folder / "second.yaml").write_text(second.replace("port: 80", f"port: {port}"), "utf-8")
    served.process.told(
        rf"^error: Gateway default/second: 127\.0\.0\.1:{port} serves Gateway default/ack-gateway "
        rf"already; .*--listen default/second:{port}=ADDR:PORT$"
    )
    wanted = {"Gateway default/ack-gateway": "True", "Gateway default/second": "False"}
    eventually(lambda: programmed(served) == wanted, because="the status follows the table")


def test_sighup_reads_everything_again(served: Served) -> None:
    served.process.signal(signal.SIGHUP)
    served.process.told("^read everything again; generation 1 stays$")


def test_a_reload_can_be_asked_for(served: Served) -> None:
    assert served.ask("admin", "/reload", "POST").status in (200, 202, 204)
    served.process.told("^read everything again; generation 1 stays$")


# -- the end


class Slow:
    """A request that is under way."""

    def __init__(self, served: Served, seconds: float) -> None:
        self.status: int | None = None
        self._thread = threading.Thread(target=self._send, args=(served, seconds))
        self._thread.start()
        eventually(lambda: metric(served, "http_server_active_requests") > 0, because="it was sent")

    def _send(self, served: Served, seconds: float) -> None:
        try:
            self.status = served.get(f"/get?delay={seconds}s").status
        except OSError:
            self.status = None

    def end(self) -> int | None:
        self._thread.join()
        return self.status


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_lets_what_is_under_way_end(served: Served, number: signal.Signals) -> None:
    slow = Slow(served, 1.0)
    served.process.signal(number)
    served.process.told("^draining$")
    eventually(lambda: is_refused(served.address()), because="it drains")
    assert slow.end() == 200
    assert served.process.end() == 0


def test_a_second_signal_ends_at_once(served: Served) -> None:
    slow = Slow(served, 60.0)
    served.process.signal(signal.SIGTERM)
    served.process.told("^draining$")
    served.process.signal(signal.SIGTERM)
    assert served.process.end() == -signal.SIGTERM
    assert slow.end() is None


def test_what_takes_too_long_is_cut(folder: Path, endpoint: tuple[str, str]) -> None:
    with serving(folder, options=(*endpoint, "--drain", "200ms")) as served:
        slow = Slow(served, 60.0)
        served.process.signal(signal.SIGTERM)
        served.process.told("^warning: time is up; what was under way has been cut$")
        assert served.process.end() == 0
        assert slow.end() != 200


def test_a_drain_can_be_asked_for(served: Served) -> None:
    assert served.ask("admin", "/drain", "POST").status in (200, 202, 204)
    served.process.told("^draining$")
    assert served.process.end() == 0


# -- the state on disk


@pytest.mark.parametrize("loss", ["broken", "gone"])
def test_the_last_good_snapshot_serves_where_the_files_cannot_be_read(
    folder: Path, endpoint: tuple[str, str], tmp_path: Path, loss: str
) -> None:
    options = (*endpoint, "--state-dir", tmp_path / "state")
    with serving(folder, options=options) as served:
        assert served.get().status == 200
        assert served.process.stop() == 0
    route = folder / "httproute.yaml"
    good = route.read_text("utf-8")
    if loss == "broken":
        route.write_text("[", "utf-8")
    else:
        shutil.rmtree(folder)
    with serving(folder, options=options) as served:
        served.process.told(r"^warning: serving the last good snapshot, .*snapshot\.json, because")
        assert served.get().status == 200
        copy_edge(folder, "httproute-prefix.yaml")
        route.write_text(good.replace("/get", "/other"), "utf-8")
        eventually(lambda: served.get("/other").status == 200, because="the files can be read")


# -- asking what is live


def test_explain_asks_a_running_proxy(served: Served) -> None:
    admin = "{}:{}".format(*served.endpoint("admin"))
    done = run("decide", "--live", admin, f"http://{HOST}/get")
    assert done.stdout.startswith(
        "forward  default/backend:3000  by HTTPRoute default/backend rule 0"
    )
    assert done.returncode == 0
    done = run("explain", "--live", admin, "-o", "json", f"http://{HOST}/nowhere")
    assert json.loads(done.stdout)["status"] == 404
    assert done.returncode == 1


def test_a_proxy_that_does_not_run_is_named() -> None:
    holder, address = taken()
    holder.close()
    done = run("decide", "--live", address, f"http://{HOST}/get")
    assert done.returncode == 2
    assert address in done.stderr


def test_every_option_has_a_variable(folder: Path, endpoint: tuple[str, str]) -> None:
    variables = {
        "GWROUTE_FILENAME": str(folder),
        "GWROUTE_LISTEN": "80=127.0.0.1:0",
        "GWROUTE_ENDPOINT": endpoint[1],
        "GWROUTE_ADMIN": "off",
        "GWROUTE_STATS": "off",
        "GWROUTE_READY_ADDRESS": "127.0.0.1:0",
        "GWROUTE_ACCESS_LOG": "off",
        "NODE_NAME": "node-a1",
    }
    with Process("serve", env=variables) as process:
        process.told("^ready$")
        served = Served(process)
        assert served.get().status == 200
        assert served.ask("ready", "/ready").status == 200
        assert not any(line.startswith(("admin ", "stats ")) for line in process.err)
