"""nginx and Caddy as docs/howto/deploy.md has them, with this machine's addresses, ports and paths in place of its."""

import os
import re
import secrets
import signal
import ssl
import subprocess
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path

import httpx2
from support import PATIENCE, Person

from lab.net import HOST, free_port, is_free
from lab.process import Process

PAGE = Path(__file__).parents[2] / "docs/howto/deploy.md"
NAME = "omi.example.org"
TEMPORARY = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")


class Proxy(Process):
    """A reverse proxy in front of nodes, which are given as HOST:PORT."""

    def __init__(self, folder: Path, program: str, nodes: Sequence[str]) -> None:
        super().__init__("proxy", folder)
        self.program, self.nodes = program, nodes
        self.ports = {"http": free_port(), "https": free_port()}
        self.file = self.folder / "configuration"
        self.certificate, self.key = self.folder / "fullchain.pem", self.folder / "privkey.pem"
        self._clients: list[httpx2.Client] = []

    @abstractmethod
    def configuration(self) -> str: ...

    def prepare(self) -> None:
        super().prepare()
        make_certificate(self.certificate, self.key)
        self.file.write_text(self.configuration())

    def is_ready(self) -> bool:
        return not any(map(is_free, self.ports.values()))

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        super().stop()

    def client(self, address: str = HOST, scheme: str = "https") -> httpx2.Client:
        """Somebody who has this address."""
        trust = ssl.create_default_context(cafile=self.certificate)
        way = httpx2.HTTPTransport(verify=trust, local_address=address)
        client = httpx2.Client(base_url=f"{scheme}://{HOST}:{self.ports[scheme]}", transport=way, timeout=PATIENCE)
        self._clients.append(client)
        return client

    def user(self) -> Person:
        """Signs somebody new up."""
        client, email, password = self.client(), f"{secrets.token_hex(4)}@example.org", "correct horse"
        answer = client.post("/auth/register", json={"email": email, "password": password}).raise_for_status().json()
        token, user_id = answer["session_token"], answer["user"]["id"]
        client.cookies.clear()
        client.headers["Authorization"] = f"Bearer {token}"
        return Person(email=email, password=password, token=token, id=user_id, client=client)

    def logged(self) -> str:
        return "".join(file.read_text() for file in self.folder.glob("*log"))


class Nginx(Proxy):
    def command(self) -> Sequence[str]:
        return [self.program, "-p", str(self.folder), "-c", str(self.file), "-e", str(self.log)]

    def configuration(self) -> str:
        main, site = code("nginx")
        site = re.sub(r"( +server )127.0.0.1:8000(.*\n)", lambda line: self._servers(*line.groups()), site)
        site = re.sub(r"listen \[::\].*", "", site)  # not every machine has IPv6
        site = site.replace("listen 80", f"listen {HOST}:{self.ports['http']}")
        site = site.replace("listen 443", f"listen {HOST}:{self.ports['https']}")
        site = site.replace(f"/etc/letsencrypt/live/{NAME}", str(self.folder))
        site = site.replace("/var/log/nginx", str(self.folder)).replace(NAME, HOST)
        paths = "".join(f"{name}_temp_path {self.folder / name};\n" for name in TEMPORARY)
        return f"daemon off;\nuser root;\npid {self.folder}/pid;\n{main}http {{\n{paths}{site}}}\n"

    def _servers(self, before: str, after: str) -> str:
        return "".join(f"{before}{node}{after}" for node in self.nodes)


class Caddy(Proxy):
    stop_signal = signal.SIGKILL  # otherwise it waits for the streams that a test has left open

    def command(self) -> Sequence[str]:
        return [self.program, "run", "--adapter", "caddyfile", "--config", str(self.file)]

    def environment(self) -> Mapping[str, str]:
        return {**os.environ, "XDG_DATA_HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder)}

    def configuration(self) -> str:
        [site] = code("caddyfile")
        ports = [f"{scheme}_port {port}" for scheme, port in self.ports.items()]
        options = "\n".join(["{", "admin off", f"default_sni {HOST}", *ports])
        site = site.replace("{", options, 1).replace("127.0.0.1:8000", " ".join(self.nodes))
        return site.replace(f"{NAME} {{", f"{HOST} {{\ntls {self.certificate} {self.key}")


def code(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)


def make_certificate(certificate: Path, key: Path) -> None:
    """For our address, signed by itself."""
    made = f"-newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout {key} -out {certificate}"
    says = f"-x509 -days 2 -subj /CN=omilink -addext subjectAltName=IP:{HOST}"
    subprocess.run(["openssl", "req", *made.split(), *says.split()], check=True, capture_output=True)
