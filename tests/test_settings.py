"""Settings: the file, then variables, then options; anything wrong is said with its name."""

import os
from pathlib import Path

import pytest

from causerie.errors import ConfigError
from causerie.settings import Settings, Upstream, load_settings


def write_toml(text: str) -> Path:
    home = Path(os.environ["CAUSERIE_HOME"])
    home.mkdir(parents=True, exist_ok=True)
    path = home / "causerie.toml"
    path.write_text(text)
    return path


def test_without_anything_the_defaults_hold(settings: Settings) -> None:
    assert (settings.host, settings.port, settings.api_keys, settings.upstreams) == ("127.0.0.1", 8080, (), ())
    assert settings.models_folder == settings.home / "models"
    assert settings.run_folder == settings.home / "run"


def test_options_win_over_variables_and_variables_over_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    write_toml("port = 1001\nslots = 2\ngpu_layers = 3\n")
    monkeypatch.setenv("CAUSERIE_PORT", "1002")
    monkeypatch.setenv("CAUSERIE_SLOTS", "5")
    settings = load_settings(port=1003, host=None)
    assert (settings.port, settings.slots, settings.gpu_layers) == (1003, 5, 3)


def test_the_file_may_be_elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    elsewhere = tmp_path / "other.toml"
    elsewhere.write_text("port = 4242\n")
    monkeypatch.setenv("CAUSERIE_CONFIG", str(elsewhere))
    assert load_settings().port == 4242
    monkeypatch.setenv("CAUSERIE_CONFIG", str(tmp_path / "none.toml"))
    with pytest.raises(ConfigError, match=r"none\.toml, which is not a file"):
        load_settings()


@pytest.mark.parametrize(
    ("toml", "said"),
    [
        ("port = 'high'\n", "setting port is not valid"),
        ("port = 70000\n", "setting port is not valid"),
        ("colour = 'blue'\n", "setting colour is not valid"),
        ("port = \n", "causerie.toml cannot be read"),
        ("[[upstreams]]\nname = 'a'\nbase_urls = ['ftp://x']\nmodels = ['m']\n", r"setting upstreams\.0\.base_urls"),
        ("[[upstreams]]\nname = 'a'\nbase_urls = []\nmodels = ['m']\n", r"setting upstreams\.0\.base_urls"),
        ("[[upstreams]]\nname = 'a b'\nbase_urls = ['http://x']\nmodels = ['m']\n", r"setting upstreams\.0\.name"),
        (
            "[[oidc]]\nid = 'corp'\nname = 'Corp'\nissuer = 'https://x'\nclient_id = 'c'\ngroups = ['staff']\n",
            "has groups and no groups_claim",
        ),
    ],
)
def test_a_wrong_file_is_refused_with_the_place(toml: str, said: str) -> None:
    write_toml(toml)
    with pytest.raises(ConfigError, match=said):
        load_settings()


def test_two_upstreams_of_one_name_are_refused() -> None:
    one = "[[upstreams]]\nname = 'gpu'\nbase_urls = ['http://127.0.0.1:1/v1']\nmodels = ['m']\n"
    write_toml(one + one)
    with pytest.raises(ConfigError, match="same name"):
        load_settings()


def upstream(**more: object) -> Upstream:
    return Upstream.model_validate({"name": "gpu", "base_urls": ["http://127.0.0.1:1/v1"], "models": ["m"], **more})


def test_an_upstream_may_call_its_models_otherwise() -> None:
    assert upstream().names == {"m": "m"}
    assert upstream(models={"large": "org/model-70b"}).names == {"large": "org/model-70b"}


def test_an_upstream_takes_its_key_from_a_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(ConfigError, match="GPU_KEY, which is empty"):
        upstream(api_key_env="GPU_KEY").api_key()
    monkeypatch.setenv("GPU_KEY", "secret")
    key = upstream(api_key_env="GPU_KEY").api_key()
    assert key is not None
    assert key.get_secret_value() == "secret"
    assert "secret" not in repr(key)
    assert upstream().api_key() is None


def test_a_key_file_that_others_can_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("secret\n")
    path.chmod(0o644)
    with pytest.raises(ConfigError, match=r"can be read by others \(mode 0644\)"):
        upstream(api_key_file=path).api_key()
    path.chmod(0o600)
    key = upstream(api_key_file=path).api_key()
    assert key is not None
    assert key.get_secret_value() == "secret"
    with pytest.raises(ConfigError, match="cannot be read"):
        upstream(api_key_file=tmp_path / "none").api_key()


def test_an_upstream_has_one_key_at_most(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="choose one"):
        upstream(api_key_env="A", api_key_file=tmp_path)


def test_the_hubs_own_variables_are_honoured(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9/")
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    settings = load_settings()
    assert str(settings.hf_endpoint) == "http://127.0.0.1:9/"
    assert settings.hf_token is not None
    assert "hf_secret" not in repr(settings)
