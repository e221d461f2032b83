"""/docs works where nothing else can be reached, and runs no script of another site."""

from page_support import Open
from support import Person, ServerProcess


def test_what_there_is_can_be_tried_out_without_any_other_server(server: ServerProcess, open_page: Open) -> None:
    ada: Person = server.user()
    page = open_page(ada)
    called, complaints = list[str](), list[str]()
    page.on("request", lambda request: called.append(request.url))
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.goto(f"{server.url}/docs")
    operation = page.locator(".opblock", has=page.get_by_text("/account/sessions", exact=True)).first
    operation.get_by_role("button").first.click()
    operation.get_by_role("button", name="Try it out").click()
    operation.get_by_role("button", name="Execute").click()
    operation.locator(".live-responses-table .response-col_status", has_text="200").first.wait_for()
    assert [url for url in called if not url.startswith((server.url, "data:"))] == []
    assert complaints == []
