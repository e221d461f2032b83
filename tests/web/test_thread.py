from support import ServerProcess


def test_words_reach_the_stream(shared_server: ServerProcess) -> None:
    ada = shared_server.user()
    assert ada.link("kitchen").json()["session"]["method"] == "manual"
    with ada.follow() as stream:
        stream.wait_for("caught_up")
        shared_server.say("kitchen", "is there any tea left")
        assert stream.wait_for_text("is there any tea left")["speaker"] == "SPEAKER_0"
    assert [m["text"] for m in ada.current()["messages"]] == ["is there any tea left"]
