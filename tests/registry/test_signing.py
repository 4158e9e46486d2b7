"""Signatures: good ones pass here and with OpenSSF's own tool, and whatever was changed since does not."""

import base64
import json
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from causerie.errors import ConfigError, SignatureInvalid
from causerie.registry import signing
from causerie.settings import Settings, load_settings
from tests.registry.stories import sha256

DIGESTS = {"model.gguf": sha256(b"weights"), "version.json": sha256(b"manifest")}


def test_what_is_signed_is_vouched_for(settings: Settings) -> None:
    bundle = signing.sign_files(settings, "tiny", DIGESTS)
    assert signing.signed_files(settings, bundle) == DIGESTS
    assert signing.signed_files(settings, signing.sign_files(settings, "tiny", DIGESTS)) == DIGESTS


def test_the_key_is_for_its_owner_alone(settings: Settings) -> None:
    public = signing.public_key(settings)
    private = settings.home / "keys" / "registry.key"
    assert private.stat().st_mode & 0o777 == 0o600
    assert private.parent.stat().st_mode & 0o777 == 0o700
    assert b"PUBLIC KEY" in public.read_bytes()
    private.chmod(0o640)
    with pytest.raises(ConfigError, match="can be read by others") as caught:
        signing.sign_files(settings, "tiny", DIGESTS)
    assert caught.value.hint == f"chmod 600 {private}"


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"no key", "cannot be read"),
        (
            ed25519.Ed25519PrivateKey.generate().private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            ),
            "not one of the curve P-256",
        ),
    ],
    ids=["damaged", "another kind"],
)
def test_a_key_that_cannot_sign_is_told(settings: Settings, content: bytes, match: str) -> None:
    private = settings.home / "keys" / "registry.key"
    private.parent.mkdir(parents=True)
    private.write_bytes(content)
    private.chmod(0o600)
    with pytest.raises(ConfigError, match=match):
        signing.sign_files(settings, "tiny", DIGESTS)
    assert not signing.verify_text(settings, "text", "aGVsbG8=")


@pytest.mark.parametrize("part", ["digest", "root", "signature"])
def test_a_bundle_that_was_changed_is_refused(settings: Settings, part: str) -> None:
    bundle = json.loads(signing.sign_files(settings, "tiny", DIGESTS))
    envelope = bundle["dsseEnvelope"]
    if part == "signature":
        raw = bytearray(base64.b64decode(envelope["signatures"][0]["sig"]))
        raw[-1] ^= 1
        envelope["signatures"][0]["sig"] = base64.b64encode(bytes(raw)).decode()
    else:
        statement = json.loads(base64.b64decode(envelope["payload"]))
        if part == "digest":
            statement["predicate"]["resources"][0]["digest"] = "0" * 64
        else:
            statement["subject"][0]["digest"]["sha256"] = "0" * 64
        envelope["payload"] = base64.b64encode(json.dumps(statement).encode()).decode()
    with pytest.raises(SignatureInvalid, match="what was signed has been changed"):
        signing.signed_files(settings, json.dumps(bundle))


@pytest.mark.parametrize(
    "bundle",
    ["", "{", "[]", "null", "{}", '{"dsseEnvelope": 3}', '{"mediaType": "x", "dsseEnvelope": {"payloadType": "y"}}',
     "[" * 5000, " " * (signing.MAX_BUNDLE_BYTES + 1)],
    ids=["empty", "cut", "list", "null", "object", "number", "another kind", "deep", "large"],
)  # fmt: skip
def test_a_damaged_bundle_is_an_error_and_no_crash(settings: Settings, bundle: str) -> None:
    with pytest.raises(SignatureInvalid, match="the signature is damaged"):
        signing.signed_files(settings, bundle)


def _signed_by_own_key(settings: Settings, statement: object) -> str:
    """A bundle with a good signature around whatever else."""
    bundle = json.loads(signing.sign_files(settings, "tiny", DIGESTS))
    key = serialization.load_pem_private_key((settings.home / "keys" / "registry.key").read_bytes(), None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    payload = json.dumps(statement).encode()
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    signature = key.sign(signing._enclosed(payload), signing._ECDSA)
    bundle["dsseEnvelope"]["signatures"][0]["sig"] = base64.b64encode(signature).decode()
    return json.dumps(bundle)


@pytest.mark.parametrize(
    "statement",
    [
        [],
        {"_type": "https://in-toto.io/Statement/v1", "predicateType": "https://slsa.dev/provenance/v1"},
        {
            "_type": signing.STATEMENT, "predicateType": signing.PREDICATE, "subject": [{"digest": {"sha256": "00"}}],
            "predicate": {"resources": [{"name": "a", "digest": "00"}]},
        },
    ],
    ids=["list", "of something else", "does not add up"],
)  # fmt: skip
def test_a_good_signature_of_something_else_vouches_for_no_model(settings: Settings, statement: object) -> None:
    with pytest.raises(SignatureInvalid, match="the signature is damaged"):
        signing.signed_files(settings, _signed_by_own_key(settings, statement))


def test_a_key_of_elsewhere_counts_once_it_is_trusted(settings: Settings, tmp_path: Path) -> None:
    there = load_settings(home=tmp_path / "elsewhere")
    bundle = signing.sign_files(there, "tiny", DIGESTS)
    with pytest.raises(SignatureInvalid, match="by a key that is not known here") as caught:
        signing.signed_files(settings, bundle)
    assert "keys/trusted" in caught.value.hint
    trusted = settings.home / "keys" / "trusted"
    trusted.mkdir(parents=True)
    (trusted / "damaged.pub").write_text("no key")
    (trusted / "there.pub").write_bytes(signing.public_key(there).read_bytes())
    assert signing.signed_files(settings, bundle) == DIGESTS


def test_the_public_key_alone_verifies_on_a_machine_that_does_not_sign(settings: Settings, tmp_path: Path) -> None:
    bundle = signing.sign_files(settings, "tiny", DIGESTS)
    there = load_settings(home=tmp_path / "elsewhere")
    (there.home / "keys").mkdir(parents=True)
    (there.home / "keys" / "registry.pub").write_bytes(signing.public_key(settings).read_bytes())
    assert signing.signed_files(there, bundle) == DIGESTS


def test_a_decision_is_signed_and_is_no_model(settings: Settings, tmp_path: Path) -> None:
    text = "release tiny until Friday"
    signature = signing.sign_text(settings, text)
    assert signing.verify_text(settings, text, signature)
    assert not signing.verify_text(settings, text + ".", signature)
    assert not signing.verify_text(settings, text, "")
    assert not signing.verify_text(settings, text, "no base64!")
    assert not signing.verify_text(load_settings(home=tmp_path / "elsewhere"), text, signature)
    bundle = json.loads(signing.sign_files(settings, "tiny", DIGESTS))
    assert not signing.verify_text(settings, text, bundle["dsseEnvelope"]["signatures"][0]["sig"])


def test_the_reference_tool_verifies_what_is_signed_here(settings: Settings, tmp_path: Path) -> None:
    from model_signing import verifying

    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.gguf").write_bytes(b"weights")
    (folder / "version.json").write_bytes(b"manifest")
    (folder / "model.json").write_text("not signed: a new name changes it")
    (folder / "model.sig").write_text(signing.sign_files(settings, "tiny", DIGESTS))
    config = verifying.Config()  # type: ignore[no-untyped-call]
    config.set_ignore_unsigned_files(True)
    config.use_elliptic_key_verifier(public_key=signing.public_key(settings))
    config.verify(folder, folder / "model.sig")
    (folder / "model.gguf").write_bytes(b"weightS")
    with pytest.raises(ValueError, match=r"Hash mismatch for 'model\.gguf'"):
        config.verify(folder, folder / "model.sig")


def test_what_the_reference_tool_signs_is_read_here(settings: Settings, tmp_path: Path) -> None:
    from model_signing import hashing
    from model_signing import signing as reference

    folder = tmp_path / "tiny"
    folder.mkdir()
    (folder / "model.gguf").write_bytes(b"weights")
    signing.public_key(settings)
    config = reference.Config()  # type: ignore[no-untyped-call]
    config.set_hashing_config(hashing.Config())  # type: ignore[no-untyped-call]
    config.use_elliptic_key_signer(private_key=settings.home / "keys" / "registry.key")
    config.sign(folder, tmp_path / "model.sig")
    assert signing.signed_files(settings, (tmp_path / "model.sig").read_text()) == {
        "model.gguf": DIGESTS["model.gguf"]
    }
