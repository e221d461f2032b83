"""What can be set, and how a bad setting is explained."""

import os
from pathlib import Path

import pytest

from omilink import settings
from omilink.settings import BadSettings, OnOff, Settings, Switch, WebhookAuth


@pytest.fixture(autouse=True)
def empty_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("OMILINK_")]:
        monkeypatch.delenv(name)


def refusal(monkeypatch: pytest.MonkeyPatch, **environment: str) -> str:
    for name, value in environment.items():
        monkeypatch.setenv(f"OMILINK_{name}", value)
    with pytest.raises(BadSettings) as refused:
        settings.load()
    return refused.value.message


def secrets(loaded: Settings) -> list[str]:
    return [secret.get_secret_value() for secret in loaded.webhook_secret]


def test_nothing_has_to_be_set() -> None:
    loaded = settings.load()
    assert (loaded.host, loaded.port, loaded.data_dir) == ("127.0.0.1", 8000, Path("data"))
    assert (loaded.webhook_auth, loaded.webhook_secret) == (WebhookAuth.REQUIRED, ())
    assert (loaded.conversation_gap, loaded.manual_link, loaded.rate_limits) == (150, Switch.OPEN, OnOff.ON)
    assert loaded.link_ttl is None
    assert loaded.database_path == Path("data/omilink.db")


def test_the_environment_sets_and_a_flag_takes_precedence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_PORT", "9000")
    monkeypatch.setenv("OMILINK_MANUAL_LINK", "off")
    assert settings.load(host=None).port == 9000
    assert settings.load(port=9001).port == 9001
    assert settings.load().manual_link is Switch.OFF


def test_an_empty_variable_is_as_good_as_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_PORT", "")
    monkeypatch.setenv("OMILINK_WEBHOOK_SECRET", "")
    loaded = settings.load()
    assert (loaded.port, loaded.webhook_secret) == (8000, ())


def test_two_secrets_are_separated_by_a_comma(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_WEBHOOK_SECRET", "new-one, old-one,")
    assert secrets(settings.load()) == ["new-one", "old-one"]


def test_a_database_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_DATABASE_URL", "sqlite:////var/lib/omilink/words.db")
    assert settings.load().database_path == Path("/var/lib/omilink/words.db")


def test_an_address_that_can_be_opened() -> None:
    assert settings.local_address(settings.load()) == "http://127.0.0.1:8000"
    assert settings.local_address(settings.load(host="0.0.0.0", port=80)) == "http://127.0.0.1:80"
    assert settings.public_address(settings.load(host="::", port=81)) == "http://[::1]:81"
    assert settings.public_address(settings.load(public_url="https://omi.example.org/")) == "https://omi.example.org"


BAD = {
    "PORT": "eighty",
    "WEBHOOK_AUTH": "maybe",
    "WEBHOOK_POLICY": "neither",
    "OMI_API_URL": "api.omi.me",
    "CONVERSATION_GAP": "0",
    "LINK_TTL": "never",
    "MANUAL_LINK": "yes",
    "RATE_LIMITS": "1",
    "CORS_ORIGINS": "app.example.org",
    "PUBLIC_URL": "example",
    "DATABASE_URL": "oracle://there",
    "KEEP_DELIVERIES": "-1",
    "KEEP_UNLINKED": "0",
    "KEEP_EVENTS": "0.5",
}


@pytest.mark.parametrize("policy", ["signature", "both"])
def test_a_policy_that_wants_signatures_needs_a_secret_to_check_them(
    policy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "OMILINK_SIGNING_SECRET" in refusal(monkeypatch, WEBHOOK_POLICY=policy)
    monkeypatch.setenv("OMILINK_SIGNING_SECRET", "whsec_one")
    assert settings.load().webhook_policy == policy


@pytest.mark.parametrize("lonely", ["OMI_APP_ID", "OMI_API_KEY"])
def test_an_app_at_omi_has_an_id_and_a_key(lonely: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "go together" in refusal(monkeypatch, **{lonely: "sk_1"})
    assert "sk_1" not in refusal(monkeypatch, OMI_API_KEY="sk_1", OMI_APP_ID="")


@pytest.mark.parametrize("key", ["schlüssel_1", "sk_1\nsk_2", "sk_1\x7f"])
def test_a_key_that_fits_into_no_header_is_refused_and_not_shown(key: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, OMI_APP_ID="app", OMI_API_KEY=key)
    assert "header" in message and key not in message


@pytest.mark.parametrize("name", BAD)
def test_a_bad_setting_is_named_with_what_was_found_and_what_is_expected(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Settings.model_fields[name.lower()].description
    message = refusal(monkeypatch, **{name: BAD[name]})
    assert f"OMILINK_{name}: found " in message and BAD[name] in message
    assert expected and f"expected {expected}" in message


def test_all_bad_settings_stand_in_one_message(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, **BAD)
    assert [name for name in BAD if f"OMILINK_{name}:" not in message] == []
    assert len(message.splitlines()) == 1 + len(BAD)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PORT", "65536"),
        ("PORT", "-1"),
        ("CONVERSATION_GAP", "86401"),
        ("CONVERSATION_GAP", "-5"),
        ("CONVERSATION_GAP", "nan"),
        ("CONVERSATION_GAP", "inf"),
        ("LINK_TTL", "0"),
        ("LINK_TTL", "36501"),
        ("LINK_TTL", "nan"),
        ("KEEP_DELIVERIES", "nan"),
        ("KEEP_DELIVERIES", "inf"),
        ("KEEP_EVENTS", "inf"),
        ("DATABASE_URL", "sqlite:///"),
        ("CORS_ORIGINS", "https://app.example.org/path"),
        ("CORS_ORIGINS", "https://app.example.org,*"),
        ("PUBLIC_URL", "ftp://example.org"),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"OMILINK_{name}: found " in refusal(monkeypatch, **{name: value})


@pytest.mark.parametrize("name", ["WEBHOOK_SECRET", "SIGNING_SECRET"])
@pytest.mark.parametrize(
    "secret", ["hunter2 with spaces", "hunter2/path", "hunter2é", "hunter2,b,c", "hunter2?", "me_hunter2"]
)
def test_a_bad_secret_is_named_and_not_shown(name: str, secret: str, monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, **{name: secret})
    assert f"OMILINK_{name}: found (hidden)" in message
    assert "hunter2" not in message


def test_a_database_password_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    message = refusal(monkeypatch, DATABASE_URL="postgresql+nothing://omi:hunter2@db.example.org/omi")
    assert "OMILINK_DATABASE_URL: found " in message
    assert "hunter2" not in message


def test_a_secret_is_not_shown_by_accident(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_WEBHOOK_SECRET", "hunter2")
    loaded = settings.load()
    assert "hunter2" not in repr(loaded) + str(loaded) + loaded.model_dump_json()


def test_every_setting_says_what_is_expected() -> None:
    assert [name for name, field in Settings.model_fields.items() if not field.description] == []
