"""The production shape: the compose file, the image and the proxy say what DESIGN §9 promises."""

import http.server
import os
import re
import shutil
import subprocess
import sys
import threading

import pytest
import yaml

from config.embedded.place import CHECKOUT

SAMTAL = {"web", "worker", "sweep", "beat", "migrate"}
FILLED = {
    "SAMTAL_HOST": "samtal.example",
    "SAMTAL_TLS": "internal",
    "SECRET_KEY": "a",
    "SAMTAL_TOKEN_KEYS": "b",
    "POSTGRES_PASSWORD": "c",
    "REDIS_PASSWORD": "d",
    "SAMTAL_ORGANISATION": "Nordnett",
}
# These may stay open: without them a token is pasted, and no notifications are taken.
OPTIONAL = {
    "SECRET_KEY_FALLBACKS",
    "SAMTAL_FACEBOOK_APP_ID",
    "SAMTAL_FACEBOOK_APP_SECRET",
    "SAMTAL_X_CLIENT_ID",
    "SAMTAL_X_CLIENT_SECRET",
    "SAMTAL_WEBHOOK_TOKEN",
}
CONDITIONS = {"service_started", "service_healthy", "service_completed_successfully"}


def read(name):
    return (CHECKOUT / name).read_text()


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(read("docker-compose.yml"))


@pytest.fixture(scope="module")
def services(compose):
    return compose["services"]


class TestCompose:
    def test_the_file_is_accepted(self, compose):
        """By docker-compose itself where it is installed, else by what its schema says about names."""
        if program := shutil.which("docker-compose"):
            checked = _compose_config(program, FILLED)
            assert checked.returncode == 0, checked.stderr
            assert set(yaml.safe_load(checked.stdout)["services"]) == set(compose["services"])
        for service in compose["services"].values():
            assert isinstance(service["image"], str)
            assert set(service["networks"]) <= set(compose["networks"])
            named = {mount.partition(":")[0] for mount in service.get("volumes", ()) if not mount.startswith("./")}
            assert named <= set(compose["volumes"])
            for other, terms in service.get("depends_on", {}).items():
                assert other in compose["services"]
                assert terms["condition"] in CONDITIONS

    def test_each_value_without_a_default_must_be_given(self):
        """The file demands by name exactly what .env.example leaves open."""
        demanded = set(re.findall(r"\$\{(\w+):\?", read("docker-compose.yml")))
        left_open = {name for name, value in _example().items() if not value} - OPTIONAL
        assert demanded == left_open == set(FILLED)
        if program := shutil.which("docker-compose"):
            for name in sorted(demanded):
                refused = _compose_config(program, {key: value for key, value in FILLED.items() if key != name})
                assert refused.returncode != 0
                assert name in refused.stderr

    def test_every_variable_used_stands_in_the_example(self):
        used = set(re.findall(r"(?<!\$)\$\{(\w+)", read("docker-compose.yml")))
        assert used == set(_example())

    def test_no_secret_has_a_default(self):
        text = read("docker-compose.yml")
        for name in ("SECRET_KEY", "SAMTAL_TOKEN_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD"):
            assert not re.search(rf"\$\{{{name}(:-[^}}]|-)", text)

    def test_there_are_two_of_what_scales_and_one_of_what_does_not(self, services):
        replicas = {name: services[name].get("deploy", {}).get("replicas", 1) for name in SAMTAL}
        assert replicas == {"web": 2, "worker": 2, "sweep": 2, "beat": 1, "migrate": 1}

    def test_postgresql_is_17_and_redis_is_7(self, services):
        assert services["postgres"]["image"].startswith("postgres:17")
        assert services["redis"]["image"].startswith("redis:7")

    @pytest.mark.parametrize("name", sorted(SAMTAL - {"migrate"}))
    def test_nothing_starts_before_the_tables_are_made(self, services, name):
        assert services[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"

    def test_the_tables_are_made_once_and_after_the_database_answers(self, services):
        assert services["migrate"]["restart"] == "no"
        assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}

    def test_what_dies_comes_back(self, services):
        assert {name for name, service in services.items() if service["restart"] != "unless-stopped"} == {"migrate"}

    def test_only_the_proxy_can_be_reached_from_outside(self, services):
        assert [name for name, service in services.items() if "ports" in service] == ["proxy"]

    def test_database_and_broker_stand_in_a_network_without_a_way_out(self, compose, services):
        assert compose["networks"]["back"]["internal"] is True
        for name in ("postgres", "redis"):
            assert services[name]["networks"] == ["back"]
        assert services["proxy"]["networks"] == ["front"]

    @pytest.mark.parametrize("name", sorted(SAMTAL))
    def test_samtal_runs_without_rights_and_cannot_write_but_where_it_must(self, services, name):
        assert services[name]["read_only"] is True
        assert services[name]["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in services[name]["security_opt"]
        assert services[name]["tmpfs"] == ["/tmp"]

    @pytest.mark.parametrize("name", ["web", "worker", "postgres", "redis"])
    def test_what_others_wait_for_says_whether_it_works(self, services, name):
        assert services[name]["healthcheck"]["test"][0] in ("CMD", "CMD-SHELL")

    def test_the_training_network_is_no_part_of_it(self, services):
        assert not [name for name in services if "sandbox" in name]
        assert "SAMTAL_SANDBOX_URL" not in read("docker-compose.yml")
        assert "connectors/sandbox" in read(".dockerignore").splitlines()

    def test_a_sending_under_way_is_waited_for(self, services):
        """A sending may take its whole deadline of 15 s (DESIGN §7)."""
        for name in ("worker", "sweep"):
            assert int(services[name]["stop_grace_period"].removesuffix("s")) > 15


class TestImage:
    def test_only_pinned_wheels_are_installed(self):
        assert "--require-hashes --no-deps --only-binary :all:" in read("Dockerfile")

    def test_the_last_stage_builds_nothing_and_runs_as_nobody_special(self):
        last = read("Dockerfile").rpartition("\nFROM ")[2]
        assert not re.search(r"apt-get|pip |gcc|build-essential", last)
        assert re.search(r"^USER [1-9]\d*$", last, re.MULTILINE)

    def test_no_secret_is_baked_in(self):
        assert not re.search(r"^(ENV|ARG).*(KEY|PASSWORD|TOKEN|_URL)", read("Dockerfile"), re.MULTILINE)

    def test_only_what_is_named_gets_into_the_image(self):
        lines = [line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]
        assert lines[0] == "*"
        let_in = {line[1:] for line in lines if line.startswith("!")}
        assert not let_in & {".env", ".git", ".demo", "tests", ".venv", "deploy"}
        needed = {"config", "connectors", "inbox", "locale", "manage.py", "policies", "requirements.txt", "static"}
        assert needed | {"deploy/healthy.py", "templates"} == let_in


class TestProxy:
    def test_the_file_is_accepted(self):
        """By Caddy itself where it is installed; its braces are counted anyway."""
        text = read("deploy/Caddyfile")
        assert text.count("{") == text.count("}")
        if program := shutil.which("caddy"):
            command = [program, "validate", "--adapter", "caddyfile", "--config", CHECKOUT / "deploy/Caddyfile"]
            done = subprocess.run(command, env=os.environ | FILLED, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stderr

    def test_the_live_stream_is_neither_compressed_nor_held_back(self):
        directives = _directives(read("deploy/Caddyfile"))
        compressed = [line.split()[-1] for line in directives if line.startswith("header Content-Type")]
        assert compressed
        assert not [kind for kind in compressed if "text/event-stream".startswith(kind.rstrip("*"))]
        assert not [line for line in directives if line.startswith(("flush_interval", "response_buffers"))]

    def test_large_bodies_are_refused_and_browsers_are_kept_on_tls(self):
        directives = _directives(read("deploy/Caddyfile"))
        assert "max_size 10MB" in directives
        assert any(line.startswith("header ?Strict-Transport-Security") for line in directives)

    def test_what_is_for_machines_inside_is_not_shown_outside(self):
        directives = _directives(read("deploy/Caddyfile"))
        assert "@inside path /metrics /readyz" in directives
        assert "respond @inside 404" in directives


class TestHealthcheck:
    @pytest.fixture
    def web(self):
        """A web process that, as Django does, knows only its public name."""
        seen = []

        class Web(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                seen.append((self.path, self.headers["Host"]))
                self.send_response(200 if self.headers["Host"] == "samtal.example" else 400)
                self.end_headers()

            def log_message(self, *args):
                """Tests print nothing."""

        with http.server.HTTPServer(("127.0.0.1", 0), Web) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            yield server.server_address[1], seen
            server.shutdown()

    def check(self, port, hosts):
        command = [sys.executable, CHECKOUT / "deploy/healthy.py", str(port)]
        return subprocess.run(command, env=os.environ | {"ALLOWED_HOSTS": hosts}, check=False).returncode

    def test_it_asks_under_the_public_name(self, web):
        port, seen = web
        assert self.check(port, "samtal.example,other.example") == 0
        assert seen == [("/readyz", "samtal.example")]

    def test_a_refusal_is_unhealthy(self, web):
        assert self.check(web[0], "wrong.example") == 1

    def test_silence_is_unhealthy(self):
        assert self.check(9, "samtal.example") == 1


def _compose_config(program, variables):
    environment = {key: value for key, value in os.environ.items() if key not in FILLED}
    return subprocess.run(
        [program, "--file", CHECKOUT / "docker-compose.yml", "config"],
        env=environment | variables,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def _example():
    """The variables of .env.example with their values."""
    lines = [line for line in read(".env.example").splitlines() if line and not line.startswith("#")]
    return dict(line.split("=", 1) for line in lines)


def _directives(caddyfile):
    lines = [line.strip() for line in caddyfile.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]
