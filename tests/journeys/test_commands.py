"""The program `omilink` as an operator uses it, beside a running server."""

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from support import OMILINK, PATIENCE, SECRET, Person, ServerProcess, wait_until

from omilink.cli import COMMANDS, main

ACTIONS = (("sessions", "provision"), ("sessions", "list"), ("sessions", "unlink"), ("jobs", "list"), ("jobs", "retry"),
           ("users", "list"), ("users", "add"), ("users", "rename"), ("users", "verify"),
           ("users", "unverify"))  # fmt: skip

Program = subprocess.Popen[str]


def listed(server: ServerProcess, *command: str) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = json.loads(server.omilink(*command, "--json").stdout)
    return rows


def refused(server: ServerProcess, *command: str, **environment: str) -> str:
    """The sentence with which the command ends in 1."""
    finished = server.omilink(*command, check=False, **environment)
    assert finished.returncode == 1, finished
    assert finished.stderr.startswith("omilink: ")
    assert "Traceback" not in finished.stderr
    return finished.stderr


def texts(person: Person) -> list[str]:
    return [message["text"] for message in person.current()["messages"]]


# help


@pytest.mark.parametrize("command", [(name,) for name in COMMANDS] + list(ACTIONS), ids=" ".join)
def test_every_command_explains_itself(command: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main([*command, "--help"])
    assert ended.value.code == 0
    assert f"usage: omilink {' '.join(command)}" in capsys.readouterr().out


@pytest.mark.parametrize("wrong", ["", "dance", "sessions", "users add", "jobs list --state lost", "serve --dance"])
def test_what_is_asked_wrongly_ends_with_two(wrong: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(wrong.split())
    assert ended.value.code == 2
    assert "usage: omilink" in capsys.readouterr().err


# users


def test_an_operator_adds_a_user_and_vouches_for_an_omi_account(server: ServerProcess) -> None:
    password = {"OMILINK_PASSWORD": "correct horse"}
    server.omilink("users", "add", "ada@example.org", "--name", "Ada", **password)
    assert "email" in refused(server, "users", "add", "ada@example.org", **password)
    [row] = listed(server, "users", "list")
    assert (row["email"], row["name"], row["verified"]) == ("ada@example.org", "Ada", None)
    with server.client() as client:
        form = {"email": "ada@example.org", "password": "correct horse"}
        assert client.post("/auth/login", json=form).status_code == 200

        server.user("ben@example.org")
        server.omilink("users", "verify", "ada@example.org", "account-1")
        server.omilink("users", "verify", "ada@example.org", "account-1")
        [link] = client.get("/me").json()["omi_links"]
        assert (link["omiUserId"], link["isVerified"]) == ("account-1", True)
        assert "another user" in refused(server, "users", "verify", "ben@example.org", "account-1")
        assert "users list" in refused(server, "users", "verify", "nobody@example.org", "account-2")

        server.omilink("users", "unverify", "account-1")
        assert client.get("/me").json()["omi_links"] == []
    assert "account-1" in refused(server, "users", "unverify", "account-1")


# sessions


def test_an_issued_session_is_linked_before_its_device_calls(server: ServerProcess) -> None:
    ada = server.user()
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        ids = server.omilink("sessions", "provision", "--user", ada.email, "--count", "3").stdout.split()
        assert len(set(ids)) == 3
        assert all(len(session_id) >= 22 for session_id in ids)  # 128 bits in base64
        stream.wait_for("session_linked", 3)  # another process did it, and the stream sees it all the same
        server.say(ids[0], "out of the box")
        stream.wait_for_text("out of the box")

        server.omilink("sessions", "unlink", ids[0])
        told = stream.wait_for("session_unlinked")
        assert (told["session"]["id"], told["reason"]) == (ids[0], "unlinked")
    assert {s["method"] for s in ada.client.get("/sessions").json()["sessions"]} == {"issued"}
    rows = {row["session"]: row for row in listed(server, "sessions", "list")}
    assert [rows[session_id]["user"] for session_id in ids] == [None, ada.email, ada.email]
    assert len(listed(server, "sessions", "list", "--user", ada.email)) == 2
    assert ids[0] in refused(server, "sessions", "unlink", ids[0])


def test_what_cannot_be_issued_is_said(server: ServerProcess) -> None:
    ada, ben = server.user(), server.user()
    ben.link("taken-already")
    refused(server, "sessions", "provision", "--user", ada.email, "--id", "taken-already")
    refused(server, "sessions", "provision", "--user", ada.email, "--id", "not an id")
    refused(server, "sessions", "provision", "--user", "nobody@example.org")
    assert server.omilink("sessions", "provision", "--user", ada.email, "--count", "0", check=False).returncode == 2


def test_an_id_that_can_be_guessed_is_issued_with_a_warning(server: ServerProcess) -> None:
    """A device that is in use may have such an id, and nobody else can link it once it is issued."""
    ada = server.user()
    done = server.omilink("sessions", "provision", "--user", ada.email, "--id", "session-123")
    assert done.stdout == "session-123\n" and "can be guessed" in done.stderr
    assert "guessed" not in server.omilink("sessions", "provision", "--user", ada.email).stderr


# the queue


def test_a_poisoned_delivery_dies_alone_and_can_be_brought_back(server: ServerProcess) -> None:
    ada = server.user()
    for name in "before", "poisoned", "after":
        ada.link(name)
        server.say(name, f"{name} it")
        server.wait_until_settled(name)
    server.stop()
    [(healthy,)] = server.rows("SELECT body FROM deliveries WHERE session_id = 'poisoned'")
    for table in "messages", "events", "conversations":
        server.rows(f"DELETE FROM {table}")
    server.rows("UPDATE deliveries SET state = 'waiting'")
    server.rows("UPDATE deliveries SET body = x'00', attempts = 7 WHERE session_id = 'poisoned'")
    server.start()

    def titles() -> set[str]:
        return {c["title"] for c in ada.client.get("/conversations").json()["items"]}

    wait_until(lambda: titles() == {"before it", "after it"}, "the neighbours to be saved")
    wait_until(lambda: listed(server, "jobs", "list", "--state", "dead"), "the dead letter")
    [dead] = listed(server, "jobs", "list", "--state", "dead")
    assert (dead["session"], dead["type"], dead["attempts"]) == ("poisoned", "CONVERSATION_SAVE", 8)
    assert dead["error"]
    assert len(listed(server, "jobs", "list")) == 3
    assert ada.client.get("/sessions/poisoned").json()["session"]["health"]["status"] == "failing"
    assert findings(server, "poisoned", broken=True)["queue"]["do"]
    assert "--all" in refused(server, "jobs", "retry")
    assert "dead" in refused(server, "jobs", "retry", "99999")

    server.rows("UPDATE deliveries SET body = ? WHERE session_id = 'poisoned'", healthy)
    server.omilink("jobs", "retry", str(dead["job"]))
    wait_until(lambda: "poisoned it" in titles(), "the dead letter to be saved")
    refused(server, "jobs", "retry", "--all")


# what is wrong


def findings(server: ServerProcess, *session: str, broken: bool) -> dict[str, dict[str, Any]]:
    finished = server.omilink("doctor", *session, "--json", check=False)
    assert finished.returncode == int(broken), finished
    return {finding["link"]: finding for finding in json.loads(finished.stdout)}


def test_the_doctor_walks_from_the_webhook_to_the_screen(server: ServerProcess) -> None:
    ada = server.user()
    assert findings(server, broken=True)["webhook"]["do"]  # no call has ever come
    assert not findings(server, "pendant", broken=True)["webhook"]["good"]

    ada.link("pendant")  # linked early
    chart = findings(server, "pendant", broken=True)
    assert (chart["webhook"]["good"], chart["owner"]["good"]) == (False, True)
    assert "session_id" in chart["webhook"]["do"]

    server.say("stray", "nobody hears this")  # talks, and is nobody's
    server.wait_until_settled("stray")
    chart = findings(server, "stray", broken=True)
    assert (chart["webhook"]["good"], chart["owner"]["good"]) == (True, False)
    assert "/sessions/link" in chart["owner"]["do"]
    assert chart["conversation"]["found"] == "1 message waits for an owner."
    uid = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42"  # an account's words, and nobody has verified the account
    server.say(uid, "nobody hears this either")
    server.wait_until_settled(uid)
    assert "/link/omi/start" in (advice := findings(server, uid, broken=True)["owner"]["do"])
    assert "/sessions/link" not in advice

    call = {"session_id": "garbled", "text": "where nobody looks"}  # talks, and nothing can be read
    assert httpx2.post(server.webhook_url, json=call).json() == {"ok": True}
    server.wait_until_settled("garbled")
    chart = findings(server, "garbled", broken=True)
    assert "could not be read" in chart["webhook"]["found"]
    assert "segments" in chart["webhook"]["do"]
    assert chart["conversation"]["found"] == "No words are saved."

    server.say("pendant", "all is well")
    wait_until(lambda: texts(ada) == ["all is well"])
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        chart = findings(server, "pendant", broken=False)
        assert all(finding["good"] for finding in chart.values())
        assert chart["live streams"]["found"].startswith("1 ")
        assert ada.email in chart["owner"]["found"]
        assert findings(server, broken=False)["webhook"]["good"]
        told = server.omilink("doctor", "pendant").stdout
    assert "all is well" not in told
    assert told.count("✓") == len(chart)

    server.stop()
    assert "omilink serve" in findings(server, "pendant", broken=True)["server"]["do"]


def test_the_doctor_and_the_streams_tell_of_words_that_come_only_by_records(server: ServerProcess) -> None:
    uid, ada = "Kq3vT9wZpLfB6xYhN0sRcU7dJm42", server.user()
    server.omilink("users", "verify", ada.email, uid)
    simulated = ("--uid", uid, "--speed", "0", "--seed", "5", "--records", "--count", "80", "--lose", "3")
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        server.omilink("simulate", server.webhook_url, *simulated)
        told = stream.wait_for("session_health_changed")
    shown = ada.client.get(f"/sessions/{uid}").json()["session"]["health"]
    assert shown["status"] == told["session"]["health"]["status"] == "failing"
    assert "% of the words" in shown["message"]
    upstream = findings(server, uid, broken=True)["upstream"]
    assert "% of the words" in upstream["found"]
    assert upstream["do"] == shown["nextStep"]
    assert uid in findings(server, broken=False)["upstream"]["found"]


def test_a_server_that_starts_tells_of_a_silence_that_has_begun(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("pendant")
    server.say("pendant", "the last words")
    wait_until(lambda: texts(ada) == ["the last words"])
    always = json.dumps({"week": int(time.time()) // 604_800, "hours": "v" * 168})
    cursor = ada.current()["cursor"]
    server.stop()
    for column in "last_seen_at", "counted_at":
        server.rows(f"UPDATE omi_sessions SET {column} = {column} - {3 * 86_400_000}")
    server.rows("UPDATE omi_sessions SET habits = ?", always)
    server.start()
    with ada.follow(cursor) as stream:
        told = stream.wait_for("session_health_changed")
    assert (told["session"]["id"], told["session"]["health"]["status"]) == ("pendant", "failing")
    assert not findings(server, "pendant", broken=True)["upstream"]["good"]
    server.say("pendant", "here again", start=10.0)
    with ada.follow(cursor) as stream:
        assert stream.wait_for("session_health_changed", 2)["session"]["health"]["status"] == "ok"


# words


def test_everything_a_user_has_can_be_taken_along(server: ServerProcess) -> None:
    ada, ben = server.user(), server.user()
    for person, name in (ada, "kitchen"), (ada, "garden"), (ben, "bens"):
        person.link(name)
        server.say(name, f"in the {name} – naïve ☕")
        server.wait_until_settled(name)
    exported = [json.loads(line) for line in server.omilink("export", "--user", ada.email).stdout.splitlines()]
    assert [c["omiSessionKey"] for c in exported] == ["garden", "kitchen"]
    assert [m["text"] for m in exported[1]["messages"]] == ["in the kitchen – naïve ☕"]
    refused(server, "export", "--user", "nobody@example.org")


def test_one_conversation_or_everything_becomes_a_file(server: ServerProcess, tmp_path: Path) -> None:
    ada, files = server.user(), tmp_path / "files"
    files.mkdir()
    ada.link("kitchen")
    server.say("kitchen", "in the kitchen")
    server.wait_until_settled("kitchen")
    whose, id = ("--user", ada.email), ada.current()["conversation"]["id"]
    text = server.omilink("export", *whose, "--conversation", id, "--format", "text").stdout
    assert text.endswith("[0:00:00] You: in the kitchen\n")
    server.omilink("export", *whose, "--format", "zip", "--output", str(files / "all.zip"))
    with zipfile.ZipFile(files / "all.zip") as everything:
        assert json.loads(everything.read("omilink.json"))["conversations"][0]["id"] == id
    assert [file.name for file in files.iterdir()] == ["all.zip"]
    for wrong in (
        ("--conversation", id),
        ("--format", "text"),
        ("--conversation", "nope", "--format", "text"),
        ("--format", "zip", "--output", str(files / "no" / "such" / "folder.zip")),
    ):
        refused(server, "export", *whose, *wrong)


@contextmanager
def tail(server: ServerProcess, *options: str, **environment: str) -> Iterator[tuple[Program, Iterator[str]]]:
    """The program and its lines."""
    command = [OMILINK, "tail", "--url", server.url, *options]
    settings = server.environment | environment | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, env=settings, stdout=subprocess.PIPE, text=True) as program:
        try:
            assert program.stdout
            yield program, program.stdout
        finally:
            program.kill()


def line_with(text: str, lines: Iterator[str]) -> str:
    return next(line for line in lines if text in line)


def test_live_chat_in_the_terminal(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("pendant")
    with (
        tail(server, "--email", ada.email, OMILINK_PASSWORD=ada.password) as (plain, words),
        tail(server, "--json", OMILINK_TOKEN=ada.token) as (json_lines, events),
    ):
        assert json.loads(next(events))["type"] == "connected"
        line_with("caught_up", events)
        wait_until(lambda: ada.client.get("/ready").json()["streamsOpen"] == 2, "both to listen")
        server.say("pendant", "hello terminal")
        assert line_with("hello terminal", words).rstrip().endswith("You: hello terminal")
        assert "hello terminal" in line_with("new_messages", events)
        for program in plain, json_lines:
            program.send_signal(signal.SIGINT)
            assert program.wait(PATIENCE) == 130


def test_speakers_have_their_names_in_the_terminal(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("named-pendant")
    server.say("named-pendant", "hello terminal")
    wait_until(lambda: texts(ada), "the words")
    speaker = f"/conversations/{ada.current()['conversation']['id']}/speakers/SPEAKER_0"
    ida = ada.client.put(speaker, json={"name": "Ida"}).json()["person"]
    with tail(server, OMILINK_TOKEN=ada.token) as (_, words):
        assert line_with("hello terminal", words).rstrip().endswith("Ida: hello terminal")
        ada.client.patch(f"/people/{ida['id']}", json={"name": "Idana"}).raise_for_status()
        server.say("named-pendant", "and more", start=5)
        assert line_with("and more", words).rstrip().endswith("Idana: and more")


@pytest.mark.parametrize("separator", ["\x85", "\u2028", "\u2029", "\x0b\x0c\x1c\x1d\x1e"], ids=ascii)
def test_words_with_odd_line_ends_are_one_line_in_the_terminal(server: ServerProcess, separator: str) -> None:
    ada = server.user()
    ada.link("pendant")
    server.say("pendant", f"before{separator}after")
    wait_until(lambda: texts(ada), "the words")
    with (
        tail(server, OMILINK_TOKEN=ada.token) as (_, words),
        tail(server, "--json", OMILINK_TOKEN=ada.token) as (_, events),
    ):
        assert line_with("You: before", words).endswith(f"You: before{' ' * len(separator)}after\n")
        [message] = json.loads(line_with('"update"', events))["messages"]
        assert message["text"] == texts(ada)[0]


def test_letters_that_a_terminal_does_not_know_are_spelt_out(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("pendant")
    server.say("pendant", "naïve ☕")
    wait_until(lambda: texts(ada), "the words")
    with tail(server, OMILINK_TOKEN=ada.token, PYTHONIOENCODING="ascii") as (_, words):
        assert line_with("You: ", words).endswith("na\\xefve \\u2615\n")


def test_the_terminal_goes_on_after_the_server_was_away(server: ServerProcess) -> None:
    ada = server.user()
    ada.link("pendant")
    with tail(server, "--json", OMILINK_TOKEN=ada.token) as (program, events):
        line_with("caught_up", events)
        server.restart()
        server.say("pendant", "said after the restart")
        assert "said after the restart" in line_with("new_messages", events)
        assert ada.client.post("/auth/logout", json={}).status_code == 200
        line_with("signed_out", events)
        assert program.wait(PATIENCE) == 1


def test_the_terminal_says_why_it_cannot_follow(server: ServerProcess) -> None:
    ada = server.user()
    wrong = refused(server, "tail", "--url", server.url, "--email", ada.email, OMILINK_PASSWORD="a wrong guess")
    assert "wrong" in wrong
    refused(server, "tail", "--url", server.url, OMILINK_TOKEN="made-up")
    server.stop()
    assert "running" in refused(server, "tail", "--url", server.url, OMILINK_TOKEN=ada.token)


# starting


def test_the_address_to_paste_holds_every_valid_secret(server: ServerProcess) -> None:
    assert server.omilink("webhook-url").stdout.split() == [server.webhook_url]
    public = {"OMILINK_PUBLIC_URL": "https://omi.example.org/", "OMILINK_WEBHOOK_SECRET": f"{SECRET},another"}
    printed = server.omilink("webhook-url", **public).stdout.split()
    assert printed == [f"https://omi.example.org/omi-webhook/{secret}" for secret in (SECRET, "another")]
    made = {server.omilink("webhook-url", OMILINK_WEBHOOK_SECRET="").stdout for _ in range(2)}
    assert len(made) == 1


def test_every_bad_setting_is_named_at_once(tmp_path: Path) -> None:
    server = ServerProcess(
        tmp_path / "data",
        OMILINK_CONVERSATION_GAP="soon",
        OMILINK_WEBHOOK_AUTH="maybe",
        OMILINK_WEBHOOK_SECRET="with space, and two, and three",
        OMILINK_DATABASE_URL="mysql://somewhere",
        OMILINK_PUBLIC_URL="omi.example.org",
    )
    said = refused(server, "serve", OMILINK_PORT="a lot")
    for name in "CONVERSATION_GAP", "WEBHOOK_AUTH", "WEBHOOK_SECRET", "DATABASE_URL", "PUBLIC_URL", "PORT":
        assert f"OMILINK_{name}: found" in said
    assert said.count("expected") == 6
    assert "'soon'" in said
    assert "with space" not in said
    assert not server.data_dir.exists()


def test_a_mistyped_setting_is_told_by_every_command_that_reads_settings(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data", OMILINK_PUBLICURL="https://omi.example.org").start()
    commands = [server.omilink(*command).stderr for command in (["webhook-url"], ["jobs", "list"])]
    server.close()
    for told in server.log.read_text(), *commands:
        assert "OMILINK_PUBLICURL is no setting: did you mean OMILINK_PUBLIC_URL?" in told


def test_a_port_in_use_is_said(server: ServerProcess, tmp_path: Path) -> None:
    said = refused(server, "serve", "--port", server.port, "--data-dir", str(tmp_path / "other"))
    assert server.port in said
    assert "OMILINK_PORT" in said


def test_two_servers_do_not_share_a_data_folder(server: ServerProcess) -> None:
    said = refused(server, "serve", "--port", "0")
    assert str(server.data_dir) in said
    assert httpx2.get(f"{server.url}/health").status_code == 200


def test_a_data_folder_that_cannot_be_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = refused(ServerProcess(tmp_path / "file" / "data"), "serve", "--port", "0")
    assert "OMILINK_DATA_DIR" in said


def test_the_demo_talks_and_ends_cleanly(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "OMILINK_DATA_DIR": str(tmp_path), "PYTHONUNBUFFERED": "1"}
    command = [OMILINK, "demo", "--port", "0", "--speed", "20"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as demo:
        assert demo.stdout
        assert demo.stdout.readline() == "\n"
        page = line_with("Page", demo.stdout).split()[1]
        email = line_with("Email", demo.stdout).split()[1]
        password = line_with("Password", demo.stdout).split()[1]
        assert "without a secret" in line_with("for trying", demo.stdout)
        with httpx2.Client(base_url=page, timeout=PATIENCE) as client:
            assert "<title>" in client.get("/").text
            client.post("/auth/login", json={"email": email, "password": password}).raise_for_status()
            wait_until(lambda: client.get("/conversations/current").json()["messages"], "the wearable's words")

            def described() -> list[dict[str, Any]]:
                items = client.get("/conversations").json()["items"]
                return [one for one in items if one["titleSource"] == "omi"]

            wait_until(lambda: described(), "OMI's record of the first conversation")
            assert all(one["emoji"] and one["summary"] and one["sections"] for one in described())
            wait_until(lambda: client.get("/day-summaries").json()["items"], "the summary of the day")
        demo.send_signal(signal.SIGINT)
        _, complaints = demo.communicate(timeout=PATIENCE)
    assert demo.returncode == 0
    assert "ANYBODY" not in complaints
    assert "Traceback" not in complaints


# where there is nothing, and where there is something else


NEEDS_AN_INSTALLATION = [
    "doctor",
    "doctor pendant",
    "webhook-url",
    "users list",
    "users verify ada@example.org account",
    "users unverify account",
    "sessions list",
    "sessions provision --user ada@example.org",
    "sessions unlink pendant",
    "sessions hand-over pendant --to ada@example.org",
    "sessions return pendant",
    "sessions lose pendant",
    "jobs list",
    "jobs retry --all",
    "audit",
    "export --user ada@example.org",
    "migrate",
    "backup copy.db",
]


def run_in(folder: Path, *command: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [OMILINK, *command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.parametrize("command", NEEDS_AN_INSTALLATION)
def test_in_another_folder_a_command_makes_nothing_and_says_where_it_looked(command: str, tmp_path: Path) -> None:
    finished = run_in(tmp_path, *command.split())
    assert finished.returncode == 1
    assert str(tmp_path / "data" / "omilink.db") in finished.stderr
    assert "OMILINK_DATA_DIR" in finished.stderr
    assert finished.stdout == ""
    assert list(tmp_path.iterdir()) == []


def test_adding_a_user_may_make_an_installation_and_says_so(tmp_path: Path) -> None:
    added = [run_in(tmp_path, "users", "add", f"{name}@example.org", OMILINK_PASSWORD="correct horse") for name in "ab"]
    assert [finished.returncode for finished in added] == [0, 0]
    assert f"A new installation was made in {tmp_path / 'data'}." in added[0].stdout
    assert "A new installation" not in added[1].stdout


def test_the_doctor_is_not_deceived_by_somebody_elses_server(server: ServerProcess, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    run_in(other, "users", "add", "ada@example.org", OMILINK_PASSWORD="correct horse").check_returncode()
    finished = run_in(other, "doctor", OMILINK_PORT=server.port)
    assert finished.returncode == 1
    assert "Another installation answers" in finished.stdout


def test_refused_calls_are_seen_without_what_they_showed(server: ServerProcess) -> None:
    server.user()
    for _ in range(3):
        answer = httpx2.post(f"{server.url}/omi-webhook/not-the-right-one", json={"session_id": "pendant"})
        assert answer.status_code == 401
    refused_calls = findings(server, "pendant", broken=True)["refused calls"]
    assert not refused_calls["good"]
    assert refused_calls["found"] == "3 in the last hour: 3 (bad_secret, from 127.0.0.1)."
    log = server.log.read_text()
    assert log.count("webhook calls refused: 1 (bad_secret, from 127.0.0.1)") == 1  # one line a minute at most
    assert "not-the-right-one" not in log + json.dumps(refused_calls)

    server.say("pendant", "good day")
    server.wait_until_settled("pendant")
    assert findings(server, "pendant", broken=True)["refused calls"]["good"]  # calls come in, and it has no owner


@pytest.mark.parametrize(
    ("public", "reached"),
    [
        (None, False),
        ("http://omi.example.org", False),
        ("https://localhost", False),
        ("https://192.168.1.7", False),
        ("https://omi.local", False),
        ("https://omi.example.org", True),
    ],
)
def test_an_address_that_omi_cannot_reach_is_said_to_be_one(
    server: ServerProcess, public: str | None, reached: bool
) -> None:
    environment = {"OMILINK_PUBLIC_URL": public} if public else {}
    finished = server.omilink("webhook-url", **environment)
    assert finished.stdout.strip().endswith(f"/omi-webhook/{SECRET}")
    assert ("OMI's cloud cannot reach this address" in finished.stderr) is not reached


def test_commands_are_told_as_they_can_be_typed(tmp_path: Path) -> None:
    inside = tmp_path / "bin"
    inside.mkdir()
    (inside / "omilink").symlink_to(OMILINK)
    finished = subprocess.run(
        ["bin/omilink", "jobs", "list"], cwd=tmp_path, env={"PATH": "/usr/bin:/bin"}, capture_output=True, text=True
    )
    assert "`bin/omilink serve`" in finished.stderr
    found = subprocess.run(
        ["omilink", "jobs", "list"],
        cwd=tmp_path,
        env={"PATH": f"{inside}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
    )
    assert "`omilink serve`" in found.stderr


def test_the_command_for_the_address_works_as_it_is_printed(tmp_path: Path) -> None:
    folder = tmp_path / "my data"
    command = [OMILINK, "serve", "--port", "0", "--data-dir", str(folder)]
    environment = {"PATH": os.environ["PATH"]}
    with subprocess.Popen(command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE) as serving:
        assert serving.stdout
        _, line = (serving.stdout.readline().decode() for _ in range(2))
        shown = line.partition(": ")[2].strip()
        finished = subprocess.run(
            shown, shell=True, cwd=tmp_path, env={"PATH": os.environ["PATH"]}, capture_output=True
        )
        serving.terminate()
    assert finished.returncode == 0, finished
    assert finished.stdout.decode().strip().endswith((folder / "webhook_secret").read_text())


def test_help_imports_no_command() -> None:
    """Each takes a second to import, and whoever looks something up has to wait for it."""
    look = "import sys, omilink.cli; omilink.cli.main(['--help'])"
    finished = subprocess.run([sys.executable, "-X", "importtime", "-c", look], capture_output=True, text=True)
    assert finished.returncode == 0
    imported = {line.rpartition("|")[2].strip() for line in finished.stderr.splitlines()}
    assert not imported & {"sqlalchemy", "pydantic", "fastapi", "alembic", "httpx2", "asyncio"}
