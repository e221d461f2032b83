"""A session's name over HTTP."""

from support import Person, ServerProcess
from web_support import is_error, wait_for_texts


def test_a_named_session_and_its_conversations_have_the_name(
    shared_server: ServerProcess, ada: Person, ben: Person, device: str
) -> None:
    ada.link(device)
    name = f"Pendant of {device}"
    shared_server.say(device, "good morning")
    wait_for_texts(ada, "good morning")
    answer = ada.client.patch(f"/sessions/{device}", json={"name": name}).json()
    assert answer["session"].items() >= {"id": device, "name": name, "hasConversations": True}.items()
    assert ada.current()["conversation"]["sessionName"] == name
    [listed] = ada.client.get("/sessions").json()["sessions"]
    assert listed["name"] == ada.client.get(f"/sessions/{device}").json()["session"]["name"] == name
    for path in f"/sessions/{device}", "/sessions/never-seen":
        assert is_error(ben.client.patch(path, json={"name": "Mine"}), 404, "not_found")
    for form in {"name": "x" * 101}, {"name": 7}, {}:
        assert is_error(ada.client.patch(f"/sessions/{device}", json=form), 422, "invalid")
    nameless = ada.client.patch(f"/sessions/{device}", json={"name": None}).json()["session"]
    assert "name" not in nameless
    assert ada.current()["conversation"]["sessionName"] is None
    assert name not in shared_server.log.read_text()
