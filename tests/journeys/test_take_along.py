"""Everything that a user has is downloaded from the page."""

import json
import zipfile

from page_support import Open, new_user, segment, send, tab, words
from playwright.sync_api import expect
from support import ServerProcess


def test_everything_is_downloaded_as_one_file(server: ServerProcess, open_page: Open) -> None:
    ada = new_user(server, "ada-pendant")
    page = open_page(ada)
    send(server, "ada-pendant", segment("The van comes at nine", start=4))
    expect(words(page).last).to_have_text("The van comes at nine")
    tab(page, "Account").click()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download everything").click()
    assert download.value.suggested_filename == "omilink-export.zip"
    with zipfile.ZipFile(download.value.path()) as files:
        [conversation] = json.loads(files.read("omilink.json"))["conversations"]
    assert conversation["messages"][-1]["text"] == "The van comes at nine"
