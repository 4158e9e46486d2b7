"""Signatures with keys that never leave this machine: of model versions, and of decisions about them.

Does: make the key pair once; sign the files of a version in the format of OpenSSF Model Signing 1.0, so that its own
tool verifies them too; sign short texts; verify both.
Does not: know what a version is (`versions.py`), nor ask anybody on a network.

A bundle is Sigstore's (https://docs.sigstore.dev/about/bundle/) around a DSSE envelope
(https://github.com/secure-systems-lab/dsse/blob/v1.0.0/protocol.md) around an in-toto statement with the digests of
all files, as https://github.com/ossf/model-signing-spec has it: ECDSA on the curve P-256 with SHA-256.
"""

import base64
import binascii
import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from causerie.errors import ConfigError, SignatureInvalid
from causerie.settings import Settings

FOLDER = "keys"
"""Of the data folder. Backups leave it out: whoever has the private key can sign in this machine's name."""
PRIVATE, PUBLIC, TRUSTED = "registry.key", "registry.pub", "trusted"
"""Private key, public key, and the folder of other machines' public keys (`*.pub`) whose signatures count here."""
BUNDLE = "application/vnd.dev.sigstore.bundle.v0.3+json"
PAYLOAD = "application/vnd.in-toto+json"
STATEMENT = "https://in-toto.io/Statement/v1"
PREDICATE = "https://model_signing/signature/v1.0"
MAX_KEY_BYTES = 2**16
MAX_BUNDLE_BYTES = 2**24
_DECISION = b"causerie decision\n"
"""Stands before a text that is signed, so that it can never be taken for the files of a model."""
_ECDSA = ec.ECDSA(hashes.SHA256())


def sign_files(settings: Settings, name: str, digests: Mapping[str, str]) -> str:
    """Sign files by their digests.

    Args:
        settings: Where the key is; it is made if there is none.
        name: Of the model, for people.
        digests: SHA-256, hexadecimal, by the file's path in the model's folder.

    Returns:
        The bundle, JSON: what OpenSSF's tool calls `model.sig`.

    Raises:
        ConfigError: The key cannot be read, or others can read it.
    """
    key = _private_key(settings)
    resources = [{"name": file, "algorithm": "sha256", "digest": digest} for file, digest in sorted(digests.items())]
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": _root(resources)}}],
        "predicateType": PREDICATE,
        "predicate": {
            "serialization": {"method": "files", "hash_type": "sha256", "allow_symlinks": False, "ignore_paths": []},
            "resources": resources,
        },
    }
    payload = json.dumps(statement, ensure_ascii=False).encode()
    bundle = {
        "mediaType": BUNDLE,
        "verificationMaterial": {"publicKey": {"hint": _hint(key.public_key())}, "tlogEntries": []},
        "dsseEnvelope": {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": PAYLOAD,
            "signatures": [{"sig": base64.b64encode(key.sign(_enclosed(payload), _ECDSA)).decode(), "keyid": ""}],
        },
    }
    return json.dumps(bundle)


def signed_files(settings: Settings, bundle: str) -> dict[str, str]:
    """The digests that a bundle vouches for, by file, once its signature is found good.

    Raises:
        SignatureInvalid: The bundle is damaged, its signature is wrong, or no key that is trusted here made it.
    """
    try:
        hint, payload, signature = _parts(bundle)
        key = next((key for key in _trusted(settings) if _hint(key) == hint), None)
        if key is None:
            raise SignatureInvalid(
                "the signature is by a key that is not known here ({key})", key=hint[:16],
                hint="put that machine's keys/registry.pub into keys/trusted of your data folder, if you trust it",
            )  # fmt: skip
        key.verify(signature, _enclosed(payload), _ECDSA)
        return _digests(json.loads(payload))
    except InvalidSignature as error:
        raise SignatureInvalid(
            "the signature is wrong: what was signed has been changed", hint="get the model from where it came again"
        ) from error
    except (ValueError, KeyError, TypeError, IndexError, AttributeError, RecursionError) as error:
        raise SignatureInvalid("the signature is damaged: {reason}", reason=repr(error)[:200]) from error


def sign_text(settings: Settings, text: str) -> str:
    """Sign a decision, such as an override of the gate.

    Returns:
        The signature, base64.

    Raises:
        ConfigError: The key cannot be read, or others can read it.
    """
    return base64.b64encode(_private_key(settings).sign(_DECISION + text.encode(), _ECDSA)).decode()


def verify_text(settings: Settings, text: str, signature: str) -> bool:
    """Whether a key that is trusted here signed this text."""
    try:
        raw = base64.b64decode(signature, validate=True)
    except (binascii.Error, ValueError):
        return False
    for key in _trusted(settings):
        with suppress(InvalidSignature):
            key.verify(raw, _DECISION + text.encode(), _ECDSA)
            return True
    return False


def public_key(settings: Settings) -> Path:
    """The file of the public key, for others to verify with; made if there is none."""
    _private_key(settings)
    return settings.home / FOLDER / PUBLIC


def _private_key(settings: Settings) -> ec.EllipticCurvePrivateKey:
    path = settings.home / FOLDER / PRIVATE
    if not path.exists():
        _make_key(path)
    try:
        if path.stat().st_mode & 0o077:
            raise ConfigError("the key {path} can be read by others", path=str(path), hint="chmod 600 {path}")
        key = serialization.load_pem_private_key(path.read_bytes()[:MAX_KEY_BYTES], password=None)
    except (OSError, ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise ConfigError("the key {path} cannot be read: {reason}", path=str(path), reason=str(error)) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
        raise ConfigError("the key {path} is not one of the curve P-256", path=str(path))
    public = path.with_name(PUBLIC)
    if not public.exists():
        _write_new(public, _pem(key.public_key()), 0o644)
    return key


def _make_key(path: Path) -> None:
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write_new(path, pem, 0o600)


def _write_new(path: Path, content: bytes, mode: int) -> None:
    """A whole file or none; when another process makes one meanwhile, that one stands."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, mode), "wb") as file:
        file.write(content)
    try:
        with suppress(FileExistsError):
            path.hardlink_to(part)
    finally:
        part.unlink()


def _trusted(settings: Settings) -> Iterator[ec.EllipticCurvePublicKey]:
    """This machine's own public key, and those of others that were put beside it; what is no key is passed by."""
    folder = settings.home / FOLDER
    with suppress(ConfigError):
        if (folder / PRIVATE).exists():
            yield _private_key(settings).public_key()
    for path in (folder / PUBLIC, *sorted((folder / TRUSTED).glob("*.pub"))):
        with suppress(OSError, ValueError, UnsupportedAlgorithm):
            key = serialization.load_pem_public_key(path.read_bytes()[:MAX_KEY_BYTES])
            if isinstance(key, ec.EllipticCurvePublicKey) and key.curve.name == "secp256r1":
                yield key


def _pem(key: ec.EllipticCurvePublicKey) -> bytes:
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def _hint(key: ec.EllipticCurvePublicKey) -> str:
    """How a bundle names its key: SHA-256 of its PEM text."""
    return hashlib.sha256(_pem(key)).hexdigest()


def _enclosed(payload: bytes) -> bytes:
    """DSSE's pre-authentication encoding: what is really signed."""
    return b"DSSEv1 %d %s %d %s" % (len(PAYLOAD), PAYLOAD.encode(), len(payload), payload)


def _parts(bundle: str) -> tuple[str, bytes, bytes]:
    if len(bundle) > MAX_BUNDLE_BYTES:
        raise ValueError("it is too large")
    said = json.loads(bundle)
    envelope = said["dsseEnvelope"]
    if said["mediaType"] != BUNDLE or envelope["payloadType"] != PAYLOAD:
        raise ValueError("it is of another kind")
    hint = said["verificationMaterial"]["publicKey"]["hint"]
    payload = base64.b64decode(envelope["payload"], validate=True)
    return str(hint), payload, base64.b64decode(envelope["signatures"][0]["sig"], validate=True)


def _digests(statement: dict[str, Any]) -> dict[str, str]:
    if statement["_type"] != STATEMENT or statement["predicateType"] != PREDICATE:
        raise ValueError("it vouches for something else than a model")
    resources = statement["predicate"]["resources"]
    if _root(resources) != statement["subject"][0]["digest"]["sha256"]:
        raise ValueError("its digests do not add up")
    return {str(each["name"]): str(each["digest"]) for each in resources}


def _root(resources: list[dict[str, str]]) -> str:
    digest = hashlib.sha256()
    for each in resources:
        digest.update(bytes.fromhex(each["digest"]))
    return digest.hexdigest()
