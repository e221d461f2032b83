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


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("::1", "http://[::1]:8000"),
        ("[::1]", "http://[::1]:8000"),
        ("::", "http://[::1]:8000"),
        ("0:0:0:0:0:0:0:0", "http://[::1]:8000"),
        ("2001:db8::7", "http://[2001:db8::7]:8000"),
        ("fe80::1%eth0", "http://[fe80::1%25eth0]:8000"),
        ("0.0.0.0", "http://127.0.0.1:8000"),
        ("192.0.2.7", "http://192.0.2.7:8000"),
        ("omi.example.org", "http://omi.example.org:8000"),
    ],
)
def test_an_ipv6_address_stands_in_brackets(host: str, address: str) -> None:
    chosen = settings.load(host=host)
    assert settings.local_address(chosen) == settings.public_address(chosen) == address


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "[::1]", "0:0:0:0:0:0:0:1", "localhost"])
def test_what_only_this_machine_reaches(host: str) -> None:
    assert settings.is_loopback(settings.load(host=host).host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "2001:db8::7", "omi.example.org"])
def test_what_others_reach(host: str) -> None:
    assert not settings.is_loopback(settings.load(host=host).host)


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
    "TRUSTED_PROXIES": "localhost,10.0.0.0/33",
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
        ("CORS_ORIGINS", "https://*"),
        ("CORS_ORIGINS", "null"),
        ("CORS_ORIGINS", "htps://app.example.org"),
        ("CORS_ORIGINS", "ws://app.example.org"),
        ("PUBLIC_URL", "ftp://example.org"),
        ("PUBLIC_URL", "https://omi.example.org:99999"),
        ("PUBLIC_URL", "https://ada@omi.example.org"),
        ("PUBLIC_URL", "https://omi.example.org/?x=1"),
        ("PUBLIC_URL", "https://omi example.org"),
        ("OMI_API_URL", "https://api.omi.me:99999"),
        ("TRUSTED_PROXIES", "localhost"),
        ("TRUSTED_PROXIES", "10.0.0.0/33"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("TRUSTED_PROXIES", "127.0.0.1,"),
        ("TRUSTED_PROXIES", "127.0.0.1 10.0.0.1"),
        ("TRUSTED_PROXIES", "*,10.0.0.1"),
        ("TRUSTED_PROXIES", "10.0.0.1:8080"),
        ("TRUSTED_PROXIES", "[::1]"),
        ("TRUSTED_PROXIES", "300.0.0.1"),
    ],
)
def test_a_value_out_of_bounds_is_refused(name: str, value: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert f"OMILINK_{name}: found " in refusal(monkeypatch, **{name: value})


@pytest.mark.parametrize("proxies", ["127.0.0.1", "::1, 10.0.0.0/8,2001:db8::/32", "*"])
def test_proxies_are_addresses_and_networks(proxies: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_TRUSTED_PROXIES", proxies)
    assert settings.load().trusted_proxies == proxies


def test_the_public_address_is_kept_as_browsers_write_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMILINK_PUBLIC_URL", "HTTPS://Omi.Example.org:443/")
    assert settings.load().public_url == "https://omi.example.org"


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("PUBLICURL", "PUBLIC_URL"),
        ("PUBLIC_URLS", "PUBLIC_URL"),
        ("DATADIR", "DATA_DIR"),
        ("DATABASEURL", "DATABASE_URL"),
        ("KEEP_EVENT", "KEEP_EVENTS"),
        ("COFFEE", None),
    ],
)
def test_a_name_that_is_no_setting_is_told_with_the_nearest_one(
    name: str, meant: str | None, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv(f"OMILINK_{name}", "hunter2")
    settings.load()
    assert f"OMILINK_{name} is no setting" in caplog.text
    assert meant is None or f"did you mean OMILINK_{meant}?" in caplog.text
    assert "hunter2" not in caplog.text


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("MANUALLINK", "MANUAL_LINK"),
        ("WEBHOOK_SECRETS", "WEBHOOK_SECRET"),
        ("WEBHOOK_SECRET_FILE", "WEBHOOK_SECRET"),
        ("SIGNINGSECRET", "SIGNING_SECRET"),
        ("TRUSTED_PROXY", "TRUSTED_PROXIES"),
        ("RATE_LIMIT", "RATE_LIMITS"),
    ],
)
def test_a_mistyped_name_that_leaves_something_open_stops_the_start(
    name: str, meant: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = refusal(monkeypatch, **{name: "hunter2", "PORT": "eighty"})
    assert f"OMILINK_{name} is no setting: did you mean OMILINK_{meant}?" in message
    assert "OMILINK_PORT: found" in message
    assert "hunter2" not in message


def test_variables_of_commands_and_scripts_are_no_mistakes() -> None:
    assert settings.unknown_names({"OMILINK_PASSWORD", "OMILINK_TOKEN", "omilink_port", "PATH"}) == {}


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
